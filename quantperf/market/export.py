"""Bars out of a store, to Parquet or CSV: read back and compared before anybody relies on them."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from quantperf.database import Connection
from quantperf.errors import DataError, MissingLibrary, StoreError, one_of
from quantperf.market import chunks
from quantperf.market.columns import FIELDS
from quantperf.market.history import Bars, Interval, StampArray

if TYPE_CHECKING:
    from quantperf.market.reading import Reader

__all__ = ["Exported", "export"]

FORMATS = ("parquet", "csv")
SYMBOLS_A_GROUP = 50  # so many symbols are in memory at a time
ROWS_A_READ = 50_000


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes
    ----------
    path : Path
        The file.
    symbols, bars : int
        How many of each are in it.
    """

    path: Path
    symbols: int
    bars: int


def export(
    reader: Reader, how: Literal["parquet", "csv"], folder: Path, interval: Interval, symbols: Sequence[str] | None
) -> Exported:
    """Write bars as one long table, as `Folder.export` describes it."""
    if how not in FORMATS:
        raise one_of("how", FORMATS, how)
    write, read = (_write_parquet, _read_parquet) if how == "parquet" else (_write_csv, _read_csv)
    library = _pyarrow() if how == "parquet" else None
    path = folder / f"bars-{interval.name}.{how}"
    draft = path.with_name(f"{path.name}.tmp")
    with reader.database.reading() as connection:
        ids = chunks.symbol_ids(connection, symbols)
        held = {name: id for name, id in ids.items() if chunks.span(connection, id, interval) is not None}
        if not held:
            raise DataError(f"an export must hold at least one symbol with {interval.name!r} bars, got none")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with contextlib.ExitStack() as stack:
                stack.callback(draft.unlink, missing_ok=True)
                bars = write(draft, _groups(connection, held, interval, reader.seq), library)
                _compare(read(draft, library, interval), _groups(connection, held, interval, reader.seq), draft)
                draft.replace(path)
        except OSError as error:
            raise StoreError(f"{str(path)!r} cannot be written: {error}") from error
    return Exported(path, len(held), bars)


def _groups(connection: Connection, ids: dict[str, int], interval: Interval, seq: int | None) -> Iterator[pd.DataFrame]:
    """Yield the long table, some symbols at a time."""
    names = list(ids)
    for start in range(0, len(names), SYMBOLS_A_GROUP):
        some = names[start : start + SYMBOLS_A_GROUP]
        bars = [chunks.read(connection, ids[name], interval, seq=seq) for name in some]
        yield _long(some, bars, interval)


def _long(names: Sequence[str], bars: Sequence[Bars], interval: Interval) -> pd.DataFrame:
    whole = Bars(interval, np.concatenate([each.stamps for each in bars]), np.hstack([each.values for each in bars]))
    frame = whole.frame().reset_index()
    frame.insert(0, "symbol", np.repeat(np.array(names, dtype=object), [len(each) for each in bars]))
    return frame.astype({"symbol": "str"})


def _write_parquet(path: Path, groups: Iterator[pd.DataFrame], library: Any) -> int:
    writer, count = None, 0
    try:
        for group in groups:
            table = library.Table.from_pandas(group, preserve_index=False)
            if writer is None:
                writer = library.parquet.ParquetWriter(path, table.schema)
            writer.write_table(table)
            count += len(group)
    finally:
        if writer is not None:
            writer.close()
    return count


def _read_parquet(path: Path, library: Any, interval: Interval) -> Iterator[pd.DataFrame]:
    with library.parquet.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number).to_pandas()


def _write_csv(path: Path, groups: Iterator[pd.DataFrame], library: Any) -> int:
    count = 0
    with path.open("w", newline="") as file:
        for group in groups:
            # The shortest digits that give a value back: nothing is rounded.
            group.to_csv(file, index=False, header=count == 0)
            count += len(group)
    return count


def _read_csv(path: Path, library: Any, interval: Interval) -> Iterator[pd.DataFrame]:
    # Not by pandas: "NA" and "null" are symbols too, and its fast parsing of numbers is off by a bit now and then.
    with path.open(newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        while rows := list(islice(reader, ROWS_A_READ)):
            columns = dict(zip(header, zip(*rows, strict=True), strict=True))
            values = {name: [float(text) if text else np.nan for text in columns[name]] for name in FIELDS}
            stamps = pd.to_datetime(pd.Series(columns[header[1]]), format="ISO8601")
            yield pd.DataFrame({"symbol": columns["symbol"], header[1]: stamps, **values})


def _compare(found: Iterator[pd.DataFrame], wanted: Iterator[pd.DataFrame], path: Path) -> None:
    """Raise a StoreError unless what was read back is, to the bit, what was to be written."""
    left = pd.DataFrame()
    for part in wanted:
        while len(left) < len(part):
            more = next(found, None)
            if more is None:
                raise StoreError(f"{str(path)!r} must hold what was written, has fewer rows; the disk may be full")
            left = more if left.empty else pd.concat([left, more], ignore_index=True)
        given, left = left.iloc[: len(part)], left.iloc[len(part) :]
        values, wanted_values = (frame[list(FIELDS)].to_numpy(np.float64) for frame in (given, part))
        stamps, wanted_stamps = (_milliseconds(frame[part.columns[1]]) for frame in (given, part))
        same = np.array_equal(values, wanted_values, equal_nan=True) and np.array_equal(stamps, wanted_stamps)
        if not same or given["symbol"].tolist() != part["symbol"].tolist():
            raise StoreError(f"{str(path)!r} must give back what was written, differs; it was removed")
    if len(left) or next(found, None) is not None:
        raise StoreError(f"{str(path)!r} must hold what was written, has more rows; it was removed")


def _milliseconds(column: pd.Series[Any]) -> StampArray:
    return pd.DatetimeIndex(column).as_unit("ms").asi8


def _pyarrow() -> ModuleType:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingLibrary("Parquet needs pyarrow; install it with pip install 'quantperf[export]'") from error
    return pyarrow  # type: ignore[no-any-return]
