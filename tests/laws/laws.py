"""The laws, as functions of whatever computes: a test gives them the catalogue, another one a planted mistake.

`Compute` takes columns, oldest bar first, and returns a tuple of outputs of the same length.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from quantperf.indicators import Stream
from tests.laws.cases import Array, Outputs

Compute = Callable[..., Outputs]


def assert_same_bits(found: Sequence[Array], wanted: Sequence[Array], story: str = "") -> None:
    """Values are equal to the last bit, -0.0 is not 0.0, and one NaN is as good as another."""
    assert len(found) == len(wanted)
    for output, (ours, theirs) in enumerate(zip(found, wanted, strict=True)):
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        assert ours.shape == theirs.shape, (story, output, ours.shape, theirs.shape)
        assert ours.dtype == theirs.dtype, (story, output, ours.dtype, theirs.dtype)
        if ours.dtype == np.float64:
            same = (ours.view(np.int64) == theirs.view(np.int64)) | (np.isnan(ours) & np.isnan(theirs))
        else:
            same = ours == theirs
        if not same.all():
            place = tuple(int(i) for i in np.argwhere(~same)[0])
            raise AssertionError(
                f"{story}: output {output} at {place}: {ours[place]!r} is not {theirs[place]!r}; "
                f"{int((~same).sum())} of {same.size} differ"
            )


def unknown(line: Array) -> Array:
    """Return where an output says nothing: NaN, or UNKNOWN in pattern codes."""
    return line == -128 if line.dtype == np.int8 else np.isnan(line)


def no_look_ahead(compute: Compute, columns: Sequence[Array], places: Sequence[int]) -> None:
    """What is known up to a bar depends on nothing after it: not on how many bars follow, nor on what they hold."""
    whole = compute(*columns)
    for t in places:
        prefix = compute(*(column[:t].copy() for column in columns))
        assert_same_bits(prefix, [line[:t] for line in whole], f"cut after {t} bars")
        for factor in (0.5, 3.0, np.nan):
            bent = [column.copy() for column in columns]
            for column in bent:
                column[t:] = column[t:][::-1] * factor
            assert_same_bits(
                [line[:t] for line in compute(*bent)], [line[:t] for line in whole], f"another future after {t} bars"
            )


def missing_is_local(
    compute: Compute, columns: Sequence[Array], span: int, lookback: int, places: Sequence[int]
) -> None:
    """One NaN in one column is unknown on its bar, and tells only the `span` bars from there on.

    With a span of 1 the bar is skipped: all other bars are as if it had not been. On bar 0 it is a listing one bar
    later, so the warm-up ends one bar later.
    """
    clean = compute(*columns)
    for i in range(len(columns)):
        for t in places:
            holed = [column.copy() for column in columns]
            holed[i][t] = np.nan
            found = compute(*holed)
            story = f"NaN in column {i} at bar {t}"
            for line in found:
                assert unknown(line[t]).all(), f"{story}: a value on the missing bar"
            elsewhere = np.ones(len(columns[0]), dtype=bool)
            elsewhere[t : t + (span if t > 0 or span == 1 else max(span, lookback + 1))] = False
            wanted: Sequence[Array] = clean
            if span == 1:
                without = compute(*(np.delete(column, t, axis=0) for column in columns))
                wanted = [np.insert(line, t, line[:1] if len(line) else 0, axis=0) for line in without]
            assert_same_bits([line[elsewhere] for line in found], [line[elsewhere] for line in wanted], story)


def starts_exactly(compute: Compute, columns: Sequence[Array], lookbacks: Sequence[int]) -> None:
    """Each output has its first value exactly at its lookback, and nothing before; and from then on always one."""
    for line, first in zip(compute(*columns), lookbacks, strict=True):
        assert unknown(line[:first]).all()
        assert not unknown(line[first:]).any()
    for first in set(lookbacks):
        for length in (first, first + 1):
            lines = compute(*(column[:length].copy() for column in columns))
            for line, begin in zip(lines, lookbacks, strict=True):
                assert int((~unknown(line)).sum(axis=0).max(initial=0)) == max(0, length - begin)


def scales_by_powers_of_two(
    compute: Compute, columns: Sequence[Array], moved: Sequence[bool], degree: int, powers: Sequence[int]
) -> None:
    """Columns that are `moved` times 2**k give outputs times 2**(k * degree), to the bit: nothing absolute is there."""
    plain = compute(*columns)
    for k in powers:
        scaled = [column * 2.0**k if move else column for column, move in zip(columns, moved, strict=True)]
        wanted = [line if line.dtype == np.int8 else line * 2.0 ** (k * degree) for line in plain]
        assert_same_bits(compute(*scaled), wanted, f"times 2**{k}")


def live_is_batch(
    stream: Callable[[], Stream], compute: Compute, columns: Sequence[Array], seed: int, row: Callable[..., Outputs]
) -> None:
    """Bars that come singly or in blocks, with peeks, revisions, saves and restores between them, give the batch."""
    random = np.random.default_rng(seed)
    live, t, lines = stream(), 0, []
    bars = len(columns[0])
    while t < bars:
        action = random.choice(["block", "bar", "bar", "bar", "bytes", "pickle", "copy", "reset"])
        if action == "block":
            size = int(random.choice([1, 2, 5, 17, 90]))
            block = live.update_many(*(column[t : t + size] for column in columns))
            lines.append(row(block))
            t += len(columns[0][t : t + size])
        elif action == "bar":
            bar = [column[t] for column in columns]
            seen = row(live.peek(*bar))
            lines.append([line[None] for line in row(_taken(live, bar, columns, t, random))])
            assert_same_bits([line[0] for line in lines[-1]], seen, f"peek at bar {t}")
            t += 1
        elif action == "bytes":
            live = Stream.from_bytes(live.to_bytes())
        elif action == "pickle":
            live = pickle.loads(pickle.dumps(live))
        elif action == "copy":
            other = live.copy()
            live.update(*(column[-1] for column in columns))  # the one that is left behind goes its own way
            live = other
        elif t == 0:
            live.update(*(column[-1] for column in columns))
            live.reset()
    assert live.bars == bars
    whole = compute(*columns)
    if bars:
        found = [np.concatenate([piece[i] for piece in lines]) for i in range(len(whole))]
        assert_same_bits(found, whole, "live")


def _taken(live: Stream, bar: list[Any], columns: Sequence[Array], t: int, random: np.random.Generator) -> Any:
    """Take a bar: at once, or after other values that are revised."""
    way = random.integers(3)
    if way == 0:
        return live.update(*bar)
    live.update(*(column[t // 2] for column in columns))
    if way == 1:
        live.revise(*(column[-1] for column in columns))
    return live.revise(*bar)
