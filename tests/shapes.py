"""Bars that show every candlestick pattern, and the near misses of each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quantperf.indicators.candles import BEFORE, DRAWN

Array = npt.NDArray[np.float64]


def shapes(seed: int, repeats: int = 30) -> tuple[Array, Array, Array, Array]:
    """Return open, high, low and close: the drawn example of every pattern, on whole ticks, many times.

    A price here and there is a tick or two off, so that each condition holds just so, or just not.
    """
    random, rows = np.random.default_rng(seed), []
    for _ in range(repeats):
        for name in random.permutation(sorted(DRAWN)):
            rows += [BEFORE] * int(random.integers(11, 14)) + list(DRAWN[name])
            rows += [DRAWN[name][0]] * int(random.integers(0, 3))
    bars = 20.0 * np.array(rows)
    bars += random.choice([0, 0, 0, 0, 0, 0, 0, 0, 1, -1, 2, -2], bars.shape)
    open_, high, low, close = np.ascontiguousarray(bars.T)
    return open_, np.maximum(high, np.maximum(open_, close)), np.minimum(low, np.minimum(open_, close)), close
