"""What the market did: the bars that each symbol has, what followed each of them, and the regime that it closed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import ParameterError, not_bars
from quantperf.indicators import rim
from quantperf.kernels import sequences as kernels
from quantperf.kernels.candles import UNKNOWN
from quantperf.market.bars import Panel
from quantperf.market.columns import find_columns
from quantperf.market.moments import closing_times

__all__ = ["Bars", "Forward", "Horizon", "Market", "check_horizons", "market_of", "ticks_of", "time_of"]

Whole: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float64]
Labels: TypeAlias = npt.NDArray[np.object_]
Horizon: TypeAlias = int | str
FEWEST_BARS = 20  # before, the regime is unknown
CLOSES = 5  # over which the change tells the regime
MOVE = 0.05  # beyond which it is bullish or bearish
VOLATILITY_WINDOW = 20
FEWEST_VOLATILITIES = 60  # before, there are no terciles to speak of
BUSY, QUIET = 2.0, 0.5  # volume over its mean, as for the volume signals
ONE_DAY = pd.Timedelta(days=1)
FIELDS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars that events stand on, one symbol after the other.

    Attributes
    ----------
    count, base : ndarray of int64
        Of each symbol the number of its bars, and where they begin.
    moments, walls : ndarray of int64
        When each closed: nanoseconds since 1970 in UTC, and on the clock of the zone of the stamps, on which days are
        measured; or the number of the bar.
    timed : bool
        Whether moments are times.
    number : ndarray of int64
        What tells bars that follow each other: they are 1 apart.
    complete : bool
        Whether all bars are there, so that one can count in bars.
    """

    count: Whole
    base: Whole
    moments: Whole
    walls: Whole
    timed: bool
    number: Whole
    complete: bool = False

    def clock(self, length: pd.Timedelta) -> Whole:
        """Return the clock for a length: a day ends when the walls say so, daylight saving or not."""
        return self.moments if length % ONE_DAY else self.walls


@dataclass(frozen=True, slots=True)
class Forward:
    """What followed each bar, if one acted on its close: in at the next open, out at a close.

    Attributes
    ----------
    returns : ndarray of float64
        Percent; NaN where it is not known yet.
    leave : ndarray of int64
        The bar on whose close one was out; -1 where that has not come.
    """

    returns: FloatArray
    leave: Whole

    @property
    def signs(self) -> npt.NDArray[np.int8]:
        """1, 0, -1, or UNKNOWN."""
        known = ~np.isnan(self.returns)
        return np.where(known, np.sign(np.where(known, self.returns, 0.0)), UNKNOWN).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Market:
    """The bars that each symbol has: flat columns, one symbol after the other.

    Attributes
    ----------
    bars : Bars
        How they are laid out.
    columns : dict of str to ndarray
        Open, high, low, close and volume of these bars; infinite ones are missing.
    closed : Index
        When each bar of the prices closed.
    counted : ndarray of int64, shape (bars, symbols)
        How many bars a symbol has up to each bar of the prices.
    there : ndarray of bool, shape (bars, symbols)
        Whether a symbol has a bar.
    """

    bars: Bars
    columns: dict[str, FloatArray]
    closed: pd.Index[Any]
    counted: Whole
    there: npt.NDArray[np.bool_]

    @property
    def shortest(self) -> int:
        """The least time from a close to the next."""
        moments = self.closed.as_unit("ns").asi8 if isinstance(self.closed, pd.DatetimeIndex) else np.empty(0, np.int64)
        return int(np.diff(moments).min()) if len(moments) > 1 else 0

    def place(self, lane: Whole, bar: Any) -> Whole:
        """Return which of the bars of a symbol these are; -1 where it does not have them."""
        return np.where(self.there[bar, lane], self.counted[bar, lane] - 1, -1)

    def last_place(self, lane: Whole, bar: Any) -> Whole:
        """Return the last bar that a symbol had up to these; -1 where it had none."""
        place: Whole = self.counted[bar, lane] - 1
        return place

    def stretch(self, first: int, last: int) -> tuple[Whole, Whole]:
        """Return for each symbol which of its bars is the first in a stretch of the prices, and how many it has."""
        before = self.counted[first] - self.there[first]
        return before, self.counted[last] - before

    def forward(self, horizon: Horizon) -> Forward:
        """Return what followed each bar within a number of bars, or until the first close at or after a time.

        A time shorter than a bar has no price: that of the next bar is another horizon's.
        """
        returns = np.full(len(self.bars.moments), np.nan)
        leave = np.full(len(returns), -1, dtype=np.int64)
        for start, count in zip(self.bars.base.tolist(), self.bars.count.tolist(), strict=True):
            end = start + count
            if isinstance(horizon, int):
                exits = np.arange(start + horizon, end + horizon)
            else:
                length = time_of("horizons", horizon)
                ticks, span = self.bars.clock(length)[start:end], length.as_unit("ns").value
                exits = start + np.searchsorted(ticks, ticks + span, side="left")
                if span < self.shortest:
                    exits = np.full(count, end)
            held = np.flatnonzero(exits < end)
            leave[start + held] = exits[held]
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = self.columns["close"][exits[held]] / self.columns["open"][start + held + 1]
            returns[start + held] = np.where(np.isfinite(ratio), 100.0 * (ratio - 1.0), np.nan)
        return Forward(returns, leave)

    def best_and_worst(self, places: Whole, leave: Whole, side: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the best and the worst move from the next open on until one is out, in percent of one's side."""
        entry = np.where(leave >= 0, places + 1, -1)
        up, down = np.empty(len(places)), np.empty(len(places))
        kernels.moves(self.columns["high"], self.columns["low"], entry, leave, up, down)
        price = np.where(entry >= 0, self.columns["open"][np.maximum(entry, 0)], np.nan) if len(entry) else up
        rise, fall = 100.0 * (up / price - 1.0), 100.0 * (down / price - 1.0)
        taken = np.isin(side, (1.0, -1.0))
        best = np.where(side > 0, rise, -fall)
        worst = np.where(side > 0, fall, -rise)
        return np.where(taken, best, np.nan), np.where(taken, worst, np.nan)

    def regimes(self) -> dict[str, Labels]:
        """Return the market condition, volatility level and volume profile as of the close of each bar."""
        found: dict[str, list[Any]] = {"market_condition": [], "volatility_level": [], "volume_profile": []}
        for start, count in zip(self.bars.base.tolist(), self.bars.count.tolist(), strict=True):
            close = pd.Series(self.columns["close"][start : start + count])
            volume = pd.Series(self.columns["volume"][start : start + count])
            found["market_condition"].append(_condition(close))
            found["volatility_level"].append(_volatility(close))
            found["volume_profile"].append(_profile(volume))
        empty = np.empty(0, dtype=object)
        return {name: np.concatenate([empty, *parts]) for name, parts in found.items()}


def market_of(prices: Any, *, stamps: Any = None, bar: Any = None, session: Any = None) -> Market:
    """Return the bars that each symbol of the prices has: those with a close."""
    if isinstance(prices, Panel):
        blocks = {name: prices.block(name) for name in FIELDS}
    elif rim.is_bars(prices):
        held = [name for name in FIELDS if any(str(label).lower() == name for label in prices.columns)]
        blocks = {name: column[:, None] for name, column in find_columns(prices, held, "").items()}
        blocks.setdefault("volume", np.full_like(blocks["close"], np.nan))
    else:
        raise not_bars("prices", prices)
    closed = closing_times(prices.index, stamps=stamps, bar=bar, session=session)
    blocks = {name: np.where(np.isfinite(block), block, np.nan) for name, block in blocks.items()}
    there = ~np.isnan(blocks["close"])
    count = there.sum(axis=0).astype(np.int64)
    base = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int64) if len(count) else count
    _, which = np.nonzero(there.T)  # the bar of the prices, symbol by symbol
    timed = isinstance(closed, pd.DatetimeIndex)
    moments, walls = ticks_of(closed, getattr(prices.index, "tz", None))
    number = np.arange(int(count.sum()), dtype=np.int64) - np.repeat(base, count)
    bars = Bars(count, base, moments[which], walls[which], timed, number, complete=True)
    columns = {name: np.ascontiguousarray(block.T[there.T]) for name, block in blocks.items()}
    return Market(bars, columns, closed, np.cumsum(there, axis=0, dtype=np.int64), there)


def ticks_of(closed: pd.Index[Any], zone: Any) -> tuple[Whole, Whole]:
    """Return moments in nanoseconds, in UTC and on the clock of a zone, which never goes back; numbers as places."""
    if not isinstance(closed, pd.DatetimeIndex):
        return (np.arange(len(closed), dtype=np.int64),) * 2
    moments = closed.as_unit("ns").asi8.astype(np.int64)
    if zone is None:
        return moments, moments
    walls = closed.tz_convert(zone).tz_localize(None).as_unit("ns").asi8.astype(np.int64)
    return moments, np.maximum.accumulate(walls)


def check_horizons(horizons: Any) -> tuple[Horizon, ...]:
    """Return horizons as whole numbers of bars, or names of times."""
    given = (horizons,) if isinstance(horizons, int | str | np.integer) else tuple(horizons)
    if not given:
        raise ParameterError("horizons must name at least one, got none; such as (1, 5, 21)")
    checked: list[Horizon] = []
    for horizon in given:
        if isinstance(horizon, str):
            if not time_of("horizons", horizon) > pd.Timedelta(0):
                raise ParameterError(f"horizons must be longer than 0, got {horizon!r}")
            checked.append(horizon)
        elif isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
            raise ParameterError(f"horizons must be numbers of bars from 1 on, or times such as '1d', got {horizon!r}")
        else:
            checked.append(int(horizon))
    if len(set(checked)) < len(checked):
        raise ParameterError(f"horizons must be different, got {given!r}")
    return tuple(checked)


def time_of(name: str, value: str | pd.Timedelta) -> pd.Timedelta:
    """Return a length of time, such as "3d" or "24h"; "1m" is a month of 30 days, as for outcomes of signals.

    Examples
    --------
    >>> time_of("gap", "1w"), time_of("horizons", "1m")
    (Timedelta('7 days 00:00:00'), Timedelta('30 days 00:00:00'))
    """
    if isinstance(value, str) and (months := re.fullmatch(r"(\d+)\s*m", value)):
        if name != "horizons":
            raise ParameterError(f"{name} must say minutes or days, got {value!r}; such as '15min' or '30d'")
        value = pd.Timedelta(days=30 * int(months[1]))
    if isinstance(value, str):  # pandas takes days and weeks as D and W alone
        value = re.sub(r"(?<=\d)\s*([dw])\Z", lambda unit: unit[1].upper(), value)
    try:
        length = pd.Timedelta(value)
    except ValueError as error:
        raise ParameterError(f"{name} must be a number of bars or a time such as '3d', got {value!r}") from error
    if pd.isna(length) or length < pd.Timedelta(0):
        raise ParameterError(f"{name} must be at least 0, got {value!r}")
    return length


def _condition(close: pd.Series[float]) -> Labels:
    """By the change from the first to the last of the last five closes."""
    change = (close / close.shift(CLOSES - 1) - 1.0).to_numpy()
    known = ~np.isnan(change) & (np.arange(len(change)) >= FEWEST_BARS - 1)
    return _labels(known, {"bullish": change > MOVE, "bearish": change < -MOVE}, "sideways")


def _volatility(close: pd.Series[float]) -> Labels:
    """By terciles of the deviation of returns, each among those known by then."""
    deviation = close.pct_change(fill_method=None).rolling(VOLATILITY_WINDOW).std()
    rank = deviation.expanding(FEWEST_VOLATILITIES).rank(pct=True).to_numpy()
    return _labels(~np.isnan(rank), {"low": rank <= 1 / 3, "high": rank > 2 / 3}, "medium")


def _profile(volume: pd.Series[float]) -> Labels:
    """By the volume over its mean."""
    ratio = (volume / volume.rolling(FEWEST_BARS).mean()).to_numpy()
    return _labels(np.isfinite(ratio), {"high": ratio >= BUSY, "low": ratio <= QUIET}, "normal")


def _labels(known: npt.NDArray[np.bool_], cases: dict[str, npt.NDArray[np.bool_]], otherwise: str) -> Labels:
    """Return for each bar the label whose case it is, None where that is unknown."""
    found: Labels = np.full(len(known), otherwise, dtype=object)
    for label, holds in cases.items():
        found[holds] = label
    found[~known] = None
    return found
