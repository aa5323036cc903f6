"""One verification under way: its markets, its comparisons, and what has been found so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantperf.verification.certificate import Finding, Held, Law
from quantperf.verification.differences import Difference, Line, difference
from quantperf.verification.subject import Subject, Values


@dataclass(slots=True)
class Trial:
    """One verification under way: the subject, its markets, and what has been found."""

    subject: Subject
    rtol: float
    random: np.random.Generator
    probes: int
    markets: dict[str, list[Values]] = field(default_factory=dict)
    whole: dict[str, list[Line]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)  # by subject: each is told once
    spans: dict[str, int] = field(default_factory=dict)
    degrees: dict[str, dict[str, int | None]] = field(default_factory=dict)

    def differ(self, wanted: Line, found: Line, market: str = "given") -> Difference:
        """Compare two lines, on the scale of the whole line of that market."""
        scale = next((line.size for line in self.whole[market] if line.name == wanted.name), wanted.size)
        return difference(wanted, found, self.rtol, scale)

    def attempt(self, what: str, values: Sequence[Values], **options: Any) -> list[Line] | None:
        """Return the lines of these numbers, one for each line of the data as given, unknown where it gives none.

        None, with a remark, where the function refuses them.
        """
        try:
            lines = {line.name: line for line in self.subject.run(values, **options)}
            given = self.whole["given"]
            return [lines.get(line.name, Line(line.name, np.full(_shape(line, values), np.nan))) for line in given]
        except Exception as error:  # whatever it raises is its answer
            self.remarks.setdefault(what, f"refuses {what} ({len(values[0])} bars): {told(error)}")
            return None


@dataclass(slots=True)
class Tally:
    """What became of the probes of one law."""

    name: str
    probes: int = 0
    exact: bool = True
    broken: bool = False
    note: str = ""

    def count(self, found: Difference) -> bool:
        """Take one comparison; return whether it differs."""
        self.probes += 1
        self.exact &= found.exact
        return bool(found)

    def law(self) -> Law:
        """Return the row of the certificate."""
        held: Held = "broken" if self.broken else "exactly" if self.exact else "closely"
        return Law(self.name, held if self.probes or self.broken else "not run", self.probes, self.note)


def markets(values: list[Values], random: np.random.Generator) -> dict[str, list[Values]]:
    """Return the data as given, and made of it: with plateaus, with trends, and with holes."""
    bars = len(values[0])
    flat, sloped, holed = ([column.copy() for column in values] for _ in range(3))
    for start in sorted(random.integers(0, bars - bars // 8, 3)):
        for column in flat:
            column[start : start + bars // 8] = column[start]
    key = values[0] if values[0].ndim == 1 else values[0][:, 0]
    for start, sign in ((bars // 6, 1), (bars // 2, -1)):
        stretch = slice(start, start + bars // 4)
        order = start + np.argsort(sign * key[stretch], kind="stable")
        for column, whole in zip(sloped, values, strict=True):
            column[stretch] = whole[order]
    for column in holed:
        column[random.random(column.shape) < 0.02] = np.nan
    for column in holed:
        column[bars // 2 : bars // 2 + 4] = np.nan
    return {"given": values, "plateaus": flat, "trends": sloped, "holes": holed}


def _shape(line: Line, values: Sequence[Values]) -> tuple[int, ...]:
    return (len(values[0]), *line.values.shape[1:])


def told(error: Exception) -> str:
    """Return what an error says, in one short line."""
    text = str(error).splitlines()[0] if str(error) else ""
    return f"{type(error).__name__}: {text}"[:160]
