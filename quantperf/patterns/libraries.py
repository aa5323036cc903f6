"""The libraries that motifs and clusters stand on, imported when they are first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from quantperf.errors import MissingLibrary

__all__ = ["library"]


def library(name: str) -> Any:
    """Return a module of stumpy or scikit-learn.

    Raises
    ------
    MissingLibrary
        If it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # it is installed, but something that it needs is not
        raise MissingLibrary(f'{package} must be installed, is not; pip install "quantperf[patterns]"') from error
