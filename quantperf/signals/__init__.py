"""Signals from rules that are data, and what came of them.

``qp.signals(bars)`` gives the records; the module itself is called, so that what belongs to signals is found beside
it: ``qp.signals.stream(...)``, ``qp.signals.Rule``, ``qp.signals.RULES``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_HOMES = {
    "RULES": "rules",
    "Rule": "rule",
    "breakdown": "generator",
    "generate": "generator",
    "merge": "generator",
    "near_misses": "misses",
    "stream": "live",
}

__all__ = ["RULES", "Rule", "breakdown", "generate", "merge", "near_misses", "stream"]


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

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.generate(*args, **options)


sys.modules[__name__].__class__ = _Callable
