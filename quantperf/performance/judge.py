"""The verdict on two sides: from raw times and parity to a `Comparison`, by arithmetic alone.

Raw times come from `quantperf.performance.compare`, from one process or several; nothing here runs or times anything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from quantperf.errors import DataError, ParameterError
from quantperf.performance.figures import Nanoseconds, readable_bytes, readable_ns
from quantperf.performance.parity import Parity
from quantperf.performance.statistics import (
    FEWEST_BLOCKS,
    Interval,
    Verdict,
    interval,
    noise_floor,
    smallest_effect,
    verdict,
)

TAIL_RUNS = 1_000  # percentiles of the tail are shown from this many runs a side


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """Raw times of one side in one process.

    Attributes
    ----------
    loops : int
        Calls in a run.
    ns : ndarray of int64, shape (blocks, 2)
        Wall nanoseconds of the two runs of each block, in order of time.
    cpu_ns : int
        CPU nanoseconds of all runs.
    peak_bytes : int or None
        Most memory that one call held, from a run of its own.
    """

    loops: int
    ns: Nanoseconds
    cpu_ns: int
    peak_bytes: int | None = None

    @property
    def call_ns(self) -> NDArray[np.float64]:
        """Nanoseconds of a call, by block and run."""
        return self.ns / float(self.loops)

    def to_dict(self) -> dict[str, object]:
        """Return values that JSON can hold."""
        return {
            "loops": self.loops,
            "ns": self.ns.tolist(),
            "cpu_ns": self.cpu_ns,
            "peak_bytes": self.peak_bytes,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Return what `to_dict` gave away."""
        ns = np.array(record["ns"], dtype=np.int64).reshape(-1, 2)
        return cls(record["loops"], ns, record["cpu_ns"], record["peak_bytes"])


@dataclass(frozen=True, slots=True, eq=False)
class RawComparison:
    """Raw times of both sides, and of the baseline against itself, from one process.

    `orders` and `control_orders` say how each block ran, ``"ABBA"`` or ``"BAAB"``, where A is the first of a pair.
    """

    before: Arm
    after: Arm
    orders: tuple[str, ...]
    control: tuple[Arm, Arm]
    control_orders: tuple[str, ...]
    budget: float
    seed: int
    environment: dict[str, object]

    def log_ratios(self) -> list[float]:
        """Return one number per block: mean log time of the after side minus that of the before side."""
        return _log_ratios(self.before, self.after)

    def control_log_ratios(self) -> list[float]:
        """Return the same of the baseline against itself."""
        return _log_ratios(*self.control)

    def to_dict(self) -> dict[str, object]:
        """Return values that JSON can hold."""
        return {
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "orders": list(self.orders),
            "control": [arm.to_dict() for arm in self.control],
            "control_orders": list(self.control_orders),
            "budget": self.budget,
            "seed": self.seed,
            "environment": dict(self.environment),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Return what `to_dict` gave away."""
        first, second = (Arm.from_dict(arm) for arm in record["control"])
        return cls(
            before=Arm.from_dict(record["before"]),
            after=Arm.from_dict(record["after"]),
            orders=tuple(record["orders"]),
            control=(first, second),
            control_orders=tuple(record["control_orders"]),
            budget=record["budget"],
            seed=record["seed"],
            environment=dict(record["environment"]),
        )


def _log_ratios(first: Arm, second: Arm) -> list[float]:
    ratios: list[float] = (np.log(second.call_ns).mean(axis=1) - np.log(first.call_ns).mean(axis=1)).tolist()
    return ratios


@dataclass(frozen=True, slots=True)
class Side:
    """What one side took, over all processes; per call, in full work where it ran on a fraction of it."""

    label: str
    runs: int
    median_ns: float
    p95_ns: float | None
    p99_ns: float | None
    cpu_seconds: float
    peak_bytes: int | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison:
    """What a comparison found. Where the results differ there is no figure at all.

    Attributes
    ----------
    verdict : {"faster", "slower", "equivalent", "cannot tell", "different"}
        Of the after side.
    parity : Parity
        Whether both sides gave equal results.
    labels : tuple of str
        Names of the before and the after side.
    interval : Interval or None
        Ratio after/before with a 95 % interval; bounds are NaN below 6 blocks.
    control : Interval or None
        The same of the baseline against itself: the null of this machine in this run.
    noise : float or None
        How far from 1 the control was, or might have been; infinite without any control block.
    smallest_effect : float or None
        Smallest change that could have been seen; NaN below 6 blocks.
    blocks, processes : int
        How many were run.
    before, after : Side or None
        Times, CPU seconds and memory of each side.
    before_scale : float
        The before side ran on 1/`before_scale` of the work and its times are multiplied; 1 if it did all of it.
    margin : float
        Ratios within it count as equivalent.
    raw : tuple of RawComparison
        Every time that was read.
    """

    verdict: Verdict
    parity: Parity
    labels: tuple[str, str]
    margin: float
    before_scale: float = 1.0
    interval: Interval | None = None
    control: Interval | None = None
    noise: float | None = None
    smallest_effect: float | None = None
    blocks: int = 0
    processes: int = 0
    before: Side | None = None
    after: Side | None = None
    raw: tuple[RawComparison, ...] = ()

    @property
    def case(self) -> str:
        """Name of the inputs, where they have one."""
        return self.parity.case

    @property
    def ratio(self) -> float | None:
        """Time of the after side over time of the before side."""
        return None if self.interval is None else self.interval.estimate

    @property
    def speedup(self) -> Interval | None:
        """Time of the before side over time of the after side, with its interval."""
        if self.interval is None:
            return None
        estimate, low, high = self.interval
        return Interval(1.0 / estimate, 1.0 / high, 1.0 / low)

    @property
    def sentence(self) -> str:
        """The verdict as one sentence, with its interval, noise and conditions."""
        name, other = self.labels[1], self.labels[0]
        start = f"{self.case}: " if self.case else ""
        if self.interval is None or self.speedup is None:
            return f"{start}{name} differs from {other}, so no time is compared: {self.parity.mismatch}"
        ratio, low, high = self.interval
        if self.verdict == "faster":
            said = f"{name} is {self.speedup.estimate:.3g} times as fast as {other}"
            said += f" (95 % interval {self.speedup.low:.3g} to {self.speedup.high:.3g})"
        elif self.verdict == "slower":
            said = f"{name} is slower: it takes {ratio:.3g} times as long as {other}"
            said += f" (95 % interval {low:.3g} to {high:.3g})"
        elif self.verdict == "equivalent":
            said = f"{name} is as fast as {other} within {self.margin:.2g} of 1"
            said += f": ratio {ratio:.4g} (95 % interval {low:.4g} to {high:.4g})"
        elif self.blocks < FEWEST_BLOCKS:
            said = f"cannot tell {name} from {other}: {FEWEST_BLOCKS} blocks are needed and {self.blocks} fitted"
            said += f" (ratio {ratio:.3g}); give a larger budget"
        else:
            said = f"cannot tell {name} from {other}: ratio {ratio:.4g} (95 % interval {low:.4g} to {high:.4g})"
        said += f"; noise {_percent(self.noise)}, smallest visible effect {_percent(self.smallest_effect)}"
        if self.before_scale != 1.0:
            said += f"; {other} ran on 1/{self.before_scale:g} of the work and its time is multiplied by that"
        return start + said

    def to_dict(self) -> dict[str, object]:
        """Return values that JSON can hold: the verdict, all figures, parity, raw times; the unknown is None."""
        sides = {
            name: None if side is None else {field: getattr(side, field) for field in Side.__slots__}
            for name, side in (("before", self.before), ("after", self.after))
        }
        return {
            "sentence": self.sentence,
            "verdict": self.verdict,
            "case": self.case,
            "labels": list(self.labels),
            "ratio": _known(self.ratio),
            "interval": _bounds(self.interval),
            "speedup": _bounds(self.speedup),
            "control": _bounds(self.control),
            "noise": _known(self.noise),
            "smallest_effect": _known(self.smallest_effect),
            "margin": self.margin,
            "before_scale": self.before_scale,
            "blocks": self.blocks,
            "processes": self.processes,
            **sides,
            "parity": self.parity.to_dict(),
            "raw": [part.to_dict() for part in self.raw],
        }

    def __repr__(self) -> str:
        lines = [f"Comparison: {self.sentence}"]
        for side in (self.before, self.after):
            if side is not None:
                memory = "not measured" if side.peak_bytes is None else readable_bytes(side.peak_bytes)
                cpu = readable_ns(side.cpu_seconds * 1e9)
                lines.append(f"  {side.label}: median {readable_ns(side.median_ns)}, CPU {cpu}, peak memory {memory}")
        return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "unknown" if share is None or not math.isfinite(share) else f"{100.0 * share:.2g} %"


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _bounds(bounds: Interval | None) -> dict[str, float | None] | None:
    return None if bounds is None else {name: _known(value) for name, value in bounds._asdict().items()}


def judge(
    raws: Sequence[RawComparison],
    *,
    parity: Parity,
    before_scale: float = 1.0,
    margin: float = 0.03,
    seed: int = 0,
    labels: tuple[str, str] = ("before", "after"),
) -> Comparison:
    """Return what raw times say: a pure function of them.

    Parameters
    ----------
    raws : sequence of RawComparison
        One for each process that ran.
    parity : Parity
        Of the results; if they differ, the verdict is "different" and `raws` is not looked at.
    before_scale : float, default 1.0
        The before side ran on 1/`before_scale` of the work; its times are multiplied by this. Above 0.
    margin : float, default 0.03
        Ratios within this of 1 are called equivalent, at least 0.
    seed : int, default 0
        Of the bootstrap.
    labels : tuple of str, default ("before", "after")
        Names of the sides.

    Returns
    -------
    Comparison
    """
    if not 0.0 < before_scale < math.inf:
        raise ParameterError(f"before_scale must be a finite number above 0, got {before_scale!r}")
    if not margin >= 0.0:
        raise ParameterError(f"margin must be at least 0, got {margin!r}")
    if not parity.equal:
        return Comparison("different", parity, labels, margin, before_scale)
    if not any(len(raw.orders) for raw in raws):
        raise DataError("raws must hold at least one block, got none; collect them with a larger budget")
    shift = math.log(before_scale)
    blocks = [[ratio - shift for ratio in raw.log_ratios()] for raw in raws]
    control = [raw.control_log_ratios() for raw in raws]
    ratio, noise = interval(blocks, seed=seed), noise_floor(control, seed=seed)
    return Comparison(
        verdict=verdict(ratio.low, ratio.high, noise, margin),
        parity=parity,
        labels=labels,
        margin=margin,
        before_scale=before_scale,
        interval=ratio,
        control=interval(control, seed=seed),
        noise=noise,
        smallest_effect=smallest_effect(blocks, seed=seed),
        blocks=sum(map(len, blocks)),
        processes=len(raws),
        before=_side(labels[0], [raw.before for raw in raws], before_scale),
        after=_side(labels[1], [raw.after for raw in raws], 1.0),
        raw=tuple(raws),
    )


def _side(label: str, arms: Sequence[Arm], scale: float) -> Side:
    times = scale * np.concatenate([arm.call_ns.reshape(-1) for arm in arms])
    tails = np.percentile(times, (95, 99)).tolist() if len(times) >= TAIL_RUNS else (None, None)
    peaks = [arm.peak_bytes for arm in arms if arm.peak_bytes is not None]
    return Side(
        label=label,
        runs=len(times),
        median_ns=float(np.median(times)),
        p95_ns=tails[0],
        p99_ns=tails[1],
        cpu_seconds=scale * sum(arm.cpu_ns for arm in arms) / sum(arm.loops * arm.ns.size for arm in arms) / 1e9,
        peak_bytes=max(peaks, default=None),
    )
