"""Events between two lines, as int8 codes."""

from __future__ import annotations

import numpy as np

from quantperf.indicators.catalogue import indicator
from quantperf.indicators.plan import Plan, zeros
from quantperf.kernels import events as kernels
from quantperf.reference import events as reference


@indicator(
    inputs=("x", "other"),
    columns=("close", "open"),
    reference=reference.cross,
    lookback=lambda convention: 0,
    settle=lambda eps, convention: 1,
    span=lambda convention: 1,
    dtype=np.int8,
)
def cross(*, convention: str) -> Plan:
    """Return where a line crosses another: 1 upwards, -1 downwards, else 0.

    Returns
    -------
    like the inputs
        A code on each bar; the first cannot cross.

    Notes
    -----
    A bar on which both are equal belongs to the side before: a touch is no crossing, and a crossing that rests on equal
    bars comes on the first bar beyond them. A missing bar is unknown and is otherwise passed over, so that a line that
    changed sides meanwhile crosses on the next bar. Source: the crossover of two lines of a chart, which has no
    one author.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.cross(np.array([1.0, 2.0, 3.0, 2.0, 1.0]), np.full(5, 2.0)).tolist()
    [0, 0, 1, 0, -1]
    """
    return Plan(kernels.cross, (), (zeros(),))
