"""What is verified: a function, the data it was given as columns that can be cut and bent, and its outputs as lines."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError
from quantperf.indicators import Indicator, rim
from quantperf.kernels.candles import UNKNOWN
from quantperf.market.bars import FIELDS, Panel
from quantperf.market.columns import to_float64
from quantperf.verification.differences import Line

Values = npt.NDArray[np.float64]
CONSTANTS = (str, bytes, bool, int, float, type(None), np.generic, Mapping)


@dataclass(frozen=True, slots=True)
class Source:
    """One block of input numbers: a series (bars,), or a table (bars, lanes) of which each lane is a column."""

    name: str
    lanes: tuple[str, ...] | None = None


class Subject:
    """A function with its data: `values` holds the numbers of its inputs, and `run` calls it with others in place.

    Parameters
    ----------
    function : callable
        Takes inputs as they were given, one value a bar.
    inputs : tuple
        Series, arrays, lists, frames, a Panel; strings and plain numbers are handed on as they are.
    bars : int
        How many of the last bars are used.
    """

    def __init__(self, function: Callable[..., Any], inputs: tuple[Any, ...], bars: int) -> None:
        self.function = function
        self.name = name_of(function)
        names = _parameters(function)
        self.sources: list[Source] = []
        self.values: list[Values] = []
        self._makers: list[Callable[[list[Values], Callable[[Values], Any]], Any]] = []
        self._index: pd.Index[Any] | None = None
        self._left_out: int | None = None
        self.castable = False  # whether some data can lie in other ways and types than they do
        self.series = True  # whether all data are single series, in containers that can be changed for others
        self._data: list[int] = []  # which inputs are data
        for place, item in enumerate(inputs):
            before = len(self.values)
            self.castable |= isinstance(item, pd.DataFrame | pd.Series | np.ndarray | list | tuple)
            self._take(item, names[place] if place < len(names) else f"input {place}", bars)
            if len(self.values) > before:
                self._data.append(place)
        lengths = {len(values) for values in self.values}
        if not lengths:
            raise DataError("inputs must hold at least one series, table, frame or Panel, got none; pass the data too")
        if len(lengths) > 1:
            raise DataError(f"inputs must be of one length, got {sorted(lengths)}")
        self.bars = lengths.pop()
        if self.bars < 20:
            raise DataError(f"inputs must hold at least 20 bars for probes to show anything, got {self.bars}")

    @property
    def given(self) -> int:
        """How many of the inputs are data."""
        return len(self._data)

    @property
    def columns(self) -> list[tuple[int, int | None, str]]:
        """Each column that can be bent alone: its source, its lane there, and its name."""
        found: list[tuple[int, int | None, str]] = []
        for i, source in enumerate(self.sources):
            if source.lanes is None:
                found.append((i, None, source.name))
            else:
                found += [(i, lane, label) for lane, label in enumerate(source.lanes)]
        return found

    def _take(self, item: Any, name: str, bars: int) -> None:
        if isinstance(item, Panel):
            self._take_panel(item, bars)
        elif isinstance(item, pd.DataFrame):
            self._take_frame(item.iloc[-bars:], name)
        elif isinstance(item, pd.Series):
            part, at = item.iloc[-bars:], len(self.values)
            label = str(item.name) if isinstance(item.name, str) else name
            self._add(Source(label), to_float64(part, label), part.index)
            self._makers.append(
                lambda values, cast: pd.Series(
                    cast(values[at]), index=self._labels(part.index, len(values[at])), name=part.name
                )
            )
        elif isinstance(item, np.ndarray | list | tuple):
            array, at = np.asarray(item), len(self.values)
            if array.ndim not in (1, 2) or array.dtype.kind not in "fiub":
                raise DataError(f"{name} must be numbers (bars,) or (bars, symbols), got {array.dtype} {array.shape}")
            lanes = None if array.ndim == 1 else tuple(f"{name}[:, {lane}]" for lane in range(array.shape[1]))
            self.series &= array.ndim == 1
            self._add(Source(name, lanes), array[-bars:].astype(np.float64), None)
            kind = type(item) if isinstance(item, list | tuple) else None
            self._makers.append(
                lambda values, cast: cast(values[at]) if kind is None else kind(cast(values[at]).tolist())
            )
        elif isinstance(item, CONSTANTS) or callable(item):
            self._makers.append(lambda values, cast: item)
        else:
            raise DataError(
                f"{name} must be a Series, DataFrame, Panel, array or list, or a plain parameter, got "
                f"{type(item).__module__}.{type(item).__name__}; convert it first, for instance to a Series"
            )

    def _take_panel(self, panel: Panel, bars: int) -> None:
        at, index = len(self.values), panel.index[-bars:]
        self.series = False
        for field in FIELDS:
            lanes = tuple(f"{field} of {symbol}" for symbol in panel.symbols)
            self._add(Source(field, lanes), np.array(panel.block(field)[-bars:]), index)

        def make(values: list[Values], cast: Callable[[Values], Any]) -> Panel:
            block = np.ascontiguousarray(np.stack(values[at : at + len(FIELDS)]))
            symbols = panel.symbols[: block.shape[2]]
            return Panel(block, self._labels(index, block.shape[1]), symbols)

        self._makers.append(make)

    def _take_frame(self, frame: pd.DataFrame, name: str) -> None:
        numeric = [i for i, dtype in enumerate(frame.dtypes) if pd.api.types.is_numeric_dtype(dtype)]
        if not numeric:
            raise DataError(f"{name} must hold at least one column of numbers, got {list(frame.columns)}")
        numbers = [to_float64(frame.iloc[:, i], str(frame.columns[i])) for i in numeric]
        at, by_column = len(self.values), rim.is_bars(frame)
        self.series = False
        if by_column:
            for i, values in zip(numeric, numbers, strict=True):
                self._add(Source(str(frame.columns[i])), values, frame.index)
        else:
            lanes = tuple(str(frame.columns[i]) for i in numeric)
            self._add(Source(name, lanes), np.column_stack(numbers), frame.index)

        def make(values: list[Values], cast: Callable[[Values], Any]) -> pd.DataFrame:
            part = values[at : at + len(numeric)] if by_column else list(values[at].T)
            bars = len(values[at])
            if not by_column and len(part) < len(numeric):  # some symbols alone
                labels = frame.columns[numeric[: len(part)]]
                return pd.DataFrame(cast(values[at]), index=self._labels(frame.index, bars), columns=labels)
            if not by_column and len(numeric) == frame.shape[1]:
                return pd.DataFrame(cast(values[at]), index=self._labels(frame.index, bars), columns=frame.columns)
            columns = [frame.iloc[self._rows(bars), i].to_numpy() for i in range(frame.shape[1])]
            for i, numbers in zip(numeric, part, strict=True):
                columns[i] = cast(numbers)
            made = pd.DataFrame(dict(enumerate(columns)), index=self._labels(frame.index, bars))
            made.columns = frame.columns
            return made

        self._makers.append(make)

    def _add(self, source: Source, values: Values, index: pd.Index[Any] | None) -> None:
        self.sources.append(source)
        self.values.append(np.ascontiguousarray(values))
        if index is not None:
            if not index.is_unique:
                raise DataError(f"{source.name} must have unique stamps; drop them with df[~df.index.duplicated()]")
            if self._index is None:
                self._index = index

    def _rows(self, bars: int) -> npt.NDArray[np.int64]:
        """Return which rows of what was given are in use: the first ones, without the one that is left out."""
        rows = np.arange(bars + (self._left_out is not None))
        return rows if self._left_out is None else np.delete(rows, self._left_out)

    def _labels(self, index: pd.Index[Any], bars: int) -> pd.Index[Any]:
        return index if bars == len(index) else index[self._rows(bars)] if self._left_out is not None else index[:bars]

    # --------------------------------------------------------------------------------------------------- calling

    def inputs(
        self, values: Sequence[Values] | None = None, cast: Callable[[Values], Any] = np.copy
    ) -> tuple[Any, ...]:
        """Return the function's inputs with these numbers in them, as the kinds of things that were given."""
        chosen = self.values if values is None else list(values)
        return tuple(make(chosen, cast) for make in self._makers)

    def answer(self, values: Sequence[Values] | None = None, cast: Callable[[Values], Any] = np.copy) -> Any:
        """Return what the function gives for these numbers, as it is."""
        return self.function(*self.inputs(values, cast))

    def index(self, bars: int) -> pd.Index[Any]:
        """Return the stamps of the first bars; their numbers where the inputs have none."""
        return pd.RangeIndex(bars) if self._index is None else self._index[:bars]

    def run(self, values: Sequence[Values] | None = None, cast: Callable[[Values], Any] = np.copy) -> list[Line]:
        """Return the lines that the function gives for these numbers."""
        chosen = self.values if values is None else values
        return self.lines(self.answer(chosen, cast), len(chosen[0]))

    def plain(self, kind: Callable[[Values], Any]) -> list[Line]:
        """Return the lines of single series that are handed over as another kind of container."""
        made = iter(self.values)
        inputs = [kind(next(made)) if place in self._data else item for place, item in enumerate(self.inputs())]
        before, self._index = self._index, None
        try:
            return self.lines(self.function(*inputs), self.bars)
        finally:
            self._index = before

    def without(self, values: Sequence[Values], bar: int) -> list[Line]:
        """Return the lines of the data without a bar, with an empty bar in its place."""
        self._left_out = bar
        try:
            lines = self.run([np.delete(column, bar, axis=0) for column in values])
        finally:
            self._left_out = None
        return [Line(line.name, np.insert(line.values, bar, np.nan, axis=0), line.signal) for line in lines]

    def lines(self, result: Any, bars: int) -> list[Line]:
        """Return what the function gave as lines of so many bars."""
        named = _named(result)
        found: list[Line] = []
        for name, item in named:
            found += self._line(name or self.name, item, bars)
        if not found:
            raise DataError(f"{self.name} must return at least one output, got {result!r}")
        return found

    def _line(self, name: str, item: Any, bars: int) -> list[Line]:
        if isinstance(item, pd.DataFrame):
            item = self._aligned(item, bars)
            lanes = next((source.lanes for source in self.sources if source.lanes is not None), None)
            if lanes is None or item.shape[1] != len(lanes):
                return [
                    Line(str(label), *_numbers(item.iloc[:, i].array, str(label)))
                    for i, label in enumerate(item.columns)
                ]
            columns = [_numbers(item.iloc[:, i].array, name) for i in range(item.shape[1])]
            return [
                Line(name, np.column_stack([values for values, _ in columns]), any(signal for _, signal in columns))
            ]
        if isinstance(item, pd.Series):
            return [Line(name, *_numbers(self._aligned(item, bars).array, name))]
        if np.ndim(item) not in (1, 2) or len(item) != bars:
            what = f"{len(item)} values" if np.ndim(item) else repr(item)[:60]
            raise DataError(
                f"{self.name} must return one value a bar ({bars}), as a Series, DataFrame or array, or a tuple or "
                f"dict of them; got {what} for {name}"
            )
        return [Line(name, *_numbers(item, name))]

    def _aligned(self, item: Any, bars: int) -> Any:
        """Return a pandas output on the bars that went in; what it says of other stamps is left out."""
        if self._index is None:
            return item if len(item) == bars else item.reindex(range(bars))
        index = self._labels(self._index, bars)
        return item if item.index is index or item.index.equals(index) else item.reindex(index)


def name_of(function: Any) -> str:
    """Return what a function is called."""
    if isinstance(function, functools.partial):
        return name_of(function.func)
    return str(getattr(function, "__name__", type(function).__name__))


def indicator_of(function: Any) -> tuple[Indicator | None, dict[str, Any]]:
    """Return the indicator that a function is, and the parameters that a partial gives it; None if it is none."""
    if isinstance(function, functools.partial) and not function.args:
        entry, params = indicator_of(function.func)
        return entry, {**params, **function.keywords}
    return (function, {}) if isinstance(function, Indicator) else (None, {})


def _parameters(function: Any) -> list[str]:
    try:
        return [
            name
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):  # some functions written in C
        return []


def _named(result: Any) -> list[tuple[str, Any]]:
    if isinstance(result, Mapping):
        return [(str(name), item) for name, item in result.items()]
    if isinstance(result, tuple):
        names = getattr(result, "_fields", [f"output {i}" for i in range(len(result))])
        return list(zip(names, result, strict=True))
    return [("", result)]


def _numbers(item: Any, name: str) -> tuple[Values, bool]:
    """Return an output as float64 with NaN where it says nothing, and whether its values are answers, not amounts."""
    array = np.asarray(item) if isinstance(getattr(item, "dtype", None), np.dtype | None) else item
    if not isinstance(array, np.ndarray):  # of pandas, with its own missing value
        numbers = pd.Series(array)
        if not (pd.api.types.is_numeric_dtype(numbers) or pd.api.types.is_bool_dtype(numbers)):
            raise DataError(f"{name} must be numbers or answers (True, False), got {numbers.dtype}")
        return numbers.to_numpy(dtype=np.float64, na_value=np.nan), not pd.api.types.is_float_dtype(numbers)
    if array.dtype == object:
        filled = [np.nan if value is None or value is pd.NA else value for value in array.ravel()]
        if not all(isinstance(value, bool | int | float | np.generic) for value in filled):
            raise DataError(f"{name} must be numbers or answers (True, False), got objects")
        signal = any(isinstance(value, bool | np.bool_) for value in filled)
        return np.array(filled, dtype=np.float64).reshape(array.shape), signal
    if array.dtype.kind not in "fiub":
        raise DataError(f"{name} must be numbers or answers (True, False), got {array.dtype}")
    values = array.astype(np.float64)
    if array.dtype == np.int8:
        values[array == UNKNOWN] = np.nan
    return values, array.dtype.kind != "f"
