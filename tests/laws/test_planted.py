"""The laws themselves: each must catch the mistake that it is there for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quantperf.indicators import CATALOG
from tests.laws.cases import Array, Case, Outputs, market
from tests.laws.laws import (
    assert_same_bits,
    live_is_batch,
    missing_is_local,
    no_look_ahead,
    scales_by_powers_of_two,
    starts_exactly,
)

SMA = Case("sma", "talib", "narrow", {"window": 4})
EMA = Case("ema", "talib", "narrow", {"window": 4})


def close() -> Array:
    return market("walk", bars=120)["close"]


def shifted(x: Array) -> Outputs:
    """A centred mean: one bar of the future."""
    return (np.append(SMA(x)[0][1:], np.nan),)


def scaled_by_all(x: Array) -> Outputs:
    """A mean in units of the whole series: every bar knows the last one."""
    return (SMA(x)[0] / np.nanmax(x),)


def centred_on_all(x: Array) -> Outputs:
    return (SMA(x - np.nanmean(x))[0] + np.nanmean(x),)


@pytest.mark.parametrize("planted", [shifted, scaled_by_all, centred_on_all])
def test_a_look_ahead_is_caught(planted: Callable[..., Outputs]) -> None:
    no_look_ahead(SMA, [close()], (5, 60, 119))
    with pytest.raises(AssertionError, match=r"cut after|another future"):
        no_look_ahead(planted, [close()], (5, 60, 119))


def running_sum(x: Array) -> Outputs:
    """A mean by a running sum: one NaN, and NaN for ever."""
    total = np.cumsum(x)
    return (np.concatenate([np.full(3, np.nan), (total[3:] - np.concatenate([[0.0], total[:-4]])) / 4.0]),)


def forgetful(x: Array) -> Outputs:
    """A mean that leaves the missing bar out and says nothing of it."""
    return (pd.Series(x).rolling(4, min_periods=1).mean().where(np.arange(len(x)) >= 3).to_numpy(),)


def zero_filled(x: Array) -> Outputs:
    return SMA(np.nan_to_num(x))


@pytest.mark.parametrize("planted", [running_sum, forgetful, zero_filled])
def test_a_leak_of_a_missing_value_is_caught(planted: Callable[..., Outputs]) -> None:
    missing_is_local(SMA, [close()], 4, 3, (0, 60, 119))
    with pytest.raises(AssertionError, match="NaN in column 0"):
        missing_is_local(planted, [close()], 4, 3, (60, 119))


def test_a_recurrence_that_moves_on_a_missing_bar_is_caught() -> None:
    def carried(x: Array) -> Outputs:
        line = EMA(pd.Series(x).ffill().to_numpy())[0]
        return (np.where(np.isnan(x), np.nan, line),)

    missing_is_local(EMA, [close()], 1, 3, (60,))
    with pytest.raises(AssertionError, match="NaN in column 0 at bar 60: output 0"):
        missing_is_local(carried, [close()], 1, 3, (60,))


def test_an_epsilon_in_a_denominator_is_caught() -> None:
    def ratio(x: Array) -> Outputs:
        return (x / (SMA(x)[0] + 1e-12),)

    with pytest.raises(AssertionError, match=r"times 2\*\*-30"):
        scales_by_powers_of_two(ratio, [close()], [True], 0, (-30,))


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_warm_up_that_is_off_by_one_is_caught(shift: int) -> None:
    starts_exactly(SMA, [close()], (3,))
    with pytest.raises(AssertionError):
        starts_exactly(SMA, [close()], (3 + shift,))


def test_a_stream_that_is_almost_equal_is_caught() -> None:
    def almost(x: Array) -> Outputs:
        return (np.nextafter(EMA(x)[0], 0.0),)

    live_is_batch(EMA.stream, EMA, [close()], 3, EMA.row)
    with pytest.raises(AssertionError, match="live"):
        live_is_batch(EMA.stream, almost, [close()], 3, EMA.row)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(0.0, -0.0), (1.0, np.nextafter(1.0, 2.0)), (np.nan, 0.0)], ids=["sign", "last bit", "NaN"]
)
def test_bits_are_compared_as_bits(ours: float, theirs: float) -> None:
    assert_same_bits([np.array([ours])], [np.array([ours])])
    with pytest.raises(AssertionError):
        assert_same_bits([np.array([ours])], [np.array([theirs])])


def test_the_laws_range_over_the_whole_catalogue() -> None:
    from tests.laws.cases import cases

    found: list[Any] = [parameter.values[0] for parameter in cases("narrow")]
    assert {case.name for case in found} == set(CATALOG)
    assert {(case.name, case.convention) for case in found} == {
        (name, convention) for name, entry in CATALOG.items() for convention in entry.conventions
    }
