# Written by `python tests/typing/build_stubs.py`; do not edit.
from quantperf import talib as talib
from quantperf.indicators import CATALOG as CATALOG
from quantperf.performance import REGISTRY as REGISTRY
from quantperf.kernels.candles import UNKNOWN as UNKNOWN
from quantperf.performance import Comparison as Comparison
from quantperf.errors import DataError as DataError
from quantperf.errors import MeasurementError as MeasurementError
from quantperf.market.bars import Panel as Panel
from quantperf.errors import ParameterError as ParameterError
from quantperf.errors import ParityError as ParityError
from quantperf.errors import QuantperfError as QuantperfError
from quantperf.errors import QuantperfWarning as QuantperfWarning
from quantperf.reports import Report as Report
from quantperf.performance import Sample as Sample
from quantperf.errors import StateMismatch as StateMismatch
from quantperf.indicators import Stream as Stream
from quantperf.errors import UnknownIndicator as UnknownIndicator
from quantperf.reports import before_after as before_after
from quantperf.performance import case as case
from quantperf.performance import compare as compare
from quantperf.indicators import compute as compute
from quantperf.indicators import ffill as ffill
from quantperf.performance import force as force
from quantperf.performance import measure as measure
from quantperf.performance import optimise as optimise
from quantperf.market.sample import sample as sample
from quantperf.indicators import segment as segment
from quantperf.market.synthetic import synthetic as synthetic
from quantperf.performance import tol as tol
from quantperf.indicators.averages import sma as sma
from quantperf.indicators.averages import ema as ema
from quantperf.indicators.averages import wma as wma
from quantperf.indicators.bands import bbands as bbands
from quantperf.indicators.candles import cdl_doji as cdl_doji
from quantperf.indicators.candles import cdl_engulfing as cdl_engulfing
from quantperf.indicators.candles import cdl_harami as cdl_harami
from quantperf.indicators.candles import cdl_hammer as cdl_hammer
from quantperf.indicators.momentum import rsi as rsi
from quantperf.indicators.momentum import macd as macd
from quantperf.indicators.momentum import roc as roc
from quantperf.indicators.momentum import stoch as stoch
from quantperf.indicators.momentum import stochf as stochf
from quantperf.indicators.momentum import cci as cci
from quantperf.indicators.smoothing import ma as ma
from quantperf.indicators.smoothing import mavp as mavp
from quantperf.indicators.smoothing import macdext as macdext
from quantperf.indicators.statistics import stddev as stddev
from quantperf.indicators.statistics import highest as highest
from quantperf.indicators.statistics import lowest as lowest
from quantperf.indicators.trend import adx as adx
from quantperf.indicators.volatility import atr as atr
from quantperf.indicators.volume import obv as obv
from quantperf.indicators.volume import mfi as mfi
from quantperf.indicators.volume import vwap as vwap
from quantperf.indicators.volume import volume_sma as volume_sma
from quantperf.indicators.volume import volume_ratio as volume_ratio

__version__: str
__all__ = [
    "CATALOG",
    "REGISTRY",
    "UNKNOWN",
    "Comparison",
    "DataError",
    "MeasurementError",
    "Panel",
    "ParameterError",
    "ParityError",
    "QuantperfError",
    "QuantperfWarning",
    "Report",
    "Sample",
    "StateMismatch",
    "Stream",
    "UnknownIndicator",
    "before_after",
    "case",
    "compare",
    "compute",
    "ffill",
    "force",
    "measure",
    "optimise",
    "sample",
    "segment",
    "synthetic",
    "tol",
]
