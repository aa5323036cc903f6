"""Explanations agree with the signals, name what decides, and say who took the bar."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.indicators import explain as indicators
from quantperf.kernels.candles import UNKNOWN
from quantperf.signals.explanation import SignalExplanation, explain
from quantperf.signals.program import FIRED, compile_rules


def of_rule(name: object, *args: object, **options: object) -> SignalExplanation:
    found = explain(name, *args, **options)  # type: ignore[arg-type]
    assert isinstance(found, SignalExplanation)
    return found


def gapped(bars: int = 260) -> pd.DataFrame:
    frame = qp.sample("IBM").iloc[:bars].copy()
    frame.iloc[[40, 41, 230], 3] = np.nan
    frame.iloc[100] = np.nan
    return frame


@pytest.mark.parametrize("rule", qp.signals.RULES, ids=lambda rule: rule.name)
def test_an_explanation_agrees_with_the_signals_on_every_bar(rule: qp.signals.Rule) -> None:
    data = gapped()
    program = compile_rules()
    fields = {name: data[name].to_numpy(dtype=float)[:, None] for name in program.fields}
    place = [each.name for each in program.rules].index(rule.name)
    codes = program.run(fields, program.fresh_state(1))[place, :, 0]
    fired = np.flatnonzero(codes == FIRED)
    for bar in sorted({0, 15, 40, 42, 100, 101, 230, 231, 259, *fired[:3], *(fired[:3] + 1).clip(max=259)}):
        why = of_rule(rule, data, at=data.index[bar])
        assert why.held == (None if codes[bar] == UNKNOWN else bool(codes[bar] > 0))
        assert why.fired == (None if codes[bar] == UNKNOWN else codes[bar] == FIRED)
        if why.nearest is None:
            assert why.held is None
            assert why.table["held"].isna().any()
        else:
            assert bool(why.nearest["held"]) is why.held
            assert why.nearest["condition"] in str(why)


def test_a_crossing_shows_its_four_values_and_what_failed() -> None:
    data = qp.sample("IBM")
    signals = qp.signals(data, ["golden_cross"])
    at = signals["triggered_at"].iloc[0]
    why = of_rule("golden_cross", data, at=at)
    assert why.fired
    assert why.table["bar"].tolist() == [-1, 0]
    assert why.table["condition"].tolist() == ["sma(50) at most sma(200) on the bar before", "sma(50) above sma(200)"]
    fifty, long = qp.sma(data["close"], window=50), qp.sma(data["close"], window=200)
    place = data.index.get_loc(at)
    assert why.table["left"].tolist() == fifty.iloc[place - 1 : place + 1].tolist()
    assert why.table["right"].tolist() == long.iloc[place - 1 : place + 1].tolist()
    assert why.failed.empty
    late = of_rule("golden_cross", data, at=place + 1)
    assert late.held is False
    assert late.failed["condition"].tolist() == ["sma(50) at most sma(200) on the bar before"]
    margin = float(long.iloc[place] - fifty.iloc[place])
    assert late.nearest is not None
    assert late.nearest["margin"] == margin
    assert late.nearest["percent"] == pytest.approx(100.0 * margin / data["close"].iloc[place])
    assert "It failed by" in str(late)


def test_the_rule_that_came_before_in_its_family_is_named() -> None:
    data = qp.sample("IBM")
    program = compile_rules()
    codes = program.run(
        {name: data[name].to_numpy(dtype=float)[:, None] for name in program.fields}, program.fresh_state(1)
    )[:, :, 0]
    names = [rule.name for rule in program.rules]
    bull, zero = names.index("bullish_cross"), names.index("zero_cross_up")
    both = np.flatnonzero((codes[bull] == FIRED) & (codes[zero] == 2))
    assert len(both) > 0
    why = of_rule("zero_cross_up", data, at=int(both[0]))
    assert (why.held, why.fired, why.taken_by) == (True, False, "bullish_cross")
    assert "bullish_cross comes before it in the family and took the bar" in repr(why)


def test_what_of_a_rule_keeps_its_condition_back_is_said() -> None:
    data = qp.sample("IBM").iloc[:100]
    rule = qp.signals.Rule("slow", "close > 0", hold=5, levels="once", cooldown=3, clear="close < 0")
    why = of_rule(rule, data, at=2)
    assert (why.held, why.fired, why.taken_by) == (True, False, None)
    assert "hold=5, levels='once', cooldown=3, clear='close < 0'" in repr(why)
    assert of_rule(rule, data, at=60).fired is False


def test_alternatives_are_grouped_and_the_best_of_them_decides() -> None:
    rule = qp.signals.Rule("either", "close > 2 * open or (close > 1.5 * open and not volume < 1)")
    why = of_rule(rule, qp.sample("IBM"), at=50)
    assert why.table["group"].tolist() == ["1a", "1b", "1b"]
    assert why.table["unit"].tolist() == ["price", "price", "volume"]
    assert why.nearest is not None
    assert why.nearest["condition"] == "close above 1.5 * open"
    assert "1b" in str(why)
    assert "<table" in why._repr_html_()


def test_later_bars_are_not_looked_at_and_nothing_is_changed() -> None:
    data = gapped()
    before = data.copy()
    whole, cut = of_rule("low_volume", data, at=150), of_rule("low_volume", data.iloc[:151])
    pd.testing.assert_frame_equal(whole.table, cut.table)
    assert (whole.position, whole.at) == (150, data.index[150])
    pd.testing.assert_frame_equal(data, before)


def test_a_symbol_of_a_panel_and_policies_for_missing_bars() -> None:
    panel = qp.sample()
    one = of_rule("RSI_oversold", panel, at=-1, symbol="IBM", convention="tradingview")
    frame = of_rule("RSI_oversold", qp.sample("IBM"), at=-1, convention="tradingview")
    pd.testing.assert_frame_equal(one.table, frame.table)
    data = gapped()
    assert of_rule("MA50_breakout_up", data, at=101).held is None
    skipped = of_rule("MA50_breakout_up", data, at=101, nan="skip")
    own = of_rule("MA50_breakout_up", data.drop(data.index[[40, 41, 100]]), at=data.index[101])
    pd.testing.assert_frame_equal(skipped.table, own.table)
    assert of_rule("MA50_breakout_up", data, at=100, nan="skip").held is None
    assert of_rule("MA50_breakout_up", data, at=101, nan=qp.ffill()).held is None
    with pytest.raises(qp.DataError, match="must hold no missing"):
        explain("MA50_breakout_up", data, at=101, nan="raise")


def test_patterns_and_indicators_are_explained_as_before() -> None:
    data = qp.sample("IBM")
    assert str(explain("cdl_doji", data, at=-2)) == str(indicators.explain("cdl_doji", data, at=-2))
    assert str(explain(qp.sma, window=5)) == str(indicators.explain(qp.sma, window=5))


def test_mistakes_are_named() -> None:
    data = qp.sample("IBM")
    with pytest.raises(qp.UnknownIndicator, match="did you mean 'golden_cross'"):
        explain("golden_crss", data)
    with pytest.raises(qp.ParameterError, match="data must be told for a rule"):
        explain("golden_cross")
    with pytest.raises(qp.ParameterError, match="a rule has no parameter 'window'"):
        explain("golden_cross", data, window=3)
    with pytest.raises(qp.ParameterError, match="at must be a label"):
        explain("golden_cross", data, at=99999)
    with pytest.raises(qp.ParameterError, match="symbol must be one of the panel's 5"):
        explain("golden_cross", qp.sample(), symbol="XYZ")
    with pytest.raises(qp.ParameterError, match="symbol is for a Panel"):
        explain("golden_cross", data, symbol="IBM")
    with pytest.raises(qp.DataError, match="data must be a Panel or a frame of bars, got list"):
        explain("golden_cross", [1.0])  # type: ignore[arg-type]
    with pytest.raises(qp.DataError, match="at least one bar"):
        explain("golden_cross", data.iloc[:0])
