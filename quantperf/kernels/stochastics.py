"""Stochastics: the place of the close, or of an index, in the range of the last bars."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.extremes import rolling_extreme
from quantperf.kernels.momentum import _rsi_step
from quantperf.kernels.windows import along, chunk_bars, copy_row, hide_young, rolling_sum


@step
def _range(state, high, low, close, window, upper, lower, floor):
    """Highest high of a chunk's windows into `upper`, lowest low into `floor`; `lower` is room.

    state (2 * (2 + window), L): windows of the highs and of the lows.
    """
    rows = 2 + window
    tops, floors, highs, lows, closes = along(upper), along(lower), along(high), along(low), along(close)
    for i in range(tops.size):
        missing = (highs[i] - highs[i]) + (lows[i] - lows[i]) + (closes[i] - closes[i])  # 0, or NaN
        tops[i], floors[i] = highs[i] + missing, lows[i] + missing
    rolling_extreme(state[:rows], upper, window, 1.0, floor)
    copy_row(along(floor), tops)
    rolling_extreme(state[rows : 2 * rows], lower, window, -1.0, floor)


@step
def _raw_k(state, high, low, close, fastk, flat, upper, lower, k):
    """Fast %K of a chunk: place of the close in the range, 0..100, `flat` where there is no range."""
    _range(state, high, low, close, fastk, upper, lower, k)
    tops, floors, closes, places = along(upper), along(k), along(close), along(k)
    for i in range(places.size):
        span = tops[i] - floors[i]
        place = 100.0 * ((closes[i] - floors[i]) / span)
        places[i] = place if span != 0.0 else flat


@kernel
def stoch(state, high, low, close, fastk, slowk, slowd, flat, together, y):
    """Slow stochastic: mean of %K over `slowk`, mean of that over `slowd`; `together` begins both on one bar.

    state (1 + 2 * (2 + fastk) + (2 + slowk) + (2 + slowd), L): bars seen; windows of highs, lows, %K, slow %K.
    """
    high, low, close = plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    upper, lower = np.empty((size, lanes)), np.empty((size, lanes))
    a, b = 1 + 2 * (2 + fastk), 1 + 2 * (2 + fastk) + 2 + slowk
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi, k, d = lo + n, y[0, lo : lo + n], y[1, lo : lo + n]
        _raw_k(state[1:a], high[lo:hi], low[lo:hi], close[lo:hi], fastk, flat, upper[:n], lower[:n], d)
        rolling_sum(state[a:b], d, slowk, 1.0 / slowk, k)
        rolling_sum(state[b:], k, slowd, 1.0 / slowd, d)
    young = fastk + slowk + (slowd if together else 1) - 3.0
    hide_young(state[0], high, low, close, close, young, np.nan, y[0])


@kernel
def stochf(state, high, low, close, fastk, fastd, flat, together, y):
    """Fast stochastic: %K and its mean over `fastd`; `together` begins %K with its mean.

    state (1 + 2 * (2 + fastk) + 2 + fastd, L): bars seen; windows of highs, lows and %K.
    """
    high, low, close = plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    upper, lower = np.empty((size, lanes)), np.empty((size, lanes))
    a = 1 + 2 * (2 + fastk)
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi, k, d = lo + n, y[0, lo : lo + n], y[1, lo : lo + n]
        _raw_k(state[1:a], high[lo:hi], low[lo:hi], close[lo:hi], fastk, flat, upper[:n], lower[:n], k)
        rolling_sum(state[a:], k, fastd, 1.0 / fastd, d)
    hide_young(state[0], high, low, close, close, fastk + (fastd if together else 1) - 2.0, np.nan, y[0])


@kernel
def willr(state, high, low, close, window, y):
    """Williams' %R. state (2 * (2 + window), L): windows of highs and lows."""
    high, low, close = plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    upper, lower = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi, floor = lo + n, y[lo : lo + n]
        _range(state, high[lo:hi], low[lo:hi], close[lo:hi], window, upper[:n], lower[:n], floor)
        tops, closes, out = along(upper[:n]), along(close[lo:hi]), along(floor)
        for i in range(out.size):
            span = tops[i] - out[i]
            place = -100.0 * ((tops[i] - closes[i]) / span)
            out[i] = place if span != 0.0 else 0.0


@kernel
def stochrsi(state, x, window, fastk, fastd, y):
    """Fast stochastic of the relative strength by Wilder's means, %K and its mean, both from the same bar on.

    state (4 + 2 * (2 + fastk) + 2 + fastd, L): that of `rsi`; windows of highest and lowest RSI and of %K. A missing
    bar is in no window, so lanes are not in step: each is taken alone, its values without gaps. A range of the index
    below 1e-10 is what rounding leaves of none.
    """
    bars, lanes = x.shape
    width, rows = float(window), 2 + fastk
    keep, share = (width - 1.0) / width, 1.0 / width
    size = max(min(bars, 4096 if lanes == 1 else 512), 1)
    index, upper, lower = np.empty((size, 1)), np.empty((size, 1)), np.empty((size, 1))
    place = np.empty(size, np.int64)
    indices, tops, floors = along(index), along(upper), along(lower)
    for lo in range(0, bars, size):
        for j in range(lanes):
            lane, n = state[4:, j : j + 1], 0
            last, gain, loss, seen = state[0, j], state[1, j], state[2, j], state[3, j]
            for t in range(lo, min(lo + size, bars)):
                last, gain, loss, seen, value = _rsi_step(
                    last, gain, loss, seen, x[t, j], keep, share, width, share, 0.0, 0.0
                )
                y[0, t, j] = y[1, t, j] = np.nan
                if value == value:
                    indices[n], place[n], n = value, t, n + 1
            state[0, j], state[1, j], state[2, j], state[3, j] = last, gain, loss, seen
            rolling_extreme(lane[:rows], index[:n], fastk, 1.0, upper[:n])
            rolling_extreme(lane[rows : 2 * rows], index[:n], fastk, -1.0, lower[:n])
            for i in range(n):
                span = tops[i] - floors[i]
                value = 100.0 * ((indices[i] - floors[i]) / span)
                indices[i] = 0.0 if span < 1e-10 else value
            rolling_sum(lane[2 * rows :], index[:n], fastd, 1.0 / fastd, upper[:n])
            for i in range(n):
                if tops[i] == tops[i]:
                    y[0, place[i], j], y[1, place[i], j] = indices[i], tops[i]
