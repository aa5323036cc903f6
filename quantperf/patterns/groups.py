"""Clusters of stretches of bars by what they look like, and whether bars that came later fall into the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError, not_bars, one_of
from quantperf.indicators import rim
from quantperf.indicators.many import compute
from quantperf.market.bars import Panel
from quantperf.market.columns import columns_of
from quantperf.market.moments import closing_times
from quantperf.market.sessions import Session, Stamps
from quantperf.patterns.intervals import FloatArray, grouped_means
from quantperf.patterns.libraries import library
from quantperf.patterns.windows import share, whole, windows_of
from quantperf.signals.records import ONE_SYMBOL

__all__ = ["Clusters", "clusters"]

Labels = npt.NDArray[np.intp]
FEATURES = ("return", "volatility", "rsi", "bands", "volume", "shape")
PARTS_OF_SHAPE = 5
STARTS = 10  # of k-means, of which the tightest result counts
MOST_WINDOWS = 200_000  # stretches of all symbols together
GOOD = 0.65  # the adjusted Rand index from which an agreement is called moderate by Steinley; below it is poor


@dataclass(frozen=True)
class Clusters:
    """Clusters of stretches of bars.

    Attributes
    ----------
    labels : DataFrame
        A row for each stretch, by time: symbol, start, end, cluster, part ("train" or "test"), return (percent over
        the bars after it, NaN where a bar is missing or has not come yet), event_at (the close of its last bar) and
        known_at (the same, but not before the end of the training part, as the clusters were not known sooner).
    centres : DataFrame
        The mean of each feature in each cluster of the training part, in the feature's own unit.
    table : DataFrame
        A row for each cluster: ``train`` and ``test`` stretches; ``mean`` percent over the bars after them with a 95 %
        interval ``low`` to ``high``, the share ``up``, and ``test_mean`` of the test part alone; ``base_mean`` and
        ``base_up`` of all stretches.
    agreement : Series
        Adjusted Rand indices, 1 for the same partition, 0 on average for labels drawn by lot: ``out_of_sample``, of the
        test part by these clusters and by clusters made of the test part itself; ``bootstrap``, the median over
        resampled training parts; ``seeds``, over other random starts; ``labels_by_lot``; ``reference`` and
        ``reference_95``, mean and 95 % quantile out of sample for data that have no clusters (see `clusters`).
    stable : bool
        Whether there are clusters: out of sample and bootstrap agree at 0.65 or more, and the former above
        ``reference_95``.
    dropped : int
        Stretches left out because a bar or feature is missing, or because they lie on the border of both parts.
    statement : str
        What this says, in words.
    """

    labels: pd.DataFrame
    centres: pd.DataFrame
    table: pd.DataFrame
    agreement: pd.Series
    stable: bool
    dropped: int
    statement: str

    def __repr__(self) -> str:
        return f"Clusters({len(self.centres)} of {len(self.labels)} stretches: {self.statement})"

    def _repr_html_(self) -> str:
        return f"<p>{self.statement}</p>\n{self.table.to_html()}\n{self.centres.to_html()}"

    def plot(self) -> Any:
        """Return a matplotlib figure: the centres of the clusters, each feature in its deviations."""
        import matplotlib.pyplot as plt

        spread = (self.centres - self.centres.mean()) / self.centres.std(ddof=0)
        figure, axes = plt.subplots(figsize=(10, 0.6 * len(spread) + 1.5))
        picture = axes.imshow(spread, cmap="RdBu", vmin=-2.0, vmax=2.0, aspect="auto")
        axes.set_xticks(range(spread.shape[1]), list(spread.columns), rotation=45, ha="right")
        axes.set_yticks(range(len(spread)), [f"{label} ({size})" for label, size in self.table["train"].items()])
        axes.set_ylabel("cluster (stretches)")
        figure.colorbar(picture, label="deviations")
        figure.tight_layout()
        plt.close(figure)  # a notebook shows what is returned; else it would show it twice
        return figure


def clusters(
    data: pd.DataFrame | Panel,
    window: int = 20,
    *,
    k: int = 6,
    seed: int = 42,
    features: Iterable[str] = FEATURES,
    step: int | None = None,
    following: int | None = None,
    out_of_sample: float = 0.3,
    resamples: int = 20,
    symbols: Iterable[str] | None = None,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> Clusters:
    """Return clusters of stretches of bars, what followed each, and whether they hold for later bars.

    Parameters
    ----------
    data : DataFrame or Panel
        Bars of one symbol, or of many, whose stretches are taken together.
    window : int, default 20
        Bars in a stretch, at least 5.
    k : int, default 6
        Clusters, at least 2.
    seed : int, default 42
        Of the starts of k-means and of what is resampled.
    features : iterable of str, default all
        What is compared, known at the last bar of a stretch: ``"return"`` (log return over the stretch, percent),
        ``"volatility"`` (deviation of its log returns, percent), ``"rsi"`` (14), ``"bands"`` (place of the close in
        Bollinger's bands of 20 bars, 0 the lower, 1 the upper), ``"volume"`` (over its mean of 20 bars) and ``"shape"``
        (log closes standardised, the mean of each fifth).
    step : int, optional
        Bars from one stretch to the next, counted from the first bar; by default `window`, so that none overlap.
    following : int, optional
        Bars over which what followed is measured; by default `window`.
    out_of_sample : float, default 0.3
        The share of the time, at the end, that is kept from the training.
    resamples : int, default 20
        Bootstrap samples, other starts and data without clusters, each; at least 5.
    symbols : iterable of str, optional
        Of a Panel; by default all.
    stamps, bar, session
        What the stamps mean; see `quantperf.market.moments.closing_times`.

    Returns
    -------
    Clusters
        With ``labels``, ``centres``, ``table``, ``agreement``, ``stable``, ``statement`` and ``plot()``. Clusters are
        numbered by the first of their features, from low to high.

    Raises
    ------
    ParameterError
        If a parameter is out of bounds or of the wrong kind.
    DataError
        If the data are no bars, or hold too few or too equal stretches.
    MissingLibrary
        If scikit-learn is not installed.

    Notes
    -----
    k-means of features that are brought to mean 0 and deviation 1 by those of the training part, ten starts; no
    stretch of the test part shares a return with one of the training part. k-means finds k clusters in anything: so
    the same is done with normal data of the same size and covariances, which have none, and the agreement must exceed
    that. What followed plays no part in the making of the clusters; its intervals resample stretches of time, as long
    as what followed, in all symbols together.

    Agreement: L. Hubert and P. Arabie, *Comparing partitions*, J. Classif. 2, 1985, with the threshold of 0.65 of
    D. Steinley, *Properties of the Hubert-Arabie adjusted Rand index*, Psychol. Methods 9, 2004; prediction strength
    out of sample: R. Tibshirani and G. Walther, J. Comput. Graph. Stat. 14, 2005; bootstrap: C. Hennig, *Cluster-wise
    assessment of cluster stability*, Comput. Stat. Data Anal. 52, 2007.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = clusters(qp.sample(), k=4, resamples=5)
    >>> found.table[["train", "test", "mean", "base_mean"]].round(2)
             train  test  mean  base_mean
    cluster
    0            4     0 -0.26       0.93
    1          173    78  0.55       0.93
    2          116    50  0.81       0.93
    3          106    77  1.58       0.93
    >>> found.stable
    False
    """
    window, k = whole("window", window, 5), whole("k", k, 2)
    seed, resamples = whole("seed", seed, 0), whole("resamples", resamples, 5)
    step = window if step is None else whole("step", step, 1)
    following = window if following is None else whole("following", following, 1)
    kept_share = 1.0 - share("out_of_sample", out_of_sample)
    names = _features(features)
    library("sklearn")
    bars = _bars(data, symbols, names)
    closed = closing_times(bars.index, stamps=stamps, bar=bar, session=session)
    found = _Stretches.of(bars, names, window, step, following)
    train, test = found.parts(kept_share, window)
    _enough(int(train.sum()), int(test.sum()), k)
    x = found.values
    centre, spread = x[train].mean(axis=0), x[train].std(axis=0)
    z = (x - centre) / np.where(spread > 0.0, spread, 1.0)
    if len(np.unique(z[train], axis=0)) < k:
        raise DataError(f"data must hold at least {k} different stretches, hold fewer; choose a smaller k")
    with library("threadpoolctl").threadpool_limits(1, "openmp"):  # so few numbers that threads only wait for others
        model = _Model.of(z[train], k, seed)
        label = model.label(z)
        agreement = _agreement(model, z[train], z[test], k, seed, resamples)
    good = agreement["out_of_sample"] >= GOOD and agreement["bootstrap"] >= GOOD  # False where one is unknown
    stable = bool(good and agreement["out_of_sample"] > agreement["reference_95"])
    border = closed[found.end[train].max()]
    kept = train | test
    labels = pd.DataFrame(
        {
            "symbol": [bars.symbols[lane] for lane in found.lane[kept]],
            "start": bars.index[found.end[kept] - window + 1],
            "end": bars.index[found.end[kept]],
            "cluster": label[kept],
            "part": np.where(train[kept], "train", "test"),
            "return": found.after[kept],
            "event_at": closed[found.end[kept]],
            "known_at": [max(border, moment) for moment in closed[found.end[kept]]],
        }
    )
    return Clusters(
        labels,
        _centres(x[train], label[train], found.names, k),
        _table(labels, found.end[kept] // max(following, step), k, seed),
        agreement,
        stable,
        found.dropped + int((~kept).sum()),
        _statement(agreement, stable, k),
    )


@dataclass(frozen=True)
class _Bars:
    """Closes and what the indicators say, each (bars, symbols)."""

    index: pd.Index[Any]
    symbols: tuple[str, ...]
    close: FloatArray
    indicators: dict[str, FloatArray]


@dataclass(frozen=True)
class _Stretches:
    """The features of each stretch without a missing value, by time."""

    names: tuple[str, ...]
    values: FloatArray
    end: Labels
    lane: Labels
    after: FloatArray
    dropped: int

    @classmethod
    def of(cls, bars: _Bars, names: tuple[str, ...], window: int, step: int, following: int) -> _Stretches:
        """Return the features at every `step`-th bar."""
        count, lanes = bars.close.shape
        ends = np.arange(window, count, step)
        if len(ends) * lanes > MOST_WINDOWS:
            raise DataError(
                f"data must hold at most {MOST_WINDOWS} stretches, hold {len(ends) * lanes}; take a larger step"
            )
        columns = _columns(bars, names, window, ends)
        after = np.full((count + following, lanes), np.nan)
        after[: max(0, count - following)] = 100.0 * (
            bars.close[following:] / bars.close[: max(0, count - following)] - 1.0
        )
        values = np.stack([column.ravel() for column in columns.values()], axis=1)
        whole_rows: npt.NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=1))
        end, lane = np.repeat(ends, lanes)[whole_rows], np.tile(np.arange(lanes), len(ends))[whole_rows]
        return cls(
            tuple(columns), values[whole_rows], end, lane, after[end, lane], int(len(whole_rows) - whole_rows.sum())
        )

    def parts(self, kept: float, window: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Return which stretches are of the training part, and which of the test part; none has a return of both."""
        moments = np.unique(self.end)
        if len(moments) < 2:
            raise DataError(
                f"data must hold at least two stretches one after the other, hold {len(moments)}; take more bars"
            )
        border = moments[min(max(1, int(len(moments) * kept)), len(moments) - 1) - 1]
        return self.end <= border, self.end - window >= border


@dataclass(frozen=True)
class _Model:
    """k-means, its clusters numbered by the first coordinates of their centres."""

    made: Any
    rank: Labels

    @classmethod
    def of(cls, z: FloatArray, k: int, seed: int, starts: int = STARTS) -> _Model:
        made = library("sklearn.cluster").KMeans(n_clusters=k, n_init=starts, random_state=seed).fit(z)
        rank = np.empty(k, dtype=np.intp)
        rank[np.lexsort(made.cluster_centers_.T[::-1])] = np.arange(k)
        return cls(made, rank)

    def label(self, z: FloatArray) -> Labels:
        """Return the number of the nearest centre of each row."""
        labels: Labels = self.rank[self.made.predict(z)]
        return labels


def _agreement(model: _Model, train: FloatArray, test: FloatArray, k: int, seed: int, resamples: int) -> pd.Series:
    """Return how well partitions of the test part agree."""
    rand = library("sklearn.metrics").adjusted_rand_score
    random = np.random.default_rng(seed)
    ours = model.label(test)
    boot, starts, lot, without = np.full((4, resamples), np.nan)
    mean, deviations = train.mean(axis=0), _root(np.cov(train, rowvar=False))
    for draw in range(resamples):
        sampled = train[random.integers(0, len(train), len(train))]
        if len(np.unique(sampled, axis=0)) >= k:
            boot[draw] = rand(ours, _Model.of(sampled, k, seed).label(test))
        starts[draw] = rand(ours, _Model.of(train, k, seed + 1 + draw, starts=1).label(test))
        lot[draw] = rand(ours, random.permutation(ours))
        none = mean + random.standard_normal((len(train) + len(test), len(mean))) @ deviations
        without[draw] = _out_of_sample(none[: len(train)], none[len(train) :], k, seed)
    figures = {
        "out_of_sample": _out_of_sample(train, test, k, seed),
        "bootstrap": float(np.nanmedian(boot)) if not np.isnan(boot).all() else np.nan,
        "seeds": float(np.median(starts)),
        "labels_by_lot": float(lot.mean()),
        "reference": float(without.mean()),
        "reference_95": float(np.quantile(without, 0.95)),
    }
    return pd.Series(figures, name="adjusted Rand index")


def _out_of_sample(train: FloatArray, test: FloatArray, k: int, seed: int) -> float:
    """Return how well clusters of the training part and clusters of the test part agree on the test part."""
    if len(np.unique(test, axis=0)) < k:
        return float("nan")
    rand = library("sklearn.metrics").adjusted_rand_score
    return float(rand(_Model.of(train, k, seed).label(test), _Model.of(test, k, seed).label(test)))


def _root(covariance: FloatArray) -> FloatArray:
    """Return a matrix that gives normal numbers this covariance, which may be singular."""
    values, vectors = np.linalg.eigh(np.atleast_2d(covariance))
    return np.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T, dtype=np.float64)


def _columns(bars: _Bars, names: tuple[str, ...], window: int, ends: Labels) -> dict[str, FloatArray]:
    """Return each feature (stretches, symbols) at these bars."""
    logs = np.log(bars.close)
    moves = np.diff(logs, axis=0, prepend=np.nan)
    lanes = range(logs.shape[1])
    columns: dict[str, FloatArray] = {}
    for name in names:
        if name == "return":
            columns[name] = 100.0 * (logs[ends] - logs[ends - window])
        elif name == "volatility":
            # The first window of moves ends on bar `window - 1`, and holds the move that the first bar has not.
            spreads = [windows_of(np.ascontiguousarray(moves[:, lane]), window).deviation for lane in lanes]
            columns[name] = 100.0 * np.column_stack(spreads)[ends - window + 1] if len(ends) else logs[ends]
        elif name == "shape":
            z = [windows_of(np.ascontiguousarray(logs[:, lane]), window) for lane in lanes]
            for number, part in enumerate(np.array_split(np.arange(window), PARTS_OF_SHAPE), start=1):
                means = [np.where(one.usable, one.z[:, part].mean(axis=1), np.nan)[ends - window + 1] for one in z]
                columns[f"shape_{number}"] = np.column_stack(means) if len(ends) else logs[ends]
        else:
            columns[name] = bars.indicators[name][ends]
    return columns


def _bars(data: Any, symbols: Iterable[str] | None, names: tuple[str, ...]) -> _Bars:
    """Return closes above 0, infinite ones as missing, and the indicators that are asked for."""
    if isinstance(data, Panel):
        if symbols is not None:
            wanted = [symbols] if isinstance(symbols, str) else list(symbols)
            unknown = [name for name in wanted if name not in data]
            if unknown or not wanted:
                raise ParameterError(
                    f"symbols must be some of the panel's {len(data.symbols)}, got {unknown or wanted!r}"
                )
            data = data[wanted]
        labels, close = data.symbols, data.block("close")
    elif rim.is_bars(data):
        if symbols is not None:
            raise ParameterError("symbols is for a Panel; leave it out")
        labels, close = (ONE_SYMBOL,), columns_of(data, ("close",))["close"][:, None]
    else:
        raise not_bars("data", data)
    close = np.where(np.isinf(close), np.nan, close)
    if (close <= 0.0).any():
        raise DataError(f"closes must be above 0, got {float(np.nanmin(close))!r}; returns have no meaning there")
    indicators = {}
    if "rsi" in names:
        indicators["rsi"] = _indicator(data, ("rsi", {"window": 14}))[0]
    if "volume" in names:
        indicators["volume"] = _indicator(data, ("volume_ratio", {"window": 20}))[0]
    if "bands" in names:
        upper, _, lower = _indicator(data, ("bbands", {"window": 20}))
        width = np.where(upper > lower, upper - lower, np.nan)  # no place in bands of no width
        indicators["bands"] = (close - lower) / width
    return _Bars(data.index, labels, close, indicators)


def _indicator(data: Any, wanted: tuple[str, dict[str, Any]]) -> list[FloatArray]:
    """Return each output of an indicator as (bars, symbols)."""
    found = compute(data, [wanted])
    if isinstance(found, pd.DataFrame):
        return [found[name].to_numpy()[:, None] for name in found]
    return [frame.to_numpy() for frame in found.values()]


def _features(features: Iterable[str]) -> tuple[str, ...]:
    names = (features,) if isinstance(features, str) else tuple(features)
    for name in names:
        if name not in FEATURES:
            raise one_of("features", FEATURES, name)
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"features must be at least one, each once, got {names!r}")
    return names


def _enough(train: int, test: int, k: int) -> None:
    if train < 2 * k or test < k:
        raise DataError(
            f"{k} clusters need at least {2 * k} stretches to train and {k} to test, got {train} and {test}; take more "
            "bars, a smaller step, or a smaller k"
        )


def _centres(x: FloatArray, label: Labels, names: tuple[str, ...], k: int) -> pd.DataFrame:
    rows = [x[label == number].mean(axis=0) for number in range(k)]
    return pd.DataFrame(rows, index=pd.RangeIndex(k, name="cluster"), columns=list(names))


def _table(labels: pd.DataFrame, times: Labels, k: int, seed: int) -> pd.DataFrame:
    """Return what followed the stretches of each cluster; those of one time, in all symbols, are drawn together."""
    random = np.random.default_rng(seed)
    after = labels["return"].to_numpy()
    known = ~np.isnan(after)
    rows = []
    for number in range(k):
        mine = (labels["cluster"] == number).to_numpy()
        test = mine & (labels["part"] == "test").to_numpy()
        _, groups = np.unique(times[mine], return_inverse=True)
        mean, low, high = grouped_means(after[mine][:, None], groups, random)
        rows.append(
            {
                "train": int((mine & ~test).sum()),
                "test": int(test.sum()),
                "mean": mean[0],
                "low": low[0],
                "high": high[0],
                "up": _mean(after[mine & known] > 0.0),
                "test_mean": _mean(after[test & known]),
                "base_mean": _mean(after[known]),
                "base_up": _mean(after[known] > 0.0),
            }
        )
    return pd.DataFrame(rows, index=pd.RangeIndex(k, name="cluster"))


def _mean(values: npt.NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _statement(agreement: pd.Series, stable: bool, k: int) -> str:
    """Return what the figures say."""
    figures = (
        f"out of sample the adjusted Rand index is {agreement['out_of_sample']:.2f}, over bootstrap samples "
        f"{agreement['bootstrap']:.2f}; data without clusters reach {agreement['reference']:.2f} on average and "
        f"{agreement['reference_95']:.2f} in one of twenty"
    )
    if stable:
        return f"The {k} clusters are stable: {figures}."
    return f"The {k} clusters are not stable, do not rely on them: {figures}."
