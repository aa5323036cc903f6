"""Who is measured at the moment, in this process: stretches of calls that begin and end in any order.

Resident memory belongs to the process, and so does its high-water mark. Whenever a stretch begins or ends, the mark is
read, noted for all that are open, and reset: each then knows the highest size between its own begin and end, nested
ones too. What ran at the same time in another thread cannot be told apart, so both are marked `overlapped`.
"""

from __future__ import annotations

import os
import threading
import tracemalloc
from dataclasses import dataclass

from quantperf.memory.resident import Gauge, best_gauge, psutil_gauge

__all__ = ["SAMPLE_SECONDS", "Stretch", "Watch"]

SAMPLE_SECONDS = 0.010


@dataclass(slots=True, eq=False)
class Stretch:
    """A stretch of a call between two moments; bytes, None where they cannot be known."""

    thread: int
    traced: bool
    before: int | None = None
    peak: int | None = None
    after: int | None = None
    traced_before: int | None = None
    traced_peak: int | None = None
    traced_after: int | None = None
    overlapped: bool = False


class Watch:
    """Measures stretches; one a process.

    Parameters
    ----------
    gauge : Gauge, optional
        How the process is asked; by default the best way that works here.
    """

    def __init__(self, gauge: Gauge | None = None) -> None:
        self._given = gauge
        self._renew()

    def _renew(self) -> None:
        self._process = os.getpid()
        # Re-entrant: the collector may close a measured generator while this thread holds the lock.
        self._guard = threading.RLock()
        self._open: list[Stretch] = []
        self._tracing = 0  # open stretches that trace
        self._started_tracing = False
        self._sampler: threading.Thread | None = None
        self._idle = threading.Event()

    @property
    def gauge(self) -> Gauge:
        """How the process is asked."""
        return self._given or best_gauge()

    @property
    def open_stretches(self) -> int:
        """How many are being measured."""
        return len(self._open)

    @property
    def sampler(self) -> threading.Thread | None:
        """The thread that samples, while there is one."""
        return self._sampler

    def begin(self, *, trace: bool = False) -> Stretch:
        """Begin a stretch; with `trace`, bytes that Python allocated are counted too, which slows it down."""
        if os.getpid() != self._process:
            self._renew()  # the stretches of the parent are not ours, and its lock may be held for ever
        with self._guard:
            stretch = Stretch(threading.get_ident(), trace)
            self._note()
            if trace:
                self._begin_tracing(stretch)
            for other in tuple(self._open):
                if other.thread != stretch.thread:
                    other.overlapped = stretch.overlapped = True
            stretch.before = stretch.peak = self.gauge.now()
            self._open.append(stretch)
            self._sample_if_needed()
        return stretch

    def end(self, stretch: Stretch) -> None:
        """End a stretch; its figures are complete then."""
        with self._guard:
            if stretch not in self._open:
                return  # it began before a fork
            self._note()
            stretch.after = self.gauge.now()
            stretch.peak = _larger(stretch.peak, stretch.after)
            self._open.remove(stretch)
            if stretch.traced:
                stretch.traced_after = tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else None
                self._end_tracing()
            if not self._open:
                self._idle.set()

    def _note(self) -> None:
        """Note the mark for all open stretches, and reset it."""
        if self.gauge.peak is not None:
            peak = self.gauge.peak() if self._open else None
            try:
                self.gauge.forget()
            except OSError:  # permitted once, and no longer: a call must not fail because it is watched
                self._given = psutil_gauge()
            for each in tuple(self._open):
                each.peak = _larger(each.peak, peak)
        if self._tracing and tracemalloc.is_tracing():
            traced = tracemalloc.get_traced_memory()[1]
            tracemalloc.reset_peak()
            for each in tuple(self._open):
                if each.traced:
                    each.traced_peak = _larger(each.traced_peak, traced)

    def _begin_tracing(self, stretch: Stretch) -> None:
        if not tracemalloc.is_tracing():
            tracemalloc.start()
            self._started_tracing = True
        self._tracing += 1
        tracemalloc.reset_peak()
        stretch.traced_before = stretch.traced_peak = tracemalloc.get_traced_memory()[0]

    def _end_tracing(self) -> None:
        self._tracing -= 1
        if not self._tracing and self._started_tracing:
            tracemalloc.stop()
            self._started_tracing = False

    def _sample_if_needed(self) -> None:
        if self.gauge.peak is not None or (self._sampler is not None and not self._idle.is_set()):
            return
        self._idle = threading.Event()
        self._sampler = threading.Thread(target=self._sample, args=(self._idle,), name="quantperf-memory", daemon=True)
        self._sampler.start()

    def _sample(self, idle: threading.Event) -> None:
        """Sample until nothing is measured."""
        while not idle.wait(SAMPLE_SECONDS):
            now = self.gauge.now()
            with self._guard:
                for each in tuple(self._open):
                    each.peak = _larger(each.peak, now)


def _larger(one: int | None, other: int | None) -> int | None:
    """Return the larger of two figures of which either may be unknown."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)
