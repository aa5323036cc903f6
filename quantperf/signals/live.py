"""Live signals: the states of indicators and rules move by a bar, and the records are those of the batch.

It is the program of the batch with a bar to a block, so ids and values are the same to the last bit, however the bars
were cut, and also after a save and a restore. A state is plain arrays: it pickles, forks, and is saved as bytes with a
header that says what it is.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError, StateMismatch, not_bars
from quantperf.indicators import policies, rim, run
from quantperf.indicators.plan import FloatArray
from quantperf.kernels._jit import source_stamp
from quantperf.market.bars import Panel
from quantperf.market.columns import DERIVED, derived
from quantperf.market.sessions import Session, Stamps
from quantperf.signals.arrivals import Moments, rows_of
from quantperf.signals.generator import policy_of
from quantperf.signals.listing import Bars, records_of
from quantperf.signals.marching import March
from quantperf.signals.program import compile_rules
from quantperf.signals.records import ONE_SYMBOL
from quantperf.signals.rule import Rule, Wanted

__all__ = ["SignalStream", "stream"]

MAGIC = b"QPSIGNAL"
SCHEMA = 1


def stream(
    symbols: str | Sequence[str] | None = None,
    rules: Wanted | Iterable[Wanted] | None = None,
    *,
    convention: str | None = None,
    nan: str | policies.Policy = "local",
    timeframe: str | None = None,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
    revisable: bool = True,
) -> SignalStream:
    """Return a stream that takes bars as they come and gives the signals of each, those of ``qp.signals(...)``.

    Parameters
    ----------
    symbols : str or sequence of str, optional
        One name: a stream of one symbol, whose bars are numbers by field. Several: bars of all of them at a time. By
        default one symbol without a name, as a frame has.
    rules, convention, nan
        As for ``qp.signals(...)``.
    timeframe : str, optional
        Name of the timeframe; by default told by `bar`, without it "1day" ("1bar" where bars are numbered).
    stamps, bar, session
        What the stamps mean; see `quantperf.market.moments.closing_times`. `bar` is needed where stamps are openings,
        as one stamp does not tell how long its bar is. Without `stamps` the first one decides, and later ones that do
        not fit are refused.
    revisable : bool, default True
        Whether the last bar can be revised; it costs a copy of the state each bar.

    Returns
    -------
    SignalStream

    Raises
    ------
    ParameterError, DataError
        As ``qp.signals(...)``.

    Examples
    --------
    >>> import quantperf as qp
    >>> bars = qp.sample("IBM")
    >>> live = stream("IBM", ["golden_cross", "dead_cross"])
    >>> past = live.update_many(bars.iloc[:-1])
    >>> len(live.update(bars.iloc[-1], at=bars.index[-1])), bool(live.counts.loc["golden_cross", "fired"] > 0)
    (0, True)
    """
    return SignalStream(
        symbols, rules, convention=convention, nan=nan, timeframe=timeframe, stamps=stamps, bar=bar, session=session,
        revisable=revisable,
    )  # fmt: skip


class SignalStream:
    """Live signals of one symbol or of many; made by `stream`, whose parameters it has.

    Attributes
    ----------
    symbols : tuple of str
        In the order of rows that are given as arrays.
    rules : tuple of Rule
        In the order in which they are tried.
    fields : tuple of str
        What a bar must hold.
    last : label, or None
        The stamp of the last bar.

    Examples
    --------
    >>> import quantperf as qp
    >>> panel = qp.sample()
    >>> live = stream(panel.symbols)
    >>> found = live.update_many(panel)
    >>> found["id"].tolist() == qp.signals(panel)["id"].tolist()
    True
    >>> SignalStream.from_bytes(live.to_bytes()).counts.equals(live.counts)
    True
    """

    def __init__(
        self,
        symbols: str | Sequence[str] | None = None,
        rules: Wanted | Iterable[Wanted] | None = None,
        *,
        convention: str | None = None,
        nan: str | policies.Policy = "local",
        timeframe: str | None = None,
        stamps: Stamps | None = None,
        bar: str | None = None,
        session: Session | None = None,
        revisable: bool = True,
    ) -> None:
        if timeframe is not None and (not isinstance(timeframe, str) or not timeframe):
            raise ParameterError(f"timeframe must be a name such as '1day', got {timeframe!r}")
        self._single = symbols is None or isinstance(symbols, str)
        self.symbols = _names(symbols)
        self._program = compile_rules(rules, convention)
        self.rules: tuple[Rule, ...] = self._program.rules
        self.fields = tuple(name for name in self._program.fields if name not in DERIVED)
        self._policy = policy_of(nan)
        self._told = (timeframe, stamps, bar, session)
        self.revisable = bool(revisable)
        self.reset()

    def __repr__(self) -> str:
        who = "one symbol" if self._single else f"{len(self.symbols)} symbols"
        return f"SignalStream({len(self.rules)} rules, {who}, {self._march.bars} bars, last {self.last})"

    @property
    def last(self) -> Any:
        """The stamp of the last bar, None before the first."""
        return self._moments.last

    @property
    def bars(self) -> int:
        """How many bars have come."""
        return self._march.bars

    @property
    def counts(self) -> pd.DataFrame:
        """On how many bars of all symbols each rule fired, was evaluated (true or false), and was unknown."""
        names = [rule.name for rule in self.rules]
        return pd.DataFrame(self._march.counts.copy(), index=names, columns=["fired", "evaluated", "unknown"])

    def reset(self) -> None:
        """Forget all bars."""
        timeframe, stamps, bar, session = self._told
        self._moments = Moments(stamps, bar, session, timeframe)
        self._march = March(self._program, self._policy, len(self.symbols))
        self._before: tuple[March, Moments] | None = None  # as they were before the last bar

    # ---------------------------------------------------------------------------------------------------- moving

    def update(self, row: Any, at: Any) -> pd.DataFrame:
        """Take one bar, and return the records of its signals.

        Parameters
        ----------
        row : mapping, Series or DataFrame
            Of one symbol, numbers by field. Of many, a frame with symbols as rows, where a symbol that is not there has
            no bar; a mapping of symbols to bars; or one of fields to numbers in the order of the symbols.
        at : label
            The stamp of the bar, after that of the last one.

        Returns
        -------
        DataFrame
            As ``qp.signals(...)``, the new records alone.

        Raises
        ------
        DataError
            If the row lacks a field, or the stamp is not after the last one, or of another kind; nothing has moved.
        """
        index, fields, volume = self._row(row, at)
        return self._taken(index, fields, volume)

    def peek(self, row: Any, at: Any) -> pd.DataFrame:
        """Return what `update` would return, without taking the bar."""
        index, fields, volume = self._row(row, at)
        return self._records(self._march.copy(), self._moments.copy(), index, fields, volume)

    def revise(self, row: Any) -> pd.DataFrame:
        """Take the last bar back and this one in its place; return all its records.

        For a bar that is still forming, or was corrected: its records replace those that it gave before.

        Raises
        ------
        StateMismatch
            If there is no bar to revise: none has come, the last came with others in one block, or the stream was made
            with ``revisable=False``.
        """
        if not self.revisable:
            raise StateMismatch("this stream keeps no bar to revise; make it with revisable=True")
        if self._before is None:
            raise StateMismatch("there is no bar to revise; take one with update first")
        march, moments = self._before
        index = self._index(self.last)
        fields, volume = self._fields(row, index)
        held, kept = march.copy(), moments.copy()
        records = self._records(held, kept, index, fields, volume)
        self._march, self._moments = held, kept
        return records

    def update_many(self, data: pd.DataFrame | Panel) -> pd.DataFrame:
        """Take many bars, and return the records of their signals.

        Parameters
        ----------
        data : DataFrame or Panel
            Bars of the one symbol, or a Panel with the symbols of the stream in any order, and no others.
        """
        if isinstance(data, Panel):
            if set(data.symbols) != set(self.symbols):
                strange = sorted(set(data.symbols) ^ set(self.symbols))
                raise DataError(
                    f"a panel must hold the symbols of the stream, and no others, but not so {strange[0]!r}"
                )
            data = data if data.symbols == self.symbols else data[list(self.symbols)]
        elif not rim.is_bars(data):
            raise not_bars("data", data)
        elif not self._single:
            raise DataError("data must be a Panel for a stream of many symbols, got a frame of bars; use update")
        names = self._program.fields
        blocks, _ = rim.take(names, (data,))
        if run.counts(blocks)[1]:
            rim.warn_of_infinities(names, blocks)
        fields = {name: run.time_major(run.finite(block)) for name, block in zip(names, blocks, strict=True)}
        there = isinstance(data, Panel) or any(str(label).lower() == "volume" for label in data.columns)
        volume = run.time_major(rim.take(("volume",), (data,))[0][0]) if there else np.full(blocks[0].shape, np.nan)
        return self._taken(data.index, fields, volume)

    def _taken(self, index: pd.Index[Any], fields: Mapping[str, FloatArray], volume: FloatArray) -> pd.DataFrame:
        """Take bars; what is kept of the time before them is kept only if they can be taken."""
        before = (self._march.copy(), self._moments.copy()) if self.revisable and len(index) == 1 else None
        records = self._records(self._march, self._moments, index, fields, volume)
        if len(index):
            self._before = before
        return records

    def _records(
        self, march: March, moments: Moments, index: pd.Index[Any], fields: Mapping[str, FloatArray], volume: FloatArray
    ) -> pd.DataFrame:
        """Move on, and return the records; nothing has moved where it raises."""
        closed = moments.closes(index)
        march.check(fields, self.symbols)
        moments.keep(index)
        made = march.move(fields, closed)
        # Names are made of the symbols alone that have signals here, which on a live bar may be few.
        lanes, lane = np.unique(made.found.lane, return_inverse=True)
        bars = Bars(
            index.take(made.places), made.closed, [self.symbols[at] for at in lanes], moments.timeframe or "1day",
            made.spread(fields["close"], lanes), made.spread(volume, lanes),
        )  # fmt: skip
        return records_of(replace(made.found, lane=lane), self._program, bars, made.began)

    def _row(self, row: Any, at: Any) -> tuple[pd.Index[Any], dict[str, FloatArray], FloatArray]:
        index = self._index(at)
        return index, *self._fields(row, index)

    def _index(self, at: Any) -> pd.Index[Any]:
        if at is None or isinstance(at, bool | np.bool_):
            raise DataError(f"at must be the stamp of the bar, or its number, got {at!r}")
        return pd.Index([at]) if isinstance(at, int | float | np.number) else pd.DatetimeIndex([at])

    def _fields(self, row: Any, index: pd.Index[Any]) -> tuple[dict[str, FloatArray], FloatArray]:
        rows = rows_of(row, None if self._single else self.symbols, self.fields, ("volume",))
        for name in self._program.fields:
            if name in DERIVED:
                rows[name] = run.read_only(np.broadcast_to(derived(name, index)[:, None], rows["close"].shape).copy())
        return rows, rows["volume"]

    # ---------------------------------------------------------------------------------------------------- saving

    def copy(self) -> SignalStream:
        """Return an independent stream in the same state."""
        return SignalStream.from_bytes(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the stream as bytes: schema, rules, the stamp of the kernels, its state, and a checksum."""
        timeframe, stamps, bar, session = self._told
        header = {
            "schema": SCHEMA,
            "stamp": source_stamp(),
            "symbols": self.symbols[0] if self._single else self.symbols,
            "rules": [asdict(rule) for rule in self.rules],
            "convention": self._program.convention,
            "nan": [self._policy.kind, self._policy.bars],
            "timeframe": timeframe,
            "stamps": stamps,
            "bar": bar,
            "session": _session_to(session),
            "revisable": self.revisable,
            "moments": self._moments.to_dict(),
            "bars": self._march.bars,
            "before": None if self._before is None else [self._before[0].bars, self._before[1].to_dict()],
        }
        text = json.dumps(header, separators=(",", ":")).encode()
        body = io.BytesIO()
        body.write(struct.pack("<I", len(text)) + text)
        for march in (self._march, *(() if self._before is None else self._before[:1])):
            for array in march.arrays():
                np.save(body, array, allow_pickle=False)
        content = body.getvalue()
        return MAGIC + struct.pack("<I", zlib.crc32(content)) + content

    @classmethod
    def from_bytes(cls, data: bytes) -> SignalStream:
        """Return the stream that `to_bytes` saved; it continues with the same bits.

        Raises
        ------
        StateMismatch
            If the bytes are not a whole saved stream, or were saved by another version.
        """
        header, body = _opened(data)
        kind, limit = header["nan"]
        made = cls(
            header["symbols"], [Rule(**rule) for rule in header["rules"]], convention=header["convention"],
            nan=policies.Policy(kind, limit), timeframe=header["timeframe"], stamps=header["stamps"],
            bar=header["bar"], session=_session_from(header["session"]), revisable=header["revisable"],
        )  # fmt: skip

        def read(march: March, bars: int) -> None:
            march.put([np.load(body, allow_pickle=False) for _ in march.arrays()], bars)

        made._moments.put(header["moments"])
        if header["before"] is not None:
            made._before = (made._march.copy(), made._moments.copy())
            made._before[1].put(header["before"][1])
        read(made._march, header["bars"])
        if made._before is not None:
            read(made._before[0], header["before"][0])
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (SignalStream.from_bytes, (self.to_bytes(),))


def _opened(data: bytes) -> tuple[dict[str, Any], io.BytesIO]:
    """Return the header of a saved stream, and what follows it."""
    start = len(MAGIC) + 4
    if data[: len(MAGIC)] != MAGIC or len(data) < start + 4:
        raise StateMismatch("these bytes are not a saved stream of signals; pass what SignalStream.to_bytes gave")
    if zlib.crc32(data[start:]) != struct.unpack("<I", data[len(MAGIC) : start])[0]:
        raise StateMismatch("this saved stream is damaged: its checksum does not match; replay its bars instead")
    body = io.BytesIO(data[start:])
    header: dict[str, Any] = json.loads(body.read(struct.unpack("<I", body.read(4))[0]))
    if header.get("schema") != SCHEMA:
        raise StateMismatch(
            f"this stream was saved under schema {header.get('schema')}, and this version reads {SCHEMA}; replay its "
            "bars into a new one"
        )
    if header["stamp"] != source_stamp():
        raise StateMismatch(
            f"this stream was saved by other kernels ({header['stamp']}, now {source_stamp()}), so it would not "
            "continue bit for bit; replay its bars into a new one"
        )
    return header, body


def _names(symbols: str | Sequence[str] | None) -> tuple[str, ...]:
    if symbols is None:
        return (ONE_SYMBOL,)
    names = (symbols,) if isinstance(symbols, str) else tuple(symbols)
    if not names:
        raise DataError("symbols must name at least one symbol, got none; leave them out for one without a name")
    strange = next((name for name in names if not isinstance(name, str)), None)
    if strange is not None:
        raise DataError(f"symbols must be strings, got {strange!r}")
    if len(set(names)) != len(names):
        raise DataError(f"symbols must be unique, got {next(n for n in names if names.count(n) > 1)!r} twice")
    return names


def _session_to(session: Session | None) -> dict[str, Any] | None:
    if session is None:
        return None
    early = {str(pd.Timestamp(date).date()): time for date, time in session.early.items()}
    return {"open": session.open, "close": session.close, "zone": session.zone, "early": early}


def _session_from(data: dict[str, Any] | None) -> Session | None:
    return None if data is None else Session(**data)
