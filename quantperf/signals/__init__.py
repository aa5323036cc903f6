"""Signals from rules that are data, and what came of them.

``qp.signals(bars)`` gives the records; the module itself is called, so that what belongs to signals is found beside
it: ``qp.signals.stream(...)``, ``qp.signals.Rule``, ``qp.signals.RULES``.
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
