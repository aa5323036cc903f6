"""Rolling statistics."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain
from quantperf.kernels.extremes import rolling_extreme
from quantperf.kernels.moments import rolling_moments
from quantperf.kernels.windows import along, chunk_bars


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
def highest(state, x, window, y):
    """Highest of the last `window` bars. state (2 + window, L): place, head, ring."""
    rolling_extreme(state, plain(x), window, 1.0, y)


@kernel
def lowest(state, x, window, y):
    """Lowest of the last `window` bars. state (2 + window, L): place, head, ring."""
    rolling_extreme(state, plain(x), window, -1.0, y)
