"""What an analysis of one symbol found: values in the shape that a service answers with, and why one is missing."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from quantperf.analysis.sentiment import Sentiment

__all__ = ["Analysis"]

SHOWN = (
    ("RSI", ("rsi", "current")),
    ("MACD", ("macd", "macd")),
    ("signal", ("macd", "signal")),
    ("%K", ("stochastic", "k")),
    ("%D", ("stochastic", "d")),
    ("SMA 50", ("moving_averages", "sma_50")),
    ("SMA 200", ("moving_averages", "sma_200")),
    ("volume / mean", ("volume", "ratio")),
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """The comprehensive analysis of a symbol as of its last bar; read-only, and it compares by content.

    Attributes
    ----------
    symbol : str
        Its name; empty if none was told.
    timestamp : label
        The stamp of its last bar, as the index has it.
    known_at : Timestamp or number
        When that bar was complete, in UTC; its number where bars are numbered. It is also when all of this became true.
    current_price : float or None
        The close of the last bar.
    price_change_pct : float or None
        Its change from the close of the bar before, in percent.
    signals : mapping of str to mapping, or None
        By type, the signals that fired on the last bar: ``direction`` (+1, -1, 0), ``signal_strength`` (percent),
        ``indicator_value``. None if none were looked for; rules of which it is unknown are in `missing`.
    indicators : mapping
        ``moving_averages`` {``sma_5`` .. ``sma_300``, ``ema_9`` .. ``ema_50``, ``vwap``}, ``rsi`` {``current``,
        ``previous``}, ``macd`` {``macd``, ``signal``, ``histogram``}, ``bollinger`` {``upper``, ``middle``, ``lower``},
        ``stochastic`` {``k``, ``d``}, ``volume`` {``current``, ``sma_20``, ``ratio``}; None where missing.
    sentiment : Sentiment
        Points of five of them and their sum.
    settled : bool
        Whether the first bars no longer tell in any recursive average: by less than 1e-9 of its value.
    unsettled : tuple of str
        The indicators of which that is not so.
    convention : str
        Under which the indicators were computed.
    bars : int
        How many bars the symbol has.
    missing : mapping of str to str
        Why each value that is None is missing, by its path, such as ``"indicators.rsi.current"``.
    """

    symbol: str
    timestamp: Any
    known_at: Any
    current_price: float | None
    price_change_pct: float | None
    signals: Mapping[str, Mapping[str, Any]] | None
    indicators: Mapping[str, Mapping[str, float | None]]
    sentiment: Sentiment
    settled: bool
    unsettled: tuple[str, ...]
    convention: str
    bars: int
    missing: Mapping[str, str]

    def __post_init__(self) -> None:
        for name in ("signals", "indicators", "missing"):
            object.__setattr__(self, name, _frozen(getattr(self, name)))

    def __reduce__(self) -> tuple[type[Analysis], tuple[Any, ...]]:
        return Analysis, tuple(_plain(getattr(self, each.name)) for each in fields(self))

    def to_dict(self) -> dict[str, Any]:
        """Return values that JSON can hold: stamps as ISO 8601, missing numbers as None, and why in ``missing``."""
        record = {each.name: _plain(getattr(self, each.name)) for each in fields(self)}
        stamps = {name: _iso(record[name]) for name in ("timestamp", "known_at")}
        return {**record, **stamps, "sentiment": self.sentiment.to_dict(), "unsettled": list(self.unsettled)}

    def row(self) -> dict[str, Any]:
        """Return the key numbers under one level of names; None where missing."""
        return {
            "timestamp": self.timestamp,
            "known_at": self.known_at,
            "current_price": self.current_price,
            "price_change_pct": self.price_change_pct,
            "rsi": self.indicators["rsi"]["current"],
            **{name: self.indicators["macd"][name] for name in ("macd", "signal", "histogram")},
            **{f"bollinger_{name}": value for name, value in self.indicators["bollinger"].items()},
            **{f"stochastic_{name}": value for name, value in self.indicators["stochastic"].items()},
            **self.indicators["moving_averages"],
            "volume": self.indicators["volume"]["current"],
            "volume_ratio": self.indicators["volume"]["ratio"],
            "sentiment": self.sentiment.score,
            "label": self.sentiment.label,
            "signals": None if self.signals is None else ", ".join(self.signals),
            "settled": self.settled,
        }

    def __repr__(self) -> str:
        price = "no price" if self.current_price is None else f"{self.current_price:g}"
        mood = self.sentiment.label or f"{self.sentiment.low:+d} to {self.sentiment.high:+d}"
        fired = f", {', '.join(self.signals)}" if self.signals else ""
        name = f"{self.symbol} " if self.symbol else ""
        return f"Analysis({name}{self.timestamp}: {price}, {mood}{fired})"

    def _repr_html_(self) -> str:
        rows = [("price", self.current_price), ("change %", self.price_change_pct)]
        rows += [(name, self.indicators[group][value]) for name, (group, value) in SHOWN]
        cells = [(name, "" if value is None else f"{value:.6g}") for name, value in rows]
        mood = self.sentiment
        score = (
            f"{mood.label or 'unknown'} ({mood.low:+d})" if mood.low == mood.high else f"{mood.low:+d}..{mood.high:+d}"
        )
        cells += [
            ("sentiment", score),
            ("signals", "unknown" if self.signals is None else ", ".join(self.signals) or "none"),
        ]
        body = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>" for name, text in cells)
        head = f"{self.symbol} {self.timestamp}".strip()
        return f"<table><caption>{html.escape(head)}</caption>{body}</table>"


def _frozen(value: Any) -> Any:
    return (
        MappingProxyType({key: _frozen(held) for key, held in value.items()}) if isinstance(value, Mapping) else value
    )


def _plain(value: Any) -> Any:
    return {key: _plain(held) for key, held in value.items()} if isinstance(value, Mapping) else value


def _iso(stamp: Any) -> Any:
    if hasattr(stamp, "isoformat"):
        return stamp.isoformat()
    return stamp.item() if hasattr(stamp, "item") else stamp if isinstance(stamp, int | float) else str(stamp)
