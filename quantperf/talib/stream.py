"""TA-Lib's streaming handles: opened on a history, carried forward a bar at a time, equal to the batch to the bit.

``stream.RSI(history, timeperiod=14)`` takes what ``talib.RSI`` takes. TA-Lib's handles cannot be saved; these pickle.

Examples
--------
>>> import numpy as np
>>> from quantperf.talib import stream
>>> handle = stream.SMA(np.array([1.0, 2.0, 3.0]), timeperiod=2)
>>> handle.value, handle.peek(9.0), handle.update(5.0), handle.out_range
(2.5, 6.0, 4.0, OutRange(begidx=1, nbelement=3))
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple, Self

import numpy as np

from quantperf.errors import DataError
from quantperf.talib.functions import FUNCTIONS, Function, InsufficientHistory

__all__ = ["OutRange", "Stream"]


class OutRange(NamedTuple):
    """The bar of the first value, and how many values there are from it on."""

    begidx: int
    nbelement: int


class Stream:
    """One function of TA-Lib, carried forward a bar at a time.

    Parameters
    ----------
    *args, **kwargs
        What the function of the same name takes; arrays hold the history, oldest first.

    Raises
    ------
    InsufficientHistory
        If the history is too short for a value on its last bar.
    """

    function: Function

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._open(args, kwargs)

    def _open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Take the history, and return its lines."""
        function = self.function
        bound = function.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        params = function.named(bound.arguments)
        self._begin = function.lookback(bound.arguments)
        columns = [np.asarray(bound.arguments[name], dtype=np.float64) for name in function.inputs]
        late = _late(columns)
        bars = len(columns[0]) - late
        if bars <= self._begin:
            raise InsufficientHistory(
                f"the history of {function.spec.name} must hold at least {self._begin + 1} bars, not counting missing "
                f"ones before the first, got {bars}"
            )
        self._begin += late
        self._passed = 0
        self._live = function.entry.stream(**params)
        lines = function.pick(self._live.update_many(*columns))
        self.value = self._answer(tuple(line[-1] for line in lines))
        return tuple(map(function.as_talib, function.lines, lines))

    @classmethod
    def open_and_fill(cls, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Return a handle on a history, and the function's answer to the history itself."""
        handle = cls.__new__(cls)
        return (handle, *handle._open(args, kwargs))

    def update(self, *bar: float) -> Any:
        """Take a closed bar, and return its value; a bar that is not finite is refused, and nothing has moved."""
        self._check(bar)
        self.value = self._answer(self.function.pick(self._live.update(*map(float, bar))))
        return self.value

    def peek(self, *bar: float) -> Any:
        """Return what `update` would return, without taking the bar."""
        self._check(bar)
        return self._answer(self.function.pick(self._live.peek(*map(float, bar))))

    def advance(self) -> None:
        """Count a bar that was not fed."""
        self._passed += 1

    def copy(self) -> Self:
        """Return an independent handle at the same bar."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._live = self._live.copy()
        return twin

    @property
    def out_range(self) -> OutRange:
        """The range of bars that have a value, as the batch would report it."""
        return OutRange(self._begin, self._live.bars + self._passed - self._begin)

    def __repr__(self) -> str:
        return f"stream.{self.function.spec.name}({self._live!r}, value={self.value!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (self.function.spec.name, self.__dict__))

    def _check(self, bar: tuple[float, ...]) -> None:
        wanted = self.function.inputs
        if len(bar) != len(wanted):
            raise TypeError(f"a bar of {self.function.spec.name} must be {', '.join(wanted)}, got {len(bar)} of them")
        if not all(map(math.isfinite, bar)):
            raise DataError(f"a bar must be finite, got {bar!r}; count it with advance() to leave it out")

    def _answer(self, lines: tuple[Any, ...]) -> Any:
        function = self.function
        values = tuple(
            function.as_talib(name, line) if name in function.whole else float(line)
            for name, line in zip(function.lines, lines, strict=True)
        )
        return values if len(values) > 1 else values[0]


def _late(columns: list[Any]) -> int:
    """Return how many bars at the beginning miss a value."""
    whole = ~np.logical_or.reduce([np.isnan(column) for column in columns])
    return int(whole.argmax()) if whole.any() else len(whole)


@cache
def _handle(name: str) -> type[Stream]:
    function = FUNCTIONS[name]
    doc = f"{name}{function.signature}: {Stream.__doc__}"
    return type(name, (Stream,), {"function": function, "__doc__": doc, "__module__": __name__})


def _restored(name: str, values: dict[str, Any]) -> Stream:
    handle = object.__new__(_handle(name))
    handle.__dict__.update(values)
    return handle


def __getattr__(name: str) -> type[Stream]:
    if name not in FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no handle {name!r}; see talib.get_functions()")
    return _handle(name)


def __dir__() -> list[str]:
    return sorted([*FUNCTIONS, *__all__])
