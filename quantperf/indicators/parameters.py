"""Parameters of indicators: their kinds, bounds and checks. Each value is checked once, before any kernel."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from operator import index
from typing import Any

from quantperf.errors import ParameterError

LONGEST_WINDOW = 100_000  # as in TA-Lib; it bounds the memory of a state


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: a whole number (of bars, or that names a choice), or a real number, within bounds."""

    name: str
    default: Any
    whole: bool
    low: float
    high: float
    choice: bool = False

    def check(self, value: Any) -> int | float:
        """Return the value as int or float, or raise `ParameterError` that says what it must be."""
        kind = "a whole number" if self.whole else "a number"
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise ParameterError(f"{self.name} must be {kind}, got {value!r}")
        if self.whole:
            try:
                checked: int | float = index(value)  # type: ignore[arg-type]
            except TypeError:
                raise ParameterError(f"{self.name} must be a whole number, got {value!r}; pass an int") from None
        else:
            checked = float(value)
            if not math.isfinite(checked):
                raise ParameterError(f"{self.name} must be a finite number, got {value!r}")
        if checked < self.low:
            raise ParameterError(f"{self.name} must be at least {self.low:g}, got {value!r}")
        if checked > self.high:
            raise ParameterError(f"{self.name} must be at most {self.high:g}, got {value!r}")
        return checked


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a declaration says of a parameter; its name and default come from the signature."""

    whole: bool
    low: float
    high: float
    choice: bool = False

    def named(self, name: str, default: Any) -> Parameter:
        """Return the parameter with these bounds."""
        return Parameter(name, default, self.whole, self.low, self.high, self.choice)


def period(low: int = 1) -> Bounds:
    """Return the bounds of a number of bars."""
    return Bounds(whole=True, low=low, high=LONGEST_WINDOW)


def choice(low: int, high: int) -> Bounds:
    """Return the bounds of a whole number that stands for a choice, such as a kind of average."""
    return Bounds(whole=True, low=low, high=high, choice=True)


def number(low: float = -1e15, high: float = 1e15) -> Bounds:
    """Return the bounds of a real number."""
    return Bounds(whole=False, low=low, high=high)
