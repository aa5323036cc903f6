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

class MACD(NamedTuple, Generic[T]):
    macd: T
    signal: T
    histogram: T

class _Ma(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 30, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 30, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 30, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 30, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

ma: _Ma

class _Mavp(Indicator):
    @overload
    def __call__(self, close: Numbers, periods: Numbers, low: int = 2, high: int = 30, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], periods: pd.Series[Any], low: int = 2, high: int = 30, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, periods: pd.DataFrame, low: int = 2, high: int = 30, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, low: int = 2, high: int = 30, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, low: int = 2, high: int = 30, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...

mavp: _Mavp

class _Macdext(Indicator):
    @overload
    def __call__(self, close: Numbers, fast: int = 12, fastmatype: int = 0, slow: int = 26, slowmatype: int = 0, signal: int = 9, signalmatype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> MACD[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, close: pd.Series[Any], fast: int = 12, fastmatype: int = 0, slow: int = 26, slowmatype: int = 0, signal: int = 9, signalmatype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> MACD[pd.Series[Any]]: ...
    @overload
    def __call__(self, close: pd.DataFrame, fast: int = 12, fastmatype: int = 0, slow: int = 26, slowmatype: int = 0, signal: int = 9, signalmatype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> MACD[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, fast: int = 12, fastmatype: int = 0, slow: int = 26, slowmatype: int = 0, signal: int = 9, signalmatype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> MACD[pd.DataFrame]: ...

macdext: _Macdext
