"""The comprehensive analysis: its fields, its reasons, one symbol against many, and the kernels against the plain."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.analysis.comprehensive import CONVENTIONS, analyse_together, comprehensive, own_bars
from quantperf.analysis.optimisations_analysis import comparable, register
from quantperf.analysis.result import Analysis
from quantperf.reference import analysis as plain

IBM = qp.sample("IBM")
FIELDS = ["open", "high", "low", "close", "volume"]


def leaves(record: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(record, dict):
        return {path: record}
    return {
        key: leaf for name, held in record.items() for key, leaf in leaves(held, f"{path}.{name}".strip(".")).items()
    }


def tick_bars(seed: int, bars: int, step: float, still: float) -> pd.DataFrame:
    """Bars on a grid of ticks that stand still for a part of the time."""
    random = np.random.default_rng(seed)
    moves = random.integers(-2, 3, size=bars) * (random.random(bars) >= still)
    close = 50.0 + step * np.cumsum(moves)
    spread = step * random.integers(0, 3, size=(2, bars)) * (random.random(bars) >= still)
    columns = [close, close + spread[0], close - spread[1], close, 100.0 * random.integers(0, 4, size=bars)]
    return pd.DataFrame(dict(zip(FIELDS, columns, strict=True)), index=pd.bdate_range("2020-01-01", periods=bars))


def test_the_fields_are_those_of_the_service_and_ours() -> None:
    record = comprehensive(IBM, symbol="IBM").to_dict()
    assert list(record) == [
        "symbol", "timestamp", "known_at", "current_price", "price_change_pct", "signals", "indicators", "sentiment",
        "settled", "unsettled", "convention", "bars", "missing",
    ]  # fmt: skip
    assert {group: list(values) for group, values in record["indicators"].items()} == {
        "moving_averages": [
            *(f"sma_{window}" for window in (5, 20, 50, 60, 200, 300)), "ema_9", "ema_21", "ema_50", "vwap",
        ],
        "rsi": ["current", "previous"],
        "macd": ["macd", "signal", "histogram"],
        "bollinger": ["upper", "middle", "lower"],
        "stochastic": ["k", "d"],
        "volume": ["current", "sma_20", "ratio"],
    }  # fmt: skip
    assert list(record["sentiment"]) == ["score", "low", "high", "of", "label", "parts"]
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert (record["timestamp"], record["known_at"]) == ("2013-03-01T00:00:00", "2013-03-02T00:00:00+00:00")
    assert list(record["signals"]) == ["BB_touch_upper", "overbought"]
    assert record["missing"] == {}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_each_number_is_that_of_its_indicator(convention: str) -> None:
    found = comprehensive(IBM, convention=convention)
    close, volume = IBM["close"], IBM["volume"]
    other = {} if convention == "tradingview" else {"convention": convention}
    vwap = {"convention": "legacy"} if convention == "legacy" else {}
    groups = found.indicators
    macd, bands = qp.macd(close, convention=convention), qp.bbands(close, 20, 2.0, 2.0, **other)
    fast = qp.stochf(IBM, 14, 3, convention=convention)
    strength = qp.rsi(close, 14, convention=convention)
    assert groups["moving_averages"] == {
        **{f"sma_{window}": qp.sma(close, window).iloc[-1] for window in (5, 20, 50, 60, 200, 300)},
        **{f"ema_{window}": qp.ema(close, window, convention=convention).iloc[-1] for window in (9, 21, 50)},
        "vwap": qp.vwap(IBM, **vwap).iloc[-1],
    }
    assert groups["rsi"] == {"current": strength.iloc[-1], "previous": strength.iloc[-2]}
    assert list(groups["macd"].values()) == [line.iloc[-1] for line in macd]
    assert list(groups["bollinger"].values()) == [line.iloc[-1] for line in bands]
    assert list(groups["stochastic"].values()) == [line.iloc[-1] for line in fast]
    mean = qp.sma(volume, 20).iloc[-1]
    assert groups["volume"] == {"current": volume.iloc[-1], "sma_20": mean, "ratio": volume.iloc[-1] / mean}
    assert found.current_price == close.iloc[-1]
    assert found.price_change_pct == pytest.approx(100.0 * close.pct_change().iloc[-1], rel=1e-12)
    assert found.convention == convention


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize(
    "options",
    [{}, {"late": 0.6}, {"late": 0.3, "missing": 0.05}, {"missing": 0.3}],
    ids=["whole", "late", "holes", "few"],
)
def test_a_panel_gives_each_symbol_what_its_own_bars_give_alone(convention: str, options: dict[str, float]) -> None:
    panel = qp.synthetic(symbols=9, bars=350, seed=11, **options)  # type: ignore[arg-type]
    found = comprehensive(panel, convention=convention)
    assert list(found) == list(panel.symbols)
    for symbol in panel.symbols:
        for frame in (panel.frame(symbol), panel[symbol], panel[symbol].dropna(how="all")):
            assert found[symbol] == comprehensive(frame, symbol=symbol, convention=convention)


@pytest.mark.parametrize("seed", range(6))
def test_the_kernels_equal_the_sequential_service_under_the_legacy_convention(seed: int) -> None:
    panel = qp.synthetic(symbols=3, bars=120 + 90 * seed, seed=seed, missing=0.02)
    for symbol in panel.symbols:
        agree(panel[symbol])


@given(st.integers(0, 10**6), st.integers(1, 340), st.sampled_from([0.25, 0.01, 1.0]), st.sampled_from([0.0, 0.5, 1.0]))
def test_they_are_equal_on_ticks_and_plateaus(seed: int, bars: int, step: float, still: float) -> None:
    frame = tick_bars(seed, bars, step, still)
    before = frame.copy()
    agree(frame)
    pd.testing.assert_frame_equal(frame, before)


def agree(frame: pd.DataFrame) -> None:
    """Compare numbers within 1e-9 of a price; signals and score where no rule sees two numbers nearer than that."""
    found, wanted = comprehensive(frame, convention="legacy"), plain.comprehensive(frame)
    ours, theirs = leaves(comparable(found)), leaves(wanted)
    fired = {path for path in ours.keys() | theirs.keys() if path.startswith("signals.")}
    before = frame.dropna(how="all").iloc[:-1]
    if not near_a_flip(found) and (before.empty or not near_a_flip(comprehensive(before, convention="legacy"))):
        assert fired <= ours.keys() & theirs.keys()
        assert ours["sentiment"] == theirs["sentiment"]
    assert ours.keys() - fired == theirs.keys() - fired
    for path in ours.keys() - fired - {"sentiment", "timestamp"}:
        assert (ours[path] is None) == (theirs[path] is None) == (path in found.missing), path
        if ours[path] is not None:
            assert ours[path] == pytest.approx(theirs[path], rel=1e-9, abs=1e-9), path
    assert ours["timestamp"] == theirs["timestamp"]


def near_a_flip(found: Analysis) -> bool:
    """Whether a rule is asked about two numbers that lie nearer to each other than the two versions need to."""
    groups = found.indicators
    averages, bands, macd, k, d = (
        groups["moving_averages"],
        groups["bollinger"],
        groups["macd"],
        *groups["stochastic"].values(),
    )
    close = found.current_price
    pairs = [(macd["macd"], macd["signal"]), (macd["macd"], 0.0), (averages["sma_20"], averages["sma_50"]), (k, d)]
    pairs += [(averages["sma_50"], averages["sma_200"])]
    pairs += [(close, line) for line in (*averages.values(), *bands.values())]
    away = [100.0 * abs(close / bands[side] - 1.0) for side in ("upper", "lower") if close and bands[side]]
    pairs += [(distance, 1.0) for distance in away]
    pairs += [(found.price_change_pct, 1.0), (found.price_change_pct, -1.0)]
    levels = [*groups["rsi"].values(), k, d]
    pairs += [(level, limit) for level in levels for limit in (20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0)]
    pairs += [(groups["volume"]["ratio"], limit) for limit in (0.5, 0.7, 1.5, 2.0)]
    return any(a is not None and b is not None and abs(a - b) <= 1e-9 for a, b in pairs)


def test_the_registered_pairs_are_equal_on_the_sample_and_on_edge_cases() -> None:
    register()
    try:
        for name in ("analysis.comprehensive", "analysis.many"):
            assert qp.REGISTRY[name].enabled
            assert [parity.mismatch for parity in qp.REGISTRY[name].verify() if not parity.equal] == []
    finally:
        for name in ("analysis.comprehensive", "analysis.many"):
            qp.REGISTRY.pop(name).disable(why="the test ends")


@pytest.mark.parametrize("bars", [1, 2, 5, 14, 15, 16, 19, 20, 33, 34, 49, 50, 199, 200, 300])
def test_what_needs_more_bars_is_none_and_says_how_many(bars: int) -> None:
    frame = IBM.iloc[-bars:]
    record = comprehensive(frame).to_dict()
    unknown = {path for path, value in leaves(record).items() if value is None and not path.startswith("missing")}
    assert unknown == {path for path in record["missing"] if not path.startswith("signals.")}
    needs = {f"moving_averages.sma_{window}": window for window in (5, 20, 50, 60, 200, 300)}
    needs |= {f"moving_averages.ema_{window}": window for window in (9, 21, 50)}
    needs |= {"moving_averages.vwap": 1, "rsi.current": 15, "rsi.previous": 16, "stochastic.k": 16, "volume.ratio": 20}
    needs |= {"macd.macd": 34, "bollinger.upper": 20, "volume.current": 1}
    for path, need in needs.items():
        reason = record["missing"].get(f"indicators.{path}")
        assert reason == (f"needs {need} bars, has {bars}" if bars < need else None), path
    assert record["missing"].get("price_change_pct") == ("needs 2 bars, has 1" if bars == 1 else None)


def with_holes(**holes: int) -> pd.DataFrame:
    frame = IBM.iloc[-100:].copy()
    for field, back in holes.items():
        frame.iloc[-back, FIELDS.index(field)] = np.nan
    return frame


@pytest.mark.parametrize(
    ("frame", "path", "reason"),
    [
        (with_holes(close=1), "current_price", "the last bar has no close"),
        (with_holes(close=1), "price_change_pct", "the last bar has no close"),
        (with_holes(close=2), "price_change_pct", "the bar before the last has no close"),
        (with_holes(close=3), "indicators.moving_averages.sma_5", "1 of 100 bars have no close"),
        (with_holes(close=1), "indicators.rsi.current", "1 of 100 bars have no close"),
        (with_holes(volume=1), "indicators.volume.current", "the last bar has no volume"),
        (with_holes(volume=4), "indicators.volume.ratio", "1 of 100 bars have no volume"),
        (with_holes(high=2), "indicators.stochastic.d", "1 of 100 bars have no high"),
        (IBM.iloc[-100:].drop(columns="volume"), "indicators.volume.ratio", "100 of 100 bars have no volume; the bars"
         " have no column volume"),
        (IBM.iloc[-100:].assign(volume=0.0), "indicators.volume.ratio", "no volume was traded: 0/0"),
    ],
)  # fmt: skip
def test_a_missing_value_is_never_nothing_changed_and_says_why(frame: pd.DataFrame, path: str, reason: str) -> None:
    found = comprehensive(frame)
    assert found.missing[path] == reason
    held: Any = found.to_dict()
    for name in path.split("."):
        held = held[name]
    assert held is None


@pytest.mark.parametrize("convention", ["tradingview", "pandas", "legacy"])
def test_flat_prices_leave_strength_and_stochastic_unknown_where_the_convention_has_no_answer(convention: str) -> None:
    flat = pd.DataFrame(dict.fromkeys(FIELDS, np.full(80, 7.0)))
    found = comprehensive(flat, convention=convention)
    unknown = [name for name in ("rsi.current", "stochastic.k") if f"indicators.{name}" in found.missing]
    assert unknown == (["stochastic.k"] if convention == "tradingview" else ["rsi.current", "stochastic.k"])
    assert found.missing["indicators.stochastic.k"] == "prices did not move: 0/0"
    assert found.sentiment.parts["stochastic"] is None
    assert found.sentiment.parts["macd"] == found.sentiment.parts["averages"] == 0


def test_infinite_values_are_taken_as_missing_and_told() -> None:
    frame = IBM.iloc[-100:].copy()
    frame.iloc[-1, 3] = np.inf
    found = comprehensive(frame)
    assert found.missing["current_price"] == "the last bar has no close; 1 infinite values were taken as missing"
    assert np.isinf(frame.iloc[-1, 3])


def test_bars_without_a_price_are_left_out() -> None:
    frame = IBM.iloc[-120:].copy()
    frame.iloc[[5, 60, -1], :4] = np.nan
    found = comprehensive(frame)
    assert found == comprehensive(frame.dropna())
    assert (found.bars, found.timestamp) == (117, IBM.index[-2])


def test_it_is_settled_once_the_first_bars_no_longer_tell() -> None:
    assert comprehensive(IBM).settled
    early = comprehensive(IBM.iloc[-300:])
    assert not early.settled
    assert early.unsettled == ("ema_50", "macd", "signal", "histogram")
    moved = IBM.iloc[-300:].copy()
    moved.iloc[0, 3] *= 1.01
    assert comprehensive(moved).indicators["moving_averages"]["ema_50"] != early.indicators["moving_averages"]["ema_50"]
    settled = comprehensive(IBM.iloc[-700:])
    assert settled.settled
    for group, values in settled.indicators.items():
        for name in values.keys() - {"vwap"}:
            assert values[name] == pytest.approx(comprehensive(IBM).indicators[group][name], rel=1e-6, abs=1e-7)


def test_later_bars_change_nothing_that_was_known_before() -> None:
    changed = IBM.copy()
    changed.iloc[1500:] *= 3.0
    assert comprehensive(IBM.iloc[:1500]) == comprehensive(changed.iloc[:1500])
    assert comprehensive(IBM.iloc[:1500]).known_at == pd.Timestamp(IBM.index[1499] + pd.Timedelta("1D"), tz="UTC")


def test_stamps_zones_and_sessions_tell_when_it_was_known() -> None:
    frame = IBM.iloc[-50:].tz_localize("America/New_York")
    found = comprehensive(frame, session=qp.Session("09:30", "16:00"))
    assert found.timestamp == frame.index[-1]
    assert found.known_at == pd.Timestamp("2013-03-01 21:00", tz="UTC")
    minutes = frame.set_axis(pd.date_range("2024-01-02 09:30", periods=50, freq="5min"), axis=0)
    assert comprehensive(minutes).known_at == pd.Timestamp("2024-01-02 13:40", tz="UTC")
    assert comprehensive(minutes, stamps="close").known_at == pd.Timestamp("2024-01-02 13:35", tz="UTC")
    numbered = comprehensive(frame.reset_index(drop=True)).to_dict()
    assert (numbered["timestamp"], numbered["known_at"]) == (49, 49)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_signals_are_the_records_of_the_last_bar(convention: str) -> None:
    panel = qp.synthetic(symbols=3, bars=330, seed=5, late=0.5, missing=0.01)
    seen: set[str] = set()
    for symbol in panel.symbols:
        own = panel[symbol].dropna(how="all")
        records = qp.signals(own, convention=convention)
        for end in range(len(own) - 60, len(own) + 1, 5):
            found = comprehensive(own.iloc[:end], convention=convention).signals
            wanted = records[records["triggered_at"] == own.index[end - 1]]
            assert found == {
                row.signal_type: {
                    "direction": row.direction,
                    "signal_strength": row.signal_strength,
                    "indicator_value": row.indicator_value,
                }
                for row in wanted.itertuples()
            }
            assert list(found) == wanted["signal_type"].tolist()
            seen |= set(found)
    assert len(seen) > 5


def test_a_rule_of_which_it_is_unknown_says_so_and_did_not_fire() -> None:
    found = comprehensive(IBM.iloc[:100])
    unknown = {path.partition(".")[2] for path in found.missing if path.startswith("signals.")}
    assert unknown == {"MA200_breakout_up", "MA200_breakout_down", "golden_cross", "dead_cross"}
    assert found.signals is not None
    assert not unknown & set(found.signals)
    reason = "a value of sma(window=200) is missing, on the last bar or the one before"
    assert found.missing["signals.MA200_breakout_up"] == reason


def test_long_histories_are_gone_through_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = qp.synthetic(symbols=4, bars=300, seed=2, late=0.5)
    whole = comprehensive(panel)
    monkeypatch.setattr("quantperf.analysis.fired.VALUES", 4 * 37)
    assert comprehensive(panel) == whole


@pytest.mark.parametrize("blocks", [2 * 37, 1 << 16])
def test_the_default_rules_remember_less_than_is_looked_at(monkeypatch: pytest.MonkeyPatch, blocks: int) -> None:
    panel = qp.synthetic(symbols=2, bars=340, seed=8)
    monkeypatch.setattr("quantperf.analysis.fired.VALUES", blocks)
    for bars in range(222, 341, 3):
        frames = {symbol: panel[symbol].iloc[:bars] for symbol in panel.symbols}
        few = comprehensive(qp.Panel.from_frames(frames))
        monkeypatch.setattr("quantperf.analysis.fired.REMEMBERED", 10**6)
        assert comprehensive(qp.Panel.from_frames(frames)) == few
        monkeypatch.setattr("quantperf.analysis.fired.REMEMBERED", 8)


def test_rules_of_ones_own_are_looked_for_or_none_at_all() -> None:
    found = comprehensive(IBM, signals=[("rise", "close > prev(close)"), "golden_cross"])
    assert list(found.signals or ()) == ["rise"]
    nothing = comprehensive(IBM, signals=False)
    assert nothing.signals is None
    assert nothing.missing == {"signals": "not looked for: signals=False"}
    assert "unknown" in nothing._repr_html_()
    with pytest.raises(qp.ParameterError, match="did you mean 'golden_cross'"):
        comprehensive(IBM, signals="golden_crosss")
    with pytest.raises(qp.ParameterError, match="rules must read open, high, low, close, volume here, got session"):
        comprehensive(IBM, signals=[("above", "close > session_vwap()")])


def test_signals_of_a_function_are_those_of_the_last_bar() -> None:
    def fired(bars: pd.DataFrame) -> pd.DataFrame:
        assert list(bars) == FIELDS
        stamps = [bars.index[-2], bars.index[-1], bars.index[-1]]
        return pd.DataFrame(
            {
                "signal_type": ["dead_cross", "RSI_bullish", "low_volume"],
                "triggered_at": stamps,
                "direction": np.array([-1, 1, 0]),
                "signal_strength": [1.0, 2.5, np.nan],
                "indicator_value": [1.0, 52.5, 0.4],
            }
        )

    found = comprehensive(IBM, signals=fired)
    assert found.to_dict()["signals"] == {
        "RSI_bullish": {"direction": 1, "signal_strength": 2.5, "indicator_value": 52.5},
        "low_volume": {"direction": 0, "signal_strength": None, "indicator_value": 0.4},
    }
    json.dumps(found.to_dict(), allow_nan=False)


def test_read_only_narrow_and_oddly_named_bars_are_taken() -> None:
    odd = IBM.iloc[-300:].rename(columns=str.title).astype({"Volume": "int64"})
    odd.index.name = "when"
    for column in odd:
        odd[column].to_numpy().flags.writeable = False
    assert comprehensive(odd) == comprehensive(IBM.iloc[-300:])


def test_nothing_is_analysed_for_no_symbols_and_an_unknown_one_is_named() -> None:
    assert analyse_together([]) == {}
    with pytest.raises(qp.DataError, match="unknown symbol 'IBN'; did you mean 'IBM'"):
        own_bars(qp.sample(), "IBN")


def test_a_result_is_read_only_compares_by_content_and_goes_through_pickle() -> None:
    found = comprehensive(IBM, symbol="IBM")
    with pytest.raises(AttributeError):
        found.symbol = "MSFT"  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.indicators["rsi"]["current"] = 0.0  # type: ignore[index]
    assert pickle.loads(pickle.dumps(found)) == found
    assert found != comprehensive(IBM.iloc[:-1], symbol="IBM")
    taken = found.to_dict()
    taken["indicators"]["rsi"]["current"] = 0.0
    assert found.indicators["rsi"]["current"] != 0.0
    assert repr(found) == "Analysis(IBM 2013-03-01 00:00:00: 202.91, bearish, BB_touch_upper, overbought)"
    assert "<th>RSI</th>" in found._repr_html_()
    assert isinstance(comprehensive(IBM.iloc[:1]), Analysis)
    assert "-9..+9" in comprehensive(IBM.iloc[:1])._repr_html_()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: comprehensive(IBM.iloc[:0]), qp.DataError, "must hold at least one with a price, got none"),
        (lambda: comprehensive(IBM * np.nan), qp.DataError, "must hold at least one with a price, got none"),
        (lambda: comprehensive(IBM["close"]), qp.DataError, "got Series"),
        (lambda: comprehensive(IBM.drop(columns="low")), qp.DataError, "low is missing"),
        (lambda: comprehensive(IBM.iloc[::-1]), qp.DataError, "must be ascending"),
        (lambda: comprehensive(IBM.astype(str)), qp.DataError, "must be numeric"),
        (lambda: comprehensive(IBM, convention="ta"), qp.ParameterError, "convention must be one of"),
        (lambda: comprehensive(qp.sample(), symbol="IBM"), qp.ParameterError, "symbol is for a frame of one symbol"),
    ],
)
def test_what_cannot_be_analysed_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
