"""The columns of a frame are found by name, are float64, and nobody can write to them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantperf.errors import DataError
from quantperf.market.columns import FIELDS, columns_of

DAYS = pd.date_range("2024-01-02", periods=3, name="date")


def test_float64_columns_come_without_a_copy_and_read_only():
    frame = pd.DataFrame(np.ones((3, 5)), index=DAYS, columns=list(FIELDS))
    columns = columns_of(frame, ["close", "open"])
    assert list(columns) == ["close", "open"]
    assert np.shares_memory(columns["close"], frame["close"].to_numpy())
    assert not any(values.flags.writeable for values in columns.values())
    frame.iloc[0, 0] = 1.0


@given(data=st.data(), dtype=st.sampled_from(["float64", "float32", "int64", "Float64", "Int64", "int64[pyarrow]"]))
@settings(max_examples=30)
def test_columns_are_contiguous_float64_of_the_same_values(data, dtype):
    block = np.array(data.draw(st.lists(st.tuples(*[st.integers(0, 99)] * 5), max_size=5)), dtype=float).reshape(-1, 5)
    frame = pd.DataFrame(block, columns=[name.upper() for name in FIELDS]).astype(dtype)
    before = frame.copy()
    for place, values in enumerate(columns_of(frame).values()):
        assert values.dtype == np.float64
        assert values.flags.c_contiguous
        assert not values.flags.writeable
        np.testing.assert_array_equal(values, block[:, place])
    pd.testing.assert_frame_equal(frame, before)


def test_an_exact_name_wins_over_one_in_another_case():
    assert columns_of(pd.DataFrame({"Close": [1.0], "close": [2.0]}), ["close"])["close"].tolist() == [2.0]


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ([0, 2, 1], "index must be ascending, 1 in row 2 is not; sort with df.sort_index()"),
        ([0, 1, 1], "index has 1 duplicate stamps, first 1; drop them with df[~df.index.duplicated()]"),
        (pd.DatetimeIndex([None, *DAYS[:2]]), "index must have a stamp for each bar, 1 are missing"),
        (DAYS[::-1], "index must be ascending, 2024-01-03 in row 1 is not"),
    ],
)
def test_an_index_that_has_no_order_is_refused(index, message):
    with pytest.raises(DataError) as caught:
        columns_of(pd.DataFrame({"close": [1.0, 2.0, 3.0]}, index=index), ["close"])
    assert message in str(caught.value)


def test_a_missing_column_is_named_beside_those_present():
    frame = pd.DataFrame(np.ones((1, 12)), columns=[f"c{number}" for number in range(12)])
    with pytest.raises(DataError, match=r"close is missing beside c0, .*, c9, \.\.\.; add it with"):
        columns_of(frame, ["close"])
