"""What narrow frames are worth where they are used: the same totals of a frame as built from rows, and narrowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.synthetic import synthetic
from quantperf.memory.frames import optimize_memory
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance

__all__ = ["Held", "held", "register", "rows_of_bars", "totals_of_narrow", "totals_of_objects"]


@dataclass(frozen=True, slots=True)
class Held:
    """The same bars of many symbols, twice."""

    objects: pd.DataFrame
    narrow: pd.DataFrame


def rows_of_bars(symbols: int = 20, bars: int = 500, seed: int = 0) -> pd.DataFrame:
    """Return long bars as a frame that was built from rows: strings are objects, each row with its own.

    Parameters
    ----------
    symbols, bars : int
        How many, made up.
    seed : int, default 0
        Of the prices.
    """
    panel = synthetic(symbols=symbols, bars=bars, seed=seed)
    frames = []
    for symbol in panel.symbols:
        frame = panel.frame(symbol)
        # A driver makes a new string for each row; a literal would be one object, and look smaller than it is.
        names = pd.Series(["".join(list(symbol)) for _ in range(len(frame))], index=frame.index, dtype=object)
        frame = frame.round(dict.fromkeys(FIELDS[:4], 2)).assign(symbol=names)
        frame["volume"] = np.nan_to_num(frame["volume"].to_numpy()).astype(np.int64)
        frames.append(frame.rename_axis("date").reset_index())
    return pd.concat(frames, ignore_index=True)


def held(size: int = 20, seed: int = 0) -> Held:
    """Return both forms, for so many symbols."""
    objects = rows_of_bars(size, seed=seed)
    return Held(objects, optimize_memory(objects)[0])


def totals_of_objects(bars: Held) -> FloatArray:
    """Return volume, mean close and highest high by symbol, in the order of names, of the frame as built from rows."""
    return _totals(bars.objects)


def totals_of_narrow(bars: Held) -> FloatArray:
    """Return the same of the narrowed frame."""
    return _totals(bars.narrow)


def register() -> None:
    """Register the pair as ``memory.frames``, and let the narrow frame answer."""
    inputs = [case("bars built from rows", held, size=20, seed=0)]
    pair = optimise("memory.frames", inputs=inputs, tol=Tolerance(rtol=0.0), tags={"memory"})(totals_of_objects)
    pair.optimised(totals_of_narrow)
    pair.adopt(why="equal by the tests of frames")


def _totals(frame: pd.DataFrame) -> FloatArray:
    groups: Any = frame.groupby("symbol", observed=True)
    table = groups.agg({"volume": "sum", "close": "mean", "high": "max"})
    return np.asarray(table.sort_index(key=lambda names: names.astype(str)).to_numpy(np.float64))
