"""Rules made a program: what it reads, the state it moves on, and one way to run it, over history or bar by bar.

Every distinct call of an indicator and every distinct part of a condition is computed once for all rules. Indicators
and conditions keep plain arrays (rows, symbols), so that the next bar follows on the block before it in every bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.errors import ParameterError
from quantperf.indicators import run
from quantperf.indicators.plan import FloatArray
from quantperf.kernels import rules as kernels
from quantperf.signals.expression import Node, Request, before, fields_of, nodes_of, number, parse, requests_of
from quantperf.signals.rule import Rule, Wanted, rules_from
from quantperf.signals.rules import RULES

__all__ = ["FIRED", "HELD", "Found", "Program", "State", "compile_rules"]

FIRED, HELD = kernels.FIRED, kernels.HELD
MARKET_BARS = 20  # bars that a symbol must have had before its market is said to be anything
MARKET_CLOSES = 5
COUNT = "count"  # how many known values there have been: a node of programs, not of texts
CODES = {
    "add": kernels.ADD, "sub": kernels.SUB, "mul": kernels.MUL, "div": kernels.DIV, "neg": kernels.NEG,
    "abs": kernels.ABS, "min": kernels.MIN, "max": kernels.MAX, "lt": kernels.LT, "le": kernels.LE, "gt": kernels.GT,
    "ge": kernels.GE, "eq": kernels.EQ, "ne": kernels.NE, "and": kernels.AND, "or": kernels.OR, "not": kernels.NOT,
    "cross_up": kernels.CROSS_UP, "cross_down": kernels.CROSS_DOWN, "prev": kernels.PREV, COUNT: kernels.COUNT,
}  # fmt: skip
Table = npt.NDArray[np.int64]


@dataclass(slots=True)
class State:
    """All that a program remembers between two bars: plain arrays (rows, symbols).

    Attributes
    ----------
    calls : list of ndarray
        The states of the indicators. The rings of some have one place for all symbols: symbols that have taken a
        different number of bars are moved apart from each other, see `some`.
    own : ndarray
        That of the conditions; each symbol is by itself.
    """

    calls: list[FloatArray]
    own: FloatArray

    def copy(self) -> State:
        """Return an equal one."""
        return State([array.copy() for array in self.calls], self.own.copy())

    def arrays(self) -> list[FloatArray]:
        """Return its arrays; the last axis of each is that of symbols."""
        return [*self.calls, self.own]

    def some(self, lanes: Any) -> State:
        """Return a copy of the state of some symbols."""
        return State([np.ascontiguousarray(array[:, lanes]) for array in self.calls],
                     np.ascontiguousarray(self.own[:, lanes]))  # fmt: skip

    def put(self, lanes: Any, other: State) -> None:
        """Take the state of some symbols from another."""
        for mine, theirs in zip(self.arrays(), other.arrays(), strict=True):
            mine[:, lanes] = theirs


@dataclass(frozen=True, slots=True)
class Found:
    """Signals of a block, one an entry of each array, in no order.

    Attributes
    ----------
    rule, bar, lane : ndarray of int
        Which rule, on which bar of the block, of which symbol.
    held : ndarray of int
        Bars in a row on which the condition has held, this one included.
    seen : ndarray of int
        Bars of the symbol so far that have all columns that the rule reads.
    value, strength : ndarray
        What the rule says of it.
    market : ndarray
        Change over the last five closes in percent, NaN under 20 bars.
    counts : ndarray of int, shape (rules, 3)
        Bars on which each rule fired, was known, and was unknown.
    codes : ndarray of int8, shape (rules, bars, symbols), or (rules, 0, symbols) where not asked for
        `FIRED`; `HELD`, the condition holds but gives no signal; 0; UNKNOWN.
    """

    rule: Table
    bar: Table
    lane: Table
    held: Table
    seen: Table
    value: FloatArray
    strength: FloatArray
    market: FloatArray
    counts: Table
    codes: npt.NDArray[np.int8]

    def shifted(self, bars: int, lanes: int) -> Found:
        """Return them with their bars and symbols counted from another place."""
        return replace(self, bar=self.bar + bars, lane=self.lane + lanes)


@dataclass(frozen=True)
class Parsed:
    """A rule with its texts made trees."""

    rule: Rule
    when: Node
    clear: Node | None
    value: Node | None
    strength: Node | None

    @property
    def roots(self) -> tuple[Node, ...]:
        """All its trees."""
        return tuple(node for node in (self.when, self.clear, self.value, self.strength) if node is not None)

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """Return the indicators of its conditions."""
        return requests_of(*(node for node in (self.when, self.clear) if node is not None))

    @cached_property
    def settle(self) -> float:
        """Bars of a symbol before the first on which no seed weighs more than 1e-9."""
        return max((request.settle for request in self.requests), default=0.0)

    @cached_property
    def params(self) -> str:
        """Return the indicators in words."""
        return ", ".join(map(str, self.requests))

    def convention(self, asked: str | None) -> str:
        """Return the conventions of the indicators that have several."""
        several = {one.convention: None for one in self.requests if len(one.indicator.conventions) > 1}
        return ", ".join(several) or asked or "talib"


class Program:
    """Rules that are ready to run; made by `compile_rules`.

    Attributes
    ----------
    rules : tuple of Rule
        In the order in which they are tried.
    parsed : tuple of Parsed
        Their trees.
    calls : tuple of Request
        The distinct calls of indicators, each after those that it reads.
    fields : tuple of str
        The columns of bars that `advance` needs.
    convention : str, optional
        What was asked for.
    """

    def __init__(self, parsed: tuple[Parsed, ...], convention: str | None) -> None:
        self.parsed = parsed
        self.rules = tuple(each.rule for each in parsed)
        self.convention = convention
        roots = tuple(root for each in parsed for root in each.roots)
        self.calls = requests_of(*roots)
        self.fields = fields_of(*roots, Node("field", name="close"))
        self.plans = tuple(request.call for request in self.calls)
        self._places = {Node("field", name=name): place for place, name in enumerate(self.fields)}
        at = len(self.fields)
        self._first: list[int] = []
        for request in self.calls:
            self._first.append(at)
            for output in request.indicator.outputs:
                self._places[Node("line", name=output, request=request)] = at
                at += 1
        self._lines = at
        writer = _Writer(self._places, self.fields)
        writer.write(parsed)
        self._program, self._rules = writer.tables()
        self._constants = np.array([*writer.constants, np.nan])
        self._registers, self._market = writer.registers, writer.market
        self._start = np.array(writer.start)[:, None]
        self.families = int(self._rules[:, kernels.FAMILY].max()) + 1

    def fresh_state(self, lanes: int) -> State:
        """Return the state before the first bar of so many symbols."""
        return State([plan.start(lanes) for plan in self.plans], np.repeat(self._start, lanes, axis=1))

    def run(self, fields: Mapping[str, FloatArray], state: State) -> npt.NDArray[np.int8]:
        """Move on by a block (bars, symbols) of each field; return the codes (rules, bars, symbols), as in `Found`."""
        return self.advance(fields, state, codes=True).codes

    def advance(
        self, fields: Mapping[str, FloatArray], state: State, *, codes: bool = False, last: int | None = None
    ) -> Found:
        """Move on by a block (bars, symbols) of each field, finite or NaN; return its signals.

        With `last`, conditions are looked at on so many last bars of the block alone, and bars are counted from the
        first of these: for rules that remember nothing for longer. What counts bars then counts too few.
        """
        bars, lanes = fields[self.fields[0]].shape
        lines = np.empty((self._lines, bars, lanes))
        for place, name in enumerate(self.fields):
            lines[place] = fields[name]
        for request, call, first, own in zip(self.calls, self.plans, self._first, state.calls, strict=True):
            blocks = [run.read_only(lines[self._places[node]]) for node in request.reads]
            entry = request.indicator
            y = lines[first] if entry.returns is None else lines[first : first + len(entry.outputs)]
            if entry.dtype == np.float64:
                call.plan.kernel(own, *blocks, *call.plan.params, y)
            else:
                answer = entry.advance(call, own, blocks)
                y[...] = np.where(answer == entry.nothing, np.nan, answer)
        if last is not None and last < bars:
            lines, bars = np.ascontiguousarray(lines[:, -last:]), last
        room = self.families * bars * lanes
        counts = np.zeros((len(self.rules), 3), dtype=np.int64)
        given = np.empty((len(self.rules), bars if codes else 0, lanes), dtype=np.int8)
        places, values = np.empty((5, room), dtype=np.int64), np.empty((3, room))
        found = kernels.evaluate(
            state.own, lines, self._constants, self._registers, self._program, self._rules, self._market,
            counts, given, places, values,
        )  # fmt: skip
        rule, bar, lane, held, seen = places[:, :found].copy()
        value, strength, market = values[:, :found].copy()
        return Found(rule, bar, lane, held, seen, value, strength, market, counts, given)


def compile_rules(rules: Wanted | Iterable[Wanted] | None = None, convention: str | None = None) -> Program:
    """Return rules as a program.

    Parameters
    ----------
    rules : str, Rule, pair, dict, or several of them, optional
        As for `quantperf.signals.generator.generate`; by default those of `RULES`.
    convention : str, optional
        Convention of the indicators that have it.

    Raises
    ------
    ParameterError
        If a rule cannot be.

    Examples
    --------
    >>> program = compile_rules(["golden_cross"])
    >>> program.fields, [str(call) for call in program.calls]
    (('close',), ['sma(window=50)', 'sma(window=200)'])
    """
    if convention is not None and convention not in ("talib", "tradingview", "pandas", "legacy"):
        raise ParameterError(f"convention must be 'talib', 'tradingview', 'pandas' or 'legacy', got {convention!r}")
    return _program(rules_from(rules, RULES), convention)


@lru_cache(maxsize=64)
def _program(rules: tuple[Rule, ...], convention: str | None) -> Program:
    """Return the program of rules; it is never changed, so it may be had again (18 ms)."""

    def tree(text: str | None) -> Node | None:
        return None if text is None else parse(text, convention)

    parsed = tuple(
        Parsed(rule, parse(rule.when, convention), tree(rule.clear), tree(rule.value), tree(rule.strength))
        for rule in rules
    )
    return Program(parsed, convention)


class _Writer:
    """Writes the operations of trees, and gives them registers: one is free again after the last that reads it."""

    def __init__(self, places: Mapping[Node, int], fields: tuple[str, ...]) -> None:
        self.places = places
        self.fields = fields
        self.program: list[list[int]] = []
        self.table: list[list[int]] = []
        self.constants: list[float] = []
        self.start: list[float] = []
        self.registers = 0
        self.market = 0
        self._free: list[int] = []
        self._of: dict[Node, int] = {}
        self._uses: dict[Node, int] = {}

    def tables(self) -> tuple[Table, Table]:
        """Return the operations and the rules; the missing constant is now known to be the last."""
        nothing = kernels.CONSTANT + len(self.constants)
        tables = [np.array(rows, dtype=np.int64) for rows in (self.program, self.table)]
        for table in tables:
            table[table == NOTHING] = nothing
        return tables[0], tables[1]

    def write(self, parsed: tuple[Parsed, ...]) -> None:
        """Write all rules, each after what it is made of."""
        market = _market()
        seen = [_seen(each, self.fields) for each in parsed]
        for node in nodes_of(market, *(root for each in parsed for root in each.roots), *seen):
            for arg in node.args:
                self._uses[arg] = self._uses.get(arg, 0) + 1
        for root in (*(root for each in parsed for root in each.roots), *seen, market):
            self._uses[root] = self._uses.get(root, 0) + 1
        self.market = self._place(market)
        families = {family: at for at, family in enumerate(dict.fromkeys(each.rule.family for each in parsed))}
        for at, (each, whole) in enumerate(zip(parsed, seen, strict=True)):
            rule = each.rule
            truth = self._place(each.when)
            clear = NOTHING if each.clear is None else self._place(each.clear)
            value = NOTHING if each.value is None else self._place(each.value)
            strength = NOTHING if each.strength is None else self._place(each.strength)
            self.table.append([
                families[rule.family], int(each.clear is not None), value, strength, self._place(whole), rule.hold,
                int(rule.levels == "once"), rule.cooldown,
            ])  # fmt: skip
            self.program.append([kernels.RULE, at, truth, clear, NOTHING, NOTHING, len(self.start), 0])
            self.start += kernels.LATCH
            for node in (*each.roots, whole):
                self._release(node)

    def _place(self, root: Node) -> int:
        """Return the operand of a node, after writing what it is made of."""
        for node in nodes_of(root):
            if node.op == "number" or node in self.places or node in self._of:
                continue
            args = [self._operand(arg) for arg in node.args]
            row, rows = len(self.start), 0
            if node.op == "prev":
                rows = int(node.number)
                self.start += [np.nan] * rows
            elif node.op == COUNT:
                self.start.append(0.0)
            if self._free:
                register = self._free.pop()
            else:
                register, self.registers = self.registers, self.registers + 1
            self._of[node] = register
            self.program.append([CODES[node.op], register, *args, *[NOTHING] * (4 - len(args)), row, rows])
            for arg in node.args:
                self._release(arg)
        return self._operand(root)

    def _operand(self, node: Node) -> int:
        if node in self.places:
            return -1 - self.places[node]
        if node.op == "number":
            if node.number not in self.constants:
                self.constants.append(node.number)
            return kernels.CONSTANT + self.constants.index(node.number)
        return self._of[node]

    def _release(self, node: Node) -> None:
        """Take note that one reader of a node is done; free its register after the last."""
        self._uses[node] -= 1
        if self._uses[node] == 0 and node in self._of:
            self._free.append(self._of[node])


NOTHING = 1 << 30  # an operand that stands for NaN until the constants are counted


def _market() -> Node:
    """Return the change over the last closes in percent, unknown before a symbol has had bars enough."""
    close = Node("field", name="close")
    first = before(close, MARKET_CLOSES - 1)
    share = Node("mul", (number(100.0), Node("div", (Node("sub", (close, first)), first))))
    short = Node("lt", (Node(COUNT, (close,)), number(float(MARKET_BARS))))
    return Node("div", (share, Node("sub", (number(1.0), short))))  # what is divided by 0 is unknown


def _seen(each: Parsed, fields: tuple[str, ...]) -> Node:
    """Return how many bars have had all columns that a rule reads."""
    reads = [Node("field", name=name) for name in fields_of(*each.roots) if name in fields]
    total = reads[0]
    for node in reads[1:]:
        total = Node("add", (total, node))
    return Node(COUNT, (total,))
