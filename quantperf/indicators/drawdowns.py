"""Returns of a holder, and what he has lost since the best moment."""

from __future__ import annotations

import math

from quantperf.indicators.catalogue import indicator
from quantperf.indicators.parameters import choice, period
from quantperf.indicators.plan import Plan, ring, unknown, zeros
from quantperf.kernels import drawdowns as kernels
from quantperf.reference import drawdowns as reference


@indicator(
    inputs=("close",),
    bounds={"window": period(), "log": choice(0, 1)},
    reference=reference.returns,
    lookback=lambda window, log, convention: window,
    span=lambda window, log, convention: window + 1,
)
def returns(window: int = 1, log: int = 0, *, convention: str) -> Plan:
    """Return the return over `window` bars, simple or logarithmic.

    Parameters
    ----------
    window : int, default 1
        Bars between the two prices, at least 1.
    log : int, default 0
        0 for the change as a share of the old price; 1 for the natural logarithm of new over old.

    Returns
    -------
    like `close`
        As a share, 0.01 for one percent; the first `window` bars are NaN.

    Notes
    -----
    NaN where either of the two prices is missing, where the old price is 0 (there `rocp` gives 0), and, of logarithms,
    where the ratio is not above 0. Simple returns add up over the assets of a portfolio, logarithmic ones over time.
    Source: J. Y. Campbell, A. W. Lo and A. C. MacKinlay, *The Econometrics of Financial Markets*, 1997, section 1.4.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([100.0, 110.0, 99.0])
    >>> qp.returns(close).round(6).tolist(), qp.returns(close, log=1).round(6).tolist()
    ([nan, 0.1, -0.1], [nan, 0.09531, -0.105361])
    """
    return Plan(kernels.returns, (window, bool(log)), (zeros(), unknown(window)))


@indicator(
    inputs=("close",),
    bounds={"log": choice(0, 1)},
    reference=reference.cumreturn,
    lookback=lambda log, convention: 0,
    settle=lambda eps, log, convention: math.inf,
    span=lambda log, convention: 1,
)
def cumreturn(log: int = 0, *, convention: str) -> Plan:
    """Return the cumulative return: that of each bar since the first one.

    Parameters
    ----------
    log : int, default 0
        0 for the change as a share of the first price; 1 for the natural logarithm of their ratio.

    Returns
    -------
    like `close`
        As a share, 0.5 for one half more, from the first bar on, which gives 0.

    Notes
    -----
    It is the price over the first one, so nothing is added up and no error grows. A missing bar is NaN; if the first is
    missing, the next one is the first. Source: J. Y. Campbell, A. W. Lo and A. C. MacKinlay, *The Econometrics of
    Financial Markets*, 1997, section 1.4.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.cumreturn(np.array([2.0, 3.0, np.nan, 1.0])).tolist()
    [0.0, 0.5, nan, -0.5]
    """
    return Plan(kernels.cumreturn, (bool(log),), (unknown(),))


@indicator(
    inputs=("close",),
    reference=reference.drawdown,
    lookback=lambda convention: 0,
    settle=lambda eps, convention: math.inf,
    span=lambda convention: 1,
)
def drawdown(*, convention: str) -> Plan:
    """Return the drawdown: how far each bar lies below the highest so far, as a share of it.

    Returns
    -------
    like `close`
        As a share, -0.25 for a quarter below; 0 on the highest bar so far, from the first bar on.

    Notes
    -----
    A missing bar is NaN and leaves the highest as it was; NaN also as long as no price was above 0. A highest bar is
    forgotten all at once, when a higher one comes, which no number of bars promises. Source: M. Magdon-Ismail and A. F.
    Atiya, *Maximum Drawdown*, Risk Magazine, 2004.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.drawdown(np.array([2.0, 1.0, 4.0, 3.0])).tolist()
    [0.0, -0.5, 0.0, -0.25]
    """
    return Plan(kernels.drawdown, (), ((-math.inf, 1),))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.max_drawdown,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
)
def max_drawdown(window: int = 252, *, convention: str) -> Plan:
    """Return the maximum drawdown: the worst loss from one bar to a later one, both of the last `window`.

    Parameters
    ----------
    window : int, default 252
        Bars in the window, at least 1.

    Returns
    -------
    like `close`
        As a share of the earlier bar, -0.25 for a quarter; 0 where no bar lies below an earlier one; the first
        `window` - 1 bars are NaN.

    Notes
    -----
    Exact, at a cost that does not grow with the window. NaN exactly where the window holds a missing bar, or a price
    that is not above 0. Source: M. Magdon-Ismail and A. F. Atiya, *Maximum Drawdown*, Risk Magazine, 2004.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.max_drawdown(np.array([4.0, 2.0, 3.0, 1.5]), window=3).tolist()
    [nan, nan, -0.5, -0.5]
    """
    return Plan(kernels.max_drawdown, (window,), ring(window, heads=4, rings=2))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.ulcer,
    lookback=lambda window, convention: 2 * window - 2,
    span=lambda window, convention: 2 * window - 1,
)
def ulcer(window: int = 14, *, convention: str) -> Plan:
    """Return the ulcer index: the root of the mean squared distance from the highest, over the window, in percent.

    Parameters
    ----------
    window : int, default 14
        Bars of the highest, and of the mean, at least 1.

    Returns
    -------
    like `close`
        In percent, at least 0; the first 2 * `window` - 2 bars are NaN.

    Notes
    -----
    The distance of each bar is from the highest of its own `window` bars, so a value rests on 2 * `window` - 1 bars;
    NaN where one of them is missing, or a highest is not above 0. Source: P. G. Martin and B. B. McCann, *The
    Investor's Guide to Fidelity Funds*, 1989.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.ulcer(np.array([5.0, 4.0, 3.0, 3.0]), window=2).round(4).tolist()
    [nan, nan, 22.6385, 17.6777]
    """
    return Plan(kernels.ulcer, (window,), (*ring(window), *ring(window)))
