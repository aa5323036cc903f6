"""Signals of a frame or a panel: what comes in is laid out, the program is run in blocks, records are made."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError, not_bars, one_of
from quantperf.indicators import policies, rim, run
from quantperf.indicators.plan import FloatArray
from quantperf.market.bars import Panel
from quantperf.market.moments import closing_times, timeframe_of
from quantperf.market.sessions import Session, Stamps
from quantperf.signals.listing import Bars, records_of
from quantperf.signals.program import Found, Program, compile_rules
from quantperf.signals.records import ONE_SYMBOL, is_records
from quantperf.signals.rule import Wanted
from quantperf.signals.rules import RULES

__all__ = ["breakdown", "generate", "merge", "policy_of"]

VALUES = 1 << 16  # of a field in a block: enough to pay for the calls, few enough for the caches
FEWEST_SYMBOLS = 16  # in a slab: a thread for less gains nothing
POLICIES = ("local", "skip", "ffill", "raise")


def generate(
    data: pd.DataFrame | Panel,
    rules: Wanted | Iterable[Wanted] | None = None,
    *,
    symbol: str = ONE_SYMBOL,
    timeframe: str | None = None,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
    convention: str | None = None,
    nan: str | policies.Policy = "local",
    min_bars: int | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """Return the signals of bars, one row each.

    Parameters
    ----------
    data : DataFrame or Panel
        Bars of one symbol, or of many.
    rules : str, Rule, (name, expression), dict, or several of them, optional
        Names of `RULES`, rules, pairs such as ``("dip", "rsi(14) < 30 and close > sma(200)")``, or dicts of what a Rule
        has. By default all of `RULES`.
    symbol : str, default ""
        Name of the symbol of a frame.
    timeframe : str, optional
        Name of the timeframe; by default told by the stamps, such as "1day".
    stamps, bar, session
        What the stamps mean; see `quantperf.market.moments.closing_times`.
    convention : {"talib", "tradingview", "pandas", "legacy"}, optional
        Convention of the indicators that have it; by default the first of each.
    nan : {"local", "skip", "raise"} or ``qp.ffill(limit)``, default "local"
        What a missing bar means. "local": what reads it is unknown, so a cross over it is too. "skip": rules see the
        symbol's own bars, those that have all columns that the rules read, one after the other.
    min_bars : int, optional
        Fewest bars that a symbol must have. A frame with less is an error; a symbol of a panel with less is dropped
        and counted.
    threads : int, optional
        Threads over which symbols are split; by default as many as there are processors.

    Returns
    -------
    DataFrame
        With the columns of `quantperf.signals.records.COLUMNS`, sorted by known_at, symbol and order of the rules.
        additional_context tells, as JSON, on how many bars in a row the condition has held so far. ``attrs`` has, by
        rule, "fired", "evaluated" and "unknown" (bars of all symbols), "settled_from" (bars of a symbol before the
        first settled one) and "families"; "bars", "symbols", and "dropped" (symbols).

    Raises
    ------
    ParameterError
        If a rule or a parameter cannot be.
    DataError
        If the data are no bars, or lack a column that a rule reads.

    Notes
    -----
    Logic is Kleene's: a comparison with a missing value is unknown, and unknown is never a signal. "The bar before" is
    the bar before in the index; if the symbol has none there, a cross is unknown. Of the rules of one family the first
    that fires on a bar gives the signal. Cutting the bars after one changes no signal that was known by then.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = qp.signals(qp.sample("IBM"), ["golden_cross", "dead_cross"], symbol="IBM")
    >>> found[["symbol", "signal_type", "triggered_at", "direction"]].head(2)
      symbol   signal_type triggered_at  direction
    0    IBM  golden_cross   2001-05-30          1
    1    IBM    dead_cross   2001-09-17         -1
    >>> qp.signals(qp.sample(), [("dip", "rsi(14) < 30 and close > sma(200)")])["signal_type"].unique().tolist()
    ['dip']
    """
    program, policy = compile_rules(rules, convention), policy_of(nan)
    _check_whole("threads", threads)
    _check_whole("min_bars", min_bars)
    if timeframe is not None and (not isinstance(timeframe, str) or not timeframe):
        raise ParameterError(f"timeframe must be a name such as '1day', got {timeframe!r}")
    if not isinstance(symbol, str):
        raise ParameterError(f"symbol must be a string, got {symbol!r}")
    if not isinstance(data, Panel) and not rim.is_bars(data):
        raise not_bars("data", data)
    if isinstance(data, Panel) and symbol != ONE_SYMBOL:
        raise ParameterError(f"symbol must be left out for a Panel, which names its own, got {symbol!r}")
    fields = _fields(data, program.fields)
    index = data.index
    closed = closing_times(index, stamps=stamps, bar=bar, session=session)
    symbols = data.symbols if isinstance(data, Panel) else (symbol,)
    kept = _long_enough(fields["close"], min_bars, isinstance(data, Panel))
    if policy.kind == "raise":
        policies.refuse_missing(list(fields.values()), list(fields), data.symbols if isinstance(data, Panel) else None)
    found, began = _find(program, fields, kept, policy, threads or os.cpu_count() or 1)
    volume = fields["volume"] if "volume" in fields else _volume(data, fields["close"])
    bars = Bars(index, closed, symbols, timeframe or timeframe_of(index, bar), fields["close"], volume)
    records = records_of(found, program, bars, began)
    records.attrs.update(_attrs(program, found, len(index), len(symbols), len(symbols) - len(kept)))
    return records


def policy_of(nan: str | policies.Policy) -> policies.Policy:
    """Return a policy that rules can have."""
    policy = policies.policy(nan)
    if policy.kind not in POLICIES:
        raise one_of("nan of rules", POLICIES, nan)
    return policy


def _check_whole(name: str, value: int | None) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ParameterError(f"{name} must be a whole number of at least 1, got {value!r}")


def _fields(data: pd.DataFrame | Panel, names: tuple[str, ...]) -> dict[str, FloatArray]:
    """Return the columns as finite read-only blocks in C order."""
    blocks, _ = rim.take(names, (data,))
    if run.counts(blocks)[1]:
        rim.warn_of_infinities(names, blocks)
    return {name: run.time_major(run.finite(block)) for name, block in zip(names, blocks, strict=True)}


def _volume(data: pd.DataFrame | Panel, close: FloatArray) -> FloatArray:
    """Return the volume, which no rule reads, NaN if there is none."""
    if isinstance(data, Panel) or any(str(label).lower() == "volume" for label in data.columns):
        return run.time_major(rim.take(("volume",), (data,))[0][0])
    return np.broadcast_to(np.nan, close.shape)


def _long_enough(close: FloatArray, min_bars: int | None, many: bool) -> npt.NDArray[np.intp]:
    """Return the columns that have bars enough."""
    lengths = (~np.isnan(close)).sum(axis=0)
    kept = np.flatnonzero(lengths >= (min_bars or 0))
    if min_bars is not None and not len(kept):
        longest = int(lengths.max()) if len(lengths) else 0
        what = "at least one symbol must have" if many else "data must have"
        raise DataError(f"{what} {min_bars} bars, got {longest}; add history, or lower min_bars")
    return kept


def _find(
    program: Program,
    fields: dict[str, FloatArray],
    kept: npt.NDArray[np.intp],
    policy: policies.Policy,
    threads: int,
) -> tuple[Found, npt.NDArray[np.int64] | None]:
    """Return the signals of the kept columns at their places in the bars, and where each condition began."""
    lanes = fields["close"].shape[1]
    if len(kept) < lanes:
        fields = {name: np.ascontiguousarray(block[:, kept]) for name, block in fields.items()}
    blocks = list(fields.values())
    order = None
    if policy.kind == "ffill":
        blocks = [np.where(np.isnan(fields["close"]), np.nan, policies.filled(block, policy.bars)) for block in blocks]
    elif policy.kind == "skip":
        missing = policies.lacking(blocks)
        order = np.argsort(missing, axis=0, kind="stable")
        blocks = [np.take_along_axis(np.where(missing, np.nan, block), order, axis=0) for block in blocks]
    blocks = [run.read_only(block) for block in blocks]
    count = max(1, min(threads, len(kept) // FEWEST_SYMBOLS))
    slabs = list(pairwise(len(kept) * i // count for i in range(count + 1)))
    named = dict(zip(fields, blocks, strict=True))
    if count == 1:
        parts = _slab(program, named, slabs[0])
    else:
        with ThreadPoolExecutor(count) as pool:
            parts = [part for slab in pool.map(lambda slab: _slab(program, named, slab), slabs) for part in slab]
    found = _joined(parts, program)
    lane = kept[found.lane]
    if order is None:
        return _moved(found, found.bar, lane), None
    hold = np.array([rule.hold - 1 for rule in program.rules])[found.rule]
    return _moved(found, order[found.bar, found.lane], lane), order[found.bar - hold, found.lane]


def _moved(found: Found, bar: npt.NDArray[np.int64], lane: npt.NDArray[np.int64]) -> Found:
    return replace(found, bar=bar, lane=lane)


def _slab(program: Program, fields: dict[str, FloatArray], slab: tuple[int, int]) -> list[Found]:
    """Return the signals of a stretch of symbols, block after block."""
    bars, lanes = fields["close"].shape[0], slab[1] - slab[0]
    state = program.fresh_state(lanes)
    step = max(1, VALUES // max(lanes, 1))
    return [
        program.advance({name: block[at : at + step, slab[0] : slab[1]] for name, block in fields.items()},
                        state).shifted(at, slab[0])
        for at in range(0, bars, step)
    ]  # fmt: skip


def _joined(parts: list[Found], program: Program) -> Found:
    """Return the signals of all parts as one."""
    if not parts:
        whole, real = np.empty(0, dtype=np.int64), np.empty(0)
        counts = np.zeros((len(program.rules), 3), dtype=np.int64)
        return Found(whole, whole, whole, whole, whole, real, real, real, counts, np.empty((0, 0, 0), dtype=np.int8))
    names = ("rule", "bar", "lane", "held", "seen", "value", "strength", "market")
    arrays = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    counts = np.sum([part.counts for part in parts], axis=0)
    return Found(**dict(zip(names, arrays, strict=True)), counts=counts, codes=parts[0].codes)


def _attrs(program: Program, found: Found, bars: int, symbols: int, dropped: int) -> dict[str, Any]:
    """Return what a result tells of itself; plain values, so that pandas can compare them."""
    names = [rule.name for rule in program.rules]
    counts = found.counts.tolist()
    return {
        "bars": bars,
        "symbols": symbols,
        "dropped": dropped,
        "fired": {name: row[0] for name, row in zip(names, counts, strict=True)},
        "evaluated": {name: row[1] for name, row in zip(names, counts, strict=True)},
        "unknown": {name: row[2] for name, row in zip(names, counts, strict=True)},
        "settled_from": {each.rule.name: each.settle for each in program.parsed},
        "families": {rule.name: rule.family for rule in program.rules},
    }


def merge(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the union of two frames of records, each signal once; of one that both have, the old row stays.

    So what is known of an old record, such as whether an alert was sent, is kept, and merging again changes nothing.

    Raises
    ------
    DataError
        If one is no frame of records with ids.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = qp.signals(qp.sample("IBM"))
    >>> merge(found.head(100), found).equals(found)
    True
    """
    for name, frame in (("old", old), ("new", new)):
        if not is_records(frame) or "id" not in frame:
            raise DataError(f"{name} must be a frame of signals with ids, got {type(frame).__name__}")
    fresh = new[~new["id"].isin(old["id"])].drop_duplicates("id")
    kept = old.drop_duplicates("id")
    if not len(fresh):
        both = kept
    elif not len(kept):
        both = fresh
    else:
        both = pd.concat([kept, fresh], ignore_index=True)
    place = {rule.name: at for at, rule in enumerate(RULES)}
    order = pd.DataFrame({
        "known": both["known_at"].to_numpy(), "symbol": both["symbol"].to_numpy(),
        "rule": [place.get(name, len(place)) for name in both["signal_type"]],
    }).sort_values(["known", "symbol", "rule"], kind="stable").index  # fmt: skip
    joined = both.iloc[order.to_numpy()].reset_index(drop=True)
    joined.attrs = dict(new.attrs or old.attrs)
    return joined


def breakdown(signals: pd.DataFrame) -> dict[str, Any]:
    """Return how many signals there are, by type and by kind.

    Parameters
    ----------
    signals : DataFrame
        Records of signals.

    Returns
    -------
    dict
        data_count (bars times symbols that were looked at; None if the records do not tell), total_signals,
        signal_breakdown (by family; both moving averages count as "ma") and by_type.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = breakdown(qp.signals(qp.sample("IBM"), ["golden_cross", "MA50_breakout_up"]))
    >>> found["data_count"], found["total_signals"] == sum(found["signal_breakdown"].values())
    (3270, True)
    """
    if not is_records(signals):
        raise DataError(f"signals must be a frame of signals, got {type(signals).__name__}")
    known: dict[str, str] = signals.attrs.get("families") or {rule.name: rule.family for rule in RULES}
    types = signals["signal_type"].value_counts()
    families: dict[str, int] = {_kind(family): 0 for family in known.values()}
    for name, count in types.items():
        kind = _kind(known.get(str(name), str(name)))
        families[kind] = families.get(kind, 0) + int(count)
    bars, symbols = signals.attrs.get("bars"), signals.attrs.get("symbols")
    return {
        "data_count": None if bars is None or symbols is None else bars * symbols,
        "total_signals": len(signals),
        "signal_breakdown": families,
        "by_type": {str(name): int(count) for name, count in types.items()},
    }


def _kind(family: str) -> str:
    return "ma" if family in {"ma50", "ma200"} else family
