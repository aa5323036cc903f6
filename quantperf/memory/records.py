"""What the memory monitor writes down of each call."""

from __future__ import annotations

import datetime as dt
from collections import deque
from dataclasses import asdict, dataclass, fields

import pandas as pd

__all__ = ["MB", "MemoryRecord", "MemoryRecords", "shown"]

MB = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRecord:
    """What a call took; None where it could not be measured, never 0 in its place.

    Attributes
    ----------
    name : str
        The function.
    kind : str
        ``"function"``, ``"coroutine"``, ``"generator"`` or ``"async generator"``.
    event_at, known_at : datetime
        When it first ran and when it ended (aware, UTC).
    seconds : float
        In which it ran; not those in which a coroutine waited or a generator was left alone.
    resumptions : int
        How often it was resumed; 1 for a function.
    before_bytes, peak_bytes, after_bytes : int or None
        Resident memory of the process before, at most meanwhile, and after.
    added_bytes, kept_bytes : int or None
        What the call added at most, and what it left behind; between two resumptions nothing is counted.
    traced_before_bytes, traced_peak_bytes, traced_after_bytes : int or None
        What Python's allocations held, with ``trace=True``.
    method : str
        ``"kernel"`` (the high-water mark) or ``"sampled"`` (each 10 ms, so that a short peak may be missed).
    overlapped : bool
        Whether another thread was measured meanwhile: resident memory belongs to the process, so both are counted.
    crossed : bool
        Whether more was added than the threshold.
    error : str or None
        The type of the exception that ended it; the exception itself goes on to the caller.
    """

    name: str
    kind: str
    event_at: dt.datetime
    known_at: dt.datetime
    seconds: float
    resumptions: int
    before_bytes: int | None
    peak_bytes: int | None
    after_bytes: int | None
    added_bytes: int | None
    kept_bytes: int | None
    traced_before_bytes: int | None
    traced_peak_bytes: int | None
    traced_after_bytes: int | None
    method: str
    overlapped: bool
    crossed: bool
    error: str | None


class MemoryRecords:
    """The last records, oldest first; what was dropped is counted.

    Attributes
    ----------
    dropped : int
        How many older ones are gone.
    """

    def __init__(self, most: int) -> None:
        self._ring: deque[MemoryRecord] = deque(maxlen=most)
        self.dropped = 0

    def add(self, record: MemoryRecord) -> None:
        """Add a record, and drop the oldest where there is no room."""
        self.dropped += len(self._ring) == self._ring.maxlen
        self._ring.append(record)

    def clear(self) -> None:
        """Forget all."""
        self._ring.clear()
        self.dropped = 0

    @property
    def last(self) -> MemoryRecord | None:
        """The newest, if there is one."""
        return self._ring[-1] if self._ring else None

    def __len__(self) -> int:
        return len(self._ring)

    def frame(self) -> pd.DataFrame:
        """Return one row a call, with the columns of `MemoryRecord`; bytes are missing where they are not known."""
        names = [each.name for each in fields(MemoryRecord)]
        frame = pd.DataFrame([asdict(each) for each in tuple(self._ring)], columns=names)
        counted = {name: "Int64" for name in names if name.endswith("_bytes")}
        stamps = dict.fromkeys(("event_at", "known_at"), "datetime64[us, UTC]")
        return frame.astype(counted | stamps)

    def __repr__(self) -> str:
        last = self.last
        what = "" if last is None else f", last {last.name} added {shown(last.added_bytes)} in {last.seconds:.3g} s"
        return f"MemoryRecords({len(self)} calls, {self.dropped} dropped{what})"

    def _repr_html_(self) -> str:
        return str(self.frame().to_html())


def shown(count: float | None) -> str:
    """Return bytes as they are read."""
    return "an unknown amount" if count is None else f"{count / MB:.1f} MB"
