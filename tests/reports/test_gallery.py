"""The gallery: what a picture shows, what a page holds, and that the whole catalogue is in it."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.indicators.docs import read
from quantperf.reports.gallery import SHOWN, SHOWN_CODES
from quantperf.reports.panes import Axis, arrange, draw, short
from tests.reports.test_rendering import Balanced

FEW = ["sma", "bbands", "rsi", "macd", "obv", "volume_sma", "supertrend", "cdl_doji", "heikin_ashi", "acos"]
BARS = {name: np.linspace(100.0, 120.0, 40) + shift for name, shift in [("open", 0), ("high", 2), ("low", -2)]}
BARS |= {"close": BARS["open"] + 1.0, "volume": np.linspace(1e6, 2e6, 40)}


@pytest.fixture(scope="module")
def few():
    return qp.gallery(FEW)


@pytest.fixture(scope="module")
def whole():
    return qp.gallery()


def panes(outputs, reads=("close",), degree=(1, 0), codes=False):
    return arrange(BARS, outputs, reads, degree, codes)


def shapes(text, style):
    """The paths of a class."""
    root = ElementTree.fromstring(text)
    return [part.get("d") for part in root.iter("path") if style in part.get("class", "").split()]


# ------------------------------------------------------------------------------------------------ what goes where


def test_what_has_the_unit_of_prices_and_lies_among_them_is_drawn_on_them():
    (pane,) = panes({"mean": BARS["close"] - 3.0})
    assert pane.base == "line"
    assert list(pane.lines) == ["mean"]


@pytest.mark.parametrize(
    ("line", "degree"),
    [
        (BARS["close"] - 90.0, (1, 0)),  # the unit, but far off
        (BARS["close"] - 3.0, (0, 0)),  # among them, but of another unit
        (np.full(40, np.nan), (1, 0)),  # nowhere
        (np.where(np.arange(40) % 2, BARS["close"], -BARS["close"]), None),  # half of it elsewhere
    ],
)
def test_everything_else_has_a_pane_of_its_own(line, degree):
    base, own = panes({"line": line}, degree=degree)
    assert base.lines == {}
    assert (own.base, list(own.lines)) == ("", ["line"])


def test_outputs_of_one_indicator_are_parted_by_where_they_lie():
    base, own = panes({"stop": BARS["low"] - 1.0, "trend": np.ones(40)}, ("high", "low", "close"), None)
    assert (base.base, list(base.lines), list(own.lines)) == ("sticks", ["stop"], ["trend"])


def test_lines_of_unlike_ranges_do_not_share_a_pane_and_there_are_at_most_three():
    small, large = np.linspace(0.0, 1.0, 40), np.linspace(0.0, 1e3, 40)
    found = panes({"a": small, "b": 0.5 * small, "c": large, "d": 1e3 * large, "e": 1e6 * large}, degree=(0, 0))
    assert [list(pane.lines) for pane in found] == [[], ["a", "b", "e"], ["c"], ["d"]]


def test_volumes_and_patterns_and_candles_have_a_ground_of_their_own():
    (volume,) = panes({"mean": BARS["volume"]}, ("volume",), (0, 1))
    assert volume.base == "volume"
    (code,) = panes({"code": np.zeros(40)}, ("open", "high", "low", "close"), (0, 0), codes=True)
    assert code.base == "candles"
    assert code.codes is not None
    (smooth,) = panes({name: BARS[name] for name in ("open", "high", "low", "close")}, ("open", "close"))
    assert list(smooth.candles) == ["open", "high", "low", "close"]


# ----------------------------------------------------------------------------------------------------- the drawing


def drawn(outputs, **options):
    return draw("t", "d", BARS, panes(outputs, **options), ("first", "last"), "one")


def test_a_missing_value_is_a_gap_and_a_lone_one_is_a_dot():
    line = BARS["close"].copy()
    line[:5] = line[10:12] = line[20] = line[22] = np.nan
    (path,) = (d for d in shapes(drawn({"mean": line}), "line") if "L" in d)
    pieces = path.split("M")[1:]
    assert [piece.count("L") for piece in pieces] == [4, 7, 0, 16]  # points after the first of each piece
    assert "nan" not in path


def test_a_pattern_is_marked_below_its_bar_or_above_if_negative_and_unknown_is_nothing():
    codes = np.zeros(40)
    codes[:10], codes[20], codes[30] = np.nan, 100.0, -80.0
    text = drawn({"code": codes}, reads=("open", "high", "low", "close"), degree=(0, 0), codes=True)
    up, down = shapes(text, "up"), shapes(text, "down")
    assert len(up) == 2  # the mark, and that of the legend
    assert len(down) == 1
    said = [part.text for part in ElementTree.fromstring(text).iter("text")]
    assert {"100", "-80"} <= set(said)


def test_rising_and_falling_candles_differ_and_a_bar_with_a_gap_is_left_out():
    bars = {name: line.copy() for name, line in BARS.items()}
    bars["close"][:3] = bars["low"][:3] + 0.5
    bars["open"][5] = np.nan
    arranged = arrange(bars, {"code": np.zeros(40)}, ("open", "high", "low", "close"), (0, 0), True)
    text = draw("t", "d", bars, arranged, ("first", "last"), "one")
    assert max(d.count("z") for d in shapes(text, "rising")) == 36
    assert max(d.count("z") for d in shapes(text, "falling")) == 3


def test_a_legend_of_many_lines_has_rows_and_no_two_lines_look_alike():
    names = [f"a_long_name_{place}" for place in range(7)]
    text = drawn({name: BARS["close"] - place for place, name in enumerate(names)})
    placed = [part for part in ElementTree.fromstring(text).iter("text") if part.text in names]
    assert [part.text for part in placed] == names
    assert len({part.get("y") for part in placed}) > 1
    assert all(float(part.get("x")) + 6.2 * len(part.text) <= 400.0 for part in placed)
    styles = [part.get("class") for part in ElementTree.fromstring(text).iter("path") if "L" in part.get("d")]
    assert len({style for style in styles if style.startswith("line ")}) == 7


def test_foreign_text_is_shown_as_it_is():
    text = draw("<t>", '"&', BARS, panes({"<b>": BARS["close"]}), ("<i>", "&"), "a b")
    assert {"<b>", "<i>", "&"} <= {part.text for part in ElementTree.fromstring(text).iter("text")}


@pytest.mark.parametrize("values", [[5.0], [0.0, 0.0], [np.nan], [-1e90, 3e91], [1.0, 1.0 + 1e-15]])
def test_an_axis_holds_its_values_and_has_ticks_whatever_they_are(values):
    axis = Axis(values, 10.0, 110.0)
    assert all(10.0 <= axis(value) <= 110.0 for value in values if np.isfinite(value))
    ticks = axis.ticks()
    assert 1 < len(ticks) < 9
    assert all(9.99 <= axis(tick) <= 110.01 for tick in ticks)
    assert len({short(tick) for tick in ticks}) >= 1


# ----------------------------------------------------------------------------------------------- the whole catalogue


def test_the_whole_catalogue_is_drawn_within_five_megabytes(whole):
    page = qp.gallery().page()
    assert page == whole.page()
    assert len(page.encode()) < 5e6 * max(1.0, len(whole) / 250)


def test_the_whole_catalogue_is_in_the_table_and_every_row_is_filled(whole):
    found = whole
    assert [exhibit.name for exhibit in found] == list(qp.CATALOG) == found.table["name"].tolist()
    for column in ("group", "summary", "inputs", "outputs", "conventions", "source", "notes", "returns"):
        assert (found.table[column] != "").all(), column
    assert found.table["summary"].str.endswith(".").all()
    assert (found.table["lookback"] >= 0).all()
    assert (found.table["settle"] >= found.table["lookback"]).all()


def test_the_page_is_whole_and_needs_nothing_else(whole):
    found = whole
    html = found.page()
    page = Balanced(html.replace('<input type="search"', "<br"))
    assert page.open == []
    for foreign in ("http://", "https://", "@import", "url(", "src="):
        assert foreign not in html
    assert html.count("<script") == 1
    ids = [attrs["id"] for _, attrs in page.seen if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["href"][1:] for tag, attrs in page.seen if tag == "a"} <= set(ids)
    assert html.count('<article class="exhibit"') == html.count("<svg") == len(qp.CATALOG)


def test_every_picture_shows_something_or_says_why_not(whole):
    found = whole
    for exhibit in found:
        seen = exhibit.view.values.to_numpy()
        assert np.isfinite(seen).any() or exhibit.view.remark, exhibit.name
        if exhibit.entry.dtype == np.int8 and len(exhibit.view.bars) == SHOWN_CODES:
            assert (np.nan_to_num(seen) != 0).any() or "stands nowhere" in exhibit.view.remark, exhibit.name
        ElementTree.fromstring(exhibit.svg)


def test_the_table_of_markdown_has_a_row_for_each(whole):
    found = whole
    text = found.markdown()
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == len(found)
    assert {line.count(" | ") for line in rows} == {9}
    for group in found.groups:
        assert f"\n## {group}\n" in text


# ---------------------------------------------------------------------------------------------------- the value


def test_a_picture_shows_the_values_of_the_indicator_on_the_last_bars(few):
    prices = qp.sample("IBM")
    for name in ("rsi", "bbands"):
        exhibit = few[name]
        result = qp.CATALOG[name](prices["close"])
        lines = [result] if name == "rsi" else list(result)
        assert len(exhibit.view.values) == SHOWN
        for column, line in zip(exhibit.view.values.columns, lines, strict=True):
            pd.testing.assert_series_equal(exhibit.view.values[column], line.iloc[-SHOWN:], check_names=False)
    assert exhibit.view.bars.index.equals(prices.index[-SHOWN:])


def test_a_row_says_what_the_entry_says(few):
    row = few.table.set_index("name").loc["macd"]
    assert row["group"] == "Momentum Indicators"
    assert row["family"] == "momentum"
    assert row["outputs"] == "macd, signal, histogram"
    assert row["parameters"].startswith("fast = 12 (2 to 100000); slow = 26")
    assert row["lookback"] == qp.macd.lookback()
    assert row["settle"] == qp.macd.settle(1e-9)
    assert row["conventions"] == ", ".join(qp.macd.conventions)
    assert row["talib"] == "MACD"
    assert row["source"] == read(qp.macd.doc).source
    assert "Source:" not in row["notes"]


def test_a_bounded_input_is_brought_between_its_bounds_and_said_to_be(few):
    assert "-1 to 1" in few["acos"].view.remark
    assert np.isfinite(few["acos"].view.values.to_numpy()).all()


def test_names_are_those_of_the_catalogue_or_of_talib_and_count_once(few):
    found = qp.gallery(["SMA", "sma", "rsi"])
    assert [exhibit.name for exhibit in found] == ["sma", "rsi"]
    assert found["SMA"] is found["sma"]
    with pytest.raises(KeyError, match="not in this gallery"):
        found["ema"]


def test_bars_of_the_caller_are_drawn_and_what_they_lack_is_said():
    bars = pd.DataFrame({name.title(): BARS[name] for name in ("open", "high", "low", "close")})
    found = qp.gallery(["sma", "obv", "ema", "cdl_2crows"], bars)
    assert found["obv"].view.remark == "needs volume"
    assert found["cdl_2crows"].view.remark == "stands nowhere in these bars"
    assert found["sma"].ends == ("0", "39")
    assert "needs volume" in found.page()
    nothing = qp.gallery(["sma", "macd", "acos", "supertrend", "cdl_doji", "heikin_ashi"], np.nan * bars)
    assert {exhibit.view.remark for exhibit in nothing} >= {
        "has no value in these bars",
        "stands nowhere in these bars",
    }
    assert "nan" not in "".join(exhibit.svg for exhibit in nothing)
    short_one = qp.gallery(["sma"], bars.iloc[:10])
    assert short_one["sma"].view.remark == "has no value in these bars"
    assert "<svg" in short_one.page()


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((["smaa"],), qp.UnknownIndicator, "did you mean 'sma'"),
        (("sma",), qp.ParameterError, r"write \['sma'\]"),
        (([],), qp.ParameterError, "at least one"),
        ((["sma"], np.ones(3)), qp.DataError, "frame of bars"),
        ((["sma"], qp.sample("IBM").iloc[:1]), qp.DataError, "at least two bars, got 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, error, said):
    with pytest.raises(error, match=said):
        qp.gallery(*arguments)


def test_a_file_or_a_folder_may_be_given_to_save_in(few, tmp_path):
    assert few.save(tmp_path) == tmp_path / "gallery.html"
    assert few.save(tmp_path / "deep" / "one.html").read_text(encoding="utf-8") == few.page()


def test_the_mosaic_holds_every_picture_and_stands_alone(few):
    root = ElementTree.fromstring(few.mosaic(columns=4))
    inner = [part for part in root.iter("{http://www.w3.org/2000/svg}svg") if part is not root]
    assert len(inner) == len(FEW)
    assert len({(part.get("x"), part.get("y")) for part in inner}) == len(FEW)
    assert len({part.get("x") for part in inner}) == 4
    with pytest.raises(qp.ParameterError, match="columns must be an integer, at least 1, got 0"):
        few.mosaic(0)


def test_a_notebook_shows_pictures_of_few_and_names_of_many(few, whole):
    assert few._repr_html_().count("<img") == 1
    html = whole._repr_html_()
    assert len(html) < 20_000
    assert "<img" not in html
    assert f"{len(qp.CATALOG)} indicators" in html
    assert str(few).startswith(f"Gallery({len(FEW)} indicators in ")
    assert "  rsi          The relative strength index" in str(few)


def test_the_table_alone_computes_nothing(monkeypatch):
    monkeypatch.setattr("quantperf.indicators.Indicator.__call__", lambda *_: pytest.fail("computed"))
    found = qp.gallery()
    assert len(found.table) == len(qp.CATALOG)
    assert found._repr_html_()


def test_progress_is_told_before_each_indicator():
    steps = []
    qp.gallery(["sma", "rsi"], progress=steps.append)
    assert [(step.done, step.total) for step in steps] == [(0, 2), (1, 2), (2, 2)]
    assert steps[0].text == "sma"


def test_the_table_in_the_notebooks_is_the_catalogues(whole):
    written = Path(__file__).parents[2] / "notebooks" / "catalogue.md"
    message = "run quantperf gallery and copy catalogue.md"
    assert written.read_text(encoding="utf-8") == whole.markdown(), message
