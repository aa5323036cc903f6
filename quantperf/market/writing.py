"""What a write of bars needs: refusing what cannot be stored, batches, the list of symbols, and a look for damage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from quantperf.database import Commit, Connection
from quantperf.errors import DataError, StoreError
from quantperf.market import chunks, highs, hot, latest, panels
from quantperf.market.actions import record as record_actions
from quantperf.market.history import Action, Bars

__all__ = ["BASES", "SYMBOLS_A_COMMIT", "Written", "batches", "damage", "listed", "refuse", "write_in"]

BASES = ("raw", "splits", "total")
SYMBOLS_A_COMMIT = 500
FACTS = ("zone", "currency", "category", "decimals")

# What is derived from bars is brought up to date in the transaction that writes them.
DERIVED = (hot.after_write, latest.after_write, panels.after_write, highs.after_write)


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


def refuse(symbol: object, bars: Bars) -> None:
    """Raise a DataError for what cannot be stored."""
    if not isinstance(symbol, str) or not symbol.strip() or not symbol.isprintable():
        raise DataError(f"a symbol must be a printable str, got {symbol!r}")
    if not isinstance(bars, Bars):
        raise DataError(f"{symbol}: bars must be Bars, got {type(bars).__name__}; use Bars.from_frame or Store.add")
    back = bars.stamps[1:] <= bars.stamps[:-1]
    if back.any():
        raise DataError(f"{symbol}: stamps must be strictly ascending, bar {int(np.argmax(back)) + 1} is not later")
    if np.isfinite(bars.values).all():
        return
    if np.isinf(bars.values).any():
        raise DataError(f"{symbol}: values must be finite or missing, got an infinite one; drop that bar")
    if np.isnan(bars.values).all(axis=0).any():
        raise DataError(
            f"{symbol}: a bar must hold a value, got one that is all missing; drop it: absent is unknown too"
        )


def batches(bars: Mapping[str, Bars]) -> Iterator[dict[str, Bars]]:
    """Yield at most `SYMBOLS_A_COMMIT` symbols at a time."""
    items = iter(bars.items())
    while batch := dict(islice(items, SYMBOLS_A_COMMIT)):
        yield batch


def listed(
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


def damage(connection: Connection, id: int, symbol: str, number: int) -> list[str]:
    """Return what is wrong with the chunks of one symbol."""
    interval = next(each for each in chunks.INTERVALS.values() if each.number == number)
    try:
        bars, _ = chunks.known(connection, id, interval)
    except StoreError as error:
        return [f"{symbol}: {error}"]
    held = chunks.span(connection, id, interval)
    told = (int(bars.stamps[0]), int(bars.stamps[-1]), len(bars)) if len(bars) else None
    return [] if held == told else [f"{symbol}: span must be {told}, got {held}"]


def write_in(
    commit: Commit,
    bars: Mapping[str, Bars],
    *,
    basis: str,
    replace: bool = False,
    facts: Mapping[str, Mapping[str, object]] | None = None,
    actions: Mapping[str, Iterable[Action]] | None = None,
) -> list[chunks.Change]:
    """Write bars and actions in a transaction, and what is derived from them; return what changed.

    The arguments are those of `Store.write_in`.
    """
    numbers = listed(commit, bars, basis, facts or {})
    given = {symbol: each for symbol, each in (actions or {}).items() if symbol in numbers and each}
    told = {symbol for symbol, each in given.items() if record_actions(commit, numbers[symbol], each)}
    if replace:
        each_found = (chunks.replace(commit, numbers[symbol], symbol, each) for symbol, each in bars.items())
        found = [change for change in each_found if change is not None]
    else:
        found = chunks.merge_all(commit, bars, numbers)
    by_symbol = {change.symbol: change for change in found}
    for symbol in told:
        none = bars[symbol].rows(slice(0, 0))
        appended = by_symbol[symbol].appended if symbol in by_symbol else none
        by_symbol[symbol] = chunks.Change(numbers[symbol], symbol, none.interval, appended, rewritten=True)
    changes = list(by_symbol.values())
    for derive in DERIVED:
        derive(commit, changes)
    highs.after_actions(commit, [name for name in told if not bars[name].interval.daily])
    return changes
