"""News from feeds: parsing, polite crawling, and an archive without duplicates that knows when each item was seen.

All feeds are off until `enable` turns them on by name. `crawl` asks those that are due, and whatever it finds is read
with ``store.news(...)``::

    qp.news.enable(store, "yahoo:AAPL", "investing:FED")
    qp.news.crawl(store)
    store.news("AAPL", since="2026-01-01")

Parsing (`quantperf.news.parsing`), identity (`identity`), tags (`tags`) and manners (`politeness`) see values alone;
`rounds` waits and sends, `archive` writes and reads.

A story has two times: `published_at`, which the feed tells, and `seen_at`, when the store first held it. Whatever joins
news with prices goes by `seen_at`, as `news_for` does: a date that a feed tells may lie years before anyone could read
it here. Names are loaded when they are first used.
"""

from __future__ import annotations

from quantperf.loading import lazily

_HOMES = {
    "Crawled": "quantperf.news.rounds",
    "Document": "quantperf.news.parsing",
    "Feed": "quantperf.news.catalogue",
    "FeedResult": "quantperf.news.rounds",
    "Item": "quantperf.news.parsing",
    "crawl": "quantperf.news.crawler",
    "disable": "quantperf.news.crawler",
    "enable": "quantperf.news.crawler",
    "feeds": "quantperf.news.crawler",
    "news_for": "quantperf.news.joining",
    "parse": "quantperf.news.parsing",
    "sentiment_of": "quantperf.news.sentiment",
}

__all__ = [
    "Crawled",
    "Document",
    "Feed",
    "FeedResult",
    "Item",
    "crawl",
    "disable",
    "enable",
    "feeds",
    "news_for",
    "parse",
    "sentiment_of",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
