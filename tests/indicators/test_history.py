"""bars_needed: data cut to that many bars gives the last values of the whole, and where a seed weighs, fewer do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import quantperf as qp
from quantperf.errors import ParameterError, UnknownIndicator
from quantperf.indicators import CATALOG
from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import COUNTING, market

BARS = 2600
MARKET = market("walk", bars=BARS)


def last(step: Any, columns: dict[str, np.ndarray]) -> np.ndarray:
    """Compute a step as the grammar reads it: what it reads first; the first output is what the next one gets."""
    name, *rest = step if isinstance(step, tuple) else (step,)
    params = rest.pop(0) if rest and isinstance(rest[0], dict) else {}
    entry = CATALOG[name]
    data = [last(read, columns) for read in rest] or [columns[field] for field in entry.columns]
    result = entry(*data, **params)
    return result if entry.returns is None else result[0]


def error(step: Any, bars: int) -> float:
    """What the last value of the step is off if data is cut, in units of the step's range."""
    whole = last(step, MARKET)
    cut = last(step, {name: column[-bars:] for name, column in MARKET.items()})
    return float(abs(whole[-1] - cut[-1]) / max(float(np.nanmax(np.abs(whole))), 1e-300))  # some are 0 throughout


CHAINS = [
    ("ema", "rsi"),
    ("rsi", ("ema", {"window": 30})),
    ("ema", {"window": 9}, ("rsi", {"window": 5})),
    ("sma", {"window": 9}, ("rma", {"window": 9})),
    ("ema", {"window": 20}, ("ema", {"window": 20}, ("ema", {"window": 20}))),
    ("correl", {"window": 12}, "rsi", ("ema", {"window": 5})),
    ("atr", "ema", "ema", ("ema", {"window": 9})),
    ("wma", "adx"),
]


STEPS = ["rsi", "ema", "macd", "atr", "adx", "trix", ("kama", {"window": 5}), *CHAINS]


@pytest.mark.parametrize("eps", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("step", STEPS, ids=str)
def test_so_many_bars_are_enough(step: Any, eps: float) -> None:
    assert error(step, qp.bars_needed(step, eps)) <= eps


@pytest.mark.parametrize("step", [step for step in STEPS if "kama" not in step], ids=str)  # it forgets by the market
def test_fewer_bars_are_not_enough(step: Any) -> None:
    assert error(step, qp.bars_needed(step, 0.9)) > 1e-6


@pytest.mark.parametrize("name", sorted(set(CATALOG) - COUNTING))
def test_so_many_bars_are_enough_for_every_indicator_that_settles(name: str) -> None:
    entry, eps = CATALOG[name], 1e-6
    if not np.isfinite(entry.settle(eps)):
        with pytest.raises(ParameterError, match=f"{name} never settles"):
            qp.bars_needed(name)
        return
    need = qp.bars_needed(name, eps)
    columns = [MARKET[field] for field in entry.columns]
    if entry.domain is not None:
        columns = [
            np.sin(column) * 0.5 * (entry.domain[1] - entry.domain[0]) + sum(entry.domain) / 2 for column in columns
        ]
    lines = entry(*columns), entry(*(column[-need:] for column in columns))
    scale = max(100.0, *(float(np.abs(column).max()) for column in columns))
    for whole, cut in zip(*(line if entry.returns is not None else (line,) for line in lines), strict=True):
        assert abs(float(whole[-1]) - float(cut[-1])) <= eps * scale


def drawn(random: np.random.Generator) -> Any:
    """Draw a chain of up to three indicators of one input, with windows of their own."""
    step: Any = None
    for _ in range(random.integers(1, 4)):
        entry = CATALOG[str(random.choice(SINGLE))]
        params = {
            name: int(np.clip(random.integers(2, 15), parameter.low, parameter.high))
            for name, parameter in entry.params.items()
            if parameter.whole and not parameter.choice
        }
        step = (entry.name, params) if step is None else (entry.name, params, step)
    return step


SINGLE = sorted(
    name
    for name, entry in CATALOG.items()
    if entry.columns == ("close",) and entry.domain is None and np.isfinite(entry.settle(1e-6)) and name not in COUNTING
)


@pytest.mark.parametrize("seed", range(60 if JIT_ENABLED else 10))
def test_so_many_bars_are_enough_for_chains_that_are_drawn(seed: int) -> None:
    step = drawn(np.random.default_rng(seed))
    need = qp.bars_needed(step, 1e-6)
    if need < BARS and not np.isnan(last(step, MARKET)[-1]):  # a logarithm of something negative has no value
        assert error(step, need) <= 1e-6, step


def test_a_window_needs_exactly_its_bars() -> None:
    for step, bars in (
        (("sma", {"window": 50}), 50),
        (qp.atr, qp.atr.settle(1e-6) + 1),
        (("sma", {"window": 5}, ("sma", {"window": 7})), 11),
        (("ema", {"window": 5, "convention": "legacy"}), int(qp.ema.settle(1e-6, window=5, convention="legacy")) + 1),
        (["sma", ("sma", {"window": 3}), "cdl_doji"], qp.bars_needed(qp.sma)),
        (("SMA", {"window": 8}), 8),
    ):
        assert qp.bars_needed(step) == bars
    assert np.isnan(error(("sma", {"window": 50}), 49))
    assert error(("sma", {"window": 50}), 50) < 1e-15


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ("obv", "obv never settles: it remembers its first bar.*leave obv out, or compute it over all bars"),
        (["rsi", ("ema", ("sma", "obv"))], "obv never settles"),
        ([], "pipeline must hold at least one step, got none"),
        (5, r"a step must be the name of an indicator.*\('ema', \{'window': 9\}, 'rsi'\), got 5"),
        ({"rsi": 14}, "a step must be the name"),
        ([("rsi", {"window": 3}), 7.0], "a step must be the name.*got 7.0"),
        ((), r"a step must be the name.*got \(\)"),
        (("atr", "rsi"), r"atr reads 3 series \(high, low, close\), so a chain must give it that many steps.*got 1"),
        (("ema", "rsi", "rsi"), "ema reads 1 series"),
        (("ema", {"windw": 3}), "ema has no parameter 'windw'"),
        (("ema", {"window": 0}), "window must be at least"),
    ],
)
def test_a_pipeline_that_cannot_be_answered_names_the_culprit(pipeline: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        qp.bars_needed(pipeline)


def test_an_unknown_step_names_the_nearest() -> None:
    with pytest.raises(UnknownIndicator, match="did you mean 'rsi'"):
        qp.bars_needed(["ema", ("ema", "rsl")])


@pytest.mark.parametrize("eps", [0.0, 1.0, -1.0, True, "x", float("nan")])
def test_eps_lies_between_0_and_1(eps: Any) -> None:
    with pytest.raises(ParameterError, match="eps must lie between 0 and 1, got"):
        qp.bars_needed("ema", eps)
