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

class Supertrend(NamedTuple, Generic[T]):
    supertrend: T
    trend: T

class _Sar(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, acceleration: float = 0.02, maximum: float = 0.2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], acceleration: float = 0.02, maximum: float = 0.2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, acceleration: float = 0.02, maximum: float = 0.2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, acceleration: float = 0.02, maximum: float = 0.2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, acceleration: float = 0.02, maximum: float = 0.2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...

sar: _Sar

class _Sarext(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, start: float = 0.0, offset: float = 0.0, begin_long: float = 0.02, step_long: float = 0.02, most_long: float = 0.2, begin_short: float = 0.02, step_short: float = 0.02, most_short: float = 0.2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], start: float = 0.0, offset: float = 0.0, begin_long: float = 0.02, step_long: float = 0.02, most_long: float = 0.2, begin_short: float = 0.02, step_short: float = 0.02, most_short: float = 0.2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, start: float = 0.0, offset: float = 0.0, begin_long: float = 0.02, step_long: float = 0.02, most_long: float = 0.2, begin_short: float = 0.02, step_short: float = 0.02, most_short: float = 0.2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, start: float = 0.0, offset: float = 0.0, begin_long: float = 0.02, step_long: float = 0.02, most_long: float = 0.2, begin_short: float = 0.02, step_short: float = 0.02, most_short: float = 0.2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, start: float = 0.0, offset: float = 0.0, begin_long: float = 0.02, step_long: float = 0.02, most_long: float = 0.2, begin_short: float = 0.02, step_short: float = 0.02, most_short: float = 0.2, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...

sarext: _Sarext

class _Supertrend(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, window: int = 10, multiplier: float = 3.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Supertrend[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], window: int = 10, multiplier: float = 3.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Supertrend[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, window: int = 10, multiplier: float = 3.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Supertrend[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 10, multiplier: float = 3.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Supertrend[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, window: int = 10, multiplier: float = 3.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Supertrend[pd.Series[Any]]: ...

supertrend: _Supertrend
