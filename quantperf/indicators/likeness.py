"""Which indicator, convention and parameters somebody else's column follows, told by trying them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError
from quantperf.indicators import rim, run
from quantperf.indicators.catalogue import CATALOG, Call, Indicator
from quantperf.indicators.plan import FloatArray

# What columns mostly hold. The whole catalogue may be named, but its kernels would all be compiled for it.
USUAL = (
    "sma", "ema", "wma", "rma", "dema", "tema", "trima", "hma", "vwma", "t3", "kama", "zlema", "rsi", "cmo", "cmou",
    "cci", "mfi", "willr", "mom", "roc", "trix", "apo", "ppo", "macd", "stoch", "stochf", "stochrsi", "bbands",
    "stddev", "var", "atr", "natr", "trange", "adx", "obv", "vwap",
)  # fmt: skip
WINDOWS = (5, 7, 9, 10, 12, 14, 20, 21, 26, 30, 50, 100, 200)
ALIASES = {
    "bbu": "bbands upper", "bbm": "bbands middle", "bbl": "bbands lower", "macds": "macd signal",
    "macdh": "macd histogram", "macdsignal": "macd signal", "macdhist": "macd histogram", "stochk": "stoch slowk",
    "stochd": "stoch slowd", "smma": "rma", "std": "stddev", "dmp": "adx plus_di", "dmn": "adx minus_di",
    "stdev": "stddev", "truerange": "trange",
}  # fmt: skip
FEWEST = 10  # bars that must be compared before anything is said
MOST_DIGITS = 8
SHOWN = 8  # rows of a result that are printed
LEVELS = ("no", "settled", "values", "all")
COLUMNS = (
    "indicator", "output", "convention", "params", "lag", "max_error", "median_error", "settled_error", "first_off",
    "compared", "fits",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fit:
    """How well one indicator, under one convention and with one set of parameters, gives the column.

    Attributes
    ----------
    indicator, output : str
        Its name, and which of its outputs.
    conventions : tuple of str
        The conventions under which it says this on these bars.
    params : dict
        Its parameters.
    lag : int
        Bars by which the column is late; negative if it is early.
    max_error, median_error : float
        Absolute errors of all bars on which both have a value.
    settled_error : float
        The largest from where on the seed weighs less than the tolerance; NaN without such bars.
    first_off : int or None
        The first bar that differs: by more than the tolerance, or in having a value.
    compared : int
        Bars on which both have a value.
    fits : str
        "all": every bar, and both begin on one bar; "values": every bar of the column; "settled": every bar that does
        not depend on a seed; "no".
    """

    indicator: str
    output: str
    conventions: tuple[str, ...]
    params: dict[str, float | int]
    lag: int
    max_error: float
    median_error: float
    settled_error: float
    first_off: int | None
    compared: int
    fits: str

    def __str__(self) -> str:
        several = self.output != self.indicator
        settings = ", ".join(f"{name}={value:g}" for name, value in self.params.items())
        late = f", {abs(self.lag)} bars {'late' if self.lag > 0 else 'early'}" if self.lag else ""
        name = f"{self.indicator}({settings}){'.' + self.output if several else ''}"
        return f"{name} under {' = '.join(self.conventions)}{late}"


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a column follows; made by `diff_conventions`.

    Attributes
    ----------
    verdict : str
        "fits", "cannot tell" (several fit equally well, or too few bars) or "none fits".
    best : Fit or None
        The one that fits; None for the other verdicts.
    fits : tuple of Fit
        All that were tried, best first.
    tolerance : str
        What counts as equal.
    reason : str
        The verdict as a sentence.
    """

    verdict: str
    best: Fit | None
    fits: tuple[Fit, ...] = field(repr=False)
    tolerance: str
    reason: str

    @property
    def table(self) -> pd.DataFrame:
        """One row for each that was tried, best first."""
        rows = [
            (fit.indicator, fit.output, " = ".join(fit.conventions), str(fit.params), fit.lag, fit.max_error,
             fit.median_error, fit.settled_error, fit.first_off, fit.compared, fit.fits)
            for fit in self.fits
        ]  # fmt: skip
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        return frame.astype({"first_off": "Int64"})

    def __str__(self) -> str:
        rows = self.table.head(SHOWN).to_string(index=False) if self.fits else ""
        return f"{self.reason}\nEqual means {self.tolerance}.\n{rows}".rstrip()

    def _repr_html_(self) -> str:
        rows = self.table.head(SHOWN).to_html(index=False, border=0) if self.fits else ""
        return f"<p><b>{escape(self.reason)}</b> Equal means {escape(self.tolerance)}.</p>{rows}"


@dataclass(frozen=True, slots=True)
class _Try:
    """One call of an indicator, and what is known of its values."""

    entry: Indicator
    output: str
    call: Call
    line: FloatArray
    first: int
    settled: int


def diff_conventions(
    column: Any,
    frame: Any,
    indicator: str | Indicator | Iterable[str | Indicator] | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    lags: int = 3,
) -> Likeness:
    """Tell which indicator, convention and parameters a foreign column follows.

    Each candidate is computed and compared with the column bar by bar. Columns of vendors are rounded: if all values
    have so many digits and no more, an error of half a unit of the last one is none.

    Parameters
    ----------
    column : array_like, shape (bars,)
        The foreign column. A Series may lack some of the stamps of `frame`; they count as missing.
    frame : DataFrame, or array_like
        The bars that it was made of: a frame with open, high, low, close and perhaps volume, or a column of closes.
    indicator : str, Indicator, or several of them, optional
        What it may be. By default what the name of the column says (``"RSI_14"``), or else the usual ones.
    params : mapping, optional
        Parameters of the indicator, if they are known; by default the usual ones are tried.
    lags : int, default 3
        So many bars the column may be late or early; tried only if nothing fits in place.

    Returns
    -------
    Likeness
        With ``verdict``, ``best``, ``table`` (errors of each that was tried) and ``reason``.

    Raises
    ------
    UnknownIndicator
        If there is no indicator of a name.
    ParameterError
        If a parameter is out of bounds, or `lags` is negative.
    DataError
        If the column and the bars are not of one length or index, or the column holds no number.

    Examples
    --------
    >>> import quantperf as qp
    >>> bars = qp.sample("IBM")
    >>> theirs = bars["close"].ewm(span=20, adjust=False).mean().round(2)
    >>> print(qp.diff_conventions(theirs, bars, "ema").best)
    ema(window=20) under tradingview = pandas = legacy
    """
    if isinstance(lags, bool) or not isinstance(lags, int) or lags < 0:
        raise ParameterError(f"lags must be a whole number of at least 0, got {lags!r}")
    theirs = _foreign(column, frame)
    fields = _fields(frame)
    if indicator is not None:
        given = [indicator] if isinstance(indicator, str | Indicator) else list(indicator)
        entries = [one if isinstance(one, Indicator) else CATALOG[one] for one in given]
        pools = [[_wanted(entry, None, (), params) for entry in entries]]
    else:
        named = _by_name(getattr(column, "name", None), params)
        pools = [*([[named]] if named else []), [_wanted(CATALOG[name], None, (), params) for name in USUAL]]
    tolerance = _Tolerance.of(theirs)
    found: list[Fit] = []
    for pool in pools:
        tries = [one for wanted in pool for one in _tries(*wanted, fields, tolerance)]
        found = _compared(tries, theirs, tolerance, 0)
        if not any(fit.fits != "no" for fit in found):
            late = [lag for lag in range(-lags, lags + 1) if lag]
            found += [fit for lag in late for fit in _compared(tries, theirs, tolerance, lag) if fit.fits != "no"]
        if any(fit.fits != "no" for fit in found):
            break
    found.sort(key=_rank)
    return _judged(tuple(found), tolerance)


# ------------------------------------------------------------------------------------------------------------- data


def _foreign(column: Any, frame: Any) -> FloatArray:
    """Return the column as numbers, on the bars of the frame."""
    index = frame.index if isinstance(frame, pd.Series | pd.DataFrame) else None
    if isinstance(column, pd.Series) and index is not None and not column.index.equals(index):
        if not column.index.is_unique or not column.index.isin(index).all():
            raise DataError("column must have stamps of frame, each once, got others; align it first with reindex")
        column = column.reindex(index)
    blocks, source = rim.take(("column",), (column,))
    if blocks[0].shape[1] != 1 or source.kind in {"table", "frame"}:
        raise DataError(f"column must be one column, got shape {blocks[0].shape}; select one")
    line = run.finite(blocks[0])[:, 0].copy()
    if len(line) != len(frame):
        raise DataError(f"column must have as many values as frame has bars, {len(frame)}, got {len(line)}")
    if np.isnan(line).all():
        raise DataError("column must hold numbers, got none but missing ones")
    return line


def _fields(frame: Any) -> dict[str, FloatArray]:
    """Return the columns of bars that there are, by name."""
    if not rim.is_bars(frame):
        blocks, source = rim.take(("close",), (frame,))
        if source.kind in {"table", "frame"}:
            raise DataError("frame must be a frame of bars of one symbol, or a column of closes; got a table")
        return {"close": run.finite(blocks[0])}
    names = [name for name in ("open", "high", "low", "close", "volume") if _has(frame, name)]
    blocks, _ = rim.take(names, (frame,), names)
    return {name: run.finite(run.time_major(block)) for name, block in zip(names, blocks, strict=True)}


def _has(frame: pd.DataFrame, name: str) -> bool:
    return any(str(label).lower() == name for label in frame.columns)


@dataclass(frozen=True, slots=True)
class _Tolerance:
    """What counts as equal: half a unit of the last digit of a rounded column, else rounding of the arithmetic."""

    absolute: float
    relative: float
    text: str

    @classmethod
    def of(cls, line: FloatArray) -> _Tolerance:
        """Return the tolerance that suits the digits of a column."""
        known = line[~np.isnan(line)]
        largest = float(np.abs(known).max())
        for digits in range(MOST_DIGITS + 1):
            scaled = known * 10.0**digits
            if np.abs(scaled).max(initial=0.0) < 1e12 and (np.abs(scaled - np.rint(scaled)) < 1e-4).all():
                half = 0.5 * 10.0**-digits
                return cls(
                    half * (1.0 + 1e-6), 1e-9, f"within {half:g}, since the column is rounded to {digits} digits"
                )
        if (known == known.astype(np.float32)).all():
            return cls(1e-9 * largest, 1e-6, "within 1e-6 of the value, since the column has single precision")
        return cls(1e-11 * largest, 1e-9, "within 1e-9 of the value")

    def at(self, line: FloatArray) -> FloatArray:
        """Return how far from each value is equal."""
        return self.absolute + self.relative * np.abs(line)


# ------------------------------------------------------------------------------------------------------- candidates

_Wanted = tuple[Indicator, str | None, list[dict[str, Any]]]


def _wanted(
    entry: Indicator, output: str | None, numbers: Sequence[float], params: Mapping[str, Any] | None
) -> _Wanted:
    """Return an indicator, which output is meant, and the parameters to try: given, named, default, usual."""
    if params is not None:
        return entry, output, [dict(params)]
    sets: list[dict[str, Any]] = [{}]
    plain = [name for name, parameter in entry.params.items() if not parameter.choice]
    if numbers:
        pairs = zip(plain, numbers, strict=False)
        named = {name: int(value) if entry.params[name].whole else value for name, value in pairs}
        return entry, output, [named]
    sets += [
        {ours: value for ours, value in function.params.values() if ours is not None}
        for function in entry.talib
        if function.outputs is None
    ]
    if len(plain) == 1 and plain[0] == "window":
        sets += [{"window": window} for window in WINDOWS]
    return entry, output, sets


def _by_name(name: object, params: Mapping[str, Any] | None) -> _Wanted | None:
    """Return what the name of a column says, such as ``"RSI_14"`` or ``"BBU_20_2.0"``; None if it says nothing."""
    if not isinstance(name, str):
        return None
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", name)]
    words = re.sub(r"[^a-z]+", " ", name.lower()).split()
    if not words:
        return None
    words = ALIASES.get("".join(words), " ".join(words)).split()
    for count in range(len(words), 0, -1):
        label = "_".join(words[:count])
        if label not in CATALOG:
            continue
        entry, rest = CATALOG[label], "_".join(words[count:])
        output = rest if rest in entry.outputs else None
        wanted = _wanted(entry, output, numbers, params)
        try:
            entry.resolve(named=wanted[2][0])
        except ParameterError:  # numbers that are no parameters of it
            wanted = _wanted(entry, output, (), params)
        return wanted
    return None


def _tries(
    entry: Indicator,
    output: str | None,
    sets: Sequence[Mapping[str, Any]],
    fields: Mapping[str, FloatArray],
    tolerance: _Tolerance,
) -> list[_Try]:
    """Return the values of an indicator under all conventions with each set of parameters."""
    if entry.dtype != np.float64 or not set(entry.columns) <= set(fields):
        return []
    blocks = [fields[column] for column in entry.columns]
    largest = max((float(np.nanmax(np.abs(block), initial=0.0)) for block in blocks), default=0.0)
    scale = largest if entry.degree != (0, 0) else 100.0
    eps = min(max(0.1 * tolerance.absolute / scale, 1e-12), 1e-3) if scale > 0.0 else 1e-9
    found, seen = [], set()
    for named in sets:
        for convention in entry.conventions:
            call = entry.resolve(named={**named, "convention": convention})
            key = (convention, *call.params.items())
            if key in seen:
                continue
            seen.add(key)
            y = entry.compute(call, blocks)[0]
            settles = entry.settle(eps, convention=convention, **call.params)
            for i, name in enumerate(entry.outputs):
                line = y[:, 0] if entry.returns is None else y[i, :, 0]
                known = ~np.isnan(line)
                if known.any() and output in {None, name}:
                    first = int(known.argmax())
                    settled = first + settles - call.lookbacks[i]
                    found.append(_Try(entry, name, call, line, first, int(min(settled, len(line)))))
    return found


# ------------------------------------------------------------------------------------------------------- comparison


def _compared(tries: Sequence[_Try], theirs: FloatArray, tolerance: _Tolerance, lag: int) -> list[Fit]:
    """Return how well each fits; conventions that say the same on these bars are one."""

    def same(one: _Try) -> tuple[Any, ...]:
        return (one.entry.name, one.output, tuple(one.call.params.items()))

    fits = []
    for _, group in groupby(sorted(tries, key=same), same):
        merged: list[tuple[list[str], _Try]] = []
        for one in group:
            known = next((pair for pair in merged if np.array_equal(pair[1].line, one.line, equal_nan=True)), None)
            if known is None:
                merged.append(([one.call.convention], one))
            else:
                known[0].append(one.call.convention)
        fits += [_fit(names, one, theirs, tolerance, lag) for names, one in merged]
    return fits


def _fit(names: Sequence[str], one: _Try, theirs: FloatArray, tolerance: _Tolerance, lag: int) -> Fit:
    ours = _shifted(one.line, lag)
    begin = int((~np.isnan(theirs)).argmax())
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    error = np.abs(ours - theirs)
    apart = error > tolerance.at(theirs)
    apart[~both] = False
    # That a column begins late may be a vendor's doing; later on, one without the other is a difference.
    odd = np.isnan(ours) != np.isnan(theirs)
    odd[:begin] = False
    if lag < 0:
        odd[lag:] = False
    bars = np.arange(len(theirs))
    settled = bars >= one.settled + lag
    off = apart | odd
    compared, late = int(both.sum()), both & settled
    level = 0
    if compared >= FEWEST and not off.any():
        level = 3 if one.first + lag == begin else 2
    elif late.sum() >= FEWEST and not (off & settled).any():
        level = 1
    return Fit(
        one.entry.name,
        one.output,
        tuple(names),
        dict(one.call.params),
        lag,
        float(error[both].max()) if compared else np.nan,
        float(np.median(error[both])) if compared else np.nan,
        float(error[late].max()) if late.any() else np.nan,
        int(off.argmax()) if off.any() else None,
        compared,
        LEVELS[level],
    )


def _shifted(line: FloatArray, lag: int) -> FloatArray:
    """Return a line `lag` bars later."""
    moved: npt.NDArray[np.float64] = np.full(len(line), np.nan)
    if abs(lag) < len(line):
        if lag >= 0:
            moved[lag:] = line[: len(line) - lag]
        else:
            moved[:lag] = line[-lag:]
    return moved


def _rank(fit: Fit) -> tuple[float, ...]:
    error = np.inf if np.isnan(fit.median_error) else fit.median_error
    largest = np.inf if np.isnan(fit.max_error) else fit.max_error
    return (-LEVELS.index(fit.fits), abs(fit.lag), error if fit.fits == "no" else largest, -fit.compared)


def _judged(fits: tuple[Fit, ...], tolerance: _Tolerance) -> Likeness:
    """Return the verdict on what was tried, best first."""
    text = tolerance.text
    if not fits or max(fit.compared for fit in fits) < FEWEST:
        reason = f"Cannot tell: fewer than {FEWEST} bars on which both the column and a candidate have a value."
        return Likeness("cannot tell", None, fits, text, reason)
    best = fits[0]
    if best.fits == "no":
        near = f"the nearest is {best}, with a median error of {best.median_error:.3g}"
        return Likeness("none fits", None, fits, text, f"None of {len(fits)} fits; {near}.")
    equal = [fit for fit in fits if fit.fits == best.fits and fit.lag == best.lag]
    if len(equal) > 1:
        names = "; ".join(str(fit) for fit in equal[:4]) + ("; ..." if len(equal) > 4 else "")
        why = "the column has no bars that tell them apart" if best.fits != "settled" else "they differ in seeds alone"
        return Likeness("cannot tell", None, fits, text, f"Cannot tell: {len(equal)} fit equally, {why}: {names}.")
    what = {
        "all": "on every bar",
        "values": "on every bar that it has",
        "settled": "once the seed has been forgotten; it was made from other bars before these, or with another seed",
    }[best.fits]
    return Likeness("fits", best, fits, text, f"The column is {best}, {what}.")
