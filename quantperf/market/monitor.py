"""The price monitor: a thin shell that gives the rules their quotes and commits what they decide.

Quotes come from a source, from whoever feeds them, or from the latest bars of the store. Each batch is one commit that
holds the state of the rules, the quotes and the alerts, so that an alert is raised exactly once, however many processes
watch and whenever one of them is killed; `quantperf.market.alerts` says how they are delivered.

Deciding never reads through a cache: the 60 seconds for which `PriceMonitor.price` may be old are for those who ask.

Measured on two busy cores, over ten years of fifty symbols: a tick costs 1.0 ms with its levels and its share of a
commit of five, of which the rules are 0.03 ms.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from quantperf.database import Commit, moment_of, stamp_of
from quantperf.errors import DataError, ParameterError
from quantperf.events import PriceChanged
from quantperf.market import alerts
from quantperf.market.alarm_events import Alert, Correction, Event, Ignored, Outcome, Quote, Resolution, Retraction
from quantperf.market.alarm_policy import CATEGORIES, Policy, Threshold
from quantperf.market.alarm_replay import Replay, replay
from quantperf.market.alarms import State, step
from quantperf.market.checked import Checked, Delivered, joined, summary
from quantperf.market.quotes import Tick, explained, latest_tick, quote_of
from quantperf.market.store import Store
from quantperf.memory.cache import Cache
from quantperf.memory.named import caches

__all__ = ["Policy", "PriceMonitor", "Threshold", "Tick"]

BATCH = 5  # symbols a commit
IN_FLIGHT = 2  # batches that a source is asked for at once
PRICE_SECONDS = 60.0
DELIVERED_AT_ONCE = 100
LEASE_SECONDS = 60.0


Told: TypeAlias = Mapping[str, "Tick | Exception"]
Source: TypeAlias = Callable[[list[str]], "Told | Awaitable[Told]"]
Given: TypeAlias = tuple[str, "Tick | Correction | Resolution | None"]  # None: the latest of the store


class PriceMonitor:
    """Raise an alert when a price moves as a policy says, once.

    Parameters
    ----------
    store : Store
        Where levels come from, and where state, quotes and alerts are kept.
    rules : Policy or mapping, optional
        Which moves raise an alert; a mapping of rules to thresholds counts for every symbol.
    source : callable, optional
        Gets a list of symbols and returns a mapping of them to a `Tick`, or to the exception that stood in the way; it
        may be async. Without it, checks take the latest bars of the store.
    batch : int, default 5
        Symbols a commit, and a call of the source.
    cache : Cache, optional
        Where `price` keeps what it read; by default the one called price_data.

    Attributes
    ----------
    policy : Policy
        Which moves raise an alert. Another policy has a state and alerts of its own.
    counts : Counter
        Why quotes of this monitor decided nothing.

    Notes
    -----
    Any number of monitors may watch, in any number of processes. Once committed, a `PriceChanged` for each new price,
    an `AlertRaised` for each alert and an `AlertRetracted` for each that is taken back are published on ``store.bus``.

    Examples
    --------
    >>> import tempfile
    >>> import quantperf as qp
    >>> from quantperf.market.history import Bars
    >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
    ...     written = store.write({"FB": Bars.from_frame(qp.sample("FB"))})
    ...     monitor = PriceMonitor(store, {"price_rise": 1.5, "drop_from_high": 30.0, "break_prev_high": None})
    ...     at = dt.datetime(2013, 3, 4, 15, tzinfo=dt.UTC)
    ...     found = monitor.feed([("FB", Tick(28.3, at))], now=at)
    ...     [(each.alert_type, round(each.actual_percent, 2)) for each in found.alerts]
    [('price_rise', 1.87), ('drop_from_high', -37.11)]
    """

    def __init__(
        self,
        store: Store,
        rules: Policy | Mapping[str, Any] | None = None,
        *,
        source: Source | None = None,
        batch: int = BATCH,
        cache: Cache | None = None,
    ) -> None:
        if not isinstance(store, Store):
            raise ParameterError(f"store must be a quantperf Store, got {store!r}; such as qp.Store('prices')")
        if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= 500:
            raise ParameterError(f"batch must be a whole number from 1 to 500, got {batch!r}")
        if source is not None and not callable(source):
            raise ParameterError(f"source must take a list of symbols and return their ticks, got {source!r}")
        self.store = store
        self.policy = _policy(rules)
        self.counts: Counter[str] = Counter()
        self._source = source
        self._batch = batch
        self._who = uuid.uuid4().hex
        self._cache = caches["price_data"] if cache is None else cache

    def __repr__(self) -> str:
        return f"PriceMonitor({self.store!r}, policy {self.policy.version})"

    def check(self, symbols: Iterable[str] | None = None) -> Checked:
        """Ask for the latest price of each symbol, and decide.

        Parameters
        ----------
        symbols : iterable of str, optional
            Those to check; by default all of the store.

        Returns
        -------
        Checked
            A symbol that fails is an error among the results of the others.

        Raises
        ------
        ParameterError
            If the source is async; then `check_async` is to be awaited.
        """
        found = []
        for batch in _batches(self._symbols(symbols), self._batch):
            told = self._ask(batch)
            if inspect.isawaitable(told):
                if inspect.iscoroutine(told):
                    told.close()
                raise ParameterError("this source is async; await check_async instead of calling check")
            found.append(self._take(batch, told))
        return joined(found)

    async def check_async(self, symbols: Iterable[str] | None = None) -> Checked:
        """Do what `check` does without blocking the loop: the source is awaited, the store works in a thread."""
        room = asyncio.Semaphore(IN_FLIGHT)

        async def one(batch: list[str]) -> Checked:
            async with room:
                told = await asyncio.to_thread(self._ask, batch)
                if inspect.isawaitable(told):
                    try:
                        told = await told
                    except Exception as error:  # of whatever kind, it is the result of these symbols
                        told = dict.fromkeys(batch, error)
            return await asyncio.to_thread(self._take, batch, told)

        batches = list(_batches(self._symbols(symbols), self._batch))
        return joined(await asyncio.gather(*(one(batch) for batch in batches)))

    def feed(self, ticks: Iterable[tuple[str, Tick]], *, now: dt.datetime | None = None) -> Checked:
        """Decide on ticks that a stream brings, in their order.

        Parameters
        ----------
        ticks : iterable of (str, Tick)
            Of any symbols; those that the store does not hold have no levels but the tick before.
        now : datetime, optional
            The time; by default that of the store's clock.
        """
        given: list[Given] = list(ticks)
        return joined([self._commit(batch, now) for batch in _batches(given, self._batch)])

    def correct(self, symbol: str, at: dt.datetime, price: float | None = None, serial: int = 0) -> Checked:
        """Take back a tick that was false, with the alerts it raised, and decide on the right price in its place."""
        if at.tzinfo is None:
            raise ParameterError(f"at must be a moment with a time zone, got {at!r}; add tzinfo=datetime.UTC")
        return self._commit([(symbol, Correction(symbol, stamp_of(at), price, serial))])

    def resolve(self, symbol: str, verdict: Literal["action", "real"], ratio: float | None = None) -> Checked:
        """Say what a held move was.

        Parameters
        ----------
        symbol : str
            Whose move is held.
        verdict : {"action", "real"}
            A split, after which no alert is raised and what was before counts in new shares; or a real move, whose
            alerts are raised now and tell the delay.
        ratio : float, optional
            New shares for an old one; by default the simple ratio that the move is near to.

        Notes
        -----
        A check resolves it by itself once the store holds the split, or the final bar of that session without one.
        """
        return self._commit([(symbol, Resolution(symbol, verdict, ratio))])

    def held(self) -> pd.DataFrame:
        """Return the moves that are held: symbol, price, reference (the price it jumped from), ratio, since."""
        rows = []
        with self.store.database.reading() as connection:
            names = connection.execute(
                "SELECT symbol FROM alarm WHERE policy = ? ORDER BY symbol", (self.policy.version,)
            ).fetchall()
            found = alerts.states(connection, self.policy.version, [row[0] for row in names])
        for symbol, state in found.items():
            if state.held is not None:
                held = state.held
                rows.append((symbol, held.latest.price, held.reference, held.ratio, held.first.at))
        frame = pd.DataFrame(rows, columns=["symbol", "price", "reference", "ratio", "since"])
        frame["since"] = alerts.moments(frame["since"].tolist())
        return frame

    def alerts(self, symbols: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the log of this policy's alerts, in the order of raising.

        Returns
        -------
        DataFrame
            id, symbol, alert_type, base_type, severity, base_price, current_price, threshold_percent and actual_percent
            (signed), base_time (date of the bar, or time of the tick, whose price the base is), triggered_at (of the
            price), known_at (when it was decided), policy, retracted_at (missing unless it was taken back),
            delivered_at, attempts.
        """
        wanted = None if symbols is None else [symbols] if isinstance(symbols, str) else list(symbols)
        with self.store.database.reading() as connection:
            return alerts.table(connection, wanted, self.policy.version)

    def price(self, symbol: str) -> float:
        """Return the latest price of a symbol, for queries: 60 seconds old at most, spread by 5 percent.

        Raises
        ------
        DataError
            If no price of it is known.
        """

        def read() -> float:
            with self.store.database.reading() as connection:
                found = latest_tick(connection, symbol)
            if found is None:
                raise DataError(f"no price of {symbol!r} is known; check it first, or collect it")
            return found[0].price

        return self._cache.fetch(("latest price", self.store.id, symbol), read, ttl=PRICE_SECONDS)

    def replay(
        self, start: Any = None, end: Any = None, *, prices: Sequence[str] = ("open", "close"), horizon: int = 5
    ) -> Replay:
        """Return what this policy would have raised on the daily bars of the store; see `alarm_replay.replay`."""
        return replay(self.policy, self.store, start, end, prices=prices, horizon=horizon)

    def deliver(
        self,
        sink: Callable[[Alert | Retraction], object],
        *,
        limit: int = DELIVERED_AT_ONCE,
        lease: float = LEASE_SECONDS,
    ) -> Delivered:
        """Hand the alerts of the store that nobody has delivered to a sink, the oldest first, at least once.

        Parameters
        ----------
        sink : callable
            Gets each `Alert` or `Retraction`; an exception leaves it undelivered, for a later call.
        limit : int, default 100
            At most so many.
        lease : float, default 60.0
            Seconds for which they are claimed, longer than the sink needs for all of them: who is killed meanwhile
            leaves them to others from then on. A receiver drops ids that it knows: `quantperf.market.alerts.Once`.
        """
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise ParameterError(f"limit must be a whole number of at least 1, got {limit!r}")
        if isinstance(lease, bool) or not isinstance(lease, int | float) or not 0 < lease < float("inf"):
            raise ParameterError(f"lease must be seconds above 0, got {lease!r}")
        database = self.store.database
        sent, failed = [], {}
        for alert in alerts.claim(database, self._who, self._now(), int(lease * 1000), limit):
            try:
                sink(alert)
            except Exception as error:  # a sink may fail in any way; the row says how, and waits
                failed[alert.id] = error
                alerts.settle(database, self._who, self._now(), alert.id, f"{type(error).__name__}: {error}"[:500])
            else:
                alerts.settle(database, self._who, self._now(), alert.id)
                sent.append(alert.id)
        return Delivered(tuple(sent), failed)

    def _symbols(self, symbols: Iterable[str] | None) -> list[str]:
        if symbols is None:
            return list(self.store.symbols)
        return [symbols] if isinstance(symbols, str) else list(dict.fromkeys(symbols))

    def _now(self) -> int:
        return stamp_of(self.store.clock.now())

    def _ask(self, batch: list[str]) -> Any:
        """Return what the source tells, or nothing where there is none."""
        if self._source is None:
            return None
        try:
            return self._source(list(batch))
        except Exception as error:  # of whatever kind, it is the result of these symbols
            return dict.fromkeys(batch, error)

    def _take(self, batch: list[str], told: Any) -> Checked:
        """Commit what a source told of a batch; what it left out is an error."""
        if told is None:
            return self._commit([(symbol, None) for symbol in batch])
        errors: dict[str, Exception] = {}
        given: list[Given] = []
        for symbol in batch:
            tick = told.get(symbol) if isinstance(told, Mapping) else None
            if isinstance(tick, Tick):
                given.append((symbol, tick))
            else:
                missing = DataError(f"the source must give a Tick of {symbol!r}, got {tick!r}")
                errors[symbol] = tick if isinstance(tick, Exception) else missing
        found = self._commit(given)
        return Checked(found.summaries, found.alerts, found.retractions, found.ignored, {**found.errors, **errors})

    def _commit(self, batch: Sequence[Given], moment: dt.datetime | None = None) -> Checked:
        """Run the rules over a batch in one commit, and publish what came of it."""
        now = self._now() if moment is None else stamp_of(moment)
        version, run = self.policy.version, _Run()
        with self.store.database.commit("alerts", version) as commit:
            held = alerts.states(commit.connection, version, {symbol for symbol, _ in batch})
            before = {symbol: alerts.latest_quote(commit.connection, symbol) for symbol in held}
            was = dict(held)
            for symbol, given in batch:
                event, volume = self._event(commit, symbol, given, run)
                if event is None:
                    continue
                # What is held may have been explained since; so may what is held now, by the bar it came from.
                for told in ([] if isinstance(event, Resolution) else None, [event], None):
                    for each in explained(commit.connection, held[symbol]) if told is None else told:
                        held[symbol], outcomes = step(held[symbol], each, self.policy, now)
                        run.outcomes += outcomes
                if isinstance(event, Quote):
                    run.summaries[symbol] = summary(event)
                    if _taken(held[symbol], event):
                        run.quotes.append((event, volume))
            changed = {symbol: state for symbol, state in held.items() if state is not was[symbol]}
            fresh = alerts.keep(commit, version, changed, run.quotes, run.outcomes)
            commit.void = not changed and not fresh
        self._publish(commit, run.quotes, before, fresh)
        ignored = tuple(each for each in run.outcomes if isinstance(each, Ignored))
        self.counts.update(each.reason for each in ignored)
        return Checked(
            run.summaries,
            tuple(each for each in fresh if isinstance(each, Alert)),
            tuple(each for each in fresh if isinstance(each, Retraction)),
            ignored,
            run.errors,
        )

    def _event(
        self, commit: Commit, symbol: str, given: Tick | Correction | Resolution | None, run: _Run
    ) -> tuple[Event | None, float]:
        """Return the event that the rules get, with its levels."""
        if isinstance(given, Correction | Resolution):
            return given, np.nan
        found = latest_tick(commit.connection, symbol) if given is None else (given, None)
        if found is None:
            run.errors[symbol] = DataError(f"no price of {symbol!r} is stored; collect it first")
            return None, np.nan
        return quote_of(commit.connection, symbol, *found), found[0].volume

    def _publish(
        self,
        commit: Commit,
        quotes: Sequence[tuple[Quote, float]],
        before: Mapping[str, tuple[float, int, int, float] | None],
        fresh: Sequence[Alert | Retraction],
    ) -> None:
        bus, last = self.store.bus, {symbol: np.nan if row is None else row[0] for symbol, row in before.items()}
        for quote, volume in quotes:
            if quote.price != last[quote.symbol]:
                bus.publish(
                    PriceChanged(
                        at=moment_of(quote.at),
                        symbol=quote.symbol,
                        price=quote.price,
                        previous=last[quote.symbol],
                        volume=volume,
                        seq=commit.seq,
                    )
                )
            last[quote.symbol] = quote.price
        for each in fresh:
            at = moment_of(each.known_at)
            if isinstance(each, Alert):
                bus.publish(alerts.AlertRaised(at=at, alert=each, seq=commit.seq))
            else:
                bus.publish(alerts.AlertRetracted(at=at, retraction=each, seq=commit.seq))


@dataclass(slots=True)
class _Run:
    """What comes together while a batch is decided."""

    summaries: dict[str, dict[str, Any]] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    quotes: list[tuple[Quote, float]] = field(default_factory=list)
    errors: dict[str, Exception] = field(default_factory=dict)


def _policy(rules: Policy | Mapping[str, Any] | None) -> Policy:
    if rules is None or isinstance(rules, Policy):
        return rules or Policy()
    if isinstance(rules, Mapping):
        return Policy(default=rules, by_category=dict.fromkeys(CATEGORIES, rules))
    raise ParameterError(f"rules must be a Policy or thresholds by rule, got {rules!r}; such as {{'price_rise': 3.0}}")


def _taken(state: State, quote: Quote) -> bool:
    """Return whether a quote decided something."""
    return state.last is not None and state.last.order == quote.order and state.last.price == quote.price


def _batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    each = iter(items)
    while batch := list(islice(each, size)):
        yield batch
