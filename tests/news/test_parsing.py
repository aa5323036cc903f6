"""From bytes to items: every shape and every malformed input, held against feedparser."""

from __future__ import annotations

import datetime as dt

import feedparser
import hypothesis.strategies as st
import pytest
from hypothesis import given
from lxml import etree

from quantperf.errors import Malformed, ParameterError
from quantperf.news.parsing import MOST_BYTES, Item, moment_in, parse, plain_text
from tests.news.shapes_of_feeds import BOMB, CHALLENGE, FILE_ENTITY, HTML, atom, investing, rss, yahoo

AT = dt.datetime(2025, 9, 26, 12, tzinfo=dt.UTC)
PUBLISHED = dt.datetime(2025, 9, 26, 10, 17, 15, tzinfo=dt.UTC)
TWENTY = rss(yahoo(number) for number in range(20))
RDF = (
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>RDF</title></channel>'
    b"<item><title>One</title><link>https://example.org/1</link><dc:date>2025-09-26T10:17:15Z</dc:date></item>"
    b"<item><title>Two</title><link>https://example.org/2</link></item></rdf:RDF>"
)


def oracle(body: bytes) -> int:
    """Return how many items feedparser finds."""
    return len(feedparser.parse(body).entries)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        pytest.param(TWENTY, 20, id="rss"),
        pytest.param(rss(investing(4_257_800 + number) for number in range(15)), 15, id="without guid and zone"),
        pytest.param(atom(12), 12, id="atom"),
        pytest.param(RDF, 2, id="rss 1.0"),
        pytest.param(rss([]), 0, id="empty"),
        pytest.param(b"\n\n  " + TWENTY, 20, id="leading newline"),
        pytest.param(b"\xef\xbb\xbf" + TWENTY, 20, id="byte order mark"),
        pytest.param(TWENTY.decode().replace("UTF-8", "utf-16").encode("utf-16"), 20, id="utf-16"),
        pytest.param(TWENTY.replace(b"Made up.", b"R&D and S&P 500 & more"), 20, id="bare ampersand"),
        pytest.param(TWENTY.replace(b"Made up.", b"a&nbsp;b &mdash; c"), 20, id="entity of html"),
        pytest.param(TWENTY.replace(b"Made up.", b"\x93quoted\x94 \x80 5"), 20, id="bytes of cp1252"),
        pytest.param(TWENTY.replace(b"Made up.", b"a\x00b\x0bc\x1fd"), 20, id="control characters"),
        pytest.param(TWENTY.replace(b"Made up.", b"<![CDATA[<b>bold</b> & more]]>"), 20, id="cdata"),
        pytest.param(TWENTY.replace(b"<description>", b"<media:x url='y'/><description>"), 20, id="undeclared prefix"),
        pytest.param(TWENTY[: TWENTY.rindex(b"</channel>")], 20, id="without its end"),
        pytest.param(TWENTY[:-700], None, id="cut within an item"),
        pytest.param(TWENTY[:1500], None, id="cut early"),
    ],
)
def test_as_many_items_are_found_as_the_oracle_finds(body: bytes, count: int | None) -> None:
    found = parse(body, at=AT)
    assert len(found.items) == oracle(body)
    assert count is None or len(found.items) == count


@given(st.integers(120, len(TWENTY) - 1))
def test_wherever_a_feed_is_cut_whole_items_are_those_of_the_whole_feed(end: int) -> None:
    whole = parse(TWENTY, at=AT).items
    found = parse(TWENTY[:end], at=AT)
    kept = [item for item in found.items if "cut" not in item.flags]
    assert kept == list(whole[: len(kept)])
    assert len(found.items) - len(kept) <= 1
    assert found.truncated == (b"</rss" not in TWENTY[:end])


def test_strict_parsers_lose_what_is_malformed_and_ours_does_not() -> None:
    body = TWENTY.replace(b"Made up.", b"R&D &nbsp; \x93")
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(body)
    assert parse(body, at=AT).items[3].summary == "R&D “"


def first_item_only(body: bytes) -> list[str]:
    """The defective way: what a crawler did that looked at the first entry of a feed."""
    return [str(entry.title) for entry in feedparser.parse(body).entries[:1]]


def test_all_items_of_a_feed_are_taken_not_only_the_first() -> None:
    titles = [item.title for item in parse(TWENTY, at=AT).items]
    assert titles == [f"Story number {number} of some length" for number in range(20)]
    assert titles != first_item_only(TWENTY)


def test_the_fields_of_an_item_are_those_of_the_feed() -> None:
    body = rss([yahoo(7, "A &amp; B (AAPL)", "<![CDATA[<p>Up 5&nbsp;%</p><script>x()</script>]]>")])
    assert parse(body, at=AT).items == (
        Item(
            "A & B (AAPL)",
            "https://finance.yahoo.com/news/story-7.html?.tsrc=rss",
            "Up 5 %",
            PUBLISHED,
            "guid-7",
        ),
    )
    assert parse(body, at=AT, html=True).items[0].html == "<p>Up 5&nbsp;%</p><script>x()</script>"


def test_an_item_without_guid_description_and_zone_says_so() -> None:
    (item,) = parse(rss([investing(4_257_812)]), at=AT).items
    assert (item.guid, item.summary, item.publisher) == ("", "", "Investing.com")
    assert item.published_at == PUBLISHED
    assert item.flags == {"no_zone"}


def test_atom_is_read_by_its_page_and_its_first_date() -> None:
    document = parse(atom(2), at=AT)
    assert (document.kind, document.title) == ("atom", "An Atom feed")
    assert document.items[1].url == "https://example.org/a/1"
    assert document.items[1].published_at == PUBLISHED
    assert document.items[1].title == "Entry 1 & more"


def test_the_site_feed_tells_its_publisher_and_pictures_are_not_its_text() -> None:
    item = (
        '<item xmlns:media="http://search.yahoo.com/mrss/"><title>T</title><link>https://finance.yahoo.com/news/t.html</link>'
        '<pubDate>2025-09-26T10:17:15Z</pubDate><source url="https://www.reuters.com/">Reuters</source>'
        "<media:description>a man before a screen</media:description><media:title>picture</media:title>"
        '<media:content url="https://example.org/x.jpg"/></item>'
    )
    (found,) = parse(rss([item]), at=AT).items
    assert (found.publisher, found.summary, found.title, found.flags) == ("Reuters", "", "T", frozenset())


@pytest.mark.parametrize(
    ("text", "moment", "flags"),
    [
        ("Fri, 26 Sep 2025 10:17:15 +0000", PUBLISHED, set()),
        ("Fri, 26 Sep 2025 06:17:15 EDT", PUBLISHED, set()),
        ("26 Sep 2025 10:17:15 GMT", PUBLISHED, set()),
        ("2025-09-26T10:17:15Z", PUBLISHED, set()),
        ("2025-09-26T15:47:15+05:30", PUBLISHED, set()),
        ("2025-09-26 10:17:15", PUBLISHED, {"no_zone"}),
        ("Fri, 26 Sep 2025 10:17:15 CEST", PUBLISHED, {"no_zone"}),
        ("", None, {"no_date"}),
        ("yesterday", None, {"bad_date"}),
        ("2025-02-30T00:00:00Z", None, {"bad_date"}),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None, {"bad_date"}),
        ("9999-12-31T23:59:59-12:00", None, {"bad_date"}),
        ("2025-09-26T18:00:00Z", dt.datetime(2025, 9, 26, 18, tzinfo=dt.UTC), {"ahead"}),
        ("2031-01-01T00:00:00Z", AT, {"future"}),
    ],
)
def test_a_date_is_read_or_its_fault_is_told(text: str, moment: dt.datetime | None, flags: set[str]) -> None:
    assert moment_in(text, AT) == (moment, flags)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(BOMB, "no document type", id="entity bomb"),
        pytest.param(FILE_ENTITY, "no document type", id="entity of a file"),
        pytest.param(
            b"<!-- <rss> --><!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>", "no document type", id="behind a comment"
        ),
        pytest.param(BOMB.decode().encode("utf-16"), "no document type", id="bomb in utf-16"),
        pytest.param(HTML, "got HTML", id="html"),
        pytest.param(CHALLENGE, "got HTML", id="challenge"),
        pytest.param(b"", "got nothing", id="empty"),
        pytest.param(b"Too Many Requests", "must be XML", id="words"),
        pytest.param(b'{"chart": {}}', "must be XML", id="json"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "must be XML", id="picture"),
        pytest.param(b"<sitemap><url/></sitemap>", "RSS or Atom", id="other xml"),
        pytest.param(b"<", "must be XML", id="one character"),
        pytest.param(b"<rss>" + b" " * MOST_BYTES, "at most", id="too long"),
    ],
)
def test_what_is_no_feed_is_refused_by_name(body: bytes, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        parse(body, at=AT)


def test_the_cap_is_looked_at_before_anything_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a body above the cap was parsed")

    monkeypatch.setattr(etree, "fromstring", never)
    with pytest.raises(Malformed, match="at most"):
        parse(TWENTY + b" " * 50_000_000, at=AT)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_document_or_a_typed_error(junk: bytes) -> None:
    for body in (junk, TWENTY[:400] + junk + TWENTY[400:900], b"<rss><channel>" + junk):
        try:
            found = parse(body, at=AT)
        except Malformed:
            continue
        assert all(item.title or item.url or item.summary for item in found.items)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "", "   "])
def test_an_address_that_cannot_be_opened_is_none(link: str) -> None:
    (item,) = parse(rss([f"<item><title>T</title><link>{link}</link></item>"]), at=AT).items
    assert item.url == ""
    assert {"no_link", "no_date"} == item.flags


def test_a_relative_address_is_resolved_and_a_permanent_guid_is_one() -> None:
    body = rss(
        [
            "<item><title>A</title><link>/news/1</link></item>",
            "<item><title>B</title><guid>https://example.org/b</guid></item>",
        ]
    )
    found = parse(body, at=AT, base="https://example.org/feed").items
    assert [item.url for item in found] == ["https://example.org/news/1", "https://example.org/b"]


def test_a_summary_is_cut_at_a_word_to_its_bound() -> None:
    text = plain_text("word " * 300)
    assert len(text) <= 500
    assert text.endswith("word…")


@pytest.mark.parametrize(
    ("markup", "seen"),
    [
        ("is A&lt;B today", "is A<B today"),
        ("5 &lt; 7 &gt; 3", "5 < 7 > 3"),
        ("up <b>5</b> %", "up 5 %"),
        ("see <a href='http://exam", "see"),
        ("&lt;p&gt;twice&lt;/p&gt;", "twice"),
        ("a<!-- hidden -->b<style>p {}</style>c", "a b c"),
        ("two\n lines\u00a0here", "two lines here"),
    ],
)
def test_plain_text_is_what_a_reader_sees(markup: str, seen: str) -> None:
    assert plain_text(markup) == seen


def test_the_time_of_the_answer_needs_a_zone() -> None:
    with pytest.raises(ParameterError, match="time zone"):
        parse(TWENTY, at=dt.datetime(2025, 9, 26))  # noqa: DTZ001 - that is the test
