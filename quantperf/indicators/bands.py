"""Lines round a price."""

from __future__ import annotations

from typing import Any, NamedTuple

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.chain import Lines, average
from quantperf.indicators.conventions import ddof
from quantperf.indicators.parameters import choice, number, period
from quantperf.indicators.plan import Plan, ring, zeros
from quantperf.kernels import bands as kernels
from quantperf.kernels import smoothing, statistics
from quantperf.reference import bands as reference


class Bands(NamedTuple):
    """An upper, a middle and a lower line, each like the inputs."""

    upper: Any
    middle: Any
    lower: Any


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "up": number(), "down": number(), "matype": choice(0, 13)},
    returns=Bands,
    reference=reference.bbands,
    conventions=("talib", "pandas", "legacy"),
    lookback=lambda window, up, down, matype, convention: max(
        window - 1, average(window, matype, 0, convention).lookback
    ),
    settle=lambda eps, window, up, down, matype, convention: max(
        window - 1, average(window, matype, 0, convention).settle(eps)
    ),
    span=lambda window, up, down, matype, convention: max(window, average(window, matype).span),
    degree=(1, 0),
    talib=[
        TaLib(
            "BBANDS",
            {"timeperiod": ("window", 20), "nbdevup": ("up", 2.0), "nbdevdn": ("down", 2.0), "matype": ("matype", 0)},
            names=("upperband", "middleband", "lowerband"),
        )
    ],
)
def bbands(window: int = 20, up: float = 2.0, down: float = 2.0, matype: int = 0, *, convention: str) -> Plan:
    """Return Bollinger bands: a rolling mean, and lines some standard deviations above and below it.

    Parameters
    ----------
    window : int, default 20
        Bars of mean and deviation, at least 2.
    up, down : float, default 2.0
        Distance of the upper and of the lower line from the mean, in standard deviations.
    matype : int, default 0
        Kind of the middle line by TA-Lib's number, as for `ma`; 0 is the simple one.

    Returns
    -------
    upper, middle, lower : like `close`
        A named tuple, in the unit of `close`; the first `window` - 1 bars are NaN. The deviation is that of the
        population.

    Notes
    -----
    Flat prices give three equal lines. Each half of a window is summed about one of its own bars, so a spread of 1e-3
    at a price of 1e4 keeps its digits. Equal to TA-Lib's BBANDS within 1e-9, and to Pine's `ta.bb`. Source:
    J. Bollinger, *Bollinger on Bollinger Bands*, 2001.

    ``convention="pandas"``: the deviation of a sample (`window` - 1), as in ``rolling(window).std()``.
    ``convention="legacy"``: the deviation of a sample.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> upper, middle, lower = qp.bbands(np.array([1.0, 2.0, 4.0]), window=2)
    >>> upper.tolist(), middle.tolist()
    ([nan, 2.5, 5.0], [nan, 1.5, 3.0])
    """
    less, windows = ddof(convention), ring(window, heads=4, rings=2)
    chosen = average(window, matype, 0, convention)
    if chosen.name == "sma":
        return Plan(kernels.bbands, (window, up, down, less), windows)
    lines = Lines(1)
    middle = lines.smooth(0, chosen)
    deviation = lines.add(Plan(statistics.stddev, (window, 1.0, less), windows), 0)
    first = lines.add(Plan(smoothing.lines_about, (up, down), ()), middle, deviation, outputs=3)
    return lines.plan(first, first + 1, first + 2)


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.midpoint,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("MIDPOINT", {"timeperiod": ("window", 14)})],
)
def midpoint(window: int = 14, *, convention: str) -> Plan:
    """Return the middle between the highest and the lowest close of the last `window` bars.

    Parameters
    ----------
    window : int, default 14
        Bars in the window, at least 2.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    Equal to TA-Lib's MIDPOINT. Source: the mid-range.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.midpoint(np.array([1.0, 5.0, 2.0, 3.0]), window=3).tolist()
    [nan, nan, 3.0, 3.5]
    """
    return Plan(kernels.midpoint, (window,), (*ring(window), *ring(window)))


@indicator(
    inputs=("high", "low"),
    bounds={"window": period(low=2)},
    reference=reference.midprice,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("MIDPRICE", {"timeperiod": ("window", 14)})],
)
def midprice(window: int = 14, *, convention: str) -> Plan:
    """Return the middle between the highest high and the lowest low of the last `window` bars.

    Parameters
    ----------
    window : int, default 14
        Bars in the window, at least 2.

    Returns
    -------
    like the inputs
        In the unit of the prices; the first `window` - 1 bars are NaN.

    Notes
    -----
    Equal to TA-Lib's MIDPRICE. Source: the mid-range.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.midprice(np.array([3.0, 5.0, 4.0]), np.array([1.0, 2.0, 3.0]), window=2).tolist()
    [nan, 3.0, 3.5]
    """
    return Plan(kernels.midprice, (window,), (*ring(window), *ring(window)))


@indicator(
    inputs=("high", "low"),
    bounds={"window": period(low=2)},
    returns=Bands,
    reference=reference.donchian,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("DONCHIAN", {"timeperiod": ("window", 20)}, names=("upperband", "middleband", "lowerband"))],
)
def donchian(window: int = 20, *, convention: str) -> Plan:
    """Return Donchian's channel: the highest high, the lowest low, and the middle between them.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 2.

    Returns
    -------
    upper, middle, lower : like the inputs
        A named tuple, in the unit of the prices; the first `window` - 1 bars are NaN.

    Notes
    -----
    The window holds the bar itself, so a close never leaves the channel. Equal to TA-Lib's DONCHIAN. Source:
    R. Donchian's four-week rule, 1960.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> lines = qp.donchian(np.array([3.0, 5.0, 4.0]), np.array([1.0, 2.0, 3.0]), window=2)
    >>> lines.upper.tolist(), lines.lower.tolist()
    ([nan, 5.0, 5.0], [nan, 1.0, 2.0])
    """
    return Plan(kernels.donchian, (window,), (*ring(window), *ring(window)))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2)},
    returns=Bands,
    reference=reference.accbands,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("ACCBANDS", {"timeperiod": ("window", 20)}, names=("upperband", "middleband", "lowerband"))],
)
def accbands(window: int = 20, *, convention: str) -> Plan:
    """Return acceleration bands: means of highs and lows that are moved outwards by the range of their bar.

    Parameters
    ----------
    window : int, default 20
        Bars of the means, at least 2.

    Returns
    -------
    upper, middle, lower : like the inputs
        A named tuple, in the unit of the prices; the middle is the mean of the closes. The first `window` - 1 bars are
        NaN.

    Notes
    -----
    A high is raised, and a low lowered, by 4 (high - low) / (high + low) of itself; where high + low is 0 they stay.
    Equal to TA-Lib's ACCBANDS within 1e-9. Source: P. Headley, *Big Trends in Trading*, 2002.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low, close = np.array([3.0, 3.0]), np.array([1.0, 1.0]), np.array([2.0, 3.0])
    >>> [line.tolist() for line in qp.accbands(high, low, close, window=2)]
    [[nan, 9.0], [nan, 2.5], [nan, -1.0]]
    """
    return Plan(kernels.accbands, (window,), (*ring(window), *ring(window), *ring(window)))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2), "atr_window": period(), "width": number()},
    returns=Bands,
    reference=reference.keltner,
    lookback=lambda window, atr_window, width, convention: max(window - 1, atr_window),
    settle=lambda eps, window, atr_window, width, convention: (
        max(window - 1, atr_window) + max(decay(2.0 / (window + 1.0), eps), decay(1.0 / atr_window, eps))
    ),
    span=lambda window, atr_window, width, convention: 1,
    degree=(1, 0),
    talib=[
        TaLib(
            "KC",
            {"timeperiod": ("window", 20), "atrperiod": ("atr_window", 10), "nbdev": ("width", 2.0)},
            names=("upperband", "middleband", "lowerband"),
        )
    ],
)
def keltner(window: int = 20, atr_window: int = 10, width: float = 2.0, *, convention: str) -> Plan:
    """Return Keltner's channel: an exponential average of typical prices, and lines some mean ranges from it.

    Parameters
    ----------
    window : int, default 20
        Bars of the average, at least 2.
    atr_window : int, default 10
        Bars of Wilder's mean of the true range, at least 1.
    width : float, default 2.0
        Distance of the outer lines from the average, in mean true ranges.

    Returns
    -------
    upper, middle, lower : like the inputs
        A named tuple, in the unit of the prices; the first ``max(window - 1, atr_window)`` bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves both means as they were. Both are seeded on the same bar, each with the mean of its
    last values up to there. Equal to TA-Lib's KC within 1e-9. Source: C. Keltner, *How to Make Money in Commodities*,
    1960, in the form of L. B. Raschke.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 3.0, 5.0])
    >>> [line.tolist() for line in qp.keltner(close, close, close, window=2, atr_window=1)]
    [[nan, 6.0, 8.0], [nan, 2.0, 4.0], [nan, -2.0, 0.0]]
    """
    return Plan(kernels.keltner, (window, atr_window, width), (zeros(4),))
