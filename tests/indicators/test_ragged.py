"""Symbols of different length, with other holidays and in any order, are computed as if each were alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.indicators import CATALOG
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS

Frames = dict[str, pd.DataFrame]
DAYS = pd.bdate_range("2024-01-01", periods=60, name="date")
SOME: list[tuple[str, dict[str, Any]]] = [
    ("sma", {"window": 3}),
    ("ema", {"window": 3}),
    ("rsi", {"window": 2}),
    ("macd", {"fast": 2, "slow": 4, "signal": 2}),
    ("bbands", {"window": 4}),
    ("atr", {"window": 3}),
    ("obv", {}),
    ("cdl_engulfing", {}),
    ("session_vwap", {}),
    ("pivot_points", {}),
]


@st.composite
def ragged(draw: st.DrawFn) -> Frames:
    """Draw frames of one bar, of few and of many, over their own days, with values missing here and there."""
    frames = {}
    for place, symbol in enumerate(draw(st.permutations(["A", "B", "CC", "D"]))):
        rows = draw(st.sampled_from([1, 1, 2, 7, 40, 60]))
        random = np.random.default_rng([draw(st.integers(0, 999)), place])
        days = DAYS[np.sort(random.choice(len(DAYS), rows, replace=False))]
        close = 50.0 + np.cumsum(random.integers(-3, 4, rows)) / 4
        reach = random.integers(0, 4, (3, rows)) / 4
        columns = (close - reach[0], close + reach[1], close - reach[0] - reach[2], close, random.integers(1, 99, rows))
        frame = pd.DataFrame(dict(zip(FIELDS, columns, strict=True)), index=days).astype(float)
        frames[symbol] = frame.mask(random.random(frame.shape) < draw(st.sampled_from([0.0, 0.1])))
    return frames


def long_of(frames: Frames) -> pd.DataFrame:
    return pd.concat(frames, names=["symbol"])


LAYOUTS: dict[str, Callable[[Frames], Panel]] = {
    "frames": Panel.from_frames,
    "frames, rows shuffled": lambda frames: Panel.from_frames(
        {symbol: frame.sample(frac=1.0, random_state=1) for symbol, frame in frames.items()}
    ),
    "levels": lambda frames: Panel.from_long(long_of(frames)),
    "levels, shuffled": lambda frames: Panel.from_long(long_of(frames).sample(frac=1.0, random_state=1)),
    "levels, stamps first": lambda frames: Panel.from_long(long_of(frames).swaplevel()),
    "levels without names": lambda frames: Panel.from_long(long_of(frames).rename_axis([None, None])),
    "columns, shuffled": lambda frames: Panel.from_long(long_of(frames).reset_index().sample(frac=1.0, random_state=1)),
    "symbols as a column": lambda frames: Panel.from_long(long_of(frames).reset_index("symbol")),
}


def lines(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple) else (result,)


def numbers(line: pd.Series) -> Any:
    return line.astype("Float64").to_numpy(dtype=float, na_value=np.nan)


@pytest.mark.parametrize(("name", "params"), SOME, ids=[name for name, _ in SOME])
@given(frames=ragged(), layout=st.sampled_from(sorted(LAYOUTS)))
def test_a_ragged_panel_equals_a_loop_over_its_symbols(
    name: str, params: dict[str, Any], frames: Frames, layout: str
) -> None:
    panel = LAYOUTS[layout](frames)
    wide = lines(CATALOG[name](panel, **params, nan="skip"))
    for symbol, frame in frames.items():
        for line, alone in zip(wide, lines(CATALOG[name](frame, **params, nan="skip")), strict=True):
            found = line[symbol]
            np.testing.assert_array_equal(numbers(found.loc[frame.index]), numbers(alone))
            assert found.drop(index=frame.index).isna().all()


@given(frames=ragged())
def test_many_indicators_of_a_ragged_panel_equal_a_loop_over_its_symbols(frames: Frames) -> None:
    wide = qp.compute(Panel.from_frames(frames), SOME, nan="skip")
    for symbol, frame in frames.items():
        alone = qp.compute(frame, SOME, nan="skip")
        assert isinstance(wide, dict)
        for label, line in wide.items():
            np.testing.assert_array_equal(line[symbol].loc[frame.index], alone[label])


def test_a_group_of_one_bar_has_the_values_that_one_bar_has() -> None:
    frames = {"LONG": qp.sample("IBM"), "ONE": qp.sample("IBM").iloc[100:101], "NONE": qp.sample("IBM").iloc[:0]}
    for panel in (Panel.from_frames(frames), Panel.from_long(long_of(frames).sample(frac=1.0, random_state=0))):
        for nan in ("local", "skip", "segment"):
            means = qp.sma(panel, 2, nan=nan)
            assert means["ONE"].isna().all()
            assert means["LONG"].iloc[1:].notna().all()
            assert qp.sma(panel, 1, nan=nan)["ONE"].dropna().tolist() == frames["ONE"]["close"].tolist()
            assert qp.obv(panel, nan=nan)["ONE"].dropna().tolist() == frames["ONE"]["volume"].tolist()
    assert "NONE" in Panel.from_frames(frames)


def test_symbols_that_are_categories_are_symbols() -> None:
    # A level of categories without a name was taken for no symbols at all.
    frames = {"A": qp.sample("IBM").iloc[:3], "B": qp.sample("MSFT").iloc[:2]}
    long = long_of(frames)
    levels = [long.index.get_level_values(0).astype("category"), long.index.get_level_values(1)]
    long.index = pd.MultiIndex.from_arrays(levels)
    assert Panel.from_long(long).equals(Panel.from_frames(frames))


def test_coarser_bars_of_a_ragged_panel_equal_a_loop_over_its_symbols() -> None:
    frames = {"A": qp.sample("IBM").iloc[3:90], "B": qp.sample("MSFT").iloc[50:51], "C": qp.sample("AAPL").iloc[::7]}
    weeks = qp.resample(Panel.from_frames(frames), "W-FRI", partial="keep")
    for symbol, frame in frames.items():
        alone = qp.resample(frame, "W-FRI", partial="keep")[list(FIELDS)]
        pd.testing.assert_frame_equal(weeks[symbol].loc[alone.index], alone, check_freq=False)
        assert weeks[symbol].drop(index=alone.index).isna().all(axis=None)
