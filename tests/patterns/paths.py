"""Bars that the tests of turning points, shapes and levels share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[np.float64]


def frame_of(high: Array, low: Array, close: Array, days: bool = True) -> pd.DataFrame:
    index = pd.bdate_range("2020-01-01", periods=len(close)) if days else None
    return pd.DataFrame({"open": close, "high": high, "low": low, "close": close}, index=index)


def path_through(corners: Sequence[float], leg: int = 10, noise: float = 0.0, seed: int = 0) -> Array:
    """Closes on straight lines from corner to corner, `leg` bars each."""
    at = np.arange(len(corners)) * leg
    line = np.interp(np.arange(at[-1] + 1), at, corners)
    return np.asarray(line + noise * np.random.default_rng(seed).normal(size=len(line)))


def thin_bars(closes: Array, half: float) -> pd.DataFrame:
    return frame_of(closes + half, closes - half, closes)


def upside_down(frame: pd.DataFrame, centre: float) -> pd.DataFrame:
    turned = 2 * centre - frame
    return turned.assign(high=2 * centre - frame["low"], low=2 * centre - frame["high"])


@st.composite
def rough_bars(draw: Any, least: int = 30, most: int = 160) -> pd.DataFrame:
    """Bars on a tick grid, with ties, plateaus, jumps and holes."""
    count = draw(st.integers(least, most))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    tick = draw(st.sampled_from([0.25, 1.0, 0.01]))
    steps = random.choice([-3, -2, -1, 0, 0, 1, 2, 3], size=count) * random.choice([1, 1, 1, 4], size=count)
    flat = draw(st.integers(0, count))
    steps[flat : flat + draw(st.integers(0, 40))] = 0
    level = 200 + np.cumsum(steps)
    close = tick * level
    high, low = tick * (level + random.integers(0, 3, count)), tick * (level - random.integers(0, 3, count))
    frame = frame_of(high, low, close)
    for row in draw(st.lists(st.integers(0, count - 1), max_size=6)):
        frame.iloc[row, draw(st.integers(0, 3))] = np.nan
    return frame


def walk(count: int = 1500, seed: int = 0, tick: float = 1 / 64) -> pd.DataFrame:
    """A random walk on a grid of powers of two, so that it can be turned upside down without rounding."""
    random = np.random.default_rng(seed)
    level = 100 * 64 + np.cumsum(random.normal(0, 64, count)).round()
    high, low = level + random.integers(0, 64, count), level - random.integers(0, 64, count)
    return frame_of(tick * high, tick * low, tick * level)
