"""What a report says in words; the numbers come from its parameters."""

from __future__ import annotations

from quantperf.reports.comparison import Report

READING = """\
Every indicator exists twice: as a plain version in pandas and Python, and as a compiled one. Both are first proved to
give equal results; only then are they timed. A row says how many times as fast the compiled one is, with a 95 %
interval from the spread of its runs. The grey band around 1 is how far the plain version seemed to be from itself in
this run (A/A): a ratio within it says nothing. Shapes tell the verdict too: ● faster, ◆ slower, ■ equivalent, ○ cannot
tell, ✕ different. The least favourable rows come first."""

ABOUT = {
    "series": """\
One real stock: {stock} bars. Before: the plain version on its columns. After: the indicator on the same ones.""",
    "panel": """\
A synthetic panel of {symbols} symbols × {bars} bars. Before: a loop of the plain version over {panel_share} of the
columns, its time multiplied by {panel_scale}. After: the indicator on the whole panel, the wide tables included.""",
    "live": """\
One new bar for {symbols} symbols. Before: the plain version over the trailing bars that it needs, for {live_share}
symbols, its time multiplied by {live_scale}. After: one update of a stream that has seen the history.""",
    "research": """\
Signals, outcomes, patterns and the analysis of many symbols on real prices. Before: the plain version, row by row.
After: the fast one. Measured in this process.""",
    "custom": """\
Optimisations of your own, each on the inputs that it was registered with, measured in this process.""",
}

STARTS = """\
A fresh process each time: what importing and the first call take, where kernels must be compiled, and where they are
loaded from the folder of compiled kernels. These times are in no other figure of this report."""

RUNS = """\
Of each use the least favourable indicator and the middle one: the share of runs that took at most so long. Dashed:
before; solid: after."""

METHOD = (
    """\
Each row ran in {processes} fresh processes, one after the other, and is judged over all of them. All timed runs
together were given {budget_seconds} s.""",
    """\
Before any timing, results are compared: floats to a relative {rtol} (where values cancel, to {cancelled} of the largest
value of the column), unknown values and pattern codes exactly. Series on all bars of all real stocks; panels on the
columns that the plain version runs on, and on the panel of all real stocks; live on the last {live_proofs} bars. A row
whose results differ has no ratio.""",
    """\
A stock that is listed late is compared with the plain version over its own bars, and unknown before them.""",
    """\
Runs come in blocks before–after–after–before or the mirror image, at random. A block gives one log ratio, in which
drift cancels; the estimate is the median, the interval a bootstrap over blocks within processes. A fifth of the time
goes to the plain version against itself: the noise.""",
    """\
Panel and live: the plain version runs on a declared share of the symbols, evenly spread, and its time is multiplied.
Its columns lie ready, and no table is made of its results. Its memory is that of the share, plus the results that it
would hold for the other symbols.""",
    """\
Live: the plain version reads as many trailing bars as it takes until the choice of seed weighs less than {settled}, and
all bars where it never does (running totals); its result may differ by that. The stream is fed the panel's last
{live_bars} rows over and over: its state moves on with each call, and it keeps a copy for revisions, as it does by
default. Most of the plain version's time is the fixed cost of calling pandas for one symbol.""",
    """\
Kernels were compiled, or loaded, before: first calls are a section of their own. Memory is the peak that tracemalloc
saw in one further call; CPU is that of the whole process, per call. Everything runs on one thread.""",
    """\
Intervals hold for this machine as it was: they tell nothing of other machines, and a machine that does other work
shifts all rows together, by more than an interval shows. That of a geometric mean is for this set of indicators.""",
)


class _Known(dict[str, object]):
    """Parameters of a report; one that it does not tell is a dash."""

    def __missing__(self, name: str) -> object:
        return "–"


def about(report: Report, use: str) -> str:
    """Return what was run in a use."""
    known = _Known(report.parameters)
    for row in report.rows:
        if row.use == "series":
            known["stock"] = f"{row.work.data}, {row.work.bars:,}"
        known[f"{row.use}_scale"] = f"{row.comparison.before_scale:g}"
    return ABOUT[use].format_map(known)


def method(report: Report) -> list[str]:
    """Return how it was measured, and the notes of the report."""
    known = _Known(report.parameters)
    return [*(text.format_map(known) for text in METHOD), *report.notes]
