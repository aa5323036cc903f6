"""An indicator on bars, as SVG text: among the prices where it lies among them, else in panes of its own.

What goes where follows from the numbers and from what the entry says of itself (unit, inputs, dtype), never from a name
of an indicator. Unknown values are gaps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
from numpy.typing import NDArray

from quantperf.reports.plots import svg

FloatArray = NDArray[np.float64]

WIDTH, HEIGHT = 400.0, 224.0
RIGHT = 352.0  # where the bars end; the numbers of the axis are beside them
STRIP, ROW = 17.0, 13.0  # above each pane, for its legend: the first row, and each further one
FOOT = 18.0  # for the dates
OWN_SHARE = 0.6  # of the height that panes beneath the prices have, all together; less if there are lines on prices
NEAR, JOINS = 0.5, 1.5  # ranges of the prices: how far from them a line may lie, and one that goes with it
MOST = 0.9  # of its values that must lie there
MOST_PANES = 3
ALIKE = 8.0  # ranges that differ by more do not share a pane
FEW = 3  # different values: drawn as steps
MOST_NUMBERS = 8  # marks whose codes are written beside them
PRICES = ("open", "high", "low", "close")
COLOURS = 5
NAMES = {"line": "close", "sticks": "low to high", "candles": "bars", "volume": "volume"}

STYLE = """\
.qp-svg .price{fill:none;stroke:var(--old);stroke-width:1.2}
.qp-svg .sticks{fill:none;stroke:var(--old);stroke-width:1.4;opacity:.75}
.qp-svg .wash{fill:none;stroke:var(--old);opacity:.6}
.qp-svg .rising{fill:none;stroke:var(--new);stroke-width:1.1}
.qp-svg .falling{fill:var(--slower);stroke:var(--slower);stroke-width:1.1}
.qp-svg .up{fill:var(--new)}.qp-svg .down{fill:var(--slower)}
.qp-svg .line{fill:none;stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round}
.qp-svg .c0{stroke:var(--new)}.qp-svg .c1{stroke:var(--unsure)}.qp-svg .c2{stroke:var(--wrong)}
.qp-svg .again{stroke-dasharray:5 3}.qp-svg .c3{stroke:var(--slower)}.qp-svg .c4{stroke:var(--equal)}
.qp-svg .code{paint-order:stroke;stroke:var(--paper);stroke-width:3;stroke-linejoin:round}
.qp-svg{--paper:#fff}@media (prefers-color-scheme:dark){.qp-svg{--paper:#191f27}}
.qp-svg .small{font-size:11px}.qp-svg .zero{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 3}
"""


@dataclass(frozen=True, slots=True)
class Pane:
    """What one pane shows, from the back to the front.

    Attributes
    ----------
    base : str
        "line" (closes), "sticks" (from low to high), "candles", "volume", or "" for none.
    lines : dict of str to array
        Lines by their names.
    candles : dict of str to array, optional
        Candles that are the answer themselves.
    codes : array, optional
        Codes of patterns, 0 where none stands and NaN where unknown.
    """

    base: str = ""
    lines: dict[str, FloatArray] = field(default_factory=dict)
    candles: dict[str, FloatArray] | None = None
    codes: FloatArray | None = None


class Axis:
    """An upright linear axis: values to places, and round values between.

    Examples
    --------
    >>> axis = Axis([0.0, 100.0], 0.0, 200.0)
    >>> axis.ticks(), 0.0 < axis(100.0) < axis(0.0) < 200.0
    ([0.0, 20.0, 40.0, 60.0, 80.0, 100.0], True)
    """

    def __init__(self, values: Sequence[float] | FloatArray, top: float, bottom: float) -> None:
        known = np.asarray(values, dtype=np.float64)
        known = known[np.isfinite(known)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        wide = high - low
        if wide <= 1e-9 * max(abs(low), abs(high)):
            wide = abs(high) or 1.0
            low, high = low - 0.5 * wide, high + 0.5 * wide
        self.low, self.high = low - 0.06 * wide, high + 0.06 * wide
        self.top, self.bottom = top, bottom

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def ticks(self) -> list[float]:
        """Return round values within the axis, at least two, and fewer on a low one."""
        rough = (self.high - self.low) / max(3.0, (self.bottom - self.top) / 34.0)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(part * power for part in (1.0, 2.0, 2.5, 5.0, 10.0) if part * power >= rough * (1.0 - 1e-12))
        while math.floor(self.high / step) <= math.ceil(self.low / step):
            step /= 2.0
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [place * step for place in range(first, last + 1)]


def short(value: float) -> str:
    """Return a number in a few characters.

    Examples
    --------
    >>> short(0.0), short(-0.25), short(12500.0), short(3.4e6), short(2e87)
    ('0', '-0.25', '12.5k', '3.4M', '2e+87')
    """
    if abs(value) >= 1e15:
        return f"{value:.0e}"
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= (1e4 if letter == "k" else size):
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def arrange(
    bars: Mapping[str, FloatArray],
    outputs: Mapping[str, FloatArray],
    reads: Sequence[str],
    degree: tuple[int, int] | None,
    codes: bool,
) -> list[Pane]:
    """Return the panes of an indicator, that of the bars first.

    Parameters
    ----------
    bars : mapping of str to array
        Columns of the bars.
    outputs : mapping of str to array
        Its outputs, NaN where unknown.
    reads : sequence of str
        Columns that it reads.
    degree : tuple of int, or None
        Powers of the units of prices and volumes that the outputs have, if it is known.
    codes : bool
        Whether the outputs are codes.
    """
    if codes and set(PRICES) <= set(reads):
        return [Pane("candles", codes=line) for line in outputs.values()]
    base = "volume" if set(reads) == {"volume"} else "sticks" if {"open", "high", "low"} & set(reads) else "line"
    if tuple(outputs) == PRICES and degree == (1, 0):
        return [Pane("line", candles=dict(outputs))]
    ground = _ground(base, bars)
    unit = degree is None or degree == ((0, 1) if base == "volume" else (1, 0))
    among: dict[str, FloatArray] = {}
    if unit and any(_share_within(line, ground, NEAR) >= MOST for line in outputs.values()):
        among = {name: line for name, line in outputs.items() if _share_within(line, ground, JOINS) >= MOST}
    return [Pane(base, among), *_own({name: line for name, line in outputs.items() if name not in among})]


def _ground(base: str, bars: Mapping[str, FloatArray]) -> FloatArray:
    names = {"volume": ("volume",), "line": ("close",)}.get(base, ("high", "low"))
    found = np.concatenate([bars[name] for name in names])
    return np.append(found, 0.0) if base == "volume" else found


def _share_within(line: FloatArray, ground: FloatArray, reach: float) -> float:
    """Return the share of known values that lie within so many ranges of the ground."""
    known, ground = line[np.isfinite(line)], ground[np.isfinite(ground)]
    if not known.size or not ground.size:
        return 0.0
    low, high = float(ground.min()), float(ground.max())
    space = reach * (high - low)
    return float(np.mean((known >= low - space) & (known <= high + space)))


def _own(lines: Mapping[str, FloatArray]) -> list[Pane]:
    """Return panes of lines whose ranges are alike."""
    panes: list[tuple[float, float, dict[str, FloatArray]]] = []
    for name, line in lines.items():
        known = line[np.isfinite(line)]
        low, high = (float(known.min()), float(known.max())) if known.size else (math.nan, math.nan)
        for place, (least, most, held) in enumerate(panes):
            union = max(high, most) - min(low, least)
            alike = union <= ALIKE * (high - low) and union <= ALIKE * (most - least)
            if alike or not known.size or len(panes) == MOST_PANES:
                panes[place] = (min(low, least), max(high, most), {**held, name: line})
                break
        else:
            panes.append((low, high, {name: line}))
    return [Pane(lines=held) for _, _, held in panes]


def draw(
    title: str,
    said: str,
    bars: Mapping[str, FloatArray],
    panes: Sequence[Pane],
    ends: tuple[str, str],
    name: str,
) -> str:
    """Return panes above each other, all over the same bars.

    Parameters
    ----------
    title, said : str
        What is read out in the place of the picture.
    bars : mapping of str to array
        Columns of the bars.
    panes : sequence of Pane
        As `arrange` gives them.
    ends : tuple of str
        What the first and the last bar are called.
    name : str
        Of the picture within its page, for the ids of its title and description.
    """
    count = len(next(iter(bars.values())))
    x: FloatArray = (np.arange(count, dtype=np.float64) + 0.5) * np.float64(RIGHT / max(count, 1))
    parts: list[str] = []
    top, colour = 0.0, 0
    for pane, height in zip(panes, _heights(panes), strict=True):
        parts += _pane(pane, bars, x, top, top + height, colour)
        top, colour = top + height, colour + len(pane.lines)
    foot = f"{HEIGHT - 4:.0f}"
    parts.append(f'<text class="soft small" x="0" y="{foot}">{escape(ends[0])}</text>')
    parts.append(f'<text class="soft small end" x="{RIGHT:.0f}" y="{foot}">{escape(ends[1])}</text>')
    return svg(title, said, HEIGHT, parts, name, WIDTH)


def _heights(panes: Sequence[Pane]) -> list[float]:
    whole, own = HEIGHT - FOOT, len(panes) - 1
    if own == 0:
        return [whole]
    share = OWN_SHARE - (0.2 if panes[0].lines else 0.0) + 0.08 * (own - 1)
    return [whole * (1.0 - share), *[whole * share / own] * own]


def _pane(
    pane: Pane, bars: Mapping[str, FloatArray], x: FloatArray, top: float, bottom: float, colour: int
) -> list[str]:
    values = [*pane.lines.values(), *(pane.candles or {}).values()]
    if pane.base:
        names = ("low", "high") if pane.base == "candles" else ()
        values += [bars[name] for name in names] or [_ground(pane.base, bars)]
    if pane.codes is not None and np.isfinite(ground := np.concatenate(values)).any():
        low, high = float(np.nanmin(ground)), float(np.nanmax(ground))
        values.append(np.array([low - 0.1 * (high - low), high + 0.1 * (high - low)]))  # room for the marks
    if any(map(_is_bars, pane.lines)):
        values.append(np.zeros(1))
    parts, rows = _legend(pane, top, colour)
    axis = Axis(np.concatenate(values), top + STRIP + ROW * (rows - 1), bottom - 4.0)
    for value in axis.ticks():
        y = axis(value)
        parts.append(f'<line class="grid" x1="0" x2="{RIGHT:.0f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="soft small" x="{RIGHT + 5:.0f}" y="{y + 4:.1f}">{escape(short(value))}</text>')
    if not pane.base and axis.low < 0.0 < axis.high:
        parts.append(f'<line class="zero" x1="0" x2="{RIGHT:.0f}" y1="{axis(0.0):.1f}" y2="{axis(0.0):.1f}"/>')
    parts += _base(pane.base, bars, x, axis)
    if pane.candles is not None:
        parts += _candles(pane.candles, x, axis)
    if pane.codes is not None:
        parts += _marks(pane.codes, bars, x, axis)
    for place, (name, line) in enumerate(pane.lines.items(), start=colour):
        style = f"line {_colour(place)}"
        if _is_bars(name):
            parts.append(f'<path class="{style}" d="{_uprights(x, line, axis)}"/>')
        else:
            steps = len(np.unique(line[np.isfinite(line)])) <= FEW and not pane.base
            parts.append(f'<path class="{style}" d="{_path(x, line, axis, steps=steps)}"/>')
    return parts


def _is_bars(name: str) -> bool:
    """Whether a line is by its name one that is drawn as bars from zero."""
    return name.startswith("hist")


def _base(base: str, bars: Mapping[str, FloatArray], x: FloatArray, axis: Axis) -> list[str]:
    if base == "candles":
        return _candles(bars, x, axis)
    if base == "line":
        return [f'<path class="price" d="{_path(x, bars["close"], axis)}"/>']
    if base == "sticks":
        rows = zip(x.tolist(), bars["high"].tolist(), bars["low"].tolist(), strict=True)
        path = [f"M{at:.1f} {axis(high):.1f}V{axis(low):.1f}" for at, high, low in rows if math.isfinite(high + low)]
        return [f'<path class="sticks" d="{"".join(path)}"/>']
    if base == "volume":
        width = 0.6 * RIGHT / len(x)
        return [
            f'<path class="wash" stroke-width="{width:.1f}" d="{_uprights(x, bars["volume"], axis)}"/>',
        ]
    return []


def _uprights(x: FloatArray, line: FloatArray, axis: Axis) -> str:
    zero = axis(0.0)
    rows = zip(x.tolist(), line.tolist(), strict=True)
    return "".join(f"M{at:.1f} {zero:.1f}V{axis(value):.1f}" for at, value in rows if math.isfinite(value))


def _path(x: FloatArray, line: FloatArray, axis: Axis, *, steps: bool = False) -> str:
    """Return a path with a gap wherever a value is unknown; a value between two gaps is a dot."""
    half = float(x[0])
    parts: list[str] = []
    drawn = False
    for at, value in zip(x.tolist(), line.tolist(), strict=True):
        if not math.isfinite(value):
            drawn = False
            continue
        y = axis(value)
        if steps:
            parts.append(f"V{y:.1f}H{at + half:.1f}" if drawn else f"M{at - half:.1f} {y:.1f}H{at + half:.1f}")
        else:
            parts.append(f"L{at:.1f} {y:.1f}" if drawn else f"M{at:.1f} {y:.1f}h0")
        drawn = True
    return "".join(parts)


def _candles(bars: Mapping[str, FloatArray], x: FloatArray, axis: Axis) -> list[str]:
    """Return candles: rising ones hollow, falling ones filled."""
    half = max(0.5, 0.3 * RIGHT / len(x))
    rising: list[str] = []
    falling: list[str] = []
    for at, *prices in zip(x.tolist(), *(bars[name].tolist() for name in PRICES), strict=True):
        if not math.isfinite(sum(prices)):
            continue
        first, high, low, last = map(axis, prices)
        top, bottom = min(first, last), max(first, last)
        body = f"M{at - half:.1f} {top:.1f}h{2 * half:.1f}v{bottom - top:.1f}h-{2 * half:.1f}z"
        wicks = f"M{at:.1f} {high:.1f}V{top:.1f}M{at:.1f} {bottom:.1f}V{low:.1f}"
        (rising if last <= first else falling).append(wicks + body)  # places run downwards
    return [f'<path class="rising" d="{"".join(rising)}"/>', f'<path class="falling" d="{"".join(falling)}"/>']


def _marks(codes: FloatArray, bars: Mapping[str, FloatArray], x: FloatArray, axis: Axis) -> list[str]:
    """Return a triangle at each bar where a pattern stands: below the bar, or above it where its code is negative."""
    parts = []
    found = np.flatnonzero(np.isfinite(codes) & (codes != 0.0))
    for place in found.tolist():
        at, code = float(x[place]), float(codes[place])
        edge = float(bars["low" if code > 0.0 else "high"][place])
        if not math.isfinite(edge):
            continue
        side = 1.0 if code > 0.0 else -1.0
        y = axis(edge) + 4.0 * side
        style = "up" if code > 0.0 else "down"
        parts.append(f'<path class="{style}" d="M{at:.1f} {y:.1f}l4.5 {8 * side:g}h-9z"/>')
        if len(found) <= MOST_NUMBERS:
            beneath = y + (19.0 if code > 0.0 else -11.0)
            parts.append(f'<text class="soft small mid code" x="{at:.1f}" y="{beneath:.1f}">{code:g}</text>')
    return parts


def _legend(pane: Pane, top: float, colour: int) -> tuple[list[str], int]:
    """Return what is drawn and how, and in how many rows."""
    told: list[tuple[str, str]] = [(pane.base, NAMES[pane.base])] if pane.base else []
    told += [(f"line {_colour(place)}", name) for place, name in enumerate(pane.lines, start=colour)]
    if pane.candles:
        told.append(("candles", "its candles"))
    if pane.codes is not None and np.any(np.isfinite(pane.codes) & (pane.codes != 0.0)):
        told.append(("mark", "stands here"))
    parts, x, row = [], 0.0, 0
    for place, (kind, said) in enumerate(told):
        width = 15.0 + 6.2 * len(said)
        if x and x + width > WIDTH:
            x, row = 0.0, row + 1
        y = top + 11.0 + ROW * row
        parts.append(_swatch(kind, x, y))
        soft = "soft " if place == 0 and pane.base else ""
        parts.append(f'<text class="{soft}small" x="{x + 15:.1f}" y="{y:.1f}">{escape(said)}</text>')
        x += width + 13.0
    return parts, row + 1


def _colour(place: int) -> str:
    """Return the classes of a line; colours that come again are dashed."""
    return f"c{place % COLOURS}{' again' if place >= COLOURS else ''}"


def _swatch(kind: str, x: float, y: float) -> str:
    """Return a small picture of how something is drawn."""
    if kind == "line" or kind.startswith("line "):
        return f'<path class="{"price" if kind == "line" else kind}" d="M{x:.1f} {y - 4:.1f}h11"/>'
    if kind == "candles":
        return f'<path class="rising" d="M{x + 3:.1f} {y - 8:.1f}h5v8h-5z"/>'
    if kind == "mark":
        return f'<path class="up" d="M{x + 5:.1f} {y - 8:.1f}l4.5 8h-9z"/>'
    style = "sticks" if kind == "sticks" else "wash"
    return f'<path class="{style}" d="M{x + 2:.1f} {y:.1f}v-5m3 3v-6m3 8v-7"/>'
