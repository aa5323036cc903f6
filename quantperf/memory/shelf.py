"""The shelf: entries by key, of which the one used longest ago goes first, each with its time and its bytes.

`cachetools.TLRUCache` holds them: a look-up takes the same time however many there are, a new entry that of a heap by
time. It is trimmed to its bounds before an entry is put in, so that every eviction is counted by its cause.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import cachetools

from quantperf.memory.results import Hand

__all__ = ["ENTRY_BYTES", "SWEEP_SECONDS", "Entry", "Eviction", "Shelf"]

ENTRY_BYTES = 1024  # of the key, the entry and their places in three tables; measured 0.9 KB with tracemalloc
SWEEP_SECONDS = 300.0
Eviction: TypeAlias = Literal["expired", "entries", "bytes", "trimmed", "invalidated", "cleared", "replaced"]


@dataclass(slots=True, eq=False)
class Entry:
    """What is kept of one computation.

    Attributes
    ----------
    hand : callable
        Gives a caller a result of its own, or raises the error that was kept.
    size : int
        Bytes.
    cost : float
        Seconds that the computation took.
    fresh_until, ends : float
        Seconds of the clock; between them it is stale, and is given while it is computed anew.
    next_refresh : float
        Not before then is it computed anew, after that has failed.
    """

    hand: Hand
    size: int
    cost: float
    fresh_until: float
    ends: float
    next_refresh: float = -math.inf


class _Timed(cachetools.TLRUCache):  # type: ignore[type-arg]
    """Entries by time and use, which count those whose time is over: even to ask for the length drops them."""

    def __init__(self, evicted: Counter[Eviction], *args: Any) -> None:
        super().__init__(*args)
        self._evicted = evicted

    def expire(self, time: float | None = None) -> Any:
        """Drop what is over, and count it."""
        found = super().expire(time)
        if found:
            self._evicted["expired"] += len(found)
        return found


class Shelf:
    """Entries within a number and an amount of bytes; not for several threads at once.

    Parameters
    ----------
    entries, limit : int
        The most entries, and bytes.
    timer : callable
        Returns seconds, which never go back.
    """

    def __init__(self, entries: int, limit: int, timer: Callable[[], float]) -> None:
        self.entries = entries
        self.limit = limit
        self.evicted: Counter[Eviction] = Counter()
        self._timer = timer
        self._sweep_at = timer() + SWEEP_SECONDS
        self._held = self._new(limit)

    def _new(self, limit: int) -> Any:
        return _Timed(self.evicted, limit, lambda _key, entry, _now: entry.ends, self._timer, lambda entry: entry.size)

    def __len__(self) -> int:
        return len(self._held)

    @property
    def size(self) -> int:
        """Bytes held."""
        return int(self._held.currsize)

    def get(self, key: Hashable) -> Entry | None:
        """Return the entry, which is then the one used last; nothing if there is none or its time is over."""
        if self._timer() >= self._sweep_at:
            self.sweep()
        try:
            found: Entry = self._held[key]
        except KeyError:
            return None
        return found

    def put(self, key: Hashable, entry: Entry) -> bool:
        """Put an entry in and make room for it; return whether it is within the bytes that there are at all."""
        if entry.size > self.limit:
            return False
        self.sweep()
        self.remove(key, "replaced")
        while len(self._held) >= self.entries:
            self._drop("entries")
        while self._held.currsize + entry.size > self.limit:
            self._drop("bytes")
        self._held[key] = entry
        return True

    def remove(self, key: Hashable, cause: Eviction = "invalidated") -> bool:
        """Take an entry out; return whether there was one."""
        if key not in self._held:
            return False
        del self._held[key]
        self.evicted[cause] += 1
        return True

    def sweep(self) -> int:
        """Take out what is over; return how many entries those were."""
        self._sweep_at = self._timer() + SWEEP_SECONDS
        return len(self._held.expire())

    def trim(self, count: int) -> int:
        """Keep the `count` entries used last; return how many went."""
        self.sweep()
        before = len(self._held)
        while len(self._held) > count:
            self._drop("trimmed")
        return before - len(self._held)

    def clear(self) -> int:
        """Take everything out; return how many entries those were."""
        count = len(self._held)
        self._held.clear()
        self.evicted["cleared"] += count
        return count

    def resize(self, entries: int, limit: int) -> None:
        """Change the bounds; those used longest ago go, if need be."""
        self.sweep()
        kept = []
        while self._held:
            kept.append(self._held.popitem())  # the one used longest ago first
        self.entries, self.limit, self._held = entries, limit, self._new(limit)
        for key, entry in kept:
            if not self.put(key, entry):
                self.evicted["bytes"] += 1

    def _drop(self, cause: Eviction) -> None:
        self._held.popitem()
        self.evicted[cause] += 1
