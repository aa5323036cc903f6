"""Which items are the same story, and which only look alike."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from quantperf.news.identity import (
    bare_title,
    canonical_url,
    content_hash,
    directions,
    keys_of,
    may_merge,
    own_id,
    same_story,
    story_id,
    title_words,
)
from quantperf.news.parsing import Item

CANONICAL = "https://finance.yahoo.com/news/a-1.html?a=1&b=2"


@pytest.mark.parametrize(
    "url",
    [
        "https://finance.yahoo.com/news/a-1.html?a=1&b=2",
        "http://finance.yahoo.com/news/a-1.html?b=2&a=1",
        "HTTPS://Finance.Yahoo.COM:443/news/a-1.html?a=1&b=2#comments",
        "https://finance.yahoo.com/news/a-1.html?a=1&.tsrc=rss&b=2",
        "https://finance.yahoo.com/news/a-1.html?utm_source=x&a=1&utm_medium=y&b=2&guccounter=1&guce_referrer=z",
        "https://finance.yahoo.com/news/a-1.html?siteid=1&yptr=2&fbclid=3&gclid=4&a=1&b=2",
        "http://finance.yahoo.com:80/news/a-1.html?a=1&b=2",
    ],
)
def test_one_page_has_one_canonical_address(url: str) -> None:
    assert canonical_url(url) == CANONICAL


@pytest.mark.parametrize(
    "url", ["", "javascript:x", "ftp://a/b", "https://", "http://[::1", "https://a:99999/x", "words"]
)
def test_what_is_no_address_has_no_canonical_form(url: str) -> None:
    assert canonical_url(url) == ""


@given(st.text(max_size=40), st.text(max_size=20))
def test_a_canonical_address_is_its_own(path: str, query: str) -> None:
    once = canonical_url(f"http://example.org/{path}?{query}")
    assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://www.investing.com/news/economy/fed-holds-rates-4257812", "4257812"),
        ("https://example.org/story-4257812.html", "4257812"),
        ("https://example.org/a/6f1b3a52-0d7c-4c0a-9a59-b7f1f7f0c111", "6f1b3a52-0d7c-4c0a-9a59-b7f1f7f0c111"),
        ("https://example.org/market-wrap-20250926", ""),
        ("https://example.org/market-wrap-202509261017", ""),
        ("https://example.org/news/2025", ""),
        ("https://example.org/top-10", ""),
        ("https://example.org/", ""),
    ],
)
def test_the_number_of_a_story_is_no_date_and_no_page(url: str, own: str) -> None:
    assert own_id(url) == own


def test_keys_are_tried_from_the_surest_to_the_weakest() -> None:
    item = Item("Fed holds rates", "https://www.investing.com/x-4257812", guid="g")
    (keys,) = keys_of([item], "investing")
    assert [(key.kind, key.value) for key in keys] == [
        ("guid", "investing\ng"),
        ("own", "investing\n4257812"),
        ("url", "https://www.investing.com/x-4257812"),
        ("title", "fed holds rates"),
    ]


def by_guid_alone(items: list[Item]) -> int:
    """The defective way: a feed that writes the same guid into every item has one story."""
    return len({item.guid for item in items})


def test_a_key_that_all_items_of_a_feed_share_tells_nothing() -> None:
    items = [Item(f"Story number {number}", "https://example.org/all", guid="1") for number in range(5)]
    assert [[key.kind for key in keys] for keys in keys_of(items, "wire")] == [["title"]] * 5
    assert by_guid_alone(items) == 1
    assert len({story_id(keys) for keys in keys_of(items, "wire")}) == 5


def test_the_front_page_is_the_address_of_no_story() -> None:
    (keys,) = keys_of([Item("One", "https://example.org/")], "wire")
    assert [key.kind for key in keys] == ["title"]


def test_an_item_without_any_name_is_known_by_what_it_says() -> None:
    (one,), (two,) = keys_of([Item("", summary="a")], "wire"), keys_of([Item("", summary="b")], "wire")
    assert one[0].kind == "text"
    assert one != two


def test_guids_of_two_sources_are_two() -> None:
    item = Item("A title", guid="7")
    assert keys_of([item], "one")[0][0] != keys_of([item], "two")[0][0]


def test_numbers_keep_sign_and_unit_and_case_does_not_matter() -> None:
    assert title_words("Oil falls 2.5%") == title_words("OIL Falls  2.5%!")
    assert title_words("Oil: +2%") != title_words("Oil: -2%")
    assert title_words("Up 1.5") != title_words("Up 15")
    assert title_words("Costs $5") != title_words("Costs 5%")


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("Stocks close higher - Reuters", "Stocks close higher"),
        ("Stocks close higher — Reuters", "Stocks close higher"),
        ("Stocks close higher | CNBC", "Stocks close higher"),
        ("Gold slips By Investing.com", "Gold slips"),
        ("Stocks close higher - My Own Wire", "Stocks close higher"),
        ("Stocks close higher - Tesla falls", "Stocks close higher - Tesla falls"),
        ("Loan backed by Apple", "Loan backed by Apple"),
        ("Reuters", "Reuters"),
    ],
)
def test_only_the_name_of_a_source_is_stripped(title: str, bare: str) -> None:
    assert bare_title(title, ["My Own Wire"]) == bare


def likeness(one: str, two: str) -> float:
    """The defective way: shared words over all words."""
    left, right = set(title_words(one)), set(title_words(two))
    return len(left & right) / len(left | right)


def test_likeness_never_makes_two_companies_one_story() -> None:
    apple = "Apple shares rise after earnings beat expectations"
    microsoft = "Microsoft shares rise after earnings beat expectations"
    paraphrase = "Apple stock climbs as results top forecasts"
    assert likeness(apple, microsoft) > 0.7 > likeness(apple, paraphrase)
    assert not same_story(apple, microsoft, ["AAPL"], ["MSFT"])
    assert not same_story(apple, paraphrase, ["AAPL"], ["AAPL"])


@pytest.mark.parametrize(
    ("one", "two", "left", "right", "same"),
    [
        ("Oil falls 2% - Reuters", "Oil falls 2%", [], [], True),
        ("Oil falls 2%", "Oil falls 3%", [], [], False),
        ("Oil falls 2%", "Oil rises 2%", [], [], False),
        ("Shares fall 2%", "Shares fall 2%", ["AAPL"], ["MSFT"], False),
        ("", "", [], [], False),
    ],
)
def test_a_cluster_needs_equal_titles_symbols_numbers_and_directions(
    one: str, two: str, left: list[str], right: list[str], same: bool
) -> None:
    assert same_story(one, two, left, right) is same


def test_direction_words_are_told() -> None:
    assert directions("Oil falls as stocks rally") == {"up", "down"}
    assert directions("Fed meets") == frozenset()


@pytest.mark.parametrize(
    ("words", "same_source", "contradicted", "merges"),
    [(5, False, True, True), (4, False, False, False), (4, True, False, True), (4, True, True, False)],
)
def test_a_short_title_names_a_story_only_within_its_source(
    words: int, same_source: bool, contradicted: bool, merges: bool
) -> None:
    assert may_merge(words, same_source, contradicted) is merges


def test_what_an_item_says_has_a_hash_its_address_is_no_part_of() -> None:
    assert content_hash(Item("A", "https://x/1", "s")) == content_hash(
        Item("A", "https://x/2", "s", flags=frozenset({"ahead"}))
    )
    assert content_hash(Item("A", summary="s")) != content_hash(Item("As", summary=""))
