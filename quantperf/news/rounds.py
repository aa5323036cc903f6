"""One round over feeds: take what is due, ask for it in turn, and write the answer; and what came of it.

It waits, sends and writes; what it does is decided by `quantperf.news.politeness`. All that decides who may ask lies in
the database, so any number of processes share it. A feed that is due is taken by one UPDATE that gives it a lease; a
host is taken in the same way, so that it has one request in flight over all processes, and two are at least a second
apart. Both leases are renewed in the transaction before a request is sent, and run out by themselves when their crawler
is killed.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import pandas as pd

from quantperf.database import Connection, Database, moment_of, stamp_of
from quantperf.errors import Blocked, Malformed, RateLimited, SourceError, Unauthorized
from quantperf.news import politeness
from quantperf.news.archive import SCHEMA, Kept, keep
from quantperf.news.catalogue import Feed
from quantperf.news.parsing import Document, parse
from quantperf.news.politeness import Failure, FeedState, HostState, Robots
from quantperf.transport import Answer, Request, xml_of
from quantperf.transport.messages import host_of, named

__all__ = ["Asks", "Crawled", "FeedResult", "Round", "failure_of"]

PATIENCE_SECONDS = 60.0  # how long a feed waits for its turn at a host
POLL_SECONDS = 0.25
HOSTS_AT_ONCE = 8
NOTHING = Kept()


class Asks(Protocol):
    """What sends a request: a `quantperf.transport.Transport`."""

    def get(self, request: Request) -> Answer:
        """Return the answer, or raise a `SourceError`."""


@dataclass(frozen=True, slots=True)
class FeedResult:
    """What became of one feed.

    Attributes
    ----------
    name, url : str
        Which one.
    status : str
        "fetched"; "not modified" (304); "fresh" (answered within 300 s: not asked); "partial" (its end is missing:
        whole items are kept, and it is asked again soon); "stale" (it failed, or waits after a failure: what is stored
        stays); "blocked" (its host does not want us now); "disallowed" (by robots.txt); "leased elsewhere" (another
        crawler asks it).
    kept : Kept
        Its items: new, updated, duplicate, incomplete.
    error : SourceError or None
        Why it failed.
    cause : str
        The same in words; also where an earlier crawl failed.
    next_at : datetime or None
        When it is asked again (aware, UTC).
    """

    name: str
    url: str
    status: str
    kept: Kept = NOTHING
    error: SourceError | None = None
    cause: str = ""
    next_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Crawled:
    """What a crawl did, feed by feed.

    Attributes
    ----------
    feeds : tuple of FeedResult
        In the order of their names.
    """

    feeds: tuple[FeedResult, ...]

    @property
    def new(self) -> int:
        """How many stories were not known before."""
        return sum(feed.kept.new for feed in self.feeds)

    @property
    def updated(self) -> int:
        """How many known stories changed their text."""
        return sum(feed.kept.updated for feed in self.feeds)

    @property
    def duplicate(self) -> int:
        """How many items were known as they are."""
        return sum(feed.kept.duplicate for feed in self.feeds)

    @property
    def errors(self) -> dict[str, SourceError]:
        """The errors of this crawl by feed."""
        return {feed.name: feed.error for feed in self.feeds if feed.error is not None}

    def frame(self) -> pd.DataFrame:
        """Return one row a feed: feed, status, new, updated, duplicate, incomplete, cause, next_at."""
        rows = [
            (each.name, each.status, each.kept.new, each.kept.updated, each.kept.duplicate, each.kept.incomplete,
             each.cause, each.next_at)
            for each in self.feeds
        ]  # fmt: skip
        names = ["feed", "status", "new", "updated", "duplicate", "incomplete", "cause", "next_at"]
        frame = pd.DataFrame(rows, columns=names)
        frame["next_at"] = pd.to_datetime(frame["next_at"], utc=True)
        return frame

    def __repr__(self) -> str:
        counts: dict[str, int] = {}
        for feed in self.feeds:
            counts[feed.status] = counts.get(feed.status, 0) + 1
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        return f"Crawled({told}; {self.new} new, {self.updated} updated, {self.duplicate} duplicate)"


class _Lost(Exception):
    """Somebody else has the lease, or the turn."""


@dataclass(slots=True)
class _Turn:
    """Being the one who may ask a host; used unless it turned out that there is nothing to ask."""

    used: bool = True


class Round:
    """One round: its identity, and what it asks with."""

    def __init__(
        self,
        database: Database,
        transport: Asks,
        known: Collection[str],
        aliases: Mapping[str, str],
        sleep: Callable[[float], object],
        draw: Callable[[], float],
    ) -> None:
        database.migrate("news", SCHEMA)
        self._database = database
        self._transport = transport
        self._known = known
        self._aliases = aliases
        self._sleep = sleep
        self._draw = draw
        self._me = f"{os.getpid()}-{uuid.uuid4().hex}"
        self._stop = threading.Event()

    def run(self, chosen: Iterable[Feed]) -> Crawled:
        """Ask what is due, hosts side by side, the feeds of one host one after the other."""
        by_host: dict[str, list[Feed]] = {}
        for feed in chosen:
            by_host.setdefault(host_of(feed.url), []).append(feed)
        with ThreadPoolExecutor(max(1, min(len(by_host), HOSTS_AT_ONCE)), "quantperf-news") as pool:
            jobs = [pool.submit(self._host, host, some) for host, some in by_host.items()]
            try:
                found = [result for job in jobs for result in job.result()]
            except BaseException:
                self._stop.set()  # an interrupt, or a store that cannot be written: other hosts end after a feed
                raise
        return Crawled(tuple(sorted(found, key=lambda result: result.name)))

    def _host(self, host: str, some: Iterable[Feed]) -> list[FeedResult]:
        return [self._feed(host, feed) for feed in some if not self._stop.is_set()]

    def _now(self) -> int:
        return stamp_of(self._database.clock.now())

    def _feed(self, host: str, feed: Feed) -> FeedResult:
        """Ask a feed if it is due and nobody else does, and keep the answer."""
        state = self._take(feed.url)
        if state is None:
            return self._not_due(feed)
        try:
            answer = self._answer(host, feed, state)
            if isinstance(answer, FeedResult):
                return answer
            if answer.status == 304:
                return self._write(feed, state, answer, None)
            body = xml_of(answer)
            charset = answer.headers.get("content-type", "").partition("charset=")[2].partition(";")[0]
            document = parse(body, at=answer.at, base=feed.url, charset=charset.strip(), html=feed.html)
            return self._write(feed, state, answer, document)
        except SourceError as error:
            return self._failed(host, feed, state, error)
        except _Lost as lost:
            return FeedResult(feed.name, feed.url, "leased elsewhere", cause=str(lost))
        finally:
            self._release(feed.url)

    def _take(self, url: str) -> FeedState | None:
        """Take the lease of an address that is due; None if it is not, or somebody has it."""
        now = self._now()
        with self._database.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO http_cache(url) VALUES (?)", (url,))
            row = connection.execute(
                "UPDATE http_cache SET lease_by = ?1, lease_until = ?2 WHERE url = ?3"
                # Times beyond what is ever written come from a clock that was wrong.
                " AND (fresh_until <= ?4 OR fresh_until > ?4 + ?5) AND (lease_until <= ?4 OR lease_until > ?2)"
                " RETURNING etag, last_modified, fetched_at, fresh_until, failures",
                (self._me, now + politeness.LEASE_MS, url, now, politeness.RETRY_AFTER_MOST_MS),
            ).fetchone()
        return None if row is None else FeedState(*row)

    def _release(self, url: str) -> None:
        """End the lease, if it is still ours: after an error of the store, or an interrupt."""
        with self._database.reading() as connection:
            held = connection.execute(
                "SELECT 1 FROM http_cache WHERE url = ? AND lease_by = ?", (url, self._me)
            ).fetchone()
        if held is not None:
            with self._database.writing() as connection:
                connection.execute(
                    "UPDATE http_cache SET lease_by = NULL, lease_until = 0 WHERE url = ? AND lease_by = ?",
                    (url, self._me),
                )

    def _not_due(self, feed: Feed) -> FeedResult:
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM http_cache WHERE url = ?", (feed.url,)).fetchone()
        if row["lease_until"] > self._now() and row["fresh_until"] <= self._now():
            return FeedResult(feed.name, feed.url, "leased elsewhere", cause="another crawler is asking it")
        status = row["status"] if row["failures"] else "fresh"
        return FeedResult(feed.name, feed.url, status, cause=row["cause"] or "", next_at=moment_of(row["fresh_until"]))

    def _answer(self, host: str, feed: Feed, state: FeedState) -> Answer | FeedResult:
        """Ask a feed when its host allows it."""
        robots = self._robots(host, feed.url)
        if not politeness.allowed(robots, feed.url):
            why = f"the robots.txt of {host} does not allow {named(feed.url)}"
            if robots.text is None:
                why = f"the robots.txt of {host} could not be read, so nothing is allowed until it can"
            after = replace(state, fresh_until=robots.until, failures=state.failures + 1)
            return self._settled(feed, after, "disallowed", Blocked(f"{why}; it is obeyed: take another source"))
        with self._turn(host, feed.url, robots):
            return self._transport.get(Request(feed.url, headers=politeness.conditions(state)))

    def _robots(self, host: str, url: str) -> Robots:
        """Return the rules of a host, asked for once a day, by one crawler."""
        known = self._known_robots(host)
        if known is not None and known.until > self._now():
            return known
        with self._turn(host, url, known or Robots("", 0)) as turn:
            known = self._known_robots(host)
            if known is not None and known.until > self._now():  # another crawler had its turn before us
                turn.used = False
                return known
            status, text = self._asked_robots(f"{url.partition('://')[0]}://{host}/robots.txt")
            robots = politeness.robots_after(known, self._now(), status, text)
            with self._database.writing() as connection:
                connection.execute(
                    "UPDATE news_host SET robots = ?, robots_until = ? WHERE host = ?",
                    (robots.text, robots.until, host),
                )
        return robots

    def _known_robots(self, host: str) -> Robots | None:
        with self._database.reading() as connection:
            row = connection.execute("SELECT robots, robots_until FROM news_host WHERE host = ?", (host,)).fetchone()
        return None if row is None or not row["robots_until"] else Robots(row["robots"], row["robots_until"])

    def _asked_robots(self, address: str) -> tuple[int | None, str]:
        """Return status and text of a robots.txt; a refusal is raised, it is one of the host."""
        try:
            answer = self._transport.get(Request(address))
        except (Blocked, RateLimited):
            raise
        except Malformed:
            return 404, ""  # elsewhere, or nothing that can be read: as good as missing (RFC 9309, section 2.3.1)
        except SourceError:
            return None, ""  # it failed: nothing is allowed, see `politeness.robots_after`
        return answer.status, answer.body.decode("utf-8", "replace")

    @contextmanager
    def _turn(self, host: str, url: str, robots: Robots) -> Iterator[_Turn]:
        """Hold the only request in flight to a host, when its time has come."""
        waited = 0.0
        while (wait := self._taken(host, url)) > 0:
            if waited >= PATIENCE_SECONDS:
                raise _Lost(f"its turn at {host} did not come within {PATIENCE_SECONDS:g} s: other crawlers ask it")
            seconds = min(wait / 1000, POLL_SECONDS)
            self._sleep(seconds)
            waited += seconds
        turn = _Turn()
        try:
            yield turn
        finally:
            gap = politeness.gap_of(robots, self._draw()) if turn.used else 0
            with self._database.writing() as connection:
                connection.execute(
                    "UPDATE news_host SET lease_by = NULL, lease_until = 0, next_at = ?"
                    " WHERE host = ? AND lease_by = ?",
                    (self._now() + gap, host, self._me),
                )

    def _taken(self, host: str, url: str) -> int:
        """Take a host and renew the lease of the address; return the milliseconds to wait if it is not our turn."""
        with self._database.writing() as connection:
            now = self._now()
            connection.execute("INSERT OR IGNORE INTO news_host(host) VALUES (?)", (host,))
            state = _host_state(connection, host)
            wait = politeness.turn(state, now)
            if wait is None:
                until = moment_of(state.blocked_until)
                raise RateLimited(f"{host} is left alone until {until:%Y-%m-%d %H:%M:%S} UTC: {state.reason}", until)
            if wait == 0:
                ours = connection.execute(
                    "UPDATE http_cache SET lease_until = ? WHERE url = ? AND lease_by = ? RETURNING url",
                    (now + politeness.LEASE_MS, url, self._me),
                ).fetchone()
                if ours is None:
                    raise _Lost("the lease ran out before its turn came")
                connection.execute(
                    "UPDATE news_host SET lease_by = ?, lease_until = ? WHERE host = ?",
                    (self._me, now + politeness.LEASE_MS, host),
                )
        return wait

    def _write(self, feed: Feed, state: FeedState, answer: Answer, document: Document | None) -> FeedResult:
        """Write items, validators and the end of the lease in one transaction."""
        now = self._now()
        after = politeness.after_success(state, now, answer.headers, changed=document is not None)
        status, cause, error = "not modified" if document is None else "fetched", "", None
        if document is not None and document.truncated:
            error = Malformed(f"{named(feed.url)} ended too early; {len(document.items)} items were found before that")
            # Its validators would answer 304 to the next request, and what is missing would stay missing.
            after = politeness.after_failure(replace(state, etag=None, last_modified=None), now, Failure("failed"))
            status, cause = "partial", str(error)
        with self._database.commit("news", feed.name) as commit:
            _ended(commit.connection, feed.url, self._me, after, status, cause)
            kept = Kept()
            before = commit.connection.total_changes
            if document is not None:
                kept = keep(commit, feed, document.items, answer.at, known=self._known, aliases=self._aliases)
            if commit.connection.total_changes == before:  # nothing that anyone could know has changed
                commit.connection.execute("DELETE FROM ledger WHERE seq = ?", (commit.seq,))
        return FeedResult(feed.name, feed.url, status, kept, error, cause, moment_of(after.fresh_until))

    def _failed(self, host: str, feed: Feed, state: FeedState, error: SourceError) -> FeedResult:
        """Write that a feed failed; what is stored stays."""
        now = self._now()
        failure = failure_of(error)
        status = {"failed": "stale", "limited": "blocked", "blocked": "blocked"}[failure.cause]
        with self._database.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO news_host(host) VALUES (?)", (host,))
            before = _host_state(connection, host)
            if before.blocked_until <= now:
                left = politeness.host_after_failure(before, now, failure, str(error))
                connection.execute(
                    "UPDATE news_host SET blocked_until = ?, reason = ? WHERE host = ?",
                    (left.blocked_until, left.reason, host),
                )
        if before.blocked_until > now:  # it was not asked: that is no failure of the feed
            after = replace(state, fresh_until=before.blocked_until, failures=max(state.failures, 1))
        else:
            after = politeness.after_failure(state, now, failure)
        return self._settled(feed, after, status, error)

    def _settled(self, feed: Feed, after: FeedState, status: str, error: SourceError) -> FeedResult:
        with self._database.writing() as connection:
            _ended(connection, feed.url, self._me, after, status, str(error))
        return FeedResult(feed.name, feed.url, status, Kept(), error, str(error), moment_of(after.fresh_until))


def failure_of(error: SourceError) -> Failure:
    """Return what an error means for the next request.

    Examples
    --------
    >>> failure_of(Blocked("a challenge")).cause, failure_of(Malformed("no XML")).cause
    ('blocked', 'failed')
    """
    if isinstance(error, Blocked | Unauthorized):
        return Failure("blocked")
    if isinstance(error, RateLimited):
        return Failure("limited", None if error.retry_at is None else stamp_of(error.retry_at))
    return Failure("failed")


def _host_state(connection: Connection, host: str) -> HostState:
    row = connection.execute(
        "SELECT next_at, lease_until, blocked_until, reason FROM news_host WHERE host = ?", (host,)
    ).fetchone()
    return HostState(*row)


def _ended(connection: Connection, url: str, me: str, after: FeedState, status: str, cause: str) -> None:
    """Write the state of an address and end the lease; raise `_Lost`, which rolls all back, if it is not ours."""
    row = connection.execute(
        "UPDATE http_cache SET etag = ?, last_modified = ?, fetched_at = ?, fresh_until = ?, failures = ?, status = ?,"
        " cause = ?, lease_by = NULL, lease_until = 0 WHERE url = ? AND lease_by = ? RETURNING url",
        (after.etag, after.last_modified, after.fetched_at, after.fresh_until, after.failures, status, cause, url, me),
    ).fetchone()
    if row is None:
        raise _Lost("the lease ran out before the answer came")
