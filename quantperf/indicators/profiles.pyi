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

class VolumeProfile(NamedTuple, Generic[T]):
    point_of_control: T
    value_low: T
    value_high: T

class _VolumeProfile(Indicator):
    @overload
    def __call__(self, high: Numbers, low: Numbers, volume: Numbers, window: int = 100, bins: int = 24, share: float = 0.7, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> VolumeProfile[npt.NDArray[np.float64]]: ...
    @overload
    def __call__(self, high: pd.Series[Any], low: pd.Series[Any], volume: pd.Series[Any], window: int = 100, bins: int = 24, share: float = 0.7, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> VolumeProfile[pd.Series[Any]]: ...
    @overload
    def __call__(self, high: pd.DataFrame, low: pd.DataFrame, volume: pd.DataFrame, window: int = 100, bins: int = 24, share: float = 0.7, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> VolumeProfile[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: Panel, /, window: int = 100, bins: int = 24, share: float = 0.7, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> VolumeProfile[pd.DataFrame]: ...
    @overload
    def __call__(self, bars: pd.DataFrame, /, window: int = 100, bins: int = 24, share: float = 0.7, *, nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local", convention: Literal['talib'] = 'talib', mask_unsettled: bool | float = False, mode: Literal["exact", "fast"] = "exact", out: Any = None) -> VolumeProfile[pd.Series[Any]]: ...

volume_profile: _VolumeProfile
