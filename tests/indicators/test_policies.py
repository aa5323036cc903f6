"""Policies for missing bars: their bounds, and what they cost."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import quantperf as qp
from quantperf.errors import ParameterError
from quantperf.indicators import policies
from quantperf.indicators.policies import Policy, policy


def test_a_policy_is_asked_for_by_name_or_as_an_object() -> None:
    assert policy("ffill") == qp.ffill() == Policy("ffill")
    assert policy("segment") == qp.segment() == Policy("segment", 0)
    assert policy(qp.segment(3)) == qp.segment(3)
    assert [str(one) for one in (qp.ffill(), qp.ffill(2), qp.segment(3), policy("skip"))] == [
        "ffill", "ffill(2)", "segment(3)", "skip",
    ]  # fmt: skip
    with pytest.raises(ParameterError, match=r"nan must be one of 'local', 'skip', .* got 'drop'"):
        policy("drop")


def test_the_policy_is_told_by_the_result() -> None:
    import pandas as pd

    series = pd.Series([1.0, np.nan, 3.0])
    assert qp.sma(series, 1, nan=qp.ffill(2)).attrs["nan"] == "ffill(2)"
    assert qp.sma(series, 1, nan="segment").attrs["nan"] == "segment(0)"


def test_a_refusal_names_the_symbol_if_it_is_known() -> None:
    block = np.array([[1.0, 1.0], [2.0, np.nan]])
    with pytest.raises(qp.DataError, match="close of 'B' must hold no missing values, but bar 1 is missing"):
        policies.refuse_missing([block], ["close"], ["A", "B"])


def test_many_short_segments_beside_a_long_one_take_no_table_of_both() -> None:
    # Segments were laid side by side, each as long as the longest: 2 000 whole bars and 1 000 single ones took
    # 1 000 times the memory of the series, and a day of ticks with holes all memory there is.
    close = np.arange(1.0, 4001.0)
    close[2001::2] = np.nan
    qp.sma(close, 3, nan="segment")
    tracemalloc.start()
    try:
        qp.sma(close, 3, nan="segment")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60 * close.nbytes
