"""What the entries of all candlestick patterns share: their inputs, their docstrings, and one drawn example of each.

A pattern says where it stands: 100 or -100 (80 or -80 where ends of bodies meet, 120 or -120 where a pattern is
confirmed), 0 where it does not, and unknown where bars are missing.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from quantperf.indicators.catalogue import Indicator, TaLib, indicator
from quantperf.indicators.parameters import number
from quantperf.indicators.plan import Plan
from quantperf.kernels import candles as kernels

Drawn = Sequence[tuple[float, float, float, float]]

NISON = "S. Nison, *Japanese Candlestick Charting Techniques*, 1991"
MORRIS = "G. L. Morris, *Candlestick Charting Explained*, 1992"
CHESLER = "D. L. Chesler, *Trading False Moves with the Hikkake Pattern*, Active Trader, April 2004"

BARS = ("open", "high", "low", "close")
BEFORE = (10.0, 11.5, 9.5, 11.0)
WARM_UP = 14  # bars of `BEFORE` that are enough for every pattern
DRAWN: dict[str, Drawn] = {}  # by name, the open, high, low and close of candles that show the pattern after BEFORE


def candlestick(
    reference: Callable[..., Any],
    *,
    codes: str,
    drawn: Drawn,
    gives: int,
    penetration: str = "How far the close must reach into the first body",
    source: str = NISON,
) -> Callable[[Callable[..., Plan]], Indicator]:
    """Register the function that returns a plan as a pattern.

    Its docstring is a summary, and the conditions in words; the rest is written here.

    Parameters
    ----------
    reference : callable
        The plain version.
    codes : str
        What it answers, in words.
    drawn : sequence of (open, high, low, close)
        Candles that show the pattern after some bars as `BEFORE`; they become the example.
    gives : int
        The answer on the last of them.
    penetration : str, optional
        What the parameter of this name means, if there is one.
    source : str, optional
        Where the pattern is described.
    """

    def register(function: Callable[..., Plan]) -> Indicator:
        name = function.__name__
        talib = name.replace("_", "").upper()
        parameter = inspect.signature(function).parameters.get("penetration")
        DRAWN[name] = drawn
        summary, _, told = inspect.cleandoc(function.__doc__ or "").partition("\n\n")
        identical = (
            f"Identical to TA-Lib's {talib} on every bar from the first answer on{_but(codes)}. Source: {source}."
        )
        function.__doc__ = "\n\n".join(
            [
                summary,
                *([_penetration(parameter.default, penetration)] if parameter else []),
                f"Returns\n-------\nlike the inputs\n    {codes}",
                f"Notes\n-----\n{_filled(told)}",
                *filter(None, [_filled(" ".join(_meanings(told)))]),
                _filled(identical),
                f"Examples\n--------\n{_example(name, drawn, gives)}",
            ]
        )
        return indicator(
            inputs=BARS,
            bounds={"penetration": number(0.0)} if parameter else {},
            reference=reference,
            lookback=lambda **_: int(kernels.lookback(name)),
            span=lambda **_: int(kernels.span(name)),
            dtype=np.int8,
            talib=[TaLib(talib, {"penetration": ("penetration", parameter.default)} if parameter else {})],
        )(function)

    return register


def plan(name: str, penetration: float = 0.0) -> Plan:
    """Return the plan of the pattern of this name; the penetration counts where it has one."""
    return Plan(
        kernels.kernel(name), kernels.params(name, penetration), kernels.rows(name), along=kernels.along_columns(name)
    )


# What the words of a condition mean; the settings are TA-Lib's.
GLOSSARY = {
    r"(?<!very )\b(long|short)\b(?! (upper |lower )?shadow)": (
        "A body is long or short against the mean body of the ten bars before it."
    ),
    r"\bdoji": "A doji's body is at most a tenth of the mean range of the ten bars before it.",
    r"\bvery short\b": "A shadow is very short below a tenth of the mean range of the ten bars before it.",
    r"(?<!very )\bshort upper shadow": "A shadow is short below the mean shadow of the ten bars before it.",
    r"\bnear\b": "Near is 0.2 of the mean range of the five bars before.",
    r"\bfar\b": "Far is 0.6 of it.",
    r"\bequal\b": "Equal is within 0.05 of the mean range of the five bars before.",
}


def _meanings(told: str) -> list[str]:
    return [meaning for words, meaning in GLOSSARY.items() if re.search(words, told)]


def _filled(text: str) -> str:
    return textwrap.fill(text, 118)


def _but(codes: str) -> str:
    return ", but for confirmations, which are 200 and -200 there" if "120" in codes else ""


def _penetration(default: float, meaning: str) -> str:
    return (
        f"Parameters\n----------\npenetration : float, default {default}\n    {meaning}, as a part of it; at least 0."
    )


def _example(name: str, drawn: Drawn, gives: int) -> str:
    before, *bars = [f"({', '.join(f'{price:g}' for price in bar)})" for bar in (BEFORE, *drawn)]
    return "\n".join(
        [
            ">>> import numpy as np, quantperf as qp",
            f">>> bars = [{before}] * {WARM_UP}",
            *(f">>> bars += [{', '.join(bars[i : i + 4])}]" for i in range(0, len(bars), 4)),
            ">>> open_, high, low, close = np.array(bars).T",
            f">>> qp.{name}(open_, high, low, close).tolist()[-1]",
            f"{gives}",
        ]
    )
