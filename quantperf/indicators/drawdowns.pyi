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

class _Returns(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 1, log: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 1, log: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 1, log: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 1, log: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

returns: _Returns

class _Cumreturn(Indicator):
    @overload
    def __call__(self, close: Numbers, log: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], log: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, log: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, log: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

cumreturn: _Cumreturn

class _Drawdown(Indicator):
    @overload
    def __call__(self, close: Numbers, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

drawdown: _Drawdown

class _MaxDrawdown(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 252, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 252, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 252, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 252, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

max_drawdown: _MaxDrawdown

class _Ulcer(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

ulcer: _Ulcer
