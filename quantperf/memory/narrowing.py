"""One column in fewer bytes, and back: what may be tried on a column, and the proof that it came back.

Nothing here trusts a rule of thumb: whatever is called exact was widened again and compared bit for bit with what was
given, before it is handed out.

Rejected: unsigned and 8 or 16 bit integers (120 x 2 is -16 in int8); a float column of whole numbers as integers (price
times volume is exact in float64 and wraps in int32); `pandas.to_numeric(downcast="float")`, which takes float32 where
the values are merely close.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["MODES", "Column", "Mode", "Way", "apply_way", "bytes_of", "identical", "narrow", "widen"]

Mode: TypeAlias = Literal["lossless", "decimal", "compact"]
MODES: tuple[Mode, ...] = ("lossless", "decimal", "compact")
Way: TypeAlias = Literal["kept", "int32", "float32", "decimal", "compact", "category"]

HEADROOM = 2  # by which the largest value may still be multiplied
INT32_MOST = (2**31 - 1) // HEADROOM
PLACES_MOST = 8  # decimals that are tried
PROBE = 512  # values on which a number of places is tried before all are
CATEGORIES_MOST = 0.5  # distinct strings a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What was done to a column, and what it costs now.

    Attributes
    ----------
    label : hashable
        Its name; several columns may share one.
    before, after : dtype
        Its dtype as given and now.
    way : str
        ``"kept"``, or what it became: ``"int32"``, ``"float32"`` (every value bit-equal), ``"decimal"`` (float32 that
        rounds back to `places`), ``"compact"`` (float32 with an error), ``"category"``.
    bytes_before, bytes_after : int
        What its values hold; a string that several rows share counts once.
    largest_error : float
        The largest absolute difference between a value as given and as `restore_memory` gives it back; 0.0 where that
        is exact.
    exact : bool
        Whether every value comes back bit for bit.
    reason : str
        Why it was left alone, or what to know of the way that was taken.
    places : int or None
        Decimals to which a ``"decimal"`` column is rounded when it is restored.
    none : bool
        Whether missing strings were ``None``, and not NaN.
    """

    label: Hashable
    before: Any
    after: Any
    way: Way
    bytes_before: int
    bytes_after: int
    largest_error: float = 0.0
    exact: bool = True
    reason: str = ""
    places: int | None = None
    none: bool = False


Found: TypeAlias = "tuple[pd.Series[Any], Column] | str"  # a narrowed column, or why there is none
Attempt: TypeAlias = Callable[[], Found]


def narrow(
    values: pd.Series[Any], mode: Mode, *, floats: bool = True, integers: bool = True
) -> tuple[pd.Series[Any], Column]:
    """Return a column in the fewest bytes that `mode` allows, and what was done.

    Parameters
    ----------
    values : Series
        The column.
    mode : {"lossless", "decimal", "compact"}
        What may be done to floats.
    floats, integers : bool, default True
        Whether those may be narrowed at all; strings always may.
    """
    kind = _kind(values.dtype)
    if kind == "strings":
        return _first(values, [lambda: _as_category(values)])
    if (kind == "integer" and not integers) or (kind == "float" and not floats):
        return _kept(values, "arithmetic on a narrower number may give another result")
    if kind == "integer":
        return _first(values, [lambda: _as_int32(values)])
    if kind == "float":
        ways: list[Attempt] = [lambda: _as_float32(values)]
        if mode != "lossless":
            ways.append(lambda: _as_decimal(values))
        if mode == "compact":
            ways.append(lambda: _as_compact(values))
        return _first(values, ways)
    return _kept(values, _why_left(values.dtype))


def apply_way(values: pd.Series[Any], column: Column) -> tuple[pd.Series[Any], Column]:
    """Return a further piece of a column in the way that was found for the first, or as given and why."""
    if column.way == "kept":
        return _kept(values, column.reason)
    ways: dict[Way, Attempt] = {
        "int32": lambda: _as_int32(values),
        "float32": lambda: _as_float32(values),
        "decimal": lambda: _as_decimal(values, column.places),
        "compact": lambda: _as_compact(values),
        "category": lambda: _as_category(values, column.after.categories),
    }
    return _first(values, [ways[column.way]])


def widen(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    """Return a narrowed column in the dtype it had."""
    if column.way == "kept":
        return values
    if column.way == "decimal":
        wide = values.astype(column.before)
        rounded = np.round(_float_values(wide), column.places or 0)
        return _like_floats(wide, rounded)
    wide = values.astype(column.before)
    if column.way == "category" and column.none:
        plain = wide.to_numpy(copy=True)
        plain[pd.isna(plain)] = None
        return pd.Series(plain, index=values.index, name=values.name, dtype=object)
    return wide


def identical(one: pd.Series[Any], other: pd.Series[Any]) -> bool:
    """Whether two columns have one dtype and the same bits: -0.0 is not 0.0, None is not NaN, a NaN is itself."""
    if one.dtype != other.dtype or len(one) != len(other):
        return False
    kind = _kind(one.dtype)
    if kind in ("integer", "float"):
        missing, others = _missing(one), _missing(other)
        if not np.array_equal(missing, others):
            return False
        get = _float_values if kind == "float" else _int_values
        return np.array_equal(_bits(get(one)[~missing]), _bits(get(other)[~missing]))
    if one.dtype == object:
        return all(
            x is y or (type(x) is type(y) and (x == y or (x != x and y != y)))  # a NaN alone differs from itself
            for x, y in zip(one.to_numpy(), other.to_numpy(), strict=True)
        )
    return bool(one.array.equals(other.array))


def bytes_of(values: pd.Series[Any]) -> int:
    """Return the bytes that the values of a column hold; an object that several rows share counts once."""
    if values.dtype == object:
        held = {id(each): each for each in values.to_numpy()}
        return int(values.to_numpy().nbytes) + sum(sys.getsizeof(each) for each in held.values())
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy().nbytes
        return int(codes) + bytes_of(values.dtype.categories.to_series())
    return int(values.memory_usage(index=False, deep=True))


def _first(values: pd.Series[Any], ways: list[Attempt]) -> tuple[pd.Series[Any], Column]:
    """Return the first way that works, or the column as it is with the last reason."""
    reason = ""
    for way in ways:
        found = way()
        if not isinstance(found, str):
            return found
        reason = found
    return _kept(values, reason)


def _kept(values: pd.Series[Any], reason: str) -> tuple[pd.Series[Any], Column]:
    held = bytes_of(values)
    column = Column(
        label=values.name, before=values.dtype, after=values.dtype, way="kept", bytes_before=held, bytes_after=held,
        reason=reason,
    )  # fmt: skip
    return values, column


def _done(
    values: pd.Series[Any], narrowed: pd.Series[Any], way: Way, *, at_any_size: bool = False, **more: Any
) -> Found:
    """Return a narrowed column, if it comes back bit for bit and is smaller, or need not be."""
    column = Column(
        label=values.name, before=values.dtype, after=narrowed.dtype, way=way, bytes_before=bytes_of(values),
        bytes_after=bytes_of(narrowed), **more,
    )  # fmt: skip
    if column.bytes_after >= column.bytes_before and not at_any_size:
        return f"{narrowed.dtype} would not be smaller"
    if not identical(widen(narrowed, column), values):
        return f"{narrowed.dtype} would not give every value back"
    return narrowed, column


def _as_int32(values: pd.Series[Any]) -> Found:
    if _width(values.dtype) <= 4:
        return "has 32 bits or fewer already"
    known = _int_values(values)[~_missing(values)]
    if len(known) and (int(known.max()) > INT32_MOST or int(known.min()) < -INT32_MOST):
        return f"a value lies beyond {INT32_MOST}: twice that would not fit into int32"
    return _done(values, values.astype(_sibling(values.dtype, "int32")), "int32")


def _as_float32(values: pd.Series[Any]) -> Found:
    if _width(values.dtype) <= 4:
        return "has 32 bits or fewer already"
    known = _float_values(values)[~_missing(values)]
    if not _equal_in_float32(known[:PROBE]) or not _equal_in_float32(known):
        return "float32 would not hold every value exactly"
    return _done(values, _to_float32(values), "float32")


def _as_decimal(values: pd.Series[Any], places: int | None = None) -> Found:
    known = _float_values(values)[~_missing(values)]
    if _width(values.dtype) <= 4:
        return "has 32 bits or fewer already"
    for count in range(PLACES_MOST + 1) if places is None else (places,):
        if _comes_back(known[:PROBE], count) and _comes_back(known, count):
            return _done(
                values, _to_float32(values), "decimal", places=count,
                reason=f"rounding to {count} decimals gives every value back; restore_memory does that",
            )  # fmt: skip
    tried = f"{PLACES_MOST} places or fewer" if places is None else f"{places} places"
    return f"a value is no decimal of {tried} that float32 can tell apart"


def _as_compact(values: pd.Series[Any]) -> Found:
    if _width(values.dtype) <= 4:
        return "has 32 bits or fewer already"
    known = _float_values(values)[~_missing(values)]
    back = _through_float32(known)
    finite = np.isfinite(known)
    if not np.isfinite(back[finite]).all():
        return "a value is too large for float32"
    errors = np.abs(known[finite] - back[finite])
    narrowed = _to_float32(values)
    column = Column(
        label=values.name, before=values.dtype, after=narrowed.dtype, way="compact", bytes_before=bytes_of(values),
        bytes_after=bytes_of(narrowed), largest_error=float(errors.max(initial=0.0)),
        exact=np.array_equal(_bits(back), _bits(known)), reason="rounded to float32, as asked for",
    )  # fmt: skip
    return narrowed, column


def _as_category(values: pd.Series[Any], categories: pd.Index[Any] | None = None) -> Found:
    try:
        return _categorised(values, categories)
    except UnicodeEncodeError:
        return "holds text that has no UTF-8 form, which an index of strings needs"


def _categorised(values: pd.Series[Any], categories: pd.Index[Any] | None) -> Found:
    missing = _missing(values)
    none = False
    if values.dtype == object:
        held = values.to_numpy()
        if not all(type(each) is str for each in held[~missing]):
            return "holds objects that are no strings"
        absent = {each is None for each in held[missing]}
        if len(absent) > 1 or (absent == {False} and not all(isinstance(each, float) for each in held[missing])):
            return "holds several kinds of missing values"
        none = absent == {True}
    found = pd.Index(pd.unique(values[~missing]), dtype=values.dtype)
    reason, planned = "", categories is not None
    if categories is None:
        if len(found) > CATEGORIES_MOST * len(values):
            return "more than half of the strings are distinct"
        categories = found.sort_values()
    else:
        new = found[~found.isin(categories)]
        if len(new):
            reason = f"{len(new)} strings were not among the categories and were added, first {new[0]!r}"
            categories = categories.append(new)
    narrowed = values.astype(pd.CategoricalDtype(categories))
    # A further piece gets the categories of the first however short it is: then both are joined without strings.
    return _done(values, narrowed, "category", at_any_size=planned, none=none, reason=reason)


def _kind(dtype: Any) -> str:
    """Return what a column holds: integer, float, strings or other."""
    if isinstance(dtype, pd.SparseDtype):
        return "other"
    if isinstance(dtype, pd.CategoricalDtype):
        return "other"
    if pd.api.types.is_object_dtype(dtype) or pd.api.types.is_string_dtype(dtype):
        return "strings"
    if pd.api.types.is_bool_dtype(dtype):
        return "other"
    if pd.api.types.is_integer_dtype(dtype):
        return "integer"
    if pd.api.types.is_float_dtype(dtype) and _width(dtype) <= 8:
        return "float"
    return "other"


def _why_left(dtype: Any) -> str:
    if isinstance(dtype, pd.CategoricalDtype):
        return "is a category already"
    if pd.api.types.is_bool_dtype(dtype):
        return "takes a byte a value or less already"
    return f"{dtype} has no narrower form that is exact"


def _width(dtype: Any) -> int:
    """Return the bytes of a number."""
    if isinstance(dtype, pd.ArrowDtype):
        return int(dtype.pyarrow_dtype.bit_width) // 8
    return int(dtype.itemsize)


def _sibling(dtype: Any, name: str) -> Any:
    """Return the dtype of the same family (numpy, nullable, Arrow) that has this name."""
    if isinstance(dtype, pd.ArrowDtype):
        return pd.ArrowDtype(_arrow_of(name))
    if isinstance(dtype, np.dtype):
        return np.dtype(name)
    return pd.api.types.pandas_dtype(name.capitalize())


def _arrow_of(name: str) -> Any:
    """Return the Arrow type of a numpy name; a column of Arrow is there, so its library is."""
    import pyarrow

    return pyarrow.from_numpy_dtype(np.dtype(name))


def _missing(values: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """Return where a column has no value; a NaN of plain floats is a value."""
    if isinstance(values.dtype, np.dtype) and values.dtype != object:
        return np.zeros(len(values), np.bool_)
    return np.asarray(values.isna(), np.bool_)


def _float_values(values: pd.Series[Any]) -> npt.NDArray[Any]:
    if isinstance(values.dtype, np.dtype):
        return values.to_numpy()
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _int_values(values: pd.Series[Any]) -> npt.NDArray[Any]:
    if isinstance(values.dtype, np.dtype):
        return values.to_numpy()
    name = "uint64" if "uint" in str(values.dtype).lower() else "int64"
    return values.to_numpy(dtype=np.dtype(name), na_value=0)


def _like_floats(values: pd.Series[Any], floats: npt.NDArray[Any]) -> pd.Series[Any]:
    """Return floats as a column of the dtype of another, missing where that is."""
    made: pd.Series[Any] = pd.Series(floats, index=values.index, name=values.name)
    if isinstance(values.dtype, np.dtype):
        return made
    return made.astype(values.dtype).mask(values.isna().to_numpy())


def _to_float32(values: pd.Series[Any]) -> pd.Series[Any]:
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # what does not fit is told from the result
        return values.astype(_sibling(values.dtype, "float32"))


def _through_float32(floats: npt.NDArray[Any]) -> npt.NDArray[Any]:
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return floats.astype(np.float32).astype(floats.dtype)


def _equal_in_float32(floats: npt.NDArray[Any]) -> bool:
    return np.array_equal(_bits(_through_float32(floats)), _bits(floats))


def _comes_back(floats: npt.NDArray[Any], places: int) -> bool:
    """Whether rounding the float32 to some places gives every bit back."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array_equal(_bits(np.round(_through_float32(floats), places)), _bits(floats))


def _bits(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return numbers as the integers that have the same bits."""
    return np.ascontiguousarray(values).view(f"u{values.dtype.itemsize}")
