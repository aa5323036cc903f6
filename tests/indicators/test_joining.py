"""Streams whose symbols come and go: each equals the batch of its own bars, to the last bit."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.errors import DataError, StateMismatch
from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import Case, cases, kinds, market
from tests.laws.laws import assert_same_bits

POLICIES = ("local", "skip", "ffill", qp.ffill(2), "segment", qp.segment(2))
NAMES = tuple("ABCDEF")
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(("bar", "bar", "bar", "block", "join", "leave", "revise", "peek", "pickle", "copy")),
        st.integers(0, 5),
    ),
    min_size=4,
    max_size=40 if JIT_ENABLED else 20,
)


def follow(case: Case, actions: list[tuple[str, int]], **keywords: Any) -> None:
    """Do what was drawn, and compare each symbol's values with the batch over the bars that it had."""
    columns = case.columns(market("gaps", bars=300, lanes=len(NAMES)))
    live = case.stream(["A", "B"], **keywords)
    began, lines = {"A": 0, "B": 0}, {}

    def bar(t: int) -> list[Any]:
        return [column[t, [NAMES.index(name) for name in live.symbols]] for column in columns]

    def note(t: int, values: Any) -> None:
        for lane, name in enumerate(live.symbols):
            lines.setdefault(name, {})[t] = [line[lane] for line in case.row(values)]

    def compare(name: str) -> None:
        lane, bars = NAMES.index(name), slice(began[name], live.bars)
        wanted = case(*(np.ascontiguousarray(column[bars, lane]) for column in columns), **keywords)
        got = lines.pop(name, {})
        assert sorted(got) == list(range(bars.start, bars.stop))
        if got:
            found = [np.array([got[t][i] for t in sorted(got)]) for i in range(len(wanted))]
            assert_same_bits(found, wanted, f"{name} from bar {bars.start}")

    for action, number in actions:
        t = live.bars
        if action == "bar":
            note(t, live.update(*bar(t)))
        elif action == "block":
            rows = [bar(t + i) for i in range(number)]
            if rows:
                block = case.outputs(live.update_many(*(np.stack(column) for column in zip(*rows, strict=True))))
                for i in range(number):
                    for lane, name in enumerate(live.symbols):
                        lines.setdefault(name, {})[t + i] = [line[i, lane] for line in block]
        elif action == "join" and NAMES[number] not in live.symbols:
            live.join(NAMES[number])
            began[NAMES[number]] = t
        elif action == "leave" and NAMES[number] in live.symbols and len(live.symbols) > 1:
            compare(NAMES[number])
            live.leave([NAMES[number]])
        elif action == "revise":
            live.update(*(column * 1.5 for column in bar(t)))
            note(t, live.revise(*bar(t)))
        elif action == "peek":
            assert_same_bits(case.row(live.peek(*bar(t))), case.row(live.copy().update(*bar(t))), "peek")
        elif action == "pickle":
            live = pickle.loads(pickle.dumps(live))
        elif action == "copy":
            live, other = live.copy(), live
            other.update(*bar(0))
    for name in live.symbols:
        compare(name)


@pytest.mark.parametrize("case", kinds("narrow"))
@given(actions=ACTIONS, nan=st.sampled_from(POLICIES))
def test_symbols_that_come_and_go_equal_batches_of_their_own_bars(case: Case, actions: list[Any], nan: Any) -> None:
    follow(case, actions, nan=nan)


@pytest.mark.parametrize("case", cases("narrow"))
def test_symbols_of_every_indicator_come_and_go(case: Case) -> None:
    random = np.random.default_rng(3)
    names = ("bar", "bar", "bar", "block", "join", "leave", "revise", "pickle")
    follow(case, [(str(random.choice(names)), int(random.integers(6))) for _ in range(30)])


@pytest.mark.parametrize("nan", POLICIES, ids=str)
@given(actions=ACTIONS)
def test_unsettled_values_are_masked_for_each_symbol_by_its_own_bars(actions: list[Any], nan: Any) -> None:
    follow(Case("ema", "talib", "narrow", {"window": 4}), actions, nan=nan, mask_unsettled=0.1)


def test_the_bar_before_a_joining_cannot_be_revised_and_that_before_a_leaving_can() -> None:
    live = qp.sma.stream(symbols=["A", "B"], window=2)
    for price in (1.0, 2.0):
        live.update(np.array([price, 10.0 * price]))
    live.leave("A")
    assert live.revise(np.array([30.0])).tolist() == [20.0]
    live.join(["A"])
    with pytest.raises(StateMismatch, match="there is no bar to revise; take one with update first"):
        live.revise(np.array([30.0, 1.0]))
    assert live.ages.tolist() == [2, 0]
    assert not live.ready
    live.update(np.array([50.0, 1.0]))
    live.update(np.array([50.0, 3.0]))
    assert live.ready


def test_a_reset_stream_keeps_its_symbols_and_begins_them_together() -> None:
    live = qp.sma.stream(symbols=["A"], window=2)
    live.update(np.array([1.0]))
    live.join(["B", "C"])
    live.reset()
    assert live.symbols == ("A", "B", "C")
    assert live.ages.tolist() == [0, 0, 0]
    live.update(np.ones(3))
    assert live.update(np.full(3, 3.0)).tolist() == [2.0, 2.0, 2.0]
    live.join([])
    assert live.symbols == ("A", "B", "C")


@pytest.mark.parametrize(
    ("use", "symbols", "message"),
    [
        ("join", "A", "must be new, but 'A' is there already; let it leave first"),
        ("join", ["C", "C"], "symbols must be unique, got 'C' twice"),
        ("join", ["C", 5], "symbols must be strings, got 5"),
        ("leave", "MSTF", r"must be there, but 'MSTF' is not; did you mean 'MSFT'\?"),
        ("leave", ["A", "MSFT"], "at least one symbol must stay"),
    ],
)
def test_who_cannot_join_or_leave_is_refused_and_nothing_changes(use: str, symbols: Any, message: str) -> None:
    live = qp.ema.stream(symbols=["A", "MSFT"], window=3)
    live.update(np.array([1.0, 2.0]))
    before = live.to_bytes()
    with pytest.raises(DataError, match=message):
        getattr(live, use)(symbols)
    assert live.to_bytes() == before


@pytest.mark.parametrize("use", ["join", "leave"])
def test_a_stream_of_one_series_has_no_symbols(use: str) -> None:
    with pytest.raises(DataError, match=f"has no symbols to {use}; make it with symbols="):
        getattr(qp.sma.stream(window=2), use)("A")
