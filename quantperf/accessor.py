"""``df.qp.rsi(14)`` and ``series.qp.rsi(14)``: the catalogue on pandas objects.

Registered when `quantperf` is imported, and light: the catalogue (and numba with it) is loaded on first use.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from quantperf.errors import DataError


class _Accessor:
    """Indicators of the catalogue as methods; `_inputs` says which columns an indicator gets."""

    _inputs: Callable[[Any], tuple[Any, ...]]

    def __init__(self, data: Any) -> None:
        self._data = data

    def __dir__(self) -> list[str]:
        from quantperf.indicators import CATALOG

        return sorted({*super().__dir__(), *CATALOG})

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        from quantperf.errors import UnknownIndicator
        from quantperf.indicators import CATALOG

        try:
            entry = CATALOG[name]
        except UnknownIndicator as error:
            raise AttributeError(str(error)) from error
        method = partial(self._compute, entry)
        method.__doc__ = entry.__doc__
        return method

    def _compute(self, entry: Any, *args: Any, **kwargs: Any) -> Any:
        result = entry(*self._inputs(entry), *args, **kwargs)
        return result if entry.returns is None else _together(result, entry.outputs)


class SeriesAccessor(_Accessor):
    """``series.qp``: indicators of one input."""

    def _inputs(self, entry: Any) -> tuple[Any, ...]:
        if len(entry.inputs) != 1:
            raise DataError(
                f"{entry.name} needs {', '.join(entry.inputs)}; call it on a frame of bars, df.qp.{entry.name}()"
            )
        return (self._data,)


class FrameAccessor(_Accessor):
    """``df.qp``: indicators on a frame of bars; columns are matched without case."""

    def _inputs(self, entry: Any) -> tuple[Any, ...]:
        from quantperf.market.columns import columns_of

        columns = columns_of(self._data, entry.columns)
        return tuple(pd.Series(columns[name], index=self._data.index, copy=False) for name in entry.columns)


def _together(result: Any, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the lines of a named tuple as columns."""
    frame = pd.DataFrame(dict(zip(names, result, strict=True)), index=result[0].index)
    frame.attrs = result[0].attrs
    return frame


def register() -> None:
    """Make ``.qp`` known to pandas."""
    pd.api.extensions.register_series_accessor("qp")(SeriesAccessor)
    pd.api.extensions.register_dataframe_accessor("qp")(FrameAccessor)
