"""When a feed is asked and when it is left alone, as a table of events and states."""

from __future__ import annotations

import pytest

from quantperf.news.politeness import (
    BACKOFF_MOST_MS,
    BLOCKED_MS,
    FRESH_MS,
    GAP_MOST_MS,
    LEASE_MS,
    RETRY_AFTER_MOST_MS,
    ROBOTS_AGAIN_MS,
    ROBOTS_MS,
    Failure,
    FeedState,
    HostState,
    Robots,
    after_failure,
    after_success,
    allowed,
    conditions,
    gap_of,
    host_after_failure,
    robots_after,
    turn,
)

NOW = 1_800_000_000_000


def test_an_answer_is_fresh_for_300_seconds_and_brings_its_validators() -> None:
    state = after_success(FeedState(failures=4), NOW, {"etag": '"1"', "last-modified": "yesterday"}, changed=True)
    assert state == FeedState('"1"', "yesterday", NOW, NOW + FRESH_MS, 0)
    assert FRESH_MS == 300_000
    assert conditions(state) == {"If-None-Match": '"1"', "If-Modified-Since": "yesterday"}


def test_not_modified_extends_and_keeps_what_it_does_not_tell() -> None:
    state = after_success(FeedState('"1"', "yesterday", 5, 6), NOW, {}, changed=False)
    assert state == FeedState('"1"', "yesterday", NOW, NOW + FRESH_MS, 0)
    assert after_success(FeedState('"1"'), NOW, {}, changed=True).etag is None


def test_validators_that_cannot_be_headers_are_not_sent() -> None:
    assert conditions(FeedState('"é"', "a\r\nX: y")) == {}
    assert conditions(FeedState()) == {}


def test_failures_wait_60_seconds_doubled_up_to_an_hour_and_keep_the_validators() -> None:
    state, waits = FeedState('"1"'), []
    for _ in range(9):
        state = after_failure(state, NOW, Failure("failed"))
        waits.append((state.fresh_until - NOW) // 1000)
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert (state.etag, state.failures) == ('"1"', 9)
    assert after_failure(FeedState(failures=10**6), NOW, Failure("failed")).fresh_until == NOW + BACKOFF_MOST_MS


@pytest.mark.parametrize(
    ("failure", "wait"),
    [
        (Failure("limited", NOW + 7_000), 60_000),
        (Failure("limited", NOW + 900_000), 900_000),
        (Failure("limited", NOW + 10**12), RETRY_AFTER_MOST_MS),
        (Failure("blocked"), BLOCKED_MS),
    ],
)
def test_what_a_host_says_is_obeyed_up_to_a_day(failure: Failure, wait: int) -> None:
    assert after_failure(FeedState(), NOW, failure).fresh_until == NOW + wait


def test_a_host_that_blocks_is_left_alone_and_one_that_fails_is_not() -> None:
    blocked = host_after_failure(HostState(), NOW, Failure("blocked"), "403")
    assert (blocked.blocked_until, blocked.reason) == (NOW + BLOCKED_MS, "403")
    assert turn(blocked, NOW + 1) is None
    assert turn(blocked, NOW + BLOCKED_MS) == 0
    assert host_after_failure(HostState(), NOW, Failure("limited", NOW + 90_000), "").blocked_until == NOW + 90_000
    assert host_after_failure(HostState(), NOW, Failure("failed"), "") == HostState()


def test_a_host_is_asked_once_at_a_time_and_not_before_its_time() -> None:
    assert turn(HostState(), NOW) == 0
    assert turn(HostState(next_at=NOW + 700), NOW) == 700
    assert turn(HostState(next_at=NOW + 700, lease_until=NOW + 9_000), NOW) == 9_000
    assert turn(HostState(next_at=NOW, lease_until=NOW), NOW) == 0


def test_a_clock_that_was_years_ahead_blocks_no_host_for_years() -> None:
    assert turn(HostState(next_at=NOW + 10**11, lease_until=NOW + LEASE_MS + 1), NOW) == 0


def test_two_requests_are_at_least_a_second_apart_or_what_robots_ask_for() -> None:
    assert gap_of(Robots("", 0), 0.0) == 1_000
    assert 1_000 < gap_of(Robots("", 0), 0.99) < 1_500
    assert gap_of(Robots("User-agent: *\nCrawl-delay: 10", 0), 0.0) == 10_000
    assert gap_of(Robots("User-agent: *\nCrawl-delay: 0.1", 0), 0.0) == 1_000
    assert gap_of(Robots("User-agent: *\nCrawl-delay: 86400", 0), 0.0) == GAP_MOST_MS


@pytest.mark.parametrize(
    ("status", "text", "allows", "kept"),
    [
        (200, "User-agent: *\nDisallow: /rss", False, ROBOTS_MS),
        (200, "User-agent: *\nDisallow: /private", True, ROBOTS_MS),
        (200, "User-agent: quantperf\nDisallow: /", False, ROBOTS_MS),
        (200, "User-agent: otherbot\nDisallow: /", True, ROBOTS_MS),
        (404, "", True, ROBOTS_MS),
        (403, "", True, ROBOTS_MS),
        (500, "", False, ROBOTS_AGAIN_MS),
        (429, "", False, ROBOTS_AGAIN_MS),
        (None, "", False, ROBOTS_AGAIN_MS),
    ],
)
def test_robots_txt_is_obeyed_and_missing_is_not_the_same_as_failing(
    status: int | None, text: str, allows: bool, kept: int
) -> None:
    robots = robots_after(None, NOW, status, text)
    assert allowed(robots, "https://example.org/rss/news.rss") is allows
    assert robots.until == NOW + kept


def test_rules_that_were_known_hold_while_their_host_fails() -> None:
    before = Robots("User-agent: *\nDisallow: /rss", NOW)
    after = robots_after(before, NOW, 503)
    assert not allowed(after, "https://example.org/rss/1")
    assert allowed(after, "https://example.org/other")
