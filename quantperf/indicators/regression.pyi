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

class _Linearreg(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

linearreg: _Linearreg

class _LinearregAngle(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

linearreg_angle: _LinearregAngle

class _LinearregIntercept(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

linearreg_intercept: _LinearregIntercept

class _LinearregSlope(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

linearreg_slope: _LinearregSlope

class _Tsf(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

tsf: _Tsf
