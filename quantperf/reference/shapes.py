"""Chart shapes among turning points, drawn one after the other in plain Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from quantperf.reference import Array
from quantperf.reference.pivots import Pivot

__all__ = ["Drawing", "Found", "Line", "Rule", "draw", "match"]


class Line(NamedTuple):
    """A line over bars that count from the first point of a shape."""

    slope: float
    start: float

    def at(self, bar: float) -> float:
        """Return its price on a bar."""
        return self.start + self.slope * bar


class Drawing(NamedTuple):
    """What a shape would look like on some turning points: its lines, height, span in bars, and its quantities."""

    upper: Line
    lower: Line
    height: float
    span: float
    quantities: dict[str, float]


class Rule(NamedTuple):
    """A shape as numbers.

    Attributes
    ----------
    name, form : str
        Its name, and which drawing it is.
    points : int
        On how many turning points.
    sign : int
        +1, or -1 for the mirror: prices are then turned upside down.
    breaks : int
        Which line confirms it, in its own space: +1 the upper, -1 the lower, 0 either.
    tests : sequence of (str, int, float, bool)
        Quantity, +1 at least or -1 at most, limit, and whether the limit is a tolerance around the ideal 0.
    """

    name: str
    form: str
    points: int
    sign: int
    breaks: int
    tests: Sequence[tuple[str, int, float, bool]]


class Found(NamedTuple):
    """A shape: its name, its last point, what became of it, its lines, height and fit."""

    shape: str
    last: int
    fate: str
    when: int
    side: int
    upper: Line
    lower: Line
    height: float
    fit: float


def through(*points: tuple[float, float]) -> Line:
    """Return the line through two points, or the least squares of three.

    Examples
    --------
    >>> through((0.0, 1.0), (2.0, 5.0)), through((0.0, 1.0), (1.0, 1.0), (2.0, 4.0))
    (Line(slope=2.0, start=1.0), Line(slope=1.5, start=0.5))
    """
    if len(points) == 2:
        (xa, ya), (xb, yb) = points
        slope = (yb - ya) / (xb - xa)
        return Line(slope, ya - slope * xa)
    (xa, ya), (xb, yb), (xc, yc) = points  # added in this order: sum() rounds otherwise from Python 3.12 on
    x, y = (xa + xb + xc) / 3.0, (ya + yb + yc) / 3.0
    above = (xa - x) * (ya - y) + (xb - x) * (yb - y) + (xc - x) * (yc - y)
    below = (xa - x) * (xa - x) + (xb - x) * (xb - x) + (xc - x) * (xc - x)
    return Line(above / below, y - above / below * x)


def draw(form: str, x: Sequence[float], v: Sequence[float], top_last: bool) -> Drawing | None:
    """Return what a shape of this form looks like on these points, or None if they do not make one.

    Parameters
    ----------
    form : {"double", "triple", "head", "bounds", "flag"}
        Which drawing.
    x, v : sequence of float
        Bars, from 0, and prices of the points.
    top_last : bool
        Whether the last point is a top.

    Examples
    --------
    >>> draw("double", [0, 10, 15, 20], [90.0, 100.0, 96.0, 99.0], True).quantities["evenness"]
    0.2857142857142857
    """
    if form == "bounds":
        return _bounds(x, v, top_last)
    if form == "flag":
        return None if top_last else _flag(x, v)
    if not top_last:
        return None
    return {"double": _double, "triple": _triple, "head": _head}[form](x, v)


def _double(x: Sequence[float], v: Sequence[float]) -> Drawing | None:
    foot, first, trough, second = v
    height = (first + second) * 0.5 - trough
    if not height > 0:
        return None
    quantities = {
        "evenness": abs(first - second) / height,
        "trend": (first - foot) / (first - trough),
        "separation": x[3] - x[1],
    }
    return Drawing(Line(0.0, max(first, second)), Line(0.0, trough), height, x[3] - x[1], quantities)


def _triple(x: Sequence[float], v: Sequence[float]) -> Drawing | None:
    tops, neck = (v[1], v[3], v[5]), min(v[2], v[4])
    height = (v[1] + v[3] + v[5]) / 3.0 - neck
    if not height > 0:
        return None
    gaps = x[3] - x[1], x[5] - x[3]
    quantities = {
        "evenness": (max(tops) - min(tops)) / height,
        "trend": (v[1] - v[0]) / (v[1] - neck),
        "separation": x[5] - x[1],
        "tilt": abs(v[2] - v[4]) / height,
        "asymmetry": max(gaps) / min(gaps),
    }
    return Drawing(Line(0.0, max(tops)), Line(0.0, neck), height, x[5] - x[1], quantities)


def _head(x: Sequence[float], v: Sequence[float]) -> Drawing | None:
    neck = through((x[2], v[2]), (x[4], v[4]))
    left, height, right = (v[i] - neck.at(x[i]) for i in (1, 3, 5))
    if not (left > 0 and height > 0 and right > 0):
        return None
    gaps = x[3] - x[1], x[5] - x[3]
    quantities = {
        "evenness": abs(v[1] - v[5]) / height,
        "trend": (v[1] - v[0]) / left,
        "separation": x[5] - x[1],
        "tilt": abs(v[2] - v[4]) / height,
        "asymmetry": max(gaps) / min(gaps),
        "prominence": (v[3] - max(v[1], v[5])) / height,
        "shoulder": min(left, right) / height,
    }
    return Drawing(Line(0.0, max(v[1], v[3], v[5])), neck, height, x[5] - x[1], quantities)


def _bounds(x: Sequence[float], v: Sequence[float], top_last: bool) -> Drawing | None:
    three, two = through(*((x[i], v[i]) for i in (0, 2, 4))), through(*((x[i], v[i]) for i in (1, 3)))
    upper, lower = (three, two) if top_last else (two, three)
    first, last = upper.start - lower.start, upper.at(x[4]) - lower.at(x[4])
    if not (first > 0 and last > 0):
        return None
    height = max(first, last)
    rises = [line.slope * x[4] / height for line in (upper, lower)]
    quantities = {
        "upper_rise": rises[0],
        "upper_fall": -rises[0],
        "lower_rise": rises[1],
        "upper_tilt": abs(rises[0]),
        "lower_tilt": abs(rises[1]),
        "narrowing": last / first,
        "unevenness": abs(last / first - 1.0),
        "misfit": max(abs(v[i] - three.at(x[i])) for i in (0, 2, 4)) / height,
    }
    return Drawing(upper, lower, height, x[4], quantities)


def _flag(x: Sequence[float], v: Sequence[float]) -> Drawing | None:
    upper, lower = through((x[1], v[1]), (x[3], v[3])), through((x[2], v[2]), (x[4], v[4]))
    first, last = upper.at(x[1]) - lower.at(x[1]), upper.at(x[4]) - lower.at(x[4])
    pole, span = v[1] - v[0], x[4] - x[1]
    if not (first > 0 and last > 0 and pole > 0):
        return None
    width = max(first, last)
    quantities = {
        "upper_rise": upper.slope * span / width,
        "upper_fall": -(upper.slope * span / width),
        "lower_rise": lower.slope * span / width,
        "narrowing": last / first,
        "unevenness": abs(last / first - 1.0),
        "depth": (v[1] - min(v[2], v[4])) / pole,
        "pole": pole / width,
        "quickness": (x[1] - x[0]) / span,
    }
    return Drawing(upper, lower, pole, span, quantities)


def match(pivots: Sequence[Pivot], closes: Array, rules: Sequence[Rule], wait: float = 1.0) -> list[Found]:
    """Return the shapes among the turning points of one symbol, and what the closes after them made of each.

    Parameters
    ----------
    pivots : sequence of Pivot
        Tops and bottoms in turn.
    closes : ndarray
        Of the bars that the symbol has.
    rules : sequence of Rule
        Shapes to look for.
    wait : float, default 1.0
        How long a shape waits for a break, in its own spans.
    """
    found = []
    before = {rule.name: -2 for rule in rules}
    for last in range(len(pivots)):
        for rule in rules:
            points = pivots[last + 1 - rule.points : last + 1] if last + 1 >= rule.points else []
            if not points:
                continue
            x = [float(point.bar - points[0].bar) for point in points]
            drawing = draw(rule.form, x, [rule.sign * point.price for point in points], rule.sign * points[-1].kind > 0)
            if drawing is None or not all(_passes(drawing, test) for test in rule.tests):
                continue
            goes_on = before[rule.name] == last - 1
            before[rule.name] = last
            if not goes_on:
                fate, when, side = _fate(drawing, rule, points, closes, wait)
                found.append(_described(drawing, rule, last, fate, when, side))
    return found


def _passes(drawing: Drawing, test: tuple[str, int, float, bool]) -> bool:
    quantity, sign, limit, _ = test
    value = drawing.quantities[quantity]
    return value >= limit if sign > 0 else value <= limit


def _fate(drawing: Drawing, rule: Rule, points: Sequence[Pivot], closes: Array, wait: float) -> tuple[str, int, int]:
    """Return what became of a shape, on which bar, and through which line; the bar is -1 while it is open."""
    known = points[-1].known
    end = known + math.floor(wait * drawing.span)
    for bar in range(known, end + 1):
        if bar >= len(closes):
            return "open", -1, 0
        upper, lower = (line.at(bar - points[0].bar) for line in (drawing.upper, drawing.lower))
        close = rule.sign * float(closes[bar])
        if not upper > lower:
            break
        if close > upper or close < lower:
            side = 1 if close > upper else -1
            return ("confirmed" if rule.breaks in (0, side) else "failed"), bar, side
    return "expired", min(bar, end), 0


def _described(drawing: Drawing, rule: Rule, last: int, fate: str, when: int, side: int) -> Found:
    lines = [Line(rule.sign * line.slope + 0.0, rule.sign * line.start) for line in (drawing.upper, drawing.lower)]
    upper, lower = lines if rule.sign > 0 else lines[::-1]
    shares = [
        drawing.quantities[quantity] / limit for quantity, _, limit, tolerance in rule.tests if tolerance and limit > 0
    ]
    fit = 1.0 - max([0.0, *shares])
    return Found(rule.name, last, fate, when, side * rule.sign, upper, lower, drawing.height, float(np.float64(fit)))
