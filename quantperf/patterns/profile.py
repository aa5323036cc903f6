"""Motifs and discords: stretches of a series that repeat an earlier one, and stretches that are like none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from quantperf.errors import ParameterError
from quantperf.kernels.similarity import distances_to
from quantperf.market.moments import closing_times
from quantperf.market.sessions import Session, Stamps
from quantperf.patterns.windows import (
    FloatArray,
    Neighbours,
    Places,
    Windows,
    closest_of_shuffled,
    neighbours_of,
    series_of,
    transformed,
    whole,
    windows_of,
)

__all__ = ["Motifs", "discords", "motifs"]

Transform = Literal["returns", "log"]
OCCURRENCES = ("id", "motif", "start", "end", "distance", "seed", "event_at", "known_at")
SUMMARY = ("id", "distance", "correlation", "occurrences", "p", "event_at", "known_at")
DISCORDS = ("id", "start", "end", "distance", "nearest_start", "event_at", "known_at")
USUAL_HISTORY = 10  # windows' lengths of earlier bars, below which anything is a novelty


@dataclass(frozen=True)
class Motifs:
    """The motifs of a series.

    Attributes
    ----------
    table : DataFrame
        A row for each occurrence, by motif and time:

        - ``id`` of the motif, a hash of its first two occurrences, the window and the transform;
        - ``motif``: its rank, 1 for the pair that is nearest to each other;
        - ``start``, ``end``: the first and the last bar;
        - ``distance``: of the pair for its two members, for the others to the earlier of the pair;
        - ``seed``: whether it is one of the pair;
        - ``event_at``: the close of its last bar;
        - ``known_at``: when it could be known, which is not before the second of the pair had ended.
    summary : DataFrame
        A row for each motif, labelled by rank: id, distance and correlation of the pair, how many occurrences, ``p``,
        event_at (the end of the second of the pair) and known_at.
    profile : Series
        At each bar, how far the window that ends there is from its nearest neighbour; NaN where a bar of it is missing
        or there is none.
    discords : DataFrame
        What is like nothing else; see `discords`.
    null : ndarray
        The least distance of two windows in each shuffled series.
    window : int
        Bars in an occurrence.
    engine : str
        Whether the kernel or stumpy made the profile.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    profile: pd.Series
    discords: pd.DataFrame
    null: FloatArray
    window: int
    engine: str
    values: pd.Series = field(repr=False)

    def __repr__(self) -> str:
        return f"Motifs({len(self.summary)} of {self.window} bars, {len(self.table)} occurrences)"

    def _repr_html_(self) -> str:
        return f"<p>{len(self.summary)} motifs of {self.window} bars</p>\n{self.summary.to_html()}"

    def plot(self) -> Any:
        """Return a matplotlib figure: the series with the occurrences, and the profile below."""
        import matplotlib.pyplot as plt

        figure, (above, below) = plt.subplots(2, 1, figsize=(10, 5), sharex=True, height_ratios=(2, 1))
        above.plot(self.values.index, self.values, color="0.6", linewidth=0.8)
        for rank, start, end in zip(self.table["motif"], self.table["start"], self.table["end"], strict=True):
            stretch = self.values.loc[start:end]
            above.plot(stretch.index, stretch, color=f"C{(rank - 1) % 10}", linewidth=1.8)
        for rank, p in self.summary["p"].items():
            above.plot([], [], color=f"C{(int(str(rank)) - 1) % 10}", label=f"motif {rank}, p = {p:.3g}")
        if len(self.summary):
            above.legend(loc="upper left")
        below.plot(self.profile.index, self.profile, color="0.3", linewidth=0.8)
        above.set_title(f"Motifs of {self.window} bars")
        below.set_ylabel("distance")
        figure.tight_layout()
        plt.close(figure)  # a notebook shows what is returned; else it would show it twice
        return figure


def motifs(
    series: Any,
    window: int,
    *,
    top: int = 3,
    max_matches: int = 10,
    transform: Transform | None = "returns",
    exclusion: int | None = None,
    radius: float = 2.0,
    cutoff: float | None = None,
    causal: bool = True,
    draws: int = 39,
    block: int | None = None,
    seed: int = 0,
    engine: Literal["kernel", "stumpy"] | None = None,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> Motifs:
    """Return the stretches of a series that repeat each other best, and whether chance would repeat as well.

    Parameters
    ----------
    series : Series, array_like or DataFrame
        Prices, oldest first; a frame of bars stands for its closes.
    window : int
        Bars in a stretch, at least 3.
    top : int, default 3
        Motifs, at least 1.
    max_matches : int, default 10
        Occurrences of each, at least 2.
    transform : {"returns", "log", None}, default "returns"
        What is compared: log returns from bar to bar, log prices, or the numbers as they are. Shapes of prices look
        alike in any random walk; shapes of returns do not.
    exclusion : int, optional
        Two occurrences start more than this many bars apart; by default window - 1, so that they share no bar. stumpy's
        own default is ``ceil(window / 4)``.
    radius : float, default 2.0
        Further occurrences are as near to the earlier of the pair as `radius` times the distance of the pair, and
        nearer than the root of `window`, a correlation of 1/2. At least 1.
    cutoff : float, optional
        Pairs that are further from each other are no motifs; by default all are.
    causal : bool, default True
        Whether `profile` and `discords` look only at earlier neighbours, so that later bars never change them.
    draws : int, default 39
        Shuffled series for the significance, at least 0.
    block : int, optional
        Moves that stay together in them; by default a quarter of the window, so that its shape does not survive.
    seed : int, default 0
        Of the draws.
    engine : {"kernel", "stumpy"}, optional
        By default the kernel for up to 20 000 windows or where some are almost flat, else stumpy, which compiles for
        some half a minute on its first call in a process.
    stamps, bar, session
        What the stamps mean; see `quantperf.market.moments.closing_times`.

    Returns
    -------
    Motifs
        With ``table``, ``summary``, ``profile``, ``discords``, ``null`` and ``plot()``.

    Raises
    ------
    ParameterError
        If a parameter is out of bounds or of the wrong kind.
    DataError
        If the series is not one numeric series with ascending stamps, or not above 0 where logarithms are asked for.
    MissingLibrary
        If stumpy is asked for and not installed.

    Notes
    -----
    Windows are compared by the Euclidean distance of their values standardised to mean 0 and deviation 1, so
    ``distance**2 = 2 * window * (1 - correlation)``. The rule for constant stretches is stumpy's: two constant windows
    are 0 apart, a constant one and any other the root of `window`; a constant window has no shape, so it is never an
    occurrence of a motif. A window that holds a missing or infinite value is never compared.

    ``p`` is the share of series, shuffled ones and this one, whose nearest pair is as near: blocks of their moves are
    shuffled, so the distribution of the moves stays, and what spans more than a block goes. Since the nearest pair of
    each is taken, p holds for the search over all windows, and is conservative for motifs after the first. That a motif
    is one of the `top` is known at the end of the series only; each row is a fact by its ``known_at``.

    Source: C.-C. M. Yeh et al., *Matrix Profile I*, ICDM 2016; A. Mueen et al., *Exact discovery of time series
    motifs*, SDM 2009; S. M. Law, *STUMPY*, J. Open Source Softw. 4, 2019. Shuffled series: J. Theiler et al., *Testing
    for nonlinearity in time series: the method of surrogate data*, Physica D 58, 1992.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = motifs(qp.sample("IBM")["close"][-500:], 15, top=2)
    >>> found
    Motifs(2 of 15 bars, 13 occurrences)
    >>> found.summary[["distance", "p"]].round(3).to_dict("list")
    {'distance': [1.32, 2.251], 'p': [0.05, 1.0]}
    """
    window, exclusion = _window(window, exclusion)
    top, max_matches = whole("top", top, 1), whole("max_matches", max_matches, 2)
    draws, seed = whole("draws", draws, 0), whole("seed", seed, 0)
    block = max(1, window // 4) if block is None else whole("block", block, 1)
    _number("radius", radius, 1.0)
    if cutoff is not None:
        _number("cutoff", cutoff, 0.0)
    prices, index = series_of(series)
    closed = closing_times(index, stamps=stamps, bar=bar, session=session)
    values = transformed(prices, transform)
    windows = windows_of(values, window)
    near = neighbours_of(values, windows, window, exclusion, engine)
    pairs = _pairs(windows, near, cutoff)
    chosen = _chosen(windows, pairs, exclusion, top, max_matches, radius)
    null = closest_of_shuffled(
        values, window, exclusion, moves=transform == "returns", block=block, draws=draws, seed=seed
    )
    scan = _Scan(index, closed, window, str(transform))
    table, summary = scan.tables(chosen, null)
    return Motifs(
        table,
        summary,
        scan.profile(windows, near, causal),
        scan.discords(windows, near, exclusion, top, causal, USUAL_HISTORY * window),
        null,
        window,
        near.engine,
        pd.Series(prices, index=index, name="value"),
    )


def discords(
    series: Any,
    window: int,
    *,
    top: int = 3,
    transform: Transform | None = "returns",
    exclusion: int | None = None,
    causal: bool = True,
    history: int | None = None,
    engine: Literal["kernel", "stumpy"] | None = None,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> pd.DataFrame:
    """Return the stretches of a series that are furthest from anything else in it.

    Parameters
    ----------
    series, window, transform, exclusion, engine, stamps, bar, session
        As for `motifs`.
    top : int, default 3
        Discords, at least 1.
    causal : bool, default True
        Whether a stretch is compared with earlier ones only: what was new when it came. Else with later ones too, which
        is known at the end of the series only.
    history : int, optional
        Where `causal`, bars before a stretch without which anything would be new; by default ten windows.

    Returns
    -------
    DataFrame
        A row for each, the furthest first: id, start, end, distance to the nearest, the start of that one, event_at
        (the close of its last bar), known_at (the same where `causal`, else the last close of all).

    Raises
    ------
    ParameterError, DataError, MissingLibrary
        As for `motifs`.

    Notes
    -----
    Source: E. Keogh, J. Lin and A. Fu, *HOT SAX: efficiently finding the most unusual time series subsequence*, ICDM
    2005; with earlier neighbours only, Y. Lu et al., *Matrix Profile XXIV (DAMP)*, KDD 2022.

    Examples
    --------
    >>> import quantperf as qp
    >>> discords(qp.sample("IBM")["close"][-500:], 15, top=2)[["end", "distance"]].round({"distance": 3})
             end  distance
    0 2011-11-08     3.884
    1 2012-01-09     3.698
    """
    window, exclusion = _window(window, exclusion)
    top = whole("top", top, 1)
    history = USUAL_HISTORY * window if history is None else whole("history", history, 0)
    prices, index = series_of(series)
    closed = closing_times(index, stamps=stamps, bar=bar, session=session)
    values = transformed(prices, transform)
    windows = windows_of(values, window)
    near = neighbours_of(values, windows, window, exclusion, engine)
    return _Scan(index, closed, window, str(transform)).discords(windows, near, exclusion, top, causal, history)


@dataclass(frozen=True)
class _Motif:
    """The pair, its distance, and all occurrences with their distances, by time."""

    pair: tuple[int, int]
    distance: float
    starts: Places
    distances: FloatArray


@dataclass(frozen=True)
class _Scan:
    """What turns places of windows into records."""

    index: pd.Index[Any]
    closed: pd.Index[Any]
    window: int
    transform: str

    def tables(self, found: list[_Motif], null: FloatArray) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return a row for each occurrence, and one for each motif."""
        rows: list[dict[str, Any]] = []
        sums: list[dict[str, Any]] = []
        for rank, motif in enumerate(found, start=1):
            name, second = self._id(*motif.pair), self._end(motif.pair[1])
            for start, apart in zip(motif.starts.tolist(), motif.distances.tolist(), strict=True):
                end = self._end(start)
                record = (name, rank, self.index[start], self.index[end], apart, start in motif.pair)
                times = (self.closed[end], self.closed[max(end, second)])
                rows.append(dict(zip(OCCURRENCES, (*record, *times), strict=True)))
            p = (1 + int((null <= motif.distance).sum())) / (1 + len(null)) if len(null) else np.nan
            likeness = 1.0 - motif.distance**2 / (2.0 * self.window)
            known = self.closed[second]
            figures = (name, motif.distance, likeness, len(motif.starts), p, known, known)
            sums.append(dict(zip(SUMMARY, figures, strict=True)))
        summary = pd.DataFrame(sums, columns=list(SUMMARY), index=pd.RangeIndex(1, len(sums) + 1, name="motif"))
        return pd.DataFrame(rows, columns=list(OCCURRENCES)), summary

    def profile(self, windows: Windows, near: Neighbours, causal: bool) -> pd.Series:
        """Return the distance to the nearest neighbour at the last bar of each window."""
        distances, _ = _nearest(near, causal)
        values = np.full(len(self.index), np.nan)
        values[self.window - 1 :] = np.where(np.isinf(distances), np.nan, distances)
        return pd.Series(values, index=self.index, name="distance")

    def discords(
        self, windows: Windows, near: Neighbours, exclusion: int, top: int, causal: bool, history: int
    ) -> pd.DataFrame:
        """Return the windows that are furthest from their nearest neighbour, none beside another."""
        distances, at = _nearest(near, causal)
        free = np.isfinite(distances)
        if causal:
            free[: min(history, len(free))] = False
        rows: list[dict[str, Any]] = []
        for start in np.argsort(-distances, kind="stable").tolist():
            if len(rows) == top:
                break
            if not free[start]:
                continue
            free[max(0, start - exclusion) : start + exclusion + 1] = False
            end = self._end(start)
            known = self.closed[end] if causal else self.closed[-1]
            place = (self.index[start], self.index[end], distances[start], self.index[at[start]])
            rows.append(dict(zip(DISCORDS, (self._id(start), *place, self.closed[end], known), strict=True)))
        return pd.DataFrame(rows, columns=list(DISCORDS))

    def _end(self, start: int) -> int:
        return start + self.window - 1

    def _id(self, *starts: int) -> str:
        facts = (self.transform, str(self.window), *(str(self.index[start]) for start in starts))
        return hashlib.sha256("|".join(facts).encode()).hexdigest()[:16]


def _nearest(near: Neighbours, causal: bool) -> tuple[FloatArray, Places]:
    """Return distances to the nearest neighbours and their places: of the earlier ones, or of all."""
    if causal:
        return near.left, near.left_at
    later = near.right < near.left
    return np.where(later, near.right, near.left), np.where(later, near.right_at, near.left_at)


def _pairs(windows: Windows, near: Neighbours, cutoff: float | None) -> list[tuple[float, int, int]]:
    """Return each window with its nearest earlier and nearest later one, the nearest pairs first."""
    here = np.arange(len(near.left))
    apart = np.concatenate([near.left, near.right])
    first, second = np.concatenate([near.left_at, here]), np.concatenate([here, near.right_at])
    kept = np.isfinite(apart) & (apart <= (np.inf if cutoff is None else cutoff))
    kept[kept] &= ~(windows.constant[first[kept]] | windows.constant[second[kept]])
    places = np.flatnonzero(kept)
    order = places[np.lexsort((first[places], second[places], apart[places]))]
    return list(zip(apart[order].tolist(), first[order].tolist(), second[order].tolist(), strict=True))


def _chosen(
    windows: Windows,
    pairs: list[tuple[float, int, int]],
    exclusion: int,
    top: int,
    max_matches: int,
    radius: float,
) -> list[_Motif]:
    """Return the nearest pairs with their further occurrences; an occurrence of one is no occurrence of the next."""
    free = windows.usable & ~windows.constant
    found: list[_Motif] = []
    for apart, first, second in pairs:
        if len(found) == top:
            break
        if not (free[first] and free[second]):
            continue
        distances = np.empty(len(windows.z))
        distances_to(windows.z, free, windows.z[first : first + 1], distances)
        limit = min(radius * apart, np.sqrt(windows.z.shape[1]))
        starts, lengths = [first, second], [apart, apart]
        _exclude(free, first, exclusion)
        _exclude(free, second, exclusion)
        for start in np.argsort(distances, kind="stable").tolist():
            if len(starts) == max_matches or not distances[start] <= limit:
                break
            if free[start]:
                starts.append(start)
                lengths.append(float(distances[start]))
                _exclude(free, start, exclusion)
        order = np.argsort(starts)
        found.append(_Motif((first, second), apart, np.array(starts)[order], np.array(lengths)[order]))
    return found


def _exclude(free: Any, start: int, exclusion: int) -> None:
    free[max(0, start - exclusion) : start + exclusion + 1] = False


def _window(window: Any, exclusion: Any) -> tuple[int, int]:
    window = whole("window", window, 3)
    return window, window - 1 if exclusion is None else whole("exclusion", exclusion, 0)


def _number(name: str, value: Any, low: float) -> None:
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not value >= low:
        raise ParameterError(f"{name} must be a number of at least {low:g}, got {value!r}")
