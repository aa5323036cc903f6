"""OHLCV bars of many symbols: the `Panel`.

A panel is one time-major block ``(fields, bars, symbols)``: an indicator's inner loop then runs over symbols and
vectorises, and a wide frame of one field is a view of it. Stamps decide where a bar goes, never its position.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, did_you_mean
from quantperf.market.columns import (
    DERIVED,
    FIELDS,
    FloatArray,
    derived,
    find_columns,
    readable_labels,
    to_float64,
)
from quantperf.market.stamps import as_stamps, check_index, readable_stamp, stamps_of, union_of

__all__ = ["FIELDS", "FloatArray", "Panel", "numbered_symbols"]

TIME_COLUMNS = ("time", "date", "datetime", "timestamp")


class Panel:
    """OHLCV bars of many symbols over one index; read-only.

    Built with `Panel.from_frames`, `Panel.from_long` or `Panel.from_blocks`. A bar that a symbol does not have is NaN:
    symbols may start late, end early and have holes. Infinite values stay as they were given.

    Parameters
    ----------
    block : ndarray, shape (5, bars, symbols)
        float64, the fields in the order of `FIELDS`. A block that nobody can write to (memory-mapped, say) and of which
        each field is C-ordered is taken as it is, any other is copied. The fields need not be adjacent: there may be
        room for more bars behind each.
    index : pandas.Index
        One stamp a bar, ascending and unique.
    symbols : iterable of str
        One name a column, unique.
    cache_token : tuple, optional
        What stands for the values in the key of a cache, so that they need not be hashed: who gives one vouches that
        panels with equal tokens are equal for ever. A store does; other panels have none.

    Raises
    ------
    DataError
        If the shapes differ, the index is not ascending and unique, or a symbol is no str or comes twice.

    Examples
    --------
    >>> import numpy as np
    >>> from quantperf.market.bars import Panel
    >>> close = np.array([[10.0, 20.0], [11.0, 19.0]])
    >>> panel = Panel.from_blocks(open=close, high=close, low=close, close=close, volume=close, symbols=["A", "B"])
    >>> panel
    Panel(2 symbols x 2 bars, 0 .. 1)
    >>> panel.close["B"].tolist()
    [20.0, 19.0]
    """

    def __init__(
        self,
        block: FloatArray,
        index: pd.Index[Any],
        symbols: Iterable[str],
        cache_token: tuple[Any, ...] | None = None,
    ) -> None:
        self._symbols = _unique_symbols(symbols)
        index = as_stamps(pd.Index(index), "index")
        check_index(index, "index")
        expected = (len(FIELDS), len(index), len(self._symbols))
        if block.shape != expected or block.dtype != np.float64:
            raise DataError(f"block must be float64 of shape {expected}, got {block.dtype} of shape {block.shape}")
        self._cache_token = cache_token
        if not (block[0].flags.c_contiguous and _unwritable(block)):
            block = block.copy(order="C")
            block.flags.writeable = False
        self._block = block
        self._index = index.view()
        self._columns = {symbol: column for column, symbol in enumerate(self._symbols)}
        self._wide: dict[str, pd.DataFrame] = {}

    @classmethod
    def from_frames(cls, frames: Mapping[str, pd.DataFrame]) -> Panel:
        """Return the panel of one OHLCV frame a symbol, over the union of their indexes.

        Parameters
        ----------
        frames : mapping of str to DataFrame
            Columns open, high, low, close, volume in any case and any numeric type; others are ignored. Rows may be in
            any order, but no stamp may come twice, and all frames must be in one time zone, or all in none.

        Returns
        -------
        Panel
            The symbols in the order of the mapping.

        Raises
        ------
        DataError
            If there is no frame, a column is missing or not numeric, or the indexes do not go together.

        Examples
        --------
        >>> from quantperf.market.sample import sample
        >>> Panel.from_frames({"FB": sample("FB"), "IBM": sample("IBM").loc["2012-01":"2012-12"]})
        Panel(2 symbols x 291 bars, 2012-01-03 .. 2013-03-01)
        """
        if not frames:
            raise DataError("frames must hold at least one symbol, got none")
        symbols = _unique_symbols(frames)
        fields = {symbol: find_columns(frame, FIELDS, f"{symbol}: ") for symbol, frame in frames.items()}
        index = union_of({symbol: frame.index for symbol, frame in frames.items()})
        block = np.full((len(FIELDS), len(index), len(symbols)), np.nan)
        for column, (symbol, frame) in enumerate(frames.items()):
            rows = slice(None) if frame.index.equals(index) else index.get_indexer(stamps_of(frame.index, symbol))
            for field, values in enumerate(fields[symbol].values()):
                block[field, rows, column] = values
        return cls(_frozen(block), index, symbols)

    @classmethod
    def from_long(cls, df: pd.DataFrame, symbol: str = "symbol", time: str | None = None) -> Panel:
        """Return the panel of a long frame: one row a bar and symbol, in any order.

        Parameters
        ----------
        df : DataFrame
            The OHLCV columns, and symbol and time as columns or as levels of the index.
        symbol : str, default "symbol"
            Column or index level of the symbols. Of a two-level index without such a name, the level of strings.
        time : str, optional
            Column or index level of the stamps. By default the other level of a two-level index, else an index of
            stamps, else a column named time, date, datetime or timestamp, else an index that has a name.

        Returns
        -------
        Panel
            The symbols sorted by name.

        Raises
        ------
        DataError
            If a column is missing or not numeric, a symbol or stamp is missing, or a bar comes twice.

        Examples
        --------
        >>> import pandas as pd
        >>> bars = pd.DataFrame({"symbol": ["B", "A"], "date": pd.to_datetime(["2024-01-03", "2024-01-02"])})
        >>> Panel.from_long(bars.assign(open=1.0, high=1.0, low=1.0, close=1.0, volume=100))
        Panel(2 symbols x 2 bars, 2024-01-02 .. 2024-01-03)
        """
        fields = find_columns(df, FIELDS, "")
        labels, stamps = _long_axes(df, symbol, time)
        codes, found = pd.factorize(labels)
        if (codes < 0).any():
            raise DataError(f"every row must name its symbol, {(codes < 0).sum()} do not; drop them with df.dropna()")
        symbols = sorted(_unique_symbols(found))
        place = {name: column for column, name in enumerate(symbols)}
        rows, index = pd.factorize(as_stamps(stamps, "time"), sort=True)
        keys = rows * len(symbols) + np.array([place[name] for name in found], dtype=np.intp)[codes]
        seen = np.bincount(keys, minlength=len(index) * len(symbols))
        if (seen > 1).any():
            row, column = divmod(int(np.argmax(seen > 1)), len(symbols))
            raise DataError(
                f"a symbol must have one bar a stamp, {len(keys) - np.count_nonzero(seen)} rows repeat one, first "
                f"{symbols[column]!r} at {readable_stamp(index[row])}; "
                f"drop them with df.drop_duplicates([{symbol!r}, time])"
            )
        block = np.full((len(FIELDS), len(index), len(symbols)), np.nan)
        for lane, values in zip(block.reshape(len(FIELDS), -1), fields.values(), strict=True):
            lane[keys] = values
        return cls(_frozen(block), index.rename(stamps.name), symbols)

    @classmethod
    def from_blocks(
        cls,
        *,
        open: npt.ArrayLike | pd.DataFrame,
        high: npt.ArrayLike | pd.DataFrame,
        low: npt.ArrayLike | pd.DataFrame,
        close: npt.ArrayLike | pd.DataFrame,
        volume: npt.ArrayLike | pd.DataFrame,
        index: Any = None,
        symbols: Iterable[str] | None = None,
    ) -> Panel:
        """Return the panel of five blocks, one a field; they are copied.

        Parameters
        ----------
        open, high, low, close, volume : array_like or DataFrame, shape (bars, symbols)
            Oldest first. Wide frames bring index and symbols, which must be the same in all of them.
        index : array_like, optional
            One stamp a bar, ascending and unique; the index of the frames, or 0, 1, 2 and so on.
        symbols : iterable of str, optional
            One name a column; the columns of the frames, or S000, S001 and so on.

        Returns
        -------
        Panel

        Raises
        ------
        DataError
            If the blocks differ in shape, index or columns, or are not numeric.

        Examples
        --------
        >>> import numpy as np
        >>> prices = np.full((3, 2), 10.0)
        >>> Panel.from_blocks(open=prices, high=prices, low=prices, close=prices, volume=prices).symbols
        ('S000', 'S001')
        """
        given = dict(zip(FIELDS, (open, high, low, close, volume), strict=True))
        frames = {field: values for field, values in given.items() if isinstance(values, pd.DataFrame)}
        if frames:
            first = next(iter(frames.values()))
            index = first.index if index is None else pd.Index(index)
            symbols = list(first.columns if symbols is None else symbols)
            for field, frame in frames.items():
                if not frame.index.equals(index) or list(frame.columns) != symbols:
                    raise DataError(
                        f"blocks must share index and symbols, those of {field} differ; align the frames with "
                        "df.reindex_like(close)"
                    )
        arrays = [_wide_block(values, field) for field, values in given.items()]
        shapes = {field: array.shape for field, array in zip(FIELDS, arrays, strict=True)}
        if len(set(shapes.values())) > 1:
            raise DataError(f"blocks must have one shape, got {shapes}")
        bars, lanes = arrays[0].shape
        index = pd.RangeIndex(bars) if index is None else pd.Index(index)
        return cls(_frozen(np.stack(arrays)), index, numbered_symbols(lanes) if symbols is None else symbols)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in the order of the columns."""
        return self._symbols

    @property
    def index(self) -> pd.Index[Any]:
        """The stamps of the bars, ascending and unique."""
        return self._index.view()

    @property
    def shape(self) -> tuple[int, int]:
        """Bars and symbols."""
        return len(self._index), len(self._symbols)

    @property
    def blocks(self) -> FloatArray:
        """All fields as one read-only array ``(5, bars, symbols)``, of which each field is C-ordered."""
        return self._block.view()

    @property
    def cache_token(self) -> tuple[Any, ...] | None:
        """What stands for the values in the key of a cache; None unless a store served the panel from its maps."""
        return self._cache_token

    @property
    def open(self) -> pd.DataFrame:
        """First prices: rows bars, columns symbols, over the panel's memory."""
        return self._field("open")

    @property
    def high(self) -> pd.DataFrame:
        """Highest prices: rows bars, columns symbols, over the panel's memory."""
        return self._field("high")

    @property
    def low(self) -> pd.DataFrame:
        """Lowest prices: rows bars, columns symbols, over the panel's memory."""
        return self._field("low")

    @property
    def close(self) -> pd.DataFrame:
        """Last prices: rows bars, columns symbols, over the panel's memory."""
        return self._field("close")

    @property
    def volume(self) -> pd.DataFrame:
        """Shares traded: rows bars, columns symbols, over the panel's memory."""
        return self._field("volume")

    def block(self, field: str) -> FloatArray:
        """Return one field as a read-only array ``(bars, symbols)``, C-ordered, over the panel's memory.

        "session" and "anchor" follow from the index and are the same for all symbols: the session of each bar, and 1.

        Raises
        ------
        DataError
            If `field` is none of `FIELDS`.
        """
        if field in DERIVED:
            return _frozen(np.repeat(derived(field, self._index)[:, None], len(self._symbols), axis=1))
        if field not in FIELDS:
            raise DataError(
                f"field must be one of {', '.join(FIELDS)}, got {field!r}{did_you_mean(str(field), FIELDS)}"
            )
        view: FloatArray = self._block[FIELDS.index(field)]
        return view

    def frame(self, symbol: str, *, trim: bool = True) -> pd.DataFrame:
        """Return the OHLCV frame of one symbol, as a copy of its own.

        Parameters
        ----------
        symbol : str
            One of `symbols`.
        trim : bool, default True
            Leave out the bars before the first and after the last that the symbol has. Holes stay.

        Returns
        -------
        DataFrame
            Columns open, high, low, close, volume.

        Raises
        ------
        DataError
            If the panel does not hold `symbol`.
        """
        columns = self._block[:, :, self.lane(symbol)].copy()
        index = self.index
        if trim:
            held = np.flatnonzero(~np.isnan(columns).all(axis=0))
            kept = slice(held[0], held[-1] + 1) if len(held) else slice(0, 0)
            columns, index = columns[:, kept].copy(), index[kept]
        return pd.DataFrame(columns.T, index=index, columns=list(FIELDS), copy=False)

    def equals(self, other: object) -> bool:
        """Return whether `other` is a panel of the same symbols, stamps and values; NaN equals NaN."""
        return (
            isinstance(other, Panel)
            and self._symbols == other._symbols
            and self._index.equals(other._index)
            and np.array_equal(self._block, other._block, equal_nan=True)
        )

    # A str is an iterable of str too; the first overload wins, and so does the first branch.
    @overload
    def __getitem__(self, key: str) -> pd.DataFrame: ...  # type: ignore[overload-overlap]
    @overload
    def __getitem__(self, key: Iterable[str]) -> Panel: ...
    def __getitem__(self, key: str | Iterable[str]) -> pd.DataFrame | Panel:
        """Return the frame of one symbol over the whole index, or the panel of several symbols."""
        if isinstance(key, str):
            return self.frame(key, trim=False)
        if not isinstance(key, Iterable):
            raise DataError(f"panel[...] takes a symbol or a list of symbols, got {key!r}")
        symbols = _unique_symbols(key)
        chosen = self._block.take([self.lane(symbol) for symbol in symbols], axis=2)
        return Panel(_frozen(chosen), self._index, symbols)

    def cache_key(self) -> object:
        """Return what a cache knows the panel by where it has no `cache_token`: its content."""
        return self._block, self._index, self._symbols

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._symbols)

    def __len__(self) -> int:
        return len(self._index)

    def __repr__(self) -> str:
        bars, symbols = self.shape
        span = f", {readable_stamp(self._index[0])} .. {readable_stamp(self._index[-1])}" if bars else ""
        return f"Panel({symbols} symbol{'s' * (symbols != 1)} x {bars} bar{'s' * (bars != 1)}{span})"

    def __reduce__(self) -> tuple[type[Panel], tuple[Any, ...]]:
        return Panel, (self._block, self._index, self._symbols, self._cache_token)

    def lane(self, symbol: str) -> int:
        """Return the column of a symbol, or raise a DataError that names the nearest one."""
        if symbol not in self._columns:
            hint = did_you_mean(str(symbol), self._symbols) or "; see panel.symbols"
            raise DataError(f"unknown symbol {symbol!r}{hint}")
        return self._columns[symbol]

    def _field(self, field: str) -> pd.DataFrame:
        if field not in self._wide:
            names = pd.Index(self._symbols, dtype="str")
            self._wide[field] = pd.DataFrame(self.block(field), index=self._index, columns=names, copy=False)
        # A shallow copy: the same memory, and whoever writes to it or renames its index gets pandas' copy on write.
        return self._wide[field].copy(deep=False)


def numbered_symbols(count: int) -> tuple[str, ...]:
    """Return the names S000, S001 and so on, which sort in their order."""
    width = max(3, len(str(count - 1)))
    return tuple(f"S{number:0{width}}" for number in range(count))


def _wide_block(values: Any, name: str) -> FloatArray:
    """Return one field as float64 ``(bars, symbols)``."""
    if isinstance(values, pd.DataFrame):
        columns = [to_float64(values.iloc[:, place], name) for place in range(values.shape[1])]
        return np.stack(columns, axis=1) if columns else np.empty(values.shape)
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise DataError(f"{name} must be numeric, got {array.dtype}; convert with array.astype(float)")
    if array.ndim != 2:
        raise DataError(f"{name} must have the shape (bars, symbols), got {array.shape}; one symbol is array[:, None]")
    return array.astype(np.float64, copy=False)


def _long_axes(df: pd.DataFrame, symbol: str, time: str | None) -> tuple[pd.Index[Any], pd.Index[Any]]:
    """Return symbol and stamp of each row of a long frame."""
    names: list[tuple[Any, tuple[str, Any]]] = [(label, ("column", label)) for label in df.columns]
    names += [(name, ("level", level)) for level, name in enumerate(df.index.names) if name is not None]
    places = {str(name).lower(): place for name, place in names} | {str(name): place for name, place in names}
    labels_at = places.get(symbol, places.get(symbol.lower()))
    levels = df.index.nlevels
    if labels_at is None and levels == 2:
        strings = [level for level in (0, 1) if _are_strings(df.index.get_level_values(level))]
        labels_at = ("level", strings[0]) if len(strings) == 1 else None
    if labels_at is None:
        raise DataError(
            f"symbols must be a column or an index level, got no {symbol!r} in {readable_labels(df)}; "
            "name it by symbol="
        )
    if time is not None:
        stamps_at = places.get(time, places.get(time.lower()))
    elif levels == 2 and labels_at in [("level", 0), ("level", 1)]:
        stamps_at = ("level", 1 - labels_at[1])
    elif isinstance(df.index, pd.DatetimeIndex | pd.PeriodIndex):
        stamps_at = ("level", 0)
    else:
        named_index = levels == 1 and df.index.name is not None and labels_at != ("level", 0)
        stamps_at = next(
            (places[name] for name in TIME_COLUMNS if name in places), ("level", 0) if named_index else None
        )
    if stamps_at is None:
        got = f"no {time!r}" if time is not None else "an index that does not say which"
        raise DataError(
            f"stamps must be a column or an index level, got {got} and {readable_labels(df)}; name it by time="
        )
    labels, stamps = (
        pd.Index(df[place]) if kind == "column" else df.index.get_level_values(place)
        for kind, place in (labels_at, stamps_at)
    )
    return labels, stamps


def _are_strings(labels: pd.Index[Any]) -> bool:
    """Whether labels are strings, also as categories."""
    kind = labels.categories.dtype if isinstance(labels, pd.CategoricalIndex) else labels.dtype
    return bool(pd.api.types.is_string_dtype(kind))


def _unique_symbols(symbols: Iterable[Any]) -> tuple[str, ...]:
    """Return the symbols as a tuple; each must be a str and none may come twice."""
    names = tuple(symbols)
    for name in names:
        if not isinstance(name, str):
            raise DataError(f"symbols must be str, got {name!r}; convert with str(symbol) or column.astype(str)")
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise DataError(f"symbols must be unique, got {repeated!r} {names.count(repeated)} times; name each once")
    return tuple(str(name) for name in names)


def _frozen(block: FloatArray) -> FloatArray:
    """Make our own block read-only, so that the panel takes it as it is."""
    block.flags.writeable = False
    return block


def _unwritable(block: FloatArray) -> bool:
    """Return whether nobody can write to the memory of a block: it and all it views are read-only."""
    holder: object = block
    while isinstance(holder, np.ndarray):
        if holder.flags.writeable:
            return False
        holder = holder.base
    return holder is None or isinstance(holder, bytes | mmap.mmap)
