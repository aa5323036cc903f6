"""A plan: which kernel runs with which numbers, and the state it starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Rows = tuple[float, int]  # initial value, number of rows


def zeros(rows: int = 1) -> Rows:
    """Return `rows` rows that start as 0."""
    return (0.0, rows)


def unknown(rows: int = 1) -> Rows:
    """Return `rows` rows that start as NaN, as rings do: the warm-up is then NaN by itself."""
    return (np.nan, rows)


def ring(window: int, heads: int = 2, rings: int = 1) -> tuple[Rows, Rows]:
    """Return the rows of a rolling window: place and heads, then `rings` rings of `window` bars."""
    return zeros(heads), unknown(rings * window)


@dataclass(frozen=True, slots=True)
class Plan:
    """One kernel (or a chain of them), its parameters as numbers, and the rows of its state.

    `along` is how it runs along columns, where the kernel does that by itself.
    """

    kernel: Callable[..., None]
    params: tuple[float | int | bool, ...]
    rows: tuple[Rows, ...]
    chained: bool = False
    along: Callable[..., None] | None = None

    def start(self, lanes: int) -> FloatArray:
        """Return the state (slots, lanes) before the first bar."""
        column = self.column()
        return column if lanes == 1 else np.repeat(column, lanes, axis=1)

    def column(self) -> FloatArray:
        """Return the state (slots, 1) of one lane before the first bar."""
        return np.concatenate([np.empty(0), *(np.full(count, value) for value, count in self.rows)])[:, None]
