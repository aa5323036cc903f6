"""What a headline sounds like, and that nothing known is unknown, not neutral."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
from hypothesis import given

from quantperf.errors import ParameterError
from quantperf.news import sentiment_of
from quantperf.news.sentiment import WEIGHTS


def zero_where_unknown(text: str) -> float:
    """The defective way: the sum over known words, of which there may be none."""
    return sum(WEIGHTS.get(word, 0.0) for word in text.lower().split())


def test_a_text_without_a_known_word_is_unknown_and_never_zero() -> None:
    text = "Annual meeting in June"
    found = sentiment_of(text)
    assert math.isnan(found.score)
    assert (found.label, found.sensitive, found.words) == ("unknown", None, ())
    assert zero_where_unknown(text) == 0.0


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Profit growth beats forecasts", "positive"),
        ("Company files for bankruptcy after fraud", "negative"),
        ("Gains, then losses", "neutral"),
        ("Stock does not fall", "positive"),
        ("Margins fail to rise, no growth", "negative"),
    ],
)
def test_a_label_is_that_of_its_words(text: str, label: str) -> None:
    assert sentiment_of(text).label == label


def test_urgency_and_finance_make_it_stronger_by_their_factors() -> None:
    def strength(text: str) -> float:
        score = sentiment_of(text).score
        return score * math.sqrt(2 / (1 - score * score))  # the sum before it was bent into (-1, 1)

    plain = strength("Prices rise")
    assert strength("Breaking: prices rise") == pytest.approx(1.3 * plain, rel=1e-9)
    assert strength("Treasury prices rise") == pytest.approx(1.2 * plain, rel=1e-9)
    assert strength("Breaking: Treasury prices rise") == pytest.approx(1.56 * plain, rel=1e-9)


def test_what_moves_markets_is_worded_above_a_half() -> None:
    assert sentiment_of("Shares plunge on bankruptcy").sensitive is True
    assert sentiment_of("Prices slightly higher").sensitive is False


@given(st.lists(st.sampled_from([*WEIGHTS, "not", "breaking", "earnings", "and"]), max_size=12))
def test_a_score_lies_between_minus_one_and_one(words: list[str]) -> None:
    found = sentiment_of(" ".join(words))
    assert math.isnan(found.score) == (not found.words)
    assert not abs(found.score) >= 1


def test_only_text_has_a_sound() -> None:
    with pytest.raises(ParameterError, match="text must be a str"):
        sentiment_of(None)  # type: ignore[arg-type]
