"""The float64 columns of one OHLCV frame: found by name, checked, and read-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError
from quantperf.market.sessions import sessions
from quantperf.market.stamps import check_index

__all__ = ["DERIVED", "FIELDS", "FloatArray", "columns_of", "derived", "find_columns", "readable_labels", "to_float64"]

FloatArray: TypeAlias = npt.NDArray[np.float64]

FIELDS = ("open", "high", "low", "close", "volume")
DERIVED = ("session", "anchor")  # columns that follow from the index where bars do not have them


def columns_of(frame: pd.DataFrame, names: Sequence[str] = FIELDS) -> dict[str, FloatArray]:
    """Return the named columns of an OHLCV frame as float64 arrays, checked and read-only.

    Parameters
    ----------
    frame : DataFrame
        Rows oldest first, stamps unique. Columns are matched exactly, else in any case ("Close" for "close").
    names : sequence of str, default `FIELDS`
        The wanted columns, in lower case.

    Returns
    -------
    dict of str to ndarray
        By name, in the order of `names`; contiguous; NaN where a value is missing. float64 columns are not copied.
        Those of `DERIVED` follow from the index if the frame does not have them.

    Raises
    ------
    DataError
        If a column is missing, ambiguous or not numeric, or the index is unsorted or has duplicates.

    Examples
    --------
    >>> import pandas as pd
    >>> columns_of(pd.DataFrame({"High": [2, 3], "Low": [1, 2]}), ["high", "low"])
    {'high': array([2., 3.]), 'low': array([1., 2.])}
    """
    fields = find_columns(frame, names, "")
    check_index(frame.index, "index")
    return fields


def find_columns(frame: pd.DataFrame, names: Sequence[str], owner: str) -> dict[str, FloatArray]:
    """Return the named columns; `owner` begins each message."""
    if not isinstance(frame, pd.DataFrame):
        raise DataError(
            f"{owner}bars must be a pandas DataFrame, got {type(frame).__name__}; convert with .to_pandas()"
        )
    fields = {}
    if frame.columns.nlevels > 1:
        raise DataError(
            f"{owner}columns must have one level, got {frame.columns.nlevels}; "
            "take one symbol with df.xs(symbol, axis=1, level=1)"
        )
    for name in names:
        if name in DERIVED and not any(str(label).lower() == name for label in frame.columns):
            fields[name] = derived(name, frame.index)
            continue
        column = frame[name if name in frame.columns else _label(frame, name, names, owner)]
        if isinstance(column, pd.DataFrame):
            raise DataError(f"{owner}{name} must be one column, got {readable_labels(frame)}; select one")
        fields[name] = to_float64(column, f"{owner}{name}")
    return fields


def derived(name: str, index: pd.Index[Any]) -> FloatArray:
    """Return a column that bars have by their index: the session of each bar, or an anchor at the first of them.

    Examples
    --------
    >>> import pandas as pd
    >>> derived("session", pd.DatetimeIndex(["1970-01-02", "1970-01-05"])).tolist()
    [1.0, 4.0]
    >>> derived("anchor", pd.RangeIndex(2)).tolist()
    [1.0, 1.0]
    """
    values = sessions(index) if name == "session" else np.ones(len(index))
    values.flags.writeable = False
    return values


def _label(frame: pd.DataFrame, name: str, names: Sequence[str], owner: str) -> Any:
    """Return the one label that equals the name but for its case."""
    found = [label for label in frame.columns if isinstance(label, str) and label.lower() == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(
            f"{owner}{name} must be one column, got {', '.join(map(repr, found))}; drop or rename the others"
        )
    remedy = f"df.assign({name}=np.nan)" if name == "volume" else f"df.rename(columns={{...: {name!r}}})"
    raise DataError(
        f"{owner}the columns {', '.join(names)} are needed, {name} is missing beside {readable_labels(frame)}; "
        f"add it with {remedy}"
    )


def readable_labels(frame: pd.DataFrame) -> str:
    """Return the column labels for a message, the first ten of them."""
    shown = [str(label) for label in frame.columns[:10]]
    return ", ".join(shown) + (", ..." if len(frame.columns) > 10 else "") or "no columns"


def to_float64(column: pd.Series[Any], name: str) -> FloatArray:
    """Return the values as contiguous read-only float64, missing as NaN, not copied if they are that."""
    dtype = column.dtype
    if dtype == np.float64:
        # ascontiguousarray gives the very same array if it can: the view keeps the caller's flags as they are.
        values: FloatArray = np.ascontiguousarray(column.to_numpy()).view()
    elif pd.api.types.is_numeric_dtype(dtype) and dtype.kind != "c":
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        raise DataError(f"{name} must be numeric, got {dtype}; convert with pd.to_numeric(column)")
    values.flags.writeable = False
    return values
