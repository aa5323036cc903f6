"""From an answer of a source to rows of the store: what to ask for, what an answer is worth, and one whole commit.

`order` looks what is stored and says what to ask; `examine` validates an answer and splits it into final bars, the bar
of the session that goes on, and refused ones; `judge` puts the overlap rule to it; `settle` writes a batch. The verdict
is found anew within the commit, so what another process wrote in between counts.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from quantperf.database import Commit, Connection, moment_of
from quantperf.errors import CorruptChunk, Malformed, NotFound, OverlapMismatch, QuantperfError, SourceError
from quantperf.events import PriceChanged
from quantperf.market import actions, chunks, hot, quarantine
from quantperf.market.history import DAY_MS, Action, Bars, Interval, Parsed, Query
from quantperf.market.reconcile import OVERLAP, Verdict, finals, rebase, reconcile
from quantperf.market.validation import FLAG, REJECT, Code, MaskArray, codes, validate

if TYPE_CHECKING:
    from quantperf.market.store import Store

__all__ = ["SCHEMA", "Entry", "Examined", "Found", "Order", "examine", "judge", "note_asked", "order", "settle"]

SCHEMA = (
    """
    CREATE TABLE asked(
        sym INTEGER NOT NULL, interval INTEGER NOT NULL, first INTEGER NOT NULL, PRIMARY KEY(sym, interval)
    ) WITHOUT ROWID;
    """,
)

EARLIEST = -25_567  # 1900-01-01: from when on a symbol is asked for that is not stored, where nothing else is said
NEAR_DAYS = 40  # within which `OVERLAP` sessions lie, unless a symbol was suspended
RECENT_MS = 7 * DAY_MS  # the same for intraday bars, which few sources keep for longer
MISMATCH = "mismatch"
REVISED = Code.REVISED.name.lower()


@dataclass(frozen=True, slots=True)
class Order:
    """What to ask for of one symbol: the query, and its first and last stamp, both included."""

    query: Query
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """An answer, validated.

    Attributes
    ----------
    parsed : Parsed
        As the source gave it.
    final : Bars
        Those of sessions that are over, oldest first.
    flags : ndarray of uint32
        Of the final bars.
    open : Bars
        The one of the session that goes on, or none.
    refused : Bars
        Those that are not fit for use.
    codes : tuple of str
        Why each is not.
    """

    parsed: Parsed
    final: Bars
    flags: MaskArray
    open: Bars
    refused: Bars
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was found for one symbol: the answer, after an ``action`` that with the whole history, or an error."""

    symbol: str
    order: Order | None = None
    answer: Examined | None = None
    whole: Examined | None = None
    error: QuantperfError | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What became of one symbol; a row of the report."""

    symbol: str
    verdict: str
    fetched: int = 0
    added: int = 0
    revised: int = 0
    refused: int = 0
    flagged: int = 0
    actions: int = 0
    open: int = 0
    seq: int | None = None
    error: QuantperfError | None = None


def order(
    connection: Connection,
    symbol: str,
    interval: Interval,
    first: int | None,
    last: int | None,
    now: dt.datetime,
    *,
    whole: bool = False,
) -> Order:
    """Return what to ask for: only what is new with `OVERLAP` stored sessions, or all that was never asked for.

    Parameters
    ----------
    connection : sqlite3.Connection
        Inside a transaction.
    symbol, interval : str, Interval
        Of the bars.
    first, last : int or None
        Stamps that the user wants, both included.
    now : datetime
        Aware.
    whole : bool, default False
        Ask for everything from `first` on, whatever is stored.
    """
    moment = int(now.timestamp() * 1000.0)
    if last is None:  # a date begins first at UTC+14
        last = moment // DAY_MS + 1 if interval.daily else moment
    row = connection.execute(
        "SELECT id, asked.first AS first FROM sym LEFT JOIN asked ON asked.sym = id AND asked.interval = ?"
        " WHERE symbol = ?",
        (interval.number, symbol),
    ).fetchone()
    held = None if row is None else chunks.span(connection, row["id"], interval)
    if held is None:
        default = EARLIEST if interval.daily else moment - RECENT_MS
        return _order(symbol, interval, default if first is None else first, last)
    asked = held[0] if row["first"] is None else row["first"]
    near = min(last, held[1]) - NEAR_DAYS * (1 if interval.daily else DAY_MS)
    overlap = _overlap(chunks.read(connection, row["id"], interval, first=near), last)
    begin, end = overlap or _overlap(chunks.read(connection, row["id"], interval), last) or (held[0], held[1])
    if whole or (first is not None and first < asked):
        begin = min(begin, asked if first is None else first)
    return _order(symbol, interval, begin, max(last, end))


def whole_of(connection: Connection, before: Order, interval: Interval) -> Order:
    """Return the order for the whole history of a symbol whose stored bars are to be replaced."""
    id = chunks.symbol_id(connection, before.query.symbol)
    held = chunks.span(connection, id, interval)
    asked = connection.execute(
        "SELECT first FROM asked WHERE sym = ? AND interval = ?", (id, interval.number)
    ).fetchone()
    begins = [before.first, *([] if held is None else [held[0]]), *([] if asked is None else [asked[0]])]
    last = before.last if held is None else max(before.last, held[1])
    return _order(before.query.symbol, interval, min(begins), last)


def examine(parsed: Parsed, now: dt.datetime) -> Examined:
    """Return what an answer is worth."""
    zone = parsed.meta.get("zone")
    clock = zone if isinstance(zone, str) else None
    checked = validate(
        parsed.bars,
        now=now,
        zone=clock,
        tick=10.0**-parsed.decimals,
        positive=parsed.meta.get("category") != "futures",
    )
    kept, marks = checked.kept()
    told = parsed.meta.get("open")
    count = finals(kept, now, session_open=told if isinstance(told, bool) else None, zone=clock)
    rejected = checked.rejected
    reasons = tuple(",".join(codes(int(mask) & REJECT)) for mask in checked.mask[rejected])
    return Examined(
        parsed,
        kept.rows(slice(0, count)),
        marks[:count],
        kept.rows(slice(count, None)),
        parsed.bars.rows(rejected),
        reasons,
    )


def judge(connection: Connection, found: Found, interval: Interval) -> Verdict:
    """Return the verdict of the overlap rule on an answer, by what is stored now.

    Raises
    ------
    SourceError
        If there is nothing to judge: no bars at all, or bars on another basis than the stored ones.
    """
    answer, symbol = found.answer, found.symbol
    assert answer is not None  # what has none has an error, and is not judged
    assert found.order is not None
    row = connection.execute("SELECT id, basis FROM sym WHERE symbol = ?", (symbol,)).fetchone()
    held = None if row is None else chunks.span(connection, row["id"], interval)
    basis = answer.parsed.basis
    if row is None or held is None:
        if not len(answer.parsed.bars):
            start, end = found.order.query.start, found.order.query.end
            raise NotFound(f"the source has no bars of {symbol!r} from {start:%Y-%m-%d} to {end:%Y-%m-%d}")
        if row is None or row["basis"] == basis:
            return reconcile(answer.final.rows(slice(0, 0)), answer.final)
    if row["basis"] != basis:
        raise SourceError(
            f"{symbol} is stored on basis {row['basis']!r}, and the source serves {basis!r}; "
            "collect it from one source, or into another store"
        )
    last = found.order.last if not len(answer.open) else min(found.order.last, int(answer.open.stamps[0]) - 1)
    stored = chunks.read(connection, row["id"], interval, found.order.first, last)
    verdict = reconcile(
        stored,
        answer.final,
        decimals=answer.parsed.decimals,
        basis=basis,
        actions=answer.parsed.actions,
        recorded=actions.read(connection, row["id"]),
    )
    if verdict.kind == "action" and found.whole is not None:
        everything = chunks.read(connection, row["id"], interval)
        verdict = rebase(everything, found.whole.final, verdict, decimals=found.whole.parsed.decimals)
    return verdict


def settle(
    store: Store, interval: Interval, batch: Sequence[Found], *, source: str, run: str | None = None
) -> tuple[list[Entry], list[PriceChanged]]:
    """Write what was found, in one commit, and return a row of the report for each, and what to publish.

    Nothing new makes no commit. Damage of one symbol's chunks is the error of that symbol alone.
    """
    try:
        return _settle(store, interval, batch, source, run)
    except CorruptChunk as error:
        if len(batch) == 1:
            return [Entry(batch[0].symbol, "error", error=error)], []
    # Rolled back as a whole: one by one, only the damaged ones fail.
    each = [settle(store, interval, [found], source=source, run=run) for found in batch]
    return [entry for entries, _ in each for entry in entries], [event for _, events in each for event in events]


def note_asked(connection: Connection, interval: Interval, batch: Iterable[Found], entries: Iterable[Entry]) -> None:
    """Note from when on each symbol was asked for, where the answer was taken."""
    for found, entry in zip(batch, entries, strict=True):
        if entry.error is None and found.order is not None:
            connection.execute(
                "INSERT INTO asked SELECT id, ?, ? FROM sym WHERE symbol = ? ON CONFLICT(sym, interval)"
                " DO UPDATE SET first = excluded.first WHERE excluded.first < asked.first",
                (interval.number, found.order.first, entry.symbol),
            )


def _settle(
    store: Store, interval: Interval, batch: Sequence[Found], source: str, run: str | None
) -> tuple[list[Entry], list[PriceChanged]]:
    symbols = [found.symbol for found in batch]
    with store.database.commit("bars", source, run) as commit:
        before = _prices(commit.connection, interval, symbols)
        verdicts = [_verdict(commit.connection, found, interval) for found in batch]
        touched = _write_bars(store, commit, interval, batch, verdicts)
        entries = [
            _write_rest(commit, interval, found, verdict, source)
            for found, verdict in zip(batch, verdicts, strict=True)
        ]
        changed = [
            touched.get(entry.symbol, 0) > 0 or entry.refused > 0 or entry.flagged > 0 or entry.open > 0
            for entry in entries
        ]
        commit.void = not any(changed)
        after = _prices(commit.connection, interval, symbols)
    entries = [replace(entry, seq=commit.seq if new else None) for entry, new in zip(entries, changed, strict=True)]
    return entries, [] if commit.void else _events(before, after, interval, commit)


def _verdict(connection: Connection, found: Found, interval: Interval) -> Verdict | QuantperfError:
    """Return the verdict, or why there is none."""
    if found.error is not None:
        return found.error
    try:
        return judge(connection, found, interval)
    except (SourceError, CorruptChunk) as error:
        return error


def _write_bars(
    store: Store,
    commit: Commit,
    interval: Interval,
    batch: Sequence[Found],
    verdicts: Sequence[Verdict | QuantperfError],
) -> dict[str, int]:
    """Write bars and actions, and return how many actions or changes each symbol had."""
    groups: dict[tuple[str, bool], dict[str, Bars]] = defaultdict(dict)
    told: dict[str, list[Action]] = {}
    facts: dict[str, Mapping[str, object]] = {}
    for found, verdict in zip(batch, verdicts, strict=True):
        answer, symbol = found.answer, found.symbol
        if answer is None or isinstance(verdict, QuantperfError):
            continue
        parsed = answer.parsed
        facts[symbol] = {**parsed.meta, "decimals": parsed.decimals}
        if verdict.kind in ("mismatch", "action"):
            continue
        told[symbol] = [*parsed.actions, *(found.whole.parsed.actions if found.whole is not None else ())]
        told[symbol] += [verdict.split] if verdict.split is not None else []
        groups[parsed.basis, verdict.kind == "replace"][symbol] = verdict.bars
    touched: dict[str, int] = {}
    for (basis, anew), bars in groups.items():
        for change in store.write_in(commit, bars, basis=basis, replace=anew, facts=facts, actions=told):
            touched[change.symbol] = touched.get(change.symbol, 0) + 1
    return touched


def _write_rest(
    commit: Commit, interval: Interval, found: Found, verdict: Verdict | QuantperfError, source: str
) -> Entry:
    """Write what goes to quarantine, flags and the bar of the open session, and return what became of the symbol."""
    answer, symbol = found.answer, found.symbol
    if answer is None or isinstance(verdict, QuantperfError):
        error = verdict if isinstance(verdict, QuantperfError) else None
        return Entry(symbol, "error", 0 if answer is None else len(answer.parsed.bars), error=error)
    id = chunks.symbol_id(commit.connection, symbol)
    refused = quarantine.put(commit, id, answer.refused, answer.codes, source)
    if verdict.kind in ("mismatch", "action"):
        reason = verdict.reason or "the stored bars changed while the whole history was fetched; collect it again"
        refused += quarantine.put(commit, id, verdict.refused, [MISMATCH] * len(verdict.refused), source)
        where = f"; {len(verdict.refused)} bars are in store.quarantined()" if len(verdict.refused) else ""
        return Entry(
            symbol,
            "mismatch",
            len(answer.parsed.bars),
            refused=refused,
            error=OverlapMismatch(f"{symbol}: {reason}{where}"),
        )
    whole = answer if found.whole is None or verdict.kind != "replace" else found.whole
    quarantine.supersede(commit, id, interval, verdict.bars.stamps)
    told = np.isin(whole.final.stamps, verdict.bars.stamps) & (whole.flags != 0)
    marks: dict[int, Iterable[str]] = {
        int(stamp): codes(int(mask) & FLAG)
        for stamp, mask in zip(whole.final.stamps[told], whole.flags[told], strict=True)
    }
    marks.update({int(stamp): (*marks.get(int(stamp), ()), REVISED) for stamp in verdict.revised})
    flagged = quarantine.flag(commit, id, interval, marks)
    provisional = hot.keep(commit, id, answer.open)
    nothing = not len(verdict.bars) and not len(answer.open) and chunks.span(commit.connection, id, interval) is None
    unfit = Malformed(f"none of the {len(answer.refused)} bars of {symbol} is fit for use; see store.quarantined()")
    return Entry(
        symbol,
        verdict.kind,
        len(answer.parsed.bars),
        added=len(verdict.bars) - len(verdict.revised) if verdict.kind != "replace" else len(verdict.bars),
        revised=len(verdict.revised),
        refused=refused,
        flagged=flagged,
        actions=len(answer.parsed.actions),
        open=provisional,
        error=unfit if nothing else None,
    )


def _prices(connection: Connection, interval: Interval, symbols: Iterable[str]) -> dict[str, tuple[int, float, float]]:
    """Return stamp, close and volume of the latest bar of each symbol that has one."""
    wanted = set(symbols)
    rows = connection.execute(
        "SELECT symbol, ts, c, v FROM latest JOIN sym ON sym.id = latest.sym WHERE interval = ?", (interval.number,)
    )
    return {
        row["symbol"]: (row["ts"], np.nan if row["c"] is None else row["c"], np.nan if row["v"] is None else row["v"])
        for row in rows
        if row["symbol"] in wanted
    }


def _events(
    before: Mapping[str, tuple[int, float, float]],
    after: Mapping[str, tuple[int, float, float]],
    interval: Interval,
    commit: Commit,
) -> list[PriceChanged]:
    """Return an event for each latest price that is another than before."""
    events = []
    for symbol, (stamp, price, volume) in after.items():
        was = before.get(symbol)
        if np.isnan(price) or (was is not None and was[1] == price):
            continue
        ends = (stamp + 1) * DAY_MS if interval.daily else stamp + interval.milliseconds
        previous = np.nan if was is None else was[1]
        at = moment_of(min(ends, commit.at))
        events.append(PriceChanged(at=at, symbol=symbol, price=price, previous=previous, volume=volume, seq=commit.seq))
    return events


def _overlap(stored: Bars, last: int) -> tuple[int, int] | None:
    """Return the first and last stamp of `OVERLAP` sessions, the last ones until a stamp; None of fewer sessions."""
    days = stored.stamps if stored.interval.daily else stored.stamps // DAY_MS
    sessions = np.unique(days)
    if len(sessions) < OVERLAP:
        return None
    place = int(np.searchsorted(sessions, last if stored.interval.daily else last // DAY_MS, "right"))
    low = min(max(0, place - OVERLAP), len(sessions) - OVERLAP)
    high = low + OVERLAP - 1
    begin = int(stored.stamps[np.searchsorted(days, sessions[low], "left")])
    return begin, int(stored.stamps[np.searchsorted(days, sessions[high], "right") - 1])


def _order(symbol: str, interval: Interval, first: int, last: int) -> Order:
    """Return the order with its query: moments, from the first included to the last excluded."""
    unit, after = (DAY_MS, DAY_MS) if interval.daily else (1, 1)
    query = Query(symbol, moment_of(first * unit), moment_of(last * unit + after), interval.name)
    return Order(query, first, last)
