"""Margins of conditions: their signs are the truth, their unknowns are Kleene's, and one comparison decides."""

from __future__ import annotations

import operator
from itertools import product

import numpy as np
import pytest

from quantperf.signals.margins import (
    HAIR,
    Compared,
    Condition,
    Every,
    OneOf,
    approach,
    comparisons,
    grouped,
    nearest_misses,
    negated,
    weigh,
)

NAN = float("nan")
HOLDS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


def compared(left: list[float], relation: str, right: list[float], scale: float = 100.0) -> Compared:
    sides = [np.array(side, dtype=float)[:, None] for side in (left, right)]
    return Compared(("a", "b"), sides[0], relation, sides[1], np.full_like(sides[0], scale), "points")


def truth(condition: Condition, bar: int) -> bool | None:
    """Kleene's logic, spelled out."""
    if isinstance(condition, Compared):
        left, right = condition.left[bar, 0], condition.right[bar, 0]
        return None if np.isnan(left - right) else bool(HOLDS[condition.relation](left, right))
    parts = [truth(part, bar) for part in condition.parts]
    decisive = isinstance(condition, OneOf)
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


@pytest.mark.parametrize("relation", list(HOLDS))
def test_the_sign_of_a_margin_is_the_truth_also_at_0(relation: str) -> None:
    values = [1.0, 2.0, 3.0, 2.0 + 1e-320, NAN]
    condition = compared(values, relation, [2.0] * 5, scale=1e300)
    for bar, percent in enumerate(weigh(condition).percent[:, 0]):
        held = truth(condition, bar)
        assert np.isnan(percent) if held is None else bool(percent > 0.0) is held
        assert percent != 0.0


def test_the_margin_is_in_percent_of_the_scale_and_without_a_scale_in_points() -> None:
    assert weigh(compared([103.0], ">", [101.0], scale=200.0)).percent[0, 0] == 1.0
    assert weigh(compared([103.0], "<=", [101.0], scale=NAN)).percent[0, 0] == -2.0
    assert weigh(compared([2.0], ">=", [2.0])).percent[0, 0] == HAIR
    assert weigh(compared([2.0], "<", [2.0])).percent[0, 0] == -HAIR


def test_every_and_one_of_agree_with_kleene_on_every_combination() -> None:
    table = list(product([1.0, 2.0, 3.0, NAN], repeat=3))
    a, b, c = (compared([row[i] for row in table], rel, [2.0] * len(table)) for i, rel in enumerate((">", ">=", "<")))
    for condition in (
        Every((a, b, c)),
        OneOf((a, b, c)),
        Every((a, OneOf((b, c)))),
        OneOf((Every((a, b)), c)),
        negated(Every((a, OneOf((b, c))))),
    ):
        weight = weigh(condition)
        leaves = list(comparisons(condition))
        for bar in range(len(table)):
            held, percent, decider = truth(condition, bar), weight.percent[bar, 0], weight.decider[bar, 0]
            assert np.isnan(percent) == (held is None)
            assert (decider < 0) == (held is None)
            if held is not None:
                assert bool(percent > 0.0) is held
                assert leaves[decider].percent[bar, 0] == percent


def test_a_negation_has_the_opposite_margin() -> None:
    a = compared([1.0, 2.0, 4.0, NAN], ">", [2.0] * 4)
    b = compared([5.0, 2.0, 1.0, 3.0], "<=", [2.0] * 4)
    for condition in (a, Every((a, b)), OneOf((a, b)), Every((a, OneOf((a, b))))):
        once, twice = negated(condition), negated(negated(condition))
        np.testing.assert_array_equal(weigh(once).percent, -weigh(condition).percent)
        np.testing.assert_array_equal(weigh(twice).percent, weigh(condition).percent)


def test_what_misses_most_decides_what_must_hold_together_and_what_misses_least_decides_alternatives() -> None:
    near, far = compared([1.0], ">", [2.0]), compared([1.0], ">", [9.0])
    assert weigh(Every((near, far))).decider[0, 0] == 1
    assert weigh(OneOf((near, far))).decider[0, 0] == 0
    assert weigh(Every((near, OneOf((far, near))))).decider[0, 0] in (0, 2)


def test_a_comparison_says_what_it_asks() -> None:
    condition = compared([1.0], ">=", [2.0])
    assert condition.text == "a at least b"
    assert negated(condition).text == "a below b"  # type: ignore[union-attr]
    before = Compared(("a", "b"), condition.left, "<=", condition.right, condition.scale, "points", 1)
    assert before.text == "a at most b on the bar before"


def test_alternatives_are_grouped() -> None:
    a, b, c, d = (compared([float(i)], ">", [2.0]) for i in range(4))
    condition = Every((a, OneOf((b, Every((c, OneOf((d, a))))))))
    assert [group for group, _ in grouped(condition)] == ["", "1a", "1b", "1b1a", "1b1b"]
    assert [part for _, part in grouped(condition)] == list(comparisons(condition))
    assert [group for group, _ in grouped(OneOf((a, b)))] == ["1a", "1b"]
    assert [group for group, _ in grouped(a)] == [""]


def plain_misses(percent: np.ndarray, among: np.ndarray, top: int) -> list[tuple[int, int]]:
    found = []
    for lane in range(percent.shape[1]):
        line = []
        for t in range(len(percent)):
            if not np.isnan(percent[t, lane]):
                short = max(-percent[t, lane], 0.0)
                line.append((t, short if among[t, lane] or not short else np.inf))
        minima = []
        for i, (t, short) in enumerate(line):
            before = line[i - 1][1] if i else np.inf
            after = line[i + 1][1] if i + 1 < len(line) else np.inf
            if 0.0 < short < before and short <= after and short < np.inf:
                minima.append((short, t))
        found += [(t, lane) for _, t in sorted(minima)[:top]]
    return found


@pytest.mark.parametrize("top", [1, 3, 100])
def test_nearest_misses_are_those_of_a_plain_loop(top: int) -> None:
    rng = np.random.default_rng(3)
    percent = rng.integers(-6, 2, size=(200, 4)) / 2.0
    percent[percent == 0.0] = HAIR
    percent[rng.random(percent.shape) < 0.1] = NAN
    percent[:, 3] = NAN
    for among in (np.ones(percent.shape, dtype=bool), rng.random(percent.shape) < 0.7):
        assert [tuple(place) for place in nearest_misses(percent, top, among)] == plain_misses(percent, among, top)
    everywhere = np.ones(percent.shape, dtype=bool)
    np.testing.assert_array_equal(nearest_misses(percent, top), nearest_misses(percent, top, everywhere))
    assert nearest_misses(percent[:0], top).shape == (0, 2)


def test_what_must_have_been_before_says_where_an_approach_is() -> None:
    now = compared([1.0, 1.0, 3.0], ">", [2.0] * 3)
    before = Compared(("a", "b"), np.array([[NAN], [1.0], [3.0]]), "<=", now.right, now.scale, "points", 1)
    assert approach(now) is None
    assert approach(OneOf((now, before))) is None
    held = approach(Every((before, now)))
    assert held is not None
    assert held[:, 0].tolist() == [False, True, False]
