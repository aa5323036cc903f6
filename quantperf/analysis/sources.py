"""Where bars come from, and which symbols of it are asked for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pandas as pd

from quantperf.errors import DataError, ParameterError, did_you_mean
from quantperf.market.bars import Panel
from quantperf.market.sample import sample

__all__ = ["Source", "asked_of", "is_coroutine_function", "length_of", "refuse_unknown"]

Source: TypeAlias = Panel | Mapping[str, pd.DataFrame] | Callable[[str], Any] | None


def asked_of(symbols: Any, source: Source) -> tuple[tuple[str, ...], Source]:
    """Return each symbol once, in order, and the source."""
    if isinstance(symbols, Panel | Mapping):
        if source is not None:
            raise ParameterError("symbols hold bars already, got a source too; name the symbols, or leave source out")
        symbols, source = None, symbols
    source = sample() if source is None else source
    if not isinstance(source, Panel | Mapping) and not callable(source):
        raise ParameterError(
            f"source must be a Panel, a mapping from symbol to bars, or a function of a symbol, got {source!r}"
        )
    if symbols is None:
        if not isinstance(source, Panel | Mapping):
            raise ParameterError("symbols must be told for a source that is a function, got none")
        symbols = source.symbols if isinstance(source, Panel) else source
    names = (symbols,) if isinstance(symbols, str) else tuple(symbols)
    for name in names:
        if not isinstance(name, str) or not name:
            raise ParameterError(f"symbols must be str that are not empty, got {name!r}")
    return tuple(dict.fromkeys(names)), source


def refuse_unknown(symbol: str, source: Panel | Mapping[str, pd.DataFrame]) -> None:
    """Raise a DataError that names what there is, if the symbol is not among it."""
    if symbol in source:
        return
    names = source.symbols if isinstance(source, Panel) else tuple(source)
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    raise DataError(f"unknown symbol {symbol!r}{did_you_mean(symbol, names) or f'; the source holds {shown}'}")


def is_coroutine_function(source: Any) -> bool:
    """Return whether calling it gives an awaitable: a coroutine function, or an object whose call is one."""
    return inspect.iscoroutinefunction(source) or inspect.iscoroutinefunction(source.__call__)


def length_of(bars: Any) -> int:
    """Return how many bars there are, of whatever a source has answered with."""
    return len(bars) if isinstance(bars, Panel | pd.DataFrame) else 0
