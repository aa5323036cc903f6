"""Trades simulated bar by bar: entries at the open, stops and targets on the path, one purse of cash."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step

# What became of an order.
NO_CASH, TOO_MANY, OVERLAP, NOT_ENTERED, BY_TIME, BY_STOP, BY_TARGET, BY_END = range(-3, 5)

# The numbers of a trade, in the columns of `numbers`.
ENTRY, EXIT, NOTIONAL, PROFIT, BEST, WORST = range(6)


@step
def _see(numbers, price, sign):
    """Note how good and how bad a price is for the position."""
    move = sign * (price - numbers[ENTRY]) / numbers[ENTRY]
    numbers[BEST], numbers[WORST] = max(numbers[BEST], move), min(numbers[WORST], move)


@step
def _settle(numbers, price, sign, rate):
    """Close a position at a price; return what goes to the cash."""
    notional = numbers[NOTIONAL]
    traded = notional * (price / numbers[ENTRY])
    gained = sign * (traded - notional)
    cost = rate * traded
    numbers[EXIT], numbers[PROFIT] = price, gained - cost - rate * notional
    return notional + gained - cost


@kernel
def simulate(
    open, high, low, close, lane, entry, leave, sign, stop, take, rate, capital, share, most, stack, first, last,
    outcome, left, numbers, equity, cash_at, invested
):  # fmt: skip
    """What became of orders that are sorted by the bar of their entry.

    stop, take: percent of the entry price, NaN for none. rate: costs of a side as a share. leave: the bar at whose
    close to go. outcome, left (S,): what became of each and the bar of its exit. numbers (S, 6): prices of entry and
    exit, notional, profit, best and worst move. equity, cash_at, invested (last - first,): at each close.
    """
    orders = lane.size
    active, marks = np.empty(orders, dtype=np.int64), np.empty(orders)
    held = np.zeros(open.shape[1], dtype=np.int64)
    count, coming = 0, 0
    cash = worth = capital
    for t in range(first, last):
        kept = 0
        for a in range(count):  # at the open: gaps
            s = active[a]
            side, out, price = sign[s], numbers[s], open[t, lane[s]]
            move = side * (price - out[ENTRY])
            how = 0
            if move <= -0.01 * stop * out[ENTRY]:
                how = BY_STOP
            elif move >= 0.01 * take * out[ENTRY]:
                how = BY_TARGET
            if how:
                _see(out, price, side)
                cash += _settle(out, price, side, rate)
                outcome[s], left[s] = how, t
                held[lane[s]] -= 1
            else:
                active[kept] = s
                kept += 1
        count = kept
        while coming < orders and entry[coming] == t:
            s, j = coming, lane[coming]
            coming += 1
            outlay = share * worth
            if held[j] > 0 and not stack:
                outcome[s] = OVERLAP
            elif count >= most:
                outcome[s] = TOO_MANY
            elif not 0.0 < outlay <= cash:
                outcome[s] = NO_CASH
            else:
                cash -= outlay
                numbers[s, ENTRY], numbers[s, NOTIONAL] = open[t, j], outlay / (1.0 + rate)
                numbers[s, BEST] = numbers[s, WORST] = 0.0
                marks[s] = open[t, j]
                active[count] = s
                count += 1
                held[j] += 1
        kept = 0
        values = sizes = 0.0
        for a in range(count):  # up to the close: the stop first, then the target, then time
            s = active[a]
            j, side, out, price = lane[s], sign[s], numbers[s], close[t, lane[s]]
            top = high[t, j] if high[t, j] == high[t, j] else price
            floor = low[t, j] if low[t, j] == low[t, j] else price
            bad, good = (floor, top) if side > 0.0 else (top, floor)
            how = 0
            if side * (bad - out[ENTRY]) <= -0.01 * stop * out[ENTRY]:
                how, price = BY_STOP, out[ENTRY] - side * 0.01 * stop * out[ENTRY]
            elif side * (good - out[ENTRY]) >= 0.01 * take * out[ENTRY]:
                how, price = BY_TARGET, out[ENTRY] + side * 0.01 * take * out[ENTRY]
            if how:
                if open[t, j] == open[t, j]:
                    _see(out, open[t, j], side)
                _see(out, price, side)
            else:
                if bad == bad:
                    _see(out, bad, side)
                if good == good:
                    _see(out, good, side)
                if price == price:
                    marks[s] = price
                if price == price and t >= leave[s]:
                    how = BY_TIME
                elif t == last - 1:
                    how, price = BY_END, marks[s]
            if how:
                cash += _settle(out, price, side, rate)
                outcome[s], left[s] = how, t
                held[j] -= 1
            else:
                traded = out[NOTIONAL] * (marks[s] / out[ENTRY])
                values += out[NOTIONAL] + side * (traded - out[NOTIONAL])
                sizes += traded
                active[kept] = s
                kept += 1
        count = kept
        worth = cash + values
        equity[t - first], cash_at[t - first], invested[t - first] = worth, cash, sizes
