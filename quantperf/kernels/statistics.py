"""Rolling statistics."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.comoments import rolling_comoments
from quantperf.kernels.extremes import rolling_extreme
from quantperf.kernels.moments import rolling_moments
from quantperf.kernels.windows import along, chunk_bars, copy_row, recall


@kernel
def stddev(state, x, window, nbdev, ddof, y):
    """`nbdev` standard deviations. state (4 + 2 * window, L): see `rolling_moments`."""
    bars, lanes = x.shape
    size, share = chunk_bars(bars, lanes), 1.0 / (window - ddof)
    mean = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        rolling_moments(state, plain(x)[lo : lo + n], window, mean[:n], y[lo : lo + n])
        out = along(y[lo : lo + n])
        for i in range(out.size):
            out[i] = nbdev * np.sqrt(out[i] * share)


@kernel
def var(state, x, window, ddof, y):
    """Mean squared deviation. state (4 + 2 * window, L): see `rolling_moments`."""
    bars, lanes = x.shape
    size, share = chunk_bars(bars, lanes), 1.0 / (window - ddof)
    mean = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        rolling_moments(state, plain(x)[lo : lo + n], window, mean[:n], y[lo : lo + n])
        out = along(y[lo : lo + n])
        for i in range(out.size):
            out[i] = out[i] * share


@step
def _add_distance(bar, mean, out):
    """Add the distance of each bar from its mean."""
    for i in range(bar.size):
        out[i] += abs(bar[i] - mean[i])


@kernel
def avgdev(state, x, window, y):
    """Mean distance from the mean. state (4 + 2 * window + window - 1, L): `rolling_moments`, and the last bars.

    One bar of the window at a time, along the whole chunk: there is no chain, so it vectorises.
    """
    bars, lanes = x.shape
    size, past, share = chunk_bars(bars, lanes), window - 1, 1.0 / window
    mean, recent = np.empty((size, lanes)), np.empty((past + size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        rolling_moments(state[: 4 + 2 * window], plain(x)[lo : lo + n], window, mean[:n], y[lo : lo + n])
        recall(state[4 + 2 * window :], past, plain(x)[lo : lo + n], recent[: past + n])
        out, means = along(y[lo : lo + n]), along(mean[:n])
        for i in range(out.size):
            out[i] = 0.0
        for i in range(window):
            _add_distance(along(recent[i : i + n]), means, out)
        for i in range(out.size):
            out[i] = out[i] * share


@step
def _together(x, y, p, q):
    """Copy two series; a bar that lacks in one, or is infinite, lacks in both."""
    for i in range(p.size):
        missing = (x[i] - x[i]) + (y[i] - y[i])  # 0, or NaN
        p[i], q[i] = x[i] + missing, y[i] + missing


@kernel
def correl(state, x, y, window, out):
    """Correlation of two series, 0 where one of them is flat. state (8 + 5 * window, L): see `rolling_comoments`."""
    bars, lanes = x.shape
    size = chunk_bars(bars, lanes)
    p, q = np.empty((size, lanes)), np.empty((size, lanes))
    xx, yy = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        _together(along(x[lo : lo + n]), along(y[lo : lo + n]), along(p[:n]), along(q[:n]))
        rolling_comoments(state, p[:n], q[:n], window, xx[:n], yy[:n], out[lo : lo + n])
        squares, others, lines = along(xx[:n]), along(yy[:n]), along(out[lo : lo + n])
        for i in range(lines.size):
            spread = max(squares[i], 0.0) * max(others[i], 0.0)
            value = lines[i] / np.sqrt(spread)
            lines[i] = 0.0 if spread == 0.0 else value


@step
def _changes(bar, before, out):
    """Relative change of each bar; 0 where the bar before is 0, as TA-Lib has it."""
    for i in range(bar.size):
        change = (bar[i] - before[i]) / before[i]
        out[i] = change if before[i] != 0.0 else bar[i] - bar[i]


@step
def _changes_of(last, x, out):
    """Relative changes of a chunk; last (lanes,): the bar before it, moved on to its end."""
    bars = x.shape[0]
    _changes(x[0], last, out[0])
    _changes(along(x[1:]), along(x[: bars - 1]), along(out[1:]))
    copy_row(x[bars - 1], last)


@kernel
def beta(state, x, y, window, out):
    """Slope of the changes of y on those of x. state (2 + 8 + 5 * window, L): last bars, and `rolling_comoments`."""
    bars, lanes = x.shape
    size = chunk_bars(bars, lanes)
    p, q = np.empty((size, lanes)), np.empty((size, lanes))
    xx, yy = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        _changes_of(state[0], plain(x)[lo : lo + n], xx[:n])
        _changes_of(state[1], plain(y)[lo : lo + n], yy[:n])
        _together(along(xx[:n]), along(yy[:n]), along(p[:n]), along(q[:n]))
        rolling_comoments(state[2:], p[:n], q[:n], window, xx[:n], yy[:n], out[lo : lo + n])
        squares, lines = along(xx[:n]), along(out[lo : lo + n])
        for i in range(lines.size):
            value = lines[i] / squares[i]
            lines[i] = 0.0 if squares[i] <= 0.0 else value


@kernel
def highest(state, x, window, y):
    """Highest of the last `window` bars. state (2 + window, L): place, head, ring."""
    rolling_extreme(state, plain(x), window, 1.0, y)


@kernel
def lowest(state, x, window, y):
    """Lowest of the last `window` bars. state (2 + window, L): place, head, ring."""
    rolling_extreme(state, plain(x), window, -1.0, y)


@kernel
def minmax(state, x, window, y):
    """Lowest and highest of the last `window` bars. state (2 * (2 + window), L): a window of each."""
    rows = 2 + window
    rolling_extreme(state[:rows], plain(x), window, -1.0, y[0])
    rolling_extreme(state[rows:], plain(x), window, 1.0, y[1])
