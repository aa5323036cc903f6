"""Law: outputs follow the unit of prices and of volumes by their declared degree, to the last bit."""

from __future__ import annotations

import pytest

from tests.laws.cases import PRICES, Case, cases, market
from tests.laws.laws import scales_by_powers_of_two

POWERS = (-30, -1, 3, 40)


@pytest.mark.parametrize("kind", ["walk", "flats", "gaps"])
@pytest.mark.parametrize("case", cases("narrow", "wide"))
def test_prices_in_another_unit_scale_the_outputs_exactly(case: Case, kind: str) -> None:
    if case.entry.degree is None:
        return
    moved = [name in PRICES for name in case.entry.columns]
    scales_by_powers_of_two(case, case.columns(market(kind)), moved, case.entry.degree[0], POWERS)


@pytest.mark.parametrize("kind", ["walk", "flats", "gaps"])
@pytest.mark.parametrize("case", cases("narrow", "wide"))
def test_volumes_in_another_unit_scale_the_outputs_exactly(case: Case, kind: str) -> None:
    if case.entry.degree is None:
        return
    moved = [name == "volume" for name in case.entry.columns]
    scales_by_powers_of_two(case, case.columns(market(kind)), moved, case.entry.degree[1], POWERS)
