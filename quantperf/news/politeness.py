"""When a feed is asked, and when it is left alone. It sees values alone: it neither sends, waits nor draws.

A feed is fresh for 300 s after an answer; then it is asked conditionally. What fails is asked again after 60 s, doubled
with every further failure up to an hour; a host that says when (``Retry-After``) is obeyed, up to a day. A challenge,
a consent page or 403 ends all requests to that host for an hour: it is told, and nothing is done to get round it.

A host is asked once at a time, with at least a second between two requests, or what its robots.txt asks for. That file
is asked for once a day; where it is missing (4xx) all is allowed, where its host fails (5xx, no answer) nothing is
until it answers, which is tried again after an hour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from protego import Protego

__all__ = [
    "AGENT",
    "Failure",
    "FeedState",
    "HostState",
    "Robots",
    "after_failure",
    "after_success",
    "allowed",
    "conditions",
    "gap_of",
    "robots_after",
    "turn",
]

AGENT = "quantperf"  # as robots.txt may name it; the transport's User-Agent begins with it
FRESH_MS = 300_000
BACKOFF_MS = 60_000
BACKOFF_MOST_MS = 3_600_000
RETRY_AFTER_MOST_MS = 86_400_000
BLOCKED_MS = 3_600_000
GAP_MS = 1_000
GAP_MOST_MS = 60_000  # of what a robots.txt may ask for
JITTER_MS = 500
LEASE_MS = 120_000  # longer than a request may take with its wait; renewed before it is sent
ROBOTS_MS = 86_400_000
ROBOTS_AGAIN_MS = 3_600_000
ROBOTS_CHARACTERS = 500_000  # the least a crawler must read (RFC 9309, section 2.5)

Cause = Literal["failed", "limited", "blocked"]


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is kept of a feed's address; times in milliseconds since 1970.

    Attributes
    ----------
    etag, last_modified : str or None
        What the last whole answer told.
    fetched_at : int or None
        When it was answered last.
    fresh_until : int
        Before which it is not asked.
    failures : int
        In a row.
    """

    etag: str | None = None
    last_modified: str | None = None
    fetched_at: int | None = None
    fresh_until: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class HostState:
    """What is kept of a host; times in milliseconds since 1970.

    Attributes
    ----------
    next_at : int
        Before which it is not asked.
    lease_until : int
        Until when somebody asks it.
    blocked_until : int
        Until when it is left alone.
    reason : str
        Why.
    """

    next_at: int = 0
    lease_until: int = 0
    blocked_until: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Robots:
    """What a host allows.

    Attributes
    ----------
    text : str or None
        Its robots.txt; empty where all is allowed, None where nothing is.
    until : int
        When it is asked for again.
    """

    text: str | None
    until: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer that can be used.

    Attributes
    ----------
    cause : {"failed", "limited", "blocked"}
        It failed; it wants fewer requests; it does not want us.
    retry_at : int or None
        From when on it may be asked, where it told.
    """

    cause: Cause
    retry_at: int | None = None


def conditions(state: FeedState) -> dict[str, str]:
    """Return the headers that ask for what is new alone.

    Examples
    --------
    >>> conditions(FeedState(etag='"7"'))
    {'If-None-Match': '"7"'}
    """
    told = {"If-None-Match": state.etag, "If-Modified-Since": state.last_modified}
    return {name: value for name, value in told.items() if value and value.isascii() and value.isprintable()}


def after_success(state: FeedState, now: int, headers: Mapping[str, str], *, changed: bool) -> FeedState:
    """Return the state after an answer: fresh for `FRESH_MS`, with its validators; 304 keeps the old ones."""
    etag, modified = headers.get("etag"), headers.get("last-modified")
    if not changed:
        etag, modified = etag or state.etag, modified or state.last_modified
    return FeedState(etag, modified, now, now + FRESH_MS, 0)


def after_failure(state: FeedState, now: int, failure: Failure) -> FeedState:
    """Return the state after a failure: what is stored is served, and the next request waits.

    Examples
    --------
    >>> state = FeedState()
    >>> for _ in range(3):
    ...     state = after_failure(state, 0, Failure("failed"))
    >>> state.fresh_until
    240000
    """
    # The exponent is bounded: a feed that has failed for years would otherwise make a number of any length.
    wait = min(BACKOFF_MS * 2 ** min(state.failures, 10), BACKOFF_MOST_MS)
    until = now + wait
    if failure.cause == "blocked":
        until = max(until, now + BLOCKED_MS)
    if failure.retry_at is not None:
        until = max(until, min(failure.retry_at, now + RETRY_AFTER_MOST_MS))
    return replace(state, fresh_until=until, failures=state.failures + 1)


def host_after_failure(host: HostState, now: int, failure: Failure, reason: str) -> HostState:
    """Return the host after a failure: left alone where it said so, else as it was."""
    if failure.cause == "blocked":
        return replace(host, blocked_until=now + BLOCKED_MS, reason=reason)
    if failure.cause == "limited":
        until = now + BACKOFF_MS if failure.retry_at is None else min(failure.retry_at, now + RETRY_AFTER_MOST_MS)
        return replace(host, blocked_until=max(until, host.blocked_until), reason=reason)
    return host


def turn(host: HostState, now: int) -> int | None:
    """Return the milliseconds until a host may be asked, 0 for now; None where it is left alone.

    Examples
    --------
    >>> turn(HostState(next_at=1_500), 1_000), turn(HostState(blocked_until=9_000), 1_000)
    (500, None)
    """
    if host.blocked_until > now:
        return None
    # Times beyond what is ever written come from a clock that was wrong.
    waits = ((host.next_at - now, GAP_MOST_MS + JITTER_MS), (host.lease_until - now, LEASE_MS))
    return max((wait for wait, most in waits if 0 < wait <= most), default=0)


def gap_of(robots: Robots, draw: float) -> int:
    """Return the milliseconds between two requests to a host, for a uniform draw from 0 to 1."""
    asked = _rules(robots).crawl_delay(AGENT) if robots.text else None
    wanted = 0.0 if asked is None or not math.isfinite(asked) else asked * 1000
    return int(min(max(GAP_MS, wanted), GAP_MOST_MS) + draw * JITTER_MS)


def robots_after(before: Robots | None, now: int, status: int | None, text: str = "") -> Robots:
    """Return the rules of a host after asking for its robots.txt.

    Parameters
    ----------
    before : Robots or None
        What was known; it is kept while its host fails.
    now : int
        The time.
    status : int or None
        Of the answer; None where there was none.
    text : str, optional
        Of the answer.
    """
    if status is not None and 200 <= status < 300:
        return Robots(text[:ROBOTS_CHARACTERS], now + ROBOTS_MS)
    if status is not None and 400 <= status < 500 and status not in {408, 425, 429}:
        return Robots("", now + ROBOTS_MS)
    return Robots(None if before is None else before.text, now + ROBOTS_AGAIN_MS)


def allowed(robots: Robots, url: str) -> bool:
    r"""Return whether a host allows us an address.

    Examples
    --------
    >>> allowed(Robots("User-agent: *\nDisallow: /rss", 0), "https://example.org/rss/1")
    False
    >>> allowed(Robots("", 0), "https://example.org/rss/1"), allowed(Robots(None, 0), "https://example.org/rss/1")
    (True, False)
    """
    if robots.text is None:
        return False
    return _rules(robots).can_fetch(url, AGENT)


def _rules(robots: Robots) -> Protego:
    return Protego.parse(robots.text or "")
