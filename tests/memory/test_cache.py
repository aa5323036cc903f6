"""The cache: what is kept, what is handed out, what is renewed behind, and what is counted."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import os
import pickle
import threading
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.analysis.comprehensive import comprehensive
from quantperf.clock import ManualClock
from quantperf.errors import ParameterError, Unkeyable
from quantperf.memory import caches
from quantperf.memory.cache import JITTER, MOST_REASONS, Cache
from quantperf.memory.named import PLANS, TIMES, Caches, seconds_of
from quantperf.memory.renewals import REFRESH_PAUSE
from quantperf.memory.shelf import ENTRY_BYTES

WAIT = 20.0


def manual() -> ManualClock:
    return ManualClock(dt.datetime(2024, 1, 2, tzinfo=dt.UTC))


def pass_seconds(clock: ManualClock, seconds: float) -> None:
    clock.advance(dt.timedelta(seconds=seconds))


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(int(WAIT * 1000)):
        if condition():
            return
        threading.Event().wait(0.001)
    raise AssertionError("what was waited for did not happen")


class Counter:
    """A computation that counts itself, takes seconds of a clock, and may fail."""

    def __init__(self, answer: Any = None, clock: ManualClock | None = None, seconds: float = 0.0) -> None:
        self.answer, self.clock, self.seconds = answer, clock, seconds
        self.count = 0
        self.error: Exception | None = None

    def __call__(self) -> Any:
        self.count += 1
        if self.clock is not None:
            pass_seconds(self.clock, self.seconds)
        if self.error is not None:
            raise self.error
        return self.answer


# ----------------------------------------------------------------------------------------------------- what is kept


@pytest.mark.parametrize("value", [None, 0, 0.0, False, "", (), [], {}, float("nan")])
def test_trap_2_none_and_zero_are_kept_like_any_value(value: object) -> None:
    cache, work = Cache("c"), Counter(value)
    first, second = cache.fetch("k", work), cache.fetch("k", work)
    assert work.count == 1
    assert repr(first) == repr(second) == repr(value)


def test_errors_are_not_kept() -> None:
    cache, work = Cache("c"), Counter()
    work.error = LookupError("unknown symbol")
    for _ in range(2):
        with pytest.raises(LookupError):
            cache.fetch("k", work)
    work.error = None
    assert cache.fetch("k", work) is None
    assert work.count == 3


def test_chosen_errors_are_kept_for_their_own_time() -> None:
    clock, work = manual(), Counter()
    cache = Cache("c", errors=(LookupError,), error_ttl=30, clock=clock)
    work.error = KeyError("unknown symbol")
    for _ in range(3):
        with pytest.raises(KeyError, match="unknown symbol"):
            cache.fetch("k", work)
    assert (work.count, cache.stats().errors_kept, cache.stats().hits) == (1, 1, 2)
    pass_seconds(clock, 31)
    work.error = None
    assert cache.fetch("k", work) is None
    work.error = TimeoutError("not of the kept ones")
    for _ in range(2):
        with pytest.raises(TimeoutError):
            cache.fetch("other", work)
    assert work.count == 4


@pytest.mark.parametrize("ttl", [1, 60, 3600])
def test_a_result_lives_its_time_less_at_most_five_percent(ttl: int) -> None:
    lives = []
    for seed in range(20):
        clock, work = manual(), Counter(1)
        cache = Cache("c", ttl=ttl, clock=clock, seed=seed)
        cache.fetch("k", work)
        pass_seconds(clock, ttl * (1 - JITTER) - 1e-6)
        cache.fetch("k", work)
        assert work.count == 1
        cache.remove(next(iter(cache._shelf._held)))
        cache.fetch("k", work)
        entry = next(iter(cache._shelf._held.values()))
        lives.append(entry.ends - clock.monotonic())
        pass_seconds(clock, ttl)
        cache.fetch("k", work)
        assert work.count == 3
    assert len(set(lives)) == 20
    assert all(ttl * (1 - JITTER) < life <= ttl for life in lives)


def test_trap_12_a_time_of_zero_keeps_nothing_and_is_no_default() -> None:
    cache, work = Cache("c"), Counter(1)

    def defective(ttl: float | None) -> float:
        return ttl or 600.0

    assert defective(0) == 600.0
    for _ in range(3):
        cache.fetch("k", work, ttl=0)
    assert work.count == 3
    assert len(cache) == 0
    assert (cache.stats().bypassed, cache.stats().hit_rate, dict(cache.stats().reasons)) == (3, None, {"ttl is 0": 3})


def test_a_result_above_all_bytes_is_returned_and_not_kept() -> None:
    cache, work = Cache("c", bytes=50_000), Counter(np.zeros(10_000))
    for _ in range(2):
        assert len(cache.fetch("k", work)) == 10_000
    assert (work.count, len(cache), cache.stats().too_large) == (2, 0, 2)


def test_bytes_are_those_of_the_results() -> None:
    cache = Cache("c", bytes=1_000_000)
    for n in range(20):
        cache.fetch(n, lambda: np.zeros(12_500))
    stats = cache.stats()
    assert stats.memory_usage <= 1_000_000
    assert stats.cache_size == 1_000_000 // (100_000 + 112 + ENTRY_BYTES)
    assert stats.evictions == {"bytes": 20 - stats.cache_size}


def test_a_key_without_content_is_an_error() -> None:
    with pytest.raises(Unkeyable):
        Cache("c").fetch(object(), lambda: 1)


# ----------------------------------------------------------------------------------------------- what is handed out


class Pair(NamedTuple):
    a: Any
    b: Any


@dataclass(frozen=True)
class Record:
    table: dict[str, Any]
    name: str = "r"


@dataclass
class Plain:
    values: list[float] = field(default_factory=lambda: [1.0])


class Custom:
    def __init__(self) -> None:
        self.values = [1.0]


def frame() -> pd.DataFrame:
    made = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4]}, index=pd.Index(["x", "y"], name="label"))
    made.attrs["source"] = ["file"]
    return made


def edit_frame(value: Any) -> None:
    value.loc["x", "a"] = -1.0
    value["c"] = 5
    value.index.name = "edited"
    value.attrs["source"].append("edited")


def edit_series(value: Any) -> None:
    value.iloc[0] = -1.0
    value.name = "edited"


def edit_index(value: Any) -> None:
    value.name = "edited"


EDITS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "frame": (frame, edit_frame),
    "frame by a column": (frame, lambda value: value["a"].__setitem__("x", -1.0) or value.drop(columns="b")),
    "series": (lambda: pd.Series([1.0, 2.0], name="s"), edit_series),
    "index": (lambda: pd.Index([1, 2], name="i"), edit_index),
    "list": (lambda: [1, 2], lambda value: value.append(3)),
    "dict": (lambda: {"a": 1}, lambda value: value.update(a=2)),
    "set": (lambda: {1}, lambda value: value.add(2)),
    "nested": (lambda: {"a": [1, {"b": [2]}]}, lambda value: value["a"][1]["b"].append(3)),
    "tuple of lists": (lambda: ([1], 2), lambda value: value[0].append(3)),
    "named tuple": (lambda: Pair([1], 2), lambda value: value.a.append(3)),
    "frozen dataclass": (lambda: Record({"a": [1]}), lambda value: value.table["a"].append(2)),
    "dataclass": (Plain, lambda value: value.values.append(2.0)),
    "object": (Custom, lambda value: value.values.append(2.0)),
    "frame in a dict": (lambda: {"f": frame()}, lambda value: edit_frame(value["f"])),
    "objects in a frame": (lambda: pd.DataFrame({"a": [[1], [2]]}), lambda value: value.loc[0, "a"].append(3)),
    "array of objects": (lambda: np.array([[1], None], dtype=object), lambda value: value[0].append(3)),
    "proxy": (lambda: types.MappingProxyType({"a": [1]}), lambda value: value["a"].append(2)),
    "bytes": (lambda: bytearray(b"abc"), lambda value: value.extend(b"d")),
}


def shown(value: Any) -> str:
    """Return all of a value as text, whatever it is."""
    if isinstance(value, pd.DataFrame):
        return f"{value.to_dict()} {value.index!r} {value.attrs}"
    if isinstance(value, dict):
        return str({key: shown(each) for key, each in value.items()})
    return f"{type(value).__name__} {getattr(value, '__dict__', value)!r}" if isinstance(value, Custom) else repr(value)


@pytest.mark.parametrize(("make", "edit"), EDITS.values(), ids=EDITS)
def test_trap_3_no_edit_of_one_caller_reaches_another(make: Callable[[], Any], edit: Callable[[Any], Any]) -> None:
    original = shown(make())
    returned = make()
    handed_out: dict[str, Any] = {"k": make()}
    edit(handed_out["k"])
    if make is not frame or edit is edit_frame:
        assert shown(handed_out["k"]) != original  # the defective way: one object for all
    cache = Cache("c")
    for _ in range(3):
        edit(cache.fetch("k", lambda: returned))
        assert shown(cache.fetch("k", lambda: returned)) == original
    edit(returned)  # the function still holds what it returned
    assert shown(cache.fetch("k", lambda: returned)) == original
    assert cache.stats().misses == 1


def test_arrays_are_read_only_and_not_those_of_the_function() -> None:
    cache, own = Cache("c"), np.arange(5.0)
    for _ in range(2):
        found = cache.fetch("k", lambda: own)
        with pytest.raises(ValueError, match="read-only"):
            found[0] = 9.0
        with pytest.raises(ValueError, match="WRITEABLE"):
            found.flags.writeable = True
    own[0] = 9.0
    assert cache.fetch("k", lambda: own).tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert own.flags.writeable


def test_types_dtypes_index_zone_and_attrs_come_back_as_they_were() -> None:
    index = pd.date_range("2024-03-30", periods=3, tz="Europe/Paris", name="date")
    made = pd.DataFrame({"a": [1.0, np.nan, 3.0], "s": ["x", "y", None], "c": pd.Categorical(["u", "v", "u"])}, index)
    made.attrs = {"source": "file"}
    cache = Cache("c")
    for _ in range(2):
        found = cache.fetch("k", lambda: made)
        pd.testing.assert_frame_equal(found, made, check_freq=True)
        assert found.attrs == made.attrs


def test_an_analysis_comes_back_equal_and_whole() -> None:
    cache, bars = Cache("c"), qp.sample("IBM")
    found = [cache.fetch("IBM", lambda: comprehensive(bars, symbol="IBM")) for _ in range(2)]
    assert found[0] == found[1] == comprehensive(bars, symbol="IBM")


def test_what_says_that_it_never_changes_is_shared_and_what_cannot_be_copied_is_not_kept() -> None:
    cache = Cache("c")

    class Mapped:
        cache_token = ("store", 1)

    shared = Mapped()
    assert cache.fetch("shared", lambda: shared) is cache.fetch("shared", lambda: shared) is shared
    work = Counter()
    for _ in range(2):
        work.answer = (each for each in (1, 2))
        assert list(cache.fetch("generator", work)) == [1, 2]
    assert (work.count, cache.stats().not_kept) == (2, 2)


def test_callers_that_wait_for_what_cannot_be_copied_get_one_each() -> None:
    cache, begun, go = Cache("c"), threading.Event(), threading.Event()

    def slow() -> Any:
        begun.set()
        assert go.wait(WAIT)
        return (each for each in (1, 2))

    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(cache.fetch, "k", slow) for _ in range(3)]
        assert begun.wait(WAIT)
        go.set()
        assert [list(answer.result(WAIT)) for answer in answers] == [[1, 2]] * 3


# ------------------------------------------------------------------------------------------------------- stale values


def test_a_stale_value_is_given_while_one_computation_renews_it() -> None:
    clock, begun, go = manual(), threading.Event(), threading.Event()
    cache = Cache("c", ttl=60, stale=600, clock=clock)
    count = 0

    def work() -> int:
        nonlocal count
        count += 1
        if count > 1:
            begun.set()
            assert go.wait(WAIT)
        return count

    assert cache.fetch("k", work) == 1
    pass_seconds(clock, 61)
    assert [cache.fetch("k", work) for _ in range(20)] == [1] * 20
    assert begun.wait(WAIT)
    assert [cache.fetch("k", work) for _ in range(20)] == [1] * 20
    go.set()
    wait_for(lambda: cache.fetch("k", work) == 2)
    assert count == 2
    stats = cache.stats()
    assert (stats.stale_hits >= 40, stats.refreshes, stats.misses) == (True, 1, 2)


def test_a_refresh_that_fails_leaves_the_old_value_and_is_counted() -> None:
    clock, work = manual(), Counter("old")
    cache = Cache("c", ttl=60, stale=600, errors=(ValueError,), clock=clock)
    cache.fetch("k", work)
    pass_seconds(clock, 61)
    work.error = ValueError("source is down")
    assert cache.fetch("k", work) == "old"
    wait_for(lambda: cache.stats().refresh_failures == 1 and len(cache._renewals) == 0)
    assert cache.stats().last_error == "ValueError: source is down"
    assert [cache.fetch("k", work) for _ in range(5)] == ["old"] * 5
    assert work.count == 2  # no storm of attempts
    pass_seconds(clock, REFRESH_PAUSE)
    work.error, work.answer = None, "new"
    cache.fetch("k", work)
    wait_for(lambda: cache.fetch("k", work) == "new")
    pass_seconds(clock, 661)
    work.error = ValueError("source is down")
    with pytest.raises(ValueError, match="down"):
        cache.fetch("k", work)


def test_a_coroutine_is_renewed_in_its_loop() -> None:
    clock, count = manual(), 0
    cache = Cache("c", ttl=60, stale=600, clock=clock)

    async def work() -> int:
        nonlocal count
        count += 1
        await asyncio.sleep(0)
        return count

    async def scenario() -> list[int]:
        found = [await cache.fetch_async("k", work)]
        pass_seconds(clock, 61)
        found += [await cache.fetch_async("k", work) for _ in range(3)]
        await asyncio.gather(*cache._renewals._tasks)
        return [*found, await cache.fetch_async("k", work)]

    assert asyncio.run(scenario()) == [1, 1, 1, 1, 2]


# ------------------------------------------------------------------------------------------------------------ counts


def test_trap_14_the_hit_rate_is_of_what_was_counted_and_none_without_traffic() -> None:
    cache = Cache("c")
    assert (cache.stats().hit_rate, cache.stats().health, cache.stats().pays) == (None, None, None)
    for key in (1, 1, 1, 2):
        cache.fetch(key, lambda: 0)
    stats = cache.stats()
    assert (stats.hits, stats.misses, stats.hit_rate, stats.health) == (2, 2, 0.5, "critical")
    for name in ("cache_size", "max_size", "hits", "misses", "hit_rate", "memory_usage"):
        assert stats[name] == getattr(stats, name)
    with pytest.raises(KeyError):
        stats["requests"]


@pytest.mark.parametrize(("hits", "health"), [(50, "critical"), (51, "warning"), (70, "warning"), (71, "healthy")])
def test_health_is_a_verdict_on_the_hit_rate(hits: int, health: str) -> None:
    cache = Cache("c")
    for number in range(100 - hits):
        cache.fetch(number, lambda: 0)
    for _ in range(hits):
        cache.fetch(0, lambda: 0)
    assert cache.stats().health == health


def test_seconds_saved_are_the_cost_of_what_was_not_computed_less_the_time_to_find_it() -> None:
    clock = manual()
    cache, work = Cache("c", clock=clock), Counter(1, clock, seconds=2.0)
    cache.fetch("k", work)
    for _ in range(3):
        began = clock.monotonic()
        pass_seconds(clock, 0.25)  # the time to make a key
        cache.answer(next(iter(cache._shelf._held)), work, cache.policy, began)
    stats = cache.stats()
    assert stats.seconds_saved == pytest.approx(3 * 1.75)
    assert stats.pays


def test_a_cache_that_costs_more_than_it_saves_says_so() -> None:
    clock = manual()
    cache, work = Cache("c", clock=clock), Counter(1, clock, seconds=0.1)
    cache.fetch("k", work)
    for _ in range(3):
        began = clock.monotonic()
        pass_seconds(clock, 0.25)
        cache.answer(next(iter(cache._shelf._held)), work, cache.policy, began)
    assert cache.stats().seconds_saved < 0
    assert not cache.stats().pays
    assert "costs more than it saves" in cache.stats().verdict
    assert "costs more than it saves" in repr(cache)


def test_reasons_of_bypasses_are_bounded() -> None:
    cache = Cache("c")
    for number in range(3 * MOST_REASONS):
        cache.count_bypass(f"reason {number}")
    stats = cache.stats()
    assert stats.bypassed == 3 * MOST_REASONS == sum(stats.reasons.values())
    assert len(stats.reasons) == MOST_REASONS + 1


def test_removing_trimming_clearing_and_counting_anew() -> None:
    cache = Cache("c")
    for number in range(10):
        cache.fetch(number, lambda: 0)
    assert (cache.invalidate(3), cache.invalidate(3)) == (True, False)
    assert (cache.trim(0.5), len(cache)) == (4, 5)
    assert (cache.clear(), len(cache)) == (5, 0)
    assert cache.stats().evictions == {"invalidated": 1, "trimmed": 4, "cleared": 5}
    cache.reset_stats()
    assert (cache.stats().misses, dict(cache.stats().evictions)) == (0, {})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Cache(""), "name must be a text"),
        (lambda: Cache("c", entries=0), "entries must be a whole number, at least 1, got 0"),
        (lambda: Cache("c", bytes=1.5), "bytes must be a whole number"),
        (lambda: Cache("c", ttl=-1), "ttl must be a number of seconds, at least 0, got -1"),
        (lambda: Cache("c", ttl=float("nan")), "ttl must be"),
        (lambda: Cache("c").fetch("k", int, stale=-1), "stale must be"),
        (lambda: Cache("c", errors=ValueError), "errors must be a tuple of exception types"),
        (lambda: Cache("c").trim(1.5), "fraction must be a number from 0 to 1"),
        (lambda: Caches()["new"], "unknown cache 'new'"),
        (lambda: Caches()["news_data"], "unknown cache 'news_data'"),
        (lambda: Caches().add("news"), "the name of a new cache must be free"),
        (lambda: Caches().remove("news"), "always there"),
        (lambda: seconds_of("price_data", "latst"), "did you mean 'latest'"),
    ],
)
def test_what_is_out_of_bounds_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        make()


# ------------------------------------------------------------------------------------------------------ named caches


def test_the_named_caches_have_their_bounds() -> None:
    found = {
        name: (stats.max_size, cache.policy.ttl, stats.max_memory)
        for (name, cache), stats in zip(Caches().items(), Caches().stats().values(), strict=True)
    }
    assert found == {
        "technical_analysis": (500, 600.0, 120_000_000),
        "price_data": (200, 3600.0, 80_000_000),
        "api_response": (2000, 180.0, 45_000_000),
        "news": (1000, 300.0, 25_000_000),
    }
    assert set(TIMES) == set(PLANS)
    assert seconds_of("price_data", "latest") == 60.0
    assert seconds_of("price_data", 7) == 7


def test_a_cache_can_be_added_configured_and_removed() -> None:
    own = Caches()
    own.add("reports", entries=3, ttl=10, bytes=10_000)
    for number in range(5):
        own["reports"].fetch(number, lambda: 0)
    assert own.stats()["reports"].cache_size == 3
    assert own.configure("reports", entries=2, ttl=5).policy.ttl == 5
    assert own.stats()["reports"].cache_size == 2
    assert own.table().loc["reports", ["cache_size", "max_size", "misses"]].tolist() == [2, 2, 5]
    assert "reports" in repr(own)
    assert "<th>reports</th>" in own._repr_html_()
    assert own.trim(0.5) == 1
    assert own.clear() == 1
    own.reset_stats()
    own.remove("reports")
    assert len(own) == 4


def test_a_cache_travels_by_name_and_bounds() -> None:
    assert pickle.loads(pickle.dumps(caches["news"])) is caches["news"]
    own = Cache("travels", entries=7, ttl=5, bytes=1_000_000, errors=(LookupError,))
    own.fetch("k", lambda: 1)
    try:
        arrived = pickle.loads(pickle.dumps(own))
        assert (arrived.policy, arrived.stats().max_size, len(arrived)) == (own.policy, 7, 0)
        assert pickle.loads(pickle.dumps(own)) is arrived is caches["travels"]
    finally:
        caches.remove("travels")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_of_a_fork_has_the_entries_and_none_of_the_locks() -> None:
    cache, begun, go = Cache("c"), threading.Event(), threading.Event()
    cache.fetch("kept", lambda: 1)

    def slow() -> int:
        begun.set()
        assert go.wait(WAIT)
        return 2

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(cache.fetch, "slow", slow)
        assert begun.wait(WAIT)
        cache._lock.acquire()  # as if a thread were counting just now
        child = os.fork()
        if child == 0:
            os._exit(0 if (cache.fetch("slow", lambda: 3), cache.fetch("kept", lambda: 4)) == (3, 4) else 1)
        cache._lock.release()
        ended = os.waitpid(child, 0)[1]
        go.set()
        assert answer.result(WAIT) == 2
    assert os.waitstatus_to_exitcode(ended) == 0


def test_many_threads_on_few_keys_keep_all_counts() -> None:
    cache = Cache("c", entries=5)
    calls = 4_000

    def ask(number: int) -> int:
        return int(cache.fetch(number % 10, lambda: np.full(10, number % 10))[0])

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(calls)))
    assert found == [number % 10 for number in range(calls)]
    stats = cache.stats()
    assert stats.hits + stats.misses + stats.coalesced == calls
    assert stats.cache_size == 5
    assert sum(stats.evictions.values()) == stats.misses - 5
    assert copy.copy(stats) == stats
