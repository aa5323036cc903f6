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

class Stochastic(NamedTuple, Generic[T]):
    slowk: T
    slowd: T

class FastStochastic(NamedTuple, Generic[T]):
    fastk: T
    fastd: T

class _Stoch(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, fastk: int = 14, slowk: int = 3, slowd: int = 3, slowk_matype: int = 0, slowd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Stochastic[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], fastk: int = 14, slowk: int = 3, slowd: int = 3, slowk_matype: int = 0, slowd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Stochastic[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, fastk: int = 14, slowk: int = 3, slowd: int = 3, slowk_matype: int = 0, slowd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Stochastic[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, fastk: int = 14, slowk: int = 3, slowd: int = 3, slowk_matype: int = 0, slowd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Stochastic[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, fastk: int = 14, slowk: int = 3, slowd: int = 3, slowk_matype: int = 0, slowd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> Stochastic[pd.Series[Any]]: ...

stoch: _Stoch

class _Stochf(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, fastk: int = 14, fastd: int = 3, fastd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> FastStochastic[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], fastk: int = 14, fastd: int = 3, fastd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> FastStochastic[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, fastk: int = 14, fastd: int = 3, fastd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> FastStochastic[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, fastk: int = 14, fastd: int = 3, fastd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> FastStochastic[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, fastk: int = 14, fastd: int = 3, fastd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib', 'tradingview', 'pandas', 'legacy'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> FastStochastic[pd.Series[Any]]: ...

stochf: _Stochf

class _Willr(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, window: int = 14, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...

willr: _Willr

class _Stochrsi(Indicator):
    @overload
    def __call__(self, close: Numbers, window: int = 14, fastk: int = 14, fastd: int = 3, fastd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> FastStochastic[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, close: pd.Series[Any], window: int = 14, fastk: int = 14, fastd: int = 3, fastd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> FastStochastic[pd.Series[Any]]: ...
    @overload
    def __call__(self, close: pd.DataFrame, window: int = 14, fastk: int = 14, fastd: int = 3, fastd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> FastStochastic[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 14, fastk: int = 14, fastd: int = 3, fastd_matype: int = 0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> FastStochastic[pd.DataFrame]: ...

stochrsi: _Stochrsi
