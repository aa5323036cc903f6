"""Turning points are those of the plain loops, known when they say, and never rewritten."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.kernels import pivots as kernels
from quantperf.patterns import pivots
from quantperf.reference import complete
from quantperf.reference import pivots as plain
from tests.patterns.paths import frame_of, path_through, rough_bars, thin_bars, upside_down, walk

WAYS: list[dict[str, Any]] = [
    {"reversal": 1.5, "window": 5},
    {"reversal": 2.0},
    {"percent": 3.0},
    {"method": "fractal"},
    {"method": "fractal", "left": 3, "right": 1},
]


def by_hand(frame: pd.DataFrame, way: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The plain loops, as rows of stamp, stamp known, kind, price."""
    high, low, close = (frame[name].to_numpy() for name in ("high", "low", "close"))
    kept = complete(high, low, close)
    if way.get("method") == "fractal":
        found = plain.swings(high, low, close, way.get("left", 2), way.get("right", 2))
    elif "percent" in way:
        found = plain.zigzag(high, low, close, share=way["percent"] / 100.0)
    else:
        ranges = np.full(len(frame), np.nan)
        # That of the catalogue: the plain one differs in the last bit, and a tie then falls on the other side.
        ranges[kept] = qp.CATALOG["atr"](high[kept], low[kept], close[kept], window=way.get("window", 14))
        found = plain.zigzag(high, low, close, ranges, way["reversal"])
    stamps = frame.index[kept]
    return sorted((stamps[one.known], -one.kind, stamps[one.bar], one.price) for one in found)


def rows_of(frame: pd.DataFrame, way: dict[str, Any]) -> list[tuple[Any, ...]]:
    found = pivots(frame, **way)
    known = found["known_at"].dt.tz_localize(None) - pd.Timedelta(days=1)
    return list(zip(known, -found["kind"].astype(int), found["triggered_at"], found["price"], strict=True))


@pytest.mark.parametrize("way", WAYS)
@given(frame=rough_bars())
def test_they_are_those_of_the_plain_loop(way: dict[str, Any], frame: pd.DataFrame) -> None:
    assert rows_of(frame, way) == by_hand(frame, way)


@pytest.mark.parametrize("way", WAYS)
def test_they_are_those_of_the_plain_loop_on_stocks(way: dict[str, Any]) -> None:
    frame = qp.sample("IBM")
    assert len(rows_of(frame, way)) > 50
    assert rows_of(frame, way) == by_hand(frame, way)


@pytest.mark.parametrize("way", WAYS)
@given(frame=rough_bars(), cut=st.integers(1, 150), seed=st.integers(0, 99))
def test_later_bars_change_no_row_that_was_known(way: dict[str, Any], frame: pd.DataFrame, cut: int, seed: int) -> None:
    early = frame.iloc[: min(cut, len(frame))]
    other = frame.copy()
    other.iloc[len(early) :] *= np.random.default_rng(seed).uniform(0.5, 2.0)
    moment = early.index[-1].tz_localize("UTC") + pd.Timedelta(days=1)
    wanted = pivots(early, **way)
    for longer in (frame, other):
        found = pivots(longer, **way)
        pd.testing.assert_frame_equal(found[found["known_at"] <= moment].reset_index(drop=True), wanted)


@given(frame=rough_bars(), at=st.integers(0, 160))
def test_the_machines_go_on_where_they_stopped(frame: pd.DataFrame, at: int) -> None:
    high, low, close = (frame[[name, name]].to_numpy() for name in ("high", "low", "close"))
    for machine, slots, lines, given_ in (
        (kernels.zigzag, 8, 3, (close, 0.0, 0.03)),
        (kernels.swings, 11, 2, (2, 2)),
    ):
        answers = []
        for cuts in ([0, len(frame)], [0, min(at, len(frame)), len(frame)]):
            state = np.full((slots, 2), np.nan)
            state[:2] = 0.0
            out = np.empty((lines, len(frame), 2))
            for begin, end in itertools.pairwise(cuts):
                part = slice(begin, end)
                more = [one[part] if isinstance(one, np.ndarray) else one for one in given_]
                machine(state, high[part], low[part], close[part], *more, out[:, part])
            answers.append(out)
        np.testing.assert_array_equal(*answers)


def test_tops_and_bottoms_alternate_and_are_the_extremes_between_their_neighbours() -> None:
    frame = walk(seed=4)
    found = pivots(frame)
    assert len(found) > 40
    assert (found["kind"].diff().dropna().abs() == 2).all()
    for before, row, after in zip(found.index, found.index[1:], found.index[2:], strict=False):
        span = frame.loc[found["triggered_at"][before] : found["triggered_at"][after]]
        best = span["high"].max() if found["kind"][row] > 0 else span["low"].min()
        assert found["price"][row] == best


def test_a_pivot_is_known_on_the_first_bar_that_turned_back_far_enough() -> None:
    closes = np.array([100.0, 104.0, 108.0, 106.0, 103.0, 102.0, 99.0, 103.0])
    found = pivots(frame_of(closes, closes, closes), percent=5.0)
    tops = found[found["kind"] > 0]
    assert tops["price"].tolist() == [108.0]
    assert tops["lag"].tolist() == [3]  # 103 is 4.6 percent below, 102 is 5.6
    assert not found["revisable"].any()


def test_the_last_leg_is_given_on_request_and_marked() -> None:
    frame = walk(seed=2)
    known, all_of_them = pivots(frame), pivots(frame, forming=True)
    pd.testing.assert_frame_equal(all_of_them.iloc[: len(known)], known)
    (last,) = all_of_them.iloc[len(known) :].to_dict("records")
    assert last["revisable"] is True
    assert last["kind"] == -known["kind"].iloc[-1]
    assert len(pivots(frame.iloc[:3], forming=True)) == 0


def test_flat_prices_have_no_pivots() -> None:
    flat = thin_bars(np.full(200, 50.0), 0.0)
    for way in WAYS:
        assert pivots(flat, **way).empty
    mute = frame_of(*(np.full(50, np.nan) for _ in range(3)))
    assert pivots(mute).empty


def test_bars_that_lack_are_passed_over() -> None:
    whole = walk(seed=7)
    holed = whole.reindex(pd.bdate_range("2020-01-01", periods=2000))
    gaps = np.sort(np.random.default_rng(0).permutation(2000)[:1500])
    holed.iloc[:] = np.nan
    holed.iloc[gaps] = whole.to_numpy()
    for way in WAYS:
        kept, spread = pivots(whole, **way), pivots(holed, **way)
        same = ["kind", "price", "lag"]
        pd.testing.assert_frame_equal(kept[same], spread[same])
        places = whole.index.get_indexer(kept["triggered_at"])
        assert (holed.index.get_indexer(spread["triggered_at"]) == gaps[places]).all()


@pytest.mark.parametrize("power", [-20, 3, 40])
def test_scale_changes_nothing_but_prices(power: int) -> None:
    frame = walk(seed=1)
    for way in WAYS:
        one, other = pivots(frame, **way), pivots(frame * 2.0**power, **way)
        pd.testing.assert_frame_equal(one.assign(price=one["price"] * 2.0**power), other)


def test_upside_down_a_top_is_a_bottom() -> None:
    frame = walk(seed=3)
    one, other = pivots(frame), pivots(upside_down(frame, 512.0))
    pd.testing.assert_frame_equal(one.assign(kind=-one["kind"], price=1024.0 - one["price"]), other)


def test_symbols_of_a_panel_are_those_of_their_frames() -> None:
    panel = qp.synthetic(symbols=4, bars=400, seed=2, missing=0.03, late=0.5)
    for way in WAYS:
        found = pivots(panel, **way)
        assert found["known_at"].is_monotonic_increasing
        for name in panel.symbols:
            alone = pivots(panel[name], symbol=name, **way)
            pd.testing.assert_frame_equal(found[found["symbol"] == name].reset_index(drop=True), alone)


def test_numbered_bars_and_columns_in_capitals() -> None:
    closes = path_through([10, 20, 12, 22, 11])
    frame = pd.DataFrame({"Open": closes, "High": closes, "Low": closes, "Close": closes})
    for column in frame:
        frame[column].to_numpy().flags.writeable = False
    found = pivots(frame, percent=10)
    assert found["price"].tolist() == [10.0, 20.0, 12.0, 22.0]
    assert found["event_at"].tolist() == [0, 10, 20, 30]
    assert (found["known_at"] - found["event_at"] == found["lag"]).all()


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ({"method": "zigzags"}, "method must be one of 'zigzag', 'fractal'"),
        ({"reversal": 0}, "reversal must be a finite number above 0"),
        ({"percent": 100}, "percent must be below 100"),
        ({"window": 2.5}, "window must be a whole number"),
        ({"method": "fractal", "right": 0}, "right must be a whole number of bars, at least 1"),
        ({"method": "fractal", "forming": True}, "forming must be False for fractals"),
        ({"symbol": 3}, "symbol must be a str"),
    ],
)
def test_mistakes_are_named(way: dict[str, Any], words: str) -> None:
    with pytest.raises(qp.ParameterError, match=words):
        pivots(walk(100), **way)


def test_what_is_no_bars_is_refused() -> None:
    with pytest.raises(qp.DataError, match="must be a Panel or a frame with open, high, low and close, got Series"):
        pivots(walk(100)["close"])
    infinite = walk(100)
    infinite.iloc[40, 1] = np.inf
    with pytest.warns(qp.QuantperfWarning, match="high holds 1 infinite"):
        found = pivots(infinite)
    pd.testing.assert_frame_equal(found, pivots(infinite.replace(np.inf, np.nan)))
