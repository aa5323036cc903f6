"""How much history is enough: bars that give the last values of a pipeline as all of history would."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from quantperf.errors import ParameterError
from quantperf.indicators.catalogue import CATALOG, Indicator

Step: TypeAlias = str | Indicator | tuple[Any, ...]


def bars_needed(pipeline: Step | Iterable[Step], eps: float = 1e-6) -> int:
    """Return how many bars give every value of the last bar as the full history would, but for `eps`.

    Parameters
    ----------
    pipeline : str, Indicator, tuple, or iterable of them
        Steps that are computed beside each other. A step is ``"rsi"``, ``qp.rsi``, or a tuple of an indicator, its
        parameters where they are not the defaults, and the steps that it reads where it does not read bars:
        ``("ema", {"window": 50})``, ``("ema", "rsi")`` for the EMA of the RSI,
        ``("ema", {"window": 9}, ("rsi", {"window": 5}))``. Parameters may hold `convention`.
    eps : float, default 1e-6
        Share of what a seed is off that may still be felt in the last values, between 0 and 1.

    Returns
    -------
    int
        Bars, of which none may be missing. Data cut to its last so many bars gives the last values of the whole.

    Raises
    ------
    ParameterError
        If the pipeline holds no step, a step is none, a parameter is out of bounds, or a step never settles: it
        remembers its first bar, so that no number of bars is enough.
    UnknownIndicator
        If there is no indicator of a name.

    Notes
    -----
    A window needs its own bars; a recurrence those after which its seed weighs less than `eps`. What a chain needs adds
    up, and each link gets a share of `eps`, since its errors come on top of those that it reads. Places of bars
    (`maxindex`, `minindex`, `minmaxindex`) are counted from the first bar of the cut data.

    Examples
    --------
    >>> import quantperf as qp
    >>> qp.bars_needed("sma"), qp.bars_needed(("sma", {"window": 50})), qp.bars_needed(["sma", "ema"])
    (20, 50, 159)
    >>> qp.bars_needed(("ema", {"window": 9}, ("rsi", {"window": 5})), eps=1e-3)
    84
    """
    if isinstance(eps, bool) or not isinstance(eps, int | float) or not 0.0 < eps < 1.0:
        raise ParameterError(f"eps must lie between 0 and 1, got {eps!r}")
    steps: list[Any] = [pipeline] if isinstance(pipeline, str | Indicator | tuple) else _listed(pipeline)
    if not steps:
        raise ParameterError("pipeline must hold at least one step, got none")
    return 1 + max(_last_settled(step, eps / _links(step)) for step in steps)


def _listed(pipeline: Any) -> list[Any]:
    if not isinstance(pipeline, Iterable) or isinstance(pipeline, Mapping):
        raise _no_step(pipeline)
    return list(pipeline)


def _taken_apart(step: Any) -> tuple[Indicator, dict[str, Any], tuple[Any, ...]]:
    """Return the indicator of a step, its parameters, and the steps that it reads."""
    name, *rest = step if isinstance(step, tuple) and step else (step,)
    if not isinstance(name, str | Indicator):
        raise _no_step(step)
    entry = name if isinstance(name, Indicator) else CATALOG[name]
    params = dict(rest.pop(0)) if rest and isinstance(rest[0], Mapping) else {}
    if len(rest) not in (0, len(entry.inputs)):
        raise ParameterError(
            f"{entry.name} reads {len(entry.inputs)} series ({', '.join(entry.inputs)}), so a chain must give it that "
            f"many steps, or none for bars; got {len(rest)}"
        )
    return entry, params, tuple(rest)


def _no_step(step: Any) -> ParameterError:
    return ParameterError(
        "a step must be the name of an indicator, an indicator, or a tuple of one, its parameters as a mapping, and "
        f"the steps that it reads, such as ('ema', {{'window': 9}}, 'rsi'), got {step!r}"
    )


def _links(step: Any) -> int:
    """Return how many indicators lie on the longest way from bars to this step."""
    _, _, reads = _taken_apart(step)
    return 1 + max(map(_links, reads), default=0)


def _last_settled(step: Any, eps: float) -> int:
    """Return the bar (counted from 0) from which on a step is settled."""
    entry, params, reads = _taken_apart(step)
    call = entry.resolve(named=params)
    own = entry.settle(eps, convention=call.convention, **call.params)
    if not math.isfinite(own):
        raise ParameterError(
            f"{entry.name} never settles: it remembers its first bar, so no number of bars gives the values of full "
            f"history; leave {entry.name} out, or compute it over all bars"
        )
    return math.ceil(own) + max((_last_settled(read, eps) for read in reads), default=0)
