"""The report as HTML: one page that opens offline, and a short fragment for notebooks. Pure functions of the value."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from quantperf.performance.figures import readable_ns
from quantperf.reports import plots, prose, tables
from quantperf.reports.comparison import QUICK, Report, Row, times

MOST_IN_FRAGMENT = 12  # rows: a notebook keeps every repr that it ever showed

CSS = """\
:root{color-scheme:light dark;--page:#fbfcfd;--card:#fff;--ink:#1c2530;--soft:#5d6b7a;--line:#dde3ea;--accent:#0b7a6e;
--faster:#0b7a6e;--slower:#b3261e;--equal:#4a5b73;--unsure:#a15c00;--wrong:#7b2fb0}
@media (prefers-color-scheme:dark){:root{--page:#12171d;--card:#191f27;--ink:#e6ebf1;--soft:#9aa7b5;--line:#2d3743;
--accent:#3cc8b4;--faster:#3cc8b4;--slower:#ff8a80;--equal:#a9b8cc;--unsure:#f2b155;--wrong:#cf9bf5}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:0 auto;padding:40px 24px 64px}
.over{color:var(--soft);font-size:13px;letter-spacing:.06em;text-transform:uppercase;margin:0 0 10px}
h1{font-size:26px;line-height:1.3;font-weight:600;letter-spacing:-.01em;margin:0 0 12px;max-width:32em;text-wrap:pretty}
h2{font-size:20px;font-weight:600;letter-spacing:-.01em;margin:52px 0 6px}
h3{font-size:15px;font-weight:600;margin:26px 0 6px}
p{margin:0 0 12px;max-width:72ch}.soft{color:var(--soft)}
.mark{border:2px solid var(--unsure);color:var(--unsure);font-weight:600;padding:6px 12px;border-radius:6px;
display:inline-block;margin:0 0 18px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:14px;margin:24px 0 10px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px}
.card b{display:block;font-size:30px;font-weight:600;letter-spacing:-.02em;line-height:1.2;
font-variant-numeric:tabular-nums}
.card span{display:block;color:var(--soft);font-size:13px}
.chip{display:inline-block;white-space:nowrap}.chip::before{margin-right:.4em}
.v-faster{color:var(--faster)}.v-faster::before{content:"●"}.v-slower{color:var(--slower)}.v-slower::before{content:"◆"}
.v-equivalent{color:var(--equal)}.v-equivalent::before{content:"■"}.v-cannot{color:var(--unsure)}
.v-cannot::before{content:"○"}.v-different{color:var(--wrong)}.v-different::before{content:"✕"}
.chips .chip{margin-right:18px;font-weight:600}
figure{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:14px 0;padding:16px 18px 10px;
overflow-x:auto}
figure svg{display:block;width:100%;min-width:680px;height:auto}
figcaption{color:var(--soft);font-size:13px;margin:0 0 10px}
.small{display:grid;grid-template-columns:repeat(auto-fit,minmax(400px,1fr));gap:14px}.small figure{margin:0}
.small svg{min-width:0}
.wide{overflow-x:auto;border:1px solid var(--line);border-radius:10px;background:var(--card);margin:14px 0}
table{border-collapse:collapse;width:100%;font-size:12.5px;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px;text-align:right;white-space:nowrap;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--soft);font-weight:500;vertical-align:bottom}
th[scope=row],td.text,th.text{text-align:left}th[scope=row]{font-weight:600}td.strong{font-weight:600}
td.place{white-space:normal;min-width:30ch;text-align:left}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:10px 0;font-size:14px}dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}ul{padding-left:1.2em;max-width:72ch}li{margin:4px 0}
details{margin:10px 0}summary{cursor:pointer;color:var(--accent)}
@media (max-width:600px){main{padding:24px 16px 48px}h1{font-size:20px}}
@media print{:root{--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--faster:#0b7a6e;--slower:#b3261e;
--equal:#4a5b73;--unsure:#a15c00;--wrong:#7b2fb0}body{background:#fff;font-size:11px}main{max-width:none;padding:0}figure,.card,.wide{break-inside:avoid}
.wide{overflow:visible;border:0}table{font-size:8px}th,td{padding:2px 4px}h2{break-after:avoid}
@page{size:A4 landscape;margin:12mm}}
"""


def page(report: Report) -> str:
    """Return the report as a page that needs no network and no script."""
    body = "".join(
        [
            _head(report),
            _reading(),
            *(_use(report, use) for use in report.uses),
            _starts(report),
            _runs(report),
            _method(report),
            _machine(report),
        ]
    )
    return shell("quantperf: before and after", body)


def shell(title: str, body: str, style: str = "") -> str:
    """Return a whole page in the house style."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{CSS}{plots.STYLE}{style}</style></head>\n<body><main>{body}</main></body></html>\n"
    )


def fragment(report: Report) -> str:
    """Return a short form for a notebook: the verdict, the counts, and the rows to look at first."""
    rows = [row for rows in report.uses.values() for row in rows]
    few = sorted(rows, key=lambda row: row.verdict == "faster")[:MOST_IN_FRAGMENT]
    left = len(rows) - len(few)
    cell = 'style="text-align:left;padding:2px 10px"'
    head = "".join(f'<th scope="col" {cell}>{name}</th>' for name in ("indicator", "use", *tables.HEADERS[1:6]))
    lines = "".join(
        f'<tr><th scope="row" {cell}>{escape(said[0])}</th><td {cell}>{escape(row.use)}</td>'
        + "".join(f"<td {cell}>{escape(text)}</td>" for text in said[1:6])
        + "</tr>"
        for row in few
        for said in (tables.cells(row),)
    )
    mark = f"<p><strong>{QUICK}</strong></p>" if report.quick else ""
    more = f"<p>and {left} more: see <code>.to_frame()</code> or <code>.save()</code></p>" if left else ""
    return (
        f'<div class="qp-report"><p><strong>{escape(report.sentence)}</strong></p>{mark}'
        f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>{more}</div>"
    )


def _head(report: Report) -> str:
    around = report.environment
    where = ", ".join(str(around[name]) for name in ("cpu", "machine") if name in around)
    mark = f'<p class="mark">{QUICK}</p>' if report.quick else ""
    cards = "".join(
        f'<div class="card"><span>{plots.TITLES[use]}</span><b>{times(mean.estimate)}×</b>'
        f"<span>95 % interval {tables.interval(mean.low, mean.high)}<br>"
        f"geometric mean of {sum(row.speedup is not None for row in report.uses[use])} indicators</span></div>"
        for use, mean in report.means.items()
    )
    chips = "".join(f"{_chip(verdict, f'{count} {verdict}')}" for verdict, count in report.counts.items())
    return (
        f'<p class="over">quantperf · before and after</p><h1>{escape(report.sentence)}</h1>{mark}'
        f'<p class="soft">{escape(report.started[:16].replace("T", " "))} UTC · {escape(where)} · one thread · '
        f"noise of this machine (median A/A) {tables.share(report.noise)} · took {report.seconds:.0f} s</p>"
        f'<div class="cards">{cards}</div><p class="chips">{chips}</p>'
    )


def _reading() -> str:
    return f"<h2>How to read this</h2><p>{escape(prose.READING)}</p>"


def _use(report: Report, use: str) -> str:
    rows = report.uses[use]
    return (
        f'<section><h2 id="{use}">{plots.TITLES[use]}</h2><p class="soft">{escape(prose.about(report, use))}</p>'
        f"<figure><figcaption>Speed-up: time before over time after</figcaption>{plots.forest(use, rows)}</figure>"
        f"{_figure('Median time of a call', plots.times_pairs(use, rows))}"
        f"{_figure('Peak memory of a call, its result included', plots.memory_pairs(use, rows))}"
        f"{_table(use, rows)}</section>"
    )


def _figure(caption: str, drawn: str) -> str:
    return f"<figure><figcaption>{escape(caption)}</figcaption>{drawn}</figure>" if drawn else ""


def _table(use: str, rows: list[Row]) -> str:
    headers = [*tables.HEADERS, "values compared", "before ran on"]
    head = "".join(
        f'<th scope="col"{" class=text" if place < 2 else ""}>{escape(name)}</th>' for place, name in enumerate(headers)
    )
    lines = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    foot = ""
    if any(tables.error(row).endswith("abs") for row in rows):
        foot = (
            '<p class="soft">abs: where a value is a difference that cancels to almost nothing, its relative error says'
            " little, and the absolute one is shown.</p>"
        )
    title = f"All figures: {plots.TITLES[use].lower()}"
    return (
        f'<details open><summary>{escape(title)}</summary><div class="wide" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>{foot}</details>"
    )


def _cells(row: Row) -> str:
    said = tables.cells(row)
    parts = [f'<th scope="row">{escape(said[0])}</th><td class="text">{_chip(row.verdict, said[1])}</td>']
    if row.speedup is None:
        parts.append(f'<td class="place" colspan="{len(said) - 2}">{escape(str(row.comparison.parity.mismatch))}</td>')
    else:
        parts += [
            f"<td{' class=strong' if place == 4 else ''}>{escape(said[place])}</td>" for place in range(2, len(said))
        ]
    parts.append(f"<td>{row.comparison.parity.compared:,}</td><td>{escape(_ran_on(row))}</td>")
    return "".join(parts)


def _ran_on(row: Row) -> str:
    work = row.work
    if not work.symbols:
        return work.data
    share = f"{work.before_symbols} of {work.symbols} symbols" if work.symbols > 1 else work.data
    return f"{share}, last {work.window:,} bars" if work.window else f"{share}, {work.bars:,} bars"


def _chip(verdict: str, text: str) -> str:
    return f'<span class="chip v-{verdict.split()[0]}">{escape(text)}</span>'


def _starts(report: Report) -> str:
    if not report.starts:
        return ""
    names = ("what", "kernel cache", "import", "first call", "both")
    head = "".join(f'<th scope="col"{" class=text" if i < 2 else ""}>{name}</th>' for i, name in enumerate(names))
    head += '<th scope="col">processes</th><th scope="col">each, both</th>'
    lines = []
    for start in report.starts:
        said = tables.cells_of_start(start)
        each = zip(start.import_seconds, start.call_seconds, strict=True)
        both = ", ".join(readable_ns((one + two) * 1e9) for one, two in each)
        lines.append(
            f'<tr><th scope="row">{escape(said[0])}</th><td class="text">{escape(said[1])}</td>'
            + "".join(f"<td>{escape(text)}</td>" for text in said[2:])
            + f"<td>{len(start.call_seconds)}</td><td>{escape(both)}</td></tr>"
        )
    body = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    about = f'<p class="soft">{escape(prose.STARTS)}</p>'
    return f'<section><h2>First calls</h2>{about}<div class="wide" tabindex="0">{body}</div></section>'


def _runs(report: Report) -> str:
    drawn = [text for row in plots.chosen_rows(report.uses) if (text := plots.distribution(row))]
    if not drawn:
        return ""
    figures = "".join(f"<figure>{text}</figure>" for text in drawn)
    about = f'<p class="soft">{escape(prose.RUNS)}</p>'
    return f'<section><h2>Raw runs</h2>{about}<div class="small">{figures}</div></section>'


def _method(report: Report) -> str:
    notes = "".join(f"<li>{escape(text)}</li>" for text in prose.method(report))
    return f"<section><h2>How it was measured</h2><ul>{notes}</ul></section>"


def _machine(report: Report) -> str:
    around = {**report.environment, **{f"parameter {name}": value for name, value in report.parameters.items()}}
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(_text(value))}</dd>" for name, value in around.items())
    return f"<section><h2>Machine, versions and parameters</h2><dl>{lines}</dl></section>"


def _text(value: object) -> str:
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
