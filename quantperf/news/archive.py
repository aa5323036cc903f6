"""The tables of news: stories, what they said when, their symbols, where they were seen, and who asks which feed.

A story is one row, however many feeds tell it. All that may change hangs on it as rows with the commit that wrote them
(`seq`), so that a reading as of a commit holds nothing that was seen later: texts (the old one stays, with the commit
that ended it), symbols, sightings, clusters.

A crawler holds a lease on an address while it asks. Everything an answer leads to, items, validators and the end of
the lease, is one transaction that begins with the lease: who has lost it writes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from quantperf.database import Commit, Connection, Database, stamp_from, stamp_of
from quantperf.errors import ParameterError
from quantperf.news.catalogue import Feed
from quantperf.news.identity import (
    WITHIN_MS,
    Key,
    bare_title,
    content_hash,
    keys_of,
    may_merge,
    same_story,
    story_id,
    title_words,
)
from quantperf.news.parsing import Item
from quantperf.news.tags import ALIASES, HOW, tags_of

__all__ = ["SCHEMA", "Kept", "enabled", "keep", "news", "sightings", "switch"]

SCHEMA = (
    """
    CREATE TABLE news_feed(
        name TEXT PRIMARY KEY, url TEXT NOT NULL, source TEXT NOT NULL, symbol TEXT, topic TEXT,
        html INTEGER NOT NULL, enabled INTEGER NOT NULL, at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE news(
        key INTEGER PRIMARY KEY, id TEXT NOT NULL, source TEXT NOT NULL, source_id TEXT, words INTEGER NOT NULL,
        told_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, seq INTEGER NOT NULL
    );
    CREATE INDEX news_seen ON news(seen_at);
    CREATE TABLE news_text(
        news INTEGER NOT NULL, seq INTEGER NOT NULL, until INTEGER, title TEXT NOT NULL, url TEXT NOT NULL,
        summary TEXT NOT NULL, html TEXT NOT NULL, publisher TEXT NOT NULL, hash TEXT NOT NULL, published_at INTEGER,
        flags TEXT NOT NULL, crawled_at INTEGER NOT NULL, PRIMARY KEY(news, seq)
    ) WITHOUT ROWID;
    CREATE TABLE news_key(
        kind TEXT NOT NULL, value TEXT NOT NULL, news INTEGER NOT NULL, PRIMARY KEY(kind, value, news)
    ) WITHOUT ROWID;
    CREATE TABLE news_bare(bare TEXT NOT NULL, news INTEGER NOT NULL, PRIMARY KEY(bare, news)) WITHOUT ROWID;
    CREATE TABLE news_symbol(
        news INTEGER NOT NULL, symbol TEXT NOT NULL, how TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY(news, symbol, how)
    ) WITHOUT ROWID;
    CREATE INDEX news_symbol_by ON news_symbol(symbol, news);
    CREATE TABLE sighting(
        news INTEGER NOT NULL, feed TEXT NOT NULL, source TEXT NOT NULL, url TEXT NOT NULL, guid TEXT NOT NULL,
        at INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(news, feed, url, guid)
    ) WITHOUT ROWID;
    CREATE TABLE news_cluster(news INTEGER PRIMARY KEY, cluster TEXT NOT NULL, seq INTEGER NOT NULL);
    CREATE TABLE http_cache(
        url TEXT PRIMARY KEY, etag TEXT, last_modified TEXT, fetched_at INTEGER, fresh_until INTEGER NOT NULL DEFAULT 0,
        lease_by TEXT, lease_until INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, status TEXT,
        cause TEXT
    ) WITHOUT ROWID;
    CREATE TABLE news_host(
        host TEXT PRIMARY KEY, lease_by TEXT, lease_until INTEGER NOT NULL DEFAULT 0,
        next_at INTEGER NOT NULL DEFAULT 0, blocked_until INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
        robots TEXT, robots_until INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    """,
)

EVER = 2**62
SIGHTINGS_A_STORY = 200  # a source may write a new address into every answer; of those the first are kept
NAMESAKES = 50  # stories with one title that are looked at
COLUMNS = (
    "id", "title", "url", "source", "summary", "html", "symbol", "symbols", "content_hash", "crawled_at",
    "published_at", "seen_at", "source_id", "cluster_id", "publisher", "sightings", "flags",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the items of one answer.

    Attributes
    ----------
    new, updated, duplicate : int
        Stories that were not known; known ones whose text changed; known ones as they were.
    incomplete : int
        Items that the end of the answer cut: they are not kept.
    """

    new: int = 0
    updated: int = 0
    duplicate: int = 0
    incomplete: int = 0


def switch(database: Database, feeds: Sequence[Feed], *, on: bool) -> None:
    """Turn feeds on or off; what they are is kept with it."""
    database.migrate("news", SCHEMA)
    with database.writing() as connection:
        at = stamp_of(database.clock.now())
        connection.executemany(
            "INSERT OR REPLACE INTO news_feed VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(feed.name, feed.url, feed.source, feed.symbol, feed.topic, feed.html, on, at) for feed in feeds],
        )


def enabled(database: Database, *, off: bool = False) -> tuple[Feed, ...]:
    """Return the feeds that are on, by name; with `off` also those that were turned off."""
    database.migrate("news", SCHEMA)
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT name, url, source, symbol, topic, html FROM news_feed WHERE enabled OR ? ORDER BY name", (off,)
        ).fetchall()
    return tuple(Feed(**{**dict(row), "html": bool(row["html"])}) for row in rows)


def keep(
    commit: Commit,
    feed: Feed,
    items: Sequence[Item],
    at: dt.datetime,
    *,
    known: Collection[str] = (),
    aliases: Mapping[str, str] = ALIASES,
) -> Kept:
    """Write the items of one answer; each finds its story, or becomes one.

    Parameters
    ----------
    commit : Commit
        The transaction.
    feed : Feed
        Where they come from.
    items : sequence of Item
        As parsed; those flagged "cut" are not kept.
    at : datetime
        When the answer came.
    known, aliases : collection of str, mapping of str to str
        See `quantperf.news.tags.tags_of`.
    """
    whole = [item for item in items if "cut" not in item.flags]
    crawled_at = stamp_of(at)
    new = updated = 0
    for item, keys in zip(whole, keys_of(whole, feed.source), strict=True):
        tags = tags_of(f"{item.title}\n{item.summary}", feed=feed.symbol, known=known, aliases=aliases)
        told_at = commit.at if item.published_at is None else stamp_of(item.published_at)
        story = _story(commit.connection, keys, feed.source, told_at)
        fresh = story is None
        if story is None:
            story = _begun(commit, feed, item, keys, told_at)
            new += 1
        elif _retold(commit, story, item, feed, crawled_at):
            updated += 1
        if fresh:
            _told(commit, story, item, crawled_at)
        _noted(commit, story, feed, item, keys, tags)
        if fresh:
            _clustered(commit, story, item, feed, tags)
    return Kept(new, updated, len(whole) - new - updated, len(items) - len(whole))


def _story(connection: Connection, keys: Sequence[Key], source: str, told_at: int) -> int | None:
    """Return the story that the first known key names."""
    own = {key.kind: key.value for key in keys}
    for key in keys:
        rows = connection.execute(
            "SELECT news.key, words, news.source FROM news_key JOIN news ON news.key = news_key.news"
            " WHERE kind = ?1 AND value = ?2 AND (?1 <> 'title' OR abs(told_at - ?3) <= ?4)"
            " ORDER BY news.key DESC LIMIT ?5",
            (key.kind, key.value, told_at, WITHIN_MS, NAMESAKES),
        ).fetchall()
        for row in rows:
            if key.kind != "title":
                return int(row["key"])
            names = _names(connection, row["key"], source, row["source"])
            contradicted = any(kind in own and values and own[kind] not in values for kind, values in names.items())
            if may_merge(row["words"], row["source"] == source or any(names.values()), contradicted):
                return int(row["key"])
    return None


def _names(connection: Connection, story: int, source: str, first: str) -> dict[str, set[str]]:
    """Return the guids, numbers and addresses by which a source knows a story."""
    names: dict[str, set[str]] = {"guid": set(), "own": set(), "url": set()}
    for kind, value in connection.execute(
        "SELECT kind, value FROM news_key WHERE news = ? AND kind IN ('guid', 'own', 'url')", (story,)
    ):
        if value.startswith(f"{source}\n") or (kind == "url" and first == source):
            names[kind].add(value)
    return names


def _begun(commit: Commit, feed: Feed, item: Item, keys: Sequence[Key], told_at: int) -> int:
    """Write a story that was not known; return its key."""
    source_id = next((key.value.partition("\n")[2] for key in keys if key.kind in {"guid", "own"}), None)
    row = (story_id(keys), feed.source, source_id, len(title_words(item.title)), told_at, commit.at, commit.seq)
    cursor = commit.connection.execute(
        "INSERT INTO news(id, source, source_id, words, told_at, seen_at, seq) VALUES (?, ?, ?, ?, ?, ?, ?)", row
    )
    assert cursor.lastrowid is not None  # after an INSERT of one row
    return cursor.lastrowid


def _retold(commit: Commit, story: int, item: Item, feed: Feed, crawled_at: int) -> bool:
    """Write what a story says now, if its own source says it otherwise; return whether it does."""
    connection = commit.connection
    source = connection.execute("SELECT source FROM news WHERE key = ?", (story,)).fetchone()["source"]
    if source != feed.source:
        return False  # another source tells it in its own words: that is a sighting, no change
    said = connection.execute(
        "SELECT 1 FROM news_text WHERE news = ? AND (hash = ? OR seq = ?)", (story, content_hash(item), commit.seq)
    ).fetchone()
    if said is not None:
        # Two feeds of a source that word it differently do not take turns, and of one answer the first item speaks.
        return False
    connection.execute("UPDATE news_text SET until = ? WHERE news = ? AND until IS NULL", (commit.seq, story))
    _told(commit, story, item, crawled_at)
    return True


def _told(commit: Commit, story: int, item: Item, crawled_at: int) -> None:
    published_at = None if item.published_at is None else stamp_of(item.published_at)
    commit.connection.execute(
        "INSERT INTO news_text VALUES (?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            story, commit.seq, item.title, item.url, item.summary, item.html, item.publisher, content_hash(item),
            published_at, " ".join(sorted(item.flags)), crawled_at,
        ),
    )  # fmt: skip


def _noted(commit: Commit, story: int, feed: Feed, item: Item, keys: Sequence[Key], tags: Mapping[str, str]) -> None:
    """Write what an item adds to its story: names, symbols, and where it was seen."""
    connection = commit.connection
    connection.executemany(
        "INSERT OR IGNORE INTO news_key VALUES (?, ?, ?)", [(key.kind, key.value, story) for key in keys]
    )
    connection.executemany(
        "INSERT OR IGNORE INTO news_symbol VALUES (?, ?, ?, ?)",
        [(story, symbol, how, commit.seq) for symbol, how in tags.items()],
    )
    connection.execute(
        "INSERT OR IGNORE INTO sighting SELECT ?, ?, ?, ?, ?, ?, ?"
        " WHERE (SELECT count(*) FROM sighting WHERE news = ?) < ?",
        (story, feed.name, feed.source, item.url, item.guid, commit.at, commit.seq, story, SIGHTINGS_A_STORY),
    )


def _clustered(commit: Commit, story: int, item: Item, feed: Feed, tags: Mapping[str, str]) -> None:
    """Put a new story beside one that has the same title but for the name of its source."""
    names = (feed.source, item.publisher)
    bare = " ".join(title_words(bare_title(item.title, names)))
    if not bare:
        return
    connection = commit.connection
    rows = connection.execute(
        "SELECT news.key, news.id, news.source, title, publisher FROM news_bare JOIN news ON news.key = news_bare.news"
        " JOIN news_text ON news_text.news = news.key AND until IS NULL"
        " WHERE bare = ? AND abs(seen_at - ?) <= ? ORDER BY news.key",
        (bare, commit.at, WITHIN_MS),
    ).fetchall()
    connection.execute("INSERT OR IGNORE INTO news_bare VALUES (?, ?)", (bare, story))
    said = {symbol for symbol, how in tags.items() if how != "feed"}
    for row in rows:
        others = connection.execute("SELECT symbol FROM news_symbol WHERE news = ? AND how <> 'feed'", (row["key"],))
        if not same_story(
            item.title, row["title"], said, [symbol for (symbol,) in others], (*names, row["source"], row["publisher"])
        ):
            continue
        held = connection.execute("SELECT cluster FROM news_cluster WHERE news = ?", (row["key"],)).fetchone()
        cluster = row["id"] if held is None else held["cluster"]
        connection.executemany(
            "INSERT OR IGNORE INTO news_cluster VALUES (?, ?, ?)",
            [(key, cluster, commit.seq) for key in (row["key"], story)],
        )
        return


def news(
    database: Database,
    symbol: str | None = None,
    *,
    since: Any = None,
    until: Any = None,
    limit: int | None = None,
    seq: int | None = None,
) -> pd.DataFrame:
    """Return stories, the one seen last first.

    Parameters
    ----------
    database : Database
        Of a store.
    symbol : str, optional
        Only stories that are tagged with it.
    since, until : date-like, optional
        Only stories first seen between two moments, both included; a moment without a zone is in UTC.
    limit : int, optional
        At most so many.
    seq : int, optional
        As known after this commit; by default as known now.

    Returns
    -------
    DataFrame
        Indexed 0 to n - 1: id, title, url, source, summary, html, symbol (the one tagged best, missing if none),
        symbols (all, best first), content_hash, crawled_at, published_at (missing where the feed told none), seen_at
        (when the store first held it), source_id, cluster_id (missing but for stories told alike), publisher, sightings
        (in how many places it was seen), flags (see `quantperf.news.parsing`); times in UTC.

    Raises
    ------
    ParameterError
        If `since` or `until` is no moment, or `limit` no number of stories.
    """
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise ParameterError(f"limit must be a number of stories of at least 1, got {limit!r}")
    if symbol is not None and not isinstance(symbol, str):
        raise ParameterError(f"symbol must be a str, got {symbol!r}")
    first, last = _bound("since", since, -EVER), _bound("until", until, EVER)
    top = EVER if seq is None else seq
    with database.reading() as connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'news'").fetchone() is None:
            return _framed([], {}, {}, {})
        rows = connection.execute(
            "SELECT news.key, id, title, url, source, summary, html, hash, crawled_at, published_at, seen_at,"
            " source_id, publisher, flags FROM news JOIN news_text ON news_text.news = news.key AND news_text.seq <= ?1"
            " AND (until IS NULL OR until > ?1) WHERE news.seq <= ?1 AND seen_at BETWEEN ?2 AND ?3"
            " AND (?4 IS NULL OR news.key IN (SELECT news FROM news_symbol WHERE symbol = ?4 AND seq <= ?1))"
            " ORDER BY seen_at DESC, news.key DESC LIMIT ?5",
            (top, first, last, symbol, -1 if limit is None else limit),
        ).fetchall()
        return _framed(rows, *_hanging(connection, [row["key"] for row in rows], top))


def sightings(database: Database, story: str, *, seq: int | None = None) -> pd.DataFrame:
    """Return where a story was seen, first sighting first: feed, source, url, guid, at (UTC)."""
    top = EVER if seq is None else seq
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT feed, sighting.source, url, guid, at FROM sighting JOIN news ON news.key = sighting.news"
            " WHERE id = ? AND sighting.seq <= ? ORDER BY at, feed, url",
            (story, top),
        ).fetchall()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=["feed", "source", "url", "guid", "at"])
    frame["at"] = _moments(frame["at"].tolist())
    return frame


def _hanging(
    connection: Connection, keys: Sequence[int], top: int
) -> tuple[dict[int, list[str]], dict[int, str], dict[int, int]]:
    """Return symbols, cluster and number of sightings by story, as known at a commit."""
    symbols: dict[int, dict[str, int]] = {}
    clusters: dict[int, str] = {}
    seen: dict[int, int] = {}
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        marks = ",".join("?" * len(some))
        for key, symbol, how in connection.execute(
            f"SELECT news, symbol, how FROM news_symbol WHERE seq <= ? AND news IN ({marks})", (top, *some)
        ):
            held = symbols.setdefault(key, {})
            held[symbol] = min(held.get(symbol, len(HOW)), HOW.index(how))
        clusters.update(
            connection.execute(
                f"SELECT news, cluster FROM news_cluster WHERE seq <= ? AND news IN ({marks})", (top, *some)
            ).fetchall()
        )
        seen.update(
            connection.execute(
                f"SELECT news, count(*) FROM sighting WHERE seq <= ? AND news IN ({marks}) GROUP BY news", (top, *some)
            ).fetchall()
        )
    ranked = {key: sorted(held, key=lambda symbol: (held[symbol], symbol)) for key, held in symbols.items()}
    return ranked, clusters, seen


def _framed(
    rows: Sequence[Any], symbols: Mapping[int, list[str]], clusters: Mapping[int, str], seen: Mapping[int, int]
) -> pd.DataFrame:
    tagged = [tuple(symbols.get(row["key"], ())) for row in rows]
    columns: dict[str, Any] = {
        name: [row[name] for row in rows] for name in ("id", "title", "url", "source", "summary", "html")
    }
    columns["symbol"] = [each[0] if each else None for each in tagged]
    columns["symbols"] = tagged
    columns["content_hash"] = [row["hash"] for row in rows]
    for name in ("crawled_at", "published_at", "seen_at"):
        columns[name] = _moments([row[name] for row in rows])
    columns["source_id"] = [row["source_id"] for row in rows]
    columns["cluster_id"] = [clusters.get(row["key"]) for row in rows]
    columns["publisher"] = [row["publisher"] for row in rows]
    columns["sightings"] = np.array([seen.get(row["key"], 0) for row in rows], np.int64)
    columns["flags"] = [tuple(row["flags"].split()) for row in rows]
    frame = pd.DataFrame(columns, columns=list(COLUMNS))
    texts = [name for name in COLUMNS if name not in {"symbols", "flags", "sightings"} and not name.endswith("_at")]
    return frame.astype(dict.fromkeys(texts, "str"))


def _moments(stamps: Sequence[int | None]) -> pd.DatetimeIndex:
    missing = np.iinfo(np.int64).min  # of which numpy makes NaT
    whole = np.array([missing if stamp is None else stamp for stamp in stamps], np.int64)
    return pd.DatetimeIndex(whole.astype("datetime64[ms]")).tz_localize("UTC")


def _bound(name: str, value: Any, default: int) -> int:
    return default if value is None else stamp_from(name, value)
