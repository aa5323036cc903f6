"""The stamps of bars: an index that is ascending, unique and complete, and the union of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError

__all__ = ["as_stamps", "check_index", "readable_stamp", "stamps_of", "union_of"]


def check_index(index: pd.Index[Any], name: str) -> None:
    """Let an ascending index without duplicates pass; say what is wrong with any other."""
    if index.is_monotonic_increasing and index.is_unique:
        return
    if missing := np.count_nonzero(index.isna()):
        raise DataError(
            f"{name} must have a stamp for each bar, {missing} are missing; drop them with df[df.index.notna()]"
        )
    if (repeated := index.duplicated()).any():
        raise DataError(
            f"{name} has {repeated.sum()} duplicate stamps, first {readable_stamp(index[int(repeated.argmax())])}; "
            "drop them with df[~df.index.duplicated()]"
        )
    # The first step back: found once, on the way to the error, so it may be slow.
    row = next((row for row in range(1, len(index)) if not index[row - 1] < index[row]), 0)
    raise DataError(
        f"{name} must be ascending, {readable_stamp(index[row])} in row {row} is not; sort with df.sort_index()"
    )


def as_stamps(index: pd.Index[Any], name: str) -> pd.Index[Any]:
    """Return stamps that have an order and are all there, whichever library holds them."""
    kind = getattr(index.dtype, "kind", "O")
    if kind == "M" and not isinstance(index, pd.DatetimeIndex):
        index = pd.DatetimeIndex(index)
    elif index.nlevels > 1 or (kind not in "Miuf" and not isinstance(index, pd.PeriodIndex)):
        held = f"{index.nlevels} levels" if index.nlevels > 1 else str(index.dtype)
        raise DataError(f"{name} must be stamps or numbers, got {held}; convert with pd.to_datetime")
    if missing := np.count_nonzero(index.isna()):
        raise DataError(f"{name} must have a stamp for each bar, {missing} are missing; drop those rows")
    return index


def stamps_of(index: pd.Index[Any], symbol: str) -> pd.Index[Any]:
    """Return the stamps of one symbol, in any order but none twice."""
    index = as_stamps(index, f"{symbol}: index")
    if not index.is_unique:
        check_index(index, f"{symbol}: index")
    return index


def union_of(indexes: Mapping[str, pd.Index[Any]]) -> pd.Index[Any]:
    """Return all stamps of all symbols, ascending; an empty index has no say."""
    stamps = {symbol: stamps_of(index, symbol) for symbol, index in indexes.items() if len(index)}
    if not stamps:
        return next(iter(indexes.values()))[:0]
    kinds = {_kind(index): symbol for symbol, index in reversed(stamps.items())}
    if len(kinds) > 1:
        got = " and ".join(f"{kind} ({symbol})" for kind, symbol in reversed(kinds.items()))
        raise DataError(
            f"indexes must agree in kind and time zone, got {got}; convert with df.tz_localize or df.tz_convert"
        )
    first, *others = stamps.values()
    others = [index for index in others if not index.equals(first)]
    union = first.append(others).unique() if others else first
    names = {index.name for index in stamps.values()}
    union = union if union.is_monotonic_increasing else union.sort_values()
    return union.rename(names.pop() if len(names) == 1 else None)


def _kind(index: pd.Index[Any]) -> str:
    """Return what the stamps are, such as ``"stamps in UTC"``; stamps of two kinds have no order."""
    if isinstance(index, pd.DatetimeIndex):
        return "stamps without a zone" if index.tz is None else f"stamps in {index.tz}"
    return str(index.dtype) if isinstance(index, pd.PeriodIndex) else "numbers"


def readable_stamp(stamp: Any) -> str:
    """Return a stamp for people: the date alone at midnight."""
    if isinstance(stamp, pd.Timestamp) and stamp == stamp.normalize():
        return f"{stamp:%Y-%m-%d}" + (f" {stamp.tzname()}" if stamp.tz else "")
    return str(stamp)
