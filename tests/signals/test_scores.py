"""Success held against that of all bars, with its interval; and the legacy score, whose defects are shown."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.signals.scores import (
    FEWEST,
    every_bar,
    legacy_grade,
    legacy_quality,
    legacy_score,
    quality,
)
from quantperf.signals.significance import wilson


def outcomes(
    returns: Any, *, name: str = "mine", direction: int = 1, every: str = "1D", symbol: str = "A"
) -> pd.DataFrame:
    gains = pd.array(np.asarray(returns, dtype=float))
    known = pd.date_range("2024-01-01", periods=len(gains), freq=every, tz="UTC")
    move = np.asarray(returns, dtype=float) * direction
    success = pd.array(move > 0.0, dtype="boolean")
    success[np.isnan(move) | (direction == 0)] = pd.NA
    return pd.DataFrame(
        {
            "symbol": symbol,
            "signal_type": name,
            "known_at": known,
            "at_1d": known + pd.Timedelta(days=1),
            "direction": np.int8(direction),
            "return_1d": np.asarray(returns, dtype=float),
            "success_1d": success,
            "max_drawdown": np.minimum(move, 0.0),
        }
    )


def test_success_is_held_against_the_rate_of_all_bars() -> None:
    frame = outcomes([1.0] * 30 + [-1.0] * 10 + [np.nan] * 2)
    row = quality(frame, {1: 0.5}).loc["mine"]
    assert (row["count"], row["known"], row["independent"]) == (42, 40, 40)
    assert row["success"] == 0.75
    assert (row["success_low"], row["success_high"]) == wilson(30, 40)
    assert row["lift"] == 0.25
    assert row["lift_low"] == row["success_low"] - 0.5
    assert row["mean_return"] == pytest.approx(0.5)
    z = 0.25 / math.sqrt(0.25 / 40)
    assert row["p"] == pytest.approx(0.5 * math.erfc(z / math.sqrt(2.0)))
    assert row["quality"] == pytest.approx(100.0 - 100.0 * row["p"])


def test_a_type_that_is_as_good_as_any_bar_has_quality_50() -> None:
    """A rising market makes most signals upwards come true; that is nothing."""
    frame = outcomes([1.0] * 30 + [-1.0] * 10)
    assert quality(frame, {1: 0.75}).loc["mine", "quality"] == pytest.approx(50.0)
    assert quality(frame, {1: 0.9}).loc["mine", "quality"] < 1.0


def test_a_right_short_is_a_success() -> None:
    """A fall after a signal downwards is a gain."""
    row = quality(outcomes([-2.0] * 20, direction=-1), {-1: 0.5}).loc["mine"]
    assert row["success"] == 1.0
    assert row["mean_return"] == 2.0
    assert row["quality"] > 99.9


def test_what_has_no_direction_or_too_few_signals_has_no_quality() -> None:
    frame = pd.concat(
        [
            outcomes([1.0] * 30, name="low_volume", direction=0),
            outcomes([1.0] * (FEWEST - 1), name="rare"),
            outcomes([np.nan] * 20, name="open"),
            outcomes([1.0] * 20, name="sure"),
        ],
        ignore_index=True,
    )
    table = quality(frame, {1: 0.5, -1: 0.5})
    assert table.index.tolist() == ["low_volume", "rare", "open", "sure"]
    assert table["quality"].notna().tolist() == [False, False, False, True]
    assert table["success"].notna().tolist() == [False, True, False, True]
    assert table.loc["low_volume", ["known", "independent"]].tolist() == [0, 0]
    assert quality(frame, {1: 1.0}).loc["sure", "quality"] != quality(frame, {1: 0.5}).loc["sure", "quality"]
    assert math.isnan(quality(frame, {1: 1.0}).loc["sure", "quality"])
    assert math.isnan(quality(frame, {-1: 0.5}).loc["sure", "base"])


def test_signals_that_share_their_bars_count_once() -> None:
    """A level that holds for a day is one piece of evidence, though it fires on every hour of it."""
    hourly = outcomes([1.0] * 240, every="1h")
    row = quality(hourly, {1: 0.5}).loc["mine"]
    assert row["independent"] == 10
    assert (row["success_low"], row["success_high"]) == wilson(10.0, 10)
    two = pd.concat([hourly, hourly.assign(symbol="B")])
    assert quality(two, {1: 0.5}).loc["mine", "independent"] == 20


def test_chance_alone_rarely_looks_good() -> None:
    """Of 400 types that are worth nothing, about 5 % have a p below 0.05: 20, and above 38 once in 10 000 times."""
    rng = np.random.default_rng(7)
    frames = [outcomes(np.where(rng.random(200) < 0.54, 1.0, -1.0), name=f"type{i}") for i in range(400)]
    table = quality(pd.concat(frames, ignore_index=True), {1: 0.54})
    low = int((table["p"] < 0.05).sum())
    assert 5 <= low <= 38
    assert (table["p_adjusted"] >= table["p"]).all()
    assert int((table["p_adjusted"] < 0.05).sum()) <= 1
    covered = ((table["success_low"] <= 0.54) & (table["success_high"] >= 0.54)).sum()
    assert covered >= 363  # 95 % of 400 is 380; fewer than 363 once in 10 000 times


def test_the_base_rate_is_that_of_every_bar_of_the_symbols() -> None:
    panel = qp.sample()[["IBM", "MSFT"]]
    signals = every_bar(panel).iloc[::50]
    down = signals.assign(direction=np.int8(-1), signal_type="down")
    found = qp.outcomes(pd.concat([signals, down], ignore_index=True), panel)
    table = quality(found, panel, horizon="1w")
    closes = {name: qp.sample(name)["close"] for name in ("IBM", "MSFT")}
    everything = qp.outcomes(every_bar(panel), panel)
    wanted = []
    for name in signals["symbol"][found["success_1w"].notna().to_numpy()[: len(signals)]]:
        gains = everything.loc[everything["symbol"] == name, "return_1w"].dropna()
        assert 0 < len(gains) < len(closes[name])
        wanted.append((gains > 0.0).mean())
    assert table.loc["every_bar", "base"] == pytest.approx(np.mean(wanted), abs=1e-12)
    assert table.loc["down", "base"] < 1.0 - table.loc["every_bar", "base"] + 1e-12
    one = quality(found[found["symbol"] == "IBM"], qp.sample("IBM"), horizon="1w")
    both = quality(found[found["symbol"] == "IBM"], panel, horizon="1w")
    pd.testing.assert_frame_equal(one, both)


def test_the_base_rates_that_outcomes_hold_are_taken_by_default() -> None:
    prices = qp.sample("IBM")
    found = qp.outcomes(every_bar(prices).iloc[::20], prices, horizons=("1d", 5))
    for horizon in ("1d", 5):
        rates = found.attrs["base_rates"][str(horizon)]
        table = quality(found, horizon=horizon)
        assert table.loc["every_bar", "base"] == rates["up"]
        assert table.loc["every_bar", "independent"] == table.loc["every_bar", "known"]
        pd.testing.assert_frame_equal(table, quality(found, prices, horizon=horizon))
    dense = qp.outcomes(every_bar(prices), prices, horizons=(5,))
    row = quality(dense, horizon=5).loc["every_bar"]
    assert abs(row["independent"] - row["known"] / 5) <= 1
    assert row["quality"] == pytest.approx(50.0)


def test_numbered_bars_have_qualities_too() -> None:
    prices = qp.sample("IBM").reset_index(drop=True)
    found = qp.outcomes(every_bar(prices).iloc[::2], prices, horizons=(4,))
    row = quality(found, horizon=4).loc["every_bar"]
    assert row["independent"] == -(-row["known"] // 2)


def test_mistakes_are_named() -> None:
    frame = outcomes([1.0])
    with pytest.raises(qp.DataError, match="these outcomes hold no attrs"):
        quality(frame)
    with pytest.raises(qp.DataError, match="return_1w, at_1w lack"):
        quality(frame, {1: 0.5}, horizon="1w")
    with pytest.raises(qp.ParameterError, match="rates from 0 to 1, got 54"):
        quality(frame, {1: 54})
    with pytest.raises(qp.DataError, match="base must be prices"):
        quality(frame, 0.5)  # type: ignore[arg-type]
    with pytest.raises(qp.ParameterError, match="confidence"):
        quality(frame, {1: 0.5}, confidence=95)
    with pytest.raises(qp.DataError, match="prices must be a Panel or a frame of bars, got list"):
        every_bar([1.0])  # type: ignore[arg-type]
    with pytest.raises(qp.DataError, match="max_drawdown lack"):
        legacy_quality(frame.drop(columns="max_drawdown"))


# ------------------------------------------------------------------------------------------------------------- legacy


@pytest.mark.parametrize(
    ("facts", "score"),
    [
        ((0.0, 0.0, -20.0, 0.0, 0), 0.0),
        ((0.1, 0.0, -30.0, 0.0, 0), 10.0),
        ((0.2, 0.0, -20.0, 0.0, 0), 20.0),
        ((0.0, -4.0, -20.0, 0.0, 0), 0.0),
        ((0.0, 4.0, -20.0, 0.0, 0), 8.0),
        ((0.0, 40.0, -20.0, 0.0, 0), 20.0),
        ((0.0, 0.0, -4.0, 0.0, 0), 12.0),
        ((0.0, 0.0, -20.0, 1.0, 0), 7.5),
        ((0.0, 0.0, -20.0, math.inf, 0), 15.0),
        ((0.0, 0.0, -20.0, 0.0, 7), 3.5),
        ((0.0, 0.0, -20.0, 0.0, 99), 10.0),
    ],
)
def test_the_legacy_score_is_the_sum_of_its_parts(facts: tuple[float, float, float, float, int], score: float) -> None:
    found = legacy_score(*facts)
    assert found["score"] == pytest.approx(score)
    assert sum(found.values()) == pytest.approx(2.0 * score)


def test_legacy_gives_a_success_rate_of_20_percent_full_marks_and_80_of_100_at_most() -> None:
    """A success rate of a fifth earned full marks; ours does not."""
    mostly_wrong = outcomes([12.0] * 8 + [-0.1] * 32)
    table = legacy_quality(mostly_wrong)
    assert table.loc["mine", "success"] == 20.0
    always_right = legacy_quality(outcomes([12.0] * 40))
    assert always_right.loc["mine", "success"] == 20.0
    assert always_right.loc["mine", "score"] == 80.0
    assert always_right.loc["mine", "grade"] == "A"
    assert quality(mostly_wrong, {1: 0.54}).loc["mine", "quality"] < 1.0
    assert quality(outcomes([12.0] * 40), {1: 0.54}).loc["mine", "quality"] > 99.9


def test_legacy_grades_change_at_80_70_60_and_50() -> None:
    assert [legacy_grade(score) for score in (80, 79.9, 70, 69.9, 60, 59.9, 50, 49.9, 0)] == list("ABBCCDDFF")


def test_legacy_quality_by_type() -> None:
    frame = pd.concat(
        [
            outcomes([1.0, -2.0, np.nan, 3.0], name="mixed"),
            outcomes([np.nan], name="open"),
            outcomes([0.0, 0.0], name="flat"),
            outcomes([-1.0, -3.0], name="short", direction=-1),
        ],
        ignore_index=True,
    )
    table = legacy_quality(frame)
    assert table.index.tolist() == ["mixed", "open", "flat", "short"]
    mixed = table.loc["mixed"]
    assert mixed["return"] == pytest.approx(2.0 * (1.0 - 2.0 + 3.0) / 3.0)
    assert mixed["drawdown"] == 15.0 - 0.75 * 2.0
    assert mixed["profit_factor"] == 15.0
    assert mixed["count"] == 1.5
    assert table.loc["open"].isna().all()
    assert table.loc["flat", "profit_factor"] == 0.0
    assert table.loc["short", "return"] == 4.0
