"""Stochastics: the place of the close, or of an index, in the range of the last bars."""

from __future__ import annotations

from typing import Any, NamedTuple

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.chain import Lines, average
from quantperf.indicators.conventions import flat
from quantperf.indicators.parameters import choice, period
from quantperf.indicators.plan import Plan, ring, zeros
from quantperf.kernels import smoothing
from quantperf.kernels import stochastics as kernels
from quantperf.reference import stochastics as reference


class Stochastic(NamedTuple):
    """Lines of `stoch`, each like the inputs."""

    slowk: Any
    slowd: Any


class FastStochastic(NamedTuple):
    """Lines of `stochf`, each like the inputs."""

    fastk: Any
    fastd: Any


@indicator(
    inputs=("high", "low", "close"),
    bounds={
        "fastk": period(),
        "slowk": period(),
        "slowd": period(),
        "slowk_matype": choice(0, 13),
        "slowd_matype": choice(0, 13),
    },
    returns=Stochastic,
    reference=reference.stoch,
    conventions=("talib", "tradingview", "pandas", "legacy"),
    lookback=lambda fastk, slowk, slowd, slowk_matype, slowd_matype, convention: (
        fastk
        - 1
        + average(slowk, slowk_matype, 0, convention).lookback
        + (average(slowd, slowd_matype).lookback if convention in {"talib", "legacy"} else 0),
        fastk
        - 1
        + average(slowk, slowk_matype, 0, convention).lookback
        + average(slowd, slowd_matype, 0, convention).lookback,
    ),
    settle=lambda eps, fastk, slowk, slowd, slowk_matype, slowd_matype, convention: (
        fastk
        - 1
        + average(slowk, slowk_matype, 0, convention).settle(eps)
        + average(slowd, slowd_matype, 0, convention).settle(eps)
    ),
    span=lambda fastk, slowk, slowd, slowk_matype, slowd_matype, convention: (
        fastk - 2 + average(slowk, slowk_matype).span + average(slowd, slowd_matype).span
    ),
    talib=[
        TaLib(
            "STOCH",
            {
                "fastk_period": ("fastk", 5),
                "slowk_period": ("slowk", 3),
                "slowk_matype": ("slowk_matype", 0),
                "slowd_period": ("slowd", 3),
                "slowd_matype": ("slowd_matype", 0),
            },
        )
    ],
)
def stoch(
    fastk: int = 14, slowk: int = 3, slowd: int = 3, slowk_matype: int = 0, slowd_matype: int = 0, *, convention: str
) -> Plan:
    """Return the slow stochastic: the place of the close in its range, smoothed, and the average of that.

    Parameters
    ----------
    fastk : int, default 14
        Bars of the range, at least 1.
    slowk : int, default 3
        Bars of the smoothing, at least 1.
    slowd : int, default 3
        Bars of the average of the smoothed line, at least 1.
    slowk_matype : int, default 0
        Kind of the smoothing by TA-Lib's number, as for `ma`; 0 is the simple average.
    slowd_matype : int, default 0
        Kind of the average of the smoothed line.

    Returns
    -------
    slowk, slowd : like the inputs
        A named tuple, 0 to 100, both from bar `fastk` + `slowk` + `slowd` - 3 on. Without a range the place is 0.

    Notes
    -----
    A bar that lacks one of its prices is unknown to every window that holds it. Equal to TA-Lib's STOCH within
    1e-9. Source: G. Lane, *Lane's Stochastics*, 1984.

    ``convention="tradingview"``: NaN without a range, and `slowk` from its first bar on, as `ta.stoch` and `ta.sma`.
    ``convention="pandas"``: NaN without a range, and `slowk` from its own first bar on, as ``rolling`` has it.
    ``convention="legacy"``: NaN without a range.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0, 2.0])
    >>> qp.stoch(close + 1, close - 1, close, fastk=2, slowk=1, slowd=1).slowk.round(2).tolist()
    [nan, 66.67, 66.67, 33.33]
    """
    together, still = convention in {"talib", "legacy"}, flat(convention)
    slow, slower = average(slowk, slowk_matype, 0, convention), average(slowd, slowd_matype, 0, convention)
    if slow.simple and slower.simple:
        windows = (zeros(), *ring(fastk), *ring(fastk), *ring(slowk), *ring(slowd))
        return Plan(kernels.stoch, (fastk, slowk, slowd, still, together), windows)
    lines = Lines(3)
    k = lines.smooth(lines.add(_place(fastk, still), 0, 1, 2, outputs=2), slow)
    d = lines.smooth(k, slower)
    if not together:
        return lines.plan(k, d)
    return lines.plan(lines.add(Plan(smoothing.known_with, (), ()), k, d), d)


def _place(fastk: int, still: float) -> Plan:
    """Return the plan of the place of the close in its range, twice."""
    return Plan(kernels.stochf, (fastk, 1, still, False), (zeros(), *ring(fastk), *ring(fastk), *ring(1)))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"fastk": period(), "fastd": period(), "fastd_matype": choice(0, 13)},
    returns=FastStochastic,
    reference=reference.stochf,
    conventions=("talib", "tradingview", "pandas", "legacy"),
    lookback=lambda fastk, fastd, fastd_matype, convention: (
        fastk - 1 + (average(fastd, fastd_matype).lookback if convention == "talib" else 0),
        fastk - 1 + average(fastd, fastd_matype, 0, convention).lookback,
    ),
    settle=lambda eps, fastk, fastd, fastd_matype, convention: (
        fastk - 1 + average(fastd, fastd_matype, 0, convention).settle(eps)
    ),
    span=lambda fastk, fastd, fastd_matype, convention: fastk - 1 + average(fastd, fastd_matype).span,
    talib=[
        TaLib(
            "STOCHF",
            {"fastk_period": ("fastk", 5), "fastd_period": ("fastd", 3), "fastd_matype": ("fastd_matype", 0)},
        ),
    ],
)
def stochf(fastk: int = 14, fastd: int = 3, fastd_matype: int = 0, *, convention: str) -> Plan:
    """Return the fast stochastic: the place of the close in its range, and the average of that.

    Parameters
    ----------
    fastk : int, default 14
        Bars of the range, at least 1.
    fastd : int, default 3
        Bars of the average, at least 1.
    fastd_matype : int, default 0
        Kind of the average by TA-Lib's number, as for `ma`; 0 is the simple one.

    Returns
    -------
    fastk, fastd : like the inputs
        A named tuple, 0 to 100, both from bar `fastk` + `fastd` - 2 on, 0 without a range.

    Notes
    -----
    A bar that lacks one of its prices is unknown to every window that holds it. Equal to TA-Lib's STOCHF within
    1e-9. Source: G. Lane, *Lane's Stochastics*, 1984.

    ``convention="tradingview"``: NaN without a range, and `fastk` from its first bar on, as `ta.stoch` and `ta.sma`.
    ``convention="pandas"``: NaN without a range, and `fastk` from its own first bar on, as ``rolling`` has it.
    ``convention="legacy"``: as ``"pandas"``.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0, 2.0])
    >>> qp.stochf(close + 1, close - 1, close, fastk=2, fastd=2).fastd.round(2).tolist()
    [nan, nan, 66.67, 50.0]
    """
    talib = convention == "talib"
    still, chosen = flat(convention), average(fastd, fastd_matype, 0, convention)
    if chosen.simple:
        windows = (zeros(), *ring(fastk), *ring(fastk), *ring(fastd))
        return Plan(kernels.stochf, (fastk, fastd, still, talib), windows)
    lines = Lines(3)
    k = lines.add(_place(fastk, still), 0, 1, 2, outputs=2)
    d = lines.smooth(k, chosen)
    return lines.plan(lines.add(Plan(smoothing.known_with, (), ()), k, d) if talib else k, d)


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2)},
    reference=reference.willr,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    talib=[TaLib("WILLR", {"timeperiod": ("window", 14)})],
)
def willr(window: int = 14, *, convention: str) -> Plan:
    """Return Williams' %R: how far the close lies below the highest high, in percent of the range, as a negative.

    Parameters
    ----------
    window : int, default 14
        Bars of the range, at least 2.

    Returns
    -------
    like the inputs
        Between -100 and 0; 0 where there is no range; the first `window` - 1 bars are NaN.

    Notes
    -----
    Equal to TA-Lib's WILLR within 1e-9. Source: L. Williams, *How I Made One Million Dollars Last Year Trading
    Commodities*, 1973.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 5.0, 4.0])
    >>> qp.willr(close, close, close, window=3).tolist()
    [nan, nan, -25.0]
    """
    return Plan(kernels.willr, (window,), (*ring(window), *ring(window)))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "fastk": period(), "fastd": period(), "fastd_matype": choice(0, 13)},
    returns=FastStochastic,
    reference=reference.stochrsi,
    lookback=lambda window, fastk, fastd, fastd_matype, convention: (
        window + fastk - 1 + average(fastd, fastd_matype).lookback
    ),
    settle=lambda eps, window, fastk, fastd, fastd_matype, convention: (
        window + fastk - 1 + average(fastd, fastd_matype).settle(eps) + 2 * decay(1.0 / window, eps)
    ),
    span=lambda window, fastk, fastd, fastd_matype, convention: (
        1 if average(fastd, fastd_matype).simple else fastk - 1 + average(fastd, fastd_matype).span
    ),
    talib=[
        TaLib(
            "STOCHRSI",
            {
                "timeperiod": ("window", 14),
                "fastk_period": ("fastk", 5),
                "fastd_period": ("fastd", 3),
                "fastd_matype": ("fastd_matype", 0),
            },
        )
    ],
)
def stochrsi(window: int = 14, fastk: int = 14, fastd: int = 3, fastd_matype: int = 0, *, convention: str) -> Plan:
    """Return the fast stochastic of the relative strength index: its place in its own range, and the average of that.

    Parameters
    ----------
    window : int, default 14
        Bars of the relative strength index, at least 2.
    fastk : int, default 14
        Bars of its range, at least 1.
    fastd : int, default 3
        Bars of the average, at least 1.
    fastd_matype : int, default 0
        Kind of the average by TA-Lib's number, as for `ma`; 0 is the simple one.

    Returns
    -------
    fastk, fastd : like `close`
        A named tuple, 0 to 100, both from bar `window` + `fastk` + `fastd` - 2 on; 0 where the index has no range.

    Notes
    -----
    A missing bar is NaN and is otherwise passed over: means and windows are of the bars that there are. Equal to
    TA-Lib's STOCHRSI with simple averages within 1e-9, but where prices stand still: there the index moves by rounding
    alone, which TA-Lib stretches to 0 to 100, and here a range below 1e-10 is none. Source: T. Chande, S. Kroll, *The
    New Technical Trader*, 1994.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 1.0, 2.0, 3.0, 1.0])
    >>> qp.stochrsi(close, window=2, fastk=3, fastd=1).fastk.round(2).tolist()
    [nan, nan, nan, nan, 100.0, 0.0]
    """
    chosen = average(fastd, fastd_matype)
    if chosen.simple:
        return Plan(kernels.stochrsi, (window, fastk, fastd), (zeros(4), *ring(fastk), *ring(fastk), *ring(fastd)))
    lines = Lines(1)
    k = lines.add(
        Plan(kernels.stochrsi, (window, fastk, 1), (zeros(4), *ring(fastk), *ring(fastk), *ring(1))), 0, outputs=2
    )
    d = lines.smooth(k, chosen)
    return lines.plan(lines.add(Plan(smoothing.known_with, (), ()), k, d), d)
