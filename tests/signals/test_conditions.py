"""Conditions with their numbers: the truth of their margins is the truth of the expression, in words and units."""

from __future__ import annotations

import numpy as np
import pytest

import quantperf as qp
from quantperf.signals.conditions import Formulas, degree_of, words_of
from quantperf.signals.expression import parse
from quantperf.signals.margins import HAIR, comparisons, weigh


def formulas(symbol: str = "IBM", bars: int = 400) -> tuple[Formulas, dict[str, np.ndarray]]:
    frame = qp.sample(symbol).iloc[:bars]
    fields = {name: frame[name].to_numpy(dtype=float)[:, None] for name in ("open", "high", "low", "close", "volume")}
    return Formulas(fields), fields


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("close > open", lambda f: f["close"] > f["open"]),
        ("not (close > open and volume >= 5000000)", lambda f: ~((f["close"] > f["open"]) & (f["volume"] >= 5e6))),
        ("close == open or close != open", lambda f: np.full(f["close"].shape, True)),
        ("abs(close - open) < 0.01 * close", lambda f: np.abs(f["close"] - f["open"]) < 0.01 * f["close"]),
        ("within(close, high, 0.2)", lambda f: np.abs(f["close"] - f["high"]) <= 0.002 * np.abs(f["high"])),
        (
            "max(open, close) / min(open, close) > 1.01",
            lambda f: np.maximum(f["open"], f["close"]) / np.minimum(f["open"], f["close"]) > 1.01,
        ),
        ("-close < -100 + 2", lambda f: -f["close"] < -98.0),
    ],
)
def test_the_sign_of_the_margin_is_the_truth_of_the_expression(text: str, plain: object) -> None:
    made, fields = formulas()
    percent = weigh(made.condition(parse(text))).percent
    np.testing.assert_array_equal(percent > 0.0, plain(fields))  # type: ignore[operator]


def test_a_crossing_is_two_comparisons_of_which_one_is_of_the_bar_before() -> None:
    made, fields = formulas()
    condition = made.condition(parse("crosses_above(close, sma(20))"))
    before, now = comparisons(condition)
    assert before.text == "close at most sma(20) on the bar before"
    assert now.text == "close above sma(20)"
    assert (before.unit, now.unit) == ("price", "price")
    mean = qp.sma(fields["close"][:, 0], window=20)
    close = fields["close"][:, 0]
    crossed = np.concatenate([[False], (close[:-1] <= mean[:-1]) & (close[1:] > mean[1:])])
    held = weigh(condition).percent[:, 0]
    np.testing.assert_array_equal(held > 0.0, crossed)
    assert np.isnan(held[:19]).all()
    np.testing.assert_allclose(now.percent[30:, 0], 100.0 * (close - mean)[30:] / close[30:])


def test_a_threshold_is_in_points_and_in_percent_of_itself() -> None:
    made, _ = formulas()
    before, now = comparisons(made.condition(parse("prev(rsi(14)) < 70 <= rsi(14)")))
    assert (before.ago, now.ago) == (1, 0)
    assert before.text == "rsi(14) below 70 on the bar before"
    assert now.text == "rsi(14) at least 70"
    assert now.unit == "points"
    zero = next(comparisons(made.condition(parse("roc(5) > 0"))))
    np.testing.assert_allclose(zero.percent, zero.margin, atol=HAIR)


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("close", (1, 0)),
        ("volume", (0, 1)),
        ("7", ()),
        ("2 * 3", ()),
        ("close - sma(50)", (1, 0)),
        ("close * volume", (1, 1)),
        ("volume / sma(20, of=volume)", (0, 0)),
        ("change(close)", (0, 0)),
        ("macd().signal", (1, 0)),
        ("stoch().slowk", (0, 0)),
        ("close + volume", None),
        ("close * (close + volume)", None),
        ("max(close, open)", (1, 0)),
        ("-abs(volume)", (0, 1)),
    ],
)
def test_the_unit_of_an_expression(text: str, degree: tuple[int, ...] | None) -> None:
    assert degree_of(parse(text)) == degree


def test_words_are_those_one_would_write() -> None:
    assert words_of(parse("close * (open - 2) / prev(volume, 3)")) == "(close * (open - 2)) / volume 3 bars before"
    assert words_of(parse("change(close, 3) + 1")) == "change of close over 3 bars in percent + 1"
    assert words_of(parse("100 * (close / open)")) == "100 * (close / open)"
    assert words_of(parse("100 * ((close - open) / open)")) == "100 * ((close - open) / open)"
    assert words_of(parse("sma(5, of=volume)")) == "sma(5, of=volume)"
    assert words_of(parse("macd().signal")) == "macd(12, 26, 9).signal"
    assert words_of(parse("max(-close, abs(open))")) == "max(-close, |open|)"
