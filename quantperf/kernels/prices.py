"""One price that stands for a bar; see `elementwise`."""

from __future__ import annotations

from quantperf.kernels._jit import step
from quantperf.kernels.elementwise import each_bar


@step
def _average(opening, high, low, close):
    return (opening + high + low + close) * 0.25


@step
def _median(high, low):
    return (high + low) * 0.5


@step
def _typical(high, low, close):
    return (high + low + close) / 3.0


@step
def _weighted(high, low, close):
    return (high + low + 2.0 * close) * 0.25


avgprice = each_bar(_average, 4, "avgprice", __name__)
medprice = each_bar(_median, 2, "medprice", __name__)
typprice = each_bar(_typical, 3, "typprice", __name__)
wclprice = each_bar(_weighted, 3, "wclprice", __name__)
