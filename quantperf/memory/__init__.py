"""What is kept in memory, and for how long: caches by content, narrow frames, and a watch on what calls take.

**Cache** (`cache`, `decorating`, `named`). A result is kept under the content of the arguments and the code of the
function (`keys`), never under a printed form or an address: frames that print alike have entries of their own, and an
input that was edited in place misses. A hit on a frame of 2 520 x 6 prices takes 45 us with its key (25 us) and the
copy-on-write copy that is handed out (11 us). An RSI of them takes 25 us, so single indicators are not cached;
analyses, patterns, signals and reports are, and a cache that costs more than it saves says so (``pays``).

Entries go by least use, time and bytes; the bytes are those of buffers and objects, measured when they are kept
(`sizes`). Equal calls wait for one computation, on threads and event loops alike (`flight`): 50 threads that ask at
once make 1 computation, where the decorator of cachetools with its lock makes 50. What callers get is theirs
(`results`): arrays cannot be written to, edits of frames and lists stay with who made them.

A second level on disk (`disk`) is opt-in, for processes on one host: ``caches.configure("technical_analysis",
disk=folder)``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Cache": "quantperf.memory.cache",
    "CacheStats": "quantperf.memory.statistics",
    "cache_result": "quantperf.memory.decorating",
    "cache_technical_analysis": "quantperf.memory.decorating",
    "caches": "quantperf.memory.named",
    "content_key": "quantperf.memory.keys",
}

__all__ = [
    "Cache",
    "CacheStats",
    "cache_result",
    "cache_technical_analysis",
    "caches",
    "content_key",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'quantperf.memory' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
