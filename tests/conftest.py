"""Profiles of hypothesis, and what runs without the JIT need."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import numpy as np
import pytest

from quantperf.kernels._jit import JIT_ENABLED

collect_ignore = ["typing/usage.py"]  # for mypy; it never runs


# No phase that explains: it runs a failing case many more times, with a tracer in the way of every line.
PHASES = [phase for phase in hypothesis.Phase if phase is not hypothesis.Phase.explain]
# The same examples on every run of `ci`, so that a red run can be repeated; `night` looks for new ones. Few a law, as
# each law runs over the whole catalogue.
hypothesis.settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=8, database=None, phases=PHASES
)
hypothesis.settings.register_profile("night", deadline=None, max_examples=2000, phases=PHASES)
hypothesis.settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def quiet_arithmetic() -> Iterator[None]:
    """Let NaN arithmetic pass: without the JIT, numpy's scalars warn where compiled code does not."""
    with np.errstate(all="warn" if JIT_ENABLED else "ignore"):
        yield


@pytest.fixture
def needs_jit() -> None:
    """Skip where kernels run as plain Python."""
    if not JIT_ENABLED:
        pytest.skip("NUMBA_DISABLE_JIT is set: there is nothing compiled to look at")
