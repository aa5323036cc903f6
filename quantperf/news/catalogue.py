"""The feeds that are known, as data: none is asked until a user turns it on by name.

``yahoo:<SYMBOL>`` is the headlines of any symbol by Yahoo Finance; those of `SYMBOLS` are listed. ``investing:<TOPIC>``
is a topic of Investing.com. The addresses are as third parties list them, and no test asks them: services change. Any
other feed is a `Feed` of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote, urlencode, urlsplit

from quantperf.errors import ParameterError, did_you_mean

__all__ = ["INVESTING", "SYMBOLS", "TOPICS", "YAHOO", "Feed", "feed_of", "known_feeds"]

YAHOO = "https://feeds.finance.yahoo.com"
INVESTING = "https://www.investing.com"

SYMBOLS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "index": ("^GSPC", "^IXIC", "^DJI", "^RUT", "^VIX"),
    "futures": ("ES=F", "NQ=F", "YM=F", "RTY=F", "CL=F", "GC=F", "SI=F", "ZN=F"),
    "stock": ("AAPL", "MSFT", "NVDA", "GOOGL", "AMZN", "META", "TSLA", "JPM", "IBM"),
    "macro ETF": ("SPY", "QQQ", "TLT", "GLD", "USO", "UUP", "HYG", "EEM"),
    "sector ETF": ("XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY"),
})  # fmt: skip

TOPICS: Mapping[str, str] = MappingProxyType({
    "ECONOMY": "news_14", "US": "news_25", "MARKET": "market_overview", "COMMODITY": "news_11", "FOREX": "news_1",
    "TREASURY": "bonds", "FED": "central_banks", "FINANCIAL": "news_303", "TECH": "news_304",
    "ENERGY": "commodities_Energy", "EMERGING": "news_306", "EUROPE": "news_307", "ASIA": "news_308",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that can be turned on.

    Attributes
    ----------
    name : str
        By which it is turned on.
    url : str
        Its address.
    source : str
        Who publishes it; guids are unique within a source.
    symbol : str or None
        The symbol that it is about.
    topic : str or None
        Its topic.
    html : bool
        Whether the markup of summaries is kept; false unless you may.

    Raises
    ------
    ParameterError
        If a field is empty, or `url` is no address.
    """

    name: str
    url: str
    source: str
    symbol: str | None = None
    topic: str | None = None
    html: bool = False

    def __post_init__(self) -> None:
        for field in ("name", "url", "source"):
            value = getattr(self, field)
            if not isinstance(value, str) or not value.strip() or not value.isprintable():
                raise ParameterError(f"{field} of a feed must be printable text, got {value!r}")
        try:
            parts = urlsplit(self.url)
            fine = parts.scheme in {"http", "https"} and bool(parts.hostname)
        except ValueError:
            fine = False
        if not fine:
            raise ParameterError(f"url of a feed must be an address like 'https://example.org/feed', got {self.url!r}")


def feed_of(name: str, *, base_url: str | None = None) -> Feed:
    """Return the known feed of a name.

    Parameters
    ----------
    name : str
        ``"yahoo:<SYMBOL>"`` for any symbol, or ``"investing:<TOPIC>"`` for one of `TOPICS`.
    base_url : str, optional
        Scheme and host, instead of the service's own; for a mirror or a test.

    Raises
    ------
    ParameterError
        If there is no such feed.

    Examples
    --------
    >>> feed_of("yahoo:^GSPC").url
    'https://feeds.finance.yahoo.com/rss/2.0/headline?s=%5EGSPC&region=US&lang=en-US'
    >>> feed_of("investing:FED").url
    'https://www.investing.com/rss/central_banks.rss'
    """
    source, _, what = name.partition(":") if isinstance(name, str) else ("", "", "")
    if source == "yahoo" and what.strip() and what.isprintable():
        query = urlencode({"s": what, "region": "US", "lang": "en-US"}, quote_via=quote)
        return Feed(name, f"{(base_url or YAHOO).rstrip('/')}/rss/2.0/headline?{query}", "yahoo", symbol=what)
    if source == "investing" and what in TOPICS:
        return Feed(name, f"{(base_url or INVESTING).rstrip('/')}/rss/{TOPICS[what]}.rss", "investing", topic=what)
    names = [feed.name for feed in known_feeds()]
    hint = did_you_mean(str(name), names) or "; see quantperf.news.feeds()"
    raise ParameterError(
        f"feed must be 'yahoo:<SYMBOL>', 'investing:<TOPIC>' or a Feed of your own, got {name!r}{hint}"
    )


def known_feeds() -> tuple[Feed, ...]:
    """Return the feeds that are listed; all are off until they are turned on."""
    symbols = [symbol for group in SYMBOLS.values() for symbol in group]
    return (*(feed_of(f"yahoo:{symbol}") for symbol in symbols), *(feed_of(f"investing:{topic}") for topic in TOPICS))


def category_of(feed: Feed) -> str:
    """Return the group of `SYMBOLS` that a feed's symbol is in, or "topic"; empty where there is none."""
    if feed.topic:
        return "topic"
    return next((group for group, symbols in SYMBOLS.items() if feed.symbol in symbols), "")
