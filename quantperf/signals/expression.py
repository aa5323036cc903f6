"""Conditions written as text over prices and the catalogue: read, checked, and made a tree whose equal parts are one.

The text is read with Python's own parser and never run. ``rsi(14) < 30 and close > sma(200)`` knows the columns open,
high, low, close and volume, every indicator of the catalogue with its parameters and, by attribute, its outputs
(``macd(12, 26, 9).signal``), numbers, arithmetic, ``abs min max``, comparisons, ``and or not``, ``prev change
crosses_above crosses_below within``. Another input than the close is given with ``of=`` (``sma(20, of=volume)``).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from quantperf.errors import ParameterError, QuantperfError, did_you_mean
from quantperf.indicators.catalogue import CATALOG, Call, Indicator
from quantperf.market.columns import DERIVED, FIELDS

__all__ = ["Node", "Request", "fields_of", "parse", "requests_of"]

LONGEST = 4_000  # characters of a text
FURTHEST = 10_000  # bars back that `prev` and `change` may look; each is a row of the state
OPERATORS: dict[type, str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
COMPARISONS: dict[type, str] = {
    ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne",
}  # fmt: skip
TRUTHS = frozenset({*COMPARISONS.values(), "and", "or", "not", "cross_up", "cross_down"})
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "abs": ("x",),
    "min": ("x", "y"),
    "max": ("x", "y"),
    "prev": ("x", "n"),
    "change": ("x", "n"),
    "crosses_above": ("a", "b", "buffer"),
    "crosses_below": ("a", "b", "buffer"),
    "within": ("x", "y", "percent"),
}
OPTIONAL: dict[str, float] = {"n": 1, "buffer": 0.0}


@dataclass(frozen=True, slots=True)
class Request:
    """A call of an indicator: its name, its checked parameters, its convention, and what it reads."""

    name: str
    params: tuple[tuple[str, float | int], ...]
    convention: str
    reads: tuple[Node, ...]

    @property
    def indicator(self) -> Indicator:
        """The entry of the catalogue."""
        return CATALOG[self.name]

    @property
    def call(self) -> Call:
        """The checked call that runs it."""
        return self.indicator.resolve(named={**dict(self.params), "convention": self.convention})

    @property
    def settle(self) -> float:
        """Bars of a symbol after which no seed weighs more than 1e-9, those of its inputs included."""
        own = self.indicator.settle(1e-9, convention=self.convention, **dict(self.params))
        return own + max(node.request.settle if node.request else 0.0 for node in self.reads)

    def __str__(self) -> str:
        given = [f"{name}={value:g}" for name, value in self.params]
        if tuple(node.name for node in self.reads) != self.indicator.columns or self.reads[0].request:
            given.append(f"of={self.reads[0]}")
        return f"{self.name}({', '.join(given)})"


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a condition; equal parts are equal and are computed once.

    Attributes
    ----------
    op : str
        "field", "line" (an output of an indicator), "number", "add", "sub", "mul", "div", "neg", "abs", "min", "max",
        "prev", or of the truths "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "cross_up", "cross_down". A
        cross has four parts: a now, what it must pass now, a and b on the bar before.
    args : tuple of Node
        Its parts.
    number : float
        The number, or of "prev" how many bars back.
    name : str
        The field, or the output of the indicator.
    request : Request, optional
        The indicator of a "line".
    """

    op: str
    args: tuple[Node, ...] = ()
    number: float = 0.0
    name: str = ""
    request: Request | None = None

    @property
    def is_truth(self) -> bool:
        """Whether it is true, false or unknown, and no number."""
        return self.op in TRUTHS

    def __str__(self) -> str:
        if self.op == "field":
            return self.name
        if self.op == "number":
            return f"{self.number:g}"
        if self.request is not None:
            several = self.request.indicator.returns is not None
            return f"{self.request}.{self.name}" if several else str(self.request)
        parts = [str(arg) for arg in self.args]
        return f"{self.op}({', '.join([*parts, f'{self.number:g}'] if self.op == 'prev' else parts)})"


def number(value: float) -> Node:
    """Return a number as a node."""
    return Node("number", number=float(value))


def before(node: Node, bars: int = 1) -> Node:
    """Return a node as it was some bars before."""
    if node.op == "number":
        return node
    return Node("prev", (node,), float(bars))


def change(node: Node, bars: int = 1) -> Node:
    """Return the change of a node over some bars, in percent."""
    then = before(node, bars)
    return Node("mul", (number(100.0), Node("div", (Node("sub", (node, then)), then))))


def nodes_of(*roots: Node) -> Iterator[Node]:
    """Yield every node once, parts before what they are part of; what indicators read is not gone into."""
    seen: set[Node] = set()
    waiting: list[tuple[Node, bool]] = [(root, False) for root in reversed(roots)]
    while waiting:
        node, ready = waiting.pop()
        if node in seen:
            continue
        if ready:
            seen.add(node)
            yield node
        else:
            waiting.append((node, True))
            waiting.extend((arg, False) for arg in reversed(node.args))


def requests_of(*roots: Node) -> tuple[Request, ...]:
    """Return the distinct calls of indicators, each after those that it reads."""
    found: dict[Request, None] = {}

    def take(request: Request) -> None:
        for node in request.reads:
            if node.request is not None:
                take(node.request)
        found.setdefault(request)

    for node in nodes_of(*roots):
        if node.request is not None:
            take(node.request)
    return tuple(found)


def fields_of(*roots: Node) -> tuple[str, ...]:
    """Return the columns that nodes read, also through indicators, in the order of bars."""
    reads = [*nodes_of(*roots), *(node for request in requests_of(*roots) for node in request.reads)]
    names = {node.name for node in reads if node.op == "field"}
    return tuple(name for name in (*FIELDS, *DERIVED) if name in names)


def parse(text: str, convention: str | None = None, *, truth: bool | None = None) -> Node:
    """Return an expression as a tree.

    Parameters
    ----------
    text : str
        The expression.
    convention : str, optional
        Convention of the indicators that have it; by default the first of each.
    truth : bool, optional
        True: it must be a condition. False: it must be a number.

    Raises
    ------
    ParameterError
        If the text is none, names what is not there, has a wrong parameter, or takes a number for a condition; the
        message says at which column.

    Examples
    --------
    >>> str(parse("close > sma(50)"))
    'gt(close, sma(window=50))'
    >>> parse("prev(rsi(14)) < 70 <= rsi(14)").op
    'and'
    """
    if not isinstance(text, str) or not text.strip():
        raise ParameterError(f"an expression must be text, such as 'close > sma(50)', got {text!r}")
    if len(text) > LONGEST:
        raise ParameterError(f"an expression must have at most {LONGEST} characters, got {len(text)}")
    line = " ".join(text.split())
    try:
        tree = ast.parse(line, mode="eval").body
        node = _Reader(line, convention).read(tree)
    except SyntaxError as error:
        raise ParameterError(
            f"an expression must be one condition or formula, got {error.msg} at column {error.offset} of {line!r}"
        ) from None
    except (RecursionError, MemoryError, ValueError) as error:
        if isinstance(error, QuantperfError):
            raise
        raise ParameterError(f"an expression must not be nested so deeply, got {line[:60]!r}...") from None
    if truth is True and not node.is_truth:
        raise ParameterError(f"a condition must be true or false, got the number {line!r}; compare it with another")
    if truth is False and node.is_truth:
        raise ParameterError(f"a value must be a number, got the condition {line!r}")
    return node


class _Reader:
    """Makes nodes of Python's syntax tree, and knows the text for messages."""

    def __init__(self, text: str, convention: str | None) -> None:
        self.text = text
        self.convention = convention

    def fail(self, at: ast.AST, what: str) -> NoReturn:
        """Raise with the place in the text."""
        raise ParameterError(f"{what}; at column {getattr(at, 'col_offset', 0) + 1} of {self.text!r}")

    def read(self, tree: ast.expr) -> Node:
        """Return the node of any expression."""
        method: Callable[[Any], Node] | None = getattr(self, f"_{type(tree).__name__.lower()}", None)
        if method is None:
            self.fail(tree, f"an expression must not hold {type(tree).__name__}, got {ast.unparse(tree)!r}")
        return method(tree)

    def value(self, tree: ast.expr) -> Node:
        """Return the node of a number."""
        node = self.read(tree)
        if node.is_truth:
            self.fail(tree, f"a number must stand here, got the condition {ast.unparse(tree)!r}")
        return node

    def truth(self, tree: ast.expr, where: str) -> Node:
        """Return the node of a condition."""
        node = self.read(tree)
        if not node.is_truth:
            self.fail(tree, f"{where} must join conditions, got the number {ast.unparse(tree)!r}; compare it")
        return node

    def constant(self, tree: ast.expr, what: str) -> float:
        """Return a number that is written down."""
        node = self.value(tree)
        if node.op != "number":
            self.fail(tree, f"{what} must be a number that is written down, got {ast.unparse(tree)!r}")
        return node.number

    # ------------------------------------------------------------------------------------------- by kind of syntax

    def _constant(self, tree: ast.Constant) -> Node:
        if isinstance(tree.value, bool) or not isinstance(tree.value, int | float) or not math.isfinite(tree.value):
            self.fail(tree, f"a constant must be a finite number, got {tree.value!r}")
        return number(tree.value)

    def _name(self, tree: ast.Name) -> Node:
        if tree.id in FIELDS:
            return Node("field", name=tree.id)
        if tree.id in FUNCTIONS:
            self.fail(tree, f"{tree.id} must be called, as in {tree.id}({', '.join(FUNCTIONS[tree.id])})")
        if tree.id in CATALOG:
            self.fail(tree, f"{tree.id} must be called, as in {tree.id}()")
        raise self._unknown(tree, tree.id)

    def _unknown(self, tree: ast.AST, name: str) -> ParameterError:
        """Fail, with the nearest name."""
        hint = did_you_mean(name, [*FIELDS, *FUNCTIONS, *CATALOG]).lstrip("; ")
        self.fail(tree, f"unknown name {name!r}" + (f", {hint}" if hint else ", see quantperf.CATALOG"))

    def _unaryop(self, tree: ast.UnaryOp) -> Node:
        if isinstance(tree.op, ast.Not):
            return Node("not", (self.truth(tree.operand, "not"),))
        if not isinstance(tree.op, ast.USub | ast.UAdd):
            self.fail(tree, "operators must be + - * / and comparisons, got ~")
        node = self.value(tree.operand)
        if isinstance(tree.op, ast.UAdd):
            return node
        return number(-node.number) if node.op == "number" else Node("neg", (node,))

    def _binop(self, tree: ast.BinOp) -> Node:
        op = OPERATORS.get(type(tree.op))
        if op is None:
            hint = "write 'and' or 'or'" if isinstance(tree.op, ast.BitAnd | ast.BitOr) else "use + - * /"
            self.fail(tree, f"operators must be + - * / and comparisons, got {ast.unparse(tree)!r}, {hint}")
        left, right = self.value(tree.left), self.value(tree.right)
        if op == "div" and right.op == "number" and right.number == 0.0:
            self.fail(tree.right, "a divisor must not be 0")
        if left.op == right.op == "number":
            a, b = left.number, right.number
            return number(a + b if op == "add" else a - b if op == "sub" else a * b if op == "mul" else a / b)
        return Node(op, (left, right))

    def _boolop(self, tree: ast.BoolOp) -> Node:
        op = "and" if isinstance(tree.op, ast.And) else "or"
        return _folded(op, [self.truth(part, op) for part in tree.values])

    def _compare(self, tree: ast.Compare) -> Node:
        sides = [self.value(side) for side in (tree.left, *tree.comparators)]
        found = []
        for op, left, right in zip(tree.ops, sides, sides[1:], strict=False):
            if type(op) not in COMPARISONS:
                self.fail(tree, f"comparisons must be < <= > >= == !=, got {ast.unparse(tree)!r}")
            found.append(Node(COMPARISONS[type(op)], (left, right)))
        return _folded("and", found)

    def _attribute(self, tree: ast.Attribute) -> Node:
        if not isinstance(tree.value, ast.Call):
            self.fail(tree, f"an output must be of an indicator that is called, got {ast.unparse(tree)!r}")
        request = self._request(tree.value)
        outputs = request.indicator.outputs if request.indicator.returns is not None else ()
        if tree.attr not in outputs:
            hint = f"; its outputs are {', '.join(outputs)}" if outputs else "; it has one, write it without"
            self.fail(tree, f"{request.name} has no output {tree.attr!r}{did_you_mean(tree.attr, outputs) or hint}")
        return Node("line", name=tree.attr, request=request)

    def _call(self, tree: ast.Call) -> Node:
        if isinstance(tree.func, ast.Name) and tree.func.id in FUNCTIONS:
            return self._function(tree, tree.func.id)
        request = self._request(tree)
        if request.indicator.returns is not None:
            outputs = request.indicator.outputs
            self.fail(tree, f"an output of {request.name} must be chosen, as in {request.name}(...).{outputs[0]}; "
                      f"it has {', '.join(outputs)}")  # fmt: skip
        return Node("line", name=request.indicator.outputs[0], request=request)

    # ------------------------------------------------------------------------------------------------------- calls

    def _request(self, tree: ast.Call) -> Request:
        """Return a call of an indicator."""
        if not isinstance(tree.func, ast.Name):
            self.fail(tree, f"only functions and indicators are called, got {ast.unparse(tree.func)!r}")
        name = tree.func.id
        if name not in CATALOG:
            raise self._unknown(tree.func, name)
        entry, of, named = CATALOG[name], None, dict[str, Any]()
        convention = self.convention if self.convention in entry.conventions else None
        for keyword in tree.keywords:
            if keyword.arg is None:
                self.fail(tree, "parameters must be given one by one, got **")
            if keyword.arg == "of":
                of = self.value(keyword.value)
            elif keyword.arg == "convention":
                convention = getattr(keyword.value, "value", None)
            elif keyword.arg in {"nan", "mask_unsettled", "mode", "out"}:
                self.fail(tree, f"{keyword.arg} must be left out of an expression; it holds for all rules")
            else:
                named[keyword.arg] = self._parameter(keyword.value)
        try:
            values = [self._parameter(arg) for arg in tree.args]
            if convention is not None:
                named["convention"] = convention
            call = entry.resolve(tuple(values), named)
        except QuantperfError as error:
            if " of '" in str(error):
                raise
            self.fail(tree, f"{name}: {error}")
        return Request(name, tuple(call.params.items()), call.convention, self._reads(tree, entry, of))

    def _reads(self, tree: ast.Call, entry: Indicator, of: Node | None) -> tuple[Node, ...]:
        if of is not None:
            if len(entry.inputs) != 1:
                self.fail(tree, f"of= must be for an indicator of one input, {entry.name} reads "
                          f"{', '.join(entry.inputs)}")  # fmt: skip
            if of.op not in {"field", "line"}:
                self.fail(tree, "of= must be a column or an indicator, got a formula")
            return (of,)
        return tuple(Node("field", name=name) for name in entry.columns)

    def _parameter(self, tree: ast.expr) -> float | int:
        value = self.constant(tree, "a parameter")
        return int(value) if value.is_integer() else value

    def _function(self, tree: ast.Call, name: str) -> Node:
        names = FUNCTIONS[name]
        args = self._arguments(tree, name, names)
        if name in {"min", "max"}:
            return _folded(name, [self.value(arg) for arg in tree.args])
        if name == "abs":
            return Node("abs", (self.value(args["x"]),))
        if name in {"prev", "change"}:
            bars = self._bars(args.get("n"))
            return (before if name == "prev" else change)(self.value(args["x"]), bars)
        if name == "within":
            x, y = self.value(args["x"]), self.value(args["y"])
            share = self._percent(args["percent"]) / 100.0
            return Node("le", (Node("abs", (Node("sub", (x, y)),)), Node("mul", (number(share), Node("abs", (y,))))))
        a, b = self.value(args["a"]), self.value(args["b"])
        if a.op == b.op == "number":
            self.fail(tree, f"{name} must be told a line that moves, got two numbers")
        beyond, buffer = b, self._percent(args["buffer"]) if "buffer" in args else 0.0
        if buffer > 0.0:
            margin = Node("mul", (number(buffer / 100.0), Node("abs", (b,))))
            beyond = Node("add" if name == "crosses_above" else "sub", (b, margin))
        return Node("cross_up" if name == "crosses_above" else "cross_down", (a, beyond, before(a), before(b)))

    def _arguments(self, tree: ast.Call, name: str, names: tuple[str, ...]) -> dict[str, ast.expr]:
        """Return the arguments of a function by name."""
        needed = [one for one in names if one not in OPTIONAL]
        if any(isinstance(arg, ast.Starred) for arg in tree.args) or any(one.arg is None for one in tree.keywords):
            self.fail(tree, "arguments must be given one by one, got * or **")
        if name in {"min", "max"}:
            if len(tree.args) < 2 or tree.keywords:
                self.fail(tree, f"{name} must be told two numbers or more, got {ast.unparse(tree)!r}")
            return {}
        if len(tree.args) > len(names):
            self.fail(tree, f"{name} takes {', '.join(names)}, got {len(tree.args)} arguments")
        args = dict(zip(names, tree.args, strict=False))
        for keyword in tree.keywords:
            assert keyword.arg is not None
            if keyword.arg not in names:
                self.fail(tree, f"{name} has no parameter {keyword.arg!r}, it takes {', '.join(names)}")
            if keyword.arg in args:
                self.fail(tree, f"{name} got {keyword.arg} twice")
            args[keyword.arg] = keyword.value
        lacking = [one for one in needed if one not in args]
        if lacking:
            self.fail(tree, f"{name} takes {', '.join(names)}, {', '.join(lacking)} is not given")
        return args

    def _bars(self, tree: ast.expr | None) -> int:
        value = 1.0 if tree is None else self.constant(tree, "n")
        if tree is not None and (not value.is_integer() or not 1 <= value <= FURTHEST):
            self.fail(tree, f"n must be a whole number of bars from 1 to {FURTHEST}, got {value:g}; what lies ahead "
                      "is not known")  # fmt: skip
        return int(value)

    def _percent(self, tree: ast.expr) -> float:
        value = self.constant(tree, "a percentage")
        if value < 0.0:
            self.fail(tree, f"a percentage must be at least 0, got {value:g}")
        return value


def _folded(op: str, parts: list[Node]) -> Node:
    """Return parts joined by an operator of two."""
    found = parts[0]
    for part in parts[1:]:
        found = Node(op, (found, part))
    return found
