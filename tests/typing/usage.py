"""What an editor and a type checker see; checked by mypy in CI, never run."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt
import pandas as pd

import quantperf as qp
from quantperf.indicators import Stream
from quantperf.indicators.momentum import MACD

prices = np.arange(50.0)
series = pd.Series(prices)
wide = pd.DataFrame({"AAPL": prices, "MSFT": prices})
bars = qp.sample("AAPL")
panel = qp.sample()

assert_type(qp.rsi(prices, 14), npt.NDArray[np.float64])
assert_type(qp.rsi(prices.tolist(), window=14), npt.NDArray[np.float64])
assert_type(qp.rsi(series, window=14, nan="skip", convention="legacy"), pd.Series[Any])
assert_type(qp.rsi(wide), pd.DataFrame)
assert_type(qp.rsi(panel), pd.DataFrame)
assert_type(qp.macd(series), MACD[pd.Series[Any]])
assert_type(qp.macd(prices).signal, npt.NDArray[np.float64])
assert_type(qp.atr(panel, 14), pd.DataFrame)
assert_type(qp.atr(bars, window=14), pd.Series[Any])
assert_type(qp.atr(series, series, series), pd.Series[Any])
assert_type(qp.cdl_doji(prices, prices, prices, prices), npt.NDArray[np.int8])
assert_type(qp.rsi.stream(["AAPL"], window=14), Stream)
assert_type(qp.sample("AAPL"), pd.DataFrame)
anything: Any = qp.rsi(series, nan=qp.ffill(limit=3))
