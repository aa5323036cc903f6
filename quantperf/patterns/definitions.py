"""What makes a chart shape: each as a table of tests on its last turning points.

A shape is told by turning points that alternate between tops and bottoms. Each form says which points there are and
which quantities are read off them; all are ratios, so a price times a factor changes nothing. The mirror of a shape
is the same table on prices turned upside down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from quantperf.errors import ParameterError, did_you_mean

__all__ = ["FORMS", "LIMITS", "SHAPES", "WORDS", "Criterion", "Form", "Shape", "limits_with"]

FormName: TypeAlias = Literal["double", "triple", "head", "bounds", "flag"]


@dataclass(frozen=True, slots=True)
class Form:
    """A way to draw lines through turning points.

    Attributes
    ----------
    points : int
        How many there are.
    outline : str
        What they are, in the space of the shape: a mirror turns it upside down.
    quantities : tuple of str
        What is read off them, in the order of the kernel.
    """

    points: int
    outline: str
    quantities: tuple[str, ...]


_REVERSAL = ("evenness", "trend", "separation", "tilt", "asymmetry", "prominence", "shoulder")
FORMS: Mapping[FormName, Form] = MappingProxyType(
    {
        "double": Form(4, "foot, top, trough, top", _REVERSAL[:3]),
        "triple": Form(6, "foot, top, trough, top, trough, top", _REVERSAL[:5]),
        "head": Form(6, "foot, shoulder, trough, head, trough, shoulder", _REVERSAL),
        "bounds": Form(
            5,
            "five turns between two lines",
            (
                "upper_rise",
                "upper_fall",
                "lower_rise",
                "upper_tilt",
                "lower_tilt",
                "narrowing",
                "unevenness",
                "misfit",
            ),
        ),
        "flag": Form(
            5,
            "foot and top of the pole, trough, top, trough",
            ("upper_rise", "upper_fall", "lower_rise", "narrowing", "unevenness", "depth", "pole", "quickness"),
        ),
    }
)

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "evenness": "distance of the tops that should be level, in heights of the shape",
        "trend": "rise from the foot to the first top, in heights of that top above the neckline",
        "separation": "bars from the first top to the last",
        "tilt": "distance of the two troughs, in heights of the shape",
        "asymmetry": "the longer gap between tops over the shorter",
        "prominence": "head above the higher shoulder, in heights of the shape",
        "shoulder": "lower shoulder above the neckline, in heights of the shape",
        "upper_rise": "rise of the upper line along the shape, in heights of the shape",
        "upper_fall": "fall of the upper line along the shape, in heights of the shape",
        "lower_rise": "rise of the lower line along the shape, in heights of the shape",
        "upper_tilt": "rise or fall of the upper line along the shape, in heights of the shape",
        "lower_tilt": "rise or fall of the lower line along the shape, in heights of the shape",
        "narrowing": "distance of the lines at the end over that at the start",
        "unevenness": "change of the distance of the lines from start to end, as a share",
        "misfit": "greatest distance of a turn from its line, in heights of the shape",
        "depth": "how much of the pole the flag gives back",
        "pole": "height of the pole, in heights of the flag",
        "quickness": "bars of the pole over bars of the flag",
    }
)

LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "evenness": 0.2,
        "trend": 1.25,
        "separation": 5.0,
        "tilt": 0.3,
        "asymmetry": 3.0,
        "prominence": 0.25,
        "shoulder": 0.25,
        "flat": 0.15,
        "slope": 0.3,
        "narrowing": 0.7,
        "apex": 0.2,  # the lines meet well beyond the last turn: breaks come before three quarters of the way
        "parallel": 0.25,
        "misfit": 0.1,
        "depth": 0.5,
        "pole": 2.0,
        "quickness": 1.0,
    }
)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One comparison: a quantity of the form, at least or at most a limit.

    Attributes
    ----------
    quantity : str
        One of those of the form.
    relation : {"at least", "at most"}
        Which way.
    limit : str
        One of `LIMITS`.
    """

    quantity: str
    relation: Literal["at least", "at most"]
    limit: str

    @property
    def is_tolerance(self) -> bool:
        """Whether the ideal is 0, and the limit says how far from it a shape may be."""
        return self.limit in {"evenness", "tilt", "flat", "parallel", "misfit"} and self.quantity != "upper_rise"


@dataclass(frozen=True, slots=True)
class Shape:
    """A chart shape: its form, whether it is upside down, which break confirms it, and its tests.

    Attributes
    ----------
    form : str
        One of `FORMS`.
    mirrored : bool
        Whether the form is read upside down.
    direction : int
        +1 if a close above its upper line confirms it, -1 if one below its lower line does, 0 if either.
    tests : tuple of Criterion
        All must hold.
    """

    form: FormName
    mirrored: bool
    direction: int
    tests: tuple[Criterion, ...]


def _at_least(quantity: str, limit: str | None = None) -> Criterion:
    return Criterion(quantity, "at least", limit or quantity)


def _at_most(quantity: str, limit: str | None = None) -> Criterion:
    return Criterion(quantity, "at most", limit or quantity)


_TOPS = (_at_most("evenness"), _at_least("trend"), _at_least("separation"))
_TRIPLE = (*_TOPS, _at_most("tilt"), _at_most("asymmetry"))
_HEAD = (*_TRIPLE, _at_least("prominence"), _at_least("shoulder"))
_MISFIT, _NARROW = _at_most("misfit"), (_at_most("narrowing"), _at_least("narrowing", "apex"))
_RISES = _at_least("upper_rise", "slope"), _at_least("lower_rise", "slope")
_MEETS = _at_least("upper_fall", "slope"), _at_least("lower_rise", "slope")
_EVEN_GAP = _at_most("unevenness", "parallel")
_FLAT_TOP = _at_most("upper_tilt", "flat")
_POLE = _at_most("depth"), _at_least("pole"), _at_most("quickness")


def _pair(names: tuple[str, str], form: FormName, direction: int, tests: tuple[Criterion, ...]) -> dict[str, Shape]:
    """Return a shape and its mirror."""
    return {names[0]: Shape(form, False, direction, tests), names[1]: Shape(form, True, -direction, tests)}


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        **_pair(("double_top", "double_bottom"), "double", -1, _TOPS),
        **_pair(("triple_top", "triple_bottom"), "triple", -1, _TRIPLE),
        **_pair(("head_and_shoulders", "inverse_head_and_shoulders"), "head", -1, _HEAD),
        **_pair(
            ("ascending_triangle", "descending_triangle"),
            "bounds",
            1,
            (_FLAT_TOP, _at_least("lower_rise", "slope"), *_NARROW, _MISFIT),
        ),
        "symmetrical_triangle": Shape("bounds", False, 0, (*_MEETS, *_NARROW, _MISFIT)),
        **_pair(("rising_wedge", "falling_wedge"), "bounds", -1, (*_RISES, *_NARROW, _MISFIT)),
        **_pair(("ascending_channel", "descending_channel"), "bounds", 0, (*_RISES, _EVEN_GAP, _MISFIT)),
        "rectangle": Shape("bounds", False, 0, (_FLAT_TOP, _at_most("lower_tilt", "flat"), _MISFIT)),
        **_pair(("bull_flag", "bear_flag"), "flag", 1, (_at_most("upper_rise", "flat"), _EVEN_GAP, *_POLE)),
        **_pair(("bull_pennant", "bear_pennant"), "flag", 1, (*_MEETS, *_NARROW, *_POLE)),
    }
)


def limits_with(changes: Mapping[str, float] | None) -> dict[str, float]:
    """Return the limits of the tests, with some of them changed.

    Raises
    ------
    ParameterError
        If a name is none of `LIMITS`, or a value is no finite number of at least 0.

    Examples
    --------
    >>> limits_with({"evenness": 0.1})["evenness"]
    0.1
    """
    found = dict(LIMITS)
    for name, value in (changes or {}).items():
        if name not in LIMITS:
            raise ParameterError(
                f"limits must be of {', '.join(LIMITS)}, got {name!r}{did_you_mean(str(name), LIMITS)}"
            )
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise ParameterError(f"limits[{name!r}] must be a finite number of at least 0, got {value!r}")
        found[name] = float(value)
    return found
