"""Candlestick patterns of three bars. Each step fills ``y`` for the bars of a chunk from the work table."""

from __future__ import annotations

from quantperf.kernels._jit import step
from quantperf.kernels.candle_parts import (
    ABOVE,
    BELOW,
    BODY,
    DOWN,
    EQUAL,
    FAR,
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
def abandoned_baby(w, now, back, penetration, y):
    """A long body, a doji with a gap on both sides, and a body of the other colour deep into the first."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        first, last, deep = w[C, k] >= w[O, k], w[C, i] >= w[O, i], w[BODY, k] * penetration
        held = (w[BODY, k] > w[LONG, k]) & (w[BODY, j] <= w[TINY, j]) & (w[BODY, i] > w[LONG, i]) & (first != last)
        top = (w[C, i] < w[C, k] - deep) & (w[L, j] > w[H, k]) & (w[H, i] < w[L, j])
        bottom = (w[C, i] > w[C, k] + deep) & (w[H, j] < w[L, k]) & (w[L, i] > w[H, j])
        y[t] = (UP if last else DOWN) if held & (top if first else bottom) else NO


@step
def advance_block(w, now, back, y):
    """Three white bars with higher closes that lose strength: smaller bodies or longer shadows above."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[C, k] >= w[O, k]) & (w[C, j] >= w[O, j]) & (w[C, i] >= w[O, i])
        held &= (w[C, i] > w[C, j]) & (w[C, j] > w[C, k]) & (w[O, j] > w[O, k]) & (w[O, i] > w[O, j])
        held &= (w[O, j] <= w[C, k] + w[NEAR, k]) & (w[O, i] <= w[C, j] + w[NEAR, j])
        held &= (w[BODY, k] > w[LONG, k]) & (w[ABOVE, k] < w[SLIM, k])
        weak = (w[BODY, j] < w[BODY, k] - w[FAR, k]) & (w[BODY, i] < w[BODY, j] + w[NEAR, j])
        weak |= w[BODY, i] < w[BODY, j] - w[FAR, j]
        turned = (w[ABOVE, i] > w[SLIM, i]) | (w[ABOVE, j] > w[SLIM, j])
        weak |= (w[BODY, i] < w[BODY, j]) & (w[BODY, j] < w[BODY, k]) & turned
        weak |= (w[BODY, i] < w[BODY, j]) & (w[ABOVE, i] > w[BODY, i])
        y[t] = DOWN if held & weak else NO


@step
def evening_doji_star(w, now, back, penetration, y):
    """A long white body, a doji above it, and a black body deep into the first."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[BODY, k] > w[LONG, k]) & (w[C, k] >= w[O, k]) & (w[BODY, j] <= w[TINY, j]) & (w[FLOOR, j] > w[TOP, k])
        held &= (w[BODY, i] > w[LONG, i]) & (w[C, i] < w[O, i]) & (w[C, i] < w[C, k] - w[BODY, k] * penetration)
        y[t] = DOWN if held else NO


@step
def evening_star(w, now, back, penetration, y):
    """A long white body, a short body above it, and a black body deep into the first."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[BODY, k] > w[LONG, k]) & (w[C, k] >= w[O, k]) & (w[BODY, j] <= w[LONG, j]) & (w[FLOOR, j] > w[TOP, k])
        held &= (w[BODY, i] > w[LONG, i]) & (w[C, i] < w[O, i]) & (w[C, i] < w[C, k] - w[BODY, k] * penetration)
        y[t] = DOWN if held else NO


@step
def gap_side_by_side_white(w, now, back, y):
    """A gap, then two white bodies of equal size and open, both beyond it."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        up = (w[FLOOR, j] > w[TOP, k]) & (w[FLOOR, i] > w[TOP, k])
        down = (w[TOP, j] < w[FLOOR, k]) & (w[TOP, i] < w[FLOOR, k])
        held = (w[C, j] >= w[O, j]) & (w[C, i] >= w[O, i])
        held &= (w[BODY, i] >= w[BODY, j] - w[NEAR, j]) & (w[BODY, i] <= w[BODY, j] + w[NEAR, j])
        held &= (w[O, i] >= w[O, j] - w[EQUAL, j]) & (w[O, i] <= w[O, j] + w[EQUAL, j])
        y[t] = (UP if up else DOWN) if held & (up | down) else NO


@step
def identical_three_crows(w, now, back, y):
    """Three black bars with lower closes at their lows, each opening at the close before."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[C, k] < w[O, k]) & (w[C, j] < w[O, j]) & (w[C, i] < w[O, i])
        held &= (w[BELOW, k] < w[TINY, k]) & (w[BELOW, j] < w[TINY, j]) & (w[BELOW, i] < w[TINY, i])
        held &= (w[C, k] > w[C, j]) & (w[C, j] > w[C, i])
        held &= (w[O, j] <= w[C, k] + w[EQUAL, k]) & (w[O, j] >= w[C, k] - w[EQUAL, k])
        held &= (w[O, i] <= w[C, j] + w[EQUAL, j]) & (w[O, i] >= w[C, j] - w[EQUAL, j])
        y[t] = DOWN if held else NO


@step
def morning_doji_star(w, now, back, penetration, y):
    """A long black body, a doji below it, and a white body deep into the first."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[BODY, k] > w[LONG, k]) & (w[C, k] < w[O, k]) & (w[BODY, j] <= w[TINY, j]) & (w[TOP, j] < w[FLOOR, k])
        held &= (w[BODY, i] > w[LONG, i]) & (w[C, i] >= w[O, i]) & (w[C, i] > w[C, k] + w[BODY, k] * penetration)
        y[t] = UP if held else NO


@step
def morning_star(w, now, back, penetration, y):
    """A long black body, a short body below it, and a white body deep into the first."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[BODY, k] > w[LONG, k]) & (w[C, k] < w[O, k]) & (w[BODY, j] <= w[LONG, j]) & (w[TOP, j] < w[FLOOR, k])
        held &= (w[BODY, i] > w[LONG, i]) & (w[C, i] >= w[O, i]) & (w[C, i] > w[C, k] + w[BODY, k] * penetration)
        y[t] = UP if held else NO


@step
def stalled_pattern(w, now, back, y):
    """Three white bars with higher closes, the last short and at the top of the second."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[C, k] >= w[O, k]) & (w[C, j] >= w[O, j]) & (w[C, i] >= w[O, i])
        held &= (w[C, i] > w[C, j]) & (w[C, j] > w[C, k]) & (w[BODY, k] > w[LONG, k]) & (w[BODY, j] > w[LONG, j])
        held &= (w[ABOVE, j] < w[TINY, j]) & (w[O, j] > w[O, k]) & (w[O, j] <= w[C, k] + w[NEAR, k])
        held &= (w[BODY, i] < w[LONG, i]) & (w[O, i] >= w[C, j] - w[BODY, i] - w[NEAR, j])
        y[t] = DOWN if held else NO


@step
def stick_sandwich(w, now, back, y):
    """A black bar, a white one above its close, and a black one with an equal close."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[C, k] < w[O, k]) & (w[C, j] >= w[O, j]) & (w[C, i] < w[O, i]) & (w[L, j] > w[C, k])
        y[t] = UP if held & (w[C, i] <= w[C, k] + w[EQUAL, k]) & (w[C, i] >= w[C, k] - w[EQUAL, k]) else NO


@step
def tasuki_gap(w, now, back, y):
    """A gap, and a body as large as the last, of the other colour, from within that one into the gap."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        white = w[C, j] >= w[O, j]
        up = (w[FLOOR, j] > w[TOP, k]) & (w[C, i] < w[O, i]) & (w[O, i] < w[C, j]) & (w[O, i] > w[O, j])
        up &= (w[C, i] < w[O, j]) & (w[C, i] > w[TOP, k])
        down = (w[TOP, j] < w[FLOOR, k]) & (w[C, i] >= w[O, i]) & (w[O, i] < w[O, j]) & (w[O, i] > w[C, j])
        down &= (w[C, i] > w[O, j]) & (w[C, i] < w[FLOOR, k])
        held = (up if white else down) & (abs(w[BODY, j] - w[BODY, i]) < w[NEAR, j])
        y[t] = (UP if white else DOWN) if held else NO


@step
def three_inside(w, now, back, y):
    """A long body, a short one inside it, and a close beyond the open of the first."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        first, last = w[C, k] >= w[O, k], w[C, i] >= w[O, i]
        held = (w[BODY, k] > w[LONG, k]) & (w[BODY, j] <= w[LONG, j]) & (first != last)
        held &= (w[TOP, j] < w[TOP, k]) & (w[FLOOR, j] > w[FLOOR, k])
        held &= (w[C, i] < w[O, k]) if first else (w[C, i] > w[O, k])
        y[t] = (UP if last else DOWN) if held else NO


@step
def three_outside(w, now, back, y):
    """A body, a larger one of the other colour around it, and a close further on."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        white = w[C, j] >= w[O, j]
        held = (white != (w[C, k] >= w[O, k])) & (w[TOP, j] > w[TOP, k]) & (w[FLOOR, j] < w[FLOOR, k])
        held &= (w[C, i] > w[C, j]) if white else (w[C, i] < w[C, j])
        y[t] = (UP if white else DOWN) if held else NO


@step
def three_stars_in_south(w, now, back, y):
    """Three black bars that shrink: a long one with a long shadow below, a smaller one, a short one without shadows."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[C, k] < w[O, k]) & (w[C, j] < w[O, j]) & (w[C, i] < w[O, i])
        held &= (w[BODY, k] > w[LONG, k]) & (w[BELOW, k] > w[BODY, k]) & (w[BODY, j] < w[BODY, k])
        held &= (w[O, j] > w[C, k]) & (w[O, j] <= w[H, k]) & (w[L, j] < w[C, k]) & (w[L, j] >= w[L, k])
        held &= (w[BELOW, j] > w[TINY, j]) & (w[BODY, i] < w[LONG, i]) & (w[BELOW, i] < w[TINY, i])
        held &= (w[ABOVE, i] < w[TINY, i]) & (w[L, i] > w[L, j]) & (w[H, i] < w[H, j])
        y[t] = UP if held else NO


@step
def three_white_soldiers(w, now, back, y):
    """Three white bars with higher closes at their highs, each opening in or near the body before, none short."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[C, k] >= w[O, k]) & (w[C, j] >= w[O, j]) & (w[C, i] >= w[O, i])
        held &= (w[ABOVE, k] < w[TINY, k]) & (w[ABOVE, j] < w[TINY, j]) & (w[ABOVE, i] < w[TINY, i])
        held &= (w[C, i] > w[C, j]) & (w[C, j] > w[C, k]) & (w[O, j] > w[O, k]) & (w[O, i] > w[O, j])
        held &= (w[O, j] <= w[C, k] + w[NEAR, k]) & (w[O, i] <= w[C, j] + w[NEAR, j])
        held &= (w[BODY, j] > w[BODY, k] - w[FAR, k]) & (w[BODY, i] > w[BODY, j] - w[FAR, j])
        y[t] = UP if held & (w[BODY, i] > w[LONG, i]) else NO


@step
def tristar(w, now, back, y):
    """Three dojis, the second beyond the first and the third back again; all against the mean range of the first."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[BODY, k] <= w[TINY, k]) & (w[BODY, j] <= w[TINY, k]) & (w[BODY, i] <= w[TINY, k])
        down = (w[FLOOR, j] > w[TOP, k]) & (w[TOP, i] < w[TOP, j])
        up = (w[TOP, j] < w[FLOOR, k]) & (w[FLOOR, i] > w[FLOOR, j])
        signed = UP if up else (DOWN if down else NO)
        y[t] = signed if held else NO


@step
def two_crows(w, now, back, y):
    """A long white body, a black one above it, and a black one from within that into the first."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[C, k] >= w[O, k]) & (w[BODY, k] > w[LONG, k]) & (w[C, j] < w[O, j]) & (w[FLOOR, j] > w[TOP, k])
        held &= (w[C, i] < w[O, i]) & (w[O, i] < w[O, j]) & (w[O, i] > w[C, j])
        y[t] = DOWN if held & (w[C, i] > w[O, k]) & (w[C, i] < w[C, k]) else NO


@step
def unique_three_river(w, now, back, y):
    """A long black body, a black bar inside it with a lower low, and a short white body above that low."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[BODY, k] > w[LONG, k]) & (w[C, k] < w[O, k]) & (w[C, j] < w[O, j]) & (w[C, j] > w[C, k])
        held &= (w[O, j] <= w[O, k]) & (w[L, j] < w[L, k]) & (w[BODY, i] < w[LONG, i])
        y[t] = UP if held & (w[C, i] >= w[O, i]) & (w[O, i] > w[L, j]) else NO


@step
def upside_gap_two_crows(w, now, back, y):
    """A long white body, a short black one above it, and a black one around that, still above the first."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        held = (w[C, k] >= w[O, k]) & (w[BODY, k] > w[LONG, k]) & (w[C, j] < w[O, j]) & (w[BODY, j] <= w[LONG, j])
        held &= (w[FLOOR, j] > w[TOP, k]) & (w[C, i] < w[O, i]) & (w[O, i] > w[O, j]) & (w[C, i] < w[C, j])
        y[t] = DOWN if held & (w[C, i] > w[C, k]) else NO


@step
def gap_three_methods(w, now, back, y):
    """A gap between two bodies of one colour, and one of the other colour from within the second into the first."""
    for t in range(y.size):
        i, j, k, _, _ = places(now, back, t)
        first, second = w[C, k] >= w[O, k], w[C, j] >= w[O, j]
        held = (first == second) & (second != (w[C, i] >= w[O, i]))
        held &= (w[O, i] < w[TOP, j]) & (w[O, i] > w[FLOOR, j]) & (w[C, i] < w[TOP, k]) & (w[C, i] > w[FLOOR, k])
        held &= (w[FLOOR, j] > w[TOP, k]) if first else (w[TOP, j] < w[FLOOR, k])
        y[t] = (UP if first else DOWN) if held else NO


@step
def pick(which, w, now, back, penetration, y):
    """The pattern of this number in `GROUP`."""
    if which == 0:
        two_crows(w, now, back, y)
    elif which == 1:
        three_inside(w, now, back, y)
    elif which == 2:
        three_outside(w, now, back, y)
    elif which == 3:
        three_stars_in_south(w, now, back, y)
    elif which == 4:
        three_white_soldiers(w, now, back, y)
    elif which == 5:
        abandoned_baby(w, now, back, penetration, y)
    elif which == 6:
        advance_block(w, now, back, y)
    elif which == 7:
        evening_doji_star(w, now, back, penetration, y)
    elif which == 8:
        evening_star(w, now, back, penetration, y)
    elif which == 9:
        gap_side_by_side_white(w, now, back, y)
    elif which == 10:
        identical_three_crows(w, now, back, y)
    elif which == 11:
        morning_doji_star(w, now, back, penetration, y)
    elif which == 12:
        morning_star(w, now, back, penetration, y)
    elif which == 13:
        stalled_pattern(w, now, back, y)
    elif which == 14:
        stick_sandwich(w, now, back, y)
    elif which == 15:
        tasuki_gap(w, now, back, y)
    elif which == 16:
        tristar(w, now, back, y)
    elif which == 17:
        unique_three_river(w, now, back, y)
    elif which == 18:
        upside_gap_two_crows(w, now, back, y)
    elif which == 19:
        gap_three_methods(w, now, back, y)


GROUP = group(
    __name__,
    pick,
    {
        "cdl_2crows": (two_crows, Reads(past=2, long=2)),
        "cdl_3inside": (three_inside, Reads(past=2, long=2)),
        "cdl_3outside": (three_outside, Reads(past=2, lookback=3)),
        "cdl_3starsinsouth": (three_stars_in_south, Reads(past=2, long=2, tiny=1)),
        "cdl_3whitesoldiers": (three_white_soldiers, Reads(past=2, long=0, tiny=2, near=2)),
        "cdl_abandonedbaby": (abandoned_baby, Reads(past=2, long=2, tiny=1)),
        "cdl_advanceblock": (advance_block, Reads(past=2, long=2, slim=2, near=2)),
        "cdl_eveningdojistar": (evening_doji_star, Reads(past=2, long=2, tiny=1)),
        "cdl_eveningstar": (evening_star, Reads(past=2, long=2)),
        "cdl_gapsidesidewhite": (gap_side_by_side_white, Reads(past=2, near=1, lookback=7)),
        "cdl_identical3crows": (identical_three_crows, Reads(past=2, tiny=2, near=2)),
        "cdl_morningdojistar": (morning_doji_star, Reads(past=2, long=2, tiny=1)),
        "cdl_morningstar": (morning_star, Reads(past=2, long=2)),
        "cdl_stalledpattern": (stalled_pattern, Reads(past=2, long=2, tiny=1, near=2)),
        "cdl_sticksandwich": (stick_sandwich, Reads(past=2, near=2)),
        "cdl_tasukigap": (tasuki_gap, Reads(past=2, near=1, lookback=7)),
        "cdl_tristar": (tristar, Reads(past=2, tiny=2)),
        "cdl_unique3river": (unique_three_river, Reads(past=2, long=2)),
        "cdl_upsidegap2crows": (upside_gap_two_crows, Reads(past=2, long=2)),
        "cdl_xsidegap3methods": (gap_three_methods, Reads(past=2)),
    },
)
