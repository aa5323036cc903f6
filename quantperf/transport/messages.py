"""What is asked of a host, and what it answered: plain values, so that parsing and policy need no network."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from quantperf.errors import ParameterError

__all__ = ["Answer", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """A GET request.

    Attributes
    ----------
    url : str
        With scheme and host; `params` come after a query that it may have.
    params : mapping of str to str
        The query; its order does not matter to what is the same request.
    headers : mapping of str to str
        Beyond those that the shell sends with every request.
    """

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole and decompressed.

    Attributes
    ----------
    request : Request
        What was asked.
    status : int
        Of HTTP.
    headers : mapping of str to str
        Names in lower case.
    body : bytes
        Decompressed, at most as long as the shell allows.
    at : datetime
        When the last byte had come (aware, UTC).
    """

    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes
    at: dt.datetime


def pairs_of(request: Request) -> list[tuple[str, str]]:
    """Return the whole query, that of the address first."""
    return [*parse_qsl(urlsplit(request.url).query, keep_blank_values=True), *request.params.items()]


def address(request: Request) -> str:
    """Return the address with its query, and without a fragment.

    Examples
    --------
    >>> address(Request("http://127.0.0.1/a?x=1#top", {"symbol": "^GSPC"}))
    'http://127.0.0.1/a?x=1&symbol=%5EGSPC'
    """
    parts = urlsplit(request.url)
    return urlunsplit((*parts[:3], urlencode(pairs_of(request), quote_via=quote), ""))


def key_of(request: Request) -> tuple[object, ...]:
    """Return what two requests share if and only if they are the same, whatever the order of query and headers.

    Examples
    --------
    >>> one = Request("http://127.0.0.1/a?y=2", {"x": "1"}, {"Accept": "*/*"})
    >>> key_of(one) == key_of(Request("http://127.0.0.1/a", {"x": "1", "y": "2"}, {"accept": "*/*"}))
    True
    """
    headers = sorted((name.lower(), value) for name, value in request.headers.items())
    return origin(request.url), urlsplit(request.url).path, tuple(sorted(pairs_of(request))), tuple(headers)


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host in lower case, and port, the scheme's own where none is written."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname or "", parts.port or (443 if scheme == "https" else 80)


def host_of(url: str) -> str:
    """Return the host in lower case, with its port where that is not the scheme's own; what is paced together."""
    scheme, host, port = origin(url)
    return host if port == (443 if scheme == "https" else 80) else f"{host}:{port}"


def named(url: str) -> str:
    """Return an address for messages: without query, name and password, which may hold keys.

    Examples
    --------
    >>> named("https://me:secret@Example.org/a/b?apikey=1")
    'https://example.org/a/b'
    """
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{host_of(url)}{parts.path}"


def checked(request: Request) -> Request:
    """Return the request, or refuse one that cannot be sent as it is.

    Raises
    ------
    ParameterError
        If the address has no host or another scheme, or a header would disguise who asks.
    """
    if not isinstance(request, Request):
        raise ParameterError(f"request must be a Request, got {request!r}; such as Request('https://example.org/feed')")
    fault = fault_of(request.url)
    if fault:
        raise ParameterError(f"url must be an address like 'https://example.org/feed', got {request.url!r}: {fault}")
    for name, value in request.headers.items():
        if name.lower() in {"user-agent", "host", "accept-encoding", "connection"}:
            raise ParameterError(f"headers must leave {name!r} to the transport, got {value!r}; remove it")
        if not f"{name}{value}".isascii() or not f"{name}{value}".isprintable():
            raise ParameterError(f"headers must be of printable ASCII, got {name!r}: {value!r}")
    return request


def fault_of(url: str) -> str:
    """Return what keeps an address from being asked, or nothing."""
    if not isinstance(url, str):
        return "it is no text"
    if not url.isprintable() or " " in url:
        return "it has a blank or a control character"
    try:
        scheme, host, _ = origin(url)
    except ValueError as error:  # a port that is no number, a bracket that is not closed
        return str(error)
    if scheme not in {"http", "https"}:
        return f"its scheme is {scheme!r}"
    return "" if host else "it has no host"
