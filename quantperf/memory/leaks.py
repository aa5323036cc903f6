"""Whether a function leaks, judged from figures alone: memory after each run, and which kinds of object grew.

The slope is Theil and Sen's (the median of the slopes of all pairs), since a collector or another thread may move
single figures by megabytes; its interval is Sen's, from the ranks of those slopes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from quantperf.errors import ParameterError

__all__ = ["RUNS_LEAST", "LeakVerdict", "Slope", "Verdict", "growing_types", "judge_leak", "theil_sen"]

Verdict: TypeAlias = Literal["leak", "clean", "cannot tell"]

RUNS_LEAST = 12
LEAST_BYTES = 16_384  # a run: four pages, below which resident memory says nothing
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope with its interval; NaN where there is none."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LeakVerdict:
    """Whether a function leaks.

    Attributes
    ----------
    verdict : str
        ``"leak"``, ``"clean"`` or ``"cannot tell"``.
    slope : Slope
        Bytes that each run left behind, with the 95 % interval.
    growing : dict of str to int
        Kinds of object of which there were more after each half of the runs, and how many more in all. Objects that
        the collector does not track (arrays, strings, numbers) are not among them.
    resident : tuple of float
        Bytes held after each run; NaN where unknown.
    reason : str
        Why.
    """

    verdict: Verdict
    slope: Slope
    growing: Mapping[str, int]
    resident: tuple[float, ...]
    reason: str

    def __repr__(self) -> str:
        slope = self.slope
        kinds = ", ".join(f"{name} +{count}" for name, count in self.growing.items())
        return (
            f"LeakVerdict({self.verdict}: {slope.value / 1e3:.1f} kB a run, {slope.low / 1e3:.1f} to"
            f" {slope.high / 1e3:.1f}; {self.reason}{f'; growing: {kinds}' if kinds else ''})"
        )


def theil_sen(y: Sequence[float] | npt.NDArray[np.float64], confidence: float = CONFIDENCE) -> Slope:
    """Return the median slope of all pairs of equally spaced values, with Sen's interval.

    Parameters
    ----------
    y : sequence of float
        Values at 0, 1, 2, ...; those that are unknown (NaN) are left out with their places.
    confidence : float, default 0.95
        Of the interval.

    Examples
    --------
    >>> theil_sen([1.0, 3.0, 5.0, 7.0, 90.0, 11.0]).value
    2.0
    """
    values = np.asarray(y, np.float64)
    x = np.flatnonzero(~np.isnan(values))
    values = values[x]
    count = len(values)
    if count < 2:
        return Slope(math.nan, math.nan, math.nan)
    early, late = np.triu_indices(count, 1)
    slopes = np.sort((values[late] - values[early]) / (x[late] - x[early]))
    _, ties = np.unique(values, return_counts=True)
    # The variance of Kendall's S: equal values say less.
    spread = math.sqrt(
        max(count * (count - 1) * (2 * count + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum()), 0.0) / 18.0
    )
    reach = NormalDist().inv_cdf(0.5 + confidence / 2.0) * spread
    low = max(round((len(slopes) - reach) / 2.0) - 1, 0)
    high = min(round((len(slopes) + reach) / 2.0), len(slopes) - 1)
    return Slope(float(np.median(slopes)), float(slopes[low]), float(slopes[high]))


def growing_types(counts: Sequence[Mapping[str, int]], runs: int) -> dict[str, int]:
    """Return the kinds of object that grew by at least one a run in each stretch between countings, and by how many.

    Parameters
    ----------
    counts : sequence of mapping
        Objects by kind, counted at equal distances, the first before the first run.
    runs : int
        In all.

    Examples
    --------
    >>> growing_types([{"list": 5, "dict": 9}, {"list": 11, "dict": 15}, {"list": 17, "dict": 15}], runs=12)
    {'list': 12}
    """
    stretches = len(counts) - 1
    if stretches < 1:
        return {}
    each = runs // stretches
    found = {}
    for name, last in counts[-1].items():
        held = [count.get(name, 0) for count in counts]
        if all(later - earlier >= each for earlier, later in pairwise(held)):
            found[name] = last - held[0]
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def judge_leak(
    resident: Sequence[float], growing: Mapping[str, int] | None = None, *, least_bytes: float = LEAST_BYTES
) -> LeakVerdict:
    """Return whether memory after each run grows.

    Parameters
    ----------
    resident : sequence of float
        Bytes held after each run, after garbage was collected; NaN where unknown. At least `RUNS_LEAST` known ones.
    growing : mapping of str to int, optional
        Kinds of object that grew; see `growing_types`.
    least_bytes : float, default 16384
        Growth a run that matters.

    Returns
    -------
    LeakVerdict
        ``"leak"`` if all of the interval lies above `least_bytes`; ``"clean"`` if all of it lies below, and no kind of
        object grows; else ``"cannot tell"``.

    Examples
    --------
    >>> judge_leak([1e6 + 50_000 * run for run in range(12)]).verdict
    'leak'
    >>> judge_leak([1e6] * 12).verdict
    'clean'
    """
    growing = dict(growing or {})
    figures = tuple(float(each) for each in resident)
    known = sum(not math.isnan(each) for each in figures)
    if not least_bytes >= 0:
        raise ParameterError(f"least_bytes must be at least 0, got {least_bytes!r}")
    slope = theil_sen(figures)
    if known < RUNS_LEAST:
        return LeakVerdict(
            "cannot tell", slope, growing, figures, f"{known} of {len(figures)} runs were measured, {RUNS_LEAST} needed"
        )
    if slope.low > least_bytes:
        return LeakVerdict("leak", slope, growing, figures, f"each run leaves more than {least_bytes / 1e3:.1f} kB")
    if slope.high > least_bytes:
        reason = f"the interval holds {least_bytes / 1e3:.1f} kB; more runs make it narrower"
        return LeakVerdict("cannot tell", slope, growing, figures, reason)
    if growing:
        reason = "memory stands still, but there are kinds of object that grow with every run"
        return LeakVerdict("cannot tell", slope, growing, figures, reason)
    return LeakVerdict("clean", slope, growing, figures, f"each run leaves less than {least_bytes / 1e3:.1f} kB")
