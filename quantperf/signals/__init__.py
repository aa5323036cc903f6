"""Signals from rules that are data, and what came of them.

``qp.signals(bars)`` gives the records; the module itself is called, so that what belongs to signals is found beside
it: ``qp.signals.stream(...)``, ``qp.signals.Rule``, ``qp.signals.RULES``.

**From a rule to a record.** A `Rule` is text over columns and the catalogue (`expression` reads it with Python's
parser and never runs it). `program` makes all rules one program: every distinct indicator and every distinct part of
a condition is computed once, by one kernel (`kernels/rules.py`) in blocks that stay in the cache, over a state that
moves on. Batch (`generator`) and live (`live`) run the same program, so their records agree in every bit. To add a
rule, add a row to `rules`; to change what a record holds, `records` and `listing`.

**Unknown.** A truth is 1, 0 or unknown, joined by Kleene's logic; a cross is unknown if one of its four values is.
Unknown never fires and is counted (``attrs["unknown"]``).

**When.** ``event_at`` is the close of the bar on which a condition became true, ``known_at`` the close of the bar
that confirmed it (`quantperf.market.moments`). `horizons`, `study` and `trades` act on the next bar, never before;
``qp.verify`` takes records and tries just that. Ids are hashes of symbol, type, timeframe and time.

**What came of them.** `horizons` (outcomes), `tallies` and `scores` (by type, against base rates), `study` (event
study), `trades` and `portfolio` (back-test). What was not calibrated at first, and why the design is as it is: one
circular shift of all events leaves too few placements for events that last, and a bare mean is not pivotal where
volatility clusters ("above MA200" gave p <= 5 % on 10 % of random walks); so blocks of returns are placed elsewhere,
all symbols together, and the statistic is studentised (`abnormal`, `significance`). ``python -m
benchmarks.false_discoveries`` repeats the proof.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from quantperf.market.bars import Panel
    from quantperf.signals.rule import Wanted

_HOMES = {
    "RULES": "rules",
    "AlertFilter": "alerting",
    "AlertSettings": "alerting",
    "Rule": "rule",
    "breakdown": "generator",
    "generate": "generator",
    "legacy_quality": "scores",
    "mark_sent": "alerting",
    "merge": "generator",
    "near_misses": "misses",
    "overview": "tallies",
    "quality": "scores",
    "stream": "live",
}

__all__ = [
    "RULES",
    "AlertFilter",
    "AlertSettings",
    "Rule",
    "breakdown",
    "generate",
    "legacy_quality",
    "mark_sent",
    "merge",
    "near_misses",
    "overview",
    "quality",
    "stream",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'quantperf.signals' has no attribute {name!r}")
    value = getattr(import_module(f"quantperf.signals.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *globals()})


class _Callable(ModuleType):
    """A module that is called: Python lets a module name its class."""

    def __call__(
        self, data: pd.DataFrame | Panel, rules: Wanted | Iterable[Wanted] | None = None, **options: Any
    ) -> pd.DataFrame:
        """Return the signals of bars; see `generate`."""
        found: pd.DataFrame = self.generate(data, rules, **options)
        return found


sys.modules[__name__].__class__ = _Callable
