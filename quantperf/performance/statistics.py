"""The statistics of a comparison: pure functions of log ratios.

A comparison runs both sides in blocks (before, after, after, before, or the mirror image). Each block gives one number:
the mean log time of the after side minus that of the before side. Drift cancels within a block, and the logarithm
makes it a ratio of typical calls. Blocks are grouped by the process that ran them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantperf.errors import ParameterError

FEWEST_BLOCKS = 6  # below, a bootstrap of the median says nothing about its spread
RESAMPLES = 2_000
STANDARD_ERRORS = 2.8  # an effect of that many is seen by 4 runs of 5, at a level of 95 %

_MOST_VALUES = 1_000_000  # drawn at a time, which bounds the memory of a bootstrap

Verdict: TypeAlias = Literal["faster", "slower", "equivalent", "cannot tell", "different"]


class Interval(NamedTuple):
    """An estimate and the bounds of its interval; the bounds are NaN where there were too few values."""

    estimate: float
    low: float
    high: float


def resampled_medians(
    blocks: Sequence[Sequence[float]], seed: int = 0, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """Return the medians of `resamples` draws: processes with replacement, then blocks within each of them.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Log ratios, one sequence for each process.
    seed : int, default 0
        Of the draws.
    resamples : int, default 2000
        How many.

    Examples
    --------
    >>> resampled_medians([[0.5, 0.5], [0.5]], resamples=3).tolist()
    [0.5, 0.5, 0.5]
    """
    groups = [np.asarray(group, dtype=np.float64) for group in blocks if len(group)]
    if not groups:
        return np.full(resamples, np.nan)
    lengths = np.array([len(group) for group in groups])
    widest = int(lengths.max())
    table = np.full((len(groups), widest), np.nan)
    for row, group in zip(table, groups, strict=True):
        row[: len(group)] = group
    rng = np.random.default_rng(seed)
    medians = np.empty(resamples)
    step = max(1, _MOST_VALUES // table.size)
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        process = rng.integers(len(groups), size=(count, len(groups), 1))
        drawn = (rng.random((count, len(groups), widest)) * lengths[process]).astype(np.int64)
        values = table[process, drawn]
        values[np.arange(widest) >= lengths[process]] = np.nan  # a process gives as many blocks as it ran
        medians[start : start + count] = _row_medians(values.reshape(count, -1))
    return medians


def _row_medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of each row without its NaNs, which sort to the end."""
    values.sort(axis=1)
    known = values.shape[1] - np.isnan(values).sum(axis=1)
    rows = np.arange(len(values))
    middle: NDArray[np.float64] = (values[rows, (known - 1) // 2] + values[rows, known // 2]) / 2.0
    return middle


def interval(blocks: Sequence[Sequence[float]], level: float = 0.95, seed: int = 0) -> Interval:
    """Return exp(median) of log ratios and its bootstrap interval, both as ratios.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Log ratios, one sequence for each process.
    level : float, default 0.95
        Share of such intervals that hold the true ratio, between 0 and 1.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    Interval
        `estimate`, `low`, `high`. Bounds are NaN below 6 blocks. Where processes disagree by more than their blocks
        explain, the interval spans those of all of them.

    Examples
    --------
    >>> interval([[0.0] * 6])
    Interval(estimate=1.0, low=1.0, high=1.0)
    """
    if not 0.0 < level < 1.0:
        raise ParameterError(f"level must lie between 0 and 1, got {level!r}")
    pooled = np.concatenate([np.asarray(group, dtype=np.float64) for group in blocks] or [np.empty(0)])
    if not len(pooled):
        return Interval(math.nan, math.nan, math.nan)
    estimate = float(np.median(pooled))
    if len(pooled) < FEWEST_BLOCKS:
        return Interval(math.exp(estimate), math.nan, math.nan)
    low, high = _bounds(blocks, level, seed)
    full = [group for group in blocks if len(group) >= FEWEST_BLOCKS]
    if len(full) > 1:
        own = [_bounds([group], level, seed) for group in full]
        if max(bounds[0] for bounds in own) > min(bounds[1] for bounds in own):
            low = min(low, *(bounds[0] for bounds in own))
            high = max(high, *(bounds[1] for bounds in own))
    return Interval(math.exp(estimate), math.exp(low), math.exp(high))


def _bounds(blocks: Sequence[Sequence[float]], level: float, seed: int) -> tuple[float, float]:
    low, high = np.quantile(resampled_medians(blocks, seed), [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)


def noise_floor(blocks: Sequence[Sequence[float]], level: float = 0.95, seed: int = 0) -> float:
    """Return how far from 1 a ratio of a thing to itself was, or might have been, in this run.

    Parameters
    ----------
    blocks : sequence of sequences of float
        Log ratios of the baseline against itself, one sequence for each process.
    level : float, default 0.95
        The floor is the (1 + level) / 2 point of the ratio's distance from 1, whichever its direction.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    float
        At least 0; 0.02 is 2 %. Below 6 blocks twice the largest that was seen; without any, infinity.

    Examples
    --------
    >>> noise_floor([[0.0] * 6]), noise_floor([])
    (0.0, inf)
    """
    pooled = [abs(value) for group in blocks for value in group]
    if not pooled:
        return math.inf
    if len(pooled) < FEWEST_BLOCKS:
        return math.expm1(2.0 * max(pooled))
    medians = resampled_medians(blocks, seed)
    return float(np.expm1(np.quantile(np.abs(medians), (1.0 + level) / 2.0)))


def smallest_effect(blocks: Sequence[Sequence[float]], seed: int = 0) -> float:
    """Return the smallest change that these blocks could have shown: 2.8 standard errors; NaN below 6 blocks.

    Examples
    --------
    >>> smallest_effect([[0.0] * 6])
    0.0
    """
    if sum(map(len, blocks)) < FEWEST_BLOCKS:
        return math.nan
    return math.expm1(STANDARD_ERRORS * float(resampled_medians(blocks, seed).std()))


def verdict(low: float, high: float, noise: float, margin: float = 0.03) -> Verdict:
    """Return what an interval of the ratio after/before says.

    Parameters
    ----------
    low, high : float
        The interval; NaN where there were too few blocks, which gives "cannot tell".
    noise : float
        `noise_floor` of the same run, at least 0.
    margin : float, default 0.03
        Ratios within this of 1 are called equivalent, at least 0.

    Returns
    -------
    {"equivalent", "faster", "slower", "cannot tell"}
        Equivalent if the interval lies within the margin, faster or slower if it lies beyond the noise. Results that
        are not equal have no ratio and never come here: their verdict is "different".

    Examples
    --------
    >>> verdict(0.99, 1.01, noise=0.005), verdict(0.4, 0.5, noise=0.02), verdict(0.9, 1.2, noise=0.02)
    ('equivalent', 'faster', 'cannot tell')
    """
    if not margin >= 0.0:
        raise ParameterError(f"margin must be at least 0, got {margin!r}")
    if 1.0 / (1.0 + margin) < low and high < 1.0 + margin:
        return "equivalent"
    if high < 1.0 / (1.0 + noise):
        return "faster"
    if low > 1.0 + noise:
        return "slower"
    return "cannot tell"


def median_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Return the median of `values` and an interval for it, from ranks alone; bounds are NaN below 6 values.

    Examples
    --------
    >>> median_interval(np.arange(101.0))
    Interval(estimate=50.0, low=40.0, high=60.0)
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    count = len(ordered)
    if not count:
        return Interval(math.nan, math.nan, math.nan)
    estimate = float(np.median(ordered))
    if count < FEWEST_BLOCKS:
        return Interval(estimate, math.nan, math.nan)
    reach = NormalDist().inv_cdf((1.0 + level) / 2.0) * math.sqrt(count) / 2.0
    low, high = max(0, math.floor(count / 2.0 - reach)), min(count - 1, math.ceil(count / 2.0 + reach) - 1)
    return Interval(estimate, float(ordered[low]), float(ordered[high]))
