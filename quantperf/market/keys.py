"""The keys of chunks: where in the database a column of a symbol and period is, and how its values are stored."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantperf.market.columns import FIELDS
from quantperf.market.history import Interval, StampArray

__all__ = ["KNOWN", "STAMPS", "begin_of", "dtype_of", "key_of", "period_of", "periods_of"]

STAMPS, KNOWN = 0, len(FIELDS) + 1  # the fields beside open .. volume
DAYS, MILLISECONDS, VALUES, NUMBERS = (np.dtype(name) for name in ("<i4", "<i8", "<f8", "<i4"))


def dtype_of(field: int, interval: Interval) -> np.dtype[Any]:
    """Return how the values of a field are stored."""
    if field == STAMPS:
        return DAYS if interval.daily else MILLISECONDS
    return NUMBERS if field == KNOWN else VALUES


def key_of(interval: Interval, field: int, period: int, id: int) -> int:
    """Return the key of a chunk."""
    return interval.number << 56 | field << 40 | period << 24 | id


def periods_of(stamps: StampArray, interval: Interval) -> StampArray:
    """Return the year of daily stamps, the month (counted through the years) of others."""
    if interval.daily:
        return stamps.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return stamps.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64) + 12 * 1970


def period_of(stamp: int, interval: Interval) -> int:
    """Return the period of a stamp."""
    return int(periods_of(np.array([stamp], np.int64), interval)[0])


def begin_of(period: int, interval: Interval) -> int:
    """Return the first stamp of a period."""
    if interval.daily:
        return int(np.datetime64(period - 1970, "Y").astype("datetime64[D]").astype(np.int64))
    return int(np.datetime64(period - 12 * 1970, "M").astype("datetime64[ms]").astype(np.int64))
