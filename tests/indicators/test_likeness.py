"""Whose convention a foreign column follows: columns made by other code, rounded as vendors do, are recognised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import talib

import quantperf as qp
from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import market

BARS = 600 if JIT_ENABLED else 300
Column = Callable[[pd.DataFrame], pd.Series]


def bars(kind: str = "walk", count: int = BARS) -> pd.DataFrame:
    index = pd.date_range("2020-01-01", periods=count, name="day")
    if kind == "still":  # nothing has moved yet
        frame = bars("flats", count)
        frame.iloc[:40] = frame.iloc[0].to_numpy()
        return frame
    return pd.DataFrame(market(kind, bars=count), index=index)


def oracle(name: str, *columns: str, line: int | None = None, **params: float) -> Column:
    def made(b: pd.DataFrame) -> pd.Series:
        found = getattr(talib, name)(*(b[column].to_numpy() for column in columns), **params)
        return pd.Series(found if line is None else found[line], b.index)

    return made


def wilder(values: list[float], window: int) -> list[float]:
    """Pine's ta.rma by hand: the mean of the first values, then each weighs 1 / window."""
    out: list[float] = []
    for i, value in enumerate(values):
        if i < window - 1:
            out.append(np.nan)
        elif i == window - 1:
            out.append(sum(values[:window]) / window)
        else:
            out.append((out[-1] * (window - 1) + value) / window)
    return out


def ranges(b: pd.DataFrame) -> pd.Series:
    last = b["close"].shift()
    return pd.concat([b["high"] - b["low"], (b["high"] - last).abs(), (b["low"] - last).abs()], axis=1).max(axis=1)


def pandas_rsi(b: pd.DataFrame) -> pd.Series:
    change = b["close"].diff()
    up = change.clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
    down = (-change.clip(upper=0)).ewm(alpha=1 / 14, adjust=False).mean()
    return 100 - 100 / (1 + up / down)


def pine_rsi(b: pd.DataFrame) -> pd.Series:
    change = np.diff(b["close"]).tolist()
    up, down = (wilder([max(sign * x, 0.0) for x in change], 14) for sign in (1, -1))
    pairs = zip(up, down, strict=True)
    out = [np.nan, *(100.0 if d == 0 else 0.0 if u == 0 else 100 - 100 / (1 + u / d) for u, d in pairs)]
    return pd.Series(out, b.index)


def pine_adx(b: pd.DataFrame) -> pd.Series:
    rise, fall = b["high"].diff()[1:], -b["low"].diff()[1:]
    plus = wilder([u if u > d and u > 0 else 0.0 for u, d in zip(rise, fall, strict=True)], 14)
    minus = wilder([d if d > u and d > 0 else 0.0 for u, d in zip(rise, fall, strict=True)], 14)
    index = [100 * abs(p - m) / (p + m) for p, m in zip(plus, minus, strict=True) if p == p]
    return pd.Series([np.nan] * 14 + wilder(index, 14), b.index)


def pandas_adx(b: pd.DataFrame) -> pd.Series:
    rise, fall = b["high"].diff(), -b["low"].diff()
    span = ranges(b).ewm(alpha=1 / 14, adjust=False).mean()
    lines = [
        100 * pd.Series(np.where((x > y) & (x > 0), x, 0.0), b.index).ewm(alpha=1 / 14, adjust=False).mean() / span
        for x, y in ((rise, fall), (fall, rise))
    ]
    index = 100 * (lines[0] - lines[1]).abs() / (lines[0] + lines[1])
    return index.ewm(alpha=1 / 14, adjust=False).mean()


def pandas_macd(b: pd.DataFrame) -> pd.Series:
    line = b["close"].ewm(span=12, adjust=False).mean() - b["close"].ewm(span=26, adjust=False).mean()
    return line.ewm(span=9, adjust=False).mean()


def pine_ema(b: pd.DataFrame) -> pd.Series:
    out: list[float] = []
    for x in b["close"]:
        out.append(2 / 21 * x + (1 - 2 / 21) * out[-1] if out else x)
    return pd.Series(out, b.index)


def pine_cci(b: pd.DataFrame) -> pd.Series:
    price = (b["high"] + b["low"] + b["close"]) / 3
    mean = price.rolling(20).mean()
    spread = price.rolling(20).apply(lambda part: np.abs(part - part.mean()).mean(), raw=True)
    return ((price - mean) / (0.015 * spread)).where(spread > 1e-9)


def fast_k(b: pd.DataFrame) -> pd.Series:
    low, high = b["low"].rolling(14).min(), b["high"].rolling(14).max()
    return 100 * (b["close"] - low) / (high - low)


CLOSE, RANGE = ("close",), ("high", "low", "close")
# Column, indicator, output, a convention that it has, market: flats where those tell conventions apart.
KNOWN: dict[str, tuple[Column, str, str, str, str]] = {
    "TA-Lib EMA": (oracle("EMA", *CLOSE, timeperiod=20), "ema", "ema", "talib", "walk"),
    "pandas EMA": (lambda b: b["close"].ewm(span=20, adjust=False).mean(), "ema", "ema", "pandas", "walk"),
    "Pine EMA": (pine_ema, "ema", "ema", "tradingview", "walk"),
    "TA-Lib RSI": (oracle("RSI", *CLOSE, timeperiod=14), "rsi", "rsi", "talib", "walk"),
    "pandas RSI": (pandas_rsi, "rsi", "rsi", "pandas", "walk"),
    "Pine RSI": (pine_rsi, "rsi", "rsi", "tradingview", "still"),
    "TA-Lib MACD signal": (oracle("MACD", *CLOSE, line=1), "macd", "signal", "talib", "walk"),
    "pandas MACD signal": (pandas_macd, "macd", "signal", "pandas", "walk"),
    "TA-Lib ATR": (oracle("ATR", *RANGE, timeperiod=14), "atr", "atr", "talib", "walk"),
    "pandas ATR": (lambda b: ranges(b).ewm(alpha=1 / 14, adjust=False).mean(), "atr", "atr", "pandas", "walk"),
    "Pine ATR": (lambda b: pd.Series(wilder(ranges(b).tolist(), 14), b.index), "atr", "atr", "tradingview", "walk"),
    "TA-Lib ADX": (oracle("ADX", *RANGE, timeperiod=14), "adx", "adx", "talib", "walk"),
    "pandas ADX": (pandas_adx, "adx", "adx", "pandas", "walk"),
    "Pine ADX": (pine_adx, "adx", "adx", "tradingview", "walk"),
    "TA-Lib deviation": (oracle("STDDEV", *CLOSE, timeperiod=20), "stddev", "stddev", "talib", "walk"),
    "pandas deviation": (lambda b: b["close"].rolling(20).std(), "stddev", "stddev", "pandas", "walk"),
    "TA-Lib band": (oracle("BBANDS", *CLOSE, line=0, timeperiod=20), "bbands", "upper", "talib", "walk"),
    "pandas band": (
        lambda b: b["close"].rolling(20).mean() + 2 * b["close"].rolling(20).std(), "bbands", "upper", "pandas", "walk",
    ),
    "TA-Lib CCI": (oracle("CCI", *RANGE, timeperiod=20), "cci", "cci", "talib", "flats"),
    "Pine CCI": (pine_cci, "cci", "cci", "tradingview", "flats"),
    "TA-Lib %K": (oracle("STOCHF", *RANGE, line=0, fastk_period=14), "stochf", "fastk", "talib", "flats"),
    "pandas %K": (fast_k, "stochf", "fastk", "pandas", "flats"),
    "TA-Lib DEMA": (oracle("DEMA", *CLOSE, timeperiod=20), "dema", "dema", "talib", "walk"),
    "TA-Lib MFI": (oracle("MFI", *RANGE, "volume", timeperiod=14), "mfi", "mfi", "talib", "walk"),
}  # fmt: skip


@pytest.mark.parametrize("digits", [None, 4, 2])
@pytest.mark.parametrize("name", KNOWN)
def test_a_column_of_other_code_is_recognised(name: str, digits: int | None) -> None:
    made, indicator, output, convention, kind = KNOWN[name]
    frame = bars(kind)
    column = made(frame)
    column = column if digits is None else column.round(digits)
    found = qp.diff_conventions(column, frame, indicator)
    assert found.verdict == "fits", str(found)
    assert found.best is not None
    assert (found.best.indicator, found.best.output) == (indicator, output)
    assert convention in found.best.conventions
    other = "talib" if convention != "talib" else "pandas"
    assert other not in found.best.conventions
    assert found.best.fits == "all"
    assert found.best.first_off is None
    assert found.best.max_error <= (1e-7 if digits is None else 0.5001 * 10.0**-digits)
    assert found.best.compared >= BARS // 3


@pytest.mark.usefixtures("needs_jit")
@pytest.mark.parametrize("name", ["pandas RSI", "TA-Lib ATR", "pandas band"])
def test_a_column_of_which_nothing_is_known_is_found_among_the_usual_ones(name: str) -> None:
    made, indicator, output, convention, kind = KNOWN[name]
    found = qp.diff_conventions(made(bars(kind)).round(3), bars(kind))
    assert found.best is not None
    assert (found.best.indicator, found.best.output) == (indicator, output)
    assert convention in found.best.conventions


def test_a_column_says_by_its_name_what_it_is() -> None:
    frame = bars()
    band = oracle("BBANDS", "close", line=2, timeperiod=30, nbdevup=1.5, nbdevdn=1.5)(frame).rename("BBL_30_1.5_1.5")
    found = qp.diff_conventions(band, frame)
    assert str(found.best) == "bbands(window=30, up=1.5, down=1.5, matype=0).lower under talib"
    assert {fit.indicator for fit in found.fits} == {"bbands"}
    average = oracle("EMA", "close", timeperiod=33)(frame).rename("ema(33)")
    assert str(qp.diff_conventions(average, frame).best) == "ema(window=33) under talib"


@pytest.mark.parametrize("lag", [-2, 1, 3])
def test_a_column_that_is_late_or_early_is_told(lag: int) -> None:
    frame = bars()
    column = oracle("RSI", "close", timeperiod=14)(frame).shift(lag).round(2)
    found = qp.diff_conventions(column, frame, "rsi")
    assert found.best is not None
    assert found.best.lag == lag
    assert f"{abs(lag)} bars {'late' if lag > 0 else 'early'}" in found.reason
    assert qp.diff_conventions(column, frame, "rsi", lags=0).verdict == "none fits"


def test_noise_is_nothing() -> None:
    frame = bars()
    noise = pd.Series(np.random.default_rng(3).uniform(0.0, 100.0, BARS), frame.index).round(2)
    found = qp.diff_conventions(noise, frame, ["rsi", "stoch", "mfi", "ema"])
    assert found.verdict == "none fits"
    assert found.best is None
    assert found.reason.startswith(f"None of {len(found.fits)} fits; the nearest is ")
    nearly = oracle("EMA", "close", timeperiod=20)(frame) * 1.001
    assert qp.diff_conventions(nearly, frame, "ema").verdict == "none fits"


def test_after_the_seeds_are_forgotten_nobody_can_tell() -> None:
    frame = bars()
    late = oracle("RSI", "close", timeperiod=14)(frame).round(2).iloc[250:]
    found = qp.diff_conventions(late, frame, "rsi", params={"window": 14})
    assert found.verdict == "cannot tell"
    assert found.best is None
    assert "2 fit equally" in found.reason
    assert {name for fit in found.fits if fit.fits == "values" for name in fit.conventions} == {
        "talib", "tradingview", "pandas",
    }  # fmt: skip


def test_a_column_that_began_before_these_bars_fits_once_its_seed_is_forgotten() -> None:
    frame = bars()
    column = oracle("CMO", "close", timeperiod=10)(frame).round(3)
    cut = frame.iloc[60:]
    found = qp.diff_conventions(column.iloc[60:], cut, "cmo", params={"window": 10})
    assert found.best is not None
    assert found.best.fits == "settled"
    assert found.best.settled_error <= 0.0005001
    assert found.best.max_error > 0.01
    assert found.best.first_off == 0


def test_few_values_tell_nothing() -> None:
    frame = bars()
    column = oracle("EMA", "close", timeperiod=20)(frame)
    column.iloc[30:] = np.nan
    column.iloc[:22] = np.nan
    found = qp.diff_conventions(column, frame, "ema")
    assert found.verdict == "cannot tell"
    assert "fewer than 10 bars" in found.reason


def test_a_result_shows_itself() -> None:
    frame = bars()
    found = qp.diff_conventions(frame["close"].ewm(span=20, adjust=False).mean().round(2), frame, "ema")
    assert found.reason == "The column is ema(window=20) under tradingview = pandas = legacy, on every bar."
    text = str(found)
    assert text.startswith(found.reason)
    assert "within 0.005, since the column is rounded to 2 digits" in text
    assert "tradingview = pandas = legacy" in text.splitlines()[3]
    assert "<table" in found._repr_html_()
    assert list(found.table["fits"])[:2] == ["all", "settled"]
    assert found.table["first_off"].dtype == "Int64"
    assert len(found.table) == len(found.fits)


def test_a_column_of_closes_and_plain_arrays_will_do() -> None:
    close = bars()["close"].to_numpy()
    found = qp.diff_conventions(talib.SMA(close, 10).astype(np.float32), close, ["sma", "atr"])
    assert str(found.best) == "sma(window=10) under talib"
    assert "single precision" in found.tolerance


def test_what_cannot_be_compared_is_refused() -> None:
    frame = bars()
    with pytest.raises(qp.DataError, match=r"as many values as frame has bars, \d+, got 3"):
        qp.diff_conventions(np.arange(3.0), frame, "ema")
    with pytest.raises(qp.DataError, match="must hold numbers"):
        qp.diff_conventions(np.full(BARS, np.nan), frame, "ema")
    with pytest.raises(qp.DataError, match="must be one column"):
        qp.diff_conventions(frame[["close"]], frame, "ema")
    with pytest.raises(qp.DataError, match="must have stamps of frame"):
        qp.diff_conventions(frame["close"].set_axis(frame.index + pd.Timedelta("1h")), frame, "ema")
    with pytest.raises(qp.DataError, match="one symbol"):
        qp.diff_conventions(frame["close"], frame[["close", "low"]], "ema")
    with pytest.raises(qp.UnknownIndicator, match="did you mean"):
        qp.diff_conventions(frame["close"], frame, "rsl")
    with pytest.raises(qp.ParameterError, match="window must be at least 2"):
        qp.diff_conventions(frame["close"], frame, "rsi", params={"window": 1})
    with pytest.raises(qp.ParameterError, match="lags must be"):
        qp.diff_conventions(frame["close"], frame, "rsi", lags=-1)
