"""The value of a report: verdicts, order, means, sentence, round trips. All from fabricated times."""

import json
import math

import numpy as np
import pytest

from quantperf.errors import DataError
from quantperf.performance import Parity, RawComparison, Tolerance, check, judge
from quantperf.performance.judge import Arm
from quantperf.reports import Report, Row, Start, Work
from quantperf.reports.comparison import geometric_mean, losers_first, read_parity, times

EQUAL = check(1.0, 1.0)
DIFFERENT = check(np.array([1.0, 2.0]), np.array([1.0, 2.5]))


def raw(ratio, blocks=12, seed=0):
    """Times of a call of 1 ms before, and `ratio` of it after, with a jitter of 1 %."""
    jitter = np.random.default_rng(seed).normal(0.0, 0.01, (4, blocks, 2))
    ns = (1e6 * np.exp(jitter) * np.array([1.0, ratio, 1.0, 1.0])[:, None, None]).astype(np.int64)
    arms = [Arm(1, part, int(part.sum()), 1000 + 1000 * place) for place, part in enumerate(ns)]
    return RawComparison(
        *arms[:2], ("ABBA",) * blocks, (arms[2], arms[3]), ("ABBA",) * blocks, 1.0, seed, {"python": "3"}
    )


def row(name="sma", use="series", ratio=0.1, parity=EQUAL, scale=1.0, blocks=12, work=None):
    raws = [raw(ratio * scale, blocks, seed) for seed in (1, 2)] if parity.equal else []
    found = judge(raws, parity=parity, before_scale=scale, labels=("plain", name))
    return Row(name, use, "averages", work or Work("AAPL, real", 3270, 1, 1), found)


def report(rows, **named):
    named = {"parameters": {"symbols": 500, "bars": 2520}, "environment": {"cpu": "a machine"}, **named}
    return Report(tuple(rows), started="2026-01-02T03:04:05+00:00", seconds=1.5, **named)


def test_losers_come_first():
    rows = [
        row("fast", ratio=0.1),
        row("faster", ratio=0.01),
        row("same", ratio=1.0),
        row("slow", ratio=2.0),
        row("slower", ratio=3.0),
        row("wrong", parity=DIFFERENT),
        row("short", ratio=0.5, blocks=2),
    ]
    found = losers_first(rows)
    assert [each.name for each in found] == ["wrong", "slower", "slow", "short", "same", "fast", "faster"]
    assert [each.verdict for each in found[:4]] == ["different", "slower", "slower", "cannot tell"]


def test_a_row_whose_results_differ_has_no_ratio_and_is_named_first():
    value = report([row("good"), row("bad", parity=DIFFERENT)])
    assert not value.equal
    assert value.counts == {"different": 1, "faster": 1}
    assert value.sentence.startswith("1 of 2 results differ from their plain versions: bad (series).")
    bad = value.uses["series"][0]
    assert bad.speedup is None
    assert bad.comparison.parity.mismatch.place == "result[1]"
    assert math.isnan(value.to_frame().set_index("indicator").loc["bad", "speedup"])


def test_the_geometric_mean_is_that_of_the_ratios_and_leaves_out_rows_without_one():
    mean = geometric_mean([row(ratio=0.1), row(ratio=0.001), row(parity=DIFFERENT)])
    assert mean.estimate == pytest.approx(100.0, rel=0.02)
    assert mean.low < mean.estimate < mean.high
    assert geometric_mean([row(parity=DIFFERENT)]) is None
    assert math.isnan(geometric_mean([row(blocks=2)]).low)


def test_the_mean_of_several_rows_is_known_better_than_one_row():
    one, four = (geometric_mean([row(ratio=0.1)] * count) for count in (1, 4))
    assert four.high / four.low == pytest.approx(math.sqrt(one.high / one.low), rel=1e-6)


def test_a_scaled_baseline_is_scaled_in_time_and_in_memory():
    found = row(ratio=0.1, scale=20.0, work=Work("synthetic", 2520, 500, 25, held_bytes=5_000))
    assert found.speedup.estimate == pytest.approx(10.0, rel=0.05)
    assert found.comparison.before.median_ns == pytest.approx(20e6, rel=0.05)
    assert (found.before_bytes, found.after_bytes) == (6_000, 2_000)


def test_a_report_survives_json():
    rows = [row("sma"), row("ema", "panel", scale=20.0), row("bad", "live", parity=DIFFERENT)]
    starts = (Start("sma", "filled", (0.3, 0.2), (0.5, 0.6), (1, None)),)
    value = report(rows, starts=starts, quick=True, notes=("a note",))
    text = value.to_json()
    again = Report.from_dict(json.loads(text))
    assert again.to_json() == text
    assert again.sentence == value.sentence
    assert again.starts == starts
    assert str(again.rows[2].comparison.parity.mismatch) == str(value.rows[2].comparison.parity.mismatch)
    assert (
        json.loads(text)["rows"][0]["comparison"]["raw"][0]["before"]["ns"]
        == rows[0].comparison.raw[0].before.ns.tolist()
    )


def test_another_schema_is_refused():
    with pytest.raises(DataError, match="schema 1, got 99"):
        Report.from_dict({"schema": 99})


def test_parity_with_an_infinite_error_survives_json():
    parity = check(np.array([math.inf]), np.array([1.0]), Tolerance(rtol=1e-9))
    again = read_parity(json.loads(json.dumps(parity.to_dict())))
    assert isinstance(again, Parity)
    assert str(again.mismatch) == str(parity.mismatch)


def test_the_frame_has_a_row_for_each_comparison_and_says_how_far_results_were_apart():
    frame = report([row("sma"), row("ema", "live")]).to_frame()
    assert frame["indicator"].tolist() == ["sma", "ema"]
    assert frame["equal"].all()
    assert {"speedup_low", "speedup_high", "noise", "largest_relative", "before_peak_bytes"} <= set(frame.columns)


def test_a_quick_report_says_so():
    assert "quick: not for figures" in repr(report([row()], quick=True))
    assert "quick" not in repr(report([row()]))


def test_an_empty_report_says_that_nothing_was_compared():
    value = report([])
    assert value.sentence == "Nothing was compared."
    assert value.equal
    assert value.to_frame().empty
    assert value.to_html().count("<table") == 0


@pytest.mark.parametrize(
    ("speedup", "said"), [(2.0, "2.00"), (99.96, "100"), (999.7, "1,000"), (6784.0, "6,780"), (1e6, "1,000,000")]
)
def test_speed_ups_are_said_in_three_digits(speedup, said):
    assert times(speedup) == said
