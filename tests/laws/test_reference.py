"""Law: the fast version says what the plain version says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import MARKETS, Case, Market, bars, cases, market
from tests.laws.laws import unknown


def assert_says_the_same(case: Case, columns: list[np.ndarray]) -> None:
    """Equal to 1e-9, relative; patterns identical.

    Differences of nearly equal numbers (MACD and its histogram, a close near the foot of its range, a gap to the mean)
    have no relative accuracy when they pass through 0: there 1e-11 of the prices or volumes is allowed, and 1e-9 of
    the scales that run to 100, on which pandas' running sums leave residues.
    """
    largest = max((np.nanmax(np.abs(column), initial=0.0) for column in columns), default=0.0)
    atol = 1e-11 * largest if any(case.entry.degree or (1,)) else 1e-9
    for ours, theirs in zip(case(*columns), case.reference(*columns), strict=True):
        np.testing.assert_array_equal(unknown(ours), unknown(theirs), err_msg="unknown bars")
        if ours.dtype == np.int8:
            np.testing.assert_array_equal(ours, theirs)
        else:
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=atol, equal_nan=True)


@pytest.mark.parametrize("kind", MARKETS)
@pytest.mark.parametrize("case", cases("narrow", "wide", "least"))
def test_the_fast_version_equals_the_plain_one(case: Case, kind: str) -> None:
    assert_says_the_same(case, case.columns(market(kind)))


@pytest.mark.parametrize("case", cases("narrow", "least"))
@given(drawn=bars(longest=90 if JIT_ENABLED else 40))
def test_the_fast_version_equals_the_plain_one_on_drawn_bars(case: Case, drawn: Market) -> None:
    assert_says_the_same(case, case.columns(drawn))
