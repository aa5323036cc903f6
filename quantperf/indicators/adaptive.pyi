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

class _Dema(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

dema: _Dema

class _Tema(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

tema: _Tema

class _T3(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 5, gain: float = 0.7, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 5, gain: float = 0.7, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 5, gain: float = 0.7, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 5, gain: float = 0.7, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'pandas'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

t3: _T3

class _Hma(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

hma: _Hma

class _Zlema(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 20, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

zlema: _Zlema

class _Kama(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 10, fast: int = 2, slow: int = 30, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 10, fast: int = 2, slow: int = 30, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 10, fast: int = 2, slow: int = 30, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 10, fast: int = 2, slow: int = 30, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...

kama: _Kama
