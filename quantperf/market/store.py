"""The store: a folder with one SQLite file that is the truth, and mapped panels that are derived from it.

Prices are columns in chunks (`quantperf.market.chunks`), everything else rows. One process at a time writes, any number
read, each call one snapshot; a commit holds at most `SYMBOLS_A_COMMIT` symbols, so that readers see whole batches.
Nothing that was committed is forgotten: `Store.as_of` tells what was known at any moment since.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Literal, Self, Unpack

import pandas as pd

from quantperf.clock import SYSTEM, Clock
from quantperf.database import Commit, Database, moment_of, stamp_from
from quantperf.errors import ParameterError, StoreError, one_of
from quantperf.events import Bus
from quantperf.market import (
    actions,
    alerts,
    chunks,
    collect,
    highs,
    hot,
    intake,
    latest,
    panels,
    quarantine,
    saved,
    snapshots,
)
from quantperf.market.bars import Panel
from quantperf.market.collect import Collected, Options
from quantperf.market.folder import Folder
from quantperf.market.history import Action, Bars
from quantperf.market.reading import Reader, several
from quantperf.market.sources.frames import Frames
from quantperf.market.writing import BASES, Written, batches, damage, refuse, write_in
from quantperf.news import archive
from quantperf.transport import Transport

__all__ = ["Store", "Written"]

# Each module's tables, by the name under which their version is kept.
SCHEMAS: Mapping[str, Sequence[str]] = MappingProxyType({
    "bars": chunks.SCHEMA,
    "latest": latest.SCHEMA,
    "hot": hot.SCHEMA,
    "panels": panels.SCHEMA,
    "highs": highs.SCHEMA,
    "alerts": alerts.SCHEMA,
    "news": archive.SCHEMA,
    "saved": saved.SCHEMA,
    "actions": actions.SCHEMA,
    "quarantine": quarantine.SCHEMA,
    "intake": intake.SCHEMA,
    "collect": collect.SCHEMA,
    "snapshots": snapshots.SCHEMA,
})  # fmt: skip


class Store(Folder):
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
        self._transport: tuple[int, Transport] | None = None
        for name, schema in SCHEMAS.items():
            self.database.migrate(name, schema)
        self._id = self._identity()
        self.panels: panels.Panels = panels.Panels(self.database, self.path / "panels", self._id)

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
        return Reader(self.database, self.database.last_seq(moment_of(stamp_from("moment", moment))))

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
            refuse(symbol, each)
        seqs: list[int] = []
        changed: list[str] = []
        for batch in batches(bars):
            with self.database.commit("bars", source, run) as commit:
                changes = self.write_in(commit, batch, basis=basis, replace=replace, facts=facts)
                commit.void = not changes
            if changes:
                seqs.append(commit.seq)
                changed += [change.symbol for change in changes]
        done = set(changed)
        return Written(tuple(seqs), tuple(changed), tuple(symbol for symbol in bars if symbol not in done))

    def write_in(
        self,
        commit: Commit,
        bars: Mapping[str, Bars],
        *,
        basis: str,
        replace: bool = False,
        facts: Mapping[str, Mapping[str, object]] | None = None,
        actions: Mapping[str, Iterable[Action]] | None = None,
    ) -> list[chunks.Change]:
        """Write bars and actions in a transaction of the caller, and return what changed; see `write`.

        Symbols without bars are listed too. A symbol with a new or corrected action counts as rewritten: what is
        derived from adjusted prices has changed with it.
        """
        return write_in(commit, bars, basis=basis, replace=replace, facts=facts, actions=actions)

    @property
    def transport(self) -> Transport:
        """What asks hosts for this store; one for all collecting of a process, so that rates hold."""
        if self._transport is None or self._transport[0] != os.getpid():
            self._transport = os.getpid(), Transport()
        return self._transport[1]

    def collect(
        self, symbols: str | Iterable[str] | None = None, start: Any = None, end: Any = None, **options: Unpack[Options]
    ) -> Collected:
        """Ask a source for bars of many symbols, and write those that are new.

        Every fetch after the first asks again for 5 stored sessions and compares them: a split or another corporate
        action since then replaces the history, a contradiction stops that symbol and goes to quarantine. The rule is
        told in `quantperf.market.reconcile`.

        Parameters
        ----------
        symbols : str or iterable of str, optional
            What to ask for; by default all of a source that says what it has. One that comes twice is asked for once.
        start, end : date-like, optional
            First and last stamp, both included; a moment without a zone is in UTC. By default from where the stored
            bars end (of a new symbol: all there is, of intraday bars 7 days) until now. What was asked for before is
            not asked for again.
        source : str, source, bars or callable
            A name such as "yahoo" or "sample", a source, a frame, panel or mapping of frames, or a function of symbol,
            start, end and interval. There is no default.
        interval : str, default "1d"
            Length of a bar.
        limit : int, default 10
            The most requests in flight, 1 to 10.
        batch : int, default 100
            The most symbols in a commit, 1 to 500.
        progress : bool or callable, default True
            Show a bar on a terminal; or what is called with the count done, the total and a symbol.
        resume : str, optional
            The name of a job. If it was stopped on its way, for the same span on the same day, what it has done is not
            asked for again; when it has come to its end, it begins anew. It is the `run` of its commits in the ledger.
        transport : Transport, optional
            Instead of the store's own.
        whole : bool, default False
            Ask for all of the span again, and compare it with all that is stored.

        Returns
        -------
        Collected
            ``bars``, ``errors`` by symbol, and ``report``.

        Raises
        ------
        ParameterError, DataError
            If the call is wrong; what goes wrong with one symbol is an entry of ``errors``.
        StoreError
            If the store cannot be written; the batches before stay.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        ...     first = store.collect(["IBM", "NONE"], end="2013-02-20", source="sample")
        ...     second = store.collect(["IBM", "NONE"], source="sample")
        >>> second.report[["verdict", "fetched", "added"]]
               verdict  fetched  added
        symbol
        IBM     append       12      7
        NONE     error        0      0
        >>> second.errors["NONE"]
        NotFound("the sample has AAPL, FB, GOOG, IBM, MSFT, got 'NONE'")
        """
        return collect.collect(self, symbols, start, end, **options)

    async def collect_async(
        self, symbols: str | Iterable[str] | None = None, start: Any = None, end: Any = None, **options: Unpack[Options]
    ) -> Collected:
        """Do what `collect` does, for code that awaits; cancelled, it begins no further request and no commit."""
        return await collect.collect_async(self, symbols, start, end, **options)

    def add(
        self,
        data: pd.DataFrame | Panel | Mapping[str, pd.DataFrame],
        *,
        interval: str = "1d",
        basis: Literal["raw", "splits", "total"] = "raw",
        source: str = "user",
    ) -> Collected:
        """Write your own bars, validated and compared with all that is stored.

        Parameters
        ----------
        data : DataFrame, Panel or mapping of str to DataFrame
            A long frame with a column symbol, a wide one with columns of fields and symbols, a panel, or one frame a
            symbol.
        interval : str, default "1d"
            Length of a bar.
        basis : {"raw", "splits", "total"}, default "raw"
            What prices are adjusted for.
        source : str, default "user"
            How the ledger calls it.

        Returns
        -------
        Collected

        Examples
        --------
        >>> import tempfile
        >>> from quantperf.market.sample import sample
        >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        ...     store.add({"FB": sample("FB")}), store.add({"FB": sample("FB")})
        (Collected(1 symbols: 1 append), Collected(1 symbols: 1 unchanged))
        """
        frames = Frames(data, interval=interval, basis=basis, name=source)
        return collect.collect(self, None, None, None, source=frames, interval=interval, progress=False, whole=True)

    def resolve(self, ids: int | Iterable[int], *, accept: bool) -> Written:
        """Decide what becomes of bars in quarantine.

        Parameters
        ----------
        ids : int or iterable of int
            Of the index of `quarantined`.
        accept : bool
            Write them over what is stored, flagged ``accepted``; or leave them, and have them listed no longer.

        Raises
        ------
        ParameterError
            If an id is none of a bar that waits, or two are of one stamp.
        DataError
            If a bar to be accepted has no four finite prices.
        """
        return Written(*quarantine.resolve(self, ids, accept=accept))

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
        return snapshots.record(self.database, several(symbols), if_needed)

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
                found += damage(connection, *row)
        return found

    def close(self) -> None:
        """Close what is open; the store may be used again, it then opens anew."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport[1].close()
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
