"""Single flight: one computation a key, on threads, in event loops, across both, after failures and forks."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cachetools
import pytest

from quantperf.memory.flight import Flights, Role

WAIT = 20.0  # seconds after which a test that hangs fails


class Work:
    """A computation that stops until it is told to go on, and counts itself."""

    def __init__(self, answer: Callable[[], Any] = lambda: 42) -> None:
        self.count = 0
        self.begun, self.go = threading.Event(), threading.Event()
        self._answer = answer

    def __call__(self) -> Any:
        self.count += 1
        self.begun.set()
        assert self.go.wait(WAIT)
        return self._answer()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(int(WAIT * 1000)):
        if condition():
            return
        threading.Event().wait(0.001)
    raise AssertionError("what was waited for did not happen")


def callers(flights: Flights[Any], key: object = "k") -> int:
    flight = flights._flights.get(key)
    return 0 if flight is None else flight.callers


def fail() -> None:
    raise ValueError("no bars")


def test_fifty_threads_make_one_computation_where_a_decorator_with_a_lock_makes_many() -> None:
    flights: Flights[int] = Flights()
    work = Work()
    with ThreadPoolExecutor(50) as pool:
        answers = [pool.submit(flights.run, "k", work) for _ in range(50)]
        wait_for(lambda: callers(flights) == 50)
        work.go.set()
        roles = [answer.result(WAIT) for answer in answers]
    assert work.count == 1
    assert sorted(role.value for _, role in roles) == ["led", *["waited"] * 49]
    assert {value for value, _ in roles} == {42}
    assert len(flights) == 0

    meeting = threading.Barrier(8)

    @cachetools.cached({}, lock=threading.Lock())
    def plain(x: int) -> int:
        meeting.wait(WAIT)  # passes only when all eight compute at once: the lock is not held meanwhile
        return x

    with ThreadPoolExecutor(8) as pool:
        assert [each.result(WAIT) for each in [pool.submit(plain, 1) for _ in range(8)]] == [1] * 8


def test_a_failure_reaches_all_who_wait_once_and_the_next_call_computes() -> None:
    flights: Flights[int] = Flights()
    work = Work(fail)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(flights.run, "k", work) for _ in range(8)]
        wait_for(lambda: callers(flights) == 8)
        work.go.set()
        for answer in answers:
            with pytest.raises(ValueError, match="no bars"):
                answer.result(WAIT)
    assert work.count == 1
    assert flights.run("k", lambda: 1) == (1, Role.LED)


def test_an_interrupt_is_for_one_thread_and_a_waiter_computes_in_its_place() -> None:
    flights: Flights[int] = Flights()

    def interrupted() -> None:
        raise KeyboardInterrupt

    first, second = Work(interrupted), Work()
    second.go.set()
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(flights.run, "k", first)
        assert first.begun.wait(WAIT)
        two = pool.submit(flights.run, "k", second)
        wait_for(lambda: callers(flights) == 2)
        first.go.set()
        with pytest.raises(KeyboardInterrupt):
            one.result(WAIT)
        assert two.result(WAIT) == (42, Role.LED)


def test_a_computation_that_asks_for_its_own_key_computes() -> None:
    flights: Flights[int] = Flights()
    assert flights.run("k", lambda: flights.run("k", lambda: 7)[0] + 1) == (8, Role.LED)

    async def again() -> int:
        async def inner() -> int:
            return 7

        return (await flights.run_async("k", inner))[0] + 1

    assert asyncio.run(flights.run_async("k", again)) == (8, Role.LED)


def test_two_threads_that_would_wait_for_each_other_both_come_back() -> None:
    flights: Flights[int] = Flights()
    meeting = threading.Barrier(2, timeout=WAIT)

    def crossing(other: str) -> int:
        meeting.wait()  # both have begun
        return flights.run(other, lambda: 1)[0] + 1

    with ThreadPoolExecutor(2) as pool:
        a = pool.submit(flights.run, "a", lambda: crossing("b"))
        b = pool.submit(flights.run, "b", lambda: crossing("a"))
        assert sorted([a.result(WAIT)[0], b.result(WAIT)[0]]) in ([2, 2], [2, 3])


def test_coroutines_share_one_computation() -> None:
    flights: Flights[int] = Flights()
    count = 0

    async def compute() -> int:
        nonlocal count
        count += 1
        await asyncio.sleep(0.01)
        return 42

    async def ask() -> list[Any]:
        return await asyncio.gather(*(flights.run_async("k", compute) for _ in range(50)))

    assert {value for value, _ in asyncio.run(ask())} == {42}
    assert count == 1


@pytest.mark.parametrize("cancelled", ["the first", "another"])
def test_the_cancellation_of_one_caller_stops_nobody_else(cancelled: str) -> None:
    flights: Flights[int] = Flights()

    async def scenario() -> tuple[int, list[Any]]:
        go, count = asyncio.Event(), 0

        async def compute() -> int:
            nonlocal count
            count += 1
            await go.wait()
            return 42

        tasks = [asyncio.create_task(flights.run_async("k", compute)) for _ in range(4)]
        await asyncio.sleep(0.01)
        victim = tasks.pop(0 if cancelled == "the first" else 2)
        victim.cancel()
        await asyncio.sleep(0.01)
        assert victim.cancelled()
        go.set()
        return count, [value for value, _ in await asyncio.gather(*tasks)]

    assert asyncio.run(scenario()) == (1, [42, 42, 42])


def test_a_computation_that_nobody_waits_for_any_more_is_cancelled() -> None:
    flights: Flights[int] = Flights()

    async def scenario() -> str:
        ended = asyncio.get_running_loop().create_future()

        async def compute() -> int:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.set_result("cancelled")
                raise
            return 1

        tasks = [asyncio.create_task(flights.run_async("k", compute)) for _ in range(2)]
        await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        return await asyncio.wait_for(ended, WAIT)

    assert asyncio.run(scenario()) == "cancelled"
    assert len(flights) == 0


def test_a_computation_that_cancels_itself_cancels_its_caller_and_does_not_begin_again() -> None:
    flights: Flights[int] = Flights()
    count = 0

    async def compute() -> int:
        nonlocal count
        count += 1
        raise asyncio.CancelledError

    async def ask() -> None:
        await asyncio.create_task(flights.run_async("k", compute))

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ask())
    assert count == 1


def test_threads_and_two_event_loops_share_one_computation() -> None:
    flights: Flights[int] = Flights()
    begun, go = threading.Event(), threading.Event()
    count = 0

    async def compute() -> int:
        nonlocal count
        count += 1
        begun.set()
        await asyncio.to_thread(go.wait, WAIT)
        return 42

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(lambda: asyncio.run(flights.run_async("k", compute)))]
        assert begun.wait(WAIT)
        answers.append(pool.submit(lambda: asyncio.run(flights.run_async("k", compute))))
        answers += [pool.submit(flights.run, "k", lambda: -1) for _ in range(2)]
        wait_for(lambda: callers(flights) == 4)
        go.set()
        assert [answer.result(WAIT)[0] for answer in answers] == [42] * 4
    assert count == 1


def test_a_coroutine_waits_for_a_thread_without_stopping_its_loop() -> None:
    flights: Flights[int] = Flights()
    work = Work()

    async def scenario(pool: ThreadPoolExecutor) -> Any:
        leader = asyncio.get_running_loop().run_in_executor(pool, flights.run, "k", work)
        await asyncio.to_thread(work.begun.wait, WAIT)

        async def never() -> int:
            raise AssertionError("another computes already")

        waiting = asyncio.create_task(flights.run_async("k", never))
        await asyncio.sleep(0.01)  # the loop goes on
        assert not waiting.done()
        work.go.set()
        return await asyncio.gather(leader, waiting)

    with ThreadPoolExecutor(1) as pool:
        assert asyncio.run(scenario(pool)) == [(42, Role.LED), (42, Role.WAITED)]


def test_plain_code_in_a_loop_does_not_wait_for_what_that_very_loop_computes() -> None:
    flights: Flights[int] = Flights()

    async def scenario() -> Any:
        go = asyncio.Event()

        async def compute() -> int:
            await go.wait()
            return 1

        task = asyncio.create_task(flights.run_async("k", compute))
        await asyncio.sleep(0.01)
        here = flights.run("k", lambda: 2)
        go.set()
        return here, await task

    assert asyncio.run(scenario()) == ((2, Role.ALONE), (1, Role.LED))


def test_a_loop_that_is_closed_leaves_no_flight_behind() -> None:
    flights: Flights[int] = Flights()
    loop = asyncio.new_event_loop()

    async def compute() -> int:
        await asyncio.Event().wait()
        return 1

    task = loop.create_task(flights.run_async("k", compute))
    loop.run_until_complete(asyncio.sleep(0.01))
    for each in asyncio.all_tasks(loop):
        each.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    assert flights.run("k", lambda: 5) == (5, Role.LED)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_nothing_survives_a_fork() -> None:
    flights: Flights[int] = Flights()
    work = Work()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(flights.run, "k", work)
        assert work.begun.wait(WAIT)
        child = os.fork()
        if child == 0:  # the thread that computes is not here: to wait for it would be for ever
            os._exit(0 if flights.run("k", lambda: 1) == (1, Role.LED) else 1)
        ended = os.waitpid(child, 0)[1]
        work.go.set()
        assert answer.result(WAIT)[0] == 42
    assert os.waitstatus_to_exitcode(ended) == 0
