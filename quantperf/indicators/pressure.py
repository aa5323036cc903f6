"""What volume, or the reach of a bar, says of buyers and sellers."""

from __future__ import annotations

from typing import Any, NamedTuple

from quantperf.indicators.catalogue import decay, indicator
from quantperf.indicators.chain import Lines
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, unknown, zeros
from quantperf.indicators.whole import of, over_whole_bars
from quantperf.kernels import gauges, smoothing
from quantperf.kernels import pressure as kernels
from quantperf.reference import pressure as reference

INFINITY = float("inf")


class Klinger(NamedTuple):
    """Lines of `kvo`, each like the inputs."""

    kvo: Any
    signal: Any


class BRAR(NamedTuple):
    """Lines of `brar`, each like the inputs."""

    ar: Any
    br: Any


@indicator(
    inputs=("high", "low", "volume"),
    bounds={"window": period(), "unit": number(1.0)},
    reference=reference.emv,
    lookback=lambda window, unit, convention: window,
    span=lambda window, unit, convention: window + 1,
    degree=(2, -1),
)
def emv(window: int = 14, unit: float = 1e8, *, convention: str) -> Plan:
    """Return Arms' ease of movement: how far the middle of the bars moves for the volume that it takes, as a mean.

    Parameters
    ----------
    window : int, default 14
        Bars of the mean, at least 1.
    unit : float, default 100000000.0
        Volume for which the movement is given, 1 or more; it only scales the result.

    Returns
    -------
    like the inputs
        Above 0 where prices rise with ease; the first `window` bars are NaN.

    Notes
    -----
    The move of (high + low) / 2 over volume / `unit` / (high - low); 0 on a bar without volume. NaN where one of the
    bars, or the one before them, is missing. Source: R. W. Arms, *Volume Cycles in the Stock Market*, 1983.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> price = np.array([1.0, 2.0, 4.0])
    >>> qp.emv(price + 1, price - 1, np.array([10.0, 20.0, 40.0]), window=2, unit=100.0).tolist()
    [nan, nan, 10.0]
    """
    lines = Lines(3)
    return lines.plan(
        lines.add(of("sma", window=window), lines.add(Plan(kernels.ease, (unit,), (unknown(),)), 0, 1, 2))
    )


@indicator(
    inputs=("high", "low", "close", "volume"),
    bounds={"fast": period(), "slow": period(), "signal": period()},
    returns=Klinger,
    reference=reference.kvo,
    lookback=lambda fast, slow, signal, convention: (max(fast, slow), max(fast, slow) + signal - 1),
    # A force is up to 100 times the volume.
    settle=lambda eps, fast, slow, signal, convention: (
        max(fast, slow) + signal - 1 + sum(decay(2.0 / (n + 1.0), eps / 100.0) for n in (max(fast, slow), signal))
    ),
    span=lambda fast, slow, signal, convention: 1,
    degree=(0, 1),
)
def kvo(fast: int = 34, slow: int = 55, signal: int = 13, *, convention: str) -> Plan:
    """Return Klinger's volume oscillator: a fast less a slow exponential mean of the volume force, and its signal.

    Parameters
    ----------
    fast : int, default 34
        Bars of the mean that is added, at least 1.
    slow : int, default 55
        Bars of the mean that is taken off, at least 1.
    signal : int, default 13
        Bars of the exponential mean of the oscillator, at least 1.

    Returns
    -------
    kvo, signal : like the inputs
        A named tuple, in the unit of `volume`, times 100: the oscillator from bar max(`fast`, `slow`) on, its signal
        `signal` - 1 bars later.

    Notes
    -----
    The force is 100 * volume * trend * abs(2 * range / ranges - 1): trend is 1 where high + low + close rises, else -1,
    and ranges is the sum of high - low since the bar before the trend turned; without ranges the force is 0. A missing
    bar is NaN and is otherwise passed over. Source: S. J. Klinger, *Identifying Trends with Volume Analysis*, 1997.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0, 2.0])
    >>> qp.kvo(close + 1, close - 1, close, np.full(4, 30.0), fast=1, slow=2, signal=1).kvo.round(6).tolist()
    [nan, nan, 500.0, -166.666667]
    """
    lines = Lines(4)
    force = lines.add(Plan(kernels.force, (), (unknown(), zeros(3))), 0, 1, 2, 3)
    means = [lines.add(of("ema", window=window), force) for window in (fast, slow)]
    line = lines.add(Plan(smoothing.difference, (), ()), *means)
    return over_whole_bars(lines, line, lines.add(of("ema", window=signal), line))


@indicator(
    inputs=("open", "high", "low", "close"),
    bounds={"window": period(low=2)},
    returns=BRAR,
    reference=reference.brar,
    lookback=lambda window, convention: (window - 1, window),
    span=lambda window, convention: window + 1,
)
def brar(window: int = 26, *, convention: str) -> Plan:
    """Return AR and BR: how far highs reach above the open, and above the last close, over how far lows fall below.

    Parameters
    ----------
    window : int, default 26
        Bars of the sums, at least 2.

    Returns
    -------
    ar, br : like the inputs
        A named tuple, in percent, 100 where buyers and sellers are even, 0 where lows never fall below; AR from bar
        `window` - 1 on, BR one bar later.

    Notes
    -----
    BR leaves out highs below, and lows above, the last close. NaN where one of the bars that a value reads is missing.
    Source: AR and BR of Japanese and Chinese charts, which have no one author.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0])
    >>> lines = qp.brar(close - 1, close + 1, close - 2, close, window=2)
    >>> lines.ar.tolist(), lines.br.tolist()
    ([nan, 200.0, 200.0], [nan, nan, 200.0])
    """
    lines = Lines(4)
    first = lines.add(Plan(kernels.pushes, (), (unknown(),)), 0, 1, 2, 3, outputs=4)
    sums = [lines.add(of("total", window=window), line) for line in range(first, first + 4)]
    share = Plan(gauges.ratio, (100.0, INFINITY), ())
    return lines.plan(lines.add(share, sums[0], sums[1]), lines.add(share, sums[2], sums[3]))
