"""Cycles: the dominant cycle by the Hilbert transform, and lines that follow from its period and phase."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.parameters import number
from quantperf.indicators.plan import Plan, zeros
from quantperf.kernels import cycles as kernels
from quantperf.reference import cycles as reference

GROUP = "Cycle Indicators"
SHORT, LONG = 32, 63  # bars without a value
FORGETS = 0.05  # the seed of the transform decays by this much a bar, or faster


class Phasor(NamedTuple):
    """Components of `ht_phasor`, each like the input."""

    inphase: Any
    quadrature: Any


class SineWave(NamedTuple):
    """Lines of `ht_sine`, each like the input."""

    sine: Any
    leadsine: Any


class Mama(NamedTuple):
    """Lines of `mama`, each like the input."""

    mama: Any
    fama: Any


@indicator(
    inputs=("close",),
    reference=reference.ht_dcperiod,
    lookback=lambda convention: SHORT,
    settle=lambda eps, convention: SHORT + decay(FORGETS, eps),
    span=lambda convention: 1,
    talib=[TaLib("HT_DCPERIOD", group=GROUP)],
)
def ht_dcperiod(*, convention: str) -> Plan:
    """Return the period of the dominant cycle in bars.

    Returns
    -------
    like `close`
        In bars, between 6 and 50 once it has settled; the first 32 bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves the transform as it was. Equal to TA-Lib's HT_DCPERIOD within 1e-9. Source: J.
    Ehlers, *Rocket Science for Traders*, 2001.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> wave = 100.0 + np.sin(2.0 * np.pi * np.arange(200) / 20.0)
    >>> float(qp.ht_dcperiod(wave)[-1].round())
    20.0
    """
    return Plan(kernels.ht_dcperiod, (), (zeros(kernels.HILBERT_ROWS + 1),))


@indicator(
    inputs=("close",),
    returns=Phasor,
    reference=reference.ht_phasor,
    lookback=lambda convention: SHORT,
    settle=lambda eps, convention: SHORT + decay(FORGETS, eps),
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("HT_PHASOR", group=GROUP)],
)
def ht_phasor(*, convention: str) -> Plan:
    """Return the in-phase and the quadrature component of the dominant cycle.

    Returns
    -------
    inphase, quadrature : like `close`
        A named tuple, in the unit of `close`; the first 32 bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves the transform as it was. Equal to TA-Lib's HT_PHASOR within 1e-9. Source: J. Ehlers,
    *Rocket Science for Traders*, 2001.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> wave = 100.0 + np.sin(2.0 * np.pi * np.arange(200) / 20.0)
    >>> phasor = qp.ht_phasor(wave)
    >>> float(np.hypot(phasor.inphase[-1], phasor.quadrature[-1]).round(1))
    1.0
    """
    return Plan(kernels.ht_phasor, (), (zeros(kernels.HILBERT_ROWS),))


@indicator(
    inputs=("close",),
    reference=reference.ht_trendline,
    lookback=lambda convention: LONG,
    settle=lambda eps, convention: LONG + decay(FORGETS, eps),
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("HT_TRENDLINE", group="Overlap Studies")],
)
def ht_trendline(*, convention: str) -> Plan:
    """Return the instantaneous trend line: the mean price of the dominant cycle, smoothed over four bars.

    Returns
    -------
    like `close`
        In the unit of `close`; the first 63 bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves all as it was. Equal to TA-Lib's HT_TRENDLINE within 1e-9. Source: J. Ehlers,
    *Rocket Science for Traders*, 2001.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> line = qp.ht_trendline(np.full(100, 7.0))
    >>> float(line[-1].round(6))
    7.0
    """
    return Plan(kernels.ht_trendline, (), (zeros(kernels.HILBERT_ROWS + 1 + kernels.TREND_ROWS),))


@indicator(
    inputs=("close",),
    reference=reference.ht_dcphase,
    lookback=lambda convention: LONG,
    settle=lambda eps, convention: LONG + decay(FORGETS, eps),
    span=lambda convention: 1,
    talib=[TaLib("HT_DCPHASE", group=GROUP)],
)
def ht_dcphase(*, convention: str) -> Plan:
    """Return the phase of the dominant cycle in degrees.

    Returns
    -------
    like `close`
        In degrees, from -45 to 315; the first 63 bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves all as it was. Equal to TA-Lib's HT_DCPHASE within 1e-9. Source: J. Ehlers, *Rocket
    Science for Traders*, 2001.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> wave = 100.0 + np.sin(2.0 * np.pi * np.arange(200) / 20.0)
    >>> phase = qp.ht_dcphase(wave)
    >>> float((phase[-3] - phase[-8]).round(-1))
    90.0
    """
    return Plan(kernels.ht_dcphase, (), (zeros(kernels.HILBERT_ROWS + kernels.PHASE_ROWS),))


@indicator(
    inputs=("close",),
    returns=SineWave,
    reference=reference.ht_sine,
    lookback=lambda convention: LONG,
    settle=lambda eps, convention: LONG + decay(FORGETS, eps),
    span=lambda convention: 1,
    talib=[TaLib("HT_SINE", group=GROUP)],
)
def ht_sine(*, convention: str) -> Plan:
    """Return the sine of the phase of the dominant cycle, and that of the phase 45 degrees ahead.

    Returns
    -------
    sine, leadsine : like `close`
        A named tuple, between -1 and 1; the first 63 bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves all as it was. Equal to TA-Lib's HT_SINE within 1e-9. Source: J. Ehlers, *Rocket
    Science for Traders*, 2001.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> lines = qp.ht_sine(100.0 + np.sin(2.0 * np.pi * np.arange(200) / 20.0))
    >>> bool(np.nanmax(np.abs(lines.sine)) <= 1.0)
    True
    """
    return Plan(kernels.ht_sine, (), (zeros(kernels.HILBERT_ROWS + kernels.PHASE_ROWS),))


@indicator(
    inputs=("close",),
    reference=reference.ht_trendmode,
    lookback=lambda convention: LONG,
    settle=lambda eps, convention: LONG + decay(FORGETS, eps),
    span=lambda convention: 1,
    dtype=np.int8,
    talib=[TaLib("HT_TRENDMODE", group=GROUP)],
)
def ht_trendmode(*, convention: str) -> Plan:
    """Return where prices trend, by the sines of the dominant cycle and the trend line.

    Returns
    -------
    like `close`
        1 in a trend, 0 in a cycle; unknown on the first 63 bars.

    Notes
    -----
    A cycle: for half a period after the two lines of `ht_sine` cross, and while the phase goes on at 0.67 to 1.5 times
    the pace of the period. A trend all the same: where the smoothed price lies 1.5 % or more from `ht_trendline`. A
    missing bar is unknown and leaves all as it was. Equal to TA-Lib's HT_TRENDMODE. Source: J. Ehlers, *Rocket Science
    for Traders*, 2001.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.ht_trendmode(np.arange(100.0, 200.0)).tolist()[-2:]
    [1, 1]
    """
    rows = kernels.HILBERT_ROWS + kernels.PHASE_ROWS + 3 + kernels.TREND_ROWS
    return Plan(kernels.ht_trendmode, (), (zeros(rows),))


@indicator(
    inputs=("close",),
    bounds={"fast": number(0.01, 0.99), "slow": number(0.01, 0.99)},
    returns=Mama,
    reference=reference.mama,
    lookback=lambda fast, slow, convention: SHORT,
    settle=lambda eps, fast, slow, convention: SHORT + decay(FORGETS, eps) + decay(min(fast, slow) / 2.0, eps),
    span=lambda fast, slow, convention: 1,
    degree=(1, 0),
    talib=[TaLib("MAMA", {"fastlimit": ("fast", 0.5), "slowlimit": ("slow", 0.05)}, group="Overlap Studies")],
)
def mama(fast: float = 0.5, slow: float = 0.05, *, convention: str) -> Plan:
    """Return the MESA adaptive moving average, whose weight follows the pace of the phase, and its follower.

    Parameters
    ----------
    fast : float, default 0.5
        Largest weight of a bar, 0.01 to 0.99.
    slow : float, default 0.05
        Smallest weight of a bar, 0.01 to 0.99.

    Returns
    -------
    mama, fama : like `close`
        A named tuple, in the unit of `close`; the first 32 bars are NaN. `fama` takes half the weight.

    Notes
    -----
    Both begin as 0 on bar 12, as in TA-Lib, and so come from below. A missing bar is NaN and leaves all as it was.
    Equal to TA-Lib's MAMA within 1e-9. Source: J. Ehlers, *MESA Adaptive Moving Averages*, 2001.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> lines = qp.mama(np.full(100, 7.0))
    >>> float(lines.mama[-1].round(6)), float(lines.fama[-1].round(6))
    (7.0, 7.0)
    """
    return Plan(kernels.mama, (fast, slow), (zeros(kernels.HILBERT_ROWS + 3),))
