"""Lines that follow a price at a pace that the price itself sets, and exits that trail it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from quantperf.indicators.catalogue import CATALOG, decay, indicator
from quantperf.indicators.chain import Lines
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, unknown, zeros
from quantperf.indicators.whole import of, over_whole_bars
from quantperf.kernels import studies as joints
from quantperf.kernels import trails as kernels
from quantperf.reference import trails as reference


class Chandelier(NamedTuple):
    """Lines of `chandelier` and `cksp`, each like the inputs."""

    long: Any
    short: Any


class HiLo(NamedTuple):
    """Lines of `hilo`, each like the inputs."""

    hilo: Any
    trend: Any


class QQE(NamedTuple):
    """Lines of `qqe`, each like the input."""

    rsi: Any
    stop: Any
    trend: Any


@indicator(
    inputs=("close",),
    bounds={"window": period(), "strength": period(low=2)},
    reference=reference.vidya,
    lookback=lambda window, strength, convention: strength,
    settle=lambda eps, window, strength, convention: math.inf,
    span=lambda window, strength, convention: 1,
    degree=(1, 0),
)
def vidya(window: int = 14, strength: int = 9, *, convention: str) -> Plan:
    """Return Chande's variable index dynamic average: an exponential average that is quick while prices run one way.

    Parameters
    ----------
    window : int, default 14
        Bars that set the weight in a straight run, 2 / (`window` + 1), at least 1.
    strength : int, default 9
        Bars of the momentum oscillator whose size scales the weight, at least 2.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `strength` bars are NaN, and the first value is the close itself.

    Notes
    -----
    The oscillator is Chande's own, by plain sums, `cmou`. Where it is 0 the average stands still, so that no number of
    bars promises that the first close is forgotten. A missing bar is NaN and is otherwise passed over. Source:
    T. Chande and S. Kroll, *The New Technical Trader*, 1994.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.vidya(np.array([1.0, 2.0, 3.0, 4.0, 3.0]), window=3, strength=2).tolist()
    [nan, nan, 3.0, 3.5, 3.5]
    """
    lines = Lines(1)
    pace = lines.add(of("cmou", window=strength), 0)
    weight = 0.01 * 2.0 / (window + 1.0)
    return over_whole_bars(lines, lines.add(Plan(kernels.vidya, (weight,), (unknown(),)), 0, pace))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.mcginley,
    lookback=lambda window, convention: 0,
    settle=lambda eps, window, convention: math.inf,
    span=lambda window, convention: 1,
    degree=(1, 0),
)
def mcginley(window: int = 10, *, convention: str) -> Plan:
    """Return McGinley's dynamic: an average that is quick where prices fall below it and slow where they run away.

    Parameters
    ----------
    window : int, default 10
        Bars that the average would span if prices stayed near it, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`, from the first bar on, which it equals.

    Notes
    -----
    Each bar takes it 1 / (`window` * (close / average)**4) of the way to the close, but never farther than to the
    close: without that bound it would overshoot where a price halves. The pace is that of the prices, so that no number
    of bars promises that the first close is forgotten. A missing bar is NaN and leaves the average as it was. Source:
    J. McGinley, *The McGinley Dynamic*, 1991.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.mcginley(np.array([1.0, 2.0, 0.5]), window=2).round(5).tolist()
    [1.0, 1.03125, 0.5]
    """
    return Plan(kernels.mcginley, (window,), (unknown(),))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(), "factor": number(0.0)},
    returns=Chandelier,
    reference=reference.chandelier,
    lookback=lambda window, factor, convention: window,
    settle=lambda eps, window, factor, convention: window + decay(1.0 / window, eps / max(factor, 1.0)),
    span=lambda window, factor, convention: 1,
    degree=(1, 0),
)
def chandelier(window: int = 22, factor: float = 3.0, *, convention: str) -> Plan:
    """Return the chandelier exit: so many average true ranges below the highest high, and above the lowest low.

    Parameters
    ----------
    window : int, default 22
        Bars of the highest high, the lowest low and the average true range, at least 1.
    factor : float, default 3.0
        Average true ranges between them and the exits.

    Returns
    -------
    long, short : like the inputs
        A named tuple, in the unit of prices: the exit of a long and of a short position; the first `window` bars are
        NaN.

    Notes
    -----
    The range is by Wilder's mean, as `atr`. The exits do not know of a position: where a price falls back, the long one
    may fall too. A missing bar is NaN and is otherwise passed over. Source: C. LeBeau, in A. Elder, *Come Into My
    Trading Room*, 2002.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0])
    >>> qp.chandelier(close + 1, close - 1, close, window=2).long.tolist()
    [nan, nan, -2.0]
    """
    lines = Lines(3)
    return over_whole_bars(lines, *_exits(lines, window, factor))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(), "factor": number(0.0), "hold": period()},
    returns=Chandelier,
    reference=reference.cksp,
    lookback=lambda window, factor, hold, convention: window + hold - 1,
    settle=lambda eps, window, factor, hold, convention: (
        window + hold - 1 + decay(1.0 / window, eps / max(factor, 1.0))
    ),
    span=lambda window, factor, hold, convention: 1,
    degree=(1, 0),
)
def cksp(window: int = 10, factor: float = 3.0, hold: int = 20, *, convention: str) -> Plan:
    """Return the Chande Kroll stop: the highest of the chandelier exits of the last bars, and the lowest.

    Parameters
    ----------
    window : int, default 10
        Bars of the highest high, the lowest low and the average true range, at least 1.
    factor : float, default 3.0
        Average true ranges between them and the first stops.
    hold : int, default 20
        Bars whose first stops are looked at, at least 1.

    Returns
    -------
    long, short : like the inputs
        A named tuple, in the unit of prices: the highest of the long exits of `hold` bars, and the lowest of the short
        ones; the first `window` + `hold` - 1 bars are NaN.

    Notes
    -----
    The exits are those of `chandelier`. A missing bar is NaN and is otherwise passed over. Source: T. Chande and
    S. Kroll, *The New Technical Trader*, 1994.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0, 1.0])
    >>> qp.cksp(close + 1, close - 1, close, window=1, factor=1.0, hold=2).long.tolist()
    [nan, nan, 2.0, 2.0]
    """
    lines = Lines(3)
    exits = _exits(lines, window, factor)
    held = [lines.add(of(name, window=hold), line) for name, line in zip(("highest", "lowest"), exits, strict=True)]
    return over_whole_bars(lines, *held)


def _exits(lines: Lines, window: int, factor: float) -> list[int]:
    """Add the exits of a chandelier; return the long and the short one."""
    reach = lines.add(of("atr", window=window), 0, 1, 2)
    return [
        lines.add(Plan(joints.away, (sign * factor,), ()), lines.add(of(name, window=window), line), reach)
        for name, line, sign in (("highest", 0, -1.0), ("lowest", 1, 1.0))
    ]


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period()},
    returns=HiLo,
    reference=reference.hilo,
    lookback=lambda window, convention: window,
    settle=lambda eps, window, convention: math.inf,
    span=lambda window, convention: 1,
    degree=None,
)
def hilo(window: int = 3, *, convention: str) -> Plan:
    """Return Krausz' HiLo activator: the mean low while closes break upwards, the mean high while they break down.

    Parameters
    ----------
    window : int, default 3
        Bars of the means of highs and lows, at least 1.

    Returns
    -------
    hilo, trend : like the inputs
        A named tuple: the line, in the unit of prices, and 1 after a close above the mean high of the bar before, -1
        after one below its mean low, 0 (and the line in the middle of both) before the first; both from bar `window`
        on.

    Notes
    -----
    It forgets how it began when prices break out, which no number of bars promises. A missing bar is NaN and is
    otherwise passed over. Source: R. Krausz, *The New Gann Swing Chartist*, 1998.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 4.0, 2.0])
    >>> lines = qp.hilo(close + 1, close - 1, close, window=1)
    >>> lines.hilo.tolist(), lines.trend.tolist()
    ([nan, 2.0, 3.0, 3.0], [nan, 0.0, 1.0, -1.0])
    """
    lines = Lines(3)
    means = [lines.add(of("sma", window=window), line) for line in (0, 1)]
    found = lines.add(Plan(kernels.hilo, (), (unknown(2), zeros())), *means, 2, outputs=2)
    return over_whole_bars(lines, found, found + 1)


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "smooth": period(), "factor": number(0.0)},
    returns=QQE,
    reference=reference.qqe,
    lookback=lambda window, smooth, factor, convention: (
        window + smooth - 1,
        _qqe_bar(window, smooth),
        _qqe_bar(window, smooth),
    ),
    settle=lambda eps, window, smooth, factor, convention: math.inf,
    span=lambda window, smooth, factor, convention: 1,
)
def qqe(window: int = 14, smooth: int = 5, factor: float = 4.236, *, convention: str) -> Plan:
    """Return the quantitative qualitative estimation: the smoothed relative strength, and a stop that trails it.

    Parameters
    ----------
    window : int, default 14
        Bars of the relative strength index, at least 2; its moves are smoothed over 2 `window` - 1 bars.
    smooth : int, default 5
        Bars of the exponential mean of the index, at least 1.
    factor : float, default 4.236
        Smoothed moves between the index and its stop.

    Returns
    -------
    rsi, stop, trend : like `close`
        A named tuple: the smoothed index, its stop, both on the scale of `rsi`, and 1 while the index is above the
        stop, -1 while it is below.

    Notes
    -----
    The stop is `factor` times the twice smoothed size of the index's moves away from it, and moves against it only when
    it has been crossed. The trend begins as 1. It forgets how it began when the stop is crossed, which no number of
    bars promises. A missing bar is NaN and is otherwise passed over. Source: I. Livshin, the quantitative qualitative
    estimation.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 1.5, 3.0, 2.0, 4.0, 3.0, 2.0, 1.0, 0.5])
    >>> qp.qqe(close, window=2, smooth=1, factor=0.5).trend.tolist()
    [nan, nan, nan, nan, nan, nan, nan, 1.0, 1.0, -1.0]
    """
    lines = Lines(1)
    index = lines.add(of("ema", window=smooth), lines.add(of("rsi", window=window), 0))
    move = lines.add(Plan(kernels.change, (), (unknown(),)), index)
    mean = of("ema", window=2 * window - 1)
    twice = lines.add(mean, lines.add(mean, move))
    stop = lines.add(Plan(kernels.band, (factor,), (unknown(3), zeros())), index, twice, outputs=2)
    return over_whole_bars(lines, index, stop, stop + 1)


def _qqe_bar(window: int, smooth: int) -> int:
    """Return the bar of the first stop: the moves begin a bar after the index, and are smoothed twice."""
    return window + smooth + 2 * CATALOG["ema"].lookback(window=2 * window - 1)
