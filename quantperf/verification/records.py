"""The laws for functions that give records, such as signals or shapes: one row an event, with the time it was known.

A record may name a bar long past (`event_at`), but with the data up to `known_at` it must be there as it will ever be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError
from quantperf.market.moments import closing_times
from quantperf.performance import digest
from quantperf.verification.certificate import Certificate, Finding, Law
from quantperf.verification.laws import BENDS
from quantperf.verification.subject import Subject, Values
from quantperf.verification.trial import markets, told
from quantperf.verification.uses import SHIFTS, other_layouts

KNOWN, EVENT = "known_at", "event_at"
Places = npt.NDArray[np.intp]


def gives_records(result: Any) -> bool:
    """Whether what a function gave is a table of records, each with the time at which it was known."""
    return isinstance(result, pd.DataFrame) and KNOWN in result.columns


@dataclass(slots=True)
class Book:
    """The records of one run: what tells one from another, its numbers, and when each was known and when it was so."""

    keys: list[tuple[Any, ...]]
    numbers: npt.NDArray[np.float64]
    known: Places
    event: Places

    def until(self, bars: int) -> dict[tuple[Any, ...], npt.NDArray[np.float64]]:
        """Return the numbers of what was known by the close of the first bars, by key."""
        return {key: self.numbers[i] for i, key in enumerate(self.keys) if self.known[i] < bars}


@dataclass(slots=True)
class Inquiry:
    """One verification under way."""

    subject: Subject
    rtol: float
    random: np.random.Generator
    probes: int
    markets: dict[str, list[Values]] = field(default_factory=dict)
    whole: dict[str, Book] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)

    def book(self, values: Sequence[Values] | None = None, cast: Callable[[Values], Any] = np.copy) -> Book:
        """Return the records that the function gives for these numbers."""
        result = self.subject.answer(values, cast)
        if not gives_records(result):
            raise DataError(f"{self.subject.name} must return records with the column {KNOWN} on any data")
        return _book(result, self.subject.index(len(self.subject.values[0] if values is None else values[0])))

    def attempt(self, what: str, values: Sequence[Values], cast: Callable[[Values], Any] = np.copy) -> Book | None:
        """Return the records of these numbers; None, with a remark, where the function refuses them."""
        try:
            return self.book(values, cast)
        except Exception as error:  # whatever it raises is its answer
            self.remarks.setdefault(what, f"refuses {what} ({len(values[0])} bars): {told(error)}")
            return None

    def find(self, law: str, output: str, bar: int | None, lead: int | None, message: str) -> None:
        """Note what breaks a law, once for each law and output."""
        if all((one.law, one.output) != (law, output) for one in self.findings):
            self.findings.append(Finding(law, output, "", bar, lead, None, message))


def certify(subject: Subject, rtol: float, probes: int, seed: int, skipped: frozenset[str]) -> Certificate:
    """Return the certificate of a function that gives records."""
    random = np.random.default_rng(seed)
    trial = Inquiry(subject, rtol, random, probes, markets(subject.values, random))
    trial.columns = tuple(str(name) for name in subject.answer().columns)
    trial.whole["given"] = trial.book()
    for market, values in trial.markets.items():
        book = trial.whole.get(market) or trial.attempt("missing values" if market == "holes" else market, values)
        if book is not None:
            trial.whole[market] = book
    laws = [_evidence(trial)]
    asked: dict[str, Callable[[Inquiry], Law]] = {
        "causality": _causality, "missing values": _missing, "scale": _scale, "same again": _same_again,
        "inputs unchanged": _inputs_unchanged, "memory layout": _layouts,
    }  # fmt: skip
    for name, law in asked.items():
        laws.append(Law(name, "not run", 0, "skipped") if name in skipped else law(trial))
    return Certificate(
        function=subject.name, bars=subject.bars, columns=tuple(label for _, _, label in subject.columns),
        outputs=trial.columns, laws=tuple(laws), findings=tuple(trial.findings), remarks=tuple(trial.remarks.values()),
        spans={}, degrees={}, rtol=rtol, seed=seed,
    )  # fmt: skip


def _evidence(trial: Inquiry) -> Law:
    """Say so where there are no records, and where their times contradict each other."""
    book = trial.whole["given"]
    count = sum(len(one.keys) for one in trial.whole.values())
    if not count:
        message = f"no record on {trial.subject.bars} bars, so nothing was shown; pass more bars, or raise bars="
        trial.find("records", "records", None, None, message)
    frame = trial.subject.answer()
    if EVENT in frame and (early := np.asarray(frame[EVENT] > frame[KNOWN])).any():
        row = int(early.argmax())
        message = f"row {row} has {KNOWN} {frame[KNOWN].iloc[row]} before {EVENT} {frame[EVENT].iloc[row]}"
        trial.find("records", KNOWN, int(book.known[row]), None, message)
    broken = any(one.law == "records" for one in trial.findings)
    return Law("records", "broken" if broken else "exactly", count, f"{len(book.keys)} on the data as given")


def _causality(trial: Inquiry) -> Law:
    """Ask whether what was known by a bar is there, and the same, whatever comes after it."""
    probes = 0
    for market, whole in trial.whole.items():
        values = trial.markets[market]
        for place in _cuts(trial, whole):
            past = whole.until(place)
            cut = trial.attempt("fewer bars", [column[:place] for column in values])
            if cut is not None:
                probes += 1
                late = cut.known >= place
                if late.any():
                    i = int(late.argmax())
                    message = f"a record of the first {place} bars is known only after them. {_told(cut.keys[i])}"
                    trial.find("causality", KNOWN, place, None, message)
                _compare(trial, market, past, cut.until(place), place, whole)
            for name, bend in BENDS.items():
                bent = [column.copy() for column in values]
                for column in bent:
                    column[place:] = bend(column[place:])
                found = trial.attempt("missing values" if name == "missing" else "other prices", bent)
                if found is not None:
                    probes += 1
                    _compare(trial, market, past, found.until(place), place, whole)
    broken = not probes or any(one.law == "causality" for one in trial.findings)
    if not probes:
        trial.find("causality", "records", None, None, "it could not be tried: the function takes no fewer bars")
    note = "" if broken else f"no record changes after its {KNOWN}"
    return Law("causality", "broken" if broken else "exactly", probes, note)


def _cuts(trial: Inquiry, whole: Book) -> list[int]:
    """Return how many bars are the past: random ones, and just after some records were known."""
    bars = trial.subject.bars
    some = {bars - 1, *trial.random.integers(bars // 4, bars, trial.probes).tolist()}
    if len(whole.known):
        chosen = trial.random.choice(whole.known, trial.probes)
        some |= {int(place) + 1 for place in chosen}
    return sorted(place for place in some if 0 < place < bars)


def _compare(trial: Inquiry, market: str, past: dict[Any, Any], found: dict[Any, Any], place: int, whole: Book) -> None:
    """Note records that come or go, or change, with what comes after they were known."""
    for key in past.keys() - found.keys():
        bar = int(whole.known[whole.keys.index(key)])
        lead = _lead(trial, market, key, bar)
        message = (
            f"a record says it was known at bar {bar}, but the bars up to {place - 1} do not give it"
            + ("" if lead is None else f": it takes {lead} bars more")
            + f"; say when it can be known. {_told(key)}"
        )
        trial.find("causality", "records", bar, lead, message)
    for key in found.keys() - past.keys():
        message = (
            f"a record that the bars up to {place - 1} give is gone with later ones: it is repainted. {_told(key)}"
        )
        trial.find("causality", "records that vanish", place - 1, None, message)
    for key in past.keys() & found.keys():
        if not np.allclose(past[key], found[key], rtol=trial.rtol, atol=0.0, equal_nan=True):
            message = f"numbers of a record change with bars after {place - 1}. {_told(key)}"
            trial.find("causality", "numbers", place - 1, None, message)


def _lead(trial: Inquiry, market: str, key: tuple[Any, ...], bar: int) -> int | None:
    """Return by how many bars later a record is there than it says, by doubling and halving."""
    values, bars = trial.markets[market], trial.subject.bars

    def there(place: int) -> bool:
        book = trial.attempt("fewer bars", [column[:place] for column in values])
        return book is not None and key in book.keys

    low, step = bar + 1, 1
    while low + step < bars and not there(low + step):
        low, step = low + step, 2 * step
    high = min(low + step, bars)
    if not there(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if there(middle) else (middle, high)
    return high - 1 - bar


def _missing(trial: Inquiry) -> Law:
    """Ask whether a bar without data makes records known: what is unknown must not fire."""
    values, book = trial.markets["given"], trial.whole["given"]
    events = book.event[book.event < trial.subject.bars]  # others contradict `known_at`, which is told elsewhere
    places = set(trial.random.choice(events, trial.probes).tolist() if len(events) else ())
    probes = 0
    for place in sorted(places):
        holed = [column.copy() for column in values]
        for column in holed:
            column[place] = np.nan
        found = trial.attempt("missing values", holed)
        if found is None:
            continue
        probes += 1
        made = [key for key, event in zip(found.keys, found.event, strict=True) if event == place]
        if made:
            message = f"a bar without any data makes a record at bar {place}; a comparison with NaN is unknown, not "
            trial.find("missing values", "records", place, None, message + f"False. {_told(made[0])}")
    broken = any(one.law == "missing values" for one in trial.findings)
    note = "no record is made of a missing bar" if probes else "it refuses missing values"
    return Law("missing values", "broken" if broken else "exactly" if probes else "not run", probes, note)


def _scale(trial: Inquiry) -> Law:
    """Ask whether prices in another unit give records at the same times."""
    wanted, probes, same = Counter(trial.whole["given"].known.tolist()), 0, True
    volumes = [source.name.lower() in {"volume", "vol"} for source in trial.subject.sources]
    for k in SHIFTS:
        values = [v if one else v * 2.0**k for v, one in zip(trial.markets["given"], volumes, strict=True)]
        found = trial.attempt("prices in another unit", values)
        if found is not None:
            probes += 1
            same &= Counter(found.known.tolist()) == wanted
    note = "free of the unit of prices" if same else "other records in another unit of prices"
    return Law("scale", "reported" if probes else "not run", probes, note)


def _same_again(trial: Inquiry) -> Law:
    """Ask whether two calls give the same."""
    first, again = trial.whole["given"], trial.book()
    same = first.keys == again.keys and np.array_equal(first.numbers, again.numbers, equal_nan=True)
    if not same:
        message = "a second call gives other records; take random numbers from a seed, and keep nothing"
        trial.find("same again", "records", None, None, message)
    return Law("same again", "exactly" if same else "broken", 1)


def _inputs_unchanged(trial: Inquiry) -> Law:
    """Ask whether a call leaves its inputs as they were."""
    inputs = trial.subject.inputs()
    before = digest(inputs)
    trial.subject.function(*inputs)
    same = digest(inputs) == before
    if not same:
        trial.find("inputs unchanged", "inputs", None, None, "a call changes its input; copy what it writes to")
    return Law("inputs unchanged", "exactly" if same else "broken", 1)


def _layouts(trial: Inquiry) -> Law:
    """Ask whether the same numbers give the same records, however they lie in memory."""
    if not trial.subject.castable:
        return Law("memory layout", "not run", 0, "a Panel lies in one way alone")
    wanted, probes = trial.whole["given"].until(trial.subject.bars), 0
    for name, cast in other_layouts(trial.subject).items():
        found = trial.attempt(name, trial.markets["given"], cast)
        probes += found is not None
        if found is not None and found.until(trial.subject.bars).keys() != wanted.keys():
            trial.find("memory layout", name, None, None, f"{name} data give other records; copy what is written to")
    broken = any(one.law == "memory layout" for one in trial.findings)
    return Law("memory layout", "broken" if broken else "exactly", probes)


# -------------------------------------------------------------------------------------------------------------- reading


def _book(frame: pd.DataFrame, index: pd.Index[Any]) -> Book:
    """Return the records of a frame, with repeated keys numbered."""
    floats = [i for i, dtype in enumerate(frame.dtypes) if pd.api.types.is_float_dtype(dtype)]
    others = [i for i in range(frame.shape[1]) if i not in floats]
    plain = [[_plain(cell) for cell in frame.iloc[:, i]] for i in others]
    rows = list(zip(*plain, strict=True)) if plain else [()] * len(frame)
    seen: Counter[tuple[Any, ...]] = Counter()
    keys = []
    for row in rows:
        keys.append((*row, seen[row]))
        seen[row] += 1
    numbers = np.empty((len(frame), len(floats)))
    for place, i in enumerate(floats):
        numbers[:, place] = frame.iloc[:, i].to_numpy(dtype=np.float64, na_value=np.nan)
    known = _bars_of(frame[KNOWN], index)
    return Book(keys, numbers, known, _bars_of(frame[EVENT], index) if EVENT in frame else known)


def _bars_of(moments: pd.Series[Any], index: pd.Index[Any]) -> Places:
    """Return the bar on whose close each moment falls: told by closing times, or by the labels of the bars."""
    if moments.isna().any():
        raise DataError(f"{moments.name} must be told for each record, {int(moments.isna().sum())} are missing")
    times = pd.Index(moments)
    closes = closing_times(index)
    stamps = isinstance(closes, pd.DatetimeIndex)
    if stamps and not isinstance(times, pd.DatetimeIndex):
        raise DataError(f"{moments.name} must be stamps, as those of the bars are, got {times.dtype}")
    utc = times.tz_localize("UTC") if isinstance(times, pd.DatetimeIndex) and times.tz is None else times
    if not utc.isin(closes).all() and times.dtype == index.dtype and times.isin(index).all():
        return index.get_indexer(times)
    return np.asarray(closes.searchsorted(utc, side="left"), dtype=np.intp)


def _plain(cell: Any) -> Any:
    """Return a cell as something that can be compared and hashed."""
    if isinstance(cell, dict):
        return tuple((str(name), _plain(item)) for name, item in cell.items())
    if isinstance(cell, list | tuple | np.ndarray):
        return tuple(_plain(item) for item in cell)
    if isinstance(cell, float | np.floating):
        return f"{cell:.12g}"
    return "missing" if cell is pd.NA or cell is pd.NaT or cell is None else cell


def _told(key: tuple[Any, ...]) -> str:
    return "The record: " + ", ".join(str(cell) for cell in key[:6])
