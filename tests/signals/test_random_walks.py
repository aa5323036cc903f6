"""On random walks there is nothing to find, whatever the rules; what was planted is found.

Every bound is that of the binomial: how many of so many data sets may show something, if the stated level is true.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.signals.study import event_study

BARS, SETS, LEVEL, FDR = 1000, 32, 0.05, 0.10
HORIZONS = (1, 5, 20)
Block = np.ndarray


def independent(seed: int) -> Block:
    return 0.01 * np.random.default_rng(seed).standard_normal((BARS, 3))


def with_a_common_factor(seed: int) -> Block:
    random = np.random.default_rng(seed)
    return 0.01 * (0.7 * random.standard_normal((BARS, 4)) + 0.7 * random.standard_normal((BARS, 1)))


def with_clustered_volatility(seed: int) -> Block:
    """GARCH(1,1) with fat tails, in a common factor too."""
    shocks = np.random.default_rng(seed).standard_t(6.0, size=(BARS, 4)) * math.sqrt(4.0 / 6.0)
    variance = np.ones(4)
    for row in shocks:
        row *= np.sqrt(variance)
        variance = 0.02 + 0.08 * row * row + 0.90 * variance
    return 0.01 * (0.8 * shocks[:, 1:] + 0.6 * shocks[:, :1])


WALKS = (independent, with_a_common_factor, with_clustered_volatility)


def panel_of(returns: Block) -> qp.Panel:
    path = 50.0 * np.exp(np.cumsum(np.concatenate([np.zeros_like(returns[:1]), returns]), axis=0))
    first, close = path[:-1], path[1:]
    high, low = np.maximum(first, close), np.minimum(first, close)
    days = pd.bdate_range("2020-01-01", periods=BARS, unit="us")
    return qp.Panel.from_blocks(open=first, high=high, low=low, close=close, volume=close, index=days)


def crossed(line: pd.DataFrame, other: pd.DataFrame | float) -> Block:
    above = line.gt(other, axis=0) if isinstance(other, float) else line > other
    known = line.notna() & (True if isinstance(other, float) else other.notna())
    return (above & ~above.shift(fill_value=True) & known.shift(fill_value=False)).to_numpy()


def rules(panel: qp.Panel) -> dict[str, Block]:
    """Crosses, events that cluster in time, and levels that repeat on bars in a row; 1 and -1 by direction."""
    close = panel.close
    change = close.pct_change(fill_method=None)
    fast, slow, middle = (close.rolling(bars).mean() for bars in (10, 50, 20))
    width = 2.0 * close.rolling(20).std()
    rsi = qp.rsi(panel, 14)
    stretch = change.rolling(10).sum() / change.rolling(50).std()
    found = {
        "cross up": (crossed(fast, slow), 1),
        "cross down": (crossed(-fast, -slow), -1),
        "RSI oversold": (crossed(-rsi, -30.0), 1),
        "RSI below 40": (rsi < 40.0, 1),
        "band broken up": (crossed(close, middle + width), 1),
        "above its average": (close > slow, 1),
        "stretched": (stretch < -5.0, 1),
        "wild": (change.rolling(10).std() > 1.3 * change.rolling(100).std(), -1),
        "far move": (change.abs() > 2.5 * change.rolling(50).std(), 1),
    }
    return {name: sign * np.asarray(mask, dtype=np.int64) for name, (mask, sign) in found.items()}


def records(panel: qp.Panel, marks: dict[str, Block]) -> pd.DataFrame:
    frames = []
    for name, mark in marks.items():
        bar, lane = np.nonzero(mark)
        days = panel.index[bar]
        frame = pd.DataFrame({"symbol": np.array(panel.symbols)[lane], "signal_type": name, "triggered_at": days})
        frame["known_at"] = (days + pd.Timedelta(days=1)).tz_localize("UTC")
        frames.append(frame.assign(direction=mark[bar, lane]))
    return pd.concat(frames, ignore_index=True)


def study_of(panel: qp.Panel, seed: int) -> pd.DataFrame:
    signals = records(panel, rules(panel))
    return event_study(
        signals, panel, horizons=HORIZONS, draws=199, before=0, after=1, minimum=20, fdr=FDR, seed=seed
    ).table


@cache
def studies(walk: Callable[[int], Block]) -> tuple[pd.DataFrame, ...]:
    return tuple(study_of(panel_of(walk(seed)), seed) for seed in range(SETS))


def bound(trials: int, rate: float, chance: float = 1e-3) -> int:
    """The least number of hits that is less likely than `chance` to be exceeded in so many trials of that rate."""
    tail, hits = 1.0, -1
    while tail > chance:
        hits += 1
        tail -= math.comb(trials, hits) * rate**hits * (1.0 - rate) ** (trials - hits)
    return hits


@pytest.mark.parametrize("walk", WALKS)
def test_the_share_of_small_p_values_of_each_rule_stays_at_the_level(walk: Callable[[int], Block]) -> None:
    rows = pd.concat(studies(walk))
    made = rows[rows["p"].notna()]
    tests = made.groupby(["signal_type", "horizon"])["p"]
    assert len(tests) == 9 * len(HORIZONS)
    for level in (0.01, LEVEL, 0.25):
        for rule, p in tests:
            hits = int((p <= level).sum())
            assert hits <= bound(len(p), level, 1e-3 / len(tests)), (rule, level, hits, len(p))


@pytest.mark.parametrize("walk", WALKS)
def test_p_values_are_uniform_one_from_each_data_set(walk: Callable[[int], Block]) -> None:
    p = np.array(
        [table["p"].dropna().iloc[seed % table["p"].notna().sum()] for seed, table in enumerate(studies(walk))]
    )
    for level in (LEVEL, 0.2, 0.5, 0.8):
        assert (p <= level).sum() <= bound(SETS, level), level
        assert (p > level).sum() <= bound(SETS, 1.0 - level), level


@pytest.mark.parametrize("walk", WALKS)
def test_data_sets_with_any_discovery_stay_at_the_false_discovery_rate(walk: Callable[[int], Block]) -> None:
    with_any = sum(table["verdict"].isin(["positive", "negative"]).any() for table in studies(walk))
    assert with_any <= bound(SETS, FDR)


def test_without_control_almost_every_data_set_would_show_something() -> None:
    naive = sum((table["p"] <= LEVEL).any() for table in studies(independent))
    assert naive > SETS / 3


@pytest.mark.parametrize("walk", WALKS)
def test_a_drift_after_the_events_of_one_rule_is_found_there(walk: Callable[[int], Block]) -> None:
    found = noise = 0
    trials = 10
    for seed in range(trials):
        returns = walk(1000 + seed)
        mark = np.random.default_rng(seed).random(returns.shape) < 0.02
        for ahead in range(1, 6):
            returns[ahead:] += 0.5 * 0.01 * mark[:-ahead]
        panel = panel_of(returns)
        chance = {
            f"noise {n}": np.int64(np.random.default_rng([seed, n]).random(mark.shape) < 0.02) for n in range(1, 9)
        }
        signals = records(panel, {"planted": mark.astype(np.int64), **chance})
        table = event_study(signals, panel, horizons=HORIZONS, draws=999, before=0, after=1, minimum=20).table
        verdicts = table.set_index(["signal_type", "horizon"])["verdict"]
        found += verdicts["planted", 5] == "positive"
        noise += int(verdicts.drop("planted", level=0).isin(["positive", "negative"]).sum())
    assert found >= trials - 1
    assert noise <= bound(3 * trials, FDR)  # of some three discoveries a data set
