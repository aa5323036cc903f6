"""Laws of what an entry says of itself: complete, consistent, and true."""

from __future__ import annotations

import ast
import doctest
import inspect
import math
import pickle
import re

import numpy as np
import pytest
import talib

import quantperf as qp
from quantperf.indicators import CATALOG, Indicator
from quantperf.indicators.catalogue import CONVENTIONS
from quantperf.indicators.docs import documented, read, sections
from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import Case, cases, market

NAMES = sorted(CATALOG)


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_is_complete(name: str) -> None:
    entry = CATALOG[name]
    found = sections(entry.doc)
    assert re.match(r"Return [^\n]+\.$", found[""].strip(), flags=re.DOTALL)
    assert " a engulfing" not in entry.doc
    assert list(documented(found["Parameters"])) == [*entry.inputs, *entry.params]
    assert "like " in found["Returns"]
    if entry.returns is not None:
        assert list(documented(found["Returns"])) == list(entry.outputs)
    assert "DataError" in found["Raises"]
    assert ("ParameterError" in found["Raises"]) == bool(entry.params)
    said = read(entry.doc)
    assert re.fullmatch(r"[A-Za-z].*[^\s]\.", said.source)  # where the definition comes from, read out of the Notes
    assert "Source:" not in said.notes
    assert said.example.startswith(">>> ")
    assert "shape (bars,) or (bars, symbols)" in found["Parameters"]
    for line in entry.doc.splitlines():
        assert len(line) <= 120, line


@pytest.mark.parametrize("name", NAMES)
def test_the_documented_defaults_and_bounds_are_those_of_the_signature(name: str) -> None:
    entry = CATALOG[name]
    text = sections(entry.doc).get("Parameters", "")
    signature = inspect.signature(entry)
    for parameter, bounds in entry.params.items():
        line = re.search(rf"^[\w, ]*\b{parameter}\b[\w, ]* : (\w+), default (\S+)$", text, flags=re.MULTILINE)
        assert line is not None, parameter
        assert line.group(1) == ("int" if bounds.whole else "float")
        assert ast.literal_eval(line.group(2)) == signature.parameters[parameter].default == bounds.default
        assert bounds.low <= bounds.default <= bounds.high
        if bounds.whole and not bounds.choice:
            assert re.search(rf"\n    [^\n]*at least {bounds.low:g}\b", text[line.end() :]), parameter


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_run_and_say_what_they_give(name: str) -> None:
    # An indicator is an instance, so that doctest does not find it by itself.
    entry = CATALOG[name]
    test = doctest.DocTestParser().get_doctest(entry.doc, {}, name, None, None)
    assert len(test.examples) >= 2
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS, verbose=False)
    runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_is_named_once_and_in_lower_case(name: str) -> None:
    entry = CATALOG[name]
    assert isinstance(entry, Indicator)
    assert entry.name == entry.__name__ == entry.__qualname__ == name == name.lower()
    assert entry.__module__ == f"quantperf.indicators.{entry.family}"
    assert entry.reference.__module__ == f"quantperf.reference.{entry.family}"
    assert entry.reference.__name__ == name
    assert set(entry.conventions) <= set(CONVENTIONS)
    assert entry.conventions[0] == "talib"
    assert getattr(qp, name) is entry
    assert pickle.loads(pickle.dumps(entry)) is entry
    assert name in repr(entry)
    if entry.returns is not None:
        assert entry.outputs == entry.returns._fields


@pytest.mark.parametrize("name", [name for name in NAMES if len(CATALOG[name].conventions) > 1])
def test_each_convention_is_described_and_differs_from_the_default(name: str) -> None:
    entry = CATALOG[name]
    notes = sections(entry.doc)["Notes"]
    size = next(case.values[0] for case in cases("narrow") if case.values[0].name == name)
    for convention in entry.conventions[1:]:
        assert len(re.findall(rf"^``convention=\"{convention}\"``: \S", notes, flags=re.MULTILINE)) == 1
        differs = False
        for kind in ("walk", "flats", "still"):
            bars = market("flats" if kind == "still" else kind, bars=120)
            if kind == "still":  # nothing has moved, and nothing been traded, yet
                bars = {field: np.where(np.arange(120) < 60, column[0], column) for field, column in bars.items()}
                bars["volume"][:60] = 0.0
            columns = [bars[column] for column in entry.columns]
            default, other = (
                size.outputs(entry(*columns, **size.params, convention=one))
                for one in (entry.conventions[0], convention)
            )
            differs |= any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(default, other, strict=True))
        assert differs, convention


@pytest.mark.parametrize("name", NAMES)
def test_its_names_at_talib_exist_there(name: str) -> None:
    for spec in CATALOG[name].talib:
        assert spec.name in talib.get_functions()
        for ours, _ in spec.params.values():
            assert ours is None or ours in CATALOG[name].params
        for output in spec.outputs or ():
            assert output in CATALOG[name].outputs
        if spec.outputs is None:
            assert CATALOG[spec.name] is CATALOG[spec.name.lower()] is CATALOG[name]


@pytest.mark.parametrize("case", cases("narrow", "wide", "least"))
def test_lookback_span_and_settle_go_together(case: Case) -> None:
    entry = case.entry
    assert len(case.lookbacks) == len(entry.outputs)
    assert entry.lookback(**case.keywords) == max(case.lookbacks)
    assert min(case.lookbacks) >= 0
    assert case.span >= 1
    if case.span > 1:
        assert case.span >= max(case.lookbacks)  # a window reads the bars that its warm-up waits for
        assert entry.settle(1e-9, **case.keywords) <= max(case.lookbacks) + 1
    loose, tight = entry.settle(1e-3, **case.keywords), entry.settle(1e-12, **case.keywords)
    assert max(case.lookbacks) <= loose <= tight


@pytest.mark.parametrize("case", cases("narrow"))
@pytest.mark.parametrize("eps", [1e-4, 1e-9])
def test_a_settled_value_does_not_remember_its_seed(case: Case, eps: float) -> None:
    settle = case.entry.settle(eps, **case.keywords)
    columns = case.columns(market("walk", bars=1200 if JIT_ENABLED else 400))
    full = case(*columns)
    if math.isinf(settle) and case.entry.family in {"bricks", "sessions", "stops", "trails"}:
        # It forgets all at once when it is hit or a session begins, or at the pace of the market, but no number of bars
        # promises that. What trails a mean differs by the order in which the window is summed.
        rtol = 1e-13 if case.entry.family == "trails" else 0.0
        for line, cut in zip(full, case(*(column[50:] for column in columns)), strict=True):
            np.testing.assert_allclose(cut[-1], line[-1], rtol=rtol, atol=0.0)
        return
    if math.isinf(settle):
        for line, cut in zip(full, case(*(column[50:] for column in columns)), strict=True):
            assert not np.isclose(line[-1], cut[-1], rtol=1e-6)  # a running total never forgets
        return
    settled = case(*(column[-(int(settle) + 1) :] for column in columns))
    young = case(*(column[-(max(case.lookbacks) + 1) :] for column in columns))
    largest = max(float(np.abs(column).max()) for column in columns)
    for line, cut, seed in zip(full, settled, young, strict=True):
        cut = case.later(cut, len(line) - len(cut))
        # `eps` is the weight of the seed, which is off by less than the price, or than 100 on a scale that runs to it.
        scale = largest if case.entry.degree != (0, 0) else 100.0
        assert abs(float(line[-1]) - float(cut[-1])) <= eps * scale + 1e-9 * abs(float(line[-1]))
        # A seed must be seen to weigh, but where there is none (settled on the first bar), or in codes.
        seeded = case.span == 1 and settle > max(case.lookbacks) and line.dtype != np.int8
        if seeded and case.convention == "talib" and line is full[0]:
            assert abs(float(line[-1]) - float(seed[-1])) > eps * scale * 1e-3


def test_a_name_that_is_not_in_the_catalogue_names_the_nearest() -> None:
    with pytest.raises(qp.UnknownIndicator, match="unknown indicator 'rsl'; did you mean 'rsi'"):
        CATALOG["rsl"]
    with pytest.raises(KeyError, match=r"see quantperf.CATALOG"):
        CATALOG["~~~~"]
    assert "rsi" in CATALOG
    assert "rsl" not in CATALOG
    assert CATALOG.get("rsl") is None
    assert repr(CATALOG).startswith(f"Catalogue({len(CATALOG)} indicators: {min(CATALOG)}, ")
    assert len(list(CATALOG)) == len(CATALOG)


def test_an_indicator_is_registered_once() -> None:
    with pytest.raises(qp.ParameterError, match="indicator 'rsi' is registered twice"):
        CATALOG.add(CATALOG["rsi"])
