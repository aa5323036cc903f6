"""When memory is short, and when a clean-up step is worth its time: decided from figures alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

__all__ = ["Action", "Pressure", "Status", "StepState", "after_step", "judge_pressure"]

Status: TypeAlias = Literal["ok", "warning", "critical", "unknown"]
Action: TypeAlias = Literal["none", "clean up", "alert and optimise"]

WARNING_PERCENT, CRITICAL_PERCENT = 75.0, 90.0
CRITICAL_FREE_BYTES = 500_000_000
CLEAN_PERCENT, ALERT_PERCENT = 80.0, 85.0

LEAST_FREED_BYTES = 65_536  # sixteen pages: less is the noise of the measurement
IDLE_MOST = 3  # times in a row that a step may free nothing
OFF_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Pressure:
    """How short memory is.

    Attributes
    ----------
    status : str
        ``"critical"`` above 90 % used or below 500 MB free, ``"warning"`` above 75 %, else ``"ok"``; ``"unknown"``
        where a figure is missing and the other one does not decide.
    action : str
        ``"clean up"`` from 80 % on, ``"alert and optimise"`` from 85 % on or where it is critical, else ``"none"``.
    used_percent, free_bytes : float
        The figures; NaN where unknown.
    """

    status: Status
    action: Action
    used_percent: float
    free_bytes: float


def judge_pressure(used_percent: float | None, free_bytes: float | None) -> Pressure:
    """Return how short memory is.

    Parameters
    ----------
    used_percent : float or None
        Of the machine's memory, 0 to 100; None or NaN where unknown.
    free_bytes : float or None
        That can be had without swapping.

    Examples
    --------
    >>> judge_pressure(82.0, 4e9).status, judge_pressure(82.0, 4e9).action
    ('warning', 'clean up')
    >>> judge_pressure(10.0, 4e8).status
    'critical'
    """
    used = math.nan if used_percent is None else float(used_percent)
    free = math.nan if free_bytes is None else float(free_bytes)
    status: Status
    if used > CRITICAL_PERCENT or free < CRITICAL_FREE_BYTES:
        status = "critical"
    elif math.isnan(used) or math.isnan(free):
        status = "unknown"
    else:
        status = "warning" if used > WARNING_PERCENT else "ok"
    action: Action = "none"
    if used >= ALERT_PERCENT or status == "critical":
        action = "alert and optimise"
    elif used >= CLEAN_PERCENT:
        action = "clean up"
    return Pressure(status, action, used, free)


@dataclass(frozen=True, slots=True)
class StepState:
    """How a step of cleaning up has done.

    Attributes
    ----------
    idle : int
        Times in a row that it freed nothing.
    off_until : float
        Seconds of a clock before which it is left out.
    """

    idle: int = 0
    off_until: float = -math.inf

    def off(self, now: float) -> bool:
        """Whether it is left out now."""
        return now < self.off_until


def after_step(state: StepState, freed: float | None, now: float) -> StepState:
    """Return the state after a step that freed so many bytes; where that is unknown, nothing is learnt.

    Examples
    --------
    >>> state = StepState()
    >>> for now in (0.0, 1.0, 2.0):
    ...     state = after_step(state, 0, now)
    >>> state.off(3.0), state.off(2.0 + OFF_SECONDS)
    (True, False)
    """
    if freed is None:
        return state
    if freed >= LEAST_FREED_BYTES:
        return StepState()
    if state.idle + 1 >= IDLE_MOST:
        # One more idle time after the pause, and it is off again.
        return StepState(IDLE_MOST - 1, now + OFF_SECONDS)
    return replace(state, idle=state.idle + 1)
