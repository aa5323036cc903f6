"""Studies of several lines, made of ranges, averages and rates of change."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from quantperf.indicators.catalogue import decay, indicator
from quantperf.indicators.chain import Lines
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, ring, unknown, zeros
from quantperf.indicators.whole import of, over_whole_bars
from quantperf.kernels import prices, stochastics
from quantperf.kernels import smoothing as joints
from quantperf.kernels import studies as kernels
from quantperf.reference import studies as reference


class Fisher(NamedTuple):
    """Lines of `fisher`, each like the inputs."""

    fisher: Any
    signal: Any


class Squeeze(NamedTuple):
    """Lines of `squeeze`, each like the inputs."""

    momentum: Any
    squeeze: Any


class KST(NamedTuple):
    """Lines of `kst`, each like the input."""

    kst: Any
    signal: Any


class Ichimoku(NamedTuple):
    """Lines of `ichimoku`, each like the inputs."""

    conversion: Any
    base: Any
    lead_a: Any
    lead_b: Any
    span_a: Any
    span_b: Any


def _whole(lines: Lines, *reads: int) -> int:
    """Add the stage that makes a bar missing in all of three lines if it is in one; return the first of them."""
    return lines.add(Plan(kernels.whole, (), ()), *reads, outputs=3)


@indicator(
    inputs=("high", "low"),
    bounds={"window": period()},
    returns=Fisher,
    reference=reference.fisher,
    lookback=lambda window, convention: (window - 1, window),
    # The transform is at most 500 times as steep as the place: at 0.999.
    settle=lambda eps, window, convention: window + decay(0.33, eps / 500.0) + decay(0.5, eps),
    span=lambda window, convention: 1,
)
def fisher(window: int = 10, *, convention: str) -> Plan:
    """Return Ehlers' Fisher transform: the place of the middle of a bar in its range, spread to a normal distribution.

    Parameters
    ----------
    window : int, default 10
        Bars of the range of middles, at least 1.

    Returns
    -------
    fisher, signal : like the inputs
        A named tuple, without unit: the transform from bar `window` - 1 on, and the transform one bar before.

    Notes
    -----
    The place, -1 to 1 and 0 where there is no range, is smoothed by 0.33, kept within 0.999 and transformed; half of
    the last transform is added. A missing bar is NaN and is otherwise passed over: the range is that of the last
    `window` whole bars. Source: J. Ehlers, *Using the Fisher Transform*, 2002.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> price = np.array([1.0, 2.0, 3.0, 2.0])
    >>> qp.fisher(price + 1, price - 1, window=2).fisher.round(4).tolist()
    [nan, 0.3428, 0.7914, 0.4349]
    """
    lines = Lines(2)
    middle = lines.add(of("medprice"), 0, 1)
    rows = (zeros(), *ring(window), *ring(window), *ring(1))
    place = lines.add(Plan(stochastics.stochf, (window, 1, 50.0, False), rows), middle, middle, middle, outputs=2)
    found = lines.add(Plan(kernels.fisher, (), (zeros(), unknown())), place, outputs=2)
    return over_whole_bars(lines, found, found + 1)


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2), "deviation": number(0.0), "factor": number(0.0)},
    returns=Squeeze,
    reference=reference.squeeze,
    lookback=lambda window, deviation, factor, convention: (2 * window - 2, window),
    span=lambda window, deviation, factor, convention: max(2 * window - 1, window + 1),
    degree=None,
)
def squeeze(window: int = 20, deviation: float = 2.0, factor: float = 1.5, *, convention: str) -> Plan:
    """Return Carter's squeeze: whether Bollinger's bands lie within Keltner's, and the momentum beside it.

    Parameters
    ----------
    window : int, default 20
        Bars of both bands and of the momentum, at least 2.
    deviation : float, default 2.0
        Standard deviations between Bollinger's bands and their middle.
    factor : float, default 1.5
        Mean true ranges between Keltner's bands and their middle.

    Returns
    -------
    momentum, squeeze : like the inputs
        A named tuple: the momentum in the unit of prices, from bar 2 `window` - 2 on; and 1 in a squeeze, else 0, from
        bar `window` on.

    Notes
    -----
    Both pairs of bands lie about the simple mean of the closes, so that there is a squeeze where `deviation` standard
    deviations are less than `factor` mean true ranges. The momentum is the line of least squares, on its last bar,
    through the closes less the middle between their mean and the middle of the range. NaN where a bar that the value
    reads is missing. Source: J. Carter, *Mastering the Trade*, 2005.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 1.5, 1.0, 4.0])
    >>> lines = qp.squeeze(close + 1, close - 1, close, window=2, deviation=4.0)
    >>> lines.squeeze.tolist(), lines.momentum.round(4).tolist()
    ([nan, nan, 1.0, 0.0], [nan, nan, -0.25, 1.5])
    """
    lines = Lines(3)
    high = _whole(lines, 0, 1, 2)
    low, close = high + 1, high + 2
    top, floor = lines.add(of("highest", window=window), high), lines.add(of("lowest", window=window), low)
    mean = lines.add(of("sma", window=window), close)
    gap = lines.add(Plan(kernels.about_middles, (), ()), close, top, floor, mean)
    line = lines.add(of("linearreg", window=window), gap)
    reach = lines.add(of("sma", window=window), lines.add(of("trange"), high, low, close))
    spread = lines.add(of("stddev", window=window), close)
    return lines.plan(line, lines.add(Plan(kernels.narrower, (deviation, factor), ()), spread, reach))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2)},
    reference=reference.chop,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
)
def chop(window: int = 14, *, convention: str) -> Plan:
    """Return Dreiss' choppiness index: the sum of true ranges over the range of all bars, as a logarithm, 0 to 100.

    Parameters
    ----------
    window : int, default 14
        Bars of the sum and of the range, at least 2.

    Returns
    -------
    like the inputs
        Near 0 in a straight trend, near 100 where prices go nowhere, 100 where there is no range; the first `window`
        bars are NaN.

    Notes
    -----
    100 log(sum / range) / log(`window`). The range is that of highs and lows, as on most charts, and not of true
    highs and lows as in the source: a gap into its first bar is in the sum alone, which can take the index above 100.
    NaN where one of the bars, or the one before them, is missing. Source: E. W. Dreiss, in G. Burke, *Measuring Market
    Choppiness with Chaos*, 1993.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0, 2.0])
    >>> qp.chop(close + 1, close - 1, close, window=2).round(4).tolist()
    [nan, nan, 41.5037, 41.5037]
    """
    lines = Lines(3)
    high = _whole(lines, 0, 1, 2)
    way = lines.add(of("total", window=window), lines.add(of("trange"), high, high + 1, high + 2))
    top, floor = lines.add(of("highest", window=window), high), lines.add(of("lowest", window=window), high + 1)
    return lines.plan(lines.add(Plan(kernels.choppiness, (100.0 / math.log10(window),), ()), way, top, floor))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "streak": period(low=2), "rank": period(low=2)},
    reference=reference.crsi,
    lookback=lambda window, streak, rank, convention: max(window, streak, rank + 1),
    settle=lambda eps, window, streak, rank, convention: (
        max(window, streak, rank + 1) + max(decay(1.0 / window, eps), decay(1.0 / streak, eps))
    ),
    span=lambda window, streak, rank, convention: 1,
)
def crsi(window: int = 3, streak: int = 2, rank: int = 100, *, convention: str) -> Plan:
    """Return Connors' RSI: the mean of the strength of closes, the strength of their streaks, and the rank of the move.

    Parameters
    ----------
    window : int, default 3
        Bars of the relative strength of the closes, at least 2.
    streak : int, default 2
        Bars of the relative strength of the streak, at least 2.
    rank : int, default 100
        Moves before it with which the last one is compared, at least 2.

    Returns
    -------
    like `close`
        Between 0 and 100, from bar max(`window`, `streak`, `rank` + 1) on.

    Notes
    -----
    The streak counts the bars in a row that rose, or fell as a negative number, and is 0 where the close stays. The
    rank is the share of the moves before it, in percent, that were smaller. Both strengths are by Wilder's means, and 0
    while nothing has moved, as `rsi`. A missing bar is NaN and is otherwise passed over. Source: L. Connors and
    C. Alvarez, *An Introduction to ConnorsRSI*, 2012.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.crsi(np.array([1.0, 2.0, 1.5, 3.0, 2.9]), window=2, streak=2, rank=2).round(4).tolist()
    [nan, nan, nan, 70.1058, 54.9887]
    """
    lines = Lines(1)
    strength = lines.add(of("rsi", window=window), 0)
    streaks = lines.add(Plan(kernels.streak, (), (unknown(), zeros())), 0)
    stretch = lines.add(of("rsi", window=streak), streaks)
    place = lines.add(of("percentrank", window=rank), lines.add(of("roc", window=1), 0))
    return over_whole_bars(lines, lines.add(Plan(prices.typprice, (), ()), strength, stretch, place))


@indicator(
    inputs=("close",),
    bounds={
        **{f"roc{i}": period() for i in (1, 2, 3, 4)},
        **{f"sma{i}": period() for i in (1, 2, 3, 4)},
        "signal": period(),
    },
    returns=KST,
    reference=reference.kst,
    lookback=lambda signal, convention, **bars: (_kst_bar(bars), _kst_bar(bars) + signal - 1),
    span=lambda signal, convention, **bars: _kst_bar(bars) + signal,
)
def kst(
    roc1: int = 10,
    roc2: int = 15,
    roc3: int = 20,
    roc4: int = 30,
    sma1: int = 10,
    sma2: int = 10,
    sma3: int = 10,
    sma4: int = 15,
    signal: int = 9,
    *,
    convention: str,
) -> Plan:
    """Return Pring's know sure thing: four smoothed rates of change, the slower the heavier, and the mean of it.

    Parameters
    ----------
    roc1 : int, default 10
        Bars of the first rate of change, at least 1.
    roc2 : int, default 15
        Bars of the second rate of change, at least 1.
    roc3 : int, default 20
        Bars of the third rate of change, at least 1.
    roc4 : int, default 30
        Bars of the fourth rate of change, at least 1.
    sma1 : int, default 10
        Bars of the mean of the first rate, at least 1.
    sma2 : int, default 10
        Bars of the mean of the second rate, at least 1.
    sma3 : int, default 10
        Bars of the mean of the third rate, at least 1.
    sma4 : int, default 15
        Bars of the mean of the fourth rate, at least 1.
    signal : int, default 9
        Bars of the mean of the sum, at least 1.

    Returns
    -------
    kst, signal : like `close`
        A named tuple, in percent; `kst` from the bar on which all four means are known, its mean from `signal` - 1
        bars later.

    Notes
    -----
    The rates weigh 1, 2, 3 and 4. NaN where one of the closes that a value reads is missing. Source: M. J. Pring,
    *Summed Rate of Change (KST)*, 1992.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> lines = qp.kst(np.array([1.0, 2.0, 4.0, 8.0]), 1, 1, 1, 1, 1, 1, 1, 1, signal=2)
    >>> lines.kst.tolist(), lines.signal.tolist()
    ([nan, 1000.0, 1000.0, 1000.0], [nan, nan, 1000.0, 1000.0])
    """
    lines = Lines(1)
    means = [
        lines.add(of("sma", window=mean), lines.add(of("roc", window=rate), 0))
        for rate, mean in ((roc1, sma1), (roc2, sma2), (roc3, sma3), (roc4, sma4))
    ]
    known = lines.add(Plan(kernels.rising_sum, (), ()), *means)
    return lines.plan(known, lines.add(of("sma", window=signal), known))


def _kst_bar(bars: dict[str, int]) -> int:
    """Return the bar of the first sum."""
    return max(bars[f"roc{i}"] + bars[f"sma{i}"] - 1 for i in (1, 2, 3, 4))


def _lead(conversion: int, base: int) -> int:
    """Return the bar of the first value of the leading line A."""
    return max(conversion, base) - 1


@indicator(
    inputs=("high", "low"),
    bounds={"conversion": period(low=2), "base": period(low=2), "leading": period(low=2), "displacement": period()},
    returns=Ichimoku,
    reference=reference.ichimoku,
    lookback=lambda conversion, base, leading, displacement, convention: (
        conversion - 1,
        base - 1,
        _lead(conversion, base),
        leading - 1,
        _lead(conversion, base) + displacement,
        leading - 1 + displacement,
    ),
    span=lambda conversion, base, leading, displacement, convention: max(conversion, base, leading) + displacement,
    degree=(1, 0),
)
def ichimoku(
    conversion: int = 9, base: int = 26, leading: int = 52, displacement: int = 26, *, convention: str
) -> Plan:
    """Return Hosoda's one-glance lines: the middles of three ranges, and the cloud.

    Parameters
    ----------
    conversion : int, default 9
        Bars of the range of the conversion line, at least 2.
    base : int, default 26
        Bars of the range of the base line, at least 2.
    leading : int, default 52
        Bars of the range of the leading line B, at least 2.
    displacement : int, default 26
        Bars by which the chart draws the leading lines ahead, at least 1.

    Returns
    -------
    conversion, base, lead_a, lead_b, span_a, span_b : like the inputs
        A named tuple, in the unit of prices. `lead_a` (the middle of conversion and base) and `lead_b` are the leading
        lines on the bar on which they become known; `span_a` and `span_b` are the same lines where the chart has them,
        `displacement` bars later: the cloud over or under this bar.

    Notes
    -----
    All lines are known at the close of their bar. There is no lagging span: it is the close drawn `displacement` bars
    back, so that as a column it would show each bar a close of the future; compare `close` with the close of
    `displacement` bars ago instead (`mom`). Charts that count the bar itself draw the leading lines 25 bars ahead where
    they say 26; give them a `displacement` of 25. NaN where one of the bars that a line reads is missing; the cloud is
    NaN on a missing bar, too. Source: G. Hosoda, *Ichimoku Kinko Hyo*, 1969.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> price = np.array([1.0, 2.0, 4.0, 5.0])
    >>> lines = qp.ichimoku(price + 1, price - 1, conversion=2, base=3, leading=3, displacement=1)
    >>> lines.lead_a.tolist(), lines.span_a.tolist()
    ([nan, nan, 2.75, 4.0], [nan, nan, nan, 2.75])
    """
    lines = Lines(2)
    quick, calm = (lines.add(of("midprice", window=bars), 0, 1) for bars in (conversion, base))
    middle = of("medprice")
    ahead = lines.add(middle, quick, calm), lines.add(of("midprice", window=leading), 0, 1)
    bar = lines.add(middle, 0, 1)
    later = Plan(kernels.delayed, (displacement,), (zeros(), unknown(displacement)))
    cloud = [lines.add(Plan(joints.known_with, (), ()), lines.add(later, line), bar) for line in ahead]
    return lines.plan(quick, calm, *ahead, *cloud)
