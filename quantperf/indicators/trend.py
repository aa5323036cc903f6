"""Strength, direction and age of a trend, and the pressure of buyers behind it."""

from __future__ import annotations

from typing import Any, NamedTuple

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, ring, unknown, zeros
from quantperf.kernels import trend as kernels
from quantperf.reference import trend as reference

NAN = float("nan")


class ADX(NamedTuple):
    """Lines of `adx`, each like the inputs."""

    adx: Any
    plus_di: Any
    minus_di: Any


class Aroon(NamedTuple):
    """Lines of `aroon`, each like the inputs, in TA-Lib's order."""

    down: Any
    up: Any


class Vortex(NamedTuple):
    """Lines of `vortex`, each like the inputs."""

    plus: Any
    minus: Any


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2)},
    returns=ADX,
    reference=reference.adx,
    conventions=("talib", "tradingview", "pandas"),
    lookback=lambda window, convention: (1, 0, 0) if convention == "pandas" else (2 * window - 1, window, window),
    settle=lambda eps, window, convention: (
        (1 if convention == "pandas" else 2 * window - 1) + 2 * decay(1.0 / window, eps)
    ),
    span=lambda window, convention: 1,
    talib=[TaLib("ADX", {"timeperiod": ("window", 14)}, outputs=("adx",))],
)
def adx(window: int = 14, *, convention: str) -> Plan:
    """Return the average directional index with its two directional indicators.

    Parameters
    ----------
    window : int, default 14
        Bars of Wilder's means, at least 2.

    Returns
    -------
    adx, plus_di, minus_di : like the inputs
        A named tuple, 0 to 100; `adx` from bar 2 * `window` - 1 on, the others from bar `window` on.

    Notes
    -----
    A missing bar is NaN and leaves the state as it was. Equal to TA-Lib's ADX, PLUS_DI and MINUS_DI within 1e-9 from
    their first values on: the first sums hold `window` - 1 moves, and a bar without any movement leaves `adx` as it
    was. Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978.

    ``convention="tradingview"``: the first means hold `window` moves, and where nothing moves `adx` falls, as in
    `ta.dmi`; NaN while there was no range at all.
    ``convention="pandas"``: the first bar is the seed, without a move and with high - low as its range, as in
    ``ewm(alpha=1 / window, adjust=False)``; 0/0 is NaN, so `adx` begins with the first move.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.arange(6.0)
    >>> qp.adx(close + 1, close - 1, close, window=2).plus_di.tolist()
    [nan, nan, 50.0, 50.0, 50.0, 50.0]
    """
    if convention == "pandas":  # a bar is "seen" before the first, which weighs as much as a whole window
        rows = (unknown(3), zeros(4), (1.0, 1))
        return Plan(kernels.adx, (window, 2.0, 2.0, 3.0, float(window), 1.0, NAN, False, True), rows)
    if convention == "tradingview":
        bars = float(window)
        return Plan(
            kernels.adx,
            (window, bars + 1.0, bars + 1.0, 2.0 * bars + 1.0, 1.0, 1.0 / bars, NAN, True, False),
            (zeros(8),),
        )
    bars = float(window)
    return Plan(kernels.adx, (window, bars, bars + 1.0, 2.0 * bars, 1.0, 1.0 / bars, 0.0, False, False), (zeros(8),))


@indicator(
    inputs=("high", "low"),
    bounds={"window": period(low=2)},
    returns=Aroon,
    reference=reference.aroon,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("AROON", {"timeperiod": ("window", 14)}, names=("aroondown", "aroonup"))],
)
def aroon(window: int = 14, *, convention: str) -> Plan:
    """Return how fresh the lowest low and the highest high of `window` + 1 bars are, in percent.

    Parameters
    ----------
    window : int, default 14
        Bars after which an extreme is old, at least 2.

    Returns
    -------
    down, up : like the inputs
        A named tuple, 100 where this bar is the extreme, 0 where it was `window` bars ago; the first `window` bars are
        NaN. Of equal prices the latest counts.

    Notes
    -----
    Equal to TA-Lib's AROON within 1e-9. Source: T. Chande, *A Time Price Oscillator*, 1995.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> lines = qp.aroon(np.array([3.0, 4.0, 2.0]), np.array([2.0, 3.0, 1.0]), window=2)
    >>> lines.down.tolist(), lines.up.tolist()
    ([nan, nan, 100.0], [nan, nan, 50.0])
    """
    half = (zeros(3), unknown(window + 1), zeros(window + 1))
    return Plan(kernels.aroon, (window,), (*half, *half))


@indicator(
    inputs=("high", "low"),
    bounds={"window": period(low=2)},
    reference=reference.aroonosc,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("AROONOSC", {"timeperiod": ("window", 14)})],
)
def aroonosc(window: int = 14, *, convention: str) -> Plan:
    """Return how much fresher the highest high of `window` + 1 bars is than their lowest low, in percent.

    Parameters
    ----------
    window : int, default 14
        Bars after which an extreme is old, at least 2.

    Returns
    -------
    like the inputs
        Between -100 and 100; the first `window` bars are NaN.

    Notes
    -----
    The upper line of `aroon` less the lower one. Equal to TA-Lib's AROONOSC within 1e-9. Source: T. Chande, *A Time
    Price Oscillator*, 1995.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.aroonosc(np.array([3.0, 4.0, 2.0]), np.array([2.0, 3.0, 1.0]), window=2).tolist()
    [nan, nan, -50.0]
    """
    half = (zeros(3), unknown(window + 1), zeros(window + 1))
    return Plan(kernels.aroonosc, (window,), (*half, *half))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period()},
    returns=Vortex,
    reference=reference.vortex,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("VORTEX", {"timeperiod": ("window", 14)}, names=("plusvi", "minusvi"))],
)
def vortex(window: int = 14, *, convention: str) -> Plan:
    """Return upward and downward vortex movement over the true range, all summed over `window` bars.

    Parameters
    ----------
    window : int, default 14
        Bars of the sums, at least 1.

    Returns
    -------
    plus, minus : like the inputs
        A named tuple, without unit, near 1; 0 where nothing moved; the first `window` bars are NaN.

    Notes
    -----
    NaN where one of the `window` + 1 bars is missing. Equal to TA-Lib's VORTEX within 1e-9. Source: E. Botes,
    D. Siepman, *The Vortex Indicator*, 2010.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 4.0])
    >>> qp.vortex(close + 1, close - 1, close, window=2).plus.tolist()
    [nan, nan, 1.4]
    """
    return Plan(kernels.vortex, (window,), (unknown(3), *ring(window), *ring(window), *ring(window)))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"short": period(), "middle": period(), "long": period()},
    reference=reference.ultosc,
    lookback=lambda short, middle, long, convention: max(short, middle, long),
    span=lambda short, middle, long, convention: max(short, middle, long) + 1,
    talib=[
        TaLib("ULTOSC", {"timeperiod1": ("short", 7), "timeperiod2": ("middle", 14), "timeperiod3": ("long", 28)}),
    ],
)
def ultosc(short: int = 7, middle: int = 14, long: int = 28, *, convention: str) -> Plan:
    """Return the ultimate oscillator: buying pressure over true range in three windows, which weigh 4, 2 and 1.

    Parameters
    ----------
    short : int, default 7
        Bars of the window that weighs 4, at least 1; the three are put in order, as in TA-Lib.
    middle : int, default 14
        Bars of the window that weighs 2, at least 1.
    long : int, default 28
        Bars of the window that weighs 1, at least 1.

    Returns
    -------
    like the inputs
        0 to 100; a window in which nothing moved counts as 0; the first `long` bars are NaN.

    Notes
    -----
    NaN where a bar of the longest window, or the one before it, is missing. Equal to TA-Lib's ULTOSC within 1e-9.
    Source: L. Williams, *The Ultimate Oscillator*, 1985.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 4.0])
    >>> qp.ultosc(close + 1, close - 1, close, short=1, middle=1, long=2).round(2).tolist()
    [nan, nan, 65.71]
    """
    windows = tuple(sorted((short, middle, long)))
    return Plan(kernels.ultosc, (windows,), (unknown(3), *(rows for w in windows for rows in (*ring(w), *ring(w)))))


@indicator(
    inputs=("open", "high", "low", "close"),
    reference=reference.bop,
    lookback=lambda convention: 0,
    span=lambda convention: 1,
    talib=[TaLib("BOP")],
)
def bop(*, convention: str) -> Plan:
    """Return the balance of power: the move from open to close as a share of the range of the bar.

    Returns
    -------
    like the inputs
        Between -1 and 1; 0 where the bar has no range.

    Notes
    -----
    Each bar stands alone. Equal to TA-Lib's BOP within 1e-9. Source: I. Livshin, *Balance of Market Power*, 2001.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.bop(np.array([2.0]), np.array([5.0]), np.array([1.0]), np.array([4.0])).tolist()
    [0.5]
    """
    return Plan(kernels.bop, (), (zeros(0),))
