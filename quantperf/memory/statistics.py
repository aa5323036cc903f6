"""What a cache has done: counts, bytes and seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

__all__ = ["CacheStats", "Counts", "Health"]

Health: TypeAlias = Literal["healthy", "warning", "critical"]
HEALTHY, WARNING = 0.7, 0.5  # hit rates above which a cache is healthy, or at least gives no more than a warning


@dataclass(slots=True)
class Counts:
    """What is counted as it happens; the lock of the cache guards it."""

    hits: int = 0
    misses: int = 0
    stale_hits: int = 0
    disk_hits: int = 0
    coalesced: int = 0
    bypassed: int = 0
    too_large: int = 0
    not_kept: int = 0
    errors_kept: int = 0
    refreshes: int = 0
    refresh_failures: int = 0
    refreshes_skipped: int = 0
    seconds_saved: float = 0.0
    seconds_spent: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What a cache holds and has done since it was made, or since its counts were reset.

    Attributes
    ----------
    name : str
    cache_size, max_size : int
        Entries, and the most that there may be.
    memory_usage, max_memory : int
        Bytes held, and the most.
    hits, misses : int
        Calls that were answered with what was kept, and calls that computed.
    coalesced : int
        Calls that waited for an equal one. They count in the hit rate, but not as hits.
    stale_hits, disk_hits : int
        Of the hits: those that got an old value while a new one was computed, and those read from the disk.
    bypassed : int
        Calls that computed without the cache: no key for their arguments, or a time to live of 0.
    too_large, not_kept : int
        Results that were given to the caller alone: above the bytes of the cache, or such as cannot be copied.
    errors_kept : int
        Errors that were kept because their type is to be.
    refreshes, refresh_failures, refreshes_skipped : int
        Computations behind a stale value; those that failed, so that the old value stayed; those not begun because
        too many were waiting.
    last_error : str or None
        What the last refresh failed with.
    evictions : mapping of str to int
        By cause: expired, entries, bytes, trimmed, invalidated, cleared, replaced.
    reasons : mapping of str to int
        Why calls were bypassed; the commonest first.
    seconds_saved : float
        Over hits: what the computation had taken, less the time to make the key, find the entry and copy it out.
        Negative where that costs more than to compute.
    seconds_spent : float
        Over misses: the time for keys, copies and sizes.
    """

    name: str
    cache_size: int
    max_size: int
    memory_usage: int
    max_memory: int
    hits: int
    misses: int
    coalesced: int
    stale_hits: int
    disk_hits: int
    bypassed: int
    too_large: int
    not_kept: int
    errors_kept: int
    refreshes: int
    refresh_failures: int
    refreshes_skipped: int
    last_error: str | None
    evictions: Mapping[str, int]
    reasons: Mapping[str, int]
    seconds_saved: float
    seconds_spent: float

    @property
    def hit_rate(self) -> float | None:
        """Hits in all calls that looked; None without any."""
        traffic = self.hits + self.misses + self.coalesced
        return self.hits / traffic if traffic else None

    @property
    def health(self) -> Health | None:
        """Healthy above a hit rate of 70 %, warning above 50 %, else critical; None without traffic."""
        rate = self.hit_rate
        if rate is None:
            return None
        return "healthy" if rate > HEALTHY else "warning" if rate > WARNING else "critical"

    @property
    def pays(self) -> bool | None:
        """Whether it has saved more seconds than it took; None without traffic."""
        return None if self.hit_rate is None else self.seconds_saved > self.seconds_spent

    @property
    def verdict(self) -> str:
        """One sentence on what it is worth."""
        rate = self.hit_rate
        if rate is None:
            return "no traffic yet"
        net = self.seconds_saved - self.seconds_spent
        worth = f"saved {net:.3g} s" if net > 0 else f"costs more than it saves, by {-net:.3g} s"
        return f"{rate:.0%} hits, {worth}, holds {self.memory_usage / 1e6:.1f} MB"

    def as_dict(self) -> dict[str, Any]:
        """Return all figures by name, the derived ones too."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        plain |= {"evictions": dict(self.evictions), "reasons": dict(self.reasons)}
        return plain | {"hit_rate": self.hit_rate, "health": self.health, "pays": self.pays}

    def __getitem__(self, name: str) -> Any:
        """Return a figure by its name, as of a dict."""
        return self.as_dict()[name]
