"""What a value takes, in bytes: its own buffers and objects, each once."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["size_of"]

SHARED = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)


def size_of(value: Any) -> int:
    """Return the bytes that a value takes, with all that it holds.

    Arrays count their buffers, frames their columns and labels with the text of object strings, containers and objects
    what is in them. What is held twice counts once; classes, functions and modules do not count.

    Examples
    --------
    >>> import numpy as np
    >>> 8_000 <= size_of(np.zeros(1_000)) <= 8_300
    True
    >>> size_of(["a" * 1_000] * 2) < size_of(["a" * 1_000, "b" * 1_000])
    True
    """
    total = 0
    seen: set[int] = set()
    waiting = [value]
    while waiting:  # a loop and no recursion: a list may be as deep as it likes
        each = waiting.pop()
        if each is None or isinstance(each, (bool, *SHARED)) or id(each) in seen:
            continue
        seen.add(id(each))
        total += _own_bytes(each, waiting)
    return total


def _own_bytes(value: Any, waiting: list[Any]) -> int:
    """Return the bytes of a value without its parts, and put those on the list."""
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject and value.dtype.names is None:
            waiting.extend(value.ravel().tolist())
        return sys.getsizeof(value) if value.base is None else sys.getsizeof(value) + value.nbytes
    if isinstance(value, (pd.DataFrame, pd.Series, pd.Index)):
        return _bytes_of_pandas(value, waiting)
    if isinstance(value, dict):
        for pair in value.items():
            waiting.extend(pair)
    elif isinstance(value, (list, tuple, set, frozenset)):
        waiting.extend(value)
    else:
        waiting.extend(_parts(value))
    return sys.getsizeof(value)


def _bytes_of_pandas(value: Any, waiting: list[Any]) -> int:
    if isinstance(value, pd.DataFrame):
        waiting.extend((value.index, value.columns, *(column.array for _, column in value.items())))
        return sys.getsizeof(value.attrs)
    if isinstance(value, pd.Series):
        waiting.extend((value.index, value.array))
        return sys.getsizeof(value.attrs)
    if isinstance(value, pd.MultiIndex):
        waiting.extend((*value.levels, *value.codes))
        return 0
    if isinstance(value, pd.RangeIndex):
        return sys.getsizeof(value)
    waiting.append(value.array)
    return 0


def _parts(value: Any) -> list[Any]:
    """Return what an object of any other class holds."""
    if isinstance(value, pd.api.extensions.ExtensionArray):
        if isinstance(value, pd.arrays.NumpyExtensionArray):
            return [value.to_numpy()]
        if isinstance(value, pd.Categorical):
            return [np.asarray(value.codes), value.categories]
        if getattr(value.dtype, "storage", None) == "python":
            return [np.asarray(value, dtype=object)]
        return [bytes(0), np.broadcast_to(np.uint8(0), value.nbytes)]
    held = list(vars(value).values()) if hasattr(value, "__dict__") else []
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                held.append(getattr(value, name))
    return held
