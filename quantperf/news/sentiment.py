"""What a headline sounds like, by a small word list of our own: good or bad for a price, as a journalist words it.

Each known word has a weight from -1 to 1; a negation turns the next known word within three, at three quarters; words
of urgency ("breaking", "urgent") make the whole 1.3 times as strong, words of finance ("earnings", "Fed") 1.2 times.
The sum s becomes s / sqrt(s^2 + 2), within (-1, 1). A text without a known word has no score: it is unknown, never 0.

It is a list of words: it knows neither irony nor what was expected. Its label is a feature to be tested against prices,
as any other signal, not a forecast.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from quantperf.errors import ParameterError

__all__ = ["WEIGHTS", "Sentiment", "sentiment_of"]

LABEL_AT = 0.05
SENSITIVE_AT = 0.5
URGENT, FINANCIAL = 1.3, 1.2
SPREAD = 2.0  # with it one strong word ("bankruptcy") alone gives 0.58
TURNED, REACH = -0.75, 3

WEIGHTS: Mapping[str, float] = MappingProxyType({
    **dict.fromkeys(("soar", "soars", "soared", "surge", "surges", "surged", "skyrockets", "boom", "booms"), 0.9),
    **dict.fromkeys(("jump", "jumps", "jumped", "rally", "rallies", "rallied", "breakthrough", "outperform"), 0.7),
    **dict.fromkeys(("beat", "beats", "upgrade", "upgrades", "upgraded", "record", "strong", "bullish"), 0.6),
    **dict.fromkeys(("rise", "rises", "rose", "gain", "gains", "gained", "climbs", "climbed", "growth", "profit"), 0.5),
    **dict.fromkeys(("raises", "approval", "approved", "wins", "rebound", "rebounds", "recovers", "recovery"), 0.5),
    **dict.fromkeys(("higher", "positive", "optimism", "improves", "improved", "tops", "exceeds", "expands"), 0.4),
    **dict.fromkeys(("lower", "negative", "concern", "concerns", "uncertainty", "delay", "delays", "slips"), -0.4),
    **dict.fromkeys(("fall", "falls", "fell", "drop", "drops", "dropped", "declines", "declined", "losses"), -0.5),
    **dict.fromkeys(("cuts", "weak", "weaker", "slides", "slid", "sinks", "sank", "probe", "lawsuit", "layoffs"), -0.6),
    **dict.fromkeys(("miss", "misses", "missed", "downgrade", "downgrades", "downgraded", "bearish", "fears"), -0.6),
    **dict.fromkeys(("tumble", "tumbles", "tumbled", "slump", "slumps", "recession", "default", "recall"), -0.8),
    **dict.fromkeys(("plunge", "plunges", "plunged", "crash", "crashes", "crashed", "collapse", "collapses"), -0.9),
    **dict.fromkeys(("bankruptcy", "bankrupt", "fraud"), -1.0),
})  # fmt: skip
_NEGATIONS = frozenset(
    {"no", "not", "never", "without", "fail", "fails", "failed", "cannot", "isn't", "doesn't", "won't"}
)
_URGENCY = frozenset({"breaking", "urgent", "alert", "emergency", "immediately", "halted", "halt", "flash"})
_FINANCE = frozenset({
    "earnings", "revenue", "guidance", "dividend", "fed", "fomc", "inflation", "rates", "cpi", "gdp", "tariffs", "sec",
    "merger", "acquisition", "ipo", "buyback", "shares", "stock", "stocks", "bond", "bonds", "yields", "treasury",
})  # fmt: skip
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Sentiment:
    """What a text sounds like.

    Attributes
    ----------
    score : float
        From -1 to 1; NaN where no word is known.
    label : {"positive", "neutral", "negative", "unknown"}
        Neutral within 0.05 of 0.
    sensitive : bool or None
        Whether the score is above 0.5 in magnitude, which is how news that move markets are worded; None where unknown.
    words : tuple of str
        The known words that it rests on.
    """

    score: float
    label: Literal["positive", "neutral", "negative", "unknown"]
    sensitive: bool | None
    words: tuple[str, ...]


def sentiment_of(text: str) -> Sentiment:
    """Return what a text sounds like.

    Parameters
    ----------
    text : str
        A headline, or a headline with its summary; in English.

    Raises
    ------
    ParameterError
        If `text` is no text.

    Examples
    --------
    >>> one = sentiment_of("Breaking: shares plunge as earnings miss")
    >>> one.label, round(one.score, 2), one.sensitive, one.words
    ('negative', -0.86, True, ('plunge', 'miss'))
    >>> sentiment_of("Apple to hold its annual meeting").label
    'unknown'
    """
    if not isinstance(text, str):
        raise ParameterError(f"text must be a str, got {text!r}")
    words = _WORD.findall(text.lower().replace("’", "'"))
    total, known, turned = 0.0, [], 0
    for word in words:
        weight = WEIGHTS.get(word)
        if weight is not None:
            total += weight * (TURNED if turned else 1.0)
            known.append(word)
            turned = 0
        else:
            turned = REACH if word in _NEGATIONS else max(turned - 1, 0)
    if not known:
        return Sentiment(math.nan, "unknown", None, ())
    held = set(words)
    total *= (URGENT if held & _URGENCY else 1.0) * (FINANCIAL if held & _FINANCE else 1.0)
    score = total / math.sqrt(total * total + SPREAD)
    label: Literal["positive", "neutral", "negative"] = "neutral"
    if abs(score) >= LABEL_AT:
        label = "positive" if score > 0 else "negative"
    return Sentiment(score, label, abs(score) > SENSITIVE_AT, tuple(known))
