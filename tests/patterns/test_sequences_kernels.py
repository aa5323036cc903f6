"""Counting sequences by kernel is counting them by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.kernels import sequences as kernels
from quantperf.kernels.candles import UNKNOWN
from quantperf.patterns import optimisations_sequences as optimisations
from quantperf.patterns.sequence_windows import expected_links, surprise_of
from quantperf.performance import REGISTRY
from quantperf.reference import sequences as plain

KINDS = 4
OPENS = [0, 0, 0, 7]


def record(seed: int, rate: float, symbols: int = 3, bars: int = 40) -> tuple[list[Any], list[tuple[int, int, int]]]:
    """Groups as the reference takes them, and (group, type, place) as the kernels do; clocks have gaps.

    The last type cannot be before its first place: an indicator that warms up.
    """
    random = np.random.default_rng(seed)
    groups, flat = [], []
    for symbol in range(symbols):
        count = bars + symbol  # symbols of different length
        hits = random.random((KINDS, count)) < rate
        hits[:, random.random(count) < 0.2] = True  # ties: all types on one bar
        hits[0, 0] = True  # no symbol without an event
        hits[3, : OPENS[3]] = False
        events = [(int(place), int(kind)) for kind, place in np.argwhere(hits)]
        near = list(range(count))
        far = np.cumsum(random.choice([1, 1, 3], count)).tolist()  # weekends
        groups.append((events, near, far, OPENS))
        flat += [(symbol, kind, place) for place, kind in events]
    return groups, sorted(flat)


def layout(groups: list[Any], flat: list[tuple[int, int, int]]) -> tuple[Any, ...]:
    group, kind, place = np.array(flat, dtype=np.int64).reshape(-1, 3).T.copy()
    bars = np.array([len(near) for _, near, *_ in groups], dtype=np.int64)
    base = np.concatenate([[0], np.cumsum(bars)[:-1]])
    near, far = (np.concatenate([item[clock] for item in groups]).astype(np.int64) for clock in (1, 2))
    first = np.searchsorted(group, np.arange(len(groups) + 1)).astype(np.int64)
    return place.copy(), kind.copy(), first, bars, np.array(OPENS), base, near, far


def turns(seed: int, draws: int = 6) -> np.ndarray:
    shares = np.random.default_rng([seed, 7]).random((draws, KINDS))
    shares[0] = 0.0  # the first is the record as it is
    return shares


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(("gap", "span"), [(0, 0), (2, 9), (3, 100)])
@pytest.mark.parametrize("rate", [0.03, 0.3])
def test_counts_of_turned_records_equal_those_by_hand(gap: int, span: int, rate: float, apart: bool) -> None:
    check_counts(3, gap, span, rate, apart)


@given(st.integers(0, 10_000), st.integers(0, 5), st.integers(0, 30), st.floats(0.0, 0.6), st.booleans())
def test_counts_equal_those_by_hand_on_any_record(seed: int, gap: int, span: int, rate: float, apart: bool) -> None:
    check_counts(seed, gap, span, rate, apart)


def check_counts(seed: int, gap: int, span: int, rate: float, apart: bool) -> None:
    groups, flat = record(seed, rate)
    shares, rules = turns(seed), plain.Rules(gap, span, apart)
    flags = layout(groups, flat)
    pairs = np.zeros((KINDS, KINDS), dtype=np.int64)
    digits = np.arange(1, KINDS + 1)
    kernels.turned_pairs(*flags, gap, span, apart, digits, shares, pairs)
    np.testing.assert_array_equal(pairs, plain.turned_pairs(groups, shares, rules))

    own = np.bincount(flags[1], minlength=KINDS).astype(np.float64) + (np.bincount(flags[1], minlength=KINDS) == 0)
    links, wanted = expected_links(pairs, own), [(0, 1), (2, 2), (1, 0, 3), (0, 1, 2, 3), (0, 0, 0, 0, 0)]
    codes = np.array([sum((kind + 1) * (KINDS + 1) ** i for i, kind in enumerate(reversed(w))) for w in wanted])
    found = np.empty((len(shares), len(wanted)), dtype=np.int32)
    top = np.empty(len(shares))
    table, used = np.zeros(4096, dtype=np.int64), np.empty(2048, dtype=np.int64)
    assert kernels.turned_counts(
        *flags, gap, span, apart, 2, 5, 2, digits, shares, links, np.log(own), codes, 40, table, used, found, top
    )
    counts, highest = plain.turned_counts(groups, shares, rules, 2, links, np.log(own), wanted)
    np.testing.assert_array_equal(found, counts)
    np.testing.assert_allclose(top, highest, rtol=1e-12, atol=1e-12)  # logarithms of two libraries


@pytest.mark.parametrize("seed", range(8))
def test_leaving_out_rare_types_changes_nothing_that_is_frequent(seed: int) -> None:
    groups, flat = record(seed, 0.1)
    rare = 2
    kept = [entry for entry in flat if entry[1] != rare] + [entry for entry in flat if entry[1] == rare][:2]
    for number, (events, *_) in enumerate(groups):
        events[:] = [(place, kind) for group, kind, place in sorted(kept) if group == number]
    shares, (place, kind, *rest) = turns(seed), layout(groups, sorted(kept))
    own = np.bincount(kind, minlength=KINDS).astype(np.float64)
    digits = np.where(own >= 3, np.arange(1, KINDS + 1), 0)
    assert digits[rare] == 0
    links = np.log(np.outer(own, own) / own.sum())
    found, top = np.empty((len(shares), 1), dtype=np.int32), np.empty(len(shares))
    table, used = np.zeros(4096, dtype=np.int64), np.empty(2048, dtype=np.int64)
    one = np.array([1 * (KINDS + 1) + 2])
    assert kernels.turned_counts(
        place, kind, *rest, 3, 20, False, 2, 5, 3, digits, shares, links, np.log(own), one, 40, table, used, found, top
    )
    counts, highest = plain.turned_counts(groups, shares, plain.Rules(3, 20), 3, links, np.log(own), [(0, 1)])
    np.testing.assert_array_equal(found, counts)
    np.testing.assert_allclose(top, highest, rtol=1e-12, atol=1e-12)


def test_a_table_that_is_too_small_says_so_instead_of_counting_wrongly() -> None:
    groups, flat = record(1, 0.4)
    shares, own = turns(1), np.ones(KINDS)
    found, top = np.empty((len(shares), 0), dtype=np.int32), np.empty(len(shares))
    none = np.empty(0, dtype=np.int64)
    table, used = np.zeros(16, dtype=np.int64), np.empty(8, dtype=np.int64)
    links, digits = np.zeros((KINDS, KINDS)), np.arange(1, KINDS + 1)
    assert not kernels.turned_counts(
        *layout(groups, flat),
        5,
        99,
        False,
        2,
        5,
        1,
        digits,
        shares,
        links,
        np.log(own),
        none,
        40,
        table,
        used,
        found,
        top,
    )


def test_the_surprise_of_a_sequence_is_that_of_the_plain_version() -> None:
    links, own = np.log(np.array([[2.0, 5.0], [1.0, 3.0]])), np.log(np.array([9.0, 7.0]))
    for types, count in [((0, 1), 9), ((0, 1, 1), 2), ((1, 0, 1, 1, 0), 4), ((1, 1), 3)]:
        assert surprise_of(types, count, links, own) == pytest.approx(
            plain._surprise(types, count, links, own), rel=1e-12
        )
    assert surprise_of((1, 1), 3, links, own) == 0.0
    assert surprise_of((0, 1), 5 + 4, links, own) == pytest.approx(9 * np.log(9 / 5) - 4)


@given(st.integers(0, 10_000))
def test_turned_successes_equal_those_by_hand(seed: int) -> None:
    random = np.random.default_rng(seed)
    bars = np.array([17, 30], dtype=np.int64)
    signs = [random.choice(np.array([1, 0, -1, UNKNOWN], dtype=np.int8), count) for count in bars]
    sets = [
        [(int(g), int(random.integers(bars[g])), int(random.choice([1, -1, 0]))) for g in random.integers(0, 2, size)]
        for size in (0, 1, 9)
    ]
    shares = np.concatenate([[0.0], random.random(5)])
    group, place, side = np.array([entry for entries in sets for entry in entries], dtype=np.int64).T.copy()
    first = np.cumsum([0, *map(len, sets)], dtype=np.int64)
    wins, known = (np.empty((6, 3), dtype=np.int32) for _ in range(2))
    base = np.array([0, 17], dtype=np.int64)
    kernels.turned_successes(place, group, side, first, bars, base, np.concatenate(signs), shares, wins, known)
    expected = plain.turned_successes(sets, [item.tolist() for item in signs], shares)
    np.testing.assert_array_equal(wins, expected[0])
    np.testing.assert_array_equal(known, expected[1])


@given(st.integers(0, 10_000))
def test_moves_equal_those_by_hand_on_gapped_prices(seed: int) -> None:
    random = np.random.default_rng(seed)
    high, low = (np.where(random.random(25) < 0.1, np.nan, random.integers(1, 9, 25) / 4.0) for _ in range(2))
    entry = random.integers(-1, 25, 40).astype(np.int64)
    leave = np.minimum(entry + random.integers(-2, 9, 40), 24)
    up, down = np.empty(40), np.empty(40)
    kernels.moves(high, low, entry, leave, up, down)
    highest, lowest = plain.moves(high, low, entry, leave)
    np.testing.assert_array_equal(up, highest)
    np.testing.assert_array_equal(down, lowest)


def test_the_optimisation_counts_real_moves_as_the_plain_loop_does() -> None:
    place, kind, bars, shares = optimisations.moves_of_sample(draws=3)
    assert len(place) > 1000
    found, top = optimisations.turned(place, kind, bars, shares)
    counts, highest = optimisations.turned_plainly(place, kind, bars, shares)
    np.testing.assert_array_equal(found, counts)
    np.testing.assert_allclose(top, highest, rtol=1e-12)
    optimisations.register()
    assert REGISTRY["patterns.sequences"].enabled
    assert all(REGISTRY["patterns.sequences"].verify(edge_cases=["NaN first", "one bar", "read-only"]))
