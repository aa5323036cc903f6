"""Keys of arrays, Series, frames and indexes: one digest over the buffers, and beside it what tells them apart.

A frame whose columns are of one numpy type is one block, of which pandas gives a read-only view without a copy: 2 us,
where six columns one by one take 70. Whether it is one is asked first only of frames so large that an unwanted copy
would cost more than the question (15 us).
"""

from __future__ import annotations

import functools
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.extensions import ExtensionArray, ExtensionDtype

from quantperf.errors import Unkeyable
from quantperf.memory.digests import FEW, HANDLERS, SHORT, Digest, Handler, content_key, many, packed

__all__ = ["ARRAYS", "objects_key"]

PLAIN = "fiubc"  # kinds of dtype of which numpy lends the buffer itself
SMALL = 32_768  # cells of a frame
EXACT = 2.0**53


def array_key(value: npt.NDArray[Any], digest: Digest) -> Hashable:
    """Return the key of an array: its elements in C order, dtype and shape."""
    dtype = value.dtype
    if dtype.kind in PLAIN:
        return ("array", dtype.str, value.shape, digest(np.ascontiguousarray(value)))
    if dtype.kind == "O":
        return ("array", "O", value.shape, objects_key(value.ravel().tolist(), digest))
    if dtype.hasobject:
        raise Unkeyable(f"a key is made of content, and records that hold objects are not read, got {dtype}")
    bytes_ = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
    return ("array", dtype.str if dtype.names is None else str(dtype), value.shape, digest(bytes_))


def _masked(value: Any, digest: Digest) -> Hashable:
    mask = np.ma.getmaskarray(value)
    fill = content_key(value.fill_value, digest)
    return ("masked", array_key(value.filled(value.dtype.type(0)), digest), array_key(mask, digest), fill)


def _mapped(value: Any, digest: Digest) -> Hashable:
    return array_key(np.asarray(value), digest)


def objects_key(values: Sequence[Any], digest: Digest) -> Hashable:
    """Return the key of Python objects, quickly where they are texts and missing values."""
    types = set(map(type, values))
    if types == {str}:
        lengths = np.fromiter(map(len, values), dtype=np.int64, count=len(values))
        return ("texts", len(values), digest(lengths, "".join(values).encode("utf-8", "surrogatepass")))
    if str in types and len(types) > 1:
        others = [(place, content_key(each, digest)) for place, each in enumerate(values) if type(each) is not str]
        texts = [each if type(each) is str else "" for each in values]
        return ("mixed", digest(packed(others)), objects_key(texts, digest))
    return many("objects", [content_key(each, digest) for each in values], digest)


@functools.lru_cache(maxsize=256)
def _name_of(dtype: Any) -> str:
    return str(dtype)


def extension_key(value: Any, digest: Digest) -> Hashable:
    """Return the key of an array of pandas' own."""
    about: Any = value.dtype
    name = _name_of(about)
    if isinstance(value, pd.Categorical):
        return (
            "categorical",
            value.ordered,
            array_key(np.asarray(value.codes), digest),
            index_key(value.categories, digest),
        )
    if isinstance(value, (pd.arrays.DatetimeArray, pd.arrays.TimedeltaArray, pd.arrays.PeriodArray)):
        stamps: Any = value
        return ("stamps", name, len(value), digest(np.ascontiguousarray(stamps.asi8)))
    if isinstance(value, (pd.arrays.IntegerArray, pd.arrays.FloatingArray, pd.arrays.BooleanArray)):
        missing = np.asarray(value.isna())
        known = value.to_numpy(dtype=about.numpy_dtype, na_value=about.type(0))
        return ("nullable", name, array_key(known, digest), array_key(missing, digest))
    if isinstance(value, pd.arrays.IntervalArray):
        return ("intervals", value.closed, index_key(value.left, digest), index_key(value.right, digest))
    if isinstance(value, pd.arrays.SparseArray):
        return ("sparse", name, array_key(np.asarray(value), digest))
    if isinstance(value, pd.arrays.NumpyExtensionArray):
        return array_key(value.to_numpy(), digest)
    if isinstance(value, (pd.arrays.ArrowExtensionArray, pd.arrays.StringArray)):
        return ("column", name, len(value), objects_key(np.asarray(value, dtype=object).tolist(), digest))
    raise Unkeyable(f"a key is made of content, and that of a column of type {type(value).__name__} is not known")


def index_key(value: pd.Index[Any], digest: Digest) -> Hashable:
    """Return the key of an index: labels, type, zone and name. Its frequency follows from the labels."""
    name = None if value.name is None else content_key(value.name, digest)
    if type(value) is pd.DatetimeIndex or type(value) is pd.TimedeltaIndex or type(value) is pd.PeriodIndex:
        return ("index", _name_of(value.dtype), len(value), digest(np.ascontiguousarray(value.asi8)), name)
    if type(value) is pd.RangeIndex:
        return ("range", value.start, value.stop, value.step, name)
    if type(value) is pd.MultiIndex:
        parts = [index_key(level, digest) for level in value.levels]
        parts += [array_key(np.asarray(codes), digest) for codes in value.codes]
        return ("levels", len(value), many("levels", parts, digest), content_key(tuple(value.names), digest))
    if len(value) <= FEW:
        labels = value.tolist()
        if set(map(type, labels)) == {str} and max(map(len, labels)) <= SHORT:
            return ("labels", _name_of(value.dtype), *labels, name)  # names of columns: 7 us, as an array 13
    return ("index", _column_key(value, digest), name)


def _column_key(value: Any, digest: Digest) -> Hashable:
    """Return the key of the values of a Series or an index."""
    if isinstance(value.dtype, np.dtype):
        return array_key(value.to_numpy(), digest)
    return extension_key(value.array, digest)


def series_key(value: pd.Series[Any], digest: Digest) -> Hashable:
    """Return the key of a Series: values, index, name, attrs."""
    return (
        "series",
        _column_key(value, digest),
        index_key(value.index, digest),
        None if value.name is None else content_key(value.name, digest),
        content_key(value.attrs, digest) if value.attrs else None,
    )


def frame_key(value: pd.DataFrame, digest: Digest) -> Hashable:
    """Return the key of a frame: values and dtypes of the columns, both axes, attrs."""
    cells = _cells_key(value, digest)
    if cells is None:
        cells = many("columns", [_column_key(column, digest) for _, column in value.items()], digest)
    return (
        "frame",
        cells,
        index_key(value.index, digest),
        index_key(value.columns, digest),
        content_key(value.attrs, digest) if value.attrs else None,
    )


def _cells_key(value: pd.DataFrame, digest: Digest) -> Hashable | None:
    """Return the key of the cells of a frame that can be had as one block of numbers, or nothing."""
    rows, columns = value.shape
    if columns < 2 or rows == 0:
        return None
    if rows * columns > SMALL and len(set(value.dtypes.tolist())) > 1:
        return None
    cells = value.to_numpy()
    if cells.dtype.kind not in PLAIN:
        return None
    # What pandas lends out of the frame cannot be written to; what it had to put together from columns can.
    if not cells.flags.writeable:
        return (cells.dtype.str, cells.shape, digest(np.ascontiguousarray(cells.T)))
    dtypes = value.dtypes.tolist()
    if not all(isinstance(dtype, np.dtype) for dtype in dtypes) or cells.dtype != np.float64:
        return None
    for place, dtype in enumerate(dtypes):
        if dtype.kind != "f" and np.abs(cells[:, place]).max() >= EXACT:
            return None  # whole numbers that a float cannot tell apart
    return (tuple(dtype.str for dtype in dtypes), cells.shape, digest(np.ascontiguousarray(cells.T)))


ARRAYS: dict[type, Handler] = {
    np.ndarray: array_key,
    np.memmap: _mapped,
    np.ma.MaskedArray: _masked,
    pd.Series: series_key,
    pd.DataFrame: frame_key,
    pd.Index: index_key,
    pd.RangeIndex: index_key,
    pd.DatetimeIndex: index_key,
    pd.TimedeltaIndex: index_key,
    pd.PeriodIndex: index_key,
    pd.CategoricalIndex: index_key,
    pd.IntervalIndex: index_key,
    pd.MultiIndex: index_key,
    pd.Categorical: extension_key,
}
HANDLERS.update(ARRAYS)


def column_of_pandas(value: Any, digest: Digest) -> Hashable | None:
    """Return the key of a dtype or an array of pandas' own, or nothing for other values."""
    if isinstance(value, pd.CategoricalDtype):
        labels = None if value.categories is None else index_key(value.categories, digest)
        return ("dtype", "category", value.ordered, labels)
    if isinstance(value, (np.dtype, ExtensionDtype)):
        return ("dtype", type(value).__name__, str(value))
    return extension_key(value, digest) if isinstance(value, ExtensionArray) else None
