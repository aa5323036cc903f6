"""By how much a condition holds or fails, on every bar at once, and which of its comparisons decides that.

The margin of a comparison is the distance of its sides, below 0 if it failed; of conditions that must hold together
it is the least, of alternatives the greatest. Comparisons of one condition may be in different units, so what orders
them is the margin in percent. (This is the robustness of signal temporal logic: G. Fainekos and G. Pappas, *Robustness
of temporal logic specifications for continuous-time signals*, Theor. Comput. Sci. 410, 2009.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "Compared",
    "Condition",
    "Every",
    "OneOf",
    "Weight",
    "approach",
    "comparisons",
    "grouped",
    "nearest_misses",
    "negated",
    "weigh",
]

FloatArray: TypeAlias = npt.NDArray[np.float64]
Condition: TypeAlias = "Compared | Every | OneOf"

WORDS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
UPWARDS = (">", ">=")
STRICT = (">", "<")
HAIR = math.ulp(0.0)  # tells a margin of 0 that holds from one that fails


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Two quantities on every bar (bars, symbols), and which is to be the greater.

    Attributes
    ----------
    words : tuple of str
        What the sides are.
    left, right : ndarray
        Their values.
    relation : str
        One of ``> >= < <=``.
    scale : ndarray
        What 100 percent are; NaN where there is no percentage.
    unit : str
        Of the sides: "price", "volume" or "points".
    ago : int
        How many bars of the symbol before the one in question it looks at.
    """

    words: tuple[str, str]
    left: FloatArray
    relation: str
    right: FloatArray
    scale: FloatArray
    unit: str
    ago: int = 0

    @property
    def text(self) -> str:
        """What is asked, in words."""
        before = " on the bar before" if self.ago == 1 else f" {self.ago} bars before" if self.ago else ""
        return f"{self.words[0]} {WORDS[self.relation]} {self.words[1]}{before}"

    @property
    def margin(self) -> FloatArray:
        """The distance of the sides in their unit, below 0 where it failed."""
        distance = self.left - self.right
        return distance if self.relation in UPWARDS else -distance

    @property
    def percent(self) -> FloatArray:
        """The margin in percent of the scale; a margin of 0 that holds is a hair above 0, one that fails below."""
        margin = self.margin
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(margin == 0.0, 0.0, 100.0 * margin / self.scale)
        share = np.where(np.isnan(self.scale), margin, share)
        nought = -HAIR if self.relation in STRICT else HAIR
        return np.where(margin == 0.0, nought, np.where(share == 0.0, np.copysign(HAIR, margin), share))


@dataclass(frozen=True, slots=True, eq=False)
class Every:
    """Conditions that must hold together."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, eq=False)
class OneOf:
    """Alternatives, of which one is enough."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Weight:
    """How far a condition is from flipping.

    Attributes
    ----------
    percent : ndarray (bars, symbols)
        By how much it holds, never 0: above 0 where it holds, below where it failed, NaN where it is unknown.
    decider : ndarray of int
        Which comparison decides, by its place in `comparisons`; -1 where unknown.
    """

    percent: FloatArray
    decider: npt.NDArray[np.intp]


def comparisons(condition: Condition) -> Iterator[Compared]:
    """Give the comparisons that a condition consists of, in order."""
    if isinstance(condition, Compared):
        yield condition
        return
    for part in condition.parts:
        yield from comparisons(part)


def negated(condition: Condition) -> Condition:
    """Return what holds where this fails, and is unknown where this is."""
    if isinstance(condition, Compared):
        return replace(condition, relation=OPPOSITE[condition.relation])
    parts = tuple(negated(part) for part in condition.parts)
    return OneOf(parts) if isinstance(condition, Every) else Every(parts)


def weigh(condition: Condition, first: int = 0) -> Weight:
    """Return by how much a condition holds on every bar; unknown as in Kleene's logic.

    What must hold together fails as soon as a known part fails, whatever is unknown; alternatives hold as soon as a
    known one holds.
    """
    if isinstance(condition, Compared):
        percent = condition.percent
        return Weight(percent, np.where(np.isnan(percent), -1, first))
    weights = []
    for part in condition.parts:
        weights.append(weigh(part, first))
        first += sum(1 for _ in comparisons(part))
    stack = np.stack([weight.percent for weight in weights])
    missing = np.isnan(stack)
    worst = np.where(missing, np.inf, stack if isinstance(condition, Every) else -stack)
    chosen = worst.argmin(axis=0)
    percent = np.take_along_axis(stack, chosen[None], axis=0)[0]
    settled = percent < 0.0 if isinstance(condition, Every) else percent > 0.0
    known = settled | ~missing.any(axis=0)
    deciders = np.stack([weight.decider for weight in weights])
    decider = np.take_along_axis(deciders, chosen[None], axis=0)[0]
    return Weight(np.where(known, percent, np.nan), np.where(known, decider, -1))


def grouped(condition: Condition, group: str = "") -> Iterator[tuple[str, Compared]]:
    """Give the comparisons, each with the alternatives it belongs to: 1a or 1b, 2a or 2b; none for what must be."""
    if isinstance(condition, Compared):
        yield group, condition
        return
    if isinstance(condition, OneOf):
        condition = Every((condition,))
    choices = 0
    for part in condition.parts:
        if isinstance(part, OneOf):
            choices += 1
            for letter, choice in zip(ascii_lowercase, part.parts, strict=False):
                yield from grouped(choice, f"{group}{choices}{letter}")
        else:
            yield from grouped(part, group)


def approach(condition: Condition) -> npt.NDArray[np.bool_] | None:
    """Return where what must have been on bars before was so; None if nothing must.

    A price that is above a line already cannot cross it upwards, however near it is.
    """
    if isinstance(condition, Compared):
        return condition.percent > 0.0 if condition.ago else None
    if isinstance(condition, OneOf):
        return None
    found = [held for held in map(approach, condition.parts) if held is not None]
    return np.logical_and.reduce(found) if found else None


def nearest_misses(percent: FloatArray, top: int, among: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.intp]:
    """Return bar and symbol of the nearest misses of each symbol, nearest first, shape (misses, 2).

    Parameters
    ----------
    percent : ndarray (bars, symbols)
        By how much the condition holds, as `Weight` has it.
    top : int
        Misses of each symbol, at most.
    among : ndarray of bool, optional
        Bars that can be a miss; the others are as far from one as can be. By default all.

    Notes
    -----
    A bar on which the condition misses by less than on the known bar before, and by no more than
    on the known bar after. So the bar before one that fires is none.
    """
    known, bars = ~np.isnan(percent), len(percent)
    short = np.where(known, np.maximum(-percent, 0.0), np.inf)
    if among is not None:
        short[(short > 0.0) & ~among] = np.inf
    places = np.arange(bars)[:, None]
    last = np.maximum.accumulate(np.where(known, places, -1), axis=0)
    coming = np.minimum.accumulate(np.where(known, places, bars)[::-1], axis=0)[::-1]
    fence = np.full((1, percent.shape[1]), np.inf)
    fenced = np.concatenate([short, fence])  # place -1 and place `bars` are the fence
    lanes = np.arange(percent.shape[1])
    before = fenced[np.concatenate([np.full((1, len(lanes)), -1), last[:-1]])[:bars], lanes]
    after = fenced[np.concatenate([coming[1:], np.full((1, len(lanes)), bars)])[:bars], lanes]
    chosen = np.argwhere((short > 0.0) & (short < before) & (short <= after))
    order = np.lexsort((chosen[:, 0], short[chosen[:, 0], chosen[:, 1]], chosen[:, 1]))
    chosen = chosen[order]
    first = np.searchsorted(chosen[:, 1], chosen[:, 1])
    return chosen[np.arange(len(chosen)) - first < top]
