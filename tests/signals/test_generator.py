"""Records of signals: equal to the loop over rows, causal, with stable ids, over frames and panels."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import quantperf as qp
from quantperf.performance import REGISTRY
from quantperf.reference import signals as reference
from quantperf.signals import optimisations_generate
from quantperf.signals.optimisations_generate import lines_of_catalogue
from quantperf.signals.program import compile_rules
from quantperf.signals.records import COLUMNS, KEY
from quantperf.signals.rule import Rule


def made(kind: str, seed: int, count: int = 320) -> pd.DataFrame:
    """Return bars: a random walk, one on a grid of prices, one with plateaus, or one with holes."""
    rng = np.random.default_rng(seed)
    close = 50.0 * np.exp(np.cumsum(0.02 * rng.standard_normal(count)))
    if kind == "tied":
        close = np.round(close)
    if kind == "plateau":
        close = np.repeat(close[::12], 12)[:count]
    spread = 0.0 if kind == "plateau" else np.round(rng.random(count), 1)
    bars = pd.DataFrame({
        "open": close, "high": close + spread, "low": close - spread, "close": close,
        "volume": np.round(1000.0 * np.exp(0.8 * rng.standard_normal(count))),
    }, index=pd.date_range("2024-01-01", periods=count, freq="D"))  # fmt: skip
    if kind == "gapped":
        bars.iloc[rng.integers(0, count, 6)] = np.nan
        bars.iloc[rng.integers(0, count, 3), 4] = np.nan
        bars.iloc[:7] = np.nan
    return bars


def row_by_row(bars: pd.DataFrame) -> pd.DataFrame:
    """Return the signals of the plain loop, which reads the same indicators bit for bit."""
    return pd.DataFrame(reference.signals(bars, lines_of_catalogue(bars)))


def assert_equal_to_the_loop(bars: pd.DataFrame) -> None:
    expected, found = row_by_row(bars), qp.signals(bars)
    assert len(found) == len(expected)
    for name in expected:
        want = expected[name].tolist()
        got = found[name].tolist()
        if found[name].dtype == np.float64:
            np.testing.assert_array_equal(got, want, err_msg=name)
        else:
            assert [None if pd.isna(one) else one for one in got] == [None if pd.isna(one) else one for one in want]


@pytest.mark.parametrize("kind", ["random", "tied", "plateau", "gapped"])
def test_the_program_equals_the_loop_over_rows_to_the_bit(kind: str) -> None:
    for seed in (0, 1):
        assert_equal_to_the_loop(made(kind, seed))


@given(st.sampled_from(["random", "tied", "plateau", "gapped"]), st.integers(0, 10_000), st.integers(1, 90))
def test_the_program_equals_the_loop_on_any_series(kind: str, seed: int, count: int) -> None:
    bars = made(kind, seed, count)
    if bars["close"].notna().any() and len(row_by_row(bars)):
        assert_equal_to_the_loop(bars)
    else:
        assert not len(qp.signals(bars))


def test_every_default_rule_fires_and_equals_the_loop_with_plain_indicators() -> None:
    bars = qp.sample("AAPL").tail(1500)
    expected, found = pd.DataFrame(reference.signals(bars)), qp.signals(bars)
    assert set(found["signal_type"]) == {rule.name for rule in qp.signals.RULES}
    assert found["signal_type"].tolist() == expected["signal_type"].tolist()
    assert found["triggered_at"].tolist() == expected["triggered_at"].tolist()
    for name in ("indicator_value", "signal_strength"):  # means are summed in another order, and pass through 0
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-9)


def test_a_panel_is_its_symbols_one_by_one_over_any_number_of_threads() -> None:
    panel = qp.synthetic(symbols=40, bars=420, seed=3, missing=0.01, late=0.3)
    whole = qp.signals(panel, threads=3)
    pd.testing.assert_frame_equal(whole, qp.signals(panel, threads=1))
    assert whole["known_at"].is_monotonic_increasing
    for symbol in panel.symbols[:6]:
        own = whole[whole["symbol"] == symbol].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, qp.signals(panel[symbol], symbol=symbol), check_names=False)
    assert not whole.duplicated(list(KEY)).any()
    assert whole["id"].is_unique
    assert sum(whole.attrs["fired"].values()) == len(whole)
    counts = whole.attrs
    assert all(counts["evaluated"][name] + counts["unknown"][name] == 420 * 40 for name in counts["fired"])


def test_any_split_into_blocks_equals_the_whole_bit_for_bit() -> None:
    panel = qp.synthetic(symbols=5, bars=300, seed=4, missing=0.02, late=0.4)
    rules: list[Any] = [
        *qp.signals.RULES,
        Rule("deep", "prev(close, 7) < close and change(close, 3) > 1", hold=2, cooldown=3),
        Rule("entry", "ema(5, of=rsi(9)) > 60", levels="once", clear="rsi(9) < 40"),
    ]
    program = compile_rules(rules)
    fields = {name: panel.block(name) for name in program.fields}
    whole = program.run(fields, program.fresh_state(5))
    assert (whole[-2:] == 1).any(axis=(1, 2)).all()
    for edges in ([0, 1, 2, 3, 9, 100, 101, 300], range(301)):
        state = program.fresh_state(5)
        parts = [
            program.run({name: block[a:b] for name, block in fields.items()}, state)
            for a, b in zip(edges, list(edges)[1:], strict=False)
        ]
        np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    one = program.fresh_state(5).some([2])
    np.testing.assert_array_equal(
        program.run({name: np.ascontiguousarray(block[:, [2]]) for name, block in fields.items()}, one),
        whole[:, :, [2]],
    )


@pytest.mark.parametrize("nan", ["local", "skip", "ffill"])
def test_cutting_the_future_changes_no_signal_that_was_known(nan: str) -> None:
    panel = qp.synthetic(symbols=4, bars=330, seed=8, missing=0.03)
    whole = qp.signals(panel, nan=nan)
    for cut in (60, 251):
        frames = {name: panel.frame(name, trim=False).iloc[:cut] for name in panel.symbols}
        part = qp.signals(qp.Panel.from_frames(frames), nan=nan)
        known = whole[whole["triggered_at"] <= panel.index[cut - 1]]
        pd.testing.assert_frame_equal(part, known.reset_index(drop=True))


def test_ids_are_of_the_key_alone() -> None:
    bars = qp.sample("IBM")
    found = qp.signals(bars, symbol="IBM")
    later = qp.signals(bars.tail(2000), symbol="IBM")
    assert found.columns.tolist() == list(COLUMNS)
    assert found["id"].str.fullmatch("[0-9a-f]{32}").all()
    assert found["id"].is_unique
    both = found.merge(later, on=list(KEY), suffixes=("", "_later"))
    assert len(both) > 500
    assert (both["id"] == both["id_later"]).all()
    among = qp.signals(qp.sample())
    assert set(found["id"]) == set(among.loc[among["symbol"] == "IBM", "id"])
    zoned = qp.signals(bars.tz_localize("UTC").tz_convert("Asia/Tokyo"), ["golden_cross"], symbol="IBM", stamps="open",
                       bar="1D")  # fmt: skip
    assert set(zoned["id"]) <= set(found["id"])  # an instant is the same in every zone
    assert not set(qp.signals(bars, symbol="IBM ")["id"]) & set(found["id"])
    assert not set(qp.signals(bars, symbol="IBM", timeframe="2day")["id"]) & set(found["id"])


def test_a_record_says_when_it_was_true_and_when_it_was_known() -> None:
    close = [1.0, 1.0, 3.0, 3.0, 3.0, 1.0]
    index = pd.date_range("2024-03-04", periods=6, freq="D", tz="America/New_York")
    bars = pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), close), index=index)
    session = qp.Session("09:30", "16:00")
    found = qp.signals(bars, Rule("above", "close > 2", direction=1, value="close", strength="close * 2", hold=2),
                       session=session)  # fmt: skip
    assert found["triggered_at"].tolist() == [index[3], index[4]]
    assert found["event_at"].tolist()[0] == pd.Timestamp("2024-03-06 21:00", tz="UTC")
    assert found["known_at"].tolist()[0] == pd.Timestamp("2024-03-07 21:00", tz="UTC")
    assert found["additional_context"].tolist() == ['{"bars": 2}', '{"bars": 3}']
    assert found["signal_strength"].tolist() == [6.0, 6.0]
    assert found["volume"].isna().all()
    assert found["market_condition"].isna().all()  # under 20 bars
    assert found["settled"].all()
    assert found["timeframe"].unique().tolist() == ["1day"]
    assert not found["alert_sent"].any()


def test_settled_is_told_by_the_bars_of_the_symbol() -> None:
    found = qp.signals(qp.sample("IBM"), ["RSI_bullish"])
    first = qp.sample("IBM").index[qp.rsi.settle(1e-9)]
    assert (found["settled"] == (found["triggered_at"] >= first)).all()
    assert found.attrs["settled_from"]["RSI_bullish"] == qp.rsi.settle(1e-9)
    assert 0 < (~found["settled"]).sum() < len(found)


def holed() -> pd.DataFrame:
    bars = pd.DataFrame({name: [1.0, np.nan, 3.0, 1.0, 3.0] for name in ("open", "high", "low", "close", "volume")})
    return bars.set_axis(pd.date_range("2024-01-01", periods=5), axis=0)


def test_a_cross_over_a_missing_bar_is_unknown_or_skips_it() -> None:
    rule = ("up", "crosses_above(close, 2)")
    bars = holed()
    local = qp.signals(bars, rule)
    assert local["triggered_at"].tolist() == [bars.index[4]]
    assert local.attrs["unknown"] == {"up": 3}
    skipped = qp.signals(bars, rule, nan="skip")
    assert skipped["triggered_at"].tolist() == [bars.index[2], bars.index[4]]
    whole = qp.signals(bars.dropna(), rule)
    pd.testing.assert_frame_equal(skipped, whole)
    held = qp.signals(bars, Rule("odd", "close != 2", hold=2, levels="every"), nan="skip")
    assert held["event_at"].tolist()[0] == pd.Timestamp("2024-01-02", tz="UTC")
    assert qp.signals(bars, ("level", "close > 0"), nan="ffill")["triggered_at"].tolist() == [
        bars.index[0], *bars.index[2:]
    ]  # fmt: skip
    with pytest.raises(qp.DataError, match="close must hold no missing values, but bar 1 is missing"):
        qp.signals(bars, rule, nan="raise")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"nan": "segment"}, qp.ParameterError, "nan of rules must be one of 'local', 'skip', 'ffill', 'raise'"),
        ({"threads": 0}, qp.ParameterError, "threads must be a whole number"),
        ({"min_bars": 200}, qp.DataError, "data must have 200 bars, got 4"),
        ({"min_bars": 1.5}, qp.ParameterError, "min_bars must be a whole number"),
        ({"convention": "mine"}, qp.ParameterError, "convention must be 'talib'"),
        ({"timeframe": ""}, qp.ParameterError, "timeframe must be a name"),
        ({"symbol": 3}, qp.ParameterError, "symbol must be a string"),
    ],
)
def test_what_is_refused(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        qp.signals(holed(), **settings)


def test_columns_that_lack_are_named() -> None:
    bars = holed().drop(columns="volume")
    with pytest.raises(qp.DataError, match="volume is missing"):
        qp.signals(bars)
    assert not len(qp.signals(bars, ["golden_cross"]))
    with pytest.raises(qp.DataError, match="got Series"):
        qp.signals(bars["close"])
    with pytest.raises(qp.ParameterError, match="symbol must be left out for a Panel"):
        qp.signals(qp.sample(), symbol="A")


def test_short_symbols_of_a_panel_are_dropped_and_counted() -> None:
    panel = qp.synthetic(symbols=6, bars=120, seed=2, late=0.5)
    found = qp.signals(panel, min_bars=120)
    assert found.attrs["dropped"] == 3
    assert found["symbol"].nunique() == 3
    every = qp.signals(panel)
    kept = every[every["symbol"].isin(found["symbol"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, kept)


def test_merging_is_idempotent_and_keeps_what_was_sent() -> None:
    bars = qp.sample("IBM")
    old = qp.signals(bars.head(2000), symbol="IBM")
    old.loc[5, "alert_sent"] = True
    new = qp.signals(bars, symbol="IBM")
    both = qp.signals.merge(old, new)
    assert len(both) == len(new)
    assert both["alert_sent"].sum() == 1
    assert both["id"].tolist() == new["id"].tolist()
    pd.testing.assert_frame_equal(qp.signals.merge(both, new), both)
    pd.testing.assert_frame_equal(qp.signals.merge(new.iloc[:0], new), new)
    with pytest.raises(qp.DataError, match="new must be a frame of signals"):
        qp.signals.merge(old, pd.DataFrame())


def test_a_breakdown_counts_types_and_kinds() -> None:
    found = qp.signals(qp.sample("IBM"))
    told = qp.signals.breakdown(found)
    assert told["total_signals"] == len(found) == sum(told["by_type"].values())
    assert told["data_count"] == 3270
    assert {"ma", "rsi", "bollinger", "cross"} <= set(told["signal_breakdown"])
    assert told["signal_breakdown"]["cross"] == found["signal_type"].isin(["golden_cross", "dead_cross"]).sum()
    with pytest.raises(qp.DataError):
        qp.signals.breakdown(pd.DataFrame())


def test_inputs_are_left_alone_and_infinities_are_missing() -> None:
    bars = qp.sample("IBM").head(300).copy()
    before = bars.copy()
    qp.signals(bars)
    pd.testing.assert_frame_equal(bars, before)
    bars.iloc[100, 3] = np.inf
    with pytest.warns(qp.QuantperfWarning, match="close holds 1 infinite"):
        found = qp.signals(bars)
    before.iloc[100, 3] = np.nan
    pd.testing.assert_frame_equal(found, qp.signals(before))


def test_the_optimisation_proves_itself_on_real_prices() -> None:
    optimisations_generate.register()
    parities = REGISTRY["signals.generate"].verify()
    assert parities
    assert all(parities), parities


def test_nothing_found_is_an_empty_frame_of_the_same_columns() -> None:
    found = qp.signals(qp.sample("IBM").head(1))
    assert found.columns.tolist() == list(COLUMNS)
    assert found.dtypes.tolist() == qp.signals(qp.sample("IBM").head(60)).dtypes.tolist()
