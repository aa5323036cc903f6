"""The cache: a shelf, single flight, what each caller gets, and counts of it all."""

from __future__ import annotations

import math
import os
import random
import threading
import weakref
from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from quantperf.clock import SYSTEM, Clock
from quantperf.errors import ParameterError
from quantperf.memory.disk import Disk, DiskEntry
from quantperf.memory.flight import Flights, Role, computing
from quantperf.memory.keys import content_key
from quantperf.memory.policy import Call, Outcome, Policy, check_bounds
from quantperf.memory.renewals import Renewals
from quantperf.memory.results import Hand, Uncopyable, keep
from quantperf.memory.shelf import ENTRY_BYTES, Entry, Shelf
from quantperf.memory.sizes import size_of
from quantperf.memory.statistics import CacheStats, Counts

__all__ = ["MEGABYTE", "Cache"]

T = TypeVar("T")

JITTER = 0.05  # by at most this share a life is shorter than asked for, so that not all end at once
MOST_REASONS = 32  # that are counted by name
MEGABYTE = 1_000_000


class Cache:
    """Results by content, within a number of entries, a time to live and an amount of bytes.

    Parameters
    ----------
    name : str
        Shown in statistics.
    entries : int, default 500
        The most entries; the one used longest ago goes first.
    ttl : float, default 600
        Seconds that a result lives, on a clock that no correction of the time moves; up to 5 % less, by chance, so
        that what came together does not end together. 0 keeps nothing.
    bytes : int, default 64 MB
        The most bytes, of buffers and objects as they are. A larger result is given to its caller and not kept.
    stale : float, default 0
        Seconds after `ttl` in which the old value is given at once while one computation renews it behind. It stays
        when that fails.
    errors : tuple of exception types, optional
        Errors that are kept, for `error_ttl` seconds, and raised again; by default none.
    error_ttl : float, default 30
        Seconds.
    disk : path-like, optional
        Folder of a second level that processes of this host share; see `quantperf.memory.disk`.
    clock : Clock, optional
        Tells seconds.
    seed : int, default 0
        Of the chance in the time to live.

    Raises
    ------
    ParameterError
        If a bound is out of bounds.

    Examples
    --------
    >>> cache = Cache("example")
    >>> cache.fetch(("square", 3), lambda: 3 * 3), cache.fetch(("square", 3), lambda: 3 * 3)
    (9, 9)
    >>> cache.stats().hits, cache.stats().misses
    (1, 1)
    """

    def __init__(
        self,
        name: str,
        *,
        entries: int = 500,
        ttl: float = 600.0,
        bytes: int = 64 * MEGABYTE,
        stale: float = 0.0,
        errors: tuple[type[Exception], ...] = (),
        error_ttl: float = 30.0,
        disk: str | os.PathLike[str] | None = None,
        clock: Clock = SYSTEM,
        seed: int = 0,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise ParameterError(f"name must be a text that is not empty, got {name!r}")
        check_bounds(entries, bytes)
        self.name = name
        self.policy = Policy(float(ttl), float(stale), errors, float(error_ttl))
        self.clock = clock
        self.disk: Disk | None = None
        self._lock = threading.Lock()
        self._shelf = Shelf(entries, bytes, clock.monotonic)
        self._flights: Flights[Outcome] = Flights()
        self._counts = Counts()
        self._chance = random.Random(seed)
        self._renewals = Renewals(name, clock)
        _caches.add(self)
        if disk is not None:
            self.configure(disk=disk)

    def __repr__(self) -> str:
        return f"Cache({self.name!r}, {len(self._shelf)} of {self._shelf.entries} entries: {self.stats().verdict})"

    @property
    def cache_key(self) -> str:
        """What a cache is known by where a function captures it: its name."""
        return self.name

    def __len__(self) -> int:
        return len(self._shelf)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel by name and bounds, without entries: a function that a worker gets finds the cache of its process."""
        policy, disk = self.policy, None if self.disk is None else str(self.disk.folder)
        options = {name: getattr(policy, name) for name in ("ttl", "stale", "errors", "error_ttl")}
        options |= {"entries": self._shelf.entries, "bytes": self._shelf.limit, "disk": disk, "clock": self.clock}
        return _of_this_process, (self.name, options)

    # ------------------------------------------------------------------------------------------------ asking

    def fetch(
        self, key: object, compute: Callable[[], T], *, ttl: float | None = None, stale: float | None = None
    ) -> T:
        """Return what is kept under `key`, or what `compute` returns, which is then kept.

        Parameters
        ----------
        key : object
            Anything that can be known by its content; see `quantperf.memory.keys.content_key`.
        compute : callable
            Called without arguments, by one caller at a time a key.
        ttl, stale : float, optional
            Seconds, in place of those of the cache.

        Raises
        ------
        Unkeyable
            If the key cannot be known by its content.
        """
        began = self.clock.monotonic()
        policy = self.policy_with(ttl=ttl, stale=stale)
        return self.answer(content_key(("fetch", key)), compute, policy, began)  # type: ignore[no-any-return]

    async def fetch_async(
        self, key: object, compute: Callable[[], Awaitable[T]], *, ttl: float | None = None, stale: float | None = None
    ) -> T:
        """Return what `fetch` does, computed by a coroutine; both share what is kept and what is under way."""
        began = self.clock.monotonic()
        policy = self.policy_with(ttl=ttl, stale=stale)
        return await self.answer_async(content_key(("fetch", key)), compute, policy, began)  # type: ignore[no-any-return]

    def policy_with(
        self,
        *,
        ttl: float | None = None,
        stale: float | None = None,
        errors: tuple[type[Exception], ...] | None = None,
        error_ttl: float | None = None,
    ) -> Policy:
        """Return the policy of this cache, but for what is given."""
        own = self.policy
        if ttl is None and stale is None and errors is None and error_ttl is None:
            return own
        return Policy(
            own.ttl if ttl is None else ttl,
            own.stale if stale is None else stale,
            own.errors if errors is None else errors,
            own.error_ttl if error_ttl is None else error_ttl,
        )

    def answer(
        self,
        key: Hashable,
        compute: Callable[[], Any],
        policy: Policy,
        began: float,
        disk_key: Callable[[], bytes | None] | None = None,
    ) -> Any:
        """Return the result for a key made by `content_key`; what `fetch` and the decorators stand on."""
        if policy.ttl == 0:
            self.count_bypass("ttl is 0")
            return compute()
        entry, stale, due = self._look(key)
        if entry is not None:
            if due:
                self._renewals.behind(
                    entry, lambda: self._flights.run(key, lambda: self._computed(key, compute, self._renewal(policy)))
                )
            return self._hit(entry, began, stale=stale)
        call = self._call(policy, began, disk_key)
        outcome, role = self._flights.run(key, lambda: self._computed(key, compute, call))
        if role is Role.WAITED:
            self._count_waited()
            return outcome.hand() if outcome.hand is not None else compute()
        return self._own(outcome, began)

    async def answer_async(
        self,
        key: Hashable,
        compute: Callable[[], Awaitable[Any]],
        policy: Policy,
        began: float,
        disk_key: Callable[[], bytes | None] | None = None,
    ) -> Any:
        """Return what `answer` does, computed by a coroutine."""
        if policy.ttl == 0:
            self.count_bypass("ttl is 0")
            return await compute()
        entry, stale, due = self._look(key)
        if entry is not None:
            if due:
                self._renewals.beside(
                    entry,
                    lambda: self._flights.run_async(
                        key, lambda: self._computed_async(key, compute, self._renewal(policy))
                    ),
                )
            return self._hit(entry, began, stale=stale)
        call = self._call(policy, began, disk_key)
        outcome, role = await self._flights.run_async(key, lambda: self._computed_async(key, compute, call))
        if role is Role.WAITED:
            self._count_waited()
            return outcome.hand() if outcome.hand is not None else await compute()
        return self._own(outcome, began)

    def _call(self, policy: Policy, began: float, disk_key: Callable[[], bytes | None] | None) -> Call:
        disk = self.disk
        return Call(policy, began, disk, disk_key() if disk is not None and disk_key is not None else None)

    def _own(self, outcome: Outcome, began: float) -> Any:
        """Return the result of whoever led: computed, or found after all."""
        if outcome.entry is not None:
            return self._hit(outcome.entry, began, disk=outcome.disk)
        return outcome.value if outcome.hand is None else outcome.hand()

    # ---------------------------------------------------------------------------------------------- changing

    def invalidate(self, key: object) -> bool:
        """Forget what `fetch` keeps under a key; return whether there was something."""
        return self.remove(content_key(("fetch", key)))

    def remove(self, key: Hashable) -> bool:
        """Forget what is kept under a key made by `content_key`; return whether there was something."""
        with self._lock:
            return self._shelf.remove(key)

    def clear(self) -> int:
        """Forget everything in memory, the counts aside; return how many entries that were."""
        with self._lock:
            return self._shelf.clear()

    def trim(self, fraction: float) -> int:
        """Keep only this share of the entries, those used last; return how many went."""
        if isinstance(fraction, bool) or not isinstance(fraction, (int, float)) or not 0 <= fraction <= 1:
            raise ParameterError(f"fraction must be a number from 0 to 1, got {fraction!r}")
        with self._lock:
            return self._shelf.trim(math.ceil(len(self._shelf) * fraction))

    def sweep(self) -> int:
        """Drop what is over; return how many entries that were. It happens by itself, too."""
        with self._lock:
            return self._shelf.sweep()

    def configure(
        self,
        *,
        entries: int | None = None,
        ttl: float | None = None,
        bytes: int | None = None,
        stale: float | None = None,
        errors: tuple[type[Exception], ...] | None = None,
        error_ttl: float | None = None,
        disk: str | os.PathLike[str] | Literal[False] | None = None,
    ) -> None:
        """Change what is given; times hold for what is kept from now on, and ``disk=False`` ends that level."""
        limit = self._shelf.limit if bytes is None else bytes
        count = self._shelf.entries if entries is None else entries
        check_bounds(count, limit)
        policy = self.policy_with(ttl=ttl, stale=stale, errors=errors, error_ttl=error_ttl)
        level = None if disk is None or disk is False else Disk(Path(disk), clock=self.clock)
        with self._lock:
            self.policy = policy
            if (count, limit) != (self._shelf.entries, self._shelf.limit):
                self._shelf.resize(count, limit)
            former = self.disk
            if disk is not None:
                self.disk = level
        if disk is not None and former is not None:
            former.close()

    # ---------------------------------------------------------------------------------------------- counting

    def stats(self) -> CacheStats:
        """Return what the cache holds and has done."""
        renewals = self._renewals.counts()
        with self._lock:
            self._shelf.sweep()
            shelf, counts = self._shelf, self._counts
            return CacheStats(
                name=self.name,
                cache_size=len(shelf),
                max_size=shelf.entries,
                memory_usage=shelf.size,
                max_memory=shelf.limit,
                evictions=MappingProxyType({str(cause): count for cause, count in shelf.evicted.items()}),
                reasons=MappingProxyType(dict(counts.reasons.most_common())),
                **{name: getattr(counts, name) for name in COUNTED},
                **asdict(renewals),
            )

    def reset_stats(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._counts = Counts()
            self._shelf.evicted.clear()
        self._renewals.reset_counts()

    def count_bypass(self, reason: str) -> None:
        """Count a call that computes without the cache."""
        with self._lock:
            reasons = self._counts.reasons
            self._counts.bypassed += 1
            reasons[reason if reason in reasons or len(reasons) < MOST_REASONS else "other reasons"] += 1

    # --------------------------------------------------------------------------------------------- computing

    def _look(self, key: Hashable) -> tuple[Entry | None, bool, bool]:
        """Return the entry, whether it is stale, and whether this caller has to see to it that it is computed anew."""
        with self._lock:
            entry = self._shelf.get(key)
            if entry is None:
                return None, False, False
            now = self.clock.monotonic()
            stale = now >= entry.fresh_until
            due = stale and now >= entry.next_refresh
            if due:
                entry.next_refresh = math.inf  # the others leave it to this one
        return entry, stale, due

    def _hit(self, entry: Entry, began: float, *, stale: bool = False, disk: bool = False) -> Any:
        try:
            return entry.hand()
        finally:
            saved = entry.cost - (self.clock.monotonic() - began)
            with self._lock:
                self._counts.hits += 1
                self._counts.stale_hits += stale
                self._counts.disk_hits += disk
                self._counts.seconds_saved += saved

    def _count_waited(self) -> None:
        with self._lock:
            self._counts.coalesced += 1

    def _computed(self, key: Hashable, compute: Callable[[], Any], call: Call) -> Outcome:
        """Compute for all who wait; a flight may have landed since this call looked, and another process be ahead."""
        with self._turn(call):
            found = self._landed(key) or self._from_disk(key, call)
            if found is not None:
                return found
            started = self.clock.monotonic()
            try:
                value = compute()
            except call.policy.errors as error:
                self._keep_error(key, error, call, started)
                raise
            return self._keep(key, value, call, started)

    async def _computed_async(self, key: Hashable, compute: Callable[[], Awaitable[Any]], call: Call) -> Outcome:
        async with self._turn_async(call):
            found = self._landed(key) or self._from_disk(key, call)
            if found is not None:
                return found
            started = self.clock.monotonic()
            try:
                value = await compute()
            except call.policy.errors as error:
                self._keep_error(key, error, call, started)
                raise
            return self._keep(key, value, call, started)

    def _turn(self, call: Call) -> AbstractContextManager[object]:
        # Who computes inside of another computation takes no second turn: two processes could wait for each other.
        if call.disk is None or call.place is None or computing() > 1:
            return nullcontext()
        return call.disk.turn(call.place)

    def _turn_async(self, call: Call) -> AbstractAsyncContextManager[object]:
        if call.disk is None or call.place is None or computing() > 1:
            return nullcontext()
        return call.disk.turn_async(call.place)

    def _landed(self, key: Hashable) -> Outcome | None:
        with self._lock:
            entry = self._shelf.get(key)
            if entry is None or self.clock.monotonic() >= entry.fresh_until:
                return None
        return Outcome(entry.hand, entry=entry)

    def _from_disk(self, key: Hashable, call: Call) -> Outcome | None:
        if call.disk is None or call.place is None:
            return None
        found = call.disk.read(call.place)
        if found is None:
            return None
        hand = keep(found.value)
        entry = self._entry(hand, found.value, found.cost, found.life, call.policy.stale)
        with self._lock:
            if not self._shelf.put(key, entry):
                self._counts.too_large += 1
        return Outcome(hand, entry=entry, disk=True)

    def _entry(self, hand: Hand, value: object, cost: float, life: float, stale: float) -> Entry:
        now = self.clock.monotonic()
        return Entry(hand, ENTRY_BYTES + size_of(value), cost, now + life, now + life + stale)

    def _keep(self, key: Hashable, value: Any, call: Call, started: float) -> Outcome:
        ended = self.clock.monotonic()
        cost = ended - started
        try:
            hand = keep(value)
        except Uncopyable:
            with self._lock:
                self._counts.misses += 1
                self._counts.not_kept += 1
            return Outcome(None, value)
        with self._lock:
            life = call.policy.ttl * (1.0 - JITTER * self._chance.random())
        entry = self._entry(hand, value, cost, life, call.policy.stale)
        with self._lock:
            kept = self._shelf.put(key, entry)
            self._counts.misses += 1
            self._counts.too_large += not kept
            self._counts.seconds_spent += self.clock.monotonic() - call.began - cost
        if call.disk is not None and call.place is not None:
            call.disk.write(call.place, DiskEntry(value, cost, life))
        return Outcome(hand)

    def _keep_error(self, key: Hashable, error: Exception, call: Call, started: float) -> None:
        now = self.clock.monotonic()
        entry = Entry(partial(_raise, error), ENTRY_BYTES, now - started, now + call.policy.error_ttl, 0.0)
        entry.ends = entry.fresh_until
        with self._lock:
            self._counts.misses += 1
            self._counts.errors_kept += self._shelf.put(key, entry)

    def _renewal(self, policy: Policy) -> Call:
        return Call(replace(policy, errors=()), self.clock.monotonic())  # an error must not take a value's place

    def _forked(self) -> None:
        """Begin anew in the child of a fork; what a thread of the parent was changing at that moment is dropped."""
        if self._lock.locked():
            self._shelf = Shelf(self._shelf.entries, self._shelf.limit, self.clock.monotonic)
        self._lock = threading.Lock()
        self._renewals.begin_anew()


COUNTED = tuple(each.name for each in fields(Counts) if each.name != "reasons")


def _of_this_process(name: str, options: dict[str, Any]) -> Cache:
    from quantperf.memory.named import caches

    return caches[name] if name in caches else caches.add(name, **options)


def _raise(error: Exception) -> None:
    raise error.with_traceback(None)  # else each raise would make the one traceback longer


_caches: weakref.WeakSet[Cache] = weakref.WeakSet()


def _forked() -> None:
    for cache in list(_caches):
        cache._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
