"""Laws of time: nothing looks ahead, and the first value comes exactly where it is declared."""

from __future__ import annotations

import pytest

from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import BARS, MANY_BARS, Case, cases, market
from tests.laws.laws import no_look_ahead, starts_exactly

PLACES = (1, 2, 7, BARS // 3, BARS - 60, BARS - 1) if JIT_ENABLED else (2, BARS // 3, BARS - 1)


@pytest.mark.parametrize("kind", ["walk", "flats", "gaps"] if JIT_ENABLED else ["walk", "gaps"])
@pytest.mark.parametrize("case", cases("narrow", "wide", "least"))
def test_the_past_does_not_know_the_future(case: Case, kind: str) -> None:
    no_look_ahead(case, case.columns(market(kind)), PLACES)


@pytest.mark.parametrize("case", cases("narrow"))
def test_a_column_of_a_panel_does_not_know_the_future(case: Case) -> None:
    no_look_ahead(case, case.columns(market("walk", bars=90, lanes=3)), (4, 50, 89))


@pytest.mark.usefixtures("needs_jit")
@pytest.mark.parametrize("case", cases("narrow"))
def test_the_past_of_a_long_series_does_not_know_the_future(case: Case) -> None:
    no_look_ahead(case, case.columns(market("walk", bars=MANY_BARS)), (16_384, 16_390, MANY_BARS - 1))


@pytest.mark.parametrize("lanes", [None, 2])
@pytest.mark.parametrize("case", cases("narrow", "wide", "least"))
def test_the_first_value_comes_at_the_declared_bar(case: Case, lanes: int | None) -> None:
    bars = max(BARS, max(case.lookbacks) + 20)
    starts_exactly(case, case.columns(market("walk", bars=bars, lanes=lanes)), case.lookbacks)
