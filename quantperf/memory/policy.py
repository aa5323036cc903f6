"""How long results live, and what one call brings along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quantperf.errors import ParameterError
from quantperf.memory.disk import Disk
from quantperf.memory.results import Hand
from quantperf.memory.shelf import Entry

__all__ = ["Call", "Outcome", "Policy", "check_bounds"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How long results live, and which errors are kept.

    Attributes
    ----------
    ttl : float
        Seconds; 0 means that nothing is kept.
    stale : float
        Seconds after that in which the old value is given while a new one is computed behind it.
    errors : tuple of exception types
        Those that are kept and raised again; no others are.
    error_ttl : float
        Seconds that they are kept.
    """

    ttl: float
    stale: float = 0.0
    errors: tuple[type[Exception], ...] = ()
    error_ttl: float = 30.0

    def __post_init__(self) -> None:
        for name in ("ttl", "stale", "error_ttl"):
            seconds = getattr(self, name)
            if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds >= 0:
                raise ParameterError(f"{name} must be a number of seconds, at least 0, got {seconds!r}")
        if not isinstance(self.errors, tuple) or not all(
            isinstance(kind, type) and issubclass(kind, Exception) for kind in self.errors
        ):
            raise ParameterError(f"errors must be a tuple of exception types, got {self.errors!r}")


@dataclass(frozen=True, slots=True)
class Call:
    """What one call brings along to where it is computed."""

    policy: Policy
    began: float
    disk: Disk | None = None
    place: bytes | None = None


@dataclass(slots=True)
class Outcome:
    """What a computation gave: what hands it out, or the value itself where it cannot be copied; or what was found."""

    hand: Hand | None
    value: Any = None
    entry: Entry | None = None
    disk: bool = False


def check_bounds(entries: object, limit: object) -> None:
    """Refuse a number of entries or bytes below 1."""
    for name, value in (("entries", entries), ("bytes", limit)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ParameterError(f"{name} must be a whole number, at least 1, got {value!r}")
