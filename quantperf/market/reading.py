"""What can be read of a store: as it is, or as it was known at a commit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from quantperf.database import Database, moment_of, stamp_from
from quantperf.errors import ParameterError
from quantperf.market import actions, chunks, highs, hot, latest, quarantine, saved, snapshots
from quantperf.market.bars import Panel
from quantperf.market.history import INTERVALS, Bars, interval_of, stamp_at
from quantperf.market.panels import Panels, panel_of_chunks
from quantperf.news import archive

__all__ = ["Reader"]


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
        self.panels: Panels | None = None

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

    def actions(self, symbols: str | Iterable[str] | None = None) -> pd.DataFrame:
        """Return splits and dividends.

        Parameters
        ----------
        symbols : str or iterable of str, optional
            Whose; by default all.

        Returns
        -------
        DataFrame
            Columns symbol, date (the ex-date), kind and value: new shares for one old share, or the amount a share as
            it was paid.
        """
        with self.database.reading() as connection:
            return actions.table(connection, several(symbols), self.seq)

    def quarantined(self, symbols: str | Iterable[str] | None = None, *, resolved: bool = False) -> pd.DataFrame:
        """Return the bars that were refused and wait for a decision; see `Store.resolve`.

        Parameters
        ----------
        symbols : str or iterable of str, optional
            Whose; by default all.
        resolved : bool, default False
            Those too that are decided, with a column resolved: accepted, left or superseded.

        Returns
        -------
        DataFrame
            Indexed by id: symbol, interval, at (UTC), code (what is wrong), the five values, source and known_at.
        """
        with self.database.reading() as connection:
            return quarantine.table(connection, several(symbols), resolved=resolved, seq=self.seq)

    def flags(self, symbols: str | Iterable[str] | None = None) -> pd.DataFrame:
        """Return what is odd about stored bars: symbol, interval, at and code (of `quantperf.market.validation`)."""
        with self.database.reading() as connection:
            return quarantine.flags(connection, several(symbols), self.seq)

    def bars(
        self,
        symbol: str,
        start: Any = None,
        end: Any = None,
        *,
        interval: str = "1d",
        adjust: Literal["none", "splits", "total"] | None = None,
        provisional: bool = False,
    ) -> pd.DataFrame:
        """Return a symbol's final bars as an OHLCV frame.

        Parameters
        ----------
        symbol : str
            One that is stored.
        start, end : date-like, optional
            First and last stamp, both included; a moment without a zone is in UTC.
        interval : str, default "1d"
            Length of a bar.
        adjust : {"none", "splits", "total"}, optional
            Convert them by the stored splits and dividends: prices as traded, in today's shares, or with dividends put
            back in. As they are stored by default. See `quantperf.market.actions`.
        provisional : bool, default False
            With the bars of a session that has not ended behind them, and a column final. They have no past.

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
        if provisional and self.seq is not None:
            raise ParameterError("provisional bars must be read now, no version of them is kept; ask the store itself")
        with self.database.reading() as connection:
            id = chunks.symbol_id(connection, symbol)
            found = final = self.read(symbol, interval, start=start, end=end)
            if provisional:
                first, last = (
                    None if moment is None else stamp_at(name, moment, final.interval)
                    for name, moment in (("start", start), ("end", end))
                )
                found = hot.joined(final, hot.read(connection, id, final.interval, first, last))
            frame = actions.adjusted(connection, id, found, adjust, self.seq).frame()
        return frame.assign(final=np.arange(len(frame)) < len(final)) if provisional else frame

    def panel(
        self,
        symbols: Iterable[str] | None = None,
        start: Any = None,
        end: Any = None,
        *,
        interval: str = "1d",
        adjust: Literal["none", "splits", "total"] | None = None,
    ) -> Panel:
        """Return the final bars of many symbols, side by side.

        Parameters
        ----------
        symbols : iterable of str, optional
            Those to show, in their order; by default all with bars of that interval, in the order of their names.
        start, end : date-like, optional
            First and last stamp, both included; a moment without a zone is in UTC.
        interval : str, default "1d"
            Length of a bar.
        adjust : {"none", "splits", "total"}, optional
            Convert them by the stored splits and dividends, as `bars` does. As they are stored by default.

        Returns
        -------
        Panel
            One row for each stamp at which one of the symbols has a bar; NaN where another has none. All symbols come
            over a memory-mapped file that the processes of a host share, without a copy, and so do spans of them; some
            symbols are copied. What was known in the past, or is adjusted, is read from the chunks.

        Raises
        ------
        DataError
            If the store does not hold one of the symbols, or has no bars of that interval.
        ParameterError
            If a parameter is nothing of the kind.

        Examples
        --------
        >>> import tempfile
        >>> from quantperf.market.sample import sample
        >>> from quantperf.market.store import Store
        >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        ...     written = store.write({name: Bars.from_frame(sample(name)) for name in ("FB", "IBM")})
        ...     store.panel(), store.panel(["FB"])
        (Panel(2 symbols x 3270 bars, 2000-03-01 .. 2013-03-01), Panel(1 symbol x 196 bars, 2012-05-18 .. 2013-03-01))
        """
        what = interval_of(interval)
        first = None if start is None else stamp_at("start", start, what)
        last = None if end is None else stamp_at("end", end, what)
        if self.panels is not None and adjust is None:
            return self.panels.panel(several(symbols), what, first, last)
        with self.database.reading() as connection:
            return panel_of_chunks(connection, several(symbols), what, first, last, self.seq, adjust)

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
            return latest.table(connection, interval_of(interval), several(symbols), self.seq)

    def highs(self, symbols: Iterable[str] | None = None, basis: Literal["raw", "splits"] = "raw") -> pd.DataFrame:
        """Return the highest prices of each symbol: of all time, and of 52 weeks.

        Parameters
        ----------
        symbols : iterable of str, optional
            Those to tell; by default all.
        basis : {"raw", "splits"}, default "raw"
            As traded, or adjusted for splits.

        Returns
        -------
        DataFrame
            A row a symbol, from its final daily bars: symbol, source (of the bar), price, recorded_at (the session
            that reached it first), days_since_high (calendar days from there to the symbol's last session),
            previous_price and previous_at (the record before), high_52w, high_52w_at, low_52w, low_52w_at (sessions of
            the 364 days to the last one), as_of (the last session), known_at; open_session and open_high tell the
            highest price of a session that has not ended, which is not yet part of the others. Symbols of which no high
            is known are left out.

        Raises
        ------
        DataError
            If the store does not hold a symbol.
        ParameterError
            If `basis` is none of these.

        Examples
        --------
        >>> import tempfile
        >>> from quantperf.market.sample import sample
        >>> from quantperf.market.store import Store
        >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        ...     written = store.write({symbol: Bars.from_frame(sample(symbol)) for symbol in ("FB", "IBM")})
        ...     store.highs()[["symbol", "price", "recorded_at", "days_since_high"]]
          symbol   price recorded_at  days_since_high
        0     FB   45.00  2012-05-18              287
        1    IBM  211.79  2012-10-05              147
        """
        with self.database.reading() as connection:
            return highs.table(connection, several(symbols), basis, self.seq)

    def high_events(self, symbols: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the log of high records: each that was ever the highest known, and those that were taken back.

        Parameters
        ----------
        symbols : iterable of str, optional
            Those to tell; by default all.

        Returns
        -------
        DataFrame
            id, symbol, basis, kind ("record" or "retraction"), price, recorded_at, reason ("appended", "rewritten" or
            "action"), retracts (id of the record that is taken back, else missing), known_at. Nothing is ever deleted.
        """
        with self.database.reading() as connection:
            return highs.events(connection, several(symbols), self.seq)

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
        first = None if since is None else stamp_from("since", since)
        last = None if until is None else stamp_from("until", until)
        with self.database.reading() as connection:
            return saved.load(connection, kind, symbol, first, last, self.seq)

    def news(
        self, symbol: str | None = None, *, since: Any = None, until: Any = None, limit: int | None = None
    ) -> pd.DataFrame:
        """Return news stories, the one seen last first; a reader as of a moment knows none that was seen later.

        Parameters
        ----------
        symbol : str, optional
            Only stories that are tagged with it.
        since, until : date-like, optional
            Only stories first seen between two moments, both included; a moment without a zone is in UTC.
        limit : int, optional
            At most so many.

        Returns
        -------
        DataFrame
            See `quantperf.news.archive.news`.

        Raises
        ------
        ParameterError
            If `since` or `until` is no moment, or `limit` no number of stories.
        """
        return archive.news(self.database, symbol, since=since, until=until, limit=limit, seq=self.seq)

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
        return snapshots.taken(self.database, several(symbols), self.seq)

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
            return snapshots.recorded(connection, several(symbols), first, last, self.seq)

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
        return snapshots.summary(self.database, several(symbols), self.seq)


def several(symbols: Iterable[str] | None) -> list[str] | None:
    """Return symbols as a list; one name means itself, not its letters."""
    if symbols is None:
        return None
    return [symbols] if isinstance(symbols, str) else list(dict.fromkeys(symbols))
