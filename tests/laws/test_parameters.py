"""Laws of parameters: each is checked once, before any kernel, and a refusal says what must be and what was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from quantperf.errors import ParameterError
from quantperf.indicators import CATALOG, ffill, segment
from tests.laws.cases import Array, Case, cases, market
from tests.laws.laws import assert_same_bits

PARAMETERS = [(name, parameter) for name in sorted(CATALOG) for parameter in CATALOG[name].params]
WHOLE = [(name, parameter) for name, parameter in PARAMETERS if CATALOG[name].params[parameter].whole]
REAL = [(name, parameter) for name, parameter in PARAMETERS if not CATALOG[name].params[parameter].whole]
EVERYWHERE = [True, False, np.True_, None, "5", "", [5], (5,), {}, np.array([5]), np.array([5.0, 6.0]), 5j, object()]
NUMBERLESS = [float("nan"), float("inf"), -float("inf"), np.float32("nan")]


def data(name: str) -> list[Array]:
    found = market("walk", bars=40)
    return [found[column] for column in CATALOG[name].columns]


def refused(name: str, value: Any, parameter: str) -> str:
    entry = CATALOG[name]
    for use in (lambda **given: entry(*data(name), **given), entry.stream, entry.lookback, entry.settle):
        with pytest.raises(ParameterError, match=rf"^{parameter} must be ") as caught:
            use(**{parameter: value})
    return str(caught.value)


@pytest.mark.parametrize(("name", "parameter"), WHOLE)
def test_a_number_of_bars_must_be_a_whole_number_within_its_bounds(name: str, parameter: str) -> None:
    bounds = CATALOG[name].params[parameter]
    for value in [*EVERYWHERE, *NUMBERLESS, 5.0, 5.5, np.float64(5.0), np.int64(5) / 1]:
        assert "must be a whole number, got" in refused(name, value, parameter)
    for value in (bounds.low - 1, 0 if bounds.low else -1, -5, -(10**30)):
        assert f"must be at least {bounds.low}, got {value!r}" in refused(name, value, parameter)
    for value in (bounds.high + 1, 10**30):
        assert f"must be at most {bounds.high:g}, got" in refused(name, value, parameter)


@pytest.mark.parametrize(("name", "parameter"), REAL)
def test_a_factor_must_be_a_finite_number(name: str, parameter: str) -> None:
    for value in EVERYWHERE:
        assert "must be a number, got" in refused(name, value, parameter)
    for value in NUMBERLESS:
        assert "must be a finite number, got" in refused(name, value, parameter)
    for value in (1e16, -1e16):
        assert "must be at " in refused(name, value, parameter)


@pytest.mark.parametrize("case", cases("narrow"))
def test_whole_numbers_of_every_kind_are_the_same_number(case: Case) -> None:
    columns = case.columns(market("walk", bars=60))
    for kind in (np.int8, np.int32, np.int64, np.uint16):
        given = {name: kind(v) if case.entry.params[name].whole else np.float32(v) for name, v in case.params.items()}
        assert_same_bits(case.outputs(case.entry(*columns, **given, convention=case.convention)), case(*columns))


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_an_unknown_keyword_is_refused_and_the_nearest_named(name: str) -> None:
    entry = CATALOG[name]
    near = {"windw": "window", "conventon": "convention", "fsat": "fast", "nann": "nan"}
    for wrong, right in near.items():
        if right in {*entry.params, "convention", "nan"}:
            for use in (lambda **given: entry(*data(name), **given), entry.stream):
                with pytest.raises(ParameterError, match=rf"{name} has no parameter '{wrong}'; did you mean '{right}'"):
                    use(**{wrong: 5})
    with pytest.raises(ParameterError, match=f"{name} has no parameter 'zzz'"):
        entry(*data(name), zzz=5)
    for use in (entry.lookback, entry.lookbacks, entry.settle):
        with pytest.raises(ParameterError, match=f"{name} has no parameter 'zzz'"):
            use(zzz=5)


@pytest.mark.parametrize("name", sorted({name for name, _ in PARAMETERS}))
def test_a_parameter_given_twice_is_refused(name: str) -> None:
    first = next(iter(CATALOG[name].params))
    with pytest.raises(ParameterError, match=f"{name} got {first} twice, by place and by name"):
        CATALOG[name](*data(name), 5, **{first: 5})


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_too_many_parameters_by_place_are_refused(name: str) -> None:
    entry = CATALOG[name]
    with pytest.raises(ParameterError, match=rf"{name} takes at most {len(entry.params)} parameters by place, got"):
        entry(*data(name), *([5] * (len(entry.params) + 1)))


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_data_that_are_not_given_are_named(name: str) -> None:
    entry = CATALOG[name]
    with pytest.raises(ParameterError, match=rf"{name} needs {', '.join(entry.inputs)}.*{entry.inputs[0]}.* not given"):
        entry()
    if len(entry.inputs) > 1:
        with pytest.raises(ParameterError, match=f"{entry.inputs[-1]} was not given"):
            entry(*data(name)[:-1])


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_data_may_be_given_by_name(name: str) -> None:
    entry = CATALOG[name]
    columns = data(name)
    named = entry(**dict(zip(entry.inputs, columns, strict=True)))
    mixed = entry(columns[0], **dict(zip(entry.inputs[1:], columns[1:], strict=True)))
    for result in (named, mixed):
        np.testing.assert_array_equal(np.array(result), np.array(entry(*columns)))


@pytest.mark.parametrize("name", sorted(CATALOG))
@pytest.mark.parametrize("convention", ["TA-Lib", "bogus", "", None, 3, ["talib"], "Talib"])
def test_an_unknown_convention_is_refused(name: str, convention: Any) -> None:
    entry = CATALOG[name]
    for use in (lambda **given: entry(*data(name), **given), entry.stream):
        with pytest.raises(ParameterError, match=f"convention of {name} must be one of 'talib'.*, got"):
            use(convention=convention)


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_an_unknown_convention_has_no_lookback(name: str) -> None:
    # ema.lookback(convention="bogus") used to answer as if it were legacy.
    entry = CATALOG[name]
    for use in (entry.lookback, entry.lookbacks, entry.settle):
        with pytest.raises(ParameterError, match=f"convention of {name} must be one of 'talib'.*, got 'bogus'"):
            use(convention="bogus")


@pytest.mark.parametrize("nan", ["drop", "", None, 0, ffill, ["local"], float("nan")])
def test_an_unknown_policy_is_refused(nan: Any) -> None:
    with pytest.raises(ParameterError, match="nan must be one of 'local', 'skip', 'ffill', 'segment', 'raise', got"):
        CATALOG["sma"](data("sma")[0], nan=nan)


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "2"])
def test_a_bound_of_a_policy_must_be_a_whole_number(value: Any) -> None:
    with pytest.raises(ParameterError, match="limit must be a whole number of at least 1, or None, got"):
        ffill(value)
    if value != 0 or value is False:
        with pytest.raises(ParameterError, match="gap must be a whole number of at least 0, got"):
            segment(value)


@pytest.mark.parametrize("kind", [np.int64, np.int8])
def test_a_bound_of_a_policy_may_be_any_whole_number(kind: Any) -> None:
    # A window of np.int64(3) was taken, a limit of np.int64(3) refused.
    assert ffill(kind(3)) == ffill(3)
    assert segment(kind(3)) == segment(3)


@pytest.mark.parametrize("eps", [0.0, 1.0, -1.0, 2.0, float("nan")])
def test_a_share_of_the_seed_lies_between_0_and_1(eps: float) -> None:
    with pytest.raises(ParameterError, match="eps must lie between 0 and 1, got"):
        CATALOG["ema"].settle(eps)


# ----------------------------------------------------------------------------------------------------------------- out


def outs(case: Case, shape: Any, **keywords: Any) -> Any:
    arrays = tuple(np.full(shape, 7, dtype=case.entry.dtype, **keywords) for _ in case.entry.outputs)
    return arrays if case.entry.returns is not None else arrays[0]


@pytest.mark.parametrize("lanes", [None, 3])
@pytest.mark.parametrize("nan", ["local", "skip", "ffill", "segment"])
@pytest.mark.parametrize("case", cases("narrow"))
def test_out_is_filled_and_returned_under_every_policy(case: Case, nan: str, lanes: int | None) -> None:
    # Under skip, ffill and segment `out` came back as it was.
    columns = case.columns(market("gaps", bars=80, lanes=lanes))
    out = outs(case, columns[0].shape)
    result = case.entry(*columns, **case.keywords, nan=nan, out=out)
    assert result is out
    assert_same_bits(case.outputs(out), case(*columns, nan=nan))


@pytest.mark.parametrize("case", cases("narrow"))
def test_out_may_be_strided_too_short_or_a_list_of_arrays(case: Case) -> None:
    columns = case.columns(market("walk", bars=80))
    wide = [np.full(160, 7, dtype=case.entry.dtype)[::2] for _ in case.entry.outputs]
    case.entry(*columns, **case.keywords, out=wide if case.entry.returns is not None else wide[0])
    assert_same_bits([np.ascontiguousarray(line) for line in wide], case(*columns))
    short = outs(case, 1)
    case.entry(*(column[:1] for column in columns), **case.keywords, out=short)
    assert_same_bits(case.outputs(short), case(*(column[:1] for column in columns)))


@pytest.mark.parametrize("case", [case for case in cases("narrow", "least") if case.values[0].entry.dtype != np.int8])
def test_out_may_be_one_of_the_inputs(case: Case) -> None:
    # The kernel read bars that it had overwritten: qp.sma(x, 4, out=x) was wrong from the second block on.
    columns = case.columns(market("walk", bars=300))
    wanted = case(*columns)
    if case.entry.returns is None:
        out: Any = columns[0]
    else:
        out = [columns[0], *(np.empty(300) for _ in case.entry.outputs[1:])]
    case.entry(*columns, **case.keywords, out=out)
    assert_same_bits(case.outputs(out), wanted)


@pytest.mark.parametrize("case", cases("narrow"))
def test_an_out_that_does_not_fit_is_refused(case: Case) -> None:
    columns = case.columns(market("walk", bars=80))
    several = case.entry.returns is not None
    wrong: list[Any] = [
        outs(case, 79),
        outs(case, (80, 1)),
        [0.0] * 80,
        np.zeros(80, dtype=np.float32),
        pd.Series(np.zeros(80)),
    ]
    if several:
        wrong += [np.zeros(80), (np.zeros(80),), tuple(np.zeros(80) for _ in range(len(case.entry.outputs) + 1))]
    for out in wrong:
        with pytest.raises(ParameterError, match="out must be "):
            case.entry(*columns, **case.keywords, out=out)
    fixed = outs(case, 80)
    for array in fixed if several else (fixed,):
        array.setflags(write=False)
    with pytest.raises(ParameterError, match="out must be writeable"):
        case.entry(*columns, **case.keywords, out=fixed)
