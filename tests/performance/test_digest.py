"""Digests: equal for equal content, different for other content, none for what cannot be read."""

import copy
import dataclasses
import math
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest

from quantperf.performance.digest import digest

Pair = namedtuple("Pair", ["upper", "lower"])
DAYS = pd.date_range("2024-01-01", periods=3, tz="UTC")


@dataclasses.dataclass
class Answer:
    value: float
    note: str = ""


CONTENTS = [
    1.0,
    math.nan,
    None,
    "text",
    b"text",
    True,
    2**70,
    np.float64(2.0),
    pd.NaT,
    pd.NA,
    pd.Timestamp("2024-01-01"),
    np.array([]),
    np.array([1.0, math.nan, math.inf]),
    np.array([[1, 2], [3, 4]]),
    np.array([True, False]),
    np.array([1 + 2j]),
    np.array(["a", None], dtype=object),
    np.array(["2024-01-01", "NaT"], dtype="M8[D]"),
    pd.Series([1.0, math.nan, 3.0], index=DAYS, name="close"),
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


@pytest.mark.parametrize("value", CONTENTS, ids=lambda value: type(value).__name__)
def test_a_digest_follows_the_content(value):
    assert digest(value) == digest(copy.deepcopy(value)) is not None
    assert digest([value, 1]) != digest([value, 2])


def test_different_contents_have_different_digests():
    assert len({digest(value) for value in CONTENTS}) == len(CONTENTS)


def test_what_cannot_be_read_has_no_digest():
    assert digest(np.random.default_rng(0)) is None
    assert digest([object()]) is None
