"""Narrow frames: what is called lossless comes back bit for bit, and what would not is left alone and says why."""

from __future__ import annotations

import asyncio
import math
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.errors import DataError, ParameterError
from quantperf.market.sample import sample
from quantperf.memory import optimize_dataframe_memory, optimize_memory, restore_memory
from quantperf.memory.narrowing import MODES, identical

DTYPES = (
    "int64", "uint64", "int32", "int16", "uint8", "float64", "float32", "bool", "Int64", "UInt64", "Float64",
    "boolean", "str", "object", "string", "category", "datetime64[ns, Europe/Berlin]", "timedelta64[s]",
    "int64[pyarrow]", "double[pyarrow]", "string[pyarrow]", "complex128", "period[D]", "Sparse[float64]",
)  # fmt: skip
HARD_FLOATS = (
    0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, -5e-324, 1e-45, 1.4e-45, 3.4028235e38, 3.5e38, 1e308,
    16_777_216.0, 16_777_217.0, 0.1, 10.01, 131_071.99, 131_072.01, 0.00001234567, 1.1754944e-38,
)  # fmt: skip
HARD_INTEGERS = (0, -1, 2**30 - 1, 2**30, -(2**30), 2**31, -(2**63), 2**63 - 1, 16_777_217)


def same(one, other):
    """Whether two frames are one to the last bit, by a route of its own: through Python's values."""
    columns = [(one.iloc[:, i], other.iloc[:, i]) for i in range(one.shape[1])]
    return (
        one.index.identical(other.index)
        and one.columns.identical(other.columns)
        and one.attrs == other.attrs
        and all(left.dtype == right.dtype and identical(left, right) for left, right in columns)
    )


def column_of(dtype, length=6):
    if dtype in ("str", "object", "string", "category", "string[pyarrow]"):
        return pd.Series((["AAPL", None, "IBM"] * length)[:length], dtype=dtype)
    if dtype.startswith(("datetime", "timedelta", "period")):
        values = pd.Series(pd.date_range("2024-01-01", periods=length), name=None)
        if dtype.startswith("datetime"):
            return values.dt.tz_localize("Europe/Berlin")
        return values - values[0] if dtype.startswith("timedelta") else values.dt.to_period("D")
    if dtype in ("bool", "boolean"):
        return pd.Series([True, False] * (length // 2), dtype=dtype)
    return pd.Series(np.arange(length), dtype="float64" if dtype.startswith("Sparse") else None).astype(dtype)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_comes_back(dtype, mode):
    frame = column_of(dtype).to_frame("x")
    small, report = optimize_memory(frame, mode)
    assert same(restore_memory(small, report), frame)
    assert report.bytes_after <= report.bytes_before
    assert report.exact
    assert report.columns[0].way != "kept" or report.columns[0].reason


@pytest.mark.parametrize("mode", ["lossless", "decimal"])
@given(
    floats=st.lists(
        st.one_of(st.floats(), st.sampled_from(HARD_FLOATS), st.decimals(-1000, 1000, places=2).map(float))
    ),
    integers=st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-9, 9), st.sampled_from(HARD_INTEGERS))),
    words=st.lists(st.one_of(st.none(), st.text(max_size=3), st.sampled_from(["AAPL", "IBM"]))),
)
@example(floats=list(HARD_FLOATS), integers=list(HARD_INTEGERS), words=["a", None, "a"])
def test_lossless_and_decimal_never_change_a_value(mode, floats, integers, words):
    for column in (
        pd.Series(floats, dtype="float64"),
        pd.Series(integers, dtype="int64"),
        pd.Series(words, dtype=object),
        pd.Series(words, dtype="str"),
        pd.Series(words, dtype="string"),
    ):
        small, report = optimize_memory(column, mode)
        assert identical(restore_memory(small, report), column)
        assert report.exact


@pytest.mark.parametrize("mode", MODES[:2])
@pytest.mark.parametrize(
    "dtype", ["Float64", "double[pyarrow]", "Int64", "UInt64", "int64[pyarrow]", "uint64[pyarrow]"]
)
@given(numbers=st.lists(st.one_of(st.none(), st.integers(0, 9), st.sampled_from([2**30 - 1, 2**30, 2**53, 0.1]))))
def test_missing_numbers_of_other_families_come_back(mode, dtype, numbers):
    if "nt" in dtype:
        numbers = [None if each is None else int(each) for each in numbers]
    column = pd.Series(numbers, dtype=dtype)
    small, report = optimize_memory(column, mode)
    assert identical(restore_memory(small, report), column)
    assert report.exact


def test_the_nan_that_a_feed_marked_keeps_its_payload():
    marked = np.array([0x7FF8000000000001], np.uint64).view(np.float64)
    small, report = optimize_memory(pd.Series(marked))
    assert small.dtype == np.float64
    assert report.columns[0].way == "kept"


def test_safe_narrowing_that_was_not_safe():
    """16 777 217 became 16 777 216 in float32, and int8 volume 120 x 2 became -16."""
    wide = pd.DataFrame({"shares": [16_777_217.0, 1.0], "volume": [120, 100]})
    defective = pd.DataFrame({"shares": wide["shares"].astype("float32"), "volume": wide["volume"].astype("int8")})
    assert defective["shares"].astype("float64").tolist() != wide["shares"].tolist()
    assert (defective["volume"] * np.int8(2)).tolist()[0] == -16
    small, report = optimize_memory(wide)
    assert small["shares"].astype("float64").tolist() == wide["shares"].tolist()
    assert (small["volume"] * 2).tolist() == [240, 200]
    assert small.dtypes.astype(str).tolist() == ["float64", "int32"]
    assert "float32 would not hold every value exactly" in report.table().loc["shares", "reason"]


@pytest.mark.parametrize(("most", "dtype"), [(2**30 - 1, "int32"), (2**30, "int64"), (-(2**30), "int64")])
def test_integers_keep_headroom_for_twice_their_size(most, dtype):
    small, report = optimize_memory(pd.Series([1, most]))
    assert small.dtype == dtype
    assert (small.dtype == "int32") is (report.columns[0].reason == "")
    assert (small + small).astype("int64").tolist() == [2, 2 * most]


def test_sums_of_narrowed_columns_are_the_sums():
    volume = pd.Series([2**30 - 1] * 1000)
    small, _ = optimize_memory(volume)
    assert small.dtype == "int32"
    assert small.sum() == volume.sum()
    assert small.cumsum().tolist() == volume.cumsum().tolist()


def test_series_and_duplicate_times_are_narrowed_too():
    """A Series was left as it was, and a duplicate time index became 0..n."""
    index = pd.DatetimeIndex(["2024-01-02", "2024-01-02", "2024-01-03"], tz="America/New_York", name="at")

    def defective(data):
        if not isinstance(data, pd.DataFrame):
            return data
        return data.reset_index(drop=True) if data.index.has_duplicates else data

    volume = pd.Series([5, 6, 7], index=index, name="volume")
    assert defective(volume).dtype == "int64"
    assert not defective(volume.to_frame()).index.equals(index)
    for data in (volume, volume.to_frame()):
        small, report = optimize_memory(data)
        assert small.index.identical(index)
        assert report.columns[0].way == "int32"
        assert restore_memory(small, report).equals(data)


def test_names_attributes_order_and_repeated_labels_survive_and_the_input_is_unchanged():
    columns = pd.MultiIndex.from_tuples([("a", 1), ("b", 1), ("a", 1)], names=["kind", "n"])
    frame = pd.DataFrame([[1, 1.5, "x"], [2, math.nan, "x"], [3, -0.0, "x"], [4, 0.0, "x"]], columns=columns)
    frame.attrs["source"] = "test"
    before = frame.copy()
    small, report = optimize_memory(frame)
    assert small.columns.identical(frame.columns)
    assert small.attrs == {"source": "test"}
    assert [str(dtype) for dtype in small.dtypes] == ["int32", "float32", "category"]
    assert same(restore_memory(small, report), before)
    assert same(frame, before)
    small.iloc[0, 0] = 99
    assert same(frame, before)


def test_a_narrowed_frame_does_not_keep_the_wide_block_alive():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(100, 3)), columns=list("abc"))
    frame["a"] = 1.0
    frame = frame.copy()  # one block
    small, _ = optimize_memory(frame)
    assert not any(np.shares_memory(small[name].to_numpy(), frame[name].to_numpy()) for name in frame)
    assert small._mgr.nblocks == 2


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["a", 1, "a", "a"], "holds objects that are no strings"),
        (["a", None, "a", math.nan], "holds several kinds of missing values"),
        (["a", pd.NA, "a", "a"], "holds several kinds of missing values"),
        (["a", "\ud800", "a", "a"], "holds text that has no UTF-8 form, which an index of strings needs"),
        (["a", "b", "c", "c"], "more than half of the strings are distinct"),
    ],
)
def test_strings_that_would_not_come_back_or_not_shrink_are_left_alone(values, reason):
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    small, report = optimize_memory(frame)
    assert small["x"].dtype == object
    assert report.columns[0].reason == reason


def test_missing_strings_come_back_as_what_they_were():
    for missing in (None, math.nan):
        column = pd.Series(["AAPL", missing] * 20, dtype=object)
        small, report = optimize_memory(column)
        assert report.columns[0].way == "category"
        back = restore_memory(small, report)
        assert all(type(value) is type(wanted) for value, wanted in zip(back, column, strict=True))


def test_decimals_come_back_and_know_their_places():
    close = sample("IBM")["close"]
    small, report = optimize_memory(close, "decimal")
    assert (small.dtype, report.columns[0].places) == (np.float32, 4)  # a few were traded in eighths
    assert not identical(small.astype("float64"), close)  # as it is, it is no longer the price
    assert identical(restore_memory(small, report), close)


def test_decimals_that_float32_cannot_tell_apart_are_left_alone():
    small, report = optimize_memory(pd.Series([131_072.01, 131_072.02]), "decimal")
    assert small.dtype == np.float64
    assert "no decimal" in report.columns[0].reason


def test_compact_states_its_error():
    values = np.random.default_rng(3).normal(100.0, 5.0, 1000)
    small, report = optimize_memory(pd.Series(values), "compact")
    assert small.dtype == np.float32
    assert not report.exact
    assert report.columns[0].largest_error == np.abs(values - values.astype("f4").astype("f8")).max() > 0
    assert (
        optimize_memory(pd.Series([1e300, 0.1]), "compact")[1].columns[0].reason == "a value is too large for float32"
    )


def test_bytes_count_a_shared_string_once():
    shared = ["a symbol that many rows share"] * 1000
    apart = ["".join(["a symbol that many", " rows share"]) for _ in range(1000)]
    columns = [pd.Series(values, dtype=object) for values in (shared, apart)]
    sizes = [optimize_memory(column)[1].columns[0].bytes_before for column in columns]
    assert sizes[0] < 10_000 < 50_000 < sizes[1]
    assert sizes[1] == columns[1].memory_usage(index=False, deep=True)


def test_the_recipe_is_applied_to_the_next_piece():
    first = pd.DataFrame({"symbol": ["A", "A", "B", "B"], "volume": [1, 2, 3, 4], "close": [1.5, 2.5, 3.5, 4.5]})
    small, report = optimize_memory(first)
    piece = pd.DataFrame({"symbol": ["B"], "volume": [9], "close": [0.5]})
    narrowed, told = report.apply(piece)
    assert narrowed.dtypes.equals(small.dtypes)
    assert told.exact
    assert pd.concat([small, narrowed])["symbol"].dtype == "category"
    assert same(restore_memory(narrowed, told), piece)


def test_what_does_not_fit_the_recipe_stays_wide_and_says_so():
    first = pd.DataFrame({"symbol": ["A", "A", "B", "B"], "volume": [1, 2, 3, 4], "close": [1.5, 2.5, 3.5, 4.5]})
    _, report = optimize_memory(first)
    piece = pd.DataFrame({"symbol": ["C", "C"] * 20, "volume": [2**40] * 40, "close": [0.1] * 40})
    narrowed, told = report.apply(piece)
    assert [str(dtype) for dtype in narrowed.dtypes] == ["category", "int64", "float64"]
    assert narrowed["symbol"].cat.categories.tolist() == ["A", "B", "C"]
    assert all(told.table()["reason"])
    assert same(restore_memory(narrowed, told), piece)
    with pytest.raises(DataError, match=r"column 'symbol' must go the same way \(category\), cannot: 1 strings"):
        report.apply(piece, strict=True)
    with pytest.raises(DataError, match="must have the columns"):
        report.apply(piece.rename(columns={"close": "price"}))
    with pytest.raises(DataError, match="column 'volume' of a piece must be int64, got float64"):
        report.apply(piece.astype({"volume": "float64"}))


def test_some_rows_of_narrowed_data_are_restored():
    frame = pd.DataFrame({"symbol": ["A", "B"] * 50, "volume": range(100)})
    small, report = optimize_memory(frame)
    assert same(restore_memory(small[small["volume"] > 90], report), frame[frame["volume"] > 90])
    with pytest.raises(DataError, match="column 'volume' of narrowed data must be int32, got int64"):
        restore_memory(frame.astype({"symbol": "category"}), report)
    with pytest.raises(DataError, match="must be a DataFrame, got Series"):
        restore_memory(frame["volume"], report)
    with pytest.raises(ParameterError, match="the one that optimize_memory returned"):
        restore_memory(small, None)


def test_the_report_is_read():
    frame = pd.DataFrame({"<b>": ["x", "x"] * 50, "n": range(100)})
    _, report = optimize_memory(frame)
    assert repr(report).startswith("NarrowReport(lossless: ")
    assert "2 of 2 columns narrowed, exact" in repr(report)
    assert "&lt;b&gt;" in report._repr_html_()
    assert "<b>" not in report._repr_html_()
    table = report.table()
    assert (table["bytes_before"].sum() + report.index_bytes, report.saved > 0.5) == (report.bytes_before, True)


@pytest.mark.parametrize("data", [pd.DataFrame(), pd.DataFrame(index=range(3)), pd.Series([], dtype="float64")])
@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_left_as_it_is(data, mode):
    small, report = optimize_memory(data, mode)
    assert type(small) is type(data)
    assert restore_memory(small, report).equals(data)


@pytest.mark.parametrize("data", [[1, 2], np.zeros(3), None, "frame"])
def test_other_data_are_refused(data):
    with pytest.raises(DataError, match="data must be a DataFrame or a Series, got"):
        optimize_memory(data)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ParameterError, match="mode must be one of 'lossless', 'decimal', 'compact', got 'safe'"):
        optimize_memory(pd.Series([1]), "safe")
    with pytest.raises(ParameterError, match="mode must be one of"):
        optimize_dataframe_memory(mode="safe")


@pytest.fixture
def bars():
    frame = sample("IBM").copy()
    frame["volume"] = frame["volume"].astype("int64")
    return frame.assign(symbol="IBM")


@pytest.mark.parametrize("mode", ["lossless", "decimal"])
@pytest.mark.parametrize(
    "compute",
    [
        lambda frame: qp.rsi(frame["close"]),
        lambda frame: qp.obv(frame["close"], frame["volume"]),
        lambda frame: qp.vwap(frame["high"], frame["low"], frame["close"], frame["volume"]),
        lambda frame: (frame["volume"] * frame["volume"]).cumsum(),
    ],
    ids=["rsi", "obv", "vwap", "squares"],
)
def test_narrow_arguments_change_no_result(bars, compute, mode):
    narrow = optimize_dataframe_memory(mode=mode, results=False)(compute)
    assert identical(narrow(bars), compute(bars))
    assert narrow.reports[-1].table().loc["symbol", "way"] == "category"


def test_indicators_compute_the_same_bits_on_lossless_frames(bars):
    small, _ = optimize_memory(bars)
    assert small["volume"].dtype == "int32"
    for compute in (
        lambda frame: qp.rsi(frame["close"]),
        lambda frame: qp.obv(frame["close"], frame["volume"]),
        lambda frame: qp.vwap(frame["high"], frame["low"], frame["close"], frame["volume"]),
    ):
        assert identical(compute(small), compute(bars))


def test_whole_numbers_in_arguments_would_wrap_in_int32(bars):
    def squares(frame):
        return int((frame["volume"] * frame["volume"]).sum())

    def defective(frame):
        return squares(frame.astype({"volume": "int32"}))

    assert defective(bars) != squares(bars)
    assert optimize_dataframe_memory()(squares)(bars) == squares(bars)


class Pair(NamedTuple):
    left: object
    right: object


def test_frames_in_containers_are_narrowed_and_the_containers_are_new():
    frame = pd.DataFrame({"n": range(10)})
    given_ = {"a": [frame, 1], "b": (frame["n"], "x"), "c": Pair(frame, None), "d": 5}

    @optimize_dataframe_memory()
    def echo(value):
        return value

    result = echo(given_)
    assert result["a"][0]["n"].dtype == result["b"][0].dtype == result["c"].left["n"].dtype == "int32"
    assert (result["a"][1], result["b"][1], result["d"], type(result["c"])) == (1, "x", 5, Pair)
    assert given_["a"][0] is frame
    untouched = [1, {"x": "y"}]
    assert echo(untouched) is untouched
    endless = []
    endless.append(endless)
    assert echo(endless) is endless


def test_methods_and_coroutines_are_decorated():
    class Service:
        factor = 2

        @optimize_dataframe_memory
        def scaled(self, frame):
            """Scale."""
            return frame * self.factor

        @optimize_dataframe_memory()
        async def later(self, frame):
            await asyncio.sleep(0)
            return frame * self.factor

    frame = pd.DataFrame({"n": [1, 2]})
    assert Service().scaled(frame)["n"].dtype == "int32"
    assert Service.scaled.__doc__ == "Scale."
    assert asyncio.run(Service().later(frame))["n"].tolist() == [2, 4]
    assert asyncio.run(Service().later(frame))["n"].dtype == "int32"


def test_a_decorator_that_is_called_with_the_data_says_what_to_call():
    """The factory took the frame, returned a function, and the caller went on with it."""

    def defective(mode="lossless"):
        def decorate(function):
            return function

        return decorate

    frame = pd.DataFrame({"n": [1]})
    assert callable(defective(frame))
    with pytest.raises(ParameterError, match="decorates a function, got DataFrame; for data call optimize_memory"):
        optimize_dataframe_memory(frame)
    with pytest.raises(ParameterError, match="decorates a function, got DataFrame; for data call optimize_memory"):
        optimize_dataframe_memory()(frame)
    with pytest.raises(ParameterError, match="decorates a function, got str"):
        optimize_dataframe_memory("decimal")


def test_a_failure_passes_through():
    @optimize_dataframe_memory()
    def fails(frame):
        raise KeyError("close")

    with pytest.raises(KeyError, match="close"):
        fails(pd.DataFrame({"n": [1]}))
