"""The comprehensive analysis: bars in, a result out, of one symbol or of many in one pass of the kernels.

Each symbol is seen through its own bars: a bar that it does not have is left out. Many symbols lie side by side from
their own first bar on, so that every rolling sum begins where it would begin alone, and results are equal to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.analysis.fired import Fired, Lookout, Signals, fired_by, fired_by_rules, lookout_for
from quantperf.analysis.result import Analysis
from quantperf.analysis.sentiment import Sentiment, label_of, score
from quantperf.errors import DataError, ParameterError, did_you_mean, one_of
from quantperf.indicators.catalogue import CATALOG, Call, Indicator
from quantperf.indicators.indicator import SETTLED
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS, FloatArray, columns_of
from quantperf.market.moments import closing_times
from quantperf.market.sessions import Session, Stamps
from quantperf.signals.program import Program

__all__ = [
    "CONVENTIONS",
    "PERIODS",
    "OwnBars",
    "StampsMeaning",
    "analyse_together",
    "checked_convention",
    "checked_period",
    "comprehensive",
    "own_bars",
]

CONVENTIONS = ("talib", "tradingview", "pandas", "legacy")
SMA_WINDOWS = (5, 20, 50, 60, 200, 300)
EMA_WINDOWS = (9, 21, 50)
# name of the indicator, parameters, names of its lines here
WANTED: tuple[tuple[str, dict[str, int], tuple[str, ...]], ...] = (
    *(("sma", {"window": window}, (f"sma_{window}",)) for window in SMA_WINDOWS),
    *(("ema", {"window": window}, (f"ema_{window}",)) for window in EMA_WINDOWS),
    ("vwap", {}, ("vwap",)),
    ("rsi", {"window": 14}, ("rsi",)),
    ("macd", {"fast": 12, "slow": 26, "signal": 9}, ("macd", "signal", "histogram")),
    ("bbands", {"window": 20}, ("upper", "middle", "lower")),
    ("stochf", {"fastk": 14, "fastd": 3}, ("k", "d")),
    ("volume_sma", {"window": 20}, ("volume_sma",)),
)
GROUPS: Mapping[str, Mapping[str, str]] = {
    "moving_averages": {
        name: name for *_, lines in WANTED[: len(SMA_WINDOWS) + len(EMA_WINDOWS) + 1] for name in lines
    },
    "rsi": {"current": "rsi", "previous": "rsi_previous"},
    "macd": {"macd": "macd", "signal": "signal", "histogram": "histogram"},
    "bollinger": {"upper": "upper", "middle": "middle", "lower": "lower"},
    "stochastic": {"k": "k", "d": "d"},
    "volume": {"current": "volume", "sma_20": "volume_sma", "ratio": "ratio"},
}
PERIODS: Mapping[str, pd.DateOffset] = {
    **{f"{days}d": pd.DateOffset(days=days) for days in (1, 5)},
    **{f"{months}mo": pd.DateOffset(months=months) for months in (1, 3, 6)},
    **{f"{years}y": pd.DateOffset(years=years) for years in (1, 2, 5, 10)},
}
ROUNDING = 1e-12  # of a price: far above what rounding leaves, far below any tick
CLOSE, VOLUME = FIELDS.index("close"), FIELDS.index("volume")


@dataclass(frozen=True, slots=True, eq=False)
class OwnBars:
    """The bars that a symbol has, oldest first.

    Attributes
    ----------
    symbol : str
    values : ndarray, shape (5, bars)
        In the order of `FIELDS`; NaN where a field of a bar is missing.
    index : Index
        Their stamps.
    known_at : Timestamp or number
        When the last one was complete.
    lacking : mapping of str to str
        What is unusual about a field, by its name.
    """

    symbol: str
    values: FloatArray
    index: pd.Index[Any]
    known_at: Any
    lacking: Mapping[str, str]

    def frame(self) -> pd.DataFrame:
        """Return them as a frame."""
        return pd.DataFrame(self.values.T, index=self.index, columns=list(FIELDS))


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of an indicator: what it reads, the place of its first value, and the bars after which it is settled."""

    name: str
    indicator: str
    fields: tuple[int, ...]
    lookback: int
    settle: float


@overload
def comprehensive(
    bars: pd.DataFrame,
    *,
    symbol: str = "",
    convention: str = "talib",
    signals: Signals = None,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> Analysis: ...
@overload
def comprehensive(
    bars: Panel,
    *,
    symbol: str = "",
    convention: str = "talib",
    signals: Signals = None,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> dict[str, Analysis]: ...
def comprehensive(
    bars: pd.DataFrame | Panel,
    *,
    symbol: str = "",
    convention: str = "talib",
    signals: Signals = None,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> Analysis | dict[str, Analysis]:
    """Return the comprehensive analysis of a symbol, or of each symbol of a panel.

    Parameters
    ----------
    bars : DataFrame or Panel
        Bars, oldest first: open, high, low and close, and volume, without which what needs it is missing.
    symbol : str, default ""
        What the result calls the symbol of a frame.
    convention : {"talib", "tradingview", "pandas", "legacy"}
        Under which the indicators are computed; an indicator that does not differ there is computed as by "talib".
    signals : rules, callable or False, optional
        Rules that may fire on the last bar, as for `qp.signals`; by default its own, under `convention`. Or a function
        that gives the records of a frame of bars, or False to look for none.
    stamps, bar, session
        What the stamps mean; see `quantperf.market.moments.closing_times`.

    Returns
    -------
    Analysis, or dict of str to Analysis
        As of the last bar of each symbol.

    Raises
    ------
    DataError
        If the bars are none, lack a price column, are not ascending, or a symbol has none.
    ParameterError
        If `convention` is unknown, or `symbol` is given with a panel.

    Notes
    -----
    Simple averages over 5, 20, 50, 60, 200 and 300 bars, exponential ones over 9, 21 and 50, VWAP from the first bar,
    RSI 14, MACD 12, 26, 9, Bollinger 20, 2, fast stochastic 14, 3, volume against its mean of 20. Bars without any
    price are left out, and infinite values are taken as missing.

    Examples
    --------
    >>> import quantperf as qp
    >>> result = comprehensive(qp.sample("IBM"), symbol="IBM")
    >>> round(result.indicators["rsi"]["current"], 2), result.sentiment.label
    (57.19, 'bearish')
    >>> comprehensive(qp.sample("FB")).missing["indicators.moving_averages.sma_200"]
    'needs 200 bars, has 196'
    """
    if isinstance(bars, Panel) and symbol:
        raise ParameterError(f"symbol is for a frame of one symbol, got {symbol!r} with a panel; leave it out")
    means, lookout = StampsMeaning(stamps, bar, session), lookout_for(signals, checked_convention(convention))
    if isinstance(bars, Panel):
        return analyse_together([own_bars(bars, name, means) for name in bars.symbols], convention, lookout)
    return analyse_together([own_bars(bars, symbol, means)], convention, lookout)[symbol]


class StampsMeaning:
    """What stamps mean, and the closing times of the last index that was asked for: many symbols share one."""

    def __init__(self, stamps: Stamps | None = None, bar: str | None = None, session: Session | None = None) -> None:
        self._options: dict[str, Any] = {"stamps": stamps, "bar": bar, "session": session}
        self._held: tuple[pd.Index[Any], pd.Index[Any]] | None = None

    def closings_of(self, index: pd.Index[Any]) -> pd.Index[Any]:
        """Return when each bar was complete."""
        held = self._held  # read once: threads share this
        if held is None or not (held[0] is index or held[0].equals(index)):
            held = self._held = (index, closing_times(index, **self._options))
        return held[1]


def checked_period(period: str | None) -> str | None:
    """Return a period if there is such a one."""
    if period is not None and period not in PERIODS:
        raise one_of("period", PERIODS, period)
    return period


def own_bars(
    bars: pd.DataFrame | Panel, symbol: str, means: StampsMeaning | None = None, period: str | None = None
) -> OwnBars:
    """Return the bars that a symbol has, checked; with a period, those no further back from its last one.

    Raises
    ------
    DataError
        If it has none, or they are no bars, or a period is asked of bars that are numbered.
    """
    lacking = {}
    if isinstance(bars, Panel):
        if symbol not in bars:
            raise DataError(f"unknown symbol {symbol!r}{did_you_mean(symbol, bars.symbols) or '; see panel.symbols'}")
        lane = bars.symbols.index(symbol)
        values = np.stack([bars.block(field)[:, lane] for field in FIELDS])
    elif isinstance(bars, pd.DataFrame):
        traded = any(str(label).lower() == "volume" for label in bars.columns)
        columns = columns_of(bars, FIELDS if traded else FIELDS[:VOLUME])
        values = np.stack([*columns.values(), *([] if traded else [np.full(len(bars), np.nan)])])
        if not traded:
            lacking["volume"] = "the bars have no column volume"
    else:
        raise DataError(f"bars must be a frame of open, high, low and close, or a Panel, got {type(bars).__name__}")
    wild = np.isinf(values)
    if wild.any():
        values[wild] = np.nan
        lacking |= {
            name: f"{count} infinite values were taken as missing"
            for name, count in zip(FIELDS, wild.sum(axis=1).tolist(), strict=True)
            if count
        }
    kept = np.asarray(~np.isnan(values[:VOLUME]).all(axis=0), dtype=np.bool_)
    if not kept.any():
        raise DataError(f"bars{f' of {symbol}' if symbol else ''} must hold at least one with a price, got none")
    closings = (means or StampsMeaning()).closings_of(bars.index)
    last = int(np.flatnonzero(kept)[-1])
    index = bars.index
    if period is not None:
        if closings.dtype.kind in "iuf":
            raise DataError(f"bars must have stamps of time for period={period!r}, got numbers; leave period out")
        kept[: closings.searchsorted(closings[last] - PERIODS[period], side="right")] = False
    if not kept.all():
        values, index = values[:, kept], index[kept]
    return OwnBars(symbol, values, index, closings[last], lacking)


def checked_convention(convention: str) -> str:
    """Return a convention if there is such a one."""
    if convention not in CONVENTIONS:
        raise one_of("convention", CONVENTIONS, convention)
    return convention


def analyse_together(
    symbols: Sequence[OwnBars], convention: str = "talib", lookout: Lookout = None
) -> dict[str, Analysis]:
    """Return the analyses of some symbols by one pass of the kernels over all of them; each is as it would be alone."""
    if not symbols:
        return {}
    counts = np.array([len(own.index) for own in symbols])
    blocks = _side_by_side(symbols, counts)
    latest = _latest(blocks, counts, convention)
    fired: Sequence[Fired | None]
    if isinstance(lookout, Program):
        fired = fired_by_rules(lookout, dict(zip(FIELDS, blocks, strict=True)), counts)
    else:
        fired = [None] * len(symbols) if lookout is None else fired_by(lookout, [own.frame() for own in symbols])
    return {own.symbol: _built(own, latest[:, :, lane], convention, fired[lane]) for lane, own in enumerate(symbols)}


def _latest(fields: Sequence[FloatArray], counts: npt.NDArray[np.intp], convention: str) -> FloatArray:
    """Return every line on the bar before the last and on the last: an array (lines, 2, symbols)."""
    bars, lanes = fields[0].shape
    rows, places = np.stack([counts - 2, counts - 1]), np.arange(lanes)
    latest = []
    # One line at a time, of which two bars are kept: frames of all bars would cost more than their numbers.
    for entry, call, reads in _calls(convention):
        y = np.empty((len(entry.outputs), bars, lanes))
        entry.into(call, [fields[place] for place in reads], y if entry.returns is not None else y[0])
        latest.append(y[:, rows, places])
    found = np.concatenate(latest)
    found[:, 0, counts < 2] = np.nan
    return found


def _side_by_side(symbols: Sequence[OwnBars], counts: npt.NDArray[np.intp]) -> list[FloatArray]:
    """Return a read-only block (bars, symbols) for each field, in which every symbol begins on the first row."""
    if len(symbols) == 1:
        blocks = [np.ascontiguousarray(values).reshape(-1, 1) for values in symbols[0].values]
    else:
        blocks = [np.full((int(counts.max()), len(symbols)), np.nan) for _ in FIELDS]
        for lane, own in enumerate(symbols):
            for block, values in zip(blocks, own.values, strict=True):
                block[: counts[lane], lane] = values
    for block in blocks:
        block.flags.writeable = False
    return blocks


@cache
def _calls(convention: str) -> tuple[tuple[Indicator, Call, tuple[int, ...]], ...]:
    """Return the indicators with their parameters checked, and the fields that each reads."""
    calls = []
    for name, params, _ in WANTED:
        entry = CATALOG[name]
        call = entry.resolve(named={**params, "convention": _spoken(name, convention)})
        calls.append((entry, call, tuple(FIELDS.index(field) for field in entry.columns)))
    return tuple(calls)


def _spoken(indicator: str, convention: str) -> str:
    """Return the convention if the indicator differs under it, else its default."""
    known = CATALOG[indicator].conventions
    return convention if convention in known else known[0]


@cache
def _lines(convention: str) -> tuple[_Line, ...]:
    lines = []
    for (indicator, _, names), (entry, call, reads) in zip(WANTED, _calls(convention), strict=True):
        settle = entry.settle(SETTLED, convention=call.convention, **call.params)
        lines += [
            _Line(name, indicator, reads, lookback, settle)
            for name, lookback in zip(names, _each(call.lookbacks, len(names)), strict=True)
        ]
    return tuple(lines)


def _each(lookbacks: Iterable[int], count: int) -> tuple[int, ...]:
    """Return a lookback for each line; one that is told once is that of all."""
    told = tuple(lookbacks)
    return told if len(told) == count else told[:1] * count


def _built(own: OwnBars, latest: FloatArray, convention: str, fired: Fired | None) -> Analysis:
    lines = _lines(convention)
    now = {line.name: float(value) for line, value in zip(lines, latest[:, 1], strict=True)}
    close, volume = own.values[CLOSE], own.values[VOLUME]
    now |= {"volume": float(volume[-1]), "ratio": _ratio(float(volume[-1]), now["volume_sma"])}
    now["rsi_previous"] = float(latest[[line.name for line in lines].index("rsi"), 0])
    change = 100.0 * _ratio(float(close[-1] - close[-2]), float(close[-2])) if len(close) > 1 else np.nan
    missing = (
        {"signals": "not looked for: signals=False"}
        if fired is None
        else {f"signals.{name}": why for name, why in fired.unknown.items()}
    )
    top = {"current_price": float(close[-1]), "price_change_pct": change}
    for name, value in top.items():
        if np.isnan(value):
            missing[name] = _why_no_price(own, name)
    groups: dict[str, dict[str, float | None]] = {}
    for group, members in GROUPS.items():
        groups[group] = {name: None if np.isnan(now[line]) else now[line] for name, line in members.items()}
        for name in (name for name, value in groups[group].items() if value is None):
            missing[f"indicators.{group}.{name}"] = _why_missing(own, members[name], lines)
    mood = score(_without_noise({**now, "close": float(close[-1])}))
    unsettled = tuple(
        dict.fromkeys(
            line.name for line in lines if line.indicator in {"ema", "rsi", "macd"} and len(own.index) <= line.settle
        )
    )
    return Analysis(
        symbol=own.symbol,
        timestamp=own.index[-1],
        known_at=own.known_at,
        current_price=None if np.isnan(top["current_price"]) else top["current_price"],
        price_change_pct=None if np.isnan(change) else change,
        signals=None if fired is None else fired.signals,
        indicators=groups,
        sentiment=mood,
        settled=not unsettled,
        unsettled=unsettled,
        convention=convention,
        bars=len(own.index),
        missing={**missing, **_why_no_mood(mood)},
    )


def _without_noise(values: Mapping[str, float]) -> dict[str, float]:
    """Return the values in which those that differ by rounding only are equal.

    Of flat prices, MACD differs from its signal by a last bit under "legacy", and that bit is no mood.
    """
    cleared = dict(values)
    grain = ROUNDING * abs(cleared["close"])
    for name, other in (("signal", "macd"), ("sma_20", "close"), ("sma_50", "sma_20")):
        if abs(cleared[name] - cleared[other]) <= grain:
            cleared[name] = cleared[other]
    return cleared


def _ratio(value: float, base: float) -> float:
    return value / base if base != 0.0 else np.nan


def _why_no_price(own: OwnBars, name: str) -> str:
    close = own.values[CLOSE]
    if np.isnan(close[-1]):
        return _with_note(own, CLOSE, "the last bar has no close")
    if name == "price_change_pct" and len(close) < 2:
        return "needs 2 bars, has 1"
    return _with_note(own, CLOSE, "the bar before the last has no close" if np.isnan(close[-2]) else "that close is 0")


def _why_missing(own: OwnBars, name: str, lines: Sequence[_Line]) -> str:
    """Say why a line has no value on the last bar, or on the one before."""
    if name == "volume":
        return _with_note(own, VOLUME, "the last bar has no volume")
    line = next(line for line in lines if line.name == {"rsi_previous": "rsi", "ratio": "volume_sma"}.get(name, name))
    bars = own.values[list(line.fields)]
    if name == "rsi_previous":
        bars = bars[:, :-1]
    absent = np.isnan(bars)
    if absent.any():
        row = int(absent.any(axis=1).argmax())
        lost = int(absent[row].sum())
        return _with_note(own, line.fields[row], f"{lost} of {bars.shape[1]} bars have no {FIELDS[line.fields[row]]}")
    if bars.shape[1] <= line.lookback:
        return f"needs {line.lookback + 1 + (name == 'rsi_previous')} bars, has {len(own.index)}"
    if line.fields[-1] == VOLUME:
        return "no volume was traded: 0/0"
    return "prices did not move: 0/0"


def _with_note(own: OwnBars, field: int, text: str) -> str:
    note = own.lacking.get(FIELDS[field])
    return f"{text}; {note}" if note else text


def _why_no_mood(mood: Sentiment) -> dict[str, str]:
    absent = [name for name, points in mood.parts.items() if points is None]
    why = {f"sentiment.parts.{name}": "a value that it reads is missing" for name in absent}
    if mood.score is None:
        why["sentiment.score"] = "no part is known"
    if mood.label is None:
        reach = f"{label_of(mood.low)!r} to {label_of(mood.high)!r}"
        why["sentiment.label"] = f"{reach}: {', '.join(absent)} decide, and are missing"
    return why
