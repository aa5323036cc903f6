"""Turning feeds on and off, and crawling those that are on."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

import pandas as pd

from quantperf.database import Database
from quantperf.errors import (
    ParameterError,
    did_you_mean,
)
from quantperf.news.archive import enabled, switch
from quantperf.news.catalogue import Feed, category_of, feed_of, known_feeds
from quantperf.news.parsing import MOST_BYTES
from quantperf.news.rounds import Asks, Crawled, Round
from quantperf.news.tags import ALIASES
from quantperf.transport import Pace, Policy, Transport

__all__ = ["crawl", "disable", "enable", "feeds"]

# Rates are ours, over all processes; a feed that fails is asked again by its own schedule, not at once.
POLICY = Policy(pace=Pace(rate=None, in_flight=1), retries=0, patience=0.0, body=MOST_BYTES, failures=1_000_000)


class HasDatabase(Protocol):
    """A store, or whatever else has a database."""

    @property
    def database(self) -> Database:
        """Where news are kept."""


Place: TypeAlias = "HasDatabase | Database | str | os.PathLike[str]"


def enable(store: Place, *names: str | Feed, base_url: str | None = None) -> tuple[Feed, ...]:
    """Turn feeds on; the store remembers it.

    Parameters
    ----------
    store : Store, Database or path
        Where news are kept; a path names the folder of a store.
    *names : str or Feed
        ``"yahoo:<SYMBOL>"``, ``"investing:<TOPIC>"``, or feeds of your own.
    base_url : str, optional
        Scheme and host instead of the service's own.

    Returns
    -------
    tuple of Feed
        Those that were turned on.

    Raises
    ------
    ParameterError
        If a name is unknown; then nothing is turned on.

    Notes
    -----
    Turning on a feed means asking a host that belongs to somebody else: see that its terms let you.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [feed.name for feed in enable(folder, "yahoo:AAPL", "investing:FED")]
    ['yahoo:AAPL', 'investing:FED']
    """
    if not names:
        raise ParameterError("enable needs the name of a feed, such as 'yahoo:AAPL'; see quantperf.news.feeds()")
    chosen = tuple(name if isinstance(name, Feed) else feed_of(name, base_url=base_url) for name in names)
    with _opened(store) as database:
        switch(database, chosen, on=True)
    return chosen


def disable(store: Place, *names: str) -> tuple[Feed, ...]:
    """Turn feeds off; what they told stays.

    Parameters
    ----------
    store : Store, Database or path
        Where news are kept.
    *names : str
        Feeds that are on; by default all of them.

    Raises
    ------
    ParameterError
        If one is not on; then nothing is turned off.
    """
    with _opened(store) as database:
        on = enabled(database)
        chosen = _chosen(on, names or [feed.name for feed in on])
        switch(database, chosen, on=False)
    return chosen


def feeds(store: Place | None = None) -> pd.DataFrame:
    """Return the feeds that are known, and which of them are on.

    Parameters
    ----------
    store : Store, Database or path, optional
        Where news are kept; without it all are off.

    Returns
    -------
    DataFrame
        Indexed by name: source, symbol, topic, category, url, enabled.

    Examples
    --------
    >>> known = feeds()
    >>> bool(known["enabled"].any()), known.loc["investing:FED", "topic"]
    (False, 'FED')
    """
    rows = {feed.name: (feed, False) for feed in known_feeds()}
    if store is not None:
        with _opened(store) as database:
            on = {feed.name for feed in enabled(database)}
            rows |= {feed.name: (feed, feed.name in on) for feed in enabled(database, off=True)}
    frame = pd.DataFrame(
        [(feed.source, feed.symbol, feed.topic, category_of(feed), feed.url, on) for feed, on in rows.values()],
        index=pd.Index(list(rows), name="feed"),
        columns=["source", "symbol", "topic", "category", "url", "enabled"],
    )
    return frame.astype({"symbol": "str", "topic": "str"})


def crawl(
    store: Place,
    feeds: Iterable[str] | str | None = None,
    *,
    transport: Asks | None = None,
    contact: str | None = None,
    symbols: Collection[str] | None = None,
    aliases: Mapping[str, str] = ALIASES,
    sleep: Callable[[float], object] = time.sleep,
    draw: Callable[[], float] = random.random,
) -> Crawled:
    """Ask the feeds that are on and due, and keep what they tell.

    Parameters
    ----------
    store : Store, Database or path
        Where news are kept; a path names the folder of a store.
    feeds : str or iterable of str, optional
        Only these of the feeds that are on.
    transport : Transport, optional
        What sends; by default one that is closed at the end. It must not retry by itself.
    contact : str, optional
        How the owner of a host reaches you, in the User-Agent; by default what ``QUANTPERF_CONTACT`` says.
    symbols : collection of str, optional
        Symbols that exist, for tags such as ``(AAPL)``; by default those of the store and of its feeds.
    aliases : mapping of str to str, optional
        Names that stand for symbols; see `quantperf.news.tags`.
    sleep, draw : callable, optional
        What waits for so many seconds, and a uniform draw from 0 to 1; for tests.

    Returns
    -------
    Crawled
        What became of each feed. A feed that fails is told there and stops no other.

    Raises
    ------
    ParameterError
        If no feed is on, or one of `feeds` is not.
    StoreError
        If the store cannot be written.

    Notes
    -----
    Hosts are asked side by side, the feeds of one host one after the other.
    """
    with _opened(store) as database:
        on = enabled(database)
        if not on:
            names = ", ".join(repr(feed.name) for feed in known_feeds()[:3])
            raise ParameterError(
                "crawl needs a feed that is on, all are off; turn some on with quantperf.news.enable(store, ...), such"
                f" as {names} or 'investing:ECONOMY'; quantperf.news.feeds() lists them"
            )
        wanted = [feeds] if isinstance(feeds, str) else feeds
        chosen = on if wanted is None else _chosen(on, wanted)
        known = {feed.symbol for feed in on if feed.symbol} | set(
            getattr(store, "symbols", ()) if symbols is None else symbols
        )
        ours = Transport(POLICY, contact=contact) if transport is None else None
        try:
            turn = Round(database, transport or ours, known, aliases, sleep, draw)  # type: ignore[arg-type]
            return turn.run(chosen)
        finally:
            if ours is not None:
                ours.close()


def _chosen(on: Iterable[Feed], names: Iterable[str]) -> tuple[Feed, ...]:
    by_name = {feed.name: feed for feed in on}
    for name in names:
        if name not in by_name:
            hint = did_you_mean(str(name), by_name)
            raise ParameterError(
                f"feed {name!r} is not on{hint}; turn it on with quantperf.news.enable(store, {name!r})"
            )
    return tuple(by_name[name] for name in dict.fromkeys(names))


@contextmanager
def _opened(store: Place) -> Iterator[Database]:
    """Give the database of a place; one that is opened here is closed."""
    if isinstance(store, Database):
        yield store
    elif isinstance(store, str | os.PathLike):
        database = Database(Path(store) / "store.db")
        try:
            yield database
        finally:
            database.close()
    elif isinstance(getattr(store, "database", None), Database):
        yield store.database
    else:
        raise ParameterError(f"store must be a Store or the path of one, got {store!r}")
