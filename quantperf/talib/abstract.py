"""TA-Lib's functions as objects that read columns by name from a frame or a mapping, and remember their settings.

Examples
--------
>>> import quantperf as qp
>>> from quantperf.talib import abstract
>>> bars = qp.sample("AAPL")
>>> bool(abstract.SMA(bars, timeperiod=5).iloc[-1] == qp.sma(bars["close"], 5).iloc[-1])
True
>>> stochastic = abstract.Function("stoch")
>>> stochastic.input_names["prices"], stochastic.lookback, stochastic.output_names
(['high', 'low', 'close'], 8, ['slowk', 'slowd'])
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError, did_you_mean
from quantperf.talib.functions import FUNCTIONS

__all__ = ["Function"]

BARS = frozenset({"open", "high", "low", "close", "volume"})


class Function:
    """A function of TA-Lib with its inputs and parameters, computed when its outputs are asked for.

    Parameters
    ----------
    name : str
        TA-Lib's name, in any case.
    *args, **kwargs
        As for a call.

    Examples
    --------
    >>> import numpy as np
    >>> average = Function("SMA", timeperiod=2)
    >>> average({"close": np.array([1.0, 2.0, 3.0])}).tolist()
    [nan, 1.5, 2.5]
    """

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        key = str(name).upper()
        if key not in FUNCTIONS:
            hint = did_you_mean(key, FUNCTIONS) or "; see get_functions()"
            raise ParameterError(f"{name!r} is not a function of TA-Lib that exists here{hint}")
        self._function = FUNCTIONS[key]
        self._columns = _default_columns(self._function.inputs)
        self._parameters = dict(self._function.defaults)
        self._arrays: Any = None
        self._outputs: Any = None
        self.__name__ = key
        self.__doc__ = self._function.call.__doc__
        self._set(args, kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take arrays (one by one, or a frame or mapping of columns), then parameters; return the outputs.

        Keywords are parameters, or names of inputs with the columns to read for them: ``price="open"``.
        """
        given: dict[str, Any] = {}
        names = self._flat_columns()
        while args and isinstance(args[0], np.ndarray | pd.Series):
            if len(given) == len(names):
                wanted = ", ".join(names)
                raise TypeError(f"{self.__name__} takes {len(names)} arrays ({wanted}), got more")
            given[names[len(given)]] = args[0]
            args = args[1:]
        if given:
            self.set_input_arrays(given)
        self._set(args, kwargs)
        return self.outputs

    def _set(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        if args and isinstance(args[0], Mapping | pd.DataFrame):
            self.set_input_arrays(args[0])
            args = args[1:]
        if len(args) > len(self._parameters):
            raise TypeError(f"{self.__name__} takes at most {len(self._parameters)} parameters, got {len(args)}")
        self.parameters = dict(zip(self._parameters, args, strict=False))
        for name, value in kwargs.items():
            if name in self._columns:
                self.input_names = {name: value}
            else:
                self.parameters = {name: value}

    # ---------------------------------------------------------------------------------------------------- settings

    @property
    def info(self) -> dict[str, Any]:
        """What there is to know of it: name, group, inputs, parameters, outputs."""
        entry = self._function.entry
        summary = entry.doc.partition("\n")[0].removeprefix("Return ").rstrip(".")
        return {
            "name": self.__name__,
            "group": self._function.group,
            "display_name": summary[:1].upper() + summary[1:],
            "function_flags": self.function_flags,
            "input_names": self.input_names,
            "parameters": self.parameters,
            "output_flags": self.output_flags,
            "output_names": self.output_names,
        }

    @property
    def function_flags(self) -> list[str]:
        """What TA-Lib says of the function as a whole."""
        same = ["Output scale same as input"] if self._function.group == "Overlap Studies" else []
        candle = ["Output is a candlestick"] if self._function.group == "Pattern Recognition" else []
        return [*same, "Function has a streaming API", *candle]

    @property
    def output_flags(self) -> OrderedDict[str, list[str]]:
        """How each output is drawn."""
        limits = {"upperband": "Values represent an upper limit", "lowerband": "Values represent a lower limit"}
        return OrderedDict(
            (name, ["Histogram"] if name.endswith("hist") else [limits.get(name, "Line")]) for name in self.output_names
        )

    @property
    def input_names(self) -> OrderedDict[str, Any]:
        """For each input the columns that are read; set some of them to read others."""
        return OrderedDict(
            (name, list(read) if isinstance(read, list) else read) for name, read in self._columns.items()
        )

    @input_names.setter
    def input_names(self, names: Mapping[str, Any]) -> None:
        for name, read in names.items():
            if name not in self._columns:
                raise ParameterError(f"{self.__name__} has the inputs {', '.join(self._columns)}, got {name!r}")
            several = isinstance(self._columns[name], list)
            if several and (isinstance(read, str) or len(read) != len(self._columns[name])):
                raise ParameterError(
                    f"{name} of {self.__name__} must be {len(self._columns[name])} names, got {read!r}"
                )
            self._columns[name] = list(read) if several else read
        self._outputs = None

    @property
    def parameters(self) -> OrderedDict[str, float | int]:
        """The parameters; set some of them to change them."""
        return OrderedDict(self._parameters)

    @parameters.setter
    def parameters(self, values: Mapping[str, Any]) -> None:
        for name in values:
            if name not in self._parameters:
                known = [*self._parameters, *self._columns]
                raise ParameterError(f"{self.__name__} has no parameter {name!r}{did_you_mean(name, known)}")
        self._parameters.update(values)
        self._outputs = None

    @property
    def output_names(self) -> list[str]:
        """TA-Lib's names of the outputs."""
        return list(self._function.outputs)

    @property
    def lookback(self) -> int:
        """Bars before the first on which every output has a value."""
        return self._function.lookback(self._parameters)

    # -------------------------------------------------------------------------------------------------------- data

    @property
    def input_arrays(self) -> Any:
        """The frame or mapping of columns that was set; None before."""
        return self._arrays

    @input_arrays.setter
    def input_arrays(self, arrays: Any) -> None:
        self.set_input_arrays(arrays)

    def set_input_arrays(self, arrays: Any) -> bool:
        """Set a frame or a mapping that holds the columns; return True."""
        if not isinstance(arrays, Mapping | pd.DataFrame):
            raise DataError(f"columns must come in a mapping or a DataFrame, got {type(arrays).__name__}")
        lacking = [name for name in self._flat_columns() if name not in arrays]
        if lacking:
            raise DataError(f"{self.__name__} reads {', '.join(self._flat_columns())}, but lacks {', '.join(lacking)}")
        self._arrays = arrays
        self._outputs = None
        return True

    def run(self, arrays: Any = None) -> Any:
        """Compute, on other columns if they are given, and return the outputs."""
        if arrays is not None:
            self.set_input_arrays(arrays)
        self._outputs = None
        return self.outputs

    @property
    def outputs(self) -> Any:
        """The outputs: an array, or a list of them; for a frame a Series, or a frame of them."""
        if self._outputs is None:
            if self._arrays is None:
                raise DataError(f"{self.__name__} has no data yet; call it with arrays, or use set_input_arrays")
            columns = [self._arrays[name] for name in self._flat_columns()]
            found = self._function.call(*columns, **self._parameters)
            lines = found if isinstance(found, tuple) else (found,)
            if len(lines) == 1:
                self._outputs = lines[0]
            elif isinstance(lines[0], pd.Series):
                self._outputs = pd.DataFrame(dict(zip(self.output_names, lines, strict=True)))
            else:
                self._outputs = list(lines)
        return self._outputs

    def _flat_columns(self) -> list[str]:
        flat: list[str] = []
        for read in self._columns.values():
            flat += read if isinstance(read, list) else [read]
        return flat

    def __repr__(self) -> str:
        return f"Function({self.__name__!r}, {dict(self._parameters)!r})"


def _default_columns(inputs: tuple[str, ...]) -> dict[str, Any]:
    """Return TA-Lib's names of the inputs, each with the columns that are read for it."""
    if inputs == ("real0", "real1"):
        return {"price0": "high", "price1": "low"}
    found: dict[str, Any] = {}
    if inputs[0] == "real":
        found["price"] = "close"
    if "periods" in inputs:
        found["periods"] = "periods"
    bars = [name for name in inputs if name in BARS]
    return found | ({"prices": bars} if bars else {})


def __getattr__(name: str) -> Function:
    if name not in FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no function {name!r}; see talib.get_functions()")
    function = Function(name)
    globals()[name] = function  # one object a name, as in TA-Lib: it remembers its settings
    return function


def __dir__() -> list[str]:
    return sorted([*FUNCTIONS, "Function"])
