"""The report as text: a Markdown table, and the table of a terminal."""

from __future__ import annotations

import math
from statistics import median

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from quantperf.performance.figures import readable_bytes, readable_ns
from quantperf.reports.comparison import QUICK, Report, Row, Start, times

STYLES = {
    "different": "bold magenta",
    "slower": "bold red",
    "cannot tell": "yellow",
    "equivalent": "blue",
    "faster": "green",
}
UNKNOWN = "–"
CANCELS = 1e-6  # a larger relative error within the tolerance is one of a value that cancels to almost nothing


def markdown(report: Report) -> str:
    """Return the verdict, and one table a use, losers first."""
    lines = ["# Before and after", "", _plain(report.sentence), ""]
    if report.quick:
        lines += [f"**{QUICK}**", ""]
    for use, rows in report.uses.items():
        mean = report.means.get(use)
        said = "" if mean is None else f": geometric mean {times(mean.estimate)}× ({interval(mean.low, mean.high)})"
        lines += [f"## {use}{said}", "", _line(HEADERS), _line(["---"] + ["---"] + ["---:"] * (len(HEADERS) - 2))]
        lines += [_line([_plain(cell) for cell in cells(row)]) for row in rows]
        lines += [""]
    if report.starts:
        lines += ["## First calls in fresh processes", "", _line(["what", "kernel cache", "import", "call", "both"])]
        lines += [_line(["---", "---", "---:", "---:", "---:"])]
        lines += [_line([_plain(cell) for cell in cells_of_start(start)]) for start in report.starts]
        lines += [""]
    lines += [f"- {_plain(note)}" for note in report.notes]
    return "\n".join(lines).rstrip() + "\n"


HEADERS = [
    "indicator",
    "verdict",
    "before",
    "after",
    "times as fast",
    "95 % interval",
    "noise (A/A)",
    "memory before",
    "memory after",
    "CPU before",
    "CPU after",
    "blocks",
    "runs a side",
    "largest error",
    "ulp",
]


def cells(row: Row) -> list[str]:
    """Return what a table says of a row, in the order of `HEADERS`."""
    found, parity = row.comparison, row.comparison.parity
    name = row.label
    if found.speedup is None or found.before is None or found.after is None:
        return [name, found.verdict, *[UNKNOWN] * (len(HEADERS) - 4), str(parity.mismatch), UNKNOWN]
    return [
        name,
        found.verdict,
        readable_ns(found.before.median_ns),
        readable_ns(found.after.median_ns),
        f"{times(found.speedup.estimate)}×",
        interval(found.speedup.low, found.speedup.high),
        share(found.noise),
        UNKNOWN if row.before_bytes is None else readable_bytes(row.before_bytes),
        UNKNOWN if row.after_bytes is None else readable_bytes(row.after_bytes),
        readable_ns(found.before.cpu_seconds * 1e9),
        readable_ns(found.after.cpu_seconds * 1e9),
        str(found.blocks),
        f"{row.runs:,}",
        error(row),
        f"{parity.largest_ulp:.3g}",
    ]


def cells_of_start(start: Start) -> list[str]:
    """Return what a table says of a first call."""
    return [
        start.what,
        start.cache,
        readable_ns(median(start.import_seconds) * 1e9),
        readable_ns(median(start.call_seconds) * 1e9),
        readable_ns(start.total * 1e9),
    ]


def error(row: Row) -> str:
    """Return the largest error: relative, or where values cancel to almost nothing, absolute."""
    parity = row.comparison.parity
    if parity.largest_absolute == 0.0:
        return "0"
    if parity.largest_relative <= CANCELS:
        return f"{parity.largest_relative:.1e}"
    return f"{parity.largest_absolute:.1e} abs"


def interval(low: float, high: float) -> str:
    """Return the bounds of a speed-up as text.

    Examples
    --------
    >>> interval(1.234, 5.678), interval(float("nan"), float("nan"))
    ('1.23 – 5.68', 'too few blocks')
    """
    return f"{times(low)} – {times(high)}" if math.isfinite(low) and math.isfinite(high) else "too few blocks"


def share(value: float | None) -> str:
    """Return a share in per cent.

    Examples
    --------
    >>> share(0.0123), share(1.234), share(None)
    ('1.2 %', '123 %', '–')
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{100.0 * value:.2g} %" if value < 0.995 else f"{100.0 * value:.0f} %"


def terminal(report: Report) -> list[Table]:
    """Return a table a use for a terminal, losers first."""
    return [_table(report, use, rows) for use, rows in report.uses.items()]


def _table(report: Report, use: str, rows: list[Row]) -> Table:
    mean = report.means.get(use)
    title = use if mean is None else f"{use}: {times(mean.estimate)}× in the geometric mean"
    if report.quick:
        title += f" ({QUICK})"
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    shown = [0, 1, 2, 3, 4, 5, 6, 8, 13]
    for place in shown:
        if place == 0:
            table.add_column(HEADERS[place], max_width=36, overflow="ellipsis", no_wrap=True)
        else:
            table.add_column(HEADERS[place], justify="left" if place == 1 else "right", no_wrap=place == 1)
    for row in rows:
        said = [escape(cell) for cell in cells(row)]
        table.add_row(*(Text(said[i], style=STYLES[row.verdict]) if i == 1 else said[i] for i in shown))
    return table


def _line(parts: list[str]) -> str:
    return f"| {' | '.join(parts)} |"


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    for letter in "\\|`*_<>[]":
        text = text.replace(letter, f"\\{letter}" if letter not in "<>" else {"<": "&lt;", ">": "&gt;"}[letter])
    return " ".join(text.split())
