"""Motifs and discords: equal to brute force, planted ones found, noise within its level, nothing from the future."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.errors import MissingLibrary
from quantperf.patterns import discords, motifs
from quantperf.patterns.libraries import library
from quantperf.patterns.windows import (
    closest_of_shuffled,
    neighbours_of,
    series_of,
    shuffled,
    transformed,
    windows_of,
)
from quantperf.reference import similarity as plain

WINDOW = 9
LEVELS = {True: np.array([True]), False: np.array([False])}
KINDS = ("noise", "ticks", "constant", "two constants", "gaps", "tiny", "all constant", "all missing", "short")


def numbers(kind: str, bars: int = 90, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    values = 100.0 + random.standard_normal(bars).cumsum()
    if kind == "ticks":
        return np.round(values)
    if kind in ("constant", "two constants"):
        values[20:35] = values[20]
    if kind == "two constants":
        values[60:75] = 0.1
    if kind == "gaps":
        values[[0, 30, 31, 70]] = np.nan, np.nan, np.inf, np.nan
    if kind == "tiny":
        values[20:35] = 100.0 + 1e-9 * random.standard_normal(15)
        values[60:75] = 100.0 + 1e-6 * random.standard_normal(15)
    if kind == "all constant":
        values[:] = 0.1
    if kind == "all missing":
        values[:] = np.nan
    return values[: WINDOW - 1] if kind == "short" else values


def split(values: np.ndarray, exclusion: int, engine: str = "kernel") -> list[np.ndarray]:
    found = neighbours_of(values, windows_of(values, WINDOW), WINDOW, exclusion, engine)
    return [found.left, found.left_at, found.right, found.right_at]


def check_equal(found: list[np.ndarray], wanted: list[np.ndarray], atol: float) -> None:
    for place in (0, 2):
        np.testing.assert_allclose(found[place], wanted[place], rtol=1e-9, atol=atol)
    # Which of two neighbours is nearest may differ where both are equally near, so their distances are compared.
    for place in (1, 3):
        np.testing.assert_array_equal(np.asarray(found[place]) < 0, np.asarray(wanted[place]) < 0)


@pytest.mark.parametrize("exclusion", [0, 3, WINDOW - 1, 200])
@pytest.mark.parametrize("kind", KINDS)
def test_the_profile_is_that_of_brute_force(kind: str, exclusion: int) -> None:
    values = numbers(kind)
    wanted = plain.matrix_profile(values, WINDOW, exclusion) if kind != "short" else [np.empty(0)] * 4
    check_equal(split(values, exclusion), list(wanted), atol=1e-9)  # means are added in another order


@given(st.lists(st.integers(0, 4) | st.just(None), min_size=3, max_size=20), st.integers(0, 4))
def test_the_profile_of_few_levels_with_holes_is_that_of_brute_force(levels: list[int | None], exclusion: int) -> None:
    values = np.array([np.nan if level is None else float(level) for level in levels])
    found = neighbours_of(values, windows_of(values, 3), 3, exclusion, "kernel")
    wanted = plain.matrix_profile(values, 3, exclusion)
    check_equal([found.left, found.left_at, found.right, found.right_at], list(wanted), atol=1e-9)


def test_stumpy_and_the_kernel_agree_and_the_rule_for_constants_is_stumpys() -> None:
    for kind in ("noise", "ticks", "constant", "two constants", "gaps", "all constant", "all missing"):
        values = numbers(kind)
        values[np.isinf(values)] = np.nan
        for exclusion in (0, 3, WINDOW - 1):
            check_equal(split(values, exclusion, "stumpy"), split(values, exclusion), atol=1e-6)
    library("stumpy").config.STUMPY_EXCL_ZONE_DENOM = 4
    profile = np.asarray(library("stumpy").stump(numbers("constant"), WINDOW)[:, 0], dtype=float)
    left, _, right, _ = split(numbers("constant"), 3)
    np.testing.assert_allclose(np.minimum(left, right), profile, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_windows_are_standardised_as_their_definition_says(kind: str) -> None:
    values = numbers(kind)
    values.flags.writeable = False
    found = windows_of(values, WINDOW)
    assert len(found.z) == max(0, len(values) - WINDOW + 1)
    for start, (z, usable, constant) in enumerate(zip(found.z, found.usable, found.constant, strict=True)):
        piece = values[start : start + WINDOW]
        wanted = plain.standardised(piece)
        assert usable == (wanted is not None)
        assert constant == (usable and np.ptp(piece) == 0.0)
        np.testing.assert_allclose(z, np.zeros(WINDOW) if wanted is None else wanted, atol=1e-10)
    assert np.isnan(found.deviation[~found.usable]).all()
    # Differences whose squares are no number any more are none.
    assert windows_of(np.array([0.0, 1e-200, 0.0]), 3).constant.tolist() == [True]


def test_two_constants_are_0_apart_and_a_constant_and_a_shape_the_root_of_the_window() -> None:
    values = np.concatenate([np.full(WINDOW, 3.0), np.arange(float(WINDOW)), np.full(WINDOW, 0.1)])
    left, left_at, right, _ = split(values, 2 * WINDOW - 1)
    assert left[-1] == right[0] == 0.0
    assert left_at[-1] == 0
    left, *_ = split(values[: 2 * WINDOW], WINDOW - 1)
    assert left[-1] == pytest.approx(np.sqrt(WINDOW), rel=1e-12)


@pytest.mark.parametrize("kind", ["noise", "ticks", "constant", "gaps", "all constant", "all missing"])
def test_the_least_distance_is_that_of_brute_force(kind: str) -> None:
    values = transformed(np.where(np.isinf(numbers(kind)), np.nan, numbers(kind)), "returns")
    block, seed = 4, 3
    found = closest_of_shuffled(values, WINDOW, 8, moves=True, block=block, draws=2, seed=seed)
    random = np.random.default_rng(seed)
    wanted = [plain.closest(shuffled(values[:, None], LEVELS[False], block, random)[:, 0], WINDOW, 8) for _ in range(2)]
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


@pytest.mark.parametrize("moves", [True, False])
def test_a_shuffled_series_holds_the_same_moves_and_misses_the_same_bars(moves: bool) -> None:
    values = numbers("gaps")
    made = shuffled(values[:, None], LEVELS[not moves], 5, np.random.default_rng(2))[:, 0]
    np.testing.assert_array_equal(np.isfinite(made), np.isfinite(values))
    before, after = values[np.isfinite(values)], made[np.isfinite(made)]
    if not moves:
        assert after[0] == before[0]
        before, after = np.diff(before), np.diff(after)
    assert not np.array_equal(before, after)
    np.testing.assert_allclose(np.sort(after), np.sort(before), atol=1e-9)


def walk(seed: int, bars: int = 300) -> pd.Series:
    random = np.random.default_rng(seed)
    index = pd.date_range("2020-01-01", periods=bars, freq="D", name="date")
    return pd.Series(100.0 * np.exp(0.01 * random.standard_normal(bars).cumsum()), index=index)


def planted(seed: int = 0) -> pd.Series:
    """Returns in which bars 80 to 99 come again, twice as large, as bars 200 to 219."""
    moves = np.diff(np.log(walk(seed).to_numpy()), prepend=np.log(100.0))
    noise = 0.0005 * np.random.default_rng(seed + 1).standard_normal(20)
    moves[200:220] = 2.0 * moves[80:100] + noise
    return pd.Series(100.0 * np.exp(moves.cumsum()), index=walk(seed).index)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("transform", ["returns", "log"])
def test_a_planted_motif_is_found_where_it_was_planted(seed: int, transform: str) -> None:
    prices = planted(seed)
    found = motifs(prices, 20, top=1, transform=transform)  # type: ignore[arg-type]
    pair = found.table[found.table["seed"]]
    gap = 1 if transform == "log" else 0  # one price less than returns
    for start, wanted in zip(pair["start"], (80, 200), strict=True):
        assert abs(prices.index.get_loc(start) - wanted) <= 2 * gap
    if transform == "returns":
        assert found.summary.loc[1, "p"] == 1.0 / 40.0
        assert found.summary.loc[1, "correlation"] > 0.98
    np.testing.assert_allclose(found.profile.loc[pair["end"].iloc[1]], found.summary.loc[1, "distance"], rtol=1e-12)


def test_noise_is_significant_as_often_as_its_level_says() -> None:
    walks = 60
    p = np.array([motifs(walk(seed), 12, top=1, draws=19).summary.loc[1, "p"] for seed in range(walks)])
    # Of 60 walks at most 8 (binomial, 5 %: more in 0.3 % of cases) have p <= 0.05, and about half p <= 0.5 (18 to 42
    # in 99.7 %).
    assert (p <= 0.05).sum() <= 8
    assert 18 <= (p <= 0.5).sum() <= 42


def test_what_was_known_does_not_change_when_bars_are_added() -> None:
    prices = planted(4)
    full = motifs(prices, 20, top=3, draws=0)
    at = prices.index.get_loc(full.table[full.table["seed"] & (full.table["motif"] == 1)]["end"].iloc[1])
    for bars in (at + 1, at + 25):
        cut = motifs(prices[:bars], 20, top=3, draws=0)
        pd.testing.assert_series_equal(cut.profile, full.profile[:bars])
        known = full.table[(full.table["motif"] == 1) & (full.table["known_at"] <= cut.table["known_at"].max())]
        ours = cut.table[(cut.table["motif"] == 1) & cut.table["id"].isin(known["id"])]
        pd.testing.assert_frame_equal(ours.reset_index(drop=True), known.reset_index(drop=True))
    new = discords(prices, 20, top=1)
    before = discords(prices[: prices.index.get_loc(new["end"].iloc[0]) + 1], 20, top=1)
    pd.testing.assert_frame_equal(before, new)


def test_occurrences_are_known_when_they_and_the_pair_have_ended() -> None:
    found = motifs(qp.sample("IBM")[-700:], 15, draws=0)
    table, prices = found.table, qp.sample("IBM")
    assert len(found.summary) == 3
    for rank, rows in table.groupby("motif"):
        second = rows[rows["seed"]]["event_at"].iloc[1]
        assert (rows["known_at"] == rows["event_at"].clip(lower=second)).all()
        assert found.summary.loc[rank, "known_at"] == second
        assert rows["start"].is_monotonic_increasing
    assert (table["event_at"] == pd.to_datetime(table["end"]).dt.tz_localize("UTC") + pd.Timedelta("1D")).all()
    starts = np.sort(prices.index.get_indexer(table["start"]))
    assert np.diff(starts).min() >= 15  # no two occurrences, of any motif, share a bar


def test_a_planted_oddity_is_a_discord_and_with_later_neighbours_it_is_known_at_the_end() -> None:
    index = pd.date_range("2020-01-01", periods=400, freq="D")
    waves = 100.0 + np.sin(np.arange(400) / 5.0) + 0.01 * np.random.default_rng(0).standard_normal(400)
    waves[250:262] += np.hanning(12) * 3.0
    prices = pd.Series(waves, index=index)
    for causal in (True, False):
        found = discords(prices, 30, top=2, transform=None, causal=causal, history=100)
        assert 220 < index.get_loc(found["start"].iloc[0]) < 262
        end = index[-1].tz_localize("UTC") + pd.Timedelta("1D")
        assert found["known_at"].iloc[0] == (found["event_at"].iloc[0] if causal else end)
    assert found["distance"].is_monotonic_decreasing


def test_few_missing_and_constant_bars_have_an_answer() -> None:
    for data in (walk(0, 10), walk(0, 0), pd.Series(np.full(50, np.nan)), pd.Series(np.full(50, 7.0))):
        found = motifs(data, 12, draws=3)
        assert len(found.table) == len(found.summary) == 0
        assert found.profile.index.equals(data.index)
        assert "0 of 12 bars" in repr(found)
    assert (found.profile.iloc[24:] == 0.0).all()  # constants are 0 apart, and no motif
    holes = walk(0)
    holes.iloc[100] = np.nan
    found = motifs(holes, 12, draws=3)
    assert found.profile.iloc[100:113].isna().all()  # the return into the hole and the one out of it
    assert np.isfinite(found.profile.iloc[113:]).all()


def test_inputs_are_not_changed_and_ids_outlast_a_longer_series() -> None:
    values = walk(5).to_numpy()
    values.flags.writeable = False
    first = motifs(values, 12, draws=0)
    assert isinstance(first.profile.index, pd.RangeIndex)
    frame = qp.sample("MSFT")[-300:].rename(columns=str.title)
    before = frame.copy()
    assert motifs(frame, 12, draws=0).table.equals(motifs(frame["Close"], 12, draws=0).table)
    pd.testing.assert_frame_equal(frame, before)
    with pytest.warns(qp.QuantperfWarning, match="series holds 1 infinite"):
        series_of(np.array([1.0, np.inf]))


def test_motifs_plot_and_show_themselves() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    found = motifs(walk(1), 12, draws=0)
    assert len(found.plot().axes) == 2
    assert "<table" in found._repr_html_()
    assert len(motifs(np.full(30, 7.0), 12, draws=0).plot().axes) == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"window": 2}, "window must be a whole number of at least 3"),
        ({"top": 0}, "top must be"),
        ({"max_matches": 1}, "max_matches must be"),
        ({"transform": "diff"}, "transform must be one of"),
        ({"exclusion": -1}, "exclusion must be"),
        ({"radius": 0.5}, "radius must be a number of at least 1"),
        ({"cutoff": np.nan}, "cutoff must be"),
        ({"draws": 1.5}, "draws must be"),
        ({"block": 0}, "block must be"),
        ({"engine": "gpu"}, "engine must be one of"),
    ],
)
def test_parameters_out_of_bounds_are_named(given: dict[str, object], words: str) -> None:
    with pytest.raises(qp.ParameterError, match=words):
        motifs(walk(0), **{"window": 12, **given})  # type: ignore[arg-type]


def test_data_that_are_no_series_are_named() -> None:
    with pytest.raises(qp.DataError, match="got a Panel"):
        motifs(qp.sample(), 12)
    with pytest.raises(qp.DataError, match="got 5 columns"):
        motifs(qp.sample().close, 12)
    with pytest.raises(qp.DataError, match=r"above 0 for transform='returns', got -1\.0"):
        motifs([-1.0, 2.0, 3.0], 3)


def test_a_library_that_is_not_installed_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stumpy", None)
    with pytest.raises(MissingLibrary, match=r'pip install "quantperf\[patterns\]"'):
        motifs(walk(0), 12, engine="stumpy")
