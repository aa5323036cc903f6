"""Levels are clusters of turning points that were known by then."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.indicators import CATALOG
from quantperf.patterns import levels
from quantperf.patterns.support import follow
from quantperf.patterns.turns import own_bars, turns_of
from quantperf.reference import levels as plain
from quantperf.reference.pivots import Pivot
from tests.patterns.paths import path_through, rough_bars, thin_bars, upside_down, walk

WAYS: list[dict[str, Any]] = [{"method": "zigzag"}, {"method": "fractal"}, {"percent": 2.0}]


@pytest.mark.parametrize("way", WAYS)
@given(
    frame=rough_bars(),
    width=st.sampled_from([0.25, 1.0, 3.0]),
    least=st.integers(1, 3),
    keep=st.sampled_from([1, 3, 20]),
)
def test_they_are_those_of_the_plain_loop(
    way: dict[str, Any], frame: pd.DataFrame, width: float, least: int, keep: int
) -> None:
    bars = own_bars(frame, "", None, None, None)
    usual = {"method": "zigzag", "reversal": 1.0, "window": 5, "percent": None, "left": 2, "right": 2}
    turns = turns_of(bars, **(usual | way))
    columns = [np.where(bars.held, block, np.nan) for block in (bars.high, bars.low, bars.close)]
    ranges = bars.own(CATALOG["atr"](*columns, window=5))
    whole, parts, dropped = follow(bars, turns, ranges, width, least, keep)
    pivots = [Pivot(*row) for row in zip(*(getattr(turns, name).tolist() for name in Pivot._fields), strict=True)]
    wanted, lost = plain.cluster(pivots, bars.own(bars.close), ranges, width, least, keep)
    found = [
        plain.Touch(number, bool(what), known, *rest, *part)
        for (_, number, what, known, *rest), part in zip(whole.tolist(), parts.tolist(), strict=True)
    ]
    np.testing.assert_array_equal(np.array(found, dtype=float), np.array(wanted, dtype=float))
    assert dropped == lost


@pytest.mark.parametrize("way", WAYS)
@given(frame=rough_bars(), cut=st.integers(5, 150))
def test_later_bars_change_no_row_that_was_known(way: dict[str, Any], frame: pd.DataFrame, cut: int) -> None:
    early = frame.iloc[: min(cut, len(frame))]
    moment = early.index[-1].tz_localize("UTC") + pd.Timedelta(days=1)
    whole, part = (levels(one, window=5, width=1.0, **way) for one in (frame, early))
    kept = whole[whole["known_at"] <= moment].reset_index(drop=True)
    kept.attrs = part.attrs
    pd.testing.assert_frame_equal(kept, part, check_exact=True)


def test_later_bars_change_no_row_of_a_stock() -> None:
    frame = qp.sample("MSFT")
    whole = levels(frame)
    for cut in (400, 1503, 3001):
        part = levels(frame.iloc[:cut])
        moment = frame.index[cut - 1].tz_localize("UTC") + pd.Timedelta(days=1)
        kept = whole[whole["known_at"] <= moment].reset_index(drop=True)
        kept.attrs = part.attrs
        pd.testing.assert_frame_equal(kept, part, check_exact=True)
        assert len(part) > 30


def test_a_planted_support_is_formed_touched_broken_and_then_resistance() -> None:
    frame = thin_bars(path_through([100, 90, 100, 90, 98, 90, 97, 84, 90, 80], 8), 0.25)
    found = levels(frame, percent=3.0, window=3)
    level = found.loc[(found["price"] - 89.75).abs() < 0.01, "level"].iloc[0]
    story = found[found["level"] == level]
    assert story["stage"].tolist()[:3] == ["formed", "touched", "broken"]
    assert story["kind"].tolist()[:3] == [1, 1, 1]
    assert story["touches"].tolist()[:3] == [2, 3, 3]
    broken = story.iloc[2]
    closes = frame["close"]
    assert broken["lag"] == 0
    assert closes[broken["triggered_at"]] < broken["price"] - broken["reach"]
    before = closes[(closes.index > story["triggered_at"].iloc[1]) & (closes.index < broken["triggered_at"])]
    assert (before >= broken["price"] - broken["reach"]).all()
    back = story.iloc[3]
    assert back["stage"] == "touched"
    assert back["kind"] == -1
    assert back["touches"] == 4
    assert (found["known_at"] >= found["event_at"]).all()
    assert (story["first_touch"] == frame.index[8]).all()


def test_upside_down_support_is_resistance() -> None:
    frame = walk(1500, 5)
    one, other = levels(frame), levels(upside_down(frame, 1024.0))
    assert len(one) > 50
    assert one["stage"].tolist() == other["stage"].tolist()
    assert (-one["kind"]).tolist() == other["kind"].tolist()
    np.testing.assert_allclose(2048.0 - one["price"], other["price"], rtol=1e-12)


def test_scale_changes_nothing_but_prices_and_ids() -> None:
    frame = walk(900, 6)
    one, other = levels(frame), levels(frame * 2.0**13)
    scaled = one.assign(price=one["price"] * 2.0**13, reach=one["reach"] * 2.0**13)
    pd.testing.assert_frame_equal(scaled.drop(columns=["id", "level"]), other.drop(columns=["id", "level"]))


def test_symbols_of_a_panel_are_those_of_their_frames() -> None:
    panel = qp.synthetic(symbols=3, bars=500, seed=2, missing=0.03, late=0.5)
    found = levels(panel)
    assert found["id"].is_unique
    for name in panel.symbols:
        mine, alone = found[found["symbol"] == name].reset_index(drop=True), levels(panel[name], symbol=name)
        mine.attrs = alone.attrs
        pd.testing.assert_frame_equal(mine, alone)


def test_what_makes_room_is_counted() -> None:
    frame = walk(1500, 5)
    few = levels(frame, keep=2)
    assert few.attrs["dropped"] > 0
    assert levels(frame, keep=1000).attrs["dropped"] == 0


def test_flat_prices_have_no_level() -> None:
    assert levels(thin_bars(np.full(200, 50.0), 0.0)).empty


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ({"touches": 0}, "touches must be a whole number of at least 1"),
        ({"keep": True}, "keep must be a whole number"),
        ({"width": -1}, "width must be a finite number above 0"),
        ({"method": "kmeans"}, "method must be one of"),
    ],
)
def test_mistakes_are_named(way: dict[str, Any], words: str) -> None:
    with pytest.raises(qp.ParameterError, match=words):
        levels(walk(100), **way)
