"""What a cache keeps of a result, and what each caller gets of it: nobody's edit reaches another.

What is kept is a copy of our own. Of an array, a caller gets a view that cannot be written to; of a frame or Series, a
shallow copy: pandas copies a column before it is written to, so an edit stays with the one who made it. Lists, dicts,
sets, tuples and dataclasses are built anew around their parts, and objects that have ``cache_token`` say by it that
they never change: they are shared. Of any other object each caller gets a deep copy; what cannot be copied (a
generator, an open file, a lock) is not kept at all.
"""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import mmap
import pathlib
import pickle
import re
import types
import uuid
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from quantperf.memory.key_functions import is_frozen_record

__all__ = ["Hand", "Uncopyable", "keep"]

Hand: TypeAlias = Callable[[], Any]

UNCHANGING = (
    type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented), range, slice, type,
    types.FunctionType, types.BuiltinFunctionType, types.ModuleType, dt.date, dt.time, dt.timedelta, dt.timezone,
    zoneinfo.ZoneInfo, decimal.Decimal, fractions.Fraction, uuid.UUID, re.Pattern, pathlib.PurePath, enum.Enum,
    np.generic, np.dtype, pd.Timestamp, pd.Timedelta, pd.Period, pd.Interval, type(pd.NA), type(pd.NaT),
    pd.api.extensions.ExtensionDtype,
)  # fmt: skip


class Uncopyable(Exception):
    """A result of which no two callers can have one each."""


def keep(value: Any) -> Hand:
    """Return a function that gives each caller a result of its own, made from a copy that is taken now.

    Raises
    ------
    Uncopyable
        If no copy can be made.
    """
    kept = _kept(value)
    return kept if kept is not None else partial(_same, value)


def _same(value: Any) -> Any:
    return value


def _kept(value: Any) -> Hand | None:
    """Return what hands the value out, or None where one object serves all."""
    if isinstance(value, UNCHANGING) or (not isinstance(value, type) and hasattr(value, "cache_token")):
        return None
    if isinstance(value, np.ndarray):
        return _kept_array(value)
    if isinstance(value, (pd.Series, pd.DataFrame)):
        return _kept_pandas(value)
    if isinstance(value, pd.Index):
        return value.view().view  # the labels never change, the name of a view is its own
    if type(value) in (list, tuple, set, frozenset, dict, types.MappingProxyType):
        return _kept_container(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        hands = [_kept(each) for each in value]
        return None if _all_same(hands) else partial(_new_named, type(value), _shared(value, hands), hands)
    if is_frozen_record(value):
        names = [each.name for each in dataclasses.fields(value)]
        if set(getattr(value, "__dict__", ())) <= set(names):
            parts = [getattr(value, name) for name in names]
            hands = [_kept(each) for each in parts]
            if _all_same(hands):
                return None
            return partial(_new_record, type(value), names, _shared(parts, hands), hands)
    return _kept_whole(value)


def _all_same(hands: list[Hand | None]) -> bool:
    return all(hand is None for hand in hands)


def _shared(parts: Iterable[Any], hands: list[Hand | None]) -> list[Any]:
    """Return the parts that all callers share; of the others, which are handed out, none is held on to."""
    return [part if hand is None else None for part, hand in zip(parts, hands, strict=True)]


def _kept_array(value: Any) -> Hand | None:
    if type(value) not in (np.ndarray, np.memmap, np.recarray) or value.dtype.hasobject:
        return _kept_whole(value)
    if not value.flags.writeable and _is_mapped(value):
        # Pages of a file that nobody here can write to: a copy would take what the map saves.
        return value.view  # type: ignore[no-any-return]
    own = value.copy(order="K")
    own.flags.writeable = False
    return own.view  # type: ignore[no-any-return]


def _is_mapped(value: Any) -> bool:
    base = value
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "obj", None) if isinstance(base, memoryview) else getattr(base, "base", None)
    return isinstance(base, mmap.mmap)


def _kept_pandas(value: Any) -> Hand | None:
    columns = [column for _, column in value.items()] if isinstance(value, pd.DataFrame) else [value]
    for column in columns:
        # pandas copies the pointers of an object column, not the lists that they may point to.
        if column.dtype == object and not set(map(type, column.tolist())) <= set(UNCHANGING):
            try:
                return partial(pickle.loads, pickle.dumps(value, protocol=5))
            except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
                raise Uncopyable(f"a frame holds objects that cannot be copied: {error}") from error
    return partial(value.copy(deep=True).copy, deep=False)


def _kept_container(value: Any) -> Hand | None:
    kind = type(value)
    if kind in (dict, types.MappingProxyType):
        keys = list(value)
        hands = [_kept(each) for each in value.values()]
        if _all_same(hands):
            own = dict(value)
            return own.copy if kind is dict else partial(types.MappingProxyType, own)
        return partial(_new_mapping, kind, keys, _shared(value.values(), hands), hands)
    parts = list(value)
    hands = [_kept(each) for each in parts]
    if _all_same(hands):
        return None if kind in (tuple, frozenset) else kind(parts).copy
    return partial(_new_sequence, kind, _shared(parts, hands), hands)


def _kept_whole(value: Any) -> Hand:
    try:
        own = copy.deepcopy(value)
    except (TypeError, ValueError, AttributeError, NotImplementedError, RecursionError, copy.Error) as error:
        raise Uncopyable(f"a result of type {type(value).__name__} cannot be copied: {error}") from error
    return partial(copy.deepcopy, own)


def _handed(parts: list[Any], hands: list[Hand | None]) -> Iterator[Any]:
    for part, hand in zip(parts, hands, strict=True):
        yield part if hand is None else hand()


def _new_sequence(kind: Any, parts: list[Any], hands: list[Hand | None]) -> Any:
    return kind(_handed(parts, hands))


def _new_named(kind: Any, parts: list[Any], hands: list[Hand | None]) -> Any:
    return kind._make(_handed(parts, hands))


def _new_mapping(kind: Any, keys: list[Any], parts: list[Any], hands: list[Hand | None]) -> Any:
    made = dict(zip(keys, _handed(parts, hands), strict=True))
    return made if kind is dict else types.MappingProxyType(made)


def _new_record(kind: type, names: list[str], parts: list[Any], hands: list[Hand | None]) -> Any:
    made: Any = object.__new__(kind)  # as it was: its __init__ has checked and changed what it was given
    for name, part in zip(names, _handed(parts, hands), strict=True):
        object.__setattr__(made, name, part)
    return made
