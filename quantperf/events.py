"""What happened, as frozen values with a version, and a bus that hands them to whoever listens in this process.

A bus is synchronous and holds nothing: the caller publishes after its commit, each listener is called in the order of
subscribing, and a listener that fails hurts neither the publisher nor the other listeners: its error is kept.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = ["Bus", "Event", "MemoryCrossed", "PriceChanged"]

ERRORS_KEPT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events.

    Attributes
    ----------
    at : datetime
        When it was true (aware, UTC).
    """

    version: ClassVar[int] = 1
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChanged(Event):
    """The latest price of a symbol, as committed to the store.

    Attributes
    ----------
    symbol : str
        Whose price it is.
    price, previous : float
        The latest price, and the one that was the latest before; NaN where there was none.
    volume : float
        Of the session so far; NaN where unknown.
    seq : int
        The commit of the store that holds it.
    """

    symbol: str
    price: float
    previous: float
    volume: float
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCrossed(Event):
    """A call held more memory than its threshold, on top of what was held before it.

    Attributes
    ----------
    name : str
        Of the function.
    threshold_bytes : float
        What it may add.
    added_bytes, peak_bytes : int
        What it added at most, and what the process held then.
    overlapped : bool
        Whether another call was measured in another thread meanwhile, whose memory is counted too.
    """

    name: str
    threshold_bytes: float
    added_bytes: int
    peak_bytes: int
    overlapped: bool


class Bus:
    """Hands events to the listeners of this process.

    Attributes
    ----------
    errors : deque
        The last errors of listeners, as pairs of event and exception.
    published : Counter
        How many events of each type were published.

    Examples
    --------
    >>> import datetime as dt
    >>> bus, heard = Bus(), []
    >>> stop = bus.subscribe(PriceChanged, heard.append)
    >>> now = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    >>> bus.publish(PriceChanged(at=now, symbol="AAPL", price=10.5, previous=10.0, volume=1e6, seq=7))
    >>> heard[0].symbol
    'AAPL'
    >>> stop()
    """

    def __init__(self) -> None:
        self._listeners: list[tuple[type[Event], Callable[[Any], object]]] = []
        self.errors: deque[tuple[Event, Exception]] = deque(maxlen=ERRORS_KEPT)
        self.published: Counter[str] = Counter()

    def subscribe(self, kind: type[Event], listener: Callable[[Any], object]) -> Callable[[], None]:
        """Call `listener` with every event of `kind` or of a class below it; return what ends that."""
        entry = (kind, listener)
        self._listeners.append(entry)

        def stop() -> None:
            # By identity: the same function may listen twice.
            self._listeners = [each for each in self._listeners if each is not entry]

        return stop

    def publish(self, event: Event) -> None:
        """Hand an event to everyone who listens to its kind."""
        self.published[type(event).__name__] += 1
        for kind, listener in tuple(self._listeners):
            if not isinstance(event, kind):
                continue
            try:
                listener(event)
            except Exception as error:  # a listener's mistake must not undo or stop what was committed
                self.errors.append((event, error))
