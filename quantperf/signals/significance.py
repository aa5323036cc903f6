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
from quantperf.kernels.study import placed_means
from quantperf.signals.resampling import Interval, automatic_block_length, block_bootstrap, share, whole

__all__ = [
    "Interval",
    "Shifted",
    "automatic_block_length",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "block_bootstrap",
    "excess_returns",
    "permutation_p",
    "placements",
    "shift_null",
    "wilson",
]

FloatArray = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Sides: TypeAlias = Literal["two", "greater", "less"]

_TIES = 1e-9  # statistics this near, relative to the largest, are the same up to rounding, and count as exceeded


class Shifted(NamedTuple):
    """What returns at other places say about the mean return after events.

    Attributes
    ----------
    mean : float
        The mean return after the events, in excess of the mean of their symbols.
    t : float
        The same in standard errors.
    p : float
        Share of placements, the true one among them, with a `t` as extreme.
    draws : int
        Placements that were compared.
    """

    mean: float
    t: float
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


def permutation_p(observed: float, null: Any, sides: Sides = "two", *, middle: float | None = None) -> float:
    """Return the share of statistics, the observed among them, that are as extreme as it.

    Parameters
    ----------
    observed : float
        The statistic of the data.
    null : array_like
        The same of data in which there can be no effect; NaN is left out.
    sides : {"two", "greater", "less"}
        What is extreme; with "two" the distance from the middle.
    middle : float, optional
        What is expected without an effect; by default the mean of all statistics, the observed among them.

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
    >>> permutation_p(0.5, [-1.0, 0.0, 1.0], middle=0.0)
    0.75
    """
    if sides not in ("two", "greater", "less"):
        raise one_of("sides", ("two", "greater", "less"), sides)
    drawn = np.asarray(null, dtype=np.float64).ravel()
    drawn = drawn[~np.isnan(drawn)]
    if math.isnan(observed) or not len(drawn):
        return math.nan
    middle = (drawn.sum() + observed) / (1 + len(drawn)) if middle is None else middle
    slack = _TIES * max(float(np.abs(drawn).max()), abs(observed))
    if sides == "two":
        extreme = np.abs(drawn - middle) >= abs(observed - middle) - slack
    elif sides == "greater":
        extreme = drawn >= observed - slack
    else:
        extreme = drawn <= observed + slack
    return float((1 + np.count_nonzero(extreme)) / (1 + len(drawn)))


def placements(bars: int, *, blocks: int = 20, draws: int = 999, seed: int = 0) -> Places:
    """Return where the returns of each bar come from when blocks of bars are shifted to other places.

    Parameters
    ----------
    bars : int
        How many there are, on a circle.
    blocks : int, default 20
        Blocks of about the same length that the circle is cut into, at a place that is drawn too; at least 2.
    draws : int, default 999
        Orders of the blocks that are drawn.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    ndarray of int, shape (1 + draws, bars)
        The first row are the bars as they are.

    Examples
    --------
    >>> placements(6, blocks=3, draws=1).tolist()
    [[0, 1, 2, 3, 4, 5], [5, 0, 1, 2, 3, 4]]
    """
    if whole("blocks", blocks, low=2) > bars:
        raise ParameterError(f"blocks must be no more than the {bars} bars, got {blocks}")
    random = np.random.default_rng(whole("seed", seed, low=0))
    whole("draws", draws, low=1)
    order = random.permuted(np.tile(np.arange(blocks), (draws, 1)), axis=1)
    cut, turn = random.integers(bars, size=(2, draws, 1))
    lengths = np.full(blocks, bars // blocks)
    lengths[: bars % blocks] += 1
    there, here = (lengths.cumsum() - lengths)[order], lengths[order].cumsum(axis=1) - lengths[order]
    moves = np.repeat((there - here).ravel(), lengths[order].ravel()).reshape(draws, bars)
    on = (np.arange(bars) - turn) % bars
    moved = (on + np.take_along_axis(moves, on, axis=1) + cut) % bars
    return np.concatenate([np.arange(bars)[None], moved]).astype(np.intp)


def excess_returns(returns: FloatArray, before: int) -> FloatArray:
    """Return returns less the mean of their symbol over all bars but the last `before` ones up to each.

    Notes
    -----
    The mean of all bars holds the bars that led to an event. A symbol that rose into its events then seems to fall
    after them: on a random walk by the rise over the number of bars, in each symbol, so that in many symbols together
    it is found to be significant (R. F. Stambaugh, *Predictive regressions*, J. Financial Economics 54, 1999).

    Examples
    --------
    >>> excess_returns(np.array([[1.0], [2.0], [3.0]]), before=1).ravel().tolist()
    [-1.5, 0.0, 1.5]
    """
    there = ~np.isnan(returns)
    sums, counts = np.where(there, returns, 0.0).cumsum(axis=0), there.cumsum(axis=0).astype(np.float64)
    others, number = sums[-1] - sums, counts[-1] - counts
    others[before:] += sums[:-before]
    number[before:] += counts[:-before]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(returns - np.where(number > 0.0, others / number, np.nan))


def shift_null(
    events: Any,
    returns: Any,
    *,
    span: int = 1,
    blocks: int = 20,
    draws: int = 999,
    sides: Sides = "two",
    seed: int = 0,
) -> Shifted:
    """Return whether returns after events differ from those after the same events at other times.

    Parameters
    ----------
    events : array_like of int, shape (bars,) or (bars, symbols)
        How many events there were on each bar; negative where they foretell a fall, whose returns count reversed.
    returns : array_like of the same shape
        What followed each bar, if one acted on it; NaN where that is not known.
    span : int, default 1
        Bars over which one return reaches, at least 1: nearer events share what followed them.
    blocks : int, default 20
        Blocks of bars that are shifted; each should be several times longer than `span`.
    draws : int, default 999
        Placements that are drawn.
    sides : {"two", "greater", "less"}
        Which means speak against the null hypothesis.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    Shifted
        `mean` in excess of the mean of each symbol, `t`, `p`, `draws`; NaN without events, or where none differ.

    Raises
    ------
    DataError
        If the shapes differ.
    ParameterError
        If a parameter is out of bounds.

    Notes
    -----
    Blocks of bars are moved to other places under the events, those of all symbols together: events keep how they
    cluster and return, and returns how they move together and how their volatility clusters. A single shift of the
    whole would keep more, but has few places that differ for events that last. What is compared is the mean over its
    standard error, since events often come when returns are large: by the mean alone such events would be found in
    random walks with changing volatility. Source of that rule: E. Chung and J. P. Romano, *Exact and asymptotically
    robust permutation tests*, Ann. Statist. 41, 2013.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> events, returns = random.random(500) < 0.1, random.standard_normal(500)
    >>> shift_null(events, returns).p > 0.05
    True
    >>> shift_null(events, returns + events, draws=99).p
    0.01
    """
    marks, values = np.asarray(events, dtype=np.intp), np.asarray(returns, dtype=np.float64)
    if marks.shape != values.shape or values.ndim not in (1, 2):
        raise DataError(f"events and returns must have one shape, (bars, symbols), got {marks.shape}, {values.shape}")
    marks, values = marks.reshape(len(marks), -1), values.reshape(len(values), -1)
    known = np.flatnonzero(~np.isnan(values).all(axis=1))
    if not len(known):
        return Shifted(math.nan, math.nan, math.nan, 0)
    kept = slice(known[0], known[-1] + 1)
    bar, lane = np.nonzero(marks[kept])
    counts = marks[kept][bar, lane]
    bar, lane, sign = (np.repeat(item, np.abs(counts)) for item in (bar, lane, np.sign(counts)))
    if whole("span", span, low=1) >= len(values[kept]):
        raise ParameterError(f"span must be less than the {len(values[kept])} bars with returns, got {span}")
    excess = excess_returns(values[kept], usual_causes(len(values[kept])))
    places = placements(len(excess), blocks=blocks, draws=draws, seed=seed)
    means, t = placed(bar, lane, sign.astype(np.float64), excess, places, span)
    return Shifted(float(means[0]), float(t[0]), permutation_p(t[0], t[1:], sides, middle=0.0), draws)


def usual_causes(bars: int) -> int:
    """Return how many bars up to an event are taken to have led to it: a tenth of all."""
    return max(bars // 10, 1)


def placed(
    bar: Places, lane: Places, sign: FloatArray, values: FloatArray, places: Places, span: int
) -> tuple[FloatArray, FloatArray]:
    """Return the mean value of events and its ratio to its standard error, for each placement of the values."""
    bars = len(values)
    busy, slots = np.unique(bar, return_inverse=True)
    # An event is in the stretches of `span` bars that end on its bar and on those after it, on the circle.
    when = np.concatenate([busy, (busy + span) % bars])
    order = np.argsort(when, kind="stable")
    width = np.diff(when[order], append=when[order[:1]] + bars).astype(np.float64)
    entering = np.repeat([1.0, -1.0], len(busy))[order]
    slot = np.tile(np.arange(len(busy)), 2)[order]
    begun = (busy + span >= bars).astype(np.float64)  # those that are in the stretch that ends on the last bar
    found = np.empty((2, len(places)))
    placed_means(bar, lane, sign, slots, values, places, span, entering, slot, width, begun, found)
    return found[0], found[1]
