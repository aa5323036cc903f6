"""The gallery: every indicator of the catalogue as a row of a table and as a picture on real prices.

All of it follows from the catalogue: what an indicator is and where it comes from is read from its docstring, its
parameters, warm-up and names from its entry, and its picture from its values. Nothing is written per indicator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError
from quantperf.indicators import CATALOG, Indicator, docs
from quantperf.indicators.rim import is_bars
from quantperf.market.sample import sample
from quantperf.reports import gallery_page, panes
from quantperf.reports.before_after import Step
from quantperf.talib.functions import FUNCTIONS, GROUPS

if TYPE_CHECKING:
    from quantperf.indicators.parameters import Parameter

SHOWN, SHOWN_CODES = 120, 60  # bars of a picture; fewer where the shape of each bar is the matter
AFTER = 12  # bars that are shown after the newest pattern
SYMBOL = "IBM"
EPS = 1e-9  # what settled means in the table
BEYOND = 1e15  # a bound so far out is none


class View(NamedTuple):
    """What a picture shows.

    Attributes
    ----------
    symbol : str
        What the bars are called; empty if they are the caller's.
    bars : DataFrame
        The bars.
    values : DataFrame
        A column for each output, NaN where unknown.
    remark : str
        Why there is nothing to see, or what is seen that one would not expect; mostly empty.
    """

    symbol: str
    bars: pd.DataFrame
    values: pd.DataFrame
    remark: str = ""


@dataclass(frozen=True, eq=False)
class Exhibit:
    """One indicator: what its entry and its docstring say, and its values, which are computed when first looked at.

    Attributes
    ----------
    entry : Indicator
        The entry of the catalogue.
    frames : mapping of str to DataFrame
        Bars by the symbol, in the order in which they are tried.
    """

    entry: Indicator
    frames: Mapping[str, pd.DataFrame]

    @cached_property
    def said(self) -> docs.Described:
        """What its docstring says, part by part."""
        return docs.read(self.entry.doc)

    @cached_property
    def view(self) -> View:
        """What its picture shows: its values, and the bars."""
        return _view(self.entry, self.frames)

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        return self.entry.name

    @property
    def group(self) -> str:
        """TA-Lib's group; of an indicator that TA-Lib lacks, the group of its family, or the family itself."""
        for spec in self.entry.talib:
            return FUNCTIONS[spec.name].group
        family = self.entry.family
        return GROUPS.get(family, family.replace("_", " ").capitalize())

    @property
    def summary(self) -> str:
        """What it is, in one sentence."""
        text = self.said.summary.removeprefix("Return ")
        return f"{text[:1].upper()}{text[1:]}"

    @property
    def talib(self) -> tuple[str, ...]:
        """TA-Lib's functions that it answers."""
        return tuple(spec.name for spec in self.entry.talib)

    @property
    def call(self) -> str:
        """How it is called, with its defaults."""
        given = [f"{name}={parameter.default!r}" for name, parameter in self.entry.params.items()]
        return f"{self.name}({', '.join([*self.entry.inputs, *given])})"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Each parameter with its default and its bounds."""
        return tuple(_bounded(parameter) for parameter in self.entry.params.values())

    @property
    def settle(self) -> float:
        """The bar from which on its seed weighs less than 1e-9."""
        return float(self.entry.settle(EPS))

    @property
    def ends(self) -> tuple[str, str]:
        """What the first and the last bar of the picture are called."""
        labels = [self.view.bars.index[0], self.view.bars.index[-1]]
        first, last = (f"{label:%Y-%m-%d}" if isinstance(label, pd.Timestamp) else str(label) for label in labels)
        return f"{self.view.symbol}, {first}" if self.view.symbol else first, last

    @property
    def svg(self) -> str:
        """The picture."""
        columns, outputs = _arrays(self.view.bars), _arrays(self.view.values)
        codes = self.entry.dtype == np.int8
        arranged = panes.arrange(columns, outputs, self.entry.columns, self.entry.degree, codes)
        return panes.draw(
            self.name,
            f"{self.summary} {' to '.join(self.ends)}. {self.view.remark}",
            columns,
            arranged,
            self.ends,
            f"gallery-{self.name}",
        )

    def row(self) -> dict[str, object]:
        """Return its row of the table."""
        entry, said = self.entry, self.said
        return {
            "name": self.name,
            "family": entry.family,
            "group": self.group,
            "summary": self.summary,
            "inputs": ", ".join(entry.inputs),
            "outputs": ", ".join(entry.outputs),
            "parameters": "; ".join(self.parameters),
            "lookback": entry.lookback(),
            "settle": self.settle,
            "conventions": ", ".join(entry.conventions),
            "talib": ", ".join(self.talib),
            "source": said.source,
            "notes": said.notes,
            "returns": said.returns,
        }


def _arrays(frame: pd.DataFrame) -> dict[str, panes.FloatArray]:
    return {str(name): line.to_numpy(np.float64) for name, line in frame.items()}


def _bounded(parameter: Parameter) -> str:
    low, high = (None if abs(bound) >= BEYOND else f"{bound:g}" for bound in (parameter.low, parameter.high))
    if low is not None and high is not None:
        bounds = f"{low} to {high}"
    elif low is not None or high is not None:
        bounds = f"at least {low}" if low is not None else f"at most {high}"
    else:
        bounds = "any number"
    return f"{parameter.name} = {parameter.default!r} ({bounds})"


@dataclass(frozen=True, eq=False)
class Gallery:
    """Indicators as a table and as pictures; what `gallery` gives.

    Attributes
    ----------
    exhibits : tuple of Exhibit
        In the order in which they were asked for, or that of the catalogue.
    """

    exhibits: tuple[Exhibit, ...]

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each indicator, in plain text.

        name, family, TA-Lib's group, what it is, inputs, outputs, parameters with defaults and bounds, the bar
        of the first value, the bar on which it has settled, conventions, TA-Lib's name, source, definition and
        behaviour (notes), what it returns.
        """
        return pd.DataFrame([exhibit.row() for exhibit in self.exhibits])

    @cached_property
    def groups(self) -> dict[str, list[Exhibit]]:
        """Exhibits by group, groups and names in alphabetical order."""
        found: dict[str, list[Exhibit]] = {}
        for exhibit in sorted(self.exhibits, key=lambda exhibit: (exhibit.group, exhibit.name)):
            found.setdefault(exhibit.group, []).append(exhibit)
        return found

    def page(self) -> str:
        """Return one HTML page that opens offline: an index, and a picture and all that is said of each indicator."""
        return gallery_page.page(self)

    def markdown(self) -> str:
        """Return the table in Markdown, group by group."""
        return gallery_page.markdown(self)

    def mosaic(self, columns: int = 3) -> str:
        """Return all pictures in one SVG file.

        Parameters
        ----------
        columns : int, default 3
            Pictures beside each other, at least 1.
        """
        if isinstance(columns, bool) or not isinstance(columns, int) or columns < 1:
            raise ParameterError(f"columns must be an integer, at least 1, got {columns!r}")
        return gallery_page.mosaic(self, columns)

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, and return its path.

        Parameters
        ----------
        path : str or Path
            A file, or a folder, which then gets ``gallery.html``.
        """
        file = Path(path)
        if file.is_dir() or not file.suffix:
            file = file / "gallery.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.page(), encoding="utf-8")
        return file

    def __len__(self) -> int:
        return len(self.exhibits)

    def __iter__(self) -> Iterator[Exhibit]:
        return iter(self.exhibits)

    def __getitem__(self, name: str) -> Exhibit:
        wanted = CATALOG[name].name
        for exhibit in self.exhibits:
            if exhibit.name == wanted:
                return exhibit
        raise KeyError(f"{wanted!r} is in the catalogue, but not in this gallery; ask for gallery([{wanted!r}])")

    def __repr__(self) -> str:
        return f"Gallery({len(self)} indicators in {len(self.groups)} groups)"

    def __str__(self) -> str:
        wide = max(len(exhibit.name) for exhibit in self.exhibits)
        lines = [repr(self)]
        for group, exhibits in self.groups.items():
            lines += ["", group, *(f"  {exhibit.name:<{wide}}  {exhibit.summary}" for exhibit in exhibits)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return gallery_page.fragment(self)


def gallery(
    names: Sequence[str] | None = None,
    data: pd.DataFrame | None = None,
    *,
    progress: Callable[[Step], None] | None = None,
) -> Gallery:
    """Return the catalogue as a table and as pictures: each indicator with its defaults, on real prices.

    Parameters
    ----------
    names : sequence of str, optional
        Indicators, by our names or TA-Lib's; by default the whole catalogue.
    data : DataFrame, optional
        Bars of one symbol, with open, high, low, close, and volume for those that read it; by default the bundled IBM,
        and for a candlestick that never stood there, the first bundled stock where it did. Values are computed from all
        bars; a picture shows the last 120, or of a candlestick 60 around the last time that it stood.
    progress : callable, optional
        Called with a `Step` before each indicator is computed, here and now. Without it, one is computed when its
        picture is first looked at, so that the table alone needs no kernel.

    Returns
    -------
    Gallery

    Raises
    ------
    UnknownIndicator
        If a name is not in the catalogue.
    ParameterError
        If `names` is empty, or one string.
    DataError
        If the data is not a frame of bars, or has less than two.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = qp.gallery(["sma", "rsi", "cdl_doji"])
    >>> found
    Gallery(3 indicators in 3 groups)
    >>> found.table.loc[1, ["name", "parameters", "talib"]].tolist()
    ['rsi', 'window = 14 (2 to 100000)', 'RSI']
    """
    chosen = _chosen(names)
    frames = _frames(data)
    found = Gallery(tuple(Exhibit(entry, frames) for entry in chosen))
    if progress is not None:
        for place, exhibit in enumerate(found):
            progress(Step(place, len(found), exhibit.name))
            _ = exhibit.view
        progress(Step(len(found), len(found), "all indicators are computed"))
    return found


def _chosen(names: Sequence[str] | None) -> list[Indicator]:
    if names is None:
        return list(CATALOG.values())
    if isinstance(names, str):
        raise ParameterError(f"names must be a sequence of names, got {names!r}; write [{names!r}]")
    if not names:
        raise ParameterError("names must hold at least one indicator, got none; leave it out for all")
    return list({entry.name: entry for entry in (CATALOG[name] for name in names)}.values())


def _frames(data: pd.DataFrame | None) -> Mapping[str, pd.DataFrame]:
    """Return bars by the symbol, in the order in which they are tried."""
    if data is None:
        return {symbol: sample(symbol) for symbol in dict.fromkeys([SYMBOL, *sample().symbols])}
    if not is_bars(data):
        raise DataError(
            f"data must be a frame of bars with open, high, low and close, got {type(data).__name__}; of a Panel take "
            "one symbol, panel.frame(symbol)"
        )
    if len(data) < 2:
        raise DataError(f"data must hold at least two bars, got {len(data)}")
    return {"": data.rename(columns=lambda name: str(name).lower())}


def _view(entry: Indicator, frames: Mapping[str, pd.DataFrame]) -> View:
    candlestick = entry.dtype == np.int8 and set(panes.PRICES) <= set(entry.columns)
    for symbol, bars in frames.items():
        missing = [name for name in entry.columns if name not in bars]
        if missing:
            nothing = pd.DataFrame(np.nan, bars.index, list(entry.outputs))
            return _cut(entry, symbol, bars, nothing, len(bars), f"needs {', '.join(missing)}")
        values, remark = _values(entry, bars)
        if not candlestick:
            return _cut(entry, symbol, bars, values, len(bars), remark)
        stands = (values.notna() & (values != 0)).any(axis=1).to_numpy()
        if stands.any():
            end = min(len(bars), int(np.flatnonzero(stands)[-1]) + 1 + AFTER)
            return _cut(entry, symbol, bars, values, end, remark)
    symbol, bars = next(iter(frames.items()))
    values, _ = _values(entry, bars)
    where = ", ".join(filter(None, frames)) or "these bars"
    return _cut(entry, symbol, bars, values, len(bars), f"stands nowhere in {where}")


def _values(entry: Indicator, bars: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the outputs as numbers, and what has to be remarked of the inputs."""
    inputs, remark = [bars[name] for name in entry.columns], ""
    if entry.domain is not None:
        low, high = entry.domain
        inputs = [low + (high - low) * (line - line.min()) / (line.max() - line.min()) for line in inputs]
        remark = f"prices brought to {low:g} to {high:g}, between which it answers"
    result = entry(*inputs)
    lines = [result] if entry.returns is None else list(result)
    columns = [line.to_numpy(np.float64, na_value=math.nan) for line in lines]
    return pd.DataFrame(np.column_stack(columns), bars.index, list(entry.outputs)), remark


def _cut(entry: Indicator, symbol: str, bars: pd.DataFrame, values: pd.DataFrame, end: int, remark: str) -> View:
    """Return a view of the bars before `end`, as many as the picture shows."""
    codes = entry.dtype == np.int8 and set(panes.PRICES) <= set(entry.columns)
    first = max(0, end - (SHOWN_CODES if codes else SHOWN))
    seen = values.iloc[first:end]
    if not remark and not np.isfinite(seen.to_numpy()).any():
        remark = "has no value in these bars"
    shown = [name for name in (*panes.PRICES, "volume") if name in bars]
    return View(symbol, bars[shown].iloc[first:end], seen, remark)
