"""The gallery as HTML, Markdown and one SVG file. Pure functions of the value."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from quantperf.reports import panes, plots
from quantperf.reports.rendering import shell

if TYPE_CHECKING:
    from quantperf.reports.gallery import Exhibit, Gallery

MOST_DRAWN = 12  # pictures in a fragment: a notebook keeps every repr that it ever showed
GAP, HEAD = 26.0, 26.0  # of a mosaic: between pictures, and above each for its name

CSS = """\
.find{display:flex;gap:12px;align-items:center;margin:22px 0 6px;position:sticky;top:0;background:var(--page);
padding:8px 0;z-index:1}
.find[hidden]{display:none}
.find input{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:8px;
padding:8px 12px;width:min(26em,100%)}
.find output{color:var(--soft);font-size:13px}
.index{font-size:13px;margin:22px 0 0;max-width:none}
.index div{display:grid;grid-template-columns:180px 1fr;gap:4px 22px;padding:7px 0;
border-top:1px solid var(--line)}
.index b{font-weight:600}.index a{margin-right:.8em;display:inline-block}
@media (max-width:600px){.index div{grid-template-columns:1fr}}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
.hall{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(330px,100%),1fr));gap:16px;margin:14px 0 0}
.exhibit{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px 12px;min-width:0;
scroll-margin-top:60px}
.exhibit:target{border-color:var(--accent)}
.exhibit h3{margin:0;font-size:16px}.exhibit h3 a{color:inherit}
.exhibit p{font-size:13px;line-height:1.45;margin:2px 0 8px}.exhibit h3+p{min-height:4.35em}
.exhibit svg{display:block;width:100%;height:auto}
.exhibit .of{color:var(--soft);font-size:12px;margin:4px 0 6px}
.exhibit details{margin:4px 0 0;font-size:13px}
.exhibit dl{font-size:12.5px;grid-template-columns:minmax(5.5em,max-content) 1fr;gap:3px 12px}
.exhibit dd p{margin:0 0 6px;font-size:12.5px}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{font:12px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-x:auto;background:var(--page);
border:1px solid var(--line);border-radius:6px;padding:8px 10px;margin:8px 0 0}
.tag{float:right;color:var(--soft);font-size:11.5px;margin-top:3px}
@media print{.exhibit{break-inside:avoid}.find{display:none}.hall{grid-template-columns:1fr 1fr}}
"""

# Finding is an extra: without a script the field stays hidden, and the page is read with its index.
SCRIPT = """\
<script>
(() => {
  const box = document.querySelector(".find"), field = box.querySelector("input"), told = box.querySelector("output");
  const all = [...document.querySelectorAll(".exhibit")], groups = [...document.querySelectorAll("section.group")];
  box.hidden = false;
  const find = () => {
    const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const one of all) {
      one.hidden = !words.every(word => one.dataset.words.includes(word));
      shown += !one.hidden;
    }
    for (const group of groups) group.hidden = !group.querySelector(".exhibit:not([hidden])");
    told.textContent = words.length ? `${shown} of ${all.length}` : "";
  };
  field.addEventListener("input", find);
  find();
})();
</script>
"""


def page(gallery: Gallery) -> str:
    """Return the gallery as a page that needs no network, and a script only for its search field."""
    count, groups = len(gallery), gallery.groups
    beyond = sum(not exhibit.talib for exhibit in gallery)
    heading = f"{count} indicator{'s' if count != 1 else ''} on real prices"
    about = (
        "Each with its defaults. What has the unit of prices and lies among them is drawn on them, everything else in "
        "a pane of its own; candlesticks are marked where they stand, with TA-Lib's codes. A gap is a bar on which the "
        "value is unknown. Everything here is read from the catalogue."
    )
    if beyond:
        about += f" {beyond} of them {'are' if beyond != 1 else 'is'} not in TA-Lib."
    index = "".join(
        f'<div><b><a href="#{_slug(group)}">{escape(group)}</a></b><span>'
        + " ".join(f'<a href="#{escape(e.name)}">{escape(e.name)}</a>' for e in exhibits)
        + "</span></div>"
        for group, exhibits in groups.items()
    )
    find = (
        '<div class="find" hidden><input type="search" placeholder="Find: name, word, TA-Lib name, column" '
        'aria-label="Find an indicator"><output></output></div>'
    )
    halls = "".join(
        f'<section class="group"><h2 id="{_slug(group)}">{escape(group)}</h2>'
        f'<div class="hall">{"".join(map(_article, exhibits))}</div></section>'
        for group, exhibits in groups.items()
    )
    body = (
        f'<p class="over">quantperf · gallery</p><h1>{heading}</h1><p class="soft">{about}</p>'
        f'<nav class="index" aria-label="Index">{index}</nav>{find}{halls}{SCRIPT}'
    )
    return shell("quantperf: gallery", body, panes.STYLE + CSS)


def _article(exhibit: Exhibit) -> str:
    name = escape(exhibit.name)
    tag = ", ".join(exhibit.talib) or "not in TA-Lib"
    remark = f'<p class="of">{escape(exhibit.view.remark)}</p>' if exhibit.view.remark else ""
    words = " ".join([exhibit.name, exhibit.summary, exhibit.group, *exhibit.talib, *exhibit.entry.inputs])
    return (
        f'<article class="exhibit" id="{name}" data-words="{escape(words.lower(), quote=True)}">'
        f'<span class="tag">{escape(tag)}</span><h3><a href="#{name}">{name}</a></h3>'
        f"<p>{rich(exhibit.summary)}</p>{exhibit.svg}{remark}"
        f"<details><summary>Definition, parameters, example</summary>{_details(exhibit)}</details></article>"
    )


def _details(exhibit: Exhibit) -> str:
    entry, said = exhibit.entry, exhibit.said
    listed = [("call", f"<code>{escape(exhibit.call)}</code>")]
    for name, text in zip(entry.params, exhibit.parameters, strict=True):
        listed.append((name, f"<code>{escape(text.partition(' = ')[2])}</code><br>{rich(said.parameters[name])}"))
    listed += [
        ("inputs", escape(", ".join(entry.inputs))),
        ("outputs", escape(", ".join(entry.outputs))),
        ("returns", rich(said.returns)),
        ("first value", f"bar {entry.lookback()}"),
        ("settled", settled(exhibit.settle)),
        ("conventions", escape(", ".join(entry.conventions))),
        ("notes", "".join(f"<p>{rich(text)}</p>" for text in said.notes.splitlines())),
        ("source", rich(said.source)),
    ]
    lines = "".join(f"<dt>{escape(what)}</dt><dd>{text}</dd>" for what, text in listed if text)
    return f'<dl>{lines}</dl><pre tabindex="0">{escape(said.example)}</pre>'


def settled(bar: float) -> str:
    """Return in words from which bar on the seed no longer weighs.

    Examples
    --------
    >>> settled(19.0), settled(float("inf"))
    ('bar 19', 'never for certain')
    """
    return f"bar {bar:.0f}" if math.isfinite(bar) else "never for certain"


def rich(text: str) -> str:
    """Return text of a docstring as HTML: code and emphasis.

    Examples
    --------
    >>> rich("Bars of `slow`, *Trading*, 1 < 2.")
    'Bars of <code>slow</code>, <em>Trading</em>, 1 &lt; 2.'
    """
    parts = re.split(r"(``[^`]+``|`[^`]+`)", text)
    said = []
    for part in parts:
        if part.startswith("`"):
            said.append(f"<code>{escape(part.strip('`'))}</code>")
        else:
            # Emphasis hugs its words, which a multiplication sign between blanks does not.
            said.append(re.sub(r"\*(?=\S)([^*]+?)(?<=\S)\*", r"<em>\1</em>", escape(part)))
    return "".join(said)


def fragment(gallery: Gallery) -> str:
    """Return a short form for a notebook: pictures of a few, of many the names."""
    if len(gallery) <= MOST_DRAWN:
        drawn = base64.b64encode(mosaic(gallery, min(3, len(gallery))).encode()).decode()
        names = ", ".join(exhibit.name for exhibit in gallery)
        alt = escape(f"Pictures of {names}", quote=True)
        return (
            f'<div class="qp-gallery"><img alt="{alt}" style="max-width:100%" '
            f'src="data:image/svg+xml;base64,{drawn}"></div>'
        )
    cell = 'style="text-align:left;padding:2px 10px;vertical-align:top"'
    lines = "".join(
        f'<tr><th scope="row" {cell}>{escape(group)}</th><td {cell}>{len(exhibits)}</td>'
        f"<td {cell}>{escape(_some(exhibits))}</td></tr>"
        for group, exhibits in gallery.groups.items()
    )
    return (
        f'<div class="qp-gallery"><p><strong>{len(gallery)} indicators</strong>: see <code>.table</code>, or '
        f"<code>.save(path)</code> for a page with a picture of each</p><table><tbody>{lines}</tbody></table></div>"
    )


def _some(exhibits: Sequence[Exhibit]) -> str:
    names = [exhibit.name for exhibit in exhibits]
    more = len(names) - MOST_DRAWN
    return ", ".join(names[:MOST_DRAWN]) + (f" and {more} more" if more > 0 else "")


COLUMNS = (
    "indicator", "what it is", "inputs", "outputs", "parameters", "first value", "settled", "conventions", "TA-Lib",
    "source",
)  # fmt: skip


def markdown(gallery: Gallery) -> str:
    """Return one table a group, under an index."""
    lines = ["# Catalogue", "", f"{len(gallery)} indicators, written from the catalogue by `quantperf gallery`.", ""]
    lines += [
        f"- [{group}](#{_slug(group)}): {len(exhibits)} indicator{'s' if len(exhibits) != 1 else ''}"
        for group, exhibits in gallery.groups.items()
    ]
    for group, exhibits in gallery.groups.items():
        lines += ["", f"## {group}", "", _line(COLUMNS), _line(["---"] * len(COLUMNS))]
        lines += [_line(_cells(exhibit)) for exhibit in exhibits]
    return "\n".join(lines) + "\n"


def _cells(exhibit: Exhibit) -> list[str]:
    entry = exhibit.entry
    bar = exhibit.settle
    return [
        f"`{exhibit.name}`",
        exhibit.summary,
        _code(entry.inputs),
        _code(entry.outputs),
        _code(exhibit.parameters),
        str(entry.lookback()),
        f"{bar:.0f}" if math.isfinite(bar) else "–",
        ", ".join(entry.conventions),
        _code(exhibit.talib) or "–",
        exhibit.said.source,
    ]


def _code(parts: Sequence[str]) -> str:
    return ", ".join(f"`{part}`" for part in parts)


def _line(cells: Sequence[str]) -> str:
    """Return a row; docstrings are Markdown but for what would end a cell or begin an element."""
    said = [cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells]
    return f"| {' | '.join(said)} |"


def mosaic(gallery: Gallery, columns: int) -> str:
    """Return all pictures in one SVG file, so many beside each other, each under its name."""
    exhibits = gallery.exhibits
    rows = math.ceil(len(exhibits) / columns)
    columns = min(columns, len(exhibits))
    width = columns * panes.WIDTH + (columns - 1) * GAP
    height = rows * (panes.HEIGHT + HEAD) + (rows - 1) * GAP
    parts = []
    for place, exhibit in enumerate(exhibits):
        x = place % columns * (panes.WIDTH + GAP)
        y = place // columns * (panes.HEIGHT + HEAD + GAP)
        parts.append(f'<text class="bold" x="{x:.0f}" y="{y + 13:.0f}">{escape(_cut(exhibit.call))}</text>')
        inner = f'<svg x="{x:.0f}" y="{y + HEAD:.0f}" width="{panes.WIDTH:.0f}" height="{panes.HEIGHT:.0f}"'
        parts.append(exhibit.svg.replace('<svg class="qp-svg"', inner, 1))
    names = ", ".join(exhibit.name for exhibit in exhibits)
    drawn = plots.svg(f"{len(exhibits)} indicators", f"Pictures of {names}.", height, parts, "gallery", width)
    return plots.alone(drawn, width, height, panes.STYLE)


def _cut(text: str, most: int = 50) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _slug(group: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", group.lower()).strip("-")
