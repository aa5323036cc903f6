"""What the docstrings of all indicators have in common, written from the entry: inputs, Raises, the Panel."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

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
