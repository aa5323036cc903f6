"""What the laws range over: every indicator under each of its conventions and several windows, and the markets."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import strategies as st

from quantperf.indicators import CATALOG, Indicator, Stream
from quantperf.kernels._jit import JIT_ENABLED

Array = npt.NDArray[Any]
Outputs = tuple[Array, ...]
Market = dict[str, Array]

FIELDS = ("open", "high", "low", "close", "volume")
PRICES = ("open", "high", "low", "close")

# Windows of "narrow" are far below a 24th of the bars, those of "wide" above a sixth: kernels take one series by whole
# blocks in the first case, bar by bar in the second. "least" is the lower bound of each parameter.
BARS = 420 if JIT_ENABLED else 270
WINDOWS = {"narrow": (4, 6, 3), "wide": (101, 60, 37) if JIT_ENABLED else (61, 40, 23)}
FACTORS = (1.5, 2.5)
SHARES = (0.5, 0.0625)  # of parameters that are shares of one
COUNTING = frozenset({"maxindex", "minindex", "minmaxindex"})  # give numbers of bars, counted from the first one given
MANY_BARS = 40_000 if JIT_ENABLED else 16_384 + 300  # more than one chunk of the composite kernels


@dataclass(frozen=True)
class Case:
    """One indicator, under one convention, with one set of parameters."""

    name: str
    convention: str
    size: str
    params: dict[str, Any] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.name}-{self.convention}-{self.size}"

    @property
    def entry(self) -> Indicator:
        return CATALOG[self.name]

    @property
    def keywords(self) -> dict[str, Any]:
        return {**self.params, "convention": self.convention}

    @property
    def lookbacks(self) -> tuple[int, ...]:
        return self.entry.lookbacks(**self.keywords)

    @property
    def span(self) -> int:
        return self.entry.span(**self.keywords)

    @property
    def nothing(self) -> float | int:
        return self.entry.nothing

    def columns(self, market: Market) -> list[Array]:
        """Return the columns that the indicator reads."""
        found = self.within(market)
        return [found[name] for name in self.entry.columns]

    def within(self, market: Market) -> Market:
        """Return the market with its columns within the domain of the indicator."""
        if self.entry.domain is None:
            return market
        return {name: _within(column, *self.entry.domain) for name, column in market.items()}

    def __call__(self, *columns: Any, **keywords: Any) -> Outputs:
        """Return the outputs, always as a tuple."""
        return self.outputs(self.entry(*columns, **self.keywords, **keywords))

    def outputs(self, result: Any) -> Outputs:
        """Return a result as a tuple of arrays, also where there is one output."""
        lines = tuple(result) if self.entry.returns is not None else (result,)
        return tuple(np.asarray(line) for line in lines)

    def row(self, result: Any) -> Outputs:
        """Return what a stream gave for one bar as a tuple of arrays of the indicator's kind."""
        lines = tuple(result) if self.entry.returns is not None else (result,)
        return tuple(np.asarray(line, dtype=self.entry.dtype) for line in lines)

    def stream(self, symbols: Sequence[str] | None = None, **keywords: Any) -> Stream:
        return self.entry.stream(symbols, **self.keywords, **keywords)

    def reference(self, *columns: Array) -> Outputs:
        """Return the outputs of the plain version."""
        known = inspect.signature(self.entry.reference).parameters
        convention = {"convention": self.convention} if "convention" in known else {}
        return self.outputs(self.entry.reference(*columns, **self.params, **convention))

    def later(self, line: Array, bars: int) -> Array:
        """Return an output of a market as it would be with so many bars before it: numbers of bars are higher then."""
        return line + bars if self.name in COUNTING else line

    def known(self, line: Array) -> Array:
        """Return where an output has a value."""
        return line != self.nothing if line.dtype == np.int8 else ~np.isnan(line)


def _within(column: Array, low: float, high: float) -> Array:
    """Return numbers within bounds, made of a column bar by bar, so that NaN stays and nothing else leaks."""
    return np.asarray((low + high) / 2 + (high - low) / 2 * np.sin(column))


def _params(entry: Indicator, size: str) -> dict[str, Any]:
    windows = [name for name, parameter in entry.params.items() if parameter.whole and not parameter.choice]
    real = [name for name, parameter in entry.params.items() if not parameter.whole]
    params: dict[str, Any] = {name: parameter.default for name, parameter in entry.params.items()}
    for i, name in enumerate(real):
        bounds = entry.params[name]
        some = FACTORS if bounds.high > 1.0 else SHARES
        params[name] = min(max(some[i % len(some)], bounds.low), bounds.high)
    for i, name in enumerate(windows):
        bounds = entry.params[name]
        wanted = bounds.low if size == "least" else WINDOWS[size][i % len(WINDOWS[size])]
        params[name] = int(min(max(wanted, bounds.low), bounds.high))
    return params


def cases(*sizes: str) -> list[Any]:
    """Return the cases of the whole catalogue as parameters of a test; one size where there is nothing to choose."""
    return [
        pytest.param(case, id=str(case))
        for name in sorted(CATALOG)
        for convention in CATALOG[name].conventions
        for size in (sizes if CATALOG[name].params else sizes[:1])
        for case in [Case(name, convention, size, _params(CATALOG[name], size))]
    ]


def kinds(*sizes: str) -> list[Any]:
    """Return one case for each kind of entry, as far as taking data in and giving results out can tell them apart.

    What is done with data before and after a kernel depends on these features alone, so a law of that need not be run
    on sixty candlesticks.
    """
    found: dict[Any, str] = {}
    for name in sorted(CATALOG):
        entry = CATALOG[name]
        whole = sum(parameter.whole for parameter in entry.params.values())
        params = (min(whole, 2), min(len(entry.params) - whole, 2))
        inputs = (len(entry.columns), "volume" in entry.columns, entry.columns[-1] in {"session", "anchor"})
        several = (min(len(entry.outputs), 3), len(entry.conventions) > 1)
        kind = (*inputs, *several, entry.dtype, params, entry.domain is None)
        found.setdefault(kind, name)
    chosen = {*found.values(), "sma", "ema", "rsi", "macd", "atr", "stoch", "cdl_doji"}
    return [case for case in cases(*sizes) if case.values[0].name in chosen]


# ------------------------------------------------------------------------------------------------------------- markets

MARKETS = ("walk", "ticks", "flats", "gaps")


def market(kind: str = "walk", bars: int = BARS, lanes: int | None = None, seed: int = 7) -> Market:
    """Return open, high, low, close and volume of one symbol (bars,) or of several (bars, lanes).

    "walk" has full precision; "ticks" lies on a grid of quarters, so ties happen; "flats" is "ticks" with stretches in
    which nothing moves and nothing is traded; "gaps" is "walk" with holes in single columns and over several bars.
    """
    random = np.random.default_rng([seed, MARKETS.index(kind)])
    shape = (bars, lanes or 1)
    if kind in {"walk", "gaps"}:
        steps = random.normal(0.0, 0.012, shape)
        close = 100.0 * np.exp(np.cumsum(steps, axis=0))
        opening = close * (1.0 - random.uniform(-1.1, 1.1, shape) * steps)
        high = np.maximum(opening, close) * (1.0 + random.exponential(0.004, shape))
        low = np.minimum(opening, close) * (1.0 - random.exponential(0.004, shape))
    else:
        close = 400.0 + np.cumsum(random.integers(-3, 4, shape), axis=0)
        opening = close + random.integers(-3, 4, shape)
        high = np.maximum(opening, close) + random.integers(0, 3, shape)
        low = np.minimum(opening, close) - random.integers(0, 3, shape)
        opening, high, low, close = (0.25 * column for column in (opening, high, low, close))
    volume = random.integers(1, 5000, shape).astype(np.float64)
    found = dict(zip(FIELDS, (opening, high, low, close, volume), strict=True))
    if kind == "flats":
        for start, length in ((0, 9), (bars // 4, 20), (bars // 2, bars // 3)):
            stretch = slice(start, start + length)
            for name in PRICES:
                found[name][stretch] = close[start]
            volume[stretch] = 0.0
    found |= _sessions(bars, lanes or 1, seed)
    if kind == "gaps":
        for column in found.values():
            column[random.random(shape) < 0.01] = np.nan
            column[0, :] = np.nan  # a late listing
            column[bars // 3 : bars // 3 + 4] = np.nan
            column[bars // 2 : bars // 2 + 9, ::2] = np.nan
    return {name: np.ascontiguousarray(column if lanes else column[:, 0]) for name, column in found.items()}


def _sessions(bars: int, lanes: int, seed: int) -> Market:
    """Return the session and the anchor of each bar: runs of equal numbers, of which the first is of one bar.

    So levels from the session before begin on bar 1, and a number of bars can be said for them.
    """
    starts = np.random.default_rng([seed, len(MARKETS)]).random((2, bars, lanes)) < 0.1
    starts[:, :2] = True
    session, anchor = np.cumsum(starts, axis=1).astype(np.float64)
    return {"session": session, "anchor": anchor}


@st.composite
def bars(draw: st.DrawFn, longest: int = 90, missing: bool = True) -> Market:
    """Draw bars on a grid of ticks, with flats, jumps and (each column for itself, or all at once) missing values."""
    length = draw(st.integers(0, longest))
    steps = draw(st.lists(st.sampled_from((0, 0, 0, 1, -1, 2, -2, 40, -40)), min_size=length, max_size=length))
    reach = st.lists(st.integers(0, 3), min_size=length, max_size=length)
    close = 200 + np.cumsum(np.array(steps, dtype=np.float64))
    close = close + max(0.0, 10.0 - close.min(initial=10.0))  # a price is above 0
    opening = close + np.array(draw(reach), dtype=np.float64) - 1.0
    high = np.maximum(opening, close) + np.array(draw(reach), dtype=np.float64)
    low = np.minimum(opening, close) - np.array(draw(reach), dtype=np.float64)
    volume = 100.0 * np.array(draw(reach), dtype=np.float64)
    found = dict(zip(FIELDS, (opening / 4, high / 4, low / 4, close / 4, volume), strict=True))
    begins = np.abs(np.array(steps, dtype=np.float64)) > 1.0
    found |= {"session": np.cumsum(begins) * 1.0, "anchor": np.cumsum(begins) * 1.0}
    if missing and length:
        holes = st.tuples(st.sampled_from((*FIELDS, "all")), st.integers(0, length - 1), st.integers(1, 6))
        for name, start, count in draw(st.lists(holes, max_size=5)):
            for field_name in found if name == "all" else (name,):
                found[field_name][start : start + count] = np.nan
    return found


def pieces(bars: int, cuts: Iterable[int]) -> list[slice]:
    """Return the stretches between cuts, of which some may be empty."""
    ends = [0, *sorted(min(cut, bars) for cut in cuts), bars]
    return [slice(a, b) for a, b in pairwise(ends)]
