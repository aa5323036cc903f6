"""What a report runs: each indicator of the catalogue on one series, on a panel, and live; with its proof of parity."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import cycle
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.indicators import CATALOG, Indicator
from quantperf.market.bars import FloatArray, Panel
from quantperf.market.columns import columns_of
from quantperf.market.sample import sample
from quantperf.market.synthetic import synthetic
from quantperf.performance import Parity, Tolerance, check, digest
from quantperf.reports.comparison import Work

STOCK = "AAPL"
RTOL = 1e-9
CANCELLED = 1e-12  # of a column's largest value: what rounding leaves where two larger numbers cancel
SETTLED = 1e-9  # how much of its seed a live baseline may still hold
LIVE_BARS = 64  # rows that the live side is fed, over and over
LIVE_PROOFS = 8  # of them, that are proved

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Size:
    """How much a report runs on.

    Attributes
    ----------
    bars, symbols : int
        Of the synthetic panel.
    panel_share, live_share : int
        Symbols of it that the plain version runs on.
    seed : int
        Of the synthetic panel.
    """

    bars: int = 2520
    symbols: int = 500
    panel_share: int = 25
    live_share: int = 10
    seed: int = 0

    def for_entries(self, count: int) -> Size:
        """Return a size whose shares are so small that so many indicators end in time."""
        most = max(2, 1000 // max(count, 1))
        return replace(self, panel_share=min(self.panel_share, most), live_share=min(self.live_share, most))


@dataclass(frozen=True, slots=True)
class Workload:
    """One row, ready to run: both sides, the proof, and what the row ran on."""

    before: Callable[[], object]
    after: Callable[[], object]
    prove: Callable[[], Parity]
    work: Work

    @property
    def before_scale(self) -> float:
        """By how much the times of the before side are multiplied."""
        return self.work.symbols / self.work.before_symbols


class Workloads:
    """Builds the rows; holds the data that they share."""

    def __init__(self, size: Size) -> None:
        self.size = size

    @cached_property
    def panel(self) -> Panel:
        """The synthetic panel."""
        return synthetic(self.size.symbols, self.size.bars, seed=self.size.seed)

    def share(self, count: int) -> list[int]:
        """Return `count` columns of the panel, evenly spread."""
        last = self.size.symbols - 1
        return [int(place) for place in np.unique(np.linspace(0, last, min(count, last + 1)).astype(int))]

    def build(self, name: str, use: str) -> Workload:
        """Return the row of an indicator in a use."""
        make = {"series": self.series, "panel": self.wide, "live": self.live}[use]
        return make(CATALOG[name])

    def series(self, entry: Indicator) -> Workload:
        """Return the row of one real stock; parity is proved on all of them, each over its own bars."""
        stocks = {symbol: _columns(sample(symbol), entry) for symbol in sample().symbols}
        columns = stocks[STOCK]

        def proof() -> Parity:
            found = []
            for symbol, given in stocks.items():
                content = digest(given)
                found.append((symbol, _agree(entry, _parts(entry.reference(*given)), _parts(entry(*given)))))
                found.append((f"inputs of {symbol}", replace(check(content, digest(given)), compared=0)))
            return together(found)

        return Workload(
            before=partial(entry.reference, *columns),
            after=partial(entry, *columns),
            prove=proof,
            work=Work(f"{STOCK}, real", bars=len(columns[0]), symbols=1, before_symbols=1),
        )

    def wide(self, entry: Indicator) -> Workload:
        """Return the row of the panel; parity is proved on the before side's columns, and on all real stocks."""
        chosen = self.share(self.size.panel_share)
        columns = {place: _lanes(self.panel, entry, place) for place in chosen}
        one = sum(part.nbytes for part in _parts(entry.reference(*columns[chosen[0]])))

        def before() -> list[object]:
            return [entry.reference(*given) for given in columns.values()]

        def proof() -> Parity:
            found: list[tuple[str, Parity]] = []
            for panel, places in ((self.panel, chosen), (sample(), range(len(sample().symbols)))):
                frames = _parts(entry(panel))
                found += [(panel.symbols[i], _agree_on_own_bars(entry, panel, i, frames)) for i in places]
            return together(found)

        return Workload(
            before=before,
            after=partial(entry, self.panel),
            prove=proof,
            work=Work(
                "synthetic",
                bars=self.size.bars,
                symbols=self.size.symbols,
                before_symbols=len(chosen),
                held_bytes=one * (self.size.symbols - len(chosen)),
            ),
        )

    def live(self, entry: Indicator) -> Workload:
        """Return the row of one new bar; parity is proved on the last bars of the before side's symbols."""
        chosen = self.share(self.size.live_share)
        blocks = [self.panel.block(name) for name in entry.columns]
        past = self.size.bars - LIVE_BARS
        stream = entry.stream(symbols=self.panel.symbols)
        stream.update_many(*(block[:past] for block in blocks))
        rows = [tuple(block[bar].copy() for block in blocks) for bar in range(past, self.size.bars)]
        window = live_window(entry, self.size.bars)
        lanes = {place: _lanes(self.panel, entry, place) for place in chosen}
        tails = {place: [column[-window:].copy() for column in columns] for place, columns in lanes.items()}

        def before() -> list[Array]:
            return [_last(entry.reference(*given)) for given in tails.values()]

        coming = cycle(rows)

        def after() -> object:
            return stream.update(*next(coming))

        def proof() -> Parity:
            fresh = entry.stream(symbols=self.panel.symbols)
            bars = range(self.size.bars - LIVE_PROOFS, self.size.bars)
            fresh.update_many(*(block[: bars[0]] for block in blocks))
            found = []
            for bar in bars:
                values = _parts(fresh.update(*(block[bar].copy() for block in blocks)))
                for place in chosen:
                    start = max(0, bar + 1 - window)
                    given = [column[start : bar + 1] for column in lanes[place]]
                    parity = _agree_on_a_bar(entry, _parts(entry.reference(*given)), [value[place] for value in values])
                    found.append((f"{self.panel.symbols[place]} at bar {bar}", parity))
            return together(found)

        work = Work("synthetic", self.size.bars, self.size.symbols, len(chosen), window=window)
        return Workload(before=before, after=after, prove=proof, work=work)


def live_window(entry: Indicator, bars: int) -> int:
    """Return how many trailing bars a recomputation needs until its seed weighs less than 1e-9.

    Examples
    --------
    >>> live_window(CATALOG["sma"], 2520), live_window(CATALOG["ema"], 2520), live_window(CATALOG["obv"], 2520)
    (20, 228, 2520)
    """
    settled = entry.settle(SETTLED)
    return bars if not math.isfinite(settled) else min(bars, max(entry.lookback(), int(settled)) + 1)


def _agree(entry: Indicator, plain: Sequence[Array], actual: Sequence[Array]) -> Parity:
    """Return the parity of each output: relative, but where values cancel, to the largest value of the column."""
    found = []
    for name, expected, got in zip(entry.outputs, plain, actual, strict=True):
        found.append((name, check(expected, got, Tolerance(rtol=RTOL, atol=CANCELLED * _largest(expected)))))
    return together(found)


def _agree_on_a_bar(entry: Indicator, plain: Sequence[Array], values: Sequence[Any]) -> Parity:
    """Return the parity of one live bar; what is left of a recomputation's seed is within 1e-9 of its largest value."""
    share = CANCELLED + (SETTLED if entry.settle(SETTLED) > entry.lookback() else 0.0)
    found = []
    for name, expected, value in zip(entry.outputs, plain, values, strict=True):
        found.append((name, check(expected[-1], value, Tolerance(rtol=RTOL, atol=share * _largest(expected)))))
    return together(found)


def _largest(values: Array) -> float:
    if values.dtype.kind != "f":
        return 0.0
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max(initial=0.0))


def _agree_on_own_bars(entry: Indicator, panel: Panel, place: int, frames: Sequence[pd.DataFrame]) -> Parity:
    """Return the parity of one symbol with the plain version over its own bars; before them nothing may be known."""
    columns = _lanes(panel, entry, place)
    first = int(np.argmax(~np.isnan(columns[0])))
    void = np.full(first, entry.nothing, dtype=entry.dtype)
    plain = _parts(entry.reference(*(column[first:].copy() for column in columns)))
    expected = [np.concatenate([void, part]) for part in plain]
    return _agree(entry, expected, [_column(frame, place, entry) for frame in frames])


def together(proofs: Iterator[tuple[str, Parity]] | Sequence[tuple[str, Parity]]) -> Parity:
    """Return several named proofs as one: equal if all are, with the largest errors; a mismatch says its name."""
    named = list(proofs)
    first = next(((name, parity.mismatch) for name, parity in named if parity.mismatch is not None), None)
    every = [parity for _, parity in named]
    return Parity(
        equal=first is None,
        mismatch=None
        if first is None or first[1] is None
        else replace(first[1], place=f"{first[0]}: {first[1].place}"),
        mismatches=sum(parity.mismatches for parity in every),
        nan_mismatches=sum(parity.nan_mismatches for parity in every),
        compared=sum(parity.compared for parity in every),
        largest_absolute=max(parity.largest_absolute for parity in every),
        largest_relative=max(parity.largest_relative for parity in every),
        largest_ulp=max(parity.largest_ulp for parity in every),
        tolerance=max((parity.tolerance for parity in every), key=lambda allowed: allowed.atol),
    )


def _columns(frame: pd.DataFrame, entry: Indicator) -> list[FloatArray]:
    return [column.copy() for column in columns_of(frame, entry.columns).values()]


def _lanes(panel: Panel, entry: Indicator, place: int) -> list[FloatArray]:
    """Return the columns of one symbol, each contiguous: the before side pays for no strides."""
    return [np.ascontiguousarray(panel.block(name)[:, place]) for name in entry.columns]


def _parts(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple) else (result,)


def _column(frame: pd.DataFrame, place: int, entry: Indicator) -> Array:
    """Return one column of a result as the plain version gives it: a missing pattern code is -128."""
    values: Array = frame.iloc[:, place].to_numpy(dtype=entry.dtype, na_value=entry.nothing)
    return values


def _last(result: Any) -> Any:
    return tuple(part[-1] for part in result) if isinstance(result, tuple) else result[-1]
