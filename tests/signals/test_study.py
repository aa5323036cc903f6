"""The event study against plain loops, planted effects and what must not matter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.reference import study as reference
from quantperf.signals.optimisations_study import event_rows, register
from quantperf.signals.significance import usual_causes
from quantperf.signals.study import EventStudy, event_study

BARS = 600


def walks(symbols: int, seed: int = 0, bars: int = BARS, holes: float = 0.0, late: int = 0) -> qp.Panel:
    """Independent random walks; opens lie between two closes."""
    random = np.random.default_rng(seed)
    path = np.cumsum(0.01 * random.standard_normal((2 * bars, symbols)), axis=0)
    opens, closes = 50.0 * np.exp(path[::2]), 50.0 * np.exp(path[1::2])
    gone = random.random(closes.shape) < holes
    gone[:late, -1] = True
    for block in (opens, closes):
        block[gone] = np.nan
    return qp.Panel.from_blocks(
        open=opens, high=np.maximum(opens, closes), low=np.minimum(opens, closes), close=closes,
        volume=np.where(gone, np.nan, 1e6), index=pd.bdate_range("2020-01-01", periods=bars, unit="us"),
    )  # fmt: skip


def records(panel: qp.Panel, mask: np.ndarray, kind: Any = "A", direction: Any = 1) -> pd.DataFrame:
    """A record for each place of the mask, known at the end of its day."""
    bar, lane = np.nonzero(mask)
    days = panel.index[bar]
    signals = pd.DataFrame({"symbol": np.array(panel.symbols)[lane], "signal_type": kind, "triggered_at": days})
    signals["known_at"] = (days + pd.Timedelta(days=1)).tz_localize("UTC")
    return signals.assign(direction=direction)


def chance(panel: qp.Panel, rate: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(panel.shape) < rate


def study(signals: pd.DataFrame, prices: Any, **options: Any) -> EventStudy:
    return event_study(signals, prices, **{"draws": 99, "before": 2, "after": 3, **options})


@pytest.mark.parametrize(("span", "holes", "late"), [(1, 0.0, 0), (5, 0.1, 0), (10, 0.05, 250)])
def test_the_table_equals_plain_loops(span: int, holes: float, late: int) -> None:
    panel = walks(3, seed=span, holes=holes, late=late)
    random = np.random.default_rng(span)
    events = np.where(chance(panel, 0.06), random.choice([-1.0, 1.0], size=panel.shape), 0.0)
    wanted = reference.event_rows(events, panel.block("open"), panel.block("close"), span, 49, 7)
    signals = records(panel, events != 0.0).assign(direction=events[events != 0.0].astype(int))
    row = study(signals, panel, horizons=span, draws=49, seed=7).table.iloc[0]
    found = row[["events", "mean", "base", "excess", "success", "base_success", "t", "p"]].to_numpy(dtype=float)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
    assert row["left_out"] == (events != 0.0).sum() - row["events"]


def test_the_registered_optimisation_is_proved_on_real_prices_and_edge_cases() -> None:
    register()
    made = qp.REGISTRY["signals.event_study"]
    assert made.candidate is event_rows
    for parity in made.verify(edge_cases=["NaN first", "NaN in the middle", "all NaN", "empty", "one bar"]):
        assert parity.equal, (parity.case, parity.mismatch)


@pytest.mark.parametrize("entry", ["next_open", "close"])
def test_returns_begin_where_one_could_have_acted(entry: Any) -> None:
    panel = walks(1)
    mask = chance(panel, 0.1)
    mask[-3:] = False
    row = study(records(panel, mask), panel, horizons=3, entry=entry).table.iloc[0]
    bar = np.flatnonzero(mask[:, 0])
    close, first = panel.block("close")[:, 0], panel.block("open")[:, 0]
    paid = first[bar + 1] if entry == "next_open" else close[bar]
    assert row["mean"] == pytest.approx(np.log(close[bar + 3] / paid).mean())
    assert row["success"] == pytest.approx((close[bar + 3] > paid).mean())
    assert row["mean"] - row["base"] == pytest.approx(row["excess"])


def test_a_signal_that_is_confirmed_later_is_acted_on_later() -> None:
    panel = walks(1)
    mask = chance(panel, 0.05)
    mask[-10:] = False
    early, late = records(panel, mask), records(panel, np.roll(mask, 2, axis=0))
    confirmed = early.assign(known_at=late["known_at"])
    assert study(confirmed, panel).table["mean"].equals(study(late, panel).table["mean"])
    assert not study(early, panel).table["mean"].equals(study(late, panel).table["mean"])


def test_a_fall_that_was_foretold_is_a_success() -> None:
    panel = walks(2)
    mask = chance(panel, 0.1)
    up, down = (study(records(panel, mask, direction=sign), panel).table for sign in (1, -1))
    none = study(records(panel, mask, direction=0), panel).table
    assert np.allclose(up[["mean", "base", "excess", "t"]], -down[["mean", "base", "excess", "t"]])
    assert np.allclose(up["success"], 1.0 - down["success"])
    assert up["p"].equals(down["p"])
    pd.testing.assert_frame_equal(up, none)
    pd.testing.assert_frame_equal(up, study(records(panel, mask).drop(columns="direction"), panel).table)


def planted(seed: int, deviations: float = 0.5, direction: int = 1) -> tuple[qp.Panel, pd.DataFrame]:
    """Five bars of drift after each event, in the direction it foretells, among events that mean nothing."""
    panel = walks(4, seed=seed, bars=1000)
    mask = chance(panel, 0.02, seed=seed + 1)
    drift = np.zeros(panel.shape)
    for ahead in range(1, 6):
        drift[ahead:] += mask[:-ahead]
    lift = np.exp(np.cumsum(direction * deviations * 0.01 * math.sqrt(2.0) * drift, axis=0))
    blocks = {name: panel.block(name) * lift for name in ("open", "high", "low", "close")}
    moved = qp.Panel.from_blocks(**blocks, volume=panel.block("volume"), index=panel.index, symbols=panel.symbols)
    kinds = [records(moved, mask, "planted", direction)]
    kinds += [records(moved, chance(panel, 0.02, seed=seed + 10 + n), f"noise {n}", 1) for n in range(8)]
    return moved, pd.concat(kinds, ignore_index=True)


@pytest.mark.parametrize(
    ("direction", "declared", "verdict"), [(1, 1, "positive"), (-1, -1, "positive"), (-1, 1, "negative")]
)
def test_a_planted_effect_is_found_with_its_side(direction: int, declared: int, verdict: str) -> None:
    panel, signals = planted(seed=4, direction=direction)
    signals.loc[signals["signal_type"] == "planted", "direction"] = declared
    found = study(signals, panel, horizons=(1, 5), draws=499)
    verdicts = found.table.set_index(["signal_type", "horizon"])["verdict"]
    assert verdicts["planted", 5] == verdict
    row = found.table[found.table["signal_type"] == "planted"].iloc[1]
    assert row["low"] > 0.0 if verdict == "positive" else row["high"] < 0.0
    assert (row["success"] > row["base_success"]) == (verdict == "positive")
    assert len(found.found) <= 4
    path = found.paths[found.paths["signal_type"] == "planted"].set_index("bar")["mean"]
    assert (path[3] > path[0]) == (verdict == "positive")
    assert path[0] == 0.0


def test_q_is_made_over_all_tests_and_over_no_others() -> None:
    panel, signals = planted(seed=4)
    few = records(panel, np.repeat(np.arange(panel.shape[0])[:, None] % 200 == 0, 4, axis=1), "few")
    found = study(pd.concat([signals, few], ignore_index=True), panel, horizons=(1, 5))
    rows = found.table[found.table["signal_type"] == "few"]
    assert (rows["verdict"] == "too few").all()
    assert rows["p"].isna().all()
    assert rows["q"].isna().all()
    assert (rows["bars"] == 5).all()
    assert rows["events"].tolist() == [20, 20]  # four symbols on a bar are one observation
    alone = study(signals, panel, horizons=(1, 5))
    assert found.tests == alone.tests == 18
    both = found.table[found.table["signal_type"] != "few"].reset_index(drop=True)
    pd.testing.assert_frame_equal(both, alone.table)


def test_windows_that_overlap_do_not_narrow_an_interval() -> None:
    panel = walks(1, bars=2500)
    runs = (np.arange(2500) // 25 % 4 == 0)[:, None]  # events on 25 bars in a row, then none on 75
    row = study(records(panel, runs), panel, horizons=20).table.iloc[0]
    bar = np.flatnonzero(runs[:-20, 0])
    close, first = panel.block("close")[:, 0], panel.block("open")[:, 0]
    returns = np.log(close[bar + 20] / first[bar + 1])
    naive = 2.0 * 1.96 * returns.std() / math.sqrt(len(returns))
    assert row["high"] - row["low"] > 2.5 * naive
    assert row["effective"] < row["events"] / 5


def test_symbols_that_move_together_do_not_narrow_an_interval() -> None:
    one = walks(1, bars=1500)
    mask = chance(one, 0.05)
    close = np.repeat(one.block("close"), 10, axis=1)
    many = qp.Panel.from_blocks(
        open=np.repeat(one.block("open"), 10, axis=1), high=close, low=close, close=close, volume=close, index=one.index
    )
    single = study(records(one, mask), one, horizons=5).table
    tenfold = study(records(many, np.repeat(mask, 10, axis=1)), many, horizons=5).table
    same = ["bars", "mean", "excess", "low", "high", "success", "p", "q", "t", "success_low"]
    np.testing.assert_allclose(single[same].to_numpy(dtype=float), tenfold[same].to_numpy(dtype=float), rtol=1e-6)
    assert tenfold["effective"].iloc[0] < 1.2 * single["effective"].iloc[0] < 1.2 * mask.sum() + 1e-9


def test_intervals_of_overlapping_windows_hold_the_truth_as_often_as_they_say() -> None:
    trials, missed, naive = 120, 0, 0
    for seed in range(trials):
        panel = walks(2, seed=seed, bars=1500)
        runs = np.repeat(np.random.default_rng(seed).random((150, 1)) < 0.3, 10, axis=0)
        row = study(records(panel, np.repeat(runs, 2, axis=1)), panel, horizons=10, draws=199, seed=seed).table.iloc[0]
        missed += not row["low"] <= 0.0 <= row["high"]
        close, first = panel.block("close"), panel.block("open")
        bar = np.flatnonzero(runs[:-10, 0])
        returns = np.log(close[bar + 10] / first[bar + 1]).ravel()
        naive += abs(row["excess"]) > 1.96 * returns.std() / math.sqrt(len(returns))
    assert missed <= trials * 0.05 + 4.5 * math.sqrt(trials * 0.05 * 0.95)
    assert naive > trials * 0.25


def test_against_the_market_a_common_move_is_no_effect() -> None:
    panel = walks(6, seed=3, bars=1000)
    mask = np.zeros(panel.shape, dtype=bool)
    mask[np.arange(0, 990, 11)] = True
    lift = np.ones(panel.shape[0])
    lift[1:] = np.exp(np.cumsum(0.01 * mask[:-1, 0]))
    blocks = {name: panel.block(name) * lift[:, None] for name in ("open", "high", "low", "close")}
    for name in ("open", "high", "low"):  # the move comes after the open
        blocks[name] = panel.block(name) * np.concatenate([[1.0], lift[:-1]])[:, None]
    blocks["high"], blocks["low"] = (
        np.maximum(blocks["high"], blocks["close"]),
        np.minimum(blocks["low"], blocks["close"]),
    )
    moved = qp.Panel.from_blocks(**blocks, volume=panel.block("volume"), index=panel.index)
    mask[:, 3:] = False
    signals = records(moved, mask)
    assert study(signals, moved, horizons=1).table["verdict"].tolist() == ["positive"]
    assert study(signals, moved, horizons=1, benchmark="market").table["verdict"].tolist() == ["none shown"]


def test_what_lacks_a_price_is_left_out_and_counted() -> None:
    panel = walks(2, holes=0.1)
    mask = chance(panel, 0.2)
    signals = records(panel, mask)
    strange = signals.head(3).assign(symbol=["nobody", "S000", "S001"])
    strange.loc[1, "triggered_at"] = pd.Timestamp("1999-01-01")
    strange.loc[2, "signal_type"] = None
    found = study(pd.concat([signals, strange], ignore_index=True), panel, horizons=(1, 600))
    assert found.settings["lost"] == 3
    assert "3 of them without a place in the prices" in str(found)
    near, far = found.table.iloc[0], found.table.iloc[1]
    assert near["events"] + near["left_out"] == mask.sum()
    assert 0.1 < near["left_out"] / mask.sum() < 0.3
    assert (far["events"], far["left_out"], far["verdict"]) == (0, mask.sum(), "too few")
    assert np.isnan(far["mean"])


def test_a_horizon_that_the_bars_cannot_tell_apart_is_not_tested() -> None:
    panel = walks(1, bars=200)
    found = study(records(panel, chance(panel, 0.4)), panel, horizons=(5, 60)).table
    assert found["p"].notna().tolist() == [True, False]
    assert found["low"].notna().tolist() == [True, False]


def test_nothing_that_does_not_matter_matters() -> None:
    panel = walks(3, holes=0.02)
    signals = pd.concat(
        [records(panel, chance(panel, 0.1, seed=n), kind) for n, kind in enumerate(("A", "B"))], ignore_index=True
    )
    wanted = study(signals, panel)
    shuffled = signals.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(study(shuffled, panel).table, wanted.table)
    pd.testing.assert_frame_equal(study(shuffled, panel).paths, wanted.paths)
    before = signals.copy()
    study(signals, panel)
    pd.testing.assert_frame_equal(signals, before)
    turned = panel[list(panel.symbols[::-1])]
    np.testing.assert_allclose(
        study(signals, turned).table[["excess", "low", "high", "p"]], wanted.table[["excess", "low", "high", "p"]]
    )
    scaled = {name: 7.0 * panel.block(name) for name in ("open", "high", "low", "close")}
    dear = qp.Panel.from_blocks(**scaled, volume=panel.block("volume"), index=panel.index)
    np.testing.assert_allclose(study(signals, dear).table["excess"], wanted.table["excess"], atol=1e-12)
    assert not study(signals, panel, seed=1).table["low"].equals(wanted.table["low"])


def test_a_frame_of_one_symbol_is_a_panel_of_one() -> None:
    panel = walks(1)
    signals = records(panel, chance(panel, 0.1))
    frame = panel["S000"].rename(columns=str.title)
    named = signals.assign(symbol="")
    pd.testing.assert_frame_equal(study(named, frame).table, study(signals, panel).table)
    numbered = frame.reset_index(drop=True)
    places = np.flatnonzero(chance(panel, 0.1)[:, 0])
    bare = pd.DataFrame({"symbol": "", "signal_type": "A", "triggered_at": places, "known_at": places, "direction": 1})
    pd.testing.assert_frame_equal(study(bare, numbered).table, study(named, frame).table)


def test_paths_are_the_returns_around_events() -> None:
    panel = walks(2, holes=0.05)
    mask = chance(panel, 0.1)
    found = study(records(panel, mask), panel, before=4, after=6).paths
    assert found["bar"].tolist() == list(range(-4, 7))
    logs = np.log(panel.block("close"))
    for offset in (-4, 3):
        moved = np.full(logs.shape, np.nan)
        if offset > 0:
            moved[:-offset] = logs[offset:] - logs[:-offset]
        else:
            moved[-offset:] = logs[:offset] - logs[-offset:]
        rows = np.flatnonzero(~np.isnan(moved).all(axis=1))
        kept = slice(rows[0], rows[-1] + 1)
        before = usual_causes(kept.stop - kept.start)
        excess = np.stack([reference.excess_returns(moved[kept, j], before) for j in range(2)], axis=1)[mask[kept]]
        row = found[found["bar"] == offset].iloc[0]
        assert row["mean"] == pytest.approx(np.nanmean(excess))
        assert row["events"] == (~np.isnan(excess)).sum()
        assert row["low"] < row["mean"] < row["high"]


def test_no_signals_give_an_empty_study() -> None:
    panel = walks(1)
    found = study(records(panel, np.zeros(panel.shape, dtype=bool)), panel)
    assert len(found.table) == len(found.paths) == found.tests == 0
    assert list(found.table) == list(study(records(panel, chance(panel, 0.1)), panel).table)
    assert "0 signals of 0 kinds" in str(found)
    with pytest.raises(qp.ParameterError, match="kinds must be some of"):
        found.plot()


def test_it_is_shown_as_text_as_a_table_and_as_a_picture() -> None:
    panel, signals = planted(seed=4)
    signals["signal_type"] = signals["signal_type"].replace("noise 0", "<noise>")
    found = study(signals, panel, horizons=5)
    assert found.text == str(found)
    assert "tests show an effect at a false discovery rate of 10%" in repr(found)
    assert "planted" in str(found)
    page = found._repr_html_()
    assert "&lt;noise&gt;" in page
    assert page.count("<tr") == 1 + len(found.table)
    pytest.importorskip("matplotlib")
    figure = found.plot()
    assert len([axis for axis in figure.axes if axis.get_visible()]) == 9
    assert "positive" in found.plot(["planted"]).axes[0].get_title()
    with pytest.raises(qp.ParameterError, match="kinds must be some of"):
        found.plot(["nothing"])


def test_kinds_may_be_told_by_any_column() -> None:
    panel = walks(1)
    signals = records(panel, chance(panel, 0.2)).assign(market_condition=lambda frame: np.arange(len(frame)) % 2)
    found = study(signals, panel, by="market_condition", horizons=1)
    assert found.table["market_condition"].tolist() == [0, 1]
    assert next(iter(found.paths)) == "market_condition"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizons": ()}, "at least one, got"),
        ({"horizons": (1, 1)}, "different numbers of bars"),
        ({"horizons": 0}, "horizons must be a whole number of at least 1, got 0"),
        ({"before": -1}, "before must be a whole number"),
        ({"after": 0}, "after must be a whole number"),
        ({"entry": "open"}, "entry must be one of 'next_open', 'close', got 'open'"),
        ({"benchmark": "mean"}, "benchmark must be 'market' or None"),
        ({"benchmark": "market"}, "at least 2 symbols"),
        ({"draws": 10}, "draws must be a whole number of at least 19, got 10"),
        ({"confidence": 1.0}, "confidence must lie between 0 and 1"),
        ({"fdr": 0}, "fdr must lie between 0 and 1"),
        ({"minimum": 0}, "minimum must be"),
        ({"seed": -1}, "seed must be"),
    ],
)  # fmt: skip
def test_parameters_are_checked(options: dict[str, Any], message: str) -> None:
    panel = walks(1, bars=50)
    with pytest.raises(qp.ParameterError, match=message):
        study(records(panel, chance(panel, 0.2)), panel, **options)


def test_data_are_checked() -> None:
    panel = walks(1, bars=50)
    signals = records(panel, chance(panel, 0.2))
    with pytest.raises(qp.DataError, match="column 'signal_typ'; did you mean 'signal_type'"):
        study(signals, panel, by="signal_typ")
    with pytest.raises(qp.DataError, match="known_at lack"):
        study(signals.drop(columns="known_at"), panel)
    with pytest.raises(qp.DataError, match=r"direction must be \+1, -1 or 0"):
        study(signals.assign(direction=2), panel)
    with pytest.raises(qp.DataError, match="prices must be a Panel or a frame of bars, got ndarray"):
        study(signals, panel.block("close"))
    with pytest.raises(qp.DataError, match="signals must be a frame of records, got list"):
        study([], panel)  # type: ignore[arg-type]
