"""Laws of what comes in: it is never changed, nor handed out again, and what counts is its values, not their kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from quantperf.errors import DataError, QuantperfError, QuantperfWarning
from quantperf.performance.digest import digest
from tests.laws.cases import Array, Case, cases, kinds, market
from tests.laws.laws import assert_same_bits, unknown

DAYS = pd.date_range("2024-01-02", periods=80, freq="D", tz="Europe/Berlin", name="day")


def whole_numbers(case: Case, bars: int = 80) -> list[Array]:
    """Return columns whose values every kind of number can hold."""
    return [np.round(column * 4.0) % 120.0 for column in case.columns(market("ticks", bars=bars))]


@pytest.mark.parametrize("lanes", [None, 3])
@pytest.mark.parametrize("nan", ["local", "skip", "ffill", "segment"])
@pytest.mark.parametrize("case", cases("narrow", "least"))
def test_inputs_are_never_changed_and_never_handed_out(case: Case, nan: str, lanes: int | None) -> None:
    columns = case.columns(market("gaps", bars=120, lanes=lanes))
    before = [digest(column) for column in columns]
    lines = case(*columns, nan=nan)
    assert [digest(column) for column in columns] == before
    assert all(column.flags.writeable for column in columns)
    for line in lines:
        assert line.flags.writeable
        assert not any(np.shares_memory(line, column) for column in columns)
    for i, line in enumerate(lines):
        assert not any(np.shares_memory(line, other) for other in lines[:i])


@pytest.mark.parametrize("case", cases("narrow"))
def test_read_only_inputs_are_taken(case: Case) -> None:
    columns = case.columns(market("walk", bars=80))
    wanted = case(*columns)
    for column in columns:
        column.setflags(write=False)
    assert_same_bits(case(*columns), wanted)
    live = case.stream(symbols=["A", "B"])
    rows = [np.array([column[0], column[0]]) for column in columns]
    for row in rows:
        row.setflags(write=False)
    live.update(*rows)
    live.revise(*rows)


LINES: dict[str, Callable[[Array], Any]] = {
    "list": lambda column: column.tolist(),
    "list of ints": lambda column: [int(value) for value in column],
    "float32": lambda column: column.astype(np.float32),
    "float16": lambda column: column.astype(np.float16),
    "int64": lambda column: column.astype(np.int64),
    "int8": lambda column: column.astype(np.int8),
    "uint16": lambda column: column.astype(np.uint16),
    "big-endian": lambda column: column.astype(">f8"),
    "long double": lambda column: column.astype(np.longdouble),
    "masked": lambda column: np.ma.masked_array(column, mask=False),
    "matrix-free subclass": lambda column: column.view(np.recarray),
    "Series": pd.Series,
    "Series float32": lambda column: pd.Series(column, dtype="float32"),
    "Series Int64": lambda column: pd.Series(column, dtype="Int64"),
    "Series Float64": lambda column: pd.Series(column, dtype="Float64"),
    "Series double[pyarrow]": lambda column: pd.Series(column, dtype="double[pyarrow]"),
    "Series int32[pyarrow]": lambda column: pd.Series(column.astype(np.int32), dtype="int32[pyarrow]"),
    "polars": lambda column: pl.Series("close", column),
    "polars Int32": lambda column: pl.Series("close", column.astype(np.int32)),
    "pyarrow": pa.array,
    "pyarrow int16": lambda column: pa.array(column.astype(np.int16)),
    "pyarrow chunked": lambda column: pa.chunked_array([column[:30], column[30:]]),
}


@pytest.mark.parametrize("kind", LINES)
@pytest.mark.parametrize("case", kinds("narrow"))
def test_every_kind_of_number_gives_what_float64_gives(case: Case, kind: str) -> None:
    columns = whole_numbers(case)
    given = [LINES[kind](column) for column in columns]
    before = [digest(item) for item in given]
    result = case.entry(*given, **case.keywords)
    for ours, theirs in zip(lines_of(case, result), case(*columns), strict=True):
        np.testing.assert_array_equal(as_codes(ours, case), theirs)
    assert [digest(item) for item in given] == before


def lines_of(case: Case, result: Any) -> tuple[Any, ...]:
    return tuple(result) if case.entry.returns is not None else (result,)


def as_codes(line: Any, case: Case) -> Array:
    """Return an output as the array that a plain array would have given."""
    if isinstance(line, pd.Series):
        return line.to_numpy(dtype=case.entry.dtype, na_value=case.nothing)
    return np.asarray(line)


@pytest.mark.parametrize("case", kinds("narrow"))
def test_truth_values_count_as_numbers(case: Case) -> None:
    columns = [column % 2.0 for column in whole_numbers(case)]
    for convert in (lambda c: c.astype(bool), lambda c: pd.Series(c.astype(bool)), lambda c: pl.Series(c.astype(bool))):
        result = case.entry(*(convert(column) for column in columns), **case.keywords)
        for ours, theirs in zip(lines_of(case, result), case(*columns), strict=True):
            np.testing.assert_array_equal(as_codes(ours, case), theirs)


NULLS: dict[str, Callable[[Array], Any]] = {
    "Int64": lambda column: pd.Series(pd.array([None if np.isnan(v) else int(v) for v in column], dtype="Int64")),
    "Float64": lambda column: pd.Series(pd.array([pd.NA if np.isnan(v) else v for v in column], dtype="Float64")),
    "int64[pyarrow]": lambda column: pd.Series(
        [None if np.isnan(v) else int(v) for v in column], dtype="int64[pyarrow]"
    ),
    "double[pyarrow]": lambda column: pd.Series([None if np.isnan(v) else v for v in column], dtype="double[pyarrow]"),
    "polars": lambda column: pl.Series("close", [None if np.isnan(v) else v for v in column]),
    "polars NaN": lambda column: pl.Series("close", column),
    "pyarrow": lambda column: pa.array([None if np.isnan(v) else int(v) for v in column]),
    "masked": lambda column: np.ma.masked_array(np.where(np.isnan(column), 7.0, column), mask=np.isnan(column)),
    "masked int": lambda column: np.ma.masked_array(
        np.where(np.isnan(column), 7.0, column).astype(int), mask=np.isnan(column)
    ),
}


@pytest.mark.parametrize("kind", NULLS)
@pytest.mark.parametrize("case", kinds("narrow"))
def test_a_null_is_a_missing_value(case: Case, kind: str) -> None:
    columns = whole_numbers(case)
    for i, column in enumerate(columns):
        column[[0, 20 + i, 50]] = np.nan
    result = case.entry(*(NULLS[kind](column) for column in columns), **case.keywords)
    for ours, theirs in zip(lines_of(case, result), case(*columns), strict=True):
        np.testing.assert_array_equal(as_codes(ours, case), theirs)


@pytest.mark.parametrize("case", cases("narrow"))
def test_an_infinite_value_is_missing_and_is_reported(case: Case) -> None:
    clean = case.columns(market("walk", bars=60))
    for i, name in enumerate(case.entry.inputs):
        infinite, missing = [column.copy() for column in clean], [column.copy() for column in clean]
        infinite[i][[30, 40]] = np.inf, -np.inf
        missing[i][[30, 40]] = np.nan
        with pytest.warns(QuantperfWarning, match=rf"{name} holds 2 infinite values, the first at bar 30"):
            lines = case(*infinite)
        assert_same_bits(lines, case(*missing))
        assert np.isinf(infinite[i]).sum() == 2  # the caller's array is as it was


FEW: dict[str, Callable[[Array], Any]] = {
    "list": lambda column: column.tolist(),
    "array": lambda column: column,
    "table": lambda column: np.stack([column, column], axis=1),
    "Series": lambda column: pd.Series(column, index=DAYS[: len(column)]),
    "DataFrame": lambda column: pd.DataFrame({"A": column, "B": column}, index=DAYS[: len(column)]),
    "polars": lambda column: pl.Series("x", column, dtype=pl.Float64),
    "pyarrow": lambda column: pa.array(column, type=pa.float64()),
}


def assert_few_are_unknown(case: Case, container: str, length: int) -> None:
    columns = case.columns(market("walk", bars=length))
    result = case.entry(*map(FEW[container], columns), **case.keywords)
    for line, first in zip(lines_of(case, result), case.lookbacks, strict=True):
        assert len(line) == length
        if first >= length and not isinstance(line, pd.Series | pd.DataFrame):
            assert unknown(np.asarray(line, dtype=case.entry.dtype)).all()
        if first >= length and isinstance(line, pd.Series | pd.DataFrame):
            assert line.isna().all(axis=None)


@pytest.mark.parametrize("length", [0, 1, 2])
@pytest.mark.parametrize("container", ["array", "table"])
@pytest.mark.parametrize("case", cases("wide"))
def test_no_bars_or_few_give_as_many_unknown_ones(case: Case, container: str, length: int) -> None:
    assert_few_are_unknown(case, container, length)


@pytest.mark.parametrize("length", [0, 1, 2])
@pytest.mark.parametrize("container", [kind for kind in FEW if kind not in {"array", "table"}])
@pytest.mark.parametrize("case", kinds("wide"))
def test_no_bars_or_few_of_any_kind_give_as_many_unknown_ones(case: Case, container: str, length: int) -> None:
    assert_few_are_unknown(case, container, length)


REFUSED: dict[str, Callable[[Array], Any]] = {
    "strings": lambda column: [str(value) for value in column],
    "array of strings": lambda column: column.astype(str),
    "objects": lambda column: column.astype(object),
    "list with None": lambda column: [None, *column[1:].tolist()],
    "list with NA": lambda column: [pd.NA, *column[1:].tolist()],
    "complex": lambda column: column.astype(complex),
    "datetime": lambda column: column.astype("datetime64[s]"),
    "timedelta": lambda column: column.astype("timedelta64[s]"),
    "ragged list": lambda column: [[1.0], [1.0, 2.0]],
    "None": lambda column: None,
    "a number": lambda column: 5.0,
    "0-D": lambda column: np.array(5.0),
    "3-D": lambda column: np.zeros((2, 2, 2)),
    "4-D list": lambda column: [[[[1.0]]]],
    "dict": lambda column: {"close": column},
    "masked strings": lambda column: np.ma.masked_array(column.astype(str), mask=False),
    "Series of strings": lambda column: pd.Series(column.astype(str)),
    "Series of objects": lambda column: pd.Series(column, dtype=object),
    "Series of categories": lambda column: pd.Series(column).astype("category"),
    "Series of stamps": lambda column: pd.Series(pd.to_datetime(column, unit="s")),
    "Series of complex": lambda column: pd.Series(column, dtype=complex),
    "Series of Arrow strings": lambda column: pd.Series(column.astype(str), dtype="string[pyarrow]"),
    "DataFrame with a string column": lambda column: pd.DataFrame({"A": column, "B": column.astype(str)}),
    "polars strings": lambda column: pl.Series("x", column.astype(str).tolist()),
    "polars dates": lambda column: pl.Series("x", column.astype(int)).cast(pl.Date),
    "pyarrow strings": lambda column: pa.array(column.astype(str).tolist()),
    "pyarrow stamps": lambda column: pa.array(column.astype("datetime64[s]")),
    "pyarrow lists": lambda column: pa.array([[1.0], [2.0]]),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("case", kinds("narrow"))
def test_what_is_no_number_is_refused_with_a_remedy(case: Case, kind: str) -> None:
    # Under numpy's and pyarrow's own words this would be a ValueError from deep inside, or strings taken as numbers.
    columns = whole_numbers(case)
    with pytest.raises(DataError) as caught:
        case.entry(*map(REFUSED[kind], columns), **case.keywords)
    message = str(caught.value)
    assert "must be" in message
    assert ";" in message or "got" in message


@pytest.mark.parametrize("case", [case for case in kinds("narrow") if len(case.values[0].entry.inputs) > 1])
def test_inputs_that_do_not_go_together_are_refused(case: Case) -> None:
    columns = case.columns(market("walk", bars=80))
    names = case.entry.inputs
    bad: list[tuple[Any, str]] = [
        (columns[1][:-1], "shape"),
        (np.stack([columns[1]] * 2, axis=1), "shape"),
        (pd.Series(columns[1]), "one kind"),
    ]
    for item, word in bad:
        with pytest.raises(DataError, match=rf"{word}"):
            case(columns[0], item, *columns[2:])
    series = [pd.Series(column, index=DAYS) for column in columns]
    shifted = series[1].set_axis(DAYS + pd.Timedelta("1D"))
    with pytest.raises(DataError, match=rf"{names[1]} must have the index of {names[0]}; align them first"):
        case(series[0], shifted, *series[2:])
    frames = [pd.DataFrame({"A": column, "B": column}, index=DAYS) for column in columns]
    with pytest.raises(DataError, match=rf"{names[1]} must have the columns of {names[0]}; align them first"):
        case(frames[0], frames[1][["B", "A"]], *frames[2:])


@pytest.mark.parametrize("case", kinds("narrow"))
def test_an_index_that_is_unsorted_or_has_duplicates_is_refused(case: Case) -> None:
    columns = case.columns(market("walk", bars=80))
    orders = {
        r"80 duplicate stamps|1 duplicate stamps": DAYS[[0, *range(79)]],
        "ascending order of its index": DAYS[::-1],
        "oldest first": pd.RangeIndex(80, 0, -1),
    }
    for message, index in orders.items():
        for make in (pd.Series, lambda column, index: pd.DataFrame({"A": column, "B": column}, index=index)):
            with pytest.raises(DataError, match=message) as caught:
                case(*(make(column, index=index) for column in columns))
            assert "sort_index()" in str(caught.value) or "duplicated()" in str(caught.value)


@pytest.mark.parametrize("case", kinds("narrow"))
def test_a_series_gives_series_with_its_index_and_name(case: Case) -> None:
    columns = case.columns(market("gaps", bars=80))
    series = [pd.Series(column, index=DAYS, name="IBM") for column in columns]
    result = case.entry(*series, **case.keywords)
    for name, line, plain in zip(case.entry.outputs, lines_of(case, result), case(*columns), strict=True):
        assert isinstance(line, pd.Series)
        assert line.index.equals(DAYS)
        assert line.index.name == "day"
        assert str(line.index.tz) == "Europe/Berlin"
        single = case.entry.returns is None
        assert line.name == ("IBM" if single and len(columns) == 1 else name)
        np.testing.assert_array_equal(as_codes(line, case), plain)
        assert line.attrs["indicator"] == case.name
        assert line.attrs["convention"] == case.convention
        assert line.attrs["nan"] == "local"
        assert line.attrs["n_nan_in"] == sum(int(np.isnan(column).sum()) for column in columns)
        assert all(isinstance(value, str | int | float | None) for value in line.attrs.values())
        if case.entry.dtype == np.int8:
            assert line.dtype == "Int8"
        pd.testing.assert_frame_equal(pd.concat([line, line], axis=1), pd.concat([line, line], axis=1))
    assert case.entry.returns is None or isinstance(result, case.entry.returns)


@pytest.mark.parametrize("case", kinds("narrow"))
def test_the_first_valid_bar_is_told(case: Case) -> None:
    columns = [np.concatenate([np.full(5, np.nan), column]) for column in case.columns(market("walk", bars=80))]
    result = case.entry(*map(pd.Series, columns), **case.keywords)
    lines = lines_of(case, result)
    first = max(int((~np.isnan(np.asarray(as_codes(line, case), dtype=float))).argmax()) for line in lines)
    if case.entry.dtype == np.int8:
        first = int((as_codes(lines[0], case) != case.nothing).argmax())
    assert all(line.attrs["first_valid"] == first for line in lines)


@pytest.mark.parametrize("case", kinds("narrow"))
def test_a_frame_gives_frames_with_its_index_and_columns(case: Case) -> None:
    columns = case.columns(market("gaps", bars=80, lanes=3))
    symbols = pd.Index(["A", "B", "C"], name="symbol")
    frames = [pd.DataFrame(column, index=DAYS, columns=symbols) for column in columns]
    result = case.entry(*frames, **case.keywords)
    for line, plain in zip(lines_of(case, result), case(*columns), strict=True):
        assert isinstance(line, pd.DataFrame)
        assert line.index.equals(DAYS)
        assert line.columns.equals(symbols)
        assert line.columns.name == "symbol"
        found = np.column_stack([as_codes(line[symbol], case) for symbol in symbols])
        np.testing.assert_array_equal(found, plain)
        assert line.attrs["indicator"] == case.name


@pytest.mark.parametrize("case", kinds("narrow"))
def test_a_panel_and_a_frame_of_bars_stand_for_all_inputs(case: Case) -> None:
    from quantperf.market.bars import FIELDS, Panel

    data = case.within(market("gaps", bars=80, lanes=3))
    by_index = {"session": np.arange(80.0), "anchor": np.ones(80)}  # each of these days is a session
    columns = [data[n] if n in FIELDS else np.stack([by_index[n]] * 3, axis=1) for n in case.entry.columns]
    data = {name: data[name] for name in FIELDS}
    panel = Panel.from_blocks(**data, index=DAYS, symbols=["A", "B", "C"])
    result = case.entry(panel, **case.keywords)
    for line, plain in zip(lines_of(case, result), case(*columns), strict=True):
        assert list(line.columns) == ["A", "B", "C"]
        assert line.index.equals(DAYS)
        found = np.column_stack([as_codes(line[symbol], case) for symbol in "ABC"])
        np.testing.assert_array_equal(found, plain)
    frame = panel["B"].rename(columns={name: name.title() for name in FIELDS})
    result = case.entry(frame, **case.keywords)
    alone = case(*(column[:, 1] for column in columns))
    for line, plain in zip(lines_of(case, result), alone, strict=True):
        np.testing.assert_array_equal(as_codes(line, case), plain)
    if len(case.entry.inputs) == 1:
        return  # without the one column a frame of bars is a table like any other
    with pytest.raises(QuantperfError):
        case.entry(frame.drop(columns=[case.entry.columns[0].title()]), **case.keywords)
