"""Validation of bars, and reading them from text, each against doing it plainly with pandas.

``python -m benchmarks.validation`` prints milliseconds and ratios, the median and range of rounds whose arms are
interleaved. The plain validation is a check of each rule on a frame, column by column, as it is written in a notebook;
the plain reading is ``pandas.read_csv(parse_dates=..., index_col=0)``, which checks neither dates nor columns.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import quantperf as qp
from quantperf.clock import SYSTEM
from quantperf.market.history import Bars, interval_of
from quantperf.market.sources.delimited import Layout, read_delimited
from quantperf.market.validation import validate

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ROUNDS = 5
Arms = dict[str, Callable[[], Any]]


def plainly(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a column of flags for each rule."""
    prices = frame[["open", "high", "low", "close"]]
    found = pd.DataFrame(index=frame.index)
    found["nan"] = prices.isna().any(axis=1) & ~prices.isna().all(axis=1)
    found["all_null"] = prices.isna().all(axis=1)
    found["nonfinite"] = ~np.isfinite(frame.fillna(0.0)).all(axis=1)
    found["nonpositive"] = (prices <= 0.0).any(axis=1)
    found["high_low"] = frame["high"] < frame["low"]
    found["outside_range"] = (prices[["open", "close"]].max(axis=1) > frame["high"]) | (
        prices[["open", "close"]].min(axis=1) < frame["low"]
    )
    found["negative_volume"] = frame["volume"] < 0.0
    found["duplicate"] = frame.index.duplicated(keep=False)
    found["future"] = frame.index > NOW.replace(tzinfo=None)
    found["unsorted"] = pd.Series(frame.index, index=frame.index).diff() < pd.Timedelta(0)
    ratio = frame["close"] / frame["close"].shift()
    found["jump"] = (ratio > 1.5) | (ratio < 1.0 / 1.5)
    found["unit_x100"] = ratio.between(85.0, 118.0) | ratio.between(1.0 / 118.0, 1.0 / 85.0)
    found["flat"] = frame["high"] == frame["low"]
    found["zero_volume"] = frame["volume"] == 0.0
    found["repeated"] = (frame == frame.shift()).all(axis=1)
    found["off_calendar"] = frame.index.day_of_week >= 5
    found["gap"] = pd.Series(frame.index, index=frame.index).diff() > pd.Timedelta(days=5)
    return found


def one_symbol() -> Arms:
    """Return both validations of ten years of daily bars."""
    frame = qp.synthetic(symbols=1, bars=2520, seed=1).frame("S000")
    bars = Bars.from_frame(frame)
    return {"pandas": lambda: plainly(frame), "quantperf": lambda: validate(bars, now=NOW)}


def many_rows() -> Arms:
    """Return both validations of 1.26 million minutes."""
    bars = Bars.from_frame(qp.synthetic(symbols=1, bars=2520, seed=1).frame("S000"))
    stamps = np.arange(1_260_000, dtype=np.int64) * 60_000
    long = Bars(interval_of("1m"), stamps, np.tile(bars.values, (1, 500)))
    frame = long.frame().tz_localize(None)
    return {"pandas": lambda: plainly(frame), "quantperf": lambda: validate(long, now=NOW)}


def text(dates: str) -> Arms:
    """Return both readings of 100 000 rows of text."""
    values = np.tile(Bars.from_frame(qp.synthetic(symbols=1, bars=2500, seed=1).frame("S000")).values, (1, 40))
    index = pd.date_range("2000-01-01", periods=100_000, freq="h", name="time")
    frame = pd.DataFrame(values.T, index=index, columns=["open", "high", "low", "close", "volume"])
    body = frame.to_csv(date_format=dates).encode()
    plain = {"date_format": None if dates.startswith("%Y-") else dates}
    return {
        "pandas": lambda: pd.read_csv(io.BytesIO(body), parse_dates=["time"], index_col=0, **plain),
        "quantperf": lambda: read_delimited(io.BytesIO(body), Layout(zone="UTC"), daily=False),
    }


def measured(arms: Arms, repeat: int, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Return seconds a call of each arm, round by round."""
    times: dict[str, list[float]] = {name: [] for name in arms}
    for call in arms.values():
        call()
    for _ in range(rounds):
        for name, call in arms.items():
            began = SYSTEM.monotonic()
            for _ in range(repeat):
                call()
            times[name].append((SYSTEM.monotonic() - began) / repeat)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    cases = {
        "validate 2 520 rows": (one_symbol, 20),
        "validate 1 260 000 rows": (many_rows, 1),
        "read 100 000 rows, ISO": (lambda: text("%Y-%m-%d %H:%M:%S"), 1),
        "read 100 000 rows, d.m.Y": (lambda: text("%d.%m.%Y %H:%M:%S"), 1),
    }
    print(f"{'ms a call, median [range]':<28} {'pandas':>24} {'quantperf':>24} {'ratio':>20}")
    for label, (make, repeat) in cases.items():
        times = measured(make(), repeat, rounds)
        ratios = [before / after for before, after in zip(times["pandas"], times["quantperf"], strict=True)]
        print(f"{label:<28} {shown(times['pandas'], 1e3):>24} {shown(times['quantperf'], 1e3):>24} {shown(ratios):>20}")


def shown(values: list[float], scale: float = 1.0) -> str:
    """Return a median and a range."""
    low, middle, high = np.quantile(np.array(values) * scale, [0.0, 0.5, 1.0])
    return f"{middle:.3g} [{low:.3g}, {high:.3g}]"


if __name__ == "__main__":
    main()
