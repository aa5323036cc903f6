"""Mapped panels: the bars of all symbols in a file of their own, which kernels read without a copy.

Such files are derived from the chunks and may be deleted at any time. ``panels/<interval>/<basis>/`` holds one folder a
generation and ``manifest.json``: which generation, how many of its rows, and up to which commit.

* A generation is one sparse file: stamps, then five blocks ``(rows, symbols)`` with room for more rows behind each. One
  map gives a `Panel` whose fields are each C-ordered; five files would take five maps and know nothing more.
* New bars go behind the rows that are told of, then the file is synced, then the manifest is replaced: older maps stay
  valid, and a process that is killed in between leaves rows of which nobody knows.
* Anything else (a new symbol, a bar corrected or late) makes a new generation. Each commit notes the first stamp that
  it touched, so a reader knows by one look-up whether the files are current, can be extended, or must be built.
* One process at a time extends or builds, others meanwhile read the chunks. The lock is one of the kernel's (`flock`),
  which a killed process cannot leave behind; a file made with O_EXCL would have to be told from a stale one.
* Two generations are kept, so that who has just read a manifest finds its file.

Measured with 500 symbols of ten years (`benchmarks/store.py`): all closes take 1.3 ms over the map and 52 ms out of the
chunks; the first panel after a day was appended, which extends the file, takes 15 ms.
"""

from __future__ import annotations

import json
import os
import uuid
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import numpy as np

from quantperf.database import Commit, Connection, Database
from quantperf.errors import DataError, ParameterError, QuantperfWarning, StoreError, one_of
from quantperf.market import chunks
from quantperf.market.actions import Adjust, adjusted
from quantperf.market.bars import Panel
from quantperf.market.blocks import Rows, block_of, block_of_bars, rows_of, slabs
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import Bars, Interval, StampArray
from quantperf.market.panel_files import ITEM, Lanes, Manifest, Place, StoreRef, index_of, replace_file, rows_between

__all__ = ["SCHEMA", "Panels", "after_write", "panel_of_chunks"]

SCHEMA = (
    """
    CREATE TABLE touched(
        interval INTEGER NOT NULL, seq INTEGER NOT NULL, first INTEGER NOT NULL, mark TEXT NOT NULL,
        PRIMARY KEY(interval, seq)
    ) WITHOUT ROWID;
    """,
)

ALL_BEFORE = -(2**62)  # the first stamp touched, when earlier bars changed
ROOM_ROWS = 256  # at least so many more bars fit into a generation
ROOM_SHARE = 8  # or this part of those that it is built with


def after_write(commit: Commit, changes: Sequence[chunks.Change]) -> None:
    """Note the first stamp that a commit touched, by interval.

    The mark tells the commit from any other of that number: the file may be put back to a former copy of itself, and
    what was derived from the commits in between must not be taken for derived from those that follow.
    """
    firsts: dict[int, int] = {}
    for change in changes:
        first = ALL_BEFORE if change.rewritten or not len(change.appended) else int(change.appended.stamps[0])
        number = change.interval.number
        firsts[number] = min(first, firsts.get(number, first))
    commit.connection.executemany(
        "INSERT INTO touched VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET first = min(first, excluded.first)",
        [(number, commit.seq, first, uuid.uuid4().hex) for number, first in firsts.items()],
    )


class Panels:
    """The mapped panels of a store.

    Parameters
    ----------
    database : Database
        Where the truth is.
    folder : Path
        Of the panels.
    store : str
        What tells the store from every other.
    """

    def __init__(self, database: Database, folder: Path, store: str) -> None:
        self._database = database
        self._folder = folder
        self._store = store
        self._places: dict[tuple[str, str], Place] = {}

    def panel(self, symbols: Sequence[str] | None, interval: Interval, first: int | None, last: int | None) -> Panel:
        """Return the panel of what is stored now, over a map where it can be."""
        place = self._place(interval, "none")
        told = place.manifest()  # before the snapshot: what it tells of is then in the snapshot too
        with self._database.reading() as connection:
            whole = None
            if told is not None and _touched(connection, interval, told) is None:
                whole = place.mapped(told.generation, told.rows)
            if whole is None and symbols is None:
                whole = self._renewed(connection, place)
            if whole is None:
                return panel_of_chunks(connection, symbols, interval, first, last)
            if symbols is not None:
                chunks.symbol_ids(connection, symbols)  # names those that the store does not hold
        part = rows_between(whole, *_between(whole, interval, first, last))
        return part if symbols is None else _chosen(part, symbols)

    def reference(self, panel: Panel, fields: Sequence[str], symbols: Sequence[str] | None) -> StoreRef:
        """Return a reference to a panel that this store served."""
        if panel.cache_token is None or panel.cache_token[0] != self._store:
            raise ParameterError("panel must be served by this store over its maps; take the one of store.panel()")
        for name in fields:
            if name not in FIELDS:
                raise one_of("fields", FIELDS, name)
        lanes = None if symbols is None else tuple(panel.lane(symbol) for symbol in symbols)
        return StoreRef(str(self._folder.parent), panel.cache_token, tuple(fields), lanes)

    def _place(self, interval: Interval, basis: str) -> Place:
        key = (interval.name, basis)
        if key not in self._places:
            self._places[key] = Place(self._folder / interval.name / basis, self._store, interval, basis)
        return self._places[key]

    def _renewed(self, connection: Connection, place: Place) -> Panel | None:
        """Extend or build the files, and return their panel; None if another process is at it, or they can't be."""
        numbers = _numbers(connection, place.interval)
        if not numbers:
            return None
        try:
            with place.turn() as mine:
                if not mine:
                    return None
                manifest = _extended(connection, place, numbers) or _built(connection, place, numbers)
        except OSError as error:
            warnings.warn(
                f"the mapped panels in {str(place.folder)!r} cannot be written ({error}), so bars are read from the "
                "chunks, which takes longer; make room there",
                QuantperfWarning,
                stacklevel=4,
            )
            return None
        return place.mapped(manifest.generation, manifest.rows)


def panel_of_chunks(
    connection: Connection,
    symbols: Sequence[str] | None,
    interval: Interval,
    first: int | None = None,
    last: int | None = None,
    seq: int | None = None,
    adjust: Adjust | None = None,
) -> Panel:
    """Return a panel in memory of its own, of what is stored now or was known at a commit; adjusted where asked."""
    numbers = chunks.symbol_ids(connection, symbols) if symbols is not None else _numbers(connection, interval, seq)
    if seq is None and symbols is None and adjust is None:
        columns = {id: column for column, id in enumerate(numbers.values())}
        stamps, block = block_of(connection, interval, columns, first, last)
    else:
        bars = {
            name: adjusted(connection, id, chunks.read(connection, id, interval, seq=seq), adjust, seq)
            for name, id in numbers.items()
        }
        if symbols is None:
            bars = {name: each for name, each in bars.items() if len(each)}
        numbers = {name: numbers[name] for name in bars}
        stamps, block = block_of_bars([_within(each, first, last) for each in bars.values()])
    if not numbers:
        raise DataError(f"a panel must have at least one symbol with {interval.name!r} bars, got none; collect some")
    block.flags.writeable = False
    return Panel(block, index_of(stamps, interval), numbers)


def _extended(connection: Connection, place: Place, numbers: dict[str, int]) -> Manifest | None:
    """Write new bars behind those of the last generation; None if it must be built anew."""
    told = place.manifest()
    lanes = None if told is None else place.lanes(told.generation)
    if told is None or lanes is None or (lanes.symbols, lanes.ids) != (tuple(numbers), tuple(numbers.values())):
        return None
    touched = _touched(connection, place.interval, told)
    if touched is None:
        return told  # another process has just done it
    path = place.folder / told.generation / "panel.bin"
    with path.open("r+b", buffering=0) as file:
        file.seek((told.rows - 1) * ITEM)
        end = int(np.frombuffer(file.read(ITEM), np.int64)[0])
        if touched.first <= end:
            return None
        columns = {id: column for column, id in enumerate(lanes.ids)}
        rows = rows_of(connection, place.interval, columns, end + 1)
        if told.rows + len(rows.stamps) > lanes.capacity:
            return None
        _fill(connection, place.interval, file, lanes, rows, told.rows, end + 1)
        os.fsync(file.fileno())
    manifest = Manifest(
        told.store, told.generation, told.previous, told.rows + len(rows.stamps), touched.seq, touched.mark
    )
    place.tell(manifest)
    return manifest


def _built(connection: Connection, place: Place, numbers: dict[str, int]) -> Manifest:
    """Write a new generation."""
    told = place.manifest()
    touched = _touched(connection, place.interval, None)
    if touched is None:
        raise StoreError(f"bars of {place.interval.name!r} are stored by no commit; restore the store from a copy")
    columns = {id: column for column, id in enumerate(numbers.values())}
    rows = rows_of(connection, place.interval, columns)
    count = len(rows.stamps)
    lanes = Lanes(tuple(numbers), tuple(numbers.values()), count + max(ROOM_ROWS, count // ROOM_SHARE))
    # Files may be deleted and built again, and tokens live on in caches: no two generations have one name.
    generation = f"{touched.seq}-{uuid.uuid4().hex[:12]}"
    folder = place.folder / generation
    folder.mkdir(parents=True)
    replace_file(
        folder / "lanes.json",
        json.dumps({"symbols": lanes.symbols, "ids": lanes.ids, "capacity": lanes.capacity}),
    )
    with (folder / "panel.bin").open("w+b", buffering=0) as file:
        file.truncate(lanes.size)
        _fill(connection, place.interval, file, lanes, rows, 0, None)
        os.fsync(file.fileno())
    previous = None if told is None else told.generation
    manifest = Manifest(place.store, generation, previous, count, touched.seq, touched.mark)
    place.tell(manifest)
    place.tidy(manifest)
    return manifest


def _fill(
    connection: Connection, interval: Interval, file: FileIO, lanes: Lanes, rows: Rows, begin: int, first: int | None
) -> None:
    """Write stamps and bars into the rows of a file from `begin` on."""
    # Written, not mapped: a full disk is then an error of the system call, where a map would end the process.
    _put(file, np.ascontiguousarray(rows.stamps), begin * ITEM)
    columns = {id: column for column, id in enumerate(lanes.ids)}
    for number, row, values in slabs(connection, interval, columns, rows, first):
        _put(file, np.ascontiguousarray(values), lanes.offset(number, begin + row))


def _put(file: FileIO, values: StampArray | FloatArray, offset: int) -> None:
    """Write all of an array at a place of a file."""
    left = values.data.cast("B") if values.size else memoryview(b"")
    file.seek(offset)
    while left:
        left = left[file.write(left) :]


@dataclass(frozen=True, slots=True)
class Touched:
    """The last commit that touched bars of an interval, and the first stamp that it and others since touched."""

    seq: int
    mark: str
    first: int


def _touched(connection: Connection, interval: Interval, told: Manifest | None) -> Touched | None:
    """Return what was touched since the commit that a manifest tells of; None if nothing was."""
    last = connection.execute(
        "SELECT seq, mark FROM touched WHERE interval = ? ORDER BY seq DESC LIMIT 1", (interval.number,)
    ).fetchone()
    if last is None or (told is not None and tuple(last) == (told.seq, told.mark)):
        return None
    first = ALL_BEFORE
    if told is not None:
        known = connection.execute(
            "SELECT mark FROM touched WHERE interval = ? AND seq = ?", (interval.number, told.seq)
        ).fetchone()
        if known is not None and known[0] == told.mark:
            first = connection.execute(
                "SELECT min(first) FROM touched WHERE interval = ? AND seq > ?", (interval.number, told.seq)
            ).fetchone()[0]
    return Touched(last[0], last[1], first)


def _numbers(connection: Connection, interval: Interval, seq: int | None = None) -> dict[str, int]:
    """Return the symbols with bars of an interval, by name; of a past commit, all that were listed by then."""
    if seq is not None:
        rows = connection.execute("SELECT symbol, id FROM sym WHERE seq <= ? ORDER BY symbol", (seq,)).fetchall()
    else:
        rows = connection.execute(
            "SELECT symbol, id FROM sym JOIN span ON span.sym = sym.id WHERE interval = ? ORDER BY symbol",
            (interval.number,),
        ).fetchall()
    return {row[0]: row[1] for row in rows}


def _within(bars: Bars, first: int | None, last: int | None) -> Bars:
    low = 0 if first is None else int(np.searchsorted(bars.stamps, first, "left"))
    high = len(bars) if last is None else int(np.searchsorted(bars.stamps, last, "right"))
    return bars.rows(slice(low, high))


def _between(panel: Panel, interval: Interval, first: int | None, last: int | None) -> tuple[int, int]:
    """Return the rows of a panel from one stamp to another, both included."""
    low, high = 0, len(panel)
    if first is not None:
        low = int(panel.index.searchsorted(index_of(np.array([first]), interval)[0], "left"))
    if last is not None:
        high = int(panel.index.searchsorted(index_of(np.array([last]), interval)[0], "right"))
    return low, max(low, high)


def _chosen(panel: Panel, symbols: Sequence[str]) -> Panel:
    """Return some symbols of a panel, over the stamps at which one of them has a bar."""
    held = [panel.symbols.index(symbol) if symbol in panel else -1 for symbol in symbols]
    block = panel.blocks[:, :, held]
    block[:, :, [column for column, lane in enumerate(held) if lane < 0]] = np.nan
    rows = np.flatnonzero(~np.isnan(block).all(axis=(0, 2)))
    block = np.ascontiguousarray(block[:, rows])
    block.flags.writeable = False
    return Panel(block, panel.index[rows], symbols)
