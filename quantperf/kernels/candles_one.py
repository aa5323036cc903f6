"""Candlestick patterns of one bar, which compare it with the bars before only in its size.

A bar is white if it closes at or above its open, else black. Each step fills ``y`` for the bars of a chunk from the
work table of `candle_parts`.
"""

from __future__ import annotations

from quantperf.kernels._jit import step
from quantperf.kernels.candle_parts import (
    ABOVE,
    BELOW,
    BODY,
    DOWN,
    FLOOR,
    LONG,
    NEAR,
    NO,
    SLIM,
    TINY,
    TOP,
    UP,
    C,
    H,
    L,
    O,
    Reads,
    group,
    places,
)


@step
def belt_hold(w, now, back, y):
    """A long body that opens at the end of its range."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        white = w[C, i] >= w[O, i]
        held = (w[BODY, i] > w[LONG, i]) & ((w[BELOW, i] if white else w[ABOVE, i]) < w[TINY, i])
        y[t] = (UP if white else DOWN) if held else NO


@step
def closing_marubozu(w, now, back, y):
    """A long body that closes at the end of its range."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        white = w[C, i] >= w[O, i]
        held = (w[BODY, i] > w[LONG, i]) & ((w[ABOVE, i] if white else w[BELOW, i]) < w[TINY, i])
        y[t] = (UP if white else DOWN) if held else NO


@step
def doji(w, now, back, y):
    """Hardly any body."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        y[t] = UP if w[BODY, i] <= w[TINY, i] else NO


@step
def dragonfly_doji(w, now, back, y):
    """Hardly any body, at the top of the range."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        held = (w[BODY, i] <= w[TINY, i]) & (w[ABOVE, i] < w[TINY, i]) & (w[BELOW, i] > w[TINY, i])
        y[t] = UP if held else NO


@step
def gravestone_doji(w, now, back, y):
    """Hardly any body, at the bottom of the range."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        held = (w[BODY, i] <= w[TINY, i]) & (w[BELOW, i] < w[TINY, i]) & (w[ABOVE, i] > w[TINY, i])
        y[t] = UP if held else NO


@step
def high_wave(w, now, back, y):
    """A short body between two shadows of more than twice its length."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        twice = 2.0 * w[BODY, i]
        held = (w[BODY, i] < w[LONG, i]) & (w[ABOVE, i] > twice) & (w[BELOW, i] > twice)
        y[t] = (UP if w[C, i] >= w[O, i] else DOWN) if held else NO


@step
def long_legged_doji(w, now, back, y):
    """Hardly any body, and a shadow that is longer."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        held = (w[BODY, i] <= w[TINY, i]) & ((w[BELOW, i] > w[BODY, i]) | (w[ABOVE, i] > w[BODY, i]))
        y[t] = UP if held else NO


@step
def long_line(w, now, back, y):
    """A long body between short shadows."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        held = (w[BODY, i] > w[LONG, i]) & (w[ABOVE, i] < w[SLIM, i]) & (w[BELOW, i] < w[SLIM, i])
        y[t] = (UP if w[C, i] >= w[O, i] else DOWN) if held else NO


@step
def marubozu(w, now, back, y):
    """A long body with hardly any shadow."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        held = (w[BODY, i] > w[LONG, i]) & (w[ABOVE, i] < w[TINY, i]) & (w[BELOW, i] < w[TINY, i])
        y[t] = (UP if w[C, i] >= w[O, i] else DOWN) if held else NO


@step
def rickshaw_man(w, now, back, y):
    """Hardly any body, near the middle of the range, between longer shadows."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        middle = w[L, i] + (w[H, i] - w[L, i]) / 2.0
        held = (w[BODY, i] <= w[TINY, i]) & (w[BELOW, i] > w[BODY, i]) & (w[ABOVE, i] > w[BODY, i])
        held &= (w[FLOOR, i] <= middle + w[NEAR, i]) & (w[TOP, i] >= middle - w[NEAR, i])
        y[t] = UP if held else NO


@step
def short_line(w, now, back, y):
    """A short body between short shadows."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        held = (w[BODY, i] < w[LONG, i]) & (w[ABOVE, i] < w[SLIM, i]) & (w[BELOW, i] < w[SLIM, i])
        y[t] = (UP if w[C, i] >= w[O, i] else DOWN) if held else NO


@step
def spinning_top(w, now, back, y):
    """A short body between two shadows that are longer."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        held = (w[BODY, i] < w[LONG, i]) & (w[ABOVE, i] > w[BODY, i]) & (w[BELOW, i] > w[BODY, i])
        y[t] = (UP if w[C, i] >= w[O, i] else DOWN) if held else NO


@step
def takuri(w, now, back, y):
    """Hardly any body, at the top of the range, with a shadow below of more than twice its length."""
    for t in range(y.size):
        i, _, _, _, _ = places(now, back, t)
        held = (w[BODY, i] <= w[TINY, i]) & (w[ABOVE, i] < w[TINY, i]) & (w[BELOW, i] > 2.0 * w[BODY, i])
        y[t] = UP if held else NO


@step
def pick(which, w, now, back, penetration, y):
    """The pattern of this number in `GROUP`."""
    if which == 0:
        belt_hold(w, now, back, y)
    elif which == 1:
        closing_marubozu(w, now, back, y)
    elif which == 2:
        doji(w, now, back, y)
    elif which == 3:
        dragonfly_doji(w, now, back, y)
    elif which == 4:
        gravestone_doji(w, now, back, y)
    elif which == 5:
        high_wave(w, now, back, y)
    elif which == 6:
        long_legged_doji(w, now, back, y)
    elif which == 7:
        long_line(w, now, back, y)
    elif which == 8:
        marubozu(w, now, back, y)
    elif which == 9:
        rickshaw_man(w, now, back, y)
    elif which == 10:
        short_line(w, now, back, y)
    elif which == 11:
        spinning_top(w, now, back, y)
    elif which == 12:
        takuri(w, now, back, y)


GROUP = group(
    __name__,
    pick,
    {
        "cdl_belthold": (belt_hold, Reads(long=0, tiny=0)),
        "cdl_closingmarubozu": (closing_marubozu, Reads(long=0, tiny=0)),
        "cdl_doji": (doji, Reads(tiny=0)),
        "cdl_dragonflydoji": (dragonfly_doji, Reads(tiny=0)),
        "cdl_gravestonedoji": (gravestone_doji, Reads(tiny=0)),
        "cdl_highwave": (high_wave, Reads(long=0)),
        "cdl_longleggeddoji": (long_legged_doji, Reads(tiny=0)),
        "cdl_longline": (long_line, Reads(long=0, slim=0)),
        "cdl_marubozu": (marubozu, Reads(long=0, tiny=0)),
        "cdl_rickshawman": (rickshaw_man, Reads(tiny=0, near=0)),
        "cdl_shortline": (short_line, Reads(long=0, slim=0)),
        "cdl_spinningtop": (spinning_top, Reads(long=0)),
        "cdl_takuri": (takuri, Reads(tiny=0)),
    },
)
