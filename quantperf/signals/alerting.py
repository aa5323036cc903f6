"""Which signals are worth an alert: a state machine without a clock and without I/O, whose state is data.

Every filter is asked for every record, so that a verdict tells all that stood against an alert, not the first of it.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError, StateMismatch, one_of

__all__ = ["DEFAULT_TYPES", "FILTERS", "AlertFilter", "AlertSettings", "Finding", "Verdict", "mark_sent"]

DEFAULT_TYPES = (
    "MA200_breakout_up",
    "MA200_breakout_down",
    "golden_cross",
    "dead_cross",
    "RSI_overbought",
    "RSI_oversold",
)
FILTERS = ("type", "quality", "success_rate", "strength", "volume", "duplicate", "market", "hourly")
MARKETS = ("agrees", "not_against")
CONDITIONS = ("bullish", "bearish", "sideways")
AGREEING: dict[int, tuple[str, ...]] = {1: ("bullish",), -1: ("bearish",), 0: CONDITIONS}
HELD_BACK = {None: "unknown", False: "failed"}
HOUR = pd.Timedelta(hours=1)
REMEMBERED = 10_000  # ids of sent alerts, by default: 27 a day for a year
SCHEMA = 1
NEEDED = ("id", "signal_type", "signal_strength", "volume", "direction")


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What a signal must be for an alert. A threshold of 0 is a threshold; None turns its filter off.

    Parameters
    ----------
    types : tuple of str, optional
        Types that may alert; None: all. By default the breakouts of the 200-bar average, the golden and the dead cross,
        and RSI overbought and oversold.
    min_quality : float, optional
        Quality of the type, from 0 to 100, at least this.
    min_success_rate : float, optional
        Share of the type's signals that came true, from 0 to 1, at least this.
    min_strength : float, optional
        Strength of the signal, in percent, at least this. (On the bar of a cross its averages all but touch, so that
        the default holds back most golden and dead crosses; lower it where those are wanted.)
    min_volume : float, optional
        Volume of the bar, at least this.
    no_duplicates : bool
        Whether a signal, known by its id, alerts once.
    market : {"agrees", "not_against"}, optional
        "agrees": a signal upwards needs a bullish market, one downwards a bearish one; "not_against" also takes a
        sideways one. A signal without direction goes with any market that is known.
    max_per_hour : int, optional
        Alerts within any hour, at most this; 0 holds back all.
    remembered : int
        Ids of sent alerts that are kept, to tell duplicates; beyond, the oldest is dropped and counted.

    Examples
    --------
    >>> AlertSettings(min_volume=0).min_volume
    0
    """

    types: tuple[str, ...] | None = DEFAULT_TYPES
    min_quality: float | None = 70.0
    min_success_rate: float | None = 0.6
    min_strength: float | None = 0.5
    min_volume: float | None = 10_000
    no_duplicates: bool = True
    market: str | None = "agrees"
    max_per_hour: int | None = 3
    remembered: int = REMEMBERED

    def __post_init__(self) -> None:
        if isinstance(self.types, str) or not all(isinstance(name, str) for name in self.types or ()):
            raise ParameterError(f"types must be names of signal types, got {self.types!r}; such as ('golden_cross',)")
        if self.types is not None:
            object.__setattr__(self, "types", tuple(self.types))
        for name, most in (("min_quality", 100), ("min_success_rate", 1), ("min_strength", None), ("min_volume", None)):
            _check_threshold(name, getattr(self, name), most)
        if self.market is not None and self.market not in MARKETS:
            raise one_of("market", MARKETS, self.market)
        if self.max_per_hour is not None:
            _check_count("max_per_hour", self.max_per_hour, 0)
        _check_count("remembered", self.remembered, 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one filter found.

    Attributes
    ----------
    filter : str
        One of `FILTERS`.
    passed : bool, or None
        None if unknown: what it compares is missing. Unknown holds an alert back as much as a failure.
    wanted : str
        What must be.
    was : object
        What was; None where it is missing.
    why : str
        The reason, where it did not pass.
    """

    filter: str
    passed: bool | None
    wanted: str
    was: Any
    why: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a signal gives an alert, and what every filter found.

    Attributes
    ----------
    id, signal_type : str
        Of the signal.
    at : Timestamp
        When it was decided, UTC.
    passed : bool
        Whether every filter passed.
    findings : tuple of Finding
        One for each of `FILTERS`, in their order.
    """

    id: str
    signal_type: str
    at: pd.Timestamp
    passed: bool
    findings: tuple[Finding, ...]

    @property
    def against(self) -> tuple[Finding, ...]:
        """What stood against the alert: the filters that failed or were unknown."""
        return tuple(finding for finding in self.findings if not finding.passed)

    @property
    def table(self) -> pd.DataFrame:
        """A row for each filter: filter, passed (NA if unknown), wanted, was, why."""
        table = pd.DataFrame([asdict(finding) for finding in self.findings])
        return table.astype({"passed": "boolean", "was": object})

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain values, for a log or JSON."""
        return {**asdict(self), "at": self.at.isoformat()}

    def __str__(self) -> str:
        head = f"{self.signal_type} {self.id}: {'alert' if self.passed else 'no alert'}"
        return "\n".join([head, *(f"  {finding.filter}: {finding.why}" for finding in self.against)])


class AlertFilter:
    """Decide which signals give an alert, and remember those that did.

    Parameters
    ----------
    settings : AlertSettings, optional
        What a signal must be.

    Attributes
    ----------
    counts : Counter
        How many were ``"decided"`` and ``"passed"``, how many each filter held back (``"quality failed"``, ``"quality
        unknown"``), and how many remembered ids were dropped (``"ids dropped"``).

    Notes
    -----
    It remembers the ids of the last `AlertSettings.remembered` alerts and the times of those within an hour, nothing
    else. What it knows goes through `to_dict`, as JSON, and a filter made of that goes on with the same verdicts.

    Examples
    --------
    >>> import pandas as pd
    >>> record = {"id": "f00d", "signal_type": "RSI_oversold", "direction": 1, "signal_strength": 21.5,
    ...           "volume": 5e6, "market_condition": "bullish"}
    >>> alerts, now = AlertFilter(), pd.Timestamp("2024-03-08 21:00", tz="UTC")
    >>> alerts.decide(record, now, success_rate=0.64, quality=81.0).passed
    True
    >>> print(alerts.decide(record, now, success_rate=0.64))
    RSI_oversold f00d: no alert
      quality: unknown: no quality was given
      duplicate: an alert of this signal was sent before
    """

    def __init__(self, settings: AlertSettings | None = None) -> None:
        if settings is not None and not isinstance(settings, AlertSettings):
            raise ParameterError(
                f"settings must be AlertSettings, got {settings!r}; such as AlertSettings(min_volume=0)"
            )
        self.settings = settings or AlertSettings()
        self.counts: Counter[str] = Counter()
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._times: deque[pd.Timestamp] = deque()
        self._latest: pd.Timestamp | None = None

    def __repr__(self) -> str:
        return f"AlertFilter({self.counts['decided']} decided, {self.counts['passed']} passed)"

    def decide(
        self,
        record: Mapping[str, Any] | pd.Series,
        now: Any,
        *,
        success_rate: float | None = None,
        quality: float | None = None,
        market_condition: str | None = None,
    ) -> Verdict:
        """Return whether a signal gives an alert now; if so, remember that it did.

        Parameters
        ----------
        record : mapping or Series
            A row of ``qp.signals(...)``: id, signal_type, signal_strength, volume, direction; where they are there,
            also market_condition and alert_sent.
        now : Timestamp
            The time, with a time zone; not before that of the decision before.
        success_rate : float, optional
            Share of the type's signals that came true, 0 to 1; see `quantperf.signals.scores.quality`.
        quality : float, optional
            Quality of the type, 0 to 100.
        market_condition : {"bullish", "bearish", "sideways"}, optional
            By default that of the record.

        Raises
        ------
        DataError
            If the record lacks a field.
        ParameterError
            If the time has no zone or goes back, or a value cannot be.
        """
        moment = _moment("now", now)
        if self._latest is not None and moment < self._latest:
            raise ParameterError(f"now must not be before the decision before, {self._latest}, got {moment}")
        lacking = [name for name in NEEDED if name not in record]
        if lacking:
            raise DataError(f"a record must hold {', '.join(NEEDED)}, but {', '.join(lacking)} is not there")
        held = record.get("market_condition") if market_condition is None else market_condition
        recent = [time for time in self._times if time > moment - HOUR]
        findings = self._findings(record, _number("success_rate", success_rate), _number("quality", quality), held)
        findings += (self._hourly(len(recent)),)
        passed = all(finding.passed for finding in findings)
        self._latest, self._times = moment, deque(recent)
        self.counts.update(["decided", *(f"{f.filter} {HELD_BACK[f.passed]}" for f in findings if not f.passed)])
        if passed:
            self._remember(str(record["id"]), moment)
        return Verdict(str(record["id"]), str(record["signal_type"]), moment, passed, findings)

    def decide_many(
        self,
        signals: pd.DataFrame,
        *,
        now: Any = None,
        success_rate: Mapping[str, float] | pd.Series | None = None,
        quality: Mapping[str, float] | pd.Series | None = None,
    ) -> pd.DataFrame:
        """Return what was decided on each record, oldest first: all now, or each when it was known.

        Parameters
        ----------
        signals : DataFrame
            Records, as ``qp.signals(...)`` gives them.
        now : Timestamp, optional
            The time; by default each record's known_at, as if they had come live.
        success_rate, quality : mapping or Series, optional
            By signal type; a type that is not there is unknown.

        Returns
        -------
        DataFrame
            A row for each record in the order of `signals`: id, signal_type, at, passed, and a nullable column for each
            of `FILTERS`.
        """
        order = np.arange(len(signals))
        if now is None:
            if not isinstance(signals["known_at"].dtype, pd.DatetimeTZDtype):
                raise DataError(f"known_at must be in UTC, got dtype {signals['known_at'].dtype}; or tell now")
            order = signals["known_at"].reset_index(drop=True).sort_values(kind="stable").index.to_numpy()
        rows: list[dict[str, Any]] = [{}] * len(signals)
        for place in order:
            record = signals.iloc[int(place)]
            kind = record["signal_type"]
            verdict = self.decide(
                record,
                record["known_at"] if now is None else now,
                success_rate=None if success_rate is None else success_rate.get(kind),
                quality=None if quality is None else quality.get(kind),
            )
            found = {finding.filter: finding.passed for finding in verdict.findings}
            rows[place] = {"id": verdict.id, "signal_type": kind, "at": verdict.at, "passed": verdict.passed, **found}
        table = pd.DataFrame(rows, columns=["id", "signal_type", "at", "passed", *FILTERS], index=signals.index)
        return table.astype({"passed": bool, **dict.fromkeys(FILTERS, "boolean")})

    def to_dict(self) -> dict[str, Any]:
        """Return settings and all that is remembered as plain values, which JSON takes."""
        return {
            "schema": SCHEMA,
            "settings": asdict(self.settings),
            "ids": list(self._ids),
            "times": [time.isoformat() for time in self._times],
            "latest": None if self._latest is None else self._latest.isoformat(),
            "counts": dict(self.counts),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AlertFilter:
        """Return the filter that `to_dict` gave.

        Raises
        ------
        StateMismatch
            If the data are not of a filter of this version.
        """
        if data.get("schema") != SCHEMA:
            raise StateMismatch(
                f"data must be those of AlertFilter.to_dict under schema {SCHEMA}, got schema {data.get('schema')!r}; "
                "start a new filter"
            )
        known = {field.name for field in fields(AlertSettings)}
        strange = sorted(set(data["settings"]) - known)
        if strange:
            raise StateMismatch(f"settings must be those of AlertSettings, got {strange[0]!r} too; start a new filter")
        filter_ = cls(AlertSettings(**data["settings"]))
        filter_._ids = OrderedDict.fromkeys(data["ids"])
        filter_._times = deque(pd.Timestamp(time) for time in data["times"])
        filter_._latest = None if data["latest"] is None else pd.Timestamp(data["latest"])
        filter_.counts = Counter(data["counts"])
        return filter_

    def _remember(self, name: str, moment: pd.Timestamp) -> None:
        self.counts["passed"] += 1
        if self.settings.max_per_hour is not None:
            self._times.append(moment)  # at most so many as pass in an hour
        self._ids[name] = None
        self._ids.move_to_end(name)
        while len(self._ids) > self.settings.remembered:
            self._ids.popitem(last=False)
            self.counts["ids dropped"] += 1

    def _findings(
        self, record: Mapping[str, Any] | pd.Series, success_rate: float | None, quality: float | None, market: Any
    ) -> tuple[Finding, ...]:
        chosen = self.settings
        return (
            self._type(record["signal_type"]),
            _at_least("quality", quality, chosen.min_quality),
            _at_least("success_rate", success_rate, chosen.min_success_rate),
            _at_least("strength", _number("signal_strength", record["signal_strength"]), chosen.min_strength),
            _at_least("volume", _number("volume", record["volume"]), chosen.min_volume),
            self._duplicate(str(record["id"]), record.get("alert_sent")),
            self._market(record["direction"], market),
        )

    def _type(self, name: Any) -> Finding:
        if self.settings.types is None:
            return Finding("type", True, "any", name)
        passed, wanted = name in self.settings.types, f"one of {', '.join(self.settings.types)}"
        return Finding("type", passed, wanted, name, "" if passed else f"{name} is not enabled")

    def _duplicate(self, name: str, sent: Any) -> Finding:
        again = name in self._ids or (not _missing(sent) and bool(sent))
        if not self.settings.no_duplicates:
            return Finding("duplicate", True, "any", again)
        why = "an alert of this signal was sent before" if again else ""
        return Finding("duplicate", not again, "not sent before", again, why)

    def _market(self, direction: Any, condition: Any) -> Finding:
        if self.settings.market is None:
            return Finding("market", True, "any", None if _missing(condition) else condition)
        if _missing(direction):
            return Finding("market", None, "one that agrees", condition, "unknown: the direction is missing")
        if direction not in AGREEING:
            raise DataError(f"direction must be 1, -1 or 0, got {direction!r}")
        aims = AGREEING[int(direction)]
        if self.settings.market == "not_against" and direction:
            aims = (*aims, "sideways")
        wanted = " or ".join(aims)
        if _missing(condition):
            return Finding("market", None, wanted, None, "unknown: the market condition is missing")
        if condition not in CONDITIONS:
            raise one_of("market_condition", CONDITIONS, condition)
        passed = condition in aims
        why = "" if passed else f"the market is {condition}, a signal of direction {int(direction):+d} needs {wanted}"
        return Finding("market", passed, wanted, condition, why)

    def _hourly(self, recent: int) -> Finding:
        most = self.settings.max_per_hour
        if most is None:
            return Finding("hourly", True, "any", None)
        passed = recent < most
        why = "" if passed else f"{recent} of {most} were sent within the hour"
        return Finding("hourly", passed, f"fewer than {most} within the hour", recent, why)


def mark_sent(signals: pd.DataFrame, ids: str | Iterable[str], at: Any) -> pd.DataFrame:
    """Return the records with those of some ids marked as sent; one that was sent before keeps its time.

    Parameters
    ----------
    signals : DataFrame
        Records, with the columns id, alert_sent and alert_sent_at; it is not changed.
    ids : str or iterable of str
        Whose alerts were sent.
    at : Timestamp
        When, with a time zone.

    Returns
    -------
    DataFrame
        A new frame: alert_sent True and alert_sent_at the time, UTC, for these ids.

    Raises
    ------
    DataError
        If a column lacks.
    ParameterError
        If an id is not there, or the time has no zone.

    Examples
    --------
    >>> import pandas as pd
    >>> none = pd.Series(pd.NaT, index=[0, 1], dtype="datetime64[ns, UTC]")
    >>> records = pd.DataFrame({"id": ["a", "b"], "alert_sent": False, "alert_sent_at": none})
    >>> mark_sent(records, "b", pd.Timestamp("2024-03-08 21:00", tz="UTC"))["alert_sent"].tolist()
    [False, True]
    """
    lacking = [name for name in ("id", "alert_sent", "alert_sent_at") if name not in signals]
    if lacking:
        raise DataError(f"signals must have the columns id, alert_sent and alert_sent_at, {', '.join(lacking)} lack")
    moment = _moment("at", at)
    named = {ids} if isinstance(ids, str) else set(ids)
    absent = named - set(signals["id"])
    if absent:
        raise ParameterError(f"ids must be those of the signals, but {min(absent)!r} is not there")
    sent = signals["alert_sent"].fillna(False).astype(bool)
    chosen = signals["id"].isin(named)
    times = pd.to_datetime(signals["alert_sent_at"], utc=True)
    return signals.assign(alert_sent=sent | chosen, alert_sent_at=times.mask(chosen & ~sent, moment))


def _at_least(name: str, value: float | None, least: float | None) -> Finding:
    if least is None:
        return Finding(name, True, "any", value)
    wanted = f"at least {least:g}"
    if value is None:
        given = f"no {name} was given" if name in {"quality", "success_rate"} else "it is missing"
        return Finding(name, None, wanted, None, f"unknown: {given}")
    passed = value >= least
    return Finding(name, passed, wanted, value, "" if passed else f"{value:g} is below {least:g}")


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _number(name: str, value: Any) -> float | None:
    """Return a number, None where it is missing."""
    if _missing(value):
        return None
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise ParameterError(f"{name} must be a number, got {value!r}")
    number = float(value)
    return None if math.isnan(number) else number


def _moment(name: str, value: Any) -> pd.Timestamp:
    if isinstance(value, int | float) or _missing(value):
        raise ParameterError(f"{name} must be a time with a time zone, got {value!r}; such as quantperf.clock gives")
    moment = pd.Timestamp(value)
    if moment.tz is None:
        raise ParameterError(f"{name} must be a time with a time zone, got {value!r}; tell it with tz_localize")
    return moment.tz_convert("UTC")


def _check_threshold(name: str, value: Any, most: float | None) -> None:
    if value is None:
        return
    number = _number(name, value)
    if number is None or math.isinf(number) or number < 0.0 or (most is not None and number > most):
        bounds = "a number of at least 0" if most is None else f"a number from 0 to {most}"
        raise ParameterError(f"{name} must be {bounds}, or None to turn it off, got {value!r}")


def _check_count(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ParameterError(f"{name} must be a whole number of at least {least}, got {value!r}")
