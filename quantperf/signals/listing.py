"""What a program has found, as the frame of records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.indicators.plan import FloatArray
from quantperf.signals.program import Found, Program
from quantperf.signals.records import COLUMNS, ids_of, instants_of

__all__ = ["MARKETS", "Bars", "records_of"]

MARKETS = np.array(["bearish", "sideways", "bullish"], dtype=object)
MARKET_MOVE = 5.0  # percent over the last five closes that are more than sideways


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars that signals were found on.

    Attributes
    ----------
    index : Index
        Stamps.
    closed : Index
        When each bar was complete; see `quantperf.market.moments.closing_times`.
    symbols : sequence of str
        Names of the columns.
    timeframe : str
        Name of the timeframe.
    close, volume : ndarray (bars, symbols)
        As in the columns of these names; NaN for a volume that there is not.
    """

    index: pd.Index[Any]
    closed: pd.Index[Any]
    symbols: Sequence[str]
    timeframe: str
    close: FloatArray
    volume: FloatArray


def records_of(found: Found, program: Program, bars: Bars, began: npt.NDArray[np.int64] | None = None) -> pd.DataFrame:
    """Return the records of what was found, sorted by the time they were known, symbol, and order of the rules.

    Parameters
    ----------
    found : Found
        With places in `bars`.
    program : Program
        What found it.
    bars : Bars
        Where it was found.
    began : ndarray of int, optional
        The bar on which each condition became true; by default `hold` - 1 bars before.
    """
    rules = program.parsed
    if began is None:
        began = found.bar - np.array([each.rule.hold - 1 for each in rules])[found.rule]
    names = np.array(bars.symbols, dtype=object)
    rank = np.empty(len(names), dtype=np.int64)
    rank[np.argsort(names.astype(str), kind="stable")] = np.arange(len(names))
    order = np.argsort((found.bar * len(names) + rank[found.lane]) * len(rules) + found.rule)
    rule, bar, lane = found.rule[order], found.bar[order], found.lane[order]
    used, pair = np.unique(lane * len(rules) + rule, return_inverse=True)  # on a live bar a few of all pairs
    pairs = [(str(bars.symbols[at // len(rules)]), rules[at % len(rules)].rule.name) for at in used.tolist()]

    def of_rule(values: Sequence[Any]) -> Any:
        return _texts(values, rule)

    settle = np.array([each.settle for each in rules])
    columns: dict[str, Any] = {
        "id": ids_of(pairs, bars.timeframe, pair, instants_of(bars.index)[bar]),
        "symbol": _texts(list(map(str, bars.symbols)), lane),
        "signal_type": of_rule([each.rule.name for each in rules]),
        "timeframe": _texts([bars.timeframe], np.zeros(len(rule), dtype=np.int64)),
        "triggered_at": bars.index.take(bar),
        "event_at": bars.closed.take(began[order]),
        "known_at": bars.closed.take(bar),
        "direction": np.array([each.rule.direction for each in rules], dtype=np.int8)[rule],
        "current_price": bars.close[bar, lane],
        "indicator_value": found.value[order],
        "signal_strength": found.strength[order],
        "volume": bars.volume[bar, lane],
        "market_condition": _texts(MARKETS, _market(found.market[order])),
        "convention": of_rule([each.convention(program.convention) for each in rules]),
        "params": of_rule([each.params for each in rules]),
        "settled": found.seen[order] > settle[rule],
        "additional_context": _contexts(found.held[order]),
        "alert_sent": np.zeros(len(rule), dtype=bool),
        "alert_sent_at": pd.DatetimeIndex(np.full(len(rule), np.datetime64("NaT", "ns")), tz="UTC"),
    }
    frame = pd.DataFrame(columns, copy=False)
    assert tuple(frame.columns) == COLUMNS
    return frame


def _texts(values: Sequence[Any] | npt.NDArray[Any], chosen: npt.NDArray[np.int64]) -> Any:
    """Return texts by their places; a place of -1 is missing."""
    return pd.array(list(values), dtype="str").take(chosen, allow_fill=True)


def _market(change: FloatArray) -> npt.NDArray[np.int64]:
    """Return the places in `MARKETS`."""
    places = 1 + (change > MARKET_MOVE).astype(np.int64) - (change < -MARKET_MOVE).astype(np.int64)
    return np.where(np.isnan(change), -1, places)


def _contexts(held: npt.NDArray[np.int64]) -> Any:
    """Return for how many bars each condition has held so far, as JSON."""
    longest = int(held.max()) if len(held) else 0
    return _texts([f'{{"bars": {count}}}' for count in range(longest + 1)], held)
