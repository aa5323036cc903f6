"""Which sequences of signals there are, and how many there would be were their types unrelated in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from quantperf.errors import ParameterError
from quantperf.kernels import sequences as kernels
from quantperf.patterns.sequence_events import JOIN, Events
from quantperf.patterns.sequence_market import Market

__all__ = ["Chance", "Rules", "Windows", "chance_of", "chance_of_success", "windows_of"]

Whole: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float64]
PILOT_DRAWS = 50  # from which the expected pairs are told; they weigh counts against each other, no p rests on them
SPARE = 3  # entries of the first table for each sequence that there is; half of them can be used
_TIES = 1e-12  # surprises this near, relatively, are the same up to rounding


@dataclass(frozen=True, slots=True)
class Rules:
    """What a sequence is, and how it is tested."""

    shortest: int
    longest: int
    apart: bool
    minimum: int
    draws: int
    seed: int
    most: int


@dataclass(frozen=True, slots=True)
class Windows:
    """The occurrences of sequences, and the sequences.

    Attributes
    ----------
    start, length, which : ndarray of int64
        Of each occurrence its first event, how many events it has, and its sequence.
    codes, counts : ndarray of int64
        Of each sequence its types as digits (each plus 1, of base types + 1), and how often it occurs.
    radix : int
        The base of the digits.
    """

    start: Whole
    length: Whole
    which: Whole
    codes: Whole
    counts: Whole
    radix: int

    @property
    def end(self) -> Whole:
        """The last event of each occurrence."""
        return self.start + self.length - 1

    def types(self, code: int) -> tuple[int, ...]:
        """Return the types of a sequence."""
        digits: list[int] = []
        while code:
            code, digit = divmod(code, self.radix)
            digits.append(digit - 1)
        return tuple(reversed(digits))

    def names(self, kinds: tuple[str, ...]) -> list[str]:
        """Return the names of the sequences, with all of their types."""
        return [JOIN.join(kinds[kind] for kind in self.types(code)) for code in self.codes.tolist()]


@dataclass(frozen=True, slots=True)
class Chance:
    """What chance would do: for each tested sequence the expected count, p, and p among all that were looked at."""

    tested: Whole
    expected: FloatArray
    p: FloatArray
    q: FloatArray


def windows_of(events: Events, rules: Rules) -> Windows:
    """Return each window of consecutive events of one group that keeps to the gap and the span."""
    radix = len(events.kinds) + 1
    bar = events.base[events.group] + events.place
    near, far = events.near[bar], events.far[bar]
    linked = np.zeros(len(events) + 1, dtype=bool)
    linked[1:-1] = (np.diff(events.group) == 0) & (np.diff(near) <= events.gap)
    if rules.apart:
        linked[1:-1] &= np.diff(events.place) > 0
    starts, codes = np.arange(len(events), dtype=np.int64), events.kind + 1
    found: list[tuple[Whole, Whole, Whole]] = []
    for length in range(2, rules.longest + 1):
        ends = starts + length - 1
        kept = linked[np.minimum(ends, len(events))]
        starts, codes, ends = starts[kept], codes[kept], ends[kept]
        kept = far[ends] - far[starts] <= events.span
        starts, codes, ends = starts[kept], codes[kept], ends[kept]
        codes = codes * radix + events.kind[ends] + 1
        if length >= rules.shortest:
            found.append((starts, np.full_like(starts, length), codes))
    start, size, code = (np.concatenate(parts) for parts in zip(*found, strict=True))
    unique, which, counts = np.unique(code, return_inverse=True, return_counts=True)
    return Windows(start, size, which.astype(np.int64), unique, counts.astype(np.int64), radix)


def chance_of(events: Events, windows: Windows, rules: Rules) -> Chance:
    """Return how the counts of the most frequent sequences compare to those of types that are unrelated in time."""
    tested = np.flatnonzero(windows.counts >= rules.minimum)
    tested = np.sort(tested[np.lexsort((windows.codes[tested], -windows.counts[tested]))][: rules.most])
    none = np.empty(0)
    if not len(tested):
        return Chance(tested, none, none, none)
    random = np.random.default_rng(rules.seed)
    events_of_type = np.bincount(events.kind, minlength=len(events.kinds))
    frequent = np.flatnonzero(events_of_type >= rules.minimum)  # no sequence of the others can be tested, in no draw
    digits = np.zeros(len(events.kinds), dtype=np.int64)
    digits[frequent] = np.arange(1, len(frequent) + 1)
    own, radix = np.log(events_of_type[frequent]), len(frequent) + 1
    types = [digits[list(windows.types(code))] for code in windows.codes[tested].tolist()]
    wanted = np.array([_code(row, radix) for row in types], dtype=np.int64)
    bits = _bits(radix, rules.longest, int(events_of_type.max()))
    layout = (*_by_kind(events), events.first, events.bars, events.opens, events.base, events.near, events.far)
    limits = (events.gap, events.span, rules.apart)
    pairs = np.zeros((len(frequent), len(frequent)), dtype=np.int64)
    pilot = random.random((PILOT_DRAWS, len(digits)))
    kernels.turned_pairs(*layout, *limits, digits, pilot, pairs)
    links = expected_links(pairs, np.exp(own))
    shares = np.concatenate([np.zeros((1, len(digits))), random.random((rules.draws, len(digits)))])
    lengths = (rules.shortest, rules.longest, rules.minimum)
    found, top = _counted((*layout, *limits, *lengths, digits, shares, links, own, wanted, bits), len(windows.codes))
    drawn, observed = found[1:], found[0]
    p = (1 + (drawn >= observed).sum(axis=0)) / (1 + rules.draws)
    surprise = np.array(
        [surprise_of(row - 1, count, links, own) for row, count in zip(types, observed.tolist(), strict=True)]
    )
    sorted_top = np.sort(top[1:])
    beyond = rules.draws - np.searchsorted(sorted_top, surprise * (1.0 - _TIES), side="left")
    return Chance(tested, drawn.mean(axis=0), p, (1 + beyond) / (1 + rules.draws))


def _counted(given: tuple[Any, ...], sequences: int) -> tuple[npt.NDArray[np.int32], FloatArray]:
    """Return the counts of the wanted sequences in each draw, and the greatest surprise of any."""
    *_, shares, _, _, wanted, _ = given
    found, top = np.empty((len(shares), len(wanted)), dtype=np.int32), np.empty(len(shares))
    entries = 1 << int(np.ceil(np.log2(SPARE * sequences + 2)))
    done = False
    while not done:  # a table that fits the cache; a draw with more different sequences asks for a larger one
        table, used = np.zeros(entries, np.int64), np.empty(entries // 2, np.int64)
        count: Any = kernels.turned_counts
        done = count(*given, table, used, found, top)
        entries *= 2
    return found, top


def _code(digits: Iterable[int], radix: int) -> int:
    code = 0
    for digit in digits:
        code = code * radix + int(digit)
    return code


def _bits(radix: int, longest: int, most: int) -> int:
    """Return how many bits of an entry of the table are left for a count."""
    bits = 63 - int(radix**longest).bit_length()
    if bits < 1 or most >= 1 << bits:
        raise ParameterError(
            f"types must be fewer for sequences of {longest}, got {radix - 1} frequent ones, one of them with "
            f"{most:,} signals; name those that matter in types=, or shorten length="
        )
    return bits


def expected_links(pairs: Whole, own: FloatArray) -> FloatArray:
    """Return the logarithm of the expected neighbours of each two types.

    Pairs that the pilot draws did not meet are taken for as many as the shares of the types let expect in one draw.
    """
    total = pairs.sum() / PILOT_DRAWS
    prior = np.outer(own, own) * max(total, 1.0) / own.sum() ** 2
    return np.asarray(np.log((pairs + prior) / (PILOT_DRAWS + 1)))


def surprise_of(types: Sequence[int] | Whole, count: int, links: FloatArray, own: FloatArray) -> float:
    """Return by how much a count exceeds what the pairs of neighbours let expect, as the kernel has it."""
    expected = sum(links[before, after] for before, after in pairwise(types))
    expected -= sum(own[kind] for kind in types[1:-1])
    excess = np.log(count) - expected
    return float(count * excess - (count - np.exp(expected))) if excess > 0 else 0.0


def chance_of_success(
    events: Events, market: Market, sets: list[Whole], where: tuple[Whole, Whole, Whole], signs: object, rules: Rules
) -> FloatArray:
    """Return p of the successes of each set of occurrences: the share of turns along the bars that do as well.

    Parameters
    ----------
    events, market
        The groups, and their bars.
    sets : list of ndarray of int64
        Occurrences of each sequence.
    where : tuple of ndarray
        Of each occurrence its group, the bar after which one could act, and the side.
    signs : ndarray of int8
        Of what followed each bar.
    rules : Rules
        Draws, seed, and the fewest outcomes that are tested.
    """
    first = np.cumsum([0, *map(len, sets)], dtype=np.int64)
    chosen = np.concatenate([np.empty(0, np.int64), *sets])
    group, place, side = (part[chosen] for part in where)
    shares = np.concatenate([[0.0], np.random.default_rng([rules.seed, 1]).random(rules.draws)])
    wins, known = (np.empty((len(shares), len(sets)), dtype=np.int32) for _ in range(2))
    kernels.turned_successes(place, group, side, first, events.bars, events.base, signs, shares, wins, known)
    won, seen = wins[0].astype(np.int64), known[0].astype(np.int64)
    as_well = wins[1:] * seen >= won * known[1:]  # of whole numbers, so equal shares are equal
    p = (1 + as_well.sum(axis=0)) / (1 + rules.draws)
    return np.where(seen >= rules.minimum, p, np.nan)


def _by_kind(events: Events) -> tuple[Whole, Whole]:
    """Return places and types in the order of the kernels: by group, type and place."""
    order = np.lexsort((events.place, events.kind, events.group))
    return events.place[order], events.kind[order]
