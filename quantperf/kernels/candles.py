"""Candlestick patterns: int8 outputs 0, 100 and -100, and UNKNOWN where a bar that the pattern reads is missing.

Engulfing and harami give 80 and -80 where two bodies share an end; hikkake 120 and -120 where a close confirms it
(TA-Lib's 200, which int8 cannot hold).

Each kernel is one declaration here: the step that finds it, and what that reads. The steps lie by their number of bars
in `candles_one`, `candles_two`, `candles_three` and `candles_more`; what they are made of in `candle_parts`; all in one
pass in `candles_many`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from quantperf.kernels import candles_many as many
from quantperf.kernels import candles_more as more
from quantperf.kernels import candles_one as one
from quantperf.kernels import candles_three as three
from quantperf.kernels import candles_two as two
from quantperf.kernels.candle_parts import UNKNOWN as UNKNOWN
from quantperf.kernels.candle_parts import (
    Reads,
    deep_kernel,
    limits_of,
    lookback_of,
    made,
    plain_kernel,
    rows_of,
    span_of,
)

READS: dict[str, Reads] = {}


def rows(name: str) -> tuple[tuple[float, int], ...]:
    """Return the state that the kernel of this name starts from, as values and numbers of rows."""
    return ((0.0, rows_of(READS[name])),)


def lookback(name: str) -> int:
    """Return the number of bars before the first answer."""
    return lookback_of(READS[name])


def span(name: str) -> int:
    """Return the number of bars that an answer reads, this one included."""
    return span_of(READS[name])


def _kernel(name: str, pattern: Any, template: Any = plain_kernel, **reads: int) -> Any:
    """Return the kernel of a pattern, and note what it reads.

    reads: `past`, bars before this one; `long`, `tiny`, `slim`, `near`: how many bars back it asks for that limit;
    `lookback`, if TA-Lib's is more than what is read.
    """
    READS[name] = Reads(**reads)
    return made(template, name, __name__, READS[name], limits_of(READS[name]), pattern)


def _deep(name: str, pattern: Any, **reads: int) -> Any:
    """Return the kernel of a pattern that has a penetration."""
    return _kernel(name, pattern, deep_kernel, **reads)


cdl_2crows = _kernel("cdl_2crows", three.two_crows, past=2, long=2)
cdl_3blackcrows = _kernel("cdl_3blackcrows", more.three_black_crows, past=3, tiny=2, lookback=13)
cdl_3inside = _kernel("cdl_3inside", three.three_inside, past=2, long=2)
cdl_3linestrike = _kernel("cdl_3linestrike", more.three_line_strike, past=3, near=3)
cdl_3outside = _kernel("cdl_3outside", three.three_outside, past=2, lookback=3)
cdl_3starsinsouth = _kernel("cdl_3starsinsouth", three.three_stars_in_south, past=2, long=2, tiny=1)
cdl_3whitesoldiers = _kernel("cdl_3whitesoldiers", three.three_white_soldiers, past=2, long=0, tiny=2, near=2)
cdl_abandonedbaby = _deep("cdl_abandonedbaby", three.abandoned_baby, past=2, long=2, tiny=1)
cdl_advanceblock = _kernel("cdl_advanceblock", three.advance_block, past=2, long=2, slim=2, near=2)
cdl_belthold = _kernel("cdl_belthold", one.belt_hold, long=0, tiny=0)
cdl_breakaway = _kernel("cdl_breakaway", more.breakaway, past=4, long=4)
cdl_closingmarubozu = _kernel("cdl_closingmarubozu", one.closing_marubozu, long=0, tiny=0)
cdl_concealbabyswall = _kernel("cdl_concealbabyswall", more.concealing_baby_swallow, past=3, tiny=3)
cdl_counterattack = _kernel("cdl_counterattack", two.counterattack, past=1, long=1, near=1)
cdl_darkcloudcover = _deep("cdl_darkcloudcover", two.dark_cloud_cover, past=1, long=1)
cdl_doji = _kernel("cdl_doji", one.doji, tiny=0)
cdl_dojistar = _kernel("cdl_dojistar", two.doji_star, past=1, long=1, tiny=0)
cdl_dragonflydoji = _kernel("cdl_dragonflydoji", one.dragonfly_doji, tiny=0)
cdl_engulfing = _kernel("cdl_engulfing", two.engulfing, past=1, lookback=2)
cdl_eveningdojistar = _deep("cdl_eveningdojistar", three.evening_doji_star, past=2, long=2, tiny=1)
cdl_eveningstar = _deep("cdl_eveningstar", three.evening_star, past=2, long=2)
cdl_gapsidesidewhite = _kernel("cdl_gapsidesidewhite", three.gap_side_by_side_white, past=2, near=1, lookback=7)
cdl_gravestonedoji = _kernel("cdl_gravestonedoji", one.gravestone_doji, tiny=0)
cdl_hammer = _kernel("cdl_hammer", two.hammer, past=1, long=0, tiny=0, near=1, lookback=11)
cdl_hangingman = _kernel("cdl_hangingman", two.hanging_man, past=1, long=0, tiny=0, near=1, lookback=11)
cdl_harami = _kernel("cdl_harami", two.harami, past=1, long=1)
cdl_haramicross = _kernel("cdl_haramicross", two.harami_cross, past=1, long=1, tiny=0)
cdl_highwave = _kernel("cdl_highwave", one.high_wave, long=0)
cdl_hikkake = _kernel("cdl_hikkake", more.hikkake, past=5)
cdl_hikkakemod = _kernel("cdl_hikkakemod", more.hikkake_mod, past=6, near=5)
cdl_homingpigeon = _kernel("cdl_homingpigeon", two.homing_pigeon, past=1, long=1)
cdl_identical3crows = _kernel("cdl_identical3crows", three.identical_three_crows, past=2, tiny=2, near=2)
cdl_inneck = _kernel("cdl_inneck", two.in_neck, past=1, long=1, near=1)
cdl_invertedhammer = _kernel("cdl_invertedhammer", two.inverted_hammer, past=1, long=0, tiny=0, lookback=11)
cdl_kicking = _kernel("cdl_kicking", two.kicking, past=1, long=1, tiny=1)
cdl_kickingbylength = _kernel("cdl_kickingbylength", two.kicking_by_length, past=1, long=1, tiny=1)
cdl_ladderbottom = _kernel("cdl_ladderbottom", more.ladder_bottom, past=4, tiny=1, lookback=14)
cdl_longleggeddoji = _kernel("cdl_longleggeddoji", one.long_legged_doji, tiny=0)
cdl_longline = _kernel("cdl_longline", one.long_line, long=0, slim=0)
cdl_marubozu = _kernel("cdl_marubozu", one.marubozu, long=0, tiny=0)
cdl_matchinglow = _kernel("cdl_matchinglow", two.matching_low, past=1, near=1)
cdl_mathold = _deep("cdl_mathold", more.mat_hold, past=4, long=4)
cdl_morningdojistar = _deep("cdl_morningdojistar", three.morning_doji_star, past=2, long=2, tiny=1)
cdl_morningstar = _deep("cdl_morningstar", three.morning_star, past=2, long=2)
cdl_onneck = _kernel("cdl_onneck", two.on_neck, past=1, long=1, near=1)
cdl_piercing = _kernel("cdl_piercing", two.piercing, past=1, long=1)
cdl_rickshawman = _kernel("cdl_rickshawman", one.rickshaw_man, tiny=0, near=0)
cdl_risefall3methods = _kernel("cdl_risefall3methods", more.rise_fall_three_methods, past=4, long=4)
cdl_separatinglines = _kernel("cdl_separatinglines", two.separating_lines, past=1, long=0, tiny=0, near=1, lookback=11)
cdl_shootingstar = _kernel("cdl_shootingstar", two.shooting_star, past=1, long=0, tiny=0, lookback=11)
cdl_shortline = _kernel("cdl_shortline", one.short_line, long=0, slim=0)
cdl_spinningtop = _kernel("cdl_spinningtop", one.spinning_top, long=0)
cdl_stalledpattern = _kernel("cdl_stalledpattern", three.stalled_pattern, past=2, long=2, tiny=1, near=2)
cdl_sticksandwich = _kernel("cdl_sticksandwich", three.stick_sandwich, past=2, near=2)
cdl_takuri = _kernel("cdl_takuri", one.takuri, tiny=0)
cdl_tasukigap = _kernel("cdl_tasukigap", three.tasuki_gap, past=2, near=1, lookback=7)
cdl_thrusting = _kernel("cdl_thrusting", two.thrusting, past=1, long=1, near=1)
cdl_tristar = _kernel("cdl_tristar", three.tristar, past=2, tiny=2)
cdl_unique3river = _kernel("cdl_unique3river", three.unique_three_river, past=2, long=2)
cdl_upsidegap2crows = _kernel("cdl_upsidegap2crows", three.upside_gap_two_crows, past=2, long=2)
cdl_xsidegap3methods = _kernel("cdl_xsidegap3methods", three.gap_three_methods, past=2)

PATTERNS = tuple(READS)

_MOST = Reads(
    *(max(getattr(reads, name) for reads in READS.values()) for name in ("past", "long", "tiny", "slim", "near"))
)

candles = made(many.every_kernel, "candles", __name__, _MOST, np.array([limits_of(reads) for reads in READS.values()]))


def candles_rows() -> tuple[tuple[float, int], ...]:
    """Return the state that `candles` starts from, as values and numbers of rows."""
    return ((0.0, rows_of(_MOST)),)
