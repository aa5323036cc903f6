"""Turning points, chart shapes and levels as optimisations: plain loops are the baseline, kernels the candidate.

All are called with the high, low and close of one symbol, and give tables of numbers, so that an equal answer is an
equal array. They are enabled at once: their proof are the tests of `quantperf.patterns`. The plain loops
have the plain average true range, which differs from the kernel's in the last bit: where a reversal is exactly a
multiple of it, a turn may be known a bar sooner or later. On the cases of the report that does not occur.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from quantperf.market.columns import FloatArray, columns_of
from quantperf.market.sample import sample
from quantperf.patterns.chart import find, kinds_of
from quantperf.patterns.definitions import FORMS, LIMITS, SHAPES
from quantperf.patterns.support import KEEP, follow
from quantperf.patterns.turns import REVERSAL, WINDOW, OwnBars, atr_block, own_bars, zigzag_turns
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance
from quantperf.reference import complete
from quantperf.reference import levels as plain_levels
from quantperf.reference import pivots as plain_pivots
from quantperf.reference import shapes as plain_shapes
from quantperf.reference.volatility import atr
from quantperf.signals.records import ONE_SYMBOL

__all__ = ["register", "rules_of"]

WIDTH, TOUCHES = 0.5, 2


def rules_of(kinds: tuple[str, ...], limits: dict[str, float]) -> list[plain_shapes.Rule]:
    """Return the table of shapes as the plain loops read it."""
    rules = []
    for name in kinds:
        shape = SHAPES[name]
        sign = -1 if shape.mirrored else 1
        tests = [
            (one.quantity, 1 if one.relation == "at least" else -1, limits[one.limit], one.is_tolerance)
            for one in shape.tests
        ]
        points = FORMS[shape.form].points
        rules.append(plain_shapes.Rule(name, shape.form, points, sign, sign * shape.direction, tests))
    return rules


def _plain_turns(
    high: FloatArray, low: FloatArray, close: FloatArray
) -> tuple[list[plain_pivots.Pivot], FloatArray, FloatArray]:
    """Return the turning points, and closes and average true ranges of the bars that are there; infinite is missing."""
    high, low, close = (np.where(np.isinf(column), np.nan, column) for column in (high, low, close))
    kept = complete(high, low, close)
    own = atr(high[kept], low[kept], close[kept], WINDOW) if kept.any() else np.empty(0)
    ranges = np.full(len(close), np.nan)
    ranges[kept] = own
    return plain_pivots.zigzag(high, low, close, ranges, REVERSAL), close[kept], own


def _table(rows: list[Any], width: int) -> FloatArray:
    return np.array(rows, dtype=np.float64).reshape(-1, width)


def pivots_plain(high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
    """Return a row a turning point: bar, bar known, kind, price."""
    return _table(_plain_turns(high, low, close)[0], 4)


def shapes_plain(high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
    """Return a row a shape: which, last point, where it ended, to which side, its lines, height and fit."""
    pivots, own, _ = _plain_turns(high, low, close)
    kinds = kinds_of(None)
    found = plain_shapes.match(pivots, own, rules_of(kinds, dict(LIMITS)))
    return _table(
        [(kinds.index(f.shape), f.last, f.when, f.side, *f.upper, *f.lower, f.height, f.fit) for f in found], 10
    )


def levels_plain(high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
    """Return a row a touch or break of a level."""
    pivots, own, ranges = _plain_turns(high, low, close)
    return _table(plain_levels.cluster(pivots, own, ranges, WIDTH, TOUCHES, KEEP)[0], 10)


def _bars(high: FloatArray, low: FloatArray, close: FloatArray) -> OwnBars:
    frame = pd.DataFrame({"open": close, "high": high, "low": low, "close": close})
    return own_bars(frame.where(np.isfinite(frame)), ONE_SYMBOL, None, None, None)


def pivots_fast(high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
    """Return what `pivots_plain` does, by the kernel."""
    turns = zigzag_turns(_bars(high, low, close), REVERSAL, WINDOW, None)
    return np.column_stack([turns.bar, turns.known, turns.kind, turns.price]).astype(np.float64)


def shapes_fast(high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
    """Return what `shapes_plain` does, by the kernels."""
    bars = _bars(high, low, close)
    turns = zigzag_turns(bars, REVERSAL, WINDOW, None)
    found = find(bars, turns, kinds_of(None), LIMITS, 1.0)
    return np.column_stack([found.whole[:, [0, 1, 3, 4]], found.parts])


def levels_fast(high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
    """Return what `levels_plain` does, by the kernels."""
    bars = _bars(high, low, close)
    turns = zigzag_turns(bars, REVERSAL, WINDOW, None)
    ranges = bars.own(atr_block(bars))
    whole, parts, _ = follow(bars, turns, ranges, WIDTH, TOUCHES, KEEP)
    return np.column_stack([whole[:, 1:], parts])


PAIRS: dict[str, tuple[Callable[..., FloatArray], Callable[..., FloatArray]]] = {
    "patterns.pivots": (pivots_plain, pivots_fast),
    "patterns.shapes": (shapes_plain, shapes_fast),
    "patterns.levels": (levels_plain, levels_fast),
}


def register() -> None:
    """Register the pairs, with a real stock as their case."""

    def bars(symbol: str = "AAPL") -> tuple[FloatArray, ...]:
        return tuple(columns_of(sample(symbol), ("high", "low", "close")).values())

    for name, (plain, fast) in PAIRS.items():
        declare = optimise(name, inputs=[case("AAPL", bars)], tol=Tolerance(rtol=1e-9, atol=1e-9), tags={"pattern"})
        made = declare(plain)
        made.optimised(fast)
        made.adopt(why="equal by the tests of turning points, shapes and levels")
