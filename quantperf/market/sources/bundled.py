"""The bundled real prices as a source: what tests and notebooks collect from.

Prices are as traded. Splits are those known of these stocks. Dividends follow from the adjusted close, which the
publisher computed with the factor ``1 + dividend / close`` of each ex-date: the factor less 1, times that close, is a
whole number of cents on each of the 92 days on which the factor steps (measured: within 1e-11 of a dollar), and that
is the dividend. A step that is no whole number of cents would be none; there are no such steps.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from quantperf.errors import NotFound, did_you_mean
from quantperf.market.history import Action, Bars, Parsed, Query
from quantperf.market.sample import sample
from quantperf.market.sources.frames import refuse_other_length
from quantperf.market.sources.protocol import Basis, actions_inside, inside

__all__ = ["Bundled"]

SPLITS = {"AAPL": {"2000-06-21": 2.0, "2005-02-28": 2.0}, "MSFT": {"2003-02-18": 2.0}}
STEP = 1e-9  # of the factor, far above its rounding (1e-13) and far below a dividend (1e-3)
CENT_ERROR = 1e-6  # dollars by which an inferred dividend may miss whole cents


class Bundled:
    """The five stocks of `quantperf.sample`, with their splits and dividends.

    Examples
    --------
    >>> import datetime as dt
    >>> year = Query("AAPL", dt.datetime(2012, 1, 1, tzinfo=dt.UTC), dt.datetime(2013, 1, 1, tzinfo=dt.UTC))
    >>> found = Bundled().read(year)
    >>> len(found.bars), [(one.kind, one.value) for one in found.actions]
    (250, [('dividend', 2.65), ('dividend', 2.65)])
    """

    name = "sample"
    caps = frozenset({"history", "actions"})
    basis: Basis = "raw"
    decimals = 4

    def __repr__(self) -> str:
        return "Bundled()"

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the stocks."""
        return tuple(sample().symbols)

    def read(self, query: Query) -> Parsed:
        """Return the bars and actions of a query.

        Raises
        ------
        NotFound
            If it is none of the five.
        SourceError
            If other than daily bars are asked for.
        """
        if query.symbol not in sample():
            hint = did_you_mean(str(query.symbol).upper(), self.symbols)
            raise NotFound(f"the sample has {', '.join(self.symbols)}, got {query.symbol!r}{hint}")
        refuse_other_length("the sample", "1d", query)
        bars, outside = inside(Bars.from_frame(sample(query.symbol)), query)
        meta = {"currency": "USD", "zone": "America/New_York", "category": "stock", "open": False}
        repairs = {"outside_query": outside} if outside else {}
        return Parsed(bars, self.basis, self.decimals, actions_inside(_actions(query.symbol), query), meta, repairs)


@cache
def _actions(symbol: str) -> tuple[Action, ...]:
    """Return splits, and the dividends that the adjusted close tells."""
    frame = sample(symbol, adjusted=True)
    days = frame.index.to_numpy().astype("datetime64[D]").astype(np.int64)
    close = frame["close"].to_numpy()
    factor = frame["adj_close"].to_numpy() / close
    steps = factor[1:] / factor[:-1]
    actions = []
    for date, ratio in SPLITS.get(symbol, {}).items():
        row = int(frame.index.searchsorted(pd.Timestamp(date)))
        steps[row - 1] /= ratio
        actions.append(Action("split", int(days[row]), ratio))
    amounts = close[1:] * (steps - 1.0)
    cents = np.round(amounts, 2)
    paid = (steps - 1.0 > STEP) & (np.abs(amounts - cents) < CENT_ERROR) & (cents > 0.0)
    actions += [Action("dividend", int(days[row + 1]), float(cents[row])) for row in np.flatnonzero(paid)]
    return tuple(actions)
