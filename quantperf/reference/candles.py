"""The words in which candlestick patterns are told: candles and their parts, what counts as long, gaps, answers.

A pattern is a function of the candles that it looks at, oldest first; each holds that candle for every bar at once, so
a condition reads as one would say it, and `conditions` keeps it as said. What counts as long, short, near and equal is
TA-Lib's default setting: a multiple of the mean of the 5 or 10 bars *before* the candle in question.
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
from quantperf.reference.conditions import All, Condition, Either, Numbers, Quantity

__all__ = [
    "UNKNOWN", "Answer", "Candle", "Signals", "gap_down", "gap_up", "inside", "level", "mark",
    "opposite", "pattern", "sinks", "waits", "within",
]  # fmt: skip

UNKNOWN = -128

Codes: TypeAlias = npt.NDArray[np.int64]
Signals: TypeAlias = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Candle:
    """One candle of a pattern, for all bars at once: its name there, how many bars ago it stands, and its prices."""

    name: str
    ago: int
    columns: tuple[Numbers, ...]

    def before(self, bars: int) -> Candle:
        """Return the candle in its place so many bars before."""
        return Candle(
            f"{_bars(bars)} before, {self.name}", self.ago + bars, tuple(column.shift(bars) for column in self.columns)
        )

    def _quantity(self, what: str, values: Numbers) -> Quantity:
        return Quantity(f"{self.name} {what}".strip(), values, self.ago)

    def _usual(self, what: str, values: Numbers) -> Quantity:
        return Quantity(f"{what} before {self.name or 'it'}", values, self.ago)

    def _is(self, what: str, condition: Condition) -> Condition:
        return condition.called(f"{self.name} {what}".strip())

    @cached_property
    def open(self) -> Quantity:
        """The first price."""
        return self._quantity("open", self.columns[0])

    @cached_property
    def high(self) -> Quantity:
        """The highest price."""
        return self._quantity("high", self.columns[1])

    @cached_property
    def low(self) -> Quantity:
        """The lowest price."""
        return self._quantity("low", self.columns[2])

    @cached_property
    def close(self) -> Quantity:
        """The last price."""
        return self._quantity("close", self.columns[3])

    @cached_property
    def white(self) -> Condition:
        """Whether it closes at or above its open."""
        return self._is("is white", self.close >= self.open)

    @cached_property
    def black(self) -> Condition:
        """Whether it closes below its open."""
        return self._is("is black", self.close < self.open)

    @cached_property
    def colour(self) -> Codes:
        """1 if white, -1 if black."""
        return np.where(self.white.held, 1, -1)

    @cached_property
    def top(self) -> Quantity:
        """The upper end of the body."""
        open_, close = self.columns[0], self.columns[3]
        return self._quantity("top of the body", open_.where(open_ > close, close))

    @cached_property
    def bottom(self) -> Quantity:
        """The lower end of the body."""
        open_, close = self.columns[0], self.columns[3]
        return self._quantity("bottom of the body", open_.where(open_ < close, close))

    @cached_property
    def body(self) -> Quantity:
        """The distance of open and close."""
        return self._quantity("|close - open|", (self.columns[3] - self.columns[0]).abs())

    @cached_property
    def range(self) -> Quantity:
        """The distance of high and low."""
        return self._quantity("high - low", self.columns[1] - self.columns[2])

    @cached_property
    def upper(self) -> Quantity:
        """The upper shadow, from the body to the high."""
        return self._quantity("upper shadow", self.columns[1] - self.top.values)

    @cached_property
    def lower(self) -> Quantity:
        """The lower shadow, from the low to the body."""
        return self._quantity("lower shadow", self.bottom.values - self.columns[2])

    # What the bars before make of it.

    @cached_property
    def usual_body(self) -> Quantity:
        """The mean body of the 10 bars before."""
        return self._usual("the mean body of the 10 bars", _mean_before(self.body.values, 10))

    @cached_property
    def long(self) -> Condition:
        """Whether the body is longer than the usual one."""
        return self._is("body is long", self.body > self.usual_body)

    @cached_property
    def short(self) -> Condition:
        """Whether the body is shorter than the usual one."""
        return self._is("body is short", self.body < self.usual_body)

    @cached_property
    def not_long(self) -> Condition:
        """Whether the body is at most the usual one: short, or just as long."""
        return self._is("body is not long", self.body <= self.usual_body)

    @cached_property
    def hardly(self) -> Quantity:
        """A tenth of the mean range of the 10 bars before: a doji's body, a very short shadow."""
        return self._usual("a tenth of the mean range of the 10 bars", 0.1 * _mean_before(self.range.values, 10))

    @cached_property
    def doji(self) -> Condition:
        """Whether there is hardly a body."""
        return self._is("is a doji", self.body <= self.hardly)

    @cached_property
    def no_upper(self) -> Condition:
        """Whether there is hardly an upper shadow."""
        return self._is("has hardly an upper shadow", self.upper < self.hardly)

    @cached_property
    def no_lower(self) -> Condition:
        """Whether there is hardly a lower shadow."""
        return self._is("has hardly a lower shadow", self.lower < self.hardly)

    @property
    def marubozu(self) -> Condition:
        """Whether there is hardly a shadow at either end."""
        return self.no_upper & self.no_lower

    @cached_property
    def usual_shadow(self) -> Quantity:
        """The mean shadow of the 10 bars before: half of what both shadows make."""
        both = self.upper.values + self.lower.values
        return self._usual("the mean shadow of the 10 bars", _mean_before(both, 10) / 2.0)

    @cached_property
    def _mean_range(self) -> Numbers:
        return _mean_before(self.range.values, 5)

    @property
    def near(self) -> Quantity:
        """What counts as near: a fifth of the mean range of the 5 bars before."""
        return self._usual("0.2 of the mean range of the 5 bars", 0.2 * self._mean_range)

    @property
    def far(self) -> Quantity:
        """What counts as far: three fifths of the mean range of the 5 bars before."""
        return self._usual("0.6 of the mean range of the 5 bars", 0.6 * self._mean_range)

    @property
    def equal(self) -> Quantity:
        """What counts as equal: a twentieth of the mean range of the 5 bars before."""
        return self._usual("0.05 of the mean range of the 5 bars", 0.05 * self._mean_range)


def opposite(first: Candle, second: Candle) -> Condition:
    """Return whether one candle is white and the other black."""
    return (first.white & second.black) | (first.black & second.white)


def gap_up(first: Candle, second: Candle) -> Condition:
    """Return whether the second body lies above the first."""
    return (second.bottom > first.top).called("gap up")


def gap_down(first: Candle, second: Candle) -> Condition:
    """Return whether the second body lies below the first."""
    return (second.top < first.bottom).called("gap down")


def within(price: Quantity, candle: Candle) -> Condition:
    """Return whether a price lies inside a body, and at neither end."""
    return (price > candle.bottom) & (price < candle.top)


def level(price: Quantity, other: Quantity, tolerance: Quantity) -> Condition:
    """Return whether a price is the other one, give or take the tolerance."""
    return (price <= other + tolerance) & (price >= other - tolerance)


def inside(first: Candle, second: Candle) -> Condition:
    """Return whether the second range lies inside the first, shadows and all."""
    return (second.high < first.high) & (second.low > first.low)


def sinks(first: Candle, second: Candle) -> Condition:
    """Return whether both high and low of the second are lower."""
    return (second.high < first.high) & (second.low < first.low)


@dataclass(frozen=True, eq=False)
class Answer:
    """What a pattern answers for every bar: whether it is found, its code there, and what makes 80 of 100."""

    found: Condition
    codes: Codes
    full: Condition | None = None


def mark(found: Condition, code: int | Codes, *, full: Condition | None = None) -> Answer:
    """Return the code where the pattern is found, else 0; four fifths of it where `full` does not hold."""
    part = code if full is None else np.where(full.held, code, np.asarray(code) * 4 // 5)
    return Answer(found, np.where(found.held, part, 0), full)


def waits(setup: Callable[..., tuple[Condition, Condition]], *candles: Candle) -> Answer:
    """Return 100 or -100 where a setup stands, else 120 or -120 where it is confirmed within 3 bars.

    A close above the high (below the low) of the last candle but one confirms it, once. A later setup, on the bar of
    the confirmation too, takes its place.
    """
    then = [[candle.before(bars) if bars else candle for candle in candles] for bars in range(4)]
    setups = [setup(*standing) for standing in then]
    close, (up, down) = candles[-1].close, setups[0]
    ways, codes = [up, down], np.where(up.held, 100, np.where(down.held, -100, 0))
    for bars in range(1, 4):
        middle, (rising, falling), ago = then[bars][-2], setups[bars], f"{_bars(bars)} before"
        last = ~Either("", tuple(one for pair in setups[:bars] for one in pair))
        last = last.called(f"no setup in the {_bars(bars)} since")
        above, below = [close > middle.high], [close < middle.low]
        above += [then[k][-1].close <= middle.high for k in range(1, bars)]
        below += [then[k][-1].close >= middle.low for k in range(1, bars)]
        up, down = rising.called(f"it left downwards {ago}"), falling.called(f"it left upwards {ago}")
        up, down = All("", (up, last, *above)), All("", (down, last, *below))
        ways += [up, down]
        codes = np.where(up.held, 120, np.where(down.held, -120, codes))
    return Answer(Either("", tuple(ways)), codes)


def pattern(*, lookback: int, reads: int | None = None) -> Callable[[Callable[..., Answer]], Any]:
    """Make a function of candles, oldest first, and perhaps of a penetration, one of columns of prices.

    `lookback` is the number of whole bars before the first answer; `reads` the number of bars that an answer depends
    on, by default one more. Its `answer` gives what the codes come from.
    """
    depends = reads or lookback + 1

    def make(told: Callable[..., Answer]) -> Any:
        names = inspect.signature(told).parameters
        candles = [name for name in names if name != "penetration"]

        def answer(open: Array, high: Array, low: Array, close: Array, **penetration: Any) -> Answer:
            last = whole_bars(open, high, low, close)
            oldest = len(candles) - 1
            standing = [
                Candle(_SHOWN.get(name, name), oldest - place, tuple(x.shift(oldest - place) for x in last))
                for place, name in enumerate(candles)
            ]
            return told(*standing, **penetration)

        @functools.wraps(told)
        def found(open: Array, high: Array, low: Array, close: Array, **penetration: Any) -> Signals:
            codes = answer(open, high, low, close, **penetration).codes
            return _signals(codes, complete(open, high, low, close), depends, lookback)

        prices = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in _COLUMNS]
        others = [names[name] for name in names if name == "penetration"]
        found.__signature__ = inspect.Signature([*prices, *others])  # type: ignore[attr-defined]
        found.__doc__ = f"{inspect.cleandoc(told.__doc__ or '')}\n{_notes(told.__name__, lookback, depends)}"
        found.answer, found.lookback = answer, lookback  # type: ignore[attr-defined]
        return found

    return make


_SHOWN = {"candle": "", "before": "the previous"}  # the words for a candle, where they are not its name
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


def _bars(count: int) -> str:
    return "1 bar" if count == 1 else f"{count} bars"


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
