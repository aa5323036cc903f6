"""The only reader of wall time; durations are measured by `quantperf.performance.measure` alone."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """What tells the time: the system's, or one that a test moves by hand."""

    def now(self) -> dt.datetime:
        """Return the time, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """Return the time, aware, in UTC."""
        return dt.datetime.now(dt.UTC)


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: dt.datetime) -> None:
        self._now = start

    def now(self) -> dt.datetime:
        """Return the time it was last moved to."""
        return self._now

    def advance(self, by: dt.timedelta) -> None:
        """Move forward."""
        self._now += by


SYSTEM = SystemClock()
