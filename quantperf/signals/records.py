"""What a record of a signal holds, and where a record stands in bars of prices."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, not_bars
from quantperf.indicators import rim
from quantperf.market.bars import Panel
from quantperf.market.moments import closing_times
from quantperf.market.sessions import Session, Stamps

__all__ = ["COLUMNS", "KEY", "ONE_SYMBOL", "Places", "ids_of", "instants_of", "is_records", "places_of"]

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
        raise not_bars("prices", prices)
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


def instants_of(stamps: pd.Index[Any]) -> npt.NDArray[np.uint64]:
    """Return the whole number that a stamp is to an id: nanoseconds in UTC, or the bits of a numbered bar.

    Examples
    --------
    >>> instants_of(pd.DatetimeIndex(["1970-01-01 00:00:01"])).tolist()
    [1000000000]
    """
    if isinstance(stamps, pd.DatetimeIndex):
        return stamps.as_unit("ns").asi8.view(np.uint64)
    numbers = np.asarray(stamps)
    if numbers.dtype.kind == "f":
        return numbers.astype(np.float64).view(np.uint64)
    return numbers.astype(np.int64).view(np.uint64)


def ids_of(
    pairs: list[tuple[str, str]], timeframe: str, chosen: npt.NDArray[np.integer[Any]], instants: npt.NDArray[np.uint64]
) -> Any:
    """Return a hash of the key of each record, 128 bit as hex; equal keys have equal ids, whatever else there is.

    Parameters
    ----------
    pairs : list of (symbol, signal_type)
        Those that there are.
    timeframe : str
        Of all records.
    chosen : ndarray of int
        Which pair each record has.
    instants : ndarray of uint64
        When each was triggered; see `instants_of`.

    Notes
    -----
    BLAKE2b hashes symbol, type and timeframe, once each; the instant is mixed in by the finaliser of SplitMix64, which
    maps different instants to different numbers. So records that differ in their instant alone never share an id.
    Source: G. Steele, D. Lea and C. Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014.

    Examples
    --------
    >>> at = instants_of(pd.DatetimeIndex(["2024-03-07", "2024-03-08"]))
    >>> one, other = ids_of([("IBM", "golden_cross")], "1day", np.array([0, 0]), at)
    >>> len(one), one == other
    (32, False)
    """
    names = [
        b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in (*pair, timeframe)) for pair in pairs
    ]
    seeds = np.frombuffer(b"".join(blake2b(name, digest_size=16).digest() for name in names), dtype="<u8")
    halves = seeds.reshape(-1, 2)[chosen]
    with np.errstate(over="ignore"):
        first = _mixed(halves[:, 0] ^ _mixed(instants))
        second = _mixed(halves[:, 1] + first)
    text = np.column_stack([first, second]).astype(">u8").tobytes().hex()
    return _texts_of_32(text)


def _texts_of_32(text: str) -> Any:
    """Return an array of the texts of 32 characters that a long one consists of.

    Where pandas keeps texts in Arrow, the characters are handed to it as they lie (1.7 million: 0.7 s and 0.02 s).
    """
    if getattr(pd.StringDtype(na_value=np.nan), "storage", "") != "pyarrow":
        return pd.array([text[at : at + 32] for at in range(0, len(text), 32)], dtype="str")
    import pyarrow as pa

    offsets = np.arange(0, len(text) + 1, 32, dtype=np.int64)
    texts = pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(text.encode()))
    return pd.array(texts, dtype="str")


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the finaliser of SplitMix64, one to one."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: npt.NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return found
