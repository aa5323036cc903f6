"""All candlestick patterns in one pass over the bars: what patterns share is computed once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import ParameterError, did_you_mean, not_bars
from quantperf.indicators import rim, run
from quantperf.indicators.catalogue import CATALOG
from quantperf.indicators.plan import Plan
from quantperf.kernels import candles as kernels
from quantperf.market.bars import Panel

BARS = ("open", "high", "low", "close")
DEEP = tuple(name for name in kernels.PATTERNS if "penetration" in CATALOG[name].params)


class Codes(Mapping[str, pd.DataFrame]):
    """Patterns of a panel: a mapping from a pattern to its wide frame of codes, which is made when it is asked for.

    Attributes
    ----------
    block : ndarray of int8, shape (patterns, bars, symbols)
        All codes; -128 where unknown. Read-only.
    """

    def __init__(self, block: npt.NDArray[np.int8], names: tuple[str, ...], source: rim.Source) -> None:
        block.setflags(write=False)
        self.block = block
        self._names = names
        self._source = source

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        frame: pd.DataFrame = rim.wrap(self.block[self._names.index(name)], self._source, name, None)
        return frame

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"Codes({len(self)} patterns, {self.block.shape[1]} bars, {self.block.shape[2]} symbols)"

    def found(self) -> pd.DataFrame:
        """Return one row for each pattern that stands: bar, symbol, pattern, code; in order of bars."""
        bar, lane, which = np.nonzero(np.moveaxis((self.block != 0) & (self.block != kernels.UNKNOWN), 0, 2))
        return pd.DataFrame(
            {
                "bar": np.asarray(self._source.index)[bar],
                "symbol": np.asarray(self._source.columns)[lane],
                "pattern": np.asarray(self._names)[which],
                "code": self.block[which, bar, lane],
            }
        )


def candles(
    data: Panel | pd.DataFrame,
    patterns: Iterable[str] | None = None,
    *,
    penetration: Mapping[str, float] | None = None,
) -> pd.DataFrame | Codes:
    """Recognise candlestick patterns, all of them in one pass.

    Parameters
    ----------
    data : Panel or DataFrame
        Bars of many symbols, or of one.
    patterns : iterable of str, optional
        Names of patterns in the catalogue (``"cdl_doji"``), or TA-Lib's; default: all 61.
    penetration : mapping of str to float, optional
        For patterns that have one, by name; default: theirs.

    Returns
    -------
    DataFrame, or Codes
        For one symbol a frame of Int8 with a column for each pattern: 100, 80, -80, -100 (120, -120 for a confirmed
        hikkake), 0 where it does not stand, NA where a bar that it reads is missing or has not come yet. For a panel a
        mapping of such frames, with ``found()`` for those that stand.

    Raises
    ------
    ParameterError
        If a pattern does not exist or has no penetration, or a penetration is out of bounds.
    DataError
        If the data is neither a Panel nor a frame of bars.

    Examples
    --------
    >>> import quantperf as qp
    >>> codes = qp.candles(qp.sample("IBM"))
    >>> codes.shape, int((codes["cdl_doji"] == 100).sum())
    ((3270, 61), 457)
    """
    if not isinstance(data, Panel) and not rim.is_bars(data):
        raise not_bars("data", data)
    names = _names(patterns)
    deep = _penetrations(penetration or {})
    blocks, source = rim.take(BARS, (data,))
    bars, lanes = blocks[0].shape
    on = np.array([name in names for name in kernels.PATTERNS])
    y = np.full((len(names), bars, lanes), kernels.UNKNOWN, dtype=np.int8)
    state = Plan(kernels.candles, (), kernels.candles_rows()).start(lanes)
    if bars:
        kernels.candles(state, *map(run.time_major, blocks), on, deep, y)
    if run.counts(blocks)[1]:
        rim.warn_of_infinities(BARS, blocks)
    if source.kind != "series":
        return Codes(y, names, source)
    wide = rim.Source("frame", source.index, pd.Index(names))
    frame: pd.DataFrame = rim.wrap(y[:, :, 0].T, wide, "candles", None)
    return frame


def _names(patterns: Iterable[str] | None) -> tuple[str, ...]:
    """Return the catalogue's names of the patterns, in its order."""
    if patterns is None:
        return kernels.PATTERNS
    wanted = {CATALOG[name].name if name in CATALOG else str(name) for name in patterns}
    unknown = sorted(wanted.difference(kernels.PATTERNS))
    if unknown or not wanted:
        hint = did_you_mean(unknown[0], kernels.PATTERNS) if unknown else "; leave it out for all"
        raise ParameterError(f"patterns must be candlesticks of the catalogue, got {unknown[:1] or 'none'}{hint}")
    return tuple(name for name in kernels.PATTERNS if name in wanted)


def _penetrations(given: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """Return a penetration for each pattern; 0 for those that have none."""
    for name in given:
        if name not in DEEP:
            raise ParameterError(f"{name} has no penetration; those that have one are {', '.join(DEEP)}")
    depths = np.zeros(len(kernels.PATTERNS))
    for name in DEEP:
        parameter = CATALOG[name].params["penetration"]
        depths[kernels.PATTERNS.index(name)] = parameter.check(given.get(name, parameter.default))
    return depths
