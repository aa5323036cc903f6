"""Conditions of rules with their numbers: each comparison of an expression on every bar, in words and in a unit.

The tree is the one that the rule is computed from (`quantperf.signals.expression`), so an explanation cannot drift from
the rule. A crossing is two comparisons, one on the bar before and one now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from quantperf.indicators.plan import FloatArray
from quantperf.market.columns import DERIVED
from quantperf.signals.expression import Node, Request, change
from quantperf.signals.margins import Compared, Condition, Every, OneOf, negated

__all__ = ["Formulas", "words_of"]

Degree: TypeAlias = "tuple[int, ...] | None"

RELATIONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
TIGHT = frozenset({"mul", "div"})
UNITS: dict[tuple[int, ...], str] = {(1, 0): "price", (0, 1): "volume"}
ANY: tuple[int, ...] = ()  # of a number: it is in whatever unit it is compared with


class Formulas:
    """The values of nodes over the bars of some symbols, each computed once.

    Parameters
    ----------
    fields : mapping of str to ndarray
        The columns of the bars (bars, symbols): close, and those that the nodes read.
    lines : mapping, optional
        Outputs of indicators that are known already, by request and output; others are computed.
    """

    def __init__(
        self, fields: Mapping[str, FloatArray], lines: Mapping[tuple[Request, str], FloatArray] | None = None
    ) -> None:
        self.fields = dict(fields)
        self._lines = dict(lines or {})
        self._values: dict[Node, FloatArray] = {}
        self.shape = next(iter(self.fields.values())).shape

    def value(self, node: Node) -> FloatArray:
        """Return the values of a number."""
        if node not in self._values:
            self._values[node] = self._computed(node)
        return self._values[node]

    def condition(self, node: Node) -> Condition:
        """Return a truth as the comparisons it consists of."""
        if node.op in RELATIONS:
            return self._compared(node.args[0], RELATIONS[node.op], node.args[1])
        if node.op == "cross_up" or node.op == "cross_down":
            now, beyond, then, line = node.args
            before, after = ("<=", ">") if node.op == "cross_up" else (">=", "<")
            return Every((self._compared(then, before, line), self._compared(now, after, beyond)))
        if node.op == "eq" or node.op == "ne":
            left, right = node.args
            relations = ("<=", ">=") if node.op == "eq" else ("<", ">")
            both = tuple(self._compared(left, relation, right) for relation in relations)
            return Every(both) if node.op == "eq" else OneOf(both)
        parts = tuple(map(self.condition, node.args))
        if node.op == "not":
            return negated(parts[0])
        return Every(_flat(parts, Every)) if node.op == "and" else OneOf(_flat(parts, OneOf))

    def _compared(self, left: Node, relation: str, right: Node) -> Compared:
        if left.op == "number":  # 70 <= rsi(14) is read as rsi(14) at least 70
            left, relation, right = right, MIRRORED[relation], left
        degree = _common(degree_of(left), degree_of(right))
        ago = _ago(left, right)
        a, b = self.value(left), self.value(right)
        usual = np.where(b == 0.0, np.nan, np.abs(b))
        scale = _shifted(self.fields["close"], ago) if degree == (1, 0) else usual
        words = (words_of(left.args[0] if ago and left.op == "prev" else left),
                 words_of(right.args[0] if ago and right.op == "prev" else right))  # fmt: skip
        return Compared(words, a, relation, b, scale, UNITS.get(degree or ANY, "points"), ago)

    def _computed(self, node: Node) -> FloatArray:
        if node.op == "field":
            return self.fields[node.name]
        if node.request is not None:
            return self._line(node.request, node.name)
        if node.op == "number":
            return np.full(self.shape, node.number)
        if node.op == "prev":
            return _shifted(self.value(node.args[0]), int(node.number))
        a = self.value(node.args[0])
        if node.op in {"neg", "abs"}:
            return -a if node.op == "neg" else np.abs(a)
        b = self.value(node.args[1])
        if node.op in {"min", "max"}:
            return np.minimum(a, b) if node.op == "min" else np.maximum(a, b)
        if node.op == "div":
            return a / np.where(b == 0.0, np.nan, b)
        found = a * b if node.op == "mul" else a + b if node.op == "add" else a - b
        return np.asarray(found)

    def _line(self, request: Request, name: str) -> FloatArray:
        if (request, name) not in self._lines:
            entry = request.indicator
            y = entry.compute(request.call, [np.ascontiguousarray(self.value(node)) for node in request.reads])[0]
            outputs = y[None] if entry.returns is None else y
            for output, values in zip(entry.outputs, outputs, strict=True):
                numbers = values if values.dtype == np.float64 else np.where(values == entry.nothing, np.nan, values)
                self._lines[request, output] = np.ascontiguousarray(numbers)
        return self._lines[request, name]


def degree_of(node: Node) -> Degree:
    """Return with which powers a node follows the unit of prices and that of volumes; () for numbers, None if neither.

    Examples
    --------
    >>> from quantperf.signals.expression import parse
    >>> [degree_of(parse(text)) for text in ("close - sma(50)", "volume / sma(20, of=volume)", "rsi(14)")]
    [(1, 0), (0, 0), (0, 0)]
    """
    if node.op == "number":
        return ANY
    if node.op == "field":
        return (0, 1) if node.name == "volume" else (0, 0) if node.name in DERIVED else (1, 0)
    if node.request is not None:
        return _degree_of_line(node.request)
    if node.op in {"mul", "div"}:
        left, right = map(degree_of, node.args)
        return _product(left, right, 1 if node.op == "mul" else -1)
    found = degree_of(node.args[0])
    for part in node.args[1:]:
        found = _common(found, degree_of(part))
    return found


def _degree_of_line(request: Request) -> Degree:
    entry = request.indicator
    if entry.degree is None or tuple(node.name for node in request.reads if node.op == "field") == entry.columns:
        return entry.degree
    inner = degree_of(request.reads[0])
    return None if inner is None else tuple(entry.degree[0] * power for power in inner)


def _product(a: Degree, b: Degree, sign: int) -> Degree:
    if a is None or b is None or (a == ANY and b == ANY):
        return None if a is None or b is None else ANY
    left, right = a or (0, 0), b or (0, 0)
    return tuple(x + sign * y for x, y in zip(left, right, strict=True))


def _common(a: Degree, b: Degree) -> Degree:
    """Return the unit of two numbers that are compared or added; None if they have none in common."""
    if a == b or b == ANY:
        return a
    return b if a == ANY else None


def words_of(node: Node, tight: bool = False) -> str:
    """Return a number as one would write it.

    Examples
    --------
    >>> from quantperf.signals.expression import parse
    >>> words_of(parse("(close - sma(50)) / prev(close)"))
    '(close - sma(50)) / close 1 bar before'
    """
    moved = _changed(node)
    if moved is not None:
        return f"change of {words_of(moved[0], True)} over {moved[1]} bar{'s' if moved[1] > 1 else ''} in percent"
    if node.op in SIGNS:
        left, right = node.args
        text = f"{words_of(left, node.op in TIGHT)} {SIGNS[node.op]} {words_of(right, node.op != 'add')}"
        return f"({text})" if tight else text
    if node.op == "neg":
        return f"-{words_of(node.args[0], True)}"
    if node.op == "abs":
        return f"|{words_of(node.args[0])}|"
    if node.op in {"min", "max"}:
        return f"{node.op}({', '.join(map(words_of, node.args))})"
    if node.op == "prev":
        bars = int(node.number)
        return f"{words_of(node.args[0], True)} {bars} bar{'s' if bars > 1 else ''} before"
    return str(node) if node.request is None else _line_words(node, node.request)


def _line_words(node: Node, request: Request) -> str:
    """Return an indicator with its parameters by place: ``bbands(20, 2, 2, 0).upper``."""
    given = [f"{value:g}" for _, value in request.params]
    if "of=" in str(request):
        given.append(f"of={words_of(request.reads[0])}")
    text = f"{request.name}({', '.join(given)})"
    return f"{text}.{node.name}" if request.indicator.returns is not None else text


def _changed(node: Node) -> tuple[Node, int] | None:
    """Return what a node is the change of, and over how many bars; None if it is none."""
    if node.op != "mul" or node.args[1].op != "div" or node.args[1].args[0].op != "sub":
        return None
    (now, then), below = node.args[1].args[0].args, node.args[1].args[1]
    if then.op != "prev" or node != change(now, int(then.number)) or below != then:
        return None
    return now, int(then.number)


def _ago(left: Node, right: Node) -> int:
    """Return how many bars back both sides look; 0 if they differ in that."""
    back = {int(node.number) if node.op == "prev" else 0 for node in (left, right) if node.op != "number"}
    return back.pop() if len(back) == 1 else 0


def _flat(parts: tuple[Condition, ...], kind: type[Every] | type[OneOf]) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for part in parts:
        found.extend(part.parts if isinstance(part, kind) else (part,))
    return tuple(found)


def _shifted(values: FloatArray, bars: int) -> FloatArray:
    """Return what was so many bars before; NaN before the first."""
    if not bars:
        return values
    found = np.full(values.shape, np.nan)
    found[bars:] = values[:-bars]
    return found
