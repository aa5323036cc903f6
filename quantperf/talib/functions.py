"""The functions under TA-Lib's names: which entry of the catalogue answers each, and how its answer is handed over."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError
from quantperf.indicators import CATALOG, Indicator
from quantperf.indicators.catalogue import TaLib

CONFIRMED = 120  # our code of a confirmed hikkake: an int8 cannot hold TA-Lib's 200
GROUPS = {
    "arithmetic": "Math Operators",
    "averages": "Overlap Studies",
    "bands": "Overlap Studies",
    "bricks": "Price Transform",
    "candles": "Pattern Recognition",
    "candles_many": "Pattern Recognition",
    "candles_one": "Pattern Recognition",
    "candles_three": "Pattern Recognition",
    "candles_two": "Pattern Recognition",
    "dependence": "Statistic Functions",
    "directional": "Momentum Indicators",
    "distributions": "Statistic Functions",
    "drawdowns": "Statistic Functions",
    "events": "Momentum Indicators",
    "filters": "Overlap Studies",
    "gauges": "Momentum Indicators",
    "momentum": "Momentum Indicators",
    "pressure": "Volume Indicators",
    "prices": "Price Transform",
    "profiles": "Volume Indicators",
    "quantiles": "Statistic Functions",
    "ranks": "Statistic Functions",
    "rates": "Momentum Indicators",
    "realised": "Volatility Indicators",
    "regression": "Statistic Functions",
    "scaling": "Statistic Functions",
    "sessions": "Overlap Studies",
    "statistics": "Statistic Functions",
    "stochastics": "Momentum Indicators",
    "studies": "Momentum Indicators",
    "trails": "Overlap Studies",
    "transforms": "Math Transform",
    "trend": "Momentum Indicators",
    "volatility": "Volatility Indicators",
    "volume": "Volume Indicators",
}


class InsufficientHistory(DataError):
    """The history is too short to open a stream on; collect more bars and try again."""


class _Averages(type):
    def __getitem__(cls, number: int) -> str:
        return _NAMES[number]


class MA_Type(metaclass=_Averages):
    """Kinds of moving average by TA-Lib's numbers.

    Examples
    --------
    >>> MA_Type.T3, MA_Type[1]
    (8, 'Exponential Moving Average')
    """

    SMA, EMA, WMA, DEMA, TEMA, TRIMA, KAMA, MAMA, T3, HMA, DISABLED, DEFAULT, ZLEMA, RMA = range(14)


_NAMES = (
    "Simple Moving Average",
    "Exponential Moving Average",
    "Weighted Moving Average",
    "Double Exponential Moving Average",
    "Triple Exponential Moving Average",
    "Triangular Moving Average",
    "Kaufman Adaptive Moving Average",
    "MESA Adaptive Moving Average",
    "Triple Generalized Double Exponential Moving Average",
    "Hull Moving Average",
    "No Moving Average (identity)",
    "The Function's Own Default Moving Average",
    "Zero-Lag Exponential Moving Average",
    "Wilder's Smoothed Moving Average",
)


@dataclass(frozen=True)
class Function:
    """One function of TA-Lib: the entry that answers it, and TA-Lib's names for what goes in and comes out."""

    entry: Indicator
    spec: TaLib

    @property
    def group(self) -> str:
        """TA-Lib's group."""
        return self.spec.group or GROUPS[self.entry.family]

    @property
    def defaults(self) -> dict[str, float | int]:
        """TA-Lib's parameters and their defaults."""
        return {name: default for name, (_, default) in self.spec.params.items()}

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the arguments that hold data."""
        if self.spec.inputs is not None:
            return self.spec.inputs
        return ("real",) if self.entry.inputs == ("close",) else self.entry.inputs

    @property
    def lines(self) -> tuple[str, ...]:
        """Which of the entry's outputs it gives."""
        return self.spec.outputs or self.entry.outputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """TA-Lib's names of what it gives."""
        if self.spec.names is not None:
            return self.spec.names
        if len(self.lines) > 1:
            return self.lines
        return ("integer",) if self.whole else ("real",)

    @property
    def whole(self) -> tuple[str, ...]:
        """Which of its lines are int32."""
        if self.entry.dtype == np.int8 or self.spec.whole is True:
            return self.lines
        return self.spec.whole or ()

    @cached_property
    def signature(self) -> inspect.Signature:
        """Data, then parameters with their defaults, all by place or by name."""
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        data = [inspect.Parameter(name, kind) for name in self.inputs]
        return inspect.Signature(
            data + [inspect.Parameter(name, kind, default=default) for name, default in self.defaults.items()]
        )

    def named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return our parameters for TA-Lib's."""
        found = {}
        for name, (ours, default) in self.spec.params.items():
            if ours is not None:
                found[ours] = values[name]
            elif values[name] != default and name not in self.spec.ignores:
                raise ParameterError(f"{name} of {self.spec.name} must be {default}, got {values[name]!r}")
        return found

    def lookback(self, values: Mapping[str, Any]) -> int:
        """Return the first bar on which all its lines have a value, for TA-Lib's parameters."""
        found = dict(zip(self.entry.outputs, self.entry.lookbacks(**self.named(values)), strict=True))
        return max(found[name] for name in self.lines)

    @cached_property
    def call(self) -> Callable[..., Any]:
        """The function itself."""

        def call(*args: Any, **kwargs: Any) -> Any:
            bound = self.signature.bind(*args, **kwargs)
            bound.apply_defaults()
            result = self.entry(*(bound.arguments[name] for name in self.inputs), **self.named(bound.arguments))
            lines = tuple(map(self.as_talib, self.lines, self.pick(result)))
            return lines if len(lines) > 1 else lines[0]

        call.__name__ = call.__qualname__ = self.spec.name
        call.__signature__ = self.signature  # type: ignore[attr-defined]
        call.__doc__ = f"{self.spec.name}{self.signature}: TA-Lib's name of `quantperf.{self.entry.name}`.\n\n"
        call.__doc__ += self.entry.doc
        return call

    def pick(self, result: Any) -> tuple[Any, ...]:
        """Return the lines that it gives out of the entry's result."""
        return (result,) if self.entry.returns is None else tuple(getattr(result, name) for name in self.lines)

    def as_talib(self, name: str, line: Any) -> Any:
        """Return the line of a name, or one value of it, as TA-Lib gives it."""
        if name not in self.whole:
            return line
        if isinstance(line, pd.Series):
            return pd.Series(self.as_talib(name, line.to_numpy(float, na_value=np.nan)), line.index, name=line.name)
        codes = np.asarray(line)
        unknown = codes == self.entry.nothing if codes.dtype.kind == "i" else np.isnan(codes)
        found = np.where(unknown, 0, codes).astype(np.int32)
        if self.entry.dtype == np.int8:
            found = np.where(abs(found) == CONFIRMED, found // CONFIRMED * 200, found).astype(np.int32)
        return found if found.ndim else int(found)


FUNCTIONS = {spec.name: Function(entry, spec) for entry in CATALOG.values() for spec in entry.talib}
