"""Explanations of signals: which parts of a rule's condition held on a bar, which failed, and by how much.

The parts are those of the tree that the rule is computed from, so an explanation cannot differ from the rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError, UnknownIndicator, did_you_mean, not_bars
from quantperf.indicators import explain as indicators
from quantperf.indicators import policies, rim, run
from quantperf.indicators.catalogue import CATALOG, Indicator
from quantperf.indicators.plan import FloatArray
from quantperf.kernels.candles import UNKNOWN
from quantperf.market.bars import Panel
from quantperf.signals.conditions import Formulas
from quantperf.signals.generator import policy_of
from quantperf.signals.margins import HAIR, comparisons, grouped, weigh
from quantperf.signals.program import FIRED, HELD, Program, compile_rules
from quantperf.signals.rule import Rule
from quantperf.signals.rules import RULES

__all__ = ["SignalExplanation", "explain"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SignalExplanation(indicators.Explained):
    """Why a rule gave a signal on a bar, or did not.

    Attributes
    ----------
    rule : str
        Its name, the type of its signals.
    at : label
        The bar, as its index names it.
    position : int
        The place of the bar, counted from 0.
    held : bool, or None
        Whether the condition held; None if unknown: a number that it compares is missing.
    fired : bool, or None
        Whether that gave a signal.
    taken_by : str, or None
        The earlier rule of the family that gave its signal instead, where the condition held.
    table : DataFrame
        A row for each comparison of the condition:

        - ``condition``: what is asked, in words;
        - ``group``: empty for what must hold in any case; ``"1a"`` and ``"1b"`` for alternatives, of which one is
          enough;
        - ``bar``: of which bar of the symbol, 0 the one explained, -1 the one before;
        - ``left``, ``right``: the two numbers compared; ``unit``: "price", "volume" or "points";
        - ``margin``: by how much it holds, below 0 if it failed;
        - ``percent``: the margin in percent, of the close for prices, else of the right number (of 0: in points);
        - ``held``: True, False, or NA if a number lacks.
    nearest : Series, or None
        The row that decides, by its percentage: of what must hold together the one that holds by least, or misses by
        most; of alternatives the one that holds by most. None if unknown.
    """

    rule: str
    at: Any
    position: int
    held: bool | None
    fired: bool | None
    taken_by: str | None
    table: pd.DataFrame
    nearest: pd.Series | None
    when: str
    keeps: str

    @property
    def failed(self) -> pd.DataFrame:
        """The comparisons that failed; some may be alternatives to others that held."""
        return self.table[self.table["held"].eq(False).fillna(False)]

    def _headline(self) -> str:
        where = f"{self.rule} at {self.at}"
        if self.held is None:
            return f"{where}: unknown; a number that it compares is missing or has not come yet"
        if not self.held:
            return f"{where}: no signal, the condition failed"
        if self.fired:
            return f"{where}: a signal"
        if self.taken_by is not None:
            return f"{where}: the condition held, but {self.taken_by} comes before it in the family and took the bar"
        return f"{where}: the condition held, but gave no signal on this bar ({self.keeps})"

    def _lesson(self) -> str:
        if self.nearest is None:
            return ""
        row = self.nearest
        verb = "held" if row["held"] else "failed"
        return (
            f"Decided by: {row['condition']} ({row['left']:.6g} and {row['right']:.6g}). It {verb} by "
            f"{abs(row['margin']):.6g} ({abs(row['percent']):.3f} %)."
        )


def explain(
    name: str | Indicator | Rule,
    data: pd.DataFrame | Panel | None = None,
    at: Any = None,
    *,
    symbol: str | None = None,
    **params: Any,
) -> SignalExplanation | indicators.Explanation | indicators.Description:
    """Return why a rule gave a signal on a bar or did not, why a candlestick stands, or what an indicator computes.

    Parameters
    ----------
    name : str, Indicator or Rule
        A rule of `qp.signals.RULES` by its name (``"golden_cross"``) or any `qp.signals.Rule`; a candlestick pattern or
        another indicator of the catalogue (``"cdl_hammer"``, ``qp.cdl_hammer``), or TA-Lib's name of one.
    data : DataFrame or Panel, optional
        Bars to explain on. Later bars than the one asked for are not looked at. A rule needs them.
    at : label or int, optional
        The bar, as a label of the index, or as a place (-1 is the last one) where the index has no such label; by
        default the last one.
    symbol : str, optional
        Which symbol of a Panel.
    **params
        Parameters of the pattern or indicator; of a rule its `convention` and `nan`, as for ``qp.signals(...)``.

    Returns
    -------
    SignalExplanation, Explanation, or Description
        Of a rule, its comparisons, each with both numbers and by how much it holds, the one that decides, and the
        earlier rule of its family that took the bar; of a pattern likewise; of an indicator without bars, its formula,
        conventions, lookback and the bars it takes to settle.

    Raises
    ------
    UnknownIndicator
        If there is no rule and no indicator of this name.
    ParameterError
        If bars are given for an indicator that is no candlestick, a rule is given none, or the bar or symbol does not
        exist.
    DataError
        If the data is neither a Panel nor a frame of bars, or holds no bars.

    Examples
    --------
    >>> import quantperf as qp
    >>> why = explain("RSI_oversold", qp.sample("IBM"), at=-1)
    >>> why.held, why.nearest["condition"]
    (False, 'rsi(14) at most 30')
    >>> explain("cdl_doji", qp.sample("IBM"), at=-2).held
    False
    """
    names = {rule.name: rule for rule in RULES}
    if not isinstance(name, Rule):
        if isinstance(name, Indicator) or name not in names:
            return _indicator(name, data, at, symbol, params, names)
        name = names[name]
    return _rule(name, data, at, symbol, params)


def _indicator(
    name: str | Indicator, data: Any, at: Any, symbol: str | None, params: dict[str, Any], rules: dict[str, Rule]
) -> indicators.Explanation | indicators.Description:
    try:
        return indicators.explain(name, data, at, symbol=symbol, **params)
    except UnknownIndicator:
        known = [*rules, *CATALOG]
        raise UnknownIndicator(
            f"no rule of qp.signals.RULES and no indicator is called {name!r}{did_you_mean(str(name), known)}"
        ) from None


def _rule(rule: Rule, data: Any, at: Any, symbol: str | None, params: dict[str, Any]) -> SignalExplanation:
    convention, policy = params.pop("convention", None), policy_of(params.pop("nan", "local"))
    if params:
        raise ParameterError(f"a rule has no parameter {next(iter(params))!r}; those of its indicators are in its text")
    if data is None:
        raise ParameterError(f"data must be told for a rule: bars on which {rule.name} is to be explained")
    family = [each for each in RULES if each.family == rule.family and each.name != rule.name]
    before = [each for each in family if rule in RULES and RULES.index(each) < RULES.index(rule)]
    program = compile_rules([*before, rule], convention)
    fields, index = fields_of_symbol(program, data, symbol)
    if not len(index):
        raise DataError("data must hold at least one bar, got none")
    place = indicators.place_of(index, at)
    fields = {name: column[: place + 1] for name, column in fields.items()}
    fields = _shown(fields, policy)
    codes = program.run(fields, program.fresh_state(1))[:, -1, 0]
    return _explained(program, rule, fields, codes, index[place], place)


def _explained(
    program: Program, rule: Rule, fields: dict[str, FloatArray], codes: Any, at: Any, place: int
) -> SignalExplanation:
    """Return the comparisons on the last bar of these fields."""
    condition = Formulas(fields).condition(program.parsed[-1].when)
    leaves, weight = list(grouped(condition)), weigh(condition)
    table = pd.DataFrame(
        {
            "condition": [leaf.text for _, leaf in leaves],
            "group": [group for group, _ in leaves],
            "bar": [-leaf.ago for _, leaf in leaves],
            "left": [float(leaf.left[-1, 0]) for _, leaf in leaves],
            "right": [float(leaf.right[-1, 0]) for _, leaf in leaves],
            "unit": [leaf.unit for _, leaf in leaves],
            "margin": [float(leaf.margin[-1, 0]) for _, leaf in leaves],
            "percent": [float(leaf.percent[-1, 0]) for _, leaf in leaves],
        }
    )
    table["held"] = table["percent"].gt(0.0).astype("boolean").mask(table["percent"].isna())
    table["percent"] = table["percent"].mask(table["percent"].abs() <= HAIR, 0.0)
    code, decider = int(codes[-1]), int(weight.decider[-1, 0])
    held = None if code == UNKNOWN else code in (FIRED, HELD)
    order = {id(leaf): row for row, (_, leaf) in enumerate(leaves)}
    nearest = None
    if held is not None:
        nearest = table.iloc[order[id(list(comparisons(condition))[decider])]]
    first = next((each.name for each, other in zip(program.rules, codes[:-1], strict=False) if other == FIRED), None)
    return SignalExplanation(
        rule=rule.name,
        at=at,
        position=place,
        held=held,
        fired=None if held is None else code == FIRED,
        taken_by=first if code == HELD else None,
        table=table,
        nearest=nearest,
        when=rule.when,
        keeps=_keeps(rule),
    )


def _keeps(rule: Rule) -> str:
    """Return what of a rule can keep a condition that holds from giving a signal."""
    found = [
        f"hold={rule.hold}" if rule.hold > 1 else "",
        "levels='once'" if rule.levels == "once" else "",
        f"cooldown={rule.cooldown}" if rule.cooldown else "",
        f"clear={rule.clear!r}" if rule.clear else "",
    ]
    return ", ".join(filter(None, found))


def fields_of_symbol(program: Program, data: Any, symbol: str | None) -> tuple[dict[str, FloatArray], pd.Index[Any]]:
    """Return the columns (bars, 1) of one symbol that a program reads, infinite values as missing, and the index."""
    if isinstance(data, Panel):
        if symbol not in data.symbols:
            raise ParameterError(f"symbol must be one of the panel's {len(data.symbols)}, got {symbol!r}")
        data = data[[symbol]]
    elif not rim.is_bars(data):
        raise not_bars("data", data)
    elif symbol is not None:
        raise ParameterError(f"symbol is for a Panel, got {symbol!r} with a frame of one symbol; leave it out")
    blocks, _ = rim.take(program.fields, (data,))
    return {name: run.finite(block) for name, block in zip(program.fields, blocks, strict=True)}, data.index


def _shown(fields: dict[str, FloatArray], policy: policies.Policy) -> dict[str, FloatArray]:
    """Return the columns of one symbol as the policy shows them to rules; the last bar is there in any case."""
    columns = list(fields.values())
    if policy.kind == "ffill":
        gone = np.isnan(fields["close"])
        columns = [np.where(gone, np.nan, policies.filled(column, policy.bars)) for column in columns]
    elif policy.kind == "skip":
        there = ~policies.lacking(columns)[:, 0]
        there[-1] = True
        columns = [column[there] for column in columns]
    elif policy.kind == "raise":
        policies.refuse_missing(columns, list(fields), None)
    return {name: np.ascontiguousarray(column) for name, column in zip(fields, columns, strict=True)}
