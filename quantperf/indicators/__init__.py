"""Indicators: the catalogue, and the call, panel and live use of each entry.

One definition, many uses: a family module declares an indicator by its plan (which kernel, with which numbers, from
which state); `catalogue.Indicator` gives it the call for every kind of data, `stream.Stream` the live form. The layers
inside: `parameters`, `plan` and `policies` (NaN) are plain; `rim` takes data in and gives results out, once per call;
`catalogue` ties them together; the families come last.

Adding one: a step and a kernel in ``kernels/<family>.py``, a plain version in ``reference/<family>.py``, an entry in
``indicators/<family>.py``, and ``python tests/typing/build_stubs.py`` for the type stubs. Laws, benchmarks, the row
in the report, the accessor and the TA-Lib name follow from the entry.
"""

from quantperf.indicators import (
    adaptive,
    arithmetic,
    averages,
    bands,
    bricks,
    candles_many,
    candles_one,
    candles_three,
    candles_two,
    charts,
    cycles,
    dependence,
    directional,
    distributions,
    drawdowns,
    efficiency,
    events,
    filters,
    flows,
    gauges,
    momentum,
    optimisations,
    oscillators,
    pressure,
    prices,
    profiles,
    quantiles,
    ranks,
    rates,
    realised,
    regression,
    scaling,
    sessions,
    smoothing,
    statistics,
    stochastics,
    stops,
    studies,
    trails,
    transforms,
    trend,
    volatility,
    volume,
)
from quantperf.indicators.brick_frame import renko_bricks
from quantperf.indicators.catalogue import CATALOG, Indicator
from quantperf.indicators.histogram_frame import volume_histogram
from quantperf.indicators.history import bars_needed
from quantperf.indicators.many import compute
from quantperf.indicators.policies import ffill, segment
from quantperf.indicators.stream import Stream

optimisations.register_all()

__all__ = [
    "CATALOG",
    "Indicator",
    "Stream",
    "adaptive",
    "arithmetic",
    "averages",
    "bands",
    "bars_needed",
    "bricks",
    "candles_many",
    "candles_one",
    "candles_three",
    "candles_two",
    "charts",
    "compute",
    "cycles",
    "dependence",
    "directional",
    "distributions",
    "drawdowns",
    "efficiency",
    "events",
    "ffill",
    "filters",
    "flows",
    "gauges",
    "momentum",
    "optimisations",
    "oscillators",
    "pressure",
    "prices",
    "profiles",
    "quantiles",
    "ranks",
    "rates",
    "realised",
    "regression",
    "renko_bricks",
    "scaling",
    "segment",
    "sessions",
    "smoothing",
    "statistics",
    "stochastics",
    "stops",
    "studies",
    "trails",
    "transforms",
    "trend",
    "volatility",
    "volume",
    "volume_histogram",
]
