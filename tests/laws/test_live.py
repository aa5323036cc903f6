"""Law: a stream gives what the batch gives, to the last bit, whatever happens to it on the way."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import MANY_BARS, Case, Market, bars, cases, market, pieces
from tests.laws.laws import assert_same_bits, live_is_batch

POLICIES = ("local", "skip", "ffill", qp.ffill(2), "segment", qp.segment(3))
SYMBOLS = ("A", "B", "C")


@pytest.mark.parametrize("lanes", [None, 3])
@pytest.mark.parametrize("case", cases("narrow", "wide", "least"))
def test_a_stream_saved_revised_and_restored_equals_the_batch(case: Case, lanes: int | None) -> None:
    columns = case.columns(market("ticks", lanes=lanes))
    live_is_batch(lambda: case.stream(lanes and SYMBOLS), case, columns, seed=11, row=case.row)


@pytest.mark.parametrize("nan", POLICIES, ids=str)
@pytest.mark.parametrize("lanes", [None, 3])
@pytest.mark.parametrize("case", cases("narrow"))
def test_a_stream_equals_the_batch_under_every_policy(case: Case, lanes: int | None, nan: Any) -> None:
    columns = case.columns(market("gaps", bars=120 if JIT_ENABLED else 60, lanes=lanes))

    def batch(*columns: Any) -> Any:
        return case(*columns, nan=nan)

    live_is_batch(lambda: case.stream(lanes and SYMBOLS, nan=nan), batch, columns, seed=12, row=case.row)


@pytest.mark.parametrize("lanes", [None, 3])
@pytest.mark.parametrize("case", cases("narrow"))
def test_a_stream_that_refuses_missing_bars_equals_the_batch_on_clean_bars(case: Case, lanes: int | None) -> None:
    columns = case.columns(market("walk", bars=120, lanes=lanes))
    for column in columns:
        column[:5] = np.nan  # a late listing is free

    def batch(*columns: Any) -> Any:
        return case(*columns, nan="raise")

    live_is_batch(lambda: case.stream(lanes and SYMBOLS, nan="raise"), batch, columns, seed=13, row=case.row)


@pytest.mark.parametrize("case", cases("narrow"))
def test_long_blocks_equal_short_ones_across_the_chunks_of_a_kernel(case: Case) -> None:
    columns = case.columns(market("ticks", bars=MANY_BARS))
    live, found = case.stream(), []
    for piece in pieces(MANY_BARS, (1, 3, 16_383, 16_384, 16_390, MANY_BARS - 50)):
        found.append(case.row(live.update_many(*(column[piece] for column in columns))))
        live = pickle.loads(pickle.dumps(live))
    lines = [np.concatenate([piece[i] for piece in found]) for i in range(len(found[0]))]
    assert_same_bits(lines, case(*columns), "cut")


@pytest.mark.parametrize("case", cases("narrow"))
@given(
    drawn=bars(longest=60 if JIT_ENABLED else 30), cut=st.integers(0, 60), nan=st.sampled_from(POLICIES), data=st.data()
)
def test_a_restored_stream_continues_the_batch(case: Case, drawn: Market, cut: int, nan: Any, data: Any) -> None:
    columns = case.columns(drawn)
    live = case.stream(nan=nan)
    head = case.row(live.update_many(*(column[:cut] for column in columns)))
    live = qp.Stream.from_bytes(live.to_bytes())
    rest = len(columns[0][cut:])
    singly = data.draw(st.integers(0, rest))
    rows = [case.row(live.update(*(column[cut + i] for column in columns))) for i in range(singly)]
    tail = case.row(live.update_many(*(column[cut + singly :] for column in columns)))
    whole = case(*columns, nan=nan)
    for i, line in enumerate(whole):
        middle = np.array([row[i] for row in rows], dtype=line.dtype)
        assert_same_bits([np.concatenate([head[i], middle, tail[i]])], [line], f"{nan}")
