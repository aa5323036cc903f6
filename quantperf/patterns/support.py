"""Support and resistance: prices at which turning points cluster, told as they become known."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import ParameterError
from quantperf.kernels import levels as kernels
from quantperf.market.bars import Panel
from quantperf.market.columns import FloatArray
from quantperf.market.sessions import Session, Stamps
from quantperf.patterns.chart import content_hash
from quantperf.patterns.turns import (
    REVERSAL,
    WINDOW,
    Method,
    OwnBars,
    Turns,
    atr_block,
    own_bars,
    positive,
    read_only,
    turns_of,
    words,
)
from quantperf.signals.records import ONE_SYMBOL

__all__ = ["levels"]

KEEP = 20


def levels(
    data: pd.DataFrame | Panel,
    *,
    width: float = 0.5,
    touches: int = 2,
    keep: int = KEEP,
    method: Method = "zigzag",
    reversal: float = REVERSAL,
    window: int = WINDOW,
    percent: float | None = None,
    left: int = 2,
    right: int = 2,
    symbol: str = ONE_SYMBOL,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> pd.DataFrame:
    """Return levels of support and resistance, one row each time that one is formed, touched again, or broken.

    Parameters
    ----------
    data : DataFrame or Panel
        Bars of one symbol, or of many.
    width : float, default 0.5
        How near to a level a turning point must be to touch it, and how far beyond it a close must be to break it, in
        average true ranges of `window` bars.
    touches : int, default 2
        Turning points that make a level.
    keep : int, default 20
        How many levels are followed at a time for each symbol; the one that was touched the longest ago makes room.
        ``attrs["dropped"]`` counts levels that were given up so.
    method, reversal, window, percent, left, right
        What a turning point is; see `pivots`.
    symbol : str, optional
        What a single frame is called in the answer.
    stamps, bar, session
        What the stamps mean; see `quantperf.market.moments.closing_times`.

    Returns
    -------
    DataFrame
        Sorted by known_at and symbol: id; level (a hash that the rows of one level share); symbol; stage ("formed",
        "touched", "broken"); kind (+1 support: price was above, -1 resistance); price (mean of the touches so far);
        reach (half width of the zone, a price); touches; first_touch, last_touch, triggered_at (stamps of bars);
        event_at and known_at (closes); lag (own bars); revisable (False); params.

    Raises
    ------
    ParameterError, DataError
        If a parameter is out of bounds, or data are no bars.

    Notes
    -----
    Tops and bottoms cluster together: a level that was resistance may be support later, and a broken level is followed
    on with its role reversed (R. Edwards and J. Magee, *Technical Analysis of Stock Trends*, chapter 13). Each row
    holds what was known at known_at; later touches move the price of later rows alone. A fractal that is known before
    the first average true range touches nothing.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = qp.patterns.levels(qp.sample("MSFT"), touches=3)
    >>> found[["stage", "kind", "price", "touches", "triggered_at"]].tail(2)
           stage  kind    price  touches triggered_at
    527  touched    -1  28.3225        4   2013-02-20
    528   broken     1  27.7475        4   2013-02-25
    """
    for name, value in (("touches", touches), ("keep", keep)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ParameterError(f"{name} must be a whole number of at least 1, got {value!r}")
    reach = positive("width", width)
    bars = own_bars(data, symbol, stamps, bar, session)
    turns = turns_of(bars, method, reversal=reversal, window=window, percent=percent, left=left, right=right)
    whole, parts, dropped = follow(bars, turns, bars.own(atr_block(bars, window)), reach, int(touches), int(keep))
    how = {"left": left, "right": right} if method == "fractal" else {"reversal": reversal, "percent": percent}
    params = json.dumps(
        {"width": reach, "touches": touches, "keep": keep, "method": method, "window": window, **how}, sort_keys=True,
        default=float,
    )  # fmt: skip
    found = _table(bars, turns, whole, parts, int(touches), params)
    found.attrs["dropped"] = dropped
    return found


def follow(
    bars: OwnBars, turns: Turns, ranges: FloatArray, width: float, least: int, keep: int
) -> tuple[npt.NDArray[np.int64], FloatArray, int]:
    """Return the rows of the kernel, and how many levels were given up."""
    room = 4 * len(turns.bar) + 1
    while True:
        whole, parts = np.empty((room, 9), dtype=np.int64), np.empty((room, 2))
        count, dropped = kernels.cluster(
            read_only(bars.own(bars.close)), read_only(ranges), bars.starts, turns.bar, turns.known, turns.price,
            turns.starts, width, least, keep, whole, parts,
        )  # fmt: skip
        if count <= room:
            return whole[:count], parts[:count], int(dropped)
        room = count


def _table(
    bars: OwnBars, turns: Turns, whole: npt.NDArray[np.int64], parts: FloatArray, least: int, params: str
) -> pd.DataFrame:
    """Return the rows of all symbols in the order in which they were known."""
    row = bars.rows_of(whole[:, 0], whole[:, 3])
    order = np.lexsort((np.arange(len(row)), whole[:, 0], row))
    whole, parts, row = whole[order], parts[order], row[order]
    lane, broken, count = whole[:, 0], whole[:, 2] == kernels.BROKEN, whole[:, 7]
    stage = np.where(broken, "broken", np.where(count == least, "formed", "touched")).astype(object)
    symbol = np.array(bars.symbols, dtype=object)[lane]
    event, first, last = (bars.rows_of(lane, whole[:, column]) for column in (4, 5, 6))
    began = turns.price[turns.starts[lane] + whole[:, 1]]
    level = [content_hash(*facts, params) for facts in zip(symbol, map(str, bars.closed[first]), began, strict=True)]
    facts: zip[Any] = zip(level, stage, count.tolist(), map(str, bars.closed[row]), strict=True)
    return pd.DataFrame(
        {
            "id": words([content_hash(*each) for each in facts]),
            "level": words(level),
            "symbol": words(symbol),
            "stage": words(stage),
            "kind": whole[:, 8].astype(np.int8),
            "price": parts[:, 0],
            "reach": parts[:, 1],
            "touches": count,
            "first_touch": bars.index[first],
            "last_touch": bars.index[last],
            "triggered_at": bars.index[event],
            "event_at": bars.closed[event],
            "known_at": bars.closed[row],
            "lag": whole[:, 3] - whole[:, 4],
            "revisable": np.zeros(len(row), dtype=bool),
            "params": words([params] * len(row)),
        }
    )
