"""An explanation is the pattern: its conditions hold where the kernel gives a code, and margins tell where it flips."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import quantperf as qp
from quantperf.indicators.candles import BEFORE, DRAWN, WARM_UP
from quantperf.kernels.candles import PATTERNS
from tests.kernels.test_candles import MARKETS

Bars = tuple[npt.NDArray[np.float64], ...]
COLUMNS = ["open", "high", "low", "close"]
each_pattern = pytest.mark.parametrize("name", PATTERNS)


def frame(bars: Bars) -> pd.DataFrame:
    return pd.DataFrame(dict(zip(COLUMNS, bars, strict=True)))


def drawn(name: str) -> pd.DataFrame:
    """Bars that show the pattern on the last one."""
    return pd.DataFrame([BEFORE] * WARM_UP + list(DRAWN[name]), columns=COLUMNS, dtype=float)


@each_pattern
def test_conditions_hold_where_the_kernel_gives_a_code(name: str) -> None:
    found = 0
    for market in ("walk 1", "ticks 4", "trends 7", "trends 8", "IBM"):
        bars = tuple(column[:8000] for column in MARKETS[market])
        codes = qp.CATALOG[name](*bars)
        answer = qp.CATALOG[name].reference.answer(*bars)  # type: ignore[attr-defined]
        known = codes != qp.UNKNOWN
        np.testing.assert_array_equal(answer.found.held[known], codes[known] != 0)
        np.testing.assert_array_equal(answer.codes[known], codes[known])
        found += np.count_nonzero(answer.found.held[known])
    assert found > 0


@each_pattern
def test_an_explanation_agrees_with_the_pattern_and_with_itself(name: str) -> None:
    rng, market = np.random.default_rng(3), frame(tuple(column[:3000] for column in MARKETS["trends 9"]))
    market.loc[1500, "high"] = np.nan
    codes = qp.CATALOG[name](market)
    stands = np.flatnonzero(codes.fillna(0) != 0)[:4]
    for at in [*stands, *rng.integers(0, 3000, 4), 5, 1500, 1501]:
        why = qp.explain(name, market, at=int(at))
        assert why.position == at
        if pd.isna(codes[at]):
            assert (why.code, why.held, why.nearest) == (None, None, None)
            continue
        assert why.code == codes[at]
        assert why.held == (codes[at] != 0)
        assert why.nearest["held"] == why.held
        asked = why.table[why.table["group"] != "size"]
        always = asked[asked["group"] == ""]
        if why.held:
            assert always["held"].all()
            assert why.nearest["margin"] >= 0.0
        else:
            assert not asked["held"].all()
            assert why.nearest["margin"] <= 0.0
        np.testing.assert_array_equal(why.table["held"].astype(bool) | (why.table["margin"] <= 0.0), True)
        np.testing.assert_array_equal(~why.table["held"].astype(bool) | (why.table["margin"] >= 0.0), True)
        compared = why.table["left"].notna()
        gap = (why.table["left"] - why.table["right"]).abs()
        np.testing.assert_allclose(gap[compared], why.table["margin"].abs()[compared], rtol=0.0, atol=0.0)


@each_pattern
def test_a_drawn_pattern_stands_in_every_condition(name: str) -> None:
    why = qp.explain(name, drawn(name))
    assert why.held
    assert why.code == qp.CATALOG[name](drawn(name)).iloc[-1]
    assert f"{why.code}, it stands" in str(why)
    assert why.nearest["condition"] in str(why)


def test_a_margin_is_what_it_takes_to_flip() -> None:
    """A doji whose body grows by more than its margin is none any more, and by less still is one."""
    data = drawn("cdl_doji")
    margin = qp.explain("cdl_doji", data).nearest["margin"]
    for share, code in ((0.99, 100), (1.01, 0)):
        grown = data.copy()
        grown.loc[grown.index[-1], "close"] += share * margin
        assert qp.explain("cdl_doji", grown).code == code
        assert qp.cdl_doji(grown).iloc[-1] == code


def test_the_table_by_hand() -> None:
    why = qp.explain("cdl_engulfing", drawn("cdl_engulfing"))  # black 11-9, then white 8-12, after ranges of 2
    rows = why.table[why.table["condition"].str.startswith("second top of the body at least")]
    (row,) = rows.to_dict("records")
    assert (row["group"], row["bar"], row["left"], row["right"], row["margin"]) == ("", 0, 12.0, 11.0, 1.0)
    assert row["relative"] == pytest.approx(1.0 / ((9 * 2.0 + 3.0) / 10.0))
    assert row["held"] is True
    white = why.table[why.table["condition"].str.startswith("first is white")].iloc[0]
    assert (white["group"], white["bar"], white["margin"], bool(white["held"])) == ("1a", -1, -2.0, False)
    assert set(why.failed["group"]) == {"1a"}
    assert list(why.table[why.table["group"] == "size"]["margin"]) == [1.0, 1.0]
    assert why.nearest["margin"] == 1.0


def test_later_bars_change_nothing() -> None:
    data = frame(tuple(column[:400] for column in MARKETS["ticks 5"]))
    for name in ("cdl_hikkake", "cdl_mathold", "cdl_doji"):
        pd.testing.assert_frame_equal(qp.explain(name, data, at=200).table, qp.explain(name, data.iloc[:201]).table)


def test_a_bar_is_named_by_its_label_or_its_place() -> None:
    data = qp.sample("IBM")
    label = data.index[-3]
    wanted = qp.explain("cdl_hammer", data, at=label)
    assert wanted.at == label
    for at in (-3, len(data) - 3, str(label.date())):
        assert qp.explain("CDLHAMMER", data, at=at).at == label
    assert qp.explain(qp.cdl_hammer, data).position == len(data) - 1
    panel = qp.sample()
    block = [panel.block(name)[:, 1] for name in COLUMNS]
    pd.testing.assert_frame_equal(
        qp.explain("cdl_hammer", panel, symbol=panel.symbols[1]).table,
        qp.explain("cdl_hammer", frame(tuple(block))).table,
    )


def test_parameters_count() -> None:
    data = drawn("cdl_darkcloudcover")
    assert qp.explain("cdl_darkcloudcover", data).code == -100
    why = qp.explain("cdl_darkcloudcover", data, penetration=0.9)
    assert (why.code, why.nearest["condition"]) == (
        0,
        "second close below first close - 0.9 times first |close - open|",
    )


def test_it_shows_itself() -> None:
    data = drawn("cdl_hammer")
    text, page = str(qp.explain("cdl_hammer", data)), qp.explain("cdl_hammer", data)._repr_html_()
    assert text.splitlines()[0].startswith("cdl_hammer at ")
    assert "Decided by:" in text
    assert page.count("<tr") == 1 + len(qp.explain("cdl_hammer", data).table)
    assert "unknown" in str(qp.explain("cdl_hammer", data, at=2))
    assert repr(qp.explain("cdl_hammer", data, at=2)).startswith("Explanation(cdl_hammer at 2: unknown")


def test_without_bars_it_describes_any_indicator() -> None:
    told = qp.explain("rsi", window=10)
    assert told.indicator == "rsi"
    assert "Wilder" in str(told)
    assert list(told.conventions.index) == list(qp.rsi.conventions)
    assert told.conventions.loc["talib", "lookback"] == 10
    assert told.conventions.loc["talib", "differs"] == 0.0 < told.conventions.loc["legacy", "differs"]
    assert told.conventions.loc["talib", "settle"] == qp.rsi.settle(window=10)
    assert "<pre>" in told._repr_html_()
    assert repr(told) == "Description(rsi)"
    assert qp.explain("obv").conventions.loc["talib", "settle"] == np.inf
    assert "hammer" in str(qp.explain("cdl_hammer"))


def test_mistakes() -> None:
    data = qp.sample("IBM")
    with pytest.raises(qp.ParameterError, match="rsi is no candlestick"):
        qp.explain("rsi", data)
    with pytest.raises(qp.UnknownIndicator, match="did you mean 'cdl_hammer'"):
        qp.explain("cdl_hamer", data)
    with pytest.raises(qp.ParameterError, match="place from -3270 to 3269, got 9999"):
        qp.explain("cdl_doji", data, at=9999)
    with pytest.raises(qp.ParameterError, match="which names several"):
        qp.explain("cdl_doji", data, at="2012-05")
    with pytest.raises(qp.ParameterError, match="symbol must be one of the panel's 5, got None"):
        qp.explain("cdl_doji", qp.sample())
    with pytest.raises(qp.ParameterError, match="symbol is for a Panel"):
        qp.explain("cdl_doji", data, symbol="IBM")
    with pytest.raises(qp.DataError, match="got Series"):
        qp.explain("cdl_doji", data["close"])
    with pytest.raises(qp.DataError, match="at least one bar"):
        qp.explain("cdl_doji", data.iloc[:0])
    with pytest.raises(qp.ParameterError, match="at least 0"):
        qp.explain("cdl_mathold", data, penetration=-1.0)
