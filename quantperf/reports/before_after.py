"""The main job: measure every indicator before and after, in every use, and return a `Report`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from quantperf.clock import SYSTEM, Clock
from quantperf.config import settings
from quantperf.errors import MeasurementError, ParameterError
from quantperf.indicators import CATALOG
from quantperf.kernels import _jit
from quantperf.performance import REGISTRY, Parity, RawComparison, judge
from quantperf.performance.environment import load, surroundings
from quantperf.performance.measure import check_budget, now
from quantperf.reports.comparison import Report, Row, Start, Work, read_parity
from quantperf.reports.research import is_of_quantperf, research_names
from quantperf.reports.runner import Order, modules_of, run_child
from quantperf.reports.starts import planned, starts
from quantperf.reports.workloads import CANCELLED, LIVE_BARS, LIVE_PROOFS, RTOL, SETTLED, Size, together

BUDGET, QUICK_BUDGET = 60.0, 9.0  # seconds of timed runs, all processes together
# What a report measures unless told otherwise, so that it ends within three minutes: each way of computing that the
# catalogue has (recurrences, windows, extremes, moments, running totals, candlesticks) is among them.
USUAL = (
    "sma", "ema", "wma", "rsi", "macd", "bbands", "atr", "adx", "stoch", "stochf", "cci", "roc", "stddev", "highest",
    "lowest", "obv", "mfi", "vwap", "volume_sma", "volume_ratio", "cdl_doji", "cdl_engulfing", "cdl_harami",
    "cdl_hammer",
)  # fmt: skip
CUSTOM_BUDGET, QUICK_CUSTOM_BUDGET = 2.0, 0.2  # for each case of an optimisation that is no indicator
ROUNDS, QUICK_ROUNDS = 3, 1
USES = ("series", "panel", "live")
QUICK_SIZE = Size(symbols=100, panel_share=5, live_share=5)
MARGIN = 0.03


class Step(NamedTuple):
    """How far a report is: steps done, steps in all, and what comes now."""

    done: int
    total: int
    text: str


Progress = Callable[[Step], None]


def before_after(
    names: Sequence[str] | None = None,
    *,
    budget: float | None = None,
    processes: int = 2,
    quick: bool | None = None,
    cold: bool = True,
    research: bool | None = None,
    custom: bool = True,
    seed: int = 0,
    progress: Progress | None = None,
    clock: Clock = SYSTEM,
) -> Report:
    """Return what each fast version bought: parity first, then time, memory and CPU before and after.

    Parameters
    ----------
    names : sequence of str, optional
        Indicators, by our names or TA-Lib's; by default the `USUAL` ones, two dozen of every kind. ``list(CATALOG)``
        are all; an empty sequence leaves the caller's own.
    budget : float, optional
        Seconds of timed runs in all; 60 by default, 9 if quick. Compilation, proofs and memory runs come on top.
    processes : int, default 2
        Fresh processes that measure every row, one after the other.
    quick : bool, optional
        A smoke run on little data, whose figures are not for use; by default as ``QUANTPERF_FAST`` says.
    cold : bool, default True
        Whether first calls in fresh processes are measured too.
    research : bool, optional
        Whether signals, outcomes, patterns and the analysis of many symbols are compared too, on real prices in this
        process; by default where `names` are not given.
    custom : bool, default True
        Whether optimisations registered with `optimise` are compared too, in this process.
    seed : int, default 0
        Of the synthetic panel, of the order of runs and of the bootstrap.
    progress : callable, optional
        Called with a `Step` before each piece of work.
    clock : Clock, optional
        Tells when the report was made.

    Returns
    -------
    Report

    Raises
    ------
    UnknownIndicator
        If a name is not in the catalogue.
    ParameterError
        If an option is out of bounds.
    MeasurementError
        If a measuring process fails, or kernels are not compiled.
    """
    quick = settings().fast if quick is None else quick
    budget = (QUICK_BUDGET if quick else BUDGET) if budget is None else budget
    check_budget(budget)
    if isinstance(processes, bool) or not isinstance(processes, int) or processes < 1:
        raise ParameterError(f"processes must be an integer, at least 1, got {processes!r}")
    begun = now()
    started = clock.now().isoformat(timespec="seconds")
    around = surroundings()
    chosen, notes = _choose(names)
    if chosen and not _jit.JIT_ENABLED:
        raise MeasurementError("kernels must be compiled to be measured, but NUMBA_DISABLE_JIT is set; unset it")
    size = (QUICK_SIZE if quick else Size()).for_entries(len(chosen))
    studied = research_names() if (names is None if research is None else research) else ()
    own = _own(notes) if custom else []
    rounds = (QUICK_ROUNDS if quick else ROUNDS) if cold and chosen else 0
    steps = _Steps(
        total=processes * len(chosen) * (1 + len(USES)) + (planned(rounds) if rounds else 0) + len(studied) + len(own),
        progress=progress,
    )
    rows: list[Row] = []
    compiled = 0
    if chosen:
        orders = [
            Order(chosen, USES, budget / processes, size, seed + number * 10_000, modules_of(chosen))
            for number in range(processes)
        ]
        rows, compiled = _measure(orders, steps)
    first_calls = _start(chosen, rounds, steps) if rounds else []
    rows += _cases(studied, "research", steps, quick=quick, seed=seed)
    rows += _cases(own, "custom", steps, quick=quick, seed=seed)
    return Report(
        rows=tuple(rows),
        starts=tuple(first_calls),
        parameters={
            **_parameters(size),
            "budget_seconds": budget,
            "processes": processes,
            "seed": seed,
            "margin": MARGIN,
            "indicators": list(chosen),
            "kernels_compiled_before": compiled,
        },
        environment={**around, **load("after"), "kernel_stamp": _jit.source_stamp()},
        started=started,
        seconds=(now() - begun) / 1e9,
        quick=quick,
        notes=tuple(notes),
    )


class _Steps:
    """Counts what is done, and tells the caller."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total = total
        self.done = 0
        self._text = ""
        self._progress = progress

    def begin(self, text: str) -> None:
        self._text = text
        if self._progress is not None:
            self._progress(Step(self.done, self.total, text))

    def end(self) -> None:
        self.done += 1
        self.begin(self._text)


def _choose(names: Sequence[str] | None) -> tuple[tuple[str, ...], list[str]]:
    """Return the indicators by our names, each once, and what was left out and why."""
    if isinstance(names, str):
        raise ParameterError(f"names must be a sequence of names, got {names!r}; write [{names!r}]")
    wanted = list(USUAL) if names is None else list(dict.fromkeys(CATALOG[name].name for name in names))
    here = [name for name in wanted if CATALOG[name].__module__ == "__main__"]
    notes = [f"Left out, because a fresh process cannot import it: {name}." for name in here]
    return tuple(name for name in wanted if name not in here), notes


def _own(notes: list[str]) -> list[str]:
    """Return the caller's optimisations, without those of quantperf; note what cannot be compared."""
    found = []
    for name in sorted(REGISTRY):
        each = REGISTRY[name]
        if is_of_quantperf(each):
            continue
        try:
            _ = each.candidate
        except ParameterError:
            notes.append(f"Left out, because it has no optimised version: {name}.")
            continue
        if each.inputs:
            found.append(name)
        else:
            notes.append(f"Left out, because it has no cases to be compared on: {name}.")
    return found


def _measure(orders: Sequence[Order], steps: _Steps) -> tuple[list[Row], int]:
    """Return the rows that all processes ran, judged over all of them, and how many kernels were compiled first."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {row: [] for row in orders[0].rows}
    compiled = 0
    for number, order in enumerate(orders, start=1):
        where = f"process {number} of {len(orders)}: "
        with closing(run_child(order)) as messages:
            for message in messages:
                if message["kind"] == "begin":
                    steps.begin(f"{where}{message['name']} {message['use']}")
                    continue
                if message["kind"] == "warm":
                    compiled += message["compiled"]
                else:
                    found[message["name"], message["use"]].append(message)
                steps.end()
    return [_row(name, use, said, orders[0].seed) for (name, use), said in found.items()], compiled


def _row(name: str, use: str, said: Sequence[dict[str, Any]], seed: int) -> Row:
    """Return one row from what each process said of it; it is equal if it was in all of them."""
    proofs = [read_parity(message["parity"]) for message in said]
    raws = [RawComparison.from_dict(message["raw"]) for message in said if message["raw"] is not None]
    entry = CATALOG[name]
    return Row(
        name=name,
        use=use,
        family=entry.family,
        work=Work(**said[0]["work"]),
        comparison=judge(
            raws,
            parity=_worst(proofs),
            before_scale=said[0]["before_scale"],
            margin=MARGIN,
            seed=seed,
            labels=("plain", name),
        ),
    )


def _worst(proofs: Sequence[Parity]) -> Parity:
    """Return the same proof, made in several processes, as one."""
    differing = [(f"process {i + 1}", parity) for i, parity in enumerate(proofs) if not parity.equal]
    return together(differing) if differing else max(proofs, key=lambda parity: parity.largest_relative)


def _start(names: Sequence[str], rounds: int, steps: _Steps) -> list[Start]:
    found: list[Start] = []
    begun = False
    for text, start in starts(names, rounds):
        if start is not None:
            found.append(start)
            continue
        if begun:
            steps.end()
        begun = True
        steps.begin(f"first call: {text}")
    steps.end()
    return found


def _cases(names: Sequence[str], use: str, steps: _Steps, *, quick: bool, seed: int) -> list[Row]:
    """Return a row for each case of some optimisations, measured in this process."""
    rows = []
    for name in names:
        steps.begin(f"{use}: {name}")
        each = REGISTRY[name]
        for comparison in each.compare(
            budget=QUICK_CUSTOM_BUDGET if quick else CUSTOM_BUDGET,
            seed=seed,
            margin=MARGIN,
            edge_cases=use == "custom",  # those of quantperf have edge cases of their own, in its tests
        ):
            case = comparison.case or each.inputs[0].name
            rows.append(Row(name, use, ", ".join(sorted(each.tags)), Work(case), comparison))
        steps.end()
    return rows


def _parameters(size: Size) -> dict[str, object]:
    return {
        "bars": size.bars,
        "symbols": size.symbols,
        "panel_share": size.panel_share,
        "live_share": size.live_share,
        "panel_seed": size.seed,
        "live_bars": LIVE_BARS,
        "live_proofs": LIVE_PROOFS,
        "rtol": RTOL,
        "cancelled": CANCELLED,
        "settled": SETTLED,
        "level": 0.95,
    }
