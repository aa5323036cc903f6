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

class Bands(NamedTuple, Generic[T]):
    upper: T
    middle: T
    lower: T

class _Bbands(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 20, up: float = 2.0, down: float = 2.0, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 20, up: float = 2.0, down: float = 2.0, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.Series[Any]]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 20, up: float = 2.0, down: float = 2.0, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 20, up: float = 2.0, down: float = 2.0, matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.DataFrame]: ...

bbands: _Bbands

class _Midpoint(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

midpoint: _Midpoint

class _Midprice(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...

midprice: _Midprice

class _Donchian(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.Series[Any]]: ...

donchian: _Donchian

class _Accbands(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.Series[Any]]: ...

accbands: _Accbands

class _Keltner(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, window: int = 20, atr_window: int = 10, width: float = 2.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], window: int = 20, atr_window: int = 10, width: float = 2.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, window: int = 20, atr_window: int = 10, width: float = 2.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 20, atr_window: int = 10, width: float = 2.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, window: int = 20, atr_window: int = 10, width: float = 2.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Bands[pd.Series[Any]]: ...

keltner: _Keltner
