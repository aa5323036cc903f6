"""When a price raises an alert: a state machine of one symbol, without a clock and without I/O, whose state is data.

`step` takes what happened and gives the next state and what came of it. The same events give the same alerts with the
same ids, however often and by whomever they are run, so that a caller who commits state and alerts together raises each
alert exactly once.

A change is measured from the base that the rule names, never from the last time somebody looked; only the live rules
measure from the last tick, and say so in their base. Quotes that are missing, not above 0, stale, from the future or
out of order decide nothing. A jump to a simple split ratio is held: nobody can tell it from a crash by its size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from quantperf.errors import ParameterError, StateMismatch
from quantperf.market.alarm_events import (
    Alert,
    Correction,
    Event,
    Ignored,
    Level,
    Levels,
    Outcome,
    Quote,
    Resolution,
    Retraction,
    content_id,
)
from quantperf.market.alarm_policy import MINUTE, RULES, Policy, Rule, Threshold, split_ratio

__all__ = ["Held", "Mark", "State", "step"]

SCHEMA = 1
DAY = 1440 * MINUTE
AHEAD = 1 * MINUTE  # how far the clock of a source may be ahead of ours
TOP_KEPT = 8  # highest quotes of a session: so many of them may turn out to be false
RECENT_KEPT = 32  # alerts that a correction can still find
EQUAL = 1e-9  # relative: 0.103 is 3 percent above 0.1, whatever binary fractions say
STRONGER = {"tick_rise": "surge", "tick_drop": "plunge"}  # of two alerts on one tick the stronger speaks


@dataclass(frozen=True, slots=True)
class Mark:
    """The last alert of a rule: when it was, its id, and whether the rule may raise another."""

    at: int
    id: str
    armed: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A move that looks like a split.

    Attributes
    ----------
    first, latest : Quote
        The quote that jumped, and the last one since.
    reference : float
        The price it jumped from.
    ratio : float
        New shares for an old one, if it is a split.
    """

    first: Quote
    latest: Quote
    reference: float
    ratio: float


@dataclass(frozen=True, slots=True)
class State:
    """What the rules remember of one symbol.

    Attributes
    ----------
    symbol : str
        Whose state it is.
    last : Quote or None
        The last quote that decided something.
    top : tuple of Level
        The highest quotes of its session, the highest first.
    marks : mapping of str to Mark
        By the name of the rule.
    recent : tuple of (str, str, int, int)
        The last alerts: id, rule, time and serial of the quote that raised each.
    held : Held or None
        A move that waits to be explained.
    rebased : mapping of str to (float, int, float)
        Bases from before a split, by name: price and time as they were given, and the factor into today's terms.
    before : State or None
        What it was before the last quote, so that this quote can be taken back.
    """

    symbol: str
    last: Quote | None = None
    top: tuple[Level, ...] = ()
    marks: Mapping[str, Mark] = field(default_factory=dict)
    recent: tuple[tuple[str, str, int, int], ...] = ()
    held: Held | None = None
    rebased: Mapping[str, tuple[float, int, float]] = field(default_factory=dict)
    before: State | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain values, for JSON."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> State:
        """Return the state that `to_dict` gave."""
        if told.get("schema") != SCHEMA:
            raise StateMismatch(f"a state of alarms must have schema {SCHEMA}, got {told.get('schema')!r}; begin anew")
        return _state(told)


def step(state: State, event: Event, policy: Policy, now: int) -> tuple[State, list[Outcome]]:
    """Return the next state, and what comes of an event.

    Parameters
    ----------
    state : State
        Of the symbol so far; ``State(symbol)`` at first.
    event : Quote, Correction or Resolution
        What happened.
    policy : Policy
        What raises an alert.
    now : int
        The time, milliseconds since 1970 in UTC. It tells what is stale and when an alert was decided; all else follows
        from the times of the quotes.

    Returns
    -------
    state : State
        The very same object if nothing was decided.
    outcomes : list of Alert, Retraction or Ignored
        In the order of the rules. What decided nothing says why.

    Raises
    ------
    ParameterError
        If the event is of another symbol.

    Examples
    --------
    >>> day = 86_400_000
    >>> levels = Levels(prev_close=Level(100.0, 10 * day))
    >>> state, outcomes = step(State("AAPL"), Quote("AAPL", 104.0, 11 * day, 11, levels, "stock"), Policy(), 11 * day)
    >>> [(each.alert_type, each.actual_percent) for each in outcomes if isinstance(each, Alert)]
    [('price_rise', 4.0)]
    >>> step(state, Quote("AAPL", float("nan"), 11 * day + 1, 11, levels), Policy(), 11 * day + 1)[1]
    [Ignored(symbol='AAPL', reason='nan', at=950400001)]
    """
    if event.symbol != state.symbol:
        raise ParameterError(f"event must be of {state.symbol!r}, whose state it is, got {event.symbol!r}")
    if isinstance(event, Quote):
        return _quoted(state, event, policy, now)
    if isinstance(event, Correction):
        return _corrected(state, event, policy, now)
    return _resolved(state, event, policy, now)


def _quoted(state: State, quote: Quote, policy: Policy, now: int) -> tuple[State, list[Outcome]]:
    reason = _unusable(state, quote, policy, now)
    if reason is not None:
        return state, [Ignored(state.symbol, reason, quote.at)]
    outcomes: list[Outcome] = []
    if quote.levels.split != 1.0 and state.held is not None and state.held.first.levels.split == 1.0:
        state, outcomes = _resolved(state, Resolution(state.symbol, "action", quote.levels.split), policy, now)
    elif quote.levels.split != 1.0 and state.last is not None and state.last.session != quote.session:
        state = _in_shares(state, 1.0 / quote.levels.split)
    if state.held is not None:
        jump = math.log(quote.price / state.held.reference)
        if abs(jump) >= abs(jump + math.log(state.held.ratio)):
            held = replace(state.held, latest=quote)
            return replace(state, held=held), [Ignored(state.symbol, "held", quote.at)]
        outcomes.append(Ignored(state.symbol, "hold_cleared", quote.at))  # back where it was: that print was false
        state = replace(state, held=None)
    else:
        held_now = _looks_like_split(state, quote, policy)
        if held_now is not None:
            return replace(state, held=held_now), [Ignored(state.symbol, "held", quote.at)]
    state, decided = _decided(state, quote, policy, now)
    return state, outcomes + decided


def _unusable(state: State, quote: Quote, policy: Policy, now: int) -> str | None:
    """Return why a quote decides nothing, or None."""
    if not math.isfinite(quote.price):
        return "nan" if math.isnan(quote.price) else "infinite"
    if quote.price <= 0:
        return "nonpositive"
    last = state.last if state.held is None else state.held.latest
    if last is not None and quote.order <= last.order:
        if quote.order < last.order:
            return "out_of_order"
        return "repeated" if quote.price == last.price else "conflicting"  # which one is true, a correction has to say
    if policy.stale_after is not None and now - quote.at > policy.stale_after * MINUTE:
        return "stale"
    return "future" if quote.at > now + AHEAD else None


def _looks_like_split(state: State, quote: Quote, policy: Policy) -> Held | None:
    """Return the move to hold, if the price jumped to a simple ratio of the last tick, or of the previous close."""
    if policy.split_within is None:
        return None
    close = _bases(state, quote).get("prev_close")
    references = []
    # A tick from before the session before says nothing of this one: whatever happened since is in the previous close.
    if state.last is not None and (close is None or state.last.session >= close.at // DAY):
        references.append(state.last.price)
    if close is not None and (state.last is None or state.last.session != quote.session):
        references.append(close.price)
    for reference in references:
        ratio = split_ratio(reference, quote.price, policy.split_within)
        if ratio is not None:
            return Held(quote, quote, reference, ratio)
    return None


def _bases(state: State, quote: Quote) -> dict[str, Level]:
    """Return the prices to measure from that are known, in the terms of the quote."""
    bases = {}
    for name in ("prev_close", "prev_high", "prev_low", "all_time_high"):
        level: Level | None = getattr(quote.levels, name)
        if level is None or not (math.isfinite(level.price) and level.price > 0):
            continue
        price, at, factor = state.rebased.get(name, (math.nan, 0, 1.0))
        # A level that its giver has brought into today's terms is another level than the one that was rebased.
        bases[name] = Level(level.price * factor, level.at) if (level.price, level.at) == (price, at) else level
    if state.last is not None:
        bases["last_tick"] = Level(state.last.price, state.last.at)
    top = state.top[0] if state.top and state.last is not None and state.last.session == quote.session else None
    if top is not None and "all_time_high" in bases and top.price > bases["all_time_high"].price:
        bases["all_time_high"] = top
    return bases


def _decided(state: State, quote: Quote, policy: Policy, now: int) -> tuple[State, list[Outcome]]:
    """Return what the rules make of a quote that counts."""
    same = state.last is not None and state.last.session == quote.session
    marks = dict(state.marks) if same else {name: replace(mark, armed=True) for name, mark in state.marks.items()}
    outcomes: list[Outcome] = []
    fired: list[tuple[str, str, int, int]] = []
    bases, hits = _bases(state, quote), set()
    outcomes += [Ignored(state.symbol, reason, quote.at) for reason in _gaps(bases, quote, policy)]
    for rule, base, size in _measurable(bases, quote, policy, outcomes):
        moved = rule.direction * (quote.price - base.price) * 100.0 / base.price
        hit = _reaches(moved, size, rule.strict)
        mark = marks.get(rule.name)
        if not hit:
            if mark is not None and policy.rearm is not None and (size == 0 or moved < policy.rearm * size):
                marks[rule.name] = replace(mark, armed=True)
            continue
        hits.add(rule.name)
        if STRONGER.get(rule.name) in hits or _silent(mark, rule, quote, policy):
            continue
        alert = _alert(rule, base, size, moved, quote, policy, now)
        outcomes.append(alert)
        fired.append((alert.id, rule.name, *quote.order))
        marks[rule.name] = Mark(quote.at, alert.id)
    top = sorted([*(state.top if same else ()), Level(quote.price, quote.at)], key=lambda each: (-each.price, each.at))
    after = replace(
        state,
        last=quote,
        top=tuple(top[:TOP_KEPT]),
        marks=marks,
        recent=(*state.recent, *fired)[-RECENT_KEPT:],
        held=None,
        before=replace(state, before=None),
    )
    return after, outcomes


def _gaps(bases: dict[str, Level], quote: Quote, policy: Policy) -> list[str]:
    """Take away the bases that lie behind a gap in the data, and say which."""
    found = []
    for name in ("prev_close", "prev_high", "prev_low", "last_tick"):
        if name not in bases:
            continue
        if name == "last_tick":
            most, age = policy.tick_minutes, (quote.at - bases[name].at) / MINUTE
        else:
            most, age = policy.base_days, quote.session - bases[name].at // DAY
        if most is not None and age > most:
            del bases[name]
            found.append(f"gap {name}")
    return found


def _measurable(
    bases: Mapping[str, Level], quote: Quote, policy: Policy, outcomes: list[Outcome]
) -> Iterator[tuple[Rule, Level, float]]:
    """Yield the rules that are on with base and size in percent; note what is unknown, once each."""
    unknown = set()
    for rule in RULES:
        threshold = policy.threshold(rule.name, quote.symbol, quote.category)
        if threshold is None:
            continue
        base = bases.get(rule.base)
        if rule.name == "drop_from_high" and base is not None:
            base = _without_dividends(base, quote.levels)
        if base is None:
            unknown.add(f"no {rule.base}")
            continue
        size = _percent(threshold, base, quote.levels)
        if size is None:
            unknown.add(f"no {threshold.unit}")
            continue
        yield rule, base, size
    outcomes += [Ignored(quote.symbol, reason, quote.at) for reason in sorted(unknown)]


def _without_dividends(high: Level, levels: Levels) -> Level | None:
    """Return the highest price less what was paid out since; None where nothing would be left."""
    if levels.all_time_high is None or high.at != levels.all_time_high.at or not levels.paid:
        return high
    return Level(high.price - levels.paid, high.at) if high.price > levels.paid else None


def _percent(threshold: Threshold, base: Level, levels: Levels) -> float | None:
    """Return a threshold in percent of its base, or None where its scale is unknown."""
    if threshold.unit == "percent":
        return threshold.size
    scale = levels.sigma if threshold.unit == "sigma" else levels.atr
    if scale is None or not math.isfinite(scale) or scale <= 0:
        return None
    return threshold.size * (scale if threshold.unit == "sigma" else 100.0 * scale / base.price)


def _reaches(moved: float, size: float, strict: bool) -> bool:
    equal = math.isclose(moved, size, rel_tol=EQUAL)
    return moved > size and not equal if strict else moved > size or equal


def _silent(mark: Mark | None, rule: Rule, quote: Quote, policy: Policy) -> bool:
    """Return whether a rule that fires has said so before."""
    if mark is None:
        return False
    if quote.at - mark.at < policy.dedupe[rule.name] * MINUTE:
        return True
    # Every tick is a base of its own, so live rules have nothing to fall back from.
    return policy.rearm is not None and rule.base != "last_tick" and not mark.armed


def _alert(rule: Rule, base: Level, size: float, moved: float, quote: Quote, policy: Policy, now: int) -> Alert:
    severity = "high" if rule.severity == "medium" and _reaches(moved, policy.severe, strict=False) else rule.severity
    return Alert(
        id=content_id(policy.version, quote.symbol, rule.alert_type, rule.base, base.at, *quote.order),
        symbol=quote.symbol,
        alert_type=rule.alert_type,
        base_type=rule.base,
        severity=severity,
        base_price=base.price,
        current_price=quote.price,
        threshold_percent=rule.direction * size,
        actual_percent=rule.direction * moved,
        base_time=base.at,
        triggered_at=quote.at,
        known_at=max(now, quote.at),
        policy=policy.version,
    )


def _resolved(state: State, event: Resolution, policy: Policy, now: int) -> tuple[State, list[Outcome]]:
    """Decide a held move after all: from rebased prices if it was an action, from those of before if it was real."""
    held = state.held
    if held is None:
        return state, [Ignored(state.symbol, "nothing_held", now)]
    state = replace(state, held=None)
    if event.verdict == "action":
        state = _rebase(state, held.first, 1.0 / (event.ratio or held.ratio))
    state, outcomes = _decided(state, held.first, policy, now)
    if held.latest.order != held.first.order:
        state, more = _decided(state, held.latest, policy, now)
        outcomes += more
    return state, outcomes


def _rebase(state: State, quote: Quote, factor: float) -> State:
    """Return the state with everything from before a split in the terms of after it."""
    rebased = dict(state.rebased)
    for name in ("prev_close", "prev_high", "prev_low", "all_time_high"):
        level: Level | None = getattr(quote.levels, name)
        if level is not None:
            price, at, before = rebased.get(name, (math.nan, 0, 1.0))
            rebased[name] = (
                level.price,
                level.at,
                factor * (before if (level.price, level.at) == (price, at) else 1.0),
            )
    return _in_shares(replace(state, rebased=rebased), factor)


def _in_shares(state: State, factor: float) -> State:
    """Return the state with its ticks in new shares."""
    last = None if state.last is None else replace(state.last, price=state.last.price * factor)
    return replace(state, last=last, top=tuple(Level(level.price * factor, level.at) for level in state.top))


def _corrected(state: State, event: Correction, policy: Policy, now: int) -> tuple[State, list[Outcome]]:
    """Take back what a false quote did, and decide on the right price in its place.

    The last quote is undone without a trace. Of an earlier one the alerts are retracted, their rules armed again and
    its price dropped from the session's highest; what later quotes were kept from raising is not made up for.
    """
    held = state.held
    if held is not None and event.order in (held.first.order, held.latest.order):
        quote = held.first if event.order == held.first.order else held.latest
        kept = (
            None if quote is held.first or held.first.order == held.latest.order else replace(held, latest=held.first)
        )
        return _again(replace(state, held=kept), quote, event, [], policy, now)
    gone = [entry for entry in state.recent if entry[2:] == event.order]
    taken: list[Outcome] = [
        Retraction(content_id("retraction", id), id, state.symbol, max(now, event.at)) for id, *_ in gone
    ]
    if state.last is not None and event.order == state.last.order and state.before is not None:
        return _again(state.before, state.last, event, taken, policy, now)
    top = [level for level in state.top if level.at != event.at]
    if not gone and len(top) == len(state.top):
        return state, [Ignored(state.symbol, "unknown_tick", event.at)]
    if event.price is not None and len(top) < len(state.top):
        top.append(Level(event.price, event.at))
    ids = {id for id, *_ in gone}
    after = replace(
        state,
        top=tuple(sorted(top, key=lambda each: (-each.price, each.at))),
        marks={name: mark for name, mark in state.marks.items() if mark.id not in ids},
        recent=tuple(entry for entry in state.recent if entry not in gone),
        before=None,
    )
    return after, taken


def _again(
    state: State, quote: Quote, event: Correction, taken: list[Outcome], policy: Policy, now: int
) -> tuple[State, list[Outcome]]:
    """Run a quote once more with its right price; an alert that it raises again was never wrong."""
    if event.price is None:
        return state, taken
    state, outcomes = _quoted(state, replace(quote, price=event.price), policy, now)
    again = {each.id for each in outcomes if isinstance(each, Alert)}
    before = {each.retracts for each in taken if isinstance(each, Retraction)}
    taken = [each for each in taken if not (isinstance(each, Retraction) and each.retracts in again)]
    return state, taken + [each for each in outcomes if not (isinstance(each, Alert) and each.id in before)]


def _state(told: Mapping[str, Any]) -> State:
    held = told["held"]
    return State(
        symbol=told["symbol"],
        last=None if told["last"] is None else _quote(told["last"]),
        top=tuple(Level(**level) for level in told["top"]),
        marks={name: Mark(**mark) for name, mark in told["marks"].items()},
        recent=tuple((id, rule, at, serial) for id, rule, at, serial in told["recent"]),
        held=None if held is None else Held(**{**held, **{name: _quote(held[name]) for name in ("first", "latest")}}),
        rebased={name: (price, at, factor) for name, (price, at, factor) in told["rebased"].items()},
        before=None if told["before"] is None else _state(told["before"]),
    )


def _quote(told: Mapping[str, Any]) -> Quote:
    levels: dict[str, Any] = {
        name: Level(**value) if isinstance(value, Mapping) else value for name, value in told["levels"].items()
    }
    return Quote(**{**told, "levels": Levels(**levels)})
