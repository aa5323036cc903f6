"""Laws of missing values: one NaN tells what it touches and nothing else, and each policy is its plain definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.errors import DataError
from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import BARS, Array, Case, Market, Outputs, bars, cases, market
from tests.laws.laws import assert_same_bits, missing_is_local, unknown

PLACES = (0, 1, BARS // 2, BARS - 1) if JIT_ENABLED else (0, BARS // 2)


def lacking(columns: list[Array]) -> Array:
    return np.logical_or.reduce([np.isnan(column) for column in columns])


@pytest.mark.parametrize("case", cases("narrow", "wide", "least"))
def test_one_missing_value_is_unknown_and_stays_where_it_is(case: Case) -> None:
    missing_is_local(case, case.columns(market("walk")), case.span, max(case.lookbacks), PLACES)


@pytest.mark.parametrize("case", cases("narrow"))
def test_one_missing_value_touches_no_other_symbol(case: Case) -> None:
    columns = case.columns(market("walk", bars=60, lanes=4))
    clean = case(*columns)
    for i in range(len(columns)):
        holed = [column.copy() for column in columns]
        holed[i][30, 2] = np.nan
        others = [0, 1, 3]
        assert_same_bits([line[:, others] for line in case(*holed)], [line[:, others] for line in clean])


@pytest.mark.parametrize("case", cases("narrow", "wide"))
def test_a_late_listing_begins_as_if_there_had_been_nothing_before(case: Case) -> None:
    columns = case.columns(market("walk"))
    late = [np.concatenate([np.full(13, np.nan), column]) for column in columns]
    lines = case(*late)
    assert all(unknown(line[:13]).all() for line in lines)
    # Not to the bit: a bar's place in its block moves, and with it the order of a sum.
    for ours, theirs in zip(lines, case(*columns), strict=True):
        theirs = case.later(theirs, 13)
        np.testing.assert_allclose(ours[13:].astype(float), theirs.astype(float), rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("case", [case for case in cases("narrow") if case.values[0].name.startswith("cdl_")])
def test_a_pattern_next_to_a_missing_bar_is_unknown_and_never_absent(case: Case) -> None:
    columns = case.columns(market("ticks"))
    for i in range(4):
        holed = [column.copy() for column in columns]
        holed[i][100] = np.nan
        assert (case(*holed)[0][100 : 100 + case.span] == qp.UNKNOWN).all()


@pytest.mark.parametrize("case", cases("narrow"))
def test_nothing_but_missing_values_gives_nothing(case: Case) -> None:
    empty = [np.full(BARS, np.nan) for _ in case.entry.inputs]
    for nan in ("local", "skip", "ffill", "segment", "raise"):
        assert all(unknown(line).all() for line in case(*empty, nan=nan))


# ------------------------------------------------------------------------------------------------------------ policies


def skipped(case: Case, columns: list[Array]) -> Outputs:
    """The plain definition of skip: drop the missing bars, compute, put the results back on their bars."""
    kept = ~lacking(columns)
    lines = case(*(column[kept] for column in columns))
    return tuple(put(line, kept, case.nothing) for line in lines)


def put(line: Array, kept: Array, nothing: float) -> Array:
    whole = np.full(len(kept), nothing, dtype=line.dtype)
    whole[kept] = line
    return whole


def carried(case: Case, columns: list[Array], limit: int | None) -> Outputs:
    return case(*(pd.Series(column).ffill(limit=limit).to_numpy() for column in columns))


def segmented(case: Case, columns: list[Array], gap: int) -> Outputs:
    """The plain definition of segment: a run of its own from each bar that follows more than `gap` missing ones."""
    missing, begins, run, seen = lacking(columns), [], 0, False
    for t, lacks in enumerate(missing):
        if not lacks and (not seen or run > gap):
            begins.append(t)
        run, seen = (run + 1 if lacks else 0), seen or not lacks
    whole = [np.full(len(missing), case.nothing, dtype=case.entry.dtype) for _ in case.entry.outputs]
    for start, stop in zip(begins, [*begins[1:], len(missing)], strict=False):
        for line, part in zip(whole, case(*(column[start:stop] for column in columns)), strict=True):
            line[start:stop] = part
    return tuple(whole)


DEFINITIONS: dict[str, Any] = {
    "skip": ("skip", skipped),
    "ffill": ("ffill", lambda case, columns: carried(case, columns, None)),
    "ffill(2)": (qp.ffill(2), lambda case, columns: carried(case, columns, 2)),
    "ffill(limit=1)": (qp.ffill(limit=1), lambda case, columns: carried(case, columns, 1)),
    "segment": ("segment", lambda case, columns: segmented(case, columns, 0)),
    "segment(3)": (qp.segment(3), lambda case, columns: segmented(case, columns, 3)),
}


@pytest.mark.parametrize("policy", DEFINITIONS)
@pytest.mark.parametrize("case", cases("narrow", "least"))
def test_a_policy_is_its_plain_definition(case: Case, policy: str) -> None:
    nan, plain = DEFINITIONS[policy]
    columns = case.columns(market("gaps", bars=BARS if JIT_ENABLED else 120))
    assert_same_bits(case(*columns, nan=nan), plain(case, columns), policy)


@pytest.mark.parametrize("case", cases("narrow"))
@given(drawn=bars(longest=60 if JIT_ENABLED else 30), policy=st.sampled_from(sorted(DEFINITIONS)))
def test_a_policy_is_its_plain_definition_on_drawn_bars(case: Case, drawn: Market, policy: str) -> None:
    nan, plain = DEFINITIONS[policy]
    columns = case.columns(drawn)
    assert_same_bits(case(*columns, nan=nan), plain(case, columns), policy)


@pytest.mark.parametrize("nan", ["local", "skip", "ffill", "segment", "raise"])
@pytest.mark.parametrize("case", cases("narrow"))
def test_a_policy_changes_nothing_where_nothing_is_missing(case: Case, nan: str) -> None:
    columns = case.columns(market("ticks", bars=120))
    assert_same_bits(case(*columns, nan=nan), case(*columns), nan)


@pytest.mark.parametrize("case", cases("narrow"))
def test_refusing_missing_bars_names_column_bar_and_count(case: Case) -> None:
    for i, name in enumerate(case.entry.inputs):
        columns = case.columns(market("walk", bars=60))
        for column in columns:
            column[:7] = np.nan  # a late listing is free
        case(*columns, nan="raise")
        columns[i][40:43] = np.nan
        with pytest.raises(DataError, match=rf"{name} .*bar 40 .*3 in all.*; fill them, or choose"):
            case(*columns, nan="raise")


@pytest.mark.parametrize("case", [case for case in cases("narrow") if len(case.values[0].entry.inputs) > 1])
def test_refusing_missing_bars_says_the_same_live_as_in_batch(case: Case) -> None:
    # One column that begins later than the others: the batch let it pass, the stream did not.
    columns = case.columns(market("walk", bars=40))
    columns[-1][:5] = np.nan
    try:
        batch = case(*columns, nan="raise")
    except DataError:
        batch = None
    live = case.stream(nan="raise")
    try:
        rows = [case.row(live.update(*(column[t] for column in columns))) for t in range(40)]
    except DataError:
        assert batch is None, "the stream refuses what the batch takes"
    else:
        assert batch is not None, "the stream takes what the batch refuses"
        for i, line in enumerate(batch):
            assert_same_bits([np.array([row[i] for row in rows])], [line])
