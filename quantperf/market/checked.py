"""What a check of prices and a delivery of alerts give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from quantperf.database import moment_of
from quantperf.market.alarm_events import Alert, Ignored, Quote, Retraction

__all__ = ["Checked", "Delivered", "joined", "summary"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes
    ----------
    summaries : mapping of str to dict
        By symbol: current_price, prev_close, all_time_high, prev_high, prev_low, change_from_close and change_from_high
        (each amount and percent), timestamp. What is unknown is None.
    alerts : tuple of Alert
        Those raised now, in order.
    retractions : tuple of Retraction
        Those taken back now.
    ignored : tuple of Ignored
        What decided nothing, and why.
    errors : mapping of str to Exception
        Symbols without a quote, and the cause.
    """

    summaries: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()
    retractions: tuple[Retraction, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    errors: Mapping[str, Exception] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        """The summaries, a row a symbol; changes as change_from_close_amount and so on."""
        rows = []
        for symbol, told in self.summaries.items():
            flat: dict[str, Any] = {"symbol": symbol}
            for name, value in told.items():
                parts = {f"{name}_{part}": each for part, each in value.items()} if isinstance(value, dict) else None
                flat.update({name: value} if parts is None else parts)
            rows.append(flat)
        return pd.DataFrame(rows).set_index("symbol") if rows else pd.DataFrame(index=pd.Index([], name="symbol"))

    def __repr__(self) -> str:
        return f"Checked({len(self.summaries)} symbols, {len(self.alerts)} alerts, {len(self.errors)} errors)"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery did: ids that were sent, and the errors of those that were not, by id."""

    sent: tuple[str, ...]
    failed: Mapping[str, Exception]


def summary(quote: Quote) -> dict[str, Any]:
    """Return a quote beside its levels; what is unknown is None."""
    known = quote.price if np.isfinite(quote.price) and quote.price > 0 else None
    prices = {
        name: None if level is None else level.price
        for name, level in (
            ("prev_close", quote.levels.prev_close),
            ("all_time_high", quote.levels.all_time_high),
            ("prev_high", quote.levels.prev_high),
            ("prev_low", quote.levels.prev_low),
        )
    }
    return {
        "current_price": known,
        **prices,
        "change_from_close": _change(known, prices["prev_close"]),
        "change_from_high": _change(known, prices["all_time_high"]),
        "timestamp": moment_of(quote.at),
    }


def _change(price: float | None, base: float | None) -> dict[str, float | None]:
    if price is None or base is None:
        return {"amount": None, "percent": None}
    return {"amount": price - base, "percent": 100.0 * (price - base) / base}


def joined(parts: Sequence[Checked]) -> Checked:
    """Return what several batches found as one."""
    return Checked(
        {symbol: told for part in parts for symbol, told in part.summaries.items()},
        tuple(each for part in parts for each in part.alerts),
        tuple(each for part in parts for each in part.retractions),
        tuple(each for part in parts for each in part.ignored),
        {symbol: error for part in parts for symbol, error in part.errors.items()},
    )
