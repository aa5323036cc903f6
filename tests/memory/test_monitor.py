"""The memory monitor finds what was planted, in every kind of function, and says what it could not measure."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from quantperf.errors import ParameterError
from quantperf.events import Bus, MemoryCrossed
from quantperf.memory import memory_monitor, optimize_dataframe_memory
from quantperf.memory import resident as resident_module
from quantperf.memory.monitor import MemoryMonitor
from quantperf.memory.resident import Gauge, best_gauge, kernel_gauge, psutil_gauge, resident
from quantperf.memory.watch import Watch

PLANTED = 80_000_000
SLACK = 12_000_000  # of the process's figure: what the interpreter itself takes and gives back
GAUGES = ("kernel", "sampled")


def plant(count=PLANTED):
    """Touch so many bytes and give them back."""
    return int(np.ones(count, np.uint8)[-1])


@pytest.fixture(params=GAUGES)
def monitor(request):
    gauge = kernel_gauge() if request.param == "kernel" else psutil_gauge()
    if gauge is None:
        pytest.skip("the kernel's high-water mark cannot be reset here")
    return MemoryMonitor(Watch(gauge))


@pytest.fixture
def exact():
    """A monitor over a process that this test makes up."""
    held = {"now": 100, "peak": 100}

    def forget():
        held["peak"] = held["now"]

    made = MemoryMonitor(Watch(Gauge("kernel", lambda: held["now"], lambda: held["peak"], forget)))

    def hold(change):
        held["now"] += change
        held["peak"] = max(held["peak"], held["now"])

    return made, hold


def found(record):
    return PLANTED - SLACK < record.added_bytes < PLANTED + SLACK


def long_plant():
    """Hold what was planted for longer than a sampler sleeps."""
    block = np.ones(PLANTED, np.uint8)
    threading.Event().wait(0.05)
    return int(block[-1])


def test_a_planted_peak_is_found(monitor):
    measured = monitor(long_plant)
    assert measured() == 1
    record = measured.memory.last
    assert found(record)
    assert record.before_bytes < record.peak_bytes
    assert record.peak_bytes - record.after_bytes > PLANTED - SLACK
    assert abs(record.kept_bytes) < SLACK
    assert record.method == monitor.watch.gauge.method
    assert (record.kind, record.resumptions, record.overlapped, record.error) == ("function", 1, False, None)


def test_the_kernel_finds_a_peak_that_a_sampler_sleeps_through():
    gauge = kernel_gauge()
    if gauge is None:
        pytest.skip("the kernel's high-water mark cannot be reset here")
    measured = MemoryMonitor(Watch(gauge))(plant)
    measured()
    assert found(measured.memory.last)


def test_a_coroutine_is_measured_where_it_runs_and_not_where_it_is_made(monitor):
    """On a coroutine only its creation was measured."""

    async def work():
        await asyncio.sleep(0)
        long_plant()
        await asyncio.sleep(0)
        return 7

    def defective(function):
        def call():
            watch = Watch(monitor.watch.gauge)
            stretch = watch.begin()
            made = function()
            watch.end(stretch)
            call.added = stretch.peak - stretch.before
            return made

        return call

    wrong = defective(work)
    assert asyncio.run(wrong()) == 7
    assert wrong.added < SLACK
    measured = monitor(work)
    assert asyncio.run(measured()) == 7
    assert found(measured.memory.last)
    assert (measured.memory.last.kind, measured.memory.last.resumptions) == ("coroutine", 3)


def test_a_coroutine_behind_a_plain_function_or_an_object_is_measured_too(exact):
    monitor, hold = exact

    async def work():
        hold(3)
        await asyncio.sleep(0)
        hold(4)
        return "done"

    class Job:
        async def __call__(self):
            return await work()

    for each in (lambda: work(), Job()):
        measured = monitor(each)
        assert asyncio.run(measured()) == "done"
        assert (measured.memory.last.kind, measured.memory.last.kept_bytes) == ("coroutine", 7)
        assert len(measured.memory) == 1


def test_a_generator_that_the_collector_closes_is_recorded(exact):
    monitor, hold = exact

    @monitor
    def endless():
        while True:
            hold(1)
            yield

    def abandon():
        class Node:
            pass

        node = Node()
        node.itself, node.run = node, endless()
        next(node.run)

    abandon()
    stretch = monitor.watch.begin()
    with monitor.watch._guard:  # where the collector may strike
        gc.collect()
    monitor.watch.end(stretch)
    assert endless.memory.last.resumptions == 2
    assert monitor.watch.open_stretches == 0


def test_what_others_do_while_a_coroutine_waits_is_not_its_own(exact):
    monitor, hold = exact

    @monitor
    async def waits():
        hold(10)
        await asyncio.sleep(0)
        hold(-4)

    async def both():
        async def other():
            hold(1000)
            await asyncio.sleep(0)

        await asyncio.gather(waits(), other())

    asyncio.run(both())
    record = waits.memory.last
    assert (record.before_bytes, record.added_bytes, record.kept_bytes) == (100, 10, 6)
    assert record.overlapped is False


def test_every_resumption_of_a_generator_is_measured(exact):
    monitor, hold = exact

    @monitor
    def blocks():
        received = []
        try:
            for change in (5, 20, -3):
                hold(change)
                received.append((yield change))
        except KeyError:
            received.append("thrown")
        return received

    run = blocks()
    assert blocks.memory.last is None  # nothing ran yet
    assert next(run) == 5
    hold(10_000)  # what its user takes meanwhile
    assert run.send("a") == 20
    with pytest.raises(StopIteration) as stop:
        run.throw(KeyError("k"))
    assert stop.value.value == ["a", "thrown"]
    record = blocks.memory.last
    assert (record.kind, record.resumptions, record.added_bytes, record.kept_bytes) == ("generator", 3, 25, 25)


def test_a_generator_that_is_left_is_recorded_and_closed(exact):
    monitor, hold = exact
    closed = []

    @monitor
    def endless():
        try:
            while True:
                hold(1)
                yield
        finally:
            closed.append(True)

    run = endless()
    next(run)
    next(run)
    run.close()
    assert closed == [True]
    assert (endless.memory.last.resumptions, endless.memory.last.kept_bytes) == (3, 2)
    assert endless.memory.last.error is None


def test_every_resumption_of_an_asynchronous_generator_is_measured(exact):
    monitor, hold = exact
    closed = []

    @monitor
    async def blocks():
        try:
            for change in (5, 20):
                await asyncio.sleep(0)
                hold(change)
                yield change
        finally:
            closed.append(True)

    async def whole():
        return [each async for each in blocks()]

    async def part():
        run = blocks()
        first = await anext(run)
        await run.aclose()
        return first

    assert asyncio.run(whole()) == [5, 20]
    assert (blocks.memory.last.kind, blocks.memory.last.kept_bytes) == ("async generator", 25)
    assert asyncio.run(part()) == 5
    assert blocks.memory.last.kept_bytes == 5
    assert closed == [True, True]


def test_values_and_exceptions_reach_an_asynchronous_generator(exact):
    monitor, _ = exact

    @monitor
    async def echo():
        value = None
        while True:
            try:
                value = yield value
            except KeyError as error:
                value = f"caught {error}"

    async def talk():
        run = echo()
        said = [await anext(run), await run.asend("a"), await run.athrow(KeyError("k"))]
        await run.aclose()
        return said

    assert asyncio.run(talk()) == [None, "a", "caught 'k'"]


def fail():
    raise RuntimeError("planted")


async def fail_later():
    await asyncio.sleep(0)
    raise RuntimeError("planted")


def fail_between():
    yield 1
    raise RuntimeError("planted")


async def fail_between_awaits():
    yield 1
    raise RuntimeError("planted")


async def drain(run):
    return [each async for each in run]


@pytest.mark.parametrize(
    ("work", "run"),
    [
        (fail, lambda work: work()),
        (fail_later, lambda work: asyncio.run(work())),
        (fail_between, lambda work: list(work())),
        (fail_between_awaits, lambda work: asyncio.run(drain(work()))),
    ],
)
def test_an_exception_is_recorded_and_goes_on(exact, work, run):
    monitor, _ = exact
    measured = monitor(work)
    with pytest.raises(RuntimeError, match="planted"):
        run(measured)
    assert measured.memory.last.error == "RuntimeError"
    assert monitor.watch.open_stretches == 0


def test_a_cancelled_coroutine_is_recorded(exact):
    monitor, _ = exact

    @monitor
    async def waits():
        await asyncio.sleep(60)

    async def cancel():
        task = asyncio.ensure_future(waits())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert waits.memory.last.error == "CancelledError"


def test_nested_calls_each_know_their_own_peak(exact):
    monitor, hold = exact

    @monitor
    def inner():
        hold(7)
        hold(-7)

    @monitor
    def outer():
        hold(50)
        hold(-50)
        inner()

    outer()
    assert (outer.memory.last.added_bytes, inner.memory.last.added_bytes) == (50, 7)
    assert not outer.memory.last.overlapped


def test_calls_in_two_threads_are_marked(monitor):
    started, leave = threading.Event(), threading.Event()

    @monitor
    def waits():
        started.set()
        assert leave.wait(10)

    @monitor
    def quick():
        return None

    thread = threading.Thread(target=waits)
    thread.start()
    assert started.wait(10)
    quick()
    leave.set()
    thread.join()
    assert quick.memory.last.overlapped
    assert waits.memory.last.overlapped
    quick()
    assert not quick.memory.last.overlapped


def test_the_sampler_ends_with_the_last_call():
    monitor = MemoryMonitor(Watch(psutil_gauge()))
    monitor(long_plant)()
    sampler = monitor.watch.sampler
    sampler.join(10)
    assert not sampler.is_alive()
    monitor(long_plant)()
    assert monitor.watch.sampler is not sampler
    monitor.watch.sampler.join(10)


def test_a_crossing_is_an_event_a_log_record_and_a_call(exact, caplog):
    monitor, hold = exact
    bus, told = Bus(), []
    heard = []
    bus.subscribe(MemoryCrossed, heard.append)

    @monitor(threshold_mb=0.00005, on_crossing=told.append, bus=bus)
    def work(change):
        hold(change)

    with caplog.at_level(logging.WARNING, "quantperf.memory"):
        work(50)
    assert not heard
    assert not work.memory.last.crossed
    with caplog.at_level(logging.WARNING, "quantperf.memory"):
        work(51)
    assert heard == told
    assert (heard[0].added_bytes, heard[0].threshold_bytes, heard[0].peak_bytes) == (51, 50.0, 201)
    assert heard[0].name.endswith("work")
    assert [record.name for record in caplog.records] == ["quantperf.memory"]
    assert work.memory.last.crossed


def test_a_generator_crosses_once_and_while_it_runs(exact):
    monitor, hold = exact
    heard = []
    monitor.bus.subscribe(MemoryCrossed, heard.append)

    @monitor(threshold_mb=0)
    def grows():
        for _ in range(3):
            hold(1)
            yield len(heard)

    assert list(grows()) == [0, 1, 1]
    assert len(heard) == 1


def test_a_threshold_of_zero_is_a_threshold(exact):
    """A threshold of 0 was read as none."""
    monitor, hold = exact
    work = monitor(threshold_mb=0)(hold)
    work(0)
    assert not work.memory.last.crossed
    work(1)
    assert work.memory.last.crossed


def test_a_listener_that_fails_fails_nothing_else(exact):
    monitor, hold = exact

    def bad(event):
        raise ValueError("listener")

    work = monitor(threshold_mb=0, on_crossing=bad)(hold)
    assert work(5) is None
    assert [str(error) for _, error in monitor.bus.errors] == ["listener"]


def test_what_could_not_be_measured_is_missing_and_never_zero():
    """A failed measurement was stored as zeros with the status "fair"."""
    blind = MemoryMonitor(Watch(Gauge("sampled", lambda: None, None, lambda: None)))
    work = blind(threshold_mb=0)(plant)
    work(1000)
    record = work.memory.last
    figures = (record.before_bytes, record.peak_bytes, record.after_bytes, record.added_bytes, record.kept_bytes)
    assert figures == (None,) * 5
    assert record.traced_peak_bytes is None
    assert not record.crossed
    row = work.memory.frame().iloc[0]
    assert row[["before_bytes", "peak_bytes", "traced_peak_bytes"]].isna().all()
    assert row["seconds"] > 0
    blind.watch.sampler.join(10)


def test_allocations_are_traced_only_where_asked(monitor):
    was_tracing = tracemalloc.is_tracing()
    plain, traced = monitor(plant), monitor(trace=True)(plant)
    plain()
    traced()
    assert plain.memory.last.traced_peak_bytes is None
    record = traced.memory.last
    assert record.traced_peak_bytes - record.traced_before_bytes >= PLANTED
    assert record.traced_after_bytes - record.traced_before_bytes < 1_000_000
    assert tracemalloc.is_tracing() is was_tracing


def test_a_trace_that_was_running_goes_on(monitor):
    tracemalloc.start()
    try:
        monitor(trace=True)(plant)()
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


def test_records_are_bounded_and_what_was_dropped_is_counted(exact):
    _, hold = exact
    monitor = MemoryMonitor(exact[0].watch, most=3)
    work = monitor(hold)
    for _ in range(5):
        work(0)
    assert (len(monitor.records()), monitor.kept.dropped, len(work.memory)) == (3, 2, 5)
    assert str(monitor.records()["event_at"].dtype) == "datetime64[us, UTC]"
    assert (monitor.records()["known_at"] >= monitor.records()["event_at"]).all()
    monitor.kept.clear()
    assert monitor.records().empty
    assert repr(monitor.kept) == "MemoryRecords(0 calls, 0 dropped)"
    assert "5 calls" in repr(work.memory)
    assert "<table" in work.memory._repr_html_()


def test_methods_are_measured_with_and_without_parentheses():
    class Service:
        @memory_monitor
        def plain(self, x):
            """Say."""
            return x

        @memory_monitor(threshold_mb=200.0)
        @optimize_dataframe_memory()
        def stacked(self, frame):
            return frame

    assert Service().plain(3) == 3
    assert Service.plain.__doc__ == "Say."
    assert Service().stacked(pd.DataFrame({"n": [1]}))["n"].dtype == "int32"
    assert Service.stacked.memory.last.name.endswith("Service.stacked")
    assert memory_monitor.records()["name"].iloc[-1].endswith("Service.stacked")


@pytest.mark.parametrize("threshold", [-1, float("nan"), "200", True])
def test_a_threshold_that_is_none_is_refused(threshold):
    with pytest.raises(ParameterError, match="threshold_mb must be a number of at least 0, got"):
        memory_monitor(threshold_mb=threshold)


def test_data_are_no_function():
    with pytest.raises(ParameterError, match="memory_monitor decorates a function, got DataFrame"):
        memory_monitor(pd.DataFrame())


def test_where_the_kernel_refuses_the_mark_is_sampled(monkeypatch, tmp_path):
    monkeypatch.setattr(resident_module, "FORGET", tmp_path / "missing" / "clear_refs")
    assert kernel_gauge() is None
    monkeypatch.setattr(resident_module, "SIZES", tmp_path / "no_statm")
    assert resident() > 1_000_000
    best_gauge.cache_clear()
    try:
        assert best_gauge().method == "sampled"
    finally:
        best_gauge.cache_clear()


def test_a_kernel_that_refuses_later_fails_no_call():
    allowed = [True, True, False]

    def forget():
        if not (allowed.pop(0) if allowed else False):
            raise PermissionError("clear_refs")

    monitor = MemoryMonitor(Watch(Gauge("kernel", resident, lambda: 10**12, forget)))
    work = monitor(lambda: 5)
    assert [work() for _ in range(3)] == [5, 5, 5]
    assert work.memory.frame()["method"].tolist() == ["kernel", "sampled", "sampled"]
    assert work.memory.last.peak_bytes < 10**12
    monitor.watch.sampler.join(10)


def test_it_stacks_with_caches():
    decorating = pytest.importorskip("quantperf.memory.decorating")
    computed = []

    @decorating.cache_result(cache_name="technical_analysis", ttl=600)
    @optimize_dataframe_memory()
    @memory_monitor(threshold_mb=200.0)
    def inside(frame):
        computed.append(1)
        return frame["n"]

    @memory_monitor(threshold_mb=200.0)
    @optimize_dataframe_memory()
    @decorating.cache_result(cache_name="technical_analysis", ttl=600)
    async def outside(frame):
        computed.append(1)
        return frame["n"]

    frame = pd.DataFrame({"n": [1, 2, 3]})
    assert [inside(frame).dtype, inside(frame.copy()).dtype, len(computed)] == ["int32", "int32", 1]
    assert [asyncio.run(outside(frame)).dtype for _ in range(2)] == ["int32"] * 2
    assert (len(computed), len(outside.memory), outside.memory.last.kind) == (2, 2, "coroutine")


def test_sizes_agree_with_psutil():
    import psutil

    assert abs(resident() - psutil.Process().memory_info().rss) < SLACK
