"""All candlestick patterns in one pass, which share features, means and limits."""

from __future__ import annotations

import numpy as np

from quantperf.kernels import candles_more as more
from quantperf.kernels import candles_one as one
from quantperf.kernels import candles_three as three
from quantperf.kernels import candles_two as two
from quantperf.kernels._jit import step
from quantperf.kernels.candle_parts import count, flat, mask, prepare, room
from quantperf.kernels.windows import along

READS = LIMITS = np.zeros((0, 2), np.int8)  # set in the copy of the template


@step
def _begins(on, size):
    """Where each pattern's codes begin in a block that has those selected only; -1 if it is not."""
    begins, at = np.empty(on.size, np.int64), 0
    for k in range(on.size):
        begins[k] = at if on[k] else -1
        at += size if on[k] else 0
    return begins


@step
def _part(codes, begin, lo, hi):
    """Codes of a pattern for the chunk from `lo` to `hi`; nothing if it is not selected."""
    return codes[max(begin, 0) + lo : max(begin, 0) + (hi if begin >= 0 else lo)]


@step
def _hide(blocks, w, lanes, limits, begins, codes, lo, hi):
    """Put UNKNOWN where an answer is unknown."""
    seens, ages = np.empty(hi - lo, np.int8), np.empty(hi - lo, np.int8)
    count(blocks[0], w, lanes, seens, ages)
    for k in range(begins.size):
        mask(seens, ages, limits[k, 0], limits[k, 1], _part(codes, begins[k], lo, hi))


def every_kernel(
    state,
    open_,
    high,
    low,
    close,
    on,
    abandonedbaby,
    darkcloudcover,
    eveningdojistar,
    eveningstar,
    mathold,
    morningdojistar,
    morningstar,
    y,
):
    """A template: the patterns where `on` holds, in the order of `candles.PATTERNS`.

    A penetration for each that has one; y (as many as are on, bars, L).
    """
    blocks, codes, lanes = flat(state, open_, high, low, close), along(y), close.shape[1]
    size, w, now, back = room(close.shape[0], lanes)
    begins = _begins(on, close.size)
    for lo in range(0, close.size, size):
        hi = min(lo + size, close.size)
        unknown = prepare(blocks, lo, hi, READS, lanes, w)
        three.two_crows(w, now, back, _part(codes, begins[0], lo, hi))
        more.three_black_crows(w, now, back, _part(codes, begins[1], lo, hi))
        three.three_inside(w, now, back, _part(codes, begins[2], lo, hi))
        more.three_line_strike(w, now, back, _part(codes, begins[3], lo, hi))
        three.three_outside(w, now, back, _part(codes, begins[4], lo, hi))
        three.three_stars_in_south(w, now, back, _part(codes, begins[5], lo, hi))
        three.three_white_soldiers(w, now, back, _part(codes, begins[6], lo, hi))
        three.abandoned_baby(w, now, back, abandonedbaby, _part(codes, begins[7], lo, hi))
        three.advance_block(w, now, back, _part(codes, begins[8], lo, hi))
        one.belt_hold(w, now, back, _part(codes, begins[9], lo, hi))
        more.breakaway(w, now, back, _part(codes, begins[10], lo, hi))
        one.closing_marubozu(w, now, back, _part(codes, begins[11], lo, hi))
        more.concealing_baby_swallow(w, now, back, _part(codes, begins[12], lo, hi))
        two.counterattack(w, now, back, _part(codes, begins[13], lo, hi))
        two.dark_cloud_cover(w, now, back, darkcloudcover, _part(codes, begins[14], lo, hi))
        one.doji(w, now, back, _part(codes, begins[15], lo, hi))
        two.doji_star(w, now, back, _part(codes, begins[16], lo, hi))
        one.dragonfly_doji(w, now, back, _part(codes, begins[17], lo, hi))
        two.engulfing(w, now, back, _part(codes, begins[18], lo, hi))
        three.evening_doji_star(w, now, back, eveningdojistar, _part(codes, begins[19], lo, hi))
        three.evening_star(w, now, back, eveningstar, _part(codes, begins[20], lo, hi))
        three.gap_side_by_side_white(w, now, back, _part(codes, begins[21], lo, hi))
        one.gravestone_doji(w, now, back, _part(codes, begins[22], lo, hi))
        two.hammer(w, now, back, _part(codes, begins[23], lo, hi))
        two.hanging_man(w, now, back, _part(codes, begins[24], lo, hi))
        two.harami(w, now, back, _part(codes, begins[25], lo, hi))
        two.harami_cross(w, now, back, _part(codes, begins[26], lo, hi))
        one.high_wave(w, now, back, _part(codes, begins[27], lo, hi))
        more.hikkake(w, now, back, _part(codes, begins[28], lo, hi))
        more.hikkake_mod(w, now, back, _part(codes, begins[29], lo, hi))
        two.homing_pigeon(w, now, back, _part(codes, begins[30], lo, hi))
        three.identical_three_crows(w, now, back, _part(codes, begins[31], lo, hi))
        two.in_neck(w, now, back, _part(codes, begins[32], lo, hi))
        two.inverted_hammer(w, now, back, _part(codes, begins[33], lo, hi))
        two.kicking(w, now, back, _part(codes, begins[34], lo, hi))
        two.kicking_by_length(w, now, back, _part(codes, begins[35], lo, hi))
        more.ladder_bottom(w, now, back, _part(codes, begins[36], lo, hi))
        one.long_legged_doji(w, now, back, _part(codes, begins[37], lo, hi))
        one.long_line(w, now, back, _part(codes, begins[38], lo, hi))
        one.marubozu(w, now, back, _part(codes, begins[39], lo, hi))
        two.matching_low(w, now, back, _part(codes, begins[40], lo, hi))
        more.mat_hold(w, now, back, mathold, _part(codes, begins[41], lo, hi))
        three.morning_doji_star(w, now, back, morningdojistar, _part(codes, begins[42], lo, hi))
        three.morning_star(w, now, back, morningstar, _part(codes, begins[43], lo, hi))
        two.on_neck(w, now, back, _part(codes, begins[44], lo, hi))
        two.piercing(w, now, back, _part(codes, begins[45], lo, hi))
        one.rickshaw_man(w, now, back, _part(codes, begins[46], lo, hi))
        more.rise_fall_three_methods(w, now, back, _part(codes, begins[47], lo, hi))
        two.separating_lines(w, now, back, _part(codes, begins[48], lo, hi))
        two.shooting_star(w, now, back, _part(codes, begins[49], lo, hi))
        one.short_line(w, now, back, _part(codes, begins[50], lo, hi))
        one.spinning_top(w, now, back, _part(codes, begins[51], lo, hi))
        three.stalled_pattern(w, now, back, _part(codes, begins[52], lo, hi))
        three.stick_sandwich(w, now, back, _part(codes, begins[53], lo, hi))
        one.takuri(w, now, back, _part(codes, begins[54], lo, hi))
        three.tasuki_gap(w, now, back, _part(codes, begins[55], lo, hi))
        two.thrusting(w, now, back, _part(codes, begins[56], lo, hi))
        three.tristar(w, now, back, _part(codes, begins[57], lo, hi))
        three.unique_three_river(w, now, back, _part(codes, begins[58], lo, hi))
        three.upside_gap_two_crows(w, now, back, _part(codes, begins[59], lo, hi))
        three.gap_three_methods(w, now, back, _part(codes, begins[60], lo, hi))
        if unknown:
            _hide(blocks, w, lanes, LIMITS, begins, codes, lo, hi)
