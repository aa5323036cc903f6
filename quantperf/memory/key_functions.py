"""Keys of functions by their code, of classes by their place, and of objects that say what they are."""

from __future__ import annotations

import dataclasses
import datetime as dt
import dis
import enum
import functools
import hashlib
import itertools
import sys
import threading
import types
import weakref
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import Unkeyable
from quantperf.memory.digests import HANDLERS, LASTING, Digest, Handler, content_key, packed

__all__ = ["captured_key", "code_digest", "data_captured", "function_key", "is_frozen_record", "type_key"]

DATA = (
    type(None), bool, int, float, complex, str, bytes, tuple, frozenset, dt.date, dt.time, dt.timedelta, enum.Enum,
    np.generic, np.ndarray, pd.Series, pd.DataFrame, pd.Index,
)  # fmt: skip

_serials: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
_next_serial = itertools.count(1)
_serial_lock = threading.Lock()
_walk = threading.local()


def serial_of(thing: Any) -> int:
    """Return a number that this function or class has in this process, and that no other ever gets."""
    with _serial_lock:
        found = _serials.get(thing)
        if found is None:
            found = _serials[thing] = next(_next_serial)
    return found


@functools.lru_cache(maxsize=1024)
def code_digest(code: types.CodeType) -> bytes:
    """Return a digest of what a function does: instructions, names, constants, nested functions; no line numbers."""
    constants = [
        code_digest(each) if isinstance(each, types.CodeType) else packed(content_key(each, LASTING))
        for each in code.co_consts
    ]
    parts = (
        code.co_name, code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars,
        code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags, tuple(constants),
    )  # fmt: skip
    return hashlib.sha256(packed(parts)).digest()


def type_key(value: type, digest: Digest) -> Hashable:
    """Return the key of a class: module and qualified name, and a number where a function makes such classes."""
    return _place("class", value, digest)


def _place(tag: str, value: Any, digest: Digest) -> Hashable:
    if "<locals>" not in value.__qualname__:
        return (tag, value.__module__, value.__qualname__)
    if digest.lasting:
        raise Unkeyable(
            f"{value.__qualname__!r} is made by a function, so another process cannot know it; move it to a module"
        )
    return (tag, value.__module__, value.__qualname__, serial_of(value))


def function_key(value: types.FunctionType, digest: Digest) -> Hashable:
    """Return the key of a function: its place, its code, its defaults and what it captures.

    A wrapper is known by its code, what it captures (the options it was made with), and the function that it wraps; one
    that only looks on, such as a monitor, says by an attribute ``cache_key`` of its own what it is known by instead.
    """
    walked = _walk.__dict__.setdefault("functions", set())
    if id(value) in walked:  # only to notice that the walk is inside of this function already
        return ("itself",)
    walked.add(id(value))
    try:
        wrapped = getattr(value, "__wrapped__", None)
        if isinstance(wrapped, types.FunctionType):
            told = vars(value).get("cache_key")
            if told is vars(wrapped).get("cache_key"):
                told = None  # functools.wraps has copied it: it speaks of the function below
            return (
                "wrapper",
                code_digest(value.__code__),
                captured_key(value, digest, but=wrapped) if told is None else content_key(told, digest),
                function_key(wrapped, digest),
            )
        return (
            "function",
            value.__module__,
            value.__qualname__,
            code_digest(value.__code__),
            content_key(value.__defaults__, digest),
            content_key(value.__kwdefaults__, digest),
            captured_key(value, digest),
        )
    finally:
        walked.discard(id(value))


def captured_key(value: types.FunctionType, digest: Digest, but: object = None) -> Hashable:
    """Return the key of what a function captures and does not write to; where that has none, a number of its own."""
    parts: list[Hashable] = []
    for name, cell in _read_only_cells(value):
        try:
            held = cell.cell_contents
        except ValueError:
            parts.append((name, "empty"))
            continue
        if held is but:
            continue
        if isinstance(held, types.ModuleType):
            parts.append((name, "module", held.__name__))
            continue
        try:
            parts.append((name, content_key(held, digest)))
        except Unkeyable:
            if digest.lasting:
                raise
            parts.append((name, "unknown", serial_of(value)))
    return tuple(parts) or None


def data_captured(value: types.FunctionType) -> list[types.CellType]:
    """Return the cells of a function that may hold another value, or other data, at its next call.

    Numbers, texts, arrays and frames are looked at anew. A list, dict, set or object is taken as it was at the first
    call: functions write to those (a log, a count), and would then never find what they have computed.
    """
    return [cell for _, cell in _read_only_cells(value) if not _is_written_to(cell)]


def _is_written_to(cell: types.CellType) -> bool:
    try:
        return not isinstance(cell.cell_contents, DATA)
    except ValueError:
        return True


def _read_only_cells(value: types.FunctionType) -> list[tuple[str, types.CellType]]:
    written = rebound(value.__code__)
    cells = zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
    return [(name, cell) for name, cell in cells if name not in written]


@functools.lru_cache(maxsize=1024)
def rebound(code: types.CodeType) -> frozenset[str]:
    """Return the captured names that a function gives other values (``nonlocal``), itself or in a nested one."""
    own = {
        str(each.argval)
        for each in dis.get_instructions(code)
        if each.opname in ("STORE_DEREF", "DELETE_DEREF") and each.argval in code.co_freevars
    }
    nested = (rebound(each) for each in code.co_consts if isinstance(each, types.CodeType))
    return frozenset(own.union(*nested) & set(code.co_freevars))


def _builtin(value: Any, digest: Digest) -> Hashable:
    owner = value.__self__
    if owner is None or isinstance(owner, types.ModuleType):
        return ("builtin", value.__module__, value.__qualname__)
    return ("builtin", content_key(owner, digest), value.__qualname__)


def _method(value: types.MethodType, digest: Digest) -> Hashable:
    return ("method", content_key(value.__func__, digest), content_key(value.__self__, digest))


def _partial(value: functools.partial[Any], digest: Digest) -> Hashable:
    return ("partial", *(content_key(each, digest) for each in (value.func, value.args, value.keywords)))


def _ufunc(value: np.ufunc, digest: Digest) -> Hashable:
    return ("ufunc", value.__name__)


def known_by_token(value: Any, digest: Digest) -> Hashable | None:
    """Return the key of an object that tells its content, or nothing."""
    if isinstance(value, type):
        return type_key(value, digest)
    for name in ("cache_token", "cache_key"):
        token = getattr(value, name, None)
        if token is not None:
            told = token() if callable(token) else token
            return ("token", type_key(type(value), digest), content_key(told, digest))
    return None


def is_frozen_record(value: Any) -> bool:
    """Whether a value is an instance of a frozen dataclass."""
    about: Any = getattr(type(value), "__dataclass_params__", None)
    return about is not None and bool(about.frozen)


def record_key(value: Any, digest: Digest) -> Hashable | None:
    """Return the key of a frozen dataclass or a named tuple, or nothing."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        parts = tuple(content_key(each, digest) for each in value)
        return ("named", type_key(type(value), digest), tuple(value._fields), parts)
    if is_frozen_record(value):
        fields = dataclasses.fields(value)
        parts = tuple(content_key(getattr(value, field.name), digest) for field in fields)
        return ("record", type_key(type(value), digest), tuple(field.name for field in fields), parts)
    return None


def importable(value: Any, digest: Digest) -> Hashable | None:
    """Return the key of a compiled function, by its code or by the name under which it is imported; or nothing."""
    if not callable(value):
        return None
    plain = getattr(value, "py_func", None)  # of numba
    if isinstance(plain, types.FunctionType):
        return ("compiled", function_key(plain, digest))
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    return ("imported", module, name) if getattr(sys.modules.get(module), name, None) is value else None


FUNCTIONS: dict[type, Handler] = {
    types.FunctionType: function_key,
    types.BuiltinFunctionType: _builtin,
    types.MethodType: _method,
    functools.partial: _partial,
    np.ufunc: _ufunc,
    type: type_key,
}
HANDLERS.update(FUNCTIONS)
