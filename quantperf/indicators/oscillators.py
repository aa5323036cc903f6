"""Oscillators about zero: prices, or what lies within a bar, against their own means."""

from __future__ import annotations

from typing import Any, NamedTuple

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.chain import Lines, average
from quantperf.indicators.parameters import choice, period
from quantperf.indicators.plan import Plan, ring, unknown, zeros
from quantperf.kernels import oscillators as kernels
from quantperf.kernels import smoothing, stochastics
from quantperf.reference import oscillators as reference

GROUP = "Momentum Indicators"

WILDER = (11, 13)  # the default kind of average of `kdj`, and its number


class ElderRay(NamedTuple):
    """Lines of `eri`, each like the inputs."""

    bull: Any
    bear: Any


class StochasticMomentum(NamedTuple):
    """Lines of `smi`, each like the inputs."""

    smi: Any
    signal: Any


class KDJ(NamedTuple):
    """Lines of `kdj`, each like the inputs."""

    k: Any
    d: Any
    j: Any


@indicator(
    inputs=("high", "low"),
    bounds={"fast": period(low=2), "slow": period(low=2)},
    reference=reference.ao,
    lookback=lambda fast, slow, convention: max(fast, slow) - 1,
    span=lambda fast, slow, convention: max(fast, slow),
    degree=(1, 0),
    talib=[TaLib("AO", {"fastperiod": ("fast", 5), "slowperiod": ("slow", 34)}, group=GROUP)],
)
def ao(fast: int = 5, slow: int = 34, *, convention: str) -> Plan:
    """Return the awesome oscillator: the mean middle of the last few bars less that of many.

    Parameters
    ----------
    fast : int, default 5
        Bars of the mean that is added, at least 2; it may be the longer one, and does not change places then.
    slow : int, default 34
        Bars of the mean that is taken off, at least 2.

    Returns
    -------
    like the inputs
        In the unit of prices; NaN before the longer window is full.

    Notes
    -----
    The middle of a bar is (high + low) / 2. Equal to TA-Lib's AO within 1e-9. Source: B. Williams, *New Trading
    Dimensions*, 1998.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> price = np.array([1.0, 2.0, 6.0, 5.0])
    >>> qp.ao(price + 1, price - 1, fast=2, slow=3).round(4).tolist()
    [nan, nan, 1.0, 1.1667]
    """
    return Plan(kernels.ao, (fast, slow), (*ring(fast), *ring(slow)))


@indicator(
    inputs=("high", "low"),
    bounds={"fast": period(low=2), "slow": period(low=2), "signal": period(low=2)},
    reference=reference.ac,
    lookback=lambda fast, slow, signal, convention: max(fast, slow) + signal - 2,
    span=lambda fast, slow, signal, convention: max(fast, slow) + signal - 1,
    degree=(1, 0),
    talib=[
        TaLib(
            "AC",
            {"fastperiod": ("fast", 5), "slowperiod": ("slow", 34), "signalperiod": ("signal", 5)},
            group=GROUP,
        )
    ],
)
def ac(fast: int = 5, slow: int = 34, signal: int = 5, *, convention: str) -> Plan:
    """Return the accelerator: the awesome oscillator less its own mean.

    Parameters
    ----------
    fast : int, default 5
        Bars of the mean that is added, at least 2, as in `ao`.
    slow : int, default 34
        Bars of the mean that is taken off, at least 2.
    signal : int, default 5
        Bars of the mean of the oscillator, at least 2.

    Returns
    -------
    like the inputs
        In the unit of prices; the first max(`fast`, `slow`) + `signal` - 2 bars are NaN.

    Notes
    -----
    Equal to TA-Lib's AC within 1e-9. Source: B. Williams, *New Trading Dimensions*, 1998.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> price = np.array([1.0, 2.0, 6.0, 5.0])
    >>> qp.ac(price, price, fast=2, slow=3, signal=2).round(4).tolist()
    [nan, nan, nan, 0.0833]
    """
    return Plan(kernels.ac, (fast, slow, signal), (*ring(fast), *ring(slow), *ring(signal)))


@indicator(
    inputs=("open", "close"),
    bounds={"window": period()},
    reference=reference.qstick,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("QSTICK", {"timeperiod": ("window", 10)}, group=GROUP)],
)
def qstick(window: int = 10, *, convention: str) -> Plan:
    """Return the mean body of the candles, close - open.

    Parameters
    ----------
    window : int, default 10
        Bars of the mean, at least 1.

    Returns
    -------
    like the inputs
        In the unit of prices; the first `window` - 1 bars are NaN.

    Notes
    -----
    Equal to TA-Lib's QSTICK within 1e-9. Source: T. Chande and S. Kroll, *The New Technical Trader*, 1994.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.qstick(np.array([1.0, 2.0, 5.0]), np.array([2.0, 5.0, 4.0]), window=2).tolist()
    [nan, 2.0, 1.0]
    """
    return Plan(kernels.qstick, (window,), ring(window))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.dpo,
    lookback=lambda window, convention: max(window - 1, window // 2 + 1),
    span=lambda window, convention: max(window, window // 2 + 2),
    degree=(1, 0),
    talib=[TaLib("DPO", {"timeperiod": ("window", 20)}, group=GROUP)],
)
def dpo(window: int = 20, *, convention: str) -> Plan:
    """Return the detrended price: the close of half a window ago less the mean of the window.

    Parameters
    ----------
    window : int, default 20
        Bars of the mean, at least 2; the close is that of `window` // 2 + 1 bars ago.

    Returns
    -------
    like `close`
        In the unit of prices; the first `window` - 1 bars are NaN (2 of a window of 2).

    Notes
    -----
    Nothing is centred: the value of a bar needs no later one. Equal to TA-Lib's DPO within 1e-9. Source: S. B. Achelis,
    *Technical Analysis from A to Z*, 1995.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.dpo(np.array([1.0, 2.0, 6.0, 4.0]), window=3).tolist()
    [nan, nan, -2.0, -2.0]
    """
    return Plan(kernels.dpo, (window,), (unknown(window // 2 + 1), *ring(window)))


@indicator(
    inputs=("close",),
    bounds={"window": period(), "short": period(), "long": period()},
    reference=reference.coppock,
    lookback=lambda window, short, long, convention: max(short, long) + window - 1,
    span=lambda window, short, long, convention: max(short, long) + window,
    talib=[
        TaLib(
            "COPPOCK",
            {"wmaperiod": ("window", 10), "roc1period": ("short", 11), "roc2period": ("long", 14)},
            group=GROUP,
        )
    ],
)
def coppock(window: int = 10, short: int = 11, long: int = 14, *, convention: str) -> Plan:
    """Return the Coppock curve: the weighted mean of the sum of two rates of change.

    Parameters
    ----------
    window : int, default 10
        Bars of the weighted mean, at least 1.
    short : int, default 11
        Bars of one rate of change, at least 1.
    long : int, default 14
        Bars of the other, at least 1; the two may change places.

    Returns
    -------
    like `close`
        In percent; the first max(`short`, `long`) + `window` - 1 bars are NaN.

    Notes
    -----
    A rate of change is 0 where the old price is 0. Equal to TA-Lib's COPPOCK within 1e-9. Source: E. S. C. Coppock,
    *Practical Relative Strength Charting*, 1962.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.coppock(np.array([1.0, 1.0, 2.0, 3.0]), window=2, short=1, long=2).round(4).tolist()
    [nan, nan, nan, 233.3333]
    """
    return Plan(kernels.coppock, (window, short, long), (unknown(max(short, long)), *ring(window, heads=3)))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.fosc,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("FOSC", {"timeperiod": ("window", 5)}, group=GROUP)],
)
def fosc(window: int = 5, *, convention: str) -> Plan:
    """Return the forecast oscillator: how far the close lies from what the line through the bars before it foretold.

    Parameters
    ----------
    window : int, default 5
        Bars of the line of least squares, at least 2; the bar itself is none of them.

    Returns
    -------
    like `close`
        In percent of the close; 0 where that is 0; the first `window` bars are NaN.

    Notes
    -----
    Equal to TA-Lib's FOSC within 1e-9. Source: T. Chande and S. Kroll, *The New Technical Trader*, 1994.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.fosc(np.array([1.0, 2.0, 4.0, 5.0]), window=2).tolist()
    [nan, nan, 25.0, -20.0]
    """
    return Plan(kernels.fosc, (window,), (unknown(), *ring(window), *ring(window, heads=3)))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period()},
    returns=ElderRay,
    reference=reference.eri,
    lookback=lambda window, convention: window - 1,
    settle=lambda eps, window, convention: window - 1 + decay(2.0 / (window + 1.0), eps),
    span=lambda window, convention: 1,
    degree=(1, 0),
    talib=[TaLib("ERI", {"timeperiod": ("window", 13)}, group=GROUP, names=("bullpower", "bearpower"))],
)
def eri(window: int = 13, *, convention: str) -> Plan:
    """Return Elder's ray: bull power and bear power, the high and the low less the exponential mean of the closes.

    Parameters
    ----------
    window : int, default 13
        Bars of the mean, at least 1.

    Returns
    -------
    bull, bear : like the inputs
        A named tuple, in the unit of prices; the first `window` - 1 bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves the mean as it was. Equal to TA-Lib's ERI within 1e-9. Source: A. Elder, *Trading
    for a Living*, 1993.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 4.5])
    >>> qp.eri(close + 1, close - 1, close, window=2).bull.tolist()
    [nan, 1.5, 2.0]
    """
    return Plan(kernels.eri, (window,), (zeros(2),))


@indicator(
    inputs=("close",),
    bounds={"first": period(low=2), "second": period(low=2)},
    reference=reference.tsi,
    lookback=lambda first, second, convention: first + second - 1,
    settle=lambda eps, first, second, convention: (
        first + second - 1 + decay(2.0 / (first + 1.0), eps) + decay(2.0 / (second + 1.0), eps)
    ),
    span=lambda first, second, convention: 1,
    talib=[TaLib("TSI", {"firstperiod": ("first", 25), "secondperiod": ("second", 13)}, group=GROUP)],
)
def tsi(first: int = 25, second: int = 13, *, convention: str) -> Plan:
    """Return the true strength index: twice smoothed moves over the twice smoothed sizes of moves.

    Parameters
    ----------
    first : int, default 25
        Bars of the exponential mean of the moves, at least 2.
    second : int, default 13
        Bars of the exponential mean of that, at least 2.

    Returns
    -------
    like `close`
        Between -100 and 100; 0 where nothing has moved; the first `first` + `second` - 1 bars are NaN.

    Notes
    -----
    A missing bar is NaN and is otherwise passed over. Equal to TA-Lib's TSI within 1e-9. Source: W. Blau, *Momentum,
    Direction, and Divergence*, 1995.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.tsi(np.array([1.0, 2.0, 3.0, 2.0, 2.0]), first=2, second=2).round(4).tolist()
    [nan, nan, nan, 33.3333, 6.6667]
    """
    return Plan(kernels.tsi, (first, second), (zeros(), unknown(), zeros(4)))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2), "fast": period(low=2), "slow": period(low=2), "signal": period(low=2)},
    returns=StochasticMomentum,
    reference=reference.smi,
    lookback=lambda window, fast, slow, signal, convention: window + fast + slow + signal - 4,
    settle=lambda eps, window, fast, slow, signal, convention: (
        window + fast + slow + signal - 4 + sum(decay(2.0 / (n + 1.0), eps) for n in (fast, slow, signal))
    ),
    span=lambda window, fast, slow, signal, convention: 1,
    talib=[
        TaLib(
            "SMI",
            {
                "timeperiod": ("window", 13),
                "fastperiod": ("fast", 2),
                "slowperiod": ("slow", 25),
                "signalperiod": ("signal", 9),
            },
            group=GROUP,
            names=("smi", "smisignal"),
        )
    ],
)
def smi(window: int = 13, fast: int = 2, slow: int = 25, signal: int = 9, *, convention: str) -> Plan:
    """Return the stochastic momentum index: the twice smoothed place of the close about the middle of its range.

    Parameters
    ----------
    window : int, default 13
        Bars of the range, at least 2.
    fast : int, default 2
        Bars of the second exponential mean, at least 2.
    slow : int, default 25
        Bars of the first exponential mean, at least 2.
    signal : int, default 9
        Bars of the exponential mean of the index, at least 2.

    Returns
    -------
    smi, signal : like the inputs
        A named tuple, -100 to 100, 0 without a range; both from bar `window` + `fast` + `slow` + `signal` - 4 on.

    Notes
    -----
    A missing bar is NaN and is otherwise passed over: the range is that of the last `window` whole bars. Equal to
    TA-Lib's SMI within 1e-9. Source: W. Blau, *Momentum, Direction, and Divergence*, 1995.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0, 4.0, 3.0])
    >>> qp.smi(close, close, close, window=2, fast=2, slow=2, signal=2).smi.round(4).tolist()
    [nan, nan, nan, nan, 11.1111]
    """
    return Plan(kernels.smi, (window, fast, slow, signal), (zeros(6), *ring(window), *ring(window)))


@indicator(
    inputs=("high", "low", "close"),
    bounds={
        "fastk": period(),
        "slowk": period(),
        "slowd": period(),
        "slowk_matype": choice(0, 13),
        "slowd_matype": choice(0, 13),
    },
    returns=KDJ,
    reference=reference.kdj,
    lookback=lambda fastk, slowk, slowd, slowk_matype, slowd_matype, convention: (
        fastk - 1 + average(slowk, slowk_matype, 13).lookback + average(slowd, slowd_matype, 13).lookback
    ),
    # J is three times one mean less twice another, so that it holds five times as much of the seeds.
    settle=lambda eps, fastk, slowk, slowd, slowk_matype, slowd_matype, convention: (
        fastk - 1 + average(slowk, slowk_matype, 13).settle(eps / 5) + average(slowd, slowd_matype, 13).settle(eps / 5)
    ),
    span=lambda fastk, slowk, slowd, slowk_matype, slowd_matype, convention: (
        1
        if slowk_matype in WILDER and slowd_matype in WILDER
        else fastk - 2 + average(slowk, slowk_matype, 13).span + average(slowd, slowd_matype, 13).span
    ),
    talib=[
        TaLib(
            "KDJ",
            {
                "fastk_period": ("fastk", 9),
                "slowk_period": ("slowk", 3),
                "slowk_matype": ("slowk_matype", 13),
                "slowd_period": ("slowd", 3),
                "slowd_matype": ("slowd_matype", 13),
            },
            group=GROUP,
        )
    ],
)
def kdj(
    fastk: int = 9, slowk: int = 3, slowd: int = 3, slowk_matype: int = 13, slowd_matype: int = 13, *, convention: str
) -> Plan:
    """Return K, D and J: the stochastic by Wilder's means, and K carried on away from D.

    Parameters
    ----------
    fastk : int, default 9
        Bars of the range, at least 1.
    slowk : int, default 3
        Bars of Wilder's mean of the place of the close in its range, at least 1.
    slowd : int, default 3
        Bars of Wilder's mean of K, at least 1.
    slowk_matype : int, default 13
        Kind of the first mean by TA-Lib's number, as for `ma`; 13 is Wilder's.
    slowd_matype : int, default 13
        Kind of the mean of K.

    Returns
    -------
    k, d, j : like the inputs
        A named tuple; K and D between 0 and 100, J = 3 K - 2 D; all from bar `fastk` + `slowk` + `slowd` - 3 on.

    Notes
    -----
    A place without range is 0. Each mean is seeded with the plain mean of its first bars. A missing bar is NaN and is
    otherwise passed over: the range is that of the last `fastk` whole bars. Equal to TA-Lib's KDJ within 1e-9. Source:
    G. Lane's stochastic with the averages of J. W. Wilder.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0, 2.0])
    >>> qp.kdj(close, close, close, fastk=2, slowk=2, slowd=1).j.tolist()
    [nan, nan, 100.0, 50.0]
    """
    if slowk_matype in WILDER and slowd_matype in WILDER:
        return Plan(kernels.kdj, (fastk, slowk, slowd), (zeros(3), *ring(fastk), *ring(fastk)))
    lines = Lines(3)
    place = Plan(stochastics.stochf, (fastk, 1, 0.0, False), (zeros(), *ring(fastk), *ring(fastk), *ring(1)))
    k = lines.smooth(lines.add(place, 0, 1, 2, outputs=2), average(slowk, slowk_matype, 13))
    d = lines.smooth(k, average(slowd, slowd_matype, 13))
    known = lines.add(Plan(smoothing.known_with, (), ()), k, d)
    return lines.plan(known, d, lines.add(Plan(smoothing.thrice_less_twice, (), ()), known, d))
