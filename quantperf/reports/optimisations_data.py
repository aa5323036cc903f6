"""Data as optimisations: what is computed or read anew each time is the baseline.

They are registered here, above all layers, since caches and stores lie below `quantperf.performance`.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from quantperf.analysis.comprehensive import comprehensive
from quantperf.market.sample import sample
from quantperf.memory.cache import MEGABYTE, Cache
from quantperf.memory.decorating import cache_result
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance
from quantperf.reports import frame_pair

__all__ = ["register"]

ASKED = ("IBM", "AAPL", "IBM", "MSFT", "IBM", "AAPL", "IBM", "IBM", "MSFT", "AAPL")  # by a dashboard, in ten refreshes


def requests() -> dict[str, list[pd.DataFrame]]:
    """Return the bars of ten requests for three symbols: each a frame of its own, as it comes out of a store."""
    return {"frames": [sample(symbol) for symbol in ASKED]}


def _sentiment(bars: pd.DataFrame) -> dict[str, Any]:
    found = comprehensive(bars)
    return {"price": found.current_price, "score": found.sentiment.score, "rsi": found.indicators["rsi"]["current"]}


def uncached(frames: list[pd.DataFrame]) -> list[dict[str, Any]]:
    """Return the analyses of all requests, each computed."""
    return [_sentiment(bars) for bars in frames]


def cached(frames: list[pd.DataFrame]) -> list[dict[str, Any]]:
    """Return the analyses of all requests, equal ones computed once; the cache is new and empty in each call."""
    cache = Cache("before and after", entries=16, bytes=MEGABYTE)
    analysis = cache_result(cache)(_sentiment)
    return [analysis(bars) for bars in frames]


def register() -> None:
    """Register the pairs of data."""
    made = optimise("memory.cache", inputs=[case("ten requests", requests)], tol=Tolerance(rtol=0.0), tags={"memory"})(
        uncached
    )
    made.optimised(cached)
    made.adopt(why="a hit is a computation, by the tests of the cache")
    frame_pair.register()
