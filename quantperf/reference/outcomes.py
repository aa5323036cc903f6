"""What came after signals, bar by bar and signal by signal."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.reference import Array

__all__ = ["follow"]

Whole = npt.NDArray[np.int64]


def follow(
    open: Array,
    high: Array,
    low: Array,
    close: Array,
    moments: Whole,
    lane: Whole,
    known: Whole,
    base: Whole,
    sign: Array,
    spans: Whole,
    clocks: Whole,
    at_open: bool,
    begins: Whole,
    reach: int,
    last: int,
    at: Whole,
    values: Array,
) -> None:
    """Fill `at` with bars, -1 for none and -2 for a horizon shorter than a bar, and `values` with what was found there.

    open, high, low, close: prices (bars, symbols). moments (2, bars), base (2, signals): when bars closed and signals
    were known, on two clocks; begins (2, bars): from when horizons count if one enters at an open. lane, known, sign:
    symbol, last bar known and direction of each signal. spans, clocks: horizons, below 0 where too short; a clock of -1
    counts bars. The first `reach` horizons bound the path. Only the bars before `last` count. at (signals, 1 +
    horizons): bar of the entry and of each horizon. values: returns, then entry price, highest and lowest price, best
    and worst return, drawdown and trend strength of the path, then volatilities of the other horizons.
    """
    at[:] = -1
    values[:] = np.nan
    columns = [block[:last].T.tolist() for block in (open, high, low, close)]
    for s in range(len(lane)):
        at[s, 1:][spans < 0] = -2
        if lane[s] < 0 or known[s] >= last:
            continue
        opens, highs, lows, closes = (lists[lane[s]] for lists in columns)
        if at_open:
            entered = next((t for t in range(known[s] + 1, last) if not math.isnan(opens[t])), None)
        else:
            entered = next((t for t in range(known[s], -1, -1) if not math.isnan(closes[t])), None)
        if entered is None:
            continue
        at[s, 0] = entered
        price = opens[entered] if at_open else closes[entered]
        first = int(entered if at_open else known[s] + 1)
        end, beyond = first - 1, False
        for h, (span, clock) in enumerate(zip(spans.tolist(), clocks.tolist(), strict=True)):
            if span < 0:
                continue
            due = first - 1 + span
            if clock != -1:
                start = begins[clock, entered] if at_open else base[clock, s]
                due = next((t for t in range(first, last) if moments[clock, t] >= start + span), last)
            found = next((t for t in range(due, last) if not math.isnan(closes[t])), None)
            beyond |= h < reach and found is None
            if found is not None:
                at[s, 1 + h] = found
                if h < reach:
                    end = max(end, found)
                    values[s, h] = 100.0 * (closes[found] - price) / price
                else:
                    values[s, h + 7] = _volatility(price, closes[first : found + 1])
        values[s, reach] = price
        span_of_path = slice(first, last if beyond else end + 1)
        path = _path(price, float(sign[s]), highs[span_of_path], lows[span_of_path], closes[span_of_path])
        values[s, reach + 1 : reach + 7] = path


def _volatility(price: float, closes: list[float]) -> float:
    known = [price, *(close for close in closes if not math.isnan(close))]
    total = 0.0
    for before, after in pairwise(known):
        total += (after / before - 1.0) * (after / before - 1.0)
    return 100.0 * math.sqrt(total)


def _path(price: float, sign: float, highs: list[float], lows: list[float], closes: list[float]) -> Any:
    bars = [bar for bar in zip(highs, lows, closes, strict=True) if not math.isnan(bar[2])]
    if not bars:
        return np.nan
    tops = [high for high, _, close in bars if not math.isnan(high)]
    floors = [low for _, low, close in bars if not math.isnan(low)]
    path = [price, *(close for _, _, close in bars)]
    highest, lowest = max(path + tops), min(path + floors)
    up, down = 100.0 * (highest - price) / price, 100.0 * (lowest - price) / price
    best, worst = (up, down) if sign > 0.0 else (-down, -up)
    peak, drawdown, length = 1.0, 0.0, 0.0
    for before, close in pairwise(path):
        value = 1.0 + sign * (close / price - 1.0)
        peak = max(peak, value)
        drawdown = min(drawdown, value / peak - 1.0)
        length += abs(close - before)
    strength = sign * (path[-1] - price) / length if length > 0.0 else math.nan
    return highest, lowest, best, worst, 100.0 * drawdown, strength
