"""Cleaning up gives back what it says, leaves modules alone, and stops doing what frees nothing."""

from __future__ import annotations

import datetime as dt
import gc
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.clock import ManualClock
from quantperf.errors import ParameterError
from quantperf.memory import clean_up, memory_health, register_cleanup
from quantperf.memory.cleaning import Cleaner
from quantperf.memory.pressure import IDLE_MOST, OFF_SECONDS, StepState, after_step, judge_pressure

PLANTED = 60_000_000


@pytest.fixture
def clock():
    return ManualClock(dt.datetime(2026, 1, 5, tzinfo=dt.UTC))


def test_what_a_cache_gives_back_is_measured():
    """Clean-up functions only printed, or returned 0."""
    shelf = {"bars": np.ones(PLANTED, np.uint8)}

    def defective():
        return 0

    assert defective() == 0
    assert "bars" in shelf
    stop = register_cleanup("shelf", shelf.clear)
    try:
        report = clean_up(force=True)
    finally:
        stop()
    assert shelf == {}
    assert report.freed_bytes > 0.9 * PLANTED
    assert report.table().loc["shelf", "freed_bytes"] > 0.9 * PLANTED
    assert "shelf" not in clean_up().table().index


def test_garbage_in_cycles_is_given_back():
    class Node:
        pass

    gc.disable()  # or it may strike before the step that is measured
    try:
        node = Node()
        node.itself, node.block = node, np.ones(PLANTED, np.uint8)
        del node
        report = clean_up(force=True)
    finally:
        gc.enable()
    assert report.table().loc["gc", "freed_bytes"] > 0.9 * PLANTED


def test_loaded_modules_stay_loaded():
    """An "aggressive" clean-up deleted loaded modules."""
    before = dict(sys.modules)
    clean_up(force=True)
    assert {name: sys.modules.get(name) for name in before} == before


def test_a_step_that_frees_nothing_is_left_out_for_a_while_and_then_tried_again(clock):
    ran = []
    cleaner = Cleaner(clock, measure=lambda: 1_000_000)
    cleaner.register("idle", lambda: ran.append(1))
    for _ in range(IDLE_MOST):
        assert cleaner.run().steps[0].freed_bytes == 0
    skipped = cleaner.run().steps[0]
    assert (len(ran), skipped.freed_bytes) == (IDLE_MOST, None)
    assert skipped.note == "left out, freed nothing lately; for 3600 s more"
    cleaner.run(force=True)
    assert len(ran) == IDLE_MOST + 1
    clock.advance(dt.timedelta(seconds=OFF_SECONDS))
    cleaner.run()
    assert len(ran) == IDLE_MOST + 2
    cleaner.run()
    assert len(ran) == IDLE_MOST + 2


def test_a_step_that_frees_something_stays(clock):
    held = {"bytes": 10_000_000}

    def free():
        held["bytes"] -= 100_000

    cleaner = Cleaner(clock, measure=lambda: held["bytes"])
    cleaner.register("cache", free)
    assert [cleaner.run().steps[0].freed_bytes for _ in range(2 * IDLE_MOST)] == [100_000] * 2 * IDLE_MOST


@given(st.lists(st.one_of(st.none(), st.integers(-(10**6), 10**6)), max_size=20))
def test_a_step_is_off_only_after_idle_times_in_a_row(freed):
    state = StepState()
    for now, each in enumerate(freed):
        state = after_step(state, each, float(now))
        known = [one for one in freed[: now + 1] if one is not None][-IDLE_MOST:]
        if len(known) == IDLE_MOST and all(one < 65_536 for one in known) and each is not None:
            assert state.off(float(now))
        if each is not None and each >= 65_536:
            assert state == StepState()
    assert state.idle < IDLE_MOST


def test_a_step_that_fails_is_told_and_the_others_run(clock):
    ran = []
    cleaner = Cleaner(clock)

    def fails():
        raise OSError("disk")

    cleaner.register("bad", fails)
    cleaner.register("good", lambda: ran.append(1))
    report = cleaner.run()
    assert report.steps[0].note == "failed: OSError: disk"
    assert ran == [1]
    assert "bad" in repr(report)
    assert "<table" in report._repr_html_()


def test_what_cannot_be_measured_is_unknown_and_switches_nothing_off(clock):
    cleaner = Cleaner(clock, measure=lambda: None)
    for _ in range(2 * IDLE_MOST):
        report = cleaner.run()
        assert report.freed_bytes is None
        assert report.steps[0].note == ""
        assert report.table()["freed_bytes"].isna().all()
    assert "freed an unknown amount" in repr(report)


def test_names_of_steps_are_their_own(clock):
    cleaner = Cleaner(clock)
    stop = cleaner.register("cache", list)
    for name in ("cache", "gc", "malloc_trim"):
        with pytest.raises(ParameterError, match="is taken"):
            cleaner.register(name, list)
    stop()
    stop()
    cleaner.register("cache", list)
    with pytest.raises(ParameterError, match="step must be callable, got int"):
        cleaner.register("other", 5)


GB = 1e9


@pytest.mark.parametrize(
    ("used", "free", "status", "action"),
    [
        (50.0, 8 * GB, "ok", "none"),
        (75.0, 8 * GB, "ok", "none"),
        (75.1, 8 * GB, "warning", "none"),
        (80.0, 8 * GB, "warning", "clean up"),
        (85.0, 8 * GB, "warning", "alert and optimise"),
        (90.0, 8 * GB, "warning", "alert and optimise"),
        (90.1, 8 * GB, "critical", "alert and optimise"),
        (10.0, 499_999_999, "critical", "alert and optimise"),
        (10.0, 500_000_000, "ok", "none"),
        (None, 8 * GB, "unknown", "none"),
        (None, 1e8, "critical", "alert and optimise"),
        (95.0, None, "critical", "alert and optimise"),
        (82.0, math.nan, "unknown", "clean up"),
        (0.0, 8 * GB, "ok", "none"),
    ],
)
def test_health_is_a_function_of_figures(used, free, status, action):
    found = judge_pressure(used, free)
    assert (found.status, found.action) == (status, action)


def test_the_machine_is_asked():
    health = memory_health()
    assert 0.0 < health.used_percent < 100.0
    assert health.free_bytes > 0
