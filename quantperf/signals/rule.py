"""A rule: a condition that makes a signal, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias

from quantperf.errors import ParameterError, did_you_mean, one_of
from quantperf.signals.expression import fields_of, parse

__all__ = ["Rule", "Wanted", "rules_from"]

LONGEST_HOLD = 10_000  # bars
LEVELS = ("every", "once")


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on bars, and what a signal of it says; checked when it is made.

    Attributes
    ----------
    name : str
        The type of its signals.
    when : str
        The condition; see `quantperf.signals.expression`.
    family : str
        Of one family only the first rule that fires on a bar gives a signal. By default the name.
    direction : int
        1, -1 or 0: where the price is said to go.
    value, strength : str, optional
        Formulas of `indicator_value`, and of `signal_strength` in percent. Missing without them.
    clear : str, optional
        Hysteresis: after a signal there is none before this condition has held.
    hold : int
        Bars in a row on which the condition must hold; the signal comes on the last of them.
    levels : {"every", "once"}
        A condition that goes on holding gives a signal on every bar, or when it begins to hold. That a bar begins it is
        only known where it was false before.
    cooldown : int
        Bars after a signal on which there is none.

    Raises
    ------
    ParameterError
        If anything of it cannot be.

    Examples
    --------
    >>> Rule("dip", "rsi(14) < 30 and close > sma(200)", direction=1).family
    'dip'
    """

    name: str
    when: str
    family: str = ""
    direction: int = 0
    value: str | None = None
    strength: str | None = None
    clear: str | None = None
    hold: int = 1
    levels: Literal["every", "once"] = "every"
    cooldown: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ParameterError(f"name of a rule must be a string that is not empty, got {self.name!r}")
        if not isinstance(self.family, str):
            raise ParameterError(f"family of {self.name} must be a string, got {self.family!r}")
        if not self.family:
            object.__setattr__(self, "family", self.name)
        if self.direction not in (-1, 0, 1) or isinstance(self.direction, bool):
            raise ParameterError(f"direction of {self.name} must be 1, -1 or 0, got {self.direction!r}")
        for what, low in (("hold", 1), ("cooldown", 0)):
            bars = getattr(self, what)
            if isinstance(bars, bool) or not isinstance(bars, int) or not low <= bars <= LONGEST_HOLD:
                raise ParameterError(
                    f"{what} of {self.name} must be a whole number of bars from {low} to {LONGEST_HOLD}, got {bars!r}"
                )
        if self.levels not in LEVELS:
            raise one_of(f"levels of {self.name}", LEVELS, self.levels)
        for what, truth in (("when", True), ("clear", True), ("value", False), ("strength", False)):
            text = getattr(self, what)
            if text is None and what != "when":
                continue
            try:
                node = parse(text, truth=truth)
            except ParameterError as error:
                raise ParameterError(f"{what} of {self.name}: {error}") from None
            if truth and not fields_of(node):
                raise ParameterError(f"{what} of {self.name} must read a column of bars, got {text!r}")


Wanted: TypeAlias = str | Rule | tuple[str, str] | Mapping[str, Any]


def rules_from(wanted: Wanted | Iterable[Wanted] | None, table: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return rules from what a user may give for them: names of the table, rules, pairs, dicts; all of it for None.

    Raises
    ------
    ParameterError
        If there is none, two have one name, or one is nothing of the kind.
    """
    if wanted is None:
        return table
    by_name = {rule.name: rule for rule in table}
    if isinstance(wanted, str | Rule | Mapping) or _is_pair(wanted, by_name):
        wanted = [wanted]  # type: ignore[list-item]
    rules = tuple(_rule(item, by_name) for item in wanted)
    if not rules:
        raise ParameterError("rules must hold at least one rule, got none; leave them out for the default ones")
    names = [rule.name for rule in rules]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ParameterError(f"names of rules must be unique, got {twice!r} twice")
    return rules


def _is_pair(wanted: Any, table: Mapping[str, Rule]) -> bool:
    """Whether this is one pair (name, expression), and not two names."""
    if not isinstance(wanted, tuple) or len(wanted) != 2 or not all(isinstance(part, str) for part in wanted):
        return False
    return wanted[1] not in table


def _rule(item: Any, table: Mapping[str, Rule]) -> Rule:
    if isinstance(item, Rule):
        return item
    if isinstance(item, str):
        if item not in table:
            hint = did_you_mean(item, table) or "; a new one is a pair (name, expression)"
            raise ParameterError(f"rules must be names of qp.signals.RULES, got {item!r}{hint}")
        return table[item]
    if isinstance(item, Mapping):
        known = {field.name for field in fields(Rule)}
        strange = next((str(key) for key in item if key not in known), None)
        if strange is not None:
            raise ParameterError(
                f"a rule must have no {strange!r}{did_you_mean(strange, known) or f'; it has {sorted(known)}'}"
            )
        lacking = [key for key in ("name", "when") if key not in item]
        if lacking:
            raise ParameterError(f"a rule must have {' and '.join(lacking)}, got {dict(item)!r}")
        return Rule(**item)
    if isinstance(item, tuple | list) and len(item) == 2:
        return Rule(item[0], item[1])
    raise ParameterError(
        f"a rule must be a name, a qp.signals.Rule, a pair (name, expression) or a dict of them, got {item!r}"
    )
