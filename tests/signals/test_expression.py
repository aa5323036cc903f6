"""Expressions: what they may say, what they say wrongly and where, and that they compute what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.kernels.candles import UNKNOWN
from quantperf.signals.expression import fields_of, parse, requests_of
from quantperf.signals.program import compile_rules
from quantperf.signals.rule import Rule

T, F, U = 1, 0, int(UNKNOWN)


def bars_of(close: list[float], volume: list[float] | None = None) -> pd.DataFrame:
    price = np.array(close)
    volumes = np.full(len(price), 100.0) if volume is None else np.array(volume)
    return pd.DataFrame({"open": price, "high": price + 1.0, "low": price - 1.0, "close": price, "volume": volumes})


def truth(when: str, bars: pd.DataFrame) -> list[int]:
    """Return the truth of a condition on each bar: 1, 0 or UNKNOWN."""
    program = compile_rules([Rule("asked", when)])
    fields = {name: bars[name].to_numpy()[:, None] for name in program.fields}
    return program.run(fields, program.fresh_state(1))[0, :, 0].tolist()


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("close > 2", [F, F, U, T]),
        ("close >= 2", [F, T, U, T]),
        ("2 > close", [T, F, U, F]),
        ("close <= 2", [T, T, U, F]),
        ("close == 2", [F, T, U, F]),
        ("close != 2", [T, F, U, T]),
        ("1 < close <= 2", [F, T, U, F]),
        ("not close > 2", [T, T, U, F]),
        ("close > 2 and volume > 1", [F, F, U, T]),
        ("close > 2 and volume < 1", [F, F, F, F]),
        ("close > 2 or volume > 1", [T, T, T, T]),
        ("close > 2 or volume < 1", [F, F, U, T]),
        ("-close + 3 * 2 - close / 2 > 3.5", [T, F, U, F]),
        ("abs(close - 2) >= 1", [T, F, U, T]),
        ("min(close, 2, volume) < 2", [T, F, U, F]),
        ("max(close, 2) > 2", [F, F, U, T]),
        ("close / 0.5 / (volume - 100) > 0", [U, U, U, U]),
        ("prev(close) == 1", [U, T, F, U]),
        ("prev(close, n=3) < close", [U, U, U, T]),
        ("change(close) == 100", [U, T, U, U]),
        ("change(close, 3) == 200", [U, U, U, T]),
        ("within(close, 2, 50)", [T, T, U, T]),
        ("high > close", [T, T, U, T]),
    ],
)
def test_a_condition_is_true_false_or_unknown(when: str, expected: list[int]) -> None:
    assert truth(when, bars_of([1.0, 2.0, np.nan, 3.0])) == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("crosses_above(close, 2)", [U, F, T, F, F, U, U, F]),
        ("crosses_below(close, 2)", [U, F, F, F, T, U, U, T]),
        ("crosses_above(close, 2, buffer=49)", [U, F, T, F, F, U, U, F]),
        ("crosses_above(close, 2, buffer=50)", [U, F, F, F, F, U, U, F]),
        ("crosses_below(close, 2, 60)", [U, F, F, F, F, U, U, F]),
        ("prev(close) < 2 <= close", [F, T, F, F, F, U, U, F]),  # a chain is Kleene's: one side that fails decides
    ],
)
def test_a_cross_needs_four_known_values_and_the_other_side(when: str, expected: list[int]) -> None:
    assert truth(when, bars_of([1.0, 2.0, 3.0, 2.5, 1.0, np.nan, 2.5, 1.0])) == expected


def test_indicators_are_those_of_the_catalogue_bit_for_bit() -> None:
    bars = qp.sample("IBM").head(400)
    line = qp.macd(bars["close"], 12, 26, 9)
    expected = {
        "macd(12, 26, 9).signal > 0": line.signal > 0,
        "macd(fast=12, slow=26).histogram < 0": line.histogram < 0,
        "close > bbands(20).upper": bars["close"] > qp.bbands(bars["close"], 20).upper,
        "sma(20, of=volume) > 5000000": qp.sma(bars["volume"], 20) > 5_000_000,
        "ema(5, of=rsi(14)) > 50": qp.ema(qp.rsi(bars["close"], 14), 5) > 50,
        "rsi(window=14, convention='legacy') > 50": qp.rsi(bars["close"], 14, convention="legacy") > 50,
        "atr(14) > 3": qp.atr(bars, 14) > 3,
        "cdl_doji() > 0": qp.CATALOG["cdl_doji"](bars) > 0,
    }
    for when, known in expected.items():
        found = np.array(truth(when, bars))
        np.testing.assert_array_equal(found == T, known.fillna(False).to_numpy(dtype=bool), err_msg=when)
        assert (found == T).any(), when


def test_equal_calls_are_one_and_an_indicator_comes_after_its_input() -> None:
    node = parse("rsi(14) > 50 and rsi(window=14) < 60 and ema(5, of=rsi(14)) > sma(20, of=volume)")
    assert [str(request) for request in requests_of(node)] == [
        "rsi(window=14)",
        "ema(window=5, of=rsi(window=14))",
        "sma(window=20, of=volume)",
    ]
    assert fields_of(node) == ("close", "volume")
    nested = requests_of(node)[1]
    assert nested.settle == qp.rsi.settle(1e-9) + qp.ema.settle(1e-9, window=5)


def test_a_convention_holds_for_the_indicators_that_have_it() -> None:
    calls = compile_rules([("a", "rsi(14) > sma(5)"), ("b", "ema(5, convention='pandas') > 1")], "legacy").calls
    assert [(call.name, call.convention) for call in calls] == [("rsi", "legacy"), ("sma", "talib"), ("ema", "pandas")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clos > 1", r"unknown name 'clos', did you mean 'close'\?; at column 1"),
        ("close > smaa(5)", r"unknown name 'smaa', did you mean 'smma'|'sma'"),
        ("close > rsi", r"rsi must be called, as in rsi\(\); at column 9"),
        ("prev > 1", r"prev must be called, as in prev\(x, n\)"),
        ("rsi(windw=3) > 1", "rsi has no parameter 'windw'; did you mean 'window'"),
        ("rsi(1) > 1", "window must be at least 2, got 1; at column 1"),
        ("rsi(2.5) > 1", "must be a whole number"),
        ("rsi(close) > 1", "a parameter must be a number that is written down, got 'close'; at column 5"),
        ("rsi(nan='skip') > 1", "nan must be left out"),
        ("ema(5, convention='mine') > 1", "convention of ema must be one of"),
        ("macd() > 1", r"an output of macd must be chosen, as in macd\(\.\.\.\)\.macd"),
        ("macd().signl > 1", "macd has no output 'signl'; did you mean 'signal'"),
        ("rsi().upper > 1", "rsi has no output 'upper'; it has one"),
        ("close.upper > 1", "an output must be of an indicator that is called"),
        ("atr(of=volume) > 1", "of= must be for an indicator of one input"),
        ("sma(5, of=close - open) > 1", "of= must be a column or an indicator, got a formula"),
        ("close", "a condition must be true or false, got the number 'close'"),
        ("close and open", "and must join conditions, got the number 'close'; compare it; at column 1"),
        ("not close", "not must join conditions"),
        ("(close > 1) + 2 > 1", r"a number must stand here, got the condition 'close > 1'; at column 2"),
        ("prev(close, 0) > 1", "n must be a whole number of bars from 1 to 10000, got 0; what lies ahead"),
        ("prev(close, -1) > 1", "what lies ahead is not known"),
        ("prev(close, close) > 1", "n must be a number that is written down"),
        ("prev() > 1", "prev takes x, n, x is not given"),
        ("prev(close, 1, 2) > 1", "prev takes x, n, got 3 arguments"),
        ("prev(close, m=1) > 1", "prev has no parameter 'm'"),
        ("prev(close, x=1) > 1", "prev got x twice"),
        ("min(close) > 1", "min must be told two numbers or more"),
        ("crosses_above(1, 2)", "must be told a line that moves"),
        ("crosses_above(close, 2, -1)", "a percentage must be at least 0"),
        ("close > 1 & open > 1", "write 'and' or 'or'"),
        ("close ** 2 > 1", r"use \+ - \* /"),
        ("close / 0 > 1", "a divisor must not be 0"),
        ("close is 1", "comparisons must be"),
        ("close > True", "a constant must be a finite number, got True"),
        ("close > 'a'", "a constant must be a finite number"),
        ("close[0] > 1", "must not hold Subscript"),
        ("(lambda: 1)() > 1", "only functions and indicators are called"),
        ("__import__('os') > 1", "unknown name '__import__'"),
        ("close > 1 if open else 2", "must not hold IfExp"),
        ("close >", "got invalid syntax at column"),
        ("close > 1; open", "got invalid syntax at column"),
        ("", "an expression must be text"),
        ("close > " + "1 + " * 2000 + "1", "must have at most 4000 characters"),
        ("-" * 3990 + "close > 1", "must not be nested so deeply|too many nested|got"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(qp.ParameterError, match=message):
        parse(text, truth=True)


def test_a_value_must_not_be_a_condition() -> None:
    with pytest.raises(qp.ParameterError, match="a value must be a number, got the condition"):
        parse("close > 1", truth=False)
