"""mode="fast": equal within rounding on one long series, and the exact result wherever that cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.indicators import CATALOG, fast
from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import market
from tests.laws.laws import assert_same_bits

BARS = 40_000 if JIT_ENABLED else 6_000
FORGETS = [
    (name, convention)
    for name in ("apo", "cmo", "ema", "macd", "macdfix", "ppo", "pvo", "rma", "rsi")
    for convention in CATALOG[name].conventions
    if CATALOG[name].resolve(named={"convention": convention}).plan.kernel in fast.LOOPS
]


@pytest.fixture(autouse=True)
def short_series_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    if not JIT_ENABLED:
        monkeypatch.setattr(fast, "SHORTEST", 2_000)


def close(bars: int = BARS) -> np.ndarray:
    return market("walk", bars=bars)["close"]


def lines(result: Any) -> list[np.ndarray]:
    return [np.asarray(line) for line in (result if isinstance(result, tuple) else (result,))]


def assert_nearly(found: Any, wanted: Any, largest: float, story: str = "") -> None:
    """Equal within 1e-13 of what was read, or of 100 on a scale that runs to it; unknown on the same bars."""
    for ours, theirs in zip(lines(found), lines(wanted), strict=True):
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs), err_msg=story)
        np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-13 * max(largest, 100.0), err_msg=story)


@pytest.mark.parametrize(("name", "convention"), FORGETS)
@pytest.mark.parametrize("odd", range(4))
def test_the_fast_way_equals_the_exact_one_within_rounding(name: str, convention: str, odd: int) -> None:
    entry, x = CATALOG[name], close(BARS + odd)
    series = pd.Series(x)
    quick = entry(series, convention=convention, mode="fast")
    exact = entry(series, convention=convention)
    assert_nearly(quick, exact, float(x.max()))
    for result, is_exact in ((quick, False), (exact, True)):
        for line in result if isinstance(result, tuple) else (result,):
            assert line.attrs["exact"] is is_exact
            assert line.attrs["first_valid"] == entry.lookback(convention=convention)


@pytest.mark.parametrize("window", [2, 5, 50, 200])
@pytest.mark.parametrize("name", ["ema", "rma", "rsi"])
def test_the_fast_way_holds_for_short_and_long_windows(name: str, window: int) -> None:
    x = close()
    assert_nearly(CATALOG[name](x, window, mode="fast"), CATALOG[name](x, window), float(x.max()))


def test_prices_that_stand_still_for_long_stay_what_they_are() -> None:
    x = close()
    x[BARS // 3 : BARS // 2] = x[BARS // 3]
    assert_nearly(qp.rsi(x, mode="fast"), qp.rsi(x), float(x.max()))
    still = np.full(BARS, 7.0)
    assert_same_bits([qp.rsi(still, mode="fast")], [qp.rsi(still)])
    assert_nearly(
        qp.rsi(still, mode="fast", convention="tradingview"), np.where(np.arange(BARS) < 14, np.nan, 100.0), 7
    )
    assert_nearly(qp.ema(still, mode="fast"), qp.ema(still), 7.0)


@pytest.mark.parametrize("name", ["ema", "rsi", "macd"])
@pytest.mark.parametrize("late", [1, 17, BARS // 4 + 3])
def test_a_late_listing_is_free(name: str, late: int) -> None:
    x = close()
    x[:late] = np.nan
    series = pd.Series(x)
    quick = CATALOG[name](series, mode="fast")
    assert_nearly(quick, CATALOG[name](series), float(np.nanmax(x)))
    first = quick[0] if isinstance(quick, tuple) else quick
    assert first.attrs["exact"] is False
    assert first.attrs["n_nan_in"] == late


def holed(at: int) -> np.ndarray:
    x = close()
    x[at] = np.nan
    return x


EXACT: dict[str, Any] = {
    "a hole": lambda: ((holed(BARS // 2),), {}),
    "a hole at the end": lambda: ((holed(BARS - 1),), {}),
    "a hole in the warm-up": lambda: ((holed(3),), {}),
    "nothing at all": lambda: ((np.full(BARS, np.nan),), {}),
    "a short series": lambda: ((close(1_500),), {}),
    "no bars": lambda: ((np.empty(0),), {}),
    "a window wider than a stretch": lambda: ((close(), BARS // 8), {}),
    "another policy": lambda: ((close(),), {"nan": "skip"}),
    "a table": lambda: ((np.stack([close(), close()], axis=1),), {}),
}


@pytest.mark.parametrize("story", EXACT)
@pytest.mark.parametrize("name", ["ema", "rsi"])
def test_where_it_cannot_be_fast_it_is_exact_to_the_bit(name: str, story: str) -> None:
    args, keywords = EXACT[story]()
    assert_same_bits([CATALOG[name](*args, **keywords, mode="fast")], [CATALOG[name](*args, **keywords)], story)
    if args[0].ndim == 1:
        assert CATALOG[name](pd.Series(args[0]), *args[1:], **keywords, mode="fast").attrs["exact"] is True


def test_what_gains_nothing_is_exact() -> None:
    x = pd.Series(close())
    for name, keywords in (("sma", {}), ("rsi", {"convention": "legacy"}), ("dema", {}), ("apo", {"matype": 0})):
        found = CATALOG[name](x, **keywords, mode="fast")
        assert found.attrs["exact"] is True
        assert_same_bits([found], [CATALOG[name](x, **keywords)])


def test_an_infinite_value_is_missing_and_is_reported() -> None:
    x = close()
    x[BARS // 2] = np.inf
    with pytest.warns(qp.QuantperfWarning, match="1 infinite values"):
        found = qp.ema(x, mode="fast")
    assert_same_bits([found], [qp.ema(holed(BARS // 2))])


def test_what_never_forgets_is_refused() -> None:
    bars = market("walk", bars=30)
    for name in ("obv", "ad", "vwap", "sar", "cumsum", "supertrend"):
        columns = [bars[column] for column in CATALOG[name].columns]
        with pytest.raises(qp.ParameterError, match=f"mode must be 'exact' for {name}, got 'fast': it never forgets"):
            CATALOG[name](*columns, mode="fast")
        CATALOG[name](*columns, mode="exact")
    with pytest.raises(qp.ParameterError, match="mode must be one of 'exact', 'fast', got 'quick'"):
        qp.ema(bars["close"], mode="quick")
    with pytest.raises(qp.ParameterError, match="mode must be left out of a stream"):
        qp.ema.stream(window=5, mode="fast")


def test_it_writes_where_it_is_told_to() -> None:
    x, out = close(), np.empty(BARS)
    assert qp.ema(x, mode="fast", out=out) is out
    assert_same_bits([out], [qp.ema(x, mode="fast")])
    several = tuple(np.empty(BARS) for _ in range(3))
    qp.macd(x, mode="fast", out=several)
    assert_same_bits(several, qp.macd(x, mode="fast"))
    x.setflags(write=False)
    assert_same_bits([qp.ema(x, mode="fast")], [out])
