"""The event study: what followed signals, with intervals and p values that overlap and chance do not fool."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError, did_you_mean, not_bars, one_of
from quantperf.indicators import rim
from quantperf.market.bars import Panel
from quantperf.market.columns import columns_of
from quantperf.market.sessions import Session, Stamps
from quantperf.signals.abnormal import Events, FloatArray, Question, logarithms, per_bar, returns_ahead, rows_of
from quantperf.signals.records import places_of
from quantperf.signals.resampling import FEWEST_BLOCKS, block_deviations, share, whole
from quantperf.signals.significance import benjamini_hochberg
from quantperf.signals.study_value import NUMBERS, EventStudy

__all__ = ["EventStudy", "event_study"]

Entry: TypeAlias = Literal["next_open", "close"]
HORIZONS = (1, 5, 10, 20)
FEWEST_DRAWS = 19  # below, no p value can be as small as 0.05


def event_study(
    signals: pd.DataFrame,
    prices: pd.DataFrame | Panel,
    *,
    by: str = "signal_type",
    before: int = 10,
    after: int = 20,
    horizons: int | Sequence[int] = HORIZONS,
    entry: Entry = "next_open",
    benchmark: Literal["market"] | None = None,
    draws: int = 999,
    confidence: float = 0.95,
    fdr: float = 0.10,
    minimum: int = 30,
    seed: int = 0,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> EventStudy:
    """Return what followed each type of signals, and whether it differs from what followed any other bar.

    Parameters
    ----------
    signals : DataFrame
        Records with the columns symbol, triggered_at, known_at, the one named by `by`, and direction (+1, -1, 0); if
        that one lacks, all directions are 0. Other columns do not matter.
    prices : DataFrame or Panel
        Bars of one symbol, to which all records then belong, or of many.
    by : str, default "signal_type"
        The column that tells kinds of events apart.
    before, after : int, default 10 and 20
        Bars of the paths around the events; at least 0 and 1.
    horizons : int or sequence of int, default (1, 5, 10, 20)
        After how many bars one leaves, at the close.
    entry : {"next_open", "close"}
        Where one enters: at the open of the bar after the signal was known, or at the close of the bar itself.
    benchmark : {"market"}, optional
        "market" takes off the mean return of all symbols of the panel over the same bars.
    draws : int, default 999
        Placements of a test, and draws of an interval; at least 19.
    confidence : float, default 0.95
        Share of such intervals that hold the true value, between 0 and 1.
    fdr : float, default 0.10
        False discovery rate over all tests that are made, between 0 and 1.
    minimum : int, default 30
        Least number of bars with events: fewer are not tested.
    seed : int, default 0
        Of the draws.
    stamps, bar, session
        What the stamps of the prices mean; see `quantperf.market.moments.closing_times`.

    Returns
    -------
    EventStudy
        `table`, `paths`, `text`, `plot()`; see there for the columns.

    Raises
    ------
    DataError
        If a column lacks, or signals and prices do not belong together.
    ParameterError
        If a parameter is out of bounds.

    Notes
    -----
    *Returns* are logarithmic, in the direction of the signal; with direction 0 those of the price. Bars are those of
    the prices: an event whose entry or exit has no price is left out of that horizon, and counted; so is an event of a
    symbol without other bars to compare to.

    *Excess* is what a return has over the mean of the other bars of its symbol. The bars of the tenth of all bars up to
    the event do not count among these: they led to the event, and would make it look followed by the opposite.

    *Intervals* come from a block bootstrap of time: all events of a stretch of bars are drawn together, so windows that
    overlap and symbols that move together narrow nothing. *p* is the share of placements of returns under the events
    that are as extreme; see `quantperf.signals.significance.shift_null`. *q* is p adjusted for all tests
    (Benjamini-Hochberg). Events of one bar count as one towards `minimum`.

    Source: A. C. MacKinlay, *Event studies in economics and finance*, J. Economic Literature 35, 1997.

    Examples
    --------
    >>> import quantperf as qp
    >>> prices = qp.sample("IBM")
    >>> fell = (prices["close"].pct_change() < -0.03).to_numpy()
    >>> days = prices.index[fell]
    >>> signals = pd.DataFrame({"symbol": "", "signal_type": "fell", "triggered_at": days, "direction": 1})
    >>> signals["known_at"] = (days + pd.Timedelta(days=1)).tz_localize("UTC")
    >>> study = event_study(signals, prices, horizons=5, draws=99)
    >>> study.table[["events", "horizon", "verdict"]].values.tolist()
    [[130, 5, 'none shown']]
    """
    spans = _spans(horizons)
    _check(before, after, entry, benchmark, draws, fdr)
    question = Question(
        draws, share("confidence", confidence), whole("minimum", minimum, low=1), whole("seed", seed, low=0)
    )
    opens, closes = _logarithms(prices, benchmark)
    names, kinds, lost = _events(signals, prices, by, stamps, bar, session)
    rows: list[dict[str, Any]] = []
    for span in spans:
        ahead = returns_ahead(opens, closes, span, at_open=entry == "next_open", against_market=benchmark is not None)
        found: list[dict[str, float]] = (
            [{"events": 0, "bars": 0} for _ in kinds] if ahead is None else rows_of(kinds, ahead, question)
        )
        for name, events, row in zip(names, kinds, found, strict=True):
            rows.append({by: name, "horizon": span, "left_out": len(events) - int(row["events"]), **row})
    table = _judged(pd.DataFrame(rows, columns=[by, "horizon", *NUMBERS]), by, fdr)
    paths = _paths(names, kinds, closes, by, before, after, benchmark is not None, confidence)
    bars, symbols = closes.shape
    settings = {
        "by": by, "entry": entry, "benchmark": benchmark, "draws": draws, "confidence": confidence, "fdr": fdr,
        "minimum": minimum, "seed": seed, "bars": bars, "symbols": symbols, "signals": len(signals), "lost": lost,
    }  # fmt: skip
    return EventStudy(table, paths, settings)


def _spans(horizons: int | Sequence[int]) -> tuple[int, ...]:
    """Return the horizons in their order, checked."""
    given = (horizons,) if isinstance(horizons, int | np.integer) else tuple(horizons)
    spans = tuple(whole("horizons", span, low=1) for span in given)
    if not spans or len(set(spans)) < len(spans):
        raise ParameterError(f"horizons must be different numbers of bars, at least one, got {horizons!r}")
    return spans


def _check(before: int, after: int, entry: str, benchmark: str | None, draws: int, fdr: float) -> None:
    whole("before", before, low=0)
    whole("after", after, low=1)
    whole("draws", draws, low=FEWEST_DRAWS)
    share("fdr", fdr)
    if entry not in ("next_open", "close"):
        raise one_of("entry", ("next_open", "close"), entry)
    if benchmark not in (None, "market"):
        raise ParameterError(f"benchmark must be 'market' or None, got {benchmark!r}")


def _logarithms(prices: pd.DataFrame | Panel, benchmark: str | None) -> tuple[FloatArray, FloatArray]:
    """Return the logarithms of opens and closes; a price that is not above 0 is missing."""
    if isinstance(prices, Panel):
        opens, closes = prices.block("open"), prices.block("close")
    elif rim.is_bars(prices):
        found = columns_of(prices, ("open", "close"))
        opens, closes = (found[name].reshape(-1, 1) for name in ("open", "close"))
    else:
        raise not_bars("prices", prices)
    if benchmark is not None and closes.shape[1] < 2:
        raise ParameterError("benchmark='market' must have a panel of at least 2 symbols, got 1; leave it out")
    return logarithms(opens), logarithms(closes)


def _events(
    signals: pd.DataFrame,
    prices: pd.DataFrame | Panel,
    by: str,
    stamps: Stamps | None,
    bar: str | None,
    session: Session | None,
) -> tuple[list[Any], list[Events], int]:
    """Return the names of the kinds, sorted, their events in the order of time, and how many have no place."""
    if not isinstance(signals, pd.DataFrame):
        raise DataError(f"signals must be a frame of records, got {type(signals).__name__}; such as qp.signals(prices)")
    if by not in signals:
        raise DataError(f"signals must have the column {by!r}{did_you_mean(str(by), map(str, signals.columns))}")
    places = places_of(signals, prices, stamps=stamps, bar=bar, session=session)
    sign = _signs(signals)
    codes, names = pd.factorize(signals[by], sort=True)
    found = (places.bar >= 0) & (places.known >= 0) & (codes >= 0)
    order = np.lexsort((places.lane, places.known))
    kinds = []
    for code in range(len(names)):
        chosen = order[(codes == code)[order] & found[order]]
        kinds.append(Events(places.known[chosen], places.lane[chosen], sign[chosen]))
    return list(names), kinds, int((~found).sum())


def _signs(signals: pd.DataFrame) -> FloatArray:
    """Return -1.0 for signals that foretell a fall, else 1.0."""
    if "direction" not in signals:
        return np.ones(len(signals))
    direction = pd.to_numeric(signals["direction"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isin(direction, (-1.0, 0.0, 1.0)).all():
        raise DataError("direction must be +1, -1 or 0 in every row of signals; give 0 where none is foretold")
    return np.where(direction < 0.0, -1.0, 1.0)


def _judged(table: pd.DataFrame, by: str, fdr: float) -> pd.DataFrame:
    """Return the table with adjusted p values and verdicts, kinds together."""
    counts = ("horizon", "events", "bars", "left_out")
    table = table.astype({name: np.int64 if name in counts else np.float64 for name in ("horizon", *NUMBERS)})
    table["q"] = benjamini_hochberg(table["p"])
    found, up = table["q"] <= fdr, table["excess"] > 0.0
    table["verdict"] = np.select(
        [table["p"].isna(), found & up, found], ["too few", "positive", "negative"], default="none shown"
    )
    return table.sort_values([by, "horizon"], kind="stable", ignore_index=True)


def _paths(
    names: list[Any],
    kinds: list[Events],
    closes: FloatArray,
    by: str,
    before: int,
    after: int,
    against_market: bool,
    confidence: float,
) -> pd.DataFrame:
    """Return mean excess returns from the close of the bar of the events, with bands."""
    reach = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    block = 2 * max(before, after)
    rows = []
    for offset in range(-before, after + 1):
        ahead = returns_ahead(closes, closes, offset, at_open=False, against_market=against_market)
        for name, events in zip(names, kinds, strict=True):
            row = {by: name, "bar": offset, "events": 0, "mean": np.nan, "low": np.nan, "high": np.nan}
            known = None if ahead is None else ahead.known(events)
            if known is not None and ahead is not None and len(known):
                sums, counts = per_bar(known, ahead)
                mean = sums.sum() / counts.sum()
                error = float(block_deviations(sums[:, None], counts[:, None], block=block)[0])
                wide = reach * error if len(sums) >= FEWEST_BLOCKS * block else np.nan
                row |= {"events": len(known), "mean": mean, "low": mean - wide, "high": mean + wide}
            rows.append(row)
    table = pd.DataFrame(rows, columns=[by, "bar", "events", "mean", "low", "high"])
    return table.sort_values([by, "bar"], kind="stable", ignore_index=True)
