"""Why a chart shape is one, or why not: each test with its value, its limit, and the distance between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError
from quantperf.market.sessions import Session, Stamps
from quantperf.patterns.chart import kinds_of
from quantperf.patterns.definitions import FORMS, SHAPES, WORDS, limits_with
from quantperf.patterns.turns import REVERSAL, WINDOW, check_turns, own_bars, zigzag_turns
from quantperf.reference.shapes import draw
from quantperf.signals.records import ONE_SYMBOL

__all__ = ["explain_shape"]


def explain_shape(
    data: pd.DataFrame,
    kind: str,
    at: Any = None,
    *,
    reversal: float = REVERSAL,
    window: int = WINDOW,
    percent: float | None = None,
    limits: Mapping[str, float] | None = None,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> pd.DataFrame:
    """Return the tests of a shape on the turning points that were known at the close of a bar.

    Parameters
    ----------
    data : DataFrame
        Bars of one symbol.
    kind : str
        One of `SHAPES`.
    at : label, optional
        Stamp of the bar; by default the last.
    reversal, window, percent, limits, stamps, bar, session
        As in `shapes`.

    Returns
    -------
    DataFrame
        One row a test: quantity, relation, limit, value, margin (by how much it holds, below 0 if it fails), holds, and
        meaning. Value, margin and holds are missing where the points draw no such shape (it would end with a turn of
        the other kind, say, or its lines cross). attrs: "points", list of (stamp, price); "formed", whether all hold.

    Raises
    ------
    DataError
        If the bar is none of the data, or fewer turning points were known than the shape has.
    ParameterError
        If a parameter is out of bounds.

    Examples
    --------
    >>> import quantperf as qp
    >>> bars = qp.sample("MSFT")
    >>> why = qp.patterns.explain_shape(bars, "double_top", "2013-02-21")
    >>> why[["quantity", "relation", "limit", "holds"]]
         quantity  relation  limit  holds
    0    evenness   at most   0.20   True
    1       trend  at least   1.25   True
    2  separation  at least   5.00   True
    >>> bool(qp.patterns.explain_shape(bars, "rectangle").attrs["formed"])
    False
    """
    if not isinstance(kind, str):
        raise ParameterError(f"kind must be the name of a shape, got {kind!r}; such as 'double_top'")
    check_turns("zigzag", reversal, window, percent, 1, 1)
    (name,) = kinds_of(kind)
    bounds, shape = limits_with(limits), SHAPES[name]
    bars = own_bars(data, ONE_SYMBOL, stamps, bar, session)
    if len(bars.symbols) != 1:
        raise DataError(f"data must be bars of one symbol, got {len(bars.symbols)}; take panel.frame(symbol)")
    turns = zigzag_turns(bars, float(reversal), int(window), percent)
    last = len(bars.index) - 1 if at is None else _row_of(bars.index, at)
    known = np.flatnonzero(bars.rows_of(turns.lane, turns.known) <= last)
    form = FORMS[shape.form]
    if len(known) < form.points:
        raise DataError(f"{name} needs {form.points} turning points, {len(known)} were known then; take a later bar")
    chosen = known[-form.points :]
    sign = -1.0 if shape.mirrored else 1.0
    own = turns.bar[chosen]
    drawing = draw(
        shape.form, (own - own[0]).astype(float).tolist(), (sign * turns.price[chosen]).tolist(),
        bool(sign * turns.kind[chosen[-1]] > 0),
    )  # fmt: skip
    rows = []
    for test in shape.tests:
        limit = bounds[test.limit]
        value = np.nan if drawing is None else drawing.quantities[test.quantity]
        margin = value - limit if test.relation == "at least" else limit - value
        rows.append((test.quantity, test.relation, limit, value, margin, WORDS[test.quantity]))
    found = pd.DataFrame(rows, columns=["quantity", "relation", "limit", "value", "margin", "meaning"])
    holds = (found["margin"] >= 0).astype("boolean").mask(found["margin"].isna())
    found.insert(5, "holds", holds)
    stamps_of = bars.index[bars.rows_of(turns.lane[chosen], own)]
    found.attrs["points"] = list(zip(stamps_of, turns.price[chosen].tolist(), strict=True))
    found.attrs["formed"] = drawing is not None and bool(holds.all())
    return found


def _row_of(index: pd.Index[Any], at: Any) -> int:
    try:
        place = index.get_loc(at)
    except (KeyError, TypeError) as error:
        raise DataError(f"at must be the stamp of a bar, got {at!r}; take one of data.index") from error
    if not isinstance(place, int | np.integer):
        raise DataError(f"at must be the stamp of one bar, got {at!r}, which is several")
    return int(place)
