"""Plots as SVG text: forest, pairs and distributions, from rows alone. Colours are classes, so a page can be dark.

A verdict is told by shape as well as by colour: faster ●, slower ◆, equivalent ■, cannot tell ○, different ✕.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from statistics import median

import numpy as np
from numpy.typing import NDArray

from quantperf.performance.figures import readable_bytes, readable_ns
from quantperf.reports.comparison import QUICK, Row, times

WIDTH = 1000.0
LANE = 21.0  # height of a row
TOP, BOTTOM = 34.0, 22.0
POINTS = 240  # most points of a line

TITLES = {
    "series": "One series",
    "panel": "A panel",
    "live": "Live, one new bar",
    "research": "Signals, outcomes, patterns",
    "custom": "Your own",
}

STYLE = """\
.qp-svg{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
font-variant-numeric:tabular-nums;--ink:#1c2530;--soft:#5d6b7a;--line:#dde3ea;--band:#e8ecf1;--faster:#0b7a6e;
--slower:#b3261e;--equal:#4a5b73;--unsure:#a15c00;--wrong:#7b2fb0;--old:#8b97a5;--new:#0b7a6e}
.qp-svg text{fill:var(--ink)}.qp-svg .soft{fill:var(--soft)}.qp-svg .end{text-anchor:end}
.qp-svg .mid{text-anchor:middle}
.qp-svg .grid{stroke:var(--line);stroke-width:1}.qp-svg .one{stroke:var(--ink);stroke-width:1.2}
.qp-svg .band{fill:var(--band)}.qp-svg .bold{font-weight:600}
.qp-svg .faster{fill:var(--faster);stroke:var(--faster)}.qp-svg .slower{fill:var(--slower);stroke:var(--slower)}
.qp-svg .equivalent{fill:var(--equal);stroke:var(--equal)}
.qp-svg .different{fill:none;stroke:var(--wrong);stroke-width:2.4}
.qp-svg .cannot{fill:none;stroke:var(--unsure);stroke-width:2}.qp-svg .reach{stroke-width:2;fill:none}
.qp-svg .old{fill:none;stroke:var(--old);stroke-width:2}.qp-svg .new{fill:var(--new);stroke:var(--new)}
.qp-svg .link{stroke:var(--line);stroke-width:3}.qp-svg .curve{fill:none;stroke-width:2}
.qp-svg .curve.before{stroke:var(--old);stroke-dasharray:5 3}.qp-svg .curve.after{stroke:var(--new)}
@media (prefers-color-scheme:dark){.qp-svg{--ink:#e6ebf1;--soft:#9aa7b5;--line:#2d3743;--band:#252e39;--faster:#3cc8b4;
--slower:#ff8a80;--equal:#a9b8cc;--unsure:#f2b155;--wrong:#cf9bf5;--old:#8592a1;--new:#3cc8b4}}
@media print{.qp-svg{--ink:#000;--soft:#444;--line:#ccc;--band:#eee;--faster:#0b7a6e;--slower:#b3261e;--equal:#4a5b73;
--unsure:#a15c00;--wrong:#7b2fb0;--old:#777;--new:#0b7a6e}}
"""


class Scale:
    """A logarithmic axis: values to places, and the ticks between."""

    def __init__(self, values: Iterable[float], left: float, right: float) -> None:
        known = [value for value in values if math.isfinite(value) and value > 0.0] or [1.0]
        self.low, self.high = math.log10(min(known)), math.log10(max(known))
        if self.high - self.low < 0.3:
            self.low, self.high = self.low - 0.15, self.high + 0.15
        margin = 0.03 * (self.high - self.low)
        self.low, self.high = self.low - margin, self.high + margin
        self.left, self.right = left, right

    def __call__(self, value: float) -> float:
        """Return the place of a value, within the axis."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)

    def ticks(self, *, binary: bool = False) -> list[float]:
        """Return round values: powers of ten and parts of them, or powers of two for sizes of memory."""
        span = self.high - self.low
        if binary:
            low, high = self.low / math.log10(2.0), self.high / math.log10(2.0)
            every = max(1, math.ceil((high - low) / 8.0))
            return [2.0**power for power in range(math.ceil(low), math.floor(high) + 1) if power % every == 0]
        steps = (1.0,) if span > 3.0 else (1.0, 3.0) if span > 1.6 else (1.0, 2.0, 5.0)
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        every = max(1, math.ceil(span / 9.0))
        found = [step * 10.0**power for power in powers if power % every == 0 for step in steps]
        return [value for value in found if self.low <= math.log10(value) <= self.high]


def forest(use: str, rows: Sequence[Row], name: str = "") -> str:
    """Return a forest plot of one use: speed-up with interval on a log axis, noise band of each row, losers first.

    Parameters
    ----------
    use : str
        Which use; it names the plot.
    rows : sequence of Row
        In the order in which they are shown.
    name : str
        Of the plot within its page, for the ids of its title and description.
    """
    gutter, right = _gutter(rows), WIDTH - 190.0
    reached = [bound for row in rows if row.speedup for bound in row.speedup]
    scale = Scale([1.0, 0.9, *reached], gutter, right)
    height = TOP + LANE * len(rows) + BOTTOM
    parts = _axis(scale, height, lambda value: f"{value:,g}×")
    for place, row in enumerate(rows):
        parts += _forest_lane(row, TOP + LANE * (place + 0.5), scale, gutter)
    parts.append(f'<line class="one" x1="{scale(1.0):.1f}" x2="{scale(1.0):.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>')
    parts.append(f'<text class="soft end" x="{WIDTH:.0f}" y="14">times as fast, 95 % interval</text>')
    said = f"{TITLES[use]}: speed-up of each indicator on a logarithmic axis. " + " ".join(map(_spoken, rows[:40]))
    return svg(f"{TITLES[use]}: speed-up", said, height, parts, name or f"forest-{use}")


def _forest_lane(row: Row, y: float, scale: Scale, gutter: float) -> list[str]:
    parts = [_label(row, y, gutter)]
    noise, speedup = row.comparison.noise, row.speedup
    if noise is not None and math.isfinite(noise):
        low, high = scale(1.0 / (1.0 + noise)), scale(1.0 + noise)
        parts.append(_rect("band", low, y - LANE / 2.0, max(high - low, 1.5), LANE))
    if speedup is None:
        parts.append(mark(row.verdict, scale(1.0), y))
        parts.append(f'<text class="end bold" x="{WIDTH:.0f}" y="{y + 4:.1f}">results differ: no ratio</text>')
        return parts
    if math.isfinite(speedup.low):
        first, last = scale(speedup.low), scale(speedup.high)
        style = "cannot" if row.verdict == "cannot tell" else row.verdict
        parts.append(f'<line class="{style} reach" x1="{first:.1f}" x2="{last:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
    parts.append(mark(row.verdict, scale(speedup.estimate), y))
    bounds = f"{times(speedup.low)} – {times(speedup.high)}"
    parts.append(f'<text class="end bold" x="{WIDTH - 108:.0f}" y="{y + 4:.1f}">{times(speedup.estimate)}×</text>')
    parts.append(f'<text class="end soft" x="{WIDTH:.0f}" y="{y + 4:.1f}">{bounds}</text>')
    return parts


def mark(verdict: str, x: float, y: float, size: float = 5.0) -> str:
    """Return the shape of a verdict."""
    if verdict == "slower":
        half = size + 1.0
        return f'<path class="slower" d="M{x:.1f} {y - half:.1f}l{half} {half}l-{half} {half}l-{half} -{half}z"/>'
    if verdict == "equivalent":
        return _rect("equivalent", x - size + 0.5, y - size + 0.5, 2 * size - 1, 2 * size - 1)
    if verdict == "different":
        side = 2 * size
        return f'<path class="different" d="M{x - size:.1f} {y - size:.1f}l{side} {side}m0 -{side}l-{side} {side}"/>'
    style = "cannot" if verdict == "cannot tell" else "faster"
    return f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="{size - 0.5}"/>'


def times_pairs(use: str, rows: Sequence[Row]) -> str:
    """Return pairs of dots: median time of a call before (hollow) and after (filled)."""
    pairs = [(row, c.before.median_ns, c.after.median_ns) for row in rows if (c := row.comparison).before and c.after]
    return _pairs(f"{TITLES[use]}: time of a call", pairs, readable_ns, f"times-{use}")


def memory_pairs(use: str, rows: Sequence[Row]) -> str:
    """Return pairs of dots: peak memory of a call before (hollow) and after (filled)."""
    pairs = [
        (row, float(row.before_bytes), float(row.after_bytes)) for row in rows if row.before_bytes and row.after_bytes
    ]
    return _pairs(f"{TITLES[use]}: peak memory of a call", pairs, readable_bytes, f"memory-{use}")


def _pairs(title: str, pairs: Sequence[tuple[Row, float, float]], said: Callable[[float], str], name: str) -> str:
    if not pairs:
        return ""
    gutter = _gutter([row for row, _, _ in pairs])
    scale = Scale([value for _, *both in pairs for value in both], gutter, WIDTH - 190.0)
    height = TOP + LANE * len(pairs) + BOTTOM
    parts = _axis(scale, height, said, binary=said is readable_bytes)
    for place, (row, before, after) in enumerate(pairs):
        y = TOP + LANE * (place + 0.5)
        first, last = scale(before), scale(after)
        parts += [
            _label(row, y, gutter),
            f'<line class="link" x1="{first:.1f}" x2="{last:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>',
            f'<circle class="old" cx="{first:.1f}" cy="{y:.1f}" r="4.5"/>',
            f'<circle class="new" cx="{last:.1f}" cy="{y:.1f}" r="4.5"/>',
            f'<text class="end" x="{WIDTH:.0f}" y="{y + 4:.1f}">{said(before)} → {said(after)}</text>',
        ]
    parts.append(f'<text class="soft end" x="{WIDTH:.0f}" y="14">○ before → ● after</text>')
    spoken = " ".join(f"{row.name}: {said(before)} before, {said(after)} after." for row, before, after in pairs[:40])
    return svg(title, f"{title}, before and after, on a logarithmic axis. {spoken}", height, parts, name)


def distribution(row: Row) -> str:
    """Return the share of runs that took at most so long, before and after: every raw time of one row."""
    found = row.comparison
    if not found.raw:
        return ""
    before = np.sort(np.concatenate([raw.before.call_ns.ravel() for raw in found.raw])) * found.before_scale
    after = np.sort(np.concatenate([raw.after.call_ns.ravel() for raw in found.raw]))
    left, right, top, height, width = 40.0, 470.0, 30.0, 200.0, 480.0
    bottom = height - 26.0
    scale = Scale([before[0], before[-1], after[0], after[-1]], left, right)
    parts = [
        f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="soft end" x="{left - 6}" y="{y + 4:.1f}">{share:.0%}</text>'
        for share in (0.0, 0.5, 1.0)
        for y in (bottom - share * (bottom - top),)
    ]
    parts += [
        f'<text class="soft mid" x="{scale(value):.1f}" y="{height - 8:.0f}">{readable_ns(value)}</text>'
        for value in scale.ticks()
    ]
    halfway = (top + bottom) / 2.0 - 6.0
    for side, values in (("before", before), ("after", after)):
        parts.append(f'<path class="curve {side}" d="{_steps(values, scale, top, bottom)}"/>')
        middle = scale(float(np.median(values)))
        end = "end" if middle > 330 else ""
        parts.append(f'<text class="soft {end}" x="{middle + (-8 if end else 8):.1f}" y="{halfway:.1f}">{side}</text>')
    title = f"{row.name}, {TITLES[row.use].lower()}: {len(after):,} runs a side"
    medians = [readable_ns(float(np.median(values))) for values in (before, after)]
    said = f"Share of runs that took at most so long. Median before {medians[0]}, after {medians[1]}."
    parts.append(f'<text class="bold" x="0" y="13">{escape(title)}</text>')
    return svg(title, said, height, parts, f"runs-{row.use}-{row.name}", width)


def _steps(values: NDArray[np.float64], scale: Scale, top: float, bottom: float) -> str:
    """Return the path of a cumulative distribution, thinned to at most `POINTS` steps."""
    chosen = np.unique(np.linspace(0, len(values) - 1, min(POINTS, len(values))).astype(int))
    path = [f"M{scale(values[0]):.1f} {bottom:.1f}"]
    rise = (bottom - top) / len(values)
    path += [f"H{scale(values[index]):.1f}V{bottom - (index + 1) * rise:.1f}" for index in chosen]
    return "".join(path)


def chosen_rows(uses: dict[str, list[Row]]) -> list[Row]:
    """Return rows whose runs are worth a look: of each use the worst one and the middle one."""
    found: list[Row] = []
    for rows in uses.values():
        known = [row for row in rows if row.speedup is not None]
        if known:
            middle = median(range(len(known)))
            found += [known[place] for place in sorted({0, int(middle)})]
    return found


def forest_file(use: str, rows: Sequence[Row], quick: bool = False) -> str:
    """Return a forest plot as a file of its own."""
    said = f"{TITLES[use]}: time before over time after" + (f" ({QUICK})" if quick else "")
    caption = f'<text class="bold" x="0" y="14">{said}</text></svg>'
    drawn = forest(use, rows).replace("</svg>", caption)
    return alone(drawn, WIDTH, TOP + LANE * len(rows) + BOTTOM)


def alone(drawn: str, width: float, height: float, style: str = "") -> str:
    """Return an SVG element as a file of its own: with its style, a background and a margin."""
    head, rest = drawn.split(">", 1)
    space = f' xmlns="http://www.w3.org/2000/svg" width="{width:.0f}"'
    back = "<style>.qp-svg{background:#fff}@media (prefers-color-scheme:dark){.qp-svg{background:#0d1117}}"
    head = head.replace(
        f'viewBox="0 0 {width:.0f} {height:.0f}"', f'viewBox="-16 -12 {width + 32:.0f} {height + 20:.0f}"'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{space}>{back}{STYLE}{style}</style>{rest}\n'


def svg(title: str, said: str, height: float, parts: Sequence[str], name: str, width: float = WIDTH) -> str:
    """Return an SVG element with a title and a description, which are read out in the place of the picture."""
    label = escape("".join(letter if letter.isalnum() else "-" for letter in name), quote=True)
    return (
        f'<svg class="qp-svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-labelledby="{label}-t {label}-d">'
        f'<title id="{label}-t">{escape(title)}</title><desc id="{label}-d">{escape(said)}</desc>{"".join(parts)}</svg>'
    )


def _axis(scale: Scale, height: float, said: Callable[[float], str], *, binary: bool = False) -> list[str]:
    parts = []
    for value in scale.ticks(binary=binary):
        x = scale(value)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 4}" y2="{height - BOTTOM:.1f}"/>')
        parts.append(f'<text class="soft mid" x="{x:.1f}" y="{height - 6:.1f}">{escape(said(value))}</text>')
    return parts


def _label(row: Row, y: float, gutter: float) -> str:
    name = _name(row)
    return f'<text class="end" x="{gutter - 14:.1f}" y="{y + 4:.1f}">{escape(name)}</text>'


def _name(row: Row) -> str:
    name = row.label
    return name if len(name) <= 40 else f"{name[:39]}…"


def _gutter(rows: Sequence[Row]) -> float:
    return 26.0 + 6.9 * max((len(_name(row)) for row in rows), default=8)


def _rect(style: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _spoken(row: Row) -> str:
    if row.speedup is None:
        return f"{row.name}: results differ."
    return f"{row.name}: {row.verdict}, {times(row.speedup.estimate)} times."
