"""What a source is: two halves around a network that is not its own, or one reader where there is none.

A source that is reached by HTTP says what to request and reads the answers, both purely: whether, when and how often
to send is decided elsewhere, and what was recorded is read like what is live. A source without HTTP (files, a frame,
a function of the user) reads at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import pandas as pd

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
    """A source that is reached by HTTP.

    """

    @property
    def name(self) -> str: ...
    @property
    def caps(self) -> frozenset[str]: ...
    @property
    def basis(self) -> Basis: ...
    @property
    def decimals(self) -> int: ...

    def requests(self, query: Query) -> list[Request]:
        """Return what to ask for, in this order; pure."""

    def parse(self, query: Query, answers: Sequence[Answer]) -> Parsed:
        """Return what the answers say, in the order of the requests; pure; a SourceError where they do not."""


@runtime_checkable
class LocalSource(Protocol):
    """A source that needs no HTTP; its attributes are those of `Source`."""

    @property
    def name(self) -> str: ...
    @property
    def caps(self) -> frozenset[str]: ...
    @property
    def basis(self) -> Basis: ...
    @property
    def decimals(self) -> int: ...

    def read(self, query: Query) -> Parsed:
        """Return what it holds of a symbol; it may block; a SourceError where it does not hold it."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The latest price of a symbol, as a source tells it; what it does not tell is NaN or None.

