"""Type stubs from the catalogue: ``python tests/typing/build_stubs.py`` writes them beside the modules.

A decorated function is an `Indicator` object, whose call no type checker can read; the stubs give each its overloads
for arrays, Series, frames and panels. A test says when they are out of date.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

import quantperf
from quantperf.indicators.catalogue import CATALOG, Indicator

HEADER = "# Written by `python tests/typing/build_stubs.py`; do not edit.\n"
IMPORTS = """\
from collections.abc import Sequence
from typing import Any, Generic, Literal, NamedTuple, TypeVar, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.indicators.catalogue import Indicator
from quantperf.indicators.policies import Policy
from quantperf.market.bars import Panel

T = TypeVar("T")
Numbers = npt.NDArray[Any] | Sequence[float]
"""
MODULES = vars(quantperf)["_MODULES"]


def family_stub(family: str, entries: list[Indicator]) -> str:
    """Return the text of a family's stub."""
    parts = [HEADER, IMPORTS]
    for returns in dict.fromkeys(entry.returns for entry in entries if entry.returns is not None):
        lines = "\n".join(f"    {name}: T" for name in returns._fields)
        parts.append(f"\nclass {returns.__name__}(NamedTuple, Generic[T]):\n{lines}\n")
    for entry in entries:
        kind = f"_{entry.name.title().replace('_', '')}"
        parts.append(f"\nclass {kind}(Indicator):\n{''.join(_overloads(entry))}\n{entry.name}: {kind}\n")
    return "".join(parts)


def _overloads(entry: Indicator) -> Iterator[str]:
    """Yield one overload for each kind of data."""
    array = "npt.NDArray[np.int8]" if entry.dtype == np.int8 else "npt.NDArray[np.float64]"
    kinds = [("Numbers", array), ("pd.Series[Any]", "pd.Series[Any]"), ("pd.DataFrame", "pd.DataFrame")]
    for taken, given in kinds:
        yield _overload(entry, [f"{name}: {taken}" for name in entry.inputs], given)
    yield _overload(entry, ["bars: Panel", "/"], "pd.DataFrame")
    if len(entry.inputs) > 1:
        yield _overload(entry, ["bars: pd.DataFrame", "/"], "pd.Series[Any]")


def _overload(entry: Indicator, data: list[str], given: str) -> str:
    params = [f"{name}: {'int' if p.whole else 'float'} = {p.default!r}" for name, p in entry.params.items()]
    conventions = ", ".join(repr(name) for name in entry.conventions)
    keywords = [
        'nan: Literal["local", "skip", "ffill", "segment", "raise"] | Policy = "local"',
        f"convention: Literal[{conventions}] = {entry.conventions[0]!r}",
        "mask_unsettled: bool | float = False",
        'mode: Literal["exact", "fast"] = "exact"',
        "out: Any = None",
    ]
    result = given if entry.returns is None else f"{entry.returns.__name__}[{given}]"
    arguments = ", ".join(["self", *data, *params, "*", *keywords])
    return f"    @overload\n    def __call__({arguments}) -> {result}: ...\n"


def facade_stub() -> str:
    """Return the text of the façade's stub."""
    homes = dict.fromkeys(quantperf.__all__, "quantperf.errors") | vars(quantperf)["_HOMES"]
    homes |= {entry.name: f"quantperf.indicators.{entry.family}" for entry in CATALOG.values()}
    modules = [name for name in MODULES if name != "signals"]  # which is called, as no type checker lets a module be
    lines = [HEADER, *(f"from quantperf import {name} as {name}\n" for name in modules)]
    lines.append("from quantperf.signals import _Callable as _Signals\n")
    lines += [f"from {home} import {name} as {name}\n" for name, home in homes.items() if name not in MODULES]
    lines.append("\nsignals: _Signals\n")
    names = "".join(f'    "{name}",\n' for name in quantperf.__all__)
    return "".join([*lines, f"\n__version__: str\n__all__ = [\n{names}]\n"])


def stubs() -> dict[Path, str]:
    """Return the text of every stub by its path."""
    root = Path(quantperf.__file__).parent
    texts = {root / "__init__.pyi": facade_stub()}
    for family in sorted({entry.family for entry in CATALOG.values()}):
        entries = [entry for entry in CATALOG.values() if entry.family == family]
        texts[root / "indicators" / f"{family}.pyi"] = family_stub(family, entries)
    return texts


if __name__ == "__main__":
    for path, text in stubs().items():
        path.write_text(text)
