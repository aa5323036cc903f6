"""What followed events: row by row."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from quantperf.reference import Array

__all__ = ["event_rows", "excess_returns", "forward_returns", "placed_means", "placements"]

Places = npt.NDArray[np.intp]


def forward_returns(opens: Array, closes: Array, span: int, at_open: bool) -> Array:
    """Return logarithmic returns of one symbol from each bar to the close `span` bars later.

    Examples
    --------
    >>> price = np.array([0.0, 1.0, 3.0])
    >>> forward_returns(price, price, 1, at_open=False).tolist()
    [1.0, 2.0, nan]
    """
    found = np.full(len(closes), np.nan)
    for bar in range(len(closes) - span):
        found[bar] = closes[bar + span] - (opens[bar + 1] if at_open else closes[bar])
    return found


def excess_returns(returns: Array, before: int) -> Array:
    """Return the returns of one symbol less the mean of its other bars, without the last `before` up to each.

    Examples
    --------
    >>> excess_returns(np.array([1.0, 2.0, 3.0]), before=1).tolist()
    [-1.5, 0.0, 1.5]
    """
    found = np.full(len(returns), np.nan)
    for bar in range(len(returns)):
        others = np.concatenate([returns[: max(bar - before + 1, 0)], returns[bar + 1 :]])
        others = others[~np.isnan(others)]
        if len(others):
            found[bar] = returns[bar] - others.mean()
    return found


def placed_means(
    bar: Places, lane: Places, sign: Array, values: Array, sources: Places, span: int
) -> tuple[Array, Array]:
    """Return the mean value of events and its ratio to its standard error, for each placement of the values.

    Notes
    -----
    The standard error is that of a mean whose errors are independent over more than `span` bars: the root of the mean
    square of the sums of errors over stretches of `span` bars, on the circle of bars.

    Examples
    --------
    >>> events = np.array([0, 2]), np.array([0, 0]), np.array([1.0, 1.0])
    >>> mean, t = placed_means(*events, np.array([[3.0], [5.0], [1.0]]), np.array([[0, 1, 2]]), 1)
    >>> float(mean[0]), round(float(t[0]), 4)
    (2.0, 2.8284)
    """
    bars = len(values)
    means, ratios = np.full(len(sources), np.nan), np.full(len(sources), np.nan)
    for place, source in enumerate(sources):
        met = [(b, s * values[source[b], column]) for b, column, s in zip(bar, lane, sign, strict=True)]
        met = [(b, value) for b, value in met if not np.isnan(value)]
        if not met:
            continue
        mean = sum(value for _, value in met) / len(met)
        errors = [0.0] * bars
        for b, value in met:
            errors[b] += value - mean
        stretches = [sum(errors[t - back] for back in range(span)) for t in range(bars)]  # errors[-1] is the last bar
        squares = sum(stretch * stretch for stretch in stretches) / span
        means[place] = mean
        if squares > 0.0:
            ratios[place] = mean / (math.sqrt(squares) / len(met))
    return means, ratios


def placements(bars: int, blocks: int, draws: int, seed: int) -> Places:
    """Return where the values of each bar come from when blocks of bars are put in other orders, on a circle.

    Examples
    --------
    >>> placements(6, blocks=3, draws=1, seed=0).tolist()
    [[0, 1, 2, 3, 4, 5], [5, 0, 1, 2, 3, 4]]
    """
    random = np.random.default_rng(seed)
    orders = random.permuted(np.tile(np.arange(blocks), (draws, 1)), axis=1)
    cuts, turns = random.integers(bars, size=(2, draws, 1))
    found = [list(range(bars))]
    parts = [part.tolist() for part in np.array_split(np.arange(bars), blocks)]
    for order, cut, turn in zip(orders, cuts.ravel().tolist(), turns.ravel().tolist(), strict=True):
        moved = [bar for part in order for bar in parts[part]]
        found.append([(moved[(t - turn) % bars] + cut) % bars for t in range(bars)])
    return np.array(found, dtype=np.intp)


def event_rows(events: Array, opens: Array, closes: Array, span: int = 5, draws: int = 99, seed: int = 0) -> Array:
    """Return what followed events, entered at the next open and left `span` bars after them at the close.

    Parameters
    ----------
    events : ndarray, shape (bars, symbols)
        1.0 or -1.0 where there is one, by its direction; else 0.0.
    opens, closes : ndarray, shape (bars, symbols)
        Prices; NaN, infinite or not above 0 is missing.
    span : int, default 5
        Bars.
    draws : int, default 99
        Placements that the mean is compared to.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    ndarray
        How many events have a return; their mean return in their direction, that of the other bars of their symbols,
        the excess of the one over the other; the share of returns above 0, the share of all bars of their symbols; the
        excess in standard errors, and the share of placements in which that is as extreme.

    Notes
    -----
    `quantperf.signals.study.event_study` defines these words.

    Examples
    --------
    >>> price = np.array([[1.0], [2.0], [4.0], [8.0], [8.0]])
    >>> event_rows(np.array([[0.0], [1.0], [0.0], [0.0], [0.0]]), price, price, span=1)[0]
    np.float64(1.0)
    """
    nothing = np.array([0.0, *[np.nan] * 7])
    opened, closed = ([[_logarithm(price) for price in row] for row in prices] for prices in (opens, closes))
    columns = [
        forward_returns(np.array([row[j] for row in opened]), np.array([row[j] for row in closed]), span, at_open=True)
        for j in range(closes.shape[1])
    ]
    known = [t for t in range(len(closes)) if any(not np.isnan(column[t]) for column in columns)]
    if not known:
        return nothing
    first, last = known[0], known[-1] + 1
    columns = [column[first:last] for column in columns]
    excess = np.stack([excess_returns(column, max((last - first) // 10, 1)) for column in columns], axis=1)
    met = [
        (t, j, events[first + t, j])
        for t in range(last - first)
        for j in range(len(columns))
        if events[first + t, j] in (1.0, -1.0) and not np.isnan(excess[t, j])
    ]
    if not met:
        return nothing
    returns = [sign * columns[j][t] for t, j, sign in met]
    mean, beyond = sum(returns) / len(met), sum(sign * excess[t, j] for t, j, sign in met) / len(met)
    success = sum(1 for value in returns if value > 0.0) / len(met)
    usual = sum(_share_of_gains(sign * columns[j]) for _, j, sign in met) / len(met)
    row = [len(met), mean, mean - beyond, beyond, success, usual]
    return np.array([*row, *_extremity(met, excess, span, draws, seed)])


def _logarithm(price: float) -> float:
    return math.log(price) if 0.0 < price < math.inf else math.nan


def _share_of_gains(returns: Array) -> float:
    there = [value for value in returns if not np.isnan(value)]
    return sum(1 for value in there if value > 0.0) / len(there)


def _extremity(
    met: list[tuple[int, int, float]], excess: Array, span: int, draws: int, seed: int
) -> tuple[float, float]:
    """Return the mean excess in standard errors, and the share of placements that are as extreme."""
    blocks = min(20, len(excess) // (2 * span))
    if blocks < 6:
        return math.nan, math.nan
    bar, lane, sign = (np.array(item) for item in zip(*met, strict=True))
    _, t = placed_means(bar, lane, sign, excess, placements(len(excess), blocks, draws, seed), span)
    others = [abs(value) for value in t[1:] if not np.isnan(value)]
    if np.isnan(t[0]) or not others:
        return float(t[0]), math.nan
    nearly = abs(t[0]) - 1e-9 * max(abs(t[0]), *others)
    return float(t[0]), (1 + sum(1 for value in others if value >= nearly)) / (1 + len(others))
