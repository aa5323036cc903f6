"""What raises an alert: the rules in the order they are checked, and thresholds by symbol, category and default.

A threshold is a size of at least 0, in percent unless it names another unit. 0 is a threshold (of 0), None turns the
rule off, and a rule that a symbol does not name is that of its category, else that of the default.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from quantperf.errors import ParameterError, one_of

__all__ = ["BASES", "RULES", "Policy", "Rule", "Threshold", "Unit", "split_ratio"]

Unit: TypeAlias = Literal["percent", "sigma", "atr"]
UNITS = ("percent", "sigma", "atr")
BASES = ("prev_close", "all_time_high", "prev_high", "prev_low", "last_tick")
MINUTE = 60_000  # milliseconds
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """A comparison of the price with one base.

    Attributes
    ----------
    name : str
        By which a policy names its threshold.
    alert_type, base : str
        What an alert of it is called, and the price it is measured from.
    direction : {1, -1}
        Upwards or downwards.
    strict : bool
        Whether the change must be beyond the threshold, or may equal it.
    dedupe : int
        Minutes within which no second alert of the same symbol, type and base is raised, unless the policy says
        otherwise.
    severity : str
        How much it matters.
    """

    name: str
    alert_type: str
    base: str
    direction: Literal[1, -1]
    strict: bool
    dedupe: int
    severity: str


# Checked in this order. Those on the last tick are the live ones: every tick is measured from the one before it.
RULES = (
    Rule("price_rise", "price_rise", "prev_close", 1, False, 3, "info"),
    Rule("price_drop", "price_drop", "prev_close", -1, False, 3, "warning"),
    Rule("new_high", "new_high", "all_time_high", 1, True, 360, "info"),
    Rule("drop_from_high", "drop_from_high", "all_time_high", -1, False, 360, "warning"),
    Rule("break_prev_high", "break_prev_high", "prev_high", 1, True, 3, "info"),
    Rule("break_prev_low", "break_prev_low", "prev_low", -1, True, 3, "warning"),
    Rule("surge", "surge", "last_tick", 1, False, 3, "medium"),
    Rule("tick_rise", "price_rise", "last_tick", 1, False, 3, "info"),
    Rule("plunge", "plunge", "last_tick", -1, False, 3, "medium"),
    Rule("tick_drop", "price_drop", "last_tick", -1, False, 3, "warning"),
)
NAMES = tuple(rule.name for rule in RULES)


def _moves(change: float, from_high: float) -> dict[str, float]:
    """Return thresholds where every daily move is of one size."""
    return {
        "price_rise": change, "price_drop": change, "new_high": 0.0, "drop_from_high": from_high,
        "break_prev_high": 0.0, "break_prev_low": 0.0, "tick_rise": change, "tick_drop": change,
        "surge": 5.0, "plunge": 5.0,
    }  # fmt: skip


DEFAULT: Mapping[str, float] = MappingProxyType(_moves(3.0, 5.0))
CATEGORIES: Mapping[str, Mapping[str, float]] = MappingProxyType({
    "index": MappingProxyType(_moves(1.0, 2.0)),
    "futures": MappingProxyType(_moves(5.0, 10.0)),
    "stock": MappingProxyType(_moves(3.0, 5.0)),
    "etf": MappingProxyType(_moves(3.0, 5.0)),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Threshold:
    """A size in some unit.

    Parameters
    ----------
    size : float
        At least 0; the direction is that of the rule.
    unit : {"percent", "sigma", "atr"}, default "percent"
        Percent of the base, standard deviations of the symbol's daily returns, or multiples of its average true range.

    Examples
    --------
    >>> Threshold(2.5, "sigma")
    Threshold(size=2.5, unit='sigma')
    """

    size: float
    unit: Unit = "percent"

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise one_of("unit", UNITS, self.unit)
        size = self.size
        if isinstance(size, bool) or not isinstance(size, int | float) or not 0 <= size < math.inf:
            raise ParameterError(
                f"a threshold must be a size of at least 0, got {size!r}; the direction is in the name, None means off"
            )
        object.__setattr__(self, "size", float(size))


Given: TypeAlias = Mapping[str, "float | Threshold | None"]


@dataclass(frozen=True)
class Policy:
    """Which moves raise an alert.

    Parameters
    ----------
    default : mapping of str to float, Threshold or None, optional
        Thresholds by rule: price_rise, price_drop (from the previous close), new_high, drop_from_high (from the highest
        price ever), break_prev_high, break_prev_low (of the previous session), tick_rise, tick_drop, surge, plunge
        (from the last tick). A number is in percent, 0 means 0, None turns a rule off; a rule left out is that of
        `DEFAULT` (3 percent; 5 from the high; surge and plunge 5).
    by_category : mapping of str to such a mapping, optional
        Over the default, by category; by default `CATEGORIES`: index 1 and 2 from the high, futures 5 and 10, stock
        and etf 3 and 5. Categories that are given are laid over these.
    by_symbol : mapping of str to such a mapping, optional
        Over both, by symbol.
    dedupe : mapping of str to float, optional
        Minutes by rule; by default 3, and 360 for new_high and drop_from_high.
    rearm : float or None, default 0.8
        After an alert a rule is silent until the change falls below this share of its threshold, or the next session;
        None: it repeats, once `dedupe` has passed.
    severe : float, default 10.0
        Percent from which on a surge or a plunge is of high severity.
    stale_after : float or None, default 1440.0
        Minutes; an older quote decides nothing. The default takes last night's close this morning, and not last week's.
    base_days : float or None, default 5.0
        A base of the previous session that is older than so many days is a gap in the data, and measures no move. The
        default spans a weekend with a holiday on either side.
    tick_minutes : float or None, default 15.0
        The same for the last tick.
    split_within : float or None, default 0.01
        A jump that is so near to a simple split ratio, relatively, is held until told what it is; None: never.

    Attributes
    ----------
    version : str
        A hash of all of it; part of the id of every alert.

    Examples
    --------
    >>> policy = Policy(by_symbol={"AAPL": {"price_rise": 2.0, "new_high": None}})
    >>> policy.threshold("price_rise", "AAPL", "stock"), policy.threshold("new_high", "AAPL", "stock")
    (Threshold(size=2.0, unit='percent'), None)
    >>> policy.threshold("price_drop", "^GSPC", "index").size
    1.0
    """

    default: Given = field(default_factory=dict)
    by_category: Mapping[str, Given] = field(default_factory=dict)
    by_symbol: Mapping[str, Given] = field(default_factory=dict)
    dedupe: Mapping[str, float] = field(default_factory=dict)
    rearm: float | None = 0.8
    severe: float = 10.0
    stale_after: float | None = 1440.0
    base_days: float | None = 5.0
    tick_minutes: float | None = 15.0
    split_within: float | None = 0.01
    version: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "default", _laid("default", DEFAULT, self.default))
        categories = {str(name).lower(): given for name, given in _mapping("by_category", self.by_category).items()}
        put(self, "by_category", MappingProxyType({
            name: _laid(f"by_category[{name!r}]", CATEGORIES.get(name, {}), categories.get(name, {}))
            for name in sorted({*CATEGORIES, *categories})
        }))  # fmt: skip
        put(self, "by_symbol", MappingProxyType({
            symbol: _laid(f"by_symbol[{symbol!r}]", {}, given)
            for symbol, given in sorted(_mapping("by_symbol", self.by_symbol).items())
        }))  # fmt: skip
        minutes = dict(_named("dedupe", self.dedupe))
        for name, value in minutes.items():
            _at_least_0(f"dedupe[{name!r}]", value)
        put(self, "dedupe", MappingProxyType({rule.name: minutes.get(rule.name, rule.dedupe) for rule in RULES}))
        for name in ("rearm", "stale_after", "base_days", "tick_minutes", "split_within"):
            if getattr(self, name) is not None:
                _at_least_0(name, getattr(self, name))
        _at_least_0("severe", self.severe)
        if self.rearm is not None and self.rearm > 1:
            raise ParameterError(f"rearm must be a share of the threshold, at most 1, got {self.rearm!r}")
        if self.split_within is not None and self.split_within > 0.03:
            raise ParameterError(f"split_within must be at most 0.03, got {self.split_within!r}: ratios would overlap")
        put(self, "version", hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()[:16])

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_dict, (self.to_dict(),)

    def threshold(self, rule: str, symbol: str, category: str | None = None) -> Threshold | None:
        """Return the threshold of a rule for a symbol, or None if it is off."""
        for given in (self.by_symbol.get(symbol), self.by_category.get((category or "").lower()), self.default):
            if given is not None and rule in given:
                return given[rule]  # type: ignore[return-value]  # laid: thresholds or None
        raise one_of("rule", NAMES, rule)

    def needs(self, unit: Unit) -> bool:
        """Return whether any threshold is in this unit, so that its scale has to be read."""
        every = (self.default, *self.by_category.values(), *self.by_symbol.values())
        return any(isinstance(each, Threshold) and each.unit == unit for given in every for each in given.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the policy as plain values, for JSON."""
        return {
            "schema": SCHEMA,
            "default": _plain(self.default),
            "by_category": {name: _plain(given) for name, given in self.by_category.items()},
            "by_symbol": {name: _plain(given) for name, given in self.by_symbol.items()},
            "dedupe": dict(self.dedupe),
            **{name: getattr(self, name) for name in PLAIN},
        }


PLAIN = ("rearm", "severe", "stale_after", "base_days", "tick_minutes", "split_within")

# New shares for old ones, as companies choose them; the inverse of each is a reverse split.
RATIOS = (
    5 / 4, 4 / 3, 3 / 2, 5 / 3, 2.0, 5 / 2, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 100.0,
)  # fmt: skip


def split_ratio(before: float, now: float, within: float) -> float | None:
    """Return the simple split ratio (new shares for an old one) that a jump of price is near to, or None.

    Parameters
    ----------
    before, now : float
        Prices, above 0.
    within : float
        Relative distance that counts as near.

    Examples
    --------
    >>> split_ratio(100.0, 50.3, 0.01), split_ratio(10.0, 100.0, 0.01), split_ratio(100.0, 48.1, 0.01)
    (2.0, 0.1, None)
    """
    jump = before / now
    for ratio in RATIOS:
        if abs(jump / ratio - 1.0) <= within:
            return ratio
        if abs(jump * ratio - 1.0) <= within:
            return 1.0 / ratio
    return None


def _laid(name: str, under: Given, over: Given) -> Mapping[str, Threshold | None]:
    """Return thresholds by rule, those that are given over those that are not."""
    both = {**under, **_named(name, over)}
    return MappingProxyType({
        rule: value if value is None or isinstance(value, Threshold) else Threshold(value)
        for rule, value in both.items()
    })  # fmt: skip


def _named(name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a mapping whose keys are rules."""
    for rule in _mapping(name, given):
        if rule not in NAMES:
            raise one_of(f"a rule in {name}", NAMES, rule)
    return given


def _mapping(name: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ParameterError(f"{name} must be a mapping, got {given!r}; such as {{'price_rise': 3.0}}")
    return given


def _at_least_0(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ParameterError(f"{name} must be a finite number of at least 0, got {value!r}")


def _plain(given: Mapping[str, Any]) -> dict[str, list[Any] | None]:
    return {rule: None if each is None else [each.size, each.unit] for rule, each in given.items()}


def _from_dict(told: Mapping[str, Any]) -> Policy:
    def laid(given: Mapping[str, Any]) -> dict[str, Threshold | None]:
        return {rule: None if each is None else Threshold(*each) for rule, each in given.items()}

    return Policy(
        laid(told["default"]),
        {name: laid(given) for name, given in told["by_category"].items()},
        {name: laid(given) for name, given in told["by_symbol"].items()},
        told["dedupe"],
        **{name: told[name] for name in PLAIN},
    )
