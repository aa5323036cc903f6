"""The value of a before/after report: rows, verdicts, and what they say together. Nothing here runs or draws."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self

import pandas as pd

from quantperf.errors import DataError
from quantperf.performance import Comparison, Interval, Mismatch, Parity, RawComparison, Tolerance, judge

SCHEMA = 1
USES = ("series", "panel", "live", "research", "custom")
ORDER = ("different", "slower", "cannot tell", "equivalent", "faster")  # of verdicts: losers first
QUICK = "quick: not for figures"
LEVEL = 1.959964  # standard errors in a 95 % interval


@dataclass(frozen=True, slots=True)
class Work:
    """What a row ran on.

    Attributes
    ----------
    data : str
        Name of the data.
    bars, symbols : int
        Size of the data; 0 where it is the caller's own.
    before_symbols : int
        Symbols that the before side ran on; its times are scaled to all of them.
    window : int
        Trailing bars that the before side reads for one new bar; 0 where it reads all bars.
    held_bytes : int
        Results that the before side would hold for the symbols that it did not run on.
    """

    data: str
    bars: int = 0
    symbols: int = 0
    before_symbols: int = 0
    window: int = 0
    held_bytes: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One indicator in one use: what it ran on, and what was found."""

    name: str
    use: str
    family: str
    work: Work
    comparison: Comparison

    @property
    def verdict(self) -> str:
        """Verdict on the after side."""
        return self.comparison.verdict

    @property
    def speedup(self) -> Interval | None:
        """Time before over time after, with a 95 % interval; None where results differ."""
        return self.comparison.speedup

    @property
    def before_bytes(self) -> int | None:
        """Peak memory of the before side, the results of all symbols included."""
        side = self.comparison.before
        return None if side is None or side.peak_bytes is None else side.peak_bytes + self.work.held_bytes

    @property
    def after_bytes(self) -> int | None:
        """Peak memory of the after side."""
        return None if self.comparison.after is None else self.comparison.after.peak_bytes

    @property
    def runs(self) -> int:
        """Timed runs of a side."""
        return 0 if self.comparison.after is None else self.comparison.after.runs

    def to_dict(self) -> dict[str, object]:
        """Return values that JSON can hold."""
        return {
            "name": self.name,
            "use": self.use,
            "family": self.family,
            "work": asdict(self.work),
            "before_peak_bytes": self.before_bytes,
            "after_peak_bytes": self.after_bytes,
            "comparison": self.comparison.to_dict(),
        }

    @property
    def label(self) -> str:
        """What tables call it: by its case too, where it may have several."""
        return f"{self.name}: {self.work.data}" if self.use in {"research", "custom"} else self.name

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Return what `to_dict` gave away, judged again from its raw times."""
        found = record["comparison"]
        comparison = judge(
            [RawComparison.from_dict(raw) for raw in found["raw"]],
            parity=read_parity(found["parity"]),
            before_scale=found["before_scale"],
            margin=found["margin"],
            labels=tuple(found["labels"]),
        )
        return cls(record["name"], record["use"], record["family"], Work(**record["work"]), comparison)


@dataclass(frozen=True, slots=True)
class Start:
    """First calls in fresh processes, import included: never part of a warm figure."""

    what: str
    cache: str
    import_seconds: tuple[float, ...]
    call_seconds: tuple[float, ...]
    peak_rss_bytes: tuple[int | None, ...] = ()

    @property
    def total(self) -> float:
        """Median seconds of import and first call."""
        return median(one + two for one, two in zip(self.import_seconds, self.call_seconds, strict=True))


class _Text(str):
    """Text that stands for a value that JSON could not hold: its repr is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def read_parity(record: Mapping[str, Any]) -> Parity:
    """Return what `Parity.to_dict` gave away; the values that differ come back as text."""
    known = dict(record)
    known["tolerance"] = Tolerance(**record["tolerance"])
    if record["mismatch"] is not None:
        first = record["mismatch"]
        known["mismatch"] = Mismatch(first["place"], _Text(first["expected"]), _Text(first["actual"]), first["reason"])
    for name in ("largest_absolute", "largest_relative", "largest_ulp"):
        known[name] = float(record[name])
    return Parity(**known)


def losers_first(rows: Sequence[Row]) -> list[Row]:
    """Return the rows by verdict, the worst first, and within it by speed-up."""

    def rank(row: Row) -> tuple[int, float, str]:
        return ORDER.index(row.verdict), row.speedup.estimate if row.speedup else 0.0, row.name

    return sorted(rows, key=rank)


def geometric_mean(rows: Sequence[Row]) -> Interval | None:
    """Return the geometric mean of the speed-ups with a 95 % interval, over the rows that have one.

    The interval is that of the measurements, for this set of rows. It is NaN where a row has too few blocks.
    """
    known = [row.speedup for row in rows if row.speedup is not None]
    if not known:
        return None
    mean = sum(math.log(each.estimate) for each in known) / len(known)
    errors = [math.log(each.high / each.low) / (2.0 * LEVEL) for each in known]  # NaN where there is no interval
    reach = LEVEL * math.sqrt(sum(error * error for error in errors)) / len(known)
    return Interval(math.exp(mean), math.exp(mean - reach), math.exp(mean + reach))


def times(speedup: float) -> str:
    """Return a speed-up as text.

    Examples
    --------
    >>> times(12.345), times(0.8), times(12_345.0), times(float("nan"))
    ('12.3', '0.800', '12,300', '?')
    """
    if not math.isfinite(speedup):
        return "?"
    if speedup < 1000.0:
        return f"{speedup:#.3g}".rstrip(".") if speedup < 999.5 else "1,000"
    digits = 10 ** (math.floor(math.log10(speedup)) - 2)
    return f"{round(speedup / digits) * digits:,}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Report:
    """What a before/after report found.

    Attributes
    ----------
    rows : tuple of Row
        Warm comparisons, in the order in which they ran.
    starts : tuple of Start
        First calls in fresh processes.
    parameters, environment : dict
        How it was measured, and where.
    started : str
        Time in UTC, ISO 8601.
    seconds : float
        What the whole report took.
    quick : bool
        Whether it was a smoke run, whose figures are not for use.
    notes : tuple of str
        What a reader must know beyond the rows.
    """

    rows: tuple[Row, ...]
    starts: tuple[Start, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    started: str = ""
    seconds: float = 0.0
    quick: bool = False
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether every fast version equals its plain one."""
        return all(row.comparison.parity.equal for row in self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each verdict, the worst first."""
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in ORDER if found[verdict]}

    @property
    def uses(self) -> dict[str, list[Row]]:
        """Rows of each use, losers first."""
        groups = {use: losers_first([row for row in self.rows if row.use == use]) for use in USES}
        return {use: rows for use, rows in groups.items() if rows}

    @property
    def means(self) -> dict[str, Interval]:
        """Geometric mean of the speed-ups of each use."""
        found = {use: geometric_mean(rows) for use, rows in self.uses.items()}
        return {use: mean for use, mean in found.items() if mean is not None}

    @property
    def noise(self) -> float:
        """Median A/A noise over the rows: how far from 1 a thing was from itself on this machine."""
        known = [row.comparison.noise for row in self.rows if row.comparison.noise is not None]
        return median(known) if known else math.nan

    @property
    def sentence(self) -> str:
        """The verdict on everything, parity first."""
        count = len(self.rows)
        if not count:
            return "Nothing was compared."
        wrong = [row for row in self.rows if not row.comparison.parity.equal]
        if wrong:
            places = f"{wrong[0].name} ({wrong[0].use})" + (f" and {len(wrong) - 1} more" if len(wrong) > 1 else "")
            start = f"{len(wrong)} of {count} results differ from their plain versions: {places}."
        elif count == 1:
            start = "The result equals its plain version."
        else:
            start = f"All {count} results equal their plain versions."
        said = [f"{times(mean.estimate)} times as fast {_USED[use]}" for use, mean in self.means.items()]
        found = f" In the geometric mean: {_listed(said)}." if said else ""
        other = [f"{number} {verdict}" for verdict, number in self.counts.items() if verdict not in _PLAIN]
        return start + found + (f" Not all are faster: {_listed(other)}." if other else "")

    def __repr__(self) -> str:
        mark = f" ({QUICK})" if self.quick else ""
        return f"Report: {self.sentence}{mark}"

    def to_dict(self) -> dict[str, object]:
        """Return values that JSON can hold, all raw times included."""
        return {
            "schema": SCHEMA,
            "sentence": self.sentence,
            "quick": self.quick,
            "mark": QUICK if self.quick else "",
            "equal": self.equal,
            "started": self.started,
            "seconds": self.seconds,
            "counts": self.counts,
            "geometric_means": {use: _known(mean) for use, mean in self.means.items()},
            "noise": self.noise if math.isfinite(self.noise) else None,
            "parameters": dict(self.parameters),
            "environment": dict(self.environment),
            "notes": list(self.notes),
            "starts": [asdict(start) for start in self.starts],
            "rows": [row.to_dict() for row in self.rows],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Return what `to_dict` gave away.

        Raises
        ------
        DataError
            If it was written under another schema.
        """
        if record.get("schema") != SCHEMA:
            raise DataError(f"a report must have schema {SCHEMA}, got {record.get('schema')!r}; make it anew")
        starts = [
            Start(
                what=each["what"],
                cache=each["cache"],
                import_seconds=tuple(each["import_seconds"]),
                call_seconds=tuple(each["call_seconds"]),
                peak_rss_bytes=tuple(each["peak_rss_bytes"]),
            )
            for each in record["starts"]
        ]
        return cls(
            rows=tuple(Row.from_dict(row) for row in record["rows"]),
            starts=tuple(starts),
            parameters=dict(record["parameters"]),
            environment=dict(record["environment"]),
            started=record["started"],
            seconds=record["seconds"],
            quick=record["quick"],
            notes=tuple(record["notes"]),
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a comparison, losers first; times in nanoseconds, memory in bytes, unknown figures NaN."""
        return pd.DataFrame([_flat(row) for rows in self.uses.values() for row in rows])

    def to_json(self) -> str:
        """Return the report as JSON, all raw times included."""
        return json.dumps(self.to_dict(), allow_nan=False, separators=(",", ":"))

    def to_html(self) -> str:
        """Return the report as one HTML page that needs nothing else."""
        from quantperf.reports.rendering import page

        return page(self)

    def to_markdown(self) -> str:
        """Return the report as a Markdown table."""
        from quantperf.reports.tables import markdown

        return markdown(self)

    def _repr_html_(self) -> str:
        from quantperf.reports.rendering import fragment

        return fragment(self)

    def save(self, folder: str | Path = "report") -> dict[str, Path]:
        """Write ``report.html``, ``report.json``, ``report.md`` and a forest plot of each use; return their paths."""
        from quantperf.reports.plots import forest_file

        where = Path(folder)
        where.mkdir(parents=True, exist_ok=True)
        texts = {
            "report.html": self.to_html(),
            "report.json": self.to_json(),
            "report.md": self.to_markdown(),
            **{f"forest-{use}.svg": forest_file(use, rows, self.quick) for use, rows in self.uses.items()},
        }
        for name, text in texts.items():
            (where / name).write_text(text, encoding="utf-8")
        return {name: where / name for name in texts}


_USED = {
    "series": "on one series",
    "panel": "on a panel",
    "live": "live",
    "research": "in research",
    "custom": "on your own",
}
_PLAIN = ("faster", "different")  # said by the sentence in other words


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _known(bounds: Interval) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in bounds._asdict().items()}


def _flat(row: Row) -> dict[str, object]:
    """Return one row of the frame."""
    found = row.comparison
    nothing = Interval(math.nan, math.nan, math.nan)
    speedup = found.speedup or nothing
    before, after = found.before, found.after
    return {
        "indicator": row.name,
        "use": row.use,
        "verdict": found.verdict,
        "equal": found.parity.equal,
        "before_ns": before.median_ns if before else math.nan,
        "after_ns": after.median_ns if after else math.nan,
        "speedup": speedup.estimate,
        "speedup_low": speedup.low,
        "speedup_high": speedup.high,
        "noise": math.nan if found.noise is None else found.noise,
        "before_cpu_seconds": before.cpu_seconds if before else math.nan,
        "after_cpu_seconds": after.cpu_seconds if after else math.nan,
        "before_peak_bytes": math.nan if row.before_bytes is None else float(row.before_bytes),
        "after_peak_bytes": math.nan if row.after_bytes is None else float(row.after_bytes),
        "blocks": found.blocks,
        "runs": row.runs,
        "before_scale": found.before_scale,
        "compared": found.parity.compared,
        "largest_relative": found.parity.largest_relative,
        "largest_ulp": found.parity.largest_ulp,
        "mismatch": "" if found.parity.mismatch is None else str(found.parity.mismatch),
    }
