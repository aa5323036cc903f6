# Written by `python tests/typing/build_stubs.py`; do not edit.
from collections.abc import Sequence
from typing import Any, Generic, Literal, NamedTuple, TypeVar, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.indicators.catalogue import Indicator
from quantperf.indicators.policies import Policy
from quantperf.market.bars import Panel

T = TypeVar("T")
Numbers = npt.NDArray[Any] | Sequence[float]

class HeikinAshi(NamedTuple, Generic[T]):
    open: T
    high: T
    low: T
    close: T

class Fractal(NamedTuple, Generic[T]):
    high: T
    low: T

class _HeikinAshi(Indicator):
    @overload
    def __call__(self, open: Numbers, high: Numbers, low: Numbers, close: Numbers, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> HeikinAshi[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, open: pd.Series[Any], high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> HeikinAshi[pd.Series[Any]]: ...
    @overload
    def __call__(self, open: pd.DataFrame, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> HeikinAshi[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> HeikinAshi[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> HeikinAshi[pd.Series[Any]]: ...

heikin_ashi: _HeikinAshi

class _Fractal(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, left: int = 2, right: int = 2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Fractal[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], left: int = 2, right: int = 2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Fractal[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, left: int = 2, right: int = 2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Fractal[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, left: int = 2, right: int = 2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Fractal[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, left: int = 2, right: int = 2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Fractal[pd.Series[Any]]: ...

fractal: _Fractal
