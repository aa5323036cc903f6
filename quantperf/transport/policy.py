"""What is sent when, what is asked again, and when a host is left alone: it neither sends, waits nor draws.

A shell opens an `Errand` for each request and hands every event to `Dispatcher.step`, with the time and a draw from 0
to 1; the command that comes back is all it does:

==============  ========================================================================================
`Send`          send now; then tell `Answered` or `Failed`
`Wait`          wait so many seconds; then tell `Ask`
`Hold`          wait until another errand has ended, which may make room; then tell `Ask`
`Deliver`       the answer is the result
`GiveUp`        the error is the result
==============  ========================================================================================
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urljoin

from quantperf.errors import Blocked, Malformed, RateLimited, SourceError, Upstream
from quantperf.transport.backoff import PASSING
from quantperf.transport.hosts import Closing, Errand, Host, Tally
from quantperf.transport.limits import Policy
from quantperf.transport.messages import fault_of, host_of, named, origin
from quantperf.transport.reading import blocked, consent_in, error_of

__all__ = ["Dispatcher"]

LONGEST = 366 * 86_400.0  # seconds, of what an answer may ask to wait
HOSTS_KEPT = 1_000  # above which the state of a host with nothing to remember is dropped
ROUNDING = 1e-9  # seconds and tokens
SHOWN = 100  # characters of an address that cannot be read
REDIRECTS = frozenset({301, 302, 303, 307, 308})


# Events: what a shell tells.


@dataclass(frozen=True, slots=True)
class Ask:
    """The errand is new, or has waited as it was told to."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer is there, whole.

    Attributes
    ----------
    status : int
        Of HTTP.
    at : datetime
        When (aware, UTC).
    retry_after : float or None
        Seconds that it asks to wait.
    location : str or None
        Where it redirects to.
    challenge : str or None
        The mark by which it is a challenge or a consent page.
    """

    status: int
    at: dt.datetime
    retry_after: float | None = None
    location: str | None = None
    challenge: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer, or none that can be used.

    Attributes
    ----------
    error : SourceError
        Why.
    passing : bool
        Whether it may go well another time.
    at : datetime
        When (aware, UTC).
    """

    error: SourceError
    passing: bool
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Dropped:
    """Nobody wants the answer any more."""


# Commands: what a shell does.


@dataclass(frozen=True, slots=True)
class Send:
    """Ask `url` now."""

    url: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait until another errand has ended."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """The answer is the result."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The error is the result."""

    error: SourceError


Event: TypeAlias = Ask | Answered | Failed | Dropped
Command: TypeAlias = Send | Wait | Hold | Deliver | GiveUp


class Dispatcher:
    """All hosts and errands of a transport.

    Parameters
    ----------
    policy : Policy
        The figures.

    Examples
    --------
    >>> from quantperf.transport import Pace
    >>> dispatcher = Dispatcher(Policy(pace=Pace(rate=2.0, burst=1)))
    >>> errands = [dispatcher.open("http://127.0.0.1/a") for _ in range(3)]
    >>> [dispatcher.step(errand, Ask(), now=0.0, draw=0.5) for errand in errands]
    [Send(url='http://127.0.0.1/a'), Wait(seconds=0.5), Wait(seconds=1.0)]
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.flying = 0
        self._hosts: OrderedDict[str, Host] = OrderedDict()
        self._dropped = Tally()  # of hosts whose state is no longer kept

    def open(self, url: str) -> Errand:
        """Return a new errand."""
        return Errand(url)

    def tallies(self) -> dict[str, Tally]:
        """Return what was counted, by host; under "" what is no longer kept by host."""
        kept = {name: host.tally + Tally() for name, host in self._hosts.items()}
        return kept if self._dropped == Tally() else {**kept, "": self._dropped + Tally()}

    def step(self, errand: Errand, event: Event, now: float, draw: float) -> Command:
        """Return what is to be done, now that this has happened.

        Parameters
        ----------
        errand : Errand
            To which it happened.
        event : Ask, Answered, Failed or Dropped
            What.
        now : float
            Seconds of a clock that never goes back.
        draw : float
            Uniform from 0 to 1.
        """
        host = self._host(errand.url, now)
        match event:
            case Ask():
                command = self._admitted(errand, host, now, draw)
            case Dropped():
                self._land(errand, host)
                command = GiveUp(Upstream(f"{named(errand.url)} is no longer wanted"))
            case Answered():
                self._land(errand, host)
                command = self._judged(errand, host, event, now, draw)
            case Failed(error, True, at):
                self._land(errand, host)
                command = self._failed(errand, host, error, at, now, draw)
            case Failed(error):  # an answer came, so the host works; but this one will not get better
                self._land(errand, host)
                self._works(host, now)
                command = GiveUp(error)
        if isinstance(command, Wait):
            host.tally.waits += 1
            host.tally.waited += command.seconds
        elif isinstance(command, Deliver):
            host.tally.delivered += 1
        elif isinstance(command, GiveUp) and not isinstance(event, Dropped):
            host.tally.failed += 1
        return command

    def _host(self, url: str, now: float) -> Host:
        name = host_of(url)
        host = self._hosts.get(name)
        if host is None:
            self._forget(now)
            host = self._hosts[name] = Host(self.policy.paces.get(name, self.policy.pace), now)
        self._hosts.move_to_end(name)
        return host

    def _forget(self, now: float) -> None:
        """Make room for a host; beyond the bound are only those that were asked within this minute, or are closed."""
        while len(self._hosts) >= HOSTS_KEPT:
            name = next((name for name, host in self._hosts.items() if host.is_idle(now)), None)
            if name is None:
                return
            self._dropped += self._hosts.pop(name).tally

    def _admitted(self, errand: Errand, host: Host, now: float, draw: float) -> Command:
        """Send, or wait for what is lacking: an open host, a token, room."""
        if host.closing is not None:
            if self._is_closed(host, now):
                self._leave(errand, host)
                host.tally.refused += errand.failure is None
                return GiveUp(errand.failure or host.closing.refusal())
            if host.probe is not None:
                return Hold()
        if errand not in host.queue:
            host.queue.append(errand)
        pause = host.pause(host.queue.index(errand), now)
        if pause > ROUNDING:
            return Wait(pause)
        if self.flying >= self.policy.in_flight or host.flying >= host.pace.in_flight:
            return Hold()
        host.queue.remove(errand)
        host.spend(draw)
        if host.closing is not None:
            host.probe = errand
        errand.sent = True
        self.flying += 1
        host.flying += 1
        host.minute.add(now, requests=1)
        host.tally.requests += 1
        return Send(errand.url)

    def _land(self, errand: Errand, host: Host) -> None:
        """Give back what a request under way holds."""
        self._leave(errand, host)
        if errand.sent:
            errand.sent = False
            self.flying -= 1
            host.flying -= 1
        if host.probe is errand:
            host.probe = None

    def _leave(self, errand: Errand, host: Host) -> None:
        if errand in host.queue:
            host.queue.remove(errand)

    def _judged(self, errand: Errand, host: Host, event: Answered, now: float, draw: float) -> Command:
        """Deliver an answer, follow it, ask again or give up."""
        where = named(errand.url)
        if event.challenge is not None:
            page = blocked(where, event.challenge)
            self._close(host, page, self.policy.blocked_for, event.at, now)
            return GiveUp(page)
        error = error_of(event.status, where)
        if event.status in self.policy.blocking:
            cause = error or Blocked(f"{where} answered {event.status}, which is said to block")
            self._close(host, cause, self.policy.blocked_for, event.at, now)
            return Deliver()
        if error is not None and (event.status in PASSING or event.status >= 500):
            return self._put_off(errand, host, error, event, now, draw)
        self._works(host, now)
        if event.status in REDIRECTS and event.location is not None:
            return self._followed(errand, host, event.location, event.at, now, draw)
        return Deliver()

    def _put_off(
        self, errand: Errand, host: Host, error: SourceError, event: Answered, now: float, draw: float
    ) -> Command:
        """Ask again after what an answer of 429 or 5xx tells, unless that is too long."""
        least = event.retry_after
        if least is None:
            return self._failed(errand, host, error, event.at, now, draw)
        retry_at = event.at + dt.timedelta(seconds=min(least, LONGEST))
        if isinstance(error, RateLimited):
            error = error_of(event.status, named(errand.url), retry_at=retry_at) or error
        if least <= self.policy.patience:
            host.paused_until = max(host.paused_until, now + least)  # it is the host that wants to rest
            return self._failed(errand, host, error, event.at, now, draw, least=least)
        if not isinstance(error, RateLimited):  # a server that is down for so long says when it is back
            error = RateLimited(f"{error}, not before {retry_at:%Y-%m-%d %H:%M:%S} UTC", retry_at)
        self._close(host, error, min(least, LONGEST), event.at, now)
        return GiveUp(error)

    def _failed(
        self,
        errand: Errand,
        host: Host,
        error: SourceError,
        at: dt.datetime,
        now: float,
        draw: float,
        *,
        least: float = 0.0,
    ) -> Command:
        """Ask again after a pause, unless that was done often enough or the host is down."""
        probed = host.closing is not None
        host.count_failure(errand)
        if probed or host.failures >= self.policy.failures:
            cause = type(error)(f"{error}; {host.failures} requests to this host failed in a row")
            if not self._is_closed(host, now):
                self._close(host, cause, self.policy.open_for, at, now)
            return GiveUp(error)
        requests, retries = host.minute.totals(now)
        spent = retries >= self.policy.budget * requests + self.policy.spare
        if errand.attempt > self.policy.retries or spent:
            return GiveUp(error)
        pause = max(self.policy.backoff.pause(errand.attempt, draw), least)
        errand.attempt += 1
        errand.failure = error
        host.minute.add(now, retries=1)
        host.tally.retries += 1
        return Wait(pause)

    def _works(self, host: Host, now: float) -> None:
        """Take an answer as a sign of life; but what was under way before the host was closed does not open it."""
        if not self._is_closed(host, now):
            host.works()

    def _is_closed(self, host: Host, now: float) -> bool:
        return host.closing is not None and now < host.closing.until

    def _close(self, host: Host, cause: SourceError, seconds: float, at: dt.datetime, now: float) -> None:
        """Leave a host alone for so long, at least."""
        if seconds > 0 and (host.closing is None or host.closing.until < now + seconds):
            host.closing = Closing(now + seconds, at + dt.timedelta(seconds=seconds), cause)

    def _followed(self, errand: Errand, host: Host, location: str, at: dt.datetime, now: float, draw: float) -> Command:
        """Ask where an answer points to, if that is the same host."""
        where = named(errand.url)
        try:
            target = urljoin(errand.url, location)
            fault = fault_of(target)
        except ValueError as error:  # a bracket that is not closed
            target, fault = "", str(error)
        if fault:
            return GiveUp(Malformed(f"{where} redirects to {location[:SHOWN]!r}: {fault}"))
        if not _is_same_host(errand.url, target):
            mark = consent_in(target)
            if mark is not None:
                page = blocked(where, mark)
                self._close(host, page, self.policy.blocked_for, at, now)
                return GiveUp(page)
            return GiveUp(
                Malformed(f"{where} redirects to another host, {named(target)}; ask that one if you trust it")
            )
        if errand.hops >= self.policy.redirects:
            return GiveUp(Malformed(f"{where} redirects more than {self.policy.redirects} times; check the address"))
        errand.hops += 1
        errand.url = target
        host.tally.redirects += 1
        return self._admitted(errand, self._host(target, now), now, draw)


def _is_same_host(one: str, other: str) -> bool:
    """Return whether a redirect stays: same scheme, host and port, or from HTTP to HTTPS on their own ports."""
    (scheme, name, port), (to_scheme, to_name, to_port) = origin(one), origin(other)
    if (scheme, name, port) == (to_scheme, to_name, to_port):
        return True
    return name == to_name and (scheme, port, to_scheme, to_port) == ("http", 80, "https", 443)
