"""Law: every built-in gets the certificate that is offered for any function."""

from __future__ import annotations

import functools

import pytest

import quantperf as qp
from quantperf.kernels._jit import JIT_ENABLED
from tests.laws.cases import Case, cases


@pytest.mark.parametrize("case", cases("narrow"))
def test_every_built_in_gets_its_certificate(case: Case) -> None:
    entry = functools.partial(case.entry, **case.keywords)
    certificate = qp.verify(entry, bars=120 if JIT_ENABLED else 60, probes=2)
    assert certificate.passed, str(certificate)
    held = {law.name: law.held for law in certificate.laws}
    for name in ("causality", "missing values", "panel", "batch = live", "memory layout", "container"):
        assert held[name] == "exactly", str(certificate)
    assert set(certificate.outputs) == set(case.entry.outputs)
    if case.entry.degree is not None:
        for units in certificate.degrees.values():
            assert all(power is not None for power in units.values())
