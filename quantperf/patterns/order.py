"""Sequences of signals: what follows what, how often, and what prices did afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from quantperf.errors import ParameterError, one_of
from quantperf.market.bars import Panel
from quantperf.market.sessions import Session, Stamps
from quantperf.patterns.sequence_events import Length, SameBar, events_of
from quantperf.patterns.sequence_market import Horizon, check_horizons, market_of, time_of
from quantperf.patterns.sequence_value import Sequences, assembled
from quantperf.patterns.sequence_windows import Rules
from quantperf.signals.resampling import share, whole

__all__ = ["sequences"]

LONGEST = 5
MOST_DRAWS = 100_000


def sequences(
    signals: pd.DataFrame,
    prices: pd.DataFrame | Panel | None = None,
    *,
    length: int | tuple[int, int] = (2, 5),
    gap: int | str = 3,
    span: int | str | None = None,
    same_bar: SameBar = "ordered",
    repeats: str = "once",
    types: Sequence[str] | None = None,
    minimum: int = 3,
    horizons: Iterable[Horizon] | Horizon = (5, 1, 21),
    draws: int = 999,
    fdr: float = 0.10,
    most: int = 2000,
    seed: int = 0,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> Sequences:
    """Return the sequences of 2 to 5 consecutive signals, which are frequent beyond chance, and what prices did then.

    Parameters
    ----------
    signals : DataFrame
        One row a signal: symbol, signal_type, triggered_at, known_at, and where there are any timeframe, direction,
        event_at and id, as `qp.signals` gives them. In any order; a signal that comes twice counts once.
    prices : DataFrame or Panel, optional
        The bars of the symbol, or of all. Without them there are no outcomes, and gaps are times.
    length : int or pair of int, default (2, 5)
        How many signals a sequence has, from 2 to 5.
    gap : int or str, default 3
        The longest way from a signal to the next: bars that the symbol has, or a time such as ``"24h"``. On daily bars
        24 hours never cross a weekend, one bar does. Whole days are those of the clock of the stamps' zone, here and
        below.
    span : int or str, optional
        The longest way from the first signal to the last; by default ``"30d"``, or any where bars are numbered.
    same_bar : {"ordered", "skip", "together"}, default "ordered"
        What becomes of signals of one bar: they follow each other in the order of `types`, they belong to no common
        sequence, or they are one event, whose type is all of theirs joined by ``+``.
    repeats : {"once", "all"}, default "once"
        Whether a type that fires on bar after bar counts once, on the first of them, or each time.
    types : sequence of str, optional
        The types that are looked at, in the order that they have on one bar; by default all, by name. Others are taken
        as if they were not there.
    minimum : int, default 3
        Rarer sequences are listed, but not tested.
    horizons : int, str, or several, default (5, 1, 21)
        How long one holds: bars, or times such as ``"1d"``, which end at the first close at or after them (``"1m"`` is
        a month of 30 days); times shorter than a bar have no outcome. The first decides on success.
    draws : int, default 999
        Of the null hypotheses, up to 100,000. With 999, no p is below 0.001.
    fdr : float, default 0.10
        The level of both verdicts: the false discoveries among what is said to be beyond chance.
    most : int, default 2000
        Sequences that are tested at most, the most frequent first; ``attrs["untested"]`` counts the others.
    seed : int, default 0
        Of the draws.
    stamps, bar, session
        What the stamps of the prices mean; see `quantperf.market.moments.closing_times`.

    Returns
    -------
    Sequences
        `table`, `regimes` and `occurrences` are frames; `successful`, `performance` and `when` ask for more.

    Raises
    ------
    ParameterError
        If a parameter is out of bounds, or a limit is in bars where there are none to count.
    DataError
        If signals or prices cannot be used, or prices are a frame and signals are of several symbols.

    Notes
    -----
    A sequence is a window of consecutive signals of one symbol in one timeframe. Its name has all its types, joined by
    ``_then_``. Its direction is that of its last signal that has one. It is known when all its signals are; one gets in
    at the next open, and out at a close. Regimes are those of the bar of its last signal.

    *More often than chance*: each type is turned along the bars, from the first on which any symbol had it (indicators
    warm up) to the last signal of all, by a random share of their number, the same in all symbols. So it keeps its
    counts, its clusters, and how symbols move together; only how types lie to each other is left to chance. `expected`
    and `p` compare a count to those of the draws. But what is tested was chosen for being there, from among very many
    that are possible, so Benjamini-Hochberg on such p finds too much (in noise, in up to half of all records at a
    level of 10 %). `q` compares how far a count exceeds what the pairs of its types let expect (a likelihood ratio) to
    the farthest that any sequence goes in each draw. It bounds the chance of even one false discovery, and so their
    rate. Source: P. H. Westfall and S. S. Young, *Resampling-Based Multiple Testing*, 1993. Signals that are computed
    of the same prices are related: that they follow each other does not say that they earn.

    *Better than chance*: all occurrences are turned along the bars together, and `success_p` is the share of turns that
    succeed as often. `success_q` is that of Benjamini and Hochberg, which is valid here: nothing was chosen by what
    prices did afterwards. Success is a return in the direction; the interval is Wilson's and takes occurrences as
    independent, the p does not.

    Examples
    --------
    >>> import quantperf as qp
    >>> from quantperf.market.moments import closing_times
    >>> days = qp.sample("IBM").index[:300]
    >>> rows = [(day, kind) for n in range(20, 290, 15) for day, kind in ((days[n], "spark"), (days[n + 2], "fire"))]
    >>> signals = pd.DataFrame(rows, columns=["triggered_at", "signal_type"]).assign(symbol="IBM", direction=1)
    >>> signals["known_at"] = closing_times(signals.set_index("triggered_at"))
    >>> found = sequences(signals, qp.sample("IBM"), gap=3)
    >>> found.table[["count", "expected", "q", "success_rate", "verdict"]].round(3)
                     count  expected      q  success_rate                 verdict
    pattern
    spark_then_fire     18     3.549  0.007           0.5  more often than chance
    """
    shortest, longest = _lengths(length)
    rules = Rules(
        shortest=shortest,
        longest=longest,
        apart=_choice("same_bar", get_args(SameBar), same_bar) == "skip",
        minimum=whole("minimum", minimum, low=1),
        draws=whole("draws", draws, low=1),
        seed=whole("seed", seed, low=0),
        most=whole("most", most, low=1),
    )
    if rules.draws > MOST_DRAWS:
        raise ParameterError(f"draws must be at most {MOST_DRAWS}, got {draws!r}")
    _choice("repeats", ("once", "all"), repeats)
    level = share("fdr", fdr)
    chosen = check_horizons(horizons)
    limits = _limit("gap", gap, low=0), None if span is None else _limit("span", span, low=0)
    if isinstance(types, str):
        raise ParameterError(f"types must be a sequence of names, got {types!r}; write [{types!r}]")
    told: dict[str, Any] = {"stamps": stamps, "bar": bar, "session": session}
    market = None if prices is None else market_of(prices, **told)
    if market is not None and not market.bars.timed and any(isinstance(item, str) for item in chosen):
        raise ParameterError(f"horizons must be numbers of bars where bars are numbered, got {chosen!r}")
    events = events_of(
        signals, prices, market, gap=limits[0], span=limits[1], same_bar=same_bar, repeats=repeats, types=types, **told
    )
    return assembled(events, market, chosen, rules, level)


def _lengths(length: Any) -> tuple[int, int]:
    pair = (length, length) if isinstance(length, int | np.integer) else tuple(length)
    if len(pair) != 2:
        raise ParameterError(f"length must be a number, or the least and the most, got {length!r}")
    shortest, longest = (whole("length", item, low=2) for item in pair)
    if not shortest <= longest <= LONGEST:
        raise ParameterError(f"length must be from 2 to {LONGEST}, the least first, got {length!r}")
    return shortest, longest


def _limit(name: str, value: Any, *, low: int) -> Length:
    if not isinstance(value, str | pd.Timedelta):
        return whole(name, value, low=low)
    return time_of(name, value)


def _choice(name: str, allowed: tuple[str, ...], value: Any) -> Any:
    if value not in allowed:
        raise one_of(name, allowed, value)
    return value
