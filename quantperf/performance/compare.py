"""Compare two functions: parity first, then a control of the machine, then blocks of both sides, then a verdict.

`collect` runs and returns raw times; `quantperf.performance.judge` turns those of one or several processes into a
`Comparison`. A report collects in fresh processes, sends `RawComparison.to_dict` over a pipe, and judges them together.
"""

from __future__ import annotations

import importlib
import json
import operator
import pickle
import random
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat
from typing import Any

import numpy as np

from quantperf.errors import ParameterError
from quantperf.performance.cold import in_child
from quantperf.performance.environment import load, surroundings
from quantperf.performance.judge import Arm, Comparison, RawComparison, judge
from quantperf.performance.measure import BATCH_NS, OVERRUN, check_budget, loops_for, name_of, now, peak_bytes, run
from quantperf.performance.parity import DEFAULT_TOLERANCE, Parity, Tolerance, prove
from quantperf.performance.statistics import FEWEST_BLOCKS

MOST_BLOCKS = 500
BLOCKS_WANTED = 30  # the fast side runs as long as the slow one, unless fewer blocks than this would fit
CONTROL_SHARE = 0.2  # of the budget, for the baseline against itself


def collect(
    before: Callable[[], object],
    after: Callable[[], object],
    *,
    budget: float = 2.0,
    seed: int = 0,
    memory: bool = True,
) -> RawComparison:
    """Return raw times of both sides in this process: a pilot, the control, then blocks in random order.

    Parameters
    ----------
    before, after : callable
        Called without arguments.
    budget : float, default 2.0
        Seconds of timed runs, a fifth of them for the control. Where 6 blocks do not fit, up to three budgets are
        used; one block is run in any case.
    seed : int, default 0
        Of the order within blocks.
    memory : bool, default True
        Whether each side makes one further call under `tracemalloc`.

    Returns
    -------
    RawComparison
    """
    check_budget(budget)
    around = surroundings()
    whole = budget * 1e9
    share = (1.0 - CONTROL_SHARE) * whole
    target = max(BATCH_NS, share / (4 * MOST_BLOCKS))
    run((before, after))  # warm-up is a call: it compiles, and fills caches
    pilots = [loops_for(partial(repeat, call), target) for call in (before, after)]
    loops = _equal_walls(pilots, target, share)
    lengths = [2.0 * count * pilot[1] for count, pilot in zip(loops, pilots, strict=True)]
    block = sum(lengths)
    draw = random.Random(seed)
    start = now()
    control, control_orders = _alternate(
        (before, before), (loops[0], loops[0]), CONTROL_SHARE * whole, OVERRUN * whole - FEWEST_BLOCKS * block,
        2.0 * lengths[0], draw,
    )  # fmt: skip
    arms, orders = _alternate((before, after), loops, share, OVERRUN * whole - (now() - start), block, draw, fewest=1)
    peaks = [peak_bytes(call) if memory else None for call in (before, after)]
    return RawComparison(
        before=Arm(arms[0].loops, arms[0].ns, arms[0].cpu_ns, peaks[0]),
        after=Arm(arms[1].loops, arms[1].ns, arms[1].cpu_ns, peaks[1]),
        orders=orders,
        control=control,
        control_orders=control_orders,
        budget=budget,
        seed=seed,
        environment={**around, **load("after")},
    )


def _equal_walls(pilots: Sequence[tuple[int, float]], target: float, share: float) -> tuple[int, int]:
    """Return loop counts that give both sides runs of equal length, shorter for the fast side if time is short."""
    longest = max(loops * per_call for loops, per_call in pilots)
    room = (share / BLOCKS_WANTED - 2.0 * longest) / 2.0
    wall = min(longest, max(target, room))
    first, second = (max(1, round(wall / per_call)) for _, per_call in pilots)
    return first, second


def _alternate(
    calls: tuple[Callable[[], object], Callable[[], object]],
    loops: tuple[int, int],
    share: float,
    limit: float,
    block: float,
    draw: random.Random,
    fewest: int = 0,
) -> tuple[tuple[Arm, Arm], tuple[str, ...]]:
    """Run blocks for `share` nanoseconds, 6 of them within `limit`, `fewest` in any case; `block` is one's length."""
    times: tuple[list[list[int]], list[list[int]]] = ([], [])
    used = [0, 0]
    orders: list[str] = []
    start = now()
    while len(orders) < MOST_BLOCKS:
        spent = now() - start
        allowed = share if len(orders) >= FEWEST_BLOCKS else limit
        if len(orders) >= fewest and spent + block > allowed:
            break
        order = "ABBA" if draw.random() < 0.5 else "BAAB"
        pair: tuple[list[int], list[int]] = ([], [])
        for letter in order:
            side = 0 if letter == "A" else 1
            wall, cpu = run(repeat(calls[side], loops[side]))
            pair[side].append(max(wall, 1))
            used[side] += cpu
        times[0].append(pair[0])
        times[1].append(pair[1])
        orders.append(order)
    first, second = (
        Arm(loops[side], np.array(times[side], dtype=np.int64).reshape(-1, 2), used[side]) for side in (0, 1)
    )
    return (first, second), tuple(orders)


def compare_calls(
    before: Callable[[], object],
    after: Callable[[], object],
    *,
    parity: Parity,
    budget: float = 2.0,
    margin: float = 0.03,
    seed: int = 0,
    memory: bool = True,
    before_scale: float = 1.0,
    labels: tuple[str, str] = ("before", "after"),
) -> Comparison:
    """Return a comparison of two calls whose parity is known; nothing is timed if their results differ.

    Parameters are those of `collect` and `judge`.
    """
    check_budget(budget)
    raws = [collect(before, after, budget=budget, seed=seed, memory=memory)] if parity.equal else []
    return judge(raws, parity=parity, before_scale=before_scale, margin=margin, seed=seed, labels=labels)


def compare(
    before: Callable[..., object],
    after: Callable[..., object],
    /,
    *args: Any,
    budget: float = 2.0,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    margin: float = 0.03,
    seed: int = 0,
    processes: int = 1,
    memory: bool = True,
    before_scale: float = 1.0,
    labels: tuple[str, str] | None = None,
    **kwargs: Any,
) -> Comparison:
    """Return whether `after` gives the results of `before`, and if so, which is faster.

    Parameters
    ----------
    before, after : callable
        The two functions.
    *args, **kwargs
        Arguments for both. For a function that has a parameter named like an option below, use `functools.partial`.
    budget : float, default 2.0
        Seconds of timed runs in all, above 0; see `collect`.
    tolerance : Tolerance, default ``Tolerance(rtol=1e-9)``
        How far floats of the results may differ.
    margin : float, default 0.03
        Ratios within this of 1 are called equivalent, at least 0.
    seed : int, default 0
        Of the order of runs and of the bootstrap.
    processes : int, default 1
        1 runs in this process; more run in that many fresh ones, one after the other, each with its part of the budget.
    memory : bool, default True
        Whether peak memory is measured, in runs of its own.
    before_scale : float, default 1.0
        Declares that `before` does 1/`before_scale` of the work; its times are multiplied, and the result says so.
    labels : tuple of str, optional
        Names of the sides; default: those of the functions.

    Returns
    -------
    Comparison
        Its `verdict` is "different", and every figure None, if the results differ or a side changes its arguments.

    Raises
    ------
    ParameterError
        If an option is out of bounds, or a function cannot be imported by a fresh process.

    Examples
    --------
    >>> import math
    >>> values = list(range(1_000))
    >>> found = compare(sum, math.fsum, values, budget=0.02)
    >>> found.verdict, found.ratio, found.parity.mismatch.place
    ('different', None, 'result.dtype')
    """
    check_budget(budget)
    if isinstance(processes, bool) or not isinstance(processes, int) or processes < 1:
        raise ParameterError(f"processes must be an integer, at least 1, got {processes!r}")
    names = (name_of(before), name_of(after))
    given = labels or (names if names[0] != names[1] else ("before", "after"))
    addresses = (address(before), address(after)) if processes > 1 else None
    parity = prove(before, after, args, kwargs, tolerance)
    if addresses is None or not parity.equal:
        calls = partial(before, *args, **kwargs), partial(after, *args, **kwargs)
        return compare_calls(
            *calls, parity=parity, budget=budget, margin=margin, seed=seed, memory=memory,
            before_scale=before_scale, labels=given,
        )  # fmt: skip
    options = {"budget": budget / processes, "memory": memory}
    raws = []
    for number in range(processes):
        order = pickle.dumps((sys.path, pickle.dumps((addresses, args, kwargs, {**options, "seed": seed + number}))))
        record: Any = in_child(_CHILD, order)
        raws.append(RawComparison.from_dict(record))
    return judge(raws, parity=parity, before_scale=before_scale, margin=margin, seed=seed, labels=given)


_CHILD = """\
import pickle, sys
path, order = pickle.load(sys.stdin.buffer)
sys.path[:] = path
from quantperf.performance.compare import collect_order
print()
print(collect_order(order))
"""


def collect_order(order: bytes) -> str:
    """Collect in this process what its parent ordered; return JSON."""
    addresses, args, kwargs, options = pickle.loads(order)
    before, after = (partial(resolve(place), *args, **kwargs) for place in addresses)
    return json.dumps(collect(before, after, **options).to_dict())


def address(work: Callable[..., object]) -> str:
    """Return the ``"module:qualname"`` under which a fresh process finds a function.

    Raises
    ------
    ParameterError
        If it is not there: a lambda, an inner function, one of ``__main__``.

    Examples
    --------
    >>> import math
    >>> address(math.fsum)
    'math:fsum'
    """
    module, name = getattr(work, "__module__", None), getattr(work, "__qualname__", None)
    if module and name and module != "__main__":
        for place in (f"{module}:{name}", f"{module}:{name}.__wrapped__"):
            try:
                if resolve(place) is work:
                    return place
            except (ImportError, AttributeError):
                continue
    raise ParameterError(
        f"with processes above 1, a function must be importable from a module, got {work!r};"
        " define it at the top of a module, or use processes=1"
    )


def resolve(place: str) -> Callable[..., object]:
    """Return the function at an `address`."""
    module, _, name = place.partition(":")
    found: Callable[..., object] = operator.attrgetter(name)(importlib.import_module(module))
    return found
