"""What happens to a block before a kernel sees it."""

from __future__ import annotations

import numpy as np
import pytest

from quantperf.kernels import layout


def read_only(block: np.ndarray) -> np.ndarray:
    block.setflags(write=False)
    return block


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (5, 4)])
def test_what_is_missing_and_what_is_infinite_is_counted(shape: tuple[int, int]) -> None:
    block = np.zeros(shape)
    block[:1, :1] = np.nan
    block[2:3, 1:3] = -np.inf
    other = np.array([[np.nan]])
    missing, infinite = layout.survey((read_only(block), read_only(other)))
    assert missing == np.isnan(block).sum() + 1
    assert infinite == np.isinf(block).sum()


@pytest.mark.parametrize(("row", "lane"), [(0, 0), (3, 1), (None, None)])
def test_the_first_row_with_a_value_is_found(row: int | None, lane: int | None) -> None:
    block = np.full((6, 2), np.nan)
    if row is not None:
        block[row, lane] = 1.0
    assert layout.first_known(block) == (6 if row is None else row)
