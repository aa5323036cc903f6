"""How similar occurrences of sequences are: by their types, duration, market and rhythm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError
from quantperf.patterns.distance import dtw_matrix
from quantperf.patterns.sequence_events import JOIN

__all__ = ["MOST_COMPARED", "likeness_matrix", "similarity"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
NAMES, DURATION, MARKET, RHYTHM = 0.3, 0.2, 0.2, 0.3
MOST_COMPARED = 2000  # each with each: four matrices of 32 MB
NEEDED = ("pattern", "elapsed")


def similarity(a: Mapping[str, Any] | pd.Series[Any], b: Mapping[str, Any] | pd.Series[Any]) -> float:
    """Return how similar two occurrences of sequences are, from 0 to 1.

    Parameters
    ----------
    a, b : Series or mapping
        Rows of ``sequences(...).occurrences``, of which pattern, elapsed and, if it is there, market_condition count.

    Returns
    -------
    float
        1 for equal ones; symmetric.

    Raises
    ------
    DataError
        If pattern or elapsed lack.

    Notes
    -----
    0.3 x names + 0.2 x duration + 0.2 x market + 0.3 x rhythm. Names: the types that both have, of those that either
    has (Jaccard). Duration: the shorter over the longer. Market: 1 if the condition is the same, else 0; where one is
    unknown it is left out, and the rest weighs 0.8. Rhythm: 1 - d / sqrt(n), where d is the distance by dynamic time
    warping of the times of the signals, as shares of the duration (see `dtw`), and n the number of signals of the
    longer one, which bounds it.

    Examples
    --------
    >>> a = {"pattern": "spark_then_fire", "elapsed": (0, 2), "market_condition": "bullish"}
    >>> b = {"pattern": "spark_then_smoke_then_fire", "elapsed": (0, 1, 4), "market_condition": "bearish"}
    >>> similarity(a, a), round(similarity(a, b), 4)
    (1.0, 0.5567)
    """
    rows = pd.DataFrame([_row(a, "a"), _row(b, "b")], index=["a", "b"])
    return float(likeness_matrix(rows).to_numpy()[0, 1])


def likeness_matrix(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how similar each two occurrences are: square, labelled as the rows."""
    if len(rows) > MOST_COMPARED:
        raise ParameterError(
            f"occurrences must be at most {MOST_COMPARED} to be compared with each other, got {len(rows)}; choose ids"
        )
    if not len(rows):
        return pd.DataFrame(index=rows.index, columns=rows.index.copy(), dtype=np.float64)
    value = (
        NAMES * _names(rows["pattern"]) + DURATION * _durations(rows["elapsed"]) + RHYTHM * _rhythms(rows["elapsed"])
    )
    same, known = _markets(rows)
    value = np.where(known, value + MARKET * same, value / (1.0 - MARKET))
    return pd.DataFrame(value, index=rows.index, columns=rows.index.copy())


def _row(occurrence: Any, name: str) -> dict[str, Any]:
    lacking = [field for field in NEEDED if field not in occurrence]
    if lacking:
        raise DataError(f"{name} must be a row of occurrences with pattern and elapsed, {', '.join(lacking)} lack")
    return {field: occurrence.get(field) for field in (*NEEDED, "market_condition")}


def _names(patterns: pd.Series[Any]) -> FloatArray:
    """Return the share of common types of each two."""
    codes, unique = pd.factorize(patterns)
    sets = [frozenset(name.split(JOIN)) for name in unique]
    kinds = {kind: place for place, kind in enumerate(sorted(frozenset[str]().union(*sets)))}
    has = np.zeros((len(sets), len(kinds)))
    for row, types in enumerate(sets):
        has[row, [kinds[kind] for kind in types]] = 1.0
    common = has @ has.T
    size = has.sum(axis=1)
    shares: FloatArray = common / (size[:, None] + size[None, :] - common)
    return shares[np.ix_(codes, codes)]


def _durations(elapsed: pd.Series[Any]) -> FloatArray:
    """Return the shorter over the longer duration of each two; 1 where both took none."""
    length = np.array([float(times[-1]) for times in elapsed])
    longer = np.maximum.outer(length, length)
    return np.where(longer > 0.0, np.minimum.outer(length, length) / np.where(longer > 0.0, longer, 1.0), 1.0)


def _rhythms(elapsed: pd.Series[Any]) -> FloatArray:
    """Return how near the times of each two are, each as shares of its own duration."""
    profiles = [tuple(time / times[-1] if times[-1] else 0.0 for time in times) for times in elapsed]
    places = {profile: place for place, profile in enumerate(dict.fromkeys(profiles))}
    distance = dtw_matrix([list(profile) for profile in places]).to_numpy()
    count = np.array([len(profile) for profile in places], dtype=np.float64)
    near: FloatArray = 1.0 - distance / np.sqrt(np.maximum.outer(count, count))
    at = np.array([places[profile] for profile in profiles])
    both: FloatArray = near[np.ix_(at, at)]
    return both


def _markets(rows: pd.DataFrame) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return for each two whether the market was the same, and whether that is known."""
    if "market_condition" not in rows:
        return np.zeros((len(rows),) * 2, dtype=bool), np.zeros((len(rows),) * 2, dtype=bool)
    codes, _ = pd.factorize(rows["market_condition"].astype(object))
    known = codes >= 0
    return codes[:, None] == codes[None, :], known[:, None] & known[None, :]
