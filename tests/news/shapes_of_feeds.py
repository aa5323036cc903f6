"""Feeds as services write them, made up field by field; none is a copy of what a vendor sent."""

from __future__ import annotations

from collections.abc import Iterable

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def rss(items: Iterable[str], *, title: str = "Headlines") -> bytes:
    """Return a feed of RSS 2.0."""
    whole = f'{HEAD}<rss version="2.0"><channel><title>{title}</title><link>https://example.org/</link>{"".join(items)}'
    return f"{whole}</channel></rss>".encode()


def yahoo(number: int, title: str = "", text: str = "Made up.", date: str = "Fri, 26 Sep 2025 10:17:15 +0000") -> str:
    """Return an item as the headlines of a symbol have them."""
    title = title or f"Story number {number} of some length"
    return (
        f"<item><title>{title}</title><link>https://finance.yahoo.com/news/story-{number}.html?.tsrc=rss</link>"
        f'<guid isPermaLink="false">guid-{number}</guid><pubDate>{date}</pubDate>'
        f"<description>{text}</description></item>"
    )


def investing(number: int, title: str = "", date: str = "2025-09-26 10:17:15", slug: str = "some-slug") -> str:
    """Return an item as a topic has them: a number at the end of the address, no guid, no description, no zone."""
    title = title or f"Story number {number} of some length"
    return (
        f"<item><title>{title}</title><link>https://www.investing.com/news/economy/{slug}-{number}</link>"
        f'<pubDate>{date}</pubDate><author>Investing.com</author><enclosure url="https://example.org/x.jpg" length="1" '
        'type="image/jpeg"/></item>'
    )


def atom(items: int) -> bytes:
    """Return a feed of Atom."""
    entries = "".join(
        f"<entry><id>tag:example.org,2025:{number}</id><title>Entry {number} &amp;amp; more</title>"
        f'<link rel="self" href="https://example.org/self/{number}"/><link href="https://example.org/a/{number}"/>'
        "<published>2025-09-26T10:17:15Z</published><updated>2025-09-26T11:00:00Z</updated>"
        f"<summary>Text of {number}</summary></entry>"
        for number in range(items)
    )
    return f'{HEAD}<feed xmlns="http://www.w3.org/2005/Atom"><title>An Atom feed</title>{entries}</feed>'.encode()


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">'
    b"]><rss><channel><item><title>&lol2;</title></item></channel></rss>"
)
FILE_ENTITY = b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>'
HTML = b"<!DOCTYPE html><html><head><title>News</title></head><body><item><title>no feed</title></item></body></html>"
CHALLENGE = b"<html><head><title>Just a moment...</title></head><body>challenge-platform</body></html>"
