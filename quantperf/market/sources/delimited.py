"""Text of bars, with separators, to a frame: columns by name or order, and times that are told, never guessed.

Prices are read to the nearest float64. Measured against plain ``pandas.read_csv(parse_dates=...)`` on one core of a
shared machine (median of 5 rounds of ``python -m benchmarks.validation``): 100 000 rows of five
numbers take 70 to 90 ms against 17 to 38, as times stay text until their form is known; with days first the two are
equal within 20 %.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pandas as pd

from quantperf.errors import Malformed, ParameterError
from quantperf.market.columns import FIELDS

__all__ = ["MISSING", "Layout", "read_delimited", "times_of"]

MISSING = ("", ".", "-", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None")
ALIASES = {
    "o": "open", "h": "high", "l": "low", "c": "close", "v": "volume", "vol": "volume", "ticker": "symbol",
    "datetime": "time", "timestamp": "time",
}  # fmt: skip
HEAD = 65_536  # bytes in which the first two rows are looked for
SHOWN = 3  # rows that an error names
UNITS = ("s", "ms")
# Before 3.1 the parser of pandas is off by a last bit now and then, unless told not to be.
OLD_PANDAS = tuple(int(part) for part in pd.__version__.split(".")[:2]) < (3, 1)
EXACT: dict[str, Any] = {"float_precision": "round_trip"} if OLD_PANDAS else {}
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?)?")
OFFSET = re.compile(r"[T ].*(?:Z|[+-]\d{2}:?\d{2})$")
COMPACT = re.compile(r"(\d{8})(?:\.0)?")
PARTED = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2\d{4}(?:([ T])(\d{1,2}:\d{2}(?::\d{2}(\.\d+)?)?))?")


@dataclass(frozen=True)
class Layout:
    """How a file of text is written.

    Parameters
    ----------
    columns : mapping or sequence of str, optional
        Ours to the file's names, such as ``{"time": "Datum", "close": "Schluss"}``; or our names in the file's order
        ("" for a column to skip), for a file without a header. By default columns are found by their names in any
        case, and a date and a time in two columns are joined.
    dates : str, optional
        How times are written: "s" or "ms" since 1970, or a form of `datetime.strptime` such as "%d.%m.%Y %H:%M:%S.%f".
        By default ISO 8601, YYYYMMDD (also as 20240102.0), or day, month and year in the one order that fits all rows;
        where both orders fit, that is an error.
    zone : str, optional
        Of the clock by which times without an offset are told; needed for intraday bars.
    separator : str, default ","
        Between columns.
    decimal : str, default "."
        In numbers.
    missing : sequence of str, default `MISSING`
        What stands for a missing value.
    encoding : str, default "utf-8-sig"
        Of the text; a byte order mark is left out.

    Raises
    ------
    ParameterError
        If two parameters contradict each other.
    """

    columns: Mapping[str, str] | Sequence[str] | None = None
    dates: str | None = None
    zone: str | None = None
    separator: str = ","
    decimal: str = "."
    missing: Sequence[str] = MISSING
    encoding: str = "utf-8-sig"

    def __post_init__(self) -> None:
        if len(self.separator) != 1 or len(self.decimal) != 1 or self.separator == self.decimal:
            raise ParameterError(
                f"separator and decimal must be two different characters, got {self.separator!r} and {self.decimal!r}"
            )
        if self.dates is not None and self.dates not in UNITS and "%" not in self.dates:
            raise ParameterError(
                f"dates must be 's', 'ms' or a form such as '%d.%m.%Y %H:%M:%S.%f', got {self.dates!r}"
            )
        if isinstance(self.columns, str):
            raise ParameterError(f"columns must be a mapping or a sequence of names, got {self.columns!r}")


def read_delimited(source: Path | IO[bytes], layout: Layout, *, daily: bool, where: str = "") -> pd.DataFrame:
    r"""Return a frame of bars over their times, in the order of the text, with a column symbol if it has one.

    Parameters
    ----------
    source : Path or binary stream
        What to read.
    layout : Layout
        How it is written.
    daily : bool
        Whether times are dates: then what a row says of hours and offset does not change its date.
    where : str, optional
        Name for messages; that of the file by default.

    Raises
    ------
    Malformed
        If columns are missing, values are no numbers or times cannot be told; the message names rows, the first below
        a header being row 2.

    Examples
    --------
    >>> import io
    >>> text = io.BytesIO(b"Date;Close;High;Low;Open\n31.01.2024;2,5;3;.;2\n")
    >>> read_delimited(text, Layout(separator=";", decimal=","), daily=True).iloc[0].tolist()
    [2.0, 3.0, nan, 2.5, nan]
    """
    where = where or (source.name if isinstance(source, Path) else "text")
    ordered = layout.columns is not None and not isinstance(layout.columns, Mapping)
    try:
        names, beyond = _labels(_first_rows(source, layout), layout)
        found = pd.read_csv(
            source, sep=layout.separator, decimal=layout.decimal, na_values=list(layout.missing),
            keep_default_na=False, encoding=layout.encoding, header=None if ordered else 0, names=names,
            index_col=False, low_memory=False, skipinitialspace=True, dtype=_texts_in(names, layout), **EXACT,
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, csv.Error, ValueError) as error:
        raise Malformed(f"{where} must be text in columns, separated by {layout.separator!r}: {error}") from error
    if beyond and found.iloc[:, -beyond:].notna().any(axis=None):
        raise Malformed(f"{where} must have a label for each column, got {len(names) - beyond} for {len(names)}")
    found = found.iloc[:, : len(names) - beyond]
    first_row = 1 if ordered else 2
    named = _named(found, layout, where)
    index = times_of(_told_times(named, where), layout, daily=daily, where=where, first_row=first_row)
    frame = pd.DataFrame(index=index)
    for name in FIELDS:
        frame[name] = _values_of(named, name, where, first_row)
    if "symbol" in named:
        frame["symbol"] = named["symbol"].to_numpy()
    return frame


def _labels(first: list[list[str]], layout: Layout) -> tuple[list[str], int]:
    """Return a name for each column, and how many of them are beyond the header.

    pandas would drop a row's cells beyond the header, with a warning where it is the first row: they get names.
    """
    told = layout.columns if layout.columns is not None and not isinstance(layout.columns, Mapping) else None
    labels = [label.strip() for label in (first[0] if told is None and first else told or [])]
    beyond = max([len(row) - len(labels) for row in first] + [0])
    return [label or f"skipped {place}" for place, label in enumerate([*labels, *[""] * beyond])], beyond


def _texts_in(names: list[str], layout: Layout) -> dict[str, type[str]]:
    """Return which columns are left as they are written: 20240102.0 is no number, and 007 is a symbol."""
    ours = {label: name for name, label in layout.columns.items()} if isinstance(layout.columns, Mapping) else {}
    wanted = {"time", "date", "symbol"}
    return {label: str for label in names if ours.get(label, _ours(label)) in wanted}


def _first_rows(source: Path | IO[bytes], layout: Layout) -> list[list[str]]:
    """Return the first two rows that are not blank, and leave a stream where it was."""
    if isinstance(source, Path):
        with source.open("rb") as stream:
            head = stream.read(HEAD)
    else:
        start = source.tell()
        head = source.read(HEAD)
        source.seek(start)
    lines = head.decode(layout.encoding, "replace").splitlines(keepends=True)
    rows = csv.reader(lines, delimiter=layout.separator, skipinitialspace=True)
    return list(islice((row for row in rows if len(row) > 1 or "".join(row).strip()), 2))


def _ours(label: str) -> str:
    """Return what we call a column."""
    plain = label.strip().strip("<>").lower()
    return ALIASES.get(plain, plain)


def _named(found: pd.DataFrame, layout: Layout, where: str) -> dict[str, pd.Series[Any]]:
    """Return the columns by our names."""
    labels = [str(label).strip() for label in found.columns]
    if isinstance(layout.columns, Mapping):
        missing = [label for label in layout.columns.values() if label not in labels]
        if missing:
            raise Malformed(f"{where} must have the columns {', '.join(map(repr, missing))}, got {labels[:12]}")
        return {name: found.iloc[:, labels.index(label)] for name, label in layout.columns.items()}
    named: dict[str, pd.Series[Any]] = {}
    for place, label in enumerate(labels):
        name = _ours(label)
        if name in named:
            raise Malformed(f"{where} has two columns for {name}, the second is {label!r}; name one in columns={{...}}")
        named[name] = found.iloc[:, place]
    lacking = [name for name in FIELDS[:4] if name not in named]
    if lacking:
        raise Malformed(
            f"{where} must have the columns {', '.join(lacking)}, got {labels[:12]}; name them in columns={{...}}, "
            "or give the order of a file without a header as columns=[...]"
        )
    return named


def _told_times(named: Mapping[str, pd.Series[Any]], where: str) -> pd.Series[Any]:
    """Return the texts of the times; a date and a time in two columns are joined."""
    date, time = named.get("date"), named.get("time")
    if date is None and time is None:
        raise Malformed(f"{where} must have a column of times; name it in columns={{'time': ...}}")
    if date is not None and time is not None:
        return date + " " + time
    told = date if date is not None else time
    assert told is not None
    return told


def _values_of(named: Mapping[str, pd.Series[Any]], name: str, where: str, first_row: int) -> Any:
    """Return a column of numbers, NaN where it is missing."""
    if name not in named:
        return float("nan")
    column = named[name]
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype="float64")
    odd = column[column.notna() & pd.to_numeric(column, errors="coerce").isna()]
    if not len(odd):
        return pd.to_numeric(column).to_numpy(dtype="float64", na_value=float("nan"))
    shown = ", ".join(f"{value!r} in row {row + first_row}" for row, value in _numbered(odd))
    raise Malformed(f"{where}: {name} must be a number, got {shown}; say how others are written by missing or decimal")


def times_of(told: pd.Series[Any], layout: Layout, *, daily: bool, where: str, first_row: int) -> pd.DatetimeIndex:
    """Return the times that texts tell: dates without a zone, or moments in UTC.

    Raises
    ------
    Malformed
        If a text is no time, its order of day and month cannot be told, or an intraday time has neither offset nor
        zone.
    """
    texts = told.reset_index(drop=True)
    if texts.isna().any():
        raise _odd(texts[texts.isna()].fillna(""), "told in each row", where, first_row)
    if layout.dates in UNITS:
        moments = _units(texts, layout.dates, where, first_row)
        return _dates_in(moments, layout.zone) if daily else moments
    form = layout.dates or _form_of(texts, where, first_row)
    if form == "ISO8601" and daily:
        texts, form = texts.str.slice(0, 10), "%Y-%m-%d"
    elif form == "%Y%m%d":
        texts = texts.str.slice(0, 8)
    found = _in_one_order(texts, where, first_row) if form is None else _parsed(texts, form, where, first_row)
    if daily:
        return (found if found.tz is None else found.tz_localize(None)).normalize()
    return found.tz_convert("UTC") if found.tz is not None else _localised(found, layout.zone, where, first_row)


def _form_of(texts: pd.Series[Any], where: str, first_row: int) -> str | None:
    """Return the form in which all texts are written; None where it is an order of day, month and year."""
    if not len(texts) or ISO.fullmatch(texts.iloc[0]):
        return "ISO8601"
    if not COMPACT.fullmatch(texts.iloc[0]):
        return None
    odd = texts[~texts.str.fullmatch(COMPACT)]
    if len(odd):
        raise _odd(odd, "YYYYMMDD as the first is", where, first_row)
    return "%Y%m%d"


def _in_one_order(texts: pd.Series[Any], where: str, first_row: int) -> pd.DatetimeIndex:
    """Return times whose day and month are told in the one order that fits all of them."""
    shape = PARTED.fullmatch(texts.iloc[0])
    if shape is None:
        wanted = "ISO 8601, YYYYMMDD, or day, month and year; else say dates='%d.%m.%Y ...'"
        raise _odd(texts[~texts.str.fullmatch(PARTED)], wanted, where, first_row)
    mark, clock = shape[2], _clock_of(shape)
    forms = [f"{first}{mark}{second}{mark}%Y" for first, second in (("%d", "%m"), ("%m", "%d"))]
    # Almost always one of the two orders stops at the first day after the 12th: cheaper than to look into each text.
    fit = [found for form in forms if (found := _fitting(texts, form + clock)) is not None]
    if len(fit) == 1:
        return fit[0]
    if fit:
        raise Malformed(
            f"{where}: times can be read day first and month first ({_rows(texts, first_row)}); "
            f"say which: dates='{forms[0]}' or '{forms[1]}', with the hours if there are any"
        )
    raise _no_order(texts, where, first_row)


def _clock_of(shape: re.Match[str]) -> str:
    """Return the form of the hours that follow a date."""
    if shape[4] is None:
        return ""
    return shape[4] + "%H:%M" + (":%S" if shape[5].count(":") > 1 else "") + (".%f" if shape[6] else "")


def _fitting(texts: pd.Series[Any], form: str) -> pd.DatetimeIndex | None:
    """Return the times of texts of a form, None where one of them has another."""
    try:
        return pd.DatetimeIndex(pd.to_datetime(texts, format=form))
    except (ValueError, OverflowError):
        return None


def _no_order(texts: pd.Series[Any], where: str, first_row: int) -> Malformed:
    """Name the rows for which neither order fits all."""
    parts = texts.str.extract(PARTED)
    odd = texts[parts[0].isna()]
    if not len(odd):
        first, second = parts[0].astype(int), parts[2].astype(int)
        by_day, by_month = texts[first > 12], texts[second > 12]
        if len(by_day) and len(by_month):
            return _odd(pd.concat([by_month[:1], by_day[:1]]), "in one order of day and month", where, first_row)
    return _odd(odd if len(odd) else texts, f"written as the first is, {texts.iloc[0]!r}", where, first_row)


def _units(texts: pd.Series[Any], unit: Any, where: str, first_row: int) -> pd.DatetimeIndex:
    """Return moments from seconds or milliseconds since 1970."""
    numbers = pd.to_numeric(texts, errors="coerce")
    odd = texts[numbers.isna() | (numbers.abs() > 1e14)]
    if len(odd):
        raise _odd(odd, f"numbers of {unit} since 1970", where, first_row)
    try:
        return pd.DatetimeIndex(pd.to_datetime(numbers, unit=unit, utc=True))
    except (ValueError, OverflowError) as error:
        raise Malformed(f"{where}: times must be {unit} since 1970: {error}") from error


def _dates_in(moments: pd.DatetimeIndex, zone: str | None) -> pd.DatetimeIndex:
    """Return the dates of moments on a clock; in UTC where none is named."""
    return (moments if zone is None else moments.tz_convert(zone)).tz_localize(None).normalize()


def _localised(found: pd.DatetimeIndex, zone: str | None, where: str, first_row: int) -> pd.DatetimeIndex:
    """Return moments of times on a clock, in the order of the rows."""
    if zone is None:
        raise Malformed(
            f"{where}: intraday times have no offset; say by which clock they are told, such as zone='UTC' or "
            "zone='America/New_York'"
        )
    try:
        return found.tz_localize(zone).tz_convert("UTC")
    except (ValueError, KeyError, TypeError, OSError) as error:
        # The hour that comes twice each autumn has no order of its own: which is meant, the text does not say.
        raise Malformed(
            f"{where}: times must be told once and exist on the clock of {zone}: {error}; give offsets"
        ) from error


def _parsed(texts: pd.Series[Any], form: str, where: str, first_row: int) -> pd.DatetimeIndex:
    """Return the times of texts in one form, with a zone where all have an offset."""
    try:
        return pd.DatetimeIndex(pd.to_datetime(texts, format=form))
    except (ValueError, OverflowError):
        # Some text is in another form, or offsets differ: which it is, is asked only now, as it takes long.
        offset = texts.str.contains(OFFSET)
        utc = pd.to_datetime(texts, format=form, utc=True, errors="coerce")
    mixed = offset.any() and not offset.all()
    bad = utc.isna() | (~offset if mixed and offset.iloc[0] else offset if mixed else False)
    if bad.any():
        shape = "ISO 8601, all with an offset or all without" if form == "ISO8601" else f"of the form {form}"
        raise _odd(texts[bad], shape, where, first_row)
    return pd.DatetimeIndex(utc)


def _odd(odd: pd.Series[Any], wanted: str, where: str, first_row: int) -> Malformed:
    return Malformed(f"{where}: times must be {wanted}, got {_rows(odd, first_row)}")


def _rows(texts: pd.Series[Any], first_row: int) -> str:
    shown = ", ".join(f"{text!r} in row {row + first_row}" for row, text in _numbered(texts))
    return shown + (f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else "")


def _numbered(texts: pd.Series[Any]) -> list[tuple[int, Any]]:
    """Return the first rows by their numbers."""
    few = texts.iloc[:SHOWN]
    return list(zip(few.index.to_numpy(dtype=int).tolist(), few.tolist(), strict=True))
