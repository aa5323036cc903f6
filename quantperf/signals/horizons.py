"""Outcomes: the price at each horizon after a signal, the path up to there, its grade and its state."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError, QuantperfWarning, not_bars, one_of
from quantperf.indicators import rim
from quantperf.kernels.outcomes import TOO_COARSE, follow
from quantperf.market.bars import Panel
from quantperf.market.columns import FloatArray, columns_of
from quantperf.market.sessions import Session, Stamps
from quantperf.signals.base_rates import base_rates, market_returns
from quantperf.signals.grades import grades_of, status_of
from quantperf.signals.horizon_clock import BARS_CLOCK, Clock, Horizon, checked_horizons
from quantperf.signals.records import Places, places_of

__all__ = ["HORIZONS", "outcomes"]

Entry: TypeAlias = Literal["close", "next_open"]

PRICES = ("open", "high", "low", "close")
HORIZONS = ("1h", "4h", "1d", "1w", "1m")
PATH = ("entry_price", "max_price", "min_price", "mfe", "mae", "max_drawdown", "trend_strength")
VOLATILITIES = ("1d", "1w")


def blocks_of(prices: pd.DataFrame | Panel) -> dict[str, FloatArray]:
    """Return open, high, low, close as blocks (bars, symbols); what is no price is missing, with a warning."""
    if isinstance(prices, Panel):
        blocks = {name: prices.block(name) for name in PRICES}
    elif rim.is_bars(prices):
        blocks = {name: column.reshape(-1, 1) for name, column in columns_of(prices, PRICES).items()}
    else:
        raise not_bars("prices", prices)
    kept = {name: np.where((block > 0.0) & (block < np.inf), block, np.nan) for name, block in blocks.items()}
    odd = sum(int(np.isnan(kept[name]).sum() - np.isnan(block).sum()) for name, block in blocks.items())
    if odd:
        warnings.warn(
            f"prices hold {odd} values that are infinite, 0 or below, from which there is no return in percent; "
            "they were taken as missing",
            QuantperfWarning,
            stacklevel=3,
        )
    return {name: np.ascontiguousarray(block) for name, block in kept.items()}


def known_places(signals: pd.DataFrame, prices: pd.DataFrame | Panel, *told: Any) -> Places:
    """Return where signals stand in prices; refuse what is known at no time, warn of what is known too soon.

    `told` is what the stamps mean: stamps, bar, session.
    """
    if "known_at" in signals and (missing := int(signals["known_at"].isna().sum())):
        raise DataError(f"known_at must be there for each signal, {missing} have none; drop those rows")
    places = places_of(signals, prices, **dict(zip(("stamps", "bar", "session"), told, strict=True)))
    if early := int((places.known < places.bar).sum()):
        warnings.warn(
            f"{early} signals were known before the bar on which they were triggered had closed; if they follow from "
            "that bar, known_at must be its close, see quantperf.market.moments.closing_times",
            QuantperfWarning,
            stacklevel=3,
        )
    return places


def directions_of(signals: pd.DataFrame) -> FloatArray:
    """Return +1, -1, 0, or NaN where the direction is not known."""
    if "direction" not in signals:
        return np.full(len(signals), np.nan)
    values = pd.to_numeric(signals["direction"]).to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isin(values[~np.isnan(values)], (-1.0, 0.0, 1.0)).all():
        raise DataError("direction must be +1, -1, 0 or missing; take its sign with np.sign")
    return values


def outcomes(
    signals: pd.DataFrame,
    prices: pd.DataFrame | Panel,
    *,
    horizons: Horizon | Sequence[Horizon] = HORIZONS,
    entry: Entry = "close",
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
    now: Any = None,
    benchmark: str | None = None,
) -> pd.DataFrame:
    """Return what came of each signal: price and return at each horizon, the path up to there, grade and state.

    Parameters
    ----------
    signals : DataFrame
        Records with the columns symbol, triggered_at, known_at and direction (+1, -1, 0, or missing).
    prices : DataFrame or Panel
        Bars of one symbol, to which all records then belong, or of many.
    horizons : sequence of str or int, default ("1h", "4h", "1d", "1w", "1m")
        Hours, days, weeks, months of 30 days; or numbers of bars.
    entry : {"close", "next_open"}
        At the last close that was known with the signal, as research does; or at the open of the next bar, which one
        could have traded. Never before known_at.
    stamps, bar, session
        What the stamps of the prices mean; see `quantperf.market.moments.closing_times`.
    now : Timestamp, optional
        Bars that closed later do not count; by default the last close of the prices. Without a zone it is UTC.
    benchmark : str, optional
        "market", the mean of all symbols of the panel, or one of its symbols; adds ``excess_<h>``.

    Returns
    -------
    DataFrame
        A row for each signal, with its columns and its index, and then (in place of those of an earlier call)

        - ``entry_at`` (when one enters), ``entry_price``;
        - for each horizon ``price_<h>``, ``return_<h>`` in percent, ``success_<h>`` (whether the return in the
          direction of the signal exceeds 0; NA for direction 0), ``at_<h>`` (close of the bar that was used),
          ``late_<h>`` (how long after the horizon that was; bars for a horizon in bars), ``reason_<h>`` (why there is
          no price: "bars too coarse", "waiting", "not entered"; else empty), with a benchmark ``excess_<h>``;
        - of the path from entry to the last horizon, or to the end of the prices: ``max_price``, ``min_price``,
          ``max_return``, ``min_return``, ``mfe`` and ``mae`` (best and worst return in the direction of the signal),
          ``max_drawdown``, all in percent, ``trend_strength`` from -1 to 1;
        - ``volatility_1d``, ``volatility_1w`` in percent;
        - ``grade``: A above 5 %, B above 2 %, C above 0, D above -2 %, else F, by the return after one day in the
          direction of the signal;
        - ``status``: "not started", "waiting", "running", "complete", "forced", or "not in prices", and ``missing``.

        ``attrs``: "base_rates" for each horizon (shares of all bars of all symbols after which prices were "up" and
        "down", and how many "bars"), "counts" of each status, "entry", "now".

    Raises
    ------
    DataError
        If a column lacks, or signals and prices do not belong together.
    ParameterError
        If a horizon, `entry` or `benchmark` is none of these.

    Notes
    -----
    The price at a horizon is the close of the first bar that closes at or after known_at plus the horizon. Entering at
    an open, horizons count from there; where bars are days or longer, from the close before. Days are counted on the
    clock of the index's zone. Bars without a close are passed over. A horizon shorter than a bar has no price: that of
    the next bar is another horizon's.

    Extremes hold highs and lows as well as the entry price; for direction 0 they are those of the price. Drawdown:
    the largest fall from a high of the position's worth, close by close. Trend strength: net change over the sum of
    absolute changes, in the direction of the signal; source: P. J. Kaufman, *Trading Systems and Methods* ("efficiency
    ratio"). Volatility: root of the sum of squared returns from close to close, source: T. G. Andersen and others,
    *Modeling and forecasting realized volatility*, Econometrica 71, 2003.

    A signal is waiting until the shortest horizon that the bars can resolve is over, complete when all of those have a
    price, and forced after 60 days, with `missing` naming what lacks.

    Examples
    --------
    >>> import quantperf as qp
    >>> prices = qp.sample("IBM")
    >>> signals = pd.DataFrame({"symbol": ["IBM"], "signal_type": ["low"], "direction": [1]})
    >>> signals["triggered_at"] = prices.index[[500]]
    >>> signals["known_at"] = (prices.index[[500]] + pd.Timedelta(days=1)).tz_localize("UTC")
    >>> found = outcomes(signals, prices)
    >>> found[["reason_1h", "return_1d", "success_1w", "grade", "status"]].round(2)
             reason_1h  return_1d  success_1w grade    status
    0  bars too coarse        2.8        True     B  complete
    """
    asked = checked_horizons(horizons)
    if entry not in ("close", "next_open"):
        raise one_of("entry", ("close", "next_open"), entry)
    places = known_places(signals, prices, stamps, bar, session)
    symbols = prices.symbols if isinstance(prices, Panel) else ()
    if benchmark is not None and benchmark != "market" and benchmark not in symbols:
        raise ParameterError(f"benchmark must be 'market' or a symbol of the panel, got {benchmark!r}")
    clock = Clock.of(prices.index, stamps, bar, session)
    time, last = clock.limit(now)
    blocks, direction = blocks_of(prices), directions_of(signals)
    walk = walk_of(
        blocks, clock, signals["known_at"], places, direction, asked, at_open=entry == "next_open", last=last
    )
    follow(*walk)
    at = walk[-2]
    made = _numbers(asked, walk, clock, direction)
    if benchmark is not None:
        lane = None if benchmark == "market" else symbols.index(benchmark)
        made |= {f"excess_{h}": excess for h, excess in zip(asked, market_returns(walk, len(asked), lane), strict=True)}
    made["grade"] = grades_of(_day_returns(walk, len(asked)), direction)
    reasons = np.array([made[f"reason_{horizon}"] for horizon in asked], dtype=object).T
    known = pd.Index(signals["known_at"])
    made |= status_of(places.bar < 0, at[:, 0] >= 0, at[:, 1:], reasons, asked, known, time, clock)
    kept = signals.drop(
        columns=[name for name in made if name in signals]
    )  # of an earlier call, which this one updates
    result = pd.concat([kept, pd.DataFrame(made, index=signals.index)], axis=1)
    counts = {str(name): int(count) for name, count in result["status"].value_counts().items()}
    rates = base_rates(walk, clock, asked)
    result.attrs = {**signals.attrs, "base_rates": rates, "counts": counts, "entry": entry, "now": time}
    return result


def walk_of(
    blocks: dict[str, FloatArray],
    clock: Clock,
    known_at: Any,
    places: Places,
    direction: FloatArray,
    horizons: Sequence[Horizon],
    *,
    at_open: bool,
    last: int,
) -> tuple[Any, ...]:
    """Return the arguments of `follow`, the fast one or the plain one; the last two are what it fills."""
    hidden = (*horizons, *VOLATILITIES)
    spans, clocks = clock.spans(hidden)
    at = np.empty((len(direction), 1 + len(hidden)), dtype=np.int64)
    values = np.full((len(direction), len(horizons) + len(PATH) + len(VOLATILITIES)), np.nan)
    sign = np.where(direction == -1.0, -1.0, 1.0)
    return (
        *blocks.values(), clock.moments, places.lane.astype(np.int64), places.known.astype(np.int64),
        clock.base(known_at), sign, spans, clocks, at_open, clock.begins, len(horizons), last, at, values,
    )  # fmt: skip


def _numbers(horizons: Sequence[Horizon], walk: tuple[Any, ...], clock: Clock, direction: FloatArray) -> dict[str, Any]:
    """Return the columns of horizons and path."""
    close, (at, values) = walk[3], walk[-2:]
    at_open, reach = walk[11], len(horizons)
    entered = at[:, 0]
    made: dict[str, Any] = {"entry_at": clock.openings(entered) if at_open else clock.stamps(entered)}
    made["entry_price"] = values[:, reach]
    lane = np.maximum(walk[5], 0)
    for h, horizon in enumerate(horizons):
        bars, returns = at[:, 1 + h], values[:, h]
        made[f"price_{horizon}"] = np.where(bars >= 0, close[bars, lane] if len(close) else np.nan, np.nan)
        made[f"return_{horizon}"] = returns
        made[f"success_{horizon}"] = successes(returns, direction)
        made[f"at_{horizon}"] = clock.stamps(bars)
        made[f"late_{horizon}"] = _lateness(walk, h, clock)
        made[f"reason_{horizon}"] = np.select(
            [bars >= 0, bars == TOO_COARSE, walk[5] < 0, entered < 0],
            ["", "bars too coarse", "not in prices", "not entered"],
            "waiting",
        ).astype(object)
    made |= dict(zip(PATH[1:], values[:, reach + 1 : reach + len(PATH)].T, strict=True))
    for side in ("max", "min"):
        made[f"{side}_return"] = 100.0 * (made[f"{side}_price"] - made["entry_price"]) / made["entry_price"]
    made |= {f"volatility_{name}": values[:, n - len(VOLATILITIES)] for n, name in enumerate(VOLATILITIES)}
    return made


def successes(returns: FloatArray, direction: FloatArray) -> Any:
    """Return whether returns in the direction of the signals exceed 0; NA for no direction, or no return."""
    won = pd.array(returns * direction > 0.0, dtype="boolean")
    won[np.isnan(returns) | np.isnan(direction) | (direction == 0.0)] = pd.NA
    return won


def _lateness(walk: tuple[Any, ...], h: int, clock: Clock) -> Any:
    """Return how long after its horizon each price was; in bars where the horizon is."""
    moments, known, base, spans, clocks, at_open, begins, at = walk[4], *walk[6:8], *walk[9:13], walk[-2]
    bars, entered = at[:, 1 + h], at[:, 0]
    found = bars >= 0
    if clocks[h] == BARS_CLOCK:
        due = np.where(at_open, entered - 1, known) + spans[h]
        return np.where(found, bars - due, np.nan)
    line = moments[clocks[h]]
    start = begins[clocks[h], entered] if at_open and len(line) else base[clocks[h]]
    late = pd.to_timedelta(np.where(found, (line[bars] if len(line) else 0) - start - spans[h], 0), unit="ns")
    return late.where(found)


def _day_returns(walk: tuple[Any, ...], reach: int) -> FloatArray:
    """Return what prices did in percent up to a day after the entry."""
    close, lane, (at, values) = walk[3], walk[5], walk[-2:]
    bars = at[:, 1 + reach]
    if not len(close):
        return np.full(len(at), np.nan)
    there = np.where(bars >= 0, close[bars, np.maximum(lane, 0)], np.nan)
    return np.asarray(100.0 * (there - values[:, reach]) / values[:, reach])
