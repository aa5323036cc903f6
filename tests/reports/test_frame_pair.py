"""The pair of frames in the report: equal totals, and the narrow frame comes back bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from quantperf.memory import optimize_memory, restore_memory
from quantperf.performance import REGISTRY
from quantperf.reports.frame_pair import held, rows_of_bars, totals_of_narrow, totals_of_objects
from quantperf.reports.optimisations_data import register


def test_totals_of_both_frames_are_equal():
    bars = held(size=3, seed=1)
    assert bars.narrow.dtypes.astype(str)[["symbol", "volume"]].tolist() == ["category", "int32"]
    assert np.array_equal(totals_of_objects(bars), totals_of_narrow(bars))


@pytest.mark.parametrize("mode", ["lossless", "decimal"])
def test_the_narrow_frame_saves_and_comes_back(mode):
    frame = rows_of_bars(symbols=5, bars=300)
    small, report = optimize_memory(frame, mode)
    assert report.saved > 0.35
    assert restore_memory(small, report).equals(frame)


def test_the_pair_is_registered():
    register()
    assert REGISTRY["memory.frames"].enabled
    assert all(parity.equal for parity in REGISTRY["memory.frames"].verify())
