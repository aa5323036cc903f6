"""Means of what followed events, and of what followed the same events at other times."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step


@step
def _spread(sums, counts, mean, span):
    """Root of the sum of squares of the errors of all stretches of `span` bars, on the circle of bars, over `span`.

    sums, counts (bars,): of the values of the events of each bar; sums become errors. span: fewer than the bars.
    """
    bars = sums.size
    total, squares = 0.0, 0.0
    for t in range(bars):
        sums[t] -= mean * counts[t]
    for t in range(bars - span, bars):
        total += sums[t]
    # Each stretch ends on bar t; that of the first bars begins among the last.
    for t in range(span):
        total += sums[t] - sums[t + bars - span]
        squares += total * total
    for t in range(span, bars):
        total += sums[t] - sums[t - span]
        squares += total * total
    return np.sqrt(squares / span)


@kernel
def placed_means(bar, lane, sign, values, sources, span, y):
    """Mean value of events and its ratio to its standard error, for each placement of the values.

    bar, lane, sign (events,): where an event stands, and what its value is multiplied by. values (bars, lanes): NaN is
    unknown and left out. sources (placements, bars): which bar's values stand on each bar. y (2, placements): NaN where
    no value is known, or all are the same.
    """
    bars = values.shape[0]
    sums, counts = np.empty(bars), np.empty(bars)
    for i in range(sources.shape[0]):
        for t in range(bars):
            sums[t] = 0.0
            counts[t] = 0.0
        total, known = 0.0, 0.0
        for k in range(bar.size):
            value = sign[k] * values[sources[i, bar[k]], lane[k]]
            if value == value:
                sums[bar[k]] += value
                counts[bar[k]] += 1.0
                total += value
                known += 1.0
        mean = total / known if known > 0.0 else np.nan
        spread = _spread(sums, counts, mean, span) / known if known > 0.0 else np.nan
        y[0, i] = mean
        y[1, i] = mean / spread if spread > 0.0 else np.nan
