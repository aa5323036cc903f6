"""Many indicators over one panel or frame: inputs are laid out and surveyed once, and symbols are split over threads.

Every thread has a slab of symbols that is a block of its own, and takes it through all indicators while it is warm;
kernels run outside Python's lock. What several indicators need is computed once, see `shared`. The results lie in one
block a slab, of which frames are views.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, pairwise, product
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.internals import create_dataframe_from_blocks  # type: ignore[import-not-found]

from quantperf.errors import ParameterError, not_bars
from quantperf.indicators import rim, run
from quantperf.indicators.catalogue import CATALOG, Call, Indicator
from quantperf.indicators.plan import FloatArray
from quantperf.indicators.shared import Key, Stages, wanted_twice
from quantperf.market.bars import Panel

Wanted: TypeAlias = str | Indicator | tuple[str | Indicator, Mapping[str, Any]]
FEWEST_SYMBOLS = 16  # in a slab: a thread for less gains nothing


@dataclass(frozen=True, slots=True)
class _Job:
    """One indicator with its parameters, and the labels of its outputs."""

    entry: Indicator
    call: Call
    labels: tuple[str, ...]


def compute(
    data: Panel | pd.DataFrame, wanted: Iterable[Wanted], *, nan: Any = "local", threads: int | None = None
) -> pd.DataFrame | dict[str, pd.DataFrame]:
    """Compute many indicators over one panel or one frame of bars.

    Parameters
    ----------
    data : Panel or DataFrame
        Bars of many symbols, or of one.
    wanted : iterable of str, Indicator, or (name, parameters)
        Indicators, for instance ``["rsi", ("ema", {"window": 50}), ("sma", {"window": [5, 10, 20]})]``; a list of
        values stands for one indicator each, several lists for all combinations.
    nan : str or Policy, default "local"
        What a missing bar means; see any indicator.
    threads : int, optional
        Threads over which symbols are split; default: as many as there are processors.

    Returns
    -------
    DataFrame, or dict of str to DataFrame
        For one symbol a frame with a column for each output. For a panel a wide frame for each. They are named by
        indicator and parameters, and the output where there are several: ``rsi_14``, ``macd_12_26_9_signal``.
        Candlestick codes are numbers, NaN where unknown.

    Raises
    ------
    UnknownIndicator
        If there is no indicator of a name.
    ParameterError
        If a parameter is out of bounds, an indicator is wanted twice, or none is wanted.
    DataError
        If the data is neither a Panel nor a frame of bars, or lacks a column.

    Examples
    --------
    >>> import quantperf as qp
    >>> list(qp.compute(qp.sample("IBM"), ["rsi", ("sma", {"window": [5, 10]})]))
    ['rsi_14', 'sma_5', 'sma_10']
    >>> qp.compute(qp.sample(), ["atr"])["atr_14"].shape
    (3270, 5)
    """
    jobs = _jobs(wanted, nan)
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise ParameterError(f"threads must be a whole number of at least 1, got {threads!r}")
    if not isinstance(data, Panel) and not rim.is_bars(data):
        raise not_bars("data", data)
    columns = tuple(dict.fromkeys(column for job in jobs for column in job.entry.columns))
    blocks, source = rim.take(columns, (data,))
    missing, infinite = run.counts(blocks)
    if infinite:
        rim.warn_of_infinities(columns, blocks)
        blocks = [run.finite(block) for block in blocks]
    fields = dict(zip(columns, blocks, strict=True))
    bars, lanes = blocks[0].shape
    slabs = _slabs(lanes, threads or os.cpu_count() or 1)
    whole = not missing and not infinite
    common = wanted_twice(((job.call.plan, job.entry.columns) for job in jobs if _plain(job, bars)), whole)
    room = [np.empty((sum(len(job.labels) for job in jobs), bars, b - a)) for a, b in slabs]
    if len(slabs) == 1:
        _fill(jobs, fields, slabs[0], room[0], common, whole)
    else:
        with ThreadPoolExecutor(len(slabs)) as pool:
            list(pool.map(lambda slab, lines: _fill(jobs, fields, slab, lines, common, whole), slabs, room))
    labels = [label for job in jobs for label in job.labels]
    if source.kind == "series":
        return pd.DataFrame(room[0][:, :, 0].T, index=source.index, columns=labels, copy=False)
    places = [np.arange(a, b) for a, b in slabs]
    return {
        label: create_dataframe_from_blocks(
            [(lines[i].T, place) for lines, place in zip(room, places, strict=True)],
            index=source.index,
            columns=source.columns,
        )
        for i, label in enumerate(labels)
    }


def _jobs(wanted: Iterable[Wanted], nan: Any) -> list[_Job]:
    if isinstance(wanted, str | Indicator):
        wanted = [wanted]
    jobs = [job for item in wanted for job in _sweep(item, nan)]
    if not jobs:
        raise ParameterError("wanted must name at least one indicator, got none")
    labels = [label for job in jobs for label in job.labels]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise ParameterError(f"each indicator must be wanted once, got {twice!r} twice")
    return jobs


def _sweep(item: Wanted, nan: Any) -> list[_Job]:
    """Return the jobs of one item: one for each combination of the values that are lists."""
    name, params = item if isinstance(item, tuple) else (item, {})
    entry = name if isinstance(name, Indicator) else CATALOG[name]
    ranges = [value if isinstance(value, list | tuple | range | np.ndarray) else [value] for value in params.values()]
    jobs = []
    for values in product(*ranges):
        call = entry.resolve(named={**dict(zip(params, values, strict=True)), "nan": nan})
        label = "_".join([entry.name, *(f"{value:g}" for value in call.params.values())])
        if call.convention != entry.conventions[0]:
            label += f"_{call.convention}"
        several = entry.returns is not None
        jobs.append(_Job(entry, call, tuple(f"{label}_{line}" if several else label for line in entry.outputs)))
    return jobs


def _slabs(lanes: int, threads: int) -> list[tuple[int, int]]:
    """Return the stretches of symbols, one a thread, none narrower than pays."""
    count = max(1, min(threads, lanes // FEWEST_SYMBOLS))
    edges = [lanes * i // count for i in range(count + 1)]
    return list(pairwise(edges))


def _plain(job: _Job, bars: int) -> bool:
    """Return whether a job is its plan run over the blocks, and nothing else, so that it can share stages."""
    call = job.call
    local = call.policy.kind == "local" and not call.masked
    return local and job.entry.dtype == np.float64 and bars > min(call.lookbacks)


def _fill(
    jobs: Sequence[_Job],
    fields: Mapping[str, FloatArray],
    slab: tuple[int, int],
    lines: npt.NDArray[np.float64],
    common: frozenset[Key],
    whole: bool,
) -> None:
    """Compute all indicators of a slab into its lines; those of one stage first, as chains may need them."""
    cut = {name: run.time_major(block[:, slab[0] : slab[1]]) for name, block in fields.items()}
    stages = Stages(cut, common, whole)
    places = accumulate((len(job.labels) for job in jobs), initial=0)
    for job, at in sorted(zip(jobs, places, strict=False), key=lambda pair: pair[0].call.plan.chained):
        y = lines[at] if job.entry.returns is None else lines[at : at + len(job.labels)]
        if _plain(job, lines.shape[1]):
            stages.compute(job.call.plan, job.entry.columns, y)
        else:
            job.entry.into(job.call, [cut[name] for name in job.entry.columns], y)
