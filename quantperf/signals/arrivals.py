"""What comes into a stream of signals: rows of bars, and stamps whose meaning is fixed with the first one.

A batch can look at all its stamps to tell what they mean; a stream has seen one. So it decides on the first and is
held to that: a stamp that does not fit is refused, and never read in another way than those before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError, did_you_mean, one_of
from quantperf.indicators import run
from quantperf.indicators.plan import FloatArray
from quantperf.market.moments import ONE_DAY, closing_times, timeframe_of
from quantperf.market.sessions import CLOSE_TIME, STAMPS, Session, Stamps, are_dates, stamps_in
from quantperf.market.stamps import check_index
from quantperf.market.timeframes import length_of

__all__ = ["Moments", "rows_of"]


class Moments:
    """What the stamps of a stream mean, from the first one on.

    Parameters
    ----------
    stamps : {"open", "close", "session"}, optional
        By default what the first stamps tell: "close" for an index called close_time, "session" at midnight unless
        `bar` is shorter than a day, else "open".
    bar : str, optional
        The length of a bar; needed where stamps are openings.
    session : Session, optional
        When the session of a date closes.
    timeframe : str, optional
        The name of the timeframe; by default told by `bar`, without it "1day".
    """

    def __init__(
        self, stamps: Stamps | None, bar: str | None, session: Session | None, timeframe: str | None = None
    ) -> None:
        if stamps is not None and stamps not in STAMPS:
            raise one_of("stamps", STAMPS, stamps)
        if session is not None and not isinstance(session, Session):
            raise ParameterError(f"session must be a qp.Session, got {session!r}; such as qp.Session('09:30', '16:00')")
        if stamps == "open" and length_of(bar) is None:
            raise ParameterError(
                "bar must be told where stamps are openings, since a stream sees one; such as bar='5min'"
            )
        self.stamps, self.bar, self.session = stamps, bar, session
        self.timeframe = timeframe
        self.last: Any = None  # the stamp of the last bar

    def closes(self, index: pd.Index[Any]) -> pd.Index[Any]:
        """Return the closing times of new bars; nothing is kept of them before `keep`.

        Raises
        ------
        DataError
            If a stamp is not after the one before, is of another kind, or means another thing than those before.
        """
        check_index(index, "stamps")
        self._check_after(index)
        if not len(index) or index.dtype.kind in "iuf":
            return index
        found = stamps_in(index)
        meaning = self._meaning(found)
        if meaning == "session" and not are_dates(found):
            odd = next(stamp for stamp in found if stamp != stamp.normalize())
            raise DataError(
                f"stamps must be dates, as those before or as told, got {odd}; tell what they mean, such as "
                "stamps='open', bar='5min'"
            )
        if meaning == "open" and length_of(self.bar) is None:
            raise DataError(f"bar must be told where stamps are openings, such as {found[0]}; for instance bar='5min'")
        return closing_times(index, stamps=meaning, bar=self.bar, session=self.session)

    def keep(self, index: pd.Index[Any]) -> None:
        """Take bars for having come."""
        if not len(index):
            return
        if index.dtype.kind not in "iuf":
            self.stamps = self._meaning(stamps_in(index))
        if self.timeframe is None:
            self.timeframe = timeframe_of(index[:1], self.bar)
        self.last = index[-1]

    def copy(self) -> Moments:
        """Return an equal one."""
        twin = Moments(self.stamps, self.bar, self.session, self.timeframe)
        twin.last = self.last
        return twin

    def to_dict(self) -> dict[str, Any]:
        """Return what came of the stamps so far, as plain values."""
        last = self.last.isoformat() if isinstance(self.last, pd.Timestamp) else self.last
        timed = isinstance(self.last, pd.Timestamp)
        return {
            "stamps": self.stamps,
            "timeframe": self.timeframe,
            "last": last.item() if isinstance(last, np.generic) else last,
            "timed": timed,
        }

    def put(self, data: Mapping[str, Any]) -> None:
        """Take what `to_dict` gave."""
        self.stamps, self.timeframe = data["stamps"], data["timeframe"]
        self.last = pd.Timestamp(data["last"]) if data["timed"] else data["last"]

    def _meaning(self, index: pd.DatetimeIndex) -> Stamps:
        """Return what stamps mean: what was told, or what the first that came said."""
        if self.stamps is not None:
            return self.stamps
        if index.name == CLOSE_TIME:
            return "close"
        length = length_of(self.bar)
        return "session" if are_dates(index[:1]) and (length is None or length >= ONE_DAY) else "open"

    def _check_after(self, index: pd.Index[Any]) -> None:
        if self.last is None or not len(index):
            return
        stamp = index[0]
        if (isinstance(stamp, pd.Timestamp), getattr(stamp, "tz", None) is None) != (
            isinstance(self.last, pd.Timestamp),
            getattr(self.last, "tz", None) is None,
        ):
            raise DataError(f"a stamp must be of the kind of those before, {self.last!r}, got {stamp!r}")
        if not stamp > self.last:
            raise DataError(
                f"a stamp must be after that of the last bar, {self.last}, got {stamp}; to correct that bar, revise it"
            )


def rows_of(
    row: Any, symbols: Sequence[str] | None, fields: Sequence[str], wanted: Sequence[str] = ()
) -> dict[str, FloatArray]:
    """Return one bar of each symbol as read-only blocks (1, symbols) by field.

    Parameters
    ----------
    row : mapping, Series or DataFrame
        Of one symbol, numbers by the names of fields. Of many, a frame with symbols as rows (any order; one that is not
        there has no bar) and fields as columns; a mapping of symbols to bars; or a mapping of fields to numbers in the
        order of the symbols.
    symbols : sequence of str, optional
        None: one symbol.
    fields : sequence of str
        What is needed.
    wanted : sequence of str
        What is taken where it is there, and missing where it is not.

    Raises
    ------
    DataError
        If a field lacks, a symbol is strange, or a number is none.
    """
    if symbols is not None and _by_symbol(row, fields):
        row = pd.DataFrame({name: dict(bar) for name, bar in row.items()}).T
    if symbols is not None and isinstance(row, pd.DataFrame):
        strange = [name for name in row.index if name not in set(symbols)]
        if strange:
            raise DataError(
                f"symbols must be those of the stream, got {strange[0]!r}{did_you_mean(str(strange[0]), symbols)}"
            )
        if not row.index.is_unique:
            raise DataError(f"symbols must come once, got {row.index[row.index.duplicated()][0]!r} twice")
        row = row.reindex(list(symbols))
    if not isinstance(row, Mapping | pd.Series | pd.DataFrame):
        raise DataError(
            f"a bar must be a mapping, a Series or a frame of {', '.join(fields)}, got {type(row).__name__}"
        )
    holder = {str(key).lower(): row[key] for key in row.keys()}  # noqa: SIM118 - a Series iterates values
    lacking = [name for name in fields if name not in holder]
    if lacking:
        raise DataError(f"a bar must hold {', '.join(fields)}, but {', '.join(lacking)} is not there")
    lanes = 1 if symbols is None else len(symbols)
    nothing = np.full(lanes, np.nan)
    return {name: _row(name, holder.get(name, nothing), symbols) for name in dict.fromkeys((*fields, *wanted))}


def _by_symbol(row: Any, fields: Sequence[str]) -> bool:
    """Whether this is a mapping of symbols to bars, and not one of fields."""
    if not isinstance(row, Mapping) or {str(key).lower() for key in row} >= set(fields):
        return False
    return all(isinstance(bar, Mapping | pd.Series) for bar in row.values())


def _row(name: str, given: Any, symbols: Sequence[str] | None) -> FloatArray:
    lanes = 1 if symbols is None else len(symbols)
    if symbols is not None and isinstance(given, pd.Series | Mapping):
        given = pd.Series(given).reindex(list(symbols))
    if isinstance(given, pd.Series):
        given = pd.to_numeric(given).to_numpy(dtype=np.float64, na_value=np.nan)
    values = np.asarray(np.nan if given is None or given is pd.NA else given)
    if values.dtype.kind not in "fiu" or values.size != lanes or values.ndim > 1:
        raise DataError(f"{name} must be one number for each of {lanes} symbols, got {given!r}")
    row = run.finite(values.astype(np.float64).reshape(1, lanes))
    row.setflags(write=False)
    return row
