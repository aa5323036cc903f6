"""Packages whose names are loaded when they are first used (PEP 562), so that importing one pays for nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["lazily"]


def lazily(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and ``__dir__`` of a package.

    Parameters
    ----------
    package : str
        Its name.
    homes : mapping of str to str
        The module of each public name.

    Examples
    --------
    >>> get, names = lazily("quantperf", {"sample": "quantperf.market.sample"})
    >>> get("sample").__name__, names()
    ('sample', ['sample'])
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)  # the next time it is found without asking here
        return value

    def names() -> list[str]:
        return sorted(homes)

    return get, names
