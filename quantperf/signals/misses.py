"""Near misses: the bars on which a rule came nearest to a signal without giving one, and what kept it from that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import ParameterError, not_bars
from quantperf.indicators import policies, rim, run
from quantperf.indicators.plan import FloatArray
from quantperf.market.bars import Panel
from quantperf.signals.conditions import Formulas
from quantperf.signals.generator import policy_of
from quantperf.signals.margins import HAIR, approach, comparisons, nearest_misses, weigh
from quantperf.signals.program import Program, compile_rules
from quantperf.signals.records import ONE_SYMBOL
from quantperf.signals.rule import Wanted

__all__ = ["near_misses"]

COLUMNS = (
    "symbol",
    "signal_type",
    "at",
    "rank",
    "distance",
    "condition",
    "left",
    "right",
    "margin",
    "unit",
)


def near_misses(
    data: pd.DataFrame | Panel,
    rules: Wanted | Iterable[Wanted] | None = None,
    *,
    top: int = 5,
    symbol: str = ONE_SYMBOL,
    convention: str | None = None,
    nan: str | policies.Policy = "local",
) -> pd.DataFrame:
    """Return, for each rule and symbol, the bars that came nearest to its condition without meeting it.

    Parameters
    ----------
    data : DataFrame or Panel
        Bars of one symbol, or of many.
    rules, symbol, convention, nan
        As for ``qp.signals(...)``.
    top : int, default 5
        Misses for each rule and symbol, at most.

    Returns
    -------
    DataFrame
        A row for each miss, in the order of rules and symbols, nearest first:

        - ``symbol``, ``signal_type``; ``at``, the stamp of the bar; ``rank``, 1 for the nearest;
        - ``distance``: by how much the part that decides failed, in percent: of the close where prices are compared,
          else of the right number; in points where that is 0;
        - ``condition``: that part, in words; ``left`` and ``right``, its numbers; ``margin``, their distance, below 0;
          ``unit`` of both: "price", "volume" or "points".

        ``attrs["misses"]``: how many misses each rule has in all, of which the others were dropped.

    Raises
    ------
    ParameterError
        If a rule or a parameter cannot be.
    DataError
        If the data are no bars, or lack a column that a rule reads.

    Notes
    -----
    A miss is a bar that misses by less than the known bar before it and by no more than the one after, so the bar
    before a signal is none. A crossing is only missed from the side it would start from: a price that is
    above a line already does not nearly cross it upwards. Bars on which the condition is unknown are no misses, nor are
    those on which it held and gave no signal; of those, see ``qp.explain``.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = near_misses(qp.sample("IBM"), ["golden_cross"], top=1)
    >>> found[["signal_type", "unit"]].values.tolist(), bool(found["distance"].iloc[0] < 1.0)
    ([['golden_cross', 'price']], True)
    """
    if isinstance(top, bool) or not isinstance(top, int) or top < 1:
        raise ParameterError(f"top must be a whole number of at least 1, got {top!r}")
    program, policy = compile_rules(rules, convention), policy_of(nan)
    if not isinstance(data, Panel) and not rim.is_bars(data):
        raise not_bars("data", data)
    names = np.array(data.symbols if isinstance(data, Panel) else (symbol,), dtype=object)
    blocks, _ = rim.take(program.fields, (data,))
    fields = {name: run.time_major(run.finite(block)) for name, block in zip(program.fields, blocks, strict=True)}
    if policy.kind == "raise":
        policies.refuse_missing(list(fields.values()), list(fields), names.tolist())
    parts, counts = [], dict.fromkeys((rule.name for rule in program.rules), 0)
    for lanes, places, laid in _laid_out(fields, policy):
        for order, (name, table, count) in enumerate(_misses(program, laid, top)):
            counts[name] += count
            table["at"] = data.index.take(places[table.pop("bar")])
            lane = lanes[table.pop("lane")]
            parts.append(table.assign(symbol=names[lane], signal_type=name, order=order, lane=lane))
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["order", "lane", "rank", *COLUMNS])
    found = found.sort_values(["order", "lane", "rank"], kind="stable", ignore_index=True)[list(COLUMNS)]
    found.attrs["misses"] = counts
    return found


def _laid_out(
    fields: dict[str, FloatArray], policy: policies.Policy
) -> Iterator[tuple[Any, Any, dict[str, FloatArray]]]:
    """Yield symbols, the places of their bars, and their fields as the policy shows them to rules."""
    blocks = list(fields.values())
    bars, lanes = blocks[0].shape
    everyone, every_bar = np.arange(lanes), np.arange(bars)
    if policy.kind == "ffill":
        gone = np.isnan(fields["close"])
        blocks = [np.where(gone, np.nan, policies.filled(block, policy.bars)) for block in blocks]
    if policy.kind != "skip":
        yield everyone, every_bar, dict(zip(fields, map(run.read_only, blocks), strict=True))
        return
    missing = policies.lacking(blocks)
    whole = ~missing.any(axis=0)
    if whole.any():
        yield everyone[whole], every_bar, _chosen(fields, every_bar, everyone[whole])
    for lane in everyone[~whole]:
        own = np.flatnonzero(~missing[:, lane])
        yield everyone[lane : lane + 1], own, _chosen(fields, own, everyone[lane : lane + 1])


def _chosen(fields: dict[str, FloatArray], bars: Any, lanes: Any) -> dict[str, FloatArray]:
    return {name: run.read_only(np.ascontiguousarray(block[np.ix_(bars, lanes)])) for name, block in fields.items()}


def _misses(program: Program, fields: dict[str, FloatArray], top: int) -> Iterator[tuple[str, pd.DataFrame, int]]:
    """Yield for each rule its name, its nearest misses, and how many it has."""
    formulas = Formulas(fields)
    for each in program.parsed:
        condition = formulas.condition(each.when)
        weight, leaves = weigh(condition), list(comparisons(condition))
        every = nearest_misses(weight.percent, len(weight.percent) + 1, approach(condition))
        bar, lane = every.T
        rank = 1 + np.arange(len(every)) - np.searchsorted(lane, lane)
        near = rank <= top
        bar, lane, rank = bar[near], lane[near], rank[near]
        decider = weight.decider[bar, lane]

        def numbers(name: str, bar: Any = bar, lane: Any = lane, decider: Any = decider, leaves: Any = leaves) -> Any:
            sides = [getattr(leaf, name)[bar, lane] for leaf in leaves]
            return np.stack(sides)[decider, np.arange(len(decider))]

        table = pd.DataFrame(
            {
                "bar": bar,
                "lane": lane,
                "rank": rank,
                "distance": np.where(weight.percent[bar, lane] == -HAIR, 0.0, -weight.percent[bar, lane]),
                "condition": np.array([leaf.text for leaf in leaves], dtype=object)[decider],
                "left": numbers("left"),
                "right": numbers("right"),
                "margin": numbers("margin"),
                "unit": np.array([leaf.unit for leaf in leaves], dtype=object)[decider],
            }
        )
        yield each.rule.name, table, len(every)
