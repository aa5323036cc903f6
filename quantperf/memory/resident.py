"""What this process holds in memory: now, and at most since it was last asked.

On Linux the kernel keeps the highest resident size, and forgets it on request (``/proc/self/clear_refs``); elsewhere,
and where that file must not be written, the size now is all that can be known, and a thread samples it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

__all__ = ["Gauge", "best_gauge", "kernel_gauge", "psutil_gauge", "resident", "unbacked"]

ROLLUP = Path("/proc/self/smaps_rollup")
STATUS, SIZES, FORGET = Path("/proc/self/status"), Path("/proc/self/statm"), Path("/proc/self/clear_refs")
FORGET_PEAK = b"5"  # documented in proc(5): reset the highest resident size
KIB = 1024


@dataclass(frozen=True, slots=True)
class Gauge:
    """Ways to ask for the memory of this process.

    Attributes
    ----------
    method : str
        ``"kernel"`` or ``"sampled"``.
    now : callable
        Returns the resident bytes, or None where they cannot be known.
    peak : callable or None
        Returns the highest resident bytes since `forget`, or None where they cannot be known; None if nothing keeps
        them.
    forget : callable
        Makes `peak` begin at what is held now.
    """

    method: str
    now: Callable[[], int | None]
    peak: Callable[[], int | None] | None
    forget: Callable[[], None]


def resident() -> int | None:
    """Return the resident bytes of this process; None where the system does not tell.

    On Linux some hundred kB may not be counted yet, see `unbacked`; in return it takes microseconds.
    """
    try:
        return int(SIZES.read_bytes().split()[1]) * _page_bytes()
    except (OSError, IndexError, ValueError):
        return _from_psutil()


def unbacked() -> int | None:
    """Return the resident bytes that no file backs, counted page by page; what `resident` does where that is not told.

    The other is a sum of counters that each processor brings up to date in batches (proc(5) calls it inaccurate). It
    may be off by some hundred kB, where a leak is a matter of ten in a run; and code that is touched for the first time
    is in it too. This one takes a millisecond, as long as there is not much to count.
    """
    try:
        told = dict(line.split()[:2] for line in ROLLUP.read_text(encoding="ascii").splitlines()[1:])
        return (int(told["Pss_Anon:"]) + int(told["Pss_Shmem:"])) * KIB
    except (OSError, KeyError, ValueError):
        return resident()


def kernel_gauge() -> Gauge | None:
    """Return the gauge that reads the kernel's high-water mark; None where there is none, or it cannot be reset."""
    if platform.system() != "Linux" or _high_water() is None:
        return None
    try:
        _forget()
    except OSError:
        return None
    return Gauge("kernel", resident, _high_water, _forget)


def psutil_gauge() -> Gauge:
    """Return the gauge that knows the size now, and no peak."""
    return Gauge("sampled", resident, None, lambda: None)


@cache
def best_gauge() -> Gauge:
    """Return the better gauge that works here."""
    return kernel_gauge() or psutil_gauge()


def _high_water() -> int | None:
    try:
        status = STATUS.read_bytes()
        start = status.index(b"VmHWM:") + len(b"VmHWM:")
        return int(status[start : status.index(b"kB", start)]) * KIB
    except (OSError, ValueError):
        return None


def _forget() -> None:
    # Unbuffered: the write must reach the kernel here, and its refusal too.
    descriptor = os.open(FORGET, os.O_WRONLY)
    try:
        os.write(descriptor, FORGET_PEAK)
    finally:
        os.close(descriptor)


@cache
def _page_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE")


def _from_psutil() -> int | None:
    try:
        return int(psutil.Process().memory_info().rss)
    except (OSError, psutil.Error):
        return None
