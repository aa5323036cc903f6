"""The words in which candlestick patterns are told: candles and their parts, what counts as long, gaps, answers.

A pattern is a function of the candles that it looks at, oldest first; each holds that candle for every bar at once, so
a condition reads as one would say it. What counts as long, short, near and equal is TA-Lib's default setting: a
multiple of the mean of the 5 or 10 bars *before* the candle in question.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.reference import Array, complete, first_bar, whole_bars

__all__ = [
    "UNKNOWN", "Candle", "Signals", "confirmed", "gap_down", "gap_up", "inside", "level", "mark", "pattern", "sinks",
    "within",
]  # fmt: skip

UNKNOWN = -128

Numbers: TypeAlias = "pd.Series[float]"
Truths: TypeAlias = "pd.Series[bool]"
Codes: TypeAlias = npt.NDArray[np.int64]
Signals: TypeAlias = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Candle:
    """One candle of a pattern, for all bars at once."""

    open: Numbers
    high: Numbers
    low: Numbers
    close: Numbers

    def ago(self, bars: int) -> Candle:
        """Return the candle that stands so many bars before."""
        return Candle(*(column.shift(bars) for column in (self.open, self.high, self.low, self.close)))

    @cached_property
    def white(self) -> Truths:
        """Whether it closes at or above its open."""
        return self.close >= self.open

    @property
    def black(self) -> Truths:
        """Whether it closes below its open."""
        return ~self.white

    @cached_property
    def colour(self) -> Codes:
        """1 if white, -1 if black."""
        return np.where(self.white, 1, -1)

    @cached_property
    def top(self) -> Numbers:
        """The upper end of the body."""
        return self.open.where(self.open > self.close, self.close)

    @cached_property
    def bottom(self) -> Numbers:
        """The lower end of the body."""
        return self.open.where(self.open < self.close, self.close)

    @cached_property
    def body(self) -> Numbers:
        """The distance of open and close."""
        return (self.close - self.open).abs()

    @cached_property
    def range(self) -> Numbers:
        """The distance of high and low."""
        return self.high - self.low

    @cached_property
    def upper(self) -> Numbers:
        """The upper shadow, from the body to the high."""
        return self.high - self.top

    @cached_property
    def lower(self) -> Numbers:
        """The lower shadow, from the low to the body."""
        return self.bottom - self.low

    # What the bars before make of it.

    @cached_property
    def usual_body(self) -> Numbers:
        """The mean body of the 10 bars before."""
        return _mean_before(self.body, 10)

    @property
    def long(self) -> Truths:
        """Whether the body is longer than the usual one."""
        return self.body > self.usual_body

    @property
    def short(self) -> Truths:
        """Whether the body is shorter than the usual one."""
        return self.body < self.usual_body

    @property
    def not_long(self) -> Truths:
        """Whether the body is at most the usual one: short, or just as long."""
        return self.body <= self.usual_body

    @cached_property
    def hardly(self) -> Numbers:
        """A tenth of the mean range of the 10 bars before: a doji's body, a very short shadow."""
        return 0.1 * _mean_before(self.range, 10)

    @property
    def doji(self) -> Truths:
        """Whether there is hardly a body."""
        return self.body <= self.hardly

    @property
    def no_upper(self) -> Truths:
        """Whether there is hardly an upper shadow."""
        return self.upper < self.hardly

    @property
    def no_lower(self) -> Truths:
        """Whether there is hardly a lower shadow."""
        return self.lower < self.hardly

    @property
    def marubozu(self) -> Truths:
        """Whether there is hardly a shadow at either end."""
        return self.no_upper & self.no_lower

    @cached_property
    def usual_shadow(self) -> Numbers:
        """The mean shadow of the 10 bars before: half of what both shadows make."""
        return _mean_before(self.upper + self.lower, 10) / 2.0

    @cached_property
    def _mean_range(self) -> Numbers:
        return _mean_before(self.range, 5)

    @property
    def near(self) -> Numbers:
        """What counts as near: a fifth of the mean range of the 5 bars before."""
        return 0.2 * self._mean_range

    @property
    def far(self) -> Numbers:
        """What counts as far: three fifths of the mean range of the 5 bars before."""
        return 0.6 * self._mean_range

    @property
    def equal(self) -> Numbers:
        """What counts as equal: a twentieth of the mean range of the 5 bars before."""
        return 0.05 * self._mean_range


def gap_up(first: Candle, second: Candle) -> Truths:
    """Return whether the second body lies above the first."""
    return second.bottom > first.top


def gap_down(first: Candle, second: Candle) -> Truths:
    """Return whether the second body lies below the first."""
    return second.top < first.bottom


def within(price: Numbers, candle: Candle) -> Truths:
    """Return whether a price lies inside a body, and at neither end."""
    return (price > candle.bottom) & (price < candle.top)


def level(price: Numbers, other: Numbers, tolerance: Numbers) -> Truths:
    """Return whether a price is the other one, give or take the tolerance."""
    return (price <= other + tolerance) & (price >= other - tolerance)


def inside(first: Candle, second: Candle) -> Truths:
    """Return whether the second range lies inside the first, shadows and all."""
    return (second.high < first.high) & (second.low > first.low)


def sinks(first: Candle, second: Candle) -> Truths:
    """Return whether both high and low of the second are lower."""
    return (second.high < first.high) & (second.low < first.low)


def mark(found: Truths | npt.NDArray[np.bool_], code: int | Codes) -> Codes:
    """Return the code where the pattern is found, else 0."""
    return np.where(found, code, 0)


def confirmed(setups: Codes, middle: Candle, close: Numbers) -> Codes:
    """Return setups, and 120 or -120 where one of the 3 bars before is confirmed by a close beyond its middle candle.

    A setup on the bar of a confirmation takes its place; a setup is confirmed once.
    """
    answers, highs, lows, closes = setups.copy(), middle.high.to_numpy(), middle.low.to_numpy(), close.to_numpy()
    pending: int | None = None
    for t in range(len(setups)):
        if setups[t] != 0:
            pending = t
        elif pending is not None and t <= pending + 3:
            rising = setups[pending] > 0
            if closes[t] > highs[pending] if rising else closes[t] < lows[pending]:
                answers[t] = 120 if rising else -120
                pending = None
    return answers


def pattern(*, lookback: int, reads: int | None = None) -> Callable[[Callable[..., Codes]], Callable[..., Signals]]:
    """Make a function of candles, oldest first, and perhaps of a penetration, one of columns of prices.

    `lookback` is the number of whole bars before the first answer; `reads` the number of bars that an answer depends
    on, by default one more.
    """
    depends = reads or lookback + 1

    def make(told: Callable[..., Codes]) -> Callable[..., Signals]:
        names = inspect.signature(told).parameters
        candles = len(names) - ("penetration" in names)

        @functools.wraps(told)
        def found(open: Array, high: Array, low: Array, close: Array, **penetration: Any) -> Signals:
            last = Candle(*whole_bars(open, high, low, close))
            codes = told(*(last.ago(bars) for bars in range(candles - 1, -1, -1)), **penetration)
            return _signals(codes, complete(open, high, low, close), depends, lookback)

        prices = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in _COLUMNS]
        found.__signature__ = inspect.Signature([*prices, *list(names.values())[candles:]])  # type: ignore[attr-defined]
        found.__doc__ = f"{inspect.cleandoc(told.__doc__ or '')}\n{_notes(told.__name__, lookback, depends)}"
        return found

    return make


_COLUMNS = ("open", "high", "low", "close")
_NOTES = """
Parameters
----------
open, high, low, close : ndarray
    Prices, oldest first.

Returns
-------
ndarray of int8
    The codes; -128 (unknown) on the first {lookback} whole bars, and where one of the last {reads} bars is missing.

Notes
-----
Equal to TA-Lib's {talib}.
"""


def _notes(name: str, lookback: int, reads: int) -> str:
    return _NOTES.format(lookback=lookback, reads=reads, talib=name.replace("_", "").upper())


def _mean_before(x: Numbers, window: int) -> Numbers:
    """Return the mean of the `window` bars before each bar."""
    return x.shift(1).rolling(window).mean()


def _signals(codes: Codes, kept: npt.NDArray[np.bool_], reads: int, lookback: int) -> Signals:
    """Return the codes as int8, unknown before the lookback and where one of the bars read is missing."""
    known = (pd.Series(kept).astype(float).rolling(reads).min() == 1.0).to_numpy()
    known = known & (np.arange(len(kept)) >= first_bar(kept) + lookback)
    return np.where(known, codes, UNKNOWN).astype(np.int8)
