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

class AnchoredVwap(NamedTuple, Generic[T]):
    vwap: T
    upper: T
    lower: T

class PivotPoints(NamedTuple, Generic[T]):
    pivot: T
    r1: T
    r2: T
    r3: T
    s1: T
    s2: T
    s3: T

class DemarkPoints(NamedTuple, Generic[T]):
    pivot: T
    r1: T
    s1: T

class _SessionVwap(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, volume: Numbers, session: Numbers, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> npt.NDArray[np.float64]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], volume: pd.Series[Any], session: pd.Series[Any], *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, volume: pd.DataFrame, session: pd.DataFrame, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: Panel, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.DataFrame: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> pd.Series[Any]: ...

session_vwap: _SessionVwap

class _AnchoredVwap(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, volume: Numbers, anchor: Numbers, multiplier: float = 1.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> AnchoredVwap[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], volume: pd.Series[Any], anchor: pd.Series[Any], multiplier: float = 1.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> AnchoredVwap[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, volume: pd.DataFrame, anchor: pd.DataFrame, multiplier: float = 1.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> AnchoredVwap[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, multiplier: float = 1.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> AnchoredVwap[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, multiplier: float = 1.0, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> AnchoredVwap[pd.Series[Any]]: ...

anchored_vwap: _AnchoredVwap

class _PivotPoints(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, session: Numbers, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], session: pd.Series[Any], *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, session: pd.DataFrame, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.Series[Any]]: ...

pivot_points: _PivotPoints

class _PivotPointsFibonacci(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, session: Numbers, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], session: pd.Series[Any], *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, session: pd.DataFrame, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.Series[Any]]: ...

pivot_points_fibonacci: _PivotPointsFibonacci

class _PivotPointsWoodie(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, session: Numbers, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], session: pd.Series[Any], *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, session: pd.DataFrame, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.Series[Any]]: ...

pivot_points_woodie: _PivotPointsWoodie

class _PivotPointsCamarilla(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, close: Numbers, session: Numbers, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], session: pd.Series[Any], *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, session: pd.DataFrame, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> PivotPoints[pd.Series[Any]]: ...

pivot_points_camarilla: _PivotPointsCamarilla

class _PivotPointsDemark(Indicator):
    @overload
    def __call__(self, open: Numbers, high: Numbers, low: Numbers, close: Numbers, session: Numbers, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> DemarkPoints[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, open: pd.Series[Any], high: pd.Series[Any], low: pd.Series[Any], close: pd.Series[Any], session: pd.Series[Any], *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> DemarkPoints[pd.Series[Any]]: ...
    @overload
    def __call__(self, open: pd.DataFrame, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, session: pd.DataFrame, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> DemarkPoints[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> DemarkPoints[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> DemarkPoints[pd.Series[Any]]: ...

pivot_points_demark: _PivotPointsDemark
