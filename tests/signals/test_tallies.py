"""What came of types of signals, against what prices do anyway; and both pairs of fast and plain on real prices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.market.moments import closing_times
from quantperf.performance.optimisation import REGISTRY
from quantperf.signals.optimisations_outcomes import register
from quantperf.signals.significance import wilson
from quantperf.signals.tallies import overview


def signals_at(panel: qp.Panel, count: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    bars = np.sort(random.integers(0, len(panel) - 10, count))
    frame = pd.DataFrame({"symbol": random.choice(np.array(panel.symbols), count), "triggered_at": panel.index[bars]})
    frame["known_at"] = closing_times(panel.index)[bars]
    return frame.assign(signal_type=random.choice(["a", "b"], count), direction=random.choice([-1, 0, 1], count))


def test_figures_follow_from_the_rows() -> None:
    panel = qp.synthetic(symbols=3, bars=400, seed=2)
    found = qp.outcomes(signals_at(panel, 200, 1), panel, horizons=("1h", "1d", "1w"))
    table = overview(found).set_index(["signal_type", "horizon"])
    rows = found[(found["signal_type"] == "a") & (found["direction"] != 0)]
    row = table.loc[("a", "1w")]
    gained = rows["return_1w"] * rows["direction"]
    assert row["known"] == len(rows)
    assert row["success_rate"] == (gained > 0).mean()
    assert (row["low"], row["high"]) == wilson((gained > 0).sum(), len(rows))
    rates = found.attrs["base_rates"]["1w"]
    wanted = np.where(rows["direction"] > 0, rates["up"], rates["down"]).mean()
    assert row["base_rate"] == pytest.approx(wanted)
    assert row["profit_factor"] == pytest.approx(gained.clip(lower=0).sum() / -gained.clip(upper=0).sum())
    assert table.loc["a", list("ABCDF")].iloc[1].sum() == found.loc[found["signal_type"] == "a", "grade"].notna().sum()
    assert table.loc[("a", "1h"), "known"] == 0
    assert np.isnan(table.loc[("a", "1h"), "success_rate"])


def test_random_signals_are_seldom_above_the_base_and_a_look_ahead_always_is() -> None:
    panel = qp.synthetic(symbols=5, bars=800, seed=3)
    verdicts = []
    for seed in range(40):
        found = qp.outcomes(signals_at(panel, 150, seed), panel, horizons="1d")
        verdicts += overview(found, minimum=20)["verdict"].tolist()
        if not seed:
            seen = found.assign(direction=np.sign(found["return_1d"]), success_1d=found["return_1d"] != 0.0)
            assert overview(seen, minimum=20)["verdict"].eq("above base").all()
    outside = sum(verdict != "none shown" for verdict in verdicts)
    assert len(verdicts) == 80
    assert outside <= 10  # 5 % of 80 are 4; more than 10 have a chance below 0.003


def test_few_signals_have_no_verdict() -> None:
    panel = qp.synthetic(symbols=2, bars=100, seed=3)
    found = qp.outcomes(signals_at(panel, 8, 1), panel, horizons="1d")
    assert overview(found)["verdict"].eq("too few").all()
    assert len(overview(qp.outcomes(signals_at(panel, 0, 1), panel))) == 0
    with pytest.raises(qp.DataError, match=r"what quantperf\.outcomes gave"):
        overview(found[["symbol"]].copy())


def test_signals_of_rules_go_through_outcomes_and_a_backtest() -> None:
    panel = qp.sample()
    signals = qp.signals(panel)
    found = qp.outcomes(signals, panel)
    assert found["id"].equals(signals["id"])
    assert sum(found.attrs["counts"].values()) == len(signals)
    assert overview(found).groupby("signal_type")["signals"].first().sum() == len(signals)
    assert (overview(found).set_index("signal_type").loc["low_volume", "verdict"] == "too few").all()
    traded = qp.backtest(signals, panel, days=90, stop=5.0, take=10.0)
    assert set(traded.trades["signal_id"]) < set(signals["id"])
    assert len(traded.trades) + sum(traded.skipped.values()) == len(signals)
    last = found["known_at"].max()
    assert (traded.trades["known_at"] >= last - pd.Timedelta(days=95)).all()


def test_both_pairs_are_equal_on_real_prices_and_on_edge_cases() -> None:
    register()
    for name in ("outcomes.horizons", "outcomes.backtest"):
        assert REGISTRY[name].enabled
        parities = REGISTRY[name].verify()
        assert len(parities) > 5
        assert [parity.case for parity in parities if not parity.equal] == []
