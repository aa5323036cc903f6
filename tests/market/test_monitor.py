"""The price monitor: what it asks, what it commits, and that an alert is raised once whoever dies meanwhile."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.clock import ManualClock
from quantperf.errors import DataError, ParameterError, Upstream
from quantperf.events import PriceChanged
from quantperf.market import actions, highs
from quantperf.market.alarm_events import Alert, Retraction
from quantperf.market.alarm_policy import CATEGORIES, RULES, Policy
from quantperf.market.alerts import AlertRaised, AlertRetracted, Once
from quantperf.market.history import Action, Bars, interval_of
from quantperf.market.monitor import PriceMonitor, Tick
from quantperf.market.sample import sample
from quantperf.market.store import Store
from quantperf.memory.cache import Cache

DAY0 = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)  # a Monday
SESSION = (DAY0.date() - dt.date(1970, 1, 1)).days
START = DAY0 + dt.timedelta(hours=15)
LOG = ["id", "symbol", "alert_type", "base_type", "severity", "base_price", "current_price", "threshold_percent"]
LOG += ["actual_percent", "base_time", "triggered_at", "known_at", "policy", "retracted_at"]


def at(minute):
    return START + dt.timedelta(minutes=minute)


def only(**thresholds):
    every = {**{rule.name: None for rule in RULES}, **thresholds}
    return Policy(every, by_category=dict.fromkeys(CATEGORIES, every))


def bars_before(closes, last=SESSION - 3):
    """Return daily bars that end on the Friday before."""
    close = np.asarray(closes, np.float64)
    stamps = np.arange(last - len(close) + 1, last + 1)
    return Bars(
        interval_of("1d"), stamps.astype(np.int64), np.stack([close, close + 3, close - 2, close, close * 0 + 9])
    )


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store", clock=ManualClock(START)) as opened:
        opened.write(
            {symbol: bars_before([100.0, 106.0, 100.0]) for symbol in "ABCDEFG"}, facts={"A": {"category": "stock"}}
        )
        yield opened


def ticks_of(**prices):
    return lambda symbols: {symbol: Tick(prices[symbol], START) for symbol in symbols if symbol in prices}


def test_a_check_tells_the_prices_and_changes_of_each_symbol(store):
    found = qp.PriceMonitor(store, source=ticks_of(A=104.0, B=99.0)).check(["A", "B"])
    assert found.summaries["A"] == {
        "current_price": 104.0,
        "prev_close": 100.0,
        "all_time_high": 109.0,
        "prev_high": 103.0,
        "prev_low": 98.0,
        "change_from_close": {"amount": 4.0, "percent": 4.0},
        "change_from_high": {"amount": -5.0, "percent": pytest.approx(-500 / 109)},
        "timestamp": START,
    }
    assert found.frame.loc["B", ["current_price", "change_from_close_percent"]].tolist() == [99.0, -1.0]
    assert [(each.symbol, each.alert_type) for each in found.alerts] == [
        ("A", "price_rise"), ("A", "break_prev_high"), ("B", "drop_from_high"),
    ]  # fmt: skip


def test_a_source_is_asked_for_five_symbols_at_a_time_and_each_batch_is_one_commit(store):
    asked = []

    def source(symbols):
        asked.append(symbols)
        return {symbol: Tick(100.5, START) for symbol in symbols}

    before = store.database.last_seq()
    PriceMonitor(store, source=source).check()
    assert asked == [["A", "B", "C", "D", "E"], ["F", "G"]]
    assert store.database.last_seq() == before + 2
    with store.database.reading() as connection:
        state = connection.execute("SELECT symbol, seq FROM alarm ORDER BY symbol").fetchall()
        quotes = connection.execute("SELECT symbol, seq FROM quote ORDER BY symbol").fetchall()
        raised = connection.execute("SELECT DISTINCT symbol, seq FROM alert ORDER BY symbol").fetchall()
    assert [tuple(row) for row in state] == [tuple(row) for row in quotes] == [tuple(row) for row in raised]


def test_a_symbol_that_fails_is_an_error_and_the_others_are_checked(store):
    def source(symbols):
        told = {symbol: Tick(104.0, START) for symbol in symbols}
        told["B"] = Upstream("the service failed with 503")
        del told["C"]
        return told

    found = PriceMonitor(store, source=source).check(["A", "B", "C"])
    assert set(found.summaries) == {"A"}
    assert isinstance(found.errors["B"], Upstream)
    assert "must give a Tick of 'C', got None" in str(found.errors["C"])

    def broken(symbols):
        raise ConnectionError("refused")

    found = PriceMonitor(store, source=broken).check(["A", "B"])
    assert {symbol: type(error) for symbol, error in found.errors.items()} == dict.fromkeys("AB", ConnectionError)
    assert found.alerts == ()


def test_a_symbol_of_which_no_price_is_stored_is_an_error(store):
    found = PriceMonitor(store).check(["A", "NONE"])
    assert set(found.summaries) == {"A"}
    assert isinstance(found.errors["NONE"], DataError)


@pytest.mark.parametrize("fails", [False, True])
def test_an_async_source_is_awaited_and_its_failure_is_an_error_of_its_symbols(store, fails):
    async def source(symbols):
        await asyncio.sleep(0)
        if fails and "F" in symbols:
            raise TimeoutError("no answer")
        return {symbol: Tick(104.0, START) for symbol in symbols}

    monitor = PriceMonitor(store, source=source)
    with pytest.raises(ParameterError, match="await check_async"):
        monitor.check()
    found = asyncio.run(monitor.check_async())
    assert set(found.errors) == (set("FG") if fails else set())
    assert {each.symbol for each in found.alerts} == set("ABCDEFG") - set(found.errors)


def test_without_a_source_the_latest_bar_is_the_quote_as_old_as_its_session(tmp_path):
    with Store(tmp_path, clock=ManualClock(START)) as store:
        store.write({"A": bars_before([100.0, 104.0])}, facts={"A": {"zone": "America/New_York"}})
        found = PriceMonitor(store).check()
        assert found.alerts == ()
        assert "stale" in {each.reason for each in found.ignored}, "the bar is of Friday, now it is Monday"
        assert found.summaries["A"]["timestamp"] == dt.datetime(2026, 2, 28, 5, tzinfo=dt.UTC)
        assert found.summaries["A"]["prev_close"] == 100.0, "the session before that of the quote"
        found = PriceMonitor(store, Policy(stale_after=None)).check()
        assert [each.alert_type for each in found.alerts] == ["price_rise", "new_high", "break_prev_high"]
        assert PriceMonitor(store, Policy(stale_after=None)).check().alerts == (), "another monitor, the same bar"


def test_deciding_never_reads_through_the_cache_of_queries(store):
    monitor = PriceMonitor(store, only(price_rise=3.0), cache=Cache("prices", entries=10, clock=store.clock))
    monitor.feed([("A", Tick(100.0, at(0)))], now=at(0))
    assert monitor.price("A") == 100.0
    found = monitor.feed([("A", Tick(104.0, at(0.5)))], now=at(0.5))
    assert [each.current_price for each in found.alerts] == [104.0]
    assert monitor.price("A") == 100.0, "who decided on this would have raised nothing"
    store.clock.advance(dt.timedelta(seconds=64))  # times of life are spread by 5 percent
    assert monitor.price("A") == 104.0
    with pytest.raises(DataError, match="no price of 'NONE' is known"):
        monitor.price("NONE")


def test_what_was_committed_is_published_and_unchanged_prices_are_not(store):
    heard = []
    for kind in (PriceChanged, AlertRaised, AlertRetracted):
        store.bus.subscribe(kind, heard.append)
    monitor = PriceMonitor(store, only(price_rise=3.0))
    for minute, price in enumerate((100.5, 100.5, 104.0)):
        monitor.feed([("A", Tick(price, at(minute), volume=7.0))], now=at(minute))
    monitor.correct("A", at(2))
    assert [type(each).__name__ for each in heard] == ["PriceChanged", "PriceChanged", "AlertRaised", "AlertRetracted"]
    assert (heard[1].price, heard[1].previous, heard[1].at, heard[1].volume) == (104.0, 100.5, at(2), 7.0)
    assert heard[1].seq == heard[2].seq == heard[3].seq - 1
    assert heard[3].retraction.retracts == heard[2].alert.id


def test_a_missing_price_decides_nothing_is_counted_and_leaves_no_commit(store):
    monitor = PriceMonitor(store)
    before = store.database.last_seq()
    found = monitor.feed([("A", Tick(np.nan, at(0))), ("A", Tick(-1.0, at(1)))], now=at(1))
    assert found.alerts == ()
    assert found.summaries["A"]["current_price"] is None
    assert (monitor.counts["nan"], monitor.counts["nonpositive"]) == (1, 1)
    assert store.database.last_seq() == before


def test_a_session_is_a_date_on_the_clock_of_the_market_not_on_ours(tmp_path):
    late = dt.datetime(2026, 3, 3, 1, tzinfo=dt.UTC)  # Monday 20:00 in New York, Tuesday here
    with Store(tmp_path, clock=ManualClock(late)) as store:
        store.write({"NY": bars_before([100.0])}, facts={"NY": {"zone": "America/New_York"}})
        store.write({"NY": bars_before([100.0, 110.0], last=SESSION)})
        found = PriceMonitor(store, only(price_rise=3.0)).feed([("NY", Tick(112.0, late))], now=late)
    # By the date of UTC the session before would be Monday itself: 112 against 110 is no alert.
    assert [(each.base_price, each.actual_percent) for each in found.alerts] == [(100.0, 12.0)]
    assert found.alerts[0].base_time == (SESSION - 1) * 86_400_000


def test_the_time_of_a_base_is_the_date_of_its_bar_and_not_midnight_of_today(store):
    found = PriceMonitor(store, only(price_rise=3.0, drop_from_high=1.0)).feed([("A", Tick(104.0, at(0)))], now=at(0))
    times = {each.base_type: each.base_time // 86_400_000 for each in found.alerts}
    assert times == {"prev_close": SESSION - 3, "all_time_high": SESSION - 4}


def test_a_split_and_a_dividend_that_the_store_knows_raise_nothing(store):
    with store.database.commit("actions") as commit:
        actions.record(commit, 1, [Action("split", SESSION, 2.0)])
        actions.record(commit, 2, [Action("dividend", SESSION, 7.0)])
        highs.after_actions(commit, ["A", "B"])
    monitor = PriceMonitor(store, only(price_drop=3.0, drop_from_high=10.0, break_prev_low=0.0, plunge=5.0))
    assert monitor.feed([("A", Tick(50.0, at(0))), ("B", Tick(93.0, at(0)))], now=at(0)).alerts == ()
    found = monitor.feed([("C", Tick(92.0, at(0)))], now=at(0))
    assert [each.alert_type for each in found.alerts] == ["price_drop", "drop_from_high", "break_prev_low"], (
        "the others"
    )


def test_a_held_move_is_explained_by_the_action_that_is_collected_later(store):
    monitor = PriceMonitor(store, only(price_drop=3.0, drop_from_high=10.0))
    assert monitor.feed([("A", Tick(50.2, at(0)))], now=at(0)).alerts == ()
    assert monitor.held()[["symbol", "price", "reference", "ratio"]].values.tolist() == [["A", 50.2, 100.0, 2.0]]
    with store.database.commit("actions") as commit:
        actions.record(commit, 1, [Action("split", SESSION, 2.0)])
        highs.after_actions(commit, ["A"])
    assert monitor.feed([("A", Tick(50.4, at(1)))], now=at(1)).alerts == ()
    assert monitor.held().empty
    found = monitor.feed([("A", Tick(48.0, at(2)))], now=at(2))
    assert [(each.alert_type, each.base_price) for each in found.alerts] == [
        ("price_drop", 50.0),
        ("drop_from_high", 54.5),
    ]


def test_a_held_move_was_real_if_the_session_ended_without_a_split_and_says_how_late_it_is(store):
    monitor = PriceMonitor(store, only(price_drop=3.0))
    monitor.feed([("A", Tick(50.2, at(0)))], now=at(0))
    store.write({"A": Bars(interval_of("1d"), np.array([SESSION]), np.array([[99.0], [99.0], [49.0], [50.0], [1.0]]))})
    found = monitor.feed([("A", Tick(50.0, at(300)))], now=at(300))
    assert [(each.current_price, each.delay) for each in found.alerts] == [(50.2, 300 * 60.0)]


def test_a_held_move_is_resolved_by_hand(store):
    monitor = PriceMonitor(store, only(price_drop=3.0))
    monitor.feed([("A", Tick(50.2, at(0))), ("B", Tick(33.4, at(0)))], now=at(0))
    assert monitor.resolve("A", "real").alerts[0].actual_percent == pytest.approx(-49.8)
    assert monitor.resolve("B", "action", 3.0).alerts == ()
    assert [each.reason for each in monitor.resolve("B", "action").ignored] == ["nothing_held"]


def test_an_alert_of_a_false_tick_is_marked_as_taken_back_and_stays(store):
    monitor = PriceMonitor(store, only(price_rise=3.0))
    monitor.feed([("A", Tick(104.0, at(0)))], now=at(0))
    store.clock.advance(dt.timedelta(minutes=10))
    found = monitor.correct("A", at(0), 101.0)
    assert [each.retracts for each in found.retractions] == monitor.alerts()["id"].tolist()
    assert monitor.alerts()["retracted_at"].tolist() == [pd.Timestamp(at(10))]
    assert monitor.correct("A", at(0), 101.0).retractions == (), "twice is once"
    assert len(monitor.alerts("A")) == 1
    assert monitor.alerts(["B"]).empty
    with pytest.raises(ParameterError, match="at must be a moment with a time zone"):
        monitor.correct("A", dt.datetime(2026, 3, 2))  # noqa: DTZ001


def test_alerts_are_claimed_by_one_delivered_once_and_offered_again_when_a_claim_runs_out(store):
    first, second = PriceMonitor(store), PriceMonitor(store)
    first.feed([("A", Tick(104.0, at(0)))], now=at(0))
    ids, heard, clock = first.alerts()["id"].tolist(), [], store.clock

    def dies(alert):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.deliver(dies)
    assert second.deliver(heard.append).sent == (), "claimed, by one who is dead"
    clock.advance(dt.timedelta(seconds=60))
    assert second.deliver(heard.append).sent == tuple(ids)
    assert first.deliver(heard.append).sent == ()
    assert [each.id for each in heard] == ids
    assert (second.alerts()["attempts"] == 2).all()
    first.correct("A", at(0))
    second.deliver(heard.append)
    assert [type(each) for each in heard[-len(ids) :]] == [Retraction] * len(ids)


def test_a_sink_that_fails_leaves_its_alert_to_the_next_call(store):
    monitor = PriceMonitor(store)
    monitor.feed([("A", Tick(104.0, at(0)))], now=at(0))
    heard = []

    def sink(alert):
        if alert.alert_type == "price_rise" and not heard:
            raise OSError("no route")
        heard.append(alert.alert_type)

    failed = monitor.deliver(sink).failed
    assert [str(error) for error in failed.values()] == ["no route"] * len(failed)
    done = monitor.deliver(sink)
    assert done.failed == {}
    assert sorted(heard) == sorted(monitor.alerts()["alert_type"])


def test_a_receiver_drops_ids_that_it_knows_and_an_id_counts_only_when_it_was_received():
    heard, fail = [], [True]

    def sink(alert):
        if fail:
            raise OSError("no route")
        heard.append(alert.id)

    receive = Once(sink, remembered=2)
    one, two, three = (Retraction(name, name, "A", 0) for name in "abc")
    with pytest.raises(OSError, match="no route"):
        receive(one)
    fail.clear()
    for each in (one, one, two, three, one):
        receive(each)
    assert heard == ["a", "b", "c", "a"], "there was room for two"
    assert (receive.repeats, receive.forgotten) == (1, 2)
    with pytest.raises(ParameterError, match="remembered must be"):
        Once(sink, 0)


CHILD = """
import datetime as dt, json, sys
from quantperf.market.monitor import PriceMonitor, Tick
from quantperf.market.store import Store
from quantperf.memory.cache import Cache
folder, script = sys.argv[1:]
with Store(folder) as store:
    monitor = PriceMonitor(store)
    print("ready", flush=True)
    sys.stdin.readline()
    for place, (symbol, price, at) in enumerate(json.load(open(script))):
        moment = dt.datetime.fromtimestamp(at, dt.UTC)
        monitor.feed([(symbol, Tick(price, moment))], now=moment)
        if place % 10 == 0:
            print(place, flush=True)
        if place == 250:
            sys.stdin.readline()  # nobody answers: none of them gets to the end, however late it is killed
"""


def script_of(ticks):
    """Return seeded prices of three symbols that rise, fall, jump and come back, one a minute."""
    random = np.random.default_rng(5)
    prices = dict.fromkeys("ABC", 100.0)
    told = []
    for minute in range(ticks):
        symbol = "ABC"[minute % 3]
        prices[symbol] = round(float(np.clip(prices[symbol] * np.exp(random.normal(0, 0.02)), 85, 120)), 2)
        told.append((symbol, prices[symbol], (START + dt.timedelta(minutes=minute)).timestamp()))
    return told


def feed_all(folder, ticks):
    with Store(folder) as store:
        monitor = PriceMonitor(store)
        for symbol, price, seconds in ticks:
            moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
            monitor.feed([(symbol, Tick(price, moment))], now=moment)
        with store.database.reading() as connection:
            state = [tuple(row)[:3] for row in connection.execute("SELECT * FROM alarm ORDER BY symbol")]
        assert store.check() == []
        return monitor.alerts()[LOG], state


def test_processes_that_race_over_one_script_and_are_killed_raise_every_alert_exactly_once(tmp_path):
    ticks = script_of(360)
    (tmp_path / "ticks.json").write_text(json.dumps(ticks))
    for name in ("calm", "killed"):
        with Store(tmp_path / name, clock=ManualClock(START)) as store:
            store.write({symbol: bars_before([100.0, 106.0, 100.0]) for symbol in "ABC"})
    wanted, state = feed_all(tmp_path / "calm", ticks)
    assert len(wanted) > 40

    command = [sys.executable, "-c", CHILD, str(tmp_path / "killed"), str(tmp_path / "ticks.json")]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    pauses = np.random.default_rng(1).uniform(0.0, 0.02, 4)
    try:
        for child in children:
            assert child.stdout.readline() == "ready\n"
        for child in children:
            child.stdin.write("go\n")
            child.stdin.flush()
        for place, child in enumerate(children):
            for _ in range(2 + 5 * place):  # each is killed later than the one before, in the middle of its work
                assert child.stdout.readline()
            time.sleep(pauses[place])
            assert child.poll() is None
            child.kill()
    finally:
        for child in children:
            child.kill()
            child.wait()
            child.stdin.close()
            child.stdout.close()
    with Store(tmp_path / "killed") as store:
        part = PriceMonitor(store).alerts()[LOG]
    assert 0 < len(part) < len(wanted), "they were killed on the way"
    pd.testing.assert_frame_equal(part, wanted.iloc[: len(part)])
    found, after = feed_all(tmp_path / "killed", ticks)  # one more begins anew
    assert found["id"].is_unique
    pd.testing.assert_frame_equal(found, wanted)
    assert after == state


def test_thresholds_as_a_mapping_count_for_every_symbol(store):
    monitor = PriceMonitor(store, {"price_rise": 4.5, "break_prev_high": None})
    found = monitor.feed([(symbol, Tick(104.0, at(0))) for symbol in "AB"], now=at(0))
    assert found.alerts == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda store: PriceMonitor("folder"), "store must be a quantperf Store, got 'folder'"),
        (lambda store: PriceMonitor(store, rules=[3.0]), "rules must be a Policy or thresholds by rule"),
        (lambda store: PriceMonitor(store, batch=0), "batch must be a whole number from 1 to 500, got 0"),
        (lambda store: PriceMonitor(store, source="yahoo"), "source must take a list of symbols"),
        (lambda store: PriceMonitor(store).deliver(print, limit=0), "limit must be a whole number"),
        (lambda store: PriceMonitor(store).deliver(print, lease=0), "lease must be seconds above 0"),
        (lambda store: Tick(1.0, dt.datetime(2026, 1, 1)), "at must be a moment with a time zone"),  # noqa: DTZ001
    ],
)
def test_what_is_out_of_bounds_is_refused(store, make, message):
    with pytest.raises(ParameterError, match=message):
        make(store)


def test_a_store_of_the_sample_is_watched_in_one_line(tmp_path):
    panel = sample()
    end = dt.datetime(2013, 3, 1, 22, tzinfo=dt.UTC)
    with Store(tmp_path, clock=ManualClock(end)) as store:
        store.write({symbol: Bars.from_frame(panel.frame(symbol)) for symbol in panel.symbols})
        found = qp.PriceMonitor(store).check()
        assert len(found.summaries) == 5
        assert all(isinstance(each, Alert) for each in found.alerts)
        assert found.errors == {}
