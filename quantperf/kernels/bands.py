"""Lines round a price."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain
from quantperf.kernels.moments import rolling_moments
from quantperf.kernels.windows import along, chunk_bars


@kernel
def bbands(state, x, window, up, down, ddof, y):
    """Mean, and lines `up` and `down` deviations from it. state (4 + 2 * window, L): see `rolling_moments`."""
    bars, lanes = x.shape
    size, share = chunk_bars(bars, lanes), 1.0 / (window - ddof)
    m2 = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        rolling_moments(state, plain(x)[lo : lo + n], window, y[1, lo : lo + n], m2[:n])
        spread = along(m2[:n])
        upper, middle, lower = along(y[0, lo : lo + n]), along(y[1, lo : lo + n]), along(y[2, lo : lo + n])
        for i in range(spread.size):
            deviation = np.sqrt(spread[i] * share)
            upper[i] = middle[i] + up * deviation
            lower[i] = middle[i] - down * deviation
