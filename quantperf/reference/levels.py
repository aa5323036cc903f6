"""Price levels at which turning points cluster, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quantperf.reference import Array
from quantperf.reference.pivots import Pivot

__all__ = ["Touch", "cluster"]


class Touch(NamedTuple):
    """What happened to a level: its first point, whether it broke, when that was known, when it was, and its facts."""

    number: int
    broken: bool
    known: int
    event: int
    first: int
    last: int
    touches: int
    side: int
    price: float
    reach: float


@dataclass
class _Level:
    number: int
    price: float
    first: int
    touches: int = 0
    last: int = 0
    side: int = 1
    reach: float = 0.0

    def facts(self, broken: bool, known: int, event: int) -> Touch:
        return Touch(
            self.number, broken, known, event, self.first, self.last, self.touches, self.side, self.price, self.reach
        )


def cluster(
    pivots: Sequence[Pivot], closes: Array, ranges: Array, width: float = 0.5, least: int = 2, keep: int = 20
) -> tuple[list[Touch], int]:
    """Return touches and breaks of the levels of one symbol, and how many levels were given up for want of room.

    A turning point touches the nearest level within `width` average true ranges, as of the bar that makes the point
    known, else it begins one; a level lies at the mean of its touches. It is broken by a close beyond that reach on the
    other side than before.
    """
    places: list[_Level | None] = [None] * keep
    told: list[Touch] = []
    dropped = 0
    for bar in range(len(closes)):
        close = float(closes[bar])
        for level in places:
            if level is not None and level.side * (close - level.price) < -level.reach:
                if level.touches >= least:
                    told.append(level.facts(True, bar, bar))
                level.side = -level.side
        for number, pivot in enumerate(pivots):
            if pivot.known != bar:
                continue
            near = width * float(ranges[bar])
            within = [one for one in places if one is not None and abs(one.price - pivot.price) <= near]
            if within:
                level = min(within, key=lambda one: abs(one.price - pivot.price))
            else:
                place = _room(places)
                old = places[place]
                dropped += old is not None and old.touches >= least
                level = places[place] = _Level(number, pivot.price, pivot.bar)
            level.price = (level.price * level.touches + pivot.price) / (level.touches + 1)
            level.touches += 1
            level.last, level.reach = pivot.bar, near
            if level.touches <= least:
                level.side = 1 if close >= level.price else -1
            if level.touches >= least:
                told.append(level.facts(False, bar, pivot.bar))
    return told, dropped


def _room(places: list[_Level | None]) -> int:
    """Return a free place, else that of the level whose last touch is the oldest."""
    if None in places:
        return places.index(None)
    return min(range(len(places)), key=lambda place: places[place].last)  # type: ignore[union-attr]
