"""A backtest of signals: each is a trade, from the next open to a stop, a target or the end of its time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import ParameterError, one_of
from quantperf.kernels.outcomes import TOO_COARSE, follow
from quantperf.kernels.trades import NOT_ENTERED, simulate
from quantperf.market.bars import Panel
from quantperf.market.columns import FloatArray
from quantperf.market.sessions import Session, Stamps
from quantperf.signals.horizon_clock import Clock, Horizon, Whole, checked_horizons
from quantperf.signals.horizons import blocks_of, directions_of, known_places, walk_of
from quantperf.signals.portfolio import Backtest
from quantperf.signals.records import ONE_SYMBOL, Places

__all__ = ["Backtest", "backtest"]

Overlap: TypeAlias = Literal["skip", "stack"]

REASONS = {1: "time", 2: "stop", 3: "take", 4: "end of data"}
SKIPPED = {0: "no bar to enter", -1: "position open", -2: "max positions", -3: "no cash"}
BASIS_POINT = 1e-4


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders in the order in which they are filled; `row` is the row of the signal of each."""

    row: Whole
    lane: Whole
    entry: Whole
    leave: Whole
    sign: FloatArray


def backtest(
    signals: pd.DataFrame,
    prices: pd.DataFrame | Panel,
    *,
    hold: Horizon = "1w",
    stop: float | None = None,
    take: float | None = None,
    costs: float = 0.0,
    slippage: float = 0.0,
    capital: float = 10_000.0,
    share: float = 0.10,
    max_positions: int | None = None,
    allow_short: bool = True,
    overlap: Overlap = "skip",
    days: int | None = None,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> Backtest:
    """Return what trading the signals would have given: entry at the next open, exit by stop, target or time.

    Parameters
    ----------
    signals : DataFrame
        Records with the columns symbol, triggered_at, known_at and direction; +1 buys, -1 sells short, 0 or a missing
        direction is not traded.
    prices : DataFrame or Panel
        Bars of one symbol, to which all records then belong, or of many.
    hold : str or int, default "1w"
        How long a position is held: like "4h", "1d", "1w", "1m" (30 days), or a number of bars; it ends at the close.
    stop, take : float, optional
        Loss, or gain, in percent of the entry price at which a position is closed, above 0.
    costs, slippage : float, default 0.0
        Of each side, in basis points of the value that is traded, at least 0.
    capital : float, default 10000.0
        Money to begin with, above 0.
    share : float, default 0.10
        Share of the equity at the last close that is laid out for a position, above 0 up to 1.
    max_positions : int, optional
        Positions at a time, at least 1; by default as many as there is cash for.
    allow_short : bool, default True
        Whether signals of direction -1 are traded.
    overlap : {"skip", "stack"}
        Whether a signal in a symbol with an open position is skipped, or opens another one.
    days : int, optional
        Only signals of the last days before the last close, such as 90; by default all.
    stamps, bar, session
        What the stamps of the prices mean; see `quantperf.market.moments.closing_times`.

    Returns
    -------
    Backtest
        `trades`, `equity`, `summary`, `by_type`, `skipped`, `monte_carlo()`, `weights`, `correlation`, `plot()`.

    Raises
    ------
    DataError
        If a column lacks, or signals and prices do not belong together.
    ParameterError
        If a parameter is out of bounds.

    Notes
    -----
    Signals are filled in the order in which they became known, at the open of the next bar that has one, never before
    `known_at`. Within a bar: gaps at the open, then entries, then stops and targets on high and low, then time at the
    close. If both stop and target lie within a bar, the stop counts: what came first is not known. An open beyond a
    stop or a target fills there. Slippage is a cost, so it does not move stops. A short position lays out its whole
    value as security. A position without a price keeps its last one, and is closed at that on the last bar, as all that
    are still open. This is an estimate from bars, not a forecast: there are no partial fills, fees for borrowing,
    dividends or taxes.

    Examples
    --------
    >>> import quantperf as qp
    >>> prices = qp.sample("IBM")
    >>> fell = (prices["close"].pct_change() < -0.03).to_numpy()
    >>> days = prices.index[fell]
    >>> signals = pd.DataFrame({"symbol": "IBM", "signal_type": "fell", "triggered_at": days, "direction": 1})
    >>> signals["known_at"] = (days + pd.Timedelta(days=1)).tz_localize("UTC")
    >>> found = backtest(signals, prices, hold="1w", stop=5.0, costs=5.0)
    >>> found
    Backtest(100 trades, 30 signals skipped, 10000 -> 9651)
    >>> found.trades["reason"].value_counts().to_dict()
    {'time': 64, 'stop': 36}
    """
    held_for = _checked(hold, stop, take, costs, slippage, capital, share, max_positions, overlap, days)
    places = known_places(signals, prices, stamps, bar, session)
    clock = Clock.of(prices.index, stamps, bar, session)
    blocks, direction = blocks_of(prices), directions_of(signals)
    last = len(prices.index)
    reasons = _refused(signals, places, direction, clock, days, allow_short=allow_short)
    traded = np.flatnonzero(reasons == "")
    orders = _orders(signals.iloc[traded], blocks, clock, _taken(places, traded), direction[traded], held_for, traded)
    first = int(max(places.known[traded].min(), 0)) if len(traded) else 0
    count = len(orders.row)
    outcome, left = np.zeros(count, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    numbers = np.full((count, 6), np.nan)
    books = np.full((3, last - first), float(capital))
    rate = (costs + slippage) * BASIS_POINT
    simulate(
        blocks["open"], blocks["high"], blocks["low"], blocks["close"],
        orders.lane, orders.entry, orders.leave, orders.sign,
        math.nan if stop is None else float(stop), math.nan if take is None else float(take), rate, float(capital),
        float(share), count if max_positions is None else int(max_positions), overlap == "stack", first, last,
        outcome, left, numbers, books[0], books[1], books[2],
    )  # fmt: skip
    for code, why in SKIPPED.items():
        reasons[orders.row[outcome == code]] = why
    symbols = prices.symbols if isinstance(prices, Panel) else (_name_of(signals),)
    trades = _trades(signals, orders, outcome, left, numbers, clock, symbols, rate)
    skipped = pd.Series(reasons[reasons != ""]).value_counts().rename_axis(None)
    lanes = np.unique(orders.lane[outcome > NOT_ENTERED])
    index = prices.index[first:]
    return Backtest(
        trades=trades,
        equity=pd.Series(books[0], index=index, name="equity"),
        cash=pd.Series(books[1], index=index, name="cash"),
        invested=pd.Series(books[2], index=index, name="invested"),
        closes=pd.DataFrame(blocks["close"][first:, lanes], index=index, columns=[symbols[lane] for lane in lanes]),
        skipped={str(why): int(number) for why, number in skipped.items()},
        settings={
            "hold": hold, "stop": stop, "take": take, "costs": costs, "slippage": slippage, "capital": float(capital),
            "share": share, "max_positions": max_positions, "allow_short": allow_short, "overlap": overlap,
            "days": days, "signals": len(signals), "bars_per_year": _bars_a_year(clock.closed[first:]),
        },
    )  # fmt: skip


def _checked(
    hold: Any, stop: Any, take: Any, costs: Any, slippage: Any, capital: Any, share: Any, most: Any, overlap: Any,
    days: Any
) -> tuple[Horizon, ...]:  # fmt: skip
    """Return the time to hold, or refuse the parameter that is out of bounds."""
    for name, value, low, high in (
        ("stop", stop, 0.0, 100.0), ("take", take, 0.0, math.inf), ("capital", capital, 0.0, math.inf),
        ("share", share, 0.0, 1.0),
    ):  # fmt: skip
        if value is not None and not (0.0 < value <= high and math.isfinite(value)):
            raise ParameterError(
                f"{name} must be above {low:g}{f' up to {high:g}' * math.isfinite(high)}, got {value!r}"
            )
    for name, value in (("costs", costs), ("slippage", slippage)):
        if not 0.0 <= value < 1.0 / BASIS_POINT:
            raise ParameterError(f"{name} must be from 0 to below 10000 basis points, got {value!r}")
    for name, value in (("max_positions", most), ("days", days)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1):
            raise ParameterError(f"{name} must be a whole number of at least 1, got {value!r}")
    if overlap not in ("skip", "stack"):
        raise one_of("overlap", ("skip", "stack"), overlap)
    if not isinstance(hold, str | int | np.integer):
        raise ParameterError(f"hold must be like '4h', '1d', '1w', '1m' or a number of bars, got {hold!r}")
    return checked_horizons(hold, "hold")


def _refused(
    signals: pd.DataFrame, places: Places, direction: FloatArray, clock: Clock, days: int | None, *, allow_short: bool
) -> npt.NDArray[np.object_]:
    """Return why signals are not traded whatever prices do; an empty text for the others."""
    old = np.zeros(len(signals), dtype=bool)
    if days is not None and len(clock.closed):
        if clock.length is None:
            raise ParameterError(f"days must be left out where bars are numbered, got {days!r}")
        since = clock.base(clock.closed[[-1]])[0, 0] - pd.Timedelta(days=days).as_unit("ns").value
        old = clock.base(signals["known_at"])[0] < since
    return np.select(
        [places.bar < 0, old, np.isnan(direction) | (direction == 0.0), (direction < 0.0) & (not allow_short)],
        ["not in prices", "before the window", "no direction", "short"],
        "",
    ).astype(object)


def _taken(places: Places, rows: Any) -> Places:
    return Places(places.bar[rows], places.known[rows], places.lane[rows])


def _orders(
    signals: pd.DataFrame, blocks: Any, clock: Clock, places: Places, direction: FloatArray, hold: Any, rows: Any
) -> Orders:
    """Return orders with the bars of entry and of the end of their time, sorted by entry, then by when known."""
    last = len(clock.closed)
    walk = walk_of(blocks, clock, signals["known_at"], places, direction, hold, at_open=True, last=last)
    follow(*walk)
    at = walk[-2]
    if (at[:, 1] == TOO_COARSE).any():
        raise ParameterError(f"hold must be at least as long as a bar, {clock.length}, got {hold[0]!r}")
    entry, leave = at[:, 0], np.where(at[:, 1] < 0, last, at[:, 1])
    never = entry < 0  # they stand at the end, on a bar that does not come
    order = np.lexsort((pd.factorize(pd.Index(signals["known_at"]), sort=True)[0], np.where(never, last, entry)))
    return Orders(
        row=rows[order].astype(np.int64),
        lane=places.lane[order].astype(np.int64),
        entry=np.where(never, last, entry)[order],
        leave=leave[order],
        sign=direction[order],
    )


def _name_of(signals: pd.DataFrame) -> str:
    """Return what the records call the one symbol of a frame."""
    names = signals["symbol"].unique()
    return str(names[0]) if len(names) == 1 else ONE_SYMBOL


def _trades(
    signals: pd.DataFrame, orders: Orders, outcome: Whole, left: Whole, numbers: FloatArray, clock: Clock, symbols: Any,
    rate: float
) -> pd.DataFrame:  # fmt: skip
    """Return the table of trades."""
    made = np.flatnonzero(outcome > NOT_ENTERED)
    rows, sign = orders.row[made], orders.sign[made]
    entry, leave, notional, profit, best, worst = numbers[made].T
    chosen = signals.iloc[rows]
    traded = notional * (leave / entry)
    return pd.DataFrame(
        {
            "signal_id": (chosen["id"] if "id" in chosen else chosen.index.to_series()).to_numpy(),
            "symbol": [symbols[lane] for lane in orders.lane[made]],
            "signal_type": chosen["signal_type"].to_numpy() if "signal_type" in chosen else "",
            "direction": sign.astype(np.int8),
            "known_at": chosen["known_at"].array,
            "entry_at": clock.openings(orders.entry[made]),
            "entry_price": entry,
            "exit_at": clock.stamps(left[made]),
            "exit_price": leave,
            "reason": [REASONS[code] for code in outcome[made].tolist()],
            "gross": 100.0 * sign * (leave - entry) / entry,
            "net": 100.0 * profit / (notional * (1.0 + rate)),
            "notional": notional,
            "costs": rate * (notional + traded),
            "profit": profit,
            "bars": left[made] - orders.entry[made] + 1,
            "mfe": 100.0 * best,
            "mae": 100.0 * worst,
        }
    )


def _bars_a_year(closed: pd.Index[Any]) -> float:
    """Return bars a year as the closing times have them; 252 where bars are numbered or too few."""
    if not isinstance(closed, pd.DatetimeIndex) or len(closed) < 3:
        return 252.0
    years = (closed[-1] - closed[0]) / pd.Timedelta(days=365.25)
    return float((len(closed) - 1) / years)
