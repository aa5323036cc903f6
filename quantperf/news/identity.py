"""Which items are the same story: canonical addresses, keys in their order, and when two stories belong together.

An item has up to five keys, tried in this order; the first that is known says which story it is:

1. ``guid``: the source and the guid of its feed;
2. ``own``: the source and the number or uuid at the end of its address, which stays when a headline is rewritten;
3. ``url``: the canonical address;
4. ``title``: the normalised title, within 48 hours; across sources only from five words on, and within a source a
   shorter one only where no guid or number of its own says otherwise;
5. ``text``: what it says, for an item that has none of these.

A key that several items of one feed share, though their titles differ, tells nothing and is left out: the same guid on
every item, the front page as every address. A date at the end of an address is no number of a story.

Likeness never merges stories. "Microsoft shares rise after earnings" is nearer to the same words about Apple than
Apple's own paraphrase (by simhash 8 against 10, by Jaccard 0.75 against 0.56, measured), so `same_story` asks for
titles that are equal once the name of the source is stripped, and for the same symbols, numbers and direction words;
such stories share a cluster, and both stay.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from quantperf.news.parsing import Item

__all__ = [
    "WITHIN_MS",
    "Key",
    "bare_title",
    "canonical_url",
    "content_hash",
    "directions",
    "keys_of",
    "same_story",
    "story_id",
]

WITHIN_MS = 48 * 3_600_000
WORDS_ACROSS = 5
TRACKING = frozenset({
    ".tsrc", "tsrc", "guccounter", "siteid", "yptr", "fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid",
    "igshid", "soc_src", "soc_trk", "ncid", "cmpid", "ref_src",
})  # fmt: skip
TRACKING_PREFIXES = ("utm_", "guce_")
# Whose names stand at the end of titles; the feed's own source and publisher are added to them.
PUBLISHERS = (
    "ap", "associated press", "barrons", "barron's", "benzinga", "bloomberg", "business insider", "business wire",
    "cnbc", "cnn", "cnn business", "dow jones", "financial times", "forbes", "fortune", "fox business", "ft",
    "globenewswire", "insider monkey", "investing.com", "investopedia", "investor's business daily", "marketwatch",
    "motley fool", "pr newswire", "reuters", "seeking alpha", "simply wall st.", "the motley fool",
    "the wall street journal", "thestreet", "tipranks", "wsj", "yahoo finance", "zacks", "zacks investment research",
)  # fmt: skip

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_DIGITS = re.compile(r"(?<![0-9])([0-9]{5,20})$")  # fewer may be a page or a year
_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[0-9]{2}|[0-9]{4}|[0-9]{6})?")
_SUFFIX = re.compile(r"^(?P<title>.+?)\s*(?:\s[-–—|]\s|\sby\s|\()(?P<name>[^-–—|]{2,40}?)\)?\s*$", re.IGNORECASE)
# A number keeps its sign, currency and unit: "+5%" and "-5%" are two titles.
_TOKEN = re.compile(r"[+\-−]?[$€£¥]?[0-9](?:[0-9.,]*[0-9])?(?:%|\b(?:bn|mn|[kmb])\b)?|\w+(?:['’.]\w+)*", re.UNICODE)
_UP = frozenset({
    "up", "rise", "rises", "rising", "rose", "gain", "gains", "gained", "climb", "climbs", "climbed", "jump", "jumps",
    "jumped", "surge", "surges", "surged", "soar", "soars", "soared", "rally", "rallies", "rallied", "higher",
    "advance", "advances", "advanced", "beat", "beats", "upgrade", "upgrades", "upgraded", "raise", "raises", "raised",
})  # fmt: skip
_DOWN = frozenset({
    "down", "fall", "falls", "falling", "fell", "loss", "losses", "lose", "loses", "lost", "drop", "drops", "dropped",
    "dip", "dips", "dipped", "slide", "slides", "slid", "sink", "sinks", "sank", "plunge", "plunges", "plunged",
    "tumble", "tumbles", "tumbled", "slump", "slumps", "slumped", "lower", "decline", "declines", "declined", "miss",
    "misses", "missed", "downgrade", "downgrades", "downgraded", "cut", "cuts", "low",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Key:
    """One of the names of a story.

    Attributes
    ----------
    kind : {"guid", "own", "url", "title", "text"}
        Which one.
    value : str
        Equal if and only if the name is the same.
    """

    kind: str
    value: str


def canonical_url(url: str) -> str:
    """Return the address by which a page is known: https, no tracking, the query in order; empty where it is none.

    Examples
    --------
    >>> canonical_url("HTTP://Finance.Yahoo.com:80/news/a-1.html?b=2&.tsrc=rss&a=1&utm_source=x#top")
    'https://finance.yahoo.com/news/a-1.html?a=1&b=2'
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
    except ValueError:  # brackets or a port that are none
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return ""
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != {"http": 80, "https": 443}[parts.scheme.lower()]:
        host = f"{host}:{port}"
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in TRACKING and not name.lower().startswith(TRACKING_PREFIXES)
    )
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._") or "/"
    return urlunsplit(("https", host, path, urlencode(query, quote_via=quote), ""))


def own_id(canonical: str) -> str:
    """Return the number or uuid by which a source knows a story, from the end of its address; empty if it has none.

    Examples
    --------
    >>> own_id("https://www.investing.com/news/economy/fed-holds-rates-4257812")
    '4257812'
    >>> own_id("https://example.org/market-wrap-20250926")
    ''
    """
    last = urlsplit(canonical).path.rstrip("/").rpartition("/")[2].lower()
    uuids = _UUID.findall(last)
    if uuids:
        return str(uuids[-1])
    stem = re.sub(r"\.[a-z]{3,5}$", "", last)
    found = _DIGITS.search(stem)
    return "" if found is None or _DATE.fullmatch(found[1]) else found[1]


def title_words(title: str) -> list[str]:
    """Return the words and numbers of a title in their order, without case, accents of style, and punctuation."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", title).casefold().replace("−", "-"))


def bare_title(title: str, names: Iterable[str] = ()) -> str:
    """Return the title without the name of a source at its end.

    Examples
    --------
    >>> bare_title("Stocks close higher - Reuters"), bare_title("Gold slips By Investing.com")
    ('Stocks close higher', 'Gold slips')
    >>> bare_title("Stocks close higher - and bonds too")
    'Stocks close higher - and bonds too'
    """
    known = {*PUBLISHERS, *(name.casefold() for name in names if name)}
    found = _SUFFIX.match(title)
    # Greedy to the left: of several separators the last one is before the name.
    while found is not None and found["name"].strip().casefold() in known:
        title = found["title"].strip()
        found = _SUFFIX.match(title)
    return title


def directions(title: str) -> frozenset[str]:
    """Return which ways the words of a title point: "up", "down", both or none."""
    words = set(title_words(title))
    return frozenset(name for name, way in (("up", _UP), ("down", _DOWN)) if words & way)


def content_hash(item: Item) -> str:
    """Return the hash of what an item says; its address and dates are not part of it."""
    return _digest(item.title, item.summary, item.html)


def keys_of(items: Sequence[Item], source: str) -> list[tuple[Key, ...]]:
    """Return the keys of each item of a feed, in the order in which they are tried.

    Examples
    --------
    >>> [key.kind for key in keys_of([Item("Fed holds", "https://example.org/fed-4257812", guid="7")], "wire")[0]]
    ['guid', 'own', 'url', 'title']
    """
    each = [_keys(item, source) for item in items]
    titles: dict[Key, set[str]] = defaultdict(set)
    for item, keys in zip(items, each, strict=True):
        for key in keys:
            if key.kind in {"guid", "own", "url"}:
                titles[key].add(" ".join(title_words(item.title)))
    useless = {key for key, found in titles.items() if len(found) > 1}
    kept = [tuple(key for key in keys if key not in useless) for keys in each]
    return [
        keys or (Key("text", _digest(source, item.url, item.title, item.summary)),)
        for item, keys in zip(items, kept, strict=True)
    ]


def _keys(item: Item, source: str) -> list[Key]:
    keys = []
    if item.guid:
        keys.append(Key("guid", f"{source}\n{item.guid}"))
    canonical = canonical_url(item.url) if item.url else ""
    if canonical:
        own = own_id(canonical)
        if own:
            keys.append(Key("own", f"{source}\n{own}"))
        parts = urlsplit(canonical)
        if parts.path != "/" or parts.query:  # the front page is the address of no story
            keys.append(Key("url", canonical))
    words = title_words(item.title)
    if words:
        keys.append(Key("title", " ".join(words)))
    return keys


def may_merge(words: int, same_source: bool, contradicted: bool) -> bool:
    """Return whether equal titles within 48 hours are one story.

    Parameters
    ----------
    words : int
        Of the title.
    same_source : bool
        Whether the source of the item has told that story before.
    contradicted : bool
        Whether that source told it with another guid or number than the item has.
    """
    if words >= WORDS_ACROSS:
        return True
    return same_source and not contradicted


def same_story(
    title: str, other: str, symbols: Iterable[str], others: Iterable[str], names: Iterable[str] = ()
) -> bool:
    """Return whether two stories belong to one cluster.

    Parameters
    ----------
    title, other : str
        Their titles.
    symbols, others : iterable of str
        What their texts are tagged with.
    names : iterable of str, optional
        Of the sources and publishers that told them.

    Examples
    --------
    >>> same_story("Oil falls 2% - Reuters", "Oil falls 2%", (), ())
    True
    >>> same_story("Oil falls 2%", "Oil falls -2%", (), ())
    False
    """
    names = tuple(names)
    one, two = title_words(bare_title(title, names)), title_words(bare_title(other, names))
    if not one or one != two or set(symbols) != set(others):
        return False
    numbers = [Counter(word for word in words if any(map(str.isdigit, word))) for words in (one, two)]
    return numbers[0] == numbers[1] and directions(" ".join(one)) == directions(" ".join(two))


def story_id(keys: Sequence[Key]) -> str:
    """Return the id of a story: the hash of the first key it was seen by, and the same on every machine.

    Examples
    --------
    >>> story_id([Key("url", "https://example.org/a")])
    'a69f6ca77778caf4'
    """
    return _digest(keys[0].kind, keys[0].value)


def _digest(*parts: str) -> str:
    whole = "\x00".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(whole).hexdigest()[:16]
