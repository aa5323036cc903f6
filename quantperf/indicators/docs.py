"""The docstrings of indicators: what all have in common is written from the entry, and what each says is read here."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quantperf.indicators.parameters import Parameter

PRICES = frozenset({"open", "high", "low", "close"})
DERIVED = {
    "session": """
    `session` is a number that is another one when a session begins, such as `quantperf.sessions` gives; bars that have
    no such column have that of their index.""",
    "anchor": """
    `anchor` is a number that is another one where the sums begin anew, and 0 where they have not begun; bars that have
    no such column are anchored at the first of them.""",
}
CODES = """
    Arrays are int8 with -128 (`UNKNOWN`) where a bar that the answer needs is missing or has not come yet; pandas gets
    Int8 with NA."""


def complete(
    text: str, inputs: Sequence[str], columns: Sequence[str], params: Mapping[str, Parameter], codes: bool = False
) -> str:
    """Return a docstring with its inputs under Parameters, and its Raises.

    Parameters
    ----------
    text : str
        Summary, Parameters (of the parameters alone; left out where there are none), Returns, Notes, Examples.
    inputs, columns, params
        Of the indicator.
    codes : bool, default False
        Whether its outputs are int8 codes.
    """
    summary, _, rest = inspect.cleandoc(text).partition("Returns\n-------\n")
    returns, _, notes = rest.partition("Notes\n-----\n")
    head, _, described = summary.partition("Parameters\n----------\n")
    described = "\n".join(filter(None, [_inputs(inputs, columns), described.strip()]))
    sections = [
        head.strip(),
        f"Parameters\n----------\n{described}",
        f"Returns\n-------\n{returns.strip()}{CODES if codes else ''}",
        f"Raises\n------\n{_raises(inputs, params)}",
        f"Notes\n-----\n{notes.strip()}",
    ]
    return "\n\n".join(sections) + "\n"


def _inputs(names: Sequence[str], columns: Sequence[str]) -> str:
    prices, volume = PRICES.intersection(names), "volume" in names
    if len(names) == 1:
        what = "Volumes, oldest first" if volume else "Prices, or anything else, oldest first, in any one unit"
        what += "; NaN where a bar is missing."
        what += f"\n    A Panel may stand for it (its {columns[0]})."
    else:
        what = "Prices in one unit" if prices else "Numbers"
        what += " and volumes" if volume else ""
        what += ", oldest first; NaN where a bar is missing."
        own = "" if tuple(names) == tuple(columns) else f" (its {', '.join(columns)})"
        what += f"\n    A Panel or a frame of bars may stand for {'both' if len(names) == 2 else 'all'}{own}."
        what += "".join(DERIVED.get(name, "") for name in names)
    return f"{', '.join(names)} : array_like, shape (bars,) or (bars, symbols)\n    {what}"


def _raises(inputs: Sequence[str], params: Mapping[str, Parameter]) -> str:
    lines = []
    if params:
        lines += ["ParameterError", "    If a parameter is out of bounds, or not a whole number where it must be one."]
    fault = "differ in shape or index" if len(inputs) > 1 else "its index is unsorted or has duplicates"
    subject = "inputs are" if len(inputs) > 1 else f"`{inputs[0]}` is"
    lines += ["DataError", f"    If {subject} not numeric, or {fault}."]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Described:
    """What a docstring says, part by part; paragraphs are on one line each.

    Attributes
    ----------
    summary : str
        The first sentence, which says what comes back.
    parameters : dict of str to str
        What is said of each parameter and input, by name.
    returns : str
        Unit and warm-up of what comes back.
    notes : str
        Definition and behaviour: the Notes without their source.
    source : str
        Where the definition was published; empty if the Notes do not say.
    example : str
        Lines that run.
    """

    summary: str
    parameters: dict[str, str]
    returns: str
    notes: str
    source: str
    example: str


def sections(text: str) -> dict[str, str]:
    r"""Return the sections of a numpydoc docstring by title; the summary has the title "".

    Examples
    --------
    >>> sections("Return one.\n\nNotes\n-----\nSource: none.")
    {'': 'Return one.\n\n', 'Notes': 'Source: none.'}
    """
    parts = re.split(r"^(\S[^\n]*)\n-{3,}\n", inspect.cleandoc(text), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def documented(section: str) -> dict[str, str]:
    r"""Return what a Parameters or Returns section says of each name, in order.

    Examples
    --------
    >>> documented("fast, slow : int\n    Bars of the averages,\n    at least 2.")
    {'fast': 'Bars of the averages, at least 2.', 'slow': 'Bars of the averages, at least 2.'}
    """
    parts = re.split(r"^(\w[^\n:]*?) :[^\n]*$", section, flags=re.MULTILINE)
    return {
        name.strip(): " ".join(said.split())
        for names, said in zip(parts[1::2], parts[2::2], strict=True)
        for name in names.split(",")
    }


def read(text: str) -> Described:
    """Return what the docstring of an indicator says, part by part.

    Examples
    --------
    >>> import quantperf as qp
    >>> read(qp.atr.doc).source
    'J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978.'
    """
    found = sections(text)
    notes = _paragraphs(found.get("Notes", ""))
    # A citation ends with its paragraph, or with a full stop that is not that of an initial and a new sentence.
    cited = re.search(r"Source: (.*?[^A-Z\s]\.)(?=\s+[A-Z]|$)", notes, flags=re.MULTILINE)
    if cited is not None:
        notes = _paragraphs(f"{notes[: cited.start()].rstrip(' ')}{notes[cited.end() :]}")
    return Described(
        summary=" ".join(found[""].split()),
        parameters=documented(found.get("Parameters", "")),
        returns=_paragraphs(found.get("Returns", "").partition("\n")[2]),
        notes=notes,
        source="" if cited is None else cited.group(1),
        example=found.get("Examples", "").strip(),
    )


def _paragraphs(text: str) -> str:
    """Return text with each paragraph on one line."""
    return "\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip())
