"""What sends: the only user of httpx. It does what the policy says, and decides nothing.

`AsyncTransport` belongs to one event loop; `quantperf.transport.threaded.Transport` runs one for code that does not
await.
"""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from quantperf.clock import SYSTEM, Clock
from quantperf.config import settings
from quantperf.errors import Malformed, ParameterError, SourceError, Upstream
from quantperf.transport.hosts import Tally
from quantperf.transport.limits import Policy
from quantperf.transport.messages import Answer, Request, address, checked, key_of, named
from quantperf.transport.policy import (
    Answered,
    Ask,
    Deliver,
    Dispatcher,
    Dropped,
    Event,
    Failed,
    GiveUp,
    Hold,
    Send,
    Wait,
)
from quantperf.transport.reading import Body, challenge_of, retry_after, too_long
from quantperf.transport.recording import Player, Recorder

if TYPE_CHECKING:
    import ssl

    import httpx

__all__ = ["AsyncTransport", "Stats"]

Outcome: TypeAlias = Answer | SourceError
OnAnswer: TypeAlias = Callable[[Request, Outcome], Any]
MOST_WAITING = 64  # requests of one call that wait for their turn at once; the others have not begun


@dataclass(frozen=True, slots=True)
class Stats:
    """What a transport has done so far.

    Attributes
    ----------
    total : Tally
        Over all hosts.
    hosts : mapping of str to Tally
        By host.
    coalesced : int
        Requests that were not sent, as an equal one was under way.
    replayed : int
        Requests that were answered from a recording.
    bytes : int
        Of bodies, decompressed.
    in_flight : int
        Requests under way now.
    most_in_flight : int
        The most that were under way at once.
    """

    total: Tally
    hosts: Mapping[str, Tally]
    coalesced: int
    replayed: int
    bytes: int
    in_flight: int
    most_in_flight: int


class AsyncTransport:
    """Asks hosts politely, for code that awaits.

    Parameters, errors and methods are those of `Transport`, with ``await`` before them; it is closed by `aclose` or by
    ``async with``, and belongs to the event loop in which it is used first.

    Examples
    --------
    >>> async def statuses(urls):
    ...     async with AsyncTransport() as transport:
    ...         return [answer.status for answer in await transport.get_many([Request(url) for url in urls])]
    >>> asyncio.run(statuses([]))
    []
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
        self.policy = Policy() if policy is None else policy
        if not isinstance(self.policy, Policy):
            raise ParameterError(f"policy must be a Policy, got {policy!r}; such as Policy(retries=1)")
        self.user_agent = user_agent(settings().contact if contact is None else contact)
        if record is not None and replay is not None:
            raise ParameterError("record and replay must not be given both; replay opens no socket, so nothing is new")
        self._recorder = None if record is None else Recorder(record, secrets)
        self._player = None if replay is None else Player(replay, secrets)
        self._clock = clock
        self._sleep = sleep
        self._draw = draw
        self._dispatcher = Dispatcher(self.policy)
        self._flights: dict[tuple[object, ...], asyncio.Future[Outcome | None]] = {}
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._httpx: httpx.AsyncClient | None = None
        self._closed = False
        self._coalesced = self._replayed = self._bytes = self._most = 0

    async def get(self, request: Request) -> Answer:
        """Return the answer to a request; see `quantperf.transport.Transport.get`."""
        self._enter()
        outcome = await self._outcome(checked(request))
        if isinstance(outcome, Answer):
            return outcome
        raise outcome

    async def get_many(self, requests: Iterable[Request], *, on_answer: OnAnswer | None = None) -> list[Outcome]:
        """Return the outcomes of many requests, in their order; see `quantperf.transport.Transport.get_many`.

        What `on_answer` returns is awaited where it can be.
        """
        self._enter()
        asked = [checked(request) for request in requests]
        places: dict[tuple[object, ...], list[int]] = {}
        for place, request in enumerate(asked):
            places.setdefault(key_of(request), []).append(place)
        found: list[Outcome | None] = [None] * len(asked)
        waiting = iter(places.values())
        arrived: asyncio.Queue[tuple[list[int], Outcome | Exception]] = asyncio.Queue()  # at most as many as asked
        workers = [
            asyncio.create_task(self._work(asked, waiting, arrived)) for _ in range(min(MOST_WAITING, len(places)))
        ]
        try:
            for _ in range(len(places)):
                same, outcome = await arrived.get()
                if isinstance(outcome, Exception) and not isinstance(outcome, SourceError):
                    raise outcome
                self._coalesced += len(same) - 1
                for place in same:
                    found[place] = outcome if place == same[0] else _again(outcome)
                    if on_answer is not None:
                        told = on_answer(asked[place], found[place])  # type: ignore[arg-type]
                        if inspect.isawaitable(told):
                            await told
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        return [outcome for outcome in found if outcome is not None]

    def stats(self) -> Stats:
        """Return what was done so far, as a value that does not change."""
        hosts = self._dispatcher.tallies()
        return Stats(
            total=sum(hosts.values(), Tally()),
            hosts=hosts,
            coalesced=self._coalesced,
            replayed=self._replayed,
            bytes=self._bytes,
            in_flight=self._dispatcher.flying,
            most_in_flight=self._most,
        )

    async def aclose(self) -> None:
        """Close all connections; afterwards nothing can be asked."""
        self._closed = True
        client, self._httpx = self._httpx, None
        if client is not None:
            await client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    def _enter(self) -> None:
        """Refuse to be used where it cannot work."""
        if self._closed:
            raise ParameterError("the transport is closed; make a new one")
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ParameterError("an AsyncTransport belongs to one event loop; make one for each, or use Transport")

    async def _work(
        self,
        asked: list[Request],
        waiting: Iterator[list[int]],
        arrived: asyncio.Queue[tuple[list[int], Outcome | Exception]],
    ) -> None:
        """Take one waiting request after the other, which several of these share."""
        for places in waiting:
            try:
                outcome: Outcome | Exception = await self._outcome(asked[places[0]])
            except Exception as error:  # raised by the one who gathers
                outcome = error
            arrived.put_nowait((places, outcome))

    async def _outcome(self, request: Request) -> Outcome:
        """Return what a request led to, shared with all who ask the same at the same time."""
        if self._player is not None:
            self._replayed += 1
            return self._player.outcome(request)
        key = key_of(request)
        while (flight := self._flights.get(key)) is not None:
            self._coalesced += 1
            outcome = await asyncio.shield(flight)
            if outcome is not None:
                return _again(outcome)
            self._coalesced -= 1  # who was to ask was cancelled: it is on us
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        outcome = None
        try:
            outcome = await self._sent(request)
            if self._recorder is not None:
                self._recorder.keep(request, outcome)
        finally:
            del self._flights[key]
            flight.set_result(outcome)
        return outcome

    async def _sent(self, request: Request) -> Outcome:
        """Do what the dispatcher says, until there is an answer or an error."""
        errand = self._dispatcher.open(address(request))
        event: Event = Ask()
        answer: Answer | None = None
        ended = False
        try:
            while True:
                command = self._dispatcher.step(errand, event, self._clock.monotonic(), self._draw())
                if not isinstance(event, Ask):
                    self._wake()
                event = Ask()
                match command:
                    case Send(url):
                        self._most = max(self._most, self._dispatcher.flying)
                        event, answer = await self._exchange(request, url)
                    case Wait(seconds):
                        await self._sleep(seconds)
                    case Hold():
                        await self._changed.wait()
                    case GiveUp(error):
                        ended = True
                        return error
                    case Deliver():
                        ended = True
                        assert answer is not None  # what is delivered has just been answered
                        return answer
        finally:
            if not ended:
                self._dispatcher.step(errand, Dropped(), self._clock.monotonic(), 0.0)
                self._wake()

    def _wake(self) -> None:
        """Let those who hold ask again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _exchange(self, request: Request, url: str) -> tuple[Event, Answer | None]:
        """Send once; return what came of it."""
        import httpx

        where, total, client = named(url), self.policy.total, self._client()
        try:
            async with asyncio.timeout(total):
                answer = await self._received(client, request, url)
        except TimeoutError:
            error: SourceError = Upstream(f"{where} gave no whole answer within {total:g} s; ask again later")
        except httpx.TimeoutException as late:
            error = Upstream(f"{where} did not answer in time ({type(late).__name__}); ask again later")
        except (httpx.TransportError, OSError) as lost:  # OSError: TLS that breaks while it is read
            said = str(lost) or type(lost).__name__
            error = Upstream(f"{where} was not reached, or broke off: {said}; ask again later")
        except (httpx.InvalidURL, UnicodeError) as odd:  # such as 70 000 characters, or a host that IDNA refuses
            return Failed(Malformed(f"{where[:200]!r} cannot be asked: {odd}"), False, self._clock.now()), None
        except SourceError as refused:  # a body that cannot be read will not be another the next time
            return Failed(refused, False, self._clock.now()), None
        else:
            self._bytes += len(answer.body)
            challenge = challenge_of(answer.status, answer.headers, answer.body)
            wait = retry_after(answer.headers, answer.at)
            return Answered(answer.status, answer.at, wait, answer.headers.get("location"), challenge), answer
        return Failed(error, True, self._clock.now()), None

    async def _received(self, client: httpx.AsyncClient, request: Request, url: str) -> Answer:
        """Send once, and read the answer to its end or to the cap."""
        where = named(url)
        async with client.stream("GET", url, headers=dict(request.headers)) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            told = headers.get("content-length", "")
            body = Body(headers.get("content-encoding", ""), self.policy.body, where)
            if told.isdecimal() and int(told) > self.policy.body:
                raise too_long(where, self.policy.body)
            async for piece in response.aiter_raw():
                body.feed(piece)
            return Answer(request, response.status_code, headers, body.whole(), self._clock.now())

    def _client(self) -> httpx.AsyncClient:
        if self._httpx is None:
            import httpx

            policy = self.policy
            self._httpx = httpx.AsyncClient(
                headers={"User-Agent": self.user_agent, "Accept-Encoding": "gzip"},
                verify=_certificates(),
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # none is kept, so none is sent
                timeout=httpx.Timeout(policy.read, connect=policy.connect),
                limits=httpx.Limits(max_connections=policy.in_flight, max_keepalive_connections=policy.in_flight),
                follow_redirects=False,
            )
        return self._httpx


@cache
def _certificates() -> ssl.SSLContext:
    """Return the trusted certificates, read once a process: that takes 23 ms, making a client with them 0.7 ms."""
    import httpx

    return httpx.create_ssl_context()


def user_agent(contact: str) -> str:
    """Return by which name hosts are asked.

    Examples
    --------
    >>> user_agent("me@example.org").split("/")[0], user_agent("me@example.org").split()[1]
    ('quantperf', '(+me@example.org)')
    """
    # By name at run time: the facade stands above this module.
    version = import_module("quantperf").__version__
    if not (isinstance(contact, str) and contact.isascii() and contact.isprintable()) or set(contact) & set("()"):
        raise ParameterError(f"contact must be printable ASCII without brackets, got {contact!r}; such as an address")
    return f"quantperf/{version} (+{contact})" if contact else f"quantperf/{version}"


def _again(outcome: Outcome) -> Outcome:
    """Return an outcome for one more caller, who cannot change that of the others."""
    if isinstance(outcome, Answer):
        return replace(outcome, headers=dict(outcome.headers))
    error = copy(outcome)
    error.__cause__ = outcome
    return error
