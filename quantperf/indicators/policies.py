"""What a missing bar means: five policies, the same for a series, a panel and live bars.

=============  ==============================================  ================================================
``nan=``       windows                                         recurrences and running totals
=============  ==============================================  ================================================
``local``      NaN exactly where the window holds the bar      NaN on that bar, state held
``skip``       over the symbol's own valid bars                as ``local``
``ffill``      the last price is carried, at most `limit` bars as for windows
``segment``    a new start after more than `gap` missing bars  the same, with a new warm-up
``raise``      `DataError` with column, bar and count          the same
=============  ==============================================  ================================================

Bars before a symbol's first are free under every policy. A bar lacks if any column that the indicator reads lacks.
Policies are functions on blocks before (and after) the kernel; the kernel knows only ``local``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.errors import DataError, ParameterError, one_of
from quantperf.indicators.plan import FloatArray

KINDS = ("local", "skip", "ffill", "segment", "raise")
BoolArray = npt.NDArray[np.bool_]
Run = Callable[[Sequence[FloatArray]], npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy and its bound: bars that ``ffill`` carries at most (None: any), gap that ``segment`` bridges."""

    kind: str
    bars: int | None = None

    def __str__(self) -> str:
        return self.kind if self.bars is None else f"{self.kind}({self.bars})"


def ffill(limit: int | None = None) -> Policy:
    """Return the policy that carries the last price over at most `limit` missing bars.

    Parameters
    ----------
    limit : int, optional
        Bars that one price may stand in for, at least 1; any number by default.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.sma(np.array([1.0, np.nan, np.nan, 4.0]), 1, nan=qp.ffill(limit=1)).tolist()
    [1.0, 1.0, nan, 4.0]
    """
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | np.integer) or limit < 1):
        raise ParameterError(f"limit must be a whole number of at least 1, or None, got {limit!r}")
    return Policy("ffill", None if limit is None else int(limit))


def segment(gap: int = 0) -> Policy:
    """Return the policy that starts anew after more than `gap` missing bars in a row.

    Parameters
    ----------
    gap : int, default 0
        Missing bars that are still taken as ``local`` does, at least 0.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.ema(np.array([1.0, 2.0, np.nan, 4.0, 5.0]), 2, nan=qp.segment()).tolist()
    [nan, 1.5, nan, nan, 4.5]
    """
    if isinstance(gap, bool) or not isinstance(gap, int | np.integer) or gap < 0:
        raise ParameterError(f"gap must be a whole number of at least 0, got {gap!r}")
    return Policy("segment", int(gap))


def policy(nan: str | Policy) -> Policy:
    """Return the policy that was asked for by name or as an object."""
    if isinstance(nan, Policy):
        return nan
    if nan == "segment":
        return Policy("segment", 0)
    if nan in KINDS:
        return Policy(nan)
    raise one_of("nan", KINDS, nan)


def lacking(blocks: Sequence[FloatArray]) -> BoolArray:
    """Return where a bar lacks because one of its columns does."""
    missing = np.isnan(blocks[0])
    for block in blocks[1:]:
        missing |= np.isnan(block)
    return missing


def refuse_missing(blocks: Sequence[FloatArray], names: Sequence[str], labels: Sequence[Any] | None) -> None:
    """Raise `DataError` for the first bar that is missing after a symbol's first whole one."""
    begun = np.logical_or.accumulate(~lacking(blocks), axis=0)
    for name, block in zip(names, blocks, strict=True):
        late = np.isnan(block) & begun
        if late.any():
            bar, lane = (int(place) for place in np.argwhere(late)[0])
            where = f" of {labels[lane]!r}" if labels is not None else ""
            raise DataError(
                f"{name}{where} must hold no missing values, but bar {bar} is missing ({int(late.sum())} in all); "
                "fill them, or choose nan='local', 'skip', 'ffill' or 'segment'"
            )


def filled(block: FloatArray, limit: int | None) -> FloatArray:
    """Return the block with each missing value replaced by the last one, at most `limit` bars old."""
    rows = np.arange(block.shape[0])[:, None]
    known = np.maximum.accumulate(np.where(np.isnan(block), -1, rows), axis=0)
    carried = np.take_along_axis(block, np.maximum(known, 0), axis=0)
    stale = known < 0
    if limit is not None:
        stale |= rows - known > limit
    return np.where(stale, np.nan, carried)


def over_valid_bars(blocks: Sequence[FloatArray], run: Run, nothing: float | int) -> npt.NDArray[Any]:
    """Run over each symbol's own valid bars, moved together, and put the results back on their bars."""
    missing = lacking(blocks)
    order = np.argsort(missing, axis=0, kind="stable")
    packed = [np.take_along_axis(np.where(missing, np.nan, block), order, axis=0) for block in blocks]
    result = run(packed)
    places = np.broadcast_to(order, result.shape)
    spread = np.empty_like(result)
    np.put_along_axis(spread, places, result, axis=-2)
    spread[np.broadcast_to(missing, result.shape)] = nothing
    return spread


def starts(missing: BoolArray, gap: int) -> BoolArray:
    """Return the bars on which a new segment starts: the first, and each valid bar after more than `gap` missing."""
    rows = np.arange(missing.shape[0])[:, None]
    last_valid = np.maximum.accumulate(np.where(missing, -1, rows), axis=0)
    before = np.vstack([np.full((1, missing.shape[1]), -1), last_valid[:-1]])
    begin: BoolArray = ~missing & ((before < 0) | (rows - before - 1 > gap))
    return begin


def over_segments(blocks: Sequence[FloatArray], gap: int, run: Run, nothing: float | int) -> npt.NDArray[Any]:
    """Run over each stretch between long gaps as a lane of its own, and put the results back."""
    missing = lacking(blocks)
    begin = starts(missing, gap)
    bars, lanes = missing.shape
    lane_of, first = np.nonzero(begin.T)
    if first.size == 0:
        return run(blocks)
    last = np.append(first[1:], bars)
    last[np.append(lane_of[1:] != lane_of[:-1], True)] = bars
    spread: npt.NDArray[Any] | None = None
    # Side by side go stretches of like length, or one long stretch would make a lane of its length of every short one.
    octave = np.frexp(last - first)[1]
    for size in np.unique(octave):
        chosen = octave == size
        begins, ends, columns = first[chosen], last[chosen], lane_of[chosen]
        rows = begins[None, :] + np.arange(int((ends - begins).max()))[:, None]
        inside = rows < ends[None, :]
        rows = np.minimum(rows, bars - 1)
        packed = [np.where(inside, block[rows, columns[None, :]], np.nan) for block in blocks]
        result = run([np.ascontiguousarray(block) for block in packed])
        if spread is None:
            spread = np.full((*result.shape[:-2], bars, lanes), nothing, dtype=result.dtype)
        spread[..., rows[inside], np.broadcast_to(columns, rows.shape)[inside]] = result[..., inside]
    assert spread is not None
    return spread


def hide_unsettled(
    y: npt.NDArray[Any], blocks: Sequence[FloatArray], seen: npt.NDArray[np.int64], need: int, nothing: float | int
) -> None:
    """Make the values of each symbol unknown until more than `need` whole bars of it have come.

    `seen` (lanes,) holds the whole bars before these blocks, and moves on; it is counted no further than it matters.
    """
    at, bars = 0, blocks[0].shape[0]
    while at < bars and (seen <= need).any():
        rows = slice(at, at + max(need + 1, 64))
        whole = np.logical_and.reduce([np.isfinite(block[rows]) for block in blocks])
        counts = seen + np.cumsum(whole, axis=0)
        np.copyto(y[..., rows, :], nothing, where=counts <= need)
        np.minimum(counts[-1], need + 1, out=seen)
        at = rows.stop


class LiveFill:
    """``ffill`` for live bars: the last value of each column and how many bars ago it came."""

    def __init__(self, inputs: int, lanes: int, limit: int | None) -> None:
        self.limit = limit
        self.last = np.full((inputs, lanes), np.nan)
        self.age = np.zeros((inputs, lanes), dtype=np.int64)

    def __call__(self, rows: Sequence[FloatArray]) -> list[FloatArray]:
        """Return the rows (1, lanes) with missing values carried."""
        out = []
        for i, row in enumerate(rows):
            missing = np.isnan(row[0])
            self.age[i] = np.where(missing, self.age[i] + 1, 0)
            self.last[i] = np.where(missing, self.last[i], row[0])
            stale = self.age[i] > self.limit if self.limit is not None else np.zeros_like(missing)
            out.append(np.where(stale, np.nan, self.last[i])[None, :])
        return out
