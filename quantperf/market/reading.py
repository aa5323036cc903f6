"""What can be read of a store: as it is, or as it was known at a commit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from quantperf.database import Database, moment_of
from quantperf.market import chunks, latest, saved, snapshots
from quantperf.market.history import INTERVALS, Bars, interval_of, stamp_at

__all__ = ["Reader"]

MOMENTS = INTERVALS["1m"]  # whose stamps are milliseconds


class Reader:
    """A store as it was known at some commit, or as it is.

    Every method reads one snapshot. Got by `Store.as_of`; a `Store` is the reader of what is known now.

    Attributes
    ----------
    database : Database
        Where it reads.
    seq : int or None
        The last commit that it knows; None for what is known now.
    """

    def __init__(self, database: Database, seq: int | None = None) -> None:
        self.database = database
        self.seq = seq

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that were ever written, in the order of their names."""
        limit = 2**62 if self.seq is None else self.seq
        with self.database.reading() as connection:
            rows = connection.execute("SELECT symbol FROM sym WHERE seq <= ? ORDER BY symbol", (limit,)).fetchall()
        return tuple(row[0] for row in rows)

    @property
    def known_at(self) -> dt.datetime | None:
        """When the last commit was made that this reader knows (aware, UTC); None before the first one."""
        seq = self.database.last_seq() if self.seq is None else self.seq
        return moment_of(int(str(self.database.ledger(seq)["at"]))) if seq else None

    def listing(self) -> pd.DataFrame:
        """Return one row a symbol and interval: what is stored of it.

        Returns
        -------
        DataFrame
            Columns symbol, interval, bars, first, last (UTC), basis, currency, zone and category; the last three are
            missing where no source told them. It is that of now, whatever the commit.
        """
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT symbol, interval, bars, first, last, basis, currency, zone, category FROM sym"
                " JOIN span ON span.sym = sym.id ORDER BY symbol, interval"
            ).fetchall()
        by_number = {each.number: each for each in INTERVALS.values()}
        names = ["symbol", "interval", "bars", "first", "last", "basis", "currency", "zone", "category"]
        frame = pd.DataFrame([tuple(row) for row in rows], columns=names)
        for name in ("first", "last"):
            milliseconds = [
                stamp * (by_number[number].milliseconds if by_number[number].daily else 1)
                for number, stamp in zip(frame["interval"], frame[name], strict=True)
            ]
            stamps = np.array(milliseconds, np.int64).astype("datetime64[ms]").astype("datetime64[us]")
            frame[name] = pd.DatetimeIndex(stamps).tz_localize("UTC")
        frame["interval"] = [by_number[number].name for number in frame["interval"]]
        return frame

    def read(self, symbol: str, interval: str = "1d", *, start: Any = None, end: Any = None) -> Bars:
        """Return a symbol's final bars as arrays.

        Parameters
        ----------
        symbol : str
            One that is stored.
        interval : str, default "1d"
            Length of a bar.
        start, end : date-like, optional
            First and last stamp, both included; a moment without a zone is in UTC.

        Raises
        ------
        DataError
            If the store does not hold `symbol`.
        ParameterError
            If `interval`, `start` or `end` is nothing of the kind.
        """
        what = interval_of(interval)
        first = None if start is None else stamp_at("start", start, what)
        last = None if end is None else stamp_at("end", end, what)
        with self.database.reading() as connection:
            return chunks.read(connection, chunks.symbol_id(connection, symbol), what, first, last, self.seq)

    def bars(self, symbol: str, start: Any = None, end: Any = None, *, interval: str = "1d") -> pd.DataFrame:
        """Return a symbol's final bars as an OHLCV frame.

        Parameters
        ----------
        symbol : str
            One that is stored.
        start, end : date-like, optional
            First and last stamp, both included; a moment without a zone is in UTC.
        interval : str, default "1d"
            Length of a bar.

        Returns
        -------
        DataFrame
            Open, high, low, close, volume; its index holds dates without a zone, or of intraday bars the moments at
            which they open, in UTC.

        Raises
        ------
        DataError
            If the store does not hold `symbol`.
        ParameterError
            If a parameter is nothing of the kind.

        Examples
        --------
        >>> import tempfile
        >>> from quantperf.market.sample import sample
        >>> from quantperf.market.store import Store
        >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        ...     written = store.write({"FB": Bars.from_frame(sample("FB"))})
        ...     store.bars("FB", "2013-02-27")["close"].tolist()
        [26.87, 27.25, 27.78]
        """
        return self.read(symbol, interval, start=start, end=end).frame()

    def latest(self, symbols: Iterable[str] | None = None, *, interval: str = "1d") -> pd.DataFrame:
        """Return the latest bar of each symbol.

        Parameters
        ----------
        symbols : iterable of str, optional
            Those to tell; by default all.
        interval : str, default "1d"
            Length of a bar.

        Returns
        -------
        DataFrame
            Indexed by symbol: open, high, low, close, volume, previous_close, at (stamp of the bar) and final (whether
            its session has ended). Symbols without a bar of that interval are left out.
        """
        with self.database.reading() as connection:
            return latest.table(connection, interval_of(interval), _several(symbols), self.seq)

    def saved(
        self, kind: str = "signals", *, symbol: str | None = None, since: Any = None, until: Any = None
    ) -> pd.DataFrame:
        """Return the records that were kept with `Store.save`.

        Parameters
        ----------
        kind : str, default "signals"
            Under which name they are kept.
        symbol : str, optional
            Only those of one symbol.
        since, until : date-like, optional
            Only those that were known between two moments, both included; a moment without a zone is in UTC.

        Returns
        -------
        DataFrame
            As saved, sorted by known_at, symbol and id; empty if there are none.

        Raises
        ------
        ParameterError
            If `since` or `until` is no moment.
        """
        first = None if since is None else stamp_at("since", since, MOMENTS)
        last = None if until is None else stamp_at("until", until, MOMENTS)
        with self.database.reading() as connection:
            return saved.load(connection, kind, symbol, first, last, self.seq)

    def snapshot(self, symbols: Iterable[str] | None = None) -> snapshots.Snapshot:
        """Return the latest final daily bar of each symbol that was known, and since when.

        Parameters
        ----------
        symbols : iterable of str, optional
            Those to tell; by default all. One that had no bar yet is left out.

        Raises
        ------
        DataError
            If the store does not hold a symbol.
        """
        return snapshots.taken(self.database, _several(symbols), self.seq)

    def snapshots(self, symbols: Iterable[str] | None = None, *, start: Any = None, end: Any = None) -> pd.DataFrame:
        """Return the snapshots that were recorded with `Store.snapshot`, one row a symbol, source and session.

        Parameters
        ----------
        symbols : iterable of str, optional
            Those to tell; by default all.
        start, end : date-like, optional
            First and last session, both included.

        Returns
        -------
        DataFrame
            With the columns of `Snapshot.frame`, in the order of symbols and sessions.

        Raises
        ------
        DataError
            If the store does not hold a symbol.
        ParameterError
            If `start` or `end` is no date.
        """
        first = None if start is None else stamp_at("start", start, INTERVALS["1d"])
        last = None if end is None else stamp_at("end", end, INTERVALS["1d"])
        with self.database.reading() as connection:
            return snapshots.recorded(connection, _several(symbols), first, last, self.seq)

    def snapshot_summary(self, symbols: Iterable[str] | None = None) -> pd.DataFrame:
        """Return where each symbol stands: the latest close, and high and low of the session before.

        Parameters
        ----------
        symbols : iterable of str, optional
            Those to tell; by default all. One that had no bar yet is left out.

        Returns
        -------
        DataFrame
            Indexed by symbol: latest_close, latest_snapshot_date, previous_high, previous_low, and has_complete_data
            (whether all of the three prices are known; 0.0 is a price).

        Raises
        ------
        DataError
            If the store does not hold a symbol.
        """
        return snapshots.summary(self.database, _several(symbols), self.seq)


def _several(symbols: Iterable[str] | None) -> list[str] | None:
    """Return symbols as a list; one name means itself, not its letters."""
    if symbols is None:
        return None
    return [symbols] if isinstance(symbols, str) else list(dict.fromkeys(symbols))
