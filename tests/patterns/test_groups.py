"""Clusters: planted ones are recovered and stable, noise is told to be noise, and later bars train nothing."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.errors import MissingLibrary
from quantperf.patterns import clusters
from quantperf.patterns.groups import Clusters
from quantperf.patterns.intervals import grouped_means

sklearn_metrics = pytest.importorskip("sklearn.metrics")
WINDOW = 20


def bars(returns: np.ndarray, seed: int = 0) -> pd.DataFrame:
    close = 100.0 * np.exp(returns.cumsum())
    volume = np.round(1e6 * np.random.default_rng(seed).lognormal(0.0, 0.3, len(close)))
    index = pd.date_range("2000-01-03", periods=len(close), freq="B", name="date")
    return pd.DataFrame(
        {"open": close, "high": 1.01 * close, "low": 0.99 * close, "close": close, "volume": volume}, index=index
    )


def regimes(seed: int, stretches: int = 150) -> tuple[pd.DataFrame, np.ndarray]:
    """Stretches of 20 bars that rise, fall, or only swing, and which each is."""
    random = np.random.default_rng(seed)
    kinds = random.integers(0, 3, stretches)
    drift, swing = np.array([-0.01, 0.0, 0.01])[kinds], np.array([0.002, 0.03, 0.002])[kinds]
    moves = drift[:, None] + swing[:, None] * random.standard_normal((stretches, WINDOW))
    return bars(np.concatenate([[0.0], moves.ravel() - 0.5 * swing.repeat(WINDOW) ** 2])), kinds


def noise(seed: int, count: int = 2001) -> pd.DataFrame:
    return bars(0.01 * np.random.default_rng(seed).standard_normal(count), seed)


def few(data: pd.DataFrame | qp.Panel, **given: object) -> Clusters:
    return clusters(data, **{"k": 3, "resamples": 5, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_planted_clusters_are_recovered_and_stable(seed: int) -> None:
    data, kinds = regimes(seed)
    found = few(data, features=("return", "volatility"), resamples=20)
    assert len(found.labels) == len(kinds)
    assert found.stable
    assert found.statement.startswith("The 3 clusters are stable")
    for part in ("train", "test"):
        mine = (found.labels["part"] == part).to_numpy()
        assert sklearn_metrics.adjusted_rand_score(kinds[mine], found.labels["cluster"][mine]) > 0.9
    assert (found.agreement[["out_of_sample", "bootstrap"]] > 0.9).all()
    assert abs(found.agreement["labels_by_lot"]) < 0.1
    assert found.centres["return"].is_monotonic_increasing  # they are numbered by the first feature


def test_noise_has_no_stable_clusters() -> None:
    verdicts = [few(noise(seed), k=6, resamples=5).stable for seed in range(5)]
    assert verdicts == [False] * 5
    assert "not stable, do not rely on them" in few(noise(0), k=6).statement


def test_centres_and_what_followed_are_those_of_the_prices() -> None:
    data, _ = regimes(5, 60)
    found = few(data, features=("return", "volatility", "shape"), following=7)
    close, labels = data["close"].to_numpy(), found.labels
    ends = data.index.get_indexer(labels["end"])
    np.testing.assert_array_equal(ends, np.arange(20, len(data), 20))
    np.testing.assert_array_equal(data.index.get_indexer(labels["start"]), ends - 19)
    after = [100.0 * (close[end + 7] / close[end] - 1.0) if end + 7 < len(close) else np.nan for end in ends]
    np.testing.assert_allclose(labels["return"], after, rtol=1e-9)
    train = (labels["part"] == "train").to_numpy()
    for number in range(3):
        mine = (labels["cluster"] == number).to_numpy()
        wanted = 100.0 * np.log(close[ends] / close[ends - 20])[mine & train].mean()
        assert found.centres.loc[number, "return"] == pytest.approx(wanted, rel=1e-9)
        assert found.table.loc[number, "mean"] == pytest.approx(labels["return"][mine].mean(), rel=1e-9)
        assert found.table.loc[number, "up"] == pytest.approx((labels["return"][mine].dropna() > 0.0).mean())
    moves = np.diff(np.log(close))
    deviation = np.array([100.0 * moves[end - 20 : end].std() for end in ends])
    mine = (labels["cluster"] == 1).to_numpy() & train
    assert found.centres.loc[1, "volatility"] == pytest.approx(deviation[mine].mean(), rel=1e-9)
    np.testing.assert_allclose(found.centres.filter(like="shape").sum(axis=1), 0.0, atol=1e-9)
    assert (found.table["train"] + found.table["test"]).sum() == len(labels)


def test_indicator_features_are_those_of_the_catalogue() -> None:
    data = noise(3)
    found = few(data, features=("rsi", "bands", "volume"))
    labels = found.labels
    mine = labels[(labels["cluster"] == 0) & (labels["part"] == "train")]["end"]
    bands = qp.compute(data, [("bbands", {"window": 20})])
    place = (data["close"] - bands.iloc[:, 2]) / (bands.iloc[:, 0] - bands.iloc[:, 2])
    wanted = [qp.rsi(data)[mine].mean(), place[mine].mean(), qp.volume_ratio(data)[mine].mean()]
    np.testing.assert_allclose(found.centres.loc[0, ["rsi", "bands", "volume"]], wanted, rtol=1e-9)


def test_the_test_part_trains_nothing_and_no_return_is_in_both() -> None:
    data = noise(1)
    found = few(data, features=("return", "volatility"), step=5)
    labels = found.labels
    ends = data.index.get_indexer(labels["end"])
    border = ends[labels["part"] == "train"].max()
    assert (ends[labels["part"] == "test"] - WINDOW >= border).all()
    assert found.dropped == 3  # those on the border
    assert (labels["known_at"] >= labels["event_at"][ends == border].iloc[0]).all()
    changed = data.copy()
    changed.iloc[border + 1 :, :4] *= np.linspace(1.0, 3.0, len(data) - border - 1)[:, None]
    other = few(changed, features=("return", "volatility"), step=5)
    pd.testing.assert_frame_equal(other.centres, found.centres)
    train = labels["part"] == "train"
    pd.testing.assert_series_equal(other.labels["cluster"][train], labels["cluster"][train])


def test_later_bars_move_no_stretch() -> None:
    data = noise(2)
    full, part = few(data), few(data[:1500])
    assert set(part.labels["end"]) <= set(full.labels["end"])


def test_a_panel_is_taken_together_and_missing_bars_are_dropped_and_counted() -> None:
    panel = qp.synthetic(symbols=6, bars=700, seed=4, late=0.5, missing=0.003)
    found = few(panel)
    assert set(found.labels["symbol"]) <= set(panel.symbols)
    assert found.dropped + len(found.labels) == 6 * len(range(20, 700, 20))
    for row in found.labels[:40].itertuples():
        assert panel.close.loc[row.start : row.end, row.symbol].notna().all()
    some = few(panel, symbols=["S001", "S003"])
    assert set(some.labels["symbol"]) == {"S001", "S003"}
    assert found.labels["event_at"].is_monotonic_increasing


def test_results_repeat_inputs_stay_and_all_can_be_shown() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    data = noise(6).rename(columns=str.upper)
    before = data.copy()
    first, second = few(data), few(data)
    pd.testing.assert_frame_equal(data, before)
    pd.testing.assert_frame_equal(first.labels, second.labels)
    pd.testing.assert_series_equal(first.agreement, second.agreement)
    assert first.plot().axes[0].get_ylabel() == "cluster (stretches)"
    assert "<table" in first._repr_html_()
    assert "Clusters(3 of" in repr(first)


def test_an_interval_covers_the_mean_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        # Pairs of equal values: as if there were half as many.
        values = np.repeat(random.standard_normal(60), 2)
        _, low, high = grouped_means(values[:, None], np.repeat(np.arange(60), 2), random)
        hits += bool(low[0] <= 0.0 <= high[0])
    assert hits >= 178  # binomial with 0.94 (a percentile interval of 60 is a little narrow): fewer in 0.2 % of cases


def test_one_group_has_a_mean_and_no_interval_and_nothing_known_has_neither() -> None:
    values = np.array([[1.0, np.nan], [3.0, np.nan]])
    mean, low, high = grouped_means(values, np.array([0, 0]), np.random.default_rng(0))
    np.testing.assert_array_equal([mean, low, high], [[2.0, np.nan], [np.nan, np.nan], [np.nan, np.nan]])


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"window": 4}, qp.ParameterError, "window must be"),
        ({"k": 1}, qp.ParameterError, "k must be"),
        ({"seed": -1}, qp.ParameterError, "seed must be"),
        ({"features": ("beta",)}, qp.ParameterError, "features must be one of"),
        ({"features": ()}, qp.ParameterError, "at least one"),
        ({"step": 0}, qp.ParameterError, "step must be"),
        ({"following": 0}, qp.ParameterError, "following must be"),
        ({"out_of_sample": 1.0}, qp.ParameterError, "out_of_sample must be a number above 0 and below 1"),
        ({"resamples": 4}, qp.ParameterError, "resamples must be"),
        ({"symbols": ["A"]}, qp.ParameterError, "symbols is for a Panel"),
        ({"k": 60}, qp.DataError, "60 clusters need at least 120 stretches to train and 60 to test"),
        ({"window": 1500}, qp.DataError, "at least two stretches"),
    ],
)
def test_mistakes_are_named(given: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        few(noise(0), **given)


def test_data_without_enough_in_them_are_named() -> None:
    data = noise(0)
    with pytest.raises(qp.DataError, match="got Series"):
        few(data["close"])  # type: ignore[arg-type]
    with pytest.raises(qp.DataError, match="at least two stretches one after the other, hold 0"):
        few(data * np.nan)
    with pytest.raises(qp.DataError, match="at least 3 different stretches"):
        few(data * 0.0 + 7.0, features=("return", "volatility"))
    with pytest.raises(qp.DataError, match=r"closes must be above 0, got 0\.0"):
        few(data * 0.0)
    with pytest.raises(qp.ParameterError, match="symbols must be some"):
        few(qp.sample(), symbols=["X"])


def test_a_library_that_is_not_installed_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingLibrary, match=r'sklearn must be installed, is not; pip install "quantperf\[patterns\]"'):
        few(noise(0))
