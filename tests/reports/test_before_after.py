"""The main job: choosing what runs, custom optimisations, progress, and what it refuses."""

import itertools

import numpy as np
import pytest

from quantperf.errors import MeasurementError, ParameterError, UnknownIndicator
from quantperf.kernels import _jit
from quantperf.performance import REGISTRY, Tolerance, case, optimise
from quantperf.reports import before_after
from quantperf.reports.starts import planned, starts

compiled = pytest.mark.skipif(not _jit.JIT_ENABLED, reason="measures compiled kernels")


def slow_total(x):
    total = 0.0
    for value in x.tolist():
        total += value
    return total


def fast_total(x):
    return float(x.sum())


def wrong_total(x):
    return float(x.sum()) + 1.0


@pytest.fixture
def registered():
    """Two optimisations of the user, one of them wrong; forgotten afterwards."""
    before = dict(REGISTRY)
    for name, candidate in (("mine.good", fast_total), ("mine.wrong", wrong_total)):
        made = optimise(name, [case("tall", lambda: np.arange(3_000.0))], Tolerance(rtol=1e-12), tags=("mine",))(
            slow_total
        )
        made.optimised(candidate)
    yield
    for name in set(REGISTRY) - set(before):
        del REGISTRY[name]


def test_optimisations_of_the_caller_are_rows_of_their_own(registered):
    report = before_after([], quick=True, cold=False)
    good, wrong = (next(row for row in report.rows if row.name == name) for name in ("mine.good", "mine.wrong"))
    assert {row.use for row in report.rows} == {"custom"}
    assert good.verdict == "faster"
    assert good.work.data == "tall"
    assert good.family == "mine"
    assert wrong.verdict == "different"
    assert wrong.speedup is None
    assert not report.equal
    html = report.to_html()
    assert "expected 4498500.0, got 4498501.0" in html
    assert "mine.good" in report._repr_html_()


def test_what_cannot_be_compared_is_noted(registered):
    optimise("mine.plain", [case("tall", lambda: np.arange(3.0))])(slow_total)
    optimise("mine.nowhere")(slow_total).optimised(fast_total)
    report = before_after([], quick=True, cold=False)
    assert [row.name for row in report.rows] == ["mine.good", "mine.wrong"]
    assert [note.rpartition(" ")[2] for note in report.notes] == ["mine.nowhere.", "mine.plain."]


def test_they_can_be_left_out(registered):
    report = before_after([], quick=True, cold=False, custom=False)
    assert report.rows == ()
    assert report.sentence == "Nothing was compared."


def test_an_unknown_indicator_is_answered_with_the_nearest():
    with pytest.raises(UnknownIndicator, match="did you mean 'sma'"):
        before_after(["smaa"])


@pytest.mark.parametrize(
    "options", [{"budget": 0.0}, {"budget": True}, {"processes": 0}, {"processes": 1.5}, {"names": "sma"}]
)
def test_options_out_of_bounds_are_refused(options):
    with pytest.raises(ParameterError, match="must be"):
        before_after(**options)


def test_kernels_that_are_not_compiled_are_not_measured(monkeypatch):
    monkeypatch.setattr(_jit, "JIT_ENABLED", False)
    with pytest.raises(MeasurementError, match="unset it"):
        before_after(["sma"])


@compiled
def test_a_run_measures_each_row_in_each_process_and_counts_its_steps():
    steps = []
    report = before_after(["SMA", "sma"], quick=True, budget=0.3, cold=False, custom=False, progress=steps.append)
    assert [(row.name, row.use) for row in report.rows] == [("sma", "series"), ("sma", "panel"), ("sma", "live")]
    assert report.equal
    assert {row.comparison.processes for row in report.rows} == {2}
    assert report.parameters["indicators"] == ["sma"]
    assert report.quick
    assert steps[0].done == 0
    assert steps[-1].done == steps[-1].total == 2 * (1 + 3)
    assert all(one.done <= two.done for one, two in itertools.pairwise(steps))
    assert [row.before_bytes > 0 for row in report.rows] == [True] * 3


@compiled
def test_first_calls_say_what_was_there_before():
    found = list(starts(["sma"], rounds=1))
    finished = [start for _, start in found if start is not None]
    assert len(found) - len(finished) == planned(1)
    assert [start.cache for start in finished] == ["needs none", "empty: compiles", "filled", "filled"]
    assert finished[1].call_seconds[0] > finished[2].call_seconds[0]
