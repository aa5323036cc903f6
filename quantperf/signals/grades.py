"""What outcomes are worth and how far they are: grades by the return of a day, and states by age."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.market.columns import FloatArray
from quantperf.signals.horizon_clock import Clock, Horizon, Whole, length_of_horizon

__all__ = ["FORCED", "GRADES", "STATES", "grades_of", "status_of"]

GRADES = ("A", "B", "C", "D", "F")
BOUNDS = (5.0, 2.0, 0.0, -2.0)  # percent; a grade is above its bound
STATES = ("not in prices", "not started", "waiting", "running", "complete", "forced")
FORCED = pd.Timedelta(days=60)


def grades_of(returns: FloatArray, direction: FloatArray) -> Any:
    """Return the grade of returns in percent, in the direction of the signals; missing without either.

    Examples
    --------
    >>> list(grades_of(np.array([-6.0, -6.0, 1.0, -1.0]), np.array([-1.0, 1.0, 1.0, 1.0])))
    ['A', 'F', 'C', 'D']
    """
    gained = returns * direction
    known = ~np.isnan(gained) & (direction != 0.0)
    codes = np.where(known, np.sum([gained <= bound for bound in BOUNDS], axis=0), -1).astype(np.int64)
    return pd.Categorical.from_codes(codes, categories=pd.Index(GRADES))


def status_of(
    lost: npt.NDArray[np.bool_],
    entered: npt.NDArray[np.bool_],
    at: Whole,
    reasons: npt.NDArray[np.object_],
    horizons: Sequence[Horizon],
    known_at: pd.Index[Any],
    now: Any,
    clock: Clock,
) -> dict[str, Any]:
    """Return the state of each signal at a time, and which horizons lack a price and why.

    Where bars are numbered there is no age: what is there decides alone, and nothing is forced.
    """
    asked = at[:, : len(horizons)]
    resolvable, there = asked != -2, asked >= 0
    complete = entered & (there | ~resolvable).all(axis=1)
    if clock.length is None or now is None or not len(known_at):
        begun, old, started = there.any(axis=1), np.zeros(len(lost), dtype=bool), entered
    else:
        known = pd.DatetimeIndex(known_at)
        known = known.tz_localize("UTC") if known.tz is None else known.tz_convert("UTC")
        age = now - known
        shortest = min((length_of_horizon(h) for h in horizons if isinstance(h, str)), default=pd.Timedelta(0))
        if clock.length > shortest:
            shortest = clock.length
        begun, old, started = there.any(axis=1) | (age >= shortest), age >= FORCED, entered & (age >= pd.Timedelta(0))
    states = np.select(
        [lost, complete & started, ~lost & old, ~started, ~begun],
        ["not in prices", "complete", "forced", "not started", "waiting"],
        "running",
    ).astype(object)
    return {"status": states, "missing": _missing(reasons, horizons)}


def _missing(reasons: npt.NDArray[np.object_], horizons: Sequence[Horizon]) -> npt.NDArray[np.object_]:
    """Return texts such as ``"1h: bars too coarse, 1m: waiting"``; each combination is spelled out once."""
    codes = np.zeros(len(reasons), dtype=np.int64)
    for column in reasons.T:
        found, names = pd.factorize(column)
        codes = pd.factorize(codes * len(names) + found)[0].astype(np.int64)
    firsts = np.unique(codes, return_index=True)[1]
    lines = [", ".join(f"{h}: {why}" for h, why in zip(horizons, row, strict=True) if why) for row in reasons[firsts]]
    return np.array(lines, dtype=object)[codes]
