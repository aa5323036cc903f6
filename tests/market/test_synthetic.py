"""Synthetic bars are seeded, well formed, and move as stocks do."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantperf.errors import ParameterError
from quantperf.market.columns import FIELDS
from quantperf.market.synthetic import synthetic


def digest(panel):
    return hashlib.sha256(b"".join(panel.block(field).tobytes() for field in FIELDS)).hexdigest()


@pytest.fixture(scope="module")
def panel():
    return synthetic(symbols=60, bars=2000, seed=1)


@pytest.fixture(scope="module")
def returns(panel):
    return np.diff(np.log(panel.block("close")), axis=0)


def lagged(values):
    """The correlation of each column with itself a bar later."""
    return np.array([np.corrcoef(column[1:], column[:-1])[0, 1] for column in values.T])


def test_the_same_seed_gives_the_same_bytes():
    options = {"symbols": 20, "bars": 300, "missing": 0.1, "late": 0.3}
    assert digest(synthetic(**options, seed=7)) == digest(synthetic(**options, seed=7))
    assert digest(synthetic(**options, seed=7)) != digest(synthetic(**options, seed=8))


@given(
    symbols=st.integers(1, 5),
    bars=st.integers(1, 30),
    seed=st.integers(0, 2**32),
    missing=st.floats(0.0, 0.99),
    late=st.floats(0.0, 1.0),
)
@settings(max_examples=50, deadline=None)
def test_bars_are_well_formed_whatever_is_asked_for(symbols, bars, seed, missing, late):
    panel = synthetic(symbols, bars, seed, missing=missing, late=late)
    assert panel.shape == (bars, symbols)
    block = np.stack([panel.block(field) for field in FIELDS])
    absent = np.isnan(block)
    assert (absent.all(axis=0) == absent.any(axis=0)).all()
    opening, high, low, close, volume = block[:, ~absent[0]]
    assert (low <= np.minimum(opening, close)).all()
    assert (high >= np.maximum(opening, close)).all()
    assert (low >= 0.01).all()
    prices = np.stack([opening, high, low, close])
    np.testing.assert_array_equal(np.rint(prices * 100) / 100, prices)
    np.testing.assert_array_equal(np.rint(volume), volume)
    assert (volume > 0).all()


@given(missing=st.floats(0.0, 0.9), late=st.floats(0.0, 1.0))
@settings(max_examples=20, deadline=None)
def test_absent_bars_change_no_other_bar(missing, late):
    whole = synthetic(6, 40, seed=3)
    holed = synthetic(6, 40, seed=3, missing=missing, late=late)
    for field in FIELDS:
        held = ~np.isnan(holed.block(field))
        np.testing.assert_array_equal(holed.block(field)[held], whole.block(field)[held])


def test_the_share_of_missing_bars_is_as_asked_for():
    absent = np.isnan(synthetic(100, 1000, missing=0.05).block("close"))
    # 100 000 draws: a standard deviation is 0.0007.
    assert abs(absent.mean() - 0.05) < 0.004


def test_late_symbols_have_no_bars_before_their_listing_and_all_after():
    absent = np.isnan(synthetic(40, 200, late=0.25).block("close"))
    assert absent[0].sum() == 10
    assert (np.diff(absent.astype(int), axis=0) <= 0).all()
    assert not absent[-1].any()


def test_the_index_is_business_days_from_the_start():
    index = synthetic(1, 600, start="2024-06-01").index
    expected = pd.bdate_range("2024-06-01", periods=600, name="date")
    assert index.dtype == expected.dtype
    assert index.equals(expected)
    assert index.name == "date"


def test_nothing_is_missing_unless_asked_for(panel):
    assert panel.close.notna().all(axis=None)


def test_a_panel_of_the_default_size_has_500_symbols_over_ten_years():
    panel = synthetic()
    assert repr(panel) == "Panel(500 symbols x 2520 bars, 2015-01-02 .. 2024-08-29)"


def test_volatility_clusters_while_returns_do_not(returns):
    assert np.median(lagged(np.abs(returns))) > 0.05
    assert abs(np.median(lagged(returns))) < 0.06


def test_returns_have_fat_tails(returns):
    scaled = (returns - returns.mean(axis=0)) / returns.std(axis=0)
    assert np.median((scaled**4).mean(axis=0)) > 4.0


def test_symbols_share_a_market(returns):
    correlation = np.corrcoef(returns.T)[np.triu_indices(returns.shape[1], 1)]
    assert 0.15 < correlation.mean() < 0.5


def test_bars_open_with_a_gap(panel):
    gaps = np.log(panel.block("open")[1:] / panel.block("close")[:-1])
    days = np.log(panel.block("close") / panel.block("open"))
    assert 0.15 < gaps.var() / (gaps.var() + days.var()) < 0.5


def test_volume_goes_with_the_absolute_return(panel, returns):
    volume = np.log(panel.block("volume")[1:])
    correlation = [np.corrcoef(volume[:, lane], np.abs(returns[:, lane]))[0, 1] for lane in range(returns.shape[1])]
    assert min(correlation) > 0.3


def test_a_long_panel_stays_in_the_range_of_quotes():
    close = synthetic(20, 30_000, seed=2).block("close")
    assert close.min() > 0.01
    assert close.max() < 100_000.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"symbols": 0}, "symbols must be at least 1, got 0"),
        ({"symbols": 2.0}, "symbols must be a whole number, got 2.0"),
        ({"bars": -1}, "bars must be at least 1, got -1"),
        ({"bars": True}, "bars must be a whole number, got True"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"seed": None}, "seed must be a whole number, got None"),
        ({"start": "soon"}, "start must be a date such as '2015-01-02', got 'soon'"),
        ({"start": []}, "start must be a date such as '2015-01-02', got []"),
        ({"start": None}, "start must be a date without a zone such as '2015-01-02', got None"),
        ({"start": "2015-01-02T00:00Z"}, "start must be a date without a zone"),
        ({"missing": 1.0}, "missing must be a share from 0 to below 1, got 1.0"),
        ({"missing": -0.1}, "missing must be a share from 0 to below 1, got -0.1"),
        ({"missing": float("nan")}, "missing must be a share from 0 to below 1, got nan"),
        ({"late": 1.1}, "late must be a share from 0 to 1, got 1.1"),
        ({"late": "0.1"}, "late must be a share from 0 to 1, got '0.1'"),
        ({"late": True}, "late must be a share from 0 to 1, got True"),
    ],
)
def test_a_parameter_out_of_bounds_is_refused(options, message):
    with pytest.raises(ParameterError) as caught:
        synthetic(**options)
    assert message in str(caught.value)
