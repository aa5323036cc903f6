"""Which symbols an item is about, and how that is known.

A symbol is tagged where the text says that it is one, never for capitals alone: those gave AI, ALL, CEO, IT and ON,
which are symbols too. How it is known is kept, strongest first:

============  ==========================================================================================
``cashtag``   ``$AAPL``
``exchange``  ``(NASDAQ:AAPL)``, ``NYSE: BRK.B``
``bracket``   ``(AAPL)``, where the symbol is known and no common word
``alias``     a name that stands for it, such as ``S&P 500``
``feed``      it is the symbol whose feed the item came in: the weakest, as such feeds hold market news too
============  ==========================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from types import MappingProxyType

__all__ = ["ALIASES", "HOW", "tags_of"]

HOW = ("cashtag", "exchange", "bracket", "alias", "feed")

# Names that mean one thing in news of markets. A company whose name is a word (Apple, Target) is for the caller to add.
ALIASES: Mapping[str, str] = MappingProxyType({
    "S&P 500": "^GSPC", "Dow Jones Industrial Average": "^DJI", "Nasdaq Composite": "^IXIC", "Russell 2000": "^RUT",
    "Microsoft": "MSFT", "Nvidia": "NVDA", "Alphabet Inc": "GOOGL", "Amazon.com": "AMZN", "Tesla": "TSLA",
    "Meta Platforms": "META", "Apple Inc": "AAPL", "JPMorgan Chase": "JPM", "Berkshire Hathaway": "BRK-B",
})  # fmt: skip

COMMON = frozenset({
    "A", "AI", "ALL", "AM", "AN", "AND", "ARE", "AS", "AT", "BE", "BIG", "BY", "CAN", "CEO", "CFO", "COO", "CPI",
    "DO", "ETF", "EU", "EV", "EPS", "FED", "FOR", "FX", "GDP", "GO", "HAS", "HE", "IF", "II", "III", "IN", "IPO",
    "IS", "IT", "IV", "LOW", "ME", "MY", "NEW", "NEXT", "NO", "NOT", "NOW", "OF", "ON", "ONE", "OR", "OUT", "PM",
    "PPI", "Q", "QE", "RUN", "SEC", "SEE", "SHE", "SO", "TD", "THE", "TO", "TV", "TWO", "UK", "UP", "US", "USA",
    "USD", "VERY", "VS", "WE", "WELL", "WHO", "YOU", "YOY",
})  # fmt: skip

_SYMBOL = r"[A-Z]{1,5}(?:[.\-][A-Z]{1,2})?"
_CASHTAG = re.compile(rf"(?<![\w$])\$({_SYMBOL})(?![\w$])")
_EXCHANGES = r"NASDAQ(?:GS|GM|CM)?|NYSE(?:\s?American|\s?Arca|ARCA|AMEX)?|AMEX|CBOE|OTC(?:MKTS|QB|QX)?|BATS"
_EXCHANGE = re.compile(rf"\b(?i:{_EXCHANGES})\s?:\s?({_SYMBOL})(?![\w])")
_BRACKET = re.compile(rf"\(({_SYMBOL})\)")


def tags_of(
    text: str,
    *,
    feed: str | None = None,
    known: Collection[str] = (),
    aliases: Mapping[str, str] = ALIASES,
) -> dict[str, str]:
    """Return the symbols that a text is about, and how that is known.

    Parameters
    ----------
    text : str
        Title and summary.
    feed : str, optional
        The symbol whose feed it came in.
    known : collection of str, optional
        Symbols that exist, for ``(AAPL)``.
    aliases : mapping of str to str
        Names, as whole words with their capitals, and the symbols that they stand for.

    Returns
    -------
    dict of str to str
        By symbol the strongest of `HOW`, in the order of strength; a class of shares is written with a hyphen.

    Examples
    --------
    >>> tags_of("$NVDA and Berkshire (NYSE: BRK.B) lead the S&P 500; CEO (AI) says ALL is well", known={"AI"})
    {'NVDA': 'cashtag', 'BRK-B': 'exchange', '^GSPC': 'alias'}
    """
    found: dict[str, str] = {}
    if "$" in text:
        for symbol in _CASHTAG.findall(text):
            found.setdefault(_written(symbol), "cashtag")
    if ":" in text:
        for symbol in _EXCHANGE.findall(text):
            found.setdefault(_written(symbol), "exchange")
    if "(" in text and known:
        for symbol in map(_written, _BRACKET.findall(text)):
            if symbol in known and symbol not in COMMON:
                found.setdefault(symbol, "bracket")
    if aliases:
        for name in _names(tuple(aliases)).findall(text):
            found.setdefault(aliases[name], "alias")
    if feed:
        found.setdefault(feed, "feed")
    return found


def _written(symbol: str) -> str:
    return symbol.replace(".", "-")


@lru_cache(maxsize=16)
def _names(names: tuple[str, ...]) -> re.Pattern[str]:
    # Longer names first: "Dow Jones Industrial Average" before "Dow Jones".
    alternatives = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")
