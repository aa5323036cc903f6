"""The shelf: least use, time, bytes, each eviction counted by its cause; sizes are those of buffers and objects."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from collections import OrderedDict
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.clock import ManualClock
from quantperf.memory.results import keep
from quantperf.memory.shelf import ENTRY_BYTES, SWEEP_SECONDS, Entry, Shelf
from quantperf.memory.sizes import size_of


def manual() -> ManualClock:
    return ManualClock(dt.datetime(2024, 1, 2, tzinfo=dt.UTC))


def entry(size: int = 1, ends: float = 1e9) -> Entry:
    return Entry(keep(None), size, 0.0, ends, ends)


def held(shelf: Shelf, keys: Any) -> list[Any]:
    return [key for key in keys if shelf.get(key) is not None]


def test_the_entry_used_longest_ago_goes_first() -> None:
    shelf = Shelf(2, 100, manual().monotonic)
    shelf.put("a", entry())
    shelf.put("b", entry())
    assert shelf.get("a") is not None
    shelf.put("c", entry())
    assert held(shelf, "abc") == ["a", "c"]
    assert shelf.evicted == {"entries": 1}


def test_entries_go_when_the_bytes_are_over_and_one_above_all_bytes_is_not_taken() -> None:
    shelf = Shelf(10, 100, manual().monotonic)
    shelf.put("a", entry(40))
    shelf.put("b", entry(40))
    assert not shelf.put("huge", entry(101))
    assert shelf.put("c", entry(50))
    assert held(shelf, "abc") == ["b", "c"]
    assert shelf.size == 90
    assert shelf.evicted["bytes"] == 1


def test_what_is_over_is_not_given_and_is_swept_by_looking_alone() -> None:
    clock = manual()
    shelf = Shelf(10, 100, clock.monotonic)
    shelf.put("a", entry(ends=10.0))
    shelf.put("b", entry())
    clock.advance(dt.timedelta(seconds=9.999))
    assert shelf.get("a") is not None
    clock.advance(dt.timedelta(seconds=0.001))
    assert shelf.get("a") is None
    clock.advance(dt.timedelta(seconds=SWEEP_SECONDS))
    assert shelf.get("b") is not None
    assert len(shelf) == 1
    assert shelf.evicted == {"expired": 1}


def test_trap_12_time_is_counted_and_no_wall_clock_is_asked() -> None:
    clock = manual()
    shelf = Shelf(10, 100, clock.monotonic)
    shelf.put("a", entry(ends=60.0))
    clock.set(dt.datetime(2034, 1, 1, tzinfo=dt.UTC))
    assert shelf.get("a") is not None
    clock.advance(dt.timedelta(seconds=60))
    clock.set(dt.datetime(1999, 1, 1, tzinfo=dt.UTC))
    assert shelf.get("a") is None


def test_trimming_keeps_those_used_last() -> None:
    shelf = Shelf(10, 100, manual().monotonic)
    for key in "abcd":
        shelf.put(key, entry())
    assert held(shelf, "a") == ["a"]
    assert shelf.trim(2) == 2
    assert held(shelf, "abcd") == ["a", "d"]
    assert shelf.evicted["trimmed"] == 2


def test_bounds_can_be_changed_and_the_order_of_use_stays() -> None:
    shelf = Shelf(10, 100, manual().monotonic)
    for key in "abcd":
        shelf.put(key, entry(10))
    shelf.get("a")
    shelf.resize(3, 100)
    assert held(shelf, "bcda") == ["c", "d", "a"]
    shelf.resize(3, 15)
    assert held(shelf, "abcd") == ["a"]


@given(st.lists(st.tuples(st.sampled_from(["put", "get", "remove", "tick"]), st.integers(0, 9), st.integers(1, 40))))
def test_the_shelf_is_a_table_with_times_and_an_order_of_use(steps: list[tuple[str, int, int]]) -> None:
    clock = manual()
    shelf = Shelf(5, 100, clock.monotonic)
    plain: OrderedDict[int, tuple[int, float]] = OrderedDict()  # size and end, the one used longest ago first
    for step, key, number in steps:
        now = clock.monotonic()
        for old in [each for each, (_, ends) in plain.items() if ends <= now]:
            del plain[old]
        if step == "put":
            plain.pop(key, None)
            while len(plain) >= 5 or sum(size for size, _ in plain.values()) + number > 100:
                plain.popitem(last=False)
            plain[key] = (number, now + number)
            assert shelf.put(key, entry(number, now + number))
        elif step == "get":
            assert (shelf.get(key) is not None) == (key in plain)
            if key in plain:
                plain.move_to_end(key)
        elif step == "remove":
            assert shelf.remove(key) == (plain.pop(key, None) is not None)
        else:
            clock.advance(dt.timedelta(seconds=number))
    shelf.sweep()
    now = clock.monotonic()
    alive = {key: size for key, (size, ends) in plain.items() if ends > now}
    assert len(shelf) == len(alive)
    assert shelf.size == sum(alive.values())


def traced(make: Any) -> tuple[Any, int]:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        made = make()
        return made, tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.zeros(100_000),
        lambda: pd.DataFrame(np.zeros((20_000, 6))),
        lambda: pd.DataFrame({"a": [f"text {n}" for n in range(20_000)]}, dtype=object),
        lambda: {f"key {n}": [float(n), f"value {n}"] for n in range(5_000)},
        lambda: [np.zeros(1_000) for _ in range(100)],
    ],
    ids=["array", "frame", "object texts", "nested", "list of arrays"],
)
def test_sizes_are_what_the_allocator_says(make: Any) -> None:
    value, bytes_ = traced(make)
    assert size_of(value) == pytest.approx(bytes_, rel=0.15)


def test_a_shallow_size_misses_what_a_container_holds() -> None:
    value = [np.zeros(100_000)]
    assert value.__sizeof__() < 1_000  # the defective way
    assert size_of(value) > 800_000


def test_what_is_held_twice_counts_once_and_a_list_in_itself_ends() -> None:
    block = np.zeros(10_000)
    own: list[Any] = [block, block]
    own.append(own)
    assert 80_000 < size_of(own) < 81_000


def test_the_part_of_an_entry_that_is_no_result_is_counted_at_its_measure() -> None:
    count = 2_000

    def fill() -> Shelf:
        shelf = Shelf(count, 10**9, manual().monotonic)
        for n in range(count):
            shelf.put(
                (("function", "module", "name"), ("array", "<f8", (2520,), hash(str(n)))), entry(ENTRY_BYTES, n + 1e6)
            )
        return shelf

    shelf, bytes_ = traced(fill)
    assert len(shelf) == count
    assert 0.5 * ENTRY_BYTES < bytes_ / count <= 1.1 * ENTRY_BYTES
