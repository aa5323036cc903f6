"""A source that fails by a schedule, and what many analyses make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.analysis.comprehensive import comprehensive
from quantperf.analysis.faults import Faults
from quantperf.analysis.many import analyse_async
from tests.analysis.loops import run

PANEL = qp.synthetic(symbols=12, bars=400, seed=7, late=0.4, missing=0.02)
FRAMES = {symbol: PANEL.frame(symbol) for symbol in PANEL.symbols}
EXPECTED = {symbol: comprehensive(frame, symbol=symbol) for symbol, frame in FRAMES.items()}
SYMBOLS = list(PANEL.symbols)


@given(st.integers(0, 1000), st.integers(0, 3), st.sampled_from([1, 4, 10]))
def test_under_any_schedule_of_faults_each_symbol_has_the_result_that_the_schedule_leaves_it(
    seed: int, retries: int, limit: int
) -> None:
    source = Faults(
        FRAMES.__getitem__, {"timeout": 0.3, "connection": 0.2, "data": 0.1}, delay=1.0, pause=asyncio.sleep, seed=seed
    )
    found = run(analyse_async(SYMBOLS, source, retries=retries, limit=limit))
    kinds = {"timeout": "TimeoutError", "connection": "ConnectionError", "data": "ValueError"}
    for symbol in SYMBOLS:
        met = [source.fault(symbol, attempt) for attempt in range(1, retries + 2)]
        lasting = next((place for place, kind in enumerate(met) if kind in {None, "data"}), retries)
        assert source.asked[symbol] == lasting + 1
        if met[lasting] is None:
            assert found[symbol] == EXPECTED[symbol]
        else:
            failure = found.errors[symbol]
            assert (failure.type, failure.attempts) == (kinds[str(met[lasting])], lasting + 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Faults(qp.sample, {"fire": 0.1}), "chances must be of timeout, connection, data, got fire"),
        (lambda: Faults(qp.sample, {"data": 0.6, "timeout": 0.6}), "together at most 1"),
        (lambda: Faults(qp.sample, {}, delay=-1.0), "delay must be a finite number"),
        (lambda: Faults(qp.sample, {}, delay=1.0), "delay needs a pause"),
    ],
)
def test_faults_out_of_bounds_are_refused(make: Callable[[], Faults], message: str) -> None:
    with pytest.raises(qp.ParameterError, match=message):
        make()


def test_a_schedule_without_a_pause_answers_at_once() -> None:
    source = Faults(FRAMES.__getitem__, {}, seed=4)
    assert dict(run(analyse_async(SYMBOLS[:2], source))) == {symbol: EXPECTED[symbol] for symbol in SYMBOLS[:2]}
    assert source.asked == {"S000": 1, "S001": 1}
