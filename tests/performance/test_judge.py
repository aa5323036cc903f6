"""Verdicts on simulated times, whose ratio is known."""

import json

import numpy as np
import pytest

from quantperf.errors import DataError, ParameterError
from quantperf.performance.judge import Arm, RawComparison, judge
from quantperf.performance.parity import check
from quantperf.performance.statistics import FEWEST_BLOCKS

EQUAL = check(1.0, 1.0)
DIFFERENT = check(1.0, 2.0)


def simulated(ratio, blocks=60, seed=0, before_ns=1e6, sd=0.02, control_blocks=20):
    """Return raw times of log-normal calls, the after side `ratio` times as slow."""
    rng = np.random.default_rng(seed)

    def arm(scale, count):
        return Arm(1, (before_ns * scale * rng.lognormal(0.0, sd, (count, 2))).astype(np.int64), 10, 1_000)

    return RawComparison(
        before=arm(1.0, blocks),
        after=arm(ratio, blocks),
        orders=("ABBA",) * blocks,
        control=(arm(1.0, control_blocks), arm(1.0, control_blocks)),
        control_orders=("BAAB",) * control_blocks,
        budget=1.0,
        seed=seed,
        environment={"cpus": 2},
    )


@pytest.mark.parametrize(
    ("ratio", "expected"), [(0.8, "faster"), (1.2, "slower"), (1.0, "equivalent"), (1.02, "equivalent")]
)
@pytest.mark.parametrize("processes", [1, 2])
def test_a_planted_ratio_is_judged_rightly(ratio, expected, processes):
    found = judge([simulated(ratio, seed=seed) for seed in range(processes)], parity=EQUAL)
    assert found.verdict == expected
    assert found.interval.low <= ratio <= found.interval.high
    assert found.ratio == pytest.approx(ratio, rel=0.015)  # 5 standard errors of 60 blocks
    assert found.speedup.low <= 1 / ratio <= found.speedup.high
    assert (found.processes, found.blocks) == (processes, 60 * processes)


def test_judging_is_pure():
    raw = simulated(0.8)
    assert judge([raw], parity=EQUAL).to_dict() == judge([raw], parity=EQUAL).to_dict()


def test_drift_within_a_block_cancels():
    raw = simulated(1.0, sd=0.0)
    drift = np.arange(60)[:, None] * 4.0
    before = Arm(1, (1e6 * np.exp(0.01 * (drift + np.array([0, 3])))).astype(np.int64), 1)
    after = Arm(1, (1e6 * np.exp(0.01 * (drift + np.array([1, 2])))).astype(np.int64), 1)
    drifting = RawComparison(before, after, raw.orders, raw.control, raw.control_orders, 1.0, 0, {})
    assert judge([drifting], parity=EQUAL).ratio == pytest.approx(1.0, abs=1e-5)  # times are whole nanoseconds


def test_results_that_differ_have_no_figures():
    found = judge([simulated(0.5)], parity=DIFFERENT)
    assert found.verdict == "different"
    figures = ("ratio", "interval", "speedup", "control", "noise", "smallest_effect", "before", "after")
    assert [getattr(found, name) for name in figures] == [None] * len(figures)
    assert found.raw == ()
    assert "so no time is compared: result" in found.sentence
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("blocks", [1, FEWEST_BLOCKS - 1])
def test_too_few_blocks_cannot_tell(blocks):
    found = judge([simulated(0.1, blocks=blocks)], parity=EQUAL)
    assert found.verdict == "cannot tell"
    assert f"6 blocks are needed and {blocks} fitted" in found.sentence
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["interval"]["low"] is None


def test_without_a_control_nothing_is_called_faster():
    assert judge([simulated(0.1, control_blocks=0)], parity=EQUAL).verdict == "cannot tell"


def test_a_declared_fraction_of_the_work_is_multiplied_and_shown():
    found = judge([simulated(1.0)], parity=EQUAL, before_scale=50.0)
    assert found.ratio == pytest.approx(1 / 50, rel=0.02)
    assert found.before.median_ns == pytest.approx(50e6, rel=0.02)
    assert "before ran on 1/50 of the work" in found.sentence
    assert found.to_dict()["before_scale"] == 50.0


def test_tails_need_a_thousand_runs():
    assert judge([simulated(1.0, blocks=499)], parity=EQUAL).before.p99_ns is None
    side = judge([simulated(1.0, blocks=500)], parity=EQUAL).before
    assert side.median_ns < side.p95_ns < side.p99_ns


def test_raw_times_go_through_json_unchanged():
    raw = simulated(0.8)
    again = RawComparison.from_dict(json.loads(json.dumps(raw.to_dict())))
    assert again.to_dict() == raw.to_dict()
    assert judge([again], parity=EQUAL).to_dict() == judge([raw], parity=EQUAL).to_dict()


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(0.5, "times as fast as"), (2.0, "is slower"), (1.0, "is as fast as"), (0.97, "cannot tell")],
)
def test_the_verdict_comes_first(ratio, said):
    found = judge([simulated(ratio, sd=0.03, blocks=20)], parity=EQUAL, labels=("old", "new"))
    assert said in found.sentence
    assert repr(found).splitlines()[0] == f"Comparison: {found.sentence}"
    assert [line.split(":")[0].strip() for line in repr(found).splitlines()[1:]] == ["old", "new"]


@pytest.mark.parametrize(
    ("options", "error"),
    [({"before_scale": 0.0}, ParameterError), ({"margin": -1.0}, ParameterError), ({"raws": []}, DataError)],
)
def test_what_cannot_be_judged_is_refused(options, error):
    with pytest.raises(error, match="must"):
        judge(**{"raws": [simulated(1.0)], "parity": EQUAL, **options})
