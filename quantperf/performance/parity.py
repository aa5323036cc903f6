"""Parity: whether two results are equal, and if not, where.

Floats are compared within a stated tolerance, everything else exactly: structure, shapes, dtype kinds, labels, names,
integers, missing values. The walk reads arrays in blocks, so that a large result needs no large temporaries.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quantperf.errors import ParameterError, one_of
from quantperf.performance.digest import digest

BLOCK = 65_536  # values compared at a time: temporaries stay below a few megabytes

_NUMBERS = (bool, int, float, complex, np.generic)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a float may be from the expected one: ``|actual - expected| <= atol + rtol * |expected|``.

    Parameters
    ----------
    rtol : float, default 1e-9
        Relative part, at least 0.
    atol : float, default 0.0
        Absolute part, at least 0, in the unit of the result.
    nan : {"equal", "never"}, default "equal"
        Whether NaN equals NaN. NaN on one side alone is always a mismatch; an infinity equals only itself.

    Examples
    --------
    >>> bool(check([1.0, 2.0], [1.0, 2.0 + 1e-12], Tolerance(rtol=1e-9)))
    True
    """

    rtol: float = 1e-9
    atol: float = 0.0
    nan: Literal["equal", "never"] = "equal"

    def __post_init__(self) -> None:
        for name, value in (("rtol", self.rtol), ("atol", self.atol)):
            if not 0.0 <= value < math.inf:
                raise ParameterError(f"{name} must be a finite number, at least 0, got {value!r}")
        if self.nan not in ("equal", "never"):
            raise one_of("nan", ("equal", "never"), self.nan)


DEFAULT_TOLERANCE = Tolerance()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first place where two results differ."""

    place: str
    expected: object
    actual: object
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}: expected {_short(self.expected)}, got {_short(self.actual)}"


@dataclass(frozen=True, slots=True, repr=False)
class Parity:
    """Whether two results are equal within a tolerance, with the errors that were seen. True if equal.

    Attributes
    ----------
    equal : bool
        No mismatch at all.
    mismatch : Mismatch or None
        The first one: its place as an expression, both values, and what is wrong.
    mismatches : int
        Places that differ.
    nan_mismatches : int
        Places where a value is missing on one side alone.
    compared : int
        Values compared.
    largest_absolute, largest_relative, largest_ulp : float
        Largest errors over finite floats; the relative one where the expected value is not 0, the last one in units of
        the last place of the larger value.
    tolerance : Tolerance
        What was allowed.
    case : str
        Name of the inputs, where they have one.
    """

    equal: bool
    mismatch: Mismatch | None
    mismatches: int
    nan_mismatches: int
    compared: int
    largest_absolute: float
    largest_relative: float
    largest_ulp: float
    tolerance: Tolerance
    case: str = ""

    def __bool__(self) -> bool:
        return self.equal

    def __repr__(self) -> str:
        name = f"{self.case}: " if self.case else ""
        if self.mismatch is not None:
            return f"Parity({name}different at {self.mismatch})"
        return f"Parity({name}equal, {self.compared} values, largest error {self.largest_ulp:.3g} ulp)"

    def to_dict(self) -> dict[str, object]:
        """Return values that JSON can hold; the two differing values as text."""
        record = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for name in ("largest_absolute", "largest_relative", "largest_ulp"):
            record[name] = record[name] if math.isfinite(record[name]) else repr(record[name])
        record["tolerance"] = dataclasses.asdict(self.tolerance)
        if self.mismatch is not None:
            first = self.mismatch
            record["mismatch"] = {
                "place": first.place,
                "expected": _short(first.expected),
                "actual": _short(first.actual),
                "reason": first.reason,
            }
        return record


def check(expected: object, actual: object, tolerance: Tolerance = DEFAULT_TOLERANCE) -> Parity:
    """Return whether `actual` equals `expected`: floats within `tolerance`, everything else exactly.

    Parameters
    ----------
    expected, actual : object
        Numbers, arrays, Series, DataFrames, indexes, dataclasses, None, and tuples, lists and dicts of them.
    tolerance : Tolerance, default ``Tolerance(rtol=1e-9)``
        What floats are allowed.

    Returns
    -------
    Parity
        True if equal; otherwise its `mismatch` names the first place.

    Examples
    --------
    >>> parity = check({"mean": np.array([1.0, 2.0])}, {"mean": np.array([1.0, np.nan])})
    >>> parity.equal, parity.mismatch.place, parity.nan_mismatches
    (False, "result['mean'][1]", 1)
    """
    walk = _Walk(tolerance)
    walk.visit(expected, actual, "result")
    return walk.parity()


def prove(
    before: Callable[..., object],
    after: Callable[..., object],
    args: tuple[object, ...] = (),
    kwargs: Mapping[str, object] | None = None,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    *,
    errors: Literal["raise", "match"] = "raise",
) -> Parity:
    """Return whether both functions give equal results on the same arguments and leave those unchanged.

    Parameters
    ----------
    before, after : callable
        The expected and the actual side.
    args, kwargs : tuple, mapping
        What both are called with; their content is compared before and after each call, where it has a `digest`.
    tolerance : Tolerance
        What floats are allowed.
    errors : {"raise", "match"}, default "raise"
        What an exception of `before` means: it is raised, or `after` must raise one too. An exception of `after`
        alone is always a mismatch.

    Returns
    -------
    Parity

    Examples
    --------
    >>> prove(sum, math.fsum, ([1.0, 2.0],)).equal
    True
    """
    inputs: dict[str, object] = {f"args[{position}]": value for position, value in enumerate(args)}
    inputs.update({f"kwargs[{name!r}]": value for name, value in (kwargs or {}).items()})
    digests = {place: digest(value) for place, value in inputs.items()}
    walk = _Walk(tolerance)

    def changed(side: str) -> bool:
        for place, value in inputs.items():
            if digests[place] != digest(value):
                walk.differ(place, "the content before the call", "other content after it", f"{side} changed its input")
                return True
        return False

    failure: Exception | None = None
    expected: object = None
    try:
        expected = before(*args, **(kwargs or {}))
    except Exception as error:
        if errors == "raise":
            raise
        failure = error
    if changed("before"):
        return walk.parity()
    try:
        actual = after(*args, **(kwargs or {}))
    except Exception as error:  # whatever it raises is its answer
        if failure is None:
            walk.differ("result", expected, error, "after raised")
    else:
        if failure is None:
            walk.visit(expected, actual, "result")
        else:
            walk.differ("result", failure, actual, "before raised, after did not")
    changed("after")
    return walk.parity()


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:197]}..."


class _Walk:
    """One comparison under way."""

    def __init__(self, tolerance: Tolerance) -> None:
        self.tolerance = tolerance
        self.first: Mismatch | None = None
        self.mismatches = self.nan_mismatches = self.compared = 0
        self.absolute = self.relative = self.ulp = 0.0

    def parity(self) -> Parity:
        return Parity(
            equal=self.first is None,
            mismatch=self.first,
            mismatches=self.mismatches,
            nan_mismatches=self.nan_mismatches,
            compared=self.compared,
            largest_absolute=self.absolute,
            largest_relative=self.relative,
            largest_ulp=self.ulp,
            tolerance=self.tolerance,
        )

    def differ(self, place: str, expected: object, actual: object, reason: str, count: int = 1) -> None:
        self.mismatches += count
        if self.first is None:
            self.first = Mismatch(place, expected, actual, reason)

    def visit(self, expected: Any, actual: Any, place: str) -> None:
        """Compare two values of any kind."""
        if expected is actual and (expected is None or expected is pd.NA or expected is pd.NaT):
            self.compared += 1
        elif type(expected) is int and type(actual) is int:  # of any size
            self._exactly(expected, actual, place)
        elif isinstance(expected, _NUMBERS) and isinstance(actual, _NUMBERS):
            self._arrays(np.asarray(expected), np.asarray(actual), place)
        elif isinstance(expected, tuple) and isinstance(actual, tuple):
            fields = getattr(expected, "_fields", None), getattr(actual, "_fields", None)
            if None not in fields and fields[0] != fields[1]:
                self.differ(f"{place}._fields", *fields, "fields differ")
            else:
                self._sequence(expected, actual, place)
        elif isinstance(expected, pd.Index) and isinstance(actual, pd.Index):
            self._index(expected, actual, place)
        elif type(expected) is not type(actual):
            self.differ(place, type(expected).__name__, type(actual).__name__, "types differ")
        elif isinstance(expected, np.ndarray):
            self._arrays(expected, actual, place)
        elif isinstance(expected, pd.Series):
            self._exactly(expected.name, actual.name, f"{place}.name")
            self._index(expected.index, actual.index, f"{place}.index")
            self._column(expected, actual, place)
        elif isinstance(expected, pd.DataFrame):
            self._index(expected.columns, actual.columns, f"{place}.columns")
            self._index(expected.index, actual.index, f"{place}.index")
            if expected.shape == actual.shape:
                for position, name in enumerate(expected.columns):
                    self._column(expected.iloc[:, position], actual.iloc[:, position], f"{place}[{name!r}]")
        elif isinstance(expected, list):
            self._sequence(expected, actual, place)
        elif isinstance(expected, dict):
            if expected.keys() != actual.keys():
                self.differ(f"{place}.keys()", list(expected), list(actual), "keys differ")
            for key in expected.keys() & actual.keys() if expected.keys() != actual.keys() else expected:
                self.visit(expected[key], actual[key], f"{place}[{key!r}]")
        elif dataclasses.is_dataclass(expected) and not isinstance(expected, type):
            for field in dataclasses.fields(expected):
                self.visit(getattr(expected, field.name), getattr(actual, field.name), f"{place}.{field.name}")
        else:
            self._exactly(expected, actual, place)

    def _exactly(self, expected: object, actual: object, place: str) -> None:
        """Compare by ``==``; a missing value equals a missing value."""
        self.compared += 1
        if not _same(expected, actual):
            self.differ(place, expected, actual, "values differ")

    def _sequence(self, expected: Any, actual: Any, place: str) -> None:
        if len(expected) != len(actual):
            self.differ(f"len({place})", len(expected), len(actual), "lengths differ")
            return
        for position, (left, right) in enumerate(zip(expected, actual, strict=True)):
            self.visit(left, right, f"{place}[{position}]")

    def _index(self, expected: Any, actual: Any, place: str) -> None:
        """Compare labels exactly: length, dtype kind, values, names."""
        self._exactly(list(expected.names), list(actual.names), f"{place}.names")
        if len(expected) != len(actual):
            self.differ(f"len({place})", len(expected), len(actual), "lengths differ")
        elif expected.dtype.kind != actual.dtype.kind or getattr(expected, "tz", None) != getattr(actual, "tz", None):
            self.differ(f"{place}.dtype", expected.dtype, actual.dtype, "dtypes differ")
        elif expected.equals(actual):
            self.compared += len(expected)
        else:
            for position, (left, right) in enumerate(zip(expected, actual, strict=True)):
                self._exactly(left, right, f"{place}[{position}]")

    def _column(self, expected: pd.Series[Any], actual: pd.Series[Any], place: str) -> None:
        """Compare the values of two columns."""
        left, right = expected.dtype, actual.dtype
        plain = isinstance(left, np.dtype), isinstance(right, np.dtype)
        if len(expected) != len(actual):
            return  # the index has said so
        same = plain[0] == plain[1] and left.kind == right.kind
        if not same or (not plain[0] and left.kind not in "biuf" and str(left) != str(right)):
            self.differ(f"{place}.dtype", str(left), str(right), "dtypes differ")
            return
        if all(plain):
            self._arrays(expected.to_numpy(), actual.to_numpy(), f"{place}.iloc")
            return
        missing, other = expected.isna().to_numpy(), actual.isna().to_numpy()
        if not np.array_equal(missing, other):
            wrong = np.flatnonzero(missing != other)
            self.nan_mismatches += len(wrong)
            place = f"{place}.iloc[{wrong[0]}]"
            self.differ(place, expected.iloc[wrong[0]], actual.iloc[wrong[0]], "missing on one side", len(wrong))
            return
        kind = {"b": "bool", "i": "int64", "u": "uint64", "f": "float64"}.get(left.kind, "object")
        filler: Any = None if kind == "object" else 0
        columns = [side.to_numpy(dtype=kind, na_value=filler) for side in (expected, actual)]
        self._arrays(columns[0], columns[1], f"{place}.iloc")

    def _arrays(self, expected: NDArray[Any], actual: NDArray[Any], place: str) -> None:
        """Compare two arrays, a block at a time."""
        kind = expected.dtype.kind
        if expected.shape != actual.shape:
            self.differ(f"{place}.shape", expected.shape, actual.shape, "shapes differ")
        elif kind != actual.dtype.kind:
            self.differ(f"{place}.dtype", str(expected.dtype), str(actual.dtype), "dtype kinds differ")
        elif kind == "O":
            for index in np.ndindex(expected.shape):
                self.visit(expected[index], actual[index], f"{place}{_subscript(index)}")
        elif kind == "c":
            self._arrays(expected.real, actual.real, f"{place}.real")
            self._arrays(expected.imag, actual.imag, f"{place}.imag")
        else:
            left, right = _flat(expected), _flat(actual)
            for start in range(0, expected.size, BLOCK):
                self._block(left[start : start + BLOCK], right[start : start + BLOCK], start, expected.shape, place)

    def _block(
        self, expected: NDArray[Any], actual: NDArray[Any], start: int, shape: tuple[int, ...], place: str
    ) -> None:
        self.compared += len(expected)
        kind = expected.dtype.kind
        if kind == "f":
            fine = self._floats(expected, actual)
        elif kind in "mM":
            fine = (expected == actual) | (np.isnat(expected) & np.isnat(actual))
        else:
            fine = expected == actual
        if not fine.all():
            first = int(np.argmin(fine))
            index = tuple(int(part) for part in np.unravel_index(start + first, shape))
            pair = expected[first], actual[first]
            reason = "missing on one side" if kind == "f" and np.isnan(pair).sum() == 1 else "values differ"
            self.differ(
                f"{place}{_subscript(index)}", pair[0].item(), pair[1].item(), reason, int(np.count_nonzero(~fine))
            )

    def _floats(self, expected: NDArray[Any], actual: NDArray[Any]) -> NDArray[np.bool_]:
        narrow = min(expected.dtype, actual.dtype, key=lambda dtype: dtype.itemsize)
        expected, actual = expected.astype(np.float64, copy=False), actual.astype(np.float64, copy=False)
        fine = agreeing(expected, actual, self.tolerance)
        with np.errstate(all="ignore"):
            missing, other = np.isnan(expected), np.isnan(actual)
            alone = missing != other if self.tolerance.nan == "equal" else missing | other
            self.nan_mismatches += int(np.count_nonzero(alone))
            error, size = np.abs(actual - expected), np.abs(expected)
            wrong = np.isfinite(expected) & np.isfinite(actual) & (error > 0.0)
            if wrong.any():
                error, size = error[wrong], size[wrong]
                larger = np.maximum(size, np.abs(actual[wrong])).astype(narrow)
                self.absolute = max(self.absolute, float(error.max()))
                self.ulp = max(self.ulp, float((error / np.spacing(larger).astype(np.float64)).max()))
                if size.any():
                    self.relative = max(self.relative, float((error[size > 0] / size[size > 0]).max()))
        return fine


def agreeing(
    expected: NDArray[np.float64], actual: NDArray[np.float64], tolerance: Tolerance = DEFAULT_TOLERANCE
) -> NDArray[np.bool_]:
    """Return where two arrays of floats of one shape are equal within a tolerance.

    Examples
    --------
    >>> agreeing(np.array([1.0, np.nan, 2.0]), np.array([1.0, np.nan, 3.0])).tolist()
    [True, True, False]
    """
    fine: NDArray[np.bool_]
    with np.errstate(all="ignore"):
        finite = np.isfinite(expected) & np.isfinite(actual)
        allowed = tolerance.atol + tolerance.rtol * np.abs(expected)
        fine = (finite & (np.abs(actual - expected) <= allowed)) | (expected == actual)
        if tolerance.nan == "equal":
            fine |= np.isnan(expected) & np.isnan(actual)
    return fine


def _same(expected: object, actual: object) -> bool:
    """Return whether two labels are equal; a missing one equals a missing one."""
    missing = [value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)
               for value in (expected, actual)]  # fmt: skip
    if any(missing):
        return all(missing)
    try:
        return expected is actual or bool(expected == actual)
    except (TypeError, ValueError):  # no truth in it: what cannot be compared is not known to be equal
        return False


def _flat(values: NDArray[Any]) -> Any:
    """Return something whose slices are one-dimensional, without copying the whole."""
    return values.reshape(-1) if values.flags.c_contiguous else values.flat


def _subscript(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""
