"""What goes into the rules of alerts, and what comes out: frozen values with times in milliseconds since 1970, UTC."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from quantperf.errors import ParameterError, one_of

__all__ = ["Alert", "Correction", "Event", "Ignored", "Level", "Levels", "Outcome", "Quote", "Resolution", "Retraction"]

VERDICTS = ("action", "real")


@dataclass(frozen=True, slots=True)
class Level:
    """A price that others are measured from, and when it was the price: the time of the bar, not of today."""

    price: float
    at: int


@dataclass(frozen=True, slots=True)
class Levels:
    """What is known of a symbol before the session of a quote, in the terms of that quote.

    Attributes
    ----------
    prev_close, prev_high, prev_low : Level or None
        Of the session before, adjusted for splits and dividends since; None where unknown.
    all_time_high : Level or None
        The highest price of all sessions before, adjusted for splits.
    paid : float, default 0.0
        Dividends a share since the highest price: a fall from it is measured without them.
    split : float, default 1.0
        New shares for an old one between the session before and that of the quote, already applied to the levels; the
        ticks of before are then brought into the new shares too.
    sigma : float or None
        Standard deviation of the daily returns, in percent, for thresholds in sigma.
    atr : float or None
        Average true range, in the unit of the price, for thresholds in it.
    """

    prev_close: Level | None = None
    prev_high: Level | None = None
    prev_low: Level | None = None
    all_time_high: Level | None = None
    paid: float = 0.0
    split: float = 1.0
    sigma: float | None = None
    atr: float | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A price at a time.

    Attributes
    ----------
    symbol : str
        Whose price it is.
    price : float
        The price; what is not finite and above 0 decides nothing.
    at : int
        When it was the price.
    session : int
        The session it belongs to, as the date on the clock of its market (days since 1970).
    levels : Levels
        What it is measured from.
    category : str, optional
        Of the symbol: index, futures, stock, etf or one that the policy names.
    serial : int, default 0
        Its place among quotes of the same millisecond, where the source orders them.
    """

    symbol: str
    price: float
    at: int
    session: int
    levels: Levels = Levels()
    category: str | None = None
    serial: int = 0

    @property
    def order(self) -> tuple[int, int]:
        """What must grow from quote to quote."""
        return self.at, self.serial


@dataclass(frozen=True, slots=True)
class Correction:
    """The quote of a moment was false; `price` is what it should have been, or None if there was none."""

    symbol: str
    at: int
    price: float | None = None
    serial: int = 0

    @property
    def order(self) -> tuple[int, int]:
        """The quote that was false."""
        return self.at, self.serial


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a held move was: a corporate action (with its ratio, new shares for an old one, where told), or real."""

    symbol: str
    verdict: Literal["action", "real"]
    ratio: float | None = None

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise one_of("verdict", VERDICTS, self.verdict)
        if self.ratio is not None and not 0 < self.ratio < float("inf"):
            raise ParameterError(f"ratio must be new shares for an old one, above 0, got {self.ratio!r}")


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert, as it is logged.

    Attributes
    ----------
    id : str
        A hash of the policy's version, symbol, types, base time and trigger time: the same facts, the same id.
    symbol, alert_type, base_type, severity : str
        Whose, what, measured from what, and how much it matters.
    base_price, current_price : float
        The two prices.
    threshold_percent, actual_percent : float
        Change that had to be reached and change that was, both signed; a threshold in sigma or ATR is told in percent.
    base_time : int
        When the base was the price.
    triggered_at : int
        When the price was `current_price`.
    known_at : int
        When that was decided; later than `triggered_at` by the delay of the quote, or by the time it was held.
    policy : str
        Version of the policy.
    """

    id: str
    symbol: str
    alert_type: str
    base_type: str
    severity: str
    base_price: float
    current_price: float
    threshold_percent: float
    actual_percent: float
    base_time: int
    triggered_at: int
    known_at: int
    policy: str

    @property
    def delay(self) -> float:
        """Seconds from the price to the alert."""
        return (self.known_at - self.triggered_at) / 1000

    def to_dict(self) -> dict[str, Any]:
        """Return the alert as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Retraction:
    """An alert that a false quote had raised is taken back; the alert itself stays in the log."""

    id: str
    retracts: str
    symbol: str
    known_at: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something decided nothing, and why."""

    symbol: str
    reason: str
    at: int


Event: TypeAlias = Quote | Correction | Resolution
Outcome: TypeAlias = Alert | Retraction | Ignored


def content_id(*parts: object) -> str:
    """Return a hash of some values."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:32]
