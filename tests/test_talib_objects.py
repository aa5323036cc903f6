"""TA-Lib's abstract functions and streaming handles, with TA-Lib itself as oracle for every name that exists here."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import talib as oracle
from talib import abstract as oracle_abstract
from talib import stream as oracle_stream

import quantperf as qp
from quantperf import talib
from quantperf.talib import abstract, stream

NAMES = talib.get_functions()
SEVERAL = [name for name in NAMES if len(abstract.Function(name).output_names) > 1]


def bars(count: int = 260) -> pd.DataFrame:
    frame = qp.sample("AAPL").iloc[:count].copy()
    frame["periods"] = 2.0 + np.arange(count) % 9
    return frame


def arrays(name: str, count: int = 260) -> list[npt.NDArray[np.float64]]:
    """Return what a function reads, in its order."""
    frame, found = bars(count), []
    for read in oracle_abstract.Function(name).info["input_names"].values():
        found += [frame[column].to_numpy().copy() for column in ([read] if isinstance(read, str) else read)]
    return [np.sin(column) for column in found] if name in {"ACOS", "ASIN"} else found


def lines(result: Any) -> list[Any]:
    if isinstance(result, pd.DataFrame):
        return [result[name] for name in result]
    return list(result) if isinstance(result, tuple | list) else [result]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_function_says_of_itself_is_what_talib_says(name: str) -> None:
    ours, theirs = abstract.Function(name), oracle_abstract.Function(name)
    for key in ("name", "group", "output_names"):
        assert ours.info[key] == theirs.info[key], key
    assert dict(ours.info["input_names"]) == dict(theirs.info["input_names"])
    assert dict(ours.info["parameters"]) == dict(theirs.info["parameters"])
    assert ours.lookback == theirs.lookback
    assert list(ours.info["output_flags"]) == theirs.info["output_names"]
    assert set(ours.info) == set(theirs.info)


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_a_mapping_and_arrays_give_what_the_function_gives(name: str) -> None:
    plain = lines(getattr(talib, name)(*arrays(name)))
    of_arrays = lines(abstract.Function(name)(*arrays(name)))
    frame = np.sin(bars()) if name in {"ACOS", "ASIN"} else bars()
    of_mapping = lines(abstract.Function(name)({key: column.to_numpy() for key, column in frame.items()}))
    whole = abstract.Function(name)(frame)
    assert isinstance(whole, pd.DataFrame if name in SEVERAL else pd.Series)
    assert whole.index.equals(bars().index)
    if name in SEVERAL:
        assert list(whole.columns) == oracle_abstract.Function(name).info["output_names"]
    for wanted, *found in zip(plain, of_arrays, of_mapping, lines(whole), strict=True):
        for line in found:
            np.testing.assert_array_equal(np.asarray(line), wanted)


def test_settings_are_remembered_and_can_be_changed() -> None:
    frame = bars()
    average = abstract.Function("sma", timeperiod=5)
    pd.testing.assert_series_equal(average(frame), qp.sma(frame["close"], 5), check_names=False)
    pd.testing.assert_series_equal(average(frame, price="open"), qp.sma(frame["open"], 5), check_names=False)
    pd.testing.assert_series_equal(average(frame, 7), qp.sma(frame["open"], 7), check_names=False)
    average.parameters = {"timeperiod": 9}
    average.input_names = {"price": "high"}
    pd.testing.assert_series_equal(average.outputs, qp.sma(frame["high"], 9), check_names=False)
    assert average.parameters == {"timeperiod": 9}
    assert average.lookback == 8
    pd.testing.assert_series_equal(average.run(frame[::1]), qp.sma(frame["high"], 9), check_names=False)
    swapped = abstract.Function("ATR")(frame, prices=["close", "open", "high"])
    wanted = qp.atr(frame["close"], frame["open"], frame["high"])
    np.testing.assert_array_equal(swapped, wanted)
    assert abstract.RSI is abstract.RSI
    assert "timeperiod" in repr(average)


def test_mistakes_are_told() -> None:
    average = abstract.Function("SMA")
    with pytest.raises(qp.ParameterError, match=r"not a function of TA-Lib .*did you mean 'SMA'"):
        abstract.Function("SMAA")
    with pytest.raises(qp.ParameterError, match="no parameter 'timeperoid'; did you mean 'timeperiod'"):
        average(bars(), timeperoid=3)
    with pytest.raises(qp.ParameterError, match="has the inputs price, got 'prise'"):
        average.input_names = {"prise": "open"}
    with pytest.raises(qp.ParameterError, match="must be 3 names"):
        abstract.Function("ATR").input_names = {"prices": "close"}
    with pytest.raises(qp.DataError, match="no data yet"):
        abstract.Function("SMA").outputs  # noqa: B018 - the look-up is the test
    with pytest.raises(qp.DataError, match="reads close, but lacks close"):
        average({"open": np.ones(3)})
    with pytest.raises(qp.DataError, match="mapping or a DataFrame, got list"):
        average.set_input_arrays([1.0, 2.0])
    with pytest.raises(TypeError, match="takes 1 arrays"):
        average(np.ones(3), np.ones(3))
    with pytest.raises(TypeError, match="at most 1 parameters, got 2"):
        average(np.ones(3), 2, 3)
    with pytest.raises(AttributeError, match=r"see talib\.get_functions"):
        abstract.SMMA  # noqa: B018 - the look-up is the test


def test_kinds_of_average_have_the_numbers_of_talib() -> None:
    theirs = {name: getattr(oracle.MA_Type, name) for name in dir(oracle.MA_Type) if name.isupper()}
    assert {name: getattr(talib.MA_Type, name) for name in theirs} == theirs
    assert [talib.MA_Type[number] for number in range(14)] == [oracle.MA_Type[number] for number in range(14)]


# ------------------------------------------------------------------------------------------------------------- streams


def as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("name", NAMES)
def test_a_handle_goes_on_as_the_batch_does_to_the_bit(name: str) -> None:
    columns = arrays(name, 200)
    begin = 120
    batch = [np.asarray(line) for line in lines(getattr(talib, name)(*columns))]
    handle = getattr(stream, name)(*(column[:begin] for column in columns))
    theirs = getattr(oracle_stream, name)(*(column[:begin] for column in columns))
    assert as_tuple(handle.value) == tuple(line[begin - 1] for line in batch)
    for t in range(begin, 200):
        bar = [float(column[t]) for column in columns]
        assert as_tuple(handle.peek(*bar)) == tuple(line[t] for line in batch)
        assert as_tuple(handle.update(*bar)) == tuple(line[t] for line in batch)
        their_values = as_tuple(theirs.update(*bar))
    assert [type(value) for value in as_tuple(handle.value)] == [type(value) for value in their_values]
    assert tuple(handle.out_range) == tuple(theirs.out_range)
    with pytest.raises(talib.InsufficientHistory, match="must hold at least"):
        getattr(stream, name)(*(column[:0] for column in columns))


def test_a_handle_can_be_copied_saved_and_counted_on() -> None:
    close = bars()["close"].to_numpy()
    handle, filled = stream.EMA.open_and_fill(close[:100], timeperiod=10)
    np.testing.assert_array_equal(filled, talib.EMA(close[:100], timeperiod=10))
    twin, saved = handle.copy(), pickle.loads(pickle.dumps(handle))
    assert handle.update(close[100]) == twin.update(close[100]) == saved.update(close[100])
    assert handle.value != twin.update(1.0)
    before = handle.out_range
    handle.advance()
    assert handle.out_range == (before.begidx, before.nbelement + 1)
    value = handle.value
    with pytest.raises(qp.DataError, match="must be finite"):
        handle.update(np.nan)
    with pytest.raises(TypeError, match="a bar of EMA must be real, got 2"):
        handle.update(1.0, 2.0)
    assert handle.value == value
    assert "EMA" in repr(handle)
    with pytest.raises(AttributeError, match="has no handle 'SMMA'"):
        stream.SMMA  # noqa: B018 - the look-up is the test


def test_missing_bars_before_the_first_are_no_history() -> None:
    close = np.concatenate([np.full(7, np.nan), bars()["close"].to_numpy()[:60]])
    ours, theirs = stream.RSI(close, timeperiod=5), oracle_stream.RSI(close, timeperiod=5)
    assert tuple(ours.out_range) == tuple(theirs.out_range)
    assert ours.value == pytest.approx(theirs.value, rel=1e-9)
    with pytest.raises(talib.InsufficientHistory, match=r"at least 6 bars, .* got 5"):
        stream.RSI(close[:12], timeperiod=5)
