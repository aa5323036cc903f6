"""What a store does with its folder beside final bars: mapped panels, provisional bars, copies, exports."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from quantperf.database import Database
from quantperf.errors import StoreError, one_of
from quantperf.market import hot
from quantperf.market.bars import Panel
from quantperf.market.chunks import symbol_ids
from quantperf.market.columns import FIELDS
from quantperf.market.export import Exported, export
from quantperf.market.history import Bars, interval_of, stamp_at
from quantperf.market.panel_files import StoreRef
from quantperf.market.panels import Panels
from quantperf.market.reading import Reader
from quantperf.market.writing import BASES, Written, batches, listed, refuse, write_in

__all__ = ["Folder"]


class Folder(Reader):
    """The part of `Store` that is about its folder."""

    path: Path
    panels: Panels

    def reference(self, panel: Panel, fields: Iterable[str] = FIELDS, symbols: Iterable[str] | None = None) -> StoreRef:
        """Return a small reference to a mapped panel, to be sent to another process of this host.

        Parameters
        ----------
        panel : Panel
            From `panel`, of all symbols.
        fields : iterable of str, default all
            Those that the receiver reads.
        symbols : iterable of str, optional
            Those that the receiver reads; by default all.

        Returns
        -------
        StoreRef
            Whoever gets it opens the same bytes, whatever was written since; as long as the files are kept.

        Raises
        ------
        ParameterError
            If `panel` was not served by this store over its maps, or a field is none.
        """
        return self.panels.reference(panel, tuple(fields), None if symbols is None else tuple(symbols))

    def write_live(self, bars: Mapping[str, Bars], *, source: str = "live", basis: str = "raw") -> hot.Live:
        """Write bars of sessions that have not ended; they are read with ``bars(provisional=True)`` and `latest`.

        Parameters
        ----------
        bars : mapping of str to Bars
            By symbol; stamps strictly ascending. A bar that was written before is replaced.
        source : str, default "live"
            Where they come from; kept in the ledger.
        basis : {"raw", "splits", "total"}, default "raw"
            As of `Store.write`.

        Returns
        -------
        Live
            What was kept, and what was left out. Complete bars of the session before become final with the first bar
            of a new one.

        Raises
        ------
        DataError
            If bars cannot be stored; then nothing of the call is.

        Examples
        --------
        >>> import tempfile
        >>> from quantperf.market.sample import sample
        >>> from quantperf.market.store import Store
        >>> days = Bars.from_frame(sample("IBM").loc["2013-02-28":])
        >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        ...     written = store.write({"IBM": days.rows(slice(0, 1))})
        ...     live = store.write_live({"IBM": days})
        ...     store.bars("IBM", provisional=True)["final"].tolist(), live.kept, live.stale
        ([True, False], 1, ('IBM',))
        """
        if basis not in BASES:
            raise one_of("basis", BASES, basis)
        for symbol, each in bars.items():
            refuse(symbol, each)
        done = hot.Live()
        for batch in batches(bars):
            with self.database.commit("live", source) as commit:
                ids = listed(commit, batch, basis, {})
                stale = tuple(name for name, each in batch.items() if hot.is_stale(commit.connection, ids[name], each))
                kept = sum(hot.keep(commit, ids[symbol], each) for symbol, each in batch.items())
                folded, dropped = [], 0
                for interval in {each.interval for each in batch.values()}:
                    whole, lost = hot.earlier(commit, interval, list(ids.values()))
                    dropped += lost
                    for each_basis, found in hot.by_basis(commit.connection, whole).items():
                        folded += [change.symbol for change in write_in(commit, found, basis=each_basis)]
                commit.void = not (kept or dropped)
            seqs = () if commit.void else (commit.seq,)
            done = done.and_(hot.Live(seqs, kept, stale, tuple(folded), dropped))
        return done

    def fold(self, until: Any, *, interval: str = "1m") -> Written:
        """Make the complete provisional bars final: to be called when their session has ended.

        Parameters
        ----------
        until : date-like
            The last stamp that becomes final; a moment without a zone is in UTC.
        interval : str, default "1m"
            Length of a bar. Daily bars are never complete before their session ends: write the final one.

        Returns
        -------
        Written
            Bars of these symbols that were not complete by then are removed, so that they are fetched.
        """
        what = interval_of(interval)
        last = stamp_at("until", until, what)
        seqs: list[int] = []
        changed: list[str] = []
        with self.database.reading() as connection:
            names = [
                name
                for found in hot.by_basis(connection, hot.complete(connection, what, last)).values()
                for name in found
            ]
        for batch in batches(dict.fromkeys(names, Bars.empty(interval))):
            with self.database.commit("fold", "live") as commit:
                ids = set(symbol_ids(commit.connection, batch).values())
                whole = hot.complete(commit.connection, what, last, ids)
                for id in whole:
                    hot.forget(commit, id, what, last)
                for basis, found in hot.by_basis(commit.connection, whole).items():
                    changed += [change.symbol for change in write_in(commit, found, basis=basis)]
            seqs.append(commit.seq)
        return Written(tuple(seqs), tuple(changed), ())

    def export(
        self,
        how: Literal["parquet", "csv"],
        folder: str | os.PathLike[str],
        *,
        interval: str = "1d",
        symbols: str | Iterable[str] | None = None,
    ) -> Exported:
        """Write final bars to a file that other programs read.

        Parameters
        ----------
        how : {"parquet", "csv"}
            The format; Parquet needs the extra ``export``.
        folder : path-like
            Where ``bars-<interval>.<how>`` is written; a former one is replaced when the new one is whole.
        interval : str, default "1d"
            Length of a bar.
        symbols : str or iterable of str, optional
            Those to write; by default all.

        Returns
        -------
        Exported
            Path, and how many symbols and bars it holds. One row a bar: symbol, date (of intraday bars time, in UTC),
            open, high, low, close, volume; symbol after symbol. The file was read back and is, to the bit, what the
            store holds.

        Raises
        ------
        MissingLibrary
            If pyarrow is needed and not installed.
        StoreError
            If the file cannot be written, or did not give back what was written.

        Examples
        --------
        >>> import tempfile
        >>> from quantperf.market.sample import sample
        >>> from quantperf.market.store import Store
        >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        ...     written = store.write({"FB": Bars.from_frame(sample("FB"))})
        ...     done = store.export("csv", folder)
        ...     done.path.name, done.bars
        ('bars-1d.csv', 196)
        """
        names = [symbols] if isinstance(symbols, str) else None if symbols is None else list(symbols)
        return export(self, how, Path(folder), interval_of(interval), names)

    def copy(self, path: str | os.PathLike[str]) -> Path:
        """Write a copy of the whole store, as of one moment, and return its folder; others may read and write on.

        Parameters
        ----------
        path : path-like
            A folder that does not exist yet, or is empty.

        Raises
        ------
        StoreError
            If there is something already, or the copy cannot be written.

        Notes
        -----
        Copying ``store.db`` with the tools of the system can give a broken file: its last commits are in a second one.
        """
        target = Path(path).absolute()
        try:
            if target.exists() and any(target.iterdir()):
                raise StoreError(f"a copy needs a new folder, {str(target)!r} holds something; name another")
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"a copy cannot be written to {str(target)!r}: {error}") from error
        self.database.copy(target / "store.db")
        copied = Database(target / "store.db")
        with copied.writing() as connection:
            connection.execute("DELETE FROM meta WHERE key = 'id'")  # it goes its own way, under a number of its own
        copied.close()
        return target
