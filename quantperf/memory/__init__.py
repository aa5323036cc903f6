"""What is kept in memory, and for how long: caches by content, narrow frames, and a watch on what calls take.

**Frames** (`narrowing`, `narrow_report`, `frames`). A column is narrowed only in a way that was undone and compared bit
for bit; what is not exact is asked for (``mode="compact"``) and has its error stated. Integers become int32 with room
for twice their size, never narrower and never unsigned: int8 volume 120 x 2 is -16. Floats become float32 only where
all bits agree; with ``mode="decimal"`` also where rounding gives each back. What that saves depends on what it is
compared with, so both are told (`python -m benchmarks.frames`; each distinct object counted once, rows with strings of
their own as drivers make them): of long OHLCV of 100 symbols lossless saves 59 % against object strings, 25 % against
the strings of pandas 3; of a snapshot of 22 columns 74 % and 52 %; of one symbol 8 %, and decimal 42 %. The decorator
leaves numbers in arguments alone: a function that squares volumes gets another answer in int32.

**Monitor** (`resident`, `watch`, `monitor`). Linux keeps the highest resident size and resets it on request, so a peak
that is over at once is found; elsewhere a thread samples each 10 ms, and the record says which. The mark is read and
reset whenever a measured stretch begins or ends, so nested calls have their own peaks; calls of other threads at the
same time cannot be told apart and are marked. Coroutines and generators are measured while they run, not while they
wait. A measured call costs 0.2 ms more (0.35 ms sampled): it is for jobs, not for indicators. What could not be
measured is missing, never 0.

**Leaks and cleaning up** (`leaks`, `pressure`, `cleaning`). A verdict needs twelve runs: the median slope of memory
after garbage was collected, with its interval, or "cannot tell". Cleaning up reports what the system got back, step by
step; a step that frees nothing three times is left out for an hour. Loaded modules are never touched.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "MemoryMonitor": "quantperf.memory.monitor",
    "NarrowReport": "quantperf.memory.narrow_report",
    "clean_up": "quantperf.memory.cleaning",
    "leak_check": "quantperf.memory.cleaning",
    "memory_health": "quantperf.memory.cleaning",
    "memory_monitor": "quantperf.memory.monitor",
    "optimize_dataframe_memory": "quantperf.memory.frames",
    "optimize_memory": "quantperf.memory.frames",
    "register_cleanup": "quantperf.memory.cleaning",
    "restore_memory": "quantperf.memory.frames",
}

__all__ = [
    "MemoryMonitor",
    "NarrowReport",
    "clean_up",
    "leak_check",
    "memory_health",
    "memory_monitor",
    "optimize_dataframe_memory",
    "optimize_memory",
    "register_cleanup",
    "restore_memory",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'quantperf.memory' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
