"""Cycles: the dominant cycle by the Hilbert transform, and lines that follow from its period and phase."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quantperf.reference import Array, complete, put_back

__all__ = ["ht_dcperiod", "ht_dcphase", "ht_phasor", "ht_sine", "ht_trendline", "ht_trendmode", "mama"]

UNKNOWN = -128
SHORT, LONG = 32, 63  # bars without a value
RADIANS = math.pi / 180.0


class Cycle(NamedTuple):
    """What the transform says of each bar."""

    smooth: list[float]
    inphase: list[float]
    quadrature: list[float]
    period: list[float]


def _ago(series: list[float], bars: int) -> float:
    """Return the value `bars` before the one that comes next, 0 before the first."""
    return series[len(series) - bars] if bars <= len(series) else 0.0


def _turned(now: float, series: list[float], ago: int, scale: float) -> float:
    """Return a series a quarter of a cycle on, by Ehlers' weights of its bars now and 2, 4 and 6 bars before."""
    two, four, six = _ago(series, ago + 2), _ago(series, ago + 4), _ago(series, ago + 6)
    return (0.0962 * now - 0.0962 * six - 0.5769 * four + 0.5769 * two) * scale


def _transform(prices: list[float], first: int) -> Cycle:
    """Return what the transform says of each bar from `first` on; there it begins with zeros."""
    cycle = Cycle([], [], [], [])
    detrended: list[float] = []
    q2 = i2 = real = imaginary = period = 0.0
    for t in range(first, len(prices)):
        smooth = (4.0 * prices[t] + 3.0 * prices[t - 1] + 2.0 * prices[t - 2] + prices[t - 3]) * 0.1
        scale = 0.075 * period + 0.54
        trendless = _turned(smooth, cycle.smooth, 0, scale)
        quadrature = _turned(trendless, detrended, 0, scale)
        inphase = _ago(detrended, 3)
        ahead_i = _turned(inphase, detrended, 3, scale)
        ahead_q = _turned(quadrature, cycle.quadrature, 0, scale)
        last_q, last_i = q2, i2
        q2 = 0.2 * (quadrature + ahead_i) + 0.8 * last_q
        i2 = 0.2 * (inphase - ahead_q) + 0.8 * last_i
        real = 0.2 * (i2 * last_i + q2 * last_q) + 0.8 * real
        imaginary = 0.2 * (i2 * last_q - q2 * last_i) + 0.8 * imaginary
        found = period
        if real != 0.0 and imaginary != 0.0:
            found = 2.0 * math.pi / math.atan(imaginary / real)
        found = max(min(found, 1.5 * period), 0.67 * period)
        period = 0.2 * min(max(found, 6.0), 50.0) + 0.8 * period
        detrended.append(trendless)
        for line, value in zip(cycle, (smooth, inphase, quadrature, period), strict=True):
            line.append(value)
    return cycle


def _periods(cycle: Cycle) -> list[float]:
    """Return the periods once more smoothed."""
    smoothed, result = 0.0, []
    for period in cycle.period:
        smoothed = 0.33 * period + 0.67 * smoothed
        result.append(smoothed)
    return result


def _phases(cycle: Cycle) -> list[float]:
    """Return the phase of each bar in degrees: of the wave of one period that fits the smoothed prices."""
    phase, result = 0.0, []
    for t, period in enumerate(_periods(cycle)):
        bars = int(period + 0.5)
        prices = [cycle.smooth[t - age] if age <= t else 0.0 for age in range(bars)]
        sine = sum(math.sin(2.0 * math.pi * age / bars) * price for age, price in enumerate(prices))
        cosine = sum(math.cos(2.0 * math.pi * age / bars) * price for age, price in enumerate(prices))
        if cosine != 0.0:
            phase = math.atan(sine / cosine) / RADIANS
        elif sine != 0.0:
            phase += math.copysign(90.0, sine)
        phase += 90.0 + 360.0 / period + (180.0 if cosine < 0.0 else 0.0)
        phase -= 360.0 if phase > 315.0 else 0.0
        result.append(phase)
    return result


def _trend(prices: list[float], cycle: Cycle, first: int) -> list[float]:
    """Return the mean of the prices of one cycle, smoothed over four bars."""
    means, result = [0.0, 0.0, 0.0], []
    for t, period in enumerate(_periods(cycle), start=first):
        bars = int(period + 0.5)
        means.append(sum(prices[t + 1 - bars : t + 1]) / bars if bars else 0.0)
        result.append((4.0 * means[-1] + 3.0 * means[-2] + 2.0 * means[-3] + means[-4]) / 10.0)
    return result


def _late(values: list[float], skipped: int, kept: npt.NDArray[np.bool_]) -> Array:
    """Return the last values at the kept bars, NaN for the first `skipped` of these."""
    count = int(kept.sum())
    known = values[len(values) - max(count - skipped, 0) :]
    return put_back([np.nan] * (count - len(known)) + known, kept)


def ht_dcperiod(close: Array) -> Array:
    """Return the period of the dominant cycle in bars.

    Parameters
    ----------
    close : ndarray
        Prices, oldest first.

    Returns
    -------
    ndarray
        Between 6 and 50 once it has settled; the first 32 bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. Ehlers, *Rocket Science for Traders*, 2001; equals
    TA-Lib's HT_DCPERIOD.

    Examples
    --------
    >>> wave = 100.0 + np.sin(2.0 * np.pi * np.arange(200) / 20.0)
    >>> float(ht_dcperiod(wave)[-1].round())
    20.0
    """
    kept = complete(close)
    return _late(_periods(_transform(close[kept].tolist(), 12)), SHORT, kept)


def ht_phasor(close: Array) -> tuple[Array, Array]:
    """Return the in-phase and the quadrature component of the dominant cycle.

    Parameters
    ----------
    close : ndarray
        Prices, oldest first.

    Returns
    -------
    inphase, quadrature : ndarray
        In the unit of the prices; the first 32 bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. Ehlers, *Rocket Science for Traders*, 2001; equals
    TA-Lib's HT_PHASOR.
    """
    kept = complete(close)
    cycle = _transform(close[kept].tolist(), 12)
    return _late(cycle.inphase, SHORT, kept), _late(cycle.quadrature, SHORT, kept)


def ht_trendline(close: Array) -> Array:
    """Return the instantaneous trend line: the mean price of the dominant cycle, smoothed over four bars.

    Parameters
    ----------
    close : ndarray
        Prices, oldest first.

    Returns
    -------
    ndarray
        In the unit of the prices; the first 63 bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. Ehlers, *Rocket Science for Traders*, 2001; equals
    TA-Lib's HT_TRENDLINE.
    """
    kept = complete(close)
    prices = close[kept].tolist()
    return _late(_trend(prices, _transform(prices, 37), 37), LONG, kept)


def ht_dcphase(close: Array) -> Array:
    """Return the phase of the dominant cycle in degrees.

    Parameters
    ----------
    close : ndarray
        Prices, oldest first.

    Returns
    -------
    ndarray
        From -45 to 315; the first 63 bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. Ehlers, *Rocket Science for Traders*, 2001; equals
    TA-Lib's HT_DCPHASE.
    """
    kept = complete(close)
    return _late(_phases(_transform(close[kept].tolist(), 37)), LONG, kept)


def ht_sine(close: Array) -> tuple[Array, Array]:
    """Return the sine of the phase of the dominant cycle, and that of the phase 45 degrees ahead.

    Parameters
    ----------
    close : ndarray
        Prices, oldest first.

    Returns
    -------
    sine, leadsine : ndarray
        Between -1 and 1; the first 63 bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. Ehlers, *Rocket Science for Traders*, 2001; equals
    TA-Lib's HT_SINE.
    """
    phase = ht_dcphase(close)
    return np.sin(phase * RADIANS), np.sin((phase + 45.0) * RADIANS)


def ht_trendmode(close: Array) -> npt.NDArray[np.int8]:
    """Return where prices trend: 1, and 0 where they go in a cycle.

    Parameters
    ----------
    close : ndarray
        Prices, oldest first.

    Returns
    -------
    ndarray of int8
        1 or 0; -128 on the first 63 bars and on missing ones.

    Notes
    -----
    A cycle: for half a period after the two sines cross, and while the phase goes on at 0.67 to 1.5 times the pace of
    the period. A trend all the same: where the price lies 1.5 % or more from its trend line. Source: J. Ehlers, *Rocket
    Science for Traders*, 2001; equals TA-Lib's HT_TRENDMODE.
    """
    kept = complete(close)
    prices = close[kept].tolist()
    cycle = _transform(prices, 37)
    modes, last_phase, last_sine, last_lead, age = [], 0.0, 0.0, 0.0, 0
    lines = zip(cycle.smooth, _periods(cycle), _phases(cycle), _trend(prices, cycle, 37), strict=True)
    for smooth, period, phase, line in lines:
        sine, lead = math.sin(phase * RADIANS), math.sin((phase + 45.0) * RADIANS)
        crossed = (sine > lead and last_sine <= last_lead) or (sine < lead and last_sine >= last_lead)
        age = 1 if crossed else age + 1
        steady = 0.67 * 360.0 / period < phase - last_phase < 1.5 * 360.0 / period
        far = line != 0.0 and abs((smooth - line) / line) >= 0.015
        modes.append(1.0 if far or not (crossed or age < 0.5 * period or steady) else 0.0)
        last_phase, last_sine, last_lead = phase, sine, lead
    result = _late(modes, LONG, kept)
    return np.where(np.isnan(result), UNKNOWN, result).astype(np.int8)


def mama(close: Array, fast: float = 0.5, slow: float = 0.05) -> tuple[Array, Array]:
    """Return a mean whose weight follows the pace of the phase of the dominant cycle, and its slower follower.

    Parameters
    ----------
    close : ndarray
        Prices, oldest first.
    fast, slow : float, default 0.5 and 0.05
        Largest and smallest weight of a bar, 0.01 to 0.99.

    Returns
    -------
    mama, fama : ndarray
        In the unit of the prices; the first 32 bars are NaN.

    Notes
    -----
    Both begin as 0 on bar 12. NaN on a missing bar, which is otherwise passed over. Source: J. Ehlers, *MESA Adaptive
    Moving Averages*, 2001; equals TA-Lib's MAMA.
    """
    kept = complete(close)
    prices = close[kept].tolist()
    cycle = _transform(prices, 12)
    last, mean, follower = 0.0, 0.0, 0.0
    means, followers = [], []
    for price, inphase, quadrature in zip(prices[12:], cycle.inphase, cycle.quadrature, strict=True):
        phase = math.atan(quadrature / inphase) / RADIANS if inphase != 0.0 else 0.0
        moved = max(last - phase, 1.0)
        weight = max(fast / moved, slow) if moved > 1.0 else fast
        mean = weight * price + (1.0 - weight) * mean
        follower = 0.5 * weight * mean + (1.0 - 0.5 * weight) * follower
        last = phase
        means.append(mean)
        followers.append(follower)
    return _late(means, SHORT, kept), _late(followers, SHORT, kept)
