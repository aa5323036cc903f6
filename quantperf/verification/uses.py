"""The laws of use: the same numbers give the same in any unit, type, layout, container, beside others, and live."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError
from quantperf.performance.parity import Tolerance, prove
from quantperf.verification.certificate import Finding, Law
from quantperf.verification.differences import Line, difference, power
from quantperf.verification.subject import Subject, Values
from quantperf.verification.trial import Tally, Trial, told

FLOAT32 = 1e-5  # relative error that arithmetic in single precision leaves
SHIFTS = (-20, 3, 10)  # powers of two by which units are changed


def scale(trial: Trial) -> Law:
    """Ask with which power the outputs follow the units of prices and of volumes."""
    probes, exact = 0, True
    sources = trial.subject.sources
    volumes = [source.name.lower() in {"volume", "vol"} for source in sources]
    for unit, moved in (("prices", [not one for one in volumes]), ("volumes", volumes)):
        if not any(moved):
            continue
        scaled: dict[int, list[Line]] = {}
        for k in SHIFTS:
            values = [v * 2.0**k if move else v for v, move in zip(trial.markets["given"], moved, strict=True)]
            lines = trial.attempt(f"{unit} in another unit", values)
            if lines is not None:
                scaled[k] = lines
                probes += len(lines)
        if not scaled:
            continue
        for i, line in enumerate(trial.whole["given"]):
            degree, exactly = power(line, {k: lines[i] for k, lines in scaled.items()}, trial.rtol)
            trial.degrees.setdefault(line.name, {})[unit] = degree
            exact &= exactly or degree is None
    said = []
    for name, powers in trial.degrees.items():
        words = [f"{unit}: {'no power' if k is None else f'power {k}' if k else 'free'}" for unit, k in powers.items()]
        said.append(f"{name} ({', '.join(words)})")
    some = "; ".join(said[:3]) + (f"; and {len(said) - 3} more" if len(said) > 3 else "")
    return Law("scale", "reported" if probes else "not run", probes, f"{some}{', exactly' if exact and some else ''}")


def repeatable(trial: Trial) -> list[Law]:
    """Ask whether two calls give the same, and leave their inputs as they were."""
    inputs = trial.subject.inputs()
    parity = prove(trial.subject.function, trial.subject.function, inputs, tolerance=Tolerance(rtol=0.0))
    first = parity.mismatch
    laws = []
    changed = first is not None and "changed its input" in first.reason
    for name, broken, remedy in (
        ("same again", first is not None and not changed, "take random numbers from a seed, and keep nothing"),
        ("inputs unchanged", changed, "copy what it writes to"),
    ):
        if broken:
            trial.findings.append(Finding(name, trial.subject.name, "", None, None, None, f"{first}; {remedy}"))
        laws.append(Law(name, "broken" if broken else "exactly", 1))
    return laws


# ------------------------------------------------------------------------------------------------- kinds of containers


def layouts(trial: Trial) -> Law:
    """Ask whether the same numbers give the same, however they lie in memory, also where they cannot be written."""
    if not trial.subject.castable:
        return Law("memory layout", "not run", 0, "a Panel lies in one way alone")
    return _same_in(trial, "memory layout", other_layouts(trial.subject), refusable=False)


def other_layouts(subject: Subject) -> dict[str, Callable[[Values], Any]]:
    """Return what lays the same numbers out in other ways, by name."""
    casts: dict[str, Callable[[Values], Any]] = {"read-only": _read_only, "strided": _strided, "reversed": _reversed}
    if any(values.ndim == 2 for values in subject.values):
        casts["Fortran order"] = np.asfortranarray
    return casts


def dtypes(trial: Trial) -> Law:
    """Ask whether numbers that other types hold exactly give what they give as float64."""
    tally = Tally("dtype")
    if not trial.subject.castable:
        return Law(tally.name, "not run", 0, "a Panel holds float64 alone")
    for dtype, factors in ((np.float32, (1.0,)), (np.int64, (1000.0, 1.0))):
        name = np.dtype(dtype).name
        wanted: list[Line] | None = None
        for factor in factors:  # whole numbers of small prices would be all the same, those of large shares no shares
            values = [np.round(np.nan_to_num(v) * factor) if dtype == np.int64 else v for v in trial.markets["given"]]
            values = [held.astype(dtype).astype(np.float64) for held in values]
            wanted = trial.attempt("rounded numbers", values)
            if wanted is None or all(line.known.any() for line in wanted):
                break
        found = trial.attempt(name, values, cast=lambda numbers, dtype=dtype: numbers.astype(dtype))
        if wanted is None or found is None:
            continue
        for line, now in zip(wanted, found, strict=True):
            seen = difference(line, now, trial.rtol)
            if not tally.count(seen):
                continue
            if dtype == np.float32 and not difference(line, now, FLOAT32):
                trial.remarks.setdefault("single precision", f"computes {line.name} of float32 in single precision")
                continue
            tally.broken = True
            message = f"{name} gives other values than the same numbers as float64; convert with astype(float) first"
            trial.findings.append(Finding("dtype", line.name, "", seen.first, None, seen.size, message))
    return tally.law()


def containers(trial: Trial) -> Law:
    """Ask whether arrays, lists and Series of the same numbers give the same."""
    if not trial.subject.series:
        return Law("container", "not run", 0, "only single series have other containers")
    kinds: dict[str, Callable[[Values], Any]] = {
        "ndarray": np.copy, "list": lambda values: values.tolist(), "Series": lambda values: pd.Series(values.copy()),
    }  # fmt: skip
    return _same_in(trial, "container", kinds, refusable=True)


def _same_in(trial: Trial, name: str, casts: dict[str, Callable[[Values], Any]], *, refusable: bool) -> Law:
    tally, refused = Tally(name), []
    for kind, cast in casts.items():
        try:
            found = trial.subject.plain(cast) if refusable else trial.subject.run(cast=cast)
        except Exception as error:  # whatever it raises is its answer
            refused.append(kind)
            if not refusable:
                tally.broken = True
                message = f"{kind} input raises {told(error)}; it holds the same numbers, so copy before you write"
                trial.findings.append(Finding(name, trial.subject.name, "", None, None, None, message))
            continue
        for line, now in zip(trial.whole["given"], found, strict=True):
            seen = trial.differ(line, Line(line.name, now.values, now.signal))
            if tally.count(seen):
                tally.broken = True
                message = f"{kind} input gives other values for the same numbers; convert with np.asarray first"
                trial.findings.append(Finding(name, line.name, "", seen.first, None, seen.size, message))
    taken = [kind for kind in casts if kind not in refused]
    notes = [", ".join(taken)] if taken else []
    notes += [f"refuses {', '.join(refused)}"] if refused else []
    tally.note = "; ".join(notes)
    return tally.law()


def _read_only(values: Values) -> Values:
    values = values.copy()
    values.setflags(write=False)
    return values


def _strided(values: Values) -> Values:
    return np.repeat(values, 2, axis=0)[::2]


def _reversed(values: Values) -> Values:
    return values[::-1].copy()[::-1]


# ------------------------------------------------------------------------------------------------------- panel and live


def symbols(trial: Trial, *, stacked: bool) -> Law:
    """Ask whether a symbol among others gives what it gives alone; `stacked`: of series, beside each other."""
    tally = Tally("panel")
    if stacked:
        names = list(trial.whole)
        count = len(trial.subject.values)
        tables = [np.column_stack([trial.markets[name][i] for name in names]) for i in range(count)]
        beside = trial.subject.lines(trial.subject.function(*tables), trial.subject.bars)
        for lane, name in enumerate(names):
            for line, table in zip(trial.whole[name], beside, strict=True):
                if tally.count(trial.differ(line, Line(line.name, table.values[:, lane]), name)):
                    _report_symbol(trial, tally, line.name, f"the market with {name}")
        tally.note = "a table of the markets equals each of them"
        return tally.law()
    lanes = {None if source.lanes is None else len(source.lanes) for source in trial.subject.sources}
    width = lanes.pop()
    if lanes or width is None or any(line.values.ndim != 2 for line in trial.whole["given"]):
        return Law("panel", "not run", 0, "the function does not take symbols side by side")
    if width == 1:
        return Law("panel", "not run", 0, "there is only one symbol")
    if any(line.values.shape[1] != width for line in trial.whole["given"]):
        return Law("panel", "not run", 0, "the function does not give each symbol an output")
    moved = [values.copy() for values in trial.subject.values]
    lane = int(trial.random.integers(width))
    for values in moved:
        values[:, lane] = values[::-1, lane] * 3.0
    others = [other for other in range(width) if other != lane]
    lines = trial.attempt("other prices of one symbol", moved)
    if lines is None:
        return tally.law()
    for line, now in zip(trial.whole["given"], lines, strict=True):
        seen = trial.differ(Line(line.name, line.values[:, others]), Line(line.name, now.values[:, others]))
        if tally.count(seen):
            _report_symbol(trial, tally, line.name, f"symbol {others[0]}")
    tally.note = "no value crosses symbols"
    return tally.law()


def _report_symbol(trial: Trial, tally: Tally, output: str, who: str) -> None:
    tally.broken = True
    message = (
        f"{who} changes with the symbols beside it; if that is meant (a rank across symbols), leave this law out: "
        "skip=['panel']"
    )
    trial.findings.append(Finding("panel", output, "", None, None, None, message))


def live(
    trial: Trial,
    stream: Callable[[], Any],
    rows: Callable[[Sequence[Values], int], tuple[Any, ...]],
    *,
    saved: bool,
) -> Law:
    """Ask whether bars that come one by one give what the batch gives; `saved`: saved and restored on the way."""
    tally = Tally("batch = live")
    for market, values in trial.markets.items():
        whole = trial.whole.get(market)
        if whole is None:
            continue
        state = stream()
        cut = int(trial.random.integers(1, trial.subject.bars))
        found: list[list[Any]] = []
        try:
            for t in range(trial.subject.bars):
                if t == cut and saved:
                    state = pickle.loads(pickle.dumps(state))
                found.append(_row(state.update(*rows(values, t))))
        except Exception as error:  # whatever it raises is its answer
            message = f"live, refuses the data {'as given' if market == 'given' else f'with {market}'}: {told(error)}"
            if market == "given":
                tally.broken = True
                trial.findings.append(Finding(tally.name, trial.subject.name, "", len(found), None, None, message))
            trial.remarks.setdefault(f"live {market}", message)
            continue
        if len(found[0]) != len(whole):
            raise DataError(f"update must return the {len(whole)} outputs of the function, got {len(found[0])}")
        for i, line in enumerate(whole):
            numbers = np.array([row[i] for row in found])
            if numbers.dtype == np.int8 or (line.signal and (numbers == -128).any()):
                numbers = np.where(numbers == -128, np.nan, numbers.astype(np.float64))
            seen = trial.differ(line, Line(line.name, numbers.astype(np.float64).reshape(line.values.shape)), market)
            if tally.count(seen):
                tally.broken = True
                message = f"live values differ from the batch on the data with {market}, first at bar {seen.first}"
                trial.findings.append(Finding(tally.name, line.name, "", seen.first, None, seen.size, message))
    tally.note = "saved and restored on the way" if saved and tally.probes else ""
    return tally.law()


def _row(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) else [result]
