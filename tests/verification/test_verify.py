"""verify: it flags the published leaky constructions, names bar, lead and column, and passes what is clean."""

from __future__ import annotations

import functools
import json
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import talib

import quantperf as qp
from quantperf.errors import DataError, ParameterError, VerificationError
from quantperf.verification import LAWS, Certificate

IBM = qp.sample("IBM")
CLOSE = IBM["close"]
HLC = ["high", "low", "close"]
ONE = ("scale", "same again", "inputs unchanged", "dtype", "memory layout", "container", "panel", "batch = live")


def broken(certificate: Certificate) -> set[str]:
    return {finding.law for finding in certificate.findings}


def held(certificate: Certificate, law: str) -> str:
    return next(row.held for row in certificate.laws if row.name == law)


# ----------------------------------------------------------------------------------------------------------- causality


def ichimoku(bars: pd.DataFrame) -> pd.DataFrame:
    """The cloud as it is drawn: its lagging span is the close of 26 bars later."""
    high, low = bars["high"], bars["low"]
    middle = (high.rolling(26).max() + low.rolling(26).min()) / 2.0
    return pd.DataFrame({"kijun": middle, "chikou": bars["close"].shift(-26)})


def weekly_by_open(close: pd.Series[float]) -> pd.Series[float]:
    """The close of the week on each of its days: known on its last one."""
    weeks = close.resample("W-FRI").last()
    weeks.index = weeks.index - pd.Timedelta(days=4)  # labelled by its Monday
    return weeks.reindex(close.index, method="ffill")


def weekly_by_close(close: pd.Series[float]) -> pd.Series[float]:
    """The close of the last week that was over."""
    weeks = close.resample("W-FRI").last()
    weeks.index = weeks.index + pd.Timedelta(days=1)
    return weeks.reindex(close.index, method="ffill")


def pivots(bars: pd.DataFrame) -> pd.Series[bool]:
    """Highs above the three bars on either side."""
    return bars["high"] == bars["high"].rolling(7, center=True).max()


def confirmed_pivots(bars: pd.DataFrame) -> pd.Series[Any]:
    """The same, said three bars later, and unknown where one of the bars is missing."""
    top = bars["high"].rolling(7).max()
    return (bars["high"].shift(3) == top).astype(float).where(top.notna())


LEAKS: dict[str, tuple[Any, Any, str, int | None]] = {
    "a centred mean": (lambda close: close.rolling(11, center=True).mean(), CLOSE, "close", 5),
    "shift(-1)": (lambda close: close.shift(-1) / close - 1.0, CLOSE, "close", 1),
    "a lagging span": (ichimoku, IBM, "close", 26),
    "a z-score of the column": (lambda close: (close - close.mean()) / close.std(), CLOSE, "close", None),
    "a share of the highest": (lambda close: close / close.max(), CLOSE, "close", None),
    "ranks of the column": (lambda close: close.rank(pct=True), CLOSE, "close", None),
    "a week by its open": (weekly_by_open, CLOSE, "close", 4),
    "bfill": (lambda close: close.bfill(), CLOSE, "close", 4),
    "a warm-up that is filled": (lambda close: close.rolling(9).mean().bfill(), CLOSE, "close", 8),
    "interpolate": (lambda close: close.interpolate(), CLOSE, "close", 4),
    "a pivot": (pivots, IBM, "high", 3),
    "a filter both ways": (lambda close: close[::-1].ewm(span=5).mean()[::-1], CLOSE, "close", None),
    "an array": (lambda close: np.convolve(close, np.ones(5) / 5.0, mode="same"), CLOSE.to_numpy(), "close", 2),
    "one column of a table": (lambda wide: wide.assign(FB=wide["FB"].shift(-2)), qp.sample().close, "FB", 2),
}


@pytest.mark.parametrize("story", LEAKS)
def test_what_looks_ahead_is_flagged_with_its_column_and_its_lead(story: str) -> None:
    function, data, column, lead = LEAKS[story]
    certificate = qp.verify(function, data)
    leaks = [finding for finding in certificate.findings if finding.law == "causality"]
    assert not certificate.passed
    assert held(certificate, "causality") == "broken"
    assert {leak.column for leak in leaks} == {column}
    for leak in leaks:
        assert leak.bar is not None
        assert leak.lead is not None
        assert leak.lead == lead if lead is not None else leak.lead > 50
    with pytest.raises(VerificationError, match="must keep the laws, but breaks"):
        certificate.raise_if_failed()


CLEAN: dict[str, tuple[Any, Any]] = {
    "a mean": (lambda close: close.rolling(20).mean(), CLOSE),
    "a deviation": (lambda close: close.rolling(20).std(), CLOSE),
    "an exponential mean": (lambda close: close.ewm(span=12).mean(), CLOSE),
    "one that skips": (lambda close: close.ewm(span=12, ignore_na=True).mean().where(close.notna()), CLOSE),
    "ffill": (lambda close: close.ffill().rolling(5).max(), CLOSE),
    "a week by its close": (weekly_by_close, CLOSE),
    "confirmed pivots": (confirmed_pivots, IBM),
    "an expanding z-score": (lambda close: (close - close.expanding().mean()) / close.expanding().std(), CLOSE),
    "a shift": (lambda close: close.shift(3), CLOSE),
    "a list": (lambda close: [x * 2.0 for x in close], CLOSE.tolist()),
}


@pytest.mark.parametrize("story", CLEAN)
def test_what_does_not_look_ahead_passes_that_law(story: str) -> None:
    certificate = qp.verify(*CLEAN[story])
    assert held(certificate, "causality") in {"exactly", "closely"}, str(certificate)


def test_a_leak_says_where_it_begins_how_large_it_is_and_what_to_do() -> None:
    def fn(close: pd.Series[float]) -> pd.Series[float]:
        return close.where(np.arange(len(close)) < 100, close.shift(-3))

    finding = qp.verify(fn, CLOSE, bars=300, probes=60).findings[0]
    assert (finding.law, finding.output, finding.column, finding.lead) == ("causality", "fn", "close", 3)
    assert finding.bar is not None
    assert 100 <= finding.bar < 130
    assert finding.size is not None
    assert finding.size > 1.0
    assert "shift(3)" in finding.message
    assert "as statistics of a whole column do" in qp.verify(lambda x: x / x.max(), CLOSE).findings[0].message
    assert "carry the last value forward" in qp.verify(lambda x: x.bfill(), CLOSE).findings[0].message


def test_each_column_has_its_own_lead() -> None:
    certificate = qp.verify(lambda bars: bars["high"].shift(-1) + bars["close"].shift(-5) + bars["low"], IBM, skip=ONE)
    leads = {one.column: one.lead for one in certificate.findings if one.law == "causality"}
    assert leads == {"high": 1, "close": 5}


def test_what_the_number_of_bars_decides_leaks_from_no_column() -> None:
    certificate = qp.verify(lambda close: close / len(close), CLOSE, skip=ONE)
    leak = next(one for one in certificate.findings if one.law == "causality")
    assert (leak.column, leak.bar) == ("", 0)
    assert "reads its input up to 399 bars ahead" in leak.message


def test_an_output_that_comes_with_later_bars_is_flagged() -> None:
    def some(close: pd.Series[float]) -> dict[str, Any]:
        lines = {"always": close, "sometimes": close * 2.0}
        return lines if close.iloc[-1] > 150.0 else {"always": close}

    leaks = [one.output for one in qp.verify(some, CLOSE, skip=ONE).findings if one.law == "causality"]
    assert leaks == ["sometimes"]


def test_what_cannot_be_tried_does_not_pass() -> None:
    def once(close: pd.Series[float]) -> pd.Series[float]:
        if len(close) != 400 or close.iloc[0] != CLOSE.iloc[-400] or close.iloc[-1] != CLOSE.iloc[-1]:
            raise RuntimeError("other data")
        return close

    certificate = qp.verify(lambda close: once(close) if close.equals(CLOSE[-400:]) else once(close[:1]), CLOSE)
    assert "causality" in broken(certificate)
    assert "it could not be tried: the function takes no other data" in certificate.findings[0].message
    assert "RuntimeError: other data" in certificate.findings[0].message


def test_outputs_are_told_apart() -> None:
    certificate = qp.verify(ichimoku, IBM, skip=ONE)
    assert certificate.outputs == ("kijun", "chikou")
    assert {finding.output for finding in certificate.findings} == {"chikou"}


# ------------------------------------------------------------------------------------------------------ missing values


@pytest.mark.parametrize(
    ("function", "span"),
    [
        (lambda close: close.rolling(20).mean(), 20),
        (lambda close: close.rolling(20).std(), 20),
        (lambda close: close * 2.0, 1),
        (lambda close: close.rolling(5, min_periods=1).max(), 5),
        (lambda close: close.cumsum(), 1),
        (qp.rsi, 1),
        (functools.partial(qp.sma, window=7), 7),
    ],
)
def test_the_span_of_a_hole_is_found(function: Any, span: int) -> None:
    certificate = qp.verify(function, CLOSE, skip=["causality", *ONE])
    assert certificate.passed, str(certificate)
    assert certificate.spans == {"close": span}


def test_what_a_hole_poisons_for_ever_is_flagged() -> None:
    def running(close: Any) -> Any:
        total = np.cumsum(np.asarray(close))
        return (total - np.concatenate([np.zeros(5), total[:-5]])) / 5.0

    for function in (running, lambda close: talib.EMA(close, 10), lambda close: talib.RSI(close, 14)):
        certificate = qp.verify(function, CLOSE.to_numpy(), skip=ONE)
        assert broken(certificate) == {"missing values"}
        assert "still changes the last bar" in certificate.findings[0].message


def test_what_a_hole_leaves_less_and_less_of_is_remarked() -> None:
    certificate = qp.verify(lambda close: close.ewm(span=100, adjust=False).mean(), CLOSE, skip=ONE)
    assert certificate.passed, str(certificate)
    assert any("less and less" in remark for remark in certificate.remarks)


def test_a_signal_that_a_hole_makes_is_flagged() -> None:
    def above(close: pd.Series[float]) -> Any:
        return ~(close.rolling(5).mean() < close.rolling(30).mean())

    finding = qp.verify(above, CLOSE, skip=ONE).findings[0]
    assert finding.law == "missing values"
    assert "makes a signal out of nothing" in finding.message
    honest = qp.verify(lambda close: above(close) & close.rolling(30).mean().notna(), CLOSE, skip=ONE)
    assert honest.passed, str(honest)


def test_a_value_out_of_nothing_is_flagged() -> None:
    def filled(close: pd.Series[float]) -> pd.Series[float]:
        return close.ffill().where(close.rolling(3, min_periods=0).count() < 3)

    assert "makes a value out of nothing" in qp.verify(filled, CLOSE, skip=ONE).findings[0].message


def test_a_function_that_refuses_missing_values_breaks_no_law() -> None:
    certificate = qp.verify(functools.partial(qp.sma, nan="raise"), CLOSE)
    assert certificate.passed, str(certificate)
    assert held(certificate, "missing values") == "not run"
    assert any("refuses missing values" in remark and "DataError" in remark for remark in certificate.remarks)


# ----------------------------------------------------------------------------------------------------------- other laws


def test_powers_of_units_are_reported() -> None:
    def several(close: Any, volume: Any) -> dict[str, Any]:
        return {
            "price": close, "turnover": close * volume, "variance": close**2, "share": close / close.shift(1),
            "inverse": 1.0 / close, "mixed": close + 1.0, "log": np.log(close), "above": close > 100.0,
        }  # fmt: skip

    certificate = qp.verify(several, CLOSE, IBM["volume"], skip=["missing values"])
    powers = {name: (units["prices"], units["volumes"]) for name, units in certificate.degrees.items()}
    assert powers == {
        "price": (1, 0), "turnover": (1, 1), "variance": (2, 0), "share": (0, 0), "inverse": (-1, 0),
        "mixed": (None, 0), "log": (None, 0), "above": (None, 0),
    }  # fmt: skip
    assert certificate.passed


def test_what_is_not_repeated_is_flagged() -> None:
    random = np.random.default_rng(0)
    certificate = qp.verify(lambda close: close * random.random(), CLOSE, skip=["causality", "missing values"])
    assert "same again" in broken(certificate)
    assert "inputs unchanged" not in broken(certificate)


def test_what_writes_to_its_input_is_flagged() -> None:
    def writes(close: Any) -> Any:
        close[0] = 0.0
        return close

    certificate = qp.verify(writes, CLOSE.to_numpy())
    assert {"inputs unchanged", "memory layout"} <= broken(certificate)
    assert any("read-only input raises" in finding.message for finding in certificate.findings)


def test_whole_numbers_that_overflow_are_flagged_and_single_precision_is_remarked() -> None:
    certificate = qp.verify(lambda close: close.astype(close.dtype) // 2, CLOSE)
    assert certificate.passed, str(certificate)
    narrow = qp.verify(lambda close: close.astype(np.int16) * 2 if close.dtype == np.int64 else close * 2, CLOSE)
    assert broken(narrow) == {"dtype"}
    single = qp.verify(lambda close: close * (np.float32(1.1) if close.dtype == np.float32 else 1.1), CLOSE)
    assert single.passed
    assert any("single precision" in remark for remark in single.remarks)


def test_a_container_that_changes_the_answer_is_flagged() -> None:
    # The deviation of an array divides by n, that of a Series by n - 1.
    by_container = qp.verify(lambda close: close / close[:2].std(), CLOSE, skip=["causality", "missing values"])
    assert broken(by_container) == {"container"}
    both = qp.verify(lambda close: close * (2.0 if isinstance(close, pd.Series) else 3.0), CLOSE)
    assert broken(both) == {"container"}
    assert "ndarray input gives other values" in both.findings[0].message


def test_values_that_cross_symbols_are_flagged_unless_they_are_meant() -> None:
    wide = qp.sample().close.ffill().bfill()

    def ranks(close: pd.DataFrame) -> pd.DataFrame:
        return close.rank(axis=1)

    assert broken(qp.verify(ranks, wide, skip=["missing values"])) == {"panel"}
    assert qp.verify(ranks, wide, skip=["missing values", "panel"]).passed
    alone = qp.verify(lambda close: close.rolling(9).mean(), wide)
    assert alone.passed, str(alone)
    assert held(alone, "panel") == "exactly"


class Mean:
    """A live mean of all bars so far; `slip` is a mistake."""

    def __init__(self, slip: Any = 0.0) -> None:
        self.total, self.count, self.slip = 0.0, 0, slip

    def update(self, x: float) -> float:
        if x != x:
            return np.nan
        self.total, self.count = self.total + x, self.count + 1
        return self.total / self.count + self.slip


def test_a_live_form_is_held_to_the_batch() -> None:
    def batch(close: pd.Series[float]) -> pd.Series[float]:
        return close.expanding().mean().where(close.notna())

    certificate = qp.verify(batch, CLOSE, stream=Mean)
    assert certificate.passed, str(certificate)
    assert held(certificate, "batch = live") == "closely"
    assert broken(qp.verify(batch, CLOSE, stream=lambda: Mean(slip=1e-6))) == {"batch = live"}
    assert "refuses the data as given" in qp.verify(batch, CLOSE, stream=lambda: Mean(slip="x")).findings[0].message
    plain = qp.verify(batch, CLOSE)
    assert held(plain, "batch = live") == "not run"


# --------------------------------------------------------------------------------------------------------- every entry


def test_data_of_every_kind_is_taken() -> None:
    for data in (
        (IBM["high"], IBM["low"], CLOSE), (IBM,), (qp.sample(),), tuple(IBM[name].to_numpy() for name in HLC),
        tuple(qp.sample().close for _ in range(3)), tuple(CLOSE.tolist() for _ in range(3)),
        (IBM.rename(columns=str.upper).assign(NAME="IBM"),),
    ):  # fmt: skip
        certificate = qp.verify(functools.partial(qp.atr, window=5), *data, bars=150, probes=3)
        assert certificate.passed, str(certificate)
        assert held(certificate, "causality") == "exactly"
        assert held(certificate, "batch = live") == "exactly"
    parameters = qp.verify(lambda close, window, kind: close.rolling(window).agg(kind), CLOSE, 9, "mean", bars=100)
    assert parameters.passed
    assert parameters.columns == ("close",)


def test_inputs_of_an_indicator_are_taken_in_the_order_in_which_they_were_given() -> None:
    # By their names they would come to the live form the other way round.
    assert qp.verify(qp.sub, IBM["low"].rename("low"), IBM["high"].rename("high"), bars=60).passed


def test_many_outputs_of_many_symbols_are_taken() -> None:
    panel = qp.sample()
    certificate = qp.verify(lambda panel: qp.compute(panel, ["rsi", "macd"], threads=1), panel, bars=150, probes=2)
    assert certificate.passed, str(certificate)
    assert certificate.outputs == ("rsi_14", "macd_12_26_9_macd", "macd_12_26_9_signal", "macd_12_26_9_histogram")
    assert held(certificate, "panel") == "exactly"
    codes = qp.verify(qp.candles, IBM, bars=80, probes=2)
    assert codes.passed, str(codes)
    assert len(codes.outputs) == 61


class Two(NamedTuple):
    first: Any
    second: Any


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (lambda close: Two(close, close), ("first", "second")),
        (lambda close: (close, close), ("output 0", "output 1")),
        (lambda close: {"a": close}, ("a",)),
        (lambda close: pd.DataFrame({"x": close, "y": close}), ("x", "y")),
        (lambda close: (close > 1).astype("boolean"), ("<lambda>",)),
        (lambda close: close.dropna().iloc[3:], ("<lambda>",)),
        (lambda close: pd.concat([close, close[-1:].set_axis(close.index[-1:] + pd.Timedelta(days=1))]), ("<lambda>",)),
        (lambda close: np.column_stack([close, close]), ("<lambda>",)),
        (lambda close: np.array([None if x != x else x for x in close], dtype=object), ("<lambda>",)),
    ],
)
def test_outputs_of_every_kind_are_read(function: Any, names: tuple[str, ...]) -> None:
    certificate = qp.verify(function, CLOSE, bars=80, probes=3, skip=["container"])
    assert certificate.outputs == names
    assert held(certificate, "causality") == "exactly", str(certificate)


# --------------------------------------------------------------------------------------------------------- certificate


def test_a_certificate_is_text_html_and_json() -> None:
    good, bad = qp.verify(qp.ema, CLOSE), qp.verify(lambda close: close.shift(-1), CLOSE)
    assert good
    assert not bad
    good.raise_if_failed()
    assert str(good).startswith("ema: passed (400 bars; closely: 1e-12 relative; seed 0)")
    assert "causality         holds exactly" in str(good)
    assert "<lambda>: FAILED" in str(bad)
    assert "! causality: <lambda>: first at bar 0; reads close up to 1 bars ahead" in str(bad)
    assert "&lt;lambda&gt;: FAILED" in bad._repr_html_()
    assert "<lambda>" not in bad._repr_html_()
    assert repr(good).startswith("Certificate(ema: passed; ")
    assert "findings, first causality" in repr(bad)
    record = json.loads(bad.to_json())
    assert record["passed"] is False
    assert record["findings"][0]["lead"] == 1
    assert [law["name"] for law in record["laws"]] == ["values", *LAWS]
    assert qp.verify(qp.ema, CLOSE).to_dict() == good.to_dict()


def test_laws_that_are_skipped_are_not_run() -> None:
    certificate = qp.verify(lambda close: close.shift(-1), CLOSE, skip=LAWS)
    assert certificate.passed
    assert {(law.held, law.note) for law in certificate.laws[1:]} == {("not run", "skipped")}


def test_a_function_without_values_does_not_pass() -> None:
    certificate = qp.verify(lambda close: close.rolling(500).mean(), CLOSE)
    assert broken(certificate) == {"values"}
    assert "nothing was shown; pass more bars" in certificate.findings[0].message
    assert qp.verify(lambda close: close.rolling(500).mean(), CLOSE, bars=900).passed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"skip": "causalty"}, "skip must be one of 'causality', .* got 'causalty'"),
        ({"bars": 19}, "bars must be a whole number of at least 20, got 19"),
        ({"bars": 50.0}, "bars must be a whole number"),
        ({"probes": 0}, "probes must be a whole number of at least 1, got 0"),
        ({"rtol": -1.0}, "rtol must be a number of at least 0 and below 1, got -1.0"),
        ({"rtol": True}, "rtol must be"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        qp.verify(qp.sma, CLOSE, **options)


@pytest.mark.parametrize(
    ("function", "data", "message"),
    [
        (abs, (), "inputs must be given for abs"),
        (lambda close: close, (5,), "at least one series, table, frame or Panel, got none"),
        (lambda close: close, (CLOSE[:10],), "at least 20 bars for probes to show anything, got 10"),
        (lambda a, b: a, (CLOSE, CLOSE[:50]), r"inputs must be of one length, got \[50, 400\]"),
        (lambda close: close, (np.array(["a"] * 30),), "close must be numbers"),
        (lambda close: close, (pd.DataFrame({"a": ["x"] * 30}),), "close must hold at least one column of numbers"),
        (
            lambda close: close,
            (object(),),
            "close must be a Series, DataFrame, Panel, array or list.*got builtins.object",
        ),
        (lambda close: close.mean(), (CLOSE,), "must return one value a bar .400.*got"),
        (lambda close: close.to_numpy()[5:], (CLOSE,), "must return one value a bar .400.*got 395 values"),
        (lambda close: close.astype(str), (CLOSE,), "must be numbers or answers"),
        (lambda close: {}, (CLOSE,), "must return at least one output"),
        (lambda close: close, (CLOSE.set_axis([0] * len(CLOSE)),), "must have unique stamps"),
    ],
)
def test_what_cannot_be_verified_is_refused(function: Any, data: tuple[Any, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        qp.verify(function, *data)
    with pytest.raises(ParameterError, match="function must be callable, got float; pass it without calling it"):
        qp.verify(5.0, *data)  # type: ignore[arg-type]
