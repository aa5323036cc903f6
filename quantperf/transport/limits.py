"""The figures by which a transport decides: rates, deadlines, bounds. Values alone, checked when they are made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quantperf.errors import ParameterError
from quantperf.transport.backoff import Backoff

__all__ = ["Pace", "Policy"]

PAUSES = Backoff(first=0.5, factor=2.0, most=30.0)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_seconds(owner: Any, what: str, names: tuple[str, ...], *, above: bool = False) -> None:
    for name in names:
        value = getattr(owner, name)
        if not _is_number(value) or not 0 <= value < math.inf or (above and value == 0):
            least = "above 0" if above else "of at least 0"
            raise ParameterError(f"{what}.{name} must be a finite number {least}, got {value!r}")


def _check_wholes(owner: Any, what: str, least: Mapping[str, int]) -> None:
    for name, low in least.items():
        value = getattr(owner, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise ParameterError(f"{what}.{name} must be a whole number of at least {low}, got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a host is asked.

    Attributes
    ----------
    rate : float or None, default 1.0
        Requests a second in the long run; None for no limit.
    burst : int, default 4
        Requests that may go at once after a rest, at least 1.
    in_flight : int, default 10
        Requests under way at once, at least 1.
    jitter : float, default 0.0
        Seconds, up to which the time between two requests is made longer at random.
    """

    rate: float | None = 1.0
    burst: int = 4
    in_flight: int = 10
    jitter: float = 0.0

    def __post_init__(self) -> None:
        if self.rate is not None and not (_is_number(self.rate) and 0 < self.rate < math.inf):
            raise ParameterError(f"pace.rate must be a number above 0, or None for no limit, got {self.rate!r}")
        _check_wholes(self, "pace", {"burst": 1, "in_flight": 1})
        _check_seconds(self, "pace", ("jitter",))


POLITE = Pace()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The figures by which a transport decides; times in seconds.

    Attributes
    ----------
    connect, read, total : float, default 5.0, 10.0, 20.0
        For connecting, between two pieces of an answer, and for one attempt from its start to its last byte.
    body : int, default 16 MiB
        The most bytes of a body, decompressed.
    retries : int, default 3
        The most attempts after the first, on 408, 425, 429, 5xx, time-outs and lost connections.
    backoff : Backoff
        The pauses before them: drawn from 0 to a ceiling of 0.5 s that doubles up to 30 s.
    patience : float, default 60.0
        The longest ``Retry-After`` that is waited for; beyond it the error is `RateLimited` with its ``retry_at``.
    budget : float, default 0.1
        Retries of a host within a minute are at most this share of its requests, and `spare` more: what is down is
        not asked four times as much.
    spare : int, default 3
        See `budget`.
    pace : Pace
        Of each host that `paces` does not name.
    paces : mapping of str to Pace
        By host, as in ``"example.org"`` or ``"127.0.0.1:8000"``.
    in_flight : int, default 10
        Requests under way at once, over all hosts.
    failures : int, default 5
        After so many requests that fail in a row, each counted once however often it is retried, a host is left alone
        (the breaker opens), then one request probes it.
    open_for : float, default 60.0
        For how long.
    blocked_for : float, default 3600.0
        For how long after a challenge, a consent page or one of `blocking`.
    blocking : frozenset of int
        Statuses after which a host is left alone too, such as 403 of a site that tells crawlers to go.
    redirects : int, default 3
        The most redirects in a row, on the same host.
    """

    connect: float = 5.0
    read: float = 10.0
    total: float = 20.0
    body: int = 16 * 1024 * 1024
    retries: int = 3
    backoff: Backoff = PAUSES
    patience: float = 60.0
    budget: float = 0.1
    spare: int = 3
    pace: Pace = POLITE
    paces: Mapping[str, Pace] = field(default_factory=dict)
    in_flight: int = 10
    failures: int = 5
    open_for: float = 60.0
    blocked_for: float = 3600.0
    blocking: frozenset[int] = frozenset()
    redirects: int = 3

    def __post_init__(self) -> None:
        _check_seconds(self, "policy", ("connect", "read", "total"), above=True)
        _check_seconds(self, "policy", ("patience", "budget", "open_for", "blocked_for"))
        _check_wholes(
            self, "policy", {"body": 1, "retries": 0, "spare": 0, "in_flight": 1, "failures": 1, "redirects": 0}
        )
        for name, pace in [("pace", self.pace), *((f"paces[{host!r}]", pace) for host, pace in self.paces.items())]:
            if not isinstance(pace, Pace):
                raise ParameterError(f"policy.{name} must be a Pace, got {pace!r}; such as Pace(rate=2.0)")
