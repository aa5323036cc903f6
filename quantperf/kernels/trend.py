"""Strength, direction and age of a trend, and the pressure of buyers behind it."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.windows import along, chunk_bars, copy_row, fill_row, rolling_sum


@step
def _adx_step(
    last_high, last_low, last_close, plus, minus, span, mean, seen, high, low, close, share,
    seed, shown, done, weight, part, flat, falls, waits,
):  # fmt: skip
    """One bar of Wilder's directional movement; a bar with a missing price leaves the state alone.

    Bars are counted in `seen`: below `seed` they are summed, each with `weight`, from `shown` on there are indicators,
    below `done` DX is averaged plainly, each one weighing `part`. `flat`: indicators without any range; `falls`: where
    nothing moved DX is 0, and not as it was; `waits`: the mean begins with the first move.
    """
    total = high + low + close
    if total - total != 0.0:  # missing, or infinite
        return last_high, last_low, last_close, plus, minus, span, mean, seen, np.nan, np.nan, np.nan
    if seen == 0.0:
        return high, low, close, plus, minus, span, mean, 1.0, np.nan, np.nan, np.nan
    up, down = high - last_high, last_low - low
    rise = up if up > down and up > 0.0 else 0.0
    fall = down if down > up and down > 0.0 else 0.0
    # By this order of comparing, a last close of NaN is no extreme.
    reach = (last_close if last_close > high else high) - (last_close if last_close < low else low)
    if seen < seed:
        plus, minus, span, seen = plus + weight * rise, minus + weight * fall, span + weight * reach, seen + 1.0
        if seen < shown:
            return high, low, close, plus, minus, span, mean, seen, np.nan, np.nan, np.nan
    else:
        plus = fused(-share, plus, plus) + rise
        minus = fused(-share, minus, minus) + fall
        span = fused(-share, span, span) + reach
    plus_di = 100.0 * (plus / span) if span != 0.0 else flat
    minus_di = 100.0 * (minus / span) if span != 0.0 else flat
    both = plus_di + minus_di
    moved = both > 0.0
    dx = 100.0 * (abs(plus_di - minus_di) / both) if moved else 0.0
    if seen >= done:
        mean = fused(dx - mean, share, mean) if moved or falls else mean
        return high, low, close, plus, minus, span, mean, seen, mean, plus_di, minus_di
    if both != both or (waits and not moved):
        return high, low, close, plus, minus, span, mean, seen, np.nan, plus_di, minus_di
    mean, seen = mean + dx * part, seen + 1.0
    return (
        high,
        low,
        close,
        plus,
        minus,
        span,
        mean,
        seen,
        (mean if seen >= done else np.nan),
        plus_di,
        minus_di,
    )


@kernel
def adx(state, high, low, close, window, seed, shown, done, weight, part, flat, falls, waits, y):
    """Average directional index, +DI, -DI; for the parameters see `_adx_step`.

    state (8, L): last high, low, close; smoothed +DM, -DM, true range; mean of DX; bars seen. With a bar "seen" before
    the first, and prices of NaN, the first bar counts, with the range high - low.
    """
    bars, lanes = close.shape
    share = 1.0 / window
    if lanes == 1:
        a, b, c, d = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        e, f, g, n = state[4, 0], state[5, 0], state[6, 0], state[7, 0]
        for t in range(bars):
            a, b, c, d, e, f, g, n, y[0, t, 0], y[1, t, 0], y[2, t, 0] = _adx_step(
                a, b, c, d, e, f, g, n, high[t, 0], low[t, 0], close[t, 0], share,
                seed, shown, done, weight, part, flat, falls, waits,
            )  # fmt: skip
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = a, b, c, d
        state[4, 0], state[5, 0], state[6, 0], state[7, 0] = e, f, g, n
    else:
        a_, b_, c_, d_ = state[0], state[1], state[2], state[3]
        e_, f_, g_, n_ = state[4], state[5], state[6], state[7]
        for t in range(bars):
            for j in range(lanes):
                a_[j], b_[j], c_[j], d_[j], e_[j], f_[j], g_[j], n_[j], y[0, t, j], y[1, t, j], y[2, t, j] = _adx_step(
                    a_[j], b_[j], c_[j], d_[j], e_[j], f_[j], g_[j], n_[j],
                    high[t, j], low[t, j], close[t, j], share, seed, shown, done, weight, part, flat, falls, waits,
                )  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- Aroon


@step
def _begin_ages(head, since):
    """A block begins with nothing."""
    fill_row(-np.inf, head)
    fill_row(0.0, since)


@step
def _add_to_ages(bar, sign, at, head, since, row):
    """Add a bar to the head: the larger is the extreme, the bar if they are equal; NaN wins."""
    for j in range(bar.size):
        price = sign * bar[j]
        newer = price >= head[j] or price != price
        row[j] = price
        head[j], since[j] = (price if newer else head[j]), (at if newer else since[j])


@step
def _merge_ages(head, since, tail, place, at, window, out):
    """The larger of head and tail is the extreme, the head's if they are equal; NaN wins."""
    for j in range(head.size):
        age = at - since[j] if head[j] >= tail[j] else at + window - place[j]
        out[j] = age if head[j] == head[j] and tail[j] == tail[j] else np.nan


@step
def _end_ages(head, since, at, out):
    """Last bar of a block: the head is the window."""
    for j in range(head.size):
        out[j] = at - since[j] if head[j] == head[j] else np.nan


@step
def _sweep_ages(row, place, at, later, later_place):
    """A bar becomes the extreme of itself and the later ones, of equal ones the latest; NaN wins."""
    for j in range(row.size):
        keeps = later[j] >= row[j] or later[j] != later[j]
        row[j], place[j] = (later[j] if keeps else row[j]), (later_place[j] if keeps else at)


@step
def _sweep(ring, places):
    """A full block becomes its suffix extremes and their places."""
    last = ring.shape[0] - 1
    fill_row(float(last), places[last])
    for i in range(last - 1, -1, -1):
        _sweep_ages(ring[i], places[i], float(i), ring[i + 1], places[i + 1])


@step
def _newer(price, top, at, place):
    """The larger and its place; the first if they are equal, or if the second is missing."""
    newer = price >= top
    return (price if newer else top), (at if newer else place)


@step
def _age(top, place, tail, tail_place, at, window):
    """Age of the larger of head and tail, of the head's if they are equal."""
    return at - place if top >= tail else at + window - tail_place


@step
def _age_blocks(x, blocks, window, sign, y):
    """One series by pairs of whole blocks, side by side and without branches; the block before y is in x.

    No bar may lack. Looking through a window only when its extreme has left it costs 5 ns a bar for wrong guesses of
    the processor.
    """
    top, width, end = np.empty(2 * window), float(window), window - 1
    tops, more = top[:window], top[window:]
    for block in range(0, blocks, 2):
        a = block * window
        old, new, now = x[a : a + window], x[a + window : a + 2 * window], x[a + 2 * window : a + 3 * window]
        ages, others = y[a : a + window], y[a + window : a + 2 * window]
        p, q, i_p, i_q = -np.inf, -np.inf, 0.0, 0.0
        for i in range(window):
            p, i_p = _newer(sign * new[i], p, float(i), i_p)
            q, i_q = _newer(sign * now[i], q, float(i), i_q)
            tops[i], more[i], ages[i], others[i] = p, q, i_p, i_q
        ages[end], others[end] = end - i_p, end - i_q
        p, q, i_p, i_q = -np.inf, -np.inf, 0.0, 0.0
        for i in range(end, 0, -1):
            at = float(i)
            p, i_p = _newer(p, sign * old[i], i_p, at)
            q, i_q = _newer(q, sign * new[i], i_q, at)
            ages[i - 1] = _age(tops[i - 1], ages[i - 1], p, i_p, at - 1.0, width)
            others[i - 1] = _age(more[i - 1], others[i - 1], q, i_q, at - 1.0, width)


@step
def _forget_missing(x, window, y):
    """NaN where one of the last `window` bars is missing; the block before y is in x."""
    missing, lost = 0, -1
    for i in range(x.size):
        missing += x[i] != x[i]
    if missing > 0:
        for i in range(x.size):
            lost = i if x[i] != x[i] else lost
            if i >= window and lost > i - window:
                y[i - window] = np.nan


@step
def _ages(state, x, window, sign, y):
    """Write how many bars ago the highest (sign 1.0) or lowest (-1.0) of `window` bars was, the latest of equal ones.

    state (3 + 2 * window, L): place in the block, head and its place, ring of prices, ring of places; see `windows`.
    """
    head, since, ring, places = state[1], state[2], state[3 : 3 + window], state[3 + window : 3 + 2 * window]
    at, bars = int(state[0, 0]), x.shape[0]
    t, stop = 0, bars
    if x.shape[1] == 1 and bars >= 4 * window:
        stop = (window - at if at else 0) + window
    while t < bars:
        for i in range(t, stop):
            if at == 0:
                _begin_ages(head, since)
            now = float(at)
            _add_to_ages(x[i], sign, now, head, since, ring[at])
            if at + 1 < window:
                _merge_ages(head, since, ring[at + 1], places[at + 1], now, float(window), y[i])
                at += 1
            else:
                _end_ages(head, since, now, y[i])
                _sweep(ring, places)
                at = 0
        t = stop
        if stop < bars:
            blocks = (bars - t) // window // 2 * 2
            stop = t + blocks * window
            _age_blocks(along(x)[t - window : stop], blocks, window, sign, along(y)[t:stop])
            _forget_missing(along(x)[t - window : stop], window, along(y)[t:stop])
            t, stop = stop, bars
            for i in range(window):
                ring[i, 0] = sign * x[t - window + i, 0]
            _sweep(ring, places)
    fill_row(float(at), state[0])


@step
def _whole(high, low, upper, lower):
    """Both prices, NaN where one is missing or infinite."""
    highs, lows, tops, floors = along(high), along(low), along(upper), along(lower)
    for i in range(tops.size):
        missing = (highs[i] - highs[i]) + (lows[i] - lows[i])
        tops[i], floors[i] = highs[i] + missing, lows[i] + missing


@kernel
def aroon(state, high, low, window, y):
    """Freshness of the lowest low and the highest high of window + 1 bars. state (2 * (5 + 2 * window), L): `_ages`."""
    bars, lanes = high.shape
    size, width, rows, share = chunk_bars(bars, 3 * lanes), window + 1, 5 + 2 * window, 100.0 / window
    upper, lower = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi = lo + n
        _whole(high[lo:hi], low[lo:hi], upper[:n], lower[:n])
        _ages(state[:rows], lower[:n], width, -1.0, y[0, lo:hi])
        _ages(state[rows:], upper[:n], width, 1.0, y[1, lo:hi])
        down, up = along(y[0, lo:hi]), along(y[1, lo:hi])
        for i in range(up.size):
            down[i], up[i] = (window - down[i]) * share, (window - up[i]) * share


@kernel
def aroonosc(state, high, low, window, y):
    """How much fresher the highest high is than the lowest low.

    state (2 * (5 + 2 * window), L): windows of window + 1 lows and highs, see `_ages`.
    """
    bars, lanes = high.shape
    size, width, rows, share = chunk_bars(bars, 3 * lanes), window + 1, 5 + 2 * window, 100.0 / window
    upper, lower, age = np.empty((size, lanes)), np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi = lo + n
        _whole(high[lo:hi], low[lo:hi], upper[:n], lower[:n])
        _ages(state[:rows], lower[:n], width, -1.0, age[:n])
        _ages(state[rows:], upper[:n], width, 1.0, y[lo:hi])
        down, out = along(age[:n]), along(y[lo:hi])
        for i in range(out.size):
            out[i] = (down[i] - out[i]) * share


# ------------------------------------------------------------------------------------ movement over the true range


@step
def _recent(lasts, high, low, close, highs, lows, closes):
    """The bars of a chunk behind the one before it, NaN where a price is missing or infinite. lasts (3, L)."""
    n = high.shape[0]
    copy_row(lasts[0], highs[0])
    copy_row(lasts[1], lows[0])
    copy_row(lasts[2], closes[0])
    tops, floors, ends = along(high), along(low), along(close)
    a, b, c = along(highs[1:]), along(lows[1:]), along(closes[1:])
    for i in range(tops.size):
        missing = (tops[i] - tops[i]) + (floors[i] - floors[i]) + (ends[i] - ends[i])
        a[i], b[i], c[i] = tops[i] + missing, floors[i] + missing, ends[i] + missing
    copy_row(highs[n], lasts[0])
    copy_row(lows[n], lasts[1])
    copy_row(closes[n], lasts[2])


@kernel
def vortex(state, high, low, close, window, y):
    """Vortex movements over the true range.

    state (3 + 3 * (2 + window), L): last high, low, close, NaN before the first; windows of true range, plus, minus.
    """
    high, low, close = plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size, rows = chunk_bars(bars, 4 * lanes), 2 + window
    highs, lows, closes = np.empty((size + 1, lanes)), np.empty((size + 1, lanes)), np.empty((size + 1, lanes))
    reach, plus, minus = np.empty((size, lanes)), np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi, m = lo + n, n + 1
        _recent(state[:3], high[lo:hi], low[lo:hi], close[lo:hi], highs[:m], lows[:m], closes[:m])
        last_h, last_l, last_c = along(highs[:n]), along(lows[:n]), along(closes[:n])
        tops, floors, ranges = along(highs[1:m]), along(lows[1:m]), along(reach[:n])
        ups, downs = along(plus[:n]), along(minus[:n])
        for i in range(ranges.size):
            unknown = (tops[i] - tops[i]) + (last_c[i] - last_c[i])
            ranges[i] = max(tops[i], last_c[i]) - min(floors[i], last_c[i]) + unknown
            ups[i], downs[i] = abs(tops[i] - last_l[i]), abs(floors[i] - last_h[i])
        a, b = 3 + rows, 3 + 2 * rows
        span = closes[:n]
        rolling_sum(state[3:a], reach[:n], window, 1.0, span)
        rolling_sum(state[a:b], plus[:n], window, 1.0, y[0, lo:hi])
        rolling_sum(state[b:], minus[:n], window, 1.0, y[1, lo:hi])
        ups, downs, ranges = along(y[0, lo:hi]), along(y[1, lo:hi]), along(span)
        for i in range(ranges.size):
            up, down = ups[i] / ranges[i], downs[i] / ranges[i]
            ups[i], downs[i] = (up if ranges[i] != 0.0 else 0.0), (down if ranges[i] != 0.0 else 0.0)


@kernel
def ultosc(state, high, low, close, windows, y):
    """Ultimate oscillator: buying pressure over true range in three windows, weighed 4, 2, 1.

    state (3 + 2 * sum of (2 + window), L): last high, low, close, NaN before the first; for each window its sums of
    true range and of pressure.
    """
    high, low, close = plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk_bars(bars, 4 * lanes)
    highs, lows, closes = np.empty((size + 1, lanes)), np.empty((size + 1, lanes)), np.empty((size + 1, lanes))
    reach, pressure = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi, m = lo + n, n + 1
        _recent(state[:3], high[lo:hi], low[lo:hi], close[lo:hi], highs[:m], lows[:m], closes[:m])
        tops, floors, lasts, nows = along(highs[1:m]), along(lows[1:m]), along(closes[:n]), along(closes[1:m])
        ranges, pressures, out = along(reach[:n]), along(pressure[:n]), along(y[lo:hi])
        for i in range(ranges.size):
            unknown = (tops[i] - tops[i]) + (lasts[i] - lasts[i])
            floor = min(floors[i], lasts[i])
            ranges[i], pressures[i] = max(tops[i], lasts[i]) - floor + unknown, nows[i] - floor + unknown
            out[i] = 0.0
        span, bought = highs[:n], lows[:n]
        spans, boughts = along(span), along(bought)
        at, weight = 3, 400.0 / 7.0
        for window in windows:
            rolling_sum(state[at : at + 2 + window], reach[:n], window, 1.0, span)
            rolling_sum(state[at + 2 + window : at + 2 * (2 + window)], pressure[:n], window, 1.0, bought)
            for i in range(out.size):
                share = weight * (boughts[i] / spans[i])
                out[i] += share if spans[i] != 0.0 else 0.0
            at, weight = at + 2 * (2 + window), 0.5 * weight


@kernel
def bop(_state, opening, high, low, close, y):
    """Balance of power, 0 where a bar has no range. state (0, L)."""
    opens, highs, lows, closes, out = along(opening), along(high), along(low), along(close), along(y)
    for i in range(out.size):
        missing = (opens[i] - opens[i]) + (highs[i] - highs[i]) + (lows[i] - lows[i]) + (closes[i] - closes[i])
        span = highs[i] - lows[i]
        value = (closes[i] - opens[i]) / span
        out[i] = (0.0 if span <= 0.0 else value) + missing
