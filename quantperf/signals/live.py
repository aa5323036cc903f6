"""Live signals: the states of indicators and of rules move by one bar, and the records are those of the batch.

The indicators are the kernels of the batch with one bar to a block, and the rules are decided by the one kernel that
decides them in batch, so ids and values are the same to the last bit, however the bars were cut, and also after a save
and a restore.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, StateMismatch
from quantperf.indicators import rim, run
from quantperf.indicators.held import Held
from quantperf.indicators.plan import FloatArray
from quantperf.kernels._jit import source_stamp
from quantperf.market.bars import Panel
from quantperf.market.sessions import Session, Stamps
from quantperf.signals.arrivals import Moments, rows_of

__all__ = ["SignalStream", "stream"]

MAGIC = b"QPSIGNAL"
SCHEMA = 1


class _State:
    """All that moves: the states of the indicators and of the rules, and how often each rule fired or was unknown."""

    def __init__(self, plan: Any, lanes: int) -> None:
        self.held = [Held(call, len(entry.columns), lanes) for entry, call in plan.calls]
        self.rules = plan.fresh_state(lanes)
        self.counts = np.zeros((2, len(plan.rules)), dtype=np.int64)

    def arrays(self) -> list[npt.NDArray[Any]]:
        """Return every array, in the order in which they are saved."""
        return [*(array for held in self.held for array in held.arrays()), *self.rules.arrays(), self.counts]

    def put(self, arrays: list[npt.NDArray[Any]]) -> None:
        """Take arrays, as `arrays` gives them."""
        rest = iter(arrays)
        for held in self.held:
            held.put([next(rest) for _ in held.arrays()])
        self.rules.put([next(rest) for _ in self.rules.arrays()])
        self.counts = next(rest)
