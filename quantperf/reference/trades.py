"""Trades simulated bar by bar, as one would keep the books by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.reference import Array

__all__ = ["simulate"]

Whole = npt.NDArray[np.int64]


def simulate(
    open: Array,
    high: Array,
    low: Array,
    close: Array,
    lane: Whole,
    entry: Whole,
    leave: Whole,
    sign: Array,
    stop: float,
    take: float,
    rate: float,
    capital: float,
    share: float,
    most: int,
    stack: bool,
    first: int,
    last: int,
    outcome: Whole,
    left: Whole,
    numbers: Array,
    equity: Array,
    cash_at: Array,
    invested: Array,
) -> None:
    """Fill `outcome`, `left` and `numbers` of each order, and `equity`, `cash_at`, `invested` of each bar.

    Orders are sorted by the bar of their entry; `leave` is the bar at whose close they end. `stop` and `take` are
    percent of the entry price, NaN for none; `rate` costs of a side as a share; `share` of the equity goes into each
    position, of which there are at most `most`, and one a symbol unless `stack`. outcome: 1 time, 2 stop, 3 target, 4
    end of the data, 0 not reached, -1 overlap, -2 too many, -3 no cash. numbers: entry and exit price, notional,
    profit, best and worst move.
    """
    cash = worth = capital
    positions: list[dict[str, Any]] = []

    def settle(position: dict[str, Any], price: float, how: int, bar: int) -> float:
        order, notional = position["order"], position["notional"]
        traded = notional * (price / position["entry"])
        gained = position["sign"] * (traded - notional)
        profit = gained - rate * traded - rate * notional
        outcome[order], left[order] = how, bar
        numbers[order] = position["entry"], price, notional, profit, position["best"], position["worst"]
        return float(notional + gained - rate * traded)

    def see(position: dict[str, Any], price: float) -> None:
        move = position["sign"] * (price - position["entry"]) / position["entry"]
        position["best"], position["worst"] = max(position["best"], move), min(position["worst"], move)

    for bar in range(first, last):
        staying = []
        for position in positions:
            price, paid, side = float(open[bar, position["lane"]]), position["entry"], position["sign"]
            stopped = side * (price - paid) <= -0.01 * stop * paid
            if stopped or side * (price - paid) >= 0.01 * take * paid:
                see(position, price)
                cash += settle(position, price, 2 if stopped else 3, bar)
            else:
                staying.append(position)
        positions = staying
        for order in np.flatnonzero(entry == bar).tolist():
            outlay = share * worth
            if not stack and any(position["lane"] == lane[order] for position in positions):
                outcome[order] = -1
            elif len(positions) >= most:
                outcome[order] = -2
            elif not 0.0 < outlay <= cash:
                outcome[order] = -3
            else:
                cash -= outlay
                price = float(open[bar, lane[order]])
                positions.append(
                    {
                        "order": order,
                        "lane": int(lane[order]),
                        "sign": float(sign[order]),
                        "entry": price,
                        "mark": price,
                        "notional": outlay / (1.0 + rate),
                        "best": 0.0,
                        "worst": 0.0,
                    }
                )
        staying = []
        for position in positions:
            paid, side = position["entry"], position["sign"]
            begin, top, floor, price = (float(block[bar, position["lane"]]) for block in (open, high, low, close))
            top, floor = price if math.isnan(top) else top, price if math.isnan(floor) else floor
            bad, good = (floor, top) if side > 0.0 else (top, floor)
            stopped = side * (bad - paid) <= -0.01 * stop * paid
            if stopped or side * (good - paid) >= 0.01 * take * paid:
                level = paid - side * 0.01 * stop * paid if stopped else paid + side * 0.01 * take * paid
                for seen in (begin, level):
                    if not math.isnan(seen):
                        see(position, seen)
                cash += settle(position, level, 2 if stopped else 3, bar)
                continue
            for seen in (bad, good):
                if not math.isnan(seen):
                    see(position, seen)
            if not math.isnan(price):
                position["mark"] = price
            if not math.isnan(price) and bar >= leave[position["order"]]:
                cash += settle(position, price, 1, bar)
            elif bar == last - 1:
                cash += settle(position, position["mark"], 4, bar)
            else:
                staying.append(position)
        positions = staying
        values = sizes = 0.0
        for position in positions:
            traded = position["notional"] * (position["mark"] / position["entry"])
            values += position["notional"] + position["sign"] * (traded - position["notional"])
            sizes += traded
        worth = cash + values
        equity[bar - first], cash_at[bar - first], invested[bar - first] = worth, cash, sizes
