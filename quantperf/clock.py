"""The only reader of time: what the hour is, and a count of seconds that never goes back.

What is published as a duration is measured by `quantperf.performance.measure` alone.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Protocol


class Clock(Protocol):
    """What tells the time: the system's, or one that a test moves by hand."""

    def now(self) -> dt.datetime:
        """Return the time, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds since some moment, which no correction of the wall clock moves."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """Return the time, aware, in UTC."""
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        """Return seconds since some moment, which no correction of the wall clock moves."""
        return time.perf_counter()


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: dt.datetime) -> None:
        self._now = start
        self._seconds = 0.0

    def now(self) -> dt.datetime:
        """Return the time it was last moved to."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds by which it was advanced."""
        return self._seconds

    def advance(self, by: dt.timedelta) -> None:
        """Move forward."""
        self._now += by
        self._seconds += by.total_seconds()

    def set(self, now: dt.datetime) -> None:
        """Correct the wall clock, forwards or backwards; the count of seconds does not move."""
        self._now = now


SYSTEM = SystemClock()
