"""What is asked of a host, and what it answered: plain values, so that parsing and policy need no network."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Answer", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """A GET request.

    Attributes
    ----------
    url : str
        With scheme and host, without the query.
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
