"""What is sent when: every branch of the policy, by events and a clock of numbers; nothing here waits or sends."""

from __future__ import annotations

import datetime as dt
import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.errors import Blocked, Malformed, NotFound, ParameterError, RateLimited, SourceError, Upstream
from quantperf.transport import Backoff, Pace, Policy
from quantperf.transport.hosts import Errand, Tally
from quantperf.transport.policy import (
    HOSTS_KEPT,
    Answered,
    Ask,
    Command,
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

AT = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
URL = "http://127.0.0.1:8000/chart"
FREE = Pace(rate=None)
OK = Answered(200, AT)
LOST = Failed(Upstream("lost"), True, AT)


def later(seconds: float) -> dt.datetime:
    return AT + dt.timedelta(seconds=seconds)


class Talk:
    """One errand and its dispatcher, spoken to in short."""

    def __init__(self, dispatcher: Dispatcher, url: str = URL) -> None:
        self.dispatcher = dispatcher
        self.errand = dispatcher.open(url)

    def __call__(self, event: Event, now: float = 0.0, draw: float = 1.0) -> Command:
        return self.dispatcher.step(self.errand, event, now, draw)


def dispatcher(**figures: object) -> Dispatcher:
    return Dispatcher(Policy(**{"pace": FREE, **figures}))  # type: ignore[arg-type]


def error_in(command: Command) -> SourceError:
    assert isinstance(command, GiveUp)
    return command.error


def shut(by: Dispatcher, failures: int = 5, now: float = 0.0) -> None:
    """Let a host fail until it is left alone."""
    for _ in range(failures):
        talk = Talk(by)
        assert talk(Ask(), now) == Send(URL)
        talk(LOST, now)
        talk(Dropped(), now)


def test_the_figures_are_those_of_the_design() -> None:
    policy = Policy()
    assert (policy.connect, policy.read, policy.total, policy.body) == (5.0, 10.0, 20.0, 16 * 1024 * 1024)
    assert (policy.retries, policy.patience, policy.budget, policy.spare) == (3, 60.0, 0.1, 3)
    assert policy.backoff == Backoff(first=0.5, factor=2.0, most=30.0)
    assert (policy.pace.rate, policy.pace.burst, policy.in_flight, policy.redirects) == (1.0, 4, 10, 3)
    assert (policy.failures, policy.open_for, policy.blocked_for) == (5, 60.0, 3600.0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Pace(rate=0), "pace.rate must be a number above 0, or None for no limit, got 0"),
        (lambda: Pace(rate=float("inf")), "pace.rate must be"),
        (lambda: Pace(burst=0), "pace.burst must be a whole number of at least 1, got 0"),
        (lambda: Pace(in_flight=True), "pace.in_flight must be a whole number of at least 1, got True"),
        (lambda: Pace(jitter=-1), "pace.jitter must be a finite number of at least 0, got -1"),
        (lambda: Policy(total=0), "policy.total must be a finite number above 0, got 0"),
        (lambda: Policy(retries=-1), "policy.retries must be a whole number of at least 0, got -1"),
        (lambda: Policy(open_for=float("nan")), "policy.open_for must be a finite number of at least 0, got nan"),
        (lambda: Policy(pace=3), "policy.pace must be a Pace, got 3; such as Pace"),  # type: ignore[arg-type]
        (lambda: Policy(paces={"a": 3}), r"policy.paces\['a'\] must be a Pace, got 3"),  # type: ignore[dict-item]
    ],
)
def test_a_figure_out_of_bounds_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        make()


@pytest.mark.parametrize("status", [200, 204, 304, 300, 400, 401, 403, 404, 422])
def test_what_a_parser_understands_is_delivered(status: int) -> None:
    talk = Talk(dispatcher())
    assert talk(Ask()) == Send(URL)
    assert talk(Answered(status, AT)) == Deliver()
    assert talk.dispatcher.tallies() == {"127.0.0.1:8000": Tally(requests=1, delivered=1)}
    assert talk.dispatcher.flying == 0


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_asked_again_three_times_after_pauses_that_double(status: int) -> None:
    talk = Talk(dispatcher(failures=9))
    said = []
    for _ in range(4):
        assert talk(Ask()) == Send(URL)
        said.append(talk(Answered(status, AT)))
    assert said[:3] == [Wait(0.5), Wait(1.0), Wait(2.0)]
    error = error_in(said[3])
    assert isinstance(error, RateLimited if status == 429 else Upstream)
    assert str(status) in str(error)
    assert talk.dispatcher.tallies()["127.0.0.1:8000"] == Tally(4, retries=3, waits=3, waited=3.5, failed=1)


def test_one_retry_is_one_retry_and_not_a_new_request_for_ever() -> None:
    # The trap: a retry goes out under a new id with its count at 0, so "at most one" never ends.
    def requests(opens_anew: bool) -> int:
        talk = Talk(dispatcher(retries=1, failures=99, spare=99))
        for _ in range(20):
            talk(Ask())
            if isinstance(talk(LOST), GiveUp):
                break
            if opens_anew:
                talk = Talk(talk.dispatcher)
        return talk.dispatcher.tallies()["127.0.0.1:8000"].requests

    assert requests(opens_anew=False) == 2
    assert requests(opens_anew=True) == 20


def test_pauses_are_full_jitter() -> None:
    for draw in (0.0, 0.25, 1.0):
        talk = Talk(dispatcher())
        talk(Ask())
        assert talk(LOST, draw=draw) == Wait(0.5 * draw)


def test_an_error_that_will_not_pass_is_the_result_at_once() -> None:
    talk = Talk(dispatcher())
    talk(Ask())
    assert error_in(talk(Failed(Malformed("broken gzip"), False, AT))).args == ("broken gzip",)


def test_retry_after_is_waited_for_by_the_whole_host() -> None:
    by = dispatcher()
    one, other = Talk(by), Talk(by)
    assert one(Ask()) == Send(URL)
    assert one(Answered(429, AT, retry_after=7.0)) == Wait(7.0)
    assert other(Ask(), 1.0) == Wait(6.0)
    assert other(Ask(), 7.0) == Send(URL)
    assert one(Ask(), 7.0) == Send(URL)
    assert Talk(by, "http://elsewhere.example/")(Ask(), 1.0) == Send("http://elsewhere.example/")


def test_a_retry_after_of_nothing_still_backs_off() -> None:
    talk = Talk(dispatcher())
    talk(Ask())
    assert talk(Answered(429, AT, retry_after=0.0)) == Wait(0.5)


def test_the_last_attempt_tells_from_when_on_to_ask() -> None:
    talk = Talk(dispatcher(retries=0))
    talk(Ask())
    error = error_in(talk(Answered(429, AT, retry_after=7.0)))
    assert isinstance(error, RateLimited)
    assert error.retry_at == later(7)


@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_beyond_patience_is_rate_limited_and_holds_for_all_who_ask(status: int) -> None:
    by = dispatcher()
    talk = Talk(by)
    talk(Ask())
    first = error_in(talk(Answered(status, AT, retry_after=61.0)))
    for now in (0.0, 60.9):
        error = error_in(Talk(by)(Ask(), now))
        assert isinstance(first, RateLimited)
        assert isinstance(error, RateLimited)
        assert first.retry_at == error.retry_at == later(61)
        assert "nothing is sent to this host before 2026-11-24 12:01:01 UTC" in str(error)
    assert Talk(by)(Ask(), 61.0) == Send(URL)
    assert by.tallies()["127.0.0.1:8000"].refused == 2


def test_an_answer_that_asks_for_an_age_is_bounded() -> None:
    by = dispatcher()
    talk = Talk(by)
    talk(Ask())
    error = error_in(talk(Answered(429, AT, retry_after=1e300)))
    assert isinstance(error, RateLimited)
    assert error.retry_at == AT + dt.timedelta(days=366)


def test_retries_stay_within_a_tenth_of_a_minutes_requests_and_three() -> None:
    by = dispatcher(failures=10**6)
    retried = 0
    for number in range(100):
        talk = Talk(by)
        talk(Ask(), number * 0.1)
        if isinstance(talk(LOST, number * 0.1), Wait):
            retried += 1
            talk(Dropped(), number * 0.1)
    tally = by.tallies()["127.0.0.1:8000"]
    assert retried == tally.retries == 3 + 100 // 10
    talk = Talk(by)
    talk(Ask(), 75.0)  # the minute has gone by
    assert isinstance(talk(LOST, 75.0), Wait)


def test_an_outage_is_not_amplified() -> None:
    # Without a budget each of n requests is sent four times while a host is down.
    def sent(**figures: object) -> int:
        by = dispatcher(failures=10**6, **figures)
        simulate(by, [URL] * 200, lambda hit: LOST)
        return by.tallies()["127.0.0.1:8000"].requests

    assert sent(spare=10**6) == 800
    assert sent() == 226  # 26 retries: a tenth of 226 requests and 3, and the one that passes the line


def test_five_failures_open_the_breaker_and_one_probe_closes_it() -> None:
    by = dispatcher()
    shut(by)
    error = error_in(Talk(by)(Ask(), 59.9))
    assert isinstance(error, Upstream)
    assert (
        "5 requests to this host failed in a row; nothing is sent to this host before 2026-11-24 12:01:00 UTC"
        in str(error)
    )
    probe, other = Talk(by), Talk(by)
    assert probe(Ask(), 60.0) == Send(URL)
    assert other(Ask(), 60.0) == Hold()
    assert probe(OK, 61.0) == Deliver()
    assert other(Ask(), 61.0) == Send(URL)
    assert Talk(by)(Ask(), 61.0) == Send(URL)


def test_one_bad_symbol_however_often_it_is_tried_closes_no_host() -> None:
    by = dispatcher(spare=99)
    for _ in range(4):
        talk = Talk(by)
        for _ in range(4):
            assert talk(Ask()) == Send(URL)
            talk(LOST)
    good = Talk(by)
    assert good(Ask()) == Send(URL)
    assert good(OK) == Deliver()
    assert by.tallies()["127.0.0.1:8000"] == Tally(17, retries=12, waits=12, waited=14.0, delivered=1, failed=4)
    shut(by, 4)
    assert Talk(by)(Ask()) == Send(URL)


def test_a_probe_that_fails_opens_the_breaker_again() -> None:
    by = dispatcher()
    shut(by)
    probe, other = Talk(by), Talk(by)
    probe(Ask(), 60.0)
    assert isinstance(probe(LOST, 60.0), GiveUp)
    assert isinstance(other(Ask(), 119.9), GiveUp)
    assert Talk(by)(Ask(), 120.0) == Send(URL)


def test_a_probe_that_nobody_wants_any_more_leaves_its_place() -> None:
    by = dispatcher()
    shut(by)
    probe, other = Talk(by), Talk(by)
    probe(Ask(), 60.0)
    probe(Dropped(), 60.5)
    assert other(Ask(), 60.5) == Send(URL)


def test_what_was_under_way_neither_opens_nor_prolongs_a_closed_host() -> None:
    by = dispatcher()
    late = [Talk(by) for _ in range(3)]
    for talk in late:
        talk(Ask())
    shut(by)
    assert late[0](OK, 1.0) == Deliver()
    assert isinstance(late[1](LOST, 30.0), GiveUp)
    assert isinstance(late[2](Failed(Malformed("broken"), False, AT), 30.0), GiveUp)
    assert isinstance(Talk(by)(Ask(), 59.0), GiveUp)
    assert Talk(by)(Ask(), 60.0) == Send(URL)


def test_an_answer_between_failures_starts_the_count_anew() -> None:
    by = dispatcher(retries=0)
    for _ in range(3):
        shut(by, 4)
        talk = Talk(by)
        assert talk(Ask()) == Send(URL)
        talk(Answered(404, AT))
    assert Talk(by)(Ask()) == Send(URL)


def test_a_retry_that_meets_an_open_breaker_ends_with_its_own_error() -> None:
    by = dispatcher()
    talk = Talk(by)
    talk(Ask())
    assert isinstance(talk(Failed(Upstream("mine"), True, AT)), Wait)
    shut(by, 4)
    assert str(error_in(talk(Ask(), 1.0))) == "mine"
    assert by.tallies()["127.0.0.1:8000"].refused == 0


def test_a_challenge_is_blocked_at_once_and_the_host_is_left_alone_for_an_hour() -> None:
    by = dispatcher()
    talk = Talk(by)
    talk(Ask())
    assert isinstance(error_in(talk(Answered(200, AT, challenge="px-captcha"))), Blocked)
    error = error_in(Talk(by)(Ask(), 3599.0))
    assert isinstance(error, Blocked)
    assert "it is not evaded" in str(error)
    assert "before 2026-11-24 13:00:00 UTC" in str(error)
    assert Talk(by)(Ask(), 3600.0) == Send(URL)


def test_a_host_that_blocks_may_be_asked_again_where_the_policy_says_so() -> None:
    by = dispatcher(blocked_for=0.0)
    talk = Talk(by)
    talk(Ask())
    talk(Answered(200, AT, challenge="px-captcha"))
    assert Talk(by)(Ask()) == Send(URL)


@pytest.mark.parametrize(("status", "kind"), [(403, "Unauthorized"), (204, "Blocked")])
def test_a_status_that_blocks_is_delivered_and_closes_the_host(status: int, kind: str) -> None:
    by = dispatcher(blocking=frozenset({status}))
    talk = Talk(by)
    talk(Ask())
    assert talk(Answered(status, AT)) == Deliver()
    assert type(error_in(Talk(by)(Ask(), 3599.0))).__name__ == kind


def test_redirects_on_the_same_host_are_followed_three_times() -> None:
    talk = Talk(dispatcher())
    talk(Ask())
    for hop in range(3):
        assert talk(Answered(302, AT, location=f"/hop{hop}")) == Send(f"http://127.0.0.1:8000/hop{hop}")
    error = error_in(talk(Answered(302, AT, location="/hop3")))
    assert isinstance(error, Malformed)
    assert "redirects more than 3 times" in str(error)
    assert talk.dispatcher.tallies()["127.0.0.1:8000"].redirects == 3


def test_a_redirect_costs_a_token_like_any_request() -> None:
    talk = Talk(dispatcher(pace=Pace(rate=1.0, burst=1)))
    talk(Ask())
    assert talk(Answered(301, AT, location="/b"), 0.25) == Wait(0.75)
    assert talk(Ask(), 1.0) == Send("http://127.0.0.1:8000/b")


@pytest.mark.parametrize(
    ("start", "location", "follows"),
    [
        ("http://a.example/x", "https://a.example/x", True),
        ("http://a.example/x", "//A.example:80/y", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("http://a.example/x", "http://b.example/x", False),
        ("http://a.example/x", "http://a.example:8080/x", False),
        ("http://a.example/x", "http://a.example.evil.example/x", False),
        ("http://a.example/x", "ftp://a.example/x", False),
        ("http://a.example/x", "http://[broken/", False),
        ("http://a.example/x", "/a b", False),
    ],
)
def test_no_redirect_leads_to_another_host_or_out_of_tls(start: str, location: str, follows: bool) -> None:
    talk = Talk(dispatcher(), start)
    talk(Ask())
    command = talk(Answered(302, AT, location=location))
    if follows:
        assert isinstance(command, Send)
    else:
        assert isinstance(error_in(command), Malformed)


def test_a_redirect_to_a_consent_page_is_blocked() -> None:
    by = dispatcher()
    talk = Talk(by)
    talk(Ask())
    assert isinstance(error_in(talk(Answered(302, AT, location="https://guce.example.com/consent?x"))), Blocked)
    assert isinstance(error_in(Talk(by)(Ask(), 100.0)), Blocked)


def test_a_redirect_without_an_address_is_delivered() -> None:
    talk = Talk(dispatcher())
    talk(Ask())
    assert talk(Answered(302, AT)) == Deliver()


def test_ten_in_flight_over_all_hosts_and_as_many_of_a_host_as_its_pace_says() -> None:
    by = dispatcher(paces={"news.example": Pace(rate=None, in_flight=1)})
    feeds = [Talk(by, "http://news.example/feed") for _ in range(2)]
    assert [talk(Ask()) for talk in feeds] == [Send("http://news.example/feed"), Hold()]
    others = [Talk(by) for _ in range(10)]
    assert [type(talk(Ask())) for talk in others] == [Send] * 9 + [Hold]
    assert feeds[0](OK) == Deliver()
    assert others[9](Ask()) == Send(URL)
    assert feeds[1](Ask()) == Hold()
    assert others[0](OK) == Deliver()
    assert isinstance(feeds[1](Ask()), Send)


def test_who_waits_and_goes_away_gives_up_its_place() -> None:
    by = dispatcher(pace=Pace(rate=1.0, burst=1))
    first, second, third = (Talk(by) for _ in range(3))
    assert [talk(Ask()) for talk in (first, second, third)] == [Send(URL), Wait(1.0), Wait(2.0)]
    second(Dropped(), 0.5)
    assert third(Ask(), 0.5) == Wait(0.5)
    assert by.flying == 1
    first(Dropped(), 0.5)
    assert by.flying == 0
    assert by.tallies()["127.0.0.1:8000"].failed == 0


def test_the_state_of_hosts_is_bounded_and_nothing_counted_is_lost() -> None:
    by = dispatcher()
    for number in range(HOSTS_KEPT + 5):
        talk = Talk(by, f"http://h{number}.example/")
        talk(Ask(), number * 100.0)
        talk(OK, number * 100.0)
    tallies = by.tallies()
    assert len(tallies) == HOSTS_KEPT + 1
    assert sum(tallies.values(), Tally()).requests == HOSTS_KEPT + 5


def test_hosts_of_this_minute_are_kept_and_make_room_later() -> None:
    by = dispatcher()
    for number in range(HOSTS_KEPT + 5):
        talk = Talk(by, f"http://h{number}.example/")
        talk(Ask())
        talk(LOST)
    assert len(by.tallies()) == HOSTS_KEPT + 5
    Talk(by)(Ask(), 100.0)
    assert len(by.tallies()) == HOSTS_KEPT + 1


def test_a_host_that_is_left_alone_is_not_forgotten() -> None:
    by = dispatcher()
    shut(by)
    for number in range(HOSTS_KEPT + 5):
        talk = Talk(by, f"http://h{number}.example/")
        talk(Ask(), 1.0)
        talk(OK, 1.0)
    assert isinstance(Talk(by)(Ask(), 2.0), GiveUp)


def simulate(
    by: Dispatcher,
    urls: Iterable[str],
    answer: Callable[[int], Event],
    *,
    lasts: float = 0.1,
    draws: Iterable[float] | None = None,
) -> list[tuple[float, str]]:
    """Let many errands run beside each other in a time of numbers; return when what was sent."""
    order = count()
    drawn = iter(draws if draws is not None else (0.5 for _ in count()))
    errands = {by.open(url): url for url in urls}
    due: list[tuple[float, int, Errand, Event]] = [(0.0, next(order), errand, Ask()) for errand in errands]
    held: list[Errand] = []
    sent: list[tuple[float, str]] = []
    over: Counter[Errand] = Counter()
    while due:
        now, _, errand, event = heapq.heappop(due)
        command = by.step(errand, event, now, next(drawn))
        if not isinstance(event, Ask):
            for waiting in held:
                heapq.heappush(due, (now, next(order), waiting, Ask()))
            held.clear()
        if isinstance(command, Send):
            sent.append((now, command.url))
            heapq.heappush(due, (now + lasts, next(order), errand, answer(len(sent))))
        elif isinstance(command, Wait):
            assert command.seconds >= 0
            heapq.heappush(due, (now + command.seconds, next(order), errand, Ask()))
        elif isinstance(command, Hold):
            held.append(errand)
        else:
            over[errand] += 1
        assert by.flying <= by.policy.in_flight
    assert not held
    assert by.flying == 0
    assert set(over) == set(errands)
    assert set(over.values()) <= {1}
    return sent


@given(
    rate=st.sampled_from([0.5, 1.0, 3.0, 50.0]),
    burst=st.integers(1, 6),
    in_flight=st.integers(1, 5),
    requests=st.integers(1, 40),
    lasts=st.sampled_from([0.0, 0.05, 2.0]),
    bad=st.sets(st.integers(1, 60)),
)
def test_no_window_of_time_ever_holds_more_than_the_rate_and_the_burst(
    rate: float, burst: int, in_flight: int, requests: int, lasts: float, bad: set[int]
) -> None:
    by = dispatcher(pace=Pace(rate=rate, burst=burst, in_flight=in_flight), failures=5, open_for=3.0)
    sent = simulate(by, [URL] * requests, lambda hit: LOST if hit in bad else OK, lasts=lasts)
    times = [at for at, _ in sent]
    for first in range(len(times)):
        for last in range(first, len(times)):
            assert last - first + 1 <= burst + rate * (times[last] - times[first]) + 1e-6
    for at in times:
        assert sum(start <= at < start + lasts for start in times) <= in_flight or lasts == 0


def test_nothing_is_slower_than_the_rate_asks_for() -> None:
    by = dispatcher(pace=Pace(rate=1.0, burst=4))
    sent = simulate(by, [URL] * 10, lambda hit: OK)
    assert [round(at, 6) for at, _ in sent] == [0, 0, 0, 0, 1, 2, 3, 4, 5, 6]  # ten symbols: six seconds


def test_jitter_only_ever_adds_to_the_second_between_two_requests() -> None:
    by = dispatcher(pace=Pace(rate=1.0, burst=1, in_flight=1, jitter=0.5))
    draws = (number * 0.37 % 1.0 for number in count())
    sent = simulate(by, [URL] * 20, lambda hit: OK, draws=draws)
    gaps = [after - before for (before, _), (after, _) in pairwise(sent)]
    assert all(1.0 - 1e-9 <= gap <= 1.5 + 1e-9 for gap in gaps)
    assert len({round(gap, 3) for gap in gaps}) > 10


def test_a_slow_host_keeps_no_place_from_another() -> None:
    by = dispatcher(paces={"slow.example": Pace(rate=0.1, burst=1)})
    sent = simulate(by, ["http://slow.example/"] * 20 + [URL] * 20, lambda hit: OK)
    assert max(at for at, url in sent if url == URL) < 1.0
    assert max(at for at, url in sent if url != URL) == pytest.approx(190.0)


def test_a_missing_page_is_the_parsers_to_judge() -> None:
    # `get` delivers 404, as its body may say more; `error_of` names it where nobody knows better.
    from quantperf.transport import error_of

    assert isinstance(error_of(404, URL), NotFound)
