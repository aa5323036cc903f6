"""Conventions reach the averages of a chosen kind inside other indicators, and those that have none stay TA-Lib's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import quantperf as qp
from quantperf.indicators import CATALOG
from quantperf.indicators.chain import average
from tests.laws.cases import market

ASKED = ("tradingview", "pandas")
KINDS: dict[str, dict[str, Any]] = {
    "apo": {"fast": 4, "slow": 9, "matype": None},
    "ppo": {"fast": 4, "slow": 9, "matype": None},
    "bbands": {"window": 7, "matype": None},
    "stoch": {"fastk": 5, "slowk": 4, "slowd": 3, "slowk_matype": None, "slowd_matype": None},
    "stochf": {"fastk": 5, "fastd": 4, "fastd_matype": None},
}


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4, 8, 13])
@pytest.mark.parametrize(
    ("name", "convention"),
    [(name, convention) for name in KINDS for convention in CATALOG[name].conventions if convention in ASKED],
)
def test_an_average_of_a_chosen_kind_follows_the_convention(name: str, convention: str, kind: int) -> None:
    entry = CATALOG[name]
    params = {key: kind if value is None else value for key, value in KINDS[name].items()}
    bars = market("walk", bars=120)
    columns = [bars[column] for column in entry.columns]
    found = entry(*columns, **params, convention=convention)
    wanted = entry.reference(*columns, **params, convention=convention)
    several = entry.returns is not None
    firsts = entry.lookbacks(**params, convention=convention)
    for ours, theirs, first in zip(found if several else [found], wanted if several else [wanted], firsts, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
        assert int(np.isnan(ours).sum()) == first


def test_an_average_without_the_convention_is_that_of_talib() -> None:
    assert average(9, 1, convention="pandas").lookback == 0
    assert average(9, 13, convention="pandas").lookback == 0
    assert average(9, 13, convention="tradingview").lookback == 8
    assert average(9, 2, convention="pandas").lookback == 8
    assert average(9, 1, convention="legacy").lookback == 8


def test_an_entry_offers_only_conventions_that_it_has() -> None:
    with pytest.raises(qp.ParameterError, match="convention of bbands must be one of 'talib', 'pandas', 'legacy'"):
        qp.bbands(np.arange(30.0), convention="tradingview")


@pytest.mark.parametrize("name", ["atr", "natr", "trange", "adx"])
def test_the_first_range_is_high_less_low_where_no_close_is_before(name: str) -> None:
    high, low, close = np.array([5.0, 9.0, 8.0]), np.array([3.0, 4.0, 7.0]), np.array([4.0, 5.0, 7.5])
    if name == "trange":
        assert qp.trange(high, low, close, convention="pandas").tolist() == [2.0, 5.0, 3.0]
    elif name == "atr":
        assert qp.atr(high, low, close, 2, convention="tradingview").tolist()[1:] == [3.5, 3.25]
        assert qp.atr(high, low, close, 2, convention="pandas").tolist() == [2.0, 3.5, 3.25]
    elif name == "natr":
        assert qp.natr(high, low, close, 2, convention="pandas").round(6).tolist() == [50.0, 70.0, 43.333333]
    else:
        index, plus, minus = qp.adx(high, low, close, 2, convention="pandas")
        assert plus.round(6).tolist() == [0.0, round(100 * 2.0 / 3.5, 6), round(100 * 1.0 / 3.25, 6)]
        assert minus.tolist() == [0.0, 0.0, 0.0]
        assert np.isnan(index[0])
        assert index[1:].tolist() == [100.0, 100.0]
