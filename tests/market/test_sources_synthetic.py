"""Halts and splits of made-up bars, and the source of them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.errors import NotFound, ParameterError, SourceError
from quantperf.market.columns import FIELDS
from quantperf.market.history import Bars, Query
from quantperf.market.sources.synthetic import Synthetic
from quantperf.market.synthetic import synthetic
from quantperf.market.validation import REJECT, validate


def block(panel):
    return np.stack([panel.block(field) for field in FIELDS])


def span(symbol, start="2000-01-01", end="2030-01-01", interval="1d"):
    first, last = (dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) for day in (start, end))
    return Query(symbol, first, last, interval)


@given(halts=st.floats(0.0, 0.5), splits=st.floats(0.0, 0.5), flat=st.booleans(), seed=st.integers(0, 9))
def test_bars_are_fit_for_use_whatever_is_asked_for(halts, splits, flat, seed):
    options = {"halts": halts, "splits": splits, "halted": "flat" if flat else "absent"}
    panel = synthetic(4, 60, seed, **options)
    assert block(panel).tobytes() == block(synthetic(4, 60, seed, **options)).tobytes()
    for symbol in panel.symbols:
        frame = panel.frame(symbol)
        bars = Bars.from_frame(frame[frame["close"].notna()])
        assert not (validate(bars).mask & np.uint32(REJECT)).any()
        prices = bars.values[:4]
        np.testing.assert_array_equal(np.rint(prices * 100) / 100, prices)


@given(halts=st.floats(0.0, 0.3), seed=st.integers(0, 9))
def test_halts_take_bars_away_and_change_no_other(halts, seed):
    whole, halted = block(synthetic(5, 80, seed)), block(synthetic(5, 80, seed, halts=halts))
    there = ~np.isnan(halted)
    np.testing.assert_array_equal(halted[there], whole[there])
    assert there[:, 0].all()


def test_flat_halts_are_the_close_before_without_volume_on_the_very_days_that_are_absent_otherwise():
    absent = block(synthetic(20, 300, 3, halts=0.02))
    flat = block(synthetic(20, 300, 3, halts=0.02, halted="flat"))
    still = np.isnan(absent[3])
    assert 0.03 < still.mean() < 0.09  # one to five days, three on average
    assert (flat[4][still] == 0.0).all()
    assert (flat[4][~still] > 0.0).all()
    for bar, lane in np.argwhere(still):
        assert (flat[:4, bar, lane] == flat[3, bar - 1, lane]).all()
    np.testing.assert_array_equal(flat[:, ~still], absent[:, ~still])


def test_a_halt_lasts_one_to_five_days_unless_the_next_begins_in_it():
    still = np.isnan(block(synthetic(50, 1000, 5, halts=0.002))[3])
    padded = np.vstack([np.zeros((1, 50)), still, np.zeros((1, 50))])
    begins, ends = np.diff(padded, axis=0) > 0, np.diff(padded, axis=0) < 0
    lengths = np.concatenate([np.flatnonzero(ends[:, lane]) - np.flatnonzero(begins[:, lane]) for lane in range(50)])
    assert set(lengths.tolist()) >= {1, 2, 3, 4, 5}
    assert (lengths > 5).mean() < 0.05


def test_splits_are_steps_in_price_and_volume_and_their_ratios_are_told():
    panel, actions = synthetic(40, 1500, 2, splits=0.02, actions=True)
    plain = block(synthetic(40, 1500, 2))
    made = block(panel)
    days = panel.index.to_numpy().astype("datetime64[D]").astype(np.int64)
    assert sum(map(len, actions.values())) > 20
    for lane, symbol in enumerate(panel.symbols):
        shares = np.ones(len(days))
        for action in actions[symbol]:
            assert action.kind == "split"
            shares[np.searchsorted(days, action.date) :] *= action.value
        # Undone, it is the panel without splits, but for cents and whole shares.
        np.testing.assert_allclose(made[3, :, lane] * shares, plain[3, :, lane], atol=0.00501 * shares.max())
        np.testing.assert_allclose(made[4, :, lane] / shares, plain[4, :, lane], atol=0.51 / shares.min())


def test_dear_shares_are_split_and_cheap_ones_are_put_together():
    panel, actions = synthetic(40, 1500, 2, splits=0.02, actions=True)
    days = panel.index.to_numpy().astype("datetime64[D]").astype(np.int64)
    for symbol in panel.symbols:
        close = panel.frame(symbol)["close"].to_numpy()
        for action in actions[symbol]:
            before = close[np.searchsorted(days, action.date) - 1]
            assert before > 60.0 if action.value > 1.0 else before < 5.0


def test_without_splits_none_are_told():
    panel, actions = synthetic(3, 5, actions=True)
    assert actions == dict.fromkeys(panel.symbols, ())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"halts": 1.0}, "halts must be a share from 0 to below 1, got 1.0"),
        ({"splits": -0.1}, "splits must be a share from 0 to below 1, got -0.1"),
        ({"halted": "gone"}, "halted must be one of 'absent', 'flat', got 'gone'"),
    ],
)
def test_a_parameter_out_of_bounds_is_refused(options, message):
    with pytest.raises(ParameterError) as caught:
        synthetic(2, 5, **options)
    assert message in str(caught.value)


def test_the_source_gives_the_bars_of_the_panel_that_there_are():
    source = Synthetic(symbols=4, bars=200, seed=6, halts=0.05, splits=0.02, late=0.5)
    panel, actions = synthetic(4, 200, 6, halts=0.05, splits=0.02, late=0.5, actions=True)
    for symbol in source.symbols:
        found = source.read(span(symbol))
        expected = panel.frame(symbol).dropna()
        assert len(found.bars) == len(expected) < 200
        assert (found.bars.values == expected.to_numpy().T).all()
        assert found.actions == actions[symbol]
        assert found.basis == "raw"


def test_any_span_has_the_same_bars():
    source = Synthetic(symbols=2, bars=300, seed=1, splits=0.02)
    whole = source.read(span("S001")).bars
    first = source.read(span("S001", end="2015-06-01")).bars
    second = source.read(span("S001", start="2015-06-01")).bars
    assert np.concatenate([first.stamps, second.stamps]).tolist() == whole.stamps.tolist()
    np.testing.assert_array_equal(np.hstack([first.values, second.values]), whole.values)
    assert Synthetic(symbols=2, bars=300, seed=1, splits=0.02).read(span("S001")).bars.values.tobytes() == (
        whole.values.tobytes()
    )


def test_any_other_symbol_or_length_is_an_error():
    source = Synthetic(symbols=4, bars=5)
    with pytest.raises(NotFound, match="synthetic bars have S000 to S003, got 'S004'"):
        source.read(span("S004"))
    with pytest.raises(SourceError, match="the synthetic source has bars of 1d, asked was 5m"):
        source.read(span("S001", interval="5m"))
    with pytest.raises(ParameterError, match="options must be start, missing, late or halted, got actions"):
        Synthetic(actions=True)
    assert repr(source) == "Synthetic(symbols=4, bars=5, seed=0, splits=0.0005, halts=0.0005)"
