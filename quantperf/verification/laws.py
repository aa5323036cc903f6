"""The laws of time and of missing values: no value knows what comes later, and a hole stays where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from quantperf.verification.certificate import Finding, Law
from quantperf.verification.differences import Line, fades, made_of_nothing, spread
from quantperf.verification.subject import Subject, Values
from quantperf.verification.trial import Tally, Trial

MOST_COLUMNS = 40  # of which each is bent alone, to find out which one leaks
BENDS: dict[str, Callable[[Values], Values]] = {
    "halved": lambda rows: rows[::-1] * 0.5,
    "tripled": lambda rows: rows[::-1] * 3.0,
    "missing": lambda rows: np.full(rows.shape, np.nan),
}


@dataclass(frozen=True, slots=True)
class _Leak:
    """One bar that knew of a later one: where the data was cut or bent, and what differed before it."""

    market: str
    place: int
    bar: int
    size: float | None


def causality(trial: Trial) -> Law:
    """Look for outputs that change when bars after them are cut off or bent."""
    tally = Tally("causality")
    leaks: dict[int, list[_Leak]] = {}
    for market, values in trial.markets.items():
        whole = trial.whole.get(market)
        if whole is None:
            continue
        for place in _places(trial, market):
            for lines in _futures(trial, values, place):
                for i, (line, found) in enumerate(zip(whole, lines, strict=True)):
                    seen = trial.differ(line.cut(place), found.cut(place), market)
                    if tally.count(seen):
                        leaks.setdefault(i, []).append(_Leak(market, place, seen.first, seen.size))
    for i, one in leaks.items():
        tally.broken = True
        _report_leak(trial, i, one)
    if not tally.probes:
        tally.broken = True
        told = next(iter(trial.remarks.values()), "")
        message = f"it could not be tried: the function takes no other data than those given ({told}); pass more bars"
        trial.findings.append(Finding(tally.name, trial.subject.name, "", None, None, None, message))
    elif not leaks:
        tally.note = "no value changes with what comes after it"
    return tally.law()


def _places(trial: Trial, market: str) -> list[int]:
    """Return how many bars are the past: a few, as many as there are but one, and random ones; also inside holes."""
    bars = trial.subject.bars
    some = {1, 2, 5, 13, bars - 1, *(int(place) for place in trial.random.integers(6, bars, trial.probes))}
    if market == "holes":
        holes = np.flatnonzero(np.isnan(trial.markets[market][0].reshape(bars, -1)[:, 0]))
        some |= {int(hole) + 1 for hole in trial.random.permutation(holes)[:4]} | {bars // 2 + 2}
    return sorted(place for place in some if 0 < place < bars)


def _futures(trial: Trial, values: Sequence[Values], place: int, column: int | None = None) -> Iterator[list[Line]]:
    """Yield the lines under other futures: none at all, and bent ones; of one column, if it is given."""
    if column is None:
        lines = trial.attempt("fewer bars", [whole[:place] for whole in values])
        if lines is not None:
            yield lines
    for name, bend in BENDS.items():
        bent = [whole.copy() for whole in values]
        for part in _parts(trial.subject, bent, column):
            part[place:] = bend(part[place:])
        lines = trial.attempt("missing values" if name == "missing" else "other prices", bent)
        if lines is not None:
            yield lines


def _parts(subject: Subject, values: list[Values], column: int | None) -> list[Values]:
    """Return the arrays that stand for all columns, or for one, to be changed in place."""
    if column is None:
        return values
    source, lane, _ = subject.columns[column]
    return [values[source] if lane is None else values[source][:, lane]]


def _report_leak(trial: Trial, i: int, leaks: list[_Leak]) -> None:
    """Find out which columns leak into a line, each from which bar on, and by how many bars at most."""
    in_holes = all(leak.market == "holes" for leak in leaks)
    if not in_holes:  # where bars lack, the next one that is there may lie further off
        leaks = [leak for leak in leaks if leak.market != "holes"]
    at: dict[tuple[str, int], _Leak] = {}
    for leak in sorted(leaks, key=lambda leak: leak.bar):
        at.setdefault((leak.market, leak.place), leak)
    examples = list(
        dict.fromkeys([*list(at.values())[:1], *sorted(at.values(), key=lambda leak: leak.bar - leak.place)[:3]])
    )
    sources: dict[int | None, list[_Leak]] = {}
    for column in range(len(trial.subject.columns)) if len(trial.subject.columns) <= MOST_COLUMNS else ():
        seen = [found for leak in examples if (found := _seen(trial, i, leak, column)) is not None]
        if seen:
            sources[column] = seen
    for source, seen in (sources or {None: examples}).items():
        label = "its input" if source is None else trial.subject.columns[source][2]
        reach = [_reach(trial, i, leak, source) for leak in seen]
        lead = max(far - leak.bar for far, leak in zip(reach, seen, strict=True))
        if in_holes:
            remedy = (
                "a missing bar is filled from later ones (bfill, interpolate, a mean); carry the last value forward"
            )
        elif all(far == trial.subject.bars - 1 for far in reach):
            remedy = "it depends on the last bar, as statistics of a whole column do; use a rolling or expanding one"
        else:
            remedy = f"move the output {lead} bars later, with shift({lead}), or compute it from earlier bars alone"
        first = min(leak.bar for leak in seen)
        size = max((leak.size for leak in seen if leak.size is not None), default=None)
        message = f"first at bar {first}; reads {label} up to {lead} bars ahead: {remedy}"
        name = trial.whole["given"][i].name
        trial.findings.append(Finding("causality", name, "" if source is None else label, first, lead, size, message))


def _seen(trial: Trial, i: int, leak: _Leak, column: int) -> _Leak | None:
    """Return what a line knows of one column at the place of a leak; None if nothing."""
    line = trial.whole[leak.market][i].cut(leak.place)
    found = [
        seen
        for lines in _futures(trial, trial.markets[leak.market], leak.place, column)
        if (seen := trial.differ(line, lines[i].cut(leak.place), leak.market))
    ]
    if not found:
        return None
    size = max((seen.size for seen in found if seen.size is not None), default=None)
    return _Leak(leak.market, leak.place, min(seen.first for seen in found), size)


def _differs(trial: Trial, i: int, leak: _Leak, place: int, column: int | None) -> bool:
    """Return whether the leaking bar depends on bars from a place on."""
    line = trial.whole[leak.market][i].cut(leak.bar + 1)
    return any(
        leak.bar in trial.differ(line, lines[i].cut(leak.bar + 1), leak.market).bars
        for lines in _futures(trial, trial.markets[leak.market], place, column)
    )


def _reach(trial: Trial, i: int, leak: _Leak, column: int | None) -> int:
    """Return the last bar that the leaking bar depends on, by doubling and halving."""
    low, high, last = leak.place, leak.place, trial.subject.bars - 1
    step = 1
    while high < last:
        high = min(low + step, last)
        if not _differs(trial, i, leak, high, column):
            break
        low, step = high, 2 * step
    else:
        return last
    while high - low > 1:
        middle = (low + high) // 2
        if _differs(trial, i, leak, middle, column):
            low = middle
        else:
            high = middle
    return low


# ------------------------------------------------------------------------------------------------------ missing values


def missing_values(trial: Trial) -> Law:
    """Look for what one hole in one column changes, and for values or signals that it makes out of nothing."""
    tally = Tally("missing values")
    bars, columns = trial.subject.bars, trial.subject.columns
    begun = max(int(np.argmax(line.known.reshape(bars, -1).any(axis=1))) for line in trial.whole["given"])
    high = max(3, min(2 * bars // 3, bars - begun - 10))  # so that a window as long as the warm-up can leave the hole
    places = sorted(
        {int(bar) for bar in trial.random.integers(min(bars // 4, high // 2), high, max(2, trial.probes // 4))}
    )
    chosen = range(len(columns)) if len(columns) <= 8 else sorted(trial.random.permutation(len(columns))[:8].tolist())
    told: set[tuple[str, str, str]] = set()
    for column in chosen:
        for place in places:
            for kind, finding in _hole(trial, tally, column, place):
                tally.broken = True
                if (finding.output, finding.column, kind) not in told:
                    told.add((finding.output, finding.column, kind))
                    trial.findings.append(finding)
    if not tally.probes:
        tally.note = "it refuses missing values"
    elif not tally.broken:
        tally.note = f"one hole changes {spread(list(trial.spans.values()))} bars"
    return tally.law()


def _hole(trial: Trial, tally: Tally, column: int, place: int) -> Iterator[tuple[str, Finding]]:
    """Make one hole, note how far it is felt, and yield what it breaks.

    It is felt where values are other ones than without the hole, and also other ones than if the bar had not been at
    all: a recurrence that skips the bar and keeps its state is as clean as a window that the bar leaves.
    """
    values, whole = trial.markets["given"], trial.whole["given"]
    _, lane, label = trial.subject.columns[column]
    holed = [numbers.copy() for numbers in values]
    for part in _parts(trial.subject, holed, column):
        part[place] = np.nan
    found = trial.attempt("missing values", holed)
    if found is None:
        return
    trial.spans.setdefault(label, 0)
    without: list[Line] | None = None
    for i, (line, now) in enumerate(zip(whole, found, strict=True)):
        line, now = _of_lane(trial, line, lane), _of_lane(trial, now, lane)
        seen = trial.differ(line, now)
        tally.probes += 1
        if not seen:
            tally.exact &= seen.exact
            continue
        others, clean = [line], line
        span = seen.last - place + 1
        if span > 1:
            without = _without(trial, values, place) if without is None else without
            if without:
                others.append(_of_lane(trial, without[i], lane))
                skipped = trial.differ(others[1], now)
                later = skipped.bars[skipped.bars != place]
                rest = int(later[-1]) - place + 1 if len(later) else 1
                if rest < span:
                    span, clean = rest, others[1]
        outside = np.r_[0:place, place + span : trial.subject.bars]
        left, right = (Line(line.name, side.values[outside]) for side in (clean, now))
        tally.exact &= trial.differ(left, right).exact
        trial.spans[label] = max(trial.spans[label], span)
        if seen.first < place:
            message = (
                f"a hole in {label} at bar {place} changes bar {seen.first}, before it; causality tells what it reads"
            )
            yield "before", Finding(tally.name, line.name, label, seen.first, None, seen.size, message)
        lasting = span >= trial.subject.bars - place
        if lasting and fades(line, now, place):
            text = f"feels a hole in {label} {span - 1} bars later in {line.name}, less and less"
            trial.remarks.setdefault(f"fades {label} {line.name}", text)
        elif lasting:
            message = (
                f"a hole in {label} at bar {place} still changes the last bar, {span - 1} bars later; skip the "
                "missing bar and keep the state, or use windows that the bar leaves (if they are longer, raise bars=)"
            )
            yield "for ever", Finding(tally.name, line.name, label, place, None, seen.size, message)
        made = np.flatnonzero(made_of_nothing(now, *others).reshape(trial.subject.bars, -1).any(axis=1))
        if len(made):
            message = (
                f"a hole in {label} at bar {place} makes a {'signal' if now.signal else 'value'} out of nothing at bar "
                f"{made[0]}; say that it is unknown there (a comparison with NaN is False, so ask for notna() first)"
            )
            yield "made", Finding(tally.name, line.name, label, int(made[0]), None, None, message)
        if not now.signal and (now.known & line.known)[place].any():
            trial.remarks.setdefault(f"own {label}", f"gives a value of {now.name} on a bar whose {label} is missing")


def _of_lane(trial: Trial, line: Line, lane: int | None) -> Line:
    """Return the part of a table that belongs to one symbol, where each symbol has its own."""
    widths = {len(source.lanes) for source in trial.subject.sources if source.lanes is not None}
    if lane is None or line.values.ndim == 1 or widths != {line.values.shape[1]}:
        return line
    return Line(line.name, line.values[:, lane], line.signal)


def _without(trial: Trial, values: Sequence[Values], place: int) -> list[Line]:
    """Return the lines of the data without a bar; none if the function does not take it so."""
    try:
        return trial.subject.without(values, place)
    except Exception:  # such as of one that wants evenly spaced stamps: then there is nothing to compare with
        return []
