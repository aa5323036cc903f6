"""Keys of single values and of containers."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import pathlib
import re
import struct
import types
import uuid
import zoneinfo
from collections import OrderedDict, deque
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import Unkeyable
from quantperf.memory.digests import HANDLERS, SHORT, Digest, Handler, content_key, many, packed

__all__ = ["VALUES", "zone_key"]

_double = struct.Struct("<d").pack


def _itself(value: Any, digest: Digest) -> Hashable:
    """None, and text: nothing else in a key is either."""
    return value  # type: ignore[no-any-return]


def _text(value: str, digest: Digest) -> Hashable:
    if len(value) <= SHORT:
        return value
    return ("text", len(value), digest(value.encode("utf-8", "surrogatepass")))


def _whole(value: int, digest: Digest) -> Hashable:
    return ("int", value)


def _truth(value: bool, digest: Digest) -> Hashable:
    return ("bool", value)


def _real(value: float, digest: Digest) -> Hashable:
    return ("float", _double(value))  # as bytes: NaN equals itself, and the sign of 0 counts


def _complex(value: complex, digest: Digest) -> Hashable:
    return ("complex", _double(value.real), _double(value.imag))


def _bytes(value: bytes | bytearray, digest: Digest) -> Hashable:
    tag = type(value).__name__
    return (tag, bytes(value)) if len(value) <= SHORT else (tag, len(value), digest(value))


def _constant(value: Any, digest: Digest) -> Hashable:
    return ("constant", str(value))  # Ellipsis, NotImplemented, NA, NaT


def _sequence(value: Any, digest: Digest) -> Hashable:
    return many(type(value).__name__, [content_key(each, digest) for each in value], digest)


def _set(value: Any, digest: Digest) -> Hashable:
    parts = sorted(packed(content_key(each, digest)) for each in value)
    return many(type(value).__name__, parts, digest)


def _mapping(value: Mapping[Any, Any], digest: Digest) -> Hashable:
    # In its order: the columns of a frame made of it, and with them a result, follow from that.
    parts = [content_key(each, digest) for pair in value.items() for each in pair]
    return many(type(value).__name__, parts, digest)


def _range(value: range | slice, digest: Digest) -> Hashable:
    return (type(value).__name__, *(content_key(each, digest) for each in (value.start, value.stop, value.step)))


def _date(value: dt.date, digest: Digest) -> Hashable:
    return ("date", value.toordinal())


def _moment(value: dt.datetime, digest: Digest) -> Hashable:
    return ("datetime", value.replace(tzinfo=None).isoformat(), value.fold, zone_key(value.tzinfo, digest))


def _time(value: dt.time, digest: Digest) -> Hashable:
    return ("time", value.replace(tzinfo=None).isoformat(), value.fold, zone_key(value.tzinfo, digest))


def _span(value: dt.timedelta, digest: Digest) -> Hashable:
    return ("timedelta", value.days, value.seconds, value.microseconds)


def zone_key(zone: dt.tzinfo | None, digest: Digest) -> Hashable:
    """Return the key of a time zone: its name or its fixed distance."""
    if zone is None:
        return None
    if isinstance(zone, zoneinfo.ZoneInfo) and zone.key is not None:
        return ("zone", zone.key)
    if type(zone) is dt.timezone:
        return ("zone", _span(zone.utcoffset(None), digest), str(zone))
    name = getattr(zone, "zone", None)  # of pytz
    if isinstance(name, str):
        return ("zone", type(zone).__module__, name, str(zone.utcoffset(None)))
    raise Unkeyable(
        f"a key is made of content, and a time zone of type {type(zone).__name__} has no name; use zoneinfo.ZoneInfo"
    )


def _timestamp(value: pd.Timestamp, digest: Digest) -> Hashable:
    return ("Timestamp", int(value.asm8.view("i8")), value.unit, value.fold, zone_key(value.tzinfo, digest))


def _timedelta(value: pd.Timedelta, digest: Digest) -> Hashable:
    return ("Timedelta", int(value.asm8.view("i8")), value.unit)


def _period(value: pd.Period, digest: Digest) -> Hashable:
    return ("Period", value.ordinal, value.freqstr)


def _interval(value: Any, digest: Digest) -> Hashable:
    return ("Interval", content_key(value.left, digest), content_key(value.right, digest), value.closed)


def _decimal(value: decimal.Decimal, digest: Digest) -> Hashable:
    sign, digits, exponent = value.as_tuple()
    return ("Decimal", sign, _text("".join(map(str, digits)), digest), exponent)


def _fraction(value: fractions.Fraction, digest: Digest) -> Hashable:
    return ("Fraction", value.numerator, value.denominator)


def _identifier(value: uuid.UUID, digest: Digest) -> Hashable:
    return ("UUID", value.hex)


def _pattern(value: re.Pattern[Any], digest: Digest) -> Hashable:
    return ("pattern", content_key(value.pattern, digest), value.flags)


def _path(value: pathlib.PurePath, digest: Digest) -> Hashable:
    return (type(value).__name__, _text(str(value), digest))


def _space(value: types.SimpleNamespace, digest: Digest) -> Hashable:
    return ("namespace", _mapping(vars(value), digest))


def scalar_of_numpy(value: Any, digest: Digest) -> Hashable | None:
    """Return the key of a number of numpy, or nothing for other values."""
    if not isinstance(value, np.generic) or value.dtype.hasobject:
        return None
    return ("scalar", value.dtype.str, value.tobytes())


def enumerated(value: Any, digest: Digest) -> Hashable | None:
    """Return the key of a member of an enum, or nothing for other values."""
    if not isinstance(value, enum.Enum):
        return None
    return ("enum", content_key(type(value), digest), value.name, content_key(value.value, digest))


VALUES: dict[type, Handler] = {
    type(None): _itself,
    str: _text,
    int: _whole,
    bool: _truth,
    float: _real,
    complex: _complex,
    bytes: _bytes,
    bytearray: _bytes,
    type(Ellipsis): _constant,
    type(NotImplemented): _constant,
    type(pd.NA): _constant,
    type(pd.NaT): _constant,
    tuple: _sequence,
    list: _sequence,
    deque: _sequence,
    set: _set,
    frozenset: _set,
    dict: _mapping,
    OrderedDict: _mapping,
    types.MappingProxyType: _mapping,
    range: _range,
    slice: _range,
    dt.date: _date,
    dt.datetime: _moment,
    dt.time: _time,
    dt.timedelta: _span,
    dt.timezone: zone_key,
    zoneinfo.ZoneInfo: zone_key,
    pd.Timestamp: _timestamp,
    pd.Timedelta: _timedelta,
    pd.Period: _period,
    pd.Interval: _interval,
    decimal.Decimal: _decimal,
    fractions.Fraction: _fraction,
    uuid.UUID: _identifier,
    re.Pattern: _pattern,
    pathlib.PurePosixPath: _path,
    pathlib.PureWindowsPath: _path,
    type(pathlib.Path()): _path,
    types.SimpleNamespace: _space,
}
HANDLERS.update(VALUES)
