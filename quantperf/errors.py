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
    └── MissingLibrary (ImportError)   a library of an extra that is not installed

    QuantperfWarning (UserWarning)     something was taken differently than it was given

A message says what must be, what was, and what to do; wording that is used twice lives in a named constructor below.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


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
