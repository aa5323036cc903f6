"""Law: a column of a panel is the series, to the last bit, however many columns there are and however they lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quantperf.errors import QuantperfWarning
from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import BARS, MANY_BARS, Case, cases, market
from tests.laws.laws import assert_same_bits


def column_by_column(case: Case, columns: list[Any], **keywords: Any) -> list[Any]:
    lanes = range(columns[0].shape[1])
    series = [case(*(column[:, lane] for column in columns), **keywords) for lane in lanes]
    return [np.stack([lines[i] for lines in series], axis=1) for i in range(len(case.entry.outputs))]


@pytest.mark.parametrize("kind", ["flats", "gaps"])
@pytest.mark.parametrize("lanes", [1, 3, 8])
@pytest.mark.parametrize("case", cases("narrow", "wide", "least"))
def test_a_column_of_a_panel_is_the_series(case: Case, lanes: int, kind: str) -> None:
    bars = BARS if JIT_ENABLED else (100 if lanes < 8 else 60)
    columns = case.columns(market(kind, bars=bars, lanes=lanes))
    assert_same_bits(case(*columns), column_by_column(case, columns))


@pytest.mark.parametrize("case", cases("narrow"))
def test_a_column_of_five_hundred_is_the_series(case: Case) -> None:
    columns = case.columns(market("ticks", bars=150 if JIT_ENABLED else 40, lanes=500))  # chunks of 32 bars
    assert_same_bits(case(*columns), column_by_column(case, columns))


@pytest.mark.parametrize("case", cases("narrow"))
def test_a_column_of_a_long_panel_is_the_series(case: Case) -> None:
    columns = case.columns(market("walk", bars=MANY_BARS if JIT_ENABLED else 8_192 + 200, lanes=2))
    assert_same_bits(case(*columns), column_by_column(case, columns))


@pytest.mark.parametrize("nan", ["skip", "ffill", "segment"])
@pytest.mark.parametrize("case", cases("narrow"))
def test_symbols_do_not_touch_each_other_under_any_policy(case: Case, nan: str) -> None:
    columns = case.columns(market("gaps", bars=150 if JIT_ENABLED else 80, lanes=3))
    assert_same_bits(case(*columns, nan=nan), column_by_column(case, columns, nan=nan))


@pytest.mark.parametrize("case", cases("narrow"))
def test_symbols_in_another_order_give_the_same_columns_in_that_order(case: Case) -> None:
    columns = case.columns(market("ticks", bars=80, lanes=5))
    order = [3, 0, 4, 2, 1]
    permuted = case(*(np.ascontiguousarray(column[:, order]) for column in columns))
    assert_same_bits(permuted, [np.ascontiguousarray(line[:, order]) for line in case(*columns)])


@pytest.mark.parametrize("layout", ["F", "strided bars", "strided symbols", "reversed", "transposed"])
@pytest.mark.parametrize("case", cases("narrow"))
def test_the_order_in_memory_changes_nothing(case: Case, layout: str) -> None:
    columns = case.columns(market("ticks", bars=80, lanes=19))  # more than a tile of the transposition
    views = {
        "F": np.asfortranarray,
        "strided bars": lambda column: np.repeat(column, 2, axis=0)[::2],
        "strided symbols": lambda column: np.repeat(column, 3, axis=1)[:, ::3],
        "reversed": lambda column: column[::-1, ::-1].copy()[::-1, ::-1],
        "transposed": lambda column: np.ascontiguousarray(column.T).T,
    }
    assert_same_bits(case(*map(views[layout], columns)), case(*columns))


@pytest.mark.usefixtures("needs_jit")
@pytest.mark.parametrize("case", cases("narrow", "wide"))
def test_a_large_symbol_major_panel_is_the_time_major_one(case: Case) -> None:
    # Larger than the pieces in which blocks are turned and computed, and by no whole number of them.
    columns = case.columns(market("gaps", bars=1300, lanes=141))
    wanted = case(*columns)
    assert_same_bits(case(*map(np.asfortranarray, columns)), wanted)
    assert_same_bits(
        case(*(np.asfortranarray(column) if i % 2 else column for i, column in enumerate(columns))), wanted
    )
    series = case(*(column[:, 137] for column in columns))
    assert_same_bits([np.ascontiguousarray(line[:, 137]) for line in wanted], series)


@pytest.mark.usefixtures("needs_jit")
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("case", cases("narrow"))
def test_an_infinity_far_into_a_large_panel_is_missing_and_is_reported(case: Case, order: Any) -> None:
    columns = case.columns(market("walk", bars=1300, lanes=141))
    for i in range(len(columns)):
        infinite, missing = [column.copy() for column in columns], [column.copy() for column in columns]
        infinite[i][1200, 140] = -np.inf
        missing[i][1200, 140] = np.nan
        with pytest.warns(QuantperfWarning, match="1 infinite value"):
            found = case(*(np.array(column, order=order) for column in infinite))
        assert_same_bits(found, case(*missing))


@pytest.mark.parametrize("case", cases("narrow"))
def test_a_strided_series_is_the_contiguous_one(case: Case) -> None:
    columns = case.columns(market("ticks", bars=80))
    strided = [np.repeat(column, 2)[::2] for column in columns]
    turned = [column[::-1].copy()[::-1] for column in columns]
    assert_same_bits(case(*strided), case(*columns))
    assert_same_bits(case(*turned), case(*columns))
