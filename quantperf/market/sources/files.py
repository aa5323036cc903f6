"""Files as a source: text with separators or Parquet, one file a symbol in a folder, or one long file of all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from quantperf.errors import DataError, Malformed, MissingLibrary, NotFound, ParameterError, did_you_mean
from quantperf.market.history import Bars, Parsed, Query, interval_of
from quantperf.market.sources.delimited import Layout, read_delimited
from quantperf.market.sources.frames import frame_of, frames_of, refuse_other_length
from quantperf.market.sources.protocol import Basis, inside

__all__ = ["Files"]

PARQUET = {".parquet", ".pq"}


class Files:
    """Bars in files.

    Parameters
    ----------
    path : str or Path
        A folder with one file a symbol, or one long file with a column symbol or ticker, which is kept in memory until
        it changes. What ends in .parquet or .pq is Parquet (extra ``export``), all else is text.
    pattern : str, default "{symbol}.csv"
        Names of the files in a folder, or their paths below it.
    layout : Layout, optional
        How text is written; see `quantperf.market.sources.delimited.Layout`.
    interval : str, default "1d"
        Length of the bars.
    basis : {"raw", "splits", "total"}, default "raw"
        What prices are adjusted for.
    decimals : int, default 4
        Decimals to which prices are told.
    name : str, default "files"
        As it is called in messages and in the ledger.

    Raises
    ------
    ParameterError
        If there is nothing at `path`, or `pattern` has no place for the symbol.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> from quantperf.market.sample import sample
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sample("FB").to_csv(f"{folder}/FB.csv")
    ...     query = Query("FB", dt.datetime(2012, 5, 1, tzinfo=dt.UTC), dt.datetime(2012, 6, 1, tzinfo=dt.UTC))
    ...     len(Files(folder).read(query).bars)
    9
    """

    caps = frozenset({"history"})

    def __init__(
        self,
        path: str | Path,
        *,
        pattern: str = "{symbol}.csv",
        layout: Layout | None = None,
        interval: str = "1d",
        basis: Basis = "raw",
        decimals: int = 4,
        name: str = "files",
    ) -> None:
        self._path = Path(path)
        if not self._path.exists():
            raise ParameterError(f"path must be a folder or a file, there is nothing at {str(path)!r}")
        if "{symbol}" not in pattern:
            raise ParameterError(f"pattern must have a place for the symbol, such as '{{symbol}}.csv', got {pattern!r}")
        self.name, self.basis, self.decimals = name, basis, decimals
        self._pattern = pattern
        self._layout = layout or Layout()
        self._interval = interval_of(interval)
        self._long: tuple[tuple[int, int], dict[str, pd.DataFrame]] | None = None

    def __repr__(self) -> str:
        return f"Files({str(self._path)!r})"

    def read(self, query: Query) -> Parsed:
        """Return the bars of a query, in the order of the file.

        Raises
        ------
        NotFound
            If there is no file for the symbol, or the long file does not hold it.
        SourceError
            If the bars are of another length.
        Malformed
            If they cannot be read as bars; the message names columns and rows.
        """
        refuse_other_length(self.name, self._interval.name, query)
        if self._path.is_dir():
            file = self._file_of(query.symbol)
            frame = self._frame(file)
            held = {name.lower() for name in map(str, frame.columns)} & {"symbol", "ticker"}
            if held:
                frame = self._of_symbol(frames_of(frame), query.symbol, file)
        else:
            file = self._path
            frame = self._of_symbol(self._long_file(), query.symbol, file)
        try:
            bars = Bars.from_frame(frame_of(frame, query.symbol), query.interval)
        except DataError as error:
            raise Malformed(f"{file.name}: {error}") from error
        bars, outside = inside(bars, query)
        return Parsed(bars, self.basis, self.decimals, repairs={"outside_query": outside} if outside else {})

    def _file_of(self, symbol: str) -> Path:
        """Return the file of a symbol; nothing outside of the folder is ever opened."""
        if not symbol or any(mark in symbol for mark in "/\\\0") or symbol in {".", ".."}:
            raise NotFound(f"a symbol must be no path, got {symbol!r}")
        file = self._path / self._pattern.replace("{symbol}", symbol)
        if not file.resolve().is_relative_to(self._path.resolve()) or not file.is_file():
            raise NotFound(f"{self.name} has no {symbol!r}: there is no {file.name!r} in {str(self._path)!r}")
        return file

    def _of_symbol(self, frames: dict[str, pd.DataFrame], symbol: str, file: Path) -> pd.DataFrame:
        if symbol not in frames:
            raise NotFound(f"{file.name} has no {symbol!r}{did_you_mean(symbol, frames)}")
        return frames[symbol]

    def _long_file(self) -> dict[str, pd.DataFrame]:
        """Return one frame a symbol of a long file, which is read again once it has changed."""
        state = self._path.stat()
        version = (state.st_mtime_ns, state.st_size)
        if self._long is None or self._long[0] != version:
            try:
                self._long = (version, frames_of(self._frame(self._path)))
            except DataError as error:
                raise Malformed(f"{self._path.name}: {error}") from error
        return self._long[1]

    def _frame(self, file: Path) -> pd.DataFrame:
        if file.suffix.lower() not in PARQUET:
            return read_delimited(file, self._layout, daily=self._interval.daily)
        return _parquet(file)


def _parquet(file: Path) -> pd.DataFrame:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingLibrary("Parquet needs pyarrow; install it with pip install 'quantperf[export]'") from error
    try:
        return pd.read_parquet(file)
    except (pyarrow.ArrowException, ValueError) as error:
        raise Malformed(f"{file.name} must be Parquet: {error}") from error
