# Written by `python tests/typing/build_stubs.py`; do not edit.
from quantperf import memory as memory
from quantperf import news as news
from quantperf import patterns as patterns
from quantperf import talib as talib
from quantperf.signals import _Callable as _Signals
from quantperf.indicators import CATALOG as CATALOG
from quantperf.performance import REGISTRY as REGISTRY
from quantperf.kernels.candles import UNKNOWN as UNKNOWN
from quantperf.verification import Certificate as Certificate
from quantperf.performance import Comparison as Comparison
from quantperf.errors import DataError as DataError
from quantperf.reports import Gallery as Gallery
from quantperf.errors import MeasurementError as MeasurementError
from quantperf.errors import MissingLibrary as MissingLibrary
from quantperf.market.bars import Panel as Panel
from quantperf.errors import ParameterError as ParameterError
from quantperf.errors import ParityError as ParityError
from quantperf.market.monitor import PriceMonitor as PriceMonitor
from quantperf.errors import QuantperfError as QuantperfError
from quantperf.errors import QuantperfWarning as QuantperfWarning
from quantperf.reports import Report as Report
from quantperf.performance import Sample as Sample
from quantperf.market.sessions import Session as Session
from quantperf.errors import SourceError as SourceError
from quantperf.errors import StateMismatch as StateMismatch
from quantperf.market.store import Store as Store
from quantperf.errors import StoreError as StoreError
from quantperf.indicators import Stream as Stream
from quantperf.errors import UnknownIndicator as UnknownIndicator
from quantperf.errors import VerificationError as VerificationError
from quantperf.indicators.alignment import align as align
from quantperf.analysis.many import analyse as analyse
from quantperf.signals.trades import backtest as backtest
from quantperf.indicators import bars_needed as bars_needed
from quantperf.reports import before_after as before_after
from quantperf.indicators.recognition import candles as candles
from quantperf.performance import case as case
from quantperf.performance import compare as compare
from quantperf.indicators import compute as compute
from quantperf.indicators.likeness import diff_conventions as diff_conventions
from quantperf.signals.study import event_study as event_study
from quantperf.signals.explanation import explain as explain
from quantperf.indicators import ffill as ffill
from quantperf.performance import force as force
from quantperf.reports import gallery as gallery
from quantperf.performance import measure as measure
from quantperf.performance import optimise as optimise
from quantperf.signals.horizons import outcomes as outcomes
from quantperf.indicators import renko_bricks as renko_bricks
from quantperf.market.timeframes import resample as resample
from quantperf.market.sample import sample as sample
from quantperf.indicators import segment as segment
from quantperf.market.sessions import sessions as sessions
from quantperf.market.synthetic import synthetic as synthetic
from quantperf.performance import tol as tol
from quantperf.verification import verify as verify
from quantperf.indicators import volume_histogram as volume_histogram
from quantperf.indicators.adaptive import dema as dema
from quantperf.indicators.adaptive import tema as tema
from quantperf.indicators.adaptive import t3 as t3
from quantperf.indicators.adaptive import hma as hma
from quantperf.indicators.adaptive import zlema as zlema
from quantperf.indicators.adaptive import kama as kama
from quantperf.indicators.arithmetic import add as add
from quantperf.indicators.arithmetic import sub as sub
from quantperf.indicators.arithmetic import mult as mult
from quantperf.indicators.arithmetic import div as div
from quantperf.indicators.arithmetic import cumsum as cumsum
from quantperf.indicators.arithmetic import total as total
from quantperf.indicators.averages import sma as sma
from quantperf.indicators.averages import ema as ema
from quantperf.indicators.averages import wma as wma
from quantperf.indicators.averages import rma as rma
from quantperf.indicators.averages import trima as trima
from quantperf.indicators.averages import vwma as vwma
from quantperf.indicators.bands import bbands as bbands
from quantperf.indicators.bands import midpoint as midpoint
from quantperf.indicators.bands import midprice as midprice
from quantperf.indicators.bands import donchian as donchian
from quantperf.indicators.bands import accbands as accbands
from quantperf.indicators.bands import keltner as keltner
from quantperf.indicators.bricks import renko as renko
from quantperf.indicators.candles_many import cdl_3blackcrows as cdl_3blackcrows
from quantperf.indicators.candles_many import cdl_3linestrike as cdl_3linestrike
from quantperf.indicators.candles_many import cdl_concealbabyswall as cdl_concealbabyswall
from quantperf.indicators.candles_many import cdl_ladderbottom as cdl_ladderbottom
from quantperf.indicators.candles_many import cdl_breakaway as cdl_breakaway
from quantperf.indicators.candles_many import cdl_mathold as cdl_mathold
from quantperf.indicators.candles_many import cdl_risefall3methods as cdl_risefall3methods
from quantperf.indicators.candles_many import cdl_hikkake as cdl_hikkake
from quantperf.indicators.candles_many import cdl_hikkakemod as cdl_hikkakemod
from quantperf.indicators.candles_one import cdl_doji as cdl_doji
from quantperf.indicators.candles_one import cdl_dragonflydoji as cdl_dragonflydoji
from quantperf.indicators.candles_one import cdl_gravestonedoji as cdl_gravestonedoji
from quantperf.indicators.candles_one import cdl_takuri as cdl_takuri
from quantperf.indicators.candles_one import cdl_longleggeddoji as cdl_longleggeddoji
from quantperf.indicators.candles_one import cdl_rickshawman as cdl_rickshawman
from quantperf.indicators.candles_one import cdl_marubozu as cdl_marubozu
from quantperf.indicators.candles_one import cdl_closingmarubozu as cdl_closingmarubozu
from quantperf.indicators.candles_one import cdl_belthold as cdl_belthold
from quantperf.indicators.candles_one import cdl_longline as cdl_longline
from quantperf.indicators.candles_one import cdl_shortline as cdl_shortline
from quantperf.indicators.candles_one import cdl_spinningtop as cdl_spinningtop
from quantperf.indicators.candles_one import cdl_highwave as cdl_highwave
from quantperf.indicators.candles_one import cdl_hammer as cdl_hammer
from quantperf.indicators.candles_one import cdl_hangingman as cdl_hangingman
from quantperf.indicators.candles_one import cdl_invertedhammer as cdl_invertedhammer
from quantperf.indicators.candles_one import cdl_shootingstar as cdl_shootingstar
from quantperf.indicators.candles_three import cdl_morningstar as cdl_morningstar
from quantperf.indicators.candles_three import cdl_morningdojistar as cdl_morningdojistar
from quantperf.indicators.candles_three import cdl_eveningstar as cdl_eveningstar
from quantperf.indicators.candles_three import cdl_eveningdojistar as cdl_eveningdojistar
from quantperf.indicators.candles_three import cdl_abandonedbaby as cdl_abandonedbaby
from quantperf.indicators.candles_three import cdl_tristar as cdl_tristar
from quantperf.indicators.candles_three import cdl_3whitesoldiers as cdl_3whitesoldiers
from quantperf.indicators.candles_three import cdl_advanceblock as cdl_advanceblock
from quantperf.indicators.candles_three import cdl_stalledpattern as cdl_stalledpattern
from quantperf.indicators.candles_three import cdl_identical3crows as cdl_identical3crows
from quantperf.indicators.candles_three import cdl_2crows as cdl_2crows
from quantperf.indicators.candles_three import cdl_upsidegap2crows as cdl_upsidegap2crows
from quantperf.indicators.candles_three import cdl_3inside as cdl_3inside
from quantperf.indicators.candles_three import cdl_3outside as cdl_3outside
from quantperf.indicators.candles_three import cdl_3starsinsouth as cdl_3starsinsouth
from quantperf.indicators.candles_three import cdl_unique3river as cdl_unique3river
from quantperf.indicators.candles_three import cdl_sticksandwich as cdl_sticksandwich
from quantperf.indicators.candles_three import cdl_tasukigap as cdl_tasukigap
from quantperf.indicators.candles_three import cdl_gapsidesidewhite as cdl_gapsidesidewhite
from quantperf.indicators.candles_three import cdl_xsidegap3methods as cdl_xsidegap3methods
from quantperf.indicators.candles_two import cdl_engulfing as cdl_engulfing
from quantperf.indicators.candles_two import cdl_harami as cdl_harami
from quantperf.indicators.candles_two import cdl_haramicross as cdl_haramicross
from quantperf.indicators.candles_two import cdl_homingpigeon as cdl_homingpigeon
from quantperf.indicators.candles_two import cdl_dojistar as cdl_dojistar
from quantperf.indicators.candles_two import cdl_counterattack as cdl_counterattack
from quantperf.indicators.candles_two import cdl_separatinglines as cdl_separatinglines
from quantperf.indicators.candles_two import cdl_darkcloudcover as cdl_darkcloudcover
from quantperf.indicators.candles_two import cdl_piercing as cdl_piercing
from quantperf.indicators.candles_two import cdl_thrusting as cdl_thrusting
from quantperf.indicators.candles_two import cdl_inneck as cdl_inneck
from quantperf.indicators.candles_two import cdl_onneck as cdl_onneck
from quantperf.indicators.candles_two import cdl_matchinglow as cdl_matchinglow
from quantperf.indicators.candles_two import cdl_kicking as cdl_kicking
from quantperf.indicators.candles_two import cdl_kickingbylength as cdl_kickingbylength
from quantperf.indicators.charts import heikin_ashi as heikin_ashi
from quantperf.indicators.charts import fractal as fractal
from quantperf.indicators.cycles import ht_dcperiod as ht_dcperiod
from quantperf.indicators.cycles import ht_phasor as ht_phasor
from quantperf.indicators.cycles import ht_trendline as ht_trendline
from quantperf.indicators.cycles import ht_dcphase as ht_dcphase
from quantperf.indicators.cycles import ht_sine as ht_sine
from quantperf.indicators.cycles import ht_trendmode as ht_trendmode
from quantperf.indicators.cycles import mama as mama
from quantperf.indicators.dependence import covar as covar
from quantperf.indicators.dependence import beta_levels as beta_levels
from quantperf.indicators.dependence import correl_returns as correl_returns
from quantperf.indicators.directional import plus_dm as plus_dm
from quantperf.indicators.directional import plus_di as plus_di
from quantperf.indicators.directional import minus_dm as minus_dm
from quantperf.indicators.directional import minus_di as minus_di
from quantperf.indicators.directional import dx as dx
from quantperf.indicators.directional import adxr as adxr
from quantperf.indicators.distributions import zscore as zscore
from quantperf.indicators.distributions import skew as skew
from quantperf.indicators.distributions import kurtosis as kurtosis
from quantperf.indicators.distributions import entropy as entropy
from quantperf.indicators.drawdowns import returns as returns
from quantperf.indicators.drawdowns import cumreturn as cumreturn
from quantperf.indicators.drawdowns import drawdown as drawdown
from quantperf.indicators.drawdowns import max_drawdown as max_drawdown
from quantperf.indicators.drawdowns import ulcer as ulcer
from quantperf.indicators.efficiency import er as er
from quantperf.indicators.efficiency import vhf as vhf
from quantperf.indicators.efficiency import imi as imi
from quantperf.indicators.efficiency import wad as wad
from quantperf.indicators.events import cross as cross
from quantperf.indicators.filters import alma as alma
from quantperf.indicators.filters import laguerre as laguerre
from quantperf.indicators.filters import sinwma as sinwma
from quantperf.indicators.filters import ssf as ssf
from quantperf.indicators.flows import ad as ad
from quantperf.indicators.flows import adosc as adosc
from quantperf.indicators.flows import cmf as cmf
from quantperf.indicators.flows import efi as efi
from quantperf.indicators.flows import pvt as pvt
from quantperf.indicators.flows import nvi as nvi
from quantperf.indicators.flows import pvi as pvi
from quantperf.indicators.gauges import bias as bias
from quantperf.indicators.gauges import psl as psl
from quantperf.indicators.gauges import cti as cti
from quantperf.indicators.gauges import cg as cg
from quantperf.indicators.gauges import rvgi as rvgi
from quantperf.indicators.gauges import pgo as pgo
from quantperf.indicators.gauges import inertia as inertia
from quantperf.indicators.momentum import rsi as rsi
from quantperf.indicators.momentum import macd as macd
from quantperf.indicators.momentum import macdfix as macdfix
from quantperf.indicators.momentum import cmo as cmo
from quantperf.indicators.momentum import cmou as cmou
from quantperf.indicators.momentum import cci as cci
from quantperf.indicators.oscillators import ao as ao
from quantperf.indicators.oscillators import ac as ac
from quantperf.indicators.oscillators import qstick as qstick
from quantperf.indicators.oscillators import dpo as dpo
from quantperf.indicators.oscillators import coppock as coppock
from quantperf.indicators.oscillators import fosc as fosc
from quantperf.indicators.oscillators import eri as eri
from quantperf.indicators.oscillators import tsi as tsi
from quantperf.indicators.oscillators import smi as smi
from quantperf.indicators.oscillators import kdj as kdj
from quantperf.indicators.pressure import emv as emv
from quantperf.indicators.pressure import kvo as kvo
from quantperf.indicators.pressure import brar as brar
from quantperf.indicators.prices import avgprice as avgprice
from quantperf.indicators.prices import medprice as medprice
from quantperf.indicators.prices import typprice as typprice
from quantperf.indicators.prices import wclprice as wclprice
from quantperf.indicators.profiles import volume_profile as volume_profile
from quantperf.indicators.quantiles import rank as rank
from quantperf.indicators.quantiles import quantile as quantile
from quantperf.indicators.quantiles import median as median
from quantperf.indicators.quantiles import median_deviation as median_deviation
from quantperf.indicators.ranks import percentile as percentile
from quantperf.indicators.ranks import percentrank as percentrank
from quantperf.indicators.ranks import maxindex as maxindex
from quantperf.indicators.ranks import minindex as minindex
from quantperf.indicators.ranks import minmaxindex as minmaxindex
from quantperf.indicators.rates import mom as mom
from quantperf.indicators.rates import roc as roc
from quantperf.indicators.rates import rocp as rocp
from quantperf.indicators.rates import rocr as rocr
from quantperf.indicators.rates import rocr100 as rocr100
from quantperf.indicators.rates import apo as apo
from quantperf.indicators.rates import ppo as ppo
from quantperf.indicators.rates import trix as trix
from quantperf.indicators.realised import historical_volatility as historical_volatility
from quantperf.indicators.realised import parkinson as parkinson
from quantperf.indicators.realised import garman_klass as garman_klass
from quantperf.indicators.realised import rogers_satchell as rogers_satchell
from quantperf.indicators.realised import yang_zhang as yang_zhang
from quantperf.indicators.regression import linearreg as linearreg
from quantperf.indicators.regression import linearreg_angle as linearreg_angle
from quantperf.indicators.regression import linearreg_intercept as linearreg_intercept
from quantperf.indicators.regression import linearreg_slope as linearreg_slope
from quantperf.indicators.regression import tsf as tsf
from quantperf.indicators.scaling import hurst as hurst
from quantperf.indicators.sessions import session_vwap as session_vwap
from quantperf.indicators.sessions import anchored_vwap as anchored_vwap
from quantperf.indicators.sessions import pivot_points as pivot_points
from quantperf.indicators.sessions import pivot_points_fibonacci as pivot_points_fibonacci
from quantperf.indicators.sessions import pivot_points_woodie as pivot_points_woodie
from quantperf.indicators.sessions import pivot_points_camarilla as pivot_points_camarilla
from quantperf.indicators.sessions import pivot_points_demark as pivot_points_demark
from quantperf.indicators.smoothing import ma as ma
from quantperf.indicators.smoothing import mavp as mavp
from quantperf.indicators.smoothing import macdext as macdext
from quantperf.indicators.statistics import stddev as stddev
from quantperf.indicators.statistics import var as var
from quantperf.indicators.statistics import avgdev as avgdev
from quantperf.indicators.statistics import correl as correl
from quantperf.indicators.statistics import beta as beta
from quantperf.indicators.statistics import highest as highest
from quantperf.indicators.statistics import lowest as lowest
from quantperf.indicators.statistics import minmax as minmax
from quantperf.indicators.stochastics import stoch as stoch
from quantperf.indicators.stochastics import stochf as stochf
from quantperf.indicators.stochastics import willr as willr
from quantperf.indicators.stochastics import stochrsi as stochrsi
from quantperf.indicators.stops import sar as sar
from quantperf.indicators.stops import sarext as sarext
from quantperf.indicators.stops import supertrend as supertrend
from quantperf.indicators.studies import fisher as fisher
from quantperf.indicators.studies import squeeze as squeeze
from quantperf.indicators.studies import chop as chop
from quantperf.indicators.studies import crsi as crsi
from quantperf.indicators.studies import kst as kst
from quantperf.indicators.studies import ichimoku as ichimoku
from quantperf.indicators.trails import vidya as vidya
from quantperf.indicators.trails import mcginley as mcginley
from quantperf.indicators.trails import chandelier as chandelier
from quantperf.indicators.trails import cksp as cksp
from quantperf.indicators.trails import hilo as hilo
from quantperf.indicators.trails import qqe as qqe
from quantperf.indicators.transforms import acos as acos
from quantperf.indicators.transforms import asin as asin
from quantperf.indicators.transforms import atan as atan
from quantperf.indicators.transforms import ceil as ceil
from quantperf.indicators.transforms import cos as cos
from quantperf.indicators.transforms import cosh as cosh
from quantperf.indicators.transforms import exp as exp
from quantperf.indicators.transforms import floor as floor
from quantperf.indicators.transforms import ln as ln
from quantperf.indicators.transforms import log10 as log10
from quantperf.indicators.transforms import sin as sin
from quantperf.indicators.transforms import sinh as sinh
from quantperf.indicators.transforms import sqrt as sqrt
from quantperf.indicators.transforms import tan as tan
from quantperf.indicators.transforms import tanh as tanh
from quantperf.indicators.trend import adx as adx
from quantperf.indicators.trend import aroon as aroon
from quantperf.indicators.trend import aroonosc as aroonosc
from quantperf.indicators.trend import vortex as vortex
from quantperf.indicators.trend import ultosc as ultosc
from quantperf.indicators.trend import bop as bop
from quantperf.indicators.volatility import atr as atr
from quantperf.indicators.volatility import natr as natr
from quantperf.indicators.volatility import trange as trange
from quantperf.indicators.volatility import adr as adr
from quantperf.indicators.volatility import cvi as cvi
from quantperf.indicators.volatility import massi as massi
from quantperf.indicators.volatility import rvi as rvi
from quantperf.indicators.volume import obv as obv
from quantperf.indicators.volume import mfi as mfi
from quantperf.indicators.volume import vwap as vwap
from quantperf.indicators.volume import volume_sma as volume_sma
from quantperf.indicators.volume import volume_ratio as volume_ratio
from quantperf.indicators.volume import rvol as rvol
from quantperf.indicators.volume import pvo as pvo
from quantperf.indicators.volume import marketfi as marketfi

signals: _Signals

__version__: str
__all__ = [
    "CATALOG",
    "REGISTRY",
    "UNKNOWN",
    "Certificate",
    "Comparison",
    "DataError",
    "Gallery",
    "MeasurementError",
    "MissingLibrary",
    "Panel",
    "ParameterError",
    "ParityError",
    "PriceMonitor",
    "QuantperfError",
    "QuantperfWarning",
    "Report",
    "Sample",
    "Session",
    "SourceError",
    "StateMismatch",
    "Store",
    "StoreError",
    "Stream",
    "UnknownIndicator",
    "VerificationError",
    "align",
    "analyse",
    "backtest",
    "bars_needed",
    "before_after",
    "candles",
    "case",
    "compare",
    "compute",
    "diff_conventions",
    "event_study",
    "explain",
    "ffill",
    "force",
    "gallery",
    "measure",
    "memory",
    "news",
    "optimise",
    "outcomes",
    "patterns",
    "renko_bricks",
    "resample",
    "sample",
    "segment",
    "sessions",
    "signals",
    "synthetic",
    "tol",
    "verify",
    "volume_histogram",
]
