"""Dynamic time warping is what its definition says, on any lengths, bands and features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.patterns import dtw, dtw_matrix
from quantperf.patterns.distance import standardised
from quantperf.reference import similarity as plain

KINDS = ("walk", "ticks", "plateau", "gap", "infinite")


def stretch(kind: str, bars: int, seed: int) -> np.ndarray:
    values = 100.0 + np.random.default_rng(seed).standard_normal(bars).cumsum()
    if kind == "ticks":
        return np.round(values)
    if kind == "plateau":
        values[bars // 3 : 2 * bars // 3 + 1] = values[bars // 3]
    if kind == "gap":
        values[bars // 2] = np.nan
    if kind == "infinite":
        values[-1] = np.inf
    return values


@pytest.mark.filterwarnings("ignore:. holds 1 infinite")
@pytest.mark.parametrize("window", [None, 0, 1, 5, 1000])
@pytest.mark.parametrize("kind", KINDS)
def test_the_distance_is_that_of_the_full_matrix_to_the_bit(kind: str, window: int | None) -> None:
    for bars, others in ((1, 1), (1, 7), (30, 30), (30, 17), (17, 30)):
        a, b = stretch(kind, bars, 1), stretch("walk", others, 2)
        for first, second in ((a, b), (b, a)):
            np.testing.assert_equal(dtw(first, second, window=window), plain.dtw(first, second, window))


@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), min_size=1, max_size=12),
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12),
    st.none() | st.integers(0, 12),
)
def test_any_two_stretches_have_the_distance_of_the_full_matrix(
    a: list[float], b: list[float], window: int | None
) -> None:
    np.testing.assert_equal(dtw(a, b, window=window), plain.dtw(np.array(a), np.array(b), window))


def test_a_band_of_no_width_is_the_euclidean_distance_and_a_wider_one_never_further() -> None:
    a, b = stretch("walk", 40, 3), stretch("walk", 40, 4)
    found = [dtw(a, b, window=window) for window in (0, 1, 3, 10, 40)]
    assert found[0] == pytest.approx(np.linalg.norm(a - b), rel=1e-12)
    assert found == sorted(found, reverse=True)
    assert found[-1] == dtw(a, b) == dtw(b, a)


def test_a_shape_that_runs_slower_for_a_while_is_the_same_shape() -> None:
    shape = np.sin(np.linspace(0.0, 6.0, 40))
    slower = np.repeat(shape, np.where(np.arange(40) % 4 == 0, 2, 1))
    assert dtw(shape, slower) == 0.0
    assert dtw(shape, 50.0 + 3.0 * slower, normalise=True) < 0.2 * dtw(shape, -slower, normalise=True)


def test_normalised_stretches_have_mean_0_and_deviation_1_and_a_constant_one_is_0() -> None:
    table = np.column_stack([stretch("walk", 30, 5), np.full(30, 0.1)])
    made = standardised(table)
    np.testing.assert_allclose(made.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(made.std(axis=0), [1.0, 0.0], rtol=1e-12)
    assert dtw(np.full(9, 0.1), np.full(5, 7.3), normalise=True) == 0.0
    # A constant against a shape of m bars: the root of m, which is the rule of matrix profiles too.
    assert dtw(table[:, 0], np.full(30, 2.0), normalise=True, window=0) == pytest.approx(np.sqrt(30.0), rel=1e-12)


def test_stretches_of_several_features_are_warped_together() -> None:
    random = np.random.default_rng(6)
    a, b = random.standard_normal((20, 3)), random.standard_normal((25, 3))
    assert dtw(a, b, window=4) == plain.dtw(a, b, 4)
    with pytest.raises(qp.DataError, match="same features, got 3 and 2"):
        dtw(a, b[:, :2])


@pytest.mark.parametrize("window", [None, 2])
def test_a_matrix_holds_the_distance_of_each_pair(window: int | None) -> None:
    stretches = {name: stretch(name, 20 + place, place) for place, name in enumerate(("walk", "ticks", "gap"))}
    found = dtw_matrix(stretches, window=window)
    assert list(found.index) == list(found.columns) == list(stretches)
    for one, first in stretches.items():
        for two, second in stretches.items():
            np.testing.assert_equal(found.loc[one, two], plain.dtw(first, second, window))
    assert found.loc["gap"].isna().all()
    np.testing.assert_array_equal(dtw_matrix(list(stretches.values()), window=window), found)


def test_a_panel_stands_for_its_closes_and_a_frame_of_bars_for_its_own() -> None:
    panel = qp.sample()
    found = dtw_matrix(panel, window=5)
    assert list(found.columns) == list(panel.symbols)
    assert found["GOOG"].isna().all()  # it is listed later: its missing bars are unknown
    recent = {name: panel.frame(name)[-40:] for name in panel}
    wide = pd.DataFrame({name: bars["close"] for name, bars in recent.items()})
    pd.testing.assert_frame_equal(dtw_matrix(wide, window=5), dtw_matrix(recent, window=5), check_names=False)
    assert dtw(recent["IBM"], recent["MSFT"]) == dtw(recent["IBM"]["close"], recent["MSFT"]["close"].tolist())


def test_inputs_are_not_changed_and_infinities_are_missing_with_a_warning() -> None:
    a, b = stretch("walk", 10, 1), stretch("infinite", 10, 2)
    a.flags.writeable = b.flags.writeable = False
    before = b.copy()
    with pytest.warns(qp.QuantperfWarning, match="b holds 1 infinite"):
        assert np.isnan(dtw(a, b, normalise=True))
    np.testing.assert_array_equal(b, before)
    assert dtw_matrix({}).shape == (0, 0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: dtw([], [1.0]), qp.DataError, "a must hold at least one bar"),
        (lambda: dtw([1.0], ["x"]), qp.DataError, "b must be numeric"),
        (lambda: dtw([1.0], [1.0], window=-1), qp.ParameterError, "window must be a whole number"),
        (lambda: dtw([1.0], [1.0], window=True), qp.ParameterError, "window must be a whole number"),
        (lambda: dtw([1.0], [1.0], normalise=1), qp.ParameterError, "normalise must be True or False"),  # type: ignore[arg-type]
        (lambda: dtw(qp.sample(), [1.0]), qp.DataError, "got a Panel"),
        (lambda: dtw_matrix(5), qp.DataError, "got int"),
        (lambda: dtw_matrix([[1.0], [[1.0, 2.0]]]), qp.DataError, "got 1, 2 of them"),
        (lambda: dtw_matrix([[1.0]] * 5001), qp.DataError, "at most 5000 stretches, got 5001"),
    ],
)
def test_mistakes_are_named(call, error, words) -> None:
    with pytest.raises(error, match=words):
        call()


def test_the_optimisation_equals_its_baseline_on_edge_cases_too() -> None:
    from quantperf.patterns import optimisations_similarity
    from quantperf.performance import REGISTRY

    optimisations_similarity.register()
    assert all(
        parity.equal for parity in REGISTRY["patterns.dtw"].verify(edge_cases=["NaN last", "one bar", "strided"])
    )
