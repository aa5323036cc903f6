"""The analyses of many symbols: results by symbol, and beside them the errors, the plan and the timings."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

from quantperf.analysis.planner import Plan
from quantperf.analysis.result import Analysis

__all__ = ["Analyses", "Failure", "Timings"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no analysis of a symbol.

    Attributes
    ----------
    symbol : str
    error : BaseException
        The last one, as it was raised.
    attempts : int
        How often its bars were asked for.
    """

    symbol: str
    error: BaseException
    attempts: int

    @property
    def type(self) -> str:
        """The name of the error's class."""
        return type(self.error).__name__

    @property
    def message(self) -> str:
        """What the error says."""
        return str(self.error) or self.type

    def to_dict(self) -> dict[str, Any]:
        """Return values that JSON can hold."""
        return {"symbol": self.symbol, "type": self.type, "message": self.message, "attempts": self.attempts}

    def __str__(self) -> str:
        times = f"{self.attempts} attempt{'s' * (self.attempts != 1)}"
        return f"{self.symbol}: {self.type} after {times}: {self.message}"


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time went.

    Attributes
    ----------
    wall : float
        Seconds from the call to the last result.
    cpu : float
        Seconds of CPU that this process used meanwhile, all threads together.
    waiting : float
        Seconds that requests and the pauses between them took, summed over symbols; they overlap.
    spent : mapping of str to mapping
        By symbol, seconds: ``fetch`` (its requests), ``pause`` (between them), ``compute`` (its share of its round);
        and ``attempts``.
    """

    wall: float
    cpu: float
    waiting: float
    spent: Mapping[str, Mapping[str, float]]

    @property
    def symbols(self) -> pd.DataFrame:
        """What each symbol took, a row a symbol."""
        index = pd.Index(list(self.spent), name="symbol", dtype="str")
        table = pd.DataFrame(list(self.spent.values()), columns=["fetch", "pause", "compute", "attempts"], index=index)
        return table.astype({"fetch": float, "pause": float, "compute": float, "attempts": int})

    def __str__(self) -> str:
        return f"{self.wall:.3f} s, of CPU {self.cpu:.3f} s; requests took {self.waiting:.3f} s, many at once"


class Analyses(Mapping[str, Analysis]):
    """The analyses of the symbols that could be analysed, in the order in which they were asked for.

    Attributes
    ----------
    asked : tuple of str
        All symbols, each once.
    errors : mapping of str to Failure
        Those of which there is no analysis, and why.
    plan : Plan
        How they were computed, and why so.
    timings : Timings
        Where the time went.
    made_at : datetime
        When the last one was done, in UTC.
    """

    def __init__(
        self,
        asked: Sequence[str],
        found: Mapping[str, Analysis | Failure],
        plan: Plan,
        timings: Timings,
        made_at: dt.datetime,
    ) -> None:
        self.asked = tuple(asked)
        self._found = {name: item for name in asked if isinstance(item := found[name], Analysis)}
        self.errors: Mapping[str, Failure] = MappingProxyType(
            {name: item for name in asked if isinstance(item := found[name], Failure)}
        )
        self.plan = plan
        self.timings = timings
        self.made_at = made_at

    @property
    def frame(self) -> pd.DataFrame:
        """The key numbers, a row a symbol; NaN where missing."""
        rows = {symbol: analysis.row() for symbol, analysis in self._found.items()}
        frame = pd.DataFrame.from_dict(rows, orient="index")
        frame.index = pd.Index(list(rows), name="symbol", dtype="str")
        if "sentiment" in frame:
            frame["sentiment"] = frame["sentiment"].astype("Int64")
            words = ("timestamp", "known_at", "sentiment", "label", "signals", "settled")
            frame = frame.astype({name: "float64" for name in frame if name not in words})
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return values that JSON can hold: ``results``, ``errors``, and how many were asked for and analysed."""
        return {
            "timestamp": self.made_at.isoformat(),
            "requested_symbols": len(self.asked),
            "analyzed_symbols": len(self._found),
            "results": {symbol: analysis.to_dict() for symbol, analysis in self._found.items()},
            "errors": {symbol: failure.to_dict() for symbol, failure in self.errors.items()},
        }

    def __getitem__(self, symbol: str) -> Analysis:
        if symbol in self.errors:
            raise KeyError(f"no analysis of {self.errors[symbol]}")
        return self._found[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return f"Analyses({self._headline()})"

    def _headline(self) -> str:
        count = len(self.asked)
        failed = f", {len(self.errors)} failed" if self.errors else ""
        return f"{len(self)} of {count} symbol{'s' * (count != 1)}{failed}, {self.timings.wall:.2f} s"

    def _repr_html_(self) -> str:
        shown = ["timestamp", "current_price", "price_change_pct", "rsi", "sentiment", "label", "signals"]
        frame = self.frame
        table = frame[shown].to_html(na_rep="", float_format="{:.2f}".format) if len(frame) else ""
        lines = "".join(f"<li>{html.escape(str(failure))}</li>" for failure in self.errors.values())
        errors = f"<ul>{lines}</ul>" if lines else ""
        note = f"{self.timings}. {self.plan.how}: {self.plan.why}."
        return f"<p>{html.escape(self._headline())}</p>{table}{errors}<p>{html.escape(note)}</p>"
