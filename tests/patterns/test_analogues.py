"""Analogues: the nearest by brute force, never over the query, and no claim that chance would make as well."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.patterns import analogues
from quantperf.reference import similarity as plain


def walk(seed: int, bars: int = 260) -> pd.Series:
    random = np.random.default_rng(seed)
    index = pd.date_range("2020-01-01", periods=bars, freq="D", name="date")
    return pd.Series(100.0 * np.exp(0.01 * random.standard_normal(bars).cumsum()), index=index)


@pytest.mark.parametrize("metric", ["z", "dtw"])
def test_the_distances_are_those_of_brute_force(metric: str) -> None:
    prices = np.round(walk(1, 150), 1)
    prices.iloc[60] = np.nan
    logs = np.log(prices.to_numpy())
    found = analogues(prices, 12, top=50, following=5, metric=metric, exclusion=0, band=2, draws=0)  # type: ignore[arg-type]
    query = logs[-12:]
    if metric == "z":
        wanted = plain.distances(logs[: 150 - 12 - 5], query)
    else:
        shape = plain.standardised(query)
        pieces = [plain.standardised(logs[i : i + 12]) for i in range(150 - 12 - 5 - 11)]
        wanted = np.array([np.nan if piece is None else plain.dtw(shape, piece, 2) for piece in pieces])  # type: ignore[arg-type]
    order = np.argsort(wanted, kind="stable")[:50]
    np.testing.assert_allclose(found.table["distance"], wanted[order], rtol=1e-9)
    assert found.compared == np.isfinite(wanted).sum() == len(wanted) - 12
    assert list(found.table["start"]) == list(prices.index[order])


def test_what_followed_is_what_the_prices_did() -> None:
    prices = walk(2)
    found = analogues(prices, 15, top=4, following=7, draws=0)
    for column, end in enumerate(prices.index.get_indexer(found.table["end"])):
        wanted = 100.0 * (prices.to_numpy()[end + 1 : end + 8] / prices.iloc[end] - 1.0)
        np.testing.assert_allclose(found.paths[column], wanted, rtol=1e-12)
    np.testing.assert_array_equal(found.table["return"], found.paths.loc[7])
    np.testing.assert_allclose(found.summary["mean"], found.paths.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.summary["median"], found.paths.median(axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.summary["up"], (found.paths > 0.0).mean(axis=1), rtol=1e-12)
    assert (found.summary["low"] <= found.summary["mean"]).all()
    assert (found.summary["mean"] <= found.summary["high"]).all()
    moves = [prices.iloc[i + 7] / prices.iloc[i] - 1.0 for i in range(14, 260 - 15 - 7)]
    assert found.summary.loc[7, "base_mean"] == pytest.approx(100.0 * np.mean(moves), rel=1e-9)
    assert found.summary.loc[7, "base_up"] == pytest.approx(np.mean(np.array(moves) > 0.0), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_no_analogue_reaches_the_query_or_another_one(seed: int) -> None:
    panel = qp.synthetic(symbols=4, bars=200, seed=seed)
    found = analogues(panel, 10, top=30, following=8, symbol="S001", draws=0)
    starts, ends = panel.index.get_indexer(found.table["start"]), panel.index.get_indexer(found.table["end"])
    assert (ends + 8 < 190).all()
    assert (ends - starts == 9).all()
    closed_before_query = panel.index[190].tz_localize("UTC")
    assert (found.table["known_at"] <= closed_before_query).all()
    for _, rows in found.table.groupby("symbol"):
        assert np.diff(np.sort(panel.index.get_indexer(rows["start"]))).min(initial=99) >= 10
    assert 1 <= found.effective <= (200 - 18) // 8 + 1
    assert set(found.table["symbol"]) <= set(panel.symbols)


def test_later_bars_change_nothing() -> None:
    panel = qp.synthetic(symbols=3, bars=220, seed=3)
    at = panel.index[170]
    whole = analogues(panel, 10, symbol="S000", at=at, draws=5)
    cut = qp.Panel.from_blocks(
        **{name: getattr(panel, name)[:171] for name in ("open", "high", "low", "close", "volume")}
    )
    part = analogues(cut, 10, symbol="S000", draws=5)
    pd.testing.assert_frame_equal(whole.table, part.table)
    pd.testing.assert_frame_equal(whole.summary, part.summary)
    assert (whole.p, whole.statement, whole.event_at) == (part.p, part.statement, part.event_at)
    assert (whole.table["known_at"] <= whole.event_at).all()


def test_a_stretch_that_comes_again_is_found_and_nearer_than_chance() -> None:
    moves = np.diff(np.log(walk(4).to_numpy()), prepend=np.log(100.0))
    moves[-20:] = 3.0 * moves[100:120]
    prices = pd.Series(np.exp(moves.cumsum()), index=walk(4).index)
    found = analogues(prices, 20, top=1, following=10, transform="returns")
    assert found.table.loc[0, "start"] == prices.index[100]
    assert found.table.loc[0, "correlation"] == pytest.approx(1.0, abs=1e-9)
    assert found.p == 1.0 / 40.0
    assert "nearer than the nearest of shuffled histories" in found.statement
    assert "too few to tell" in found.statement  # one analogue has no interval


def test_noise_is_nearer_than_chance_as_often_as_the_level_says() -> None:
    p = np.array([analogues(walk(seed), 15, top=3, transform="returns", draws=19).p for seed in range(60)])
    # Binomial: of 60 with probability 0.05 more than 8 in 0.3 % of cases, of 60 with 0.5 outside 18 to 42 in 0.3 %.
    assert (p <= 0.05).sum() <= 8
    assert 18 <= (p <= 0.5).sum() <= 42
    assert "no nearer" in analogues(walk(1), 15, transform="returns").statement


def test_analogues_that_are_followed_by_the_same_days_count_as_one() -> None:
    bars = walk(5)
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), bars)).assign(volume=1.0)
    twins = qp.Panel.from_frames({"A": frame, "B": frame * 2.0, "C": frame * 3.0})
    alone, three = analogues(frame, 15, top=3, draws=0), analogues(twins, 15, top=9, symbol="B", draws=0)
    assert len(three.table) == 9
    assert three.effective == alone.effective <= 3


def test_features_are_compared_together() -> None:
    bars = qp.sample("MSFT")[-400:]
    found = analogues(bars, 15, features=("close", "volume"), top=1, draws=0)
    start = bars.index.get_loc(found.table.loc[0, "start"])
    parts = [np.log(bars["close"].to_numpy()), bars["volume"].to_numpy()]
    squares = [plain.distance(part[start : start + 15], part[-15:]) ** 2 for part in parts]
    assert found.table.loc[0, "distance"] == pytest.approx(np.sqrt(sum(squares)), rel=1e-9)


def test_missing_bars_and_symbols_that_come_late_are_unknown_not_zero() -> None:
    panel = qp.synthetic(symbols=5, bars=300, seed=7, missing=0.02, late=0.4)
    whole_at = panel.close["S000"].rolling(10).count().eq(10.0)
    found = analogues(panel, 10, symbol="S000", at=whole_at[whole_at].index[-1], top=40, draws=3)
    for row in found.table.itertuples():
        assert panel.close.loc[row.start : row.end, row.symbol].notna().all()
    assert found.paths.isna().to_numpy().any()
    assert (found.summary["known"] == found.paths.notna().sum(axis=1)).all()


def test_inputs_are_not_changed_and_the_result_shows_itself() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    bars = qp.sample("IBM")[-300:]
    before = bars.copy()
    found = analogues(bars, draws=2)
    pd.testing.assert_frame_equal(bars, before)
    assert found.plot().axes[0].get_xlabel() == "bars"
    assert "<table" in found._repr_html_()
    assert "Analogues(" in repr(found)
    values = bars["close"].to_numpy()
    values.flags.writeable = False
    assert analogues(values, draws=0).table["distance"].equals(found.table["distance"])


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"last": 2}, qp.ParameterError, "last must be"),
        ({"top": 0}, qp.ParameterError, "top must be"),
        ({"following": 0}, qp.ParameterError, "following must be"),
        ({"metric": "cosine"}, qp.ParameterError, "metric must be one of"),
        ({"transform": "diff"}, qp.ParameterError, "transform must be one of"),
        ({"features": ("clos",)}, qp.ParameterError, "features must be one of"),
        ({"features": ()}, qp.ParameterError, "at least one field"),
        ({"features": ("close", "volume")}, qp.DataError, "need bars, got Series"),
        ({"symbol": "A"}, qp.ParameterError, "are for a Panel"),
        ({"at": "1999-01-01"}, qp.ParameterError, "at must be a label"),
        ({"last": 300}, qp.DataError, "at least 300 bars, got 260"),
        ({"last": 121}, qp.DataError, "holds none"),
    ],
)
def test_mistakes_are_named(given: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        analogues(walk(0), **given)  # type: ignore[arg-type]


def test_queries_that_say_nothing_are_named() -> None:
    prices = walk(0)
    with pytest.raises(qp.DataError, match="1 miss a value"):
        analogues(prices.where(prices.index != prices.index[-3]))
    with pytest.raises(qp.DataError, match="must have a shape"):
        analogues(prices.where(np.arange(260) < 200, 5.0))
    with pytest.raises(qp.DataError, match=r"closes must be above 0, got -1\.0"):
        analogues(prices.where(np.arange(260) > 0, -1.0))
    with pytest.raises(qp.ParameterError, match="symbol must be one of the panel's 5, got None"):
        analogues(qp.sample())
    with pytest.raises(qp.ParameterError, match="symbols must be some"):
        analogues(qp.sample(), symbol="IBM", symbols=["X"])
    with pytest.raises(qp.DataError):
        analogues(pd.Series(np.full(200, np.nan)))
