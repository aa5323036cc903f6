"""One number for the mood of a symbol: points of five indicators, their sum, and its name.

A part of which a value lacks has no points. It leaves the sum, and the bounds say what the whole sum could be: they are
found by asking the part's own rule about every order that the lacking values could have to the known ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from types import MappingProxyType

__all__ = ["LABELS", "PARTS", "Sentiment", "label_of", "score"]

Value = float | None
# From which sum on a label is given; below 0 the mirror image.
LABELS = ((4, "very bullish"), (2, "bullish"), (1, "slightly bullish"), (0, "neutral"))


def _rsi(rsi: float) -> int:
    if rsi >= 70.0:
        return -2
    if rsi >= 60.0:
        return -1
    if rsi <= 30.0:
        return 2
    return 1 if rsi <= 40.0 else 0


def _macd(macd: float, signal: float) -> int:
    return 2 * ((macd > signal) - (macd < signal))


def _stochastic(k: float, d: float) -> int:
    high, low = max(k, d), min(k, d)
    if low >= 80.0:
        return -2
    if high >= 70.0:
        return -1
    if high <= 20.0:
        return 2
    return 1 if low <= 30.0 else 0


def _averages(close: float, sma_20: float, sma_50: float) -> int:
    if close > sma_20:
        return 2 if sma_20 > sma_50 else 1
    if close < sma_20:
        return -2 if sma_20 < sma_50 else -1
    return 0


def _volume(ratio: float) -> int:
    return (ratio >= 1.5) - (ratio <= 0.7)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the sum: the values it reads, its rule, and its largest number of points.

    `levels` are values in every range that the rule tells apart; None where it asks for the order of its values only.
    """

    reads: tuple[str, ...]
    rule: Callable[..., int]
    most: int
    levels: tuple[float, ...] | None = None


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "rsi": Part(("rsi",), _rsi, 2, (0.0, 35.0, 50.0, 65.0, 100.0)),
        "macd": Part(("macd", "signal"), _macd, 2),
        "stochastic": Part(("k", "d"), _stochastic, 2, (0.0, 25.0, 50.0, 75.0, 100.0)),
        "averages": Part(("close", "sma_20", "sma_50"), _averages, 2),
        "volume": Part(("ratio",), _volume, 1, (0.0, 1.0, 2.0)),
    }
)


@dataclass(frozen=True, slots=True)
class Sentiment:
    """The mood of a symbol on a bar.

    Attributes
    ----------
    score : int, or None
        The sum of the points of all parts that are known, from -9 to +9; None if none is.
    low, high : int
        Between which the sum of all parts lies, whatever the missing values are; both `score` if none is missing.
    of : int
        What the known parts can reach, up or down: 9 less the points of the missing ones.
    label : str, or None
        "very bullish" from 4 on, "bullish" from 2, "slightly bullish" for 1, "neutral" for 0, and their mirror images;
        None where the missing values decide.
    parts : mapping of str to int or None
        Points of ``rsi``, ``macd``, ``stochastic``, ``averages`` and ``volume``; None for a missing part.
    """

    score: int | None
    low: int
    high: int
    of: int
    label: str | None
    parts: Mapping[str, int | None]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))

    def __reduce__(self) -> tuple[type[Sentiment], tuple[object, ...]]:
        return Sentiment, (self.score, self.low, self.high, self.of, self.label, dict(self.parts))

    def to_dict(self) -> dict[str, object]:
        """Return values that JSON can hold."""
        return {
            "score": self.score,
            "low": self.low,
            "high": self.high,
            "of": self.of,
            "label": self.label,
            "parts": dict(self.parts),
        }


def score(values: Mapping[str, Value]) -> Sentiment:
    """Return the sentiment score of a bar.

    Parameters
    ----------
    values : mapping of str to float or None
        ``rsi`` (0 to 100), ``macd`` and its ``signal``, ``k`` and ``d`` of the stochastic (0 to 100), ``close``,
        ``sma_20``, ``sma_50``, and ``ratio`` of the volume to its mean. None or NaN, or no such key, is missing.

    Returns
    -------
    Sentiment

    Notes
    -----
    ==========  ================================================================================================
    part        points
    ==========  ================================================================================================
    rsi         -2 from 70 on, -1 from 60 on, +2 up to 30, +1 up to 40
    macd        +2 above its signal line, -2 below
    stochastic  -2 if both lines are at least 80, -1 if either is at least 70, +2 if both are at most 20, +1 if
                either is at most 30
    averages    +2 if close > SMA 20 > SMA 50, +1 if close > SMA 20 only; mirrored below
    volume      +1 from 1.5 times the mean on, -1 up to 0.7 times
    ==========  ================================================================================================

    The first row that holds counts, and nothing else is 0. So the sum lies between -9 and +9.

    Examples
    --------
    >>> mood = score({"rsi": 35.0, "macd": 0.2, "signal": 0.1, "k": 50.0, "d": 50.0, "close": 9.0, "sma_20": 8.0})
    >>> mood.score, mood.low, mood.high, mood.label
    (3, 3, 6, None)
    >>> dict(mood.parts)
    {'rsi': 1, 'macd': 2, 'stochastic': 0, 'averages': None, 'volume': None}
    """
    known = {name: _known(values.get(name)) for part in PARTS.values() for name in part.reads}
    parts: dict[str, int | None] = {}
    low = high = of = 0
    for name, part in PARTS.items():
        given = [known[read] for read in part.reads]
        points = _possible(part, given)
        low, high = low + min(points), high + max(points)
        whole = None not in given
        of += part.most * whole
        parts[name] = points[0] if whole else None
    counted = [points for points in parts.values() if points is not None]
    label = label_of(low) if label_of(low) == label_of(high) else None
    return Sentiment(sum(counted) if counted else None, low, high, of, label, parts)


def label_of(score: int) -> str:
    """Return the name of a sum of points.

    Examples
    --------
    >>> [label_of(score) for score in (5, 2, 1, 0, -1, -3, -9)]
    ['very bullish', 'bullish', 'slightly bullish', 'neutral', 'slightly bearish', 'bearish', 'very bearish']
    """
    label = next(label for least, label in LABELS if abs(score) >= least)
    return label if score >= 0 else label.replace("bullish", "bearish")


def _known(value: Value) -> Value:
    return None if value is None or math.isnan(value) else float(value)


def _possible(part: Part, given: Sequence[Value]) -> list[int]:
    """Return the points of a part for all that its missing values could be."""
    there = [value for value in given if value is not None]
    tried = part.levels or tuple(_orders(there, len(given) - len(there)))
    choices = [tried if value is None else (value,) for value in given]
    return [part.rule(*values) for values in product(*choices)]


def _orders(known: Sequence[float], missing: int) -> Iterator[float]:
    """Give the known values, and so many more below, between and above them as are missing."""
    steps = sorted(known) or [0.0]
    yield from steps
    for count in range(1, missing + 1):
        yield steps[0] - count
        yield steps[-1] + count
        yield from (low + (high - low) * count / (missing + 1) for low, high in pairwise(steps))
