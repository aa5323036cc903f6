"""What the library itself gives as records passes the laws of records: every rule, every shape, levels and pivots."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import quantperf as qp

BARS = 1_200
STAGES = ["formed", "confirmed", "failed", "expired"]


def stock(symbol: str) -> pd.DataFrame:
    return qp.sample(symbol).iloc[:BARS]


def test_every_rule_passes_at_its_known_at() -> None:
    fired: set[str] = set()
    for symbol in ("IBM", "AAPL"):
        certificate = qp.verify(qp.signals, stock(symbol), bars=BARS, probes=2)
        assert certificate.passed, certificate
        fired |= set(qp.signals(stock(symbol))["signal_type"])
    assert fired == {rule.name for rule in qp.signals.RULES}


def test_rules_that_wait_pass_at_the_bar_that_confirms_them() -> None:
    rule = qp.signals.Rule(
        "steady", family="mine", when="close > sma(20)", direction=1, hold=3, levels="once", clear="close < sma(20)"
    )

    def steady(bars: pd.DataFrame) -> pd.DataFrame:
        return qp.signals(bars, rule)

    found = steady(stock("IBM"))
    assert len(found) > 20
    assert (found["known_at"] > found["event_at"]).all()
    assert qp.verify(steady, stock("IBM"), bars=600, probes=4).passed


def test_every_shape_passes_in_every_stage() -> None:
    def shapes(bars: pd.DataFrame) -> pd.DataFrame:
        return qp.patterns.shapes(bars, reversal=1.0, stages=STAGES)

    seen: set[tuple[str, str]] = set()
    for symbol in qp.sample().symbols:
        found = shapes(qp.sample(symbol))
        seen |= set(zip(found["shape"], found["stage"], strict=True))
    assert set(qp.patterns.SHAPES) - {shape for shape, _ in seen} <= {"bull_pennant", "bear_pennant"}  # the rarest
    assert {stage for _, stage in seen} == set(STAGES)
    certificate = qp.verify(shapes, stock("IBM"), bars=800, probes=4)
    assert certificate.passed, certificate


@pytest.mark.parametrize("function", [qp.patterns.levels, qp.patterns.pivots], ids=["levels", "pivots"])
def test_levels_and_pivots_pass(function: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    certificate = qp.verify(function, stock("IBM"), bars=800, probes=4)
    assert certificate.passed, certificate
