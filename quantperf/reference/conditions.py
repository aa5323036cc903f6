"""Conditions that say what they are: a comparison keeps both its sides and their words, besides whether it held.

Patterns are written with `<`, `&` and `|` over quantities, as one would write them over columns. What comes out is a
tree of conditions, which gives the answer for every bar at once (`held`), and for one bar the reason: which comparison
held, which failed, and by how much. So there is one definition of a pattern, and an explanation cannot drift from it.

By how much a condition holds is its margin: for a comparison the distance of its sides, below 0 if it failed; for
conditions that must hold together the least margin, for alternatives the greatest. (This is the robustness of signal
temporal logic: Fainekos and Pappas, *Robustness of temporal logic specifications*, 2009.)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from string import ascii_lowercase
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["All", "Comparison", "Condition", "Either", "Quantity"]

Numbers: TypeAlias = "pd.Series[float]"
Truths: TypeAlias = npt.NDArray[np.bool_]

RELATIONS = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}
WORDS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}


@dataclass(frozen=True, eq=False)
class Quantity:
    """A price or a difference of prices, one a bar, with the words for it.

    Attributes
    ----------
    words : str
        What it is.
    values : Series
        Its value for every bar.
    ago : int
        How many bars before the bar in question the candle stands that it belongs to.
    """

    words: str
    values: Numbers
    ago: int = 0

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(f"{self.words} + {other.words}", self.values + other.values, self.ago)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(f"{self.words} - {other.words}", self.values - other.values, self.ago)

    def __abs__(self) -> Quantity:
        return Quantity(f"|{self.words}|", self.values.abs(), self.ago)

    def __rmul__(self, factor: float) -> Quantity:
        return Quantity(f"{factor:g} times {self.words}", factor * self.values, self.ago)

    def __gt__(self, other: Quantity) -> Comparison:
        return Comparison("", self, ">", other)

    def __ge__(self, other: Quantity) -> Comparison:
        return Comparison("", self, ">=", other)

    def __lt__(self, other: Quantity) -> Comparison:
        return Comparison("", self, "<", other)

    def __le__(self, other: Quantity) -> Comparison:
        return Comparison("", self, "<=", other)


class Condition(ABC):
    """What holds or not on every bar."""

    title: str

    @property
    @abstractmethod
    def held(self) -> Truths:
        """Whether it holds, for every bar; it does not where a number lacks."""

    @abstractmethod
    def margin(self, bar: int) -> float:
        """By how much it holds on a bar, below 0 if it failed; NaN where a number lacks."""

    def rank(self, bar: int) -> tuple[bool, float]:
        """Return what orders conditions on a bar: all that failed come before all that held."""
        return bool(self.held[bar]), self.margin(bar)

    def decider(self, bar: int) -> Condition:
        """Return the condition, of those it consists of, whose margin is its own."""
        return self

    @property
    def words(self) -> str:
        """What is asked, in words."""
        return self.title

    @property
    def sides(self) -> tuple[Quantity, Quantity] | None:
        """The two quantities compared, if it is one comparison."""
        return None

    def leaves(self, group: str = "") -> Iterator[tuple[str, Condition]]:
        """Give what it consists of, each with the alternatives it belongs to: 1a or 1b, and 2a or 2b."""
        yield group, self

    def __and__(self, other: Condition) -> All:
        return All("", (*_parts(self, All), *_parts(other, All)))

    def __or__(self, other: Condition) -> Either:
        return Either("", (*_parts(self, Either), *_parts(other, Either)))

    @abstractmethod
    def __invert__(self) -> Condition:
        """Return what holds where this does not."""

    @abstractmethod
    def called(self, title: str) -> Condition:
        """Return the condition under a title; one of several parts is then one row of an explanation."""


def _parts(condition: Condition, kind: type[All] | type[Either]) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, kind) and not condition.title else (condition,)


@dataclass(frozen=True, eq=False)
class Comparison(Condition):
    """Two quantities, and which is to be the greater."""

    title: str
    left: Quantity
    relation: str
    right: Quantity

    @cached_property
    def held(self) -> Truths:
        """See `Condition`."""
        left, right = self.left.values.to_numpy(), self.right.values.to_numpy()
        held: Truths = RELATIONS[self.relation](left, right)
        return held

    def margin(self, bar: int) -> float:
        """See `Condition`."""
        distance = float(self.left.values.iloc[bar] - self.right.values.iloc[bar])
        return distance if self.relation in {">", ">="} else -distance

    @property
    def words(self) -> str:
        """See `Condition`."""
        test = f"{self.left.words} {WORDS[self.relation]} {self.right.words}"
        return f"{self.title}: {test}" if self.title else test

    @property
    def sides(self) -> tuple[Quantity, Quantity]:
        """See `Condition`."""
        return self.left, self.right

    def __invert__(self) -> Comparison:
        return Comparison("", self.left, OPPOSITE[self.relation], self.right)

    def called(self, title: str) -> Comparison:
        """See `Condition`."""
        return replace(self, title=title)


@dataclass(frozen=True, eq=False)
class All(Condition):
    """Conditions that must hold together."""

    title: str
    parts: tuple[Condition, ...]

    @cached_property
    def held(self) -> Truths:
        """See `Condition`."""
        return np.asarray(np.logical_and.reduce([part.held for part in self.parts]), dtype=np.bool_)

    def _least(self, bar: int) -> Condition:
        return min(self.parts, key=lambda part: part.rank(bar))

    def margin(self, bar: int) -> float:
        """See `Condition`."""
        return self._least(bar).margin(bar)

    def decider(self, bar: int) -> Condition:
        """See `Condition`."""
        return self if self.title else self._least(bar).decider(bar)

    def leaves(self, group: str = "") -> Iterator[tuple[str, Condition]]:
        """See `Condition`."""
        if self.title:
            yield group, self
            return
        choices = 0
        for part in self.parts:
            if isinstance(part, Either) and not part.title:
                choices += 1
                yield from part.choices(f"{group}{choices}")
            else:
                yield from part.leaves(group)

    def __invert__(self) -> Either:
        return Either("", tuple(~part for part in self.parts))

    def called(self, title: str) -> All:
        """See `Condition`."""
        return replace(self, title=title)


@dataclass(frozen=True, eq=False)
class Either(Condition):
    """Alternatives, of which one is enough."""

    title: str
    parts: tuple[Condition, ...]

    @cached_property
    def held(self) -> Truths:
        """See `Condition`."""
        return np.asarray(np.logical_or.reduce([part.held for part in self.parts]), dtype=np.bool_)

    def _greatest(self, bar: int) -> Condition:
        return max(self.parts, key=lambda part: part.rank(bar))

    def margin(self, bar: int) -> float:
        """See `Condition`."""
        return self._greatest(bar).margin(bar)

    def decider(self, bar: int) -> Condition:
        """See `Condition`."""
        return self if self.title else self._greatest(bar).decider(bar)

    def leaves(self, group: str = "") -> Iterator[tuple[str, Condition]]:
        """See `Condition`."""
        return iter([(group, self)]) if self.title else self.choices(f"{group}1")

    def choices(self, group: str) -> Iterator[tuple[str, Condition]]:
        """Give the alternatives, each under a letter of its own."""
        for letter, part in zip(ascii_lowercase, self.parts, strict=False):
            yield from part.leaves(f"{group}{letter}")

    def __invert__(self) -> All:
        return All("", tuple(~part for part in self.parts))

    def called(self, title: str) -> Either:
        """See `Condition`."""
        return replace(self, title=title)
