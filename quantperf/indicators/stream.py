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

from quantperf.errors import DataError, StateMismatch
from quantperf.indicators import policies, rim, run
from quantperf.indicators.catalogue import CATALOG, Call, Indicator
from quantperf.indicators.plan import FloatArray
from quantperf.kernels import layout
from quantperf.kernels._jit import source_stamp
from quantperf.market.bars import Panel
from quantperf.market.columns import to_float64

MAGIC = b"QPSTREAM"
SCHEMA = 1
REPLAY = 8  # bars between two copies of the state, and the most that revising one replays


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
        Parameters of the indicator, `nan` and `convention`.

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
        self.symbols = None if symbols is None else tuple(_symbol(name) for name in symbols)
        if self.symbols is not None and len(set(self.symbols)) != len(self.symbols):
            twice = next(name for name in self.symbols if self.symbols.count(name) > 1)
            raise DataError(f"symbols must be unique, got {twice!r} twice")
        if self.symbols == ():
            raise DataError("symbols must name at least one symbol, got none; leave them out for a single series")
        self.revisable = revisable
        self._call: Call = indicator.resolve((), params)
        lanes = 1 if self.symbols is None else len(self.symbols)
        self.bars = 0
        self._held = _Held(self._call, len(indicator.inputs), lanes)
        self._slots = _Slots(len(indicator.inputs), lanes)
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
    def ready(self) -> bool:
        """Whether so many bars have come that every output can have a value."""
        return self.bars > max(self._call.lookbacks)

    @property
    def settled(self) -> bool:
        """Whether so many bars have come that the choice of seed weighs less than 1e-9."""
        return self.bars > self.indicator.settle(convention=self._call.convention, **self._call.params)

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
        if self._call.policy.kind in {"local", "raise"}:
            if self._call.policy.kind == "raise":
                self._held.refuse(self.indicator.inputs, taken, self.symbols)
            y = self.indicator.empty(taken[0].shape)
            infinite = run.over(self._call.plan, self._held.state, taken, y)[1]
            if infinite:
                rim.warn_of_infinities(self.indicator.inputs, taken)
        else:  # a policy moves symbols by different numbers of bars, so bar by bar
            taken = [run.finite(run.time_major(block)) for block in taken]
            y = self.indicator.empty(taken[0].shape)
            for t in range(taken[0].shape[0]):
                row = [block[t : t + 1] for block in taken]
                y[..., t : t + 1, :] = self._held.advance(self.indicator, self._call, row)
        self.bars += taken[0].shape[0]
        self._since.clear()
        if self.indicator.returns is None:
            return rim.wrap(y, source, self.indicator.name, None)
        return self.indicator.returns(
            *(rim.wrap(y[i], source, name, None) for i, name in enumerate(self.indicator.outputs))
        )

    def reset(self) -> None:
        """Forget all bars."""
        self._held = _Held(self._call, len(self.indicator.inputs), self._held.state.shape[1])
        self.bars = 0
        self._since.clear()

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

    def _refuse(self, held: _Held, rows: list[FloatArray]) -> None:
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
        if header["schema"] != SCHEMA:
            raise StateMismatch(
                f"this stream was saved under schema {header['schema']}, and this version reads {SCHEMA}"
            )
        indicator = CATALOG[header["indicator"]]
        if header["stamp"] != source_stamp():
            need = indicator.settle(convention=header["convention"], **header["params"])
            bars = f"the last {need:.0f} bars" if np.isfinite(need) else "all bars"
            raise StateMismatch(
                f"this stream was saved by other kernels ({header['stamp']}, now {source_stamp()}), so it would not "
                f"continue bit for bit; replay {bars} into a new one"
            )
        kind, limit = header["nan"]
        stream = cls(
            indicator,
            header["symbols"],
            revisable=header["revisable"],
            nan=policies.Policy(kind, limit),
            convention=header["convention"],
            **header["params"],
        )
        stream.bars = header["bars"]
        for array in stream._held.arrays():
            array[...] = np.load(body, allow_pickle=False)
        if stream._mark is not None and header["revisable_bar"]:
            for array in stream._mark.arrays():
                array[...] = np.load(body, allow_pickle=False)
            stream._since = [[run.read_only(np.load(body, allow_pickle=False)) for _ in indicator.inputs]]
        return stream

    def __reduce__(self) -> tuple[Any, ...]:
        return (Stream.from_bytes, (self.to_bytes(),))


class _Slots:
    """Room for the bars that a stream has still to keep, made once (500 symbols, four inputs: 4.4 -> 2.1 us a bar).

    What `take` returns holds until the next `take`, or, after `keep`, until `REPLAY` more bars have been kept.
    """

    def __init__(self, inputs: int, lanes: int) -> None:
        self._room = [np.empty((inputs, 1, lanes)) for _ in range(REPLAY + 1)]
        self._rows = [list(run.read_only(room)) for room in self._room]
        self._at = 0

    def take(self, row: tuple[Any, ...]) -> tuple[list[FloatArray], int]:
        """Copy a row of plain float64 arrays; return it as read-only blocks, and how many values are infinite."""
        return self._rows[self._at], layout.take_rows(row, self._room[self._at])

    def keep(self) -> None:
        """Take the next bar elsewhere."""
        self._at = self._at + 1 if self._at < REPLAY else 0


class _Held:
    """All that a stream remembers, as arrays: the kernel's state, and per symbol what its NaN policy needs."""

    def __init__(self, call: Call, inputs: int, lanes: int) -> None:
        self.state = call.start(lanes)
        self.fed = np.zeros(lanes, dtype=np.int64)  # bars the kernel has been given since its start
        self.gap = np.zeros(lanes, dtype=np.int64)  # missing bars in a row; -1 before the first bar
        self.gap[:] = -1
        self.fill = policies.LiveFill(inputs, lanes, call.policy.bars) if call.policy.kind == "ffill" else None

    def arrays(self) -> list[npt.NDArray[Any]]:
        """Return the arrays, in the order in which they are saved."""
        fill = [] if self.fill is None else [self.fill.last, self.fill.age]
        return [self.state, self.fed, self.gap, *fill]

    def take(self, other: _Held) -> None:
        """Become equal to another."""
        for mine, theirs in zip(self.arrays(), other.arrays(), strict=True):
            np.copyto(mine, theirs)

    def copy(self) -> _Held:
        """Return an equal one."""
        twin = object.__new__(_Held)
        twin.state, twin.fed, twin.gap = self.state.copy(), self.fed.copy(), self.gap.copy()
        twin.fill = None
        if self.fill is not None:
            twin.fill = policies.LiveFill(*self.fill.last.shape, self.fill.limit)
            twin.fill.last[...], twin.fill.age[...] = self.fill.last, self.fill.age
        return twin

    def refuse(self, names: Sequence[str], rows: Sequence[FloatArray], symbols: Sequence[str] | None) -> None:
        """Raise `DataError` for a bar that is missing after a symbol's first whole one."""
        whole, begun = ~policies.lacking(rows), self.gap >= 0
        since = np.logical_or.accumulate(whole, axis=0) | begun
        for name, row in zip(names, rows, strict=True):
            late = np.isnan(row) & since
            if late.any():
                lane = int(np.argwhere(late)[0][1])
                who = "" if symbols is None else f" of {symbols[lane]!r}"
                raise DataError(f"{name}{who} must hold no missing bars under nan='raise', but one is missing")
        self.gap[:] = np.where(begun | whole.any(axis=0), 0, -1)

    def advance(self, indicator: Indicator, call: Call, rows: list[FloatArray]) -> npt.NDArray[Any]:
        """Move on by one bar under the policy."""
        kind = call.policy.kind
        if kind == "local":
            return indicator.advance(call, self.state, rows)
        if kind == "raise":
            self.refuse(indicator.inputs, rows, None)
            return indicator.advance(call, self.state, rows)
        if kind == "ffill":
            assert self.fill is not None
            return indicator.advance(call, self.state, self.fill(rows))
        missing = policies.lacking(rows)[0]
        if kind == "skip":
            taking = ~missing
        else:
            fresh = ~missing & (self.gap > (call.policy.bars or 0))
            self.state[:, fresh] = call.column
            self.fed[fresh] = 0
            self.gap = np.where(missing, np.where(self.gap < 0, -1, self.gap + 1), 0)
            taking = self.gap >= 0  # a symbol is fed from its first bar on, so that its places are those of the batch
        return self._in_groups(indicator, call, rows, taking)

    def _in_groups(
        self, indicator: Indicator, call: Call, rows: list[FloatArray], taking: npt.NDArray[np.bool_]
    ) -> npt.NDArray[Any]:
        """Move the symbols that take this bar, those of one place together: places are a matter of bars fed."""
        lanes = len(taking)
        y = np.full((1, lanes) if indicator.returns is None else (len(indicator.outputs), 1, lanes), indicator.nothing)
        y = y.astype(indicator.dtype)
        for fed in np.unique(self.fed[taking]):
            members = np.flatnonzero(taking & (self.fed == fed))
            state = np.ascontiguousarray(self.state[:, members])
            some = [np.ascontiguousarray(row[:, members]) for row in rows]
            y[..., members] = indicator.advance(call, state, some)
            self.state[:, members] = state
        self.fed[taking] += 1
        return y


def _symbol(name: Any) -> str:
    if not isinstance(name, str):
        raise DataError(f"symbols must be strings, got {name!r}")
    return name
