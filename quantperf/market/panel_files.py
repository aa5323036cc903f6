"""The files of mapped panels: what is in them, how they are opened, and references to them.

`quantperf.market.panels` tells how they come to be.
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import pandas as pd

from quantperf.errors import StoreError
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import INTERVALS, Bars, Interval, StampArray

__all__ = ["ITEM", "Lanes", "Manifest", "Place", "StoreRef", "index_of", "replace_file", "rows_between"]

PAGE = 4096
ITEM = 8
OPEN_REFERENCES = 8  # maps that a process keeps open for references


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which rows of which generation are told of, and up to which commit."""

    store: str
    generation: str
    previous: str | None
    rows: int
    seq: int
    mark: str

    @classmethod
    def parse(cls, text: bytes) -> Manifest | None:
        """Return what a file holds; None if it is no manifest of this version."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Lanes:
    """What is fixed for a generation: its symbols with their numbers, and for how many rows there is room."""

    symbols: tuple[str, ...]
    ids: tuple[int, ...]
    capacity: int

    @property
    def begin(self) -> int:
        """Where the fields begin in the file."""
        return -(-self.capacity * ITEM // PAGE) * PAGE

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.begin + len(FIELDS) * self.capacity * len(self.symbols) * ITEM

    def offset(self, number: int, row: int) -> int:
        """Where a row of a field begins."""
        return self.begin + (number * self.capacity + row) * len(self.symbols) * ITEM


@dataclass(frozen=True, slots=True)
class StoreRef:
    """A reference to a mapped panel, small enough to be sent with every task; whoever gets it opens the same map.

    Got by `Store.reference`. The bytes that it refers to never change, whatever is written to the store.

    Attributes
    ----------
    path : str
        Folder of the store.
    token : tuple
        The panel's `cache_token`: store, interval, basis, generation, rows.
    fields : tuple of str
        The fields that the task reads.
    lanes : tuple of int, optional
        The columns that it reads; None for all.
    """

    path: str
    token: tuple[Any, ...]
    fields: tuple[str, ...] = FIELDS
    lanes: tuple[int, ...] | None = None

    def panel(self) -> Panel:
        """Return the panel, of the lanes that are referred to.

        Raises
        ------
        StoreError
            If its generation was dropped since: two are kept.
        """
        whole = _opened(self.path, self.token)
        return whole if self.lanes is None else whole[[whole.symbols[lane] for lane in self.lanes]]

    def arrays(self) -> dict[str, FloatArray]:
        """Return the fields that are referred to, each ``(bars, symbols)`` and read-only; without lanes, the map."""
        panel = self.panel()
        return {name: panel.block(name) for name in self.fields}


@dataclass(slots=True)
class Place:
    """The files of one interval and basis."""

    folder: Path
    store: str
    interval: Interval
    basis: str
    held: tuple[str, int, Panel] | None = field(default=None, repr=False)

    def manifest(self) -> Manifest | None:
        """Return what is told of; None where there are no files of this store."""
        try:
            found = Manifest.parse((self.folder / "manifest.json").read_bytes())
        except OSError:
            return None
        return found if found is not None and found.store == self.store else None

    def lanes(self, generation: str) -> Lanes | None:
        """Return what is fixed for a generation; None if its files are gone or cut short."""
        folder = self.folder / generation
        try:
            told = json.loads((folder / "lanes.json").read_bytes())
            lanes = Lanes(tuple(told["symbols"]), tuple(told["ids"]), told["capacity"])
            return lanes if (folder / "panel.bin").stat().st_size == lanes.size else None
        except (OSError, ValueError, KeyError):
            return None

    def mapped(self, generation: str, rows: int) -> Panel | None:
        """Return the panel over a map of the first rows of a generation; None if its files are gone."""
        held = self.held
        if held is not None and held[:2] == (generation, rows):
            return held[2]
        lanes = self.lanes(generation)
        if lanes is None:
            return None
        try:
            with (self.folder / generation / "panel.bin").open("rb") as file:
                view = mmap.mmap(file.fileno(), lanes.size, access=mmap.ACCESS_READ)
        except OSError:
            return None
        stamps: StampArray = np.ndarray((rows,), np.int64, buffer=view)
        shape = (len(FIELDS), lanes.capacity, len(lanes.symbols))
        block = np.ndarray(shape, np.float64, buffer=view, offset=lanes.begin)[:, :rows]
        token = (self.store, self.interval.name, self.basis, generation, rows)
        panel = Panel(block, index_of(stamps, self.interval), lanes.symbols, token)
        self.held = (generation, rows, panel)
        return panel

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Take the turn at building, and tell whether it was had; nobody waits for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Beside the folder, not in it: the folder may be deleted while somebody holds the lock.
        lock = filelock.FileLock(f"{self.folder.parents[1]}-{self.interval.name}-{self.basis}.lock", timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def tell(self, manifest: Manifest) -> None:
        """Replace the manifest."""
        text = json.dumps({name: getattr(manifest, name) for name in Manifest.__slots__})
        replace_file(self.folder / "manifest.json", text)

    def tidy(self, manifest: Manifest) -> None:
        """Remove the generations before the last two, and what a killed builder left."""
        for entry in self.folder.iterdir():
            if entry.is_dir() and entry.name not in (manifest.generation, manifest.previous):
                shutil.rmtree(entry, ignore_errors=True)  # another process may be at it too


@lru_cache(OPEN_REFERENCES)
def _opened(path: str, token: tuple[Any, ...]) -> Panel:
    """Return the panel that a token stands for; a process that gets many tasks opens a map once."""
    store, interval, basis, generation, rows = token
    place = Place(Path(path) / "panels" / interval / basis, store, INTERVALS[interval], basis)
    low, high = (0, rows) if isinstance(rows, int) else rows
    whole = place.mapped(generation, high)
    if whole is None:
        raise StoreError(
            f"generation {generation!r} of the panels in {path!r} is no longer there; "
            "take a new reference from store.panel()"
        )
    return rows_between(whole, low, high)


def index_of(stamps: StampArray, interval: Interval) -> pd.DatetimeIndex:
    """Return stamps as an index."""
    return Bars(interval, stamps, np.empty((len(FIELDS), len(stamps)))).index()


def replace_file(path: Path, text: str) -> None:
    """Write a file so that readers see all of the former one or all of this one, after a power failure too."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with fresh.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def rows_between(panel: Panel, low: int, high: int) -> Panel:
    """Return some rows of a mapped panel, over the same map."""
    if (low, high) == (0, len(panel)):
        return panel
    token = None if panel.cache_token is None else (*panel.cache_token[:-1], (low, high))
    return Panel(panel.blocks[:, low:high], panel.index[low:high], panel.symbols, token)
