"""Windows of a series by their shape: standardised, compared with each other, and set against shuffled moves."""

from __future__ import annotations

import math
import threading
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError, one_of
from quantperf.indicators import rim
from quantperf.kernels.similarity import closest_windows, nearest_windows, standardise_windows
from quantperf.market.bars import Panel
from quantperf.patterns.libraries import library

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

TRANSFORMS = ("returns", "log", None)
ENGINES = ("kernel", "stumpy")
# The kernel takes 0.12 s for 3 000 windows of 20 bars and grows with their square; stumpy is some times faster from
# there, but compiles for half a minute in each process.
STUMPY_FROM = 20_000
# stumpy updates running sums, whose error is about eps * (spread of the values)^2 / (deviations of both windows): from
# 1e-4 of the spread downwards a distance has fewer than 6 digits.
FLAT = 1e-4
MOST_NUMBERS = 40_000_000  # in all windows of one series together: 320 MB
_stumpy_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Windows:
    """All windows of a series; a window is named by the place of its first number.

    Attributes
    ----------
    z : ndarray, shape (windows, numbers)
        Each with mean 0 and (population) deviation 1, a constant one 0, one that misses a number 0 too.
    usable : ndarray of bool
        Whether no number of a window is missing.
    constant : ndarray of bool
        Whether all its numbers are equal.
    deviation : ndarray
        Its deviation; NaN where it is not usable.
    """

    z: FloatArray
    usable: BoolArray
    constant: BoolArray
    deviation: FloatArray


@dataclass(frozen=True, slots=True)
class Neighbours:
    """For each window its nearest earlier and nearest later one: distances (infinite: none) and places (-1: none)."""

    left: FloatArray
    left_at: Places
    right: FloatArray
    right_at: Places
    engine: str


def series_of(data: Any, name: str = "series") -> tuple[FloatArray, pd.Index[Any]]:
    """Return the numbers of one series, infinite ones as missing, and its index; a frame of bars stands for its closes.

    Raises
    ------
    DataError
        If it is not one numeric series with ascending stamps.
    """
    if isinstance(data, Panel):
        raise DataError(f"{name} must be one series, got a Panel; take panel.frame(symbol)")
    blocks, source = rim.take((name,), (data,), columns=("close",))
    block = blocks[0]
    if block.shape[1] != 1:
        raise DataError(f"{name} must be one series, got {block.shape[1]} columns; take one of them")
    if np.isinf(block).any():
        rim.warn_of_infinities((name,), blocks)
        block = np.where(np.isinf(block), np.nan, block)
    index = source.index if source.index is not None else pd.RangeIndex(len(block))
    return np.ascontiguousarray(block[:, 0]), index


def transformed(prices: FloatArray, transform: str | None) -> FloatArray:
    """Return the numbers whose shapes are compared: log returns from bar to bar, log prices, or the prices as they are.

    Raises
    ------
    ParameterError
        If `transform` is none of these.
    DataError
        If a logarithm of 0 or less is asked for.

    Examples
    --------
    >>> transformed(np.array([1.0, np.e, np.e]), "returns").tolist()
    [nan, 1.0, 0.0]
    """
    if transform not in TRANSFORMS:
        raise one_of("transform", TRANSFORMS, transform)  # type: ignore[arg-type]
    if transform is None:
        return prices
    if (prices <= 0.0).any():
        lowest = float(np.nanmin(prices))
        raise DataError(f"prices must be above 0 for transform={transform!r}, got {lowest!r}; use transform=None")
    logs = np.log(prices)
    return np.diff(logs, prepend=np.nan) if transform == "returns" else logs


def windows_of(values: FloatArray, window: int) -> Windows:
    """Return all windows of a series, none if it is shorter than one."""
    count = max(0, len(values) - window + 1)
    if count * window > MOST_NUMBERS:
        raise DataError(
            f"{len(values)} bars in windows of {window} are more than {MOST_NUMBERS} numbers; take fewer bars"
        )
    z, deviation = np.empty((count, window)), np.empty(count)
    usable, constant = np.empty(count, dtype=np.bool_), np.empty(count, dtype=np.bool_)
    if count:
        standardise_windows(np.ascontiguousarray(values), window, z, usable, constant, deviation)
    z.flags.writeable = False
    return Windows(z, usable, constant, deviation)


def neighbours_of(
    values: FloatArray, found: Windows, window: int, exclusion: int, engine: str | None = None
) -> Neighbours:
    """Return the matrix profile of a series, split into earlier and later neighbours.

    The kernel compares standardised windows, and is exact; stumpy updates running sums, and is used for long series
    none of whose windows is so flat that those lose it. Its neighbours are measured again by the definition.
    """
    if engine not in (*ENGINES, None):
        raise one_of("engine", (*ENGINES, None), engine)  # type: ignore[arg-type]
    count = len(found.z)
    if engine == "kernel" or (engine is None and (count < STUMPY_FROM or _has_flat(values, found))):
        left, right = np.empty(count), np.empty(count)
        left_at, right_at = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
        nearest_windows(found.z, found.usable, exclusion, left, left_at, right, right_at)
        return Neighbours(left, left_at, right, right_at, "kernel")
    if not found.usable.any():
        none, nowhere = np.full(count, np.inf), np.full(count, -1, dtype=np.int64)
        return Neighbours(none, nowhere, none.copy(), nowhere.copy(), "stumpy")
    left_at, right_at = _by_stumpy(values, window, exclusion)
    return Neighbours(_measured(found.z, left_at), left_at, _measured(found.z, right_at), right_at, "stumpy")


def _has_flat(values: FloatArray, found: Windows) -> bool:
    """Whether a window that is not constant is so flat beside the rest that running sums lose it."""
    shaped = found.deviation[found.usable & ~found.constant]
    if not len(shaped):
        return False
    known = values[np.isfinite(values)]
    return bool(shaped.min() < FLAT * np.abs(known - known.mean()).max())


def _by_stumpy(values: FloatArray, window: int, exclusion: int) -> tuple[Places, Places]:
    """Return the places of the nearest earlier and later windows by stumpy."""
    stumpy = library("stumpy")
    # stumpy excludes ceil(window / denominator) starts on either side; the denominator is a setting of its module, so
    # only one thread at a time may have it changed. numba's default threads bear no second caller either.
    with _stumpy_lock, warnings.catch_warnings():
        # Hints for the eye of an analyst, on distances near 0 (constant windows) and on windows that are long beside
        # the series; both cases are defined here and tested.
        warnings.filterwarnings("ignore", message="A large number of values in `P` are smaller", module="stumpy")
        warnings.filterwarnings("ignore", message="The window size, 'm = ", module="stumpy")
        before = stumpy.config.STUMPY_EXCL_ZONE_DENOM
        stumpy.config.STUMPY_EXCL_ZONE_DENOM = window / exclusion if exclusion else math.inf
        try:
            profile = stumpy.stump(np.array(values), window)
        finally:
            stumpy.config.STUMPY_EXCL_ZONE_DENOM = before
    return np.asarray(profile[:, 2], dtype=np.int64), np.asarray(profile[:, 3], dtype=np.int64)


def _measured(z: FloatArray, at: Places) -> FloatArray:
    """Return the distance of each window to the one at the given place, infinite where that is -1."""
    apart = np.empty(len(z))
    for lo in range(0, len(z), 4096):  # so many at a time, so that the differences stay in cache
        rows = slice(lo, lo + 4096)
        apart[rows] = np.sqrt(np.square(z[rows] - z[at[rows]]).sum(axis=1))
    apart[at < 0] = np.inf
    return apart


def shuffled(values: FloatArray, levels: BoolArray, block: int, random: np.random.Generator) -> FloatArray:
    """Return a history of the same moves in another order: their blocks are shuffled, missing bars stay where they are.

    Parameters
    ----------
    values : ndarray, shape (bars, features)
        A bar is missing if one of its features is.
    levels : ndarray of bool
        Which features are levels, whose differences are shuffled and added up again from their first value; of the
        others the values themselves are shuffled, in the same order.
    block : int
        Bars that stay together.
    random : Generator
        Draws the order.
    """
    known = np.flatnonzero(np.isfinite(values).all(axis=1))
    result = np.full(values.shape, np.nan)
    start = int(levels.any() and len(known) > 0)  # the first level is where the moves begin
    held = values[known]
    steps = np.where(levels, np.diff(held, axis=0, prepend=held[:1]), held)[start:]
    if len(steps):
        # The first block is cut at random, so that no cut is the same in all draws.
        cuts = np.arange(int(random.integers(1, block + 1)), len(steps), block)
        pieces = np.split(steps, cuts)
        steps = np.concatenate([pieces[place] for place in random.permutation(len(pieces))])
    mixed = np.concatenate([held[:start], steps])
    result[known] = np.where(levels, mixed.cumsum(axis=0), mixed)
    return result


def closest_of_shuffled(
    values: FloatArray, window: int, exclusion: int, *, moves: bool, block: int, draws: int, seed: int
) -> FloatArray:
    """Return the least distance of two windows that are not constant, in each of `draws` shuffled series.

    `moves` says that the values are moves themselves (returns), no levels.
    """
    random = np.random.default_rng(seed)
    best = np.empty(draws)
    for draw in range(draws):
        mixed = shuffled(values[:, None], np.array([not moves]), block, random)[:, 0]
        found = windows_of(mixed, window)
        closest_windows(found.z, found.usable & ~found.constant, exclusion, best[draw : draw + 1])
    return best


def whole(name: str, value: Any, low: int) -> int:
    """Return a whole number of at least `low`.

    Raises
    ------
    ParameterError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ParameterError(f"{name} must be a whole number of at least {low}, got {value!r}")
    return int(value)


def share(name: str, value: Any) -> float:
    """Return a number above 0 and below 1.

    Raises
    ------
    ParameterError
        If it is none.
    """
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not 0.0 < value < 1.0:
        raise ParameterError(f"{name} must be a number above 0 and below 1, got {value!r}")
    return float(value)
