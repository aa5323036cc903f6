"""The same transport for code that does not await: an event loop on a thread of its own.

A blocking client cannot be stopped between two bytes of a header that trickles; on a loop every deadline holds, an
interrupt ends what waits, and a script, a cell of a notebook and ten threads share the rates.
"""

from __future__ import annotations

import asyncio
import os
import random
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import CancelledError, Future
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from quantperf.clock import SYSTEM, Clock
from quantperf.errors import ParameterError
from quantperf.transport.limits import Policy
from quantperf.transport.messages import Answer, Request
from quantperf.transport.shell import AsyncTransport, OnAnswer, Outcome, Stats

__all__ = ["Transport"]

T = TypeVar("T")


class Transport:
    """Asks hosts politely: at a stated rate, again where that helps, never in disguise.

    Parameters
    ----------
    policy : Policy, optional
        Rates, deadlines, retries, bounds.
    contact : str, optional
        How the owner of a host reaches you, in the User-Agent; by default what ``QUANTPERF_CONTACT`` says.
    record : str or path, optional
        A folder that exchanges are written to, without keys, tokens, crumbs and cookies.
    replay : str or path, optional
        A folder of recorded exchanges that answers instead of hosts: no socket is opened, no rate holds, and what was
        not recorded is `Upstream`.
    secrets : iterable of str, optional
        Names of further parameters of a query that are not recorded.
    clock : Clock, optional
        Tells the time; for tests.
    sleep : coroutine function, optional
        Waits for so many seconds; for tests.
    draw : callable, optional
        Returns a uniform draw from 0 to 1, for the pauses.

    Raises
    ------
    ParameterError
        If a parameter is out of bounds.

    Notes
    -----
    Threads may share it, and should: rates hold for one transport. A process that was forked makes its own. Proxies
    are taken from the environment, as httpx does. No cookie is kept. No error and no recording holds a key; but httpx
    logs whole addresses at level INFO, so where keys are in a query its logger ``"httpx"`` should stay above.

    Examples
    --------
    >>> with Transport(contact="me@example.org") as transport:
    ...     transport.user_agent.startswith("quantperf/"), transport.stats().total.requests
    (True, 0)
    """

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        contact: str | None = None,
        record: str | Path | None = None,
        replay: str | Path | None = None,
        secrets: Iterable[str] = (),
        clock: Clock = SYSTEM,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._inner = AsyncTransport(
            policy,
            contact=contact,
            record=record,
            replay=replay,
            secrets=secrets,
            clock=clock,
            sleep=sleep,
            draw=draw,
        )
        self._lock = threading.Lock()
        self._runner: _Runner | None = None
        self._closed = False
        self._process = os.getpid()

    @property
    def policy(self) -> Policy:
        """Return the figures by which it decides."""
        return self._inner.policy

    @property
    def user_agent(self) -> str:
        """Return by which name it asks, always."""
        return self._inner.user_agent

    def get(self, request: Request) -> Answer:
        """Return the answer to a request: success, 304, or an error of 4xx, which its source's parser understands.

        Parameters
        ----------
        request : Request
            What to ask. Who asks the same while it is under way gets the same answer.

        Returns
        -------
        Answer
            Whole and decompressed.

        Raises
        ------
        ParameterError
            If the request cannot be sent as it is, or the transport is closed.
        Upstream
            If the host failed (5xx), was not reached or did not answer in time, after all retries.
        RateLimited
            If it wants fewer requests (429), or a longer wait than `Policy.patience`.
        Blocked
            If it answered with a challenge or a consent page.
        Malformed
            If the body is broken, or longer than `Policy.body`, or the answer redirects elsewhere or in circles.
        """
        return self._result(self._inner.get(request))

    def get_many(self, requests: Iterable[Request], *, on_answer: OnAnswer | None = None) -> list[Outcome]:
        """Return the outcomes of many requests, in their order: answers, and the errors that `get` would raise.

        Parameters
        ----------
        requests : iterable of Request
            What to ask; equal ones are sent once.
        on_answer : callable, optional
            Called with each request and its outcome as they come, on the caller's thread. What it raises ends the call.

        Returns
        -------
        list of Answer or SourceError
            As many as requests.

        Raises
        ------
        ParameterError
            If a request cannot be sent as it is; then none is sent. Or if the transport is closed.
        """
        asked = list(requests)
        if on_answer is None:
            return self._result(self._inner.get_many(asked))
        arrived: SimpleQueue[tuple[Request, Outcome] | None] = SimpleQueue()
        future = self._submitted(
            self._inner.get_many(asked, on_answer=lambda request, outcome: arrived.put((request, outcome)))
        )
        future.add_done_callback(lambda _: arrived.put(None))
        try:
            while (item := arrived.get()) is not None:
                on_answer(*item)
        finally:
            future.cancel()  # of an interrupt, or an error of `on_answer`; nothing to a call that is over
        return _ended(future)

    def stats(self) -> Stats:
        """Return what was done so far, as a value that does not change."""
        with self._lock:
            if self._runner is None:
                return self._inner.stats()
        return self._result(_soon(self._inner.stats))

    def close(self) -> None:
        """End what is under way, close all connections and the thread; afterwards nothing can be asked."""
        with self._lock:
            self._closed = True
            runner, self._runner = self._runner, None
        if runner is not None:
            runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _result(self, coroutine: Coroutine[Any, Any, T]) -> T:
        future = self._submitted(coroutine)
        try:
            return _ended(future)
        finally:
            future.cancel()  # of an interrupt; nothing to a call that is over

    def _submitted(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        with self._lock:
            if self._process != os.getpid() or self._closed:
                coroutine.close()
                if self._closed:
                    raise ParameterError("the transport is closed; make a new one")
                raise ParameterError("a Transport does not survive a fork; make one in the child process")
            if self._runner is None:
                self._runner = _Runner(self._inner.aclose)
                weakref.finalize(self, self._runner.close)
            return self._runner.submit(coroutine)


def _ended(future: Future[T]) -> T:
    try:
        return future.result()
    except CancelledError as error:
        raise ParameterError("the transport was closed while it was asking; make a new one") from error


async def _soon(call: Callable[[], T]) -> T:
    return call()


class _Runner:
    """An event loop on a thread of its own."""

    def __init__(self, farewell: Callable[[], Awaitable[None]]) -> None:
        self._farewell = farewell
        self._loop = asyncio.new_event_loop()
        self._ended = False
        self._process = os.getpid()
        # A daemon, so that a transport which nobody closed keeps no interpreter from ending; then it is closed on exit.
        self._thread = threading.Thread(target=self._run, name="quantperf-transport", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def close(self) -> None:
        if self._ended or self._process != os.getpid():  # a child of a fork has the loop's memory, not its thread
            return
        self._ended = True
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        if threading.current_thread() is not self._thread:  # the last reference may go on its own thread
            self._thread.join()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        try:
            await asyncio.gather(*others, return_exceptions=True)
            await self._farewell()
            await self._loop.shutdown_asyncgens()
        finally:
            self._loop.stop()
