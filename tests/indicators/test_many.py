"""Many indicators at once: the same numbers as one by one, whatever the threads, sweeps and policies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.indicators import CATALOG
from quantperf.indicators.shared import Stages
from quantperf.kernels._jit import JIT_ENABLED

ALL = sorted(CATALOG)


def panel(symbols: int = 37, bars: int = 120) -> qp.Panel:
    return qp.synthetic(symbols=symbols, bars=bars, seed=3)


def alone(name: str, data: Any, **params: Any) -> list[Any]:
    columns = {column: data.block(column) for column in CATALOG[name].columns}
    wide = (pd.DataFrame(block, index=data.index, columns=list(data.symbols)) for block in columns.values())
    found = CATALOG[name](*wide, **params)
    lines = list(found) if CATALOG[name].returns is not None else [found]
    return [line.astype("Float64").astype(float) if CATALOG[name].dtype == np.int8 else line for line in lines]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_panel_gives_for_each_indicator_what_it_gives_alone(threads: int) -> None:
    if threads > 1 and not JIT_ENABLED:
        pytest.skip("without the JIT numpy warns of what compiled code passes over, in each thread for itself")
    data = panel()
    found = qp.compute(data, ALL, threads=threads)
    wide = iter(found.items())
    for name in ALL:
        for line in alone(name, data):
            label, ours = next(wide)
            assert label.startswith(name)
            assert list(ours.columns) == list(data.symbols)
            np.testing.assert_array_equal(ours, line, label)


@pytest.mark.parametrize("nan", ["local", "skip", "ffill", "segment"])
def test_a_frame_of_bars_gives_a_column_for_each_output(nan: str) -> None:
    bars = qp.sample("MSFT").iloc[:300].copy()
    bars.iloc[100:103, 3] = np.nan
    before = bars.copy()
    found = qp.compute(bars, ["rsi", "macd", "cdl_doji", ("volume_sma", {"window": 5})], nan=nan)
    macd = ["macd_12_26_9_macd", "macd_12_26_9_signal", "macd_12_26_9_histogram"]
    assert list(found) == ["rsi_14", *macd, "cdl_doji", "volume_sma_5"]
    pd.testing.assert_series_equal(found["rsi_14"], qp.rsi(bars["close"], nan=nan), check_names=False)
    np.testing.assert_array_equal(found[macd[1]], qp.macd(bars["close"], nan=nan).signal)
    codes = qp.cdl_doji(bars, nan=nan).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    np.testing.assert_array_equal(found["cdl_doji"], codes)
    pd.testing.assert_frame_equal(bars, before)


def test_lists_of_values_are_swept_in_all_combinations() -> None:
    bars = qp.sample("IBM").iloc[:100]
    found = qp.compute(bars, [("macd", {"fast": [3, 5], "slow": range(10, 12), "signal": 2}), (qp.sma, {"window": 4})])
    labels = [label.rsplit("_", 1)[0] for label in found if label.endswith("_signal")]
    assert labels == ["macd_3_10_2", "macd_3_11_2", "macd_5_10_2", "macd_5_11_2"]
    np.testing.assert_array_equal(found["macd_5_11_2_macd"], qp.macd(bars["close"], 5, 11, 2).macd)
    assert "sma_4" in found
    assert list(qp.compute(bars, "rsi")) == ["rsi_14"]
    assert list(qp.compute(bars, [("ema", {"convention": "legacy"})])) == ["ema_20_legacy"]


def test_few_bars_give_unknown_ones_and_infinities_are_missing() -> None:
    found = qp.compute(panel(bars=5), ["rsi", "cdl_doji", "bbands"])
    assert all(frame.isna().all(axis=None) for frame in found.values())
    bars = qp.sample("IBM").iloc[:60].copy()
    bars.iloc[30, 3] = np.inf
    with pytest.warns(qp.QuantperfWarning, match="close holds 1 infinite values, the first at bar 30"):
        found = qp.compute(bars, ["sma"])
    bars.iloc[30, 3] = np.nan
    np.testing.assert_array_equal(found["sma_20"], qp.sma(bars["close"]))


def test_mistakes_are_told() -> None:
    bars = qp.sample("IBM").iloc[:60]
    with pytest.raises(qp.UnknownIndicator, match="did you mean 'rsi'"):
        qp.compute(bars, ["rsii"])
    with pytest.raises(qp.ParameterError, match="wanted once, got 'rsi_14' twice"):
        qp.compute(bars, ["rsi", ("rsi", {"window": 14})])
    with pytest.raises(qp.ParameterError, match="at least one indicator"):
        qp.compute(bars, [])
    with pytest.raises(qp.ParameterError, match="no parameter 'windw'"):
        qp.compute(bars, [("rsi", {"windw": 3})])
    with pytest.raises(qp.ParameterError, match="threads must be"):
        qp.compute(bars, ["rsi"], threads=0)
    with pytest.raises(qp.DataError, match="a Panel or a frame of bars, got Series"):
        qp.compute(bars["close"], ["rsi"])
    with pytest.raises(qp.DataError, match="volume"):
        qp.compute(bars.drop(columns="volume"), ["mfi"])


SHARING = [
    "squeeze", "trange", "sma", ("kst", {}), ("roc", {"window": 10}), "chandelier", ("atr", {"window": 22}), "crsi",
    ("rsi", {"window": 3}), "qqe", "rsi", ("macdext", {"fastmatype": 1}), ("sma", {"window": 26}), "keltner",
]  # fmt: skip
SHARED_WITH_HOLES = {"roc", "sma"}  # the others of these chains pass over missing bars
SHARED = SHARED_WITH_HOLES | {"atr", "rsi", "trange"}


@pytest.mark.parametrize("missing", [False, True])
def test_what_several_need_is_computed_once_and_gives_the_same_bits(
    missing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = panel(5, 400)
    bars = {field: np.array(data.block(field)) for field in ("open", "high", "low", "close", "volume")}
    for field in bars.values():
        field[200:203, 2] = np.nan if missing else field[200:203, 2]
    frames = {
        symbol: pd.DataFrame({name: field[:, i] for name, field in bars.items()}, index=data.index)
        for i, symbol in enumerate(data.symbols)
    }
    data = qp.Panel.from_frames(frames)
    kept: list[Any] = []
    keep = Stages._keep
    monkeypatch.setattr(Stages, "_keep", lambda self, key, lines: (kept.append(key), keep(self, key, lines))[1])
    found = qp.compute(data, SHARING, threads=1)
    assert len(kept) == len(set(kept))
    names = {key[0].__name__ for key in kept}
    assert names == (SHARED_WITH_HOLES if missing else SHARED)
    for name in ("kst", "squeeze", "chandelier", "crsi", "qqe", "keltner"):
        lines = iter(alone(name, data))
        for label, ours in found.items():
            if label.startswith(name):
                np.testing.assert_array_equal(ours, next(lines), label)
    np.testing.assert_array_equal(found["sma_26"], qp.sma(data.close, 26))
