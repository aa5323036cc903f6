"""What a record of a signal holds, and where a record stands in bars of prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError
from quantperf.indicators import rim
from quantperf.market.bars import Panel
from quantperf.market.moments import closing_times
from quantperf.market.sessions import Session, Stamps

__all__ = ["COLUMNS", "KEY", "ONE_SYMBOL", "Places", "places_of"]

KEY = ("symbol", "signal_type", "timeframe", "triggered_at")  # no two records agree in all four
COLUMNS = (
    "id",  # a hash of the key
    *KEY,  # triggered_at: the stamp of the bar, as the index of the bars has it
    "event_at",  # when the condition became true: the close of the bar on which it did, UTC
    "known_at",  # when anyone could know it: event_at, or later where it must hold for some bars, UTC
    "direction",  # +1, -1 or 0, declared by the rule
    "current_price",
    "indicator_value",
    "signal_strength",  # percent
    "volume",
    "market_condition",  # "bullish", "bearish", "sideways" or missing, as of that bar
    "convention",
    "params",
    "settled",  # whether the seeds of the indicators weigh nothing any more
    "additional_context",
    "alert_sent",
    "alert_sent_at",
)
ONE_SYMBOL = ""  # what the records of a single frame of bars call its symbol, unless they are told

Bars = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Places:
    """Where records stand in bars of prices.

    Attributes
    ----------
    bar : ndarray of int
        The bar on which each was triggered; -1 where the prices do not have its symbol or its stamp.
    known : ndarray of int
        The last bar that had closed when it was known: one can act on the next bar, never before; -1 as above.
    lane : ndarray of int
        The column of its symbol.
    """

    bar: Bars
    known: Bars
    lane: Bars


def places_of(
    signals: pd.DataFrame,
    prices: pd.DataFrame | Panel,
    *,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> Places:
    """Return where records of signals stand in bars of prices.

    Parameters
    ----------
    signals : DataFrame
        With the columns symbol, triggered_at and known_at.
    prices : DataFrame or Panel
        Bars of one symbol, to which all records then belong, or of many.
    stamps, bar, session
        What the stamps of the prices mean; see `quantperf.market.moments.closing_times`.

    Raises
    ------
    DataError
        If a column lacks, the prices are no bars, or their stamps and those of the records do not compare.
    """
    lacking = [name for name in ("symbol", "triggered_at", "known_at") if name not in signals]
    if lacking:
        raise DataError(f"signals must have the columns symbol, triggered_at and known_at, {', '.join(lacking)} lack")
    if not isinstance(prices, Panel) and not rim.is_bars(prices):
        raise DataError(f"prices must be a Panel or a frame of bars, got {type(prices).__name__}")
    closed = closing_times(prices.index, stamps=stamps, bar=bar, session=session)
    try:
        found = prices.index.get_indexer(pd.Index(signals["triggered_at"]))
        known = closed.searchsorted(pd.Index(signals["known_at"]), side="right") - 1
    except (TypeError, ValueError) as error:
        raise DataError(
            f"stamps of the signals must be of the kind of those of the prices, got {signals['triggered_at'].dtype} "
            f"and {prices.index.dtype}; convert with tz_localize or tz_convert"
        ) from error
    if isinstance(prices, Panel):
        lane = pd.Index(prices.symbols).get_indexer(pd.Index(signals["symbol"]))
    else:
        lane = np.zeros(len(signals), dtype=np.intp)
    lost = (found < 0) | (lane < 0)
    return Places(
        np.where(lost, -1, found).astype(np.intp),
        np.where(lost, -1, known).astype(np.intp),
        np.where(lost, -1, lane).astype(np.intp),
    )


def is_records(data: Any) -> bool:
    """Whether data are records of signals: a frame with the columns that tell one from another."""
    return isinstance(data, pd.DataFrame) and {*KEY, "known_at"} <= set(data.columns)
