"""A policy over history: which alerts it would have raised, how many a day, and what came after them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError, one_of
from quantperf.market import actions as action_table
from quantperf.market import chunks
from quantperf.market.alarm_events import Alert, Ignored, Level, Levels, Outcome, Quote, Resolution
from quantperf.market.alarm_policy import RULES, Policy
from quantperf.market.alarms import State, step
from quantperf.market.alerts import moments
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import DAY_MS, INTERVALS, Action, Bars, stamp_at
from quantperf.market.levels import LOOK_BACK_DAYS, levels_of
from quantperf.market.reading import Reader

__all__ = ["Replay", "replay"]

DAILY = INTERVALS["1d"]
HIGH, CLOSE = FIELDS.index("high"), FIELDS.index("close")
DIRECTIONS = {(rule.alert_type, rule.base): rule.direction for rule in RULES}
LOGGED = tuple(field.name for field in fields(Alert))
TIMES = ("base_time", "triggered_at", "known_at")
Series: TypeAlias = tuple[Bars, Sequence[Action], str, "str | None"]  # bars, actions, basis, category


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """What a policy would have done.

    Attributes
    ----------
    alerts : DataFrame
        As `PriceMonitor.alerts` logs them, with session, return_after (percent over the horizon, NaN where history ends
        before) and followed (whether that went the alert's way; missing where unknown).
    days : int
        Sessions on which at least one symbol had a bar.
    horizon : int
        Bars after which an alert is judged.
    ignored : Counter
        Why quotes decided nothing.
    base_rates : mapping of int to float
        Share of all quotes that were followed by a rise (1) and by a fall (-1) over the horizon.
    """

    alerts: pd.DataFrame
    days: int
    horizon: int
    ignored: Counter[str]
    base_rates: Mapping[int, float]

    @property
    def summary(self) -> pd.DataFrame:
        """A row for each type and base: alerts, a_day, judged, precision, base_rate, median_delay (seconds).

        Precision is the share of the judged alerts whose price went on their way over the horizon; it says something
        where it differs from the base rate, the same share of all quotes.
        """
        rows = []
        for (kind, base), direction in DIRECTIONS.items():
            some = self.alerts[(self.alerts["alert_type"] == kind) & (self.alerts["base_type"] == base)]
            if some.empty:
                continue
            judged = some["followed"].dropna()
            delay = (some["known_at"] - some["triggered_at"]).dt.total_seconds()
            rows.append({
                "alert_type": kind,
                "base_type": base,
                "alerts": len(some),
                "a_day": len(some) / self.days,
                "judged": len(judged),
                "precision": float(judged.astype(bool).mean()) if len(judged) else np.nan,
                "base_rate": self.base_rates[direction],
                "median_delay": float(delay.median()),
            })  # fmt: skip
        names = ["alert_type", "base_type", "alerts", "a_day", "judged", "precision", "base_rate", "median_delay"]
        return pd.DataFrame(rows, columns=names)

    def __repr__(self) -> str:
        a_day = len(self.alerts) / self.days if self.days else 0.0
        return f"Replay({len(self.alerts)} alerts on {self.days} days, {a_day:.2g} a day)"


def replay(
    policy: Policy,
    data: Panel | Reader,
    start: Any = None,
    end: Any = None,
    *,
    prices: Sequence[str] = ("open", "close"),
    horizon: int = 5,
    actions: Mapping[str, Sequence[Action]] | None = None,
) -> Replay:
    """Run a policy over the daily bars of a panel or a store.

    Parameters
    ----------
    policy : Policy
        The rules.
    data : Panel, or Store or what `Store.as_of` gives
        Daily bars. A store tells its splits and dividends, and the category of each symbol.
    start, end : date-like, optional
        First and last session, both included; bars before are used for levels.
    prices : sequence of {"open", "high", "low", "close"}, default ("open", "close")
        What of each bar is seen, in this order, at times that are spread over its day: bars do not tell when. To see
        high and low is to assume an order of them.
    horizon : int, default 5
        Bars after which an alert is judged, by the close.
    actions : mapping of str to sequence of Action, optional
        Splits and dividends of a panel's symbols.

    Returns
    -------
    Replay
        With ``.alerts`` and ``.summary``.

    Raises
    ------
    ParameterError
        If a parameter is out of bounds.
    DataError
        If the bars are no daily ones, or there are none.

    Notes
    -----
    The same `step` decides as in the monitor. Quotes are never stale here. A split that the actions tell is in the
    levels and is no move; another jump to a simple ratio is held until the first price of the next bar, when a nightly
    fetch would have found no split, and its alert tells that delay. Live rules need ticks within
    `Policy.tick_minutes`, which daily bars do not have.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = replay(Policy(), qp.sample(), "2012-01-01", "2012-12-31", prices=("close",))
    >>> found
    Replay(1667 alerts on 250 days, 6.7 a day)
    """
    if not isinstance(policy, Policy):
        raise ParameterError(f"policy must be a Policy, got {policy!r}")
    if isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 1:
        raise ParameterError(f"horizon must be a whole number of at least 1, got {horizon!r}")
    places = [_field(name) for name in prices]
    if not places:
        raise ParameterError("prices must name at least one of 'open', 'high', 'low', 'close', got none")
    first = -(2**31) if start is None else stamp_at("start", start, DAILY)
    last = 2**31 if end is None else stamp_at("end", end, DAILY)
    rows: list[tuple[Any, ...]] = []
    ignored: Counter[str] = Counter()
    days: set[int] = set()
    moves: list[FloatArray] = []
    for symbol, (bars, told, basis, category) in _series(data, actions or {}).items():
        inside = (bars.stamps >= first) & (bars.stamps <= last)
        days.update(bars.stamps[inside].tolist())
        after = _after(bars, told, basis, places, horizon)
        moves.append(after[inside])
        for outcome, place in _run(symbol, bars, told, basis, category, places, policy, first, last):
            if isinstance(outcome, Alert):
                rows.append((*astuple(outcome), *_judged(outcome, bars, after, place, places)))
            elif isinstance(outcome, Ignored):
                ignored[outcome.reason] += 1
    every = np.concatenate([move.ravel() for move in moves]) if moves else np.empty(0)
    known = every[~np.isnan(every)]
    rates = {way: float(np.mean(way * known > 0)) if len(known) else np.nan for way in (1, -1)}
    return Replay(_frame(rows), len(days), horizon, ignored, rates)


def _run(
    symbol: str,
    bars: Bars,
    told: Sequence[Action],
    basis: str,
    category: str | None,
    places: Sequence[int],
    policy: Policy,
    first: int,
    last: int,
) -> Iterator[tuple[Outcome, int]]:
    """Yield what comes of the bars of one symbol, with the place of the bar that raised it."""
    state, high, place_of = State(symbol), None, {}
    wide = LOOK_BACK_DAYS if policy.needs("sigma") or policy.needs("atr") else 1
    stamps = bars.stamps.tolist()
    for place, session in enumerate(stamps):
        if session > last:
            break
        if place:
            high = _higher(high, bars, place - 1, session, told, basis)
        if session < first:
            continue
        levels = Levels()
        if place:
            levels = levels_of(bars.rows(slice(max(0, place - wide), place)), told, session, basis, high)
        place_of[session] = place
        for turn, field in enumerate(places, start=1):
            at = session * DAY_MS + turn * DAY_MS // (len(places) + 1)
            outcomes: list[Outcome] = []
            if state.held is not None and state.held.first.session < session:
                state, outcomes = step(state, Resolution(symbol, "real"), policy, at)
            quote = Quote(symbol, float(bars.values[field, place]), at, session, levels, category)
            state, more = step(state, quote, policy, at)
            for outcome in (*outcomes, *more):
                when = outcome.triggered_at if isinstance(outcome, Alert) else at
                yield outcome, place_of[when // DAY_MS]


def _higher(
    high: Level | None, bars: Bars, place: int, session: int, told: Sequence[Action], basis: str
) -> Level | None:
    """Return the highest price before a session, given the one before the session of the last bar."""
    price, stamp = float(bars.values[HIGH, place]), int(bars.stamps[place])
    if np.isfinite(price) and (high is None or price > high.price):
        high = Level(price, stamp * DAY_MS)
    shares = [one.value for one in told if one.kind == "split" and stamp < one.date <= session and basis == "raw"]
    return high if high is None or not shares else Level(high.price / float(np.prod(shares)), high.at)


def _after(bars: Bars, told: Sequence[Action], basis: str, places: Sequence[int], horizon: int) -> FloatArray:
    """Return for each bar and price the change in percent to the close `horizon` bars later, in equal shares."""
    values = bars.values
    if told and basis == "raw":
        values = values * action_table.factors(bars.stamps, values[CLOSE], told, basis, "splits")[0]
    after = np.full((len(bars), len(places)), np.nan)
    if len(bars) > horizon:
        now = values[list(places), :-horizon]
        with np.errstate(divide="ignore", invalid="ignore"):
            change = 100.0 * (values[CLOSE, horizon:] / now - 1.0)
        after[:-horizon] = np.where(np.isfinite(change), change, np.nan).T
    return after


def _judged(
    alert: Alert, bars: Bars, after: FloatArray, place: int, places: Sequence[int]
) -> tuple[int, float, bool | None]:
    """Return session, change over the horizon, and whether it went the alert's way."""
    session = int(bars.stamps[place])
    turn = round((alert.triggered_at - session * DAY_MS) * (len(places) + 1) / DAY_MS) - 1
    change = float(after[place, turn])
    way = DIRECTIONS[alert.alert_type, alert.base_type]
    return session, change, None if np.isnan(change) else way * change > 0


def _frame(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*LOGGED, "session", "return_after", "followed"])
    frame = frame.sort_values(["known_at", "triggered_at", "symbol"], kind="stable", ignore_index=True)
    for name in TIMES:
        frame[name] = moments(frame[name].tolist())
    frame["session"] = frame["session"].to_numpy(np.int64).astype("datetime64[D]").astype("datetime64[s]")
    return frame.astype({"followed": "boolean", "return_after": np.float64})


def _series(data: Panel | Reader, told: Mapping[str, Sequence[Action]]) -> dict[str, Series]:
    """Return bars, actions, basis and category by symbol."""
    if isinstance(data, Panel):
        frames = {symbol: data.frame(symbol) for symbol in data.symbols}
        return {
            symbol: (Bars.from_frame(frame), tuple(told.get(symbol, ())), "raw", None)
            for symbol, frame in frames.items()
        }
    if not isinstance(data, Reader):
        raise DataError(f"data must be a Panel or a Store, got {type(data).__name__}")
    found: dict[str, Series] = {}
    with data.database.reading() as connection:
        for row in connection.execute("SELECT id, symbol, basis, category FROM sym ORDER BY symbol").fetchall():
            bars = chunks.read(connection, row["id"], DAILY, seq=data.seq)
            if len(bars):
                known = action_table.read(connection, row["id"], data.seq)
                found[row["symbol"]] = (bars, known, row["basis"], row["category"])
    if not found:
        raise DataError("the store must hold daily bars to replay, it has none; collect them first")
    return found


def _field(name: str) -> int:
    if name not in FIELDS[:4]:
        raise one_of("prices", FIELDS[:4], name)
    return FIELDS.index(name)
