"""Counting sequences as an optimisation: walking over windows is the baseline, the kernel the candidate."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from quantperf.errors import ParameterError
from quantperf.kernels import sequences as kernels
from quantperf.market.sample import sample
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance
from quantperf.reference import sequences as plain

__all__ = ["moves_of_sample", "register", "turned"]

Whole: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float64]
KINDS = 6
DRAWS = 3
GAP, SPAN = 3, 30


def moves_of_sample(symbol: str = "IBM", draws: int = DRAWS) -> tuple[Whole, Whole, int, FloatArray]:
    """Return places and types of large moves of a real stock, its number of bars, and shares to turn them by.

    A type is the third of all large moves (more than 1 % in a day) by size, upwards or downwards.
    """
    close = sample(symbol)["close"].to_numpy()
    change = np.diff(close) / close[:-1]
    place = np.flatnonzero(np.abs(change) > 0.01).astype(np.int64)
    size = np.abs(change[place])
    kind = np.searchsorted(np.quantile(size, [1 / 3, 2 / 3]), size) + 3 * (change[place] > 0.0)
    order = np.lexsort((place, kind))
    shares = np.concatenate([np.zeros((1, KINDS)), np.random.default_rng(0).random((draws, KINDS))])
    return place[order], kind[order].astype(np.int64), len(close), shares


def links_of(kind: Whole) -> tuple[FloatArray, FloatArray]:
    """Return the logarithm of the expected neighbours of types that are unrelated, and of the events of each."""
    own = np.bincount(kind, minlength=KINDS).astype(np.float64)
    return np.log(np.outer(own, own) / own.sum()), np.log(own)


def turned(place: Whole, kind: Whole, bars: int, shares: FloatArray) -> tuple[Whole, FloatArray]:
    """Return how often each two types follow each other in each draw, and the greatest surprise, by the kernel."""
    _check(shares)
    links, own = links_of(kind)
    clock = np.arange(bars, dtype=np.int64)
    first, count = np.array([0, len(place)], dtype=np.int64), np.array([bars], dtype=np.int64)
    wanted = np.array([(a + 1) * (KINDS + 1) + b + 1 for a in range(KINDS) for b in range(KINDS)], dtype=np.int64)
    found, top = np.empty((len(shares), len(wanted)), dtype=np.int32), np.empty(len(shares))
    size = 1 << int(np.ceil(np.log2(8 * len(place) + 2)))
    table, used = np.zeros(size, dtype=np.int64), np.empty(size // 2, dtype=np.int64)
    digits = np.arange(1, KINDS + 1)
    opens, base = np.zeros(KINDS, np.int64), np.zeros(1, np.int64)
    kernels.turned_counts(
        place, kind, first, count, opens, base, clock, clock, GAP, SPAN, False, 2, 5, 3, digits, shares, links, own,
        wanted, 40, table, used, found, top,
    )  # fmt: skip
    return found.astype(np.int64), top


def _check(shares: FloatArray) -> None:
    """Refuse shares that lead to no bar: a kernel does not look where it writes."""
    if not ((shares >= 0.0) & (shares < 1.0)).all():
        raise ParameterError(f"shares must be from 0 to below 1, got {np.min(shares)!r} to {np.max(shares)!r}")


def turned_plainly(place: Whole, kind: Whole, bars: int, shares: FloatArray) -> tuple[Whole, FloatArray]:
    """Return the same as `turned`, window by window."""
    _check(shares)
    links, own = links_of(np.asarray(kind))
    clock = list(range(bars))
    group: Any = (
        list(zip(np.asarray(place).tolist(), np.asarray(kind).tolist(), strict=True)),
        clock,
        clock,
        [0] * KINDS,
    )
    wanted = [(a, b) for a in range(KINDS) for b in range(KINDS)]
    return plain.turned_counts([group], shares, plain.Rules(GAP, SPAN), 3, links, own, wanted)


def register() -> None:
    """Register the counting, which is enabled at once: counts are equal, surprises but for the logarithm's last bit."""
    declare = optimise(
        "patterns.sequences",
        inputs=[case(f"IBM, {DRAWS} draws", moves_of_sample)],
        tol=Tolerance(rtol=1e-12, atol=1e-12),
        tags={"pattern"},
    )
    made = declare(turned_plainly)
    made.optimised(turned)
    made.adopt(why="equal by tests/patterns/test_sequences_kernels.py")
