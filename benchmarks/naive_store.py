"""Prices in rows, two ways: as a first version of a service keeps them, and as good SQL does.

`NaiveStore` is one ORM object a bar, one query a symbol, one commit a symbol. `TunedRows` is a table without a rowid,
clustered by symbol and day, one statement a question, plain tuples, a table of latest bars, and a pivot in numpy.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Date, Float, ForeignKey, Index, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS

__all__ = ["NaiveStore", "TunedRows"]

EPOCH = dt.date(1970, 1, 1)
YEAR = 365


class Base(DeclarativeBase):
    """Tables of the naive version."""


class Stock(Base):
    """A symbol."""

    __tablename__ = "stock"
    id: Mapped[int] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(unique=True)


class Price(Base):
    """A bar of a symbol."""

    __tablename__ = "price"
    __table_args__ = (Index("price_stock_date", "stock_id", "date", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    stock_id: Mapped[int] = mapped_column(ForeignKey("stock.id"))
    date: Mapped[dt.date] = mapped_column(Date)
    open: Mapped[float] = mapped_column(Float)
    high: Mapped[float] = mapped_column(Float)
    low: Mapped[float] = mapped_column(Float)
    close: Mapped[float] = mapped_column(Float)
    volume: Mapped[float] = mapped_column(Float)


class NaiveStore:
    """One object a bar, one query a symbol."""

    def __init__(self, path: Path, panel: Panel) -> None:
        self.engine = create_engine(f"sqlite:///{path}")
        Base.metadata.create_all(self.engine)
        days = [stamp.date() for stamp in panel.index]
        with sqlite3.connect(path) as connection:  # loading is not what is measured
            for number, symbol in enumerate(panel.symbols, start=1):
                connection.execute("INSERT INTO stock VALUES (?, ?)", (number, symbol))
                columns = [panel.block(field)[:, number - 1].tolist() for field in FIELDS]
                rows = zip([number] * len(days), map(str, days), *columns, strict=True)
                connection.executemany(
                    "INSERT INTO price(stock_id, date, open, high, low, close, volume) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    rows,
                )
        connection.close()

    def bars(self, symbol: str) -> pd.DataFrame:
        """Return the bars of a symbol."""
        with Session(self.engine) as session:
            stock = session.scalars(select(Stock).where(Stock.symbol == symbol)).one()
            prices = session.scalars(select(Price).where(Price.stock_id == stock.id).order_by(Price.date)).all()
            rows = [{field: getattr(price, field) for field in FIELDS} for price in prices]
            return pd.DataFrame(rows, index=pd.DatetimeIndex([price.date for price in prices], name="date"))

    def closes(self, symbols: Sequence[str]) -> pd.DataFrame:
        """Return the closes of symbols, a column each."""
        return pd.DataFrame({symbol: self.bars(symbol)["close"] for symbol in symbols})

    def last(self, symbol: str) -> Price:
        """Return the last bar of a symbol."""
        with Session(self.engine) as session:
            stock = session.scalars(select(Stock).where(Stock.symbol == symbol)).one()
            query = select(Price).where(Price.stock_id == stock.id).order_by(Price.date.desc()).limit(1)
            return session.scalars(query).one()

    def latest(self, symbols: Sequence[str]) -> dict[str, float]:
        """Return the last close of each symbol."""
        return {symbol: self.last(symbol).close for symbol in symbols}

    def high(self, symbol: str) -> float:
        """Return the highest price of the last year of a symbol."""
        since = self.last(symbol).date - dt.timedelta(days=YEAR - 1)
        with Session(self.engine) as session:
            stock = session.scalars(select(Stock).where(Stock.symbol == symbol)).one()
            prices = session.scalars(select(Price).where(Price.stock_id == stock.id, Price.date > since))
            return max(price.high for price in prices)

    def highs(self, symbols: Sequence[str]) -> dict[str, float]:
        """Return the highest price of the last year of each symbol."""
        return {symbol: self.high(symbol) for symbol in symbols}

    def append(self, day: dt.date, bars: dict[str, Sequence[float]]) -> None:
        """Write one bar a symbol, one symbol after the other."""
        for symbol, values in bars.items():
            with Session(self.engine) as session:
                stock = session.scalars(select(Stock).where(Stock.symbol == symbol)).one()
                session.add(Price(stock_id=stock.id, date=day, **dict(zip(FIELDS, values, strict=True))))
                session.commit()

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


class TunedRows:
    """Rows as good SQL keeps and reads them."""

    def __init__(self, path: Path, panel: Panel) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("page_size = 8192", "journal_mode = WAL", "synchronous = NORMAL", "mmap_size = 1073741824"):
            self.connection.execute(f"PRAGMA {pragma}").fetchall()
        self.connection.executescript("""
            CREATE TABLE sym(id INTEGER PRIMARY KEY, symbol TEXT UNIQUE);
            CREATE TABLE bar(sym INTEGER, ts INTEGER, o, h, l, c, v, PRIMARY KEY(sym, ts)) WITHOUT ROWID;
            CREATE TABLE latest(sym INTEGER PRIMARY KEY, ts INTEGER, o, h, l, c, v, previous_close);
        """)
        self.symbols = panel.symbols
        self.numbers = {symbol: number for number, symbol in enumerate(panel.symbols, start=1)}
        days = [(stamp.date() - EPOCH).days for stamp in panel.index]
        self.connection.execute("BEGIN")
        for symbol, number in self.numbers.items():
            self.connection.execute("INSERT INTO sym VALUES (?, ?)", (number, symbol))
            columns = [panel.block(field)[:, number - 1].tolist() for field in FIELDS]
            self.connection.executemany(
                "INSERT INTO bar VALUES (?, ?, ?, ?, ?, ?, ?)", zip([number] * len(days), days, *columns, strict=True)
            )
        self.connection.execute(
            "INSERT INTO latest SELECT sym, ts, o, h, l, c, v,"
            " (SELECT c FROM bar AS b WHERE b.sym = bar.sym AND b.ts = ?) FROM bar WHERE ts = ?",
            (days[-2], days[-1]),
        )
        self.connection.execute("COMMIT")

    def bars(self, symbol: str) -> pd.DataFrame:
        """Return the bars of a symbol."""
        rows = self.connection.execute(
            "SELECT ts, o, h, l, c, v FROM bar WHERE sym = (SELECT id FROM sym WHERE symbol = ?) ORDER BY ts", (symbol,)
        ).fetchall()
        values = np.array(rows)
        index = pd.DatetimeIndex(values[:, 0].astype("datetime64[D]").astype("datetime64[us]"), name="date")
        return pd.DataFrame(values[:, 1:], index=index, columns=list(FIELDS))

    def closes(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return the days, and the closes of all symbols, a column each."""
        rows = np.array(self.connection.execute("SELECT sym, ts, c FROM bar").fetchall())
        lanes = rows[:, 0].astype(np.int64) - 1
        days, places = np.unique(rows[:, 1].astype(np.int64), return_inverse=True)
        block = np.full((len(days), len(self.symbols)), np.nan)
        block[places, lanes] = rows[:, 2]
        return days, block

    def latest(self) -> pd.DataFrame:
        """Return the last bar of each symbol."""
        rows = self.connection.execute(
            "SELECT symbol, ts, o, h, l, c, v, previous_close FROM latest JOIN sym ON sym.id = latest.sym"
            " ORDER BY symbol"
        ).fetchall()
        frame = pd.DataFrame(rows, columns=["symbol", "ts", *FIELDS, "previous_close"]).set_index("symbol")
        frame["ts"] = pd.DatetimeIndex(frame["ts"].to_numpy().astype("datetime64[D]").astype("datetime64[us]"))
        return frame

    def highs(self) -> dict[str, float]:
        """Return the highest price of the last year of each symbol."""
        query = (
            "SELECT symbol, (SELECT max(h) FROM bar WHERE bar.sym = latest.sym AND bar.ts > latest.ts - ?)"
            " FROM latest JOIN sym ON sym.id = latest.sym"
        )
        return dict(self.connection.execute(query, (YEAR - 1,)).fetchall())

    def append(self, day: dt.date, bars: dict[str, Sequence[float]]) -> None:
        """Write one bar a symbol, in one transaction."""
        number = (day - EPOCH).days
        rows = [(self.numbers[symbol], number, *values) for symbol, values in bars.items()]
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany("INSERT OR REPLACE INTO bar VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self.connection.executemany(
            "UPDATE latest SET previous_close = c, ts = ?, o = ?, h = ?, l = ?, c = ?, v = ? WHERE sym = ?",
            [(*row[1:], row[0]) for row in rows],
        )
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
