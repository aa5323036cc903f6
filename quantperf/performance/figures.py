"""Figures of time and memory: the type of raw times, and how people read them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Nanoseconds: TypeAlias = NDArray[np.int64]


def readable_ns(ns: float) -> str:
    """Return a duration in three digits.

    Examples
    --------
    >>> readable_ns(12_345.0), readable_ns(2.5e9)
    ('12.3 us', '2.5 s')
    """
    for limit, unit, size in ((1e3, "ns", 1.0), (1e6, "us", 1e3), (1e9, "ms", 1e6)):
        if abs(ns) < limit * 0.9995:
            return f"{ns / size:.3g} {unit}"
    return f"{ns / 1e9:.3g} s" if ns < 1e12 else f"{ns / 1e9:.0f} s"


def readable_bytes(size: float) -> str:
    """Return a size in three digits.

    Examples
    --------
    >>> readable_bytes(512), readable_bytes(80_000_000)
    ('512 B', '76.3 MiB')
    """
    unit = 0
    while size >= 999.5 and unit < 4:
        size, unit = size / 1024.0, unit + 1
    return f"{size:.3g} {('B', 'KiB', 'MiB', 'GiB', 'TiB')[unit]}"
