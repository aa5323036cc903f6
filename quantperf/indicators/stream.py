"""Live indicators: a state of plain arrays that moves by one bar in one kernel call, for one symbol or for many.

It is the same kernel as in batch with one bar to a block, so its values equal the batch to the last bit, also after a
save and a restore. A state holds no code and no objects: it pickles, forks, and is saved as bytes with a header that
says what it is.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, QuantperfError, StateMismatch, did_you_mean
from quantperf.indicators import policies, rim, run
from quantperf.indicators.catalogue import CATALOG, Call, Indicator
from quantperf.indicators.held import REPLAY, Held, Slots
from quantperf.indicators.indicator import SETTLED
from quantperf.indicators.plan import FloatArray
from quantperf.kernels import layout
from quantperf.kernels._jit import source_stamp
from quantperf.market.bars import Panel
from quantperf.market.columns import to_float64

MAGIC = b"QPSTREAM"
SCHEMA = 2


class Stream:
    """The live form of an indicator for one symbol or for many; made by ``qp.rsi.stream(...)``.

    Parameters
    ----------
    indicator : Indicator
        What to compute.
    symbols : sequence of str, optional
        Symbols in the order of the rows that will come. Without, the stream has one symbol and takes numbers.
    revisable : bool, default True
        Whether the last bar can be revised; it costs a copy of the bar, and of the state every few bars.
    **params
        Parameters of the indicator, `nan`, `convention` and `mask_unsettled`.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> live = qp.ema.stream(symbols=["AAPL", "MSFT"], window=2)
    >>> for row in ([1.0, 10.0], [3.0, 20.0]):
    ...     values = live.update(np.array(row))
    >>> values.tolist()
    [2.0, 15.0]
    >>> restored = qp.Stream.from_bytes(live.to_bytes())
    >>> restored.update(np.array([3.0, 30.0])).tolist() == live.update(np.array([3.0, 30.0])).tolist()
    True
    """

    def __init__(
        self, indicator: Indicator, symbols: Sequence[str] | None = None, *, revisable: bool = True, **params: Any
    ) -> None:
        self.indicator = indicator
        self.symbols = None if symbols is None else _symbols(symbols)
        if self.symbols == ():
            raise DataError("symbols must name at least one symbol, got none; leave them out for a single series")
        self.revisable = revisable
        self._call: Call = indicator.resolve((), params)
        lanes = 1 if self.symbols is None else len(self.symbols)
        self.bars = 0
        self._held = Held(self._call, len(indicator.inputs), lanes)
        self._slots = Slots(len(indicator.inputs), lanes)
        # To revise a bar takes the state before it. A copy of the state each bar would cost more than the kernel, so
        # one is kept every REPLAY bars, with the bars since; the last of them can be revised.
        self._mark = self._held.copy() if revisable else None
        self._since: list[list[FloatArray]] = []

    def __repr__(self) -> str:
        who = "one symbol" if self.symbols is None else f"{len(self.symbols)} symbols"
        settings = ", ".join(f"{name}={value}" for name, value in self._call.params.items())
        return f"Stream({self.indicator.name}({settings}), {who}, {self.bars} bars)"

    @property
    def params(self) -> dict[str, float | int]:
        """Parameters of the indicator."""
        return dict(self._call.params)

    @property
    def ages(self) -> npt.NDArray[np.int64]:
        """Bars since each symbol joined; of those that the stream began with, since it began."""
        return self.bars - self._held.born

    @property
    def ready(self) -> bool:
        """Whether so many bars have come, also to the youngest symbol, that every output can have a value."""
        return int(self.ages.min()) > max(self._call.lookbacks)

    @property
    def settled(self) -> bool:
        """Whether so many bars have come, also to the youngest symbol, that its seed weighs less than 1e-9.

        What counts as settled is the number given as `mask_unsettled`, if there is one.
        """
        eps = SETTLED if self._call.masked is None else self._call.masked
        return int(self.ages.min()) > self.indicator.settle(eps, convention=self._call.convention, **self._call.params)

    # ---------------------------------------------------------------------------------------------------- moving

    def update(self, *row: Any, **named: Any) -> Any:
        """Take one bar, and return its values.

        Parameters
        ----------
        *row : array_like, shape (symbols,), or float
            One row per input, in the order of ``indicator.inputs``; or one mapping, Series or DataFrame that holds them
            under their names (a DataFrame has symbols as rows). With one input, a mapping from symbol to value will do.

        Returns
        -------
        float, ndarray (symbols,), or a named tuple of them
            NaN (for candlesticks -128) where there is no value yet, or the bar is missing. A Series over symbols comes
            back as a Series.
        """
        rows, index = self._rows(row, named)
        self._refuse(self._held, rows)
        if self._mark is not None:
            if not 0 < len(self._since) < REPLAY:
                self._mark.take(self._held)
                self._since.clear()
            self._since.append(rows)
            self._slots.keep()
        y = self._held.advance(self.indicator, self._call, rows)
        self.bars += 1
        return self._answer(y, index)

    def peek(self, *row: Any, **named: Any) -> Any:
        """Return what `update` would return, without taking the bar."""
        rows, index = self._rows(row, named)
        return self._answer(self._held.copy().advance(self.indicator, self._call, rows), index)

    def revise(self, *row: Any, **named: Any) -> Any:
        """Take the last bar back and this one in its place; for a bar that is still forming, or was corrected.

        Raises
        ------
        StateMismatch
            If there is no bar to revise (none has come, or the last ones came in one block), or the stream was made
            with ``revisable=False``.
        """
        if self._mark is None:
            raise StateMismatch("this stream keeps no bar to revise; make it with revisable=True")
        if not self._since:
            raise StateMismatch("there is no bar to revise; take one with update first")
        rows, index = self._rows(row, named)
        self._fold()
        self._refuse(self._mark, rows)
        self._held.take(self._mark)
        self._since = [rows]
        self._slots.keep()
        y = self._held.advance(self.indicator, self._call, rows)
        return self._answer(y, index)

    def _fold(self) -> None:
        """Move the mark to just before the last bar, so that revising that bar again costs one bar."""
        if self._mark is not None and len(self._since) > 1:
            for rows in self._since[:-1]:
                self._mark.advance(self.indicator, self._call, rows)
            del self._since[:-1]

    def update_many(self, *blocks: Any, **named: Any) -> Any:
        """Take many bars at once, and return their values as the kind of thing that came in.

        Parameters
        ----------
        *blocks : array_like, shape (bars,) or (bars, symbols)
            One per input, oldest first; or a Panel, or (for one symbol) a frame of bars.
        """
        data = blocks or tuple(named[name] for name in self.indicator.inputs)
        if len(data) == 1 and isinstance(data[0], Panel) and self.symbols is not None:
            data = (data[0][list(self.symbols)],)
        taken, source = rim.take(self.indicator.inputs, data, self.indicator.columns)
        lanes = self._held.state.shape[1]
        if taken[0].shape[1] != lanes:
            raise DataError(f"a block must have {lanes} symbols, got {taken[0].shape[1]}")
        if self.symbols is not None and source.columns is not None and tuple(source.columns) != self.symbols:
            raise DataError("a block must be in the order of the stream's symbols; use block[list(stream.symbols)]")
        if self._call.policy.kind == "raise":
            self._held.refuse(self.indicator.inputs, taken, self.symbols)
        y, infinite = self._held.advance_block(self.indicator, self._call, taken)
        if infinite:
            rim.warn_of_infinities(self.indicator.inputs, taken)
        self.bars += taken[0].shape[0]
        self._since.clear()
        if self.indicator.returns is None:
            return rim.wrap(y, source, self.indicator.name, None)
        return self.indicator.returns(
            *(rim.wrap(y[i], source, name, None) for i, name in enumerate(self.indicator.outputs))
        )

    def reset(self) -> None:
        """Forget all bars."""
        self._held = Held(self._call, len(self.indicator.inputs), self._held.state.shape[1])
        self.bars = 0
        self._since.clear()

    def join(self, symbols: Sequence[str] | str) -> None:
        """Take more symbols, after the present ones; each starts from nothing, and equals a batch of its own bars.

        The present symbols keep their states, bit for bit. The last bar can no longer be revised, since the new symbols
        have none.

        Parameters
        ----------
        symbols : str or sequence of str
            New names, in the order in which their values will follow those of the present symbols in a row.

        Raises
        ------
        DataError
            If a name is there already or twice, or the stream is one of a single series.

        Examples
        --------
        >>> import numpy as np, quantperf as qp
        >>> live = qp.sma.stream(symbols=["AAPL"], window=2)
        >>> values = live.update(np.array([1.0]))
        >>> live.join("MSFT")
        >>> live.update(np.array([3.0, 10.0])).tolist(), live.update(np.array([5.0, 30.0])).tolist()
        ([2.0, nan], [4.0, 20.0])
        """
        present = self._named("join")
        fresh = _symbols([symbols] if isinstance(symbols, str) else symbols)
        again = [name for name in fresh if name in present]
        if again:
            raise DataError(f"symbols that join must be new, but {again[0]!r} is there already; let it leave first")
        if not fresh:
            return
        self.symbols = (*present, *fresh)
        self._held.join(Held(self._call, len(self.indicator.inputs), len(fresh)), self.bars)
        self._slots = Slots(len(self.indicator.inputs), len(self.symbols))
        self._mark = self._held.copy() if self.revisable else None
        self._since.clear()

    def leave(self, symbols: Sequence[str] | str) -> None:
        """Let symbols go; the others keep their order and their states, bit for bit, and the last bar to revise.

        Parameters
        ----------
        symbols : str or sequence of str
            Names of present symbols; at least one other must stay.

        Raises
        ------
        DataError
            If a name is not there, none would stay, or the stream is one of a single series.

        Examples
        --------
        >>> import numpy as np, quantperf as qp
        >>> live = qp.sma.stream(symbols=["AAPL", "MSFT"], window=2)
        >>> values = live.update(np.array([1.0, 10.0]))
        >>> live.leave("AAPL")
        >>> live.symbols, live.update(np.array([30.0])).tolist()
        (('MSFT',), [20.0])
        """
        present = self._named("leave")
        gone = _symbols([symbols] if isinstance(symbols, str) else symbols)
        absent = [name for name in gone if name not in present]
        if absent:
            raise DataError(
                f"symbols that leave must be there, but {absent[0]!r} is not{did_you_mean(absent[0], present)}"
            )
        lanes = np.flatnonzero([name not in gone for name in present])
        if not len(lanes):
            raise DataError("at least one symbol must stay, but all would leave; drop the stream instead")
        self.symbols = tuple(present[lane] for lane in lanes)
        self._held.keep(lanes)
        self._slots = Slots(len(self.indicator.inputs), len(lanes))
        if self._mark is not None:
            if not self._since:
                self._mark = self._held.copy()
            else:
                self._mark.keep(lanes)
            self._since = [[run.read_only(np.ascontiguousarray(row[:, lanes])) for row in rows] for rows in self._since]

    def _named(self, use: str) -> tuple[str, ...]:
        if self.symbols is None:
            raise DataError(f"a stream of one series has no symbols to {use}; make it with symbols=[...]")
        return self.symbols

    def copy(self) -> Stream:
        """Return an independent stream in the same state."""
        return Stream.from_bytes(self.to_bytes())

    # ----------------------------------------------------------------------------------------------- rows in, out

    def _rows(self, row: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[list[FloatArray], pd.Index | None]:
        """Return one read-only row (1, lanes) per input."""
        inputs, lanes = self.indicator.inputs, self._held.state.shape[1]
        if len(row) == len(inputs) and not named:
            rows = self._plain_rows(row, lanes)
            if rows is not None:
                return rows, None
        index = None
        if named:
            row = (named,)
        by_symbol = len(inputs) == len(row) == 1 and isinstance(row[0], Mapping) and self.symbols is not None
        if by_symbol and row[0].keys() == set(self.symbols or ()):
            row = ([row[0][symbol] for symbol in self.symbols or ()],)
        if len(row) == 1 and (
            isinstance(row[0], Mapping | pd.DataFrame)
            or (lanes == 1 and isinstance(row[0], pd.Series) and tuple(row[0].index) != self.symbols)
        ):
            holder = {str(key).lower(): row[0][key] for key in row[0].keys()}  # noqa: SIM118 - a Series iterates values
            lacking = [name for name in inputs if name not in holder]
            if lacking:
                raise DataError(f"a bar must hold {', '.join(inputs)}, but {', '.join(lacking)} is not there")
            row = tuple(holder[name] for name in inputs)
        if len(row) != len(inputs):
            raise DataError(f"a bar must hold {', '.join(inputs)}, got {len(row)} of them")
        rows = []
        for name, item in zip(inputs, row, strict=True):
            if isinstance(item, pd.Series):
                index = self._same_symbols(item.index, name)
                item = to_float64(item, name)
            values = np.asarray(item)
            if values.dtype != np.float64:
                if values.dtype.kind not in "fiub":
                    raise DataError(f"{name} must be a number for each symbol, got {item!r}")
                values = values.astype(np.float64)
            if values.size != lanes or values.ndim > 1:
                raise DataError(f"{name} must be one number for each of {lanes} symbols, got shape {values.shape}")
            rows.append(np.array(values, order="C").reshape(1, lanes))  # a copy: a stream keeps its last bars
        return self._finite(rows), index

    def _plain_rows(self, row: tuple[Any, ...], lanes: int) -> list[FloatArray] | None:
        """Return plain float64 arrays, the most frequent row, by the shortest way; None for anything else."""
        shape = (lanes,)
        for item in row:
            if type(item) is not np.ndarray or item.dtype is not rim.F8 or item.shape != shape or item.strides != (8,):
                return None
        rows, infinite = self._slots.take(row)
        return self._finite([values.copy() for values in rows]) if infinite else rows

    def _finite(self, rows: list[FloatArray]) -> list[FloatArray]:
        """Return the rows, which are ours, as kernels want them."""
        for values in rows:
            values.setflags(write=False)
        if layout.survey(tuple(rows))[1]:
            rim.warn_of_infinities(self.indicator.inputs, rows)
            rows = [run.finite(values) for values in rows]
        return rows

    def _refuse(self, held: Held, rows: list[FloatArray]) -> None:
        """Raise for a missing bar under ``nan="raise"``, before anything has moved."""
        if self._call.policy.kind == "raise":
            held.copy().refuse(self.indicator.inputs, rows, self.symbols)

    def _same_symbols(self, index: pd.Index, name: str) -> pd.Index:
        if self.symbols is not None and tuple(index) != self.symbols:
            raise DataError(f"{name} must be in the order of the stream's symbols; use reindex(stream.symbols)")
        return index

    def _answer(self, y: npt.NDArray[Any], index: pd.Index | None) -> Any:
        if self.symbols is None:
            if self.indicator.returns is None:
                return y[0, 0].item()
            return self.indicator.returns(*y[:, 0, 0].tolist())
        if self.indicator.returns is None:
            return y[0] if index is None else pd.Series(y[0], index=index, name=self.indicator.name)
        if index is None:
            return self.indicator.returns(*y[:, 0])
        return self.indicator.returns(
            *(pd.Series(y[i, 0], index=index, name=name) for i, name in enumerate(self.indicator.outputs))
        )

    # ---------------------------------------------------------------------------------------------------- saving

    def to_bytes(self) -> bytes:
        """Return the stream as bytes: schema, what it computes, the stamp of the kernels, its state, a checksum."""
        self._fold()
        header = {
            "schema": SCHEMA,
            "stamp": source_stamp(),
            "indicator": self.indicator.name,
            "params": self._call.params,
            "convention": self._call.convention,
            "nan": [self._call.policy.kind, self._call.policy.bars],
            "mask_unsettled": self._call.masked or False,
            "symbols": self.symbols,
            "revisable": self.revisable,
            "bars": self.bars,
            "revisable_bar": bool(self._since),
        }
        text = json.dumps(header, separators=(",", ":")).encode()
        body = io.BytesIO()
        body.write(struct.pack("<I", len(text)) + text)
        for array in self._held.arrays():
            np.save(body, array, allow_pickle=False)
        if self._mark is not None and self._since:
            for array in (*self._mark.arrays(), *self._since[-1]):
                np.save(body, array, allow_pickle=False)
        content = body.getvalue()
        return MAGIC + struct.pack("<I", zlib.crc32(content)) + content

    @classmethod
    def from_bytes(cls, data: bytes) -> Stream:
        """Return the stream that `to_bytes` saved; it continues with the same bits.

        Raises
        ------
        StateMismatch
            If the bytes are not a whole saved stream, or were saved by other kernels.
        """
        start = len(MAGIC) + 4
        if data[: len(MAGIC)] != MAGIC or len(data) < start + 4:
            raise StateMismatch("these bytes are not a saved stream; pass what Stream.to_bytes gave")
        if zlib.crc32(data[start:]) != struct.unpack("<I", data[len(MAGIC) : start])[0]:
            raise StateMismatch("this saved stream is damaged: its checksum does not match; replay its bars instead")
        body = io.BytesIO(data[start:])
        header = json.loads(body.read(struct.unpack("<I", body.read(4))[0]))
        if header.get("schema") != SCHEMA:
            raise StateMismatch(
                f"this stream was saved under schema {header.get('schema')}, and this version reads {SCHEMA}; "
                f"replay {_replay(header)} into a new one"
            )
        if header["stamp"] != source_stamp():
            raise StateMismatch(
                f"this stream was saved by other kernels ({header['stamp']}, now {source_stamp()}), so it would not "
                f"continue bit for bit; replay {_replay(header)} into a new one"
            )
        indicator = CATALOG[header["indicator"]]
        kind, limit = header["nan"]
        stream = cls(
            indicator,
            header["symbols"],
            revisable=header["revisable"],
            nan=policies.Policy(kind, limit),
            convention=header["convention"],
            mask_unsettled=header["mask_unsettled"],
            **header["params"],
        )
        stream.bars = header["bars"]
        stream._held.put([np.load(body, allow_pickle=False) for _ in stream._held.arrays()])
        if stream._mark is not None and header["revisable_bar"]:
            stream._mark.put([np.load(body, allow_pickle=False) for _ in stream._mark.arrays()])
            stream._since = [[run.read_only(np.load(body, allow_pickle=False)) for _ in indicator.inputs]]
        return stream

    def __reduce__(self) -> tuple[Any, ...]:
        return (Stream.from_bytes, (self.to_bytes(),))


def _symbol(name: Any) -> str:
    if not isinstance(name, str):
        raise DataError(f"symbols must be strings, got {name!r}")
    return name


def _symbols(names: Sequence[str]) -> tuple[str, ...]:
    found = tuple(_symbol(name) for name in names)
    if len(set(found)) != len(found):
        twice = next(name for name in found if found.count(name) > 1)
        raise DataError(f"symbols must be unique, got {twice!r} twice")
    return found


def _replay(header: Mapping[str, Any]) -> str:
    """Return which bars make a new stream equal to the one of this header, as far as this version can tell."""
    try:
        need = CATALOG[header["indicator"]].settle(convention=header["convention"], **header["params"])
    except (QuantperfError, KeyError, TypeError):  # a header of another version: its indicator may be unknown here
        return "its bars"
    return f"the last {need + 1:.0f} bars" if np.isfinite(need) else "all bars"
