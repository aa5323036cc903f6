"""What an answer is: each bad one becomes the error that says what to do, and news about robots stays news."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import math
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.errors import Blocked, Malformed, NotFound, RateLimited, SourceError, Unauthorized, Upstream
from quantperf.transport import Answer, Request, error_of, json_of, xml_of
from quantperf.transport.reading import CHALLENGES, CONSENTS, HEAD, Body, challenge_of, retry_after

AT = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
URL = "http://127.0.0.1/v8/chart/AAPL"
CHART = json.dumps({"chart": {"result": [{"meta": {"symbol": "AAPL"}, "timestamp": [1, 2, 3]}], "error": None}})
CONSENT = "<!DOCTYPE html><html><body><form action='https://consent.yahoo.com/v2/collectConsent'>…</form></body></html>"
BACK = "<html><head><title>Yahoo</title></head><body><h1>Will be right back...</h1></body></html>"


def answer(body: str | bytes, status: int = 200, **headers: str) -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(Request(URL, {"apikey": "very-secret"}), status, named, raw, AT)


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (400, SourceError, "check its parameters"),
        (401, Unauthorized, "give the key"),
        (403, Unauthorized, "give the key"),
        (404, NotFound, "check the symbol or the address"),
        (408, Upstream, "ask again later"),
        (410, NotFound, "check the symbol"),
        (422, SourceError, "422 Unprocessable"),
        (429, RateLimited, "wants fewer requests"),
        (451, Blocked, "take another source"),
        (500, Upstream, "500 Internal Server Error"),
        (503, Upstream, "ask again later"),
        (599, Upstream, r"\(599\)"),
    ],
)
def test_each_status_is_an_error_that_says_what_to_do(status: int, kind: type[SourceError], says: str) -> None:
    error = error_of(status, URL)
    assert type(error) is kind
    with pytest.raises(kind, match=says):
        raise error


@pytest.mark.parametrize("status", [200, 204, 301, 304])
def test_success_and_redirects_are_no_errors(status: int) -> None:
    assert error_of(status, URL) is None


def test_json_is_read_whatever_its_status() -> None:
    assert json_of(answer(CHART)) == json.loads(CHART)
    missing = {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}}
    for status in (400, 401, 404, 422):
        assert json_of(answer(json.dumps(missing), status)) == missing
    assert json_of(answer(b"\xef\xbb\xbf" + CHART.encode())) == json.loads(CHART)
    assert json_of(answer(CHART.encode("utf-16"))) == json.loads(CHART)
    assert json_of(answer(CHART, content_type="text/html; charset=utf-8")) == json.loads(CHART)


def test_the_literals_nan_and_infinity_are_values_and_no_crash() -> None:
    found = json_of(answer('{"close": [1.5, NaN, Infinity, -Infinity, 1e999, null]}'))["close"]
    assert math.isnan(found[1])
    assert found[2:] == [math.inf, -math.inf, math.inf, None]


@pytest.mark.parametrize(
    ("body", "status", "kind", "says"),
    [
        (CHART[:40], 200, Malformed, "answered with no whole JSON: .*; 40 bytes, beginning"),
        ("", 200, Malformed, "answered with nothing, where JSON was to come"),
        (" \n", 200, Malformed, "answered with nothing"),
        (b"\xff\xfe\xfa\x00\x80", 200, Malformed, "no whole JSON"),
        ("[" * 200_000, 200, Malformed, "nested too deeply"),
        ("[" + "9" * 5_000 + "]", 200, Malformed, "no whole JSON"),
        ("Too Many Requests\r\n", 429, RateLimited, "ask later, and less often"),
        ("Not Found", 404, NotFound, "is not there"),
        ("", 503, Upstream, "failed"),
        ("<html><h1>404</h1></html>", 404, NotFound, "is not there"),
        ("<html><h1>Bad gateway</h1></html>", 502, Upstream, "failed"),
        ("<html><h1>Welcome</h1></html>", 200, Malformed, "answered with HTML, where JSON was to come"),
        (BACK, 200, Upstream, "maintenance"),
        (CONSENT, 200, Blocked, "it is not evaded"),
        ("<html><title>Just a moment...</title></html>", 403, Blocked, "it is not evaded"),
    ],
)
def test_what_is_no_json_says_why(body: str | bytes, status: int, kind: type[SourceError], says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        json_of(answer(body, status))
    assert type(caught.value) is kind
    assert "very-secret" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_an_error_is_never_an_empty_result() -> None:
    # The trap: what cannot be read comes back as {} and is used as "no data".
    def defective(found: Answer) -> object:
        try:
            return json.loads(found.body)
        except ValueError:
            return {}

    def is_told_from_no_data(read: object) -> bool:
        try:
            return read(answer(CHART[:40])) != {}  # type: ignore[operator]
        except SourceError:
            return True

    assert not is_told_from_no_data(defective)
    assert is_told_from_no_data(json_of)


RSS = '<?xml version="1.0"?><rss><channel><item><title>Are you a robot? Captcha stocks soar</title></item></channel>'


@pytest.mark.parametrize("body", [RSS, "\ufeff" + RSS, "\n  " + RSS[21:], "<feed/>"])
@pytest.mark.parametrize("kind", ["application/rss+xml", "text/html", ""])
def test_a_feed_is_a_feed_whatever_it_is_called_and_talks_about(body: str, kind: str) -> None:
    found = answer(body, content_type=kind)
    assert xml_of(found) == body.encode()
    assert challenge_of(200, found.headers, found.body) is None


def test_a_feed_of_another_width_is_left_to_the_parser() -> None:
    assert xml_of(answer(RSS.encode("utf-16"))) == RSS.encode("utf-16")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (CONSENT, 200, Blocked),
        (BACK, 200, Upstream),
        ("<html>hello</html>", 200, Malformed),
        ("{}", 200, Malformed),
        ("", 200, Malformed),
        (RSS, 404, NotFound),
        (RSS, 500, Upstream),
    ],
)
def test_what_is_no_feed_says_why(body: str, status: int, kind: type[SourceError]) -> None:
    with pytest.raises(SourceError) as caught:
        xml_of(answer(body, status))
    assert type(caught.value) is kind


@pytest.mark.parametrize("mark", [*CHALLENGES, *CONSENTS])
def test_every_mark_is_found_in_a_page_and_in_nothing_else(mark: str) -> None:
    page = f"<!doctype html><title>{mark.title()}</title>".encode()
    assert challenge_of(200, {}, page) is not None
    assert challenge_of(403, {"content-type": "text/html"}, f"<div>{mark}</div>".encode()) is not None
    assert challenge_of(404, {}, page) is None
    assert challenge_of(200, {"content-type": "application/json"}, json.dumps({"headline": mark}).encode()) is None
    assert challenge_of(200, {}, b"<html>" + b" " * HEAD + mark.encode()) is None


def test_a_challenge_may_be_told_in_a_header() -> None:
    assert challenge_of(403, {"cf-mitigated": "challenge"}, b"") == "cf-mitigated: challenge"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("0", 0.0), ("120", 120.0), (" 7 ", 7.0), ("1.5", 1.5), ("", None), ("-1", None), ("nan", None), ("inf", None),
        ("soon", None), ("Tue, 24 Nov 2026 12:01:30 GMT", 90.0), ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 13:01:30 +0100", 90.0), ("Tue, 24 Nov 2026 12:01:30 -0000", 90.0),
        ("Tue, 99 Nov 2026 12:01:30 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(told: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": told}, AT) == seconds


def test_retry_after_does_not_depend_on_whose_clock_is_wrong() -> None:
    headers = {"retry-after": "Tue, 24 Nov 2026 12:01:30 GMT", "date": "Tue, 24 Nov 2026 12:01:00 GMT"}
    assert retry_after(headers, AT - dt.timedelta(days=400)) == 30.0


def gathered(raw: bytes, piece: int, encoding: str = "gzip", cap: int = 1 << 20) -> bytes:
    body = Body(encoding, cap, URL)
    for start in range(0, len(raw), piece):
        body.feed(raw[start : start + piece])
    return body.whole()


@given(st.binary(max_size=300), st.integers(1, 40))
def test_a_body_is_the_same_in_whatever_pieces_it_comes(content: bytes, piece: int) -> None:
    zipped = gzip.compress(content, mtime=0)
    assert gathered(zipped, piece) == content
    assert gathered(content, piece, "identity") == content
    assert gathered(zipped + gzip.compress(b"more", mtime=0) + b"\0" * 9, piece) == content + b"more"


@given(st.binary(min_size=1, max_size=300), st.data())
def test_gzip_that_is_cut_short_is_malformed_wherever_it_is_cut(content: bytes, data: st.DataObject) -> None:
    zipped = gzip.compress(content, mtime=0)
    with pytest.raises(Malformed, match="gzip that ends too early"):
        gathered(zipped[: data.draw(st.integers(1, len(zipped) - 1))], 7)


ZIPPED = gzip.compress(b"x" * 99, mtime=0)


@pytest.mark.parametrize("broken", [b"no gzip at all", ZIPPED[:-6] + b"\xff" * 6, ZIPPED + b"rubbish"])
def test_broken_gzip_is_malformed(broken: bytes) -> None:
    with pytest.raises(Malformed, match="broken gzip"):
        gathered(broken, 5)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip"])
def test_an_encoding_that_was_not_asked_for_is_malformed(encoding: str) -> None:
    with pytest.raises(Malformed, match="where gzip was asked for"):
        Body(encoding, 10, URL)


def test_the_cap_counts_what_a_body_becomes() -> None:
    assert gathered(gzip.compress(b"x" * 100), 9, cap=100) == b"x" * 100
    assert gathered(b"x" * 100, 9, "", cap=100) == b"x" * 100
    with pytest.raises(Malformed, match=r"answered with more than 100 bytes; ask for less, or raise Policy\.body"):
        gathered(gzip.compress(b"x" * 101), 9, cap=100)
    with pytest.raises(Malformed, match="more than 100 bytes"):
        gathered(b"x" * 101, 9, "", cap=100)
    assert gathered(b"", 1) == b""


def test_a_bomb_is_cut_before_it_grows() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000, wbits=31)
    cap = 100_000

    def peak(read: object) -> int:
        tracemalloc.start()
        try:
            read()  # type: ignore[operator]
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def ours() -> None:
        with pytest.raises(Malformed, match="more than 100000 bytes"):
            gathered(bomb, 65_536, cap=cap)

    def defective() -> None:  # what a client does that decompresses a piece first and looks at its length then
        assert len(zlib.decompressobj(wbits=31).decompress(bomb[:65_536])) > cap

    assert peak(ours) < 10 * cap < peak(defective)
