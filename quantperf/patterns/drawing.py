"""A picture of chart shapes on the prices they were found in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError
from quantperf.indicators import rim
from quantperf.market.columns import columns_of
from quantperf.market.moments import closing_times

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_shapes"]

UP, DOWN, EITHER = "#1a7f5a", "#b3261e", "#3b5ba9"
MOST = 12  # labels of more shapes lie over each other
TARGET_BARS = 15


def plot_shapes(frame: pd.DataFrame, shapes: pd.DataFrame, *, margin: int = 20) -> Figure:
    """Return a picture of shapes: prices, turning points, lines, and when each stage was known.

    Parameters
    ----------
    frame : DataFrame
        Bars of one symbol.
    shapes : DataFrame
        Rows of `quantperf.patterns.shapes` for these bars, at most 12 formations.
    margin : int, default 20
        Bars before the first and after the last of them.

    Returns
    -------
    matplotlib.figure.Figure
        Triangles stand where a shape was known to be formed, discs where it was confirmed, crosses where it failed or
        expired; dotted lines lead to targets. Green expects or broke upwards, red downwards, blue either.

    Raises
    ------
    DataError
        If these are no bars, the shapes are none, too many, or of other bars.

    Examples
    --------
    >>> import quantperf as qp
    >>> bars = qp.sample("MSFT").iloc[-400:]
    >>> picture = qp.patterns.plot_shapes(bars, qp.patterns.shapes(bars, "double_top"))
    >>> picture.axes[0].get_ylabel()
    'price'
    """
    from matplotlib.figure import Figure

    places = _places(frame, shapes)
    columns = columns_of(frame, ("high", "low", "close"))
    held = np.flatnonzero(np.isfinite(list(columns.values())).all(axis=0))
    begin, end = max(int(places["start"].min()) - margin, 0), min(int(places["known"].max()) + margin, len(frame) - 1)
    seen = held[(held >= begin) & (held <= end)]
    figure = Figure(figsize=(12, 5.5), layout="constrained")
    axes = figure.add_subplot()
    axes.vlines(seen, columns["low"][seen], columns["high"][seen], color="#b8bcc4", linewidth=1.0)
    axes.plot(seen, columns["close"][seen], color="#4a4e57", linewidth=0.9)
    for number, formation in enumerate(shapes["formation"].unique()):
        rows = shapes[shapes["formation"] == formation]
        _draw(axes, frame.index, rows, places.loc[rows.index], held, 9 + 11 * (number % 3))
    ticks = np.unique(np.linspace(begin, end, 7).round().astype(int))
    axes.set_xticks(ticks, [_short(frame.index[tick]) for tick in ticks])
    axes.set_ylabel("price")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.01, y=0.12)
    return figure


def _places(frame: pd.DataFrame, shapes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of bars at which shapes start, end, and were known."""
    if not rim.is_bars(frame):
        raise DataError(f"frame must be bars of one symbol, got {type(frame).__name__}; take panel.frame(symbol)")
    if not isinstance(shapes, pd.DataFrame) or not {"formation", "points", "stage", "known_at"} <= set(shapes):
        raise DataError("shapes must be rows of qp.patterns.shapes, got something else")
    count = shapes["formation"].nunique()
    if not 1 <= count <= MOST or not shapes.index.is_unique:
        raise DataError(f"shapes must hold 1 to {MOST} formations, got {count}; take some, such as shapes.tail(6)")
    closed = closing_times(frame.index)
    columns = {name: frame.index.get_indexer(pd.Index(shapes[name])) for name in ("start", "end", "triggered_at")}
    known = closed.searchsorted(pd.Index(shapes["known_at"]), side="right") - 1
    places = pd.DataFrame({**columns, "known": known}, index=shapes.index)
    if (places < 0).any(axis=None):
        raise DataError("shapes must be found in these bars, some of their stamps are not there; give the same bars")
    return places


def _draw(axes: Any, index: pd.Index[Any], rows: pd.DataFrame, places: pd.DataFrame, held: Any, away: int) -> None:
    """Draw one formation and its stages; `held` are the rows that the symbol has, `away` points to the name."""
    last = rows.iloc[-1]
    color = {1: UP, -1: DOWN}.get(int(last["direction"]), EITHER)
    stamps, prices = zip(*last["points"], strict=True)
    turns = index.get_indexer(pd.Index(stamps))
    axes.plot(turns, prices, color=color, linewidth=0.8, linestyle="--", marker=".", markersize=7, alpha=0.8)
    between = held[(held >= turns[0]) & (held <= places["known"].iloc[-1])]
    for side in ("upper", "lower"):
        line = last[f"{side}_intercept"] + last[f"{side}_slope"] * np.arange(len(between))
        axes.plot(between, line, color=color, linewidth=1.6)
    below = last["direction"] > 0  # bottoms are named below, tops above
    corner = int(np.argmin(prices) if below else np.argmax(prices))
    axes.annotate(
        last["shape"].replace("_", " "), (turns[corner], prices[corner]), xytext=(0, -away - 9 if below else away),
        textcoords="offset points", ha="center", fontsize=8.5, color=color,
    )  # fmt: skip
    for (_, row), place in zip(rows.iterrows(), places["known"], strict=True):
        marker = {"formed": "^", "confirmed": "o"}.get(row["stage"], "x")
        axes.scatter(place, row["close"], marker=marker, s=46, color=color, zorder=4)
        if row["stage"] == "confirmed":
            axes.hlines(row["target"], place, place + TARGET_BARS, color=color, linestyle=":", linewidth=1.8)


def _short(stamp: Any) -> str:
    return f"{stamp:%Y-%m-%d}" if isinstance(stamp, pd.Timestamp) else str(stamp)
