"""What a type of signal is worth: its success against that of all bars, and the legacy score to compare with.

A market that rises on 54 % of its days makes 54 % of all signals upwards come true. So a success rate says nothing
until it is held against the rate of all bars, and nothing of a few signals until its interval is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError, not_bars
from quantperf.indicators import rim
from quantperf.market.bars import Panel
from quantperf.market.moments import closing_times, timeframe_of
from quantperf.market.sessions import Session, Stamps
from quantperf.signals.horizons import outcomes as outcomes_of
from quantperf.signals.records import ONE_SYMBOL
from quantperf.signals.significance import benjamini_hochberg, wilson

__all__ = ["FEWEST", "every_bar", "legacy_grade", "legacy_quality", "legacy_score", "quality"]

Rates: TypeAlias = Mapping[tuple[str, int], float]
FEWEST = 10  # signals apart by the horizon, below which there is no quality
GRADES = ((80.0, "A"), (70.0, "B"), (60.0, "C"), (50.0, "D"))
COLUMNS = (
    "direction",
    "count",
    "known",
    "independent",
    "success",
    "success_low",
    "success_high",
    "base",
    "lift",
    "lift_low",
    "lift_high",
    "mean_return",
    "p",
    "p_adjusted",
    "quality",
)


def quality(
    outcomes: pd.DataFrame,
    base: pd.DataFrame | Panel | Mapping[int, float] | None = None,
    *,
    horizon: str | int = "1d",
    confidence: float = 0.95,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> pd.DataFrame:
    """Return the success of each type of signal against that of all bars, with its interval.

    Parameters
    ----------
    outcomes : DataFrame
        What came of the signals, as ``qp.outcomes(...)`` gives it: symbol, signal_type, known_at, direction, and of the
        horizon the return in percent, success, and when it was reached: return_1d, success_1d, at_1d.
    base : DataFrame, Panel or mapping, optional
        The prices, on every bar of which the same is asked, symbol by symbol; or the share of bars that came true, by
        direction, such as ``{1: 0.54, -1: 0.46}``. By default that of all bars of all symbols, which
        ``outcomes.attrs["base_rates"]`` holds.
    horizon : str or int, default "1d"
        After which success is asked; one of those of the outcomes.
    confidence : float, default 0.95
        Share of such intervals that hold the true rate, between 0 and 1.
    stamps, bar, session
        What the stamps of the prices mean; see `quantperf.market.moments.closing_times`.

    Returns
    -------
    DataFrame
        A row for each signal_type and direction of it, in the order in which they came, with the index signal_type:

        - ``direction``; ``count``, signals; ``known``, those whose outcome is known; ``independent``, those of a symbol
          that were known after the horizon of the one before was over (others share the bars that decide them);
        - ``success``, share of the known that came true, and its Wilson interval for that many independent ones;
        - ``base``, the share of all bars that came true, of the symbols as often as they have signals;
        - ``lift``, success less base, with the interval of success;
        - ``mean_return``, in percent in the direction of the signals;
        - ``p``, how often chance alone would be at least as successful, and ``p_adjusted`` for the number of types
          (Benjamini and Hochberg);
        - ``quality``, 0 to 100: the percentage of confidence that the type is better than any bar, 100 (1 - p). 50 is
          worth nothing, and so is any level that is not kept with new data.

        Missing for direction 0, which cannot come true; p and quality also below 10 independent signals.

    Raises
    ------
    DataError
        If a column lacks, `base` is neither prices nor a mapping, or it is left out and the outcomes hold none.
    ParameterError
        If `confidence` or a rate lies outside of 0 to 1.

    Notes
    -----
    The test is the score test of a share, whose inversion the Wilson interval is. Signals of different symbols on the
    same bars are taken as independent, which flatters types that come in many symbols at once; ``qp.event_study`` does
    not take them so. Rates of all bars are those of the same bars that the signals are from, so this describes the
    past.

    Examples
    --------
    >>> import quantperf as qp
    >>> prices = qp.sample("IBM")
    >>> table = quality(qp.outcomes(qp.signals(prices), prices), horizon="1w")
    >>> bool(table.loc["RSI_oversold", "success_low"] < table.loc["RSI_oversold", "success"])
    True
    """
    level = NormalDist().cdf  # of the score
    share, gain, end = f"success_{horizon}", f"return_{horizon}", f"at_{horizon}"
    _check_columns(outcomes, ("symbol", "signal_type", "known_at", "direction", share, gain, end))
    rates = _base_rates(outcomes, base, horizon, stamps, bar, session)
    rows = []
    for key, group in outcomes.groupby(["signal_type", "direction"], sort=False):
        name, way = cast("tuple[str, int]", key)
        known, direction = group[group[share].notna()], int(way)
        row: dict[str, Any] = {"signal_type": name, "direction": direction, "count": len(group), "known": len(known)}
        row["independent"] = independent = _apart(known, end) if direction else 0
        row["mean_return"] = float((group[gain] * direction).mean()) if direction else math.nan
        if direction and len(known):
            row["success"] = success = float(known[share].astype(float).mean())
            row["success_low"], row["success_high"] = wilson(success * independent, independent, confidence)
            row["base"] = expected = float(
                np.mean([rates.get((label, direction), math.nan) for label in known["symbol"]])
            )
            spread = math.sqrt(expected * (1.0 - expected) / independent)
            if independent >= FEWEST and spread > 0.0:
                row["p"] = 1.0 - level((success - expected) / spread)
        rows.append(row)
    table = pd.DataFrame(rows, columns=["signal_type", *COLUMNS]).set_index("signal_type")
    floats = table.columns.difference(["direction", "count", "known", "independent"])
    table[floats] = table[floats].astype(float)
    for name in ("", "_low", "_high"):
        table[f"lift{name}"] = table[f"success{name}"] - table["base"]
    table["p_adjusted"] = benjamini_hochberg(table["p"].to_numpy())
    table["quality"] = 100.0 * (1.0 - table["p"])
    return table


def every_bar(prices: pd.DataFrame | Panel, direction: int = 1, **told: Any) -> pd.DataFrame:
    """Return a record for each bar of each symbol: what the signals of a type are held against.

    Parameters
    ----------
    prices : DataFrame or Panel
        Bars of one symbol or of many.
    direction : {1, -1, 0}, default 1
        Of all records.
    **told
        stamps, bar and session, see `quantperf.market.moments.closing_times`.

    Returns
    -------
    DataFrame
        Records with symbol, signal_type "every_bar", timeframe, triggered_at, event_at, known_at, direction and
        current_price, symbol by symbol; bars without a close are left out.

    Examples
    --------
    >>> import quantperf as qp
    >>> every_bar(qp.sample("IBM"))["known_at"].is_monotonic_increasing
    True
    """
    if not isinstance(prices, Panel) and not rim.is_bars(prices):
        raise not_bars("prices", prices)
    (close,), _ = rim.take(("close",), (prices,))
    names = prices.symbols if isinstance(prices, Panel) else (ONE_SYMBOL,)
    closed = closing_times(prices.index, **told)
    lane, place = np.nonzero(np.isfinite(close).T)
    return pd.DataFrame(
        {
            "symbol": np.asarray(names, dtype=object)[lane],
            "signal_type": "every_bar",
            "timeframe": timeframe_of(prices.index, told.get("bar")),
            "triggered_at": prices.index[place],
            "event_at": closed[place],
            "known_at": closed[place],
            "direction": np.int8(direction),
            "current_price": close[place, lane],
        }
    )


def _base_rates(
    outcomes: pd.DataFrame,
    base: Any,
    horizon: str | int,
    stamps: Stamps | None,
    bar: str | None,
    session: Session | None,
) -> Rates:
    """Return the share of all bars that came true, by symbol and direction."""
    names = outcomes["symbol"].unique()
    if base is None:
        shares = outcomes.attrs.get("base_rates", {}).get(str(horizon))
        if shares is None:
            raise DataError(
                f"base must be told: these outcomes hold no attrs['base_rates'] of {horizon}; pass the prices"
            )
        base = {1: shares["up"], -1: shares["down"]} if shares["bars"] else {}
    if isinstance(base, Mapping):
        outside = [rate for rate in base.values() if not 0.0 <= rate <= 1.0]
        if outside:
            raise ParameterError(f"base must hold rates from 0 to 1, got {outside[0]!r}")
        return {(name, way): rate for name in names for way, rate in base.items()}
    if isinstance(base, Panel):
        base = base[[name for name in base.symbols if name in set(names)]]
    elif not rim.is_bars(base):
        raise DataError(f"base must be prices (a Panel or a frame of bars) or a mapping, got {type(base).__name__}")
    told: dict[str, Any] = {"stamps": stamps, "bar": bar, "session": session}
    entry = outcomes.attrs.get("entry", "close")
    found = outcomes_of(every_bar(base, **told), base, horizons=(horizon,), entry=entry, **told)
    gains = found[f"return_{horizon}"]
    rates = {}
    for key, part in gains.dropna().groupby(found["symbol"]):
        for way in (1, -1):
            rates[key, way] = float((way * part > 0.0).mean())
    if isinstance(base, Panel):
        return rates
    return {(name, way): rate for name in names for (_, way), rate in rates.items()}


def _apart(signals: pd.DataFrame, end: str) -> int:
    """Return how many signals one can choose of which each is known after those before it, of its symbol, are over."""
    count = 0
    for _, group in signals.groupby("symbol", sort=False):
        ordered = group.sort_values("known_at", kind="stable")
        known, over = pd.Index(ordered["known_at"]), ordered[end].tolist()
        at = 0
        while at < len(over):
            count += 1
            at = max(at + 1, int(known.searchsorted(over[at])))
    return count


# ------------------------------------------------------------------------------------------------------------- legacy


def legacy_score(
    success: float, average_return: float, drawdown: float, profit_factor: float, count: int
) -> dict[str, float]:
    """Return the parts of the legacy score of a type and their sum, ``score``.

    Parameters
    ----------
    success : float
        Share of signals that came true, 0 to 1.
    average_return : float
        In percent.
    drawdown : float
        The worst, in percent, at most 0.
    profit_factor : float
        Sum of gains over sum of losses.
    count : int
        Signals.

    Notes
    -----
    It is kept to compare with, for what it says is little: 100 times the share against a cap of 20 gives a type that is
    wrong four times of five full marks for success, the same as one that is always right; and the caps sum to 80, so
    that the best grade is that of the greatest score alone.

    Examples
    --------
    >>> legacy_score(0.2, 10.0, 0.0, 2.0, 20) == legacy_score(1.0, 10.0, 0.0, 2.0, 20)
    True
    """
    parts = {
        "success": min(100.0 * success, 20.0),
        "return": min(max(2.0 * average_return, 0.0), 20.0),
        "drawdown": max(15.0 + 0.75 * drawdown, 0.0),
        "profit_factor": min(7.5 * profit_factor, 15.0),
        "count": min(0.5 * count, 10.0),
    }
    return {**parts, "score": sum(parts.values())}


def legacy_grade(score: float) -> str:
    """Return the legacy grade of a score: A from 80, B from 70, C from 60, D from 50, else F.

    Examples
    --------
    >>> legacy_grade(79.9), legacy_grade(80.0)
    ('B', 'A')
    """
    return next((grade for least, grade in GRADES if score >= least), "F")


def legacy_quality(outcomes: pd.DataFrame, *, horizon: str | int = "1d") -> pd.DataFrame:
    """Return the legacy score of each type of signal, to compare with `quality`.

    Parameters
    ----------
    outcomes : DataFrame
        As ``qp.outcomes(...)`` gives it, with max_drawdown.
    horizon : str or int, default "1d"
        Whose returns count.

    Returns
    -------
    DataFrame
        With the index signal_type: success, return, drawdown, profit_factor, count (the parts), score and grade; NaN
        where no outcome is known.

    Notes
    -----
    Returns are those in the direction of the signals, though legacy took them as they came: that defect is another one.
    """
    share, gain = f"success_{horizon}", f"return_{horizon}"
    _check_columns(outcomes, ("signal_type", "direction", "max_drawdown", share, gain))
    rows: dict[Any, dict[str, float | str]] = {}
    for name, group in outcomes.groupby("signal_type", sort=False):
        known = group[group[share].notna()]
        moves = (known[gain] * known["direction"]).to_numpy(dtype=np.float64)
        if not len(known):
            rows[name] = dict.fromkeys((*legacy_score(0, 0, 0, 0, 0), "grade"), math.nan)
            continue
        worst = float(known["max_drawdown"].min())
        found = legacy_score(
            float(known[share].astype(float).mean()), float(moves.mean()), worst, _profit_factor(moves), len(known)
        )
        rows[name] = {**found, "grade": legacy_grade(found["score"])}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[*legacy_score(0, 0, 0, 0, 0), "grade"])
    return table.rename_axis("signal_type")


def _profit_factor(moves: npt.NDArray[np.float64]) -> float:
    """Return gains over losses; without losses infinite, without either 0."""
    gains, losses = moves[moves > 0.0].sum(), -moves[moves < 0.0].sum()
    if losses == 0.0:
        return math.inf if gains > 0.0 else 0.0
    return float(gains / losses)


def _check_columns(outcomes: pd.DataFrame, wanted: tuple[str, ...]) -> None:
    lacking = [name for name in wanted if name not in outcomes]
    if lacking:
        raise DataError(f"outcomes must have the columns {', '.join(wanted)}, {', '.join(lacking)} lack")
