"""Symbols are tagged where the text says that they are some."""

from __future__ import annotations

import re

import pytest

from quantperf.news.tags import COMMON, tags_of

KNOWN = {"AAPL", "MSFT", "AI", "ALL", "IT", "ON", "T", "BRK-B"}


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("$AAPL jumps", {"AAPL": "cashtag"}),
        ("Berkshire $BRK.B, and $5 of US$ 7", {"BRK-B": "cashtag"}),
        ("Apple (NASDAQ:AAPL) and (NYSE: T)", {"AAPL": "exchange", "T": "exchange"}),
        ("Apple (NasdaqGS: AAPL)", {"AAPL": "exchange"}),
        ("Apple (AAPL) rises", {"AAPL": "bracket"}),
        ("Zeta (ZETA) rises", {}),
        ("Allstate (ALL) and gadgets (IT)", {}),
        ("the S&P 500 and Nvidia", {"^GSPC": "alias", "NVDA": "alias"}),
        ("Nvidian dreams", {}),
        ("$AAPL: Apple (AAPL)", {"AAPL": "cashtag"}),
        ("NOTE: ON TIME: IT IS", {}),
        ("$aapl, $AAPLXYZW, A$AAPL", {}),
    ],
)
def test_a_symbol_is_tagged_with_how_it_is_known(text: str, tags: dict[str, str]) -> None:
    assert tags_of(text, known=KNOWN) == tags


def bare_capitals(text: str, known: set[str]) -> set[str]:
    """The defective way: any capitals that are a symbol somewhere."""
    return {word for word in re.findall(r"\b[A-Z]{1,5}\b", text) if word in known}


def test_bare_capitals_are_no_symbols() -> None:
    text = "CEO: AI IS ALL ABOUT IT, NOT ON HOLD"
    assert bare_capitals(text, KNOWN) == {"AI", "ALL", "IT", "ON"}
    assert tags_of(text, known=KNOWN) == {}


def test_the_symbol_of_a_feed_is_the_weakest_tag() -> None:
    assert tags_of("Stocks rise", feed="AAPL") == {"AAPL": "feed"}
    assert tags_of("$AAPL", feed="AAPL") == {"AAPL": "cashtag"}


def test_aliases_are_those_of_the_caller() -> None:
    assert tags_of("Apple and Nvidia", aliases={"Apple": "AAPL"}) == {"AAPL": "alias"}
    assert tags_of("Apple and Nvidia", aliases={}) == {}


def test_common_words_are_capitals() -> None:
    assert all(word.isupper() and len(word) <= 5 for word in COMMON)
