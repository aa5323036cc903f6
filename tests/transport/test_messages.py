"""Requests as values: what is the same request, what is sent, and what no message may show."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from quantperf.errors import ParameterError
from quantperf.transport import Request
from quantperf.transport.messages import address, checked, host_of, key_of, named


@pytest.mark.parametrize(
    "other",
    [
        Request("HTTP://Example.org:80/a", {"x": "1", "y": "2"}),
        Request("http://example.org/a?y=2", {"x": "1"}),
        Request("http://example.org/a?y=2&x=1#part"),
    ],
)
def test_the_same_request_in_another_form_is_the_same(other: Request) -> None:
    assert key_of(other) == key_of(Request("http://example.org/a", {"y": "2", "x": "1"}))


@pytest.mark.parametrize(
    "other",
    [
        Request("https://example.org/a", {"x": "1"}),
        Request("http://example.org:8080/a", {"x": "1"}),
        Request("http://example.org/A", {"x": "1"}),
        Request("http://example.org/a", {"x": "2"}),
        Request("http://example.org/a", {"x": "1", "y": ""}),
        Request("http://example.org/a?x=1", {"x": "1"}),
        Request("http://example.org/a", {"x": "1"}, {"If-None-Match": '"1"'}),
    ],
)
def test_another_request_is_another(other: Request) -> None:
    assert key_of(other) != key_of(Request("http://example.org/a", {"x": "1"}))


def test_the_query_is_sent_as_it_was_meant() -> None:
    asked = {"symbol": "^GSPC", "text": "a b&c=d+e%", "empty": ""}
    sent = address(Request("http://example.org/q?first=%2B1", asked))
    assert dict(parse_qsl(urlsplit(sent).query, keep_blank_values=True)) == {"first": "+1", **asked}
    assert " " not in sent


def test_a_message_names_no_key_and_no_password() -> None:
    assert named("https://me:hunter2@Example.org:8443/a?apikey=abc#x") == "https://example.org:8443/a"
    assert host_of("https://me:hunter2@Example.org:443/a") == "example.org"


@pytest.mark.parametrize(
    "url", ["", "example.org/feed", "ftp://example.org/", "file:///etc/passwd", "http://", "http:///a", "http://a:x/", "http://[a/",
            "http://a/b c", "http://a/\r\nHost: b", 5]
)  # fmt: skip
def test_an_address_that_cannot_be_asked_is_refused(url: str) -> None:
    with pytest.raises(ParameterError, match=r"url must be an address like .*, got"):
        checked(Request(url))


@pytest.mark.parametrize("name", ["User-Agent", "user-agent", "Host", "Accept-Encoding"])
def test_no_request_says_who_asks_in_place_of_the_transport(name: str) -> None:
    with pytest.raises(ParameterError, match=r"headers must leave .* to the transport, got 'Mozilla/5\.0'; remove it"):
        checked(Request("http://example.org/", headers={name: "Mozilla/5.0"}))


@pytest.mark.parametrize("value", ["a\r\nX: b", "ä"])
def test_a_header_that_would_break_out_is_refused(value: str) -> None:
    with pytest.raises(ParameterError, match="headers must be of printable ASCII"):
        checked(Request("http://example.org/", headers={"Accept": value}))


def test_only_a_request_is_asked() -> None:
    with pytest.raises(ParameterError, match=r"request must be a Request, got 'http://example\.org/'"):
        checked("http://example.org/")  # type: ignore[arg-type]
