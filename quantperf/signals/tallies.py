"""What came of the types of signals: success against the base rate, returns, path and grades."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError
from quantperf.signals.grades import GRADES
from quantperf.signals.portfolio import profit_factor
from quantperf.signals.resampling import whole
from quantperf.signals.significance import wilson

__all__ = ["overview"]


def overview(outcomes: pd.DataFrame, *, minimum: int = 30, confidence: float = 0.95) -> pd.DataFrame:
    """Return for each type of signals and each horizon how often it was right, and how often any bar would have been.

    Parameters
    ----------
    outcomes : DataFrame
        What `quantperf.outcomes` gave.
    minimum : int, default 30
        Least number of signals with a success or a failure: fewer have the verdict "too few".
    confidence : float, default 0.95
        Of the interval, between 0 and 1.

    Returns
    -------
    DataFrame
        A row for each ``signal_type`` and ``horizon``: ``signals``, ``known`` (that have a success or a failure),
        ``success_rate`` with Wilson's interval ``low``, ``high``; ``base_rate`` (of all bars, up or down as these
        signals were directed), ``edge`` (success rate less base rate), ``average``, ``median`` (returns in the
        direction, percent), ``profit_factor`` of those, ``mfe``, ``mae`` (means, percent), counts of the grades A to F,
        ``verdict``: "above base" or "below base" where the interval lies wholly there, "none shown", or "too few".

    Raises
    ------
    DataError
        If these are no outcomes.
    ParameterError
        If `minimum` or `confidence` is out of bounds.

    Notes
    -----
    The interval takes signals as independent. Those that overlap in time, or come on one day in many symbols, are not:
    `quantperf.event_study` has intervals and p values that hold then.

    Examples
    --------
    >>> import quantperf as qp
    >>> prices = qp.sample("IBM")
    >>> fell = (prices["close"].pct_change() < -0.03).to_numpy()
    >>> days = prices.index[fell]
    >>> signals = pd.DataFrame({"symbol": "IBM", "signal_type": "fell", "triggered_at": days, "direction": 1})
    >>> signals["known_at"] = (days + pd.Timedelta(days=1)).tz_localize("UTC")
    >>> table = overview(qp.outcomes(signals, prices, horizons=("1d", "1w")))
    >>> table[["horizon", "known", "success_rate", "base_rate", "verdict"]].round(2)
      horizon  known  success_rate  base_rate     verdict
    0      1d    130           0.6       0.50  above base
    1      1w    130           0.5       0.52  none shown
    """
    rates = outcomes.attrs.get("base_rates")
    if not isinstance(rates, dict) or "signal_type" not in outcomes:
        raise DataError("outcomes must be what quantperf.outcomes gave, with its attrs and a column signal_type")
    least = whole("minimum", minimum, low=1)
    rows = [
        _row(kind, group, horizon, rates[horizon], least, confidence)
        for kind, group in outcomes.groupby("signal_type", sort=True)
        for horizon in rates
    ]
    columns = list(_row("", outcomes.iloc[:0], next(iter(rates)), {"up": np.nan, "down": np.nan}, 1, confidence))
    return pd.DataFrame(rows, columns=columns)


def _row(
    kind: Any, group: pd.DataFrame, horizon: str, rates: dict[str, float], minimum: int, confidence: float
) -> dict[str, Any]:
    """Return the figures of one type at one horizon."""
    success = group[f"success_{horizon}"]
    told = success.notna()
    known, won = int(told.sum()), int(success.sum())
    direction = group.loc[told, "direction"].astype(np.float64) if known else pd.Series(dtype=np.float64)
    gained = group.loc[told, f"return_{horizon}"] * direction
    low, high = wilson(won, known, confidence)
    base = float(np.where(direction > 0.0, rates["up"], rates["down"]).mean()) if known else float("nan")
    rate = won / known if known else float("nan")
    if known < minimum:
        verdict = "too few"
    else:
        verdict = "above base" if low > base else "below base" if high < base else "none shown"
    return {
        "signal_type": kind,
        "horizon": horizon,
        "signals": len(group),
        "known": known,
        "success_rate": rate,
        "low": low,
        "high": high,
        "base_rate": base,
        "edge": rate - base,
        "average": float(gained.mean()),
        "median": float(gained.median()),
        "profit_factor": profit_factor(gained),
        "mfe": float(group["mfe"].mean()),
        "mae": float(group["mae"].mean()),
        **{grade: int((group["grade"] == grade).sum()) for grade in GRADES},
        "verdict": verdict,
    }
