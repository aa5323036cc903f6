"""The filter of alerts: every filter to its last branch, the limit of an hour, and its state as data."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.signals.alerting import DEFAULT_TYPES, FILTERS, AlertFilter, AlertSettings, Finding, Verdict, mark_sent

NOW = pd.Timestamp("2024-03-08 21:00", tz="UTC")
NAN = float("nan")
OFF = AlertSettings(
    types=None,
    min_quality=None,
    min_success_rate=None,
    min_strength=None,
    min_volume=None,
    no_duplicates=False,
    market=None,
    max_per_hour=None,
)


def record(**changes: Any) -> dict[str, Any]:
    good = {
        "id": "a",
        "signal_type": "RSI_oversold",
        "direction": 1,
        "signal_strength": 21.0,
        "volume": 5e6,
        "market_condition": "bullish",
        "alert_sent": False,
    }
    return {**good, **changes}


def decide(settings: AlertSettings | None = None, *, given: dict[str, Any] | None = None, **changes: Any) -> Verdict:
    rates = {"success_rate": 0.7, "quality": 80.0, **(given or {})}
    return AlertFilter(settings).decide(record(**changes), NOW, **rates)


def finding(name: str, verdict: Verdict) -> Finding:
    return next(item for item in verdict.findings if item.filter == name)


def test_a_good_signal_passes_every_filter() -> None:
    verdict = decide()
    assert verdict.passed is True
    assert verdict.against == ()
    assert tuple(item.filter for item in verdict.findings) == FILTERS
    assert verdict.table["passed"].tolist() == [True] * len(FILTERS)
    assert str(verdict) == "RSI_oversold a: alert"


@pytest.mark.parametrize(
    ("name", "changes", "given", "passed", "why"),
    [
        ("type", {"signal_type": "MA50_breakout_up"}, {}, False, "MA50_breakout_up is not enabled"),
        ("quality", {}, {"quality": 69.9}, False, "69.9 is below 70"),
        ("quality", {}, {"quality": None}, None, "unknown: no quality was given"),
        ("quality", {}, {"quality": NAN}, None, "unknown: no quality was given"),
        ("success_rate", {}, {"success_rate": 0.59}, False, "0.59 is below 0.6"),
        ("success_rate", {}, {"success_rate": None}, None, "unknown: no success_rate was given"),
        ("strength", {"signal_strength": 0.49}, {}, False, "0.49 is below 0.5"),
        ("strength", {"signal_strength": np.float64("nan")}, {}, None, "unknown: it is missing"),
        ("volume", {"volume": 9_999}, {}, False, "9999 is below 10000"),
        ("volume", {"volume": pd.NA}, {}, None, "unknown: it is missing"),
        ("duplicate", {"alert_sent": True}, {}, False, "an alert of this signal was sent before"),
        ("market", {"market_condition": "sideways"}, {}, False, "the market is sideways, a signal of direction +1"),
        ("market", {"market_condition": "bearish"}, {}, False, "needs bullish"),
        ("market", {"market_condition": None}, {}, None, "unknown: the market condition is missing"),
        ("market", {"direction": pd.NA}, {}, None, "unknown: the direction is missing"),
        ("market", {}, {"market_condition": "bearish"}, False, "the market is bearish"),
    ],
)
def test_one_filter_alone_holds_an_alert_back_and_says_why(
    name: str, changes: dict[str, Any], given: dict[str, Any], passed: bool | None, why: str
) -> None:
    verdict = decide(given=given, **changes)
    assert verdict.passed is False
    assert [item.filter for item in verdict.against] == [name]
    found = finding(name, verdict)
    assert found.passed is passed
    assert why in found.why
    assert f"{name}: {found.why}" in str(verdict)
    shown = verdict.table.set_index("filter").loc[name, "passed"]
    assert shown is pd.NA if passed is None else bool(shown) is passed


@pytest.mark.parametrize(
    ("changes", "given"),
    [
        ({}, {"quality": 70}),
        ({}, {"success_rate": 0.6}),
        ({"signal_strength": 0.5}, {}),
        ({"volume": np.int64(10_000)}, {}),
    ],
)
def test_a_threshold_itself_passes(changes: dict[str, Any], given: dict[str, Any]) -> None:
    assert decide(given=given, **changes).passed


@pytest.mark.parametrize("name", ["min_quality", "min_success_rate", "min_strength", "min_volume"])
def test_a_threshold_of_0_is_a_threshold_and_none_is_none(name: str) -> None:
    """A threshold of 0 read as "none" lets what is unknown pass."""
    unknown: dict[str, Any] = {"signal_strength": NAN, "volume": None}
    missing = {"quality": None, "success_rate": None}
    label = name.removeprefix("min_")
    at_zero = finding(label, decide(AlertSettings(**{name: 0}), given=missing, **unknown))
    assert at_zero.passed is None
    assert at_zero.wanted == "at least 0"
    zeros: dict[str, Any] = {"signal_strength": 0.0, "volume": 0}
    nothing = {"quality": 0, "success_rate": 0}
    assert finding(label, decide(AlertSettings(**{name: 0}), given=nothing, **zeros)).passed is True
    assert finding(label, decide(AlertSettings(**{name: None}), given=missing, **unknown)).passed is True


def test_no_alert_an_hour_means_none() -> None:
    verdict = decide(AlertSettings(max_per_hour=0))
    assert verdict.against == (
        Finding("hourly", False, "fewer than 0 within the hour", 0, "0 of 0 were sent within the hour"),
    )


@pytest.mark.parametrize(
    ("direction", "condition", "agrees", "not_against"),
    [
        (1, "bullish", True, True),
        (1, "sideways", False, True),
        (1, "bearish", False, False),
        (-1, "bullish", False, False),
        (-1, "sideways", False, True),
        (-1, "bearish", True, True),
        (0, "bullish", True, True),
        (0, "sideways", True, True),
        (0, "bearish", True, True),
    ],
)
def test_the_market_agrees_with_the_declared_direction(
    direction: int, condition: str, agrees: bool, not_against: bool
) -> None:
    """The direction is read, never guessed from the name, and no direction is not a bearish one."""
    for market, wanted in (("agrees", agrees), ("not_against", not_against)):
        verdict = decide(AlertSettings(market=market), direction=np.int8(direction), market_condition=condition)
        assert verdict.passed is wanted


def test_filters_that_are_off_take_anything_and_say_so() -> None:
    verdict = decide(OFF, given={"quality": None, "success_rate": None}, signal_type="mine", volume=None, direction=7)
    assert verdict.passed
    assert {item.wanted for item in verdict.findings} == {"any"}
    alerts = AlertFilter(OFF)
    assert all(alerts.decide(record(), NOW).passed for _ in range(20))
    assert alerts.to_dict()["times"] == []


def test_a_signal_alerts_once_until_it_is_forgotten() -> None:
    alerts = AlertFilter(AlertSettings(remembered=2, max_per_hour=None))
    rates = {"success_rate": 0.7, "quality": 80.0}
    said = [alerts.decide(record(id=name), NOW, **rates).passed for name in ("a", "a", "b", "c", "b", "a")]
    assert said == [True, False, True, True, False, True]
    assert alerts.counts == {
        "decided": 6,
        "passed": 4,
        "duplicate failed": 2,
        "ids dropped": 2,
    }
    assert repr(alerts) == "AlertFilter(6 decided, 4 passed)"


def test_what_was_held_back_is_not_a_duplicate_later() -> None:
    alerts = AlertFilter()
    assert not alerts.decide(record(), NOW, success_rate=0.7, quality=None).passed
    assert alerts.decide(record(), NOW, success_rate=0.7, quality=99).passed


def test_an_alert_an_hour_ago_makes_room() -> None:
    alerts = AlertFilter(AlertSettings(max_per_hour=1))
    rates = {"success_rate": 0.7, "quality": 80.0}
    assert alerts.decide(record(id="a"), NOW, **rates).passed
    late = alerts.decide(record(id="b"), NOW + pd.Timedelta("59min 59s"), **rates)
    assert [item.filter for item in late.against] == ["hourly"]
    assert alerts.decide(record(id="b"), NOW + pd.Timedelta("1h"), **rates).passed


@given(
    st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=60),
    st.integers(0, 4),
    st.integers(0, 59),
)
def test_no_hour_holds_more_alerts_than_allowed_and_none_is_held_back_without_need(
    steps: list[tuple[int, bool]], most: int, cut: int
) -> None:
    alerts = AlertFilter(AlertSettings(max_per_hour=most))
    now, sent = NOW, []
    for place, (minutes, good) in enumerate(steps):
        now += pd.Timedelta(minutes=minutes)
        if place == cut:
            alerts = AlertFilter.from_dict(json.loads(json.dumps(alerts.to_dict())))
        verdict = alerts.decide(record(id=str(place)), now, success_rate=0.7 if good else 0.1, quality=80)
        room = sum(now - pd.Timedelta("1h") < time for time in sent) < most
        assert verdict.passed is (good and room)
        if verdict.passed:
            sent.append(now)
        assert len(alerts.to_dict()["times"]) <= most
    for time in sent:
        assert sum(time <= other < time + pd.Timedelta("1h") for other in sent) <= most


def test_the_state_is_data_and_goes_on_the_same() -> None:
    alerts = AlertFilter(AlertSettings(types=("RSI_oversold",), max_per_hour=5, remembered=3))
    rates = {"success_rate": 0.7, "quality": 80.0}
    for name in "abcd":
        alerts.decide(record(id=name), NOW, **rates)
    again = AlertFilter.from_dict(json.loads(json.dumps(alerts.to_dict())))
    assert again.settings == alerts.settings
    assert again.to_dict() == alerts.to_dict()
    for name in "ade":
        assert again.decide(record(id=name), NOW, **rates) == alerts.decide(record(id=name), NOW, **rates)
    assert again.counts == alerts.counts
    fresh = AlertFilter.from_dict(AlertFilter().to_dict())
    assert fresh.to_dict() == AlertFilter().to_dict()


def test_data_of_another_version_are_refused() -> None:
    data = AlertFilter().to_dict()
    with pytest.raises(qp.StateMismatch, match="under schema 1, got schema 2"):
        AlertFilter.from_dict({**data, "schema": 2})
    with pytest.raises(qp.StateMismatch, match="got 'min_beauty' too"):
        AlertFilter.from_dict({**data, "settings": {**data["settings"], "min_beauty": 1}})


def records() -> pd.DataFrame:
    times = pd.to_datetime(["2024-03-08 21:00", "2024-03-07 21:00", "2024-03-08 21:10", "2024-03-08 21:20"], utc=True)
    rows = [record(id=name) for name in "abcd"]
    rows[2]["signal_type"] = "MA50_breakout_up"
    frame = pd.DataFrame(rows, index=[10, 11, 12, 13]).assign(known_at=times)
    frame["alert_sent_at"] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns, UTC]")
    return frame


def test_many_records_are_decided_when_they_were_known() -> None:
    settings = AlertSettings(max_per_hour=1)
    table = AlertFilter(settings).decide_many(
        records(), success_rate={"RSI_oversold": 0.7}, quality=pd.Series({"RSI_oversold": 80.0})
    )
    assert table.index.tolist() == [10, 11, 12, 13]
    assert table["passed"].tolist() == [True, True, False, False]
    assert table["at"].tolist() == records()["known_at"].tolist()
    assert table["hourly"].tolist() == [True, True, False, False]
    assert table["quality"].isna().tolist() == [False, False, True, False]
    at_once = AlertFilter(settings).decide_many(records(), now=NOW)
    assert at_once["passed"].tolist() == [False] * 4
    assert at_once["quality"].isna().all()
    empty = AlertFilter().decide_many(records().iloc[:0])
    assert list(empty) == ["id", "signal_type", "at", "passed", *FILTERS]


def test_numbered_records_need_to_be_told_now() -> None:
    numbered = records().assign(known_at=range(4))
    with pytest.raises(qp.DataError, match="or tell now"):
        AlertFilter().decide_many(numbered)
    assert len(AlertFilter().decide_many(numbered, now=NOW)) == 4


def test_what_was_sent_is_marked_in_a_new_frame() -> None:
    signals = records()
    before = signals.copy()
    marked = mark_sent(signals, ["a", "c"], NOW.tz_convert("Asia/Tokyo"))
    assert marked["alert_sent"].tolist() == [True, False, True, False]
    assert marked["alert_sent_at"].tolist() == [NOW, pd.NaT, NOW, pd.NaT]
    assert str(marked["alert_sent_at"].dtype) == "datetime64[ns, UTC]"
    again = mark_sent(marked, ["a", "b"], NOW + pd.Timedelta("1h"))
    assert again["alert_sent_at"].tolist() == [NOW, NOW + pd.Timedelta("1h"), NOW, pd.NaT]
    pd.testing.assert_frame_equal(signals, before)
    assert not AlertFilter().decide(marked.iloc[0], NOW, success_rate=0.7, quality=80).passed
    pd.testing.assert_frame_equal(mark_sent(signals, [], NOW), before)


def test_mistakes_are_named() -> None:
    alerts = AlertFilter()
    alerts.decide(record(), NOW)
    with pytest.raises(qp.ParameterError, match="now must not be before the decision before"):
        alerts.decide(record(), NOW - pd.Timedelta("1s"))
    with pytest.raises(qp.ParameterError, match="tell it with tz_localize"):
        alerts.decide(record(), "2024-03-09")
    with pytest.raises(qp.ParameterError, match="now must be a time with a time zone, got 12"):
        alerts.decide(record(), 12)
    with pytest.raises(qp.DataError, match="but volume, direction is not there"):
        alerts.decide({"id": "a", "signal_type": "x", "signal_strength": 1.0}, NOW)
    with pytest.raises(qp.ParameterError, match=r"success_rate must be a number, got '0\.7'"):
        alerts.decide(record(), NOW, success_rate="0.7")  # type: ignore[arg-type]
    with pytest.raises(qp.DataError, match="direction must be 1, -1 or 0, got 2"):
        alerts.decide(record(direction=2), NOW)
    with pytest.raises(qp.ParameterError, match="market_condition must be one of 'bullish', 'bearish', 'sideways'"):
        alerts.decide(record(), NOW, market_condition="up")
    with pytest.raises(qp.ParameterError, match="settings must be AlertSettings"):
        AlertFilter({"min_quality": 3})  # type: ignore[arg-type]
    with pytest.raises(qp.DataError, match="alert_sent_at lack"):
        mark_sent(records().drop(columns="alert_sent_at"), "a", NOW)
    with pytest.raises(qp.ParameterError, match="but 'z' is not there"):
        mark_sent(records(), "z", NOW)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_quality": 101}, "min_quality must be a number from 0 to 100"),
        ({"min_success_rate": 60}, "min_success_rate must be a number from 0 to 1"),
        ({"min_strength": -0.1}, "min_strength must be a number of at least 0"),
        ({"min_volume": NAN}, "min_volume must be a number of at least 0"),
        ({"min_volume": float("inf")}, "min_volume must be a number of at least 0"),
        ({"min_quality": True}, "min_quality must be a number, got True"),
        ({"types": "golden_cross"}, "types must be names of signal types"),
        ({"types": (1,)}, "types must be names of signal types"),
        ({"market": "up"}, "market must be one of 'agrees', 'not_against'"),
        ({"max_per_hour": -1}, "max_per_hour must be a whole number of at least 0"),
        ({"max_per_hour": 2.5}, "max_per_hour must be a whole number of at least 0"),
        ({"remembered": 0}, "remembered must be a whole number of at least 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(qp.ParameterError, match=message):
        AlertSettings(**settings)


def test_the_defaults_are_those_of_the_specification() -> None:
    settings = AlertSettings()
    assert settings.types == DEFAULT_TYPES
    assert set(DEFAULT_TYPES) == {
        "MA200_breakout_up",
        "MA200_breakout_down",
        "golden_cross",
        "dead_cross",
        "RSI_overbought",
        "RSI_oversold",
    }
    assert (settings.min_quality, settings.min_success_rate, settings.min_strength) == (70, 0.6, 0.5)
    assert (settings.min_volume, settings.max_per_hour, settings.market) == (10_000, 3, "agrees")
    assert AlertSettings(types=["mine"]).types == ("mine",)  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        settings.min_volume = 0  # type: ignore[misc]


def test_a_verdict_is_data() -> None:
    data = json.loads(json.dumps(decide(given={"quality": None}).to_dict()))
    assert data["at"] == "2024-03-08T21:00:00+00:00"
    assert data["passed"] is False
    assert data["findings"][1] == {
        "filter": "quality",
        "passed": None,
        "wanted": "at least 70",
        "was": None,
        "why": "unknown: no quality was given",
    }
