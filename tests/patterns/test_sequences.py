"""Sequences of signals: what they are, what is known of them and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.market.moments import closing_times
from quantperf.patterns import sequences
from quantperf.patterns.sequence_value import Sequences
from quantperf.reference import sequences as plain

MONDAY = pd.Timestamp("2024-01-01")


def frame(rows: list[tuple[Any, str, str]], prices: Any = None, direction: int = 1) -> pd.DataFrame:
    """Signals of (stamp, type, symbol)."""
    table = pd.DataFrame(rows, columns=["triggered_at", "signal_type", "symbol"])
    if prices is None:
        table["known_at"] = table["triggered_at"]
    else:
        closed = pd.Series(closing_times(prices.index), index=prices.index)
        table["known_at"] = closed.loc[table["triggered_at"]].array
    return table.assign(direction=direction)


def panel(bars: int = 260, symbols: int = 3, seed: int = 4) -> qp.Panel:
    return qp.synthetic(symbols=symbols, bars=bars, seed=seed)


def noise(prices: qp.Panel, seed: int, kinds: int = 5, rate: float = 0.06) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    hits = np.argwhere(random.random((len(prices), len(prices.symbols), kinds)) < rate)
    rows = [(prices.index[t], f"K{k}", prices.symbols[s]) for t, s, k in hits]
    return frame(rows, prices)


def names(found: Sequences) -> list[str]:
    return sorted(found.table.index)


# What a sequence is


def test_windows_of_two_to_five_consecutive_signals_each_with_all_of_its_types() -> None:
    rows = [(bar, kind, "A") for bar, kind in enumerate("abcde")]
    found = sequences(frame(rows), gap=1)
    wanted = {"_then_".join("abcde"[i:j]) for i in range(5) for j in range(i + 2, 6)}
    assert set(found.table.index) == wanted
    assert len(found.occurrences) == 10
    assert found.occurrences["length"].value_counts().to_dict() == {2: 4, 3: 3, 4: 2, 5: 1}


def test_trap_22_sequences_that_differ_in_the_fourth_type_have_two_names() -> None:
    rows = [(bar, kind, "A") for bar, kind in enumerate("abcd")] + [
        (50 + n, kind, "A") for n, kind in enumerate("abce")
    ]
    found = sequences(frame(rows), gap=1, length=4)
    assert names(found) == ["a_then_b_then_c_then_d", "a_then_b_then_c_then_e"]
    assert found.table["count"].tolist() == [1, 1]


def test_trap_22_on_daily_bars_one_bar_crosses_the_weekend_and_24_hours_never_do() -> None:
    days = pd.bdate_range(MONDAY, periods=10)
    prices = qp.synthetic(symbols=1, bars=10, seed=0, start="2024-01-01").frame("S000")
    assert prices.index.equals(days)
    friday, monday, tuesday = days[4], days[5], days[6]
    rows = [(friday, "a", "S000"), (monday, "b", "S000"), (tuesday, "c", "S000")]
    assert names(sequences(frame(rows, prices), prices, gap=1)) == ["a_then_b", "a_then_b_then_c", "b_then_c"]
    assert names(sequences(frame(rows, prices), prices, gap="24h")) == ["b_then_c"]
    assert names(sequences(frame(rows), gap="24h")) == ["b_then_c"]  # without prices, too
    assert names(sequences(frame(rows), gap="72h")) == ["a_then_b", "a_then_b_then_c", "b_then_c"]


@pytest.mark.parametrize(("span", "longest"), [(2, 3), (1, 2), (4, 5)])
def test_a_span_bounds_the_whole(span: int, longest: int) -> None:
    rows = [(bar, kind, "A") for bar, kind in enumerate("abcde")]
    found = sequences(frame(rows), gap=1, span=span)
    assert found.table["length"].max() == longest
    assert (found.occurrences["bars"] <= span).all()


def test_thirty_days_are_the_span_unless_it_is_told() -> None:
    days = pd.date_range("2024-01-01", periods=5, freq="10D")
    found = sequences(frame([(day, kind, "A") for day, kind in zip(days, "abcde", strict=True)]), gap="10d")
    assert found.table["length"].max() == 4  # 30 days; the fifth is at 40
    assert found.occurrences["duration"].max() == pd.Timedelta(days=30)


def test_signals_of_one_bar_follow_in_the_order_of_types_or_are_skipped_or_joined() -> None:
    rows = [(1, "b", "A"), (1, "a", "A"), (2, "c", "A")]
    assert names(sequences(frame(rows), gap=1)) == ["a_then_b", "a_then_b_then_c", "b_then_c"]
    assert names(sequences(frame(rows), gap=1, types=["c", "b", "a"])) == ["a_then_c", "b_then_a", "b_then_a_then_c"]
    assert names(sequences(frame(rows), gap=1, same_bar="skip")) == ["b_then_c"]
    joined = sequences(frame(rows), gap=1, same_bar="together")
    assert names(joined) == ["a+b_then_c"]
    assert len(joined.occurrences["signal_ids"].iloc[0]) == 3


def test_the_direction_of_signals_that_are_joined_is_theirs_in_sum() -> None:
    prices = panel(60, 1)
    day, after = prices.index[10], prices.index[11]
    rows = [(day, "x", "S000"), (after, "a", "S000"), (after, "b", "S000"), (after, "c", "S000")]
    signals = frame(rows, prices)
    for directions, expected in (([1, 1, 1, -1], 1.0), ([1, -1, 1, -1], -1.0), ([1, 0, 1, -1], 1.0)):
        found = sequences(signals.assign(direction=directions), prices, same_bar="together").occurrences
        assert found["pattern"].tolist() == ["x_then_a+b+c"]
        assert found["direction"].tolist() == [expected]
    daily = frame(rows).drop(columns="direction")
    found = sequences(daily, gap="3d", same_bar="together").occurrences
    assert found["direction"].isna().all()
    assert found["duration"].tolist() == [after - day]


def test_a_type_that_repeats_on_bar_after_bar_counts_once() -> None:
    rows = [(bar, "level", "A") for bar in (1, 2, 3, 6)] + [(7, "cross", "A")]
    once = sequences(frame(rows), gap=3)
    assert once.table["count"].to_dict() == {"level_then_cross": 1}  # bars 1 and 6 are 5 apart
    assert once.attrs["repeats"] == 2
    every = sequences(frame(rows), gap=3, repeats="all", length=2)
    assert every.table["count"].to_dict() == {"level_then_level": 3, "level_then_cross": 1}
    days = pd.bdate_range("2024-01-01", periods=9)  # without prices, one step of the stamps is a bar
    daily = frame([(days[bar], kind, symbol) for bar, kind, symbol in rows])
    assert sequences(daily, gap="3d").attrs["repeats"] == 2


def test_other_types_are_taken_as_if_they_were_not_there() -> None:
    rows = [(1, "a", "A"), (2, "x", "A"), (3, "b", "A")]
    assert names(sequences(frame(rows), gap=2, types=["a", "b"])) == ["a_then_b"]
    assert "a_then_b" not in names(sequences(frame(rows), gap=2))


def test_symbols_and_timeframes_never_mix() -> None:
    rows = [(1, "a", "A"), (2, "b", "B"), (3, "c", "A"), (4, "d", "B")]
    assert names(sequences(frame(rows), gap=9)) == ["a_then_c", "b_then_d"]
    assert set(sequences(frame(rows), gap=9).occurrences["symbol"]) == {"A", "B"}
    framed = frame([(bar, kind, "A") for bar, kind, _ in rows]).assign(timeframe=["1d", "1w", "1d", "1w"])
    assert names(sequences(framed, gap=9)) == ["a_then_c", "b_then_d"]
    assert sequences(framed, gap=9).occurrences["timeframe"].tolist() == ["1d", "1w"]


def test_bars_that_a_symbol_does_not_have_are_not_counted() -> None:
    prices = panel(30, 1)
    holed = prices.frame("S000")
    holed.iloc[11:20] = np.nan
    rows = [(prices.index[10], "a", "S000"), (prices.index[20], "b", "S000")]
    assert names(sequences(frame(rows, holed), holed, gap=1)) == ["a_then_b"]
    assert not names(sequences(frame(rows, prices), prices, gap=9))


# Records


def test_input_order_and_duplicates_change_nothing() -> None:
    prices = panel()
    signals = noise(prices, 1)
    wanted = sequences(signals, prices, draws=19)
    shuffled = signals.sample(frac=1.0, random_state=3)
    twice = pd.concat([shuffled, signals.iloc[:40]])
    found = sequences(twice, prices, draws=19)
    assert found.attrs["duplicates"] == 40
    pd.testing.assert_frame_equal(found.table, wanted.table)
    pd.testing.assert_frame_equal(found.occurrences, wanted.occurrences)


def test_inputs_are_left_alone() -> None:
    prices = panel()
    signals = noise(prices, 2)
    before = signals.copy()
    sequences(signals, prices, draws=9).occurrences  # noqa: B018
    pd.testing.assert_frame_equal(signals, before)


def test_ids_stay_over_longer_data_and_other_symbols() -> None:
    prices = panel(260)
    signals = noise(prices, 3)
    known = pd.Timestamp(prices.index[150], tz="UTC")
    alone = signals[(signals["symbol"] == "S001") & (signals["known_at"] <= known)]
    short = qp.Panel.from_frames({"S001": prices["S001"].iloc[:151]})
    few = sequences(alone, short, draws=9).occurrences
    many = sequences(signals, prices, draws=9).occurrences
    assert len(few) > 20
    assert set(few["id"]) <= set(many["id"])
    assert many["id"].is_unique


def test_given_ids_are_kept_and_one_id_counts_once() -> None:
    signals = frame([(1, "a", "A"), (2, "b", "A")]).assign(id=["x", "y"])
    assert sequences(signals, gap=1).occurrences["signal_ids"].tolist() == [("x", "y")]
    again = pd.concat([signals, signals.assign(triggered_at=[1, 3]).iloc[[1]]])
    assert sequences(again, gap=1).attrs["duplicates"] == 1


def test_signals_that_the_prices_do_not_have_are_counted() -> None:
    prices = panel(50, 1)
    rows = [(prices.index[10], "a", "S000"), (prices.index[11], "b", "S000"), (prices.index[12], "b", "ELSE")]
    found = sequences(frame(rows, prices), prices)
    assert found.attrs["unplaced"] == 1
    assert "1 signals not in the prices" in repr(found)


def test_it_is_known_when_all_of_its_signals_are() -> None:
    prices = panel(60, 1)
    signals = frame([(prices.index[10], "a", "S000"), (prices.index[11], "b", "S000")], prices)
    signals.loc[0, "known_at"] = pd.Timestamp(prices.index[15], tz="UTC") + pd.Timedelta(hours=30)  # held for long
    row = sequences(signals, prices, horizons=2).occurrences.iloc[0]
    assert row["known_at"] == signals["known_at"][0]
    bars = prices.frame("S000")
    # known within bar 16, at whose close one can act: in at the open of bar 17, out at the close of bar 18
    assert row["return_2"] == pytest.approx(100.0 * (bars["close"].iloc[18] / bars["open"].iloc[17] - 1.0))


def test_direction_is_that_of_the_last_signal_that_has_one() -> None:
    prices = panel(60, 1)
    rows = [(prices.index[n], kind, "S000") for n, kind in ((10, "a"), (11, "b"), (12, "c"))]
    signals = frame(rows, prices).assign(direction=[1, -1, 0])
    found = sequences(signals, prices, gap=1).occurrences.set_index("pattern")["direction"]
    assert found.to_dict() == {"a_then_b": -1.0, "a_then_b_then_c": -1.0, "b_then_c": -1.0}
    flat = sequences(signals.assign(direction=0), prices, gap=1)
    assert (flat.occurrences["direction"] == 0.0).all()
    assert flat.occurrences["success_5"].isna().all()
    untold = sequences(signals.drop(columns="direction"), prices, gap=1)
    assert untold.occurrences["direction"].isna().all()
    assert untold.table["outcomes"].tolist() == [0, 0, 0]


def test_records_of_the_rules_have_the_market_and_the_ids_that_sequences_see() -> None:
    prices = qp.sample("IBM").iloc[:600]
    signals = qp.signals(prices)
    found = sequences(signals, prices, draws=9).occurrences
    assert len(found) > 500
    last = found["signal_ids"].map(lambda ids: ids[-1])
    market = signals.set_index("id")["market_condition"].loc[last]
    assert market.fillna("").tolist() == found["market_condition"].fillna("").tolist()
    again = sequences(signals.drop(columns="id"), prices, draws=9).occurrences
    assert again["signal_ids"].tolist() == found["signal_ids"].tolist()


# What prices did


def test_trap_20_success_is_measured_on_prices_after_the_pattern() -> None:
    index = pd.bdate_range("2024-01-01", periods=60)
    close = np.concatenate([np.linspace(100, 140, 30), np.linspace(140, 80, 30)])  # up before, down after
    prices = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close), index=index).assign(volume=1.0)
    signals = frame([(index[27], "a", "A"), (index[29], "b", "A")], prices)
    row = sequences(signals, prices, horizons=(5, 1)).occurrences.iloc[0]
    assert row["duration"] >= pd.Timedelta(days=1)  # that it lasted is no success
    assert not row["success_5"]
    assert row["return_5"] == pytest.approx(100.0 * (close[34] / close[30] - 1.0))
    assert row["worst_move"] == pytest.approx(row["return_5"])
    short = sequences(signals.assign(direction=-1), prices, horizons=(5, 1)).occurrences.iloc[0]
    assert short["success_5"]
    assert short["best_move"] == pytest.approx(-row["return_5"])
    assert short["return_5"] == row["return_5"]


def test_trap_21_a_pattern_counts_as_often_as_it_occurs_each_with_the_market_of_its_own_end() -> None:
    index = pd.bdate_range("2024-01-01", periods=120)
    close = np.concatenate([np.full(40, 100.0), 100.0 * 1.03 ** np.arange(40), 320.0 * 0.97 ** np.arange(40)])
    prices = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close), index=index).assign(volume=1.0)
    rows = [(index[n], kind, "A") for end in (30, 60, 100) for n, kind in ((end - 1, "a"), (end, "b"))]
    found = sequences(frame(rows, prices), prices, draws=9)
    assert found.table.loc["a_then_b", "count"] == 3
    assert found.occurrences["market_condition"].tolist() == ["sideways", "bullish", "bearish"]
    assert found.regimes.loc["a_then_b"]["count"].to_dict() == {"bearish": 1, "bullish": 1, "sideways": 1}
    early = sequences(frame([(index[9], "a", "A"), (index[10], "b", "A")], prices), prices)
    assert early.occurrences["market_condition"].isna().all()  # unknown under 20 bars


def test_outcomes_never_use_prices_before_they_were_known_nor_regimes_after() -> None:
    prices = panel(260, 2)
    signals = noise(prices, 5)
    whole = sequences(signals, prices, draws=9).occurrences
    cut = 170
    earlier = signals[signals["known_at"] <= pd.Timestamp(prices.index[cut], tz="UTC")]
    short = qp.Panel.from_frames({name: prices[name].iloc[: cut + 1] for name in prices.symbols})
    part = sequences(earlier, short, draws=9).occurrences.set_index("id")
    same = whole.set_index("id").loc[part.index]
    outcomes = [name for name in part if name.startswith(("return_", "success_", "best_", "worst_"))]
    pd.testing.assert_frame_equal(part.drop(columns=outcomes), same.drop(columns=outcomes))
    for name in outcomes:
        known = part[name].notna()
        assert known.any()
        assert known.all() == name.endswith("_1")  # all others end after the cut for some
        pd.testing.assert_series_equal(part[name][known], same[name][known])
    changed = {name: prices[name].copy() for name in prices.symbols}
    for bars in changed.values():
        bars.iloc[: cut - 40] *= 2.0  # what was before does not change what came after
    after = sequences(signals, qp.Panel.from_frames(changed), draws=9).occurrences.set_index("id")
    late = whole.set_index("id").query("end >= @prices.index[@cut]")
    pd.testing.assert_frame_equal(after.loc[late.index, outcomes], late[outcomes])


def test_outcomes_equal_those_by_hand_on_gapped_panels() -> None:
    prices = qp.synthetic(symbols=2, bars=150, seed=8, missing=0.1)
    signals = noise(prices, 6)
    found = sequences(signals, prices, horizons=(3, "6d"), draws=9).occurrences
    assert len(found) > 60
    checked = 0
    for row in found.itertuples():
        bars = prices.frame(row.symbol).dropna(subset="close")
        closed = closing_times(bars.index)
        place = bars.index.get_loc(row.end)
        later = bars.iloc[place + 1 :]
        if len(later) < 3:
            assert np.isnan(row.return_3)
            continue
        assert row.return_3 == pytest.approx(100.0 * (later["close"].iloc[2] / later["open"].iloc[0] - 1.0))
        exits = np.flatnonzero(closed >= closed[place] + pd.Timedelta(days=6))
        if len(exits):
            price = bars["close"].iloc[exits[0]]
            assert row.return_6d == pytest.approx(100.0 * (price / later["open"].iloc[0] - 1.0))
            path = bars.iloc[place + 1 : max(exits[0], place + 3) + 1]
            high, low = path["high"].to_numpy(), path["low"].to_numpy()
            up, _ = plain.moves(high, low, np.array([0]), np.array([len(path) - 1]))
            assert row.best_move == pytest.approx(100.0 * (up[0] / later["open"].iloc[0] - 1.0))
            checked += 1
    assert checked > 40


def test_days_are_those_of_the_walls_when_clocks_change() -> None:
    index = pd.bdate_range("2024-03-04", periods=12, tz="America/New_York")  # clocks go forward on the 10th
    close = np.arange(100.0, 112.0)
    prices = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close), index=index)
    session = qp.Session("09:30", "16:00")
    signals = frame([(index[1], "a", "A"), (index[2], "b", "A")])
    signals["known_at"] = closing_times(index, session=session)[[1, 2]]
    row = sequences(signals, prices, horizons=("1w", 5), gap="1d", session=session).occurrences.iloc[0]
    assert row["return_1w"] == row["return_5"] == pytest.approx(100.0 * (107.0 / 103.0 - 1.0))


def test_a_horizon_shorter_than_a_bar_has_no_outcome() -> None:
    prices = panel(60, 1)
    signals = frame([(prices.index[20], "a", "S000"), (prices.index[21], "b", "S000")], prices)
    row = sequences(signals, prices, horizons=("1h", "1d", 1, "1m")).occurrences.iloc[0]
    assert np.isnan(row["return_1h"])
    assert row["return_1d"] == row["return_1"]
    assert not np.isnan(row["return_1m"])


def test_confidence_is_what_earlier_outcomes_let_expect() -> None:
    prices = panel(260, 1)
    rows = [(prices.index[n + k], "ab"[k], "S000") for n in range(20, 200, 12) for k in (0, 1)]
    found = sequences(frame(rows, prices), prices, gap=1, minimum=3).occurrences
    assert found["confidence"].isna().tolist() == [True] * 3 + [False] * (len(found) - 3)
    closed = pd.Series(closing_times(prices.index))
    place = prices.index.get_indexer(pd.Index(found["end"]))
    for number in range(3, len(found)):
        done = closed[place + 5].to_numpy() <= found["known_at"].to_numpy()[number]
        past = found["success_5"][done].astype(float)
        low, _ = qp.signals.significance.wilson(past.sum(), len(past))
        assert found["confidence"].iloc[number] == pytest.approx(low)


def test_the_base_rate_is_that_of_all_bars_between_the_first_signal_and_the_last() -> None:
    prices = panel(200, 1)
    rows = [(prices.index[n], kind, "S000") for n, kind in ((50, "a"), (51, "b"), (120, "a"), (121, "b"))]
    found = sequences(frame(rows, prices), prices, gap=1, horizons=4, minimum=2, draws=9)
    bars = prices.frame("S000")
    returns = (bars["close"].shift(-4) / bars["open"].shift(-1)).iloc[50:122]
    assert found.table.loc["a_then_b", "base_rate"] == pytest.approx((returns > 1.0).mean())


# What one asks


def test_successful_and_performance_keep_to_their_minimum() -> None:
    prices = panel(400, 3)
    found = sequences(noise(prices, 7), prices, draws=9, horizons=(5, 1))
    table = found.performance(minimum=5)
    assert (found.table.loc[table.index.get_level_values("pattern").unique(), "outcomes"] >= 5).all()
    row = table.loc[("K0_then_K1", 5)]
    mine = found.occurrences.query("pattern == 'K0_then_K1' and success_5.notna()")
    assert row["outcomes"] == len(mine)
    assert row["success_rate"] == pytest.approx(mine["success_5"].astype(float).mean())
    assert row["mean_return"] == pytest.approx(mine["return_5"].mean())
    gains, losses = mine["return_5"].clip(lower=0).sum(), -mine["return_5"].clip(upper=0).sum()
    assert row["profit_factor"] == pytest.approx(gains / losses)
    good = found.successful(rate=0.7, occurrences=3)
    assert len(good) > 0
    assert (good["success_rate"] >= 0.7).all()
    assert (good["outcomes"] >= 3).all()
    wanted = found.table.query("success_rate >= 0.7 and outcomes >= 3").index
    assert set(good.index) == set(wanted)
    assert (found.successful(0.6, horizon=1)["success_rate"] >= 0.6).all()


def test_occurrences_spread_over_weekdays_months_and_seasons() -> None:
    prices = panel(260, 2)
    found = sequences(noise(prices, 8), prices, draws=9)
    split = found.when()
    assert split.index.get_level_values("by").unique().tolist() == ["weekday", "month", "season"]  # of dates, no hours
    for by in ("weekday", "month", "season"):
        assert split.loc[by, "count"].sum() == len(found.occurrences)
    by_day = found.occurrences["end"].dt.day_name().value_counts()
    assert split.loc["weekday", "count"].loc[by_day.index].to_dict() == by_day.to_dict()
    assert split.loc[("weekday", "Sunday"), "count"] == 0
    assert np.isnan(split.loc[("weekday", "Sunday"), "success_rate"])
    one = found.when("season", pattern="K0_then_K1")
    assert one["count"].sum() == found.table.loc["K0_then_K1", "count"]
    with pytest.raises(qp.DataError, match="time of day"):
        found.when("hour")


def test_hours_are_those_of_the_zone() -> None:
    stamps = pd.date_range("2024-01-01 22:30", periods=2, freq="h", tz="UTC")
    found = sequences(frame([(stamps[0], "a", "A"), (stamps[1], "b", "A")]), gap="2h")
    assert found.when("hour")["count"].idxmax() == 23
    assert found.when("hour", zone="Asia/Seoul")["count"].idxmax() == 8
    assert found.when("weekday", zone="Asia/Seoul")["count"].idxmax() == "Tuesday"


def test_without_prices_there_are_counts_and_no_outcomes() -> None:
    rows = [(bar, kind, "A") for n in range(0, 300, 20) for bar, kind in ((n, "a"), (n + 1, "b"))]
    found = sequences(frame(rows), gap=1, draws=99)
    assert found.table.loc["a_then_b", "success_verdict"] == "no prices"
    assert found.table["success_rate"].isna().all()
    assert "return_5" not in found.occurrences
    assert "count" in found.when.__doc__
    for ask in (found.performance, found.successful, lambda: found.regimes):
        with pytest.raises(qp.DataError, match="prices must be given"):
            ask()


def test_no_signals_and_no_sequences_give_empty_tables() -> None:
    empty = frame([(1, "a", "A")]).iloc[:0]
    prices = panel(30, 1)
    for signals, given in ((empty, None), (empty, prices), (frame([(1, "a", "A")]), None)):
        if given is not None:
            signals = signals.astype({"triggered_at": "datetime64[us]", "known_at": "datetime64[us, UTC]"})
        found = sequences(signals, given)
        assert len(found) == 0
        assert found.occurrences.empty
        assert "0 sequences" in repr(found)
        assert found.similarities().empty
        if given is not None:
            assert found.performance().empty
            assert found.successful().empty
            assert found.regimes.empty


def test_the_table_shows_itself_in_a_notebook() -> None:
    prices = panel(260, 2)
    html = sequences(noise(prices, 9), prices, draws=9)._repr_html_()
    assert "more often than chance" in html
    assert "and " in html


# Mistakes


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"length": 6}, "from 2 to 5"),
        ({"length": (3, 2)}, "the least first"),
        ({"length": 1}, "length must be"),
        ({"gap": -1}, "gap must be"),
        ({"gap": "15m"}, "such as '15min'"),
        ({"gap": "soon"}, "gap must be a number of bars or a time"),
        ({"gap": "3d"}, "where bars are numbered"),
        ({"span": 1.5}, "span must be"),
        ({"same_bar": "first"}, "same_bar must be one of"),
        ({"repeats": "never"}, "repeats must be one of"),
        ({"minimum": 0}, "minimum must be"),
        ({"draws": 0}, "draws must be"),
        ({"draws": 10**6}, "at most 100000"),
        ({"fdr": 0.0}, "fdr must lie"),
        ({"horizons": ()}, "at least one"),
        ({"horizons": (0,)}, "from 1 on"),
        ({"horizons": (1, 1)}, "different"),
        ({"types": "a"}, r"write \['a'\]"),
    ],
)
def test_parameters_out_of_bounds_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(qp.ParameterError, match=message):
        sequences(frame([(1, "a", "A"), (2, "b", "A")]), **given)


def test_signals_that_cannot_be_used_are_named() -> None:
    signals = frame([(1, "a", "A"), (2, "b", "A")])
    with pytest.raises(qp.DataError, match="known_at lack"):
        sequences(signals.drop(columns="known_at"))
    with pytest.raises(qp.DataError, match="1 lack it"):
        sequences(signals.assign(symbol=["A", None]))
    with pytest.raises(qp.DataError, match="'x_then_y'"):
        sequences(signals.assign(signal_type=["x_then_y", "b"]))
    with pytest.raises(qp.DataError, match="joined by it"):
        sequences(signals.assign(signal_type=["x+y", "b"]), same_bar="together")
    with pytest.raises(qp.DataError, match="direction must be"):
        sequences(signals.assign(direction=[2, 1]))
    with pytest.raises(qp.DataError, match="frame of signals"):
        sequences([1, 2])  # type: ignore[arg-type]
    with pytest.raises(qp.DataError, match="Panel where signals are of 2 symbols"):
        sequences(signals.assign(symbol=["A", "B"]), qp.sample("IBM"))
    with pytest.raises(qp.DataError, match="at most 10,000,000 bars"):
        sequences(signals.assign(triggered_at=[0, 1_700_000_000]))
    daily = frame([(MONDAY, "a", "A"), (MONDAY + pd.Timedelta(days=1), "b", "A")])
    with pytest.raises(qp.ParameterError, match="no prices to count bars in"):
        sequences(daily)


def test_too_many_types_are_refused_before_their_codes_overflow() -> None:
    rows = [(bar, f"K{kind:03}", "A") for kind in range(600) for bar in (2 * kind, 2 * kind + 5000, 2 * kind + 10_000)]
    assert sequences(frame(rows), gap=2, draws=1).attrs["tested"] > 1000
    level = [(bar, "level", "A") for bar in range(40_000, 180_000, 2)]
    with pytest.raises(qp.ParameterError, match="types must be fewer for sequences of 5"):
        sequences(frame(rows + level), gap=2, draws=1)
    assert len(sequences(frame(rows + level), gap=2, draws=1, length=3)) > 100
    many = [(bar, f"K{bar}", "A") for bar in range(2001)]
    with pytest.raises(qp.ParameterError, match="at most 2000"):
        sequences(frame(many))


# Likeness


def test_equal_occurrences_have_likeness_one_and_it_is_symmetric() -> None:
    prices = panel(260, 2)
    found = sequences(noise(prices, 10), prices, draws=9)
    ids = found.occurrences["id"].iloc[:60]
    matrix = found.similarities(ids)
    values = matrix.to_numpy()
    assert matrix.index.tolist() == ids.tolist()
    np.testing.assert_allclose(np.diag(values), 1.0)
    np.testing.assert_allclose(values, values.T)
    assert ((values >= 0.0) & (values <= 1.0 + 1e-12)).all()
    rows = found.occurrences.iloc[:60]
    for i, j in ((0, 1), (3, 40), (17, 59)):
        assert values[i, j] == pytest.approx(qp.patterns.similarity(rows.iloc[i], rows.iloc[j]))


def test_the_parts_of_likeness_have_their_weights() -> None:
    a = {"pattern": "x_then_y", "elapsed": (0, 4), "market_condition": "bullish"}
    assert qp.patterns.similarity(a, {**a, "pattern": "u_then_v"}) == pytest.approx(0.7)
    assert qp.patterns.similarity(a, {**a, "elapsed": (0, 2)}) == pytest.approx(0.9)  # same rhythm, half as long
    assert qp.patterns.similarity(a, {**a, "market_condition": "bearish"}) == pytest.approx(0.8)
    unknown = {**a, "market_condition": None, "pattern": "u_then_v"}
    assert qp.patterns.similarity(a, unknown) == pytest.approx(0.5 / 0.8)
    three = {**a, "pattern": "x_then_y_then_y", "elapsed": (0, 1, 4)}
    # the second of three, at a quarter, is matched with the first of two: 1 - 1/4 / sqrt(3)
    assert qp.patterns.similarity(a, three) == pytest.approx(0.7 + 0.3 * (1.0 - 0.25 / np.sqrt(3.0)))
    with pytest.raises(qp.DataError, match="elapsed lack"):
        qp.patterns.similarity(a, {"pattern": "x"})
    with pytest.raises(qp.ParameterError, match="ids must be"):
        sequences(frame([(1, "a", "A"), (2, "b", "A")])).similarities(["nothing"])
