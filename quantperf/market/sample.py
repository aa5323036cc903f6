"""Real daily prices that come with the package, so that everything runs without a network.

Five US stocks, 12 154 bars: AAPL, IBM and MSFT from 2000-03-01, GOOG from 2004-08-19, FB from 2012-05-18, all until
2013-03-01. Open, high, low, close and volume are as traded, so splits are steps in them (AAPL 2000-06-21 and
2005-02-28, MSFT 2003-02-18); AAPL's fall to less than half on 2000-09-29 is a crash. The adjusted close holds splits
and dividends, some of them after 2013. The series called GOOG is that of today's GOOGL.

Quandl WIKI Prices (public domain), archived copy supplied by marketneutral on Kaggle, via bokeh_sampledata 2026.1;
as is, no guarantee of accuracy.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import overload

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError, did_you_mean
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS, FloatArray

__all__ = ["sample"]


@overload
def sample(symbol: None = None) -> Panel: ...
@overload
def sample(symbol: str, *, adjusted: bool = False) -> pd.DataFrame: ...
def sample(symbol: str | None = None, *, adjusted: bool = False) -> Panel | pd.DataFrame:
    """Return the bundled real daily prices of five stocks, or of one.

    Parameters
    ----------
    symbol : {"AAPL", "FB", "GOOG", "IBM", "MSFT"}, optional
        One stock; all five by default.
    adjusted : bool, default False
        Add a column adj_close, for one symbol only.

    Returns
    -------
    Panel or DataFrame
        All five, over the sessions of all (read-only, loaded once), or the symbol's own bars, a frame of your own. The
        index is called date and has no time zone: a date names a session of the exchange.

    Raises
    ------
    DataError
        If the sample does not hold `symbol`.
    ParameterError
        If `adjusted` is asked for without a symbol.

    Examples
    --------
    >>> sample()
    Panel(5 symbols x 3270 bars, 2000-03-01 .. 2013-03-01)
    >>> sample("FB").shape
    (196, 5)
    >>> sample("IBM", adjusted=True).columns.tolist()
    ['open', 'high', 'low', 'close', 'volume', 'adj_close']
    """
    panel, adjusted_closes = _load()
    if symbol is None:
        if adjusted:
            raise ParameterError("adjusted needs one symbol, got none; ask for sample('AAPL', adjusted=True)")
        return panel
    if not isinstance(symbol, str) or symbol not in panel:
        hint = did_you_mean(str(symbol).upper(), panel.symbols)
        raise DataError(f"symbol must be one of {', '.join(panel.symbols)}, got {symbol!r}{hint}")
    frame = panel.frame(symbol)
    return frame.assign(adj_close=adjusted_closes[symbol]) if adjusted else frame


@cache
def _load() -> tuple[Panel, dict[str, FloatArray]]:
    """Return the panel, and the adjusted closes of each symbol's own bars."""
    with (files("quantperf.market") / "sample.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        held = {name: stored[name] for name in stored.files}
    days = held["days"].cumsum(dtype=np.int64).astype("datetime64[D]").astype("datetime64[us]")
    opening, high, low, close = held["prices"].astype(np.int64)
    # A close is the previous close, plus the step to the open, plus the step to the close.
    closes = (opening + close).cumsum()
    opens = closes - close
    # Dividing gives the decimal that was printed, correctly rounded; multiplying by 1e-4 would not.
    prices = np.stack([opens, opens + high, opens + low, closes]) / 1e4
    values = np.vstack([prices, held["volume"]])
    symbols, ends = held["symbols"].tolist(), held["counts"].cumsum()
    spans = {symbol: slice(end - count, end) for symbol, end, count in zip(symbols, ends, held["counts"], strict=True)}
    frames = {
        symbol: pd.DataFrame(values[:, span].T, index=pd.DatetimeIndex(days[span], name="date"), columns=list(FIELDS))
        for symbol, span in spans.items()
    }
    return Panel.from_frames(frames), {symbol: held["adjusted"][span] for symbol, span in spans.items()}
