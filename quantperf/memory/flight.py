"""One computation a key at a time: equal calls that come meanwhile wait for it, on threads and in event loops alike.

All of them wait on one `concurrent.futures.Future`. A failure reaches each once. A coroutine is computed in a task of
its own, so that the cancellation of one caller stops nobody else; it is cancelled when nobody waits for it any more.
No lock is held while computing, and nothing survives a fork.

A computation that asks for its own key, and any that would close a circle of waits (a computes what needs b, b what
needs a), computes by itself; so does a thread that would block the very event loop on which the other is computed.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future, wait
from contextvars import ContextVar
from enum import Enum
from functools import partial
from typing import Any, Generic, TypeVar

__all__ = ["Flights", "Role", "computing"]

T = TypeVar("T")

LOOK_SECONDS = 0.5  # how often a waiter looks whether the event loop that computes is still there


class Role(Enum):
    """What a call was in a flight."""

    LED = "led"
    WAITED = "waited"
    ALONE = "alone"


class _Abandoned(Exception):
    """The computation ended without a result: cancelled, interrupted, or its event loop is gone."""


class _Flight:
    """A computation that is under way."""

    def __init__(self) -> None:
        self.future: Future[Any] = Future()
        self.future.set_running_or_notify_cancel()  # so that no waiter can cancel it
        self.loop: asyncio.AbstractEventLoop | None = None
        self.task: asyncio.Task[None] | None = None
        self.callers = 0
        self.waits_for: list[_Flight] = []

    def land(self, value: Any = None, error: BaseException | None = None) -> None:
        if self.future.done():
            return
        if error is None:
            self.future.set_result(value)
        else:
            self.future.set_exception(error)

    def lost(self) -> bool:
        return self.loop is not None and self.loop.is_closed()


_held: ContextVar[tuple[_Flight, ...]] = ContextVar("quantperf_flights", default=())
_waits = threading.Lock()
_all: weakref.WeakSet[Flights[Any]] = weakref.WeakSet()


def computing() -> int:
    """Return inside of how many computations this thread or task is."""
    return len(_held.get())


class Flights(Generic[T]):
    """The computations that are under way, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Hashable, _Flight] = {}
        _all.add(self)

    def __len__(self) -> int:
        return len(self._flights)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._flights

    def run(self, key: Hashable, compute: Callable[[], T]) -> tuple[T, Role]:
        """Return what `compute` does, or what an equal call that is under way does, and which of the two it was."""
        while True:
            flight, leads = self._join(key)
            if leads:
                return self._lead(key, flight, compute), Role.LED
            if _runs_here(flight.loop) or not _may_wait(flight):
                self._leave(key, flight)
                return compute(), Role.ALONE
            try:
                return _await_result(flight), Role.WAITED
            except _Abandoned:
                self._forget(key, flight)
            finally:
                _ends_waiting(flight)
                self._leave(key, flight)

    async def run_async(self, key: Hashable, compute: Callable[[], Awaitable[T]]) -> tuple[T, Role]:
        """Return what `run` does, to code that awaits."""
        while True:
            flight, leads = self._join(key)
            if leads:
                flight.loop = asyncio.get_running_loop()
                flight.task = flight.loop.create_task(self._lead_async(key, flight, compute))
                flight.task.add_done_callback(partial(self._ended, key, flight))
            elif not _may_wait(flight):
                self._leave(key, flight)
                return await compute(), Role.ALONE
            try:
                return await _awaited_result(flight), Role.LED if leads else Role.WAITED
            except _Abandoned:
                self._forget(key, flight)
                if leads:  # whoever cancelled the task, or the computation itself, meant this call
                    raise asyncio.CancelledError from None
            finally:
                if not leads:
                    _ends_waiting(flight)
                self._leave(key, flight)

    def _join(self, key: Hashable) -> tuple[_Flight, bool]:
        with self._lock:
            flight = self._flights.get(key)
            leads = flight is None or flight.lost()
            if flight is None or leads:
                flight = self._flights[key] = _Flight()
            flight.callers += 1
        return flight, leads

    def _leave(self, key: Hashable, flight: _Flight) -> None:
        with self._lock:
            flight.callers -= 1
            unwanted = flight.callers == 0 and flight.task is not None and not flight.future.done()
            if unwanted and self._flights.get(key) is flight:
                del self._flights[key]
        if unwanted and flight.loop is not None and flight.task is not None and not flight.loop.is_closed():
            flight.loop.call_soon_threadsafe(flight.task.cancel)

    def _forget(self, key: Hashable, flight: _Flight) -> None:
        with self._lock:
            if self._flights.get(key) is flight:  # after a fork, or where nobody wanted it, it is not
                del self._flights[key]

    def _abandon(self, key: Hashable, flight: _Flight) -> None:
        """End a flight whose task was cancelled, perhaps before it began."""
        self._forget(key, flight)
        flight.land(error=_Abandoned())

    def _ended(self, key: Hashable, flight: _Flight, task: asyncio.Task[None]) -> None:
        self._abandon(key, flight)  # if it has not landed: a task that was cancelled before it began has no handler

    def _lead(self, key: Hashable, flight: _Flight, compute: Callable[[], T]) -> T:
        token = _held.set((*_held.get(), flight))
        try:
            value = compute()
        except Exception as error:
            self._forget(key, flight)
            flight.land(error=error)
            raise
        except BaseException:  # an interrupt is for this thread alone; another caller computes
            self._abandon(key, flight)
            raise
        finally:
            _held.reset(token)
        self._forget(key, flight)
        flight.land(value)
        return value

    async def _lead_async(self, key: Hashable, flight: _Flight, compute: Callable[[], Awaitable[T]]) -> None:
        _held.set((*_held.get(), flight))  # in the context of this task
        try:
            value = await compute()
        except Exception as error:
            self._forget(key, flight)
            flight.land(error=error)
        except BaseException:
            self._abandon(key, flight)
            raise
        else:
            self._forget(key, flight)
            flight.land(value)


def _may_wait(flight: _Flight) -> bool:
    """Note that this thread or task waits for a flight; return False, and note nothing, where that has no end."""
    held = _held.get()
    with _waits:
        seen: set[int] = set()
        ahead = [flight]
        while ahead:
            each = ahead.pop()
            if each in held:
                return False
            if id(each) not in seen:
                seen.add(id(each))
                ahead += each.waits_for
        for each in held:
            each.waits_for.append(flight)
    return True


def _ends_waiting(flight: _Flight) -> None:
    with _waits:
        for each in _held.get():
            if flight in each.waits_for:
                each.waits_for.remove(flight)


def _runs_here(loop: asyncio.AbstractEventLoop | None) -> bool:
    """Whether a loop runs in this thread, so that waiting for what it computes would stop it."""
    try:
        return loop is not None and asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _await_result(flight: _Flight) -> Any:
    if flight.loop is None:
        return flight.future.result()
    while not wait({flight.future}, timeout=LOOK_SECONDS).done:
        if flight.lost():
            raise _Abandoned
    return flight.future.result()


async def _awaited_result(flight: _Flight) -> Any:
    waiting = asyncio.wrap_future(flight.future)
    try:
        while not (await asyncio.wait({waiting}, timeout=LOOK_SECONDS))[0]:
            if flight.lost():
                raise _Abandoned
        return waiting.result()
    finally:
        waiting.cancel()  # of this caller alone: the flight itself cannot be cancelled by it


def _forget_all() -> None:
    """Begin anew in the child of a fork: the threads and loops that computed are not here."""
    global _waits
    _waits = threading.Lock()
    for flights in list(_all):
        flights._lock = threading.Lock()
        flights._flights = {}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
