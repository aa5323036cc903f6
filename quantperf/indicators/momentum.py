"""Oscillators: relative strength, MACD, the commodity channel index and their kin."""

from __future__ import annotations

from typing import Any, NamedTuple

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.conventions import ema_seed, flat, wilder_seed
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, ring, unknown, zeros
from quantperf.kernels import momentum as kernels
from quantperf.reference import momentum as reference

NAN = float("nan")


class MACD(NamedTuple):
    """Lines of `macd`, each like the input."""

    macd: Any
    signal: Any
    histogram: Any


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.rsi,
    conventions=("talib", "tradingview", "pandas", "legacy"),
    lookback=lambda window, convention: window - 1 if convention == "legacy" else wilder_seed(window, convention),
    settle=lambda eps, window, convention: (
        window if convention == "legacy" else wilder_seed(window, convention) + decay(1.0 / window, eps)
    ),
    span=lambda window, convention: window + 1 if convention == "legacy" else 1,
    talib=[TaLib("RSI", {"timeperiod": ("window", 14)})],
)
def rsi(window: int = 14, *, convention: str) -> Plan:
    """Return the relative strength index: the share of rises in all moves, 0 to 100.

    Parameters
    ----------
    window : int, default 14
        Bars of the means of rises and of falls, at least 2.

    Returns
    -------
    like `close`
        Between 0 and 100; the first `window` bars are NaN, under ``convention="legacy"`` one fewer, under ``"pandas"``
        the first. 0 while prices have not moved.

    Notes
    -----
    A missing bar is NaN and leaves the means as they were. Equal to TA-Lib's RSI within 1e-9. Source: J. W. Wilder,
    *New Concepts in Technical Trading Systems*, 1978.

    ``convention="tradingview"``: 100 while prices have not moved (``down == 0 ? 100``, as the built-in script has it).
    ``convention="pandas"``: the first move is the seed of the means, as in ``ewm(alpha=1 / window, adjust=False)``; NaN
    while prices have not moved.
    ``convention="legacy"``: plain means (Cutler) in which the first bar counts as no move; NaN while prices have not
    moved. The moves to and from a missing bar are unknown, and so is every window that holds one.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.rsi(np.array([1.0, 2.0, 1.0, 2.0, 3.0]), window=2).tolist()
    [nan, nan, 50.0, 75.0, 87.5]
    """
    if convention != "legacy":
        still = 100.0 if convention == "tradingview" else flat(convention)
        return Plan(kernels.rsi, (window, wilder_seed(window, convention), still, 0.0), (zeros(4),))
    return Plan(kernels.rsi_cutler, (window, NAN), (unknown(), zeros(), *ring(window), *ring(window)))


@indicator(
    inputs=("close",),
    bounds={"fast": period(low=2), "slow": period(low=2), "signal": period()},
    returns=MACD,
    reference=reference.macd,
    conventions=("talib", "tradingview", "pandas", "legacy"),
    lookback=lambda fast, slow, signal, convention: (
        ema_seed(max(fast, slow), convention) + ema_seed(signal, convention) - 2
    ),
    settle=lambda eps, fast, slow, signal, convention: (
        ema_seed(max(fast, slow), convention)
        + ema_seed(signal, convention)
        - 2
        + decay(2.0 / (max(fast, slow) + 1.0), eps)
        + decay(2.0 / (signal + 1.0), eps)
    ),
    span=lambda fast, slow, signal, convention: 1,
    degree=(1, 0),
    talib=[
        TaLib(
            "MACD",
            {"fastperiod": ("fast", 12), "slowperiod": ("slow", 26), "signalperiod": ("signal", 9)},
            names=("macd", "macdsignal", "macdhist"),
        )
    ],
)
def macd(fast: int = 12, slow: int = 26, signal: int = 9, *, convention: str) -> Plan:
    """Return the difference of a fast and a slow exponential average, its own average, and what lies between.

    Parameters
    ----------
    fast : int, default 12
        Bars of the fast average, at least 2; a longer one than `slow` changes places with it, as in TA-Lib.
    slow : int, default 26
        Bars of the slow average, at least 2.
    signal : int, default 9
        Bars of the average of the difference, at least 1.

    Returns
    -------
    macd, signal, histogram : like `close`
        A named tuple, in the unit of `close`, all three from bar `slow` + `signal` - 2 on; under the other conventions
        from bar 0 on.

    Notes
    -----
    A missing bar is NaN and leaves the averages as they were. Equal to TA-Lib's MACD within 1e-9 from its first
    value on: both averages are seeded on bar `slow` - 1. Source: G. Appel, *The Moving Average Convergence-Divergence
    Trading Method*, 1979.

    ``convention="tradingview"``: the first value is the seed of each, as Pine's manual writes `ta.ema`.
    ``convention="pandas"``: the first value is the seed of each, as in ``ewm(span=fast, adjust=False).mean()``.
    ``convention="legacy"``: weights are normalised by the bars seen, as in ``ewm(span=fast, adjust=True).mean()``.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> lines = qp.macd(np.arange(8.0), fast=2, slow=4, signal=2)
    >>> lines.macd.tolist()
    [nan, nan, nan, nan, 1.0, 1.0, 1.0, 1.0]
    """
    fast, slow = min(fast, slow), max(fast, slow)
    if convention != "legacy":
        seeds = [ema_seed(bars, convention) for bars in (fast, slow, signal)]
        weights = [2.0 / (bars + 1.0) for bars in (fast, slow, signal)]
        return Plan(kernels.macd, (*seeds, *weights), (zeros(4),))
    return Plan(kernels.macd_adjusted, (fast, slow, signal), (zeros(6),))


@indicator(
    inputs=("close",),
    bounds={"signal": period()},
    returns=MACD,
    reference=reference.macdfix,
    lookback=lambda signal, convention: 24 + signal,
    settle=lambda eps, signal, convention: 24 + signal + decay(0.075, eps) + decay(2.0 / (signal + 1.0), eps),
    span=lambda signal, convention: 1,
    degree=(1, 0),
    talib=[TaLib("MACDFIX", {"signalperiod": ("signal", 9)}, names=("macd", "macdsignal", "macdhist"))],
)
def macdfix(signal: int = 9, *, convention: str) -> Plan:
    """Return the lines of `macd` for 12 and 26 bars with the weights of its author, 0.15 and 0.075.

    Parameters
    ----------
    signal : int, default 9
        Bars of the average of the difference, at least 1.

    Returns
    -------
    macd, signal, histogram : like `close`
        A named tuple, in the unit of `close`, all three from bar 24 + `signal` on.

    Notes
    -----
    A missing bar is NaN and leaves the averages as they were. `macd` has weights of 2/13 and 2/27 instead. Equal to
    TA-Lib's MACDFIX within 1e-9. Source: G. Appel, *The Moving Average Convergence-Divergence Trading Method*, 1979.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.macdfix(np.arange(40.0), signal=2).macd[26:29].round(6).tolist()
    [6.9625, 6.929688, 6.90093]
    """
    return Plan(kernels.macd, (12, 26, signal, 0.15, 0.075, 2.0 / (signal + 1.0)), (zeros(4),))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.cmo,
    conventions=("talib", "tradingview"),
    lookback=lambda window, convention: window,
    settle=lambda eps, window, convention: window + (decay(1.0 / window, eps) if convention == "talib" else 0),
    span=lambda window, convention: 1 if convention == "talib" else window + 1,
    talib=[TaLib("CMO", {"timeperiod": ("window", 14)})],
)
def cmo(window: int = 14, *, convention: str) -> Plan:
    """Return Chande's momentum oscillator by Wilder's means: rises less falls in percent of all moves.

    Parameters
    ----------
    window : int, default 14
        Bars of the means of rises and of falls, at least 2.

    Returns
    -------
    like `close`
        Between -100 and 100; 0 while prices have not moved; the first `window` bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves the means as they were. It is twice `rsi` less 100; for plain sums, as its author
    has them, see `cmou`. Equal to TA-Lib's CMO within 1e-9. Source: T. Chande, S. Kroll, *The New Technical Trader*,
    1994.

    ``convention="tradingview"``: plain sums over `window` moves, as in `ta.cmo`; NaN where there are none, or where one
    of the `window` + 1 prices is missing.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.cmo(np.array([1.0, 2.0, 1.0, 2.0, 3.0]), window=2).tolist()
    [nan, nan, 0.0, 50.0, 75.0]
    """
    if convention == "tradingview":
        return cmou.resolve(named={"window": window, "convention": convention}).plan
    return Plan(kernels.rsi, (window, window, 0.0, 1.0), (zeros(4),))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.cmou,
    conventions=("talib", "tradingview"),
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("CMOU", {"timeperiod": ("window", 14)})],
)
def cmou(window: int = 14, *, convention: str) -> Plan:
    """Return Chande's momentum oscillator: the change over `window` bars in percent of all moves on the way.

    Parameters
    ----------
    window : int, default 14
        Bars of the change, at least 2.

    Returns
    -------
    like `close`
        Between -100 and 100; 0 where prices have not moved; the first `window` bars are NaN.

    Notes
    -----
    NaN where one of the `window` + 1 prices is missing. Equal to TA-Lib's CMOU within 1e-9. Source: T. Chande,
    S. Kroll, *The New Technical Trader*, 1994.

    ``convention="tradingview"``: NaN where prices have not moved, since `ta.cmo` divides by 0 there.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.cmou(np.array([1.0, 2.0, 1.0, 4.0]), window=3).tolist()
    [nan, nan, nan, 60.0]
    """
    return Plan(kernels.cmou, (window, flat(convention)), (unknown(), *ring(window), zeros(), unknown(window)))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2)},
    reference=reference.cci,
    conventions=("talib", "tradingview", "pandas"),
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    talib=[TaLib("CCI", {"timeperiod": ("window", 14)})],
)
def cci(window: int = 14, *, convention: str) -> Plan:
    """Return the commodity channel index: distance of the typical price from its mean, in 0.015 mean deviations.

    Parameters
    ----------
    window : int, default 14
        Bars of mean and mean deviation, at least 2.

    Returns
    -------
    like the inputs
        Without unit; 0 where the window is flat; the first `window` - 1 bars are NaN.

    Notes
    -----
    Equal to TA-Lib's CCI within 1e-9. Source: D. Lambert, *Commodity Channel Index: Tools for Trading Cyclic Trends*,
    1980.

    ``convention="tradingview"``: NaN where the window is flat, since `ta.cci` divides by a deviation of 0 there.
    ``convention="pandas"``: NaN where the window is flat, 0/0.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 6.0])
    >>> qp.cci(close, close, close, window=3).round(6).tolist()
    [nan, nan, 100.0]
    """
    return Plan(kernels.cci, (window, flat(convention)), (*ring(window, heads=4, rings=2), unknown(window - 1)))
