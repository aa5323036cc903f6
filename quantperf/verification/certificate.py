"""A certificate: which laws a function keeps, how often each was tried, and where it breaks one. Values alone."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from quantperf.errors import VerificationError

Held = Literal["exactly", "closely", "reported", "broken", "not run"]

WORDS: dict[Held, str] = {
    "exactly": "holds exactly", "closely": "holds closely", "reported": "reported", "broken": "BROKEN",
    "not run": "not run",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Law:
    """One law: whether it held, over how many probes, and what was found out on the way.

    Attributes
    ----------
    name : str
        Of the law.
    held : {"exactly", "closely", "reported", "broken", "not run"}
        "exactly": every value was equal; "closely": within the relative tolerance of the certificate; "reported": the
        law is a question without a wrong answer.
    probes : int
        Comparisons that were made.
    note : str
        What was found: a span, powers, why it was not run.
    """

    name: str
    held: Held
    probes: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a law is broken.

    Attributes
    ----------
    law, output : str
        The law, and the output that breaks it.
    column : str
        The input column that was cut, bent or holed; "" where it is none in particular.
    bar : int or None
        The first bar (counted from 0) that is wrong.
    lead : int or None
        Bars of the future that this output reads, as many as were seen.
    size : float or None
        Largest difference that was seen; None where a value was there on one side alone.
    message : str
        What is wrong, and what to do.
    """

    law: str
    output: str
    column: str
    bar: int | None
    lead: int | None
    size: float | None
    message: str

    def __str__(self) -> str:
        return f"{self.law}: {self.output}: {self.message}"


@dataclass(frozen=True, slots=True, repr=False)
class Certificate:
    """What `quantperf.verify` found out about a function.

    Attributes
    ----------
    function : str
        Its name.
    bars : int
        Bars on which it was tried.
    columns, outputs : tuple of str
        What it reads and gives.
    laws : tuple of Law
        One row for each law, also for those that were not run.
    findings : tuple of Finding
        Where laws are broken; empty if the function passed.
    remarks : tuple of str
        What breaks no law and is good to know, such as inputs that the function refuses.
    spans : dict of str to int
        For each column, the bars that one missing value changes, as many as were seen.
    degrees : dict of str to dict
        For each output, the power with which it follows "prices" and "volumes"; None where it follows neither.
    rtol : float
        What "closely" means, relative to the largest value of the output.
    seed : int
        Of the random places.
    """

    function: str
    bars: int
    columns: tuple[str, ...]
    outputs: tuple[str, ...]
    laws: tuple[Law, ...]
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    spans: Mapping[str, int]
    degrees: Mapping[str, Mapping[str, int | None]]
    rtol: float
    seed: int

    @property
    def passed(self) -> bool:
        """Whether no law was broken."""
        return not self.findings

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        tried = sum(law.probes for law in self.laws)
        said = "passed" if self.passed else f"{len(self.findings)} findings, first {self.findings[0]}"
        return f"Certificate({self.function}: {said}; {tried} probes)"

    def __str__(self) -> str:
        rows = [(law.name, WORDS[law.held], str(law.probes) if law.probes else "", law.note) for law in self.laws]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [self._headline()]
        for name, held, probes, note in rows:
            lines.append(f"  {name:<{widths[0]}}  {held:<{widths[1]}}  {probes:>{widths[2]}}  {note}".rstrip())
        lines += [f"  ! {finding}" for finding in self.findings]
        lines += [f"  - {remark}" for remark in self.remarks]
        return "\n".join(lines)

    def _headline(self) -> str:
        verdict = "passed" if self.passed else f"FAILED, {len(self.findings)} findings"
        return f"{self.function}: {verdict} ({self.bars} bars; closely: {self.rtol:g} relative; seed {self.seed})"

    def _repr_html_(self) -> str:
        colour = "#0b7a6e" if self.passed else "#b3261e"
        cells = "".join(
            f"<tr><th style='text-align:left'>{escape(law.name)}</th><td>{escape(WORDS[law.held])}</td>"
            f"<td>{law.probes or ''}</td><td style='text-align:left'>{escape(law.note)}</td></tr>"
            for law in self.laws
        )
        told = [f"<li><b>{escape(str(finding))}</b></li>" for finding in self.findings]
        told += [f"<li>{escape(remark)}</li>" for remark in self.remarks]
        return (
            f"<p style='color:{colour}'><b>{escape(self._headline())}</b></p><table><thead><tr><th>law</th><th></th>"
            f"<th>probes</th><th></th></tr></thead><tbody>{cells}</tbody></table>"
            + (f"<ul>{''.join(told)}</ul>" if told else "")
        )

    def raise_if_failed(self) -> None:
        """Raise `VerificationError` with all findings, if there are any.

        Raises
        ------
        VerificationError
            If a law was broken.
        """
        if not self.passed:
            told = "\n".join(f"  {finding}" for finding in self.findings)
            raise VerificationError(f"{self.function} must keep the laws, but breaks {len(self.findings)}:\n{told}")

    def to_dict(self) -> dict[str, Any]:
        """Return values that JSON can hold."""
        record = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        record["passed"] = self.passed
        record["laws"] = [dataclasses.asdict(law) for law in self.laws]
        record["findings"] = [dataclasses.asdict(finding) for finding in self.findings]
        for finding in record["findings"]:
            if finding["size"] is not None and not math.isfinite(finding["size"]):
                finding["size"] = repr(finding["size"])
        for name in ("columns", "outputs", "remarks"):
            record[name] = list(record[name])
        record["spans"] = dict(self.spans)
        record["degrees"] = {name: dict(powers) for name, powers in self.degrees.items()}
        return record

    def to_json(self, indent: int | None = None) -> str:
        """Return the certificate as JSON."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)
