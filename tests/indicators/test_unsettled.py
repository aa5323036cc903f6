"""mask_unsettled: no value before the seed weighs less than was asked for, in batch, panel and live."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.errors import ParameterError
from tests.laws.cases import Case, cases, kinds, market
from tests.laws.laws import assert_same_bits, live_is_batch

EPS = 0.05
POLICIES = ("local", "skip", "ffill", "segment")


def settles(case: Case) -> bool:
    return bool(np.isfinite(case.entry.settle(EPS, **case.keywords)))


SETTLING = [case for case in cases("narrow") if settles(case.values[0])]


def masked(case: Case, columns: list[Any]) -> list[Any]:
    """The plain definition: nothing until so many whole bars have come; then what there is without a mask."""
    need = int(np.ceil(case.entry.settle(EPS, **case.keywords)))
    counts = np.cumsum(~np.isnan(np.stack(columns)).any(axis=0), axis=0)
    return [np.where(counts > need, line, case.nothing).astype(line.dtype) for line in case(*columns)]


@pytest.mark.parametrize("kind", ["walk", "gaps"])
@pytest.mark.parametrize("lanes", [None, 3])
@pytest.mark.parametrize("case", SETTLING)
def test_values_before_the_settled_bar_are_unknown(case: Case, lanes: int | None, kind: str) -> None:
    columns = case.columns(market(kind, bars=150, lanes=lanes))
    if lanes:
        for column in columns:
            column[:20, 1] = np.nan  # a late listing
    assert_same_bits(case(*columns, mask_unsettled=EPS), masked(case, columns))


@pytest.mark.parametrize("nan", POLICIES)
@pytest.mark.parametrize("lanes", [None, 3])
@pytest.mark.parametrize("case", [case for case in kinds("narrow") if settles(case.values[0])])
def test_live_masks_as_the_batch_does(case: Case, lanes: int | None, nan: str) -> None:
    columns = case.columns(market("gaps", bars=90, lanes=lanes))
    names = lanes and ("A", "B", "C")

    def batch(*columns: Any) -> Any:
        return case(*columns, nan=nan, mask_unsettled=EPS)

    def stream() -> qp.Stream:
        return case.stream(names, nan=nan, mask_unsettled=EPS)

    live_is_batch(stream, batch, columns, seed=5, row=case.row)


def test_a_segment_settles_anew() -> None:
    x = np.arange(1.0, 25.0)
    x[12] = np.nan
    line = qp.ema(x, 3, nan="segment", mask_unsettled=0.1)
    need = qp.ema.settle(0.1, window=3)
    assert np.flatnonzero(~np.isnan(line)).tolist() == [*range(need, 12), *range(13 + need, 24)]


def test_true_is_a_billionth_and_the_series_says_where_it_settles() -> None:
    x = pd.Series(np.random.default_rng(1).normal(100.0, 1.0, 300))
    line = qp.ema(x, 20, mask_unsettled=True)
    assert (
        line.first_valid_index() == line.attrs["first_valid"] == line.attrs["settled_from"] == qp.ema.settle(window=20)
    )
    pd.testing.assert_series_equal(qp.ema(x, 20, mask_unsettled=False), qp.ema(x, 20))
    out = np.empty(300)
    assert qp.ema(x.to_numpy(), 20, mask_unsettled=True, out=out) is out
    assert_same_bits([out], [line.to_numpy()])
    assert x.qp.ema(20, mask_unsettled=True).equals(line)


def test_many_at_once_mask_each_by_its_own() -> None:
    panel = qp.synthetic(symbols=40, bars=120)
    wanted = [("ema", {"window": 5, "mask_unsettled": EPS}), ("macd", {"fast": 3, "slow": 6, "signal": 3}), "cdl_doji"]
    found = qp.compute(panel, wanted, threads=2)
    pd.testing.assert_frame_equal(found["ema_5"], qp.ema(panel, 5, mask_unsettled=EPS), check_exact=True)
    assert not np.isnan(found["macd_3_6_3_macd"].iloc[8:]).any(axis=None)


@pytest.mark.parametrize("value", [0.0, 1.0, -1e-3, 2, None, "yes", float("nan")])
def test_a_mask_must_be_a_share_of_the_seed(value: Any) -> None:
    for use in (lambda: qp.ema([1.0, 2.0], 2, mask_unsettled=value), lambda: qp.ema.stream(mask_unsettled=value)):
        with pytest.raises(
            ParameterError, match=r"mask_unsettled must be True \(1e-09\), False, or the share of the seed"
        ):
            use()


@pytest.mark.parametrize("name", ["obv", "sar"])
def test_what_never_settles_cannot_be_masked(name: str) -> None:
    with pytest.raises(ParameterError, match=f"{name} never settles, so mask_unsettled would leave no value"):
        qp.CATALOG[name].stream(mask_unsettled=True)
