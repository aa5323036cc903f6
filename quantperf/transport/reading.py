"""What an answer is: data, or one of the errors of sources. It sees values alone.

A status says little. Consent pages and challenges come with 200, maintenance pages too, and an error object in JSON may
come with 404; so `json_of` and `xml_of` look at the body first, then at the status.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import zlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from quantperf.errors import Blocked, Malformed, NotFound, RateLimited, SourceError, Unauthorized, Upstream
from quantperf.transport.messages import Answer, named

__all__ = ["Body", "challenge_of", "error_of", "json_of", "retry_after", "xml_of"]

HEAD = 65_536  # bytes of a page in which marks are looked for
SHOWN = 60  # characters of an answer in a message
# What pages say that stand in the way of data; each is looked for in the first bytes of what is HTML alone.
CHALLENGES = (
    "just a moment...", "challenge-platform", "cf-challenge", "cf_chl_", "attention required! | cloudflare",
    "px-captcha", "captcha-delivery.com", "_incapsula_resource", "verify you are a human", "verify you are human",
    "are you a robot", "unusual traffic", "enable javascript and cookies to continue",
)  # fmt: skip
CONSENTS = ("consent.yahoo", "consent.google", "guce.", "collectconsent", "before you continue", "consent-form")
MAINTENANCE = ("will be right back", "we'll be back", "down for maintenance", "temporarily unavailable")


class Body:
    """Gathers a body that is decompressed as it comes, and never holds more than its cap.

    Parameters
    ----------
    encoding : str
        Of the answer: "", "identity" or "gzip".
    cap : int
        Bytes after decompressing. A bomb is cut there: what it would become is never built.
    where : str
        The address, for messages.

    Raises
    ------
    Malformed
        From `feed` and `whole`: the encoding is another, broken or cut short, or the body is longer than the cap.

    Examples
    --------
    >>> body = Body("gzip", cap=10, where="http://127.0.0.1/")
    >>> body.feed(zlib.compress(b"0" * 1_000_000, wbits=31))
    Traceback (most recent call last):
    quantperf.errors.Malformed: http://127.0.0.1/ answered with more than 10 bytes; ask for less, or raise Policy.body
    """

    def __init__(self, encoding: str, cap: int, where: str) -> None:
        encoding = encoding.strip().lower()
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise Malformed(f"{where} answered in the encoding {encoding!r}, where gzip was asked for")
        self._zipped = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
        self._pieces: list[bytes] = []
        self._room = cap
        self._cap = cap
        self._where = where
        self._began = False

    def feed(self, piece: bytes) -> None:
        """Take the next bytes as they came."""
        if self._zipped is None:
            self._take(piece)
            return
        while piece:
            if self._zipped.eof:  # a further member, or the zeros that some servers pad with
                piece = piece.lstrip(b"\0")
                if not piece:
                    return
                self._zipped = zlib.decompressobj(wbits=31)
            self._began = True
            try:
                self._take(self._zipped.decompress(piece, self._room + 1))
            except zlib.error as error:
                raise Malformed(f"{self._where} answered with broken gzip: {error}") from error
            piece = self._zipped.unconsumed_tail or self._zipped.unused_data

    def whole(self) -> bytes:
        """Return all bytes, now that no more come."""
        if self._zipped is not None and self._began and not self._zipped.eof:
            raise Malformed(f"{self._where} answered with gzip that ends too early")
        return b"".join(self._pieces)

    def _take(self, piece: bytes) -> None:
        self._room -= len(piece)
        if self._room < 0:
            raise too_long(self._where, self._cap)
        self._pieces.append(piece)


def too_long(where: str, cap: int) -> Malformed:
    """Name the cap."""
    return Malformed(f"{where} answered with more than {cap} bytes; ask for less, or raise Policy.body")


def retry_after(headers: Mapping[str, str], at: dt.datetime) -> float | None:
    """Return the seconds that an answer asks to wait, from its number or its date; None where it says neither.

    A date is compared with the answer's own ``Date``, so that a clock which is wrong on one side does no harm.

    Examples
    --------
    >>> now = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
    >>> retry_after({"retry-after": "7"}, now), retry_after({"retry-after": "soon"}, now)
    (7.0, None)
    >>> retry_after({"retry-after": "Tue, 24 Nov 2026 12:01:00 GMT"}, now)
    60.0
    """
    told = headers.get("retry-after", "").strip()
    try:
        seconds = float(told)
    except ValueError:
        until = _date(told)
        since = _date(headers.get("date", "")) or at
        return None if until is None else max((until - since).total_seconds(), 0.0)
    return seconds if 0 <= seconds < math.inf else None


def _date(text: str) -> dt.datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def challenge_of(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """Return the mark by which an answer is a challenge or a consent page; None where it is neither.

    Only HTML is one: the same words in JSON or in a feed are news. A page that is not there (404, 410) is not one.

    Examples
    --------
    >>> challenge_of(200, {}, b"<html><title>Just a moment...</title></html>")
    'just a moment...'
    >>> challenge_of(200, {}, b'{"headline": "Just a moment..."}') is None
    True
    """
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return "cf-mitigated: challenge"
    if status in {404, 410} or not _is_html(headers, body):
        return None
    text = _head(body)
    return next((mark for mark in (*CHALLENGES, *CONSENTS) if mark in text), None)


def consent_in(url: str) -> str | None:
    """Return the mark by which an address is that of a consent page; None where it is not."""
    return next((mark for mark in CONSENTS if mark in url.lower()), None)


def blocked(where: str, mark: str) -> Blocked:
    """Say that a page stands in the way, and that it is not evaded."""
    return Blocked(
        f"{where} answered with a consent page or a challenge ({mark!r}) instead of data; it is not evaded: "
        "ask less often, or take another source"
    )


def error_of(status: int, where: str, *, retry_at: dt.datetime | None = None) -> SourceError | None:
    """Return the error that a status stands for; None for success, 304 and redirects.

    Examples
    --------
    >>> error_of(404, "http://127.0.0.1/x")
    NotFound('http://127.0.0.1/x is not there (404); check the symbol or the address')
    >>> error_of(200, "http://127.0.0.1/x") is None
    True
    """
    if status < 400:
        return None
    if status in {404, 410}:
        return NotFound(f"{where} is not there ({status}); check the symbol or the address")
    if status in {401, 403, 407}:
        return Unauthorized(f"{where} refused ({status}); give the key that it asks for, or check the one given")
    if status == 429:
        when = f"not before {retry_at:%Y-%m-%d %H:%M:%S} UTC" if retry_at else "later, and less often"
        return RateLimited(f"{where} wants fewer requests (429); ask {when}", retry_at)
    if status == 451:
        return Blocked(f"{where} is blocked for legal reasons (451); take another source")
    if status >= 500 or status in {408, 425}:
        return Upstream(f"{where} failed ({status}{_phrase(status)}); ask again later")
    return SourceError(f"{where} refused the request ({status}{_phrase(status)}); check its parameters")


def json_of(answer: Answer) -> Any:
    """Return the value that an answer holds in JSON, whatever its status.

    The literals NaN and Infinity, which are no JSON and yet are served, become the floats they name: validation rejects
    the rows they stand in, and the other rows stay.

    Raises
    ------
    Blocked
        If it is a consent page or a challenge.
    SourceError
        If it is no JSON and its status says why: `NotFound`, `RateLimited`, `Unauthorized`, `Upstream`.
    Malformed
        If it is no JSON for another reason: HTML, cut short, empty.

    Examples
    --------
    >>> from quantperf.transport import Request
    >>> now = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    >>> json_of(Answer(Request("http://127.0.0.1/x"), 200, {}, b'{"close": [1.5, NaN]}', now))
    {'close': [1.5, nan]}
    """
    _refuse_pages(answer, "JSON")
    where = named(answer.request.url)
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:  # ValueError: no JSON, no Unicode, an integer of 5000 digits
        refused = error_of(answer.status, where)
        if refused is not None:
            raise refused from error
        if not answer.body.strip():
            raise Malformed(f"{where} answered with nothing, where JSON was to come") from error
        what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Malformed(
            f"{where} answered with no whole JSON: {what}; {len(answer.body)} bytes, {_shown(answer.body)}"
        ) from error


def xml_of(answer: Answer) -> bytes:
    """Return the body of an answer that can be XML, not parsed; refuse what cannot.

    Raises
    ------
    Blocked
        If it is a consent page or a challenge.
    SourceError
        If its status is an error.
    Malformed
        If it is HTML or empty, or does not begin as XML does.
    """
    _refuse_pages(answer, "XML")
    where = named(answer.request.url)
    refused = error_of(answer.status, where)
    if refused is not None:
        raise refused
    start = answer.body[:HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    utf16 = answer.body[:2] in {b"\xff\xfe", b"\xfe\xff"}
    if not start.startswith(b"<") and not utf16:
        raise Malformed(f"{where} answered with no XML; {len(answer.body)} bytes, {_shown(answer.body)}")
    return answer.body


def _refuse_pages(answer: Answer, wanted: str) -> None:
    """Raise what a page of HTML stands for, where data were to come."""
    where = named(answer.request.url)
    mark = challenge_of(answer.status, answer.headers, answer.body)
    if mark is not None:
        raise blocked(where, mark)
    if not _is_html({}, answer.body):  # many a feed is served as text/html: its body decides
        return
    refused = error_of(answer.status, where)
    if refused is not None:
        raise refused
    text = _head(answer.body)
    if any(mark in text for mark in MAINTENANCE):
        raise Upstream(f"{where} answered with a page of maintenance; ask again later")
    raise Malformed(f"{where} answered with HTML, where {wanted} was to come: {_shown(answer.body)}")


def _is_html(headers: Mapping[str, str], body: bytes) -> bool:
    start = body[:HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return True
    # Many a feed, and much JSON, is served as text/html.
    return "text/html" in headers.get("content-type", "") and not start.startswith(
        (b"<?xml", b"<rss", b"<feed", b"{", b"[")
    )


def _head(body: bytes) -> str:
    return body[:HEAD].decode("utf-8", "replace").lower().replace("’", "'")


def _shown(body: bytes) -> str:
    return f"beginning {body[: 4 * SHOWN].decode('utf-8', 'replace')[:SHOWN]!r}"


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:  # a number that no standard names
        return ""
