"""Volume by price: where a bar's volume lies, which bin wins, how the value area grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.reference.profiles import volume_by_price
from tests.laws.cases import market

BARS = 200


def frame(kind: str = "walk") -> pd.DataFrame:
    return pd.DataFrame(market(kind, bars=BARS))


def profile(rows: list[tuple[float, float, float]], bins: int, share: float) -> tuple[float, ...]:
    """Return the last values of the profile of bars given as low, high and volume."""
    low, high, volume = (np.array(column) for column in zip(*rows, strict=True))
    return tuple(float(line[-1]) for line in qp.volume_profile(high, low, volume, len(rows), bins, share))


def test_a_bar_is_spread_evenly_over_its_range_and_a_point_lies_in_the_bin_above_it() -> None:
    # Bins 0-1, 1-2, 2-3, 3-4: 10 evenly from 0 to 4, 3 from 0.5 to 2, 7 at 3, 1 at the very top.
    rows = [(0.0, 4.0, 10.0), (0.5, 2.0, 3.0), (3.0, 3.0, 7.0), (4.0, 4.0, 1.0)]
    low, high, volume = (list(column) for column in zip(*rows, strict=True))
    found = qp.volume_histogram(pd.DataFrame({"low": low, "high": high, "volume": volume}), bins=4)
    assert found["volume"].tolist() == pytest.approx([2.5 + 1.0, 2.5 + 2.0, 2.5, 2.5 + 8.0])
    assert found["low"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert found["high"].tolist() == [1.0, 2.0, 3.0, 4.0]


def test_the_value_area_grows_to_the_side_of_more_volume_until_it_holds_its_share() -> None:
    points = [(k + 0.5, k + 0.5, v) for k, v in enumerate([3.0, 2.0, 9.0, 4.0, 1.0])]
    rows = [(0.0, 0.0, 0.0), *points, (5.0, 5.0, 0.0)]
    assert profile(rows, 5, 0.4) == (2.5, 2.0, 3.0)  # 9 of 19
    assert profile(rows, 5, 0.6) == (2.5, 2.0, 4.0)  # and 4 above
    assert profile(rows, 5, 0.7) == (2.5, 1.0, 4.0)  # and 2 below, which is more than 1
    assert profile(rows, 5, 0.9) == (2.5, 0.0, 4.0)
    assert profile(rows, 5, 1.0) == (2.5, 0.0, 5.0)


def test_of_equal_bins_the_middle_one_wins_and_of_equal_neighbours_the_upper_one() -> None:
    edges = [(0.0, 0.0, 0.0), (5.0, 5.0, 0.0)]
    assert profile([(k + 0.5, k + 0.5, 1.0) for k in range(5)] + edges, 5, 0.4) == (2.5, 2.0, 4.0)
    assert profile([(0.5, 0.5, 6.0), (3.5, 3.5, 6.0), (4.5, 4.5, 6.0), *edges], 5, 0.3)[0] == 3.5
    assert profile([(1.5, 1.5, 6.0), (3.5, 3.5, 6.0), *edges], 5, 0.3)[0] == 1.5


def test_a_window_at_one_price_has_it_for_all_lines_and_one_without_volume_has_none() -> None:
    assert profile([(7.0, 7.0, 3.0)] * 4, 10, 0.7) == (7.0, 7.0, 7.0)
    assert np.isnan(profile([(7.0, 9.0, 0.0)] * 4, 10, 0.7)).all()


@pytest.mark.parametrize("kind", ["walk", "ticks", "gaps"])
@pytest.mark.parametrize("bins", [1, 7, 24])
def test_the_histogram_holds_all_volume_and_its_fullest_bin_is_the_point_of_control(kind: str, bins: int) -> None:
    bars = frame(kind)
    whole = bars[["high", "low", "volume"]].dropna()
    found = qp.volume_histogram(bars, bins)
    assert found["volume"].sum() == pytest.approx(whole["volume"].sum(), rel=1e-12)
    plain = volume_by_price(*(whole[name].to_numpy() for name in ("high", "low", "volume")), bins)
    np.testing.assert_allclose(found["volume"], plain, rtol=1e-9)
    fullest = found.loc[found["volume"].idxmax()]
    last = qp.volume_profile(*(whole[name] for name in ("high", "low", "volume")), window=len(whole), bins=bins)
    assert last.point_of_control.iloc[-1] == pytest.approx((fullest["low"] + fullest["high"]) / 2)
    assert last.value_low.iloc[-1] <= fullest["low"] + 1e-9
    assert last.value_high.iloc[-1] >= fullest["high"] - 1e-9


def test_columns_are_found_in_any_case_and_a_flat_frame_has_one_bin() -> None:
    flat = pd.DataFrame({"High": [2.0, 2.0], "Low": [2.0, 2.0], "Volume": [3, 4]})
    assert qp.volume_histogram(flat, 5).to_numpy().tolist() == [[2.0, 2.0, 7.0]]


@pytest.mark.parametrize("bins", [0, -1, 2.5, True, "ten", None])
def test_bins_must_be_a_whole_number(bins: Any) -> None:
    with pytest.raises(qp.ParameterError, match="bins must be a whole number of at least 1, got"):
        qp.volume_histogram(frame(), bins)


def test_a_frame_without_a_whole_bar_or_a_column_is_refused() -> None:
    with pytest.raises(qp.DataError, match="frame must have a bar with high, low and volume, got 200 without"):
        qp.volume_histogram(frame().assign(low=np.nan))
    with pytest.raises(qp.DataError, match="volume is missing"):
        qp.volume_histogram(frame().drop(columns="volume"))
