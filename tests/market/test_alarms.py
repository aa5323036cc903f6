"""Alert rules: the table of the specification, what decides nothing, what is held, and what is taken back."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.errors import ParameterError, StateMismatch
from quantperf.market.alarm_events import Alert, Correction, Ignored, Level, Levels, Quote, Resolution, Retraction
from quantperf.market.alarm_policy import BASES, RULES, Policy, Threshold, split_ratio
from quantperf.market.alarms import RECENT_KEPT, TOP_KEPT, State, step

DAY, MINUTE = 86_400_000, 60_000
FRIDAY, MONDAY = 20_000, 20_003
OPEN = MONDAY * DAY + 870 * MINUTE
LEVELS = Levels(
    prev_close=Level(100.0, FRIDAY * DAY),
    prev_high=Level(103.0, FRIDAY * DAY),
    prev_low=Level(98.0, FRIDAY * DAY),
    all_time_high=Level(110.0, (FRIDAY - 300) * DAY),
)
CALM = replace(LEVELS, all_time_high=Level(104.0, (FRIDAY - 300) * DAY))  # near enough for no fall from it
ONLY = dict.fromkeys([rule.name for rule in RULES])  # every rule off


def only(**thresholds):
    return Policy(
        default={**ONLY, **thresholds},
        by_category={name: {**ONLY, **thresholds} for name in ("index", "stock", "etf", "futures")},
    )


def quote(price, minute=0.0, levels=LEVELS, category="stock", session=MONDAY, serial=0):
    at = OPEN + int(minute * MINUTE) + (session - MONDAY) * DAY
    return Quote("A", price, at, session, levels, category, serial)


def run(events, policy=None, state=None, delay=0):
    """Return the last state and all outcomes of events that are decided when they happen."""
    policy = policy or Policy()
    state, outcomes = state or State("A"), []
    for event in events:
        now = getattr(event, "at", state.last.at if state.last else OPEN) + delay
        state, some = step(state, event, policy, now)
        outcomes += some
    return state, outcomes


def raised(outcomes):
    return [each for each in outcomes if isinstance(each, Alert)]


def kinds(outcomes):
    return [(each.alert_type, each.base_type) for each in raised(outcomes)]


def reasons(outcomes):
    return [each.reason for each in outcomes if isinstance(each, Ignored) and each.reason != "no last_tick"]


@pytest.mark.parametrize(
    ("category", "move", "from_high"),
    [("index", 1.0, 2.0), ("futures", 5.0, 10.0), ("stock", 3.0, 5.0), ("etf", 3.0, 5.0), ("ETF", 3.0, 5.0),
     (None, 3.0, 5.0), ("crypto", 3.0, 5.0)],
)  # fmt: skip
def test_thresholds_of_the_table_fire_at_the_threshold_and_not_a_cent_before(category, move, from_high):
    for price, fires in (
        (100 + move, True),
        (100 + move - 0.01, False),
        (100 - move, True),
        (100 - move + 0.01, False),
    ):
        _, outcomes = run([quote(price, category=category)], Policy(split_within=None))
        found = [name for name, base in kinds(outcomes) if base == "prev_close"]
        assert found == (["price_rise" if price > 100 else "price_drop"] if fires else [])
    edge = round(110 * (1 - from_high / 100), 4)
    for price, fires in ((edge, True), (edge + 0.01, False)):
        _, outcomes = run([quote(price, category=category)])
        assert (("drop_from_high", "all_time_high") in kinds(outcomes)) is fires


def test_rules_are_checked_in_the_order_of_the_table():
    levels = replace(LEVELS, all_time_high=Level(103.5, FRIDAY * DAY))
    _, outcomes = run([quote(104.0, levels=levels)])
    assert kinds(outcomes) == [
        ("price_rise", "prev_close"), ("new_high", "all_time_high"), ("break_prev_high", "prev_high"),
    ]  # fmt: skip
    _, outcomes = run([quote(97.0)])
    assert kinds(outcomes) == [
        ("price_drop", "prev_close"), ("drop_from_high", "all_time_high"), ("break_prev_low", "prev_low"),
    ]  # fmt: skip
    assert {rule.base for rule in RULES} == set(BASES)


@pytest.mark.parametrize(("name", "base"), [("new_high", 110.0), ("break_prev_high", 103.0), ("break_prev_low", 98.0)])
def test_breaks_are_strict(name, base):
    beyond = base - 0.01 if name == "break_prev_low" else base + 0.01
    assert not raised(run([quote(base)], only(**{name: 0.0}))[1])
    assert [each.alert_type for each in raised(run([quote(beyond)], only(**{name: 0.0}))[1])] == [name]


def test_an_alert_logs_both_prices_the_change_and_the_time_of_the_base_which_is_no_midnight_of_today():
    alert = raised(run([quote(104.0)], delay=90_000)[1])[0]
    assert (alert.symbol, alert.alert_type, alert.base_type, alert.severity) == (
        "A",
        "price_rise",
        "prev_close",
        "info",
    )
    assert (alert.base_price, alert.current_price, alert.threshold_percent, alert.actual_percent) == (
        100.0,
        104.0,
        3.0,
        4.0,
    )
    assert alert.base_time == FRIDAY * DAY, "the session before was on Friday"
    # The defective way: the base is said to be of midnight of the day on which somebody looked.
    assert alert.base_time != alert.triggered_at // DAY * DAY
    assert (alert.triggered_at, alert.known_at, alert.delay) == (OPEN, OPEN + 90_000, 90.0)
    drop = raised(run([quote(96.0)])[1])[0]
    assert (drop.threshold_percent, drop.actual_percent) == (-3.0, -4.0), "a fall and its threshold have a sign"


def test_a_threshold_of_0_means_0_and_none_means_off():
    def defective(threshold, change):
        return bool(threshold) and abs(change) >= threshold

    assert defective(0.0, 0.5) is False, "the defective way takes 0 for none"
    assert kinds(run([quote(100.5)], only(price_rise=0.0))[1]) == [("price_rise", "prev_close")]
    assert kinds(run([quote(100.0)], only(price_rise=0.0))[1]) == [("price_rise", "prev_close")]
    assert kinds(run([quote(109.0)], only(price_rise=None))[1]) == []
    assert raised(run([quote(100.5, levels=CALM)])[1]) == [], "no test thresholds of 0 are left in"


def test_the_change_is_since_the_previous_close_and_not_since_somebody_last_looked():
    prices = [101.0, 102.0, 103.2]

    def defective(prices):
        return [now for before, now in zip([100.0, *prices], prices, strict=False) if (now / before - 1) * 100 >= 3.0]

    assert defective(prices) == [], "three small steps are no rise to who compares polls"
    found = raised(run([quote(price, minute) for minute, price in enumerate(prices)], only(price_rise=3.0))[1])
    assert [(each.current_price, round(each.actual_percent, 6)) for each in found] == [(103.2, 3.2)]


@pytest.mark.parametrize("scale", [1e-6, 0.01, 1.0, 1e4])
def test_small_prices_move_as_much_as_large_ones(scale):
    levels = Levels(prev_close=Level(0.05 * scale, FRIDAY * DAY))

    def defective(before, now):
        return abs(now - before) > 0.001

    assert not defective(0.0005, 0.0005 * 1.5), "an absolute tolerance hides half of a small price"
    assert kinds(run([quote(0.0515 * scale, levels=levels)])[1]) == [("price_rise", "prev_close")], "3 percent, exactly"
    assert kinds(run([quote(0.0514 * scale, levels=levels)])[1]) == []


@pytest.mark.parametrize(
    ("name", "minutes"),
    [("price_rise", 3), ("price_drop", 3), ("new_high", 360), ("drop_from_high", 360), ("break_prev_low", 3)],
)
def test_no_second_alert_of_a_rule_within_its_minutes(name, minutes):
    price = {
        "price_rise": 104.0,
        "price_drop": 90.0,
        "new_high": 111.0,
        "drop_from_high": 90.0,
        "break_prev_low": 90.0,
    }[name]
    policy = replace(only(**{name: 0.0 if name in {"new_high", "break_prev_low"} else 3.0}), rearm=None)
    times = [0.0, 1.0, minutes - 0.01, minutes, minutes + 1.0]
    prices = [price + (minute / 1000 if name == "new_high" else 0.0) for minute in times]
    _, outcomes = run([quote(each, minute) for each, minute in zip(prices, times, strict=True)], policy)
    assert [each.triggered_at for each in raised(outcomes)] == [OPEN, OPEN + minutes * MINUTE]


def test_a_rule_is_silent_until_the_change_falls_below_80_percent_of_its_threshold():
    prices = [103.1, 102.9, 103.2, 102.5, 103.3, 102.3, 103.4]
    found = raised(run([quote(price, 10 * place) for place, price in enumerate(prices)], only(price_rise=3.0))[1])
    assert [each.current_price for each in found] == [103.1, 103.4], "2.4 percent arms it again, 2.5 does not"


def test_a_new_session_arms_every_rule():
    next_levels = replace(LEVELS, prev_close=Level(100.0, MONDAY * DAY))
    state, _ = run([quote(104.0)], only(price_rise=3.0))
    _, outcomes = run(
        [quote(104.0, 10), quote(104.0, session=MONDAY + 1, levels=next_levels)], only(price_rise=3.0), state
    )
    assert [each.base_time for each in raised(outcomes)] == [MONDAY * DAY]


def test_a_high_of_this_session_is_the_one_to_beat():
    prices = [(111.0, 0), (109.0, 1), (110.5, 400), (111.5, 401)]
    found = raised(
        run([quote(price, minute) for price, minute in prices], replace(only(new_high=0.0), tick_minutes=None))[1]
    )
    assert [(each.current_price, each.base_price) for each in found] == [(111.0, 110.0), (111.5, 111.0)]
    assert found[1].base_time == OPEN


def test_live_alerts_are_on_the_change_since_the_last_tick_and_graded_by_its_size():
    levels = Levels()
    prices = [100.0, 103.0, 108.2, 120.0, 116.0, 109.0, 97.0, 97.5]
    _, outcomes = run([quote(price, 4 * place, levels) for place, price in enumerate(prices)])
    assert [(each.alert_type, each.severity) for each in raised(outcomes)] == [
        ("price_rise", "info"), ("surge", "medium"), ("surge", "high"), ("price_drop", "warning"), ("plunge", "medium"),
        ("plunge", "high"),
    ]  # fmt: skip
    assert {each.base_type for each in raised(outcomes)} == {"last_tick"}
    assert raised(outcomes)[0].base_time == OPEN


def test_thresholds_in_deviations_and_in_true_ranges():
    policy = only(price_rise=Threshold(2.0, "sigma"), price_drop=Threshold(1.5, "atr"))
    levels = replace(LEVELS, sigma=1.25, atr=4.0)
    assert raised(run([quote(102.4, levels=levels)], policy)[1]) == []
    assert raised(run([quote(102.5, levels=levels)], policy)[1])[0].threshold_percent == 2.5
    assert raised(run([quote(94.0, levels=levels)], policy)[1])[0].threshold_percent == -6.0
    unknown = quote(150.0, levels=replace(LEVELS, sigma=math.nan))
    assert reasons(run([unknown], replace(policy, split_within=None))[1]) == ["no atr", "no sigma"]


def test_thresholds_go_by_symbol_then_category_then_default():
    policy = Policy(
        default={"price_rise": 9.0}, by_category={"Crypto": {"price_rise": 7.0}}, by_symbol={"A": {"price_rise": 1.5}}
    )
    asked = [("A", "crypto"), ("B", "crypto"), ("B", None), ("B", "index")]
    assert [policy.threshold("price_rise", *who).size for who in asked] == [1.5, 7.0, 9.0, 1.0]
    assert policy.threshold("price_drop", "A", "crypto").size == 3.0, "what a symbol does not name it inherits"


@pytest.mark.parametrize(
    ("event", "reason", "now"),
    [
        (quote(math.nan, 1), "nan", 0),
        (quote(math.inf, 1), "infinite", 0),
        (quote(0.0, 1), "nonpositive", 0),
        (quote(-37.63, 1), "nonpositive", 0),
        (quote(120.0, -1), "out_of_order", 0),
        (quote(104.0, 0), "repeated", 0),
        (quote(120.0, 0), "conflicting", 0),
        (quote(120.0, 1), "stale", 1441 * MINUTE + 1),
        (quote(120.0, 10), "future", -2 * MINUTE),
    ],
)
def test_a_quote_that_cannot_be_used_decides_nothing_and_says_why(event, reason, now):
    state, _ = run([quote(104.0)])
    after, outcomes = step(state, event, Policy(), event.at + now)
    assert outcomes == [Ignored("A", reason, event.at)]
    assert after is state


def test_a_missing_base_is_unknown_and_never_fires():
    levels = Levels(prev_close=Level(math.nan, 0), prev_high=Level(0.0, 0))
    _, outcomes = run([quote(104.0, levels=levels)])
    assert raised(outcomes) == []
    assert reasons(outcomes) == ["no all_time_high", "no prev_close", "no prev_high", "no prev_low"]


def test_a_gap_in_the_data_is_no_move():
    old = Levels(*(Level(price, (MONDAY - 6) * DAY) for price in (100.0, 103.0, 98.0)))
    _, outcomes = run([quote(120.0, levels=old)])
    assert raised(outcomes) == []
    assert [reason for reason in reasons(outcomes) if reason.startswith("gap")] == [
        "gap prev_close",
        "gap prev_high",
        "gap prev_low",
    ]
    _, outcomes = run([quote(100.0, levels=Levels()), quote(110.0, 16, Levels())])
    assert "gap last_tick" in reasons(outcomes)
    assert raised(outcomes) == []


def test_ticks_of_one_millisecond_are_decided_in_the_order_of_their_serials():
    state, outcomes = run([quote(100.0, serial=1), quote(103.5, serial=2), quote(100.0, serial=1)])
    assert state.last.price == 103.5
    assert ("price_rise", "prev_close") in kinds(outcomes)
    assert reasons(outcomes) == ["out_of_order"]


@pytest.mark.parametrize(
    ("price", "ratio"), [(50.2, 2.0), (33.4, 3.0), (66.9, 1.5), (25.1, 4.0), (10.05, 10.0), (200.0, 0.5), (1000.0, 0.1)]
)
def test_a_jump_to_a_simple_ratio_is_held_and_told_a_split_raises_nothing(price, ratio):
    state, outcomes = run([quote(price, levels=CALM), quote(price * 1.004, 1, CALM)])
    assert reasons(outcomes) == ["held", "held"]
    assert state.held.ratio == pytest.approx(ratio)
    assert kinds(run([quote(price, levels=CALM)], Policy(split_within=None))[1]) != [], (
        "the defective way calls it a crash or a surge"
    )
    state, outcomes = run([Resolution("A", "action", ratio), quote(price * 1.01, 2, CALM)], state=state)
    assert raised(outcomes) == []
    # From then on everything before the split counts in new shares, for as long as its giver does not know.
    _, outcomes = run([quote(price * 1.045, 4, CALM)], state=state)
    found = raised(outcomes)[0]
    assert (found.alert_type, found.base_price) == ("price_rise", pytest.approx(100.0 / ratio))
    told = replace(CALM, prev_close=Level(100.0 / ratio, FRIDAY * DAY))
    assert raised(run([quote(price * 1.045, 4, told)], state=state)[1])[0].base_price == pytest.approx(100.0 / ratio)


def test_a_held_move_that_was_real_is_alerted_with_its_delay():
    state, outcomes = run([quote(50.0), quote(49.0, 5)])
    assert raised(outcomes) == []
    state, outcomes = step(state, Resolution("A", "real"), Policy(), OPEN + 60 * MINUTE)
    first = raised(outcomes)[0]
    assert (first.alert_type, first.current_price, first.actual_percent) == ("price_drop", 50.0, -50.0)
    assert (first.triggered_at, first.delay) == (OPEN, 3600.0)
    assert state.held is None
    assert state.last.price == 49.0
    assert step(state, Resolution("A", "real"), Policy(), OPEN)[1] == [Ignored("A", "nothing_held", OPEN)]


def test_a_price_that_comes_back_was_a_bad_print_and_nothing_is_left_of_it():
    clean, _ = run([quote(100.0, levels=CALM), quote(100.5, 2, CALM)])
    state, outcomes = run([quote(100.0, levels=CALM), quote(50.0, 1, CALM), quote(100.5, 2, CALM)])
    assert reasons(outcomes)[-2:] == ["held", "hold_cleared"]
    assert raised(outcomes) == []
    assert state == clean


def test_the_crash_of_the_sample_to_48_percent_is_no_split():
    assert split_ratio(53.5, 53.5 * 0.481, 0.01) is None
    assert ("price_drop", "prev_close") in kinds(run([quote(48.1)])[1])


def test_a_split_inside_of_the_levels_alone_is_held_by_the_jump_from_the_last_tick():
    adjusted = Levels(prev_close=Level(50.0, MONDAY * DAY), all_time_high=Level(110.0, FRIDAY * DAY))
    _, outcomes = run([quote(100.0), quote(50.1, levels=adjusted, session=MONDAY + 1)])
    assert reasons(outcomes)[-1] == "held"


def test_a_split_that_the_levels_hold_is_no_jump_from_the_ticks_before():
    halved = Levels(prev_close=Level(50.0, MONDAY * DAY), all_time_high=Level(52.0, FRIDAY * DAY), split=2.0)
    for price, wanted in ((50.1, []), (51.6, [("price_rise", "prev_close")])):
        state, outcomes = run([quote(100.0, levels=CALM), quote(price, 0, halved, session=MONDAY + 1)])
        assert kinds(outcomes) == wanted
        assert state.held is None
        assert run([quote(price, 1, halved, session=MONDAY + 1)], state=state)[0].last.price == price
    # Told while the move is held: then it was the split.
    state, outcomes = run([quote(100.0, levels=CALM), quote(50.1, 0, CALM, session=MONDAY + 1)])
    assert state.held is not None
    state, outcomes = run([quote(50.2, 1, halved, session=MONDAY + 1)], state=state)
    assert (state.held, raised(outcomes), state.last.price) == (None, [], 50.2)


def test_a_split_is_told_where_not_all_levels_are_known():
    levels = Levels(prev_close=Level(100.0, FRIDAY * DAY))
    state, _ = run([quote(50.0, levels=levels)])
    state, outcomes = run([Resolution("A", "action"), quote(50.5, 1, levels)], state=state)
    assert raised(outcomes) == []
    assert set(state.rebased) == {"prev_close"}


def test_a_tick_of_long_ago_holds_nothing():
    state, _ = run([quote(50.0, levels=Levels(prev_close=Level(50.0, FRIDAY * DAY)))])
    levels = Levels(prev_close=Level(100.0, (MONDAY + 3) * DAY))
    assert kinds(run([quote(104.0, levels=levels, session=MONDAY + 4)], state=state)[1]) == [
        ("price_rise", "prev_close")
    ]


def test_dividends_since_the_highest_price_are_no_fall_from_it():
    levels = replace(LEVELS, paid=1.5)
    assert kinds(run([quote(104.0)], only(drop_from_high=5.0))[1]) == [("drop_from_high", "all_time_high")]
    assert kinds(run([quote(104.0, levels=levels)], only(drop_from_high=5.0))[1]) == []
    assert raised(run([quote(110.2, levels=levels)], only(new_high=0.0))[1])[0].base_price == 110.0
    assert reasons(run([quote(104.0, levels=replace(LEVELS, paid=120.0))], only(drop_from_high=5.0))[1]) == [
        "no all_time_high"
    ]


PRICES = st.lists(
    st.sampled_from([90.0, 96.0, 97.0, 99.0, 100.0, 102.0, 103.5, 105.0, 111.0, 116.0]), min_size=1, max_size=12
)


@given(PRICES, st.sampled_from([50.0, 94.0, 104.0, 112.0, 125.0]), st.sampled_from([0.5, 5.0]))
def test_a_false_tick_that_is_taken_back_leaves_the_state_as_if_it_had_never_been(prices, false, spacing):
    events = [quote(price, place * spacing) for place, price in enumerate(prices)]
    state, _ = run(events)
    wrong = quote(false, len(prices) * spacing)
    after, outcomes = run([wrong], state=state)
    undone, taken = run([Correction("A", wrong.at)], state=after)
    assert replace(undone, before=None) == replace(state, before=None)
    assert [each.retracts for each in taken if isinstance(each, Retraction)] == [each.id for each in raised(outcomes)]


@given(PRICES, st.sampled_from([94.0, 104.0, 112.0]), st.sampled_from([93.9, 100.0, 112.5]))
def test_a_corrected_tick_leaves_what_the_right_price_would_have_and_raises_no_alert_twice(prices, false, right):
    events = [quote(price, 5.0 * place) for place, price in enumerate(prices)]
    state, _ = run(events)
    minute = 5.0 * len(prices)
    clean, wanted = run([quote(right, minute)], state=state)
    after, wrong = run([quote(false, minute)], state=state)
    again, outcomes = run([Correction("A", quote(false, minute).at, right)], state=after)
    assert again == clean
    ids = {each.id for each in raised(wrong)} - {each.retracts for each in outcomes if isinstance(each, Retraction)}
    assert sorted([*ids, *(each.id for each in raised(outcomes))]) == sorted(each.id for each in raised(wanted))
    assert run([Correction("A", quote(false, minute).at, right)], state=again)[0] == again, "twice is once"


def test_an_earlier_tick_that_was_false_takes_its_alerts_and_its_high_along():
    policy = replace(only(new_high=0.0), tick_minutes=None)
    state, outcomes = run([quote(115.0), quote(109.0, 1)], policy)
    state, taken = run([Correction("A", OPEN)], policy, state)
    assert [each.retracts for each in taken] == [raised(outcomes)[0].id]
    state, outcomes = run([quote(112.0, 2)], policy, state)
    assert [(each.base_price, each.current_price) for each in raised(outcomes)] == [(110.0, 112.0)], (
        "armed again, at once"
    )
    again, taken = run([Correction("A", OPEN + MINUTE, 111.0)], policy, state)
    assert (taken, again.top[1].price) == ([], 111.0), "no alert to take back, but another price to beat"
    assert run([Correction("A", OPEN + 7)], policy, state)[1] == [Ignored("A", "unknown_tick", OPEN + 7)]


def test_a_correction_of_a_held_quote_ends_or_shortens_the_hold():
    state, _ = run([quote(100.0), quote(50.0, 1), quote(50.5, 2)])
    assert run([Correction("A", OPEN + 2 * MINUTE)], state=state)[0].held.latest.price == 50.0
    ended, outcomes = run([Correction("A", OPEN + MINUTE, 96.5)], state=state)
    assert ended.held is None
    assert ("price_drop", "prev_close") in kinds(outcomes)


@given(
    st.lists(
        st.tuples(st.sampled_from([49.9, 50.0, 96.0, 100.0, 104.0, 111.0, 200.0, math.nan]), st.integers(0, 9)),
        max_size=25,
    )
)
def test_a_state_goes_through_json_and_goes_on_with_the_same_alerts(steps):
    minute, state, twin, ids = 0, State("A"), State("A"), []
    for price, gap in steps:
        minute += gap
        event = quote(price, minute)
        state, outcomes = step(state, event, Policy(), event.at)
        twin, others = step(State.from_dict(json.loads(json.dumps(twin.to_dict()))), event, Policy(), event.at)
        assert outcomes == others
        assert state == twin
        ids += [each.id for each in raised(outcomes)]
    assert len(ids) == len(set(ids))
    assert len(state.top) <= TOP_KEPT
    assert len(state.recent) <= RECENT_KEPT


@given(PRICES)
def test_the_same_quotes_again_raise_nothing_and_change_nothing(prices):
    events = [quote(price, place) for place, price in enumerate(prices)]
    state, _ = run(events)
    after, outcomes = run(events, state=state)
    assert after is state
    assert raised(outcomes) == []


def test_an_id_is_of_policy_symbol_types_base_time_and_trigger_time():
    first = raised(run([quote(104.0)])[1])[0]
    assert raised(run([quote(104.0)], delay=5000)[1])[0].id == first.id
    assert json.loads(json.dumps(first.to_dict()))["id"] == first.id
    others = [
        raised(run([quote(104.0)], Policy(severe=11.0))[1])[0],
        raised(run([quote(104.0, 1)])[1])[0],
        raised(run([quote(104.0, levels=replace(LEVELS, prev_close=Level(100.0, (FRIDAY - 1) * DAY)))])[1])[0],
        raised(run([quote(96.0)])[1])[0],
    ]
    assert len({first.id, *(each.id for each in others)}) == 5


def test_a_policy_is_the_same_after_a_pickle_and_its_version_tells_any_difference():
    policy = Policy({"price_rise": Threshold(2.0, "sigma")}, by_symbol={"A": {"surge": None}}, dedupe={"surge": 10})
    assert pickle.loads(pickle.dumps(policy)).version == policy.version
    assert (policy.needs("sigma"), policy.needs("atr")) == (True, False)
    assert len({policy.version, Policy().version, Policy(rearm=None).version, Policy(dedupe={"surge": 1}).version}) == 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Policy({"price_rise": -3.0}), "a threshold must be a size of at least 0, got -3.0"),
        (lambda: Policy({"price_rise": True}), "a threshold must be a size"),
        (lambda: Policy({"rise": 3.0}), "a rule in default must be one of 'price_rise'"),
        (lambda: Policy(by_symbol={"A": 3.0}), "must be a mapping, got 3.0"),
        (lambda: Policy(by_category=None), "by_category must be a mapping"),
        (lambda: Policy(dedupe={"surge": -1}), "must be a finite number of at least 0, got -1"),
        (lambda: Policy(rearm=1.5), "rearm must be a share"),
        (lambda: Policy(split_within=0.2), "split_within must be at most 0.03"),
        (lambda: Policy(severe=math.nan), "severe must be a finite number"),
        (lambda: Threshold(1.0, "points"), "unit must be one of"),
        (lambda: Policy().threshold("rise", "A"), "rule must be one of"),
        (lambda: Resolution("A", "perhaps"), "verdict must be one of 'action', 'real', got 'perhaps'"),
        (lambda: Resolution("A", "action", 0.0), "ratio must be new shares for an old one"),
        (lambda: step(State("B"), quote(1.0), Policy(), 0), "event must be of 'B'"),
    ],
)
def test_what_is_out_of_bounds_is_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        make()


def test_a_state_of_another_version_is_refused():
    with pytest.raises(StateMismatch, match="must have schema 1, got 9"):
        State.from_dict({"schema": 9})
