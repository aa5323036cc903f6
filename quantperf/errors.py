"""Every error that quantperf raises on purpose.

::

    QuantperfError
    ├── ParameterError (ValueError)    a parameter is out of bounds or of the wrong kind
    ├── DataError (ValueError)         prices, volumes or an index that cannot be used
    ├── UnknownIndicator (KeyError)    a name that the catalogue does not hold
    ├── StateMismatch                  a saved stream that this version cannot continue
    ├── ParityError                    a fast version that does not equal its plain version
    ├── MeasurementError               a measurement that would say nothing
    ├── VerificationError              a function that breaks a law
    ├── Unkeyable (TypeError)          a value that a cache cannot know by its content
    ├── StoreError                     a store that cannot be opened, read or written
    │   ├── StoreBusy                  another process holds the write lock for too long
    │   └── CorruptChunk               stored bytes that are not what was written
    ├── SourceError                    a source that did not give what it was asked for
    │   ├── NotFound                   it does not know the symbol or the page
    │   ├── RateLimited                it wants fewer requests; `retry_at` says from when on, where it told
    │   ├── Unauthorized               it wants a key that was not given, or refuses the one that was
    │   ├── Blocked                    a consent page or a challenge instead of data; never evaded
    │   ├── Malformed                  an answer that is not what its kind of answer must be
    │   ├── Upstream                   it failed, was not reached, or did not answer in time
    │   └── OverlapMismatch            bars that contradict those stored, with no corporate action that explains it
    └── MissingLibrary (ImportError)   a library of an extra that is not installed

    QuantperfWarning (UserWarning)     something was taken differently than it was given

A message says what must be, what was, and what to do; wording that is used twice lives in a named constructor below.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


class QuantperfError(Exception):
    """Base of all errors raised by quantperf."""


class QuantperfWarning(UserWarning):
    """Something was taken differently than it was given, and the result says so."""


class ParameterError(QuantperfError, ValueError):
    """A parameter is out of bounds or of the wrong kind."""


class DataError(QuantperfError, ValueError):
    """Data that cannot be computed on as they are."""


class UnknownIndicator(QuantperfError, KeyError):
    """A name that the catalogue does not hold."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument; a sentence is meant to be read.
        return str(self.args[0]) if self.args else ""


class StateMismatch(QuantperfError):
    """A saved stream that this version, or this machine, cannot continue."""


class ParityError(QuantperfError):
    """A fast version that does not equal its plain version."""


class MeasurementError(QuantperfError):
    """A measurement that would say nothing: an empty body, a block that has not ended, a child process that failed."""


class VerificationError(QuantperfError):
    """A function that breaks a law: it looks ahead, or makes something of missing values."""


class Unkeyable(QuantperfError, TypeError):
    """A value that a cache cannot know by its content."""


class StoreError(QuantperfError):
    """A store that cannot be opened, read or written."""


class StoreBusy(StoreError):
    """Another process holds the write lock for too long."""


class CorruptChunk(StoreError):
    """Stored bytes that are not what was written."""


class SourceError(QuantperfError):
    """A source that did not give what it was asked for."""


class NotFound(SourceError):
    """The source does not know the symbol or the page."""


class RateLimited(SourceError):
    """The source wants fewer requests.

    Attributes
    ----------
    retry_at : datetime or None
        From when on it may be asked again (aware, UTC), where it told.
    """

    def __init__(self, message: str, retry_at: dt.datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self.args, self.retry_at)


class Unauthorized(SourceError):
    """The source wants a key that was not given, or refuses the one that was."""


class Blocked(SourceError):
    """A consent page or a challenge instead of data; it is reported, never evaded."""


class Malformed(SourceError):
    """An answer that is not what its kind of answer must be."""


class Upstream(SourceError):
    """The source failed, was not reached, or did not answer in time."""


class OverlapMismatch(SourceError):
    """Bars that contradict those stored, with no corporate action that explains it."""


class MissingLibrary(QuantperfError, ImportError):
    """A library of an extra that is not installed."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the nearest known name, or nothing."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def unknown_indicator(name: str, known: Iterable[str]) -> UnknownIndicator:
    """Name the nearest indicator."""
    hint = did_you_mean(name, known)
    return UnknownIndicator(f"unknown indicator {name!r}{hint or '; see quantperf.CATALOG'}")


def one_of(parameter: str, allowed: Iterable[str], value: object) -> ParameterError:
    """Name the allowed values, and the one that was given."""
    names = ", ".join(repr(choice) for choice in allowed)
    return ParameterError(f"{parameter} must be one of {names}, got {value!r}")


def not_bars(name: str, data: object) -> DataError:
    """Say what bars are, and which columns a frame lacks."""
    held = {str(label).lower() for label in getattr(data, "columns", ())}
    lacking = [column for column in ("open", "high", "low", "close") if column not in held]
    which = f", which lacks the columns {', '.join(lacking)}" if held and lacking else ""
    return DataError(f"{name} must be a Panel or a frame of bars, got {type(data).__name__}{which}")
