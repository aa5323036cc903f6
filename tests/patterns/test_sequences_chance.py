"""Nothing is found in noise, and what was planted is found."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.patterns import sequences
from quantperf.signals.significance import benjamini_hochberg

LEVEL = 0.10
SETS = 200


def most_discoveries(sets: int) -> int:
    """With a true rate at the level, more come once in a thousand such tests."""
    chances = [math.comb(sets, k) * LEVEL**k * (1.0 - LEVEL) ** (sets - k) for k in range(sets + 1)]
    return next(k for k in range(sets) if sum(chances[: k + 1]) > 0.999)


def noise(
    seed: int,
    kinds: int = 6,
    bars: int = 300,
    rate: float = 0.05,
    symbols: int = 1,
    common: float = 0.0,
    late: int = 0,
) -> pd.DataFrame:
    """Types that know nothing of each other.

    Of each, a share of the signals comes in all symbols at once; half of the types are not there before a late bar.
    """
    random = np.random.default_rng(seed)
    hits = random.random((kinds, symbols, bars)) < rate
    market = np.broadcast_to(random.random((kinds, 1, bars)) < rate, hits.shape)
    hits = np.where(random.random(hits.shape) < common, market, hits)
    hits[: kinds // 2, :, :late] = False
    kind, symbol, bar = np.nonzero(hits)
    table = pd.DataFrame(
        {"symbol": [f"S{s:03}" for s in symbol], "signal_type": [f"K{k}" for k in kind], "triggered_at": bar}
    )
    return table.assign(known_at=table["triggered_at"], direction=1)


@pytest.mark.parametrize(
    "given",
    [{}, {"kinds": 10, "rate": 0.02}, {"symbols": 4, "common": 0.8, "rate": 0.04}, {"symbols": 4, "late": 150}],
    ids=["one symbol", "rare types", "symbols that move together", "types that warm up"],
)
def test_on_200_records_of_noise_the_share_with_any_discovery_keeps_the_level(given: dict[str, float]) -> None:
    discoveries = 0
    for seed in range(SETS):
        found = sequences(noise(seed, **given), gap=3, draws=99, fdr=LEVEL)  # type: ignore[arg-type]
        discoveries += bool((found.table["verdict"] == "more often than chance").any())
    assert discoveries <= most_discoveries(SETS)


def test_adjusting_the_p_of_what_was_chosen_for_being_there_would_find_too_much() -> None:
    """Why q is not Benjamini's and Hochberg's: sequences are tested because they occur."""
    sets = 100
    records = (noise(seed, symbols=4, common=0.8, rate=0.04) for seed in range(sets))
    tables = [sequences(record, gap=3, draws=199).table for record in records]
    naive = sum(bool((benjamini_hochberg(table["p"]) <= LEVEL).any()) for table in tables)
    assert naive > most_discoveries(sets)


def test_on_random_walks_no_more_than_the_level_seem_to_earn() -> None:
    discoveries, sets = 0, 60
    for seed in range(sets):
        prices = qp.synthetic(symbols=4, bars=250, seed=seed)
        signals = noise(seed, kinds=3, bars=250, rate=0.06, symbols=4, common=0.9)
        stamps = prices.index[signals["triggered_at"]]
        signals = signals.assign(triggered_at=stamps, known_at=(stamps + pd.Timedelta(days=1)).tz_localize("UTC"))
        found = sequences(signals, prices, draws=99, fdr=LEVEL)
        assert (found.table["success_p"].notna()).any()
        discoveries += bool((found.table["success_verdict"] == "better than chance").any())
    assert discoveries <= most_discoveries(sets)


def test_a_planted_sequence_of_three_is_found_and_unrelated_ones_are_not() -> None:
    base = noise(1, kinds=6, bars=2000, rate=0.015)
    random = np.random.default_rng(2)
    starts = np.sort(random.choice(1990, 25, replace=False))
    planted = [(start + step, kind) for start in starts for step, kind in ((0, "A"), (2, "B"), (3, "C"))]
    rows = pd.DataFrame(planted, columns=["triggered_at", "signal_type"]).assign(symbol="S000", direction=1)
    found = sequences(pd.concat([base, rows.assign(known_at=rows["triggered_at"])]), gap=3, draws=199)
    frequent = found.table[found.table["verdict"] == "more often than chance"]
    assert {"A_then_B", "B_then_C", "A_then_B_then_C"} <= set(frequent.index)
    assert not any(set(name.split("_then_")) <= {f"K{k}" for k in range(6)} for name in frequent.index)
    row = found.table.loc["A_then_B_then_C"]
    assert row["count"] >= 15
    assert row["lift"] > 10.0
    assert row["p"] == 1 / 200


def test_a_sequence_after_which_prices_rise_is_found_to_earn() -> None:
    random = np.random.default_rng(5)
    returns = 0.01 * random.standard_normal(1500)
    ends = np.arange(30, 1450, 30)
    for end in ends:
        returns[end + 1 : end + 6] += 0.006
    close = 100.0 * np.exp(np.cumsum(returns))
    start = np.concatenate([[100.0], close[:-1]])
    prices = pd.DataFrame(
        {
            "open": start,
            "high": np.maximum(start, close),
            "low": np.minimum(start, close),
            "close": close,
            "volume": 1.0,
        }
    )
    rows = [(bar, kind) for end in ends for bar, kind in ((end - 1, "A"), (end, "B"))]
    planted = pd.DataFrame(rows, columns=["triggered_at", "signal_type"]).assign(symbol="S000", direction=1)
    others = noise(3, kinds=3, bars=1500, rate=0.04)
    both = pd.concat([planted.assign(known_at=planted["triggered_at"]), others])
    found = sequences(both, prices, draws=999, length=2)
    assert found.table.loc["A_then_B", "success_verdict"] == "better than chance"
    assert found.table.loc["A_then_B", "success_low"] > found.table.loc["A_then_B", "base_rate"]
    noisy = found.table[[set(name.split("_then_")) <= {"K0", "K1", "K2"} for name in found.table.index]]
    assert not (noisy["success_verdict"] == "better than chance").any()


def test_draws_are_the_same_for_the_same_seed() -> None:
    signals = noise(4)
    one, two = (sequences(signals, draws=99, seed=seed).table for seed in (1, 1))
    pd.testing.assert_frame_equal(one, two)
    other = sequences(signals, draws=99, seed=2).table
    assert not other["expected"].equals(one["expected"])
    assert other["count"].to_dict() == one["count"].to_dict()


def test_only_the_most_frequent_are_tested_and_the_others_counted() -> None:
    found = sequences(noise(6, rate=0.1), draws=19, most=5)
    tested = found.table[found.table["p"].notna()]
    assert len(tested) == found.attrs["tested"] == 5
    rest = found.table[(found.table["count"] >= 3) & found.table["p"].isna()]
    assert len(rest) == found.attrs["untested"] > 0
    assert (rest["verdict"] == "not tested").all()
    assert rest["count"].max() <= tested["count"].min()
    few = found.table[found.table["count"] < 3]
    assert (few["verdict"] == "too few").all()


def test_signals_of_a_part_of_the_prices_are_compared_to_that_part() -> None:
    """Turned along all prices, two types of one year in ten would seem to seek each other."""
    prices = qp.synthetic(symbols=1, bars=2500, seed=1)
    signals = noise(7, kinds=2, bars=250, rate=0.1)
    stamps = prices.index[1000 + signals["triggered_at"]]
    signals = signals.assign(triggered_at=stamps, known_at=(stamps + pd.Timedelta(days=1)).tz_localize("UTC"))
    row = sequences(signals, prices, length=2, draws=199).table.loc["K0_then_K1"]
    assert 0.6 < row["lift"] < 1.6
