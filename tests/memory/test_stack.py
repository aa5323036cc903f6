"""The three decorators of a service, stacked as its authors write them, in memory and on disk."""

from __future__ import annotations

import asyncio

import numpy as np
import pandas as pd
import pytest

from quantperf.indicators.many import compute
from quantperf.market.sample import sample
from quantperf.memory import cache_result, caches, memory_monitor, optimize_dataframe_memory
from quantperf.memory.cache import Cache

computed = []


def indicators(df: pd.DataFrame) -> pd.DataFrame:
    computed.append(len(df))
    return compute(df, ["rsi", "obv"])


def stacked(cache):
    return cache_result(cache)(optimize_dataframe_memory()(memory_monitor(threshold_mb=200.0)(indicators)))


@pytest.fixture(autouse=True)
def nothing_computed():
    computed.clear()


def test_the_stack_of_the_specification_computes_once_and_right():
    @cache_result(cache_name="technical_analysis", ttl=600)
    @optimize_dataframe_memory()
    @memory_monitor(threshold_mb=200.0)
    def calculate_indicators(df: pd.DataFrame):
        return indicators(df)

    before = caches.stats()["technical_analysis"].hits
    bars = sample("FB")
    first, again = calculate_indicators(bars), calculate_indicators(bars.copy())
    assert computed == [196]
    assert caches.stats()["technical_analysis"].hits == before + 1
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(first.astype("float64"), compute(bars, ["rsi", "obv"]), check_exact=True)


def test_the_stack_works_on_coroutines():
    @cache_result(cache_name="technical_analysis", ttl=600)
    @optimize_dataframe_memory()
    @memory_monitor(threshold_mb=200.0)
    async def calculate_indicators(df: pd.DataFrame):
        await asyncio.sleep(0)
        return indicators(df)

    async def three():
        return await asyncio.gather(*(calculate_indicators(sample("FB")) for _ in range(3)))

    results = asyncio.run(three())
    assert computed == [196]
    assert all(result.equals(results[0]) for result in results)


def test_what_only_looks_on_or_narrows_does_not_keep_the_stack_from_the_disk(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    for _ in range(2):  # as two processes would: the second memory is empty
        cache = Cache("stack", disk=folder)
        result = stacked(cache)(sample("FB"))
        assert np.isfinite(result.iloc[-1]).all()
        cache.configure(disk=False)
    assert computed == [196]
