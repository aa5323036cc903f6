"""The result of an event study: its table, its paths, and how they are shown."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import ParameterError

__all__ = ["NUMBERS", "EventStudy"]

NUMBERS = (
    "events", "bars", "left_out", "effective", "mean", "base", "excess", "low", "high",
    "success", "base_success", "success_low", "success_high", "t", "p",
)  # fmt: skip
COLOURS = {"positive": "#0b7a6e", "negative": "#b3261e"}
VERDICTS = ("positive", "negative", "none shown", "too few")


@dataclass(frozen=True, slots=True, eq=False)
class EventStudy:
    """What followed events, made by `event_study`.

    Attributes
    ----------
    table : DataFrame
        A row for each kind of events and horizon: `horizon` in bars; `events` that have a return, on how many `bars`,
        and how many were `left_out` for want of a price; `effective`, the number of independent events that would say
        as much; `mean` logarithmic return in the direction of the signal, `base`, that of the other bars of the same
        symbols, `excess`, the one less the other, and its interval `low`, `high`; `success`, the share of returns above
        0, `base_success`, that of all bars, and the interval `success_low`, `success_high` of the former; `t`, the
        excess in standard errors; `p`; `q`; and `verdict`: "positive", "negative", "none shown" or "too few" bars to be
        tested, whose p is NaN.
    paths : DataFrame
        For each kind and each `bar` from `before` the event to `after` it: `events`, `mean` excess return since the
        close of the bar of the event, in the direction of the signal, and its band `low`, `high`.
    settings : dict
        What was asked for, the numbers of `bars`, `symbols` and `signals`, and of signals that are `lost`: of a symbol
        or a stamp that the prices do not have.
    """

    table: pd.DataFrame
    paths: pd.DataFrame
    settings: dict[str, Any]

    @property
    def tests(self) -> int:
        """How many p values were made, for which q accounts."""
        return int(self.table["p"].notna().sum())

    @property
    def found(self) -> pd.DataFrame:
        """The rows of the table with an effect."""
        return self.table[self.table["verdict"].isin(VERDICTS[:2])]

    @property
    def text(self) -> str:
        """The study in words and lines."""
        return str(self)

    def _headline(self) -> str:
        told, kinds = self.settings, self.table[self.settings["by"]].nunique()
        lost = f", {told['lost']} of them without a place in the prices" if told["lost"] else ""
        return (
            f"Event study: {told['signals']} signals of {kinds} kinds{lost}; {told['symbols']} symbols, "
            f"{told['bars']} bars; {len(self.found)} of {self.tests} tests show an effect at a false discovery rate of "
            f"{told['fdr']:.0%}"
        )

    def _lesson(self) -> str:
        told = self.settings
        entry = "the next open" if told["entry"] == "next_open" else "the close"
        base = "the market, and of " if told["benchmark"] else ""
        return (
            f"Returns in percent (logarithmic) from {entry}, in the direction of the signal; excess over those of "
            f"{base}other bars of the same symbols, with {told['confidence']:.0%} intervals by blocks of time; p by "
            f"{told['draws']} placements; q over all tests; fewer than {told['minimum']} bars are not tested."
        )

    def _shown(self) -> pd.DataFrame:
        """Return the table as people read it."""
        table, by = self.table, self.settings["by"]
        percent = {name: (100.0 * table[name]).map(_signed) for name in ("mean", "base", "excess")}
        shown = {
            by: table[by].astype(str),
            "bars ahead": table["horizon"],
            "events": table["events"],
            "worth": table["effective"].map(lambda value: "" if np.isnan(value) else f"{value:.0f}"),
            **percent,
            "interval": _spans(100.0 * table["low"], 100.0 * table["high"], "{:+.2f}"),
            "success": (100.0 * table["success"]).map(_whole),
            "usual": (100.0 * table["base_success"]).map(_whole),
            "p": table["p"].map(_chance),
            "q": table["q"].map(_chance),
            "verdict": table["verdict"],
        }
        return pd.DataFrame(shown)

    def __repr__(self) -> str:
        return f"EventStudy({self._headline()})"

    def __str__(self) -> str:
        return f"{self._headline()}\n\n{self._shown().to_string(index=False)}\n\n{self._lesson()}"

    def _repr_html_(self) -> str:
        shown = self._shown()
        head = "".join(f"<th style='text-align:left'>{html.escape(str(name))}</th>" for name in shown)
        body = "".join(
            f"<tr style='color:{COLOURS.get(row[-1], 'inherit')}'>"
            + "".join(f"<td style='text-align:left'>{html.escape(str(cell))}</td>" for cell in row)
            + "</tr>"
            for row in shown.itertuples(index=False, name=None)
        )
        return (
            f"<p><b>{html.escape(self._headline())}</b></p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
            f"</table><p>{html.escape(self._lesson())}</p>"
        )

    def plot(self, kinds: list[Any] | None = None) -> Any:
        """Return a matplotlib figure of the paths, one panel a kind, with bands and what was found.

        Parameters
        ----------
        kinds : list, optional
            Which; by default all.

        Raises
        ------
        ParameterError
            If a kind is unknown, or there is none.
        """
        from matplotlib.figure import Figure

        by = self.settings["by"]
        known = list(self.paths[by].unique())
        chosen = known if kinds is None else list(kinds)
        if not chosen or not set(chosen) <= set(known):
            raise ParameterError(f"kinds must be some of {known!r}, got {chosen!r}")
        columns = min(4, len(chosen))
        rows = -(-len(chosen) // columns)
        figure = Figure(figsize=(3.2 * columns, 2.4 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
        for axis, kind in zip(axes, chosen, strict=False):
            self._draw(axis, kind)
        for axis in axes[len(chosen) :]:
            axis.set_visible(False)
        figure.supxlabel("bars since the signal was known")
        figure.supylabel("excess return, %")
        return figure

    def _draw(self, axis: Any, kind: Any) -> None:
        """Draw the path of one kind."""
        by = self.settings["by"]
        path, verdicts = self.paths[self.paths[by] == kind], self.table[self.table[by] == kind]
        found = [word for word in VERDICTS[:2] if word in set(verdicts["verdict"])]
        colour = COLOURS[found[0]] if found else "#555555"
        axis.axhline(0.0, color="0.7", linewidth=0.8)
        axis.axvline(0.0, color="0.7", linewidth=0.8)
        axis.fill_between(path["bar"], 100.0 * path["low"], 100.0 * path["high"], color=colour, alpha=0.2, linewidth=0)
        axis.plot(path["bar"], 100.0 * path["mean"], color=colour, linewidth=1.4)
        said = " and ".join(found) or ("none shown" if verdicts["p"].notna().any() else "too few")
        axis.set_title(f"{kind} ({verdicts['events'].max()}): {said}", fontsize="small")


def _signed(value: float) -> str:
    return "" if np.isnan(value) else f"{value:+.2f}"


def _whole(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.0f} %"


def _chance(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"


def _spans(low: pd.Series[float], high: pd.Series[float], form: str) -> list[str]:
    """Return intervals as text."""
    return [
        "" if np.isnan(a) or np.isnan(b) else f"{form.format(a)} to {form.format(b)}"
        for a, b in zip(low, high, strict=True)
    ]
