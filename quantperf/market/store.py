"""The store: a folder with one SQLite file that is the truth, and mapped panels that are derived from it.

Prices are columns in chunks (`quantperf.market.chunks`), everything else rows. One process at a time writes, any number
read, each call one snapshot; a commit holds at most `SYMBOLS_A_COMMIT` symbols, so that readers see whole batches.
Nothing that was committed is forgotten: `Store.as_of` tells what was known at any moment since.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from quantperf.clock import SYSTEM, Clock
from quantperf.database import Commit, Connection, Database
from quantperf.errors import DataError, ParameterError, StoreError, one_of
from quantperf.events import Bus
from quantperf.market import chunks, latest, saved, snapshots
from quantperf.market.history import Bars
from quantperf.market.reading import Reader, _several

__all__ = ["Store", "Written"]

SYMBOLS_A_COMMIT = 500
BASES = ("raw", "splits", "total")
FACTS = ("zone", "currency", "category", "decimals")

# Each module's tables, by the name under which their version is kept.
SCHEMAS: Mapping[str, Sequence[str]] = MappingProxyType({
    "bars": chunks.SCHEMA,
    "latest": latest.SCHEMA,
    "saved": saved.SCHEMA,
    "snapshots": snapshots.SCHEMA,
})  # fmt: skip

# What is derived from bars is brought up to date in the transaction that writes them.
DERIVED = (latest.after_write,)


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did.

    Attributes
    ----------
    seqs : tuple of int
        The commits that were made; none if everything was stored already.
    changed : tuple of str
        The symbols of which something changed.
    unchanged : tuple of str
        The others.
    """

    seqs: tuple[int, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


class Store(Reader):
    """Bars, actions, highs, alerts and news in one folder; needs no server and no setup.

    Parameters
    ----------
    path : path-like
        The folder, on a local disk; it is made when missing.
    durable : bool, default False
        Wait for the disk at every commit. Without it the last commits may be lost in a power failure, but not the
        file, and nothing at all when a process is killed.
    clock : Clock, optional
        Tells when things became known.

    Attributes
    ----------
    path : Path
        The folder.
    bus : Bus
        Where events are published once they are committed.

    Raises
    ------
    StoreError
        If the folder cannot be made or written, holds something else, or lies on a network file system.

    Notes
    -----
    Safe for one writer at a time (others wait) and many readers, in threads and processes of one host. It may be used
    after a fork; it pickles as its path.

    Examples
    --------
    >>> import tempfile
    >>> from quantperf.market.sample import sample
    >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
    ...     written = store.write({"IBM": Bars.from_frame(sample("IBM"))})
    ...     store.symbols, len(store.bars("IBM")), store.latest()["close"].tolist()
    (('IBM',), 3270, [202.91])
    """

    def __init__(self, path: str | os.PathLike[str], *, durable: bool = False, clock: Clock = SYSTEM) -> None:
        if not isinstance(path, str | os.PathLike) or not str(path):
            raise ParameterError(f"path must name a folder, got {path!r}")
        self.path = Path(path).absolute()
        if self.path.exists() and not self.path.is_dir():
            raise StoreError(f"a store is a folder, {str(self.path)!r} is a file; name another path")
        super().__init__(Database(self.path / "store.db", durable=durable, clock=clock))
        self.clock = clock
        self.bus = Bus()
        self._durable = durable
        for name, schema in SCHEMAS.items():
            self.database.migrate(name, schema)
        self._id = self._identity()

    @property
    def id(self) -> str:
        """What tells this store from every other, wherever its folder is moved."""
        return self._id

    def as_of(self, moment: Any = None, *, seq: int | None = None) -> Reader:
        """Return a reader of what was known at a moment, or after a commit.

        Parameters
        ----------
        moment : date-like, optional
            What was committed until then is known; without a zone it is in UTC.
        seq : int, optional
            The number of a commit, instead of a moment.

        Raises
        ------
        ParameterError
            If not exactly one of them is given, or `moment` is none.

        Examples
        --------
        >>> import datetime as dt, tempfile
        >>> from quantperf.clock import ManualClock
        >>> from quantperf.market.sample import sample
        >>> clock = ManualClock(dt.datetime(2013, 3, 1, 22, tzinfo=dt.UTC))
        >>> with tempfile.TemporaryDirectory() as folder, Store(folder, clock=clock) as store:
        ...     written = store.write({"IBM": Bars.from_frame(sample("IBM").iloc[:-1])})
        ...     clock.advance(dt.timedelta(hours=1))
        ...     written = store.write({"IBM": Bars.from_frame(sample("IBM"))})
        ...     len(store.as_of("2013-03-01 22:30").bars("IBM")), len(store.bars("IBM"))
        (3269, 3270)
        """
        if (moment is None) == (seq is None):
            raise ParameterError("as_of needs a moment or seq=, and not both")
        if seq is not None:
            if isinstance(seq, bool) or not isinstance(seq, int) or seq < 0:
                raise ParameterError(f"seq must be the number of a commit, got {seq!r}")
            return Reader(self.database, seq)
        try:
            stamp = pd.Timestamp(moment)
        except (TypeError, ValueError) as error:
            raise ParameterError(f"moment must be a moment such as '2024-01-31 18:00', got {moment!r}") from error
        if pd.isna(stamp):
            raise ParameterError(f"moment must be a moment such as '2024-01-31 18:00', got {moment!r}")
        aware = stamp.tz_localize("UTC") if stamp.tz is None else stamp.tz_convert("UTC")
        return Reader(self.database, self.database.last_seq(aware.to_pydatetime().astimezone(dt.UTC)))

    def write(
        self,
        bars: Mapping[str, Bars],
        *,
        source: str = "user",
        basis: Literal["raw", "splits", "total"] = "raw",
        replace: bool = False,
        run: str | None = None,
        facts: Mapping[str, Mapping[str, object]] | None = None,
    ) -> Written:
        """Write final bars, whole batch by whole batch, and what is derived from them.

        Parameters
        ----------
        bars : mapping of str to Bars
            By symbol; stamps strictly ascending, no infinite values, no bar of which nothing is known. Bars that are
            stored already are replaced where they differ; what was there stays known to `as_of`.
        source : str, default "user"
            Where they come from; kept in the ledger.
        basis : {"raw", "splits", "total"}, default "raw"
            As traded, adjusted for splits, or for splits and dividends. A symbol keeps the basis of its first bars.
        replace : bool, default False
            Take the bars as the whole history: those that are stored and not given are removed.
        run : str, optional
            The job, so that one which was stopped can see what it has done.
        facts : mapping of str to mapping, optional
            What a source tells of each symbol: zone, currency, category, decimals.

        Returns
        -------
        Written
            Equal bars make no commit.

        Raises
        ------
        DataError
            If bars cannot be stored; then nothing of the call is.
        StoreError
            If the store cannot be written; the batches before stay.
        """
        if basis not in BASES:
            raise one_of("basis", BASES, basis)
        for symbol, each in bars.items():
            _refuse(symbol, each)
        seqs: list[int] = []
        changed: list[str] = []
        for batch in _batches(bars):
            with self.database.commit("bars", source, run) as commit:
                numbers = _listed(commit, batch, basis, facts or {})
                work = chunks.replace if replace else chunks.merge
                found = [work(commit, numbers[symbol], symbol, each) for symbol, each in batch.items()]
                changes = [change for change in found if change is not None]
                for derive in DERIVED:
                    derive(commit, changes)
                commit.void = not changes
            if changes:
                seqs.append(commit.seq)
                changed += [change.symbol for change in changes]
        return Written(tuple(seqs), tuple(changed), tuple(symbol for symbol in bars if symbol not in set(changed)))

    def save(self, records: pd.DataFrame, kind: str = "signals") -> saved.Saved:
        """Keep records such as signals, each once.

        Parameters
        ----------
        records : DataFrame
            With the columns id, symbol and known_at (with a zone), and any others that hold numbers, text, truth or
            stamps; such as `quantperf.signals` gives.
        kind : str, default "signals"
            Under which name they are kept.

        Returns
        -------
        Saved
            How many were new, and how many the store had already; those are left as they are.

        Raises
        ------
        DataError
            If `records` is no such frame; then nothing is written.

        Examples
        --------
        >>> import tempfile
        >>> import quantperf as qp
        >>> found = qp.signals(qp.sample("FB"))
        >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        ...     store.save(found), store.save(found), len(store.saved())
        (Saved(new=222, known=0), Saved(new=0, known=222), 222)
        """
        return saved.save(self.database, records, kind)

    def snapshot(self, symbols: Iterable[str] | None = None, *, if_needed: bool = True) -> snapshots.Snapshot:
        """Record the latest final daily bar of each symbol, and return them as they are known now.

        Parameters
        ----------
        symbols : iterable of str, optional
            Those to record; by default all.
        if_needed : bool, default True
            Write only what is absent or was corrected; otherwise write every row anew.

        Returns
        -------
        Snapshot
            Its ``written`` names the symbols of which a row was written.

        Raises
        ------
        DataError
            If the store does not hold a symbol; then nothing is written.

        Examples
        --------
        >>> import tempfile
        >>> from quantperf.market.sample import sample
        >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        ...     written = store.write({"FB": Bars.from_frame(sample("FB"))}, source="sample")
        ...     first, second = store.snapshot(), store.snapshot()
        ...     first.written, second.written, first.id == second.id, second.frame()["close"].tolist()
        (('FB',), (), True, [27.78])
        """
        return snapshots.record(self.database, _several(symbols), if_needed)

    def retain(self, days: int = 30) -> int:
        """Delete recorded snapshots of sessions that are older, with their former versions, and return how many rows.

        Parameters
        ----------
        days : int, default 30
            How far back they are kept; 0 keeps those of today alone. Bars, highs, alerts and news are not touched.

        Raises
        ------
        ParameterError
            If `days` is no whole number of at least 0.
        """
        return snapshots.retain(self.database, days, self.clock.now())

    def check(self) -> list[str]:
        """Return what is wrong with the file, and with any chunk in it; nothing if all is sound."""
        found = self.database.check()
        with self.database.reading() as connection:
            for row in connection.execute("SELECT sym.id, symbol, interval FROM sym JOIN span ON span.sym = sym.id"):
                found += _damage(connection, *row)
        return found

    def close(self) -> None:
        """Close what is open; the store may be used again, it then opens anew."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _opened, (type(self), str(self.path), self._durable)

    def __repr__(self) -> str:
        held = self.symbols
        shown = ", ".join(held[:5]) + (", ..." if len(held) > 5 else "")
        return f"Store({str(self.path)!r}: {len(held)} symbols{f' ({shown})' if held else ''})"

    def _identity(self) -> str:
        with self.database.reading() as connection:
            found = connection.execute("SELECT value FROM meta WHERE key = 'id'").fetchone()
        if found is None:
            with self.database.writing() as connection:
                connection.execute("INSERT OR IGNORE INTO meta VALUES ('id', ?)", (uuid.uuid4().hex,))
                found = connection.execute("SELECT value FROM meta WHERE key = 'id'").fetchone()
        return str(found[0])


def _opened(kind: type[Store], path: str, durable: bool) -> Store:
    return kind(path, durable=durable)


def _refuse(symbol: object, bars: Bars) -> None:
    """Raise a DataError for what cannot be stored."""
    if not isinstance(symbol, str) or not symbol.strip() or not symbol.isprintable():
        raise DataError(f"a symbol must be a printable str, got {symbol!r}")
    if not isinstance(bars, Bars):
        raise DataError(f"{symbol}: bars must be Bars, got {type(bars).__name__}; use Bars.from_frame or Store.add")
    steps = np.diff(bars.stamps)
    if (steps <= 0).any():
        raise DataError(
            f"{symbol}: stamps must be strictly ascending, bar {int(np.argmax(steps <= 0)) + 1} is not later"
        )
    if np.isinf(bars.values).any():
        raise DataError(f"{symbol}: values must be finite or missing, got an infinite one; drop that bar")
    if np.isnan(bars.values).all(axis=0).any():
        raise DataError(
            f"{symbol}: a bar must hold a value, got one that is all missing; drop it: absent is unknown too"
        )


def _batches(bars: Mapping[str, Bars]) -> Iterator[dict[str, Bars]]:
    """Yield at most `SYMBOLS_A_COMMIT` symbols at a time."""
    items = iter(bars.items())
    while batch := dict(islice(items, SYMBOLS_A_COMMIT)):
        yield batch


def _listed(
    commit: Commit, batch: Mapping[str, Bars], basis: str, facts: Mapping[str, Mapping[str, object]]
) -> dict[str, int]:
    """Return the numbers of the symbols, after listing those that are new and noting what is told of them."""
    held = {row["symbol"]: row for row in commit.connection.execute("SELECT id, symbol, basis FROM sym")}
    numbers = {}
    for symbol in batch:
        row = held.get(symbol)
        if row is None:
            cursor = commit.connection.execute(
                "INSERT INTO sym(symbol, basis, seq) VALUES (?, ?, ?)", (symbol, basis, commit.seq)
            )
            numbers[symbol] = int(cursor.lastrowid or 0)
        elif row["basis"] != basis:
            raise DataError(f"{symbol} is stored on basis {row['basis']!r}, got bars on {basis!r}; convert them first")
        else:
            numbers[symbol] = row["id"]
        told = {name: facts[symbol][name] for name in FACTS if facts.get(symbol, {}).get(name) is not None}
        for name, value in told.items():
            commit.connection.execute(f"UPDATE sym SET {name} = ? WHERE id = ?", (value, numbers[symbol]))
    return numbers


def _damage(connection: Connection, id: int, symbol: str, number: int) -> list[str]:
    """Return what is wrong with the chunks of one symbol."""
    interval = next(each for each in chunks.INTERVALS.values() if each.number == number)
    try:
        bars = chunks.read(connection, id, interval)
    except StoreError as error:
        return [f"{symbol}: {error}"]
    held = chunks.span(connection, id, interval)
    told = (int(bars.stamps[0]), int(bars.stamps[-1]), len(bars)) if len(bars) else None
    return [] if held == told else [f"{symbol}: span must be {told}, got {held}"]
