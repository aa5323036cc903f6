"""Means of what followed events, and of what followed the same events at other times."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step


@step
def _spread(sums, counts, mean, span, entering, slot, width, begun):
    """Root of the sum of squares of the errors of all stretches of `span` bars, on the circle of bars, over `span`.

    Between two bars on which an event enters or leaves a stretch, all stretches have the same sum. sums, counts
    (slots,): of the values of the events of each bar that has any. entering (steps,): 1.0 where an event enters, -1.0
    where it leaves; slot: which; width: bars until the next step. begun (slots,): 1.0 for those that are in the stretch
    before the first step.
    """
    total, squares = 0.0, 0.0
    for i in range(sums.size):
        sums[i] -= mean * counts[i]
        total += sums[i] * begun[i]
    for k in range(slot.size):
        total += entering[k] * sums[slot[k]]
        squares += total * total * width[k]
    return np.sqrt(squares / span)


@kernel
def placed_means(bar, lane, sign, slots, values, sources, span, entering, slot, width, begun, y):
    """Mean value of events and its ratio to its standard error, for each placement of the values.

    bar, lane, sign (events,): where an event stands, and what its value is multiplied by; slots: the rank of its bar
    among those with events. values (bars, lanes): NaN is unknown and left out. sources (placements, bars): which bar's
    values stand on each bar. entering, slot, width, begun: see `_spread`. y (2, placements): NaN where no value is
    known, or all are the same.
    """
    sums, counts = np.empty(begun.size), np.empty(begun.size)
    for i in range(sources.shape[0]):
        for t in range(sums.size):
            sums[t] = 0.0
            counts[t] = 0.0
        total, known = 0.0, 0.0
        for k in range(bar.size):
            value = sign[k] * values[sources[i, bar[k]], lane[k]]
            if value == value:
                sums[slots[k]] += value
                counts[slots[k]] += 1.0
                total += value
                known += 1.0
        mean = total / known if known > 0.0 else np.nan
        spread = 0.0
        if known > 0.0:
            spread = _spread(sums, counts, mean, span, entering, slot, width, begun) / known
        y[0, i] = mean
        y[1, i] = mean / spread if spread > 0.0 else np.nan
