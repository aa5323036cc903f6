"""Which signals fired on the last bar of some symbols: rules run as a program, or a function of the bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import ParameterError
from quantperf.kernels.candles import UNKNOWN
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.signals.program import Program, compile_rules
from quantperf.signals.rule import Wanted
from quantperf.signals.rules import RULES

__all__ = ["Fired", "Lookout", "Signals", "fired_by", "fired_by_rules", "lookout_for"]

VALUES = 1 << 16  # of a field at a time, so that the lines of all indicators stay in the caches
REMEMBERED = 8  # bars: more than the default rules look back, which is one; of others nobody knows
Signals: TypeAlias = Wanted | Iterable[Wanted] | Callable[[pd.DataFrame], pd.DataFrame] | Literal[False] | None
Lookout: TypeAlias = Program | Callable[[pd.DataFrame], pd.DataFrame] | None


@dataclass(frozen=True, slots=True)
class Fired:
    """What fired on a symbol's last bar, by type; and the rules of which that is unknown, with what they read."""

    signals: Mapping[str, Mapping[str, Any]]
    unknown: Mapping[str, str]


def lookout_for(signals: Signals, convention: str) -> Lookout:
    """Return what finds signals: the default rules for None, nothing for False.

    Raises
    ------
    ParameterError
        If a rule cannot be, or reads other columns than bars have.
    """
    if signals is None:
        return _usual(convention)
    if signals is False:
        return None
    if callable(signals):
        return signals
    program = compile_rules(signals, convention)
    strange = sorted(set(program.fields) - set(FIELDS))
    if strange:
        raise ParameterError(f"rules must read {', '.join(FIELDS)} here, got {', '.join(strange)}; use qp.signals")
    return program


@cache
def _usual(convention: str) -> Program:
    return compile_rules(None, convention)


def fired_by_rules(program: Program, fields: Mapping[str, FloatArray], counts: npt.NDArray[np.intp]) -> list[Fired]:
    """Return what fired on the last bar of each symbol.

    Parameters
    ----------
    program : Program
        The rules.
    fields : mapping of str to ndarray, shape (bars, symbols)
        Finite or NaN; every symbol begins on the first row.
    counts : ndarray of int
        How many bars each symbol has.
    """
    lanes = len(counts)
    state = program.fresh_state(lanes)
    signals: list[dict[str, dict[str, Any]]] = [{} for _ in range(lanes)]
    unknown: list[dict[str, str]] = [{} for _ in range(lanes)]
    longest = int(counts.max())
    last = REMEMBERED if program.rules == RULES and (counts == longest).all() else None
    step = max(1, VALUES // lanes)
    for start in range(0, longest, step):
        block = {name: fields[name][start : start + step] for name in program.fields}
        found = program.advance(block, state, codes=True, last=last)
        bars = found.codes.shape[1]
        at = min(start + step, longest) - bars  # where the bars that were looked at begin
        for entry in np.flatnonzero(found.bar + at == counts[found.lane] - 1).tolist():
            rule = program.rules[found.rule[entry]]
            signals[found.lane[entry]][rule.name] = {
                "direction": rule.direction,
                "signal_strength": _number(found.strength[entry]),
                "indicator_value": _number(found.value[entry]),
            }
        for lane in np.flatnonzero((counts > at) & (counts <= at + bars)).tolist():
            codes = found.codes[:, counts[lane] - 1 - at, lane]
            unknown[lane] = {
                each.rule.name: f"a value of {each.params or 'the bars'} is missing, on the last bar or the one before"
                for each, code in zip(program.parsed, codes.tolist(), strict=True)
                if code == UNKNOWN
            }
    order = {rule.name: place for place, rule in enumerate(program.rules)}
    return [
        Fired(dict(sorted(held.items(), key=lambda item: order[item[0]])), lost)
        for held, lost in zip(signals, unknown, strict=True)
    ]


def fired_by(signals: Callable[[pd.DataFrame], pd.DataFrame], frames: Sequence[pd.DataFrame]) -> list[Fired]:
    """Return what a function of bars that gives records says of the last bar of each frame."""
    told = ("direction", "signal_strength", "indicator_value")
    answers = []
    for frame in frames:
        records = signals(frame)
        latest = records[records["triggered_at"] == frame.index[-1]]
        answers.append(
            Fired(
                {
                    str(record["signal_type"]): {name: _number(record[name]) for name in told if name in record}
                    for record in latest.to_dict("records")
                },
                {},
            )
        )
    return answers


def _number(value: Any) -> Any:
    """Return a number as Python's own; None for a missing one."""
    if value is None or value is pd.NA or value != value:
        return None
    return value.item() if hasattr(value, "item") else value
