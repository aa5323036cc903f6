"""``qp.verify``: the laws that every entry of the catalogue keeps, for any function."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from quantperf.errors import DataError, ParameterError, one_of
from quantperf.indicators import Indicator, rim
from quantperf.market.synthetic import synthetic
from quantperf.verification import laws, records, uses
from quantperf.verification.certificate import Certificate, Finding, Law
from quantperf.verification.differences import spread
from quantperf.verification.subject import Subject, Values, indicator_of
from quantperf.verification.trial import Trial, markets

LAWS = (
    "causality", "missing values", "scale", "same again", "inputs unchanged", "dtype", "memory layout", "container",
    "panel", "batch = live",
)  # fmt: skip


def verify(
    function: Callable[..., Any],
    *inputs: Any,
    stream: Callable[[], Any] | None = None,
    skip: Iterable[str] = (),
    bars: int = 400,
    probes: int = 12,
    rtol: float = 1e-12,
    seed: int = 0,
) -> Certificate:
    """Try the laws on a function: does it look ahead, what does a missing bar do to it, and is it the same in all uses.

    Parameters
    ----------
    function : callable
        Takes `inputs` and returns one value a bar: a Series, DataFrame or array, or a tuple or dict of them; or
        records, a frame with a row an event and the column ``known_at``, such as signals and shapes. Bind its
        parameters with a lambda or `functools.partial`. An indicator of the catalogue needs no inputs.
    *inputs : Series, DataFrame, Panel, ndarray, list
        Data, oldest bar first; plain numbers and strings among them are handed on as they are.
    stream : callable, optional
        Returns a live form with ``update(*bar)``, which is then held to the batch; an indicator has its own.
    skip : iterable of str, default ()
        Laws that are not asked for: "causality", "missing values", "scale", "same again", "inputs unchanged", "dtype",
        "memory layout", "container", "panel", "batch = live".
    bars : int, default 400
        The last bars of the inputs that are used, at least 20; more than the function's longest memory.
    probes : int, default 12
        Random places of each market at which the data is cut and bent, at least 1.
    rtol : float, default 1e-12
        What counts as equal where values are not equal exactly, relative to the largest value of the output.
    seed : int, default 0
        Of the random places.

    Returns
    -------
    Certificate
        `passed`, `findings` (law, output, column, first bar, lead, size, message), a row for each law; a table when
        printed.

    Raises
    ------
    ParameterError
        If an option is out of bounds, or `skip` names no law.
    DataError
        If there is no data, it is too short, or the function does not give one value a bar.

    Notes
    -----
    Causality is probed by cutting the data off after n bars, and by bending all that comes after: what was known must
    stay as it was. That is done on the data as given, and with plateaus, with trends and with holes put into it. A leak
    that none of the probes touches is not found: a certificate says what was tried.

    A function that gives records must give each of them, as it will ever be, with the data up to its `known_at`; a bar
    without data must make none. The other laws of values a bar are not asked of it.

    Examples
    --------
    >>> import quantperf as qp
    >>> close = qp.sample("IBM").close
    >>> qp.verify(lambda close: close.rolling(20).mean(), close).passed
    True
    >>> certificate = qp.verify(lambda close: close.rolling(11, center=True).mean(), close)
    >>> certificate.passed, certificate.findings[0].law, certificate.findings[0].lead
    (False, 'causality', 5)
    >>> qp.verify(qp.rsi).passed
    True
    """
    skipped = _checked(skip, bars, probes, rtol)
    if not callable(function):
        raise ParameterError(f"function must be callable, got {type(function).__name__}; pass it without calling it")
    entry, params = indicator_of(function)
    if not inputs:
        if entry is None:
            raise DataError(f"inputs must be given for {_shown(function)}: pass the data after the function")
        bars = max(bars, entry.lookback(**_own(entry, params)) + 150)
        inputs = _made(entry, bars, seed)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # what is put into the data is meant to be odd
        subject = Subject(function, inputs, bars)
        if records.gives_records(subject.answer()):
            return records.certify(subject, rtol, probes, seed, skipped)
        random = np.random.default_rng(seed)
        trial = Trial(subject, rtol, random, probes)
        trial.markets = markets(subject.values, random)
        trial.whole["given"] = subject.run()
        for market, values in trial.markets.items():
            if market != "given":
                lines = trial.attempt("missing values" if market == "holes" else f"data with {market}", values)
                if lines is not None:
                    trial.whole[market] = lines
        rows = [_evidence(trial), *_rows(trial, skipped, entry, params, stream)]
    given = trial.whole["given"]
    return Certificate(
        function=subject.name,
        bars=subject.bars,
        columns=tuple(label for _, _, label in subject.columns),
        outputs=tuple(line.name for line in given),
        laws=tuple(rows),
        findings=tuple(trial.findings),
        remarks=tuple(trial.remarks.values()),
        spans=trial.spans,
        degrees=trial.degrees,
        rtol=rtol,
        seed=seed,
    )


def _rows(
    trial: Trial,
    skipped: frozenset[str],
    entry: Indicator | None,
    params: dict[str, Any],
    stream: Callable[[], Any] | None,
) -> Iterable[Law]:
    """Yield the row of each law, in order."""
    plain: dict[str, Callable[[Trial], Law]] = {
        "causality": laws.causality, "missing values": laws.missing_values, "scale": uses.scale,
    }  # fmt: skip
    later: dict[str, Callable[[Trial], Law]] = {
        "dtype": uses.dtypes, "memory layout": uses.layouts, "container": uses.containers,
    }  # fmt: skip
    for name, law in plain.items():
        yield Law(name, "not run", 0, "skipped") if name in skipped else law(trial)
    both = uses.repeatable(trial) if not skipped >= {"same again", "inputs unchanged"} else []
    for i, name in enumerate(("same again", "inputs unchanged")):
        if name in skipped:
            trial.findings = [finding for finding in trial.findings if finding.law != name]
        yield Law(name, "not run", 0, "skipped") if name in skipped else both[i]
    for name, law in later.items():
        yield Law(name, "not run", 0, "skipped") if name in skipped else law(trial)
    if "panel" in skipped:
        yield Law("panel", "not run", 0, "skipped")
    else:
        yield uses.symbols(trial, stacked=entry is not None and trial.subject.series)
    if "batch = live" in skipped:
        yield Law("batch = live", "not run", 0, "skipped")
    elif stream is not None:
        yield uses.live(trial, stream, _bar, saved=False)
    elif entry is not None and len({values.shape for values in trial.subject.values}) == 1:
        lanes = trial.subject.values[0].shape[1:]
        names = [f"S{lane}" for lane in range(lanes[0])] if lanes else None
        settings = _own(entry, params, live=True)
        yield uses.live(trial, lambda: entry.stream(names, **settings), _row_of(trial, entry), saved=True)
    else:
        yield Law("batch = live", "not run", 0, "there is no live form; pass stream= if it has one")


def _evidence(trial: Trial) -> Law:
    """Say so where an output has no values: then no law could be broken."""
    given = trial.whole["given"]
    for line in given:
        if not line.known.any():
            message = f"no value on {trial.subject.bars} bars, so nothing was shown; pass more bars, or raise bars="
            trial.findings.append(Finding("values", line.name, "", None, None, None, message))
    known = [int(line.known.sum()) for line in given]
    return Law(
        "values", "exactly" if all(known) else "broken", len(given), f"{spread(known)} of {given[0].values.size}"
    )


def _bar(values: Sequence[Values], t: int) -> tuple[Any, ...]:
    return tuple(column[t] for column in values)


def _row_of(trial: Trial, entry: Indicator) -> Callable[[Sequence[Values], int], tuple[Any, ...]]:
    """Return what takes one bar of the data in the order of the indicator's inputs."""
    order = list(range(len(entry.inputs)))
    if trial.subject.given != len(entry.inputs) or len(trial.subject.sources) != len(entry.inputs):  # a frame, a Panel
        names = [source.name.lower() for source in trial.subject.sources]
        order = [names.index(name) for name in entry.columns]

    def bar(values: Sequence[Values], t: int) -> tuple[Any, ...]:
        return tuple(values[i][t] for i in order)

    return bar


def _own(entry: Indicator, params: dict[str, Any], *, live: bool = False) -> dict[str, Any]:
    """Return which of a partial's keywords an indicator's metadata take, or its stream."""
    known = {*entry.params, "convention"} | ({"nan", "mask_unsettled"} if live else set())
    return {name: value for name, value in params.items() if name in known}


def _made(entry: Indicator, bars: int, seed: int) -> tuple[Any, ...]:
    """Return bars for an indicator that was given none, within the numbers for which it has answers."""
    frame = synthetic(symbols=1, bars=bars, seed=seed)["S000"]
    blocks, _ = rim.take(entry.columns, (frame,))
    columns = [np.array(block[:, 0]) for block in blocks]
    if entry.domain is not None:
        low, high = entry.domain
        columns = [(low + high) / 2.0 + (high - low) / 2.0 * np.sin(column) for column in columns]
    return tuple(columns)


def _checked(skip: Iterable[str], bars: Any, probes: Any, rtol: Any) -> frozenset[str]:
    names = frozenset([skip] if isinstance(skip, str) else skip)
    for name in sorted(names):
        if name not in LAWS:
            raise one_of("skip", LAWS, name)
    for option, value, low in (("bars", bars, 20), ("probes", probes, 1)):
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise ParameterError(f"{option} must be a whole number of at least {low}, got {value!r}")
    if isinstance(rtol, bool) or not isinstance(rtol, int | float) or not 0.0 <= rtol < 1.0:
        raise ParameterError(f"rtol must be a number of at least 0 and below 1, got {rtol!r}")
    return names


def _shown(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
