"""Resampling of time: the block bootstrap of series and of means of events.

What is drawn are whole stretches of bars, with all that happened on them in any symbol. So what depends on each other
(windows that overlap, symbols that move together, volatility that clusters) stays together, and does not count as
evidence twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.errors import DataError, ParameterError
from quantperf.performance.statistics import Interval

__all__ = [
    "FEWEST_BLOCKS",
    "Interval",
    "automatic_block_length",
    "block_bootstrap",
    "block_deviations",
    "block_intervals",
]

FloatArray = npt.NDArray[np.float64]

FEWEST_BLOCKS = 6  # below, the spread of the blocks says nothing about the spread of their mean
_MOST_VALUES = 4_000_000  # of one matrix of draws, which bounds the memory of a bootstrap


def automatic_block_length(values: Any) -> float:
    """Return how long the blocks of a circular block bootstrap of the mean should be, told by the autocorrelation.

    Parameters
    ----------
    values : array_like
        One number a bar, oldest first; without NaN.

    Returns
    -------
    float
        At least 1, at most a third of the bars; round it up.

    Raises
    ------
    DataError
        If `values` are not one finite number a bar.

    Notes
    -----
    With the flat-top lag window and the first lag after which the autocorrelations are no longer significant. Source:
    D. N. Politis and H. White, *Automatic block-length selection for the dependent bootstrap*, Econometric Reviews 23,
    2004, as corrected by A. Patton, D. N. Politis and H. White, Econometric Reviews 28, 2009.

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal(1000)
    >>> automatic_block_length(noise) < 3.0 < automatic_block_length(np.convolve(noise, np.ones(10)))
    True
    """
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or not np.isfinite(x).all():
        raise DataError(f"values must be one finite number a bar, got an array of shape {x.shape} or NaN in it")
    bars = len(x)
    if bars < 2 or x.min() == x.max():
        return 1.0
    least = max(5, math.ceil(math.sqrt(math.log10(bars))))
    most = min(math.ceil(math.sqrt(bars)) + least, bars - 1)
    covariances = _autocovariances(x, most)
    small = np.abs(covariances[1:] / covariances[0]) < 2.0 * math.sqrt(math.log10(bars) / bars)
    last = next((lag for lag in range(most) if small[lag : lag + least].all()), most)
    width = min(2 * max(last, 1), most)
    lags = np.arange(-width, width + 1)
    window = np.clip(2.0 * (1.0 - np.abs(lags) / width), 0.0, 1.0)
    around = covariances[np.abs(lags)]
    slope, level = float((window * np.abs(lags) * around).sum()), float((window * around).sum())
    longest = min(3.0 * math.sqrt(bars), bars / 3.0)
    if level <= 0.0:  # so negatively correlated that its mean has no variance left; short blocks keep that
        return 1.0
    length = (2.0 * slope * slope / (4.0 / 3.0 * level * level)) ** (1.0 / 3.0) * bars ** (1.0 / 3.0)
    return float(max(1.0, min(length, longest)))


def _autocovariances(x: FloatArray, most: int) -> FloatArray:
    """Return the autocovariances of lags 0 to `most`."""
    centred = x - x.mean()
    spectrum = np.fft.rfft(centred, 2 * len(x))
    return np.asarray(np.fft.irfft(spectrum * spectrum.conj(), 2 * len(x))[: most + 1] / len(x))


def block_bootstrap(
    values: Any,
    statistic: Callable[[FloatArray], float] | None = None,
    *,
    block: int | None = None,
    draws: int = 999,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return a statistic of a series and an interval for it that knows how its bars depend on each other.

    Parameters
    ----------
    values : array_like, shape (bars,) or (bars, columns)
        In the order of time; what stands in the columns of a bar is drawn together. NaN is "no value on this bar".
    statistic : callable, optional
        Makes a number of values of the same shape; by default the mean of all values that are there.
    block : int, optional
        Bars a block, at least 1; by default `automatic_block_length` of the sums of the bars.
    draws : int, default 999
        Series that are drawn.
    confidence : float, default 0.95
        Share of such intervals that hold the true value, between 0 and 1.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    Interval
        `estimate`, `low`, `high`. The bounds are NaN where the values fill fewer than 6 blocks.

    Raises
    ------
    DataError
        If `values` have another shape.
    ParameterError
        If a parameter is out of bounds.

    Notes
    -----
    Blocks on a circle: each bar is drawn with the same chance. Of the mean, the interval is studentised: each draw is
    measured by its own standard error; of another statistic it is the basic one, its draws mirrored at the estimate.
    Sources: D. N. Politis and J. P. Romano, *A circular block-resampling procedure for stationary data*, 1992;
    F. Götze and H. R. Künsch, *Second-order correctness of the blockwise bootstrap*, Ann. Statist. 24, 1996.

    Examples
    --------
    >>> block_bootstrap(np.arange(100.0) % 2.0, block=2)
    Interval(estimate=0.5, low=0.5, high=0.5)
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim not in (1, 2) or not len(table):
        raise DataError(f"values must have the shape (bars,) or (bars, columns), got {table.shape}")
    rows = table.reshape(len(table), -1)
    there = ~np.isnan(rows)
    sums, counts = np.where(there, rows, 0.0).sum(axis=1), there.sum(axis=1).astype(np.float64)
    if block is None:
        mean = sums.sum() / max(counts.sum(), 1.0)
        block = math.ceil(automatic_block_length(sums - mean * counts))
    if statistic is None:
        found = block_intervals(
            sums[:, None], counts[:, None], block=block, draws=draws, confidence=confidence, seed=seed
        )
        return Interval(float(found[0][0]), float(found[1][0]), float(found[2][0]))
    level, estimate = share("confidence", confidence), float(statistic(table))
    made = [
        float(statistic(table[((starts[:, None] + np.arange(block)) % len(table)).ravel()[: len(table)]]))
        for starts in _starts(len(table), block, draws, seed)
    ]
    if len(table) < FEWEST_BLOCKS * block:
        return Interval(estimate, math.nan, math.nan)
    high, low = 2.0 * estimate - np.quantile(made, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Interval(estimate, float(low), float(high))


def _starts(bars: int, block: int, draws: int, seed: int) -> npt.NDArray[np.intp]:
    """Return the first bars of the blocks of each draw."""
    whole("block", block, low=1)
    whole("draws", draws, low=1)
    random = np.random.default_rng(whole("seed", seed, low=0))
    return random.integers(bars, size=(draws, -(-bars // block)))


def block_intervals(
    sums: FloatArray,
    counts: FloatArray,
    base: FloatArray | None = None,
    *,
    block: int,
    draws: int = 999,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return means of events and their intervals, of many kinds of events by the same draws of bars.

    Parameters
    ----------
    sums, counts : ndarray, shape (bars, kinds)
        Of the values of the events of each bar; the mean is the one total over the other.
    base : ndarray, shape (bars, kinds), optional
        What the mean is in excess of: a series of whose mean over all bars is taken off.
    block, draws, confidence, seed
        As of `block_bootstrap`.

    Returns
    -------
    mean, low, high : ndarray, shape (kinds,)
        NaN for a kind without events; bounds also where there are fewer than 6 blocks with events.
    """
    level = share("confidence", confidence)
    base = np.zeros_like(sums) if base is None else base
    starts = _starts(len(sums), block, draws, seed)
    total = counts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio, below = sums.sum(axis=0) / total, base.mean(axis=0)
    mean = ratio - below
    deviation = block_deviations(sums, counts, base, block=block)
    parts = [_circular_sums(part, block) for part in (sums - ratio * counts, counts, base - below)]
    t = np.concatenate(
        [_studentised(matrix, parts, block, starts.shape[1]) for matrix in _multiplicities(starts, len(sums))]
    )
    low, high = np.full(len(total), np.nan), np.full(len(total), np.nan)
    busy = (parts[1][:: max(block, 1)] > 0.0).sum(axis=0)
    for kind in np.flatnonzero((busy >= FEWEST_BLOCKS) & (len(sums) >= FEWEST_BLOCKS * block)):
        known = t[~np.isnan(t[:, kind]), kind]
        upper, lower = np.quantile(known, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
        low[kind], high[kind] = mean[kind] - lower * deviation[kind], mean[kind] - upper * deviation[kind]
    return mean, low, high


def block_deviations(sums: FloatArray, counts: FloatArray, base: FloatArray | None = None, *, block: int) -> FloatArray:
    """Return the standard errors of means of events, from sums over all stretches of `block` bars.

    Parameters as those of `block_intervals`. NaN for a kind without events.
    """
    base = np.zeros_like(sums) if base is None else base
    total, bars = counts.sum(axis=0), len(sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        influence = (sums - sums.sum(axis=0) / total * counts) / total - (base - base.mean(axis=0)) / bars
    return np.asarray(np.sqrt((_circular_sums(influence, block) ** 2).sum(axis=0) / block))


def _circular_sums(values: FloatArray, block: int) -> FloatArray:
    """Return the sums over `block` bars from each bar on, the first bars following the last."""
    around = np.concatenate([np.zeros_like(values[:1]), values, values[: block - 1]]).cumsum(axis=0)
    return np.asarray(around[block:] - around[:-block])


def _multiplicities(starts: npt.NDArray[np.intp], bars: int) -> Iterator[FloatArray]:
    """Return, for some draws at a time, how often each bar begins a block."""
    step = max(1, _MOST_VALUES // bars)
    for first in range(0, len(starts), step):
        some = starts[first : first + step]
        places = (np.arange(len(some))[:, None] * bars + some).ravel()
        yield np.bincount(places, minlength=len(some) * bars).reshape(len(some), bars).astype(np.float64)


def _studentised(matrix: FloatArray, parts: list[FloatArray], block: int, blocks: int) -> FloatArray:
    """Return the error of the mean of each draw, in standard errors of that draw."""
    s, n, g = parts  # of each block; s and g are centred: their totals over all bars are 0
    bars = float(block * blocks)
    s1, n1, g1 = matrix @ s, matrix @ n, matrix @ g
    with np.errstate(invalid="ignore", divide="ignore"):
        r = s1 / n1
        error = r - g1 / bars
        # The variance of the sum over blocks of (s - r n) / n1 - (g - g1 / blocks) / bars, whose mean is 0.
        own = matrix @ (s * s) - 2.0 * r * (matrix @ (s * n)) + r * r * (matrix @ (n * n))
        cross = matrix @ (s * g) - r * (matrix @ (n * g))
        rest = matrix @ (g * g) - g1 * g1 / blocks
        variance = own / (n1 * n1) - 2.0 * cross / (n1 * bars) + rest / (bars * bars)
        t = np.where(variance > 0.0, error / np.sqrt(np.maximum(variance, 0.0)), 0.0)
    return np.where(n1 > 0.0, t, np.nan)


def share(name: str, value: float) -> float:
    """Return a number between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise ParameterError(f"{name} must lie between 0 and 1, got {value!r}")
    return float(value)


def whole(name: str, value: Any, *, low: int) -> int:
    """Return a whole number of at least `low`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ParameterError(f"{name} must be a whole number of at least {low}, got {value!r}")
    return int(value)
