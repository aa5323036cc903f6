"""How two series go together over a window: covariance, slope, and the correlation of returns."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain
from quantperf.kernels.comoments import rolling_comoments
from quantperf.kernels.statistics import _changes_of, _together
from quantperf.kernels.windows import along, chunk_bars


@kernel
def covar(state, x, y, window, ddof, out):
    """Sum of products of deviations over `window` - `ddof`. state (8 + 5 * window, L): see `rolling_comoments`."""
    bars, lanes = x.shape
    size, share = chunk_bars(bars, lanes), 1.0 / (window - ddof)
    p, q = np.empty((size, lanes)), np.empty((size, lanes))
    xx, yy = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        _together(along(x[lo : lo + n]), along(y[lo : lo + n]), along(p[:n]), along(q[:n]))
        rolling_comoments(state, p[:n], q[:n], window, xx[:n], yy[:n], out[lo : lo + n])
        lines = along(out[lo : lo + n])
        for i in range(lines.size):
            lines[i] = lines[i] * share


@kernel
def beta_levels(state, x, y, window, out):
    """Slope of y on x, 0 where x is flat. state (8 + 5 * window, L): see `rolling_comoments`."""
    bars, lanes = x.shape
    size = chunk_bars(bars, lanes)
    p, q = np.empty((size, lanes)), np.empty((size, lanes))
    xx, yy = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        _together(along(x[lo : lo + n]), along(y[lo : lo + n]), along(p[:n]), along(q[:n]))
        rolling_comoments(state, p[:n], q[:n], window, xx[:n], yy[:n], out[lo : lo + n])
        squares, lines = along(xx[:n]), along(out[lo : lo + n])
        for i in range(lines.size):
            value = lines[i] / squares[i]
            lines[i] = 0.0 if squares[i] <= 0.0 else value


@kernel
def correl_returns(state, x, y, window, out):
    """Correlation of the changes of two series, 0 where those of one are all alike.

    state (2 + 8 + 5 * window, L): last bars, and `rolling_comoments`.
    """
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
        squares, others, lines = along(xx[:n]), along(yy[:n]), along(out[lo : lo + n])
        for i in range(lines.size):
            spread = max(squares[i], 0.0) * max(others[i], 0.0)
            value = lines[i] / np.sqrt(spread)
            lines[i] = 0.0 if spread == 0.0 else value
