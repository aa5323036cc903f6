"""Candlestick patterns of two bars. Each step fills ``y`` for the bars of a chunk from the work table."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import step
from quantperf.kernels.candle_parts import (
    ABOVE,
    BELOW,
    BODY,
    DOWN,
    EDGE,
    EQUAL,
    FLOOR,
    LONG,
    NEAR,
    NO,
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
def counterattack(w, now, back, y):
    """Two long bodies of opposite colour with equal closes."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        white = w[C, i] >= w[O, i]
        held = (w[BODY, j] > w[LONG, j]) & (w[BODY, i] > w[LONG, i]) & (white != (w[C, j] >= w[O, j]))
        held &= (w[C, i] <= w[C, j] + w[EQUAL, j]) & (w[C, i] >= w[C, j] - w[EQUAL, j])
        y[t] = (UP if white else DOWN) if held else NO


@step
def dark_cloud_cover(w, now, back, penetration, y):
    """A long white body, then a black one from above its high deep into it."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[C, j] >= w[O, j]) & (w[BODY, j] > w[LONG, j]) & (w[C, i] < w[O, i]) & (w[O, i] > w[H, j])
        held &= (w[C, i] > w[O, j]) & (w[C, i] < w[C, j] - w[BODY, j] * penetration)
        y[t] = DOWN if held else NO


@step
def doji_star(w, now, back, y):
    """A long body, then hardly any body, beyond its close."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        white = w[C, j] >= w[O, j]
        held = (w[BODY, j] > w[LONG, j]) & (w[BODY, i] <= w[TINY, i])
        held &= (w[FLOOR, i] > w[TOP, j]) if white else (w[TOP, i] < w[FLOOR, j])
        y[t] = (DOWN if white else UP) if held else NO


@step
def engulfing(w, now, back, y):
    """Two bars of opposite colour, the body of the second holding that of the first; 80 if they share an end."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        white = w[C, i] >= w[O, i]
        held = (w[TOP, i] >= w[TOP, j]) & (w[FLOOR, i] <= w[FLOOR, j]) & (white != (w[C, j] >= w[O, j]))
        held &= (w[TOP, i] > w[TOP, j]) | (w[FLOOR, i] < w[FLOOR, j])
        size = EDGE if (w[TOP, i] == w[TOP, j]) | (w[FLOOR, i] == w[FLOOR, j]) else UP
        y[t] = (size if white else np.int8(-size)) if held else NO


@step
def hammer(w, now, back, y):
    """A small body at the top, a long shadow below, hardly one above, near or below the low of the bar before."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[BODY, i] < w[LONG, i]) & (w[BELOW, i] > w[BODY, i]) & (w[ABOVE, i] < w[TINY, i])
        y[t] = UP if held & (w[FLOOR, i] <= w[L, j] + w[NEAR, j]) else NO


@step
def hanging_man(w, now, back, y):
    """A small body at the top, a long shadow below, hardly one above, near or above the high of the bar before."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[BODY, i] < w[LONG, i]) & (w[BELOW, i] > w[BODY, i]) & (w[ABOVE, i] < w[TINY, i])
        y[t] = DOWN if held & (w[FLOOR, i] >= w[H, j] - w[NEAR, j]) else NO


@step
def harami(w, now, back, y):
    """A long body, then a short one inside it; 80 if they share an end."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[BODY, j] > w[LONG, j]) & (w[BODY, i] <= w[LONG, i])
        held &= (w[TOP, i] <= w[TOP, j]) & (w[FLOOR, i] >= w[FLOOR, j])
        size = UP if (w[TOP, i] < w[TOP, j]) & (w[FLOOR, i] > w[FLOOR, j]) else EDGE
        y[t] = (np.int8(-size) if w[C, j] >= w[O, j] else size) if held else NO


@step
def harami_cross(w, now, back, y):
    """A long body, then hardly any body, inside it; 80 if they share an end."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[BODY, j] > w[LONG, j]) & (w[BODY, i] <= w[TINY, i])
        held &= (w[TOP, i] <= w[TOP, j]) & (w[FLOOR, i] >= w[FLOOR, j])
        size = UP if (w[TOP, i] < w[TOP, j]) & (w[FLOOR, i] > w[FLOOR, j]) else EDGE
        y[t] = (np.int8(-size) if w[C, j] >= w[O, j] else size) if held else NO


@step
def homing_pigeon(w, now, back, y):
    """A long black body, then a short black one inside it."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[C, j] < w[O, j]) & (w[C, i] < w[O, i]) & (w[BODY, j] > w[LONG, j]) & (w[BODY, i] <= w[LONG, i])
        y[t] = UP if held & (w[O, i] < w[O, j]) & (w[C, i] > w[C, j]) else NO


@step
def in_neck(w, now, back, y):
    """A long black body, then a white one from below its low to its close."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[C, j] < w[O, j]) & (w[BODY, j] > w[LONG, j]) & (w[C, i] >= w[O, i]) & (w[O, i] < w[L, j])
        y[t] = DOWN if held & (w[C, i] <= w[C, j] + w[EQUAL, j]) & (w[C, i] >= w[C, j]) else NO


@step
def inverted_hammer(w, now, back, y):
    """A small body at the bottom, a long shadow above, hardly one below, below the body before."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[BODY, i] < w[LONG, i]) & (w[ABOVE, i] > w[BODY, i]) & (w[BELOW, i] < w[TINY, i])
        y[t] = UP if held & (w[TOP, i] < w[FLOOR, j]) else NO


@step
def kicking(w, now, back, y):
    """Two long bars without shadows, of opposite colour, with a gap between: the colour of the second."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        white = w[C, i] >= w[O, i]
        held = (w[BODY, j] > w[LONG, j]) & (w[ABOVE, j] < w[TINY, j]) & (w[BELOW, j] < w[TINY, j])
        held &= (w[BODY, i] > w[LONG, i]) & (w[ABOVE, i] < w[TINY, i]) & (w[BELOW, i] < w[TINY, i])
        held &= (white != (w[C, j] >= w[O, j])) & ((w[L, i] > w[H, j]) if white else (w[H, i] < w[L, j]))
        y[t] = (UP if white else DOWN) if held else NO


@step
def kicking_by_length(w, now, back, y):
    """Two long bars without shadows, of opposite colour, with a gap between: the colour of the longer body."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        white = w[C, i] >= w[O, i]
        held = (w[BODY, j] > w[LONG, j]) & (w[ABOVE, j] < w[TINY, j]) & (w[BELOW, j] < w[TINY, j])
        held &= (w[BODY, i] > w[LONG, i]) & (w[ABOVE, i] < w[TINY, i]) & (w[BELOW, i] < w[TINY, i])
        held &= (white != (w[C, j] >= w[O, j])) & ((w[L, i] > w[H, j]) if white else (w[H, i] < w[L, j]))
        y[t] = (UP if white == (w[BODY, i] > w[BODY, j]) else DOWN) if held else NO


@step
def matching_low(w, now, back, y):
    """Two black bars with equal closes."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[C, j] < w[O, j]) & (w[C, i] < w[O, i])
        y[t] = UP if held & (w[C, i] <= w[C, j] + w[EQUAL, j]) & (w[C, i] >= w[C, j] - w[EQUAL, j]) else NO


@step
def on_neck(w, now, back, y):
    """A long black body, then a white one from below its low to its low."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[C, j] < w[O, j]) & (w[BODY, j] > w[LONG, j]) & (w[C, i] >= w[O, i]) & (w[O, i] < w[L, j])
        y[t] = DOWN if held & (w[C, i] <= w[L, j] + w[EQUAL, j]) & (w[C, i] >= w[L, j] - w[EQUAL, j]) else NO


@step
def piercing(w, now, back, y):
    """A long black body, then a long white one from below its low to above its middle."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[C, j] < w[O, j]) & (w[BODY, j] > w[LONG, j]) & (w[C, i] >= w[O, i]) & (w[BODY, i] > w[LONG, i])
        held &= (w[O, i] < w[L, j]) & (w[C, i] < w[O, j]) & (w[C, i] > w[C, j] + w[BODY, j] * 0.5)
        y[t] = UP if held else NO


@step
def separating_lines(w, now, back, y):
    """Two bars of opposite colour with equal opens, the second with a long body that opens at the end of its range."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        white = w[C, i] >= w[O, i]
        held = (white != (w[C, j] >= w[O, j])) & (w[O, i] <= w[O, j] + w[EQUAL, j]) & (w[O, i] >= w[O, j] - w[EQUAL, j])
        held &= (w[BODY, i] > w[LONG, i]) & ((w[BELOW, i] if white else w[ABOVE, i]) < w[TINY, i])
        y[t] = (UP if white else DOWN) if held else NO


@step
def shooting_star(w, now, back, y):
    """A small body at the bottom, a long shadow above, hardly one below, above the body before."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[BODY, i] < w[LONG, i]) & (w[ABOVE, i] > w[BODY, i]) & (w[BELOW, i] < w[TINY, i])
        y[t] = DOWN if held & (w[FLOOR, i] > w[TOP, j]) else NO


@step
def thrusting(w, now, back, y):
    """A long black body, then a white one from below its low into it, to its middle at most."""
    for t in range(y.size):
        i, j, _, _, _ = places(now, back, t)
        held = (w[C, j] < w[O, j]) & (w[BODY, j] > w[LONG, j]) & (w[C, i] >= w[O, i]) & (w[O, i] < w[L, j])
        held &= (w[C, i] > w[C, j] + w[EQUAL, j]) & (w[C, i] <= w[C, j] + w[BODY, j] * 0.5)
        y[t] = DOWN if held else NO


@step
def pick(which, w, now, back, penetration, y):
    """The pattern of this number in `GROUP`."""
    if which == 0:
        counterattack(w, now, back, y)
    elif which == 1:
        dark_cloud_cover(w, now, back, penetration, y)
    elif which == 2:
        doji_star(w, now, back, y)
    elif which == 3:
        engulfing(w, now, back, y)
    elif which == 4:
        hammer(w, now, back, y)
    elif which == 5:
        hanging_man(w, now, back, y)
    elif which == 6:
        harami(w, now, back, y)
    elif which == 7:
        harami_cross(w, now, back, y)
    elif which == 8:
        homing_pigeon(w, now, back, y)
    elif which == 9:
        in_neck(w, now, back, y)
    elif which == 10:
        inverted_hammer(w, now, back, y)
    elif which == 11:
        kicking(w, now, back, y)
    elif which == 12:
        kicking_by_length(w, now, back, y)
    elif which == 13:
        matching_low(w, now, back, y)
    elif which == 14:
        on_neck(w, now, back, y)
    elif which == 15:
        piercing(w, now, back, y)
    elif which == 16:
        separating_lines(w, now, back, y)
    elif which == 17:
        shooting_star(w, now, back, y)
    elif which == 18:
        thrusting(w, now, back, y)


GROUP = group(
    __name__,
    pick,
    {
        "cdl_counterattack": (counterattack, Reads(past=1, long=1, near=1)),
        "cdl_darkcloudcover": (dark_cloud_cover, Reads(past=1, long=1)),
        "cdl_dojistar": (doji_star, Reads(past=1, long=1, tiny=0)),
        "cdl_engulfing": (engulfing, Reads(past=1, lookback=2)),
        "cdl_hammer": (hammer, Reads(past=1, long=0, tiny=0, near=1, lookback=11)),
        "cdl_hangingman": (hanging_man, Reads(past=1, long=0, tiny=0, near=1, lookback=11)),
        "cdl_harami": (harami, Reads(past=1, long=1)),
        "cdl_haramicross": (harami_cross, Reads(past=1, long=1, tiny=0)),
        "cdl_homingpigeon": (homing_pigeon, Reads(past=1, long=1)),
        "cdl_inneck": (in_neck, Reads(past=1, long=1, near=1)),
        "cdl_invertedhammer": (inverted_hammer, Reads(past=1, long=0, tiny=0, lookback=11)),
        "cdl_kicking": (kicking, Reads(past=1, long=1, tiny=1)),
        "cdl_kickingbylength": (kicking_by_length, Reads(past=1, long=1, tiny=1)),
        "cdl_matchinglow": (matching_low, Reads(past=1, near=1)),
        "cdl_onneck": (on_neck, Reads(past=1, long=1, near=1)),
        "cdl_piercing": (piercing, Reads(past=1, long=1)),
        "cdl_separatinglines": (separating_lines, Reads(past=1, long=0, tiny=0, near=1, lookback=11)),
        "cdl_shootingstar": (shooting_star, Reads(past=1, long=0, tiny=0, lookback=11)),
        "cdl_thrusting": (thrusting, Reads(past=1, long=1, near=1)),
    },
)
