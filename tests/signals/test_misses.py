"""Near misses are bars on which a rule did not fire, came near, and would have fired with a little more."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.signals.explanation import SignalExplanation, explain
from quantperf.signals.misses import near_misses


def bars(close: list[float]) -> pd.DataFrame:
    line = np.array(close)
    index = pd.date_range("2024-01-01", periods=len(line), tz="UTC")
    frame = {"open": line, "high": line, "low": line, "close": line, "volume": np.full(len(line), 1e6)}
    return pd.DataFrame(frame, index=index)


def test_the_nearest_dip_that_did_not_cross_comes_first() -> None:
    data = bars([90, 98, 95, 99, 97, 92, 101, 103, 100.5, 104, 96, 99.5, 90])
    rule = ("up", "crosses_above(close, 100)")
    found = near_misses(data, [rule])
    assert [data.index.get_loc(stamp) for stamp in found["at"]] == [11, 3, 1]
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["margin"].tolist() == [-0.5, -1.0, -2.0]
    np.testing.assert_allclose(found["distance"], [50 / 99.5, 100 / 99, 200 / 98])
    assert set(found["condition"]) == {"close above 100"}
    assert found.attrs["misses"] == {"up": 3}
    assert near_misses(data, [rule], top=2)["rank"].tolist() == [1, 2]
    assert near_misses(data, [rule], top=2).attrs["misses"] == {"up": 3}


def test_a_touch_without_crossing_is_a_miss_of_distance_0() -> None:
    found = near_misses(bars([90, 100, 90]), [("up", "crosses_above(close, 100)")])
    assert found["distance"].tolist() == [0.0]


@pytest.mark.parametrize("nan", ["local", "skip", qp.ffill(3)])
def test_every_miss_is_explained_by_the_same_part_with_the_same_numbers(nan: object) -> None:
    panel = qp.sample()[["IBM", "FB"]]
    blocks = {name: panel.block(name)[-600:].copy() for name in ("open", "high", "low", "close", "volume")}
    for block in blocks.values():
        block[[450, 451, 520], 0] = np.nan
    panel = qp.Panel.from_blocks(**blocks, index=panel.index[-600:], symbols=panel.symbols)
    found = near_misses(panel, top=1, nan=nan)
    signals = qp.signals(panel, nan=nan)
    fired = set(zip(signals["symbol"], signals["signal_type"], signals["triggered_at"], strict=True))
    assert len(found) > 30
    for row in found.iloc[::3].itertuples():
        assert (row.symbol, row.signal_type, row.at) not in fired
        why = explain(row.signal_type, panel, at=row.at, symbol=row.symbol, nan=nan)
        assert isinstance(why, SignalExplanation)
        assert why.held is False
        assert why.nearest is not None
        assert (why.nearest["condition"], why.nearest["unit"]) == (row.condition, row.unit)
        assert why.nearest["percent"] == pytest.approx(-row.distance, rel=1e-12, abs=1e-300)
        assert (why.nearest["left"], why.nearest["right"]) == (row.left, row.right)


def test_misses_are_ordered_by_rule_symbol_and_distance() -> None:
    panel = qp.sample()
    before = panel.block("close").copy()
    found = near_misses(panel, ["golden_cross", "RSI_oversold"], top=3)
    assert found["signal_type"].unique().tolist() == ["golden_cross", "RSI_oversold"]
    for _, group in found.groupby(["signal_type", "symbol"]):
        assert group["distance"].is_monotonic_increasing
        assert group["rank"].tolist() == list(range(1, len(group) + 1))
    one = near_misses(qp.sample("IBM"), ["golden_cross", "RSI_oversold"], top=3, symbol="IBM")
    mine = found[found["symbol"] == "IBM"].reset_index(drop=True)
    pd.testing.assert_frame_equal(one, mine, check_index_type=False)
    np.testing.assert_array_equal(panel.block("close"), before)


def test_no_bars_and_no_misses_give_an_empty_frame() -> None:
    columns = list(near_misses(qp.sample("IBM"), ["golden_cross"]))
    for data in (bars([1.0]).iloc[:0], bars([1.0, 2.0])):
        found = near_misses(data, ["golden_cross"])
        assert len(found) == 0
        assert list(found) == columns


def test_mistakes_are_named() -> None:
    for top in (0, True, 1.5):
        with pytest.raises(qp.ParameterError, match="top must be a whole number of at least 1"):
            near_misses(qp.sample("IBM"), top=top)  # type: ignore[arg-type]
    with pytest.raises(qp.DataError, match="got list"):
        near_misses([1.0])  # type: ignore[arg-type]
    gap = bars([1.0, np.nan, 2.0])
    with pytest.raises(qp.DataError, match="must hold no missing"):
        near_misses(gap, ["golden_cross"], nan="raise")
