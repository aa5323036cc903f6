"""The overlap rule: the table of verdicts, and what must not be taken for a split."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from quantperf.market.history import Action, Bars, interval_of
from quantperf.market.reconcile import OVERLAP, finals, rebase, reconcile
from quantperf.market.sample import sample

WHOLE = Bars.from_frame(sample("AAPL").loc["2004-01-02":"2004-03-31"])  # no split among them
STORED, TAIL = WHOLE.rows(slice(0, 40)), WHOLE.rows(slice(35, None))
OLD = STORED.rows(slice(35, None))


def times(bars, ratio, *, volumes=True, decimals=4):
    """The bars as a source tells them after a corporate action."""
    prices = np.round(bars.values[:4] * ratio, decimals)
    volume = bars.values[4:] / ratio if volumes else bars.values[4:]
    return Bars(bars.interval, bars.stamps, np.vstack([prices, np.round(volume)]))


def altered(bars, row, field, value):
    values = bars.values.copy()
    values[field, row] = value
    return Bars(bars.interval, bars.stamps, values)


def splits(fetched, **options):
    return reconcile(OLD, fetched, basis="splits", **options)


class TestTheTable:
    def test_an_equal_overlap_appends_what_is_new(self):
        verdict = reconcile(OLD, TAIL)
        assert verdict.kind == "append"
        assert np.array_equal(verdict.bars.stamps, WHOLE.stamps[40:])
        assert not len(verdict.refused)

    def test_an_equal_overlap_with_nothing_new_is_unchanged(self):
        verdict = reconcile(OLD, OLD)
        assert (verdict.kind, len(verdict.bars)) == ("unchanged", 0)

    def test_without_stored_bars_all_are_appended(self):
        assert len(reconcile(OLD.rows(slice(0, 0)), WHOLE).bars) == len(WHOLE)

    @pytest.mark.parametrize("ratio", [0.5, 0.25, 1 / 7, 1 / 20, 2 / 3, 10.0, 1 / 1.05])
    def test_one_ratio_on_every_price_with_volume_the_other_way_is_an_action(self, ratio):
        verdict = splits(times(TAIL, ratio))
        assert verdict.kind == "action"
        assert verdict.ratio == pytest.approx(ratio, rel=1e-4)
        assert verdict.split is not None
        assert verdict.split.value == pytest.approx(1 / ratio, rel=1e-4)
        assert verdict.split.date == WHOLE.stamps[40]

    def test_a_reported_split_is_not_inferred_again(self):
        reported = [Action("split", int(WHOLE.stamps[40]), 2.0)]
        verdict = splits(times(TAIL, 0.5), actions=reported)
        assert (verdict.kind, verdict.split) == ("action", None)

    def test_equal_prices_with_other_volumes_are_a_revision(self):
        verdict = reconcile(OLD, altered(TAIL, 2, 4, 123.0))
        assert verdict.kind == "revision"
        assert verdict.revised.tolist() == [TAIL.stamps[2]]
        assert verdict.bars.values[4, 0] == 123.0
        assert len(verdict.bars) == 1 + len(WHOLE) - 40

    def test_a_bar_that_comes_late_is_a_revision(self):
        holed = OLD.rows(np.array([0, 1, 3, 4]))
        before = WHOLE.rows(slice(30, 35))
        stored = Bars(OLD.interval, np.r_[before.stamps, holed.stamps], np.hstack([before.values, holed.values]))
        verdict = reconcile(stored, WHOLE.rows(slice(30, None)))
        assert verdict.kind == "revision"
        assert verdict.revised.tolist() == [OLD.stamps[2]]

    def test_older_history_that_was_never_asked_for_is_appended(self):
        verdict = reconcile(OLD, WHOLE.rows(slice(0, 40)))
        assert verdict.kind == "append"
        assert len(verdict.revised) == 0
        assert np.array_equal(verdict.bars.stamps, WHOLE.stamps[:35])

    @pytest.mark.parametrize("field", range(4))
    def test_one_other_price_is_a_mismatch(self, field):
        verdict = splits(altered(TAIL, 3, field, TAIL.values[field, 3] + 0.01))
        assert verdict.kind == "mismatch"
        assert str(np.datetime64(int(TAIL.stamps[3]), "D")) in verdict.reason
        assert not len(verdict.bars)
        assert verdict.refused.stamps.tolist() == [TAIL.stamps[3], *WHOLE.stamps[40:].tolist()]

    def test_a_missing_stored_bar_is_a_mismatch(self):
        verdict = reconcile(OLD, TAIL.rows(np.arange(len(TAIL)) != 2))
        assert verdict.kind == "mismatch"
        assert "is missing" in verdict.reason

    def test_an_empty_answer_is_a_mismatch(self):
        assert "none of the 5 stored bars was served again" in reconcile(OLD, OLD.rows(slice(0, 0))).reason

    def test_fewer_sessions_than_the_overlap_needs_are_a_mismatch(self):
        assert reconcile(OLD, TAIL.rows(slice(2, None))).kind == "mismatch"

    def test_of_a_long_overlap_what_is_no_longer_served_is_not_missing(self):
        served = WHOLE.rows(slice(40 - OVERLAP, None))
        assert reconcile(STORED, served).kind == "append"


class TestHowNearIsEqual:
    def test_half_a_tick_is_equal_and_the_stored_price_stays(self):
        verdict = reconcile(OLD, altered(TAIL, 1, 3, TAIL.values[3, 1] + 0.004), decimals=2)
        assert verdict.kind == "append"
        assert TAIL.stamps[1] not in verdict.bars.stamps

    def test_more_than_half_a_tick_is_not(self):
        assert reconcile(OLD, altered(TAIL, 1, 3, TAIL.values[3, 1] + 0.006), decimals=2).kind == "mismatch"

    def test_prices_that_wander_by_a_tick_are_no_ratio_of_one(self):
        noisy = TAIL.values.copy()
        noisy[:4] += 1e-4 * np.where(np.arange(len(TAIL)) % 2, 1, -1)
        assert splits(Bars(TAIL.interval, TAIL.stamps, noisy)).kind == "mismatch"

    def test_an_unknown_volume_is_no_revision(self):
        assert reconcile(OLD, altered(TAIL, 2, 4, np.nan)).kind == "append"

    def test_a_volume_that_becomes_known_is_one(self):
        verdict = reconcile(altered(OLD, 2, 4, np.nan), TAIL)
        assert verdict.kind == "revision"
        assert verdict.bars.values[4, 0] == TAIL.values[4, 2]


def by_jump(bars):
    """The defective way: whatever halves is a split."""
    closes = bars.values[3]
    return bool((np.abs(closes[1:] / closes[:-1] - 0.5) < 0.03).any())


class TestWhatIsNoSplit:
    def test_a_jump_alone_is_no_split(self):
        crash = Bars.from_frame(sample("AAPL").loc["2000-09-15":"2000-10-10"])
        place = int(np.searchsorted(crash.stamps, int(np.datetime64("2000-09-29").astype(int))))
        assert crash.values[3, place] / crash.values[3, place - 1] == pytest.approx(0.481, abs=0.001)
        verdict = reconcile(crash.rows(slice(0, place)), crash.rows(slice(place - OVERLAP, None)), basis="splits")
        assert (verdict.kind, verdict.split) == ("append", None)
        assert by_jump(crash)  # so would a rule that looks at jumps have it, and halve nine years of prices

    def test_pence_for_pounds_are_no_split(self):
        verdict = splits(times(TAIL, 100.0, volumes=False))
        assert verdict.kind == "mismatch"
        assert "that is no split" in verdict.reason

    def test_prices_as_traded_do_not_change_afterwards(self):
        verdict = reconcile(OLD, times(TAIL, 0.5), basis="raw")
        assert verdict.kind == "mismatch"
        assert "tell the basis" in verdict.reason

    def test_a_ratio_that_contradicts_the_reported_split_is_none(self):
        reported = [Action("split", int(WHOLE.stamps[40]), 4.0)]
        assert splits(times(TAIL, 0.5), actions=reported).kind == "mismatch"

    def test_a_split_that_is_reported_and_not_applied_is_a_mismatch(self):
        reported = [Action("split", int(WHOLE.stamps[42]), 2.0)]
        verdict = splits(TAIL, actions=reported)
        assert verdict.kind == "mismatch"
        assert "not adjusted for it" in verdict.reason

    def test_one_that_was_recorded_before_is_in_the_stored_bars_already(self):
        reported = [Action("split", int(WHOLE.stamps[42]), 2.0)]
        assert splits(TAIL, actions=reported, recorded=reported).kind == "append"

    def test_on_prices_as_traded_a_reported_split_changes_nothing(self):
        assert reconcile(OLD, TAIL, actions=[Action("split", int(WHOLE.stamps[42]), 2.0)]).kind == "append"

    def test_without_volumes_only_a_reported_split_explains_a_ratio(self):
        silent = altered(times(TAIL, 0.5), slice(None), 4, np.nan)
        assert splits(silent).kind == "mismatch"
        assert splits(silent, actions=[Action("split", int(WHOLE.stamps[40]), 2.0)]).kind == "action"

    def test_a_dividend_rescales_totally_adjusted_prices_and_leaves_volumes(self):
        verdict = reconcile(OLD, times(TAIL, 0.98, volumes=False), basis="total")
        assert (verdict.kind, verdict.split) == ("action", None)


class TestTheWholeHistory:
    @pytest.mark.parametrize("ratio", [0.5, 1 / 7, 3.0])
    def test_that_is_the_stored_one_times_the_ratio_replaces_it(self, ratio):
        verdict = rebase(STORED, times(WHOLE, ratio), splits(times(TAIL, ratio)))
        assert verdict.kind == "replace"
        assert np.array_equal(verdict.bars.values, times(WHOLE, ratio).values)

    def test_of_high_prices_is_checked_by_a_ratio_measured_on_low_ones(self):
        # A ratio measured on prices near 1 is off by 1e-5: by 0.07 at a price of 7000, unless it is read as 1/20.
        low = Bars(WHOLE.interval, WHOLE.stamps, WHOLE.values.copy())
        low.values[:4] = np.round(np.linspace(7000.0, 1.0, len(WHOLE)) * np.array([[1.0], [1.01], [0.99], [1.0]]), 4)
        stored = low.rows(slice(0, 58))
        first = reconcile(stored.rows(slice(53, None)), times(low.rows(slice(53, None)), 1 / 20), basis="splits")
        assert rebase(stored, times(low, 1 / 20), first).kind == "replace"

    def test_that_is_not_is_refused(self):
        whole = altered(times(WHOLE, 0.5), 10, 3, 99.0)
        verdict = rebase(STORED, whole, splits(times(TAIL, 0.5)))
        assert verdict.kind == "mismatch"
        assert "2004-01-16" in verdict.reason
        assert len(verdict.refused) < 30

    def test_that_lacks_a_stored_bar_is_refused(self):
        whole = times(WHOLE, 0.5).rows(np.arange(len(WHOLE)) != 20)
        assert rebase(STORED, whole, splits(times(TAIL, 0.5))).kind == "mismatch"

    def test_that_is_no_longer_served_is_scaled(self):
        served = times(WHOLE.rows(slice(30, None)), 0.5)
        verdict = rebase(STORED, served, splits(times(TAIL, 0.5)))
        assert verdict.kind == "replace"
        assert np.array_equal(verdict.bars.stamps, WHOLE.stamps)
        assert np.array_equal(verdict.bars.values[:4, :30], STORED.values[:4, :30] * 0.5)
        assert np.array_equal(verdict.bars.values[4, :30], STORED.values[4, :30] * 2)


def test_inputs_may_be_read_only_and_are_not_changed():
    frozen = []
    for bars in (OLD, times(TAIL, 0.5), times(WHOLE, 0.5), STORED):
        bars.values.flags.writeable = bars.stamps.flags.writeable = False
        frozen.append(bars.values.tobytes())
    verdict = splits(times(TAIL, 0.5))
    rebase(STORED, times(WHOLE, 0.5), verdict)
    assert OLD.values.tobytes() == frozen[0]


class TestWhatIsFinal:
    FRIDAY = dt.datetime(2013, 3, 1, 20, tzinfo=dt.UTC)
    DAILY = Bars.from_frame(sample("FB"))

    @pytest.mark.parametrize(("told", "left"), [(True, 1), (False, 0)])
    def test_the_source_says_whether_the_last_session_goes_on(self, told, left):
        assert finals(self.DAILY, self.FRIDAY, session_open=told) == len(self.DAILY) - left

    def test_a_day_is_over_by_the_clock_of_the_exchange(self):
        at = dt.datetime(2013, 3, 2, 2, tzinfo=dt.UTC)  # 21:00 on Friday in New York
        assert finals(self.DAILY, at, zone="America/New_York") == len(self.DAILY) - 1
        assert finals(self.DAILY, at, zone="Asia/Tokyo") == len(self.DAILY)

    def test_an_intraday_bar_is_over_with_its_time(self):
        opens = 1_700_000_100_000 - 1_700_000_100_000 % 300_000
        bars = Bars(interval_of("5m"), np.array([opens, opens + 300_000]), np.ones((5, 2)))
        at = dt.datetime.fromtimestamp(opens / 1000 + 599, dt.UTC)
        assert finals(bars, at) == 1
        assert finals(bars, at + dt.timedelta(seconds=1)) == 2

    def test_of_none_none_is(self):
        assert finals(Bars.empty(), self.FRIDAY, session_open=True) == 0
