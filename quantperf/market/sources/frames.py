"""Frames as a source: long, wide, a MultiIndex on either side, one frame a symbol, or a panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from quantperf.errors import DataError, Malformed, NotFound, SourceError, did_you_mean
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS
from quantperf.market.history import Action, Bars, Parsed, Query, interval_of
from quantperf.market.sources.protocol import Basis, actions_inside, inside

__all__ = ["Frames", "frame_of", "frames_of"]

TIMES = ("time", "date", "datetime", "timestamp")
SYMBOLS = ("symbol", "ticker")
SHOWN = 6


class Frames:
    """Bars that are in memory.

    Parameters
    ----------
    data : DataFrame, Panel, or mapping of str to DataFrame
        A long frame with a column, or a level of its index, called symbol or ticker; a wide one whose columns have two
        levels, fields and symbols in either order; one frame a symbol; or a panel. Columns are found in any case.
    interval : str, default "1d"
        Length of a bar.
    basis : {"raw", "splits", "total"}, default "raw"
        What prices are adjusted for.
    decimals : int, default 4
        Decimals to which prices are told.
    actions : mapping of str to sequence of Action, optional
        Splits and dividends by symbol.
    name : str, default "frames"
        As it is called in messages and in the ledger.

    Raises
    ------
    DataError
        If symbols cannot be told.

    Examples
    --------
    >>> from quantperf.market.sample import sample
    >>> source = Frames({"FB": sample("FB")})
    >>> source.symbols
    ('FB',)
    """

    caps = frozenset({"history", "actions"})

    def __init__(
        self,
        data: Any,
        *,
        interval: str = "1d",
        basis: Basis = "raw",
        decimals: int = 4,
        actions: Mapping[str, tuple[Action, ...]] | None = None,
        name: str = "frames",
    ) -> None:
        self.name, self.basis, self.decimals = name, basis, decimals
        self._interval = interval_of(interval).name
        self._actions = dict(actions or {})
        self._frames = frames_of(data)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the symbols, in the order of the data."""
        return tuple(self._frames)

    def read(self, query: Query) -> Parsed:
        """Return the bars of a query.

        Raises
        ------
        NotFound
            If there is no such symbol.
        SourceError
            If the bars are of another length.
        Malformed
            If they cannot be read as bars.
        """
        if query.symbol not in self._frames:
            raise NotFound(f"{self.name} has no {query.symbol!r}{did_you_mean(query.symbol, self._frames)}")
        refuse_other_length(self.name, self._interval, query)
        try:
            frame = frame_of(self._frames[query.symbol], query.symbol)
            # A bar that a panel or a wide frame does not have is a row of NaN.
            frame = frame[frame.notna().any(axis=1)]
            bars = Bars.from_frame(frame, query.interval)
        except DataError as error:
            raise Malformed(f"{self.name}: {query.symbol}: {error}") from error
        bars, outside = inside(bars, query)
        actions = actions_inside(self._actions.get(query.symbol, ()), query)
        return Parsed(bars, self.basis, self.decimals, actions, repairs={"outside_query": outside} if outside else {})


def refuse_other_length(name: str, held: str, query: Query) -> None:
    """Raise where bars of another length are asked for."""
    if query.interval != held:
        raise SourceError(f"{name} has bars of {held}, asked was {query.interval}; resample them with qp.resample")


def frames_of(data: Any) -> dict[str, pd.DataFrame]:
    """Return one frame a symbol; see `Frames`.

    Examples
    --------
    >>> wide = pd.DataFrame([[1.0, 2.0]], columns=pd.MultiIndex.from_product([["Close"], ["IBM", "FB"]]))
    >>> sorted(frames_of(wide))
    ['FB', 'IBM']
    """
    if isinstance(data, Panel):
        return {symbol: data.frame(symbol) for symbol in data.symbols}
    if isinstance(data, Mapping):
        # A shallow copy: what the caller does to the frame later is done to a copy of its own.
        return {str(symbol): _frame(frame, symbol).copy(deep=False) for symbol, frame in data.items()}
    if not isinstance(data, pd.DataFrame):
        raise DataError(f"data must be a DataFrame, a Panel or a mapping of frames, got {type(data).__name__}")
    if data.columns.nlevels == 2:
        level = _level_of_symbols(data.columns)
        names = data.columns.get_level_values(level).unique()
        return {str(name): pd.DataFrame(data.xs(name, axis=1, level=level)) for name in names}
    level_name = next((name for name in data.index.names if str(name).lower() in SYMBOLS), None)
    if level_name is not None and data.index.nlevels == 2:
        return {str(name): part.droplevel(level_name) for name, part in data.groupby(level=level_name, sort=False)}
    column = next((label for label in data.columns if str(label).lower() in SYMBOLS), None)
    if column is None:
        raise DataError(
            "data must name its symbols: by a column or a level of the index called symbol or ticker, or by columns of "
            "two levels; give one frame as {'IBM': df}"
        )
    if data[column].isna().any():
        raise DataError(f"column {column!r} must name a symbol in each row, {int(data[column].isna().sum())} do not")
    return {str(name): part.drop(columns=column) for name, part in data.groupby(column, sort=False)}


def _frame(data: Any, symbol: Any) -> pd.DataFrame:
    if not isinstance(data, pd.DataFrame):
        raise DataError(f"{symbol}: bars must be a DataFrame, got {type(data).__name__}")
    return data


def frame_of(frame: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """Return an OHLCV frame over its stamps, of one that may hold others or lack volume.

    Examples
    --------
    >>> odd = pd.DataFrame({"Date": ["2024-01-02"], "Close": [2.0], "High": [3.0], "Low": [1.0], "Open": [2.0]})
    >>> frame_of(odd.assign(Date=pd.to_datetime(odd["Date"])), "IBM").columns.tolist()
    ['open', 'high', 'low', 'close', 'volume']
    """
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"bars must be a DataFrame, got {type(frame).__name__}")
    if frame.columns.nlevels == 2:
        level = _level_of_symbols(frame.columns)
        if symbol not in frame.columns.get_level_values(level):
            raise DataError(f"columns of two levels must hold {symbol!r}, got {list(frame.columns[:SHOWN])}")
        frame = pd.DataFrame(frame.xs(symbol, axis=1, level=level))
    if frame.index.nlevels > 1:
        raise DataError(f"index must have one level, got {frame.index.nlevels}")
    if not isinstance(frame.index, pd.DatetimeIndex):
        times = [label for label in frame.columns if str(label).lower() in TIMES]
        if len(times) != 1:
            raise DataError(f"stamps must be the index or one column of {', '.join(TIMES)}, got {times or 'none'}")
        frame = frame.set_index(times[0])
    labels = {name: _label(frame, name) for name in FIELDS}
    missing = [name for name, label in labels.items() if label is None and name != "volume"]
    if missing:
        raise DataError(f"columns {', '.join(missing)} are missing beside {list(frame.columns[:SHOWN])}")
    columns: dict[str, Any] = {name: frame[label] for name, label in labels.items() if label is not None}
    # Not told is missing, not 0.
    return pd.DataFrame({name: columns.get(name, float("nan")) for name in FIELDS}, index=frame.index)


def _label(frame: pd.DataFrame, name: str) -> Any:
    """Return the label of a column, in any case."""
    found = [label for label in frame.columns if str(label).lower() == name]
    if len(found) > 1:
        raise DataError(f"{name} must be one column, got {found}")
    return found[0] if found else None


def _level_of_symbols(columns: pd.Index[Any]) -> int:
    """Return which of two levels is not that of the fields."""
    for level in (0, 1):
        fields = {str(label).lower() for label in columns.get_level_values(level)}
        if {"close"} <= fields and fields <= {*FIELDS, "adj close", "adj_close", "dividends", "stock splits", "price"}:
            return 1 - level
    raise DataError(f"columns of two levels must have fields in one of them, got {list(columns[:SHOWN])}")
