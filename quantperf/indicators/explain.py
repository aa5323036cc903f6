"""Explanations: why a candlestick pattern stands on a bar or does not, and what an indicator computes.

The conditions are those that the plain version of the pattern is written in (`quantperf.reference.candles`), so there
is no second list of them.
"""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError, not_bars
from quantperf.indicators import rim, run
from quantperf.indicators.candles import BARS
from quantperf.indicators.catalogue import CATALOG, Indicator
from quantperf.indicators.indicator import SETTLED
from quantperf.market.bars import Panel
from quantperf.market.sample import sample
from quantperf.reference import complete, first_bar
from quantperf.reference.candles import UNKNOWN
from quantperf.reference.conditions import Condition

FIELD = 64  # bars that are more than any pattern reads
USUAL = 10  # bars whose mean range is the yardstick of a margin


class Explained(ABC):
    """A table of conditions under a headline, with the one that decided: what explanations look like.

    Attributes
    ----------
    table : DataFrame
        A row for each condition, among its columns ``condition``, ``group``, ``margin`` and ``held``.
    """

    table: pd.DataFrame

    @abstractmethod
    def _headline(self) -> str: ...

    @abstractmethod
    def _lesson(self) -> str: ...

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._headline()})"

    def __str__(self) -> str:
        lines = [self._headline()]
        for row in self.table.itertuples():
            mark = "?" if row.held is pd.NA else ("yes" if row.held else "no")
            lines.append(f"  {mark:<3}  {row.group:<5} {row.margin:>+12.6g}  {row.condition}")
        return "\n".join([*lines, *filter(None, [self._lesson()])])

    def _repr_html_(self) -> str:
        table = self.table.to_html(index=False, na_rep="", float_format="{:.6g}".format)
        return f"<p>{html.escape(self._headline())}</p>\n{table}\n<p>{html.escape(self._lesson())}</p>"


class Explanation(Explained):
    """Why a pattern stands on a bar, or does not.

    Attributes
    ----------
    pattern : str
        Its name in the catalogue.
    at : label
        The bar, as its index names it.
    position : int
        The place of the bar, counted from 0.
    code : int, or None
        What the pattern answers on that bar; None if unknown: a bar that it reads is missing or has not come yet.
    held : bool, or None
        Whether it stands; None if unknown.
    table : DataFrame
        A row for each condition:

        - ``condition``: what is asked, in words;
        - ``group``: empty for what must hold in any case; ``"1a"`` and ``"1b"`` for alternatives, of which one is
          enough; ``"size"`` for what makes 80 of 100;
        - ``bar``: of which bar, 0 the one explained, -1 the one before;
        - ``left``, ``right``: the two numbers compared (NaN where a row sums up several comparisons);
        - ``margin``: how far it is from flipping, in the unit of prices; below 0 if it failed;
        - ``relative``: the margin in mean ranges of the 10 bars before;
        - ``held``: True, False, or NA if a number lacks.
    nearest : Series, or None
        The row that decides how far the pattern is from flipping: if it does not stand, the worst miss, in the
        alternatives that miss least; if it stands, the condition that holds by least. None if unknown.
    """

    def __init__(
        self, pattern: str, at: Any, position: int, code: int | None, table: pd.DataFrame, nearest: pd.Series | None
    ) -> None:
        self.pattern = pattern
        self.at = at
        self.position = position
        self.code = code
        self.held = None if code is None else code != 0
        self.table = table
        self.nearest = nearest

    @property
    def failed(self) -> pd.DataFrame:
        """The conditions that failed; some may be alternatives to others that held."""
        return self.table[self.table["held"].eq(False).fillna(False)]

    def _headline(self) -> str:
        if self.code is None:
            return f"{self.pattern} at {self.at}: unknown; a bar that it reads is missing or has not come yet"
        return f"{self.pattern} at {self.at}: {self.code}, it {'stands' if self.held else 'does not stand'}"

    def _lesson(self) -> str:
        if self.nearest is None:
            return ""
        margin, relative = abs(self.nearest["margin"]), abs(self.nearest["relative"])
        verb = "held" if self.nearest["held"] else "failed"
        return f"Decided by: {self.nearest['condition']}. It {verb} by {margin:.6g} ({relative:.3f} ranges)."


class Description:
    """What an indicator computes, under which conventions, and how many bars it takes.

    Attributes
    ----------
    indicator : str
        Its name in the catalogue.
    text : str
        Its docstring: formula, inputs, parameters, what is NaN, and the source.
    conventions : DataFrame
        A row for each convention: `lookback`, the bar of the first value; `settle`, the bar from which on the choice of
        seed weighs less than 1e-9 (infinite if it never does); `differs`, by how much at most its values lie from those
        of the default after both have settled, as a part of the largest of those, on the sample of IBM.
    """

    def __init__(self, indicator: str, text: str, conventions: pd.DataFrame) -> None:
        self.indicator = indicator
        self.text = text
        self.conventions = conventions

    def __repr__(self) -> str:
        return f"Description({self.indicator})"

    def __str__(self) -> str:
        return f"{self.indicator}\n\n{self.text.strip()}\n\nConventions\n-----------\n{self.conventions.to_string()}\n"

    def _repr_html_(self) -> str:
        text = html.escape(self.text.strip())
        return f"<h4>{html.escape(self.indicator)}</h4>\n<pre>{text}</pre>\n{self.conventions.to_html()}"


def explain(
    name: str | Indicator,
    data: pd.DataFrame | Panel | None = None,
    at: Any = None,
    *,
    symbol: str | None = None,
    **params: Any,
) -> Explanation | Description:
    """Say why a candlestick pattern stands on a bar or does not; without bars, what an indicator computes.

    Parameters
    ----------
    name : str or Indicator
        A pattern or another indicator of the catalogue (``"cdl_hammer"``, ``qp.cdl_hammer``), or TA-Lib's name of one.
    data : DataFrame or Panel, optional
        Bars to explain a pattern on: open, high, low and close. Later bars than the one asked for are not looked at.
    at : label or int, optional
        The bar, as a label of the index, or as a place (-1 is the last one) where the index has no such label; by
        default the last one.
    symbol : str, optional
        Which symbol of a Panel.
    **params
        Parameters of the pattern or indicator.

    Returns
    -------
    Explanation, or Description
        With bars, the conditions of the pattern on one of them, each with both its numbers and how far it is from
        flipping; without, formula, conventions, lookback and the bars it takes to settle.

    Raises
    ------
    UnknownIndicator
        If there is no indicator of this name.
    ParameterError
        If bars are given for an indicator that is no candlestick, or the bar or symbol does not exist.
    DataError
        If the data is neither a Panel nor a frame of bars, or holds no bars.

    Examples
    --------
    >>> import quantperf as qp
    >>> why = qp.explain("cdl_doji", qp.sample("IBM"), at=-2)
    >>> why.code, why.held
    (0, False)
    >>> print(qp.explain("sma", window=5).conventions["lookback"].to_dict())
    {'talib': 4}
    """
    entry = name if isinstance(name, Indicator) else CATALOG[name]
    if data is None:
        return _described(entry, params)
    if entry.inputs != BARS or entry.dtype != np.int8 or not hasattr(entry.reference, "answer"):
        raise ParameterError(
            f"{entry.name} is no candlestick, so it has no conditions to explain on a bar; leave the bars out for what "
            "it computes"
        )
    columns, index = _columns(data, symbol)
    if not len(index):
        raise DataError("data must hold at least one bar, got none")
    place = place_of(index, at)
    depth = entry.resolve((), params).params
    return _explained(entry, [column[: place + 1] for column in columns], index[place], depth)


def _columns(data: pd.DataFrame | Panel, symbol: str | None) -> tuple[list[npt.NDArray[np.float64]], pd.Index]:
    if isinstance(data, Panel):
        if symbol not in data.symbols:
            raise ParameterError(f"symbol must be one of the panel's {len(data.symbols)}, got {symbol!r}")
        lane = data.symbols.index(symbol)
        index = data.index
    elif rim.is_bars(data):
        if symbol is not None:
            raise ParameterError(f"symbol is for a Panel, got {symbol!r} with a frame of one symbol; leave it out")
        lane, index = 0, data.index
    else:
        raise not_bars("data", data)
    blocks, _ = rim.take(BARS, (data,))
    return [run.finite(block)[:, lane] for block in blocks], index


def place_of(index: pd.Index, at: Any) -> int:
    """Return the place of a label, or of a number of bars from either end."""
    if at is None:
        return len(index) - 1
    try:
        found = index.get_loc(at)
    except (KeyError, TypeError, ValueError):
        if isinstance(at, int | np.integer) and not isinstance(at, bool) and -len(index) <= at < len(index):
            return int(at) % len(index)
        raise ParameterError(
            f"at must be a label of the index, or a place from {-len(index)} to {len(index) - 1}, got {at!r}"
        ) from None
    if not isinstance(found, int | np.integer):
        raise ParameterError(f"at must name one bar, got {at!r}, which names several")
    return int(found)


def _explained(
    entry: Indicator, columns: list[npt.NDArray[np.float64]], at: Any, depth: dict[str, float | int]
) -> Explanation:
    """Return the conditions on the last bar of these columns."""
    bar = len(columns[0]) - 1
    kept = complete(*columns)
    # A pattern reads a few bars, and counts those since the first whole one: that one, or a later whole one before the
    # few, is where its past may begin.
    start = max(0, bar - FIELD)
    before = np.flatnonzero(kept[: start + 1])
    start = int(before[-1]) if before.size else min(first_bar(kept), bar)
    few = [column[start:] for column in columns]
    reference: Any = entry.reference
    answer, code = reference.answer(*few, **depth), int(reference(*few, **depth)[-1])
    last = len(few[0]) - 1
    leaves = list(answer.found.leaves())
    table = pd.concat(
        [
            pd.DataFrame([_row(group, condition, last) for group, condition in leaves]),
            pd.DataFrame(
                [_row("size", condition, last) for _, condition in answer.full.leaves()] if answer.full else []
            ),
        ],
        ignore_index=True,
    )
    usual = _usual_range(few[1][:-1], few[2][:-1])
    table.insert(6, "relative", table["margin"] / usual)
    table["held"] = table["held"].astype("boolean").mask(table["margin"].isna())
    if code == UNKNOWN:
        return Explanation(entry.name, at, bar, None, table, None)
    decider = answer.found.decider(last)
    nearest = next(place for place, (_, condition) in enumerate(leaves) if condition is decider)
    return Explanation(entry.name, at, bar, code, table, table.iloc[nearest])


def _row(group: str, condition: Condition, bar: int) -> dict[str, Any]:
    left, right = condition.sides or (None, None)
    return {
        "condition": condition.words,
        "group": group,
        "bar": -left.ago if left else 0,
        "left": float(left.values.iloc[bar]) if left else np.nan,
        "right": float(right.values.iloc[bar]) if right else np.nan,
        "margin": condition.margin(bar),
        "held": bool(condition.held[bar]),
    }


def _usual_range(high: npt.NDArray[np.float64], low: npt.NDArray[np.float64]) -> float:
    """Return the mean range of the last bars; NaN if none is whole, or prices did not move."""
    ranges = (high - low)[-USUAL:]
    known = ranges[~np.isnan(ranges)]
    mean = float(known.mean()) if known.size else 0.0
    return mean if mean > 0.0 else np.nan


def _described(entry: Indicator, params: dict[str, Any]) -> Description:
    bars = sample("IBM")
    rows, first, start = {}, None, 0
    for convention in entry.conventions:
        call = entry.resolve((), {**params, "convention": convention})
        lookback, settle = max(call.lookbacks), entry.settle(SETTLED, convention=convention, **call.params)
        values = np.atleast_2d(np.asarray(entry(bars, **call.params, convention=convention), dtype=float))
        first = values if first is None else first
        start = max(start, int(settle) if np.isfinite(settle) else lookback)
        apart = np.abs(values - first)[:, start:]
        scale = np.abs(first)[:, start:]
        rows[convention] = {"lookback": lookback, "settle": settle, "differs": _greatest(apart) / _greatest(scale)}
    return Description(entry.name, entry.doc, pd.DataFrame.from_dict(rows, orient="index"))


def _greatest(values: npt.NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else np.nan
