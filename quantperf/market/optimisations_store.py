"""The store as an optimisation: a table with a row a bar, asked symbol by symbol, is the baseline.

It is registered as ``market.store`` and enabled at once: its proof are the tests. `benchmarks/store.py` compares with
an ORM and with well-kept rows, on more symbols.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from quantperf.database import Connection, Database
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import Bars
from quantperf.market.sample import sample
from quantperf.market.store import Store
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance

__all__ = ["Shelf", "in_columns", "in_rows", "register", "shelf"]

ROWS = (
    """
    CREATE TABLE stock(id INTEGER PRIMARY KEY, symbol TEXT NOT NULL UNIQUE);
    CREATE TABLE price(
        id INTEGER PRIMARY KEY, stock INTEGER NOT NULL, day INTEGER NOT NULL,
        open REAL, high REAL, low REAL, close REAL, volume REAL
    );
    CREATE UNIQUE INDEX price_stock_day ON price(stock, day);
    """,
)

Answers = tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True)
class Shelf:
    """The same bars in rows and in a store."""

    rows: Database
    store: Store


@lru_cache(1)
def shelf() -> Shelf:
    """Return the sample, kept both ways until the interpreter ends."""
    folder = Path(tempfile.mkdtemp(prefix="quantperf-"))
    made = Shelf(Database(folder / "rows.db"), Store(folder / "store"))
    atexit.register(_remove, made, folder)
    panel = sample()
    bars = {symbol: Bars.from_frame(panel.frame(symbol)) for symbol in sorted(panel.symbols)}
    made.store.write(bars)
    made.rows.migrate("rows", ROWS)
    with made.rows.writing() as connection:
        for number, (symbol, each) in enumerate(bars.items()):
            connection.execute("INSERT INTO stock VALUES (?, ?)", (number, symbol))
            connection.executemany(
                "INSERT INTO price(stock, day, open, high, low, close, volume) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(number, *row) for row in zip(each.stamps.tolist(), *each.values.tolist(), strict=True)],
            )
    return made


def _remove(made: Shelf, folder: Path) -> None:
    made.rows.close()
    made.store.close()
    shutil.rmtree(folder, ignore_errors=True)


def in_rows(kept: Shelf) -> Answers:
    """Return all bars, those of one symbol, and the last close of each, asked row by row.

    Returns
    -------
    panel, one, latest : ndarray
        ``(5, bars, symbols)``, ``(5, bars)`` of the first symbol, and ``(symbols,)``.
    """
    with kept.rows.reading() as connection:
        stocks = connection.execute("SELECT id FROM stock ORDER BY symbol").fetchall()
        histories = [_history(connection, stock["id"]) for stock in stocks]
        one = np.array(list(_history(connection, stocks[0]["id"]).values())).T
        latest = []
        for stock in stocks:
            last = connection.execute(
                "SELECT close FROM price WHERE stock = ? ORDER BY day DESC LIMIT 1", (stock["id"],)
            ).fetchone()
            latest.append(last["close"])
    days = sorted({day for history in histories for day in history})
    missing = [np.nan] * len(FIELDS)
    panel = np.array([[history.get(day, missing) for history in histories] for day in days])
    return np.moveaxis(panel, 2, 0), one, np.array(latest)


def _history(connection: Connection, stock: int) -> dict[int, list[float]]:
    """Return the values of each day of a stock."""
    rows = connection.execute("SELECT * FROM price WHERE stock = ? ORDER BY day", (stock,))
    return {row["day"]: [row[field] for field in FIELDS] for row in rows}


def in_columns(kept: Shelf) -> Answers:
    """Return what `in_rows` does, out of the store: a map, some chunks, and a table of one row a symbol."""
    panel = kept.store.panel()
    one = kept.store.read(panel.symbols[0]).values
    return panel.blocks, one, kept.store.latest()["close"].to_numpy()


def register() -> None:
    """Register the pair, with the sample as its case."""
    declare = optimise("market.store", inputs=[case("sample", shelf)], tol=Tolerance(rtol=0.0), tags={"market"})
    made = declare(in_rows)
    made.optimised(in_columns)
    made.adopt(why="equal by the tests of the store")
