"""What is kept in memory, and for how long: caches by content, narrow frames, and a watch on what calls take."""

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
