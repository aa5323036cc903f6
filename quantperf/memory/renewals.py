"""Computing anew behind a stale value: on a thread, or in a task of the caller's event loop."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from quantperf.clock import Clock
from quantperf.memory.shelf import Entry

__all__ = ["MOST_RENEWALS", "REFRESH_PAUSE", "RenewalCounts", "Renewals"]

MOST_RENEWALS = 4  # under way at once in a cache
REFRESH_PAUSE = 5.0  # seconds after a refresh, before another of an entry that it did not replace


@dataclass(slots=True)
class RenewalCounts:
    """What is counted of renewals."""

    refreshes: int = 0
    refresh_failures: int = 0
    refreshes_skipped: int = 0
    last_error: str | None = None


class Renewals:
    """The renewals of a cache that are under way, at most `MOST_RENEWALS`."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name, self._clock = name, clock
        self.begin_anew()

    def __len__(self) -> int:
        return self._running

    def begin_anew(self) -> None:
        """Forget what was under way: in the child of a fork it is not."""
        self._lock = threading.Lock()
        self._running = 0
        self._counts = RenewalCounts()
        self._tasks: set[asyncio.Task[None]] = set()

    def counts(self) -> RenewalCounts:
        """Return what was counted."""
        with self._lock:
            return replace(self._counts)

    def reset_counts(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._counts = RenewalCounts()

    def behind(self, entry: Entry, compute: Callable[[], Any]) -> None:
        """Compute on a thread; a daemon, so that the end of the program does not wait for it."""

        def renew() -> None:
            try:
                compute()
            except Exception as error:
                self._failed(error)
            finally:
                self._ended(entry)

        if self._may_begin(entry):
            threading.Thread(target=renew, name=f"quantperf renews {self._name}", daemon=True).start()

    def beside(self, entry: Entry, compute: Callable[[], Awaitable[Any]]) -> None:
        """Compute in a task of this event loop."""

        async def renew() -> None:
            try:
                await compute()
            except Exception as error:
                self._failed(error)
            finally:
                self._ended(entry)

        if self._may_begin(entry):
            task = asyncio.get_running_loop().create_task(renew())
            self._tasks.add(task)  # a loop holds its tasks but weakly
            task.add_done_callback(self._tasks.discard)

    def _may_begin(self, entry: Entry) -> bool:
        with self._lock:
            if self._running >= MOST_RENEWALS:
                self._counts.refreshes_skipped += 1
                entry.next_refresh = -math.inf  # the next caller may
                return False
            self._running += 1
            self._counts.refreshes += 1
        return True

    def _failed(self, error: Exception) -> None:
        with self._lock:
            self._counts.refresh_failures += 1
            self._counts.last_error = f"{type(error).__name__}: {error}"

    def _ended(self, entry: Entry) -> None:
        with self._lock:
            self._running -= 1
            entry.next_refresh = self._clock.monotonic() + REFRESH_PAUSE  # if it still is the one on the shelf
