"""What is kept in memory, and for how long: caches by content, narrow frames, and a watch on what calls take.

**Cache** (`cache`, `decorating`, `named`). A result is kept under the content of the arguments and the code of the
function (`keys`), never under a printed form or an address: frames that print alike have entries of their own, and an
input that was edited in place misses. A hit on a frame of 2 520 x 6 prices takes 47 us: 24 for its key, 9 for
the copy-on-write copy that is handed out, the rest for counts and locks; SHA-256 of the prices alone takes 67. Where
one column holds whole numbers pandas keeps two blocks, and a hit takes 118. (Median of nine rounds of ``python -m
benchmarks.cache`` on a shared machine, which also replays a day of users and jobs.) A single indicator costs less than
a hit (`benchmarks/overhead.py`) and is not cached; analyses, patterns, signals and reports are, and a cache that costs
more than it saves says so (``pays``).

Entries go by least use, time and bytes; the bytes are those of buffers and objects, measured when they are kept
(`sizes`). Equal calls wait for one computation, on threads and event loops alike (`flight`): 50 threads that ask at
once make 1 computation, where the decorator of cachetools with its lock makes 50. What callers get is theirs
(`results`): arrays cannot be written to, edits of frames and lists stay with who made them.

A second level on disk (`disk`) is opt-in, for processes on one host: ``caches.configure("technical_analysis",
disk=folder)``.

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
wait. A measured call costs 0.06 ms more (0.23 ms sampled): it is for jobs, not for indicators. What could not be
measured is missing, never 0.

**Leaks and cleaning up** (`leaks`, `pressure`, `cleaning`). A verdict needs twelve runs: the median slope of memory
after garbage was collected, with its interval, or "cannot tell". Cleaning up reports what the system got back, step by
step; a step that frees nothing three times is left out for an hour. Loaded modules are never touched.
"""

from __future__ import annotations

from quantperf.loading import lazily

_HOMES = {
    "Cache": "quantperf.memory.cache",
    "CacheStats": "quantperf.memory.statistics",
    "MemoryMonitor": "quantperf.memory.monitor",
    "NarrowReport": "quantperf.memory.narrow_report",
    "cache_result": "quantperf.memory.decorating",
    "cache_technical_analysis": "quantperf.memory.decorating",
    "caches": "quantperf.memory.named",
    "clean_up": "quantperf.memory.cleaning",
    "content_key": "quantperf.memory.keys",
    "leak_check": "quantperf.memory.cleaning",
    "memory_health": "quantperf.memory.cleaning",
    "memory_monitor": "quantperf.memory.monitor",
    "optimize_dataframe_memory": "quantperf.memory.frames",
    "optimize_memory": "quantperf.memory.frames",
    "register_cleanup": "quantperf.memory.cleaning",
    "restore_memory": "quantperf.memory.frames",
}

__all__ = [
    "Cache",
    "CacheStats",
    "MemoryMonitor",
    "NarrowReport",
    "cache_result",
    "cache_technical_analysis",
    "caches",
    "clean_up",
    "content_key",
    "leak_check",
    "memory_health",
    "memory_monitor",
    "optimize_dataframe_memory",
    "optimize_memory",
    "register_cleanup",
    "restore_memory",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
