"""What the difference between two runs of a function means: pure decisions on values, apart from the running."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.performance.parity import Tolerance, agreeing

BoolArray = npt.NDArray[np.bool_]
EXACTLY = Tolerance(rtol=0.0)
POWERS = (
    0,
    1,
    -1,
    2,
    -2,
)  # with which outputs follow a unit: scale-free, a price, its inverse, a variance, its inverse
FADED = 0.1  # share of the largest disturbance below which it fades rather than stays


@dataclass(frozen=True, slots=True)
class Line:
    """One output: a value a bar (bars,), or a value a bar and symbol (bars, lanes); NaN where it says nothing.

    `signal` says that its values are answers, such as True or a code, of which 0 means that there is nothing.
    """

    name: str
    values: npt.NDArray[np.float64]
    signal: bool = False

    def cut(self, bars: int) -> Line:
        """Return its first bars."""
        return Line(self.name, self.values[:bars], self.signal)

    @property
    def known(self) -> BoolArray:
        """Where it has a value."""
        return ~np.isnan(self.values)

    @property
    def size(self) -> float:
        """Its largest finite value."""
        finite = np.abs(self.values[np.isfinite(self.values)])
        return float(finite.max()) if finite.size else 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """Where one line differs from another: exactly nowhere, only within the tolerance, or at these bars."""

    exact: bool
    bars: npt.NDArray[np.int64]
    size: float | None

    @property
    def first(self) -> int:
        """The first bar that differs."""
        return int(self.bars[0])

    @property
    def last(self) -> int:
        """The last bar that differs."""
        return int(self.bars[-1])

    def __bool__(self) -> bool:
        return len(self.bars) > 0


def difference(wanted: Line, found: Line, rtol: float, scale: float | None = None) -> Difference:
    """Return where two lines differ; equality first, then `rtol` of the largest value of the wanted line."""
    left, right = wanted.values, found.values
    if left.shape != right.shape:
        return Difference(False, np.arange(max(len(left), 1)), None)
    same = agreeing(left, right, EXACTLY)
    if same.all():
        return Difference(True, np.empty(0, dtype=np.int64), 0.0)
    largest = wanted.size if scale is None else scale
    close = agreeing(left, right, Tolerance(rtol=rtol, atol=rtol * largest))
    with np.errstate(all="ignore"):
        sizes = np.abs(right - left)[~same]
    sizes = sizes[np.isfinite(sizes)]
    places = ~close if close.ndim == 1 else ~close.all(axis=tuple(range(1, close.ndim)))
    return Difference(False, np.flatnonzero(places), float(sizes.max()) if sizes.size else None)


def made_of_nothing(found: Line, *wanted: Line) -> BoolArray:
    """Return where a line has a value, or a signal, that none of the others has."""
    nothing = [~line.known | (line.values == 0.0) if found.signal else ~line.known for line in wanted]
    something = found.known & (found.values != 0.0) if found.signal else found.known
    made: BoolArray = something & np.logical_and.reduce(nothing)
    return made


def fades(wanted: Line, found: Line, since: int) -> bool:
    """Return whether what one bar disturbed dies away: it is everywhere a number, and at the end almost nothing."""
    left, right = wanted.values[since:], found.values[since:]
    soon = max(1, len(left) // 10)
    if not np.array_equal(np.isnan(left[soon:]), np.isnan(right[soon:])):
        return False
    with np.errstate(all="ignore"):
        error = np.nan_to_num(np.abs(right - left), nan=0.0)
    return bool(error[-soon:].max() <= FADED * error.max())


def power(plain: Line, scaled: dict[int, Line], rtol: float) -> tuple[int | None, bool]:
    """Return the power with which a line follows a unit times 2**k, for each k, and whether exactly; None if with none.

    A line that is 0 or unknown throughout says nothing of its unit, and counts as scale-free.
    """
    for degree in POWERS:
        exact = True
        for k, line in scaled.items():
            wanted = Line(plain.name, plain.values * math.ldexp(1.0, k * degree), plain.signal)
            found = difference(wanted, line, rtol)
            if found:
                break
            exact &= found.exact
        else:
            return degree, exact
    return None, False


def spread(numbers: Sequence[Any]) -> str:
    """Return one number, or the least and the largest of several."""
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"
