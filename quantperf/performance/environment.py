"""The environment of a measurement: versions, machine, threads, and how busy the machine is; times depend on it."""

from __future__ import annotations

import os
import platform
import sys
import threading
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def surroundings() -> dict[str, object]:
    """Return versions, machine, threads, and load now; what cannot be read is missing."""
    return {**_machine(), "threads": threading.active_count(), **load("before")}


def load(when: str) -> dict[str, object]:
    """Return how busy the machine is, under names that end in `when`."""
    known: dict[str, object] = {}
    if hasattr(os, "getloadavg"):
        known[f"load_{when}"] = os.getloadavg()[0]
    fields = _text("/proc/stat").partition("\n")[0].split()
    if len(fields) > 8:
        known[f"steal_{when}"] = int(fields[8])  # ticks that the host gave to other guests
    return known


@cache
def _machine() -> dict[str, object]:
    """Return what does not change while this process lives; what is unknown is missing."""
    known: dict[str, object] = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
    }
    if sys.platform == "linux":
        known["cpus_allowed"] = len(os.sched_getaffinity(0))
    for package in ("quantperf", "numpy", "pandas", "numba"):
        try:
            known[package] = version(package)
        except PackageNotFoundError:
            continue
    for line in _text("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            known["cpu"] = line.partition(":")[2].strip()
            break
    files = {"governor": "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "quota": "/sys/fs/cgroup/cpu.max"}
    known.update({name: text for name, path in files.items() if (text := _text(path).strip())})
    return known


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
