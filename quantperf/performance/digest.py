"""Digests: a short hash of what a value holds, to tell whether inputs changed and whether results are the same."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pandas as pd


def digest(value: object) -> str | None:
    """Return a hash of what `value` holds, the same in every process; None if its content cannot be read.

    Examples
    --------
    >>> digest(np.arange(3)) == digest(np.arange(6)[:3]), digest(object()) is None
    (True, True)
    """
    state = hashlib.blake2b(digest_size=16)
    try:
        _feed(value, state.update)
    except TypeError:
        return None
    return state.hexdigest()


def _feed(value: object, update: Callable[[bytes], object]) -> None:
    """Hash structure and content; a TypeError says that there is no content to read."""
    update(f"<{type(value).__name__}>".encode())
    if isinstance(value, np.ndarray):
        update(f"{value.dtype.str}{value.shape}".encode())
        if value.dtype.hasobject:
            for item in value.flat:
                _feed(item, update)
        else:
            update(np.ascontiguousarray(value).reshape(-1).view(np.uint8).tobytes())
    elif isinstance(value, np.generic):
        _feed(np.asarray(value), update)
    elif isinstance(value, pd.DataFrame):
        _feed(value.columns, update)
        _feed(value.index, update)
        for position in range(value.shape[1]):
            _feed_column(value.iloc[:, position], update)
    elif isinstance(value, pd.Series):
        update(repr(value.name).encode())
        _feed(value.index, update)
        _feed_column(value, update)
    elif isinstance(value, pd.MultiIndex):
        update(repr(list(value.names)).encode())
        for level in range(value.nlevels):
            _feed(value.get_level_values(level), update)
    elif isinstance(value, pd.Index):
        update(repr(value.name).encode())
        _feed_column(value, update)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _feed(item, update)
        update(b"</>")
    elif isinstance(value, dict):
        for key, item in value.items():
            _feed(key, update)
            _feed(item, update)
        update(b"</>")
    elif value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        update(repr(value).encode())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            _feed(getattr(value, field.name), update)
    elif value is pd.NA or value is pd.NaT or isinstance(value, (pd.Timestamp, pd.Timedelta)):
        update(repr(value).encode())
    else:
        raise TypeError(type(value).__name__)


def _feed_column(column: pd.Series[Any] | pd.Index[Any], update: Callable[[bytes], object]) -> None:
    update(str(column.dtype).encode())
    if isinstance(column.dtype, np.dtype):
        _feed(column.to_numpy(), update)
    else:
        _feed(pd.util.hash_array(cast(Any, column.array), categorize=False), update)
