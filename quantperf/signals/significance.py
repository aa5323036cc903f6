"""Statistics that are honest about many tests at once, about windows that overlap and about events that cluster.

Intervals of shares, p values from permutations and from shifts in time, and their control over many tests; the block
bootstrap of `resampling` belongs to them.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from quantperf.errors import DataError, ParameterError, one_of
from quantperf.signals.resampling import Interval, automatic_block_length, block_bootstrap, share, whole

__all__ = [
    "Interval",
    "Shifted",
    "automatic_block_length",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "block_bootstrap",
    "permutation_p",
    "shift_means",
    "shift_null",
    "shifts_of",
    "wilson",
]

FloatArray = npt.NDArray[np.float64]
Sides: TypeAlias = Literal["two", "greater", "less"]

_TIES = 1e-9  # statistics this near, relative to the largest, are the same up to rounding, and count as exceeded


class Shifted(NamedTuple):
    """What shifts of events against returns say about their mean return.

    Attributes
    ----------
    mean : float
        The mean return of the events, in excess of the mean of their symbols over all bars.
    p : float
        Share of shifts, the true place among them, whose mean lies as far from the middle of the shifts.
    draws : int
        Shifts that were compared.
    """

    mean: float
    p: float
    draws: int


def wilson(successes: Any, trials: Any, confidence: float = 0.95) -> tuple[Any, Any]:
    """Return the bounds of Wilson's score interval for a share.

    Parameters
    ----------
    successes, trials : array_like
        How often it was so, and out of how many; numbers of effective trials need not be whole.
    confidence : float, default 0.95
        Share of such intervals that hold the true share, between 0 and 1.

    Returns
    -------
    low, high : ndarray, or float for numbers
        NaN where there were no trials, or a number is NaN.

    Raises
    ------
    ParameterError
        If successes are below 0 or above trials, or `confidence` lies outside of 0 to 1.

    Notes
    -----
    Trials are taken as independent; give fewer where they are not. Source: E. B. Wilson, *Probable inference, the law
    of succession, and statistical inference*, J. Am. Statist. Assoc. 22, 1927.

    Examples
    --------
    >>> low, high = wilson(7, 10)
    >>> round(low, 3), round(high, 3)
    (0.397, 0.892)
    """
    reach = NormalDist().inv_cdf((1.0 + share("confidence", confidence)) / 2.0)
    hits, count = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    if ((hits < 0.0) | (hits > count)).any():
        raise ParameterError("successes must be from 0 to trials; count them over the same trials")
    count = np.where(count > 0.0, count, np.nan)
    rate, square = hits / count, reach * reach / count
    middle = (rate + square / 2.0) / (1.0 + square)
    half = np.sqrt(square * rate * (1.0 - rate) + square * square / 4.0) / (1.0 + square)
    low, high = np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
    return (low, high) if low.ndim else (float(low), float(high))


def benjamini_hochberg(p: Any) -> FloatArray:
    """Return p values adjusted for the number of tests; those at or below a level keep its false discovery rate.

    Parameters
    ----------
    p : array_like
        p values, from 0 to 1; NaN where a test was not made, which does not count as one.

    Returns
    -------
    ndarray
        Adjusted values in the same places.

    Raises
    ------
    ParameterError
        If a value lies outside of 0 to 1.

    Notes
    -----
    Source: Y. Benjamini and Y. Hochberg, *Controlling the false discovery rate*, J. R. Statist. Soc. B 57, 1995. It
    holds for tests that are independent or depend on each other positively.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, np.nan]).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    values = np.asarray(p, dtype=np.float64)
    if ((values < 0.0) | (values > 1.0)).any():
        raise ParameterError(f"p values must be from 0 to 1, got {np.nanmin(values)!r} to {np.nanmax(values)!r}")
    adjusted = np.full(values.shape, np.nan)
    made = np.flatnonzero(~np.isnan(values))
    order = made[np.argsort(values.flat[made], kind="stable")]
    scaled = values.flat[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted.flat[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def benjamini_yekutieli(p: Any) -> FloatArray:
    """Return p values adjusted for the number of tests, whatever way these depend on each other.

    Parameters, Returns and Raises as those of `benjamini_hochberg`.

    Notes
    -----
    Those of `benjamini_hochberg` times 1 + 1/2 + ... + 1/tests. Source: Y. Benjamini and D. Yekutieli, *The control of
    the false discovery rate in multiple testing under dependency*, Ann. Statist. 29, 2001.

    Examples
    --------
    >>> benjamini_yekutieli([0.01, 0.5]).round(4).tolist()
    [0.03, 0.75]
    """
    tests = int((~np.isnan(np.asarray(p, dtype=np.float64))).sum())
    harmonic = sum(1.0 / rank for rank in range(1, tests + 1))
    return np.minimum(benjamini_hochberg(p) * harmonic, 1.0)


def permutation_p(observed: float, null: Any, sides: Sides = "two") -> float:
    """Return the share of statistics, the observed among them, that are as extreme as it.

    Parameters
    ----------
    observed : float
        The statistic of the data.
    null : array_like
        The same of data in which there can be no effect; NaN is left out.
    sides : {"two", "greater", "less"}
        What is extreme; with "two" the distance from the mean of `null`.

    Returns
    -------
    float
        (1 + exceedances) / (1 + draws), so never 0; NaN if there is no statistic to compare, or none compared to.

    Raises
    ------
    ParameterError
        If `sides` is none of these.

    Notes
    -----
    Source: B. Phipson and G. K. Smyth, *Permutation p-values should never be zero*, Stat. Appl. Genet. Mol. Biol. 9,
    2010.

    Examples
    --------
    >>> permutation_p(5.0, [-1.0, 0.0, 1.0])
    0.25
    """
    if sides not in ("two", "greater", "less"):
        raise one_of("sides", ("two", "greater", "less"), sides)
    drawn = np.asarray(null, dtype=np.float64).ravel()
    drawn = drawn[~np.isnan(drawn)]
    if math.isnan(observed) or not len(drawn):
        return math.nan
    middle = drawn.mean()
    slack = _TIES * max(float(np.abs(drawn).max()), abs(observed))
    if sides == "two":
        extreme = np.abs(drawn - middle) >= abs(observed - middle) - slack
    elif sides == "greater":
        extreme = drawn >= observed - slack
    else:
        extreme = drawn <= observed + slack
    return float((1 + np.count_nonzero(extreme)) / (1 + len(drawn)))


def shifts_of(bars: int, guard: int, draws: int, seed: int = 0) -> npt.NDArray[np.intp]:
    """Return by how many bars events are moved: different shifts, none nearer than `guard` to where they were.

    All there are, if there are no more than `draws`.

    Examples
    --------
    >>> shifts_of(10, guard=4, draws=99).tolist()
    [4, 5, 6]
    """
    open_shifts = np.arange(max(guard, 1), bars - max(guard, 1) + 1)
    if len(open_shifts) <= draws:
        return open_shifts
    return np.sort(np.random.default_rng(seed).choice(open_shifts, size=draws, replace=False))


def shift_means(events: FloatArray, returns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return sum and number of the returns of events for every circular shift of the events against the returns.

    Parameters
    ----------
    events : ndarray, shape (bars, lanes)
        How many events, negative where they foretell a fall.
    returns : ndarray, shape (bars, lanes)
        What followed on each bar; NaN where it is not known.

    Returns
    -------
    sums, counts : ndarray, shape (bars,)
        Of the events moved by 0, 1, 2, ... bars towards the future; those that fall on an unknown return are left out.
    """
    there = ~np.isnan(returns)
    sums = _correlations(events, np.where(there, returns, 0.0))
    counts = _correlations(np.abs(events), there.astype(np.float64))
    return sums, np.rint(counts)


def _correlations(events: FloatArray, values: FloatArray) -> FloatArray:
    """Return the sums over bars and lanes of events times values, for every shift of the events; by FFT."""
    bars = len(events)
    spectrum = (np.fft.rfft(events, axis=0).conj() * np.fft.rfft(values, axis=0)).sum(axis=1)
    return np.asarray(np.fft.irfft(spectrum, bars))


def shift_null(
    events: Any, returns: Any, *, guard: int | None = None, draws: int = 999, sides: Sides = "two", seed: int = 0
) -> Shifted:
    """Return whether returns after events differ from those after the same events at other times.

    Parameters
    ----------
    events : array_like, shape (bars,) or (bars, symbols)
        How many events there were on each bar; negative where they foretell a fall, whose returns count reversed.
    returns : array_like of the same shape
        What followed each bar, if one acted on it; NaN where that is not known.
    guard : int, optional
        Shifts nearer than this, in bars, are not drawn, since they would bring events before what caused them. By
        default a tenth of the bars.
    draws : int, default 999
        Shifts that are drawn, without repetition; all that there are if they are fewer.
    sides : {"two", "greater", "less"}
        Which means speak against the null hypothesis.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    Shifted
        `mean` in excess of the mean of each symbol, `p`, `draws`; NaN without events, or without shifts.

    Raises
    ------
    DataError
        If the shapes differ.

    Notes
    -----
    All symbols are moved by the same number of bars on the circle of bars that have a return, so events keep how they
    cluster, and returns how they depend on each other. Shifts that would move more than half of the events to where no
    return is known are left out.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> events, returns = random.random(500) < 0.1, random.standard_normal(500)
    >>> shift_null(events, returns).p > 0.05
    True
    >>> shift_null(events, returns + events, draws=99).p
    0.01
    """
    marks, values = (np.asarray(item, dtype=np.float64) for item in (events, returns))
    if marks.shape != values.shape or values.ndim not in (1, 2):
        raise DataError(f"events and returns must have one shape, (bars, symbols), got {marks.shape}, {values.shape}")
    marks, values = marks.reshape(len(marks), -1), values.reshape(len(values), -1)
    known = np.flatnonzero(~np.isnan(values).all(axis=1))
    if not len(known):
        return Shifted(math.nan, math.nan, 0)
    kept = slice(known[0], known[-1] + 1)
    marks, values = marks[kept], values[kept]
    there = ~np.isnan(values)
    values = values - np.where(there, values, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    sums, counts = shift_means(marks, values)
    near = max(len(marks) // 10, 1) if guard is None else whole("guard", guard, low=0)
    shifts = shifts_of(len(marks), near, whole("draws", draws, low=1), whole("seed", seed, low=0))
    return _shifted(sums, counts, shifts, sides)


def _shifted(sums: FloatArray, counts: FloatArray, shifts: npt.NDArray[np.intp], sides: Sides) -> Shifted:
    """Return the verdict of shifts, of sums and counts for every shift."""
    if counts[0] < 1.0:
        return Shifted(math.nan, math.nan, 0)
    shifts = shifts[counts[shifts] >= counts[0] / 2.0]
    mean = float(sums[0] / counts[0])
    return Shifted(mean, permutation_p(mean, sums[shifts] / counts[shifts], sides), len(shifts))
