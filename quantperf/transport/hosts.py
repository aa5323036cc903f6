"""What a transport remembers of a host and of a request on its way: counts and times, no decision."""

from __future__ import annotations

import datetime as dt
import math
from collections import deque
from dataclasses import dataclass, fields

from quantperf.errors import RateLimited, SourceError
from quantperf.transport.limits import Pace

__all__ = ["Closing", "Errand", "Host", "Minute", "Tally"]

MINUTE = 60  # seconds


@dataclass(slots=True, eq=False)
class Errand:
    """One request on its way, as the dispatcher knows it."""

    url: str
    attempt: int = 1
    hops: int = 0
    sent: bool = False
    failure: SourceError | None = None
    streak: int = -1  # of the host's failures, in which it is counted


@dataclass(slots=True)
class Tally:
    """What was done, counted since the transport was made.

    Attributes
    ----------
    requests : int
        Sent, each retry and redirect counted.
    retries, redirects : int
        Of these.
    waits, waited : int, float
        Pauses that were ordered, and their seconds: for the rate, for ``Retry-After``, before a retry.
    delivered, failed : int
        Results: answers, and errors.
    refused : int
        Of the errors, those for which nothing was sent, since the host is left alone.
    """

    requests: int = 0
    retries: int = 0
    redirects: int = 0
    waits: int = 0
    waited: float = 0.0
    delivered: int = 0
    failed: int = 0
    refused: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


class Minute:
    """Counts by the second, for a minute."""

    def __init__(self) -> None:
        self._counts: deque[list[int]] = deque()  # second, requests, retries; at most 61

    def add(self, now: float, *, requests: int = 0, retries: int = 0) -> None:
        """Count what happens now."""
        second = math.floor(now)
        if not self._counts or self._counts[-1][0] != second:
            self._counts.append([second, 0, 0])
        self._counts[-1][1] += requests
        self._counts[-1][2] += retries
        self.trim(now)

    def trim(self, now: float) -> None:
        """Forget what is older than a minute."""
        while self._counts and self._counts[0][0] <= now - MINUTE:
            self._counts.popleft()

    def totals(self, now: float) -> tuple[int, int]:
        """Return the requests and the retries of the last minute."""
        self.trim(now)
        return sum(each[1] for each in self._counts), sum(each[2] for each in self._counts)


@dataclass(slots=True)
class Closing:
    """Until when a host is left alone, and why."""

    until: float
    until_at: dt.datetime
    cause: SourceError

    def refusal(self) -> SourceError:
        """Return an error of the cause's kind, made anew for each request that is refused."""
        said = f"{self.cause}; nothing is sent to this host before {self.until_at:%Y-%m-%d %H:%M:%S} UTC"
        return RateLimited(said, self.until_at) if isinstance(self.cause, RateLimited) else type(self.cause)(said)


class Host:
    """What is known of a host."""

    def __init__(self, pace: Pace, now: float) -> None:
        self.pace = pace
        self.tokens = float(pace.burst)
        self.counted = now
        self.paused_until = -math.inf
        self.queue: deque[Errand] = deque()
        self.flying = 0
        self.failures = 0
        self.streak = 0
        self.closing: Closing | None = None
        self.probe: Errand | None = None
        self.minute = Minute()
        self.tally = Tally()

    def pause(self, place: int, now: float) -> float:
        """Return the seconds until the one at this place of the queue may go."""
        wait = max(self.paused_until - now, 0.0)
        rate = self.pace.rate
        if rate is None:
            return wait
        self.tokens = min(self.pace.burst, self.tokens + (now - self.counted) * rate)
        self.counted = now
        return max(wait, (place + 1 - self.tokens) / rate)

    def spend(self, draw: float) -> None:
        """Take a token."""
        if self.pace.rate is not None:
            self.tokens -= 1.0 + draw * self.pace.jitter * self.pace.rate

    def count_failure(self, errand: Errand) -> None:
        """Count a request that fails, once in a row: four attempts at one bad symbol are no sign of an outage."""
        if errand.streak != self.streak:
            errand.streak = self.streak
            self.failures += 1

    def works(self) -> None:
        """Forget failures, now that it has answered."""
        self.failures = 0
        self.streak += 1
        self.closing = None

    def is_idle(self, now: float) -> bool:
        """Return whether nothing is lost with this record but a count of failures that are long past."""
        full = self.pace.rate is None or self.tokens + (now - self.counted) * self.pace.rate >= self.pace.burst
        closed = self.closing is not None and now < self.closing.until
        busy = self.queue or self.flying or closed or self.minute.totals(now)[0]
        return full and not busy and self.paused_until <= now
