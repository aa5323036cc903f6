"""The store answers what a table of rows answers, bit for bit."""

from __future__ import annotations

import numpy as np

from quantperf.market.optimisations_store import in_columns, in_rows, register, shelf
from quantperf.market.sample import sample
from quantperf.performance.optimisation import REGISTRY
from quantperf.reports.research import research_names


def test_both_ways_answer_the_same_to_the_bit():
    for plain, fast in zip(in_rows(shelf()), in_columns(shelf()), strict=True):
        assert np.array_equal(plain, fast, equal_nan=True)
    assert in_columns(shelf())[0].shape == (5, *sample().shape)


def test_the_pair_is_proved_and_in_the_report():
    register()
    made = REGISTRY["market.store"]
    assert all(parity.equal for parity in made.verify())
    assert made.enabled
    assert "market.store" in research_names()
