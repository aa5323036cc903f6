"""Volatility from logarithms of price ratios over a window."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.moments import rolling_moments
from quantperf.kernels.windows import along, chunk_bars, copy_row, recall, rolling_sum

LOG_2 = np.log(2.0)


@step
def _log_ratio(a, b):
    """Logarithm of a over b; no number where one of them is not above 0."""
    return np.log(a / b) if b > 0.0 else np.nan


@step
def _known(value):
    """The value; NaN in place of infinity."""
    return value + (value - value)


@step
def _root(scale, line):
    """Root of each value times `scale`; NaN below 0."""
    for i in range(line.size):
        line[i] = np.sqrt(line[i] * scale)


@step
def _log_returns(last, x, out):
    """Logarithm of each bar over the one before; last (lanes,): the bar before the chunk, moved on to its end."""
    bars, lanes = x.shape
    prices, lines = along(x), along(out)
    for i in range(min(lanes, lines.size)):
        lines[i] = _known(_log_ratio(prices[i], last[i]))
    for i in range(lanes, lines.size):
        lines[i] = _known(_log_ratio(prices[i], prices[i - lanes]))
    copy_row(x[bars - 1], last)


@kernel
def historical(state, x, window, scale, y):
    """Standard deviation of a sample of log returns, times `scale`.

    state (1 + 4 + 2 * window, L): last bar, NaN before the first; window of returns.
    """
    x = plain(x)
    bars, lanes = x.shape
    size, share = chunk_bars(bars, lanes), scale * scale / (window - 1.0)
    part, mean = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        _log_returns(state[0], x[lo : lo + n], part[:n])
        rolling_moments(state[1:], part[:n], window, mean[:n], y[lo : lo + n])
        _root(share, along(y[lo : lo + n]))


@kernel
def parkinson(state, high, low, window, scale, y):
    """Root of the mean squared log range over 4 ln 2. state (2 + window, L): place, head, ring."""
    bars, lanes = high.shape
    size = chunk_bars(bars, lanes)
    part = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        highs, lows, parts = along(high[lo : lo + n]), along(low[lo : lo + n]), along(part[:n])
        for i in range(parts.size):
            reach = _log_ratio(highs[i], lows[i])
            parts[i] = _known(reach * reach)
        rolling_sum(state, part[:n], window, scale * scale / (4.0 * LOG_2 * window), y[lo : lo + n])
        _root(1.0, along(y[lo : lo + n]))


@step
def _garman_klass(open_, high, low, close):
    """What one bar says of the variance."""
    reach, body = _log_ratio(high, low), _log_ratio(close, open_)
    return _known(0.5 * (reach * reach) - (2.0 * LOG_2 - 1.0) * (body * body))


@kernel
def garman_klass(state, open_, high, low, close, window, scale, y):
    """Root of the mean of ranges squared less bodies squared. state (2 + window, L): place, head, ring."""
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    part = np.empty((size, lanes))
    for lo in range(0, bars, size):
        hi = min(lo + size, bars)
        opens, highs, lows, closes = along(open_[lo:hi]), along(high[lo:hi]), along(low[lo:hi]), along(close[lo:hi])
        parts = along(part[: hi - lo])
        for i in range(parts.size):
            parts[i] = _garman_klass(opens[i], highs[i], lows[i], closes[i])
        rolling_sum(state, part[: hi - lo], window, scale * scale / window, y[lo:hi])
        _root(1.0, along(y[lo:hi]))


@step
def _rogers_satchell(open_, high, low, close):
    """What one bar says of the variance, whatever its drift."""
    up, down, body = _log_ratio(high, open_), _log_ratio(low, open_), _log_ratio(close, open_)
    return _known(up * (up - body) + down * (down - body))


@kernel
def rogers_satchell(state, open_, high, low, close, window, scale, y):
    """Root of the mean of products of log distances. state (2 + window, L): place, head, ring."""
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    part = np.empty((size, lanes))
    for lo in range(0, bars, size):
        hi = min(lo + size, bars)
        opens, highs, lows, closes = along(open_[lo:hi]), along(high[lo:hi]), along(low[lo:hi]), along(close[lo:hi])
        parts = along(part[: hi - lo])
        for i in range(parts.size):
            parts[i] = _rogers_satchell(opens[i], highs[i], lows[i], closes[i])
        rolling_sum(state, part[: hi - lo], window, scale * scale / window, y[lo:hi])
        _root(1.0, along(y[lo:hi]))


@step
def _whole_closes(opens, highs, lows, closes, out):
    """The closes; NaN where a bar lacks a price."""
    for i in range(out.size):
        total = opens[i] + highs[i] + lows[i]
        out[i] = closes[i] + (total - total)


@kernel
def yang_zhang(state, open_, high, low, close, window, scale, y):
    """Root of the variance over night, and of a mixture of those from open to close and inside of the bars.

    state (1 + 2 * (4 + 2 * window) + 2 + window, L): last close; windows of the log returns over night, of those from
    open to close, and of the bars' own variances.
    """
    bars, lanes = close.shape
    size, rows, n = chunk_bars(bars, lanes), 4 + 2 * window, float(window)
    mix, square = 0.34 / (1.34 + (n + 1.0) / (n - 1.0)), scale * scale
    night, day, own = np.empty((size, lanes)), np.empty((size, lanes)), np.empty((size, lanes))
    before, spread = np.empty((1 + size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        hi = min(lo + size, bars)
        k, out = hi - lo, along(y[lo:hi])
        opens, highs, lows, closes = along(open_[lo:hi]), along(high[lo:hi]), along(low[lo:hi]), along(close[lo:hi])
        nights, days, owns, lasts = along(night[:k]), along(day[:k]), along(own[:k]), along(before[: 1 + k])
        _whole_closes(opens, highs, lows, closes, days)
        recall(state[:1], 1, day[:k], before[: 1 + k])
        for i in range(out.size):
            nights[i] = _known(_log_ratio(opens[i], lasts[i]))
        for i in range(out.size):
            days[i] = _known(_log_ratio(closes[i], opens[i]))
            owns[i] = _rogers_satchell(opens[i], highs[i], lows[i], closes[i])
        # In order of need, so that `night` and `day` become the sums of squares; y is room for the means.
        rolling_moments(state[1 : 1 + rows], night[:k], window, y[lo:hi], spread[:k])
        rolling_moments(state[1 + rows : 1 + 2 * rows], day[:k], window, y[lo:hi], night[:k])
        rolling_sum(state[1 + 2 * rows :], own[:k], window, (1.0 - mix) * square / n, y[lo:hi])
        spreads, share = along(spread[:k]), square / (n - 1.0)
        for i in range(out.size):
            out[i] = np.sqrt(fused(mix, nights[i] * share, fused(spreads[i], share, out[i])))
