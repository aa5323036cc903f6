"""Candlestick patterns of four bars and more. Each step fills ``y`` for the bars of a chunk from the work table."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import step
from quantperf.kernels.candle_parts import (
    ABOVE,
    BELOW,
    BODY,
    DOWN,
    FLOOR,
    LIMIT,
    LONG,
    NEAR,
    NO,
    SIGN,
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
def breakaway(w, now, back, y):
    """A long body, a gap, two bars further the same way, and a close back inside the gap."""
    for t in range(y.size):
        i, j, k, m, n = places(now, back, t)
        white = w[C, i] >= w[O, i]
        fifth, fourth = w[C, n] >= w[O, n], w[C, m] >= w[O, m]
        held = (w[BODY, n] > w[LONG, n]) & (fifth == fourth) & (fourth == (w[C, j] >= w[O, j])) & (fifth != white)
        rising = (w[TOP, m] < w[FLOOR, n]) & (w[H, k] < w[H, m]) & (w[L, k] < w[L, m]) & (w[H, j] < w[H, k])
        rising &= (w[L, j] < w[L, k]) & (w[C, i] > w[O, m]) & (w[C, i] < w[C, n])
        falling = (w[FLOOR, m] > w[TOP, n]) & (w[H, k] > w[H, m]) & (w[L, k] > w[L, m]) & (w[H, j] > w[H, k])
        falling &= (w[L, j] > w[L, k]) & (w[C, i] < w[O, m]) & (w[C, i] > w[C, n])
        y[t] = (UP if white else DOWN) if held & (rising if white else falling) else NO


@step
def concealing_baby_swallow(w, now, back, y):
    """Two black bars without shadows, a black one below with a long shadow into the second, and one around it."""
    for t in range(y.size):
        i, j, k, m, _ = places(now, back, t)
        held = (w[C, m] < w[O, m]) & (w[C, k] < w[O, k]) & (w[C, j] < w[O, j]) & (w[C, i] < w[O, i])
        held &= (w[ABOVE, m] < w[TINY, m]) & (w[BELOW, m] < w[TINY, m])
        held &= (w[ABOVE, k] < w[TINY, k]) & (w[BELOW, k] < w[TINY, k])
        held &= (w[TOP, j] < w[FLOOR, k]) & (w[ABOVE, j] > w[TINY, j]) & (w[H, j] > w[C, k])
        y[t] = UP if held & (w[H, i] > w[H, j]) & (w[L, i] < w[L, j]) else NO


@step
def _follow(w, now, back, y):
    """The setup of a bar; else of the last one, up to three bars old, if a close passes its limit first."""
    signs, limits = w[SIGN], w[LIMIT]
    for t in range(y.size):
        i, j, k, m, _ = places(now, back, t)
        one, two, three = signs[j], signs[k], signs[m]
        first = one * (w[C, i] - limits[j]) > 0.0
        second = (one == 0.0) & (two * (w[C, i] - limits[k]) > 0.0) & ~(two * (w[C, j] - limits[k]) > 0.0)
        third = (one == 0.0) & (two == 0.0) & (three * (w[C, i] - limits[m]) > 0.0)
        third &= ~(three * (w[C, j] - limits[m]) > 0.0) & ~(three * (w[C, k] - limits[m]) > 0.0)
        sign = one if first else (two if second else three)
        late = sign * 120.0 if first | second | third else 0.0
        y[t] = np.int8(signs[i] * 100.0 if signs[i] != 0.0 else late)


@step
def hikkake(w, now, back, y):
    """A bar inside the one before, then one that leaves it on one side; later a close on the other side of it."""
    signs, limits = w[SIGN], w[LIMIT]
    start = now - back - back - back
    for t in range(y.size + 3 * np.intp(back)):
        i, j, k, _, _ = places(start, back, t)
        inside = (w[H, j] < w[H, k]) & (w[L, j] > w[L, k])
        falling = (w[H, i] < w[H, j]) & (w[L, i] < w[L, j])
        rising = (w[H, i] > w[H, j]) & (w[L, i] > w[L, j])
        signs[i] = (1.0 if falling else -1.0) if inside & (falling | rising) else 0.0
        limits[i] = w[H, j] if falling else w[L, j]
    _follow(w, now, back, y)


@step
def hikkake_mod(w, now, back, y):
    """A hikkake of two bars inside, one in the other, after a close near the end of its range."""
    signs, limits = w[SIGN], w[LIMIT]
    start = now - back - back - back
    for t in range(y.size + 3 * np.intp(back)):
        i, j, k, m, _ = places(start, back, t)
        inside = (w[H, k] < w[H, m]) & (w[L, k] > w[L, m]) & (w[H, j] < w[H, k]) & (w[L, j] > w[L, k])
        falling = (w[H, i] < w[H, j]) & (w[L, i] < w[L, j]) & (w[C, k] <= w[L, k] + w[NEAR, k])
        rising = (w[H, i] > w[H, j]) & (w[L, i] > w[L, j]) & (w[C, k] >= w[H, k] - w[NEAR, k])
        signs[i] = (1.0 if falling else -1.0) if inside & (falling | rising) else 0.0
        limits[i] = w[H, j] if falling else w[L, j]
    _follow(w, now, back, y)


@step
def ladder_bottom(w, now, back, y):
    """Three black bars with lower opens and closes, a black one with a shadow above, and a white one beyond that."""
    for t in range(y.size):
        i, j, k, m, n = places(now, back, t)
        held = (w[C, n] < w[O, n]) & (w[C, m] < w[O, m]) & (w[C, k] < w[O, k]) & (w[C, j] < w[O, j])
        held &= (w[O, n] > w[O, m]) & (w[O, m] > w[O, k]) & (w[C, n] > w[C, m]) & (w[C, m] > w[C, k])
        held &= (w[ABOVE, j] > w[TINY, j]) & (w[C, i] >= w[O, i]) & (w[O, i] > w[O, j]) & (w[C, i] > w[H, j])
        y[t] = UP if held else NO


@step
def mat_hold(w, now, back, penetration, y):
    """A long white body, three short ones that fall back a little from above it, and a white close at a new high."""
    for t in range(y.size):
        i, j, k, m, n = places(now, back, t)
        held = (w[BODY, n] > w[LONG, n]) & (w[BODY, m] < w[LONG, m]) & (w[BODY, k] < w[LONG, k])
        held &= (w[BODY, j] < w[LONG, j]) & (w[C, n] >= w[O, n]) & (w[C, m] < w[O, m]) & (w[C, i] >= w[O, i])
        deep = w[C, n] - w[BODY, n] * penetration
        held &= (w[FLOOR, m] > w[TOP, n]) & (w[FLOOR, k] < w[C, n]) & (w[FLOOR, j] < w[C, n])
        held &= (w[FLOOR, k] > deep) & (w[FLOOR, j] > deep) & (w[TOP, k] < w[O, m]) & (w[TOP, j] < w[TOP, k])
        held &= (w[O, i] > w[C, j]) & (w[C, i] > w[H, m]) & (w[C, i] > w[H, k]) & (w[C, i] > w[H, j])
        y[t] = UP if held else NO


@step
def rise_fall_three_methods(w, now, back, y):
    """A long body, three short ones of the other colour within its range, and a long one that goes on."""
    for t in range(y.size):
        i, j, k, m, n = places(now, back, t)
        white = w[C, n] >= w[O, n]
        held = (w[BODY, n] > w[LONG, n]) & (w[BODY, m] < w[LONG, m]) & (w[BODY, k] < w[LONG, k])
        held &= (w[BODY, j] < w[LONG, j]) & (w[BODY, i] > w[LONG, i])
        held &= (white != (w[C, m] >= w[O, m])) & (white != (w[C, k] >= w[O, k])) & (white != (w[C, j] >= w[O, j]))
        held &= white == (w[C, i] >= w[O, i])
        held &= (w[FLOOR, m] < w[H, n]) & (w[TOP, m] > w[L, n]) & (w[FLOOR, k] < w[H, n]) & (w[TOP, k] > w[L, n])
        held &= (w[FLOOR, j] < w[H, n]) & (w[TOP, j] > w[L, n])
        rising = (w[C, k] < w[C, m]) & (w[C, j] < w[C, k]) & (w[O, i] > w[C, j]) & (w[C, i] > w[C, n])
        falling = (w[C, k] > w[C, m]) & (w[C, j] > w[C, k]) & (w[O, i] < w[C, j]) & (w[C, i] < w[C, n])
        y[t] = (UP if white else DOWN) if held & (rising if white else falling) else NO


@step
def three_black_crows(w, now, back, y):
    """A white bar, then three black ones with lower closes at their lows, each opening in the body before."""
    for t in range(y.size):
        i, j, k, m, _ = places(now, back, t)
        held = (w[C, m] >= w[O, m]) & (w[C, k] < w[O, k]) & (w[C, j] < w[O, j]) & (w[C, i] < w[O, i])
        held &= (w[BELOW, k] < w[TINY, k]) & (w[BELOW, j] < w[TINY, j]) & (w[BELOW, i] < w[TINY, i])
        held &= (w[O, j] < w[O, k]) & (w[O, j] > w[C, k]) & (w[O, i] < w[O, j]) & (w[O, i] > w[C, j])
        y[t] = DOWN if held & (w[H, m] > w[C, k]) & (w[C, k] > w[C, j]) & (w[C, j] > w[C, i]) else NO


@step
def three_line_strike(w, now, back, y):
    """Three bars of one colour that go on, each opening in or near the body before, and one that takes all back."""
    for t in range(y.size):
        i, j, k, m, _ = places(now, back, t)
        white = w[C, j] >= w[O, j]
        held = (white == (w[C, k] >= w[O, k])) & (white == (w[C, m] >= w[O, m])) & (white != (w[C, i] >= w[O, i]))
        held &= (w[O, k] >= w[FLOOR, m] - w[NEAR, m]) & (w[O, k] <= w[TOP, m] + w[NEAR, m])
        held &= (w[O, j] >= w[FLOOR, k] - w[NEAR, k]) & (w[O, j] <= w[TOP, k] + w[NEAR, k])
        rising = (w[C, j] > w[C, k]) & (w[C, k] > w[C, m]) & (w[O, i] > w[C, j]) & (w[C, i] < w[O, m])
        falling = (w[C, j] < w[C, k]) & (w[C, k] < w[C, m]) & (w[O, i] < w[C, j]) & (w[C, i] > w[O, m])
        y[t] = (UP if white else DOWN) if held & (rising if white else falling) else NO


@step
def pick(which, w, now, back, penetration, y):
    """The pattern of this number in `GROUP`."""
    if which == 0:
        three_black_crows(w, now, back, y)
    elif which == 1:
        three_line_strike(w, now, back, y)
    elif which == 2:
        breakaway(w, now, back, y)
    elif which == 3:
        concealing_baby_swallow(w, now, back, y)
    elif which == 4:
        hikkake(w, now, back, y)
    elif which == 5:
        hikkake_mod(w, now, back, y)
    elif which == 6:
        ladder_bottom(w, now, back, y)
    elif which == 7:
        mat_hold(w, now, back, penetration, y)
    elif which == 8:
        rise_fall_three_methods(w, now, back, y)


GROUP = group(
    __name__,
    pick,
    {
        "cdl_3blackcrows": (three_black_crows, Reads(past=3, tiny=2, lookback=13)),
        "cdl_3linestrike": (three_line_strike, Reads(past=3, near=3)),
        "cdl_breakaway": (breakaway, Reads(past=4, long=4)),
        "cdl_concealbabyswall": (concealing_baby_swallow, Reads(past=3, tiny=3)),
        "cdl_hikkake": (hikkake, Reads(past=5)),
        "cdl_hikkakemod": (hikkake_mod, Reads(past=6, near=5)),
        "cdl_ladderbottom": (ladder_bottom, Reads(past=4, tiny=1, lookback=14)),
        "cdl_mathold": (mat_hold, Reads(past=4, long=4)),
        "cdl_risefall3methods": (rise_fall_three_methods, Reads(past=4, long=4)),
    },
)
