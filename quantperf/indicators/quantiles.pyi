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

class _Rank(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 100, share: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 100, share: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 100, share: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 100, share: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

rank: _Rank

class _Quantile(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 30, q: float = 0.5, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 30, q: float = 0.5, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 30, q: float = 0.5, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 30, q: float = 0.5, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

quantile: _Quantile

class _Median(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 30, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 30, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 30, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 30, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

median: _Median

class _MedianDeviation(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 30, scale: float = 1.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 30, scale: float = 1.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 30, scale: float = 1.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 30, scale: float = 1.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

median_deviation: _MedianDeviation
