"""Collecting, end to end: a made-up vendor on loopback, faults of all kinds, and what is left alone."""

from __future__ import annotations

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest

from quantperf.errors import (
    Malformed,
    NotFound,
    OverlapMismatch,
    ParameterError,
    RateLimited,
    SourceError,
    Upstream,
)
from quantperf.events import PriceChanged
from quantperf.market.history import Bars
from quantperf.market.reconcile import OVERLAP
from quantperf.market.sample import sample
from quantperf.market.sources.frames import Frames
from tests.fixture_server import Step
from tests.market.vendor import LATER, PATH, content


def without(frame, row):
    """The frame with a row of nulls."""
    holed = frame.astype(object)
    holed.iloc[row] = None
    return holed


def asked_from(server, symbol):
    """The first day of each request for a symbol."""
    found = [int(hit.query["period1"]) for hit in server.requests if hit.path == PATH + symbol]
    return [dt.datetime.fromtimestamp(second, dt.UTC).date() + dt.timedelta(days=1) for second in found]


class TestTheFirstFetchAndTheNext:
    def test_all_is_stored_as_it_was_served(self, vendor, collect, store):
        listing = vendor.lists("A", dividends={"2024-01-15": 0.5})
        got = collect(["A"])
        assert not got.errors
        assert got.report.loc["A", ["verdict", "added", "actions"]].tolist() == ["append", 40, 1]
        assert store.bars("A").equals(listing.served().set_axis(store.bars("A").index))
        assert store.listing().loc[0, ["basis", "currency", "zone"]].tolist() == ["splits", "USD", "America/New_York"]
        assert got.bars["A"].equals(store.bars("A"))

    def test_the_next_fetch_asks_again_for_five_sessions_only(self, vendor, collect, store, server):
        listing = vendor.lists("A")
        collect("A")
        listing.known = 43
        got = collect("A")
        assert got.report.loc["A", ["verdict", "fetched", "added"]].tolist() == ["append", OVERLAP + 3, 3]
        assert asked_from(server, "A") == [dt.date(2024, 1, 1), listing.frame.index[40 - OVERLAP].date()]
        assert store.bars("A").equals(listing.served().set_axis(store.bars("A").index))

    def test_the_same_answer_twice_makes_no_commit(self, vendor, collect, store):
        vendor.lists("A", dividends={"2024-01-15": 0.5}, splits={"2024-01-18": 2.0})
        collect("A")
        before = content(store)
        got = collect("A")
        assert got.report.loc["A", "verdict"] == "unchanged"
        assert got.report["seq"].isna().all()
        assert content(store) == before

    def test_earlier_history_is_asked_for_once(self, vendor, collect, store, server):
        listing = vendor.lists("A")
        collect("A", "2024-02-01")
        collect("A", "2024-01-10")
        assert store.bars("A").equals(listing.served().loc["2024-01-10":].set_axis(store.bars("A").index))
        collect("A", "2024-01-10")
        assert asked_from(server, "A")[-1] == listing.frame.index[40 - OVERLAP].date()

    def test_dividends_become_actions_and_change_no_price(self, vendor, collect, store):
        listing = vendor.lists("A", dividends={"2024-02-28": 0.75})
        collect("A")
        assert store.actions("A").empty
        before = store.bars("A")
        listing.known = 45
        collect("A")
        assert store.actions("A")[["kind", "value"]].to_numpy().tolist() == [["dividend", 0.75]]
        assert store.bars("A").iloc[:40].equals(before)
        assert store.bars("A", adjust="total")["close"].iloc[0] < before["close"].iloc[0]

    def test_results_keep_the_order_and_a_symbol_that_comes_twice_is_asked_for_once(self, vendor, collect, server):
        names = ["C", "A", "B", "A"]
        for name in "ABC":
            vendor.lists(name)
        got = collect(names)
        assert got.report.index.tolist() == list(got.bars) == ["C", "A", "B"]
        assert server.hits(PATH + "A") == 1

    def test_at_most_ten_are_asked_for_at_once(self, vendor, collect, server):
        names = [f"S{number:02d}" for number in range(30)]
        body = {name: vendor.lists(name) for name in names}
        for name in names:
            server.script(
                PATH + name, lambda hit: Step(200, vendor.chart(hit.path.removeprefix(PATH), hit), delay=0.03)
            )
        got = collect(names)
        assert not got.errors
        assert len(got.bars) == len(body)
        assert 2 <= server.most_in_flight() <= 10
        assert set(got.report["seq"]) == {1}


class Refusing:
    """A source that serves no span from before a day, and says so."""

    name, caps, basis, decimals, symbols = "refusing", frozenset({"history"}), "splits", 4, ("A",)

    def __init__(self, source, limit):
        self.source, self.limit = source, limit

    def read(self, query):
        if query.start < self.limit:
            raise SourceError("1h data are served for the last days only")
        return self.source.read(query)


class TestASplitBetweenTwoFetches:
    DATE = "2024-02-28"

    def test_replaces_the_history_in_one_commit_and_keeps_the_former(self, vendor, collect, store, server):
        listing = vendor.lists("A", splits={self.DATE: 4.0})
        collect("A")
        former, seq = store.bars("A"), store.database.last_seq()
        listing.known = 45
        got = collect("A")
        assert not got.errors
        assert got.report.loc["A", "verdict"] == "replace"
        assert store.bars("A").equals(listing.served().set_axis(store.bars("A").index))
        assert store.database.last_seq() == seq + 1
        assert store.as_of(seq=seq).bars("A").equals(former)
        assert server.hits(PATH + "A") == 3  # the first, the overlap, the whole history
        assert store.actions("A")[["date", "kind", "value"]].to_numpy().tolist() == [
            [pd.Timestamp(self.DATE), "split", 4.0]
        ]
        raw = store.bars("A", adjust="none")
        assert np.allclose(raw.to_numpy(), listing.frame.iloc[:45].to_numpy(), rtol=1e-12)

    def test_that_the_vendor_does_not_report_is_inferred(self, vendor, collect, store):
        listing = vendor.lists("A")
        collect("A")
        listing.frame = listing.frame.copy()
        listing.frame.iloc[:40, :4] /= 2.0
        listing.frame.iloc[:40, 4] *= 2.0
        listing.frame.iloc[40:, :4] /= 2.0
        listing.known = 45
        assert collect("A").report.loc["A", "verdict"] == "replace"
        assert store.actions("A")[["kind", "value"]].to_numpy().tolist() == [["split", 2.0]]
        assert store.actions("A")["date"].iloc[0] == listing.frame.index[40]
        assert collect("A").report.loc["A", "verdict"] == "unchanged"

    def test_on_the_day_of_the_split_it_is_not_taken_for_unapplied_later(self, vendor, collect, store):
        listing = vendor.lists("A", splits={self.DATE: 4.0})
        collect("A")
        for known in (42, 43, 50):
            listing.known = known
            assert not collect("A").errors
        assert store.bars("A").equals(listing.served().set_axis(store.bars("A").index))
        assert len(store.actions("A")) == 1

    def test_whose_history_does_not_fit_goes_to_quarantine(self, vendor, collect, store):
        listing = vendor.lists("A", splits={self.DATE: 4.0})
        collect("A")
        before = store.bars("A")
        listing.frame = listing.frame.copy()
        listing.frame.iloc[3, 3] += 0.25
        listing.known = 45
        got = collect("A")
        assert isinstance(got.errors["A"], OverlapMismatch)
        assert store.bars("A").equals(before)
        assert store.actions("A").empty
        assert set(store.quarantined("A")["code"]) == {"mismatch"}

    def test_of_prices_as_traded_is_an_action_and_changes_no_stored_bar(self, store):
        whole = sample("AAPL").loc["2005-01-03":"2005-03-31"]
        store.collect("AAPL", "2005-01-03", "2005-02-24", source="sample", progress=False)
        before = store.bars("AAPL")
        assert store.collect("AAPL", end="2005-03-31", source="sample", progress=False).report["verdict"].tolist() == [
            "append"
        ]
        assert store.bars("AAPL").equals(whole.set_axis(store.bars("AAPL").index))
        assert store.bars("AAPL", adjust="splits")["close"].iloc[0] == before["close"].iloc[0] / 2

    @pytest.mark.parametrize("refuses", [False, True])
    def test_intraday_history_that_is_no_longer_served_is_scaled(self, store, clock, refuses):
        opens = pd.date_range("2024-03-04 14:30", periods=200, freq="h", tz="UTC")
        close = 100.0 + 0.25 * np.arange(200)
        frame = pd.DataFrame({"open": close, "high": close + 1, "low": close - 1, "close": close}, index=opens)
        frame["volume"] = 1000.0
        clock.at = dt.datetime(2024, 3, 14, tzinfo=dt.UTC)
        options = {"start": "2024-03-01", "interval": "1h", "progress": False}
        store.collect(source=Frames({"A": frame.iloc[:150]}, interval="1h", basis="splits"), **options)
        served = frame.iloc[60:].copy()
        served[["open", "high", "low", "close"]] /= 2.0
        served["volume"] *= 2.0
        source = Frames({"A": served}, interval="1h", basis="splits")
        if refuses:
            source = Refusing(source, dt.datetime(2024, 3, 5, tzinfo=dt.UTC))
        got = store.collect(source=source, **options)
        assert got.report["verdict"].tolist() == ["replace"]
        now = store.bars("A", interval="1h")
        assert np.array_equal(now["close"], close / 2)
        assert (now["volume"] == 2000.0).all()
        assert store.actions("A")["value"].tolist() == [2.0]


class TestWhatContradicts:
    def test_another_volume_is_taken_and_flagged(self, vendor, collect, store):
        listing = vendor.lists("A")
        collect("A")
        listing.frame = listing.frame.copy()
        listing.frame.iloc[38, 4] = 7.0
        got = collect("A")
        assert got.report.loc["A", ["verdict", "revised"]].tolist() == ["revision", 1]
        assert store.bars("A")["volume"].iloc[38] == 7.0
        assert store.flags("A")[["at", "code"]].to_numpy().tolist() == [
            [listing.frame.index[38].tz_localize("UTC"), "revised"]
        ]

    def test_another_price_goes_to_quarantine_until_somebody_decides(self, vendor, collect, store):
        listing = vendor.lists("A")
        collect("A")
        before = store.bars("A")
        listing.frame = listing.frame.copy()
        listing.frame.iloc[38, 3] += 0.25
        listing.known = 41
        got = collect("A")
        assert isinstance(got.errors["A"], OverlapMismatch)
        assert "2 bars are in store.quarantined()" in str(got.errors["A"])
        assert store.bars("A").equals(before)
        waiting = store.quarantined("A")
        assert waiting["close"].tolist() == [listing.frame["close"].iloc[38], listing.frame["close"].iloc[40]]
        collect("A")
        assert store.quarantined("A").index.equals(waiting.index)
        resolved = store.resolve(waiting.index, accept=True)
        assert resolved.changed == ("A",)
        assert store.bars("A").equals(listing.served().set_axis(store.bars("A").index))
        assert store.quarantined("A").empty
        assert collect("A").report.loc["A", "verdict"] == "unchanged"

    def test_a_quarantined_bar_that_is_served_rightly_later_is_superseded(self, vendor, collect, store):
        listing = vendor.lists("A")
        collect("A")
        right = listing.frame
        listing.frame = right.copy()
        listing.frame.iloc[38, 3] += 0.25
        listing.known = 41
        collect("A")
        listing.frame = right
        assert not collect("A").errors
        told = store.quarantined("A", resolved=True)["resolved"]
        assert told.tolist().count("superseded") == 1  # the new bar; the contradiction still waits

    def test_null_rows_in_the_overlap_change_nothing(self, vendor, collect, store):
        listing = vendor.lists("A")
        collect("A")
        before = store.bars("A")
        listing.frame = without(listing.frame, 38)
        listing.known = 41
        assert isinstance(collect("A").errors["A"], OverlapMismatch)
        assert store.bars("A").equals(before)


class TestTheOpenSession:
    # 2024-02-27 is the 41st session of the vendor.
    NOON = dt.datetime(2024, 2, 27, 17, tzinfo=dt.UTC)

    def test_todays_bar_is_provisional_until_the_session_ends(self, vendor, collect, store, clock):
        listing = vendor.lists("A", known=41, goes_on=True)
        clock.at = self.NOON
        heard = []
        store.bus.subscribe(PriceChanged, heard.append)
        got = collect("A")
        assert got.report.loc["A", ["verdict", "added", "open"]].tolist() == ["append", 40, 1]
        assert len(store.bars("A")) == 40
        assert store.latest().loc["A", ["close", "final"]].tolist() == [listing.frame["close"].iloc[40], False]
        assert [(event.price, event.at) for event in heard] == [(listing.frame["close"].iloc[40], self.NOON)]
        seq = store.database.last_seq()
        assert collect("A").report["seq"].isna().all()
        listing.frame = listing.frame.copy()
        listing.frame.iloc[40, 1:4] += 0.25  # the day goes on
        assert collect("A").report.loc["A", ["verdict", "open"]].tolist() == ["unchanged", 1]
        assert heard[-1].previous == heard[0].price
        listing.goes_on, clock.at = False, LATER
        got = collect("A")
        assert got.report.loc["A", ["verdict", "added", "open"]].tolist() == ["append", 1, 0]
        assert store.bars("A")["close"].iloc[-1] == listing.frame["close"].iloc[40]
        assert store.latest().loc["A", "final"]
        assert len(store.as_of(seq=seq).bars("A")) == 40

    def test_taken_for_final_it_would_contradict_itself_tomorrow(self, vendor, collect, store, clock):
        # The defective way stores the bar of noon as the bar of the day.
        listing = vendor.lists("A", known=41, goes_on=True)
        clock.at = self.NOON
        early = listing.frame.copy()
        early.iloc[40, 3] -= 0.125
        store.write({"A": Bars.from_frame(early.iloc[:41])}, basis="splits")
        listing.goes_on, clock.at, listing.known = False, LATER, 42
        assert isinstance(collect("A").errors["A"], OverlapMismatch)

    @pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "UTC"])
    def test_the_clock_of_the_machine_does_not_say_when_a_day_is_over(
        self, vendor, collect, store, clock, zone, monkeypatch
    ):
        vendor.lists("A", known=41, goes_on=True)
        clock.at = dt.datetime(2024, 2, 28, 3, tzinfo=dt.UTC)  # the day after in Tokyo, the day itself in New York
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        try:
            assert collect("A").report.loc["A", "open"] == 1
        finally:
            monkeypatch.undo()
            time.tzset()


class TestNoErrorIsASuccess:
    def test_a_failed_symbol_has_an_error_and_no_bars_not_empty_ones(self, vendor, collect, store):
        for name in "AB":
            vendor.lists(name)
        collect(["A", "B"])
        vendor.spoils("B", Step(500, "will be right back"))
        got = collect(["A", "B"])
        assert list(got.bars) == ["A"]
        assert "B" not in got.bars
        with pytest.raises(KeyError):
            got.bars["B"]
        assert got.report.loc["B", "verdict"] == "error"
        assert got.report.loc["B", "error"] is got.errors["B"]

    def test_a_resumed_job_asks_again_for_what_had_failed(self, store):
        asked = []

        def fails_then_ends(symbol, start, end, interval):
            asked.append(symbol)
            if symbol == "B":
                raise ConnectionError("reset")
            if symbol == "C" and asked.count("C") == 1:
                raise KeyboardInterrupt  # the process is ended in the second batch
            return sample("FB").iloc[:10]

        options = {"source": fails_then_ends, "batch": 2, "limit": 1, "resume": "night", "progress": False}
        with pytest.raises(KeyboardInterrupt):
            store.collect(["A", "B", "C", "D"], **options)
        got = store.collect(["A", "B", "C", "D"], **options)
        assert got.report["verdict"].tolist() == ["done", "error", "append", "append"]
        assert asked.count("A") == 1
        assert asked.count("B") == 2


GARBAGE = {
    "consent page": (Step(200, "<!doctype html><html><body>Consent", headers={"Content-Type": "text/html"}), None),
    "truncated": (Step(200, '{"chart": {"result": [{"meta": {"symbol"'), Malformed),
    "empty": (Step(200, ""), Malformed),
    "no chart": (Step(200, "[1, 2]"), Malformed),
    "no result": (Step(404, '{"chart": {"result": null, "error": {"code": "Not Found", "description": "No data"}}}'),
                  NotFound),
    "cut": (Step(200, "x" * 1000, cut=10), Upstream),
    "reset": (Step(reset=True), Upstream),
    "broken gzip": (Step(200, "x" * 1000, gzip=True, broken_gzip=True), Malformed),
    "50 MB": (Step(200, b" " * 50_000_000, gzip=True), Malformed),
    "server error": (Step(500, "will be right back"), Upstream),
}  # fmt: skip


class TestGarbageFromTheNetwork:
    @pytest.mark.parametrize("fault", GARBAGE)
    def test_is_an_error_of_its_symbol_and_harms_nothing(self, vendor, collect, store, fault):
        step, kind = GARBAGE[fault]
        for name in "ABC":
            vendor.lists(name)
        collect(["A", "B", "C"])
        before = content(store)
        vendor.spoils("B", step)
        got = collect(["A", "B", "C"])
        assert list(got.errors) == ["B"]
        assert type(got.errors["B"]) is kind or (kind is None and isinstance(got.errors["B"], Exception))
        assert content(store) == before
        assert store.check() == []

    def test_ragged_and_null_rows_cost_only_themselves(self, vendor, collect, store, server):
        listing = vendor.lists("A")
        listing.frame = without(listing.frame, 20)
        body = []

        def ragged(hit):
            text = vendor.chart("A", hit)
            body.append(text)
            return Step(200, text.replace('"volume": [1000.0, ', '"volume": ['))

        server.script(PATH + "A", ragged)
        got = collect("A")
        assert body[0] != ragged(server.requests[-1]).body
        assert not got.errors
        assert got.report.loc["A", "added"] == 38

    def test_a_rate_limit_ends_all_asking_of_its_host_and_is_the_error_of_each_symbol(
        self, vendor, collect, store, server
    ):
        """Who comes after the refusal is not asked for; of several in flight it is chance who that is."""
        for name in "ABC":
            vendor.lists(name)
        collect("C")
        before, asked = content(store), len(asked_from(server, "C"))
        vendor.spoils("B", Step(429, "Too Many Requests", headers={"Retry-After": "3600"}))
        got = collect(["B", "C"], limit=1, whole=True)
        assert {name: type(error) for name, error in got.errors.items()} == {"B": RateLimited, "C": RateLimited}
        assert all(error.retry_at is not None for error in got.errors.values())
        assert len(asked_from(server, "C")) == asked
        assert content(store) == before
        vendor.lists("B")
        assert not collect(["B", "C"], transport=None).errors

    def test_a_short_retry_after_is_obeyed(self, vendor, collect, store, server):
        vendor.lists("A")
        good = Step(200, vendor.chart("A", type("Any", (), {"query": {"period1": "0", "period2": "4000000000"}})()))
        vendor.spoils("A", Step(429, "Too Many Requests", headers={"Retry-After": "1"}), good)
        assert not collect("A").errors
        first, second = (hit.at for hit in server.requests)
        assert second - first >= 1.0

    def test_unfit_bars_of_a_new_symbol_are_an_error_and_wait_in_quarantine(self, vendor, collect, store):
        listing = vendor.lists("A", known=3)
        listing.frame = listing.frame.copy()
        listing.frame["low"] = -1.0
        got = collect("A")
        assert isinstance(got.errors["A"], Malformed)
        assert store.bars("A").empty
        assert store.quarantined()["code"].tolist() == ["nonpositive"] * 3
        with pytest.raises(ParameterError, match="of no bar"):
            store.resolve([99], accept=True)
        store.resolve(store.quarantined().index, accept=False)
        assert store.quarantined().empty
        assert store.quarantined(resolved=True)["resolved"].tolist() == ["left"] * 3
