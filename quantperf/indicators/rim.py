"""The rim: what users hand in becomes blocks, once per call; what kernels give becomes what users handed in.

==========================================================  ===========================================
in                                                          out
==========================================================  ===========================================
list; 1-D ndarray (any real dtype, strided, read-only)      1-D ndarray
`Series` (also nullable and Arrow-backed)                   `Series`, same index and name
polars `Series`, pyarrow `Array`                            the same
2-D ndarray (bars, symbols)                                 2-D ndarray
wide `DataFrame` (rows bars, columns symbols)               wide `DataFrame`, same index and columns
`DataFrame` with open, high, low, close columns             `Series` over its index
`Panel`                                                     wide `DataFrame` over its index and symbols
==========================================================  ===========================================

Integers, bools and float32 widen to float64, nulls become NaN, infinities are taken as missing with a warning. Strings,
objects, complex numbers, an unsorted index or duplicate stamps are refused. Nothing is aligned silently, and blocks are
always read-only: to numba a read-only array is another type, so this is also what keeps it at one compilation a kernel.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.internals import create_dataframe_from_blocks  # type: ignore[import-not-found]

from quantperf.errors import DataError, QuantperfWarning
from quantperf.indicators.plan import FloatArray
from quantperf.indicators.run import straight
from quantperf.kernels.candles import UNKNOWN
from quantperf.market.bars import Panel
from quantperf.market.columns import columns_of

F8 = np.dtype(np.float64)
BAR_COLUMNS = frozenset({"open", "high", "low", "close"})


@dataclass(frozen=True, slots=True)
class Source:
    """What came in, so that the same can go out."""

    kind: str
    index: pd.Index | None = None
    columns: Any = None
    name: Any = None
    dtype: Any = None


LINE, TABLE = Source("line"), Source("table")


def is_bars(data: object) -> bool:
    """Whether this is a frame of bars: it has open, high, low and close columns, in any case."""
    if not isinstance(data, pd.DataFrame):
        return False
    columns = data.columns  # a wide frame of 500 symbols is told by three look-ups, not by reading its labels (59 us)
    if not ("close" in columns or "Close" in columns or "CLOSE" in columns):
        return False
    return {str(label).lower() for label in columns} >= BAR_COLUMNS


def take(
    names: Sequence[str], data: Sequence[Any], columns: Sequence[str] | None = None
) -> tuple[list[FloatArray], Source]:
    """Return one read-only block (bars, lanes) per input, and what they came from.

    `columns` of a Panel or a frame of bars stand for the inputs; by default those of their names.
    Blocks are time-major, or symbol-major as pandas keeps what it copied; `run` deals with both.
    """
    blocks = lines(data, len(names))
    source = LINE
    if blocks is None:
        blocks, source = _blocks(names, data, columns or names)
    return blocks, source


def lines(data: Sequence[Any], count: int) -> list[FloatArray] | None:
    """Return blocks of plain float64 arrays, the most frequent input, by the shortest way; None for anything else."""
    if len(data) != count:
        return None
    blocks, bars = [], -1
    for item in data:
        if type(item) is not np.ndarray or item.dtype is not F8 or item.ndim != 1 or not item.flags.c_contiguous:
            return None
        block = item.reshape(-1, 1)
        if bars not in (-1, len(block)):
            return None
        bars = len(block)
        block.setflags(write=False)
        blocks.append(block)
    return blocks


def warn_of_infinities(names: Sequence[str], blocks: Sequence[FloatArray]) -> None:
    """Warn of infinite values that were taken as missing."""
    for name, block in zip(names, blocks, strict=True):
        places = np.argwhere(np.isinf(block))
        if len(places):
            warnings.warn(
                f"{name} holds {len(places)} infinite values, the first at bar {int(places[0][0])}; "
                "they were taken as missing",
                QuantperfWarning,
                stacklevel=4,
            )


def _blocks(names: Sequence[str], data: Sequence[Any], columns: Sequence[str]) -> tuple[list[FloatArray], Source]:
    if len(data) == 1 and len(names) >= 1:
        first = data[0]
        if isinstance(first, Panel):
            return [first.block(name) for name in columns], Source("frame", first.index, pd.Index(first.symbols), None)
        if is_bars(first):
            found = columns_of(first, columns)
            return [_column(found[name]) for name in columns], Source("series", first.index, None, None)
    if len(data) != len(names):
        wanted = ", ".join(names)
        raise DataError(f"inputs must be {wanted}, or one Panel or frame of bars, got {len(data)} of them")
    blocks, source = [], None
    for name, item in zip(names, data, strict=True):
        block, origin = _take_one(name, item)
        if source is None:
            source = origin
        else:
            _agree(names[0], blocks[0], source, name, block, origin)
        blocks.append(block)
    assert source is not None
    if len(names) > 1 and source.kind == "series":
        source = Source("series", source.index, None, None, source.dtype)
    return blocks, source


def _take_one(name: str, item: Any) -> tuple[FloatArray, Source]:
    if type(item) is np.ndarray and item.dtype == F8:
        if item.ndim == 1:
            return _column(item), LINE
        return _block(item, name), TABLE
    if isinstance(item, pd.Series):
        _check_index(item.index, name)
        extension = item.dtype if isinstance(item.dtype, pd.api.extensions.ExtensionDtype) else None
        return _column(_pandas_numbers(item, name)), Source("series", item.index, None, item.name, extension)
    if isinstance(item, pd.DataFrame):
        _check_index(item.index, name)
        return _block(_frame_numbers(item, name), name), Source("frame", item.index, item.columns, None)
    if isinstance(item, Panel):
        raise DataError(f"{name} must be one field when inputs are given one by one, got a Panel; pass it alone")
    foreign = _foreign(item)
    if foreign is not None:
        return _column(_array_numbers(foreign[0], name)), foreign[1]
    if isinstance(item, np.ma.MaskedArray):
        array = np.ma.filled(np.ma.masked_array(_array_numbers(item.data, name), item.mask), np.nan)
    else:
        try:
            array = _array_numbers(np.asarray(item), name)
        except DataError:
            raise
        except ValueError as error:
            raise DataError(
                f"{name} must be a series or a table (bars, symbols), got rows of different lengths; make them equal"
            ) from error
    return (_column(array), LINE) if array.ndim == 1 else (_block(array, name), TABLE)


def _foreign(item: Any) -> tuple[npt.NDArray[Any], Source] | None:
    """Return the numbers of a polars or pyarrow column, without importing either."""
    origin = type(item).__module__.partition(".")[0]
    if origin == "polars" and type(item).__name__ == "Series":
        if not (item.dtype.is_numeric() or str(item.dtype) == "Boolean"):
            raise DataError(f"{item.name or 'input'} must be numeric, got polars {item.dtype}; cast it to Float64")
        numbers = item.cast(_module(item).Float64).fill_null(np.nan).to_numpy()
        return numbers, Source("polars", None, None, item.name, type(item))
    if origin == "pyarrow" and hasattr(item, "to_numpy") and hasattr(item, "null_count"):
        import pyarrow as pa

        kind = item.type
        number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        if not (
            number or pa.types.is_boolean(kind) or pa.types.is_null(kind)
        ):  # its cast would read strings as numbers
            raise DataError(f"input must be numeric, got pyarrow {kind}; cast it to float64")
        return np.asarray(item.cast(pa.float64()).to_numpy(zero_copy_only=False)), Source("arrow", dtype=pa.array)
    return None


def _module(item: Any) -> ModuleType:
    return import_module(type(item).__module__.partition(".")[0])


def _frame_numbers(frame: pd.DataFrame, name: str) -> FloatArray:
    values = frame.to_numpy()  # asking for `frame.dtypes` first would cost 44 us for 500 columns
    if values.dtype.kind in "fiub":
        return _array_numbers(values, name)
    columns = [_pandas_numbers(frame.iloc[:, i], f"{name} column {label!r}") for i, label in enumerate(frame.columns)]
    return np.column_stack(columns) if columns else np.empty(frame.shape)


def _pandas_numbers(series: pd.Series, name: str) -> FloatArray:
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        return _array_numbers(series.to_numpy(), name)
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return series.to_numpy(dtype=F8, na_value=np.nan)
    raise DataError(f"{name} must be numeric, got dtype {str(dtype)!r}; convert it, for instance with pd.to_numeric")


def _array_numbers(array: npt.NDArray[Any], name: str) -> FloatArray:
    if array.dtype == F8:
        return array
    if array.size == 0 and array.dtype == object:
        return array.astype(F8)
    if array.dtype.kind not in "fiub":
        raise DataError(
            f"{name} must be numeric, got dtype {str(array.dtype)!r}; convert it, for instance with astype(float)"
        )
    return array.astype(F8)


def _column(line: FloatArray) -> FloatArray:
    column = line.reshape(line.shape[0], 1) if line.flags.c_contiguous else np.ascontiguousarray(line).reshape(-1, 1)
    column.setflags(write=False)
    return column


def _block(table: FloatArray, name: str) -> FloatArray:
    if table.ndim == 0:
        raise DataError(f"{name} must be a series or a table (bars, symbols), got one number; put it into a list")
    if table.ndim > 2:
        raise DataError(f"{name} must be a series or a table (bars, symbols), got an array of shape {table.shape}")
    return straight(table)


def _check_index(index: pd.Index, name: str) -> None:
    if isinstance(index, pd.RangeIndex) and index.step > 0:
        return
    if not index.is_unique:
        twice = index[index.duplicated()]
        raise DataError(
            f"{name} has {len(twice)} duplicate stamps, first {twice[0]}; drop them with df[~df.index.duplicated()]"
        )
    if not index.is_monotonic_increasing:
        raise DataError(f"{name} must be in ascending order of its index, oldest first; sort it with sort_index()")


def _agree(first: str, block: FloatArray, source: Source, name: str, other: FloatArray, origin: Source) -> None:
    """Refuse inputs that differ in shape, kind or index: nothing is aligned silently."""
    if other.shape != block.shape:
        raise DataError(f"{name} must have the shape of {first}, {block.shape}, got {other.shape}")
    if source.kind != origin.kind:
        raise DataError(f"inputs must be of one kind, got {first} as {source.kind} and {name} as {origin.kind}")
    if source.index is not origin.index and source.index is not None and not source.index.equals(origin.index):
        raise DataError(f"{name} must have the index of {first}; align them first, for instance with reindex")
    if (
        source.columns is not origin.columns
        and source.columns is not None
        and not source.columns.equals(origin.columns)
    ):
        raise DataError(f"{name} must have the columns of {first}; align them first, for instance with reindex")


def wrap(y: npt.NDArray[Any], source: Source, name: str, attrs: dict[str, Any] | None) -> Any:
    """Return one output (bars, lanes) as the kind of thing that came in."""
    if source.kind == "line":
        return y[:, 0]
    if source.kind == "table":
        return y
    if source.kind == "series":
        series = _series(y[:, 0], source, name)
        series.attrs.update(attrs or {})
        return series
    if source.kind == "frame":
        frame = _frame(y, source)
        frame.attrs.update(attrs or {})
        return frame
    if source.kind == "polars":
        return source.dtype(source.name or name, y[:, 0])
    return source.dtype(y[:, 0])


def _series(values: npt.NDArray[Any], source: Source, name: str) -> pd.Series:
    label = source.name if source.name is not None else name
    if values.dtype == np.int8:
        return pd.Series(_with_unknown(values), index=source.index, name=label, copy=False)
    series = pd.Series(values, index=source.index, name=label, copy=False)
    if source.dtype is None:
        return series
    if isinstance(source.dtype, pd.ArrowDtype):
        import pyarrow as pa

        numbers = pd.arrays.ArrowExtensionArray(pa.array(values, from_pandas=True))
        return pd.Series(numbers, index=source.index, name=label)
    return pd.Series(pd.array(values, dtype="Float64"), index=source.index, name=label)


def _frame(y: npt.NDArray[Any], source: Source) -> pd.DataFrame:
    if y.dtype == np.int8:
        # A nullable column is a block of its own, and pandas takes 6.6 us to make one, here 4.5; an array in, an array
        # out avoids that.
        codes = _turned(y)
        columns = map(pd.arrays.IntegerArray, codes, codes == UNKNOWN)
        blocks = list(zip(columns, np.arange(len(codes))[:, None], strict=True))
        frame: pd.DataFrame = create_dataframe_from_blocks(blocks, index=source.index, columns=source.columns)
        return frame
    return pd.DataFrame(y, index=source.index, columns=source.columns, copy=False)


def _turned(y: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return codes as a C block (symbols, bars).

    Some bars at a time: numpy's copy of the whole goes down one column after the other, and finds none of them in the
    cache (2 520 x 500: 16 and 0.4 ms).
    """
    if y.T.flags.c_contiguous:
        return y.T
    codes = np.empty(y.shape[::-1], dtype=np.int8)
    for at in range(0, len(y), 128):
        codes[:, at : at + 128] = y[at : at + 128].T
    return codes


def _with_unknown(values: npt.NDArray[np.int8]) -> pd.arrays.IntegerArray:
    """Return pattern codes as nullable integers: UNKNOWN is NA."""
    return pd.arrays.IntegerArray(np.ascontiguousarray(values), np.ascontiguousarray(values == UNKNOWN))
