"""The sentiment score: every branch, every label, every bound, and what missing values leave open."""

from __future__ import annotations

import json
import pickle
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.analysis.sentiment import PARTS, Sentiment, label_of, score

NEUTRAL = {
    "rsi": 50.0, "macd": 1.0, "signal": 1.0, "k": 50.0, "d": 50.0, "close": 10.0, "sma_20": 10.0, "sma_50": 9.0,
    "ratio": 1.0,
}  # fmt: skip
# One set of values for every branch of every part, and the points of that branch.
BRANCHES = {
    "rsi": [({"rsi": value}, points) for value, points in
            [(70.0, -2), (69.9, -1), (60.0, -1), (59.9, 0), (40.1, 0), (40.0, 1), (30.1, 1), (30.0, 2), (0.0, 2)]],
    "macd": [({"macd": 1.0, "signal": 0.0}, 2), ({"macd": 0.0, "signal": 1.0}, -2), ({"macd": 1.0, "signal": 1.0}, 0)],
    "stochastic": [({"k": k, "d": d}, points) for k, d, points in
                   [(80.0, 80.0, -2), (100.0, 79.9, -1), (10.0, 70.0, -1), (20.0, 20.0, 2), (0.0, 20.1, 1),
                    (69.9, 30.0, 1), (69.9, 30.1, 0), (50.0, 50.0, 0)]],
    "averages": [({"close": close, "sma_20": short, "sma_50": long}, points) for close, short, long, points in
                 [(3.0, 2.0, 1.0, 2), (3.0, 2.0, 2.0, 1), (3.0, 2.0, 9.0, 1), (1.0, 2.0, 3.0, -2), (1.0, 2.0, 2.0, -1),
                  (1.0, 2.0, 0.0, -1), (2.0, 2.0, 1.0, 0)]],
    "volume": [({"ratio": 1.5}, 1), ({"ratio": 1.49}, 0), ({"ratio": 0.71}, 0), ({"ratio": 0.7}, -1)],
}  # fmt: skip
CASES = [(part, values, points) for part, cases in BRANCHES.items() for values, points in cases]
LABELS = {
    **dict.fromkeys(range(4, 10), "very bullish"), **dict.fromkeys((2, 3), "bullish"), 1: "slightly bullish",
    0: "neutral", -1: "slightly bearish", **dict.fromkeys((-2, -3), "bearish"),
    **dict.fromkeys(range(-9, -3), "very bearish"),
}  # fmt: skip


@pytest.mark.parametrize(("part", "values", "points"), CASES)
def test_each_branch_gives_its_points_and_touches_no_other_part(
    part: str, values: dict[str, float], points: int
) -> None:
    mood = score({**NEUTRAL, **values})
    assert mood.parts == {**dict.fromkeys(PARTS, 0), part: points}
    assert mood.score == mood.low == mood.high == points
    assert mood.of == 9


def test_every_sum_from_least_to_most_is_reached_with_its_label_and_none_beyond() -> None:
    best = {part: {points: values for values, points in cases} for part, cases in BRANCHES.items()}
    reached: dict[int, Sentiment] = {}
    for choice in product(*(best[part].values() for part in PARTS)):
        mood = score({name: value for values in choice for name, value in values.items()})
        assert mood.score is not None
        reached[mood.score] = mood
    assert sorted(reached) == list(range(-9, 10))
    assert {score: mood.label for score, mood in reached.items()} == LABELS
    assert {score: label_of(score) for score in LABELS} == LABELS


@pytest.mark.parametrize("part", list(PARTS))
def test_a_missing_part_leaves_the_sum_and_opens_the_bounds_by_its_points(part: str) -> None:
    without = {name: value for name, value in NEUTRAL.items() if name not in PARTS[part].reads}
    mood = score(without)
    most = PARTS[part].most
    assert mood.parts[part] is None
    assert (mood.score, mood.low, mood.high, mood.of) == (0, -most, most, 9 - most)
    assert mood.label is None
    assert score({**without, **dict.fromkeys(PARTS[part].reads, float("nan"))}) == mood
    assert score({**without, **dict.fromkeys(PARTS[part].reads)}) == mood


@pytest.mark.parametrize(
    ("part", "values", "low", "high"),
    [
        ("stochastic", {"k": 85.0}, -2, -1),
        ("stochastic", {"d": 75.0}, -1, -1),
        ("stochastic", {"k": 10.0}, -1, 2),
        ("stochastic", {"k": 50.0}, -1, 1),
        ("averages", {"close": 3.0, "sma_20": 2.0}, 1, 2),
        ("averages", {"close": 1.0, "sma_20": 2.0}, -2, -1),
        ("averages", {"close": 2.0, "sma_20": 2.0}, 0, 0),
        ("averages", {"close": 3.0, "sma_50": 2.0}, -1, 2),
        ("averages", {"close": 1.0, "sma_50": 2.0}, -2, 1),
        ("averages", {"sma_20": 1.0, "sma_50": 2.0}, -2, 1),
        ("macd", {"macd": 1.0}, -2, 2),
    ],
)
def test_what_is_known_of_a_part_narrows_the_bounds(part: str, values: dict[str, float], low: int, high: int) -> None:
    kept = {name: value for name, value in NEUTRAL.items() if name not in PARTS[part].reads}
    mood = score({**kept, **values})
    assert (mood.low, mood.high) == (low, high)
    assert mood.parts[part] is None


def test_a_label_is_given_where_the_missing_part_cannot_change_it() -> None:
    sure = {**NEUTRAL, "rsi": 20.0, "macd": 2.0, "k": 10.0, "d": 10.0, "close": 12.0, "ratio": None}
    assert score(sure).label == "very bullish"
    assert (score(sure).low, score(sure).high) == (7, 9)
    nothing = score({})
    assert (nothing.score, nothing.low, nothing.high, nothing.of, nothing.label) == (None, -9, 9, 0, None)


ORDERED = {"macd", "signal", "close", "sma_20", "sma_50"}
levels = st.floats(0.0, 100.0) | st.integers(0, 10).map(lambda step: 10.0 * step)
prices = st.integers(1, 4).map(float)
whole = {name: prices if name in ORDERED else levels for name in NEUTRAL}


@given(
    st.fixed_dictionaries({name: st.none() | values for name, values in whole.items()}),
    st.fixed_dictionaries(whole),
)
def test_whatever_the_missing_values_turn_out_to_be_the_sum_lies_within_the_bounds(
    some: dict[str, float | None], rest: dict[str, float]
) -> None:
    mood = score(some)
    full = score({name: rest[name] if value is None else value for name, value in some.items()})
    assert full.score is not None
    assert -9 <= mood.low <= full.score <= mood.high <= 9
    assert mood.label in {None, full.label}
    assert abs(mood.score or 0) <= mood.of


def test_a_sentiment_is_read_only_and_goes_through_pickle_and_json() -> None:
    mood = score(NEUTRAL)
    with pytest.raises(TypeError):
        mood.parts["rsi"] = 2  # type: ignore[index]
    assert pickle.loads(pickle.dumps(mood)) == mood
    assert json.loads(json.dumps(mood.to_dict(), allow_nan=False))["label"] == "neutral"
