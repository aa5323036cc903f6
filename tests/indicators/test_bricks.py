"""Renko charts by hand: the rule of one and of two bricks, gaps, levels of decimals, and the frame of bricks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.errors import DataError, ParameterError
from tests.laws.cases import market


def test_a_brick_goes_on_after_one_and_turns_after_two() -> None:
    lines = qp.renko(np.array([10.0, 10.9, 11.0, 10.0, 9.1, 9.0, 9.9, 10.9, 11.0, 12.0]), brick=1.0)
    assert lines.level.tolist() == [10.0, 10.0, 11.0, 11.0, 11.0, 9.0, 9.0, 9.0, 11.0, 12.0]
    assert lines.direction.tolist() == [0.0, 0.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0, 1.0]
    assert lines.bricks.tolist() == [0.0, 0.0, 1.0, 0.0, 0.0, -1.0, 0.0, 0.0, 1.0, 1.0]


def test_a_level_of_decimals_is_reached_although_its_quotient_is_not_whole() -> None:
    assert 0.3 / 0.1 < 3.0  # so that a plain floor would wait for the next tick
    assert qp.renko(np.array([0.2, 0.3, 0.4]), brick=0.1).bricks.tolist() == [0.0, 1.0, 1.0]


def test_the_first_brick_may_go_either_way() -> None:
    for end, bricks in ((11.0, 1.0), (9.0, -1.0)):
        assert qp.renko(np.array([10.0, end]), brick=1.0).bricks[-1] == bricks


def test_a_gap_completes_several_bricks_on_one_bar_which_are_all_known_there() -> None:
    days = pd.date_range("2024-01-02", periods=4, tz="UTC")
    frame = qp.renko_bricks(pd.Series([10.0, np.nan, 13.4, 9.6], index=days), brick=1.0)
    assert frame["open"].tolist() == [10.0, 11.0, 12.0, 12.0, 11.0]
    assert frame["close"].tolist() == [11.0, 12.0, 13.0, 11.0, 10.0]
    assert frame["direction"].tolist() == [1, 1, 1, -1, -1]
    assert frame["bar"].tolist() == [2, 2, 2, 3, 3]
    assert frame["known_at"].tolist() == [days[2]] * 3 + [days[3]] * 2


def test_bricks_join_and_agree_with_the_bars() -> None:
    close = market("walk", bars=2000)["close"]
    lines, frame = qp.renko(close, brick=0.7), qp.renko_bricks(close, brick=0.7)
    assert len(frame) == np.abs(lines.bricks).sum() > 400
    turns = frame["direction"].diff().fillna(0) != 0
    step = frame["open"] - frame["close"].shift()
    assert np.allclose(step[~turns].dropna(), 0.0)  # a brick goes on where the last one ends,
    assert np.allclose(frame["open"][turns], frame["open"].shift()[turns])  # or, after a turn, where it began
    ends = frame.groupby("bar")["close"].last()
    np.testing.assert_array_equal(ends, lines.level[ends.index])


def test_no_bricks_give_an_empty_frame() -> None:
    for close in ([], [10.0, 10.2], [np.nan]):
        frame = qp.renko_bricks(close, brick=1.0)
        assert frame.empty
        assert list(frame) == ["open", "close", "direction", "bar", "known_at"]


def test_what_is_no_series_or_no_brick_is_refused() -> None:
    with pytest.raises(DataError, match="close must be one series, got a table of 2 symbols; take one column"):
        qp.renko_bricks(np.ones((5, 2)))
    for brick in (0.0, -1.0):
        with pytest.raises(ParameterError, match="brick must be at least 1e-09, got"):
            qp.renko_bricks([1.0], brick=brick)
