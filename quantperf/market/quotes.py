"""Quotes: a tick of a source, or the latest price of the store, with the session it belongs to and its levels."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from quantperf.database import Connection, moment_of, stamp_of
from quantperf.errors import ParameterError
from quantperf.market import actions, alerts, chunks, levels
from quantperf.market.alarm_events import Levels, Quote, Resolution
from quantperf.market.alarms import State
from quantperf.market.history import DAY_MS, INTERVALS

__all__ = ["Tick", "explained", "latest_tick", "quote_of"]

BY_NUMBER = {interval.number: interval for interval in INTERVALS.values()}


@dataclass(frozen=True, slots=True)
class Tick:
    """A price as a source tells it.

    Attributes
    ----------
    price : float
        The price; NaN if the source had none.
    at : datetime
        When it was the price (aware): by the market, not when it was fetched.
    volume : float, default NaN
        Of the session so far.
    serial : int, default 0
        Its place among ticks of the same millisecond, where the source orders them.
    """

    price: float
    at: dt.datetime
    volume: float = np.nan
    serial: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.at, dt.datetime) or self.at.tzinfo is None:
            raise ParameterError(f"at must be a moment with a time zone, got {self.at!r}; add tzinfo=datetime.UTC")


def quote_of(connection: Connection, symbol: str, tick: Tick, session: int | None) -> Quote:
    """Return a tick with what it is measured from: the session on the clock of its market, and the levels before it."""
    row = connection.execute("SELECT id, zone, category FROM sym WHERE symbol = ?", (symbol,)).fetchone()
    if session is None:
        wall = tick.at.astimezone(ZoneInfo(row["zone"]) if row is not None and row["zone"] else dt.UTC)
        session = (wall.date() - dt.date(1970, 1, 1)).days
    known = Levels() if row is None else levels.read(connection, row["id"], session)
    category = None if row is None else row["category"]
    return Quote(symbol, float(tick.price), stamp_of(tick.at), session, known, category, tick.serial)


def latest_tick(connection: Connection, symbol: str) -> tuple[Tick, int | None] | None:
    """Return the last price of a symbol that the store knows, with its session where it is a daily bar's.

    A daily bar is as old as the end of its session's date, or as the commit that brought it, if that was before.
    """
    found: list[tuple[Tick, int | None]] = []
    quote = alerts.latest_quote(connection, symbol)
    if quote is not None:
        found.append((Tick(quote[0], moment_of(quote[1]), quote[3]), quote[2]))
    rows = connection.execute(
        "SELECT interval, ts, c, v, zone, ledger.at FROM sym JOIN latest ON latest.sym = sym.id"
        " JOIN ledger ON ledger.seq = latest.seq WHERE symbol = ?",
        (symbol,),
    )
    for number, stamp, close, volume, zone, told in rows:
        interval = BY_NUMBER[number]
        if interval.daily:
            day = dt.datetime.fromordinal(dt.date(1970, 1, 1).toordinal() + stamp + 1)
            end = stamp_of(day.replace(tzinfo=ZoneInfo(zone) if zone else dt.UTC))
        else:
            end = stamp + interval.milliseconds
        price, traded = (np.nan if value is None else value for value in (close, volume))
        found.append((Tick(price, moment_of(min(end, told)), traded), stamp if interval.daily else None))
    return max(found, key=lambda each: each[0].at) if found else None


def explained(connection: Connection, state: State) -> list[Resolution]:
    """Return what a held move was, if the store knows: a split, or a session that ended without one."""
    held = state.held
    if held is None:
        return []
    row = connection.execute("SELECT id FROM sym WHERE symbol = ?", (state.symbol,)).fetchone()
    if row is None:
        return []
    base = held.first.levels.prev_close
    since = held.first.session - 1 if base is None else base.at // DAY_MS
    for action in actions.read(connection, row[0]):
        if action.kind == "split" and since < action.date <= held.latest.session:
            return [Resolution(state.symbol, "action", action.value)]
    span = chunks.span(connection, row[0], INTERVALS["1d"])
    return [Resolution(state.symbol, "real")] if span is not None and span[1] >= held.first.session else []
