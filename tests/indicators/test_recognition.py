"""All candlestick patterns in one pass are the patterns one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.indicators.recognition import DEEP
from quantperf.kernels.candles import PATTERNS

HOLES = [(40, 1), (41, 3), (200, 0)]


def bars(symbol: str = "MSFT", count: int = 700) -> pd.DataFrame:
    frame = qp.sample(symbol).iloc[:count].copy()
    for row, column in HOLES:
        frame.iloc[row, column] = np.nan
    return frame


def test_a_frame_gives_a_column_for_each_of_61_patterns() -> None:
    data = bars()
    before = data.copy()
    found = qp.candles(data)
    assert tuple(found) == PATTERNS
    assert len(PATTERNS) == 61
    for name in PATTERNS:
        pd.testing.assert_series_equal(found[name], qp.CATALOG[name](data), check_names=False)
    pd.testing.assert_frame_equal(data, before)


def test_a_panel_gives_a_mapping_and_the_patterns_that_stand() -> None:
    panel = qp.synthetic(symbols=7, bars=300, seed=5)
    codes = qp.candles(panel)
    assert len(codes) == 61
    for name in ("cdl_doji", "cdl_hikkake", "cdl_eveningstar"):
        pd.testing.assert_frame_equal(codes[name], qp.CATALOG[name](panel), check_names=False)
    found = codes.found()
    assert list(found) == ["bar", "symbol", "pattern", "code"]
    assert found["bar"].is_monotonic_increasing
    assert len(found) == sum(int((codes[name].fillna(0) != 0).sum().sum()) for name in codes)
    row = found.iloc[len(found) // 2]
    assert codes[row["pattern"]].loc[row["bar"], row["symbol"]] == row["code"]
    assert "61 patterns, 300 bars, 7 symbols" in repr(codes)
    with pytest.raises(KeyError):
        codes["cdl_nothing"]
    with pytest.raises(ValueError, match="read-only"):
        codes.block[0] = 0


def test_some_patterns_with_other_penetrations() -> None:
    data = bars()
    found = qp.candles(data, ["CDLDOJI", "cdl_darkcloudcover"], penetration={"cdl_darkcloudcover": 0.1})
    assert list(found) == ["cdl_darkcloudcover", "cdl_doji"]
    wanted = qp.CATALOG["cdl_darkcloudcover"](data, penetration=0.1)
    pd.testing.assert_series_equal(found["cdl_darkcloudcover"], wanted, check_names=False)
    assert len(DEEP) == 7


def test_few_bars_infinities_and_mistakes() -> None:
    assert qp.candles(bars().iloc[:0]).shape == (0, 61)
    assert qp.candles(bars().iloc[:1]).isna().all(axis=None)
    infinite, missing = bars(), bars()
    infinite.iloc[300, 1], missing.iloc[300, 1] = np.inf, np.nan
    with pytest.warns(qp.QuantperfWarning, match="high holds 1 infinite"):
        found = qp.candles(infinite)
    pd.testing.assert_frame_equal(found, qp.candles(missing))
    with pytest.raises(qp.ParameterError, match="did you mean 'cdl_doji'"):
        qp.candles(bars(), ["cdl_doj"])
    with pytest.raises(qp.ParameterError, match="got none; leave it out for all"):
        qp.candles(bars(), [])
    with pytest.raises(qp.ParameterError, match="cdl_doji has no penetration"):
        qp.candles(bars(), penetration={"cdl_doji": 0.1})
    with pytest.raises(qp.ParameterError, match="at least 0"):
        qp.candles(bars(), penetration={"cdl_mathold": -0.1})
    with pytest.raises(qp.DataError, match="got Series"):
        qp.candles(bars()["close"])
