"""The candlestick patterns by the catalogue's names: each one alone, and all in one pass, with the codes of TA-Lib.

A code is int8: 100 or -100 where a pattern stands, 80 or -80 where the ends of its bodies meet, 120 or -120 where a
hikkake is confirmed (TA-Lib: 200, which int8 does not hold), 0 where it does not stand, and UNKNOWN before TA-Lib's
lookback (TA-Lib: 0) and wherever one of the bars that the answer reads is missing. A bar is missing if one of its four
prices is NaN or infinite.

Kernels of one pattern are in time order over any number of lanes. The patterns are in files by their number of bars
in `candles_one`, `candles_two`, `candles_three` and `candles_more`; what they are made of in `candle_parts`; all in one
pass in `candles_many`.
"""

from __future__ import annotations

from typing import Any

from quantperf.kernels.candle_parts import LOOKBACK, SPAN, rows_of
from quantperf.kernels.candle_parts import UNKNOWN as UNKNOWN
from quantperf.kernels.candles_many import GROUPS, NAMES, READS
from quantperf.kernels.candles_many import candles as candles

PATTERNS = NAMES
_GROUP = {name: group for group in GROUPS for name in group.names}


def kernel(name: str) -> Any:
    """Return the kernel of a pattern, which it shares with others."""
    return _GROUP[name].kernel


def params(name: str, penetration: float = 0.0) -> tuple[int, float, bool]:
    """Return what the kernel is to be told after the inputs: which pattern, its penetration, and not along columns."""
    return (_GROUP[name].names.index(name), penetration, False)


def along_columns(name: str) -> Any:
    """Return the kernel as it runs over symbol-major blocks; called as what `columns.by_column` returns."""
    both_ways = kernel(name)

    def run(state: Any, columns: tuple[Any, ...], params: tuple[Any, ...], y: Any) -> None:
        both_ways(state, *columns, *params[:-1], True, y)

    return run


def rows(name: str) -> tuple[tuple[float, int], ...]:
    """Return the state that the kernel of this pattern starts from, as values and numbers of rows."""
    return ((0.0, rows_of(_GROUP[name].numbers[name])),)


def lookback(name: str) -> int:
    """Return the number of bars before the first answer."""
    return int(_GROUP[name].numbers[name][LOOKBACK])


def span(name: str) -> int:
    """Return the number of bars that an answer reads, this one included."""
    return int(_GROUP[name].numbers[name][SPAN])


def candles_rows() -> tuple[tuple[float, int], ...]:
    """Return the state that `candles` starts from, as values and numbers of rows."""
    return ((0.0, rows_of(READS)),)
