"""Rules: what they are made from, what they remember, families, and traps of the default ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.kernels.candles import UNKNOWN
from quantperf.signals.program import FIRED, HELD, compile_rules
from quantperf.signals.rule import Rule

U = int(UNKNOWN)


def codes(rules: Any, close: list[float]) -> list[list[int]]:
    program = compile_rules(rules)
    block = np.array(close)[:, None]
    found = program.run(dict.fromkeys(program.fields, block), program.fresh_state(1))
    return found[:, :, 0].tolist()


def fired(close: list[float], **settings: Any) -> list[int]:
    """Return the bars on which ``close > 2`` fires."""
    row = codes([Rule("above", "close > 2", **settings)], close)[0]
    return [bar for bar, code in enumerate(row) if code == FIRED]


NAN = float("nan")


@pytest.mark.parametrize(
    ("close", "settings", "expected"),
    [
        ([1, 3, 3, 1, 3], {}, [1, 2, 4]),
        ([1, 3, 3, 1, 3], {"levels": "once"}, [1, 4]),
        ([3, 3, 1, 3], {"levels": "once"}, [3]),  # that the first bar begins it is not known
        ([1, NAN, 3, NAN, 3, 1, 3], {"levels": "once"}, [2, 6]),
        ([1, 3, 3, 3, 1, 3, 3], {"hold": 2}, [2, 3, 6]),
        ([1, 3, 3, 3, 1, 3, 3], {"hold": 2, "levels": "once"}, [2, 6]),
        ([1, 3, NAN, 3, 3, 3], {"hold": 3}, [5]),
        ([1, 3, 3, 1.5, 3, 0.5, 3], {"clear": "close < 1"}, [1, 6]),
        ([1, 3, 3, NAN, 3, 0.5, 3], {"clear": "close < 1"}, [1, 6]),
        ([3, 3, 3, 3, 3, 3], {"cooldown": 2}, [0, 3]),
        ([3, 1, 1, 3, 1, 3], {"cooldown": 2}, [0, 3]),
        ([1, 3, 1, 3, 3, 3], {"cooldown": 1, "levels": "once"}, [1, 3]),
    ],
)
def test_what_a_rule_remembers(close: list[float], settings: dict[str, Any], expected: list[int]) -> None:
    assert fired(close, **settings) == expected
    program = compile_rules([Rule("above", "close > 2", **settings)])
    state = program.fresh_state(1)
    live = [program.run({"close": np.array([[value]])}, state)[0, 0, 0] for value in close]
    assert [bar for bar, code in enumerate(live) if code == FIRED] == expected


def test_of_a_family_the_first_that_fires_wins_and_families_are_independent() -> None:
    rules = [
        Rule("high", "close > 3", family="one"),
        Rule("some", "close > 1", family="one"),
        Rule("other", "close > 1", family="two"),
    ]
    assert codes(rules, [1, 2, 4, NAN]) == [[0, 0, FIRED, U], [0, FIRED, HELD, U], [0, FIRED, FIRED, U]]
    assert codes(rules[::-1], [1, 2, 4])[1:] == [[0, FIRED, FIRED], [0, 0, HELD]]


def test_rules_come_as_names_rules_pairs_and_dicts_mixed() -> None:
    wanted: list[Any] = [
        "golden_cross",
        Rule("a", "close > 1"),
        ("b", "close > 2"),
        {"name": "c", "when": "close > 3", "direction": -1},
    ]
    assert [rule.name for rule in compile_rules(wanted).rules] == ["golden_cross", "a", "b", "c"]
    assert [rule.name for rule in compile_rules("golden_cross").rules] == ["golden_cross"]
    assert [rule.name for rule in compile_rules(("dip", "close < 2")).rules] == ["dip"]
    assert len(compile_rules(("golden_cross", "dead_cross")).rules) == 2
    assert compile_rules().rules == qp.signals.RULES


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["golden_cros"], "must be names of qp.signals.RULES, got 'golden_cros'; did you mean 'golden_cross'"),
        ([], "at least one rule, got none"),
        (["golden_cross", "golden_cross"], "names of rules must be unique, got 'golden_cross' twice"),
        ([3], "a rule must be a name"),
        ([{"name": "a", "when": "close > 1", "directon": 1}], "no 'directon'; did you mean 'direction'"),
        ([{"name": "a"}], "a rule must have when"),
        ([("", "close > 1")], "name of a rule must be a string that is not empty"),
        ([("a", "close >")], "when of a: an expression must be one condition"),
        ([("a", "close")], "when of a: a condition must be true or false"),
        ([("a", "1 < 2")], "when of a must read a column of bars"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_at_once(wanted: Any, message: str) -> None:
    with pytest.raises(qp.ParameterError, match=message):
        compile_rules(wanted)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"direction": 2}, "direction of a must be 1, -1 or 0, got 2"),
        ({"direction": True}, "direction of a must be 1, -1 or 0"),
        ({"hold": 0}, "hold of a must be a whole number of bars from 1"),
        ({"cooldown": -1}, "cooldown of a must be a whole number"),
        ({"levels": "twice"}, "levels of a must be one of 'every', 'once'"),
        ({"value": "close > 1"}, "value of a: a value must be a number"),
        ({"clear": "close"}, "clear of a: a condition must be true or false"),
        ({"family": 3}, "family of a must be a string"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(qp.ParameterError, match=message):
        Rule("a", "close > 1", **settings)


# ------------------------------------------------------------------------------------------------------- the table


DIRECTIONS = {
    "rsi": {"RSI_overbought": -1, "RSI_oversold": 1, "RSI_bullish": 1, "RSI_bearish": -1},
    "bollinger": {"BB_break_upper": 1, "BB_break_lower": -1, "BB_touch_upper": -1, "BB_touch_lower": 1},
    "ma50": {"MA50_breakout_up": 1, "MA50_breakout_down": -1},
    "ma200": {"MA200_breakout_up": 1, "MA200_breakout_down": -1},
    "cross": {"golden_cross": 1, "dead_cross": -1},
    "macd": {"bullish_cross": 1, "bearish_cross": -1, "zero_cross_up": 1, "zero_cross_down": -1},
    "stochastic": {"overbought": -1, "oversold": 1, "stochastic_bullish_cross": 1, "stochastic_bearish_cross": -1},
    "volume": {"volume_breakout_up": 1, "volume_breakout_down": -1, "low_volume": 0},
}  # fmt: skip


def test_trap_18_directions_are_declared_and_not_guessed_from_names() -> None:
    table: dict[str, dict[str, int]] = {}
    for rule in qp.signals.RULES:
        table.setdefault(rule.family, {})[rule.name] = rule.direction
    assert table == DIRECTIONS
    assert [list(family) for family in table.values()] == [list(family) for family in DIRECTIONS.values()]


def flat_volumes(volume: list[float]) -> pd.DataFrame:
    price = np.linspace(100.0, 101.0, len(volume))
    return pd.DataFrame({"open": price, "high": price, "low": price, "close": price, "volume": volume})


def test_trap_10_a_volume_average_that_is_not_known_is_no_low_volume() -> None:
    rules = ["volume_breakout_up", "volume_breakout_down", "low_volume"]
    found = qp.signals(flat_volumes([1000.0] * 19 + [1000.0, 10.0, 1000.0]), rules)
    assert found["triggered_at"].tolist() == [20]
    assert found.attrs["unknown"]["low_volume"] == 19
    assert not len(qp.signals(flat_volumes([0.0] * 40), rules))  # the mean is 0, so there is no ratio


@pytest.mark.parametrize("settings", [{}, {"convention": "legacy"}])
def test_trap_13_a_level_is_met_exactly_and_without_a_buffer(settings: dict[str, Any]) -> None:
    rows = codes([Rule("up", "prev(close) < 70 <= close"), Rule("down", "prev(close) > 30 >= close")], [69, 70, 71, 30])
    assert rows == [[0, FIRED, 0, 0], [0, 0, 0, FIRED]]
    assert codes([("up", "crosses_above(close, 50)")], [49.0, 50.0, np.nextafter(50.0, 51.0), 51.0]) == [
        [U, 0, FIRED, 0]
    ]
    texts = {rule.name: rule.when for rule in qp.signals.RULES}
    assert texts["RSI_overbought"] == "prev(rsi(14)) < 70 <= rsi(14)"
    assert texts["MA50_breakout_up"] == "crosses_above(close, sma(50))"
    found = qp.signals(qp.sample("IBM"), ["RSI_overbought"], **settings)
    line = qp.rsi(qp.sample("IBM")["close"], 14, **settings)
    expected = line.index[(line.shift() < 70) & (line >= 70)]
    assert found["triggered_at"].tolist() == expected.tolist()
    assert found["indicator_value"].tolist() == line[expected].tolist()
    assert found["convention"].unique().tolist() == [settings.get("convention", "talib")]
