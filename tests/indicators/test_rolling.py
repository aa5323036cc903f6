"""Rolling statistics beyond TA-Lib against pandas, numpy and exact fractions, and what they are used for."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import quantperf as qp
from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import market

Array = npt.NDArray[np.float64]
Window = Any  # pandas' rolling window, whose stubs know no `rank` of a share

BARS = 900 if JIT_ENABLED else 200
WINDOWS = (4, 7, 30, 100)

PANDAS: dict[str, tuple[Callable[[Array, int], Any], Callable[[Window], Any]]] = {
    "rank": (lambda x, w: qp.rank(x, w), lambda rolling: rolling.rank()),
    "rank as a share": (lambda x, w: qp.rank(x, w, share=1), lambda rolling: rolling.rank(pct=True)),
    "median": (lambda x, w: qp.median(x, w), lambda rolling: rolling.median()),
    "quantile": (lambda x, w: qp.quantile(x, w, 0.3), lambda rolling: rolling.quantile(0.3)),
    "lowest": (lambda x, w: qp.quantile(x, w, 0.0), lambda rolling: rolling.min()),
    "highest": (lambda x, w: qp.quantile(x, w, 1.0), lambda rolling: rolling.max()),
    "skewness": (lambda x, w: qp.skew(x, w), lambda rolling: rolling.skew()),
    "kurtosis": (lambda x, w: qp.kurtosis(x, w), lambda rolling: rolling.kurt()),
}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("kind", ["walk", "ticks", "gaps"])
@pytest.mark.parametrize("name", PANDAS)
def test_a_rolling_statistic_is_that_of_pandas(name: str, kind: str, window: int) -> None:
    ours, theirs = PANDAS[name]
    close = market(kind, bars=BARS)["close"]
    found, wanted = ours(close, window), theirs(pd.Series(close).rolling(window)).to_numpy()
    if name in {"skewness", "kurtosis"}:  # pandas' sums cancel, and it gives no value where little is left of them
        known = ~np.isnan(wanted)
        assert known.sum() >= 0.9 * (~np.isnan(found)).sum()
        np.testing.assert_allclose(found[known], wanted[known], rtol=1e-5, atol=1e-5)
    else:
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("window", WINDOWS)
def test_the_z_score_is_that_of_pandas(window: int, ddof: int) -> None:
    close = pd.Series(market("walk", bars=BARS)["close"])
    rolling = close.rolling(window)
    expected = (close - rolling.mean()) / rolling.std(ddof=ddof)
    np.testing.assert_allclose(qp.zscore(close, window, ddof), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("window", WINDOWS)
def test_two_series_go_together_as_in_pandas(window: int) -> None:
    bars = market("gaps", bars=BARS)
    x, y = pd.Series(bars["high"]), pd.Series(bars["volume"])
    expected = {
        "covar": x.rolling(window).cov(y),
        "beta_levels": x.rolling(window).cov(y) / x.where(y.notna()).rolling(window).var(),
        "correl_returns": x.pct_change().rolling(window).corr(y.pct_change()),
    }
    for name, wanted in expected.items():
        np.testing.assert_allclose(qp.CATALOG[name](x, y, window), wanted, rtol=1e-6, atol=1e-8, err_msg=name)
    ours, theirs = qp.covar(x, y, window, ddof=0), x.rolling(window).cov(y, ddof=0)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-8)


def test_beta_of_returns_explains_the_second_series_by_the_first() -> None:
    market_ = np.cumprod(1.0 + np.random.default_rng(5).normal(0.0, 0.01, 200))
    stock = np.cumprod(np.concatenate([[1.0], 1.0 + 2.0 * (market_[1:] / market_[:-1] - 1.0)]))
    np.testing.assert_allclose(qp.beta(market_, stock, window=30)[30:], 2.0, rtol=1e-9)
    np.testing.assert_allclose(qp.beta_levels(market_, 3.0 * market_, window=30)[29:], 3.0, rtol=1e-9)
    np.testing.assert_allclose(qp.correl_returns(market_, stock, window=30)[30:], 1.0, rtol=1e-9)


def exact_shape(window: Array) -> tuple[float, float]:
    """Return skewness and excess kurtosis of a window by fractions, but for one root."""
    values = [Fraction(value) for value in window.tolist()]
    n = len(values)
    mean = sum(values) / n
    m2, m3, m4 = (sum((value - mean) ** k for value in values) / n for k in (2, 3, 4))
    skewness = math.sqrt(n * (n - 1)) / (n - 2) * float(m3 / m2) / math.sqrt(m2)
    kurtosis = Fraction(n - 1, (n - 2) * (n - 3)) * ((n + 1) * (m4 / m2**2 - 3) + 6)
    return skewness, float(kurtosis)


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(lambda x: x, id="walk"),
        pytest.param(lambda x: 1e8 + 1e-3 * x, id="tiny spread at a high level"),
        pytest.param(lambda x: np.insert(x, 60, 1e12), id="an outlier passes"),
    ],
)
def test_the_shape_keeps_the_digits_of_exact_fractions(story: Callable[[Array], Array]) -> None:
    prices, window = story(market("walk", bars=160)["close"]), 9
    expected = [exact_shape(prices[t - window + 1 : t + 1]) for t in range(window - 1, len(prices))]
    found = np.column_stack([qp.skew(prices, window), qp.kurtosis(prices, window)])[window - 1 :]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def test_the_z_score_keeps_its_digits_where_a_small_spread_stands_at_a_high_level() -> None:
    prices, window = 1e8 + 1e-3 * market("walk", bars=160)["close"], 9
    for t in range(window - 1, len(prices), 7):
        values = [Fraction(value) for value in prices[t - window + 1 : t + 1].tolist()]
        mean = sum(values) / window
        spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (window - 1))
        assert qp.zscore(prices, window)[t] == pytest.approx(float(values[-1] - mean) / spread, rel=1e-12, abs=1e-14)


def test_a_flat_window_has_no_score_no_skewness_and_the_kurtosis_of_pandas() -> None:
    prices = np.concatenate([market("walk", bars=50)["close"], np.full(50, 33.37)])
    assert qp.zscore(prices, 20)[-20:].tolist() == [0.0] * 20
    assert qp.skew(prices, 20)[-20:].tolist() == [0.0] * 20
    assert qp.kurtosis(prices, 20)[-20:].tolist() == [-3.0] * 20
    assert qp.median_deviation(prices, 20)[-20:].tolist() == [0.0] * 20
    assert qp.historical_volatility(prices, 20)[-20:].tolist() == [0.0] * 20


def test_the_median_deviation_estimates_the_deviation_of_normal_values_and_ignores_outliers() -> None:
    values = np.random.default_rng(6).normal(5.0, 2.0, 1001)
    clean = qp.median_deviation(values, 1001, scale=1.4826)[-1]
    assert clean == pytest.approx(2.0, rel=0.1)
    values[::5] = 1e9
    assert qp.median_deviation(values, 1001, scale=1.4826)[-1] < 1.6 * clean


# -------------------------------------------------------------------------------------------------------- volatility


def bars_of(sigma: float, drift: float, gap: float, bars: int, steps: int = 400) -> list[Array]:
    """Return open, high, low and close of a walk that is seen `steps` times a bar; `gap`: deviation over night."""
    random = np.random.default_rng(7)
    moves = random.normal(drift / steps, sigma / math.sqrt(steps), (bars, steps))
    night = random.normal(0.0, gap, bars)
    inside = np.concatenate([np.zeros((bars, 1)), np.cumsum(moves, axis=1)], axis=1)
    start = np.cumsum(night) + np.concatenate([[0.0], np.cumsum(inside[:, -1])[:-1]])
    path = start[:, None] + inside
    return [np.exp(line) for line in (path[:, 0], path.max(axis=1), path.min(axis=1), path[:, -1])]


def estimates(columns: list[Array]) -> dict[str, float]:
    open_, high, low, close = columns
    n = len(close) - 1
    return {
        "close": float(qp.historical_volatility(close, n, 1.0)[-1]),
        "parkinson": float(qp.parkinson(high, low, n, 1.0)[-1]),
        "garman_klass": float(qp.garman_klass(open_, high, low, close, n, 1.0)[-1]),
        "rogers_satchell": float(qp.rogers_satchell(open_, high, low, close, n, 1.0)[-1]),
        "yang_zhang": float(qp.yang_zhang(open_, high, low, close, n, 1.0)[-1]),
    }


def test_every_estimator_finds_the_volatility_of_a_walk_without_drift_or_gaps() -> None:
    for name, found in estimates(bars_of(0.02, 0.0, 0.0, bars=3000)).items():
        # Seen 400 times a bar, ranges are some percent too narrow.
        assert found == pytest.approx(0.02, rel=0.06), name


def test_a_drift_biases_ranges_but_neither_rogers_and_satchell_nor_yang_and_zhang() -> None:
    found = estimates(bars_of(0.02, 0.03, 0.0, bars=3000))
    for name in ("rogers_satchell", "yang_zhang", "close"):
        assert found[name] == pytest.approx(0.02, rel=0.06), name
    assert found["parkinson"] > 0.024
    assert found["garman_klass"] > 0.021


def test_only_closes_and_yang_and_zhang_see_the_gaps_between_bars() -> None:
    found = estimates(bars_of(0.02, 0.0, 0.02, bars=3000))
    for name in ("close", "yang_zhang"):
        assert found[name] == pytest.approx(0.02 * math.sqrt(2.0), rel=0.05), name
    for name in ("parkinson", "garman_klass", "rogers_satchell"):
        assert found[name] == pytest.approx(0.02, rel=0.06), name


def test_a_year_is_as_many_bars_as_it_is_said_to_have() -> None:
    columns = [market("walk", bars=60)[name] for name in ("open", "high", "low", "close")]
    for name in ("garman_klass", "rogers_satchell", "yang_zhang"):
        entry = qp.CATALOG[name]
        np.testing.assert_allclose(entry(*columns), math.sqrt(252.0) * entry(*columns, periods=1.0), rtol=1e-12)


def test_a_price_that_has_no_logarithm_is_unknown_and_leaves_with_its_bar() -> None:
    open_, high, low, close = (market("walk", bars=60)[name] for name in ("open", "high", "low", "close"))
    for bad in (0.0, -1.0):
        holed = low.copy()
        holed[30] = bad
        for found in (
            qp.parkinson(high, holed, 10),
            qp.garman_klass(open_, high, holed, close, 10),
            qp.rogers_satchell(open_, high, holed, close, 10),
        ):
            assert np.flatnonzero(np.isnan(found)).tolist() == [*range(9), *range(30, 40)]
        closes = close.copy()
        closes[30] = bad
        assert np.flatnonzero(np.isnan(qp.yang_zhang(open_, high, low, closes, 10)[10:])).tolist() == [*range(20, 31)]
        assert np.flatnonzero(np.isnan(qp.historical_volatility(closes, 10)[10:])).tolist() == [*range(20, 31)]


# ---------------------------------------------------------------------------------------------------------- holding


@pytest.mark.parametrize("log", [0, 1])
def test_returns_are_those_of_pandas_and_add_up_to_the_cumulative_one(log: int) -> None:
    close = pd.Series(market("gaps", bars=BARS)["close"])
    expected = np.log(close).diff(3) if log else close.pct_change(3)
    np.testing.assert_allclose(qp.returns(close, 3, log), expected, rtol=1e-9, atol=1e-12)
    whole = market("walk", bars=BARS)["close"]
    single = qp.returns(whole, log=log)[1:]
    total = single.sum() if log else np.prod(1.0 + single) - 1.0
    assert qp.cumreturn(whole, log)[-1] == pytest.approx(total, rel=1e-9)


def test_a_return_on_nothing_is_unknown() -> None:
    prices = np.array([1.0, 0.0, 2.0, -1.0, 3.0])
    assert qp.returns(prices).tolist()[1:2] == [-1.0]
    np.testing.assert_array_equal(np.isnan(qp.returns(prices)), [True, False, True, False, False])
    assert np.isnan(qp.returns(prices, log=1)).all()
    assert np.isnan(qp.drawdown(np.array([-1.0, 0.0]))).all()


@pytest.mark.parametrize("window", [1, 2, 30, 101])
def test_the_maximum_drawdown_of_a_window_is_the_worst_of_all_pairs(window: int) -> None:
    close = market("ticks", bars=200)["close"]
    found = qp.max_drawdown(close, window)
    for t in range(window - 1, 200, 13):
        part = close[t - window + 1 : t + 1]
        worst = min(part[j] / part[i] - 1.0 for j in range(window) for i in range(j + 1))
        assert found[t] == pytest.approx(worst, abs=1e-15)
    if window > 1:
        assert qp.max_drawdown(close, len(close))[-1] == pytest.approx(qp.drawdown(close).min(), abs=1e-15)


# ----------------------------------------------------------------------------------------------------------- entropy


def test_the_entropy_of_equal_prices_is_the_logarithm_of_their_number() -> None:
    assert qp.entropy(np.full(40, 17.0), 8)[-1] == pytest.approx(3.0, rel=1e-12)
    assert qp.entropy(np.full(40, 17.0), 8, base=math.e)[-1] == pytest.approx(math.log(8.0), rel=1e-12)
    rising = 100.0 * 1.01 ** np.arange(40)
    assert qp.entropy(rising, 8)[-1] > 3.0 > qp.entropy(rising[::-1].copy(), 8)[-1]
    assert np.isnan(qp.entropy(np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0]), 2)).tolist() == [True] * 4 + [False] * 2


# ------------------------------------------------------------------------------------------------- Hurst's exponent


def fractional_walk(exponent: float, bars: int) -> Array:
    """Return the exact path of a walk of that exponent, by the root of its covariances; a hundredth of a unit a bar."""
    times = np.arange(1.0, bars + 1.0)
    power = 2.0 * exponent
    covariance = 0.5 * (times[:, None] ** power + times**power - np.abs(times[:, None] - times) ** power)
    noise = np.random.default_rng(8).normal(size=bars)
    return np.asarray(np.exp(0.01 * np.linalg.cholesky(covariance) @ noise))


@pytest.mark.parametrize("exponent", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("window", [100, 250])
def test_the_exponent_of_a_fractional_walk_is_found_but_for_its_small_bias(exponent: float, window: int) -> None:
    found = qp.hurst(fractional_walk(exponent, 1200 if JIT_ENABLED else 700), window)[window - 1 :]
    assert found.mean() == pytest.approx(exponent, abs=0.05)
    assert found.std() < 0.1


def test_a_price_without_moves_has_no_exponent_and_one_that_turns_back_has_none_over_two_bars() -> None:
    assert np.isnan(qp.hurst(np.full(40, 10.0), 16)).all()
    assert np.isnan(qp.hurst(np.tile([10.0, 11.0], 20), 16)).all()
    assert qp.hurst(np.tile([10.0, 11.0, 10.5], 20), 32)[-1] < 0.2
