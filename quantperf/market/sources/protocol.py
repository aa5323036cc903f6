"""What a source is: two halves around a network that is not its own, or one reader where there is none.

A source that is reached by HTTP says what to request and reads the answers, both purely: whether, when and how often
to send is decided elsewhere, and what was recorded is read like what is live. A source without HTTP (files, a frame,
a function of the user) reads at once.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np

from quantperf.market.history import Action, Bars, Parsed, Query, interval_of
from quantperf.transport.messages import Answer, Request

__all__ = [
    "CAPS",
    "AnySource",
    "Basis",
    "LocalSource",
    "Quote",
    "QuoteSource",
    "Source",
    "actions_inside",
    "days_of",
    "inside",
]

Basis: TypeAlias = Literal["raw", "splits", "total"]
CAPS = frozenset({"history", "quotes", "actions", "stream", "news"})
EPOCH = dt.date(1970, 1, 1)


@runtime_checkable
class Source(Protocol):
    """A source that is reached by HTTP."""

    @property
    def name(self) -> str:
        """What it is asked for by."""

    @property
    def caps(self) -> frozenset[str]:
        """What it gives, of `CAPS`."""

    @property
    def basis(self) -> Basis:
        """What its prices are adjusted for."""

    @property
    def decimals(self) -> int:
        """Decimals to which it tells prices."""

    def requests(self, query: Query) -> list[Request]:
        """Return what to ask for, in this order; pure."""

    def parse(self, query: Query, answers: Sequence[Answer]) -> Parsed:
        """Return what the answers say, in the order of the requests; pure; a SourceError where they do not."""


@runtime_checkable
class LocalSource(Protocol):
    """A source that needs no HTTP."""

    @property
    def name(self) -> str:
        """What it is asked for by."""

    @property
    def caps(self) -> frozenset[str]:
        """What it gives, of `CAPS`."""

    @property
    def basis(self) -> Basis:
        """What its prices are adjusted for."""

    @property
    def decimals(self) -> int:
        """Decimals to which it tells prices."""

    def read(self, query: Query) -> Parsed:
        """Return what it holds of a symbol; it may block; a SourceError where it does not hold it."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The latest price of a symbol, as a source tells it; what it does not tell is NaN or None.

    Attributes
    ----------
    symbol : str
        As quantperf calls it.
    price : float
        The latest.
    previous_close : float
        The close of the session before: what a change of the day is measured from.
    open, high, low, volume : float
        Of the session so far.
    event_at, known_at : datetime
        When the price was made, and when the answer had come (aware, UTC).
    currency, zone, category : str or None
        As in `Parsed.meta`.
    session_open : bool or None
        Whether the session goes on.
    """

    symbol: str
    price: float
    previous_close: float
    open: float
    high: float
    low: float
    volume: float
    event_at: dt.datetime
    known_at: dt.datetime
    currency: str | None = None
    zone: str | None = None
    category: str | None = None
    session_open: bool | None = None


@runtime_checkable
class QuoteSource(Protocol):
    """A source that tells latest prices, in the same two halves."""

    def quote_requests(self, symbol: str) -> list[Request]:
        """Return what to ask for; pure."""

    def parse_quote(self, symbol: str, answers: Sequence[Answer]) -> Quote:
        """Return what the answers say; pure; a SourceError where they do not."""


AnySource: TypeAlias = Source | LocalSource


def days_of(query: Query) -> tuple[int, int]:
    """Return the first day of a query and the day after its last, counted from 1970.

    Examples
    --------
    >>> days_of(Query("IBM", dt.datetime(1970, 1, 3, tzinfo=dt.UTC), dt.datetime(1970, 1, 5, tzinfo=dt.UTC)))
    (2, 4)
    """
    end = query.end.astimezone(dt.UTC)
    whole = end.time() == dt.time(0)
    return (query.start.astimezone(dt.UTC).date() - EPOCH).days, (end.date() - EPOCH).days + (not whole)


def inside(bars: Bars, query: Query) -> tuple[Bars, int]:
    """Return the bars of the span that was asked for, and how many were outside of it."""
    if interval_of(query.interval).daily:
        first, end = days_of(query)
    else:
        first, end = (math.ceil(moment.timestamp() * 1000.0) for moment in (query.start, query.end))
    held = (bars.stamps >= first) & (bars.stamps < end)
    outside = int(np.count_nonzero(~held))
    return (bars.rows(held) if outside else bars), outside


def actions_inside(actions: Sequence[Action], query: Query) -> tuple[Action, ...]:
    """Return the actions of the span that was asked for, oldest first."""
    first, end = days_of(query)
    return tuple(sorted((one for one in actions if first <= one.date < end), key=lambda one: (one.date, one.kind)))
