"""The plain versions: each indicator in pandas or plain Python, as a quant would write it first.

They are the oracle of the tests, the baseline of every before/after report and the control arm of experiments, so they
are written for the reader: nothing here is optimised, and nothing here uses the kernels. Files and functions have the
names that they have in the catalogue.

All take float64 columns of one length, oldest bar first, and follow one policy for missing values: a bar is missing if
any column that the indicator reads is NaN there. A windowed indicator is NaN exactly where its window holds a missing
bar. A recurrence or running total is NaN on a missing bar and otherwise goes on as if that bar did not exist.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Array", "Convention", "complete", "first_bar", "put_back", "whole_bars"]

Array: TypeAlias = npt.NDArray[np.float64]
Convention: TypeAlias = Literal["talib", "tradingview", "pandas", "legacy"]


def complete(*columns: Array) -> npt.NDArray[np.bool_]:
    """Return for each bar whether every column holds a value there.

    Examples
    --------
    >>> complete(np.array([1.0, np.nan, 3.0]), np.array([1.0, 2.0, 3.0])).tolist()
    [True, False, True]
    """
    return np.asarray(np.logical_and.reduce([~np.isnan(column) for column in columns]), dtype=np.bool_)


def first_bar(kept: npt.NDArray[np.bool_]) -> int:
    """Return the place of the first kept bar, or the number of bars; a warm-up is counted from there.

    Examples
    --------
    >>> first_bar(np.array([False, True, False]))
    1
    """
    return int(kept.argmax()) if kept.any() else len(kept)


def put_back(values: list[float] | Array, kept: npt.NDArray[np.bool_]) -> Array:
    """Return the values of the kept bars at their places among all bars, NaN at the others.

    Examples
    --------
    >>> put_back([5.0, 6.0], np.array([True, False, True])).tolist()
    [5.0, nan, 6.0]
    """
    result = np.full(len(kept), np.nan)
    result[kept] = values
    return result


def whole_bars(*columns: Array) -> tuple[pd.Series[float], ...]:
    """Return the columns as Series in which a missing bar is NaN in all of them.

    Examples
    --------
    >>> high, low = whole_bars(np.array([3.0, np.nan]), np.array([1.0, 1.0]))
    >>> low.tolist()
    [1.0, nan]
    """
    kept = complete(*columns)
    return tuple(pd.Series(column).where(kept) for column in columns)
