"""``df.qp`` and ``series.qp``: the catalogue on pandas objects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.errors import DataError, ParameterError
from quantperf.market.columns import columns_of

ONE = sorted(name for name, entry in qp.CATALOG.items() if len(entry.inputs) == 1)
SEVERAL = sorted(name for name, entry in qp.CATALOG.items() if len(entry.inputs) > 1)


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    frame = qp.sample("FB").tz_localize("America/New_York")
    frame.iloc[20:23, 3] = np.nan
    return frame


@pytest.mark.parametrize("name", sorted(qp.CATALOG))
def test_a_frame_of_bars_gives_what_the_call_gives(name: str, bars: pd.DataFrame) -> None:
    entry = qp.CATALOG[name]
    found = getattr(bars.qp, name)()
    columns = columns_of(bars, entry.columns)
    wanted = entry(*(pd.Series(column, index=bars.index) for column in columns.values()))
    if entry.returns is None:
        pd.testing.assert_series_equal(found, wanted, check_exact=True, check_names=False)
        assert found.name == name
    else:
        assert isinstance(found, pd.DataFrame)
        assert list(found.columns) == list(entry.outputs)
        for column, line in zip(entry.outputs, wanted, strict=True):
            pd.testing.assert_series_equal(found[column], line, check_exact=True, check_names=False)
    assert found.index.equals(bars.index)
    assert found.attrs["indicator"] == name
    assert found.attrs["params"] == wanted[0].attrs["params"] if entry.returns else True


@pytest.mark.parametrize("name", ONE)
def test_a_series_gives_what_the_call_gives(name: str, bars: pd.DataFrame) -> None:
    series = bars["close"]
    found = getattr(series.qp, name)()
    if qp.CATALOG[name].returns is None:
        pd.testing.assert_series_equal(found, qp.CATALOG[name](series), check_exact=True)
        assert found.name == "close"
    else:
        assert list(found.columns) == list(qp.CATALOG[name].outputs)


@pytest.mark.parametrize("name", SEVERAL)
def test_a_series_cannot_stand_for_several_inputs(name: str, bars: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=rf"{name} needs .*; call it on a frame of bars, df\.qp\.{name}\(\)"):
        getattr(bars["close"].qp, name)()


def test_parameters_policies_and_conventions_pass_through(bars: pd.DataFrame) -> None:
    found = bars.qp.rsi(5, nan="skip", convention="legacy")
    wanted = qp.rsi(bars["close"], 5, nan="skip", convention="legacy")
    pd.testing.assert_series_equal(found, wanted, check_exact=True, check_names=False)
    with pytest.raises(ParameterError, match="window must be at least 2, got 1"):
        bars.qp.rsi(1)
    with pytest.raises(ParameterError, match="did you mean 'window'"):
        bars.qp.rsi(windw=5)


def test_columns_are_matched_in_any_case_and_never_changed(bars: pd.DataFrame) -> None:
    other = bars.rename(columns=str.upper)
    before = other.copy()
    pd.testing.assert_series_equal(other.qp.atr(5), bars.qp.atr(5), check_exact=True)
    pd.testing.assert_frame_equal(other, before)


def test_a_column_that_is_not_there_is_named(bars: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="volume is missing beside open, high, low, close"):
        bars.drop(columns="volume").qp.obv()


@pytest.mark.parametrize("turn", [lambda frame: frame.iloc[::-1], lambda frame: frame.iloc[[0, 0, 1, 2]]])
def test_an_unsorted_frame_is_refused(bars: pd.DataFrame, turn: object) -> None:
    with pytest.raises(DataError, match=r"sort|duplicate"):
        turn(bars).qp.atr(2)  # type: ignore[operator]


def test_an_unknown_indicator_names_the_nearest(bars: pd.DataFrame) -> None:
    for holder in (bars, bars["close"]):
        with pytest.raises(AttributeError, match="did you mean 'rsi'"):
            holder.qp.rsl()
        with pytest.raises(AttributeError):
            holder.qp._nothing  # noqa: B018 - the look-up is the test


def test_indicators_are_listed_and_documented(bars: pd.DataFrame) -> None:
    assert set(qp.CATALOG) <= set(dir(bars.qp))
    assert bars.qp.rsi.__doc__ == qp.rsi.__doc__
