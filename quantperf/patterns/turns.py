"""Turning points: tops and bottoms of prices, each with the moment from which it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError, one_of
from quantperf.indicators import CATALOG, rim
from quantperf.kernels import pivots as kernels
from quantperf.market.bars import Panel
from quantperf.market.columns import FloatArray
from quantperf.market.moments import closing_times
from quantperf.market.sessions import Session, Stamps
from quantperf.signals.records import ONE_SYMBOL

__all__ = [
    "OwnBars",
    "Turns",
    "atr_block",
    "check_turns",
    "own_bars",
    "pivots",
    "positive",
    "read_only",
    "turns_of",
    "words",
    "zigzag_turns",
]

Method = Literal["zigzag", "fractal"]
Places = npt.NDArray[np.int64]
NEEDED = ("high", "low", "close")
REVERSAL, WINDOW = 2.0, 14  # a leg is a move of at least two average true ranges


@dataclass(frozen=True, slots=True)
class OwnBars:
    """The bars of a panel, and which of them each symbol has.

    Attributes
    ----------
    high, low, close : ndarray (bars, symbols)
        Prices; NaN where missing.
    index : Index
        Stamps of the bars.
    closed : Index
        When each bar is complete.
    symbols : tuple of str
        Names of the columns.
    held : ndarray of bool (bars, symbols)
        Whether a symbol has all of high, low and close.
    rows : ndarray of int
        Rows of the bars that the symbols have, one symbol after the other.
    starts : ndarray of int
        Where in `rows` each symbol begins, and the end.
    """

    high: FloatArray
    low: FloatArray
    close: FloatArray
    index: pd.Index[Any]
    closed: pd.Index[Any]
    symbols: tuple[str, ...]
    held: npt.NDArray[np.bool_]
    rows: Places
    starts: Places

    def rows_of(self, lane: npt.NDArray[np.intp] | int, own: npt.NDArray[Any]) -> Places:
        """Return the rows of places that are counted in own bars."""
        return self.rows[self.starts[lane] + own.astype(np.int64)]

    def own(self, block: FloatArray) -> FloatArray:
        """Return the values of a block on the bars that the symbols have, one symbol after the other."""
        lanes = np.repeat(np.arange(len(self.symbols)), np.diff(self.starts))
        return np.ascontiguousarray(block[self.rows, lanes])


@dataclass(frozen=True, slots=True)
class Turns:
    """Turning points of many symbols, one symbol after the other, each in the order in which they are known.

    Attributes
    ----------
    lane, bar, known, kind : ndarray of int
        Column of the symbol; own bar of the point; own bar on which it is known; +1 a top, -1 a bottom.
    price : ndarray
        The highest price of a top, the lowest of a bottom.
    starts : ndarray of int
        Where each symbol begins, and the end.
    """

    lane: Places
    bar: Places
    known: Places
    kind: Places
    price: FloatArray
    starts: Places


def own_bars(
    data: pd.DataFrame | Panel, symbol: str, stamps: Stamps | None, bar: str | None, session: Session | None
) -> OwnBars:
    """Return the bars of a frame or panel, with the rows that each symbol has; refuse what is neither."""
    if not isinstance(data, Panel) and not rim.is_bars(data):
        raise DataError(
            f"data must be a Panel or a frame with open, high, low and close, got {type(data).__name__}; "
            "make one with qp.Panel.from_frames"
        )
    if not isinstance(symbol, str):
        raise ParameterError(f"symbol must be a str, got {symbol!r}")
    blocks, source = rim.take(NEEDED, (data,))
    rim.warn_of_infinities(NEEDED, blocks)
    index = pd.RangeIndex(len(blocks[0])) if source.index is None else source.index
    high, low, close = (read_only(block) for block in blocks)
    held = np.isfinite(high) & np.isfinite(low) & np.isfinite(close)
    counts = held.sum(axis=0)
    rows = np.nonzero(held.T)[1].astype(np.int64)
    return OwnBars(
        high,
        low,
        close,
        index,
        closing_times(index, stamps=stamps, bar=bar, session=session),
        data.symbols if isinstance(data, Panel) else (symbol,),
        held,
        rows,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )


def read_only(block: FloatArray) -> FloatArray:
    """Return the block in C order and read-only: to a kernel a writable array is another type, compiled once more."""
    straight = np.ascontiguousarray(block).view()
    straight.flags.writeable = False
    return straight


def atr_block(bars: OwnBars, window: int = WINDOW) -> FloatArray:
    """Return the average true range of each bar (Wilder's), NaN where a symbol has no bar."""
    columns = [np.where(bars.held, block, np.nan) for block in (bars.high, bars.low, bars.close)]
    return read_only(CATALOG["atr"](*columns, window=window))


def words(texts: Any) -> pd.Series[str]:
    """Return a column of text, which is one also where there is none."""
    return pd.Series(texts, dtype=str)


def zigzag_turns(bars: OwnBars, reversal: float, window: int, percent: float | None) -> Turns:
    """Return tops and bottoms in turn; see `pivots`."""
    return _zigzag(bars, reversal, window, percent)[0]


def _zigzag(bars: OwnBars, reversal: float, window: int, percent: float | None) -> tuple[Turns, FloatArray]:
    """Return the turns, and the state of the machine after the last bar."""
    ranges = atr_block(bars, window) if percent is None else bars.close
    found = np.empty((3, *bars.close.shape))
    state = np.zeros((8, bars.close.shape[1]))
    state[[2, 3, 4, 5, 6, 7]] = np.nan
    multiple, share = (reversal, 0.0) if percent is None else (0.0, percent / 100.0)
    kernels.zigzag(state, bars.high, bars.low, bars.close, ranges, multiple, share, found)
    lane, row = np.nonzero(found[0].T)
    return _turns(bars, lane, row, found[1, row, lane], found[0, row, lane], found[2, row, lane]), state


def _fractals(bars: OwnBars, left: int, right: int) -> Turns:
    found = np.empty((2, *bars.close.shape))
    state = np.zeros((1 + 2 * (left + right + 1), bars.close.shape[1]))
    kernels.swings(state, bars.high, bars.low, bars.close, left, right, found)
    lane, row, side = np.nonzero(~np.isnan(found.transpose(2, 1, 0)))
    own = _own_place(bars, lane, row)
    return _turns(bars, lane, row, own - right, 1 - 2 * side, found[side, row, lane])


def _own_place(bars: OwnBars, lane: npt.NDArray[np.intp], row: npt.NDArray[np.intp]) -> Places:
    """Return how many own bars come before a row."""
    before = np.cumsum(bars.held, axis=0, dtype=np.int64) - 1
    places: Places = np.ascontiguousarray(before[row, lane])
    return places


def _turns(bars: OwnBars, lane: Any, row: Any, bar: Any, kind: Any, price: Any) -> Turns:
    starts = np.searchsorted(lane, np.arange(len(bars.symbols) + 1))
    return Turns(
        lane=np.ascontiguousarray(lane, dtype=np.int64),
        bar=np.ascontiguousarray(bar, dtype=np.int64),
        known=_own_place(bars, lane, row),
        kind=np.ascontiguousarray(kind, dtype=np.int64),
        price=np.ascontiguousarray(price, dtype=np.float64),
        starts=starts.astype(np.int64),
    )


def turns_of(
    bars: OwnBars,
    method: Method,
    *,
    reversal: float,
    window: int,
    percent: float | None,
    left: int,
    right: int,
) -> Turns:
    """Return the turning points by either method, after a look at the parameters."""
    check_turns(method, reversal, window, percent, left, right)
    return _fractals(bars, left, right) if method == "fractal" else zigzag_turns(bars, reversal, window, percent)


def check_turns(method: object, reversal: object, window: object, percent: object, left: object, right: object) -> None:
    """Refuse parameters of turning points that are out of bounds."""
    if method not in get_args(Method):
        raise one_of("method", get_args(Method), method)
    positive("reversal", reversal)
    for name, value in (("window", window), ("left", left), ("right", right)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ParameterError(f"{name} must be a whole number of bars, at least 1, got {value!r}")
    if percent is not None:
        positive("percent", percent)
        if isinstance(percent, int | float) and percent >= 100:
            raise ParameterError(f"percent must be below 100, got {percent!r}; a fall of all ends no leg")


def positive(name: str, value: object) -> float:
    """Return a number above 0, or refuse it."""
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not 0 < float(value) < np.inf:  # type: ignore[arg-type]
        raise ParameterError(f"{name} must be a finite number above 0, got {value!r}")
    return float(value)  # type: ignore[arg-type]


def pivots(
    data: pd.DataFrame | Panel,
    *,
    method: Method = "zigzag",
    reversal: float = REVERSAL,
    window: int = WINDOW,
    percent: float | None = None,
    left: int = 2,
    right: int = 2,
    forming: bool = False,
    symbol: str = ONE_SYMBOL,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> pd.DataFrame:
    """Return tops and bottoms of prices, each with the moment from which it was known.

    Parameters
    ----------
    data : DataFrame or Panel
        Bars of one symbol, or of many.
    method : {"zigzag", "fractal"}, default "zigzag"
        By a reversal, or by neighbours.
    reversal : float, default 2.0
        For zigzag: how far prices must turn back from an extreme, in average true ranges as of the bar of the extreme.
    window : int, default 14
        Bars of that average (Wilder's).
    percent : float, optional
        For zigzag: how far prices must turn back, in percent of the extreme; then `reversal` and `window` are not used.
    left, right : int, default 2
        For fractals: how many bars before and after must be lower than a top, or higher than a bottom.
    forming : bool, default False
        For zigzag: also give the extreme of the last leg, which is not known to be a pivot; it is marked as revisable.
    symbol : str, optional
        What a single frame is called in the answer.
    stamps, bar, session
        What the stamps mean; see `quantperf.market.moments.closing_times`.

    Returns
    -------
    DataFrame
        One row a pivot, sorted by known_at and symbol: symbol, kind (+1 top, -1 bottom), price, triggered_at (stamp of
        the bar of the pivot), event_at and known_at (closes of that bar and of the bar that made it known), lag (own
        bars between them), revisable.

    Raises
    ------
    ParameterError, DataError
        If a parameter is out of bounds, or data are no bars.

    Notes
    -----
    A zigzag pivot is known on the bar whose low (for a top) has turned back far enough; prices must have moved, so flat
    prices have no pivot. Nobody knows in which order a bar made its high and its low: a bar with a new extreme is never
    its own reversal. Tops and bottoms alternate. Fractals need not; equal neighbours forbid them (Williams, *Trading
    Chaos*, 1995). A bar of which high, low or close lacks is passed over as if it were not there.

    The first leg begins with the data: pivots of a zigzag can differ where data begin later, never where they end
    later.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = qp.patterns.pivots(qp.sample("MSFT"))
    >>> found[["kind", "price", "triggered_at", "lag"]].tail(2)
         kind  price triggered_at  lag
    306    -1   27.1   2013-02-07    4
    307     1   28.2   2013-02-20    1
    """
    check_turns(method, reversal, window, percent, left, right)
    if forming and method == "fractal":
        raise ParameterError("forming must be False for fractals, got True; only a zigzag has a last leg")
    bars = own_bars(data, symbol, stamps, bar, session)
    if method == "fractal":
        return _table(bars, _fractals(bars, left, right), revisable=False)
    turns, state = _zigzag(bars, float(reversal), int(window), percent)
    found = _table(bars, turns, revisable=False)
    if not forming:
        return found
    open_legs = _table(bars, _last_legs(bars, state), revisable=True)
    return pd.concat([found, open_legs], ignore_index=True) if len(open_legs) else found


def _last_legs(bars: OwnBars, state: FloatArray) -> Turns:
    """Return the extremes of legs that have begun and not ended, as of the last own bar of each symbol."""
    lane = np.flatnonzero(state[1])
    up = state[1, lane] > 0
    last = np.diff(bars.starts)[lane] - 1
    place, price = np.where(up, state[3, lane], state[6, lane]), np.where(up, state[2, lane], state[5, lane])
    return _turns(bars, lane, bars.rows_of(lane, last), place, np.where(up, 1, -1), price)


def _table(bars: OwnBars, turns: Turns, *, revisable: bool) -> pd.DataFrame:
    at, known = bars.rows_of(turns.lane, turns.bar), bars.rows_of(turns.lane, turns.known)
    order = np.lexsort((-turns.kind, turns.lane, known))
    return pd.DataFrame(
        {
            "symbol": words(np.array(bars.symbols, dtype=object)[turns.lane[order]]),
            "kind": turns.kind[order].astype(np.int8),
            "price": turns.price[order],
            "triggered_at": bars.index[at[order]],
            "event_at": bars.closed[at[order]],
            "known_at": bars.closed[known[order]],
            "lag": (turns.known - turns.bar)[order],
            "revisable": np.full(len(order), revisable),
        }
    )
