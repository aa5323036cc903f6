"""Chart shapes: double tops, heads and shoulders, triangles, wedges, channels, flags; told when they are known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import ParameterError, did_you_mean, one_of
from quantperf.kernels import shapes as kernels
from quantperf.market.bars import Panel
from quantperf.market.columns import FloatArray
from quantperf.market.sessions import Session, Stamps
from quantperf.patterns.definitions import FORMS, SHAPES, limits_with
from quantperf.patterns.turns import (
    REVERSAL,
    WINDOW,
    OwnBars,
    Turns,
    check_turns,
    own_bars,
    positive,
    read_only,
    words,
    zigzag_turns,
)
from quantperf.signals.records import ONE_SYMBOL

__all__ = ["COLUMNS", "STAGES", "Stage", "content_hash", "kinds_of", "shapes"]

Stage: TypeAlias = Literal["formed", "confirmed", "failed", "expired"]
STAGES = get_args(Stage)
ID_LENGTH = 16  # hexadecimal digits: two of a million records share one with a chance of 3e-8
COLUMNS = (
    "id",  # a hash of what the row says
    "formation",  # a hash that the stages of one shape share
    "symbol",
    "shape",
    "stage",
    "direction",  # formed: which break would confirm it, 0 either; confirmed, failed: which way it broke; expired: 0
    "start",  # stamps of the first and the last point
    "end",
    "triggered_at",  # stamp of the bar of the event
    "event_at",  # close of the bar of the last point (formed), of the break, or of the end of waiting, UTC
    "known_at",  # formed: close of the bar that made the last point known; else event_at, UTC
    "lag",  # own bars from the event to the bar on which it was known
    "revisable",  # False: no row ever changes
    "points",  # list of (stamp, price): the turning points that the tests read
    "upper_slope",  # lines: price = intercept + slope * own bars since the first point
    "upper_intercept",
    "lower_slope",
    "lower_intercept",
    "height",
    "level",  # the line that the stage is about, as of known_at; missing where there is none
    "target",  # level plus height in the direction; missing where there is none
    "fit",
    "close",  # as of known_at
    "params",
)


@dataclass(frozen=True, slots=True)
class Matches:
    """What the kernel found: `whole` and `parts` as `quantperf.kernels.shapes.match` describes them."""

    kinds: tuple[str, ...]
    whole: npt.NDArray[np.int64]
    parts: FloatArray


def kinds_of(kinds: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the names of shapes in the order of `SHAPES`; all of them for None."""
    if kinds is None:
        return tuple(SHAPES)
    asked = [kinds] if isinstance(kinds, str) else list(kinds)
    if not asked:
        raise ParameterError("kinds must name at least one shape, got none; leave it out for all")
    for name in asked:
        if name not in SHAPES:
            hint = did_you_mean(str(name), SHAPES) or f"; known: {', '.join(SHAPES)}"
            raise ParameterError(f"kinds must be names of shapes, got {name!r}{hint}")
    return tuple(name for name in SHAPES if name in asked)


def tables(kinds: tuple[str, ...], limits: Mapping[str, float]) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Return shapes and their criteria as the kernel reads them."""
    forms = list(FORMS)
    shapes_table: list[list[int]] = []
    tests: list[list[float]] = []
    for name in kinds:
        shape, first = SHAPES[name], len(tests)
        quantities = FORMS[shape.form].quantities
        for each in shape.tests:
            sign = 1.0 if each.relation == "at least" else -1.0
            tests.append([quantities.index(each.quantity), sign, limits[each.limit], float(each.is_tolerance)])
        sign = -1 if shape.mirrored else 1
        points = FORMS[shape.form].points
        shapes_table.append([forms.index(shape.form), points, sign, sign * shape.direction, first, len(tests)])
    return np.array(shapes_table, dtype=np.int64), np.array(tests, dtype=np.float64)


def find(bars: OwnBars, turns: Turns, kinds: tuple[str, ...], limits: Mapping[str, float], wait: float) -> Matches:
    """Return the shapes among turning points."""
    table, tests = tables(kinds, limits)
    room = len(turns.bar) + 1
    while True:
        whole, parts = np.empty((room, 6), dtype=np.int64), np.empty((room, 6))
        count = kernels.match(
            read_only(bars.own(bars.close)), bars.starts, turns.bar, turns.known, turns.kind, turns.price, turns.starts,
            table, tests, wait, whole, parts,
        )  # fmt: skip
        if count <= room:
            return Matches(kinds, whole[:count], parts[:count])
        room = count


def shapes(
    data: pd.DataFrame | Panel,
    kinds: str | Iterable[str] | None = None,
    *,
    reversal: float = REVERSAL,
    window: int = WINDOW,
    percent: float | None = None,
    limits: Mapping[str, float] | None = None,
    wait: float = 1.0,
    stages: Iterable[Stage] = ("formed", "confirmed"),
    symbol: str = ONE_SYMBOL,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> pd.DataFrame:
    """Return chart shapes, one row each time that one is formed, confirmed, or comes to nothing.

    Parameters
    ----------
    data : DataFrame or Panel
        Bars of one symbol, or of many.
    kinds : str or iterable of str, optional
        Which of `SHAPES`; by default all.
    reversal, window, percent
        What a turning point is; see `pivots` (method "zigzag").
    limits : mapping of str to float, optional
        Other limits than those of `quantperf.patterns.definitions.LIMITS`: such as ``{"evenness": 0.1}`` for tops that
        differ by at most a tenth of the height of the shape.
    wait : float, default 1.0
        How long a shape waits for a break after it is known, in its own spans (bars from its first to its last top,
        say).
    stages : iterable of {"formed", "confirmed", "failed", "expired"}, default ("formed", "confirmed")
        Which rows to give. Formed: the last turning point is known. Then at most one of: confirmed, a close is beyond
        the line that makes the shape; failed, a close is beyond the other line; expired, neither within the wait, or
        the lines have met.
    symbol : str, optional
        What a single frame is called in the answer.
    stamps, bar, session
        What the stamps mean; see `quantperf.market.moments.closing_times`.

    Returns
    -------
    DataFrame
        The columns of `COLUMNS`, sorted by known_at, symbol, order in `SHAPES`, and stage. ``attrs["waiting"]`` counts
        shapes that are formed and open at the end of the data.

    Raises
    ------
    ParameterError, DataError
        If a parameter is out of bounds, or data are no bars.

    Notes
    -----
    Nothing is rewritten: each stage is a row of its own, computed from bars up to its known_at alone, and stays the
    same as data grow. A run of turning points that go on to make the same shape is told once, when its first ones are
    known.

    Definitions are the tables of `SHAPES`, on alternating turning points as in A. Lo, H. Mamaysky and J. Wang,
    *Foundations of Technical Analysis* (Journal of Finance 55, 2000); they ask tops to be equal within 1.5 % of price,
    here within a share of the height of the shape, so that neither scale nor volatility matters. Breaks, failures and
    measured moves: R. Edwards and J. Magee, *Technical Analysis of Stock Trends*; flags, pennants and wedges:
    T. Bulkowski, *Encyclopedia of Chart Patterns*. Where these give ranges and pictures, the limit is our choice.

    fit is 1 less the greatest share of a tolerance that the shape uses up: 1 is ideal, 0 the edge. It is no
    probability. Shapes occur on random walks too, as often as chance has it: that a shape is found does not say that
    prices will follow it. Ask `quantperf.event_study`, with ``rename(columns={"shape": "signal_type"})``.

    A turning point is known when prices have left it, so a shape may break on the very bar on which it is formed; then
    both rows have that known_at. Flags and pennants are small turns after a long move: look for them with a smaller
    `reversal`.

    A target is a measured move from the line and may lie below 0 for a cheap and volatile symbol.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = qp.patterns.shapes(qp.sample("MSFT"), ["double_top", "head_and_shoulders"])
    >>> found[["shape", "stage", "start", "end", "triggered_at"]].head(3)
                    shape      stage      start        end triggered_at
    0  head_and_shoulders     formed 2000-05-26 2000-08-09   2000-08-09
    1  head_and_shoulders  confirmed 2000-05-26 2000-08-09   2000-09-12
    2          double_top     formed 2000-10-18 2000-11-27   2000-11-27
    """
    check_turns("zigzag", reversal, window, percent, 1, 1)
    wanted, bounds, patience = kinds_of(kinds), limits_with(limits), positive("wait", wait)
    chosen = _stages_of(stages)
    bars = own_bars(data, symbol, stamps, bar, session)
    turns = zigzag_turns(bars, float(reversal), int(window), percent)
    matches = find(bars, turns, wanted, bounds, patience)
    pivots_are = {"percent": float(percent)} if percent is not None else {"reversal": reversal, "window": window}
    params = json.dumps({**pivots_are, "wait": patience, "limits": bounds}, sort_keys=True, default=float)
    found = _rows(bars, turns, matches, params, chosen)
    found.attrs["waiting"] = int((matches.whole[:, 2] == 0).sum())
    return found


def _stages_of(stages: Iterable[Stage]) -> list[Stage]:
    asked = [stages] if isinstance(stages, str) else list(stages)
    for stage in asked:
        if stage not in STAGES:
            raise one_of("stages", STAGES, stage)
    if not asked:
        raise ParameterError("stages must name at least one stage, got none; leave it out for formed and confirmed")
    return [stage for stage in STAGES if stage in asked]


def content_hash(*facts: object) -> str:
    """Return a hash of facts that are told by their words: the same in every process.

    Examples
    --------
    >>> content_hash("MSFT", "double_top", 1.5)
    'fbff7b2028a02857'
    """
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:ID_LENGTH]


def _rows(bars: OwnBars, turns: Turns, matches: Matches, params: str, stages: list[Stage]) -> pd.DataFrame:
    """Return a row for each wanted stage of each shape."""
    match, stage = _events(matches.whole, stages)
    whole, parts = matches.whole[match], matches.parts[match]
    last, lane = whole[:, 1], turns.lane[whole[:, 1]]
    formed = stage == 0
    known = np.where(formed, turns.known[last], whole[:, 3])
    row = bars.rows_of(lane, known)
    order = np.lexsort((stage, whole[:, 0], lane, row))
    match, stage, whole, parts = match[order], stage[order], whole[order], parts[order]
    last, lane, formed, known, row = last[order], lane[order], formed[order], known[order], row[order]

    names = np.array(matches.kinds, dtype=object)[whole[:, 0]]
    points = np.array([FORMS[SHAPES[kind].form].points for kind in matches.kinds], dtype=np.int64)[whole[:, 0]]
    declared = np.array([SHAPES[kind].direction for kind in matches.kinds], dtype=np.int64)[whole[:, 0]]
    direction = np.where(formed, declared, whole[:, 4])
    event = np.where(formed, turns.bar[last], known)
    first = last - points + 1
    ago = known - turns.bar[first]
    upper, lower = parts[:, 1] + parts[:, 0] * ago, parts[:, 3] + parts[:, 2] * ago
    level = np.select([direction > 0, direction < 0], [upper, lower], np.nan)
    target = np.where(stage <= 1, level + direction * parts[:, 4], np.nan)
    at, began, ended = (bars.rows_of(lane, own) for own in (event, turns.bar[first], turns.bar[last]))
    symbol = np.array(bars.symbols, dtype=object)[lane]
    corners, formation = _told(bars, turns, symbol, names, first, last, params)
    return pd.DataFrame(
        {
            "id": words([content_hash(f, STAGES[s]) for f, s in zip(formation, stage, strict=True)]),
            "formation": words(formation),
            "symbol": words(symbol),
            "shape": words(names),
            "stage": words(np.array(STAGES, dtype=object)[stage]),
            "direction": direction.astype(np.int8),
            "start": bars.index[began],
            "end": bars.index[ended],
            "triggered_at": bars.index[at],
            "event_at": bars.closed[at],
            "known_at": bars.closed[row],
            "lag": known - event,
            "revisable": np.zeros(len(match), dtype=bool),
            "points": pd.Series(corners, dtype=object),
            "upper_slope": parts[:, 0],
            "upper_intercept": parts[:, 1],
            "lower_slope": parts[:, 2],
            "lower_intercept": parts[:, 3],
            "height": parts[:, 4],
            "level": level,
            "target": target,
            "fit": parts[:, 5],
            "close": bars.close[row, lane],
            "params": words([params] * len(match)),
        },
        columns=list(COLUMNS),
    )


def _events(whole: npt.NDArray[np.int64], stages: list[Stage]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """Return the wanted events: of which match, and its stage as a place in `STAGES`."""
    fate = whole[:, 2]
    match = [np.arange(len(whole)) if stage == "formed" else np.flatnonzero(fate == at)
             for at, stage in enumerate(STAGES) if stage in stages]  # fmt: skip
    kept = [at for at, stage in enumerate(STAGES) if stage in stages]
    return np.concatenate(match), np.repeat(kept, [len(part) for part in match])


def _told(
    bars: OwnBars, turns: Turns, symbols: Any, names: Any, first: Any, last: Any, params: str
) -> tuple[list[list[tuple[Any, float]]], list[str]]:
    """Return the points of each shape, by the stamps of the bars, and its hash, by their closing times."""
    stamps, moments = list(bars.index), [str(moment) for moment in bars.closed]
    rows, prices = bars.rows_of(turns.lane, turns.bar).tolist(), turns.price.tolist()
    by_stamp = list(zip([stamps[row] for row in rows], prices, strict=True))
    by_moment = list(zip([moments[row] for row in rows], prices, strict=True))
    spans = [slice(begin, end + 1) for begin, end in zip(first.tolist(), last.tolist(), strict=True)]
    hashes = [
        content_hash(symbol, name, by_moment[span], params)
        for symbol, name, span in zip(symbols, names, spans, strict=True)
    ]
    return [by_stamp[span] for span in spans], hashes
