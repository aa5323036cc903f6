"""Whether a request is made again, and after which pause; it is pure, and serves analyses and the transport."""

from __future__ import annotations

import math
from urllib.error import HTTPError

import numpy as np
import pytest

from quantperf.errors import DataError, ParameterError
from quantperf.transport.backoff import Backoff, Retrying, may_pass


def test_ceilings_double_up_to_the_most_and_pauses_are_uniform_below_them() -> None:
    backoff = Backoff(first=0.5, factor=2.0, most=3.0)
    assert [backoff.ceiling(attempt) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert backoff.ceiling(10_000) == 3.0
    assert backoff.pause(3, draw=0.25) == 0.5
    draws = np.random.default_rng(0).random(2000)
    pauses = [backoff.pause(4, draw) for draw in draws]
    assert 0.0 <= min(pauses) < 0.01
    assert 2.99 < max(pauses) < 3.0
    assert abs(np.mean(pauses) - 1.5) < 5 * 3.0 / math.sqrt(12 * 2000)


class AnsweredBy(OSError):
    def __init__(self, code: int) -> None:
        self.code = code


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (OSError(11, "Resource temporarily unavailable"), True),
        (FileNotFoundError(), False),
        (PermissionError(), False),
        (DataError("no bars"), False),
        (ValueError(), False),
        (KeyError("x"), False),
        (AnsweredBy(404), False),
        (AnsweredBy(429), True),
        (AnsweredBy(503), True),
    ],
)
def test_only_errors_that_may_pass_are_tried_again(error: Exception, passes: bool) -> None:
    assert may_pass(error) is passes
    assert (Retrying(retries=1).pause_after(1, error, draw=0.5) is not None) is passes


def test_answers_of_urllib_are_read_by_their_code() -> None:
    refused = HTTPError("http://localhost", 404, "Not Found", {}, None)  # type: ignore[arg-type]
    assert not may_pass(refused)
    refused.close()


def test_there_are_as_many_retries_as_asked_for_and_no_more() -> None:
    policy = Retrying(retries=2)
    answers = [policy.pause_after(attempt, TimeoutError(), draw=1.0) for attempt in (1, 2, 3, 4)]
    assert answers == [0.2, 0.4, None, None]
    assert Retrying(retries=0).pause_after(1, TimeoutError(), draw=1.0) is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Backoff(first=-1.0), "backoff.first must be a finite number of at least 0"),
        (lambda: Backoff(factor=0.5), "backoff.factor must be a finite number of at least 1"),
        (lambda: Backoff(most=math.inf), "backoff.most"),
        (lambda: Retrying(retries=-1), "retries must be a whole number"),
        (lambda: Retrying(backoff=1.0), "backoff must be a Backoff"),  # type: ignore[arg-type]
    ],
)
def test_a_policy_out_of_bounds_is_refused(make: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        make()  # type: ignore[operator]
