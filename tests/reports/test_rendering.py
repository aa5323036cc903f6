"""What a report looks like: pages that are whole, say everything, and let nothing foreign through."""

import math
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest
from rich.console import Console

from quantperf.performance import RawComparison, check, judge
from quantperf.performance.judge import Arm
from quantperf.reports import Report, Row, Start, Work
from quantperf.reports.plots import Scale, chosen_rows, distribution, forest, forest_file, mark
from quantperf.reports.tables import markdown, terminal

HOSTILE = "<script>alert('x')</script>&\"|`"
VOID = {"meta", "br", "circle", "line", "rect", "path"}


def raw(ratio, blocks=12, seed=0):
    jitter = np.random.default_rng(seed).normal(0.0, 0.01, (4, blocks, 2))
    ns = (1e6 * np.exp(jitter) * np.array([1.0, ratio, 1.0, 1.0])[:, None, None]).astype(np.int64)
    arms = [Arm(1, part, int(part.sum()), 1000 + 1000 * place) for place, part in enumerate(ns)]
    return RawComparison(*arms[:2], ("ABBA",) * blocks, (arms[2], arms[3]), ("ABBA",) * blocks, 1.0, seed, {})


def row(name="sma", use="series", ratio=0.1, equal=True, blocks=12, data="AAPL, real"):
    parity = check(1.0, 1.0 if equal else 2.0)
    raws = [raw(ratio, blocks, seed) for seed in (1, 2)] if equal else []
    found = judge(raws, parity=parity, labels=("plain", name))
    return Row(name, use, "averages", Work(data, 3270, 1, 1), found)


@pytest.fixture
def value():
    rows = [
        row("fast"),
        row("slow", ratio=2.0),
        row("same", ratio=1.0),
        row("short", blocks=2),
        row("wrong", "panel", equal=False),
        row(HOSTILE, "custom", data=HOSTILE),
    ]
    starts = (Start(HOSTILE, "filled", (0.3,), (0.5,), (1,)),)
    around = {"cpu": HOSTILE, HOSTILE: 1.25}
    return Report(tuple(rows), starts, {"symbols": 500}, around, "2026-01-02T03:04:05+00:00", 9.0, True, (HOSTILE,))


class Balanced(HTMLParser):
    """Checks that every element is closed, in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.seen, self.text = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_is_whole_and_needs_nothing_else(value):
    html = value.to_html()
    page = Balanced(html)
    assert page.open == []
    for foreign in ("http://", "https://", "<script", "@import", "url(", "src="):
        assert foreign not in html


def test_the_page_says_the_verdict_first_and_marks_a_quick_run(value):
    html = value.to_html()
    assert html.index("<h1>1 of 6 results differ") < html.index("quick: not for figures") < html.index("<svg")


def test_foreign_text_is_shown_and_never_executed(value):
    page = Balanced(value.to_html())
    assert not any(tag == "script" for tag, _ in page.seen)
    assert HOSTILE in page.text
    fragment = Balanced(value._repr_html_())
    assert not any(tag == "script" for tag, _ in fragment.seen)
    assert any(HOSTILE in text for text in fragment.text)


def test_tables_have_scopes_and_plots_have_titles(value):
    page = Balanced(value.to_html())
    assert all("scope" in attrs for tag, attrs in page.seen if tag == "th")
    drawn = [attrs for tag, attrs in page.seen if tag == "svg"]
    names = [attrs["id"] for tag, attrs in page.seen if tag in {"title", "desc"} and attrs]
    assert drawn
    assert all(attrs["role"] == "img" for attrs in drawn)
    assert {name for attrs in drawn for name in attrs["aria-labelledby"].split()} == set(names)
    assert len(names) == len(set(names)) == 2 * len(drawn)


def test_a_row_that_differs_shows_the_place_and_both_values_and_no_ratio(value):
    html = value.to_html()
    panel = html[html.index('id="panel"') :]
    panel = panel[: panel.index("</section>")]
    assert "result: values differ: expected 1.0, got 2.0" in panel
    assert "results differ: no ratio" in panel
    assert "×" not in panel.partition("<tbody>")[2].partition("</tbody>")[0]


def test_the_same_value_gives_the_same_page(value):
    assert value.to_html() == value.to_html()
    assert value.to_html() == Report.from_dict(value.to_dict()).to_html()


def test_the_fragment_for_notebooks_is_short_however_many_rows():
    many = Report(tuple(row(f"name{i}") for i in range(5)) * 60)
    assert len(many._repr_html_()) < 20_000
    assert "and 288 more" in many._repr_html_()


@pytest.mark.parametrize("verdict", ["faster", "slower", "equivalent", "cannot tell", "different"])
def test_every_verdict_has_a_shape_of_its_own(verdict):
    others = {"faster", "slower", "equivalent", "cannot tell", "different"} - {verdict}
    assert all(mark(verdict, 5.0, 5.0) != mark(other, 5.0, 5.0) for other in others)


def test_the_forest_shows_losers_first_with_their_intervals(value):
    drawn = forest("series", value.uses["series"])
    places = [drawn.index(f">{name}<") for name in ("slow", "short", "same", "fast")]
    assert places == sorted(places)
    assert drawn.count('reach"') == 3  # the short one has no interval
    assert drawn.count('class="band"') == 4


def test_a_forest_is_a_file_of_its_own_too(value):
    root = ElementTree.fromstring(forest_file("series", value.uses["series"], quick=True))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "quick: not for figures" in "".join(root.itertext())


def test_the_distribution_of_runs_is_thinned(value):
    long = row(blocks=2_000)
    assert 0 < len(distribution(long)) < 20_000
    assert distribution(row(equal=False)) == ""
    assert [found.name for found in chosen_rows(value.uses)] == ["slow", "short", HOSTILE]


def test_a_scale_keeps_its_values_within_and_its_ticks_in_order():
    scale = Scale([0.5, 3.0, 40_000.0, math.nan], 100.0, 900.0)
    assert 100.0 < scale(0.5) < scale(3.0) < scale(40_000.0) < 900.0
    assert scale.ticks() == sorted(scale.ticks())
    assert [f"{value:g}" for value in Scale([1000.0, 9000.0], 0.0, 1.0).ticks(binary=True)] == [
        "1024",
        "2048",
        "4096",
        "8192",
    ]
    assert Scale([], 0.0, 1.0).ticks()


def test_markdown_has_a_table_for_each_use_and_shows_foreign_text_as_it_is(value):
    text = markdown(value)
    assert text.startswith("# Before and after\n\n1 of 6 results differ")
    assert "**quick: not for figures**" in text
    assert "<script" not in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    widths = {line.replace("\\|", "").count("|") for line in tables}
    assert widths == {16, 6}  # of the warm rows, and of the first calls


def test_the_terminal_shows_losers_first(value):
    console = Console(width=120)
    with console.capture() as said:
        console.print(*terminal(value))
    text = said.get()
    places = [text.index(f"\n{name}") for name in ("slow ", "short ", "same ", "fast ", "wrong ", HOSTILE[:6])]
    assert places == sorted(places)


def test_saving_writes_every_form(value, tmp_path):
    paths = value.save(tmp_path / "deep" / "report")
    assert sorted(paths) == [
        "forest-custom.svg",
        "forest-panel.svg",
        "forest-series.svg",
        "report.html",
        "report.json",
        "report.md",
    ]
    assert all(path.stat().st_size > 100 for path in paths.values())
