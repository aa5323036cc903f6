"""Whether a request is made once more, and after which pause. Decides only: it neither waits nor draws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from quantperf.errors import ParameterError, QuantperfError

__all__ = ["Backoff", "Retrying", "may_pass"]

# Of the errors of an operating system, those that the same request meets again.
LASTING = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)
# HTTP answers below 500 that a later request may not get: the server waited in vain, too early, too many requests.
PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that grow with the attempts, and are drawn at random below their ceiling ("full jitter").

    Attributes
    ----------
    first : float, default 0.2
        Seconds, ceiling of the pause after the first attempt.
    factor : float, default 2.0
        By which the ceiling grows with each attempt, at least 1.
    most : float, default 10.0
        Seconds, above which no ceiling grows.

    Raises
    ------
    ParameterError
        If one of them is out of bounds.

    Notes
    -----
    Source: M. Brooker, *Exponential Backoff and Jitter*, AWS Architecture Blog, 2015: a pause that is uniform from 0 to
    the ceiling spreads the requests of many clients best.

    Examples
    --------
    >>> [Backoff().ceiling(attempt) for attempt in (1, 2, 3, 20)]
    [0.2, 0.4, 0.8, 10.0]
    >>> Backoff().pause(2, draw=0.5)
    0.2
    """

    first: float = 0.2
    factor: float = 2.0
    most: float = 10.0

    def __post_init__(self) -> None:
        for name, least in (("first", 0.0), ("factor", 1.0), ("most", 0.0)):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not least <= value < math.inf:
                raise ParameterError(f"backoff.{name} must be a finite number of at least {least:g}, got {value!r}")

    def ceiling(self, attempt: int) -> float:
        """Return the longest pause in seconds after so many attempts."""
        try:
            return float(min(self.most, self.first * self.factor ** (attempt - 1)))
        except OverflowError:
            return float(self.most)

    def pause(self, attempt: int, draw: float) -> float:
        """Return the pause in seconds after so many attempts, for a uniform draw from 0 to 1."""
        return draw * self.ceiling(attempt)


def may_pass(error: BaseException) -> bool:
    """Return whether the same request may succeed later: time-outs, lost connections and other errors of I/O.

    Errors of data and of programs come back, and so do a missing file, a refused permission, and answers of HTTP that
    blame the request (an integer ``code`` or ``status`` of 400 to 499 but 408, 425 and 429).

    Examples
    --------
    >>> [may_pass(error) for error in (TimeoutError(), ConnectionResetError(), FileNotFoundError(), ValueError())]
    [True, True, False, False]
    """
    if isinstance(error, QuantperfError) or not isinstance(error, TimeoutError | ConnectionError | OSError):
        return False
    codes: list[Any] = [getattr(error, name, None) for name in ("code", "status")]
    codes.append(getattr(getattr(error, "response", None), "status_code", None))
    blamed = any(isinstance(code, int) and 400 <= code < 500 and code not in PASSING for code in codes)
    return not blamed and not isinstance(error, LASTING)


@dataclass(frozen=True, slots=True)
class Retrying:
    """How often a request is repeated, for which errors, after which pauses.

    Attributes
    ----------
    retries : int, default 3
        Requests after the first one, at least 0: there are at most `retries` + 1.
    backoff : Backoff
        The pauses between them.
    """

    retries: int = 3
    backoff: Backoff = Backoff()

    def __post_init__(self) -> None:
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise ParameterError(f"retries must be a whole number of at least 0, got {self.retries!r}")
        if not isinstance(self.backoff, Backoff):
            raise ParameterError(f"backoff must be a Backoff, got {self.backoff!r}; such as Backoff(first=0.5)")

    def pause_after(self, attempt: int, error: BaseException, draw: float) -> float | None:
        """Return the seconds to wait after a failed attempt, the first being 1; None to give up.

        Examples
        --------
        >>> policy = Retrying(retries=1)
        >>> policy.pause_after(1, TimeoutError(), draw=0.5), policy.pause_after(2, TimeoutError(), draw=0.5)
        (0.1, None)
        >>> policy.pause_after(1, ValueError("no such symbol"), draw=0.5) is None
        True
        """
        if attempt > self.retries or not may_pass(error):
            return None
        return self.backoff.pause(attempt, draw)
