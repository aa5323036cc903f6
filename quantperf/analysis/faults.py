"""A source of bars that fails by a schedule: the same faults for the same seed, whoever asks first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from quantperf.errors import ParameterError

__all__ = ["Faults"]

KINDS: Mapping[str, type[Exception]] = MappingProxyType(
    {"timeout": TimeoutError, "connection": ConnectionError, "data": ValueError}
)


class Faults:
    """A source that puts faults before another one, to see what a program makes of them.

    It is a coroutine function of a symbol, so `quantperf.analysis.many.analyse` awaits it.

    Parameters
    ----------
    source : callable
        Function of a symbol that returns its bars.
    chances : mapping of str to float
        The chance of each kind of fault at each attempt: "timeout" and "connection", which may pass, and "data", which
        comes back; together at most 1.
    delay : float, default 0.0
        Mean seconds before an answer, exponentially distributed.
    pause : coroutine function, optional
        Waits for so many seconds, such as `asyncio.sleep`; needed for a delay.
    seed : int, default 0
        Of the schedule. What happens to an attempt follows from the seed, the symbol and the number of the attempt.

    Attributes
    ----------
    asked : Counter
        How often each symbol was asked for.

    Raises
    ------
    ParameterError
        If a chance or the delay is out of bounds, or a delay has no `pause`.

    Examples
    --------
    >>> import quantperf as qp
    >>> faults = Faults(qp.sample, {"connection": 0.5}, seed=1)
    >>> [faults.fault("IBM", attempt) for attempt in (1, 2, 3)]
    [None, 'connection', None]
    """

    def __init__(
        self,
        source: Callable[[str], Any],
        chances: Mapping[str, float],
        *,
        delay: float = 0.0,
        pause: Callable[[float], Awaitable[Any]] | None = None,
        seed: int = 0,
    ) -> None:
        unknown = sorted(set(chances) - set(KINDS))
        if unknown:
            raise ParameterError(f"chances must be of {', '.join(KINDS)}, got {', '.join(unknown)}")
        if any(chance < 0.0 for chance in chances.values()) or not sum(chances.values()) <= 1.0:
            raise ParameterError(f"chances must be at least 0 and together at most 1, got {dict(chances)}")
        if not 0.0 <= delay < math.inf:
            raise ParameterError(f"delay must be a finite number of seconds of at least 0, got {delay!r}")
        if delay and pause is None:
            raise ParameterError("delay needs a pause, got none; pass pause=asyncio.sleep")
        self._source = source
        self._chances = dict(chances)
        self._delay = delay
        self._pause = pause
        self._seed = seed
        self.asked: Counter[str] = Counter()

    async def __call__(self, symbol: str) -> Any:
        """Return the bars of a symbol, or raise what the schedule says."""
        self.asked[symbol] += 1
        attempt = self.asked[symbol]
        if self._pause is not None:
            await self._pause(self.delay(symbol, attempt))
        fault = self.fault(symbol, attempt)
        if fault is not None:
            raise KINDS[fault](f"injected into attempt {attempt} at {symbol}")
        return self._source(symbol)

    def fault(self, symbol: str, attempt: int) -> str | None:
        """Return the kind of fault that an attempt meets; None for none."""
        draw = self._draws(symbol, attempt)[0]
        for kind, chance in self._chances.items():
            if draw < chance:
                return kind
            draw -= chance
        return None

    def delay(self, symbol: str, attempt: int) -> float:
        """Return the seconds before the answer to an attempt."""
        return -self._delay * math.log1p(-self._draws(symbol, attempt)[1])

    def _draws(self, symbol: str, attempt: int) -> list[float]:
        draws: list[float] = np.random.default_rng([self._seed, attempt, *symbol.encode()]).random(2).tolist()
        return draws
