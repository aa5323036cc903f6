"""Chart shapes: planted ones are found, chance makes no claim, and no row ever changes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.patterns import SHAPES, explain_shape, plot_shapes, shapes
from quantperf.patterns.chart import COLUMNS, STAGES, content_hash, find, kinds_of
from quantperf.patterns.definitions import FORMS, LIMITS, WORDS, limits_with
from quantperf.patterns.optimisations_shapes import register, rules_of
from quantperf.patterns.turns import own_bars, zigzag_turns
from quantperf.reference import shapes as plain
from quantperf.reference.pivots import Pivot
from quantperf.signals.records import places_of
from tests.patterns.paths import path_through, rough_bars, thin_bars, upside_down, walk

# Corners of a path, eight bars a leg: the first leads up to the first point of the shape, the last leg breaks it.
PLANTED = {
    "double_top": [90, 80, 100, 94, 100, 86],
    "triple_top": [90, 70, 100, 92, 100, 92, 100, 84],
    "head_and_shoulders": [90, 70, 95, 90, 100, 90, 95, 84],
    "ascending_triangle": [120, 76, 100, 84, 100, 92, 112],
    "symmetrical_triangle": [140, 76, 106, 82, 100, 88, 114],
    "rising_wedge": [60, 90, 80, 96, 89, 102, 80],
    "ascending_channel": [70, 90, 82, 94, 86, 98, 80],
    "rectangle": [70, 100, 90, 100, 90, 100, 80],
    "bull_flag": [80, 70, 100, 94, 98, 92, 107],
    "bull_pennant": [80, 60, 100, 86, 96, 90, 107],
}
MIRRORS = {
    "double_top": "double_bottom",
    "triple_top": "triple_bottom",
    "head_and_shoulders": "inverse_head_and_shoulders",
    "ascending_triangle": "descending_triangle",
    "rising_wedge": "falling_wedge",
    "ascending_channel": "descending_channel",
    "bull_flag": "bear_flag",
    "bull_pennant": "bear_pennant",
    "symmetrical_triangle": "symmetrical_triangle",
    "rectangle": "rectangle",
}
LEG = 8
ALL = {"stages": STAGES}


def planted(name: str, factor: float = 1.0, noise: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Bars of a shape, on a grid of powers of two."""
    closes = path_through(PLANTED[name], LEG, noise, seed)
    return thin_bars(np.round(closes * 64) / 64, 0.25) * factor


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize(("noise", "factor"), [(0.0, 1.0), (0.12, 1.0), (0.12, 2.0**-9), (0.12, 2.0**11)])
def test_planted_shapes_are_found_when_they_are_known(name: str, noise: float, factor: float) -> None:
    frame = planted(name, factor, noise)
    found = shapes(frame, name, percent=2.0)
    formed, confirmed = found.iloc[0], found.iloc[1]
    assert found["stage"].tolist() == ["formed", "confirmed"]
    assert formed["formation"] == confirmed["formation"]
    points = frame.index.get_indexer([stamp for stamp, _ in formed["points"]])
    np.testing.assert_allclose(points, LEG * np.arange(1, len(PLANTED[name]) - 1), atol=1)
    known = frame.index.get_loc(formed["known_at"].tz_localize(None) - pd.Timedelta(days=1))
    closes, last = frame["close"].to_numpy(), formed["points"][-1][1]
    turn = frame.index.get_loc(formed["triggered_at"])
    back = np.sign(closes[known] - last) * ((frame["low"] if closes[known] < last else frame["high"]) - last)
    assert (back.iloc[turn + 1 : known] < 0.02 * last).all()
    assert back.iloc[known] >= 0.02 * last
    assert formed["lag"] == known - turn > 0
    at = frame.index.get_loc(confirmed["triggered_at"])
    assert confirmed["lag"] == 0
    assert np.sign(confirmed["close"] - confirmed["level"]) == confirmed["direction"]
    assert confirmed["close"] == closes[at]
    side = "upper" if confirmed["direction"] > 0 else "lower"
    first = frame.index.get_loc(confirmed["start"])
    line = confirmed[f"{side}_intercept"] + confirmed[f"{side}_slope"] * (np.arange(len(frame)) - first)
    assert (confirmed["direction"] * (closes - line)[known:at] <= 0).all()
    assert confirmed["target"] == confirmed["level"] + confirmed["direction"] * confirmed["height"]


@pytest.mark.parametrize("name", PLANTED)
def test_the_mirror_of_a_shape_is_the_mirrored_shape(name: str) -> None:
    frame = planted(name, noise=0.1, seed=3)
    bounds = {"reversal": 1.5, "window": 5, **ALL}
    one, other = shapes(frame, name, **bounds), shapes(upside_down(frame, 256.0), MIRRORS[name], **bounds)
    assert one["stage"].tolist()[:2] == ["formed", "confirmed"]
    assert_mirrored(one, other, 512.0)


@pytest.mark.parametrize("seed", range(3))
def test_a_walk_upside_down_makes_the_mirrored_shapes(seed: int) -> None:
    frame = walk(2500, seed)
    names = {**MIRRORS, **{mirror: name for name, mirror in MIRRORS.items()}}
    one, other = shapes(frame, **ALL), shapes(upside_down(frame, 1024.0), **ALL)
    assert len(one) > 100
    for name, mirror in names.items():
        assert_mirrored(one[one["shape"] == name], other[other["shape"] == mirror], 2048.0)


def assert_mirrored(one: pd.DataFrame, other: pd.DataFrame, total: float) -> None:
    assert len(one) == len(other)
    for column in ("stage", "start", "end", "triggered_at", "known_at", "lag"):
        assert one[column].tolist() == other[column].tolist()
    assert (-one["direction"]).tolist() == other["direction"].tolist()
    assert [total - price for row in one["points"] for _, price in row] == [
        price for row in other["points"] for _, price in row
    ]
    for column, mirrored, centre in (
        ("upper_slope", "lower_slope", 0.0),
        ("lower_intercept", "upper_intercept", total),
        ("target", "target", total),
    ):
        np.testing.assert_allclose(centre - one[column], other[mirrored], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(one["fit"], other["fit"], rtol=1e-9, atol=1e-9)


def assert_equal_to_plain(frame: pd.DataFrame, limits: dict[str, float], wait: float, **turns: Any) -> int:
    bars = own_bars(frame, "", None, None, None)
    points = zigzag_turns(bars, turns.get("reversal", 1.0), turns.get("window", 3), turns.get("percent"))
    pivots = [Pivot(*row) for row in zip(*(getattr(points, name).tolist() for name in Pivot._fields), strict=True)]
    kinds = kinds_of(None)
    wanted = plain.match(pivots, bars.own(bars.close), rules_of(kinds, limits), wait)
    found = find(bars, points, kinds, limits, wait)
    fates = ["open", "confirmed", "failed", "expired"]
    rows = [
        plain.Found(kinds[s], k, fates[fate], when, side, plain.Line(*p[:2]), plain.Line(*p[2:4]), p[4], p[5])
        for (s, k, fate, when, side, _), p in zip(found.whole.tolist(), found.parts.tolist(), strict=True)
    ]
    assert rows == wanted
    return len(rows)


WIDE = dict.fromkeys(("evenness", "tilt", "flat", "parallel", "misfit"), 0.6) | {
    "trend": 0.5, "separation": 1.0, "asymmetry": 9.0, "prominence": 0.05, "shoulder": 0.05, "slope": 0.05,
    "narrowing": 0.95, "apex": 0.0, "depth": 0.9, "pole": 0.8, "quickness": 4.0,
}  # fmt: skip


@given(frame=rough_bars(60, 160), wide=st.booleans(), wait=st.sampled_from([0.3, 1.0, 2.5]))
def test_they_are_those_of_the_plain_loops(frame: pd.DataFrame, wide: bool, wait: float) -> None:
    assert_equal_to_plain(frame, limits_with(WIDE if wide else None), wait)


def test_they_are_those_of_the_plain_loops_on_stocks_and_all_shapes_occur() -> None:
    seen = set()
    for symbol in ("IBM", "MSFT", "AAPL"):
        frame = qp.sample(symbol)
        assert assert_equal_to_plain(frame, limits_with(None), 1.0, percent=3.0) > 100
        assert assert_equal_to_plain(frame, limits_with(WIDE), 1.0) > 1000
        seen |= set(shapes(frame, limits=WIDE, percent=3.0)["shape"])
    assert seen == set(SHAPES)


def assert_prefix(frame: pd.DataFrame | qp.Panel, cut: int, **how: Any) -> int:
    """What was known at the close of a bar is what the whole run gives with known_at up to then."""
    early = frame.iloc[:cut] if isinstance(frame, pd.DataFrame) else panel_until(frame, cut)
    moment = pd.Timestamp(early.index[-1]).tz_localize("UTC") + pd.Timedelta(days=1)
    whole, part = shapes(frame, **how), shapes(early, **how)
    kept = whole[whole["known_at"] <= moment].reset_index(drop=True)
    kept.attrs = part.attrs
    pd.testing.assert_frame_equal(kept, part, check_exact=True)
    return len(part)


def panel_until(panel: qp.Panel, cut: int) -> qp.Panel:
    blocks = {name: panel.block(name)[:cut] for name in ("open", "high", "low", "close", "volume")}
    return qp.Panel.from_blocks(**blocks, index=panel.index[:cut], symbols=panel.symbols)


@given(frame=rough_bars(60, 160), cut=st.integers(5, 160))
def test_later_bars_change_no_row_that_was_known(frame: pd.DataFrame, cut: int) -> None:
    assert_prefix(frame, min(cut, len(frame)), limits=WIDE, reversal=1.0, window=3, **ALL)


@pytest.mark.parametrize("cut", [100, 801, 1500, 2222, 3000])
def test_later_bars_change_no_row_of_a_stock(cut: int) -> None:
    assert assert_prefix(qp.sample("MSFT"), cut, limits=WIDE, percent=3.0, **ALL) > 5
    assert_prefix(qp.sample("IBM"), cut, **ALL)


def test_later_bars_change_no_row_of_a_panel_and_every_shape_is_among_them() -> None:
    panel = qp.synthetic(symbols=6, bars=900, seed=5, missing=0.02, late=0.5)
    for cut in (300, 571, 880):
        assert assert_prefix(panel, cut, limits=WIDE, percent=4.0, **ALL) > 100
    assert set(shapes(panel, limits=WIDE, percent=4.0)["shape"]) == set(SHAPES)


def test_another_future_changes_nothing_earlier() -> None:
    frame = walk(1200, 3)
    other = frame.copy()
    other.iloc[800:] *= np.random.default_rng(1).uniform(0.7, 1.4, (400, 1))
    moment = frame.index[799].tz_localize("UTC") + pd.Timedelta(days=1)
    one, two = shapes(frame, **ALL), shapes(other, **ALL)
    early = [found[found["known_at"] <= moment] for found in (one, two)]
    pd.testing.assert_frame_equal(*early)
    assert len(early[0]) > 30
    assert not one.equals(two)


def test_symbols_of_a_panel_are_those_of_their_frames() -> None:
    panel = qp.synthetic(symbols=4, bars=700, seed=2, missing=0.03, late=0.5)
    found = shapes(panel, **ALL)
    assert found["known_at"].is_monotonic_increasing
    assert found["id"].is_unique
    for name in panel.symbols:
        alone = shapes(panel[name], symbol=name, **ALL)
        mine = found[found["symbol"] == name].reset_index(drop=True)
        mine.attrs = alone.attrs
        pd.testing.assert_frame_equal(mine, alone)


def test_each_formation_comes_to_at_most_one_end_after_it_was_known() -> None:
    found = shapes(walk(3000, 8), **ALL)
    stages = found.groupby("formation")["stage"].agg(list)
    assert stages.str[0].eq("formed").all()
    assert stages.str.len().max() == 2
    assert found.attrs["waiting"] == stages.str.len().eq(1).sum()
    assert (found["known_at"] >= found["event_at"]).all()
    assert not found["revisable"].any()
    assert found["fit"].between(0, 1).all()
    assert (found["height"] > 0).all()
    assert set(found["stage"]) == set(STAGES)
    assert found.loc[found["stage"] == "expired", ["level", "target"]].isna().all(axis=None)
    assert found.loc[found["stage"] == "failed", "target"].isna().all()
    usual = shapes(walk(3000, 8))
    pd.testing.assert_frame_equal(usual, found[found["stage"].isin(["formed", "confirmed"])].reset_index(drop=True))


def test_a_failed_double_top_breaks_its_tops_first() -> None:
    closes = path_through([90, 80, 100, 94, 100, 96, 108], LEG)
    found = shapes(thin_bars(closes, 0.25), "double_top", percent=2.0, **ALL)
    assert found["stage"].tolist() == ["formed", "failed"]
    assert found["direction"].tolist() == [-1, 1]
    assert found["close"].iloc[1] > 100.25


def test_a_shape_that_goes_nowhere_expires() -> None:
    closes = np.concatenate([path_through([90, 80, 100, 94, 100, 97], LEG), np.full(40, 97.0)])
    frame = thin_bars(closes, 0.25)
    found = shapes(frame, "double_top", percent=2.0, wait=1.5, **ALL)
    assert found["stage"].tolist() == ["formed", "expired"]
    formed, expired = (
        frame.index.get_loc(moment) for moment in found["known_at"].dt.tz_localize(None) - pd.Timedelta("1D")
    )
    assert expired - formed == 1.5 * 2 * LEG
    assert shapes(frame.iloc[:-30], "double_top", percent=2.0).attrs["waiting"] == 1


def test_on_random_walks_shapes_occur_and_say_nothing_of_what_follows() -> None:
    bars, symbols, ahead = 400, 600, 10
    steps = np.random.default_rng(11).normal(0, 1, (bars, symbols, 4))
    ends = 500 + np.cumsum(steps.sum(axis=2), axis=0)
    inside = ends[:, :, None] - steps.sum(axis=2, keepdims=True) + np.cumsum(steps, axis=2)
    panel = qp.Panel.from_blocks(
        open=inside[:, :, 0],
        high=inside.max(axis=2),
        low=inside.min(axis=2),
        close=ends,
        volume=np.ones((bars, symbols)),
    )
    found = shapes(panel, stages="confirmed")
    found = (
        found[found["known_at"] < bars - ahead].groupby("symbol").first()
    )  # one a walk, so that they are independent
    lane = pd.Index(panel.symbols).get_indexer(found.index)
    known = found["known_at"].to_numpy()
    gain = found["direction"].to_numpy() * (ends[known + ahead, lane] - ends[known, lane])
    assert len(gain) > 500
    assert abs((gain > 0).mean() - 0.5) < 4 * 0.5 / np.sqrt(len(gain))  # four deviations of a binomial share


def test_flat_prices_make_no_shape() -> None:
    flat = thin_bars(np.full(500, 20.0), 0.0)
    for frame in (flat, flat * np.nan, flat.iloc[:0], flat.iloc[:1]):
        found = shapes(frame, **ALL, stamps="session")
        assert found.empty
        assert tuple(found) == COLUMNS


def test_bars_that_lack_are_passed_over() -> None:
    whole = walk(800, 7)
    index = pd.bdate_range("2020-01-01", periods=1000)
    gaps = np.sort(np.random.default_rng(0).permutation(1000)[:800])
    holed = pd.DataFrame(np.nan, index=index, columns=whole.columns)
    holed.iloc[gaps] = whole.to_numpy()
    same = ["shape", "stage", "direction", "lag", "upper_slope", "lower_intercept", "height", "level", "target", "fit"]
    pd.testing.assert_frame_equal(shapes(whole, **ALL)[same], shapes(holed, **ALL)[same])


def test_what_is_known_is_told_by_the_close_of_the_session_or_bar() -> None:
    frame = walk(600, 2)
    eastern = frame.tz_localize("America/New_York")
    found = shapes(eastern, session=qp.Session("09:30", "16:00"))
    assert len(found) > 10
    assert set(found["known_at"].dt.tz_convert("America/New_York").dt.hour) == {16}
    assert str(found["triggered_at"].dt.tz) == "America/New_York"
    minutes = frame.set_axis(pd.date_range("2024-01-02 09:30", periods=600, freq="5min", tz="UTC"))
    quick = shapes(minutes)
    confirmed = quick[quick["stage"] == "confirmed"]
    assert (confirmed["known_at"] - confirmed["triggered_at"] == pd.Timedelta("5min")).all()
    same = ["shape", "stage", "lag", "level", "fit"]
    pd.testing.assert_frame_equal(found[same], quick[same])
    numbered = shapes(frame.reset_index(drop=True))
    pd.testing.assert_frame_equal(found[same], numbered[same])
    assert (numbered["known_at"] - numbered["event_at"] == numbered["lag"]).all()


def test_shapes_stand_in_prices_as_signals_do() -> None:
    panel = qp.synthetic(symbols=3, bars=800, seed=4, late=0.5)
    found = shapes(panel).rename(columns={"shape": "signal_type"})
    places = places_of(found, panel)
    assert (places.bar >= 0).all()
    assert (places.known >= places.bar).all()
    close = panel.block("close")
    np.testing.assert_array_equal(close[places.known, places.lane], found["close"])


@pytest.mark.parametrize("power", [-30, 7])
def test_scale_changes_nothing_but_prices(power: int) -> None:
    frame, factor = walk(1500, 6), 2.0**power
    one, other = shapes(frame, **ALL), shapes(frame * factor, **ALL)
    prices = [name for name in COLUMNS if name.endswith(("slope", "intercept"))] + [
        "height",
        "level",
        "target",
        "close",
    ]
    scaled = one.assign(**{name: one[name] * factor for name in prices})
    unlike = ["id", "formation", "points"]
    pd.testing.assert_frame_equal(scaled.drop(columns=unlike), other.drop(columns=unlike), check_exact=True)


def test_ids_are_of_content_alone() -> None:
    frame = walk(900, 2)
    one = shapes(frame)
    assert shapes(frame.copy())["id"].tolist() == one["id"].tolist()
    assert one["id"].is_unique
    assert not set(shapes(frame, symbol="X")["id"]) & set(one["id"])
    assert not set(shapes(frame, limits={"evenness": 0.19})["id"]) & set(one["id"])
    assert set(shapes(frame, "double_top")["id"]) == set(one.loc[one["shape"] == "double_top", "id"])
    assert json.loads(one["params"].iloc[0])["limits"] == dict(LIMITS)
    assert content_hash("a", 1) == content_hash("a", 1) != content_hash("a", 2)


def test_inputs_are_never_written() -> None:
    frame = walk(600, 1)
    before = frame.copy()
    shapes(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_every_shape_is_described() -> None:
    assert len(SHAPES) == 18
    for shape in SHAPES.values():
        form = FORMS[shape.form]
        for one in shape.tests:
            assert one.quantity in form.quantities
            assert one.limit in LIMITS
    assert {name for form in FORMS.values() for name in form.quantities} == set(WORDS)
    assert {one.limit for shape in SHAPES.values() for one in shape.tests} == set(LIMITS)


def test_an_explanation_agrees_with_what_was_formed() -> None:
    frame = walk(900, 4)
    formed = shapes(frame, stages="formed")
    index = frame.index
    for row in formed.head(25).to_dict("records"):
        at = row["known_at"].tz_localize(None) - pd.Timedelta(days=1)
        why = explain_shape(frame, row["shape"], at)
        assert why.attrs["formed"]
        assert why["holds"].all()
        assert (why["margin"] >= 0).all()
        assert why.attrs["points"] == row["points"]
        other = explain_shape(frame, "head_and_shoulders" if row["shape"] != "head_and_shoulders" else "rectangle", at)
        assert other.attrs["formed"] == bool(other["holds"].fillna(False).all())
    assert explain_shape(frame, "rectangle").attrs["points"]
    with pytest.raises(qp.DataError, match="needs 5 turning points, 0 were known"):
        explain_shape(frame, "rectangle", index[3])
    with pytest.raises(qp.DataError, match="must be the stamp of a bar, got 'never'"):
        explain_shape(frame, "rectangle", "never")
    with pytest.raises(qp.ParameterError, match="kind must be the name of a shape"):
        explain_shape(frame, ["rectangle"])  # type: ignore[arg-type]


def test_a_picture_holds_every_formation() -> None:
    pytest.importorskip("matplotlib")
    frame = walk(400, 3)
    some = shapes(frame, ["double_top", "double_bottom"], **ALL)
    figure = plot_shapes(frame, some)
    assert len(figure.axes[0].texts) == some["formation"].nunique() > 1
    with pytest.raises(qp.DataError, match="must hold 1 to 12 formations, got 0"):
        plot_shapes(frame, some.iloc[:0])
    with pytest.raises(qp.DataError, match="found in these bars"):
        plot_shapes(frame.iloc[:20], some)
    with pytest.raises(qp.DataError, match="shapes must be rows of"):
        plot_shapes(frame, frame)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"kinds": "double_tops"}, "did you mean 'double_top'"),
        ({"kinds": []}, "got none; leave it out for all"),
        ({"limits": {"eveness": 1}}, "did you mean 'evenness'"),
        ({"limits": {"evenness": -1}}, "must be a finite number of at least 0"),
        ({"wait": 0}, "wait must be a finite number above 0"),
        ({"stages": ["form"]}, "stages must be one of 'formed'"),
        ({"stages": []}, "stages must name at least one"),
        ({"reversal": float("nan")}, "reversal must be"),
    ],
)
def test_mistakes_are_named(how: dict[str, Any], words: str) -> None:
    with pytest.raises(qp.ParameterError, match=words):
        shapes(walk(100), **how)


@pytest.mark.parametrize("name", ["patterns.pivots", "patterns.shapes", "patterns.levels"])
def test_the_pairs_of_the_report_are_equal_on_edge_cases_too(name: str) -> None:
    register()
    parities = qp.REGISTRY[name].verify()
    assert len(parities) > 3
    assert all(parity.equal for parity in parities), [parity.mismatch for parity in parities if not parity.equal]
