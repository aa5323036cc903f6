"""Edge cases: what real inputs hold sooner or later, made from the inputs that an optimisation is proved on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quantperf.errors import one_of
from quantperf.performance.parity import Tolerance

EDGE_BARS = 1_000  # edge cases are made from so many first bars of a case
FLOAT32_RTOL = 2.0**-11  # half the digits of float32: what its arithmetic may lose over some thousand bars


def _at(share: float, value: float) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return a change of the bar at that share of the way: 0 the first, 1 the last."""

    def change(values: NDArray[Any]) -> NDArray[Any]:
        if len(values):
            values[round(share * (len(values) - 1))] = value
        return values

    return change


def _read_only(values: NDArray[Any]) -> NDArray[Any]:
    values.setflags(write=False)
    return values


EDGE_CASES: Mapping[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "NaN first": _at(0.0, np.nan),
    "NaN in the middle": _at(0.5, np.nan),
    "NaN last": _at(1.0, np.nan),
    "all NaN": lambda values: np.full_like(values, np.nan),
    "infinity in the middle": _at(0.5, np.inf),
    "empty": lambda values: values[:0],
    "one bar": lambda values: values[:1],
    "strided": lambda values: np.repeat(values, 2, axis=0)[::2],
    "read-only": _read_only,
    "float32": lambda values: values.astype(np.float32),
}


def choose_edges(edge_cases: bool | Collection[str]) -> list[str]:
    """Return the names of all edge cases, of none, or of those asked for."""
    if isinstance(edge_cases, bool):
        return list(EDGE_CASES) if edge_cases else []
    for name in edge_cases:
        if name not in EDGE_CASES:
            raise one_of("edge_cases", EDGE_CASES, name)
    return list(edge_cases)


def make_edge(
    name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Return the arguments changed to that edge case, or None where none of them holds floats."""
    bars = next((len(value) for value in (*args, *kwargs.values()) if _holds_floats(value)), None)
    if bars is None:
        return None
    rows = len(EDGE_CASES[name](np.zeros(min(bars, EDGE_BARS))))

    def changed(value: Any) -> Any:
        if not isinstance(value, (np.ndarray, pd.Series, pd.DataFrame)) or not value.ndim or len(value) != bars:
            return value
        if not _holds_floats(value):
            return value[:rows] if isinstance(value, np.ndarray) else value.iloc[:rows]
        values = EDGE_CASES[name](
            np.array(value[:EDGE_BARS] if isinstance(value, np.ndarray) else value.iloc[:EDGE_BARS])
        )
        if isinstance(value, pd.Series):
            return pd.Series(values, index=value.index[:rows], name=value.name, copy=False)
        if isinstance(value, pd.DataFrame):
            return pd.DataFrame(values, index=value.index[:rows], columns=value.columns, copy=False)
        return values

    return tuple(map(changed, args)), {key: changed(value) for key, value in kwargs.items()}


def tolerance_for(name: str, declared: Tolerance, made: tuple[tuple[Any, ...], dict[str, Any]]) -> Tolerance:
    """Return what answers may differ by: wider for float32, since one side may reckon in it and the other not."""
    if name != "float32":
        return declared
    largest = 1.0
    for value in (*made[0], *made[1].values()):
        if _holds_floats(value) and np.size(value):
            sizes = np.abs(np.asarray(value, dtype=np.float64))
            largest = max(largest, float(np.max(sizes, where=np.isfinite(sizes), initial=0.0)))
    return dataclasses.replace(
        declared, rtol=max(declared.rtol, FLOAT32_RTOL), atol=max(declared.atol, FLOAT32_RTOL * largest)
    )


def _holds_floats(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim > 0 and value.dtype.kind == "f"
    if isinstance(value, pd.Series):
        return isinstance(value.dtype, np.dtype) and value.dtype.kind == "f"
    if isinstance(value, pd.DataFrame):
        return value.shape[1] > 0 and all(isinstance(each, np.dtype) and each.kind == "f" for each in value.dtypes)
    return False
