"""Averages of a chosen kind; see `chain` for the kinds and for how they are put together."""

from __future__ import annotations

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.chain import Average, Lines, average
from quantperf.indicators.momentum import MACD
from quantperf.indicators.parameters import choice, period
from quantperf.indicators.plan import Plan, unknown, zeros
from quantperf.kernels import smoothing as kernels
from quantperf.reference import smoothing as reference


@indicator(
    inputs=("close",),
    bounds={"window": period(), "matype": choice(0, 13)},
    reference=reference.ma,
    lookback=lambda window, matype, convention: average(window, matype).lookback,
    settle=lambda eps, window, matype, convention: average(window, matype).settle(eps),
    span=lambda window, matype, convention: average(window, matype).span,
    degree=(1, 0),
    talib=[TaLib("MA", {"timeperiod": ("window", 30), "matype": ("matype", 0)}, group="Overlap Studies")],
)
def ma(window: int = 30, matype: int = 0, *, convention: str) -> Plan:
    """Return a moving average of a chosen kind.

    Parameters
    ----------
    window : int, default 30
        Bars of the average, at least 1; with 1 the bars stay as they are. MESA's average has no window.
    matype : int, default 0
        Kind of average by TA-Lib's number: 0 simple, 1 exponential, 2 weighted, 3 double exponential, 4 triple
        exponential, 5 triangular, 6 Kaufman's, 7 MESA, 8 T3, 9 Hull's, 10 none, 11 simple, 12 zero-lag, 13 Wilder's.

    Returns
    -------
    like `close`
        In the unit of `close`, NaN before the first value of the average.

    Notes
    -----
    The same as the indicator of that kind. Equal to TA-Lib's MA within 1e-9. Source: as for that indicator.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.ma(np.array([1.0, 2.0, 3.0, 4.0]), window=2, matype=1).tolist()
    [nan, 1.5, 2.5, 3.5]
    """
    chosen = average(window, matype)
    if chosen.name != "mama":
        return chosen.plan
    lines = Lines(1)
    return lines.plan(lines.smooth(0, chosen))


@indicator(
    inputs=("close", "periods"),
    columns=("close", "volume"),
    bounds={"low": period(2), "high": period(2), "matype": choice(0, 13)},
    reference=reference.mavp,
    lookback=lambda low, high, matype, convention: average(max(low, high), matype).lookback,
    settle=lambda eps, low, high, matype, convention: average(max(low, high), matype).settle(eps),
    span=lambda low, high, matype, convention: average(max(low, high), matype).span,
    degree=None,
    talib=[
        TaLib(
            "MAVP",
            {"minperiod": ("low", 2), "maxperiod": ("high", 30), "matype": ("matype", 0)},
            inputs=("real", "periods"),
            group="Overlap Studies",
        )
    ],
)
def mavp(low: int = 2, high: int = 30, matype: int = 0, *, convention: str) -> Plan:
    """Return a moving average whose window another series gives, bar by bar.

    Parameters
    ----------
    low : int, default 2
        Shortest window, at least 2; shorter ones are taken as this.
    high : int, default 30
        Longest window, at least 2; longer ones are taken as this. A `low` above it changes places with it.
    matype : int, default 0
        Kind of average by TA-Lib's number, as for `ma`.

    Returns
    -------
    like the inputs
        In the unit of `close`, NaN before the longest window is full.

    Notes
    -----
    Windows are cut to whole bars. Every kind but the simple one is computed for each window between `low` and `high`,
    from the bar on which the longest can begin.
    Equal to TA-Lib's MAVP within 1e-9. Source: TA-Lib.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.mavp(np.array([1.0, 2.0, 6.0, 4.0]), np.array([2.0, 2.0, 2.0, 3.0]), low=2, high=3).tolist()
    [nan, nan, 4.0, 4.0]
    """
    low, high = min(low, high), max(low, high)
    longest = average(high, matype)
    if longest.name == "sma":
        return Plan(kernels.mavp, (low, high), (unknown(high - 1), zeros()))
    lines = Lines(2)
    found = []
    for window in range(low, high + 1):
        one = average(window, matype)
        found.append(lines.smooth(0, one, longest.lookback - one.lookback))
    chosen = found[-1]
    for window, line in zip(range(high - 1, low - 1, -1), reversed(found[:-1]), strict=True):
        chosen = lines.add(Plan(kernels.where_at_most, (float(window),), ()), 1, line, chosen)
    return lines.plan(lines.add(Plan(kernels.known_with, (), ()), chosen, found[-1]))


def _macdext(fast: int, fastmatype: int, slow: int, slowmatype: int) -> tuple[Average, Average]:
    """Return the fast and the slow average; a fast one that is slower changes places."""
    pair = average(fast, fastmatype), average(slow, slowmatype)
    return pair if fast <= slow else (pair[1], pair[0])


def _macdext_bar(**params: int) -> int:
    """Return the bar of the first difference."""
    return max(each.lookback for each in _macdext(**params))


@indicator(
    inputs=("close",),
    bounds={
        "fast": period(2), "fastmatype": choice(0, 13),
        "slow": period(2), "slowmatype": choice(0, 13),
        "signal": period(), "signalmatype": choice(0, 13),
    },
    returns=MACD,
    reference=reference.macdext,
    lookback=lambda signal, signalmatype, convention, **rest: (
        _macdext_bar(**rest) + average(signal, signalmatype).lookback
    ),
    settle=lambda eps, signal, signalmatype, convention, **rest: (
        max(each.settle(eps) for each in _macdext(**rest)) + average(signal, signalmatype).settle(eps)
    ),
    span=lambda signal, signalmatype, convention, **rest: (
        max(each.span for each in _macdext(**rest)) + average(signal, signalmatype).span - 1
    ),
    degree=(1, 0),
    talib=[
        TaLib(
            "MACDEXT",
            {
                "fastperiod": ("fast", 12), "fastmatype": ("fastmatype", 0),
                "slowperiod": ("slow", 26), "slowmatype": ("slowmatype", 0),
                "signalperiod": ("signal", 9), "signalmatype": ("signalmatype", 0),
            },
            names=("macd", "macdsignal", "macdhist"),
            group="Momentum Indicators",
        )
    ],
)  # fmt: skip
def macdext(
    fast: int = 12,
    fastmatype: int = 0,
    slow: int = 26,
    slowmatype: int = 0,
    signal: int = 9,
    signalmatype: int = 0,
    *,
    convention: str,
) -> Plan:
    """Return the difference of two averages of chosen kinds, its own average, and what lies between.

    Parameters
    ----------
    fast : int, default 12
        Bars of the fast average, at least 2; a longer one than `slow` changes places with it, its kind too.
    fastmatype : int, default 0
        Its kind by TA-Lib's number, as for `ma`.
    slow : int, default 26
        Bars of the slow average, at least 2.
    slowmatype : int, default 0
        Its kind.
    signal : int, default 9
        Bars of the average of the difference, at least 1.
    signalmatype : int, default 0
        Its kind.

    Returns
    -------
    macd, signal, histogram : like `close`
        A named tuple, in the unit of `close`; all three begin with the signal.

    Notes
    -----
    Both averages begin on the bar on which the later one can. Equal to TA-Lib's MACDEXT within 1e-9. Source: G. Appel,
    *The Moving Average Convergence-Divergence Trading Method*, 1979.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.macdext(np.array([1.0, 2.0, 4.0, 7.0]), fast=2, slow=3, signal=1).macd.round(3).tolist()
    [nan, nan, 0.667, 1.167]
    """
    pair = _macdext(fast, fastmatype, slow, slowmatype)
    lines = Lines(1)
    begin = max(each.lookback for each in pair)
    quick, calm = (lines.smooth(0, each, begin - each.lookback) for each in pair)
    line = lines.add(Plan(kernels.difference, (), ()), quick, calm)
    mean = lines.smooth(line, average(signal, signalmatype))
    gap = lines.add(Plan(kernels.difference, (), ()), line, mean)
    return lines.plan(lines.add(Plan(kernels.known_with, (), ()), line, mean), mean, gap)
