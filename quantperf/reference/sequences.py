"""Sequences of signals, as one would count them by hand: sort, walk, look at each window."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.reference import Array

__all__ = ["Rules", "moves", "turned_counts", "turned_pairs", "turned_successes", "windows"]

Whole = npt.NDArray[np.int64]
Event = tuple[int, int]  # place, type
Group = tuple[list[Event], list[int], list[int], list[int]]
# events; of each bar its two clocks, for the gap and for the span; of each type the first place where it can be


@dataclass(frozen=True)
class Rules:
    """Which windows of consecutive events count.

    Attributes
    ----------
    gap, span : int
        The most from one event to the next, and from the first to the last, each on its clock.
    apart : bool
        Whether events of one place may not follow each other.
    shortest, longest : int
        Events of a window.
    """

    gap: int
    span: int
    apart: bool = False
    shortest: int = 2
    longest: int = 5


def windows(group: Group, shares: Array, rules: Rules) -> Iterator[tuple[Event, ...]]:
    """Yield the windows of one group, each type of which is turned by its share of the bars from its first place on.

    Examples
    --------
    >>> bars = list(range(10))
    >>> list(windows(([(1, 0), (3, 1), (9, 0)], bars, bars, [0, 0]), np.zeros(2), Rules(gap=3, span=9)))
    [((1, 0), (3, 1))]
    >>> list(windows(([(1, 0), (3, 1), (9, 0)], bars, bars, [0, 0]), np.array([0.2, 0.0]), Rules(gap=3, span=9)))
    [((1, 0), (3, 0)), ((1, 0), (3, 0), (3, 1)), ((3, 0), (3, 1))]
    """
    events, near, far, opens = group
    turned = []
    for place, kind in events:
        room = len(near) - opens[kind]
        turned.append((opens[kind] + (place - opens[kind] + int(shares[kind] * room)) % room, kind))
    turned.sort()
    for i in range(len(turned)):
        window = [turned[i]]
        for later in turned[i + 1 : i + rules.longest]:
            if rules.apart and later[0] == window[-1][0]:
                break
            if near[later[0]] - near[window[-1][0]] > rules.gap or far[later[0]] - far[window[0][0]] > rules.span:
                break
            window.append(later)
            if len(window) >= rules.shortest:
                yield tuple(window)


def turned_pairs(groups: list[Group], shares: Array, rules: Rules) -> Whole:
    """Return how many neighbours there are of each two types, over all draws: (types, types)."""
    types = shares.shape[1]
    pairs = np.zeros((types, types), dtype=np.int64)
    two = Rules(rules.gap, rules.span, rules.apart, 2, 2)
    for draw in shares:
        for group in groups:
            for (_, before), (_, after) in windows(group, draw, two):
                pairs[before, after] += 1
    return pairs


def turned_counts(
    groups: list[Group], shares: Array, rules: Rules, least: int, links: Array, own: Array, wanted: list[Any]
) -> tuple[Whole, Array]:
    """Return how often each wanted sequence of types occurs in each draw, and the greatest surprise of any sequence.

    Parameters
    ----------
    groups : list
        Events and clocks of each symbol and timeframe.
    shares : ndarray, shape (draws, types)
        By which share of the bars each type is turned.
    rules : Rules
        Which windows count.
    least : int
        Sequences that are rarer in a draw do not surprise.
    links : ndarray, shape (types, types)
        Logarithm of the expected number of neighbours.
    own : ndarray, shape (types,)
        Logarithm of the number of events.
    wanted : list of tuple of int
        The sequences to be counted.
    """
    found = np.zeros((len(shares), len(wanted)), dtype=np.int64)
    top = np.zeros(len(shares))
    for number, draw in enumerate(shares):
        counts: Counter[tuple[int, ...]] = Counter()
        for group in groups:
            counts.update(tuple(kind for _, kind in window) for window in windows(group, draw, rules))
        found[number] = [counts[types] for types in wanted]
        frequent = (_surprise(types, count, links, own) for types, count in counts.items() if count >= least)
        top[number] = max(frequent, default=0.0)
    return found, top


def _surprise(types: tuple[int, ...], count: int, links: Array, own: Array) -> float:
    """Return by how much a count exceeds what pairs of neighbours let expect (half of a likelihood ratio)."""
    expected = sum(links[before, after] for before, after in pairwise(types))
    expected -= sum(own[kind] for kind in types[1:-1])
    if math.log(count) <= expected:
        return 0.0
    return float(count * (math.log(count) - expected) - (count - math.exp(expected)))


def turned_successes(
    sets: list[list[tuple[int, int, int]]], signs: list[list[int]], shares: Array
) -> tuple[Whole, Whole]:
    """Return how many of each set would have won in each draw, and of how many that is known.

    Parameters
    ----------
    sets : list of list of (group, place, side)
        Where one could have acted, and on which side.
    signs : list of list of int
        Of each group and bar the sign of what followed; other than 1, 0 and -1 it is unknown.
    shares : ndarray, shape (draws,)
        By which share of the bars all are turned.
    """
    wins = np.zeros((len(shares), len(sets)), dtype=np.int64)
    known = np.zeros_like(wins)
    for number, share in enumerate(shares):
        for which, entries in enumerate(sets):
            for group, place, side in entries:
                bars = len(signs[group])
                sign = signs[group][(place + int(share * bars)) % bars]
                if sign in (-1, 0, 1):
                    known[number, which] += 1
                    wins[number, which] += sign * side > 0
    return wins, known


def moves(high: Array, low: Array, entry: Whole, leave: Whole) -> tuple[Array, Array]:
    """Return the highest high and lowest low of the bars from entry to leave; NaN where one lacks or there is none.

    Examples
    --------
    >>> high, low = np.array([3.0, 5.0, 4.0]), np.array([1.0, 2.0, np.nan])
    >>> moves(high, low, np.array([0, 1, -1]), np.array([1, 2, 0]))
    (array([ 5., nan, nan]), array([ 1., nan, nan]))
    """
    up, down = np.full(len(entry), np.nan), np.full(len(entry), np.nan)
    for number, (first, last) in enumerate(zip(entry.tolist(), leave.tolist(), strict=True)):
        if 0 <= first <= last:
            highs, lows = high[first : last + 1], low[first : last + 1]
            if not (np.isnan(highs).any() or np.isnan(lows).any()):
                up[number], down[number] = highs.max(), lows.min()
    return up, down
