"""The history in which analogues are looked for: what is compared, and the closes that tell what followed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError, one_of
from quantperf.indicators import rim
from quantperf.market.bars import FIELDS, Panel
from quantperf.market.columns import columns_of
from quantperf.patterns.windows import BoolArray, FloatArray, series_of, transformed
from quantperf.signals.records import ONE_SYMBOL


@dataclass(frozen=True, slots=True)
class History:
    """The features (bars, features) and closes of each symbol, and those of the symbol of the query."""

    index: pd.Index[Any]
    symbols: tuple[str, ...]
    values: list[FloatArray]
    closes: list[FloatArray]
    symbol: str
    wanted: FloatArray
    own: FloatArray
    levels: BoolArray  # which features are levels, and which are moves or volumes

    def until(self, place: int) -> History:
        """Return the same without the bars after a place."""
        cut = slice(place + 1)
        values, closes = [each[cut] for each in self.values], [each[cut] for each in self.closes]
        return History(
            self.index[cut], self.symbols, values, closes, self.symbol, self.wanted[cut], self.own[cut], self.levels
        )


def history_of(
    data: Any, features: tuple[str, ...], symbol: str | None, symbols: Iterable[str] | None, transform: str | None
) -> History:
    """Return what is compared, of every symbol that is looked at.

    Raises
    ------
    ParameterError
        If a symbol is not in the panel, or named without one.
    DataError
        If there are no such columns, or a close is not above 0.
    """
    levels = np.array([name != "volume" and transform != "returns" for name in features])
    fields = tuple(dict.fromkeys((*features, "close")))
    if isinstance(data, Panel):
        own = _query_symbol(data, symbol)
        names = _known(data, data.symbols if symbols is None else symbols)
        lanes = {name: data.symbols.index(name) for name in (*names, own)}
        made = {
            name: _numbers({field: data.block(field)[:, lane] for field in fields}, features, transform)
            for name, lane in lanes.items()
        }
        values, closes = [made[name][0] for name in names], [made[name][1] for name in names]
        return History(data.index, names, values, closes, own, *made[own], levels)
    if symbol is not None or symbols is not None:
        raise ParameterError("symbol and symbols are for a Panel; leave them out")
    if rim.is_bars(data):
        columns, index = columns_of(data, fields), data.index
    elif features == ("close",):
        alone, index = series_of(data, "data")
        columns = {"close": alone}
    else:
        raise DataError(f"features other than close need bars, got {type(data).__name__}")
    compared, prices = _numbers(columns, features, transform)
    return History(index, (ONE_SYMBOL,), [compared], [prices], ONE_SYMBOL, compared, prices, levels)


def _numbers(
    fields: dict[str, FloatArray], features: tuple[str, ...], transform: str | None
) -> tuple[FloatArray, FloatArray]:
    """Return the compared features of one symbol (bars, features) and its closes, infinite values as missing."""
    finite = {name: np.where(np.isinf(values), np.nan, values) for name, values in fields.items()}
    _above_zero(finite["close"])
    columns = [finite[name] if name == "volume" else transformed(finite[name], transform) for name in features]
    return np.column_stack(columns), finite["close"]


def _above_zero(closes: FloatArray) -> None:
    if (closes <= 0.0).any():
        raise DataError(f"closes must be above 0, got {float(np.nanmin(closes))!r}; returns have no meaning there")


def features_of(features: Iterable[str]) -> tuple[str, ...]:
    """Return the names of fields, each once."""
    names = (features,) if isinstance(features, str) else tuple(features)
    for name in names:
        if name not in FIELDS:
            raise one_of("features", FIELDS, name)
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"features must be at least one field, each once, got {names!r}")
    return names


def _query_symbol(panel: Panel, symbol: str | None) -> str:
    if symbol is None and len(panel.symbols) == 1:
        return panel.symbols[0]
    if symbol is None or symbol not in panel:
        raise ParameterError(f"symbol must be one of the panel's {len(panel.symbols)}, got {symbol!r}")
    return symbol


def _known(panel: Panel, symbols: Iterable[str]) -> tuple[str, ...]:
    names = (symbols,) if isinstance(symbols, str) else tuple(symbols)
    unknown = [name for name in names if name not in panel]
    if unknown or not names:
        raise ParameterError(f"symbols must be some of the panel's {len(panel.symbols)}, got {unknown or names!r}")
    return names


def place_of(index: pd.Index[Any], at: Any) -> int:
    """Return the place of a label, by default the last one."""
    if at is None:
        return len(index) - 1
    try:
        found = index.get_loc(at)
    except (KeyError, TypeError, ValueError) as error:
        raise ParameterError(f"at must be a label of the index, got {at!r}") from error
    if not isinstance(found, int | np.integer):
        raise ParameterError(f"at must name one bar, got {at!r}, which names several")
    return int(found)
