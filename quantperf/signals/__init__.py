"""Signals from rules that are data, and what came of them.

``qp.signals(bars)`` gives the records; the module itself is called, so that what belongs to signals is found beside
it: ``qp.signals.stream(...)``, ``qp.signals.Rule``, ``qp.signals.RULES``.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    """A module that is called: Python lets a module name its class."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.generate(*args, **options)


sys.modules[__name__].__class__ = _Callable
