"""Parity: what counts as equal, and where the first difference is said to be."""

import dataclasses
import json
import math
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quantperf.errors import ParameterError
from quantperf.performance.parity import BLOCK, Tolerance, check, prove

Pair = namedtuple("Pair", ["upper", "lower"])
Other = namedtuple("Other", ["high", "low"])
DAYS = pd.date_range("2024-01-01", periods=3, tz="UTC")
NAN = math.nan


@dataclasses.dataclass
class Answer:
    value: float
    note: str = ""


EQUAL = [
    1.0,
    NAN,
    None,
    "text",
    True,
    2**70,
    np.float64(2.0),
    pd.NaT,
    pd.NA,
    np.array([]),
    np.array([1.0, NAN, math.inf]),
    np.array([[1, 2], [3, 4]]),
    np.array([True, False]),
    np.array([1 + 2j]),
    np.array(["a", None], dtype=object),
    np.array(["2024-01-01", "NaT"], dtype="M8[D]"),
    pd.Series([1.0, NAN, 3.0], index=DAYS, name="close"),
    pd.Series([1, None, -1], dtype="Int8"),
    pd.Series([0.5, None], dtype="Float64"),
    pd.Series(["a", None]),
    pd.Series(DAYS),
    pd.Series(["a", "b"], dtype="category"),
    pd.DataFrame({"a": [1.0, 2.0], "b": [1, 2], "c": ["x", "y"]}),
    pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", "y"]),
    (1.0, [2.0, {"a": np.ones(3)}]),
    Pair(np.ones(2), np.zeros(2)),
    Answer(1.0),
]


@pytest.mark.parametrize("value", EQUAL, ids=lambda value: type(value).__name__)
def test_anything_equals_a_copy_of_itself(value):
    import copy

    found = check(value, copy.deepcopy(value))
    assert found, found
    assert found.largest_absolute == found.largest_ulp == 0.0


S = pd.Series([1.0, 2.0, 3.0], index=DAYS, name="close")
DIFFERENT = [
    (1.0, 1.1, "result"),
    (1.0, 1, "result.dtype"),
    (1.0, NAN, "result"),
    (math.inf, -math.inf, "result"),
    (math.inf, 1e308, "result"),
    (1e308, math.inf, "result"),
    (None, 0, "result"),
    (np.ones(3), [1.0, 1.0, 1.0], "result"),
    (np.ones(3), np.ones(4), "result.shape"),
    (np.array([1, 2]), np.array([1, 3]), "result[1]"),
    (np.ones((2, 3)), np.array([[1, 1, 1], [1, 1, 2.0]]), "result[1, 2]"),
    (np.array([1 + 1j]), np.array([1 + 2j]), "result.imag[0]"),
    (S, S.rename("open"), "result.name"),
    (S, S.tz_localize(None), "result.index.dtype"),
    (S, S.set_axis([*DAYS[:2], DAYS[2] + pd.Timedelta(1, "D")]), "result.index[2]"),
    (S, S.iloc[:2], "len(result.index)"),
    (S, S.astype("Float64"), "result.dtype"),
    (S, S.where(S < 3), "result.iloc[2]"),
    (pd.Series([1, None], dtype="Int8"), pd.Series([1, 0], dtype="Int8"), "result.iloc[1]"),
    (pd.Series([1, None], dtype="Int8"), pd.Series([2, None], dtype="Int8"), "result.iloc[0]"),
    (pd.Series(["a", "b"]), pd.Series(["a", "c"]), "result.iloc[1]"),
    (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]}), "result.columns[0]"),
    (pd.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"a": [1.0, 3.0]}), "result['a'].iloc[1]"),
    ((1.0, 2.0), (1.0,), "len(result)"),
    ({"a": 1.0}, {"b": 1.0}, "result.keys()"),
    ({"a": [1.0]}, {"a": [2.0]}, "result['a'][0]"),
    (Pair(1.0, 2.0), Other(1.0, 2.0), "result._fields"),
    (Answer(1.0), Answer(2.0), "result.value"),
    (pd.NA, pd.NaT, "result"),
    ("a", "b", "result"),
]


@pytest.mark.parametrize(("expected", "actual", "place"), DIFFERENT)
def test_a_difference_is_found_at_its_place(expected, actual, place):
    found = check(expected, actual)
    assert not found
    assert found.mismatch.place == place
    assert found.mismatches >= 1
    assert place in repr(found)
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("place", [0, BLOCK - 1, BLOCK, 2 * BLOCK + 5])
@pytest.mark.parametrize("step", [1, 2])
def test_a_nan_on_one_side_is_found_in_any_block(place, step):
    expected = np.random.default_rng(1).normal(size=step * (2 * BLOCK + 10))[::step]
    actual = expected.copy()
    actual[place] = NAN
    found = check(expected, actual)
    assert (found.mismatch.place, found.nan_mismatches, found.mismatches) == (f"result[{place}]", 1, 1)
    assert math.isnan(found.mismatch.actual)
    assert found.compared == expected.size


def test_errors_are_the_largest_seen_even_where_all_is_equal():
    found = check(np.array([1.0, 1000.0, 0.0]), np.array([1.0, 1000.0 + 1e-7, 0.0]))
    assert found.equal
    assert found.largest_absolute == pytest.approx(1e-7, rel=1e-5)  # rounding at 1000
    assert found.largest_relative == pytest.approx(1e-10, rel=1e-5)
    assert check(1.0, np.nextafter(1.0, 2.0)).largest_ulp == 1.0
    assert check(np.float32(1.0), np.nextafter(np.float32(1.0), np.float32(2.0)), Tolerance(1e-6)).largest_ulp == 1.0


def test_nan_never_equals_nan_where_the_tolerance_says_so():
    found = check(np.array([1.0, NAN]), np.array([1.0, NAN]), Tolerance(nan="never"))
    assert (found.equal, found.nan_mismatches) == (False, 1)


@given(
    values=hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, max_side=8)),
    noise=st.floats(0.0, 1e-3),
    rtol=st.sampled_from([0.0, 1e-9, 1e-4]),
    atol=st.sampled_from([0.0, 1e-6]),
)
def test_floats_are_equal_exactly_where_numpy_says_so(values, noise, rtol, atol):
    with np.errstate(all="ignore"):
        actual = values * (1.0 + noise)
        expected = np.isclose(actual, values, rtol=rtol, atol=atol, equal_nan=True)
    found = check(values, actual, Tolerance(rtol, atol))
    assert found.mismatches == np.count_nonzero(~expected)


@pytest.mark.parametrize("options", [{"rtol": -1.0}, {"atol": NAN}, {"rtol": math.inf}, {"nan": "maybe"}])
def test_a_tolerance_out_of_bounds_is_refused(options):
    with pytest.raises(ParameterError, match="must be"):
        Tolerance(**options)


def _sorts_in_place(values):
    values.sort()
    return values.copy()


def _raises(values):
    raise ValueError("no")


def test_a_candidate_that_changes_its_input_is_detected():
    found = prove(np.sort, _sorts_in_place, (np.array([3.0, 1.0, 2.0]),))
    assert (found.mismatch.place, found.mismatch.reason) == ("args[0]", "after changed its input")


def test_a_baseline_that_changes_its_input_is_detected():
    found = prove(_sorts_in_place, np.sort, (np.array([3.0, 1.0, 2.0]),))
    assert found.mismatch.reason == "before changed its input"


def test_an_exception_of_the_candidate_is_a_mismatch_and_of_the_baseline_is_raised():
    assert prove(np.sort, _raises, (np.ones(2),)).mismatch.reason == "after raised"
    with pytest.raises(ValueError, match="no"):
        prove(_raises, np.sort, (np.ones(2),))


def test_exceptions_match_exceptions_where_asked():
    assert prove(_raises, _raises, (1,), errors="match").equal
    assert prove(_raises, np.sort, ([1],), errors="match").mismatch.reason == "before raised, after did not"
