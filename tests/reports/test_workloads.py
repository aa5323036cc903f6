"""What a report runs: sizes, shares, and proofs that find what is wrong."""

import dataclasses

import numpy as np
import pytest

from quantperf.indicators import CATALOG
from quantperf.performance import check
from quantperf.reports.workloads import Size, Workloads, live_window, together

SMALL = Size(bars=900, symbols=6, panel_share=2, live_share=2)


@pytest.fixture(scope="module")
def workloads():
    return Workloads(SMALL)


@pytest.mark.parametrize("use", ["series", "panel", "live"])
@pytest.mark.parametrize("name", ["sma", "ema", "obv", "stoch", "cdl_harami"])
def test_every_use_equals_its_plain_version(workloads, name, use):
    ready = workloads.build(name, use)
    parity = ready.prove()
    assert parity.equal, parity.mismatch
    assert parity.compared > 10
    ready.before()
    ready.after()


def test_the_share_is_spread_evenly_and_declared(workloads):
    assert workloads.share(2) == [0, 5]
    assert workloads.share(50) == list(range(6))
    ready = workloads.build("sma", "panel")
    assert (ready.before_scale, ready.work.before_symbols, ready.work.symbols) == (3.0, 2, 6)
    assert len(ready.before()) == 2
    assert ready.after().shape == (900, 6)
    assert ready.work.held_bytes == 4 * 900 * 8


def test_shares_shrink_with_the_number_of_indicators():
    assert Size().for_entries(24) == Size()
    assert Size().for_entries(400) == dataclasses.replace(Size(), panel_share=2, live_share=2)


@pytest.mark.parametrize(("name", "window"), [("sma", 20), ("cdl_doji", 11), ("rsi", 295), ("obv", 2520)])
def test_a_live_baseline_reads_the_bars_it_needs_and_no_more(name, window):
    assert live_window(CATALOG[name], 2520) == window


@pytest.mark.parametrize("use", ["series", "panel", "live"])
def test_a_wrong_plain_version_is_found_and_its_place_is_named(workloads, use, monkeypatch):
    entry = CATALOG["sma"]
    right = entry.reference

    def wrong(x, window=20):
        values = right(x, window)
        values[-1] += 1e-6 * values[-1]
        return values

    monkeypatch.setattr(entry, "reference", wrong)
    parity = workloads.build("sma", use).prove()
    assert not parity.equal
    assert "sma: result" in parity.mismatch.place
    assert parity.mismatch.place.startswith({"series": "AAPL", "panel": "S000", "live": "S000 at bar 892"}[use])


def test_a_plain_version_that_knows_more_or_less_is_found(workloads, monkeypatch):
    entry = CATALOG["sma"]
    right = entry.reference

    def eager(x, window=20):
        values = right(x, window)
        values[5] = 1.0
        return values

    monkeypatch.setattr(entry, "reference", eager)
    parity = workloads.build("sma", "series").prove()
    assert parity.nan_mismatches == 5


def test_several_proofs_are_equal_only_together():
    good, bad = check(np.array([1.0, 2.0]), np.array([1.0, 2.0])), check(1.0, 3.0)
    both = together([("one", good), ("two", bad)])
    assert not both.equal
    assert both.mismatch.place == "two: result"
    assert both.compared == 3
    assert both.largest_relative == 2.0
    assert together([("one", good)]).equal
