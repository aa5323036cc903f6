"""One concept for "optimised": a name with a plain baseline, one fast candidate, and inputs that prove them equal.

The baseline answers until `Optimisation.enable` has proved the candidate equal. A transition rebinds what answers, so
that a call tests nothing that its state does not need; an open `force` block swaps in the path that looks.
"""

from __future__ import annotations

import dataclasses
import threading
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial, update_wrapper
from types import MappingProxyType
from typing import Any, Generic, Literal, ParamSpec, TypeAlias, TypeVar, get_args

import numpy as np

from quantperf.errors import ParameterError, ParityError, did_you_mean, one_of
from quantperf.performance.compare import compare_calls
from quantperf.performance.edges import choose_edges, make_edge, tolerance_for
from quantperf.performance.judge import Comparison
from quantperf.performance.parity import DEFAULT_TOLERANCE, Parity, Tolerance, prove

P = ParamSpec("P")
R = TypeVar("R")
AnySide: TypeAlias = Literal["baseline", "candidate"]

_forced: ContextVar[Mapping[str, AnySide]] = ContextVar("quantperf_forced", default=MappingProxyType({}))
_transition = threading.RLock()


@dataclass(frozen=True, slots=True)
class Case:
    """Named inputs of an optimisation; see `case`."""

    name: str
    make: Callable[..., Any]
    size: int | None = None
    seed: int | None = None

    def inputs(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return new positional and keyword arguments."""
        options = {"size": self.size, "seed": self.seed}
        made = self.make(**{name: value for name, value in options.items() if value is not None})
        if isinstance(made, dict):
            return (), made
        return (made if isinstance(made, tuple) else (made,)), {}


def case(name: str, make: Callable[..., Any], size: int | None = None, seed: int | None = None) -> Case:
    """Return named inputs for `optimise`.

    Parameters
    ----------
    name : str
        Shown in reports and errors.
    make : callable
        Returns the arguments: a tuple of positional ones, a dict of keywords, or a single one. It is called with
        ``size=`` and ``seed=`` where those are given here, and must return the same content each time.
    size, seed : int, optional
        What `make` is called with.

    Examples
    --------
    >>> case("three", np.zeros, seed=None).make(3).tolist()
    [0.0, 0.0, 0.0]
    >>> case("tiny", lambda size: (np.ones(size), 2), size=2).inputs()
    ((array([1., 1.]), 2), {})
    """
    return Case(name, make, size, seed)


class _Registry(dict[str, "Optimisation[Any, Any]"]):
    """Optimisations by name; an unknown name is answered with the nearest one."""

    def __missing__(self, name: str) -> Optimisation[Any, Any]:
        hint = did_you_mean(name, self) if isinstance(name, str) else ""
        known = ", ".join(map(repr, sorted(self))) or "none yet"
        raise ParameterError(f"optimisation must be a registered name, got {name!r}{hint or f'; registered: {known}'}")


REGISTRY: dict[str, Optimisation[Any, Any]] = _Registry()


class Optimisation(Generic[P, R]):
    """A named function with a baseline and a candidate; made by `optimise`. Calling it asks the one that is let in.

    Attributes
    ----------
    name : str
        Unique in `REGISTRY`.
    baseline : callable
        The plain function, always reachable.
    inputs : tuple of Case
        What both are proved and compared on.
    tolerance : Tolerance
        How far floats may differ.
    tags : frozenset of str
        For choosing.
    pure : bool
        Whether a call may be made twice: no I/O, no random state.
    needs : tuple of str
        Optimisations that must be enabled before this one.
    reason : str
        Why it is in its state.
    """

    def __init__(
        self,
        name: str,
        baseline: Callable[P, R],
        *,
        inputs: Sequence[Case] = (),
        tolerance: Tolerance = DEFAULT_TOLERANCE,
        tags: Collection[str] = (),
        pure: bool = True,
        needs: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.baseline = baseline
        self.inputs = tuple(inputs)
        self.tolerance = tolerance
        self.tags = frozenset(tags)
        self.pure = pure
        self.needs = tuple(needs)
        self.reason = "not enabled yet"
        self._candidate: Callable[P, R] | None = None
        self._enabled = False
        self._forcing = 0
        self._answer: Callable[P, R] = baseline
        update_wrapper(self, baseline, updated=())

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the answer of the side that is let in."""
        return self._answer(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Optimisation({self.name!r}, {'candidate' if self._enabled else 'baseline'} answers: {self.reason})"

    @property
    def candidate(self) -> Callable[P, R]:
        """The fast function, always reachable."""
        if self._candidate is None:
            raise ParameterError(
                f"{self.name!r} must have a candidate, has none; decorate one with @{self.name}.optimised"
            )
        return self._candidate

    @property
    def enabled(self) -> bool:
        """Whether the candidate answers."""
        return self._enabled

    def optimised(self, candidate: Callable[P, R]) -> Callable[P, R]:
        """Register `candidate` and return it; another idea is another name.

        Raises
        ------
        ParameterError
            If there is one already, and it is another function.
        """
        with _transition:
            if self._candidate is not None and _place(self._candidate) != _place(candidate):
                raise ParameterError(
                    f"{self.name!r} must have one candidate, has {_place(self._candidate)!r} and got"
                    f" {_place(candidate)!r}; register another idea under another name"
                )
            self.disable(why="not enabled yet")
            self._candidate = candidate
        return candidate

    def verify(self, *, edge_cases: bool | Collection[str] = True) -> list[Parity]:
        """Return the parity of both sides on every case, and on edge cases made from it.

        Parameters
        ----------
        edge_cases : bool or collection of str, default True
            All, none, or some of `EDGE_CASES`. They are made from cases that hold float arrays, Series or DataFrames:
            from the first 1000 bars of everything that is as long as the first of these. Where the baseline raises on
            an edge case, so must the candidate.

        Returns
        -------
        list of Parity
            Each named by its `case`.
        """
        return [parity for each in self._cases() for parity in self._verify(each, edge_cases)]

    def compare(
        self,
        *,
        budget: float = 2.0,
        margin: float = 0.03,
        seed: int = 0,
        memory: bool = True,
        edge_cases: bool | Collection[str] = True,
    ) -> list[Comparison]:
        """Return a comparison for each case, `budget` seconds each; "different" where `verify` finds a mismatch."""
        found = []
        for each in self._cases():
            parities = self._verify(each, edge_cases)
            args, kwargs = each.inputs()
            found.append(
                compare_calls(
                    partial(self.baseline, *args, **kwargs),
                    partial(self.candidate, *args, **kwargs),
                    parity=next((parity for parity in parities if not parity.equal), parities[0]),
                    budget=budget,
                    margin=margin,
                    seed=seed,
                    memory=memory,
                    labels=(f"{self.name} baseline", f"{self.name} candidate"),
                )
            )
        return found

    def enable(self, why: str = "verified", *, edge_cases: bool | Collection[str] = True) -> None:
        """Let the candidate answer, if it equals the baseline on every case.

        Raises
        ------
        ParityError
            If it does not: names the case, the place, and both values. The baseline goes on answering.
        ParameterError
            If there is no candidate, no case, or something that it needs is not enabled.
        """
        self._refuse_unmet_needs()
        candidate = self.candidate
        for parity in self.verify(edge_cases=edge_cases):  # may take long, so nothing is locked meanwhile
            if not parity.equal:
                self.disable(why=f"case {parity.case!r}: {parity.mismatch}")
                raise ParityError(
                    f"{self.name!r} must equal its baseline, differs in case {parity.case!r} at {parity.mismatch};"
                    " mend the candidate, or declare the tolerance that it may have with tol="
                )
        with _transition:
            self._refuse_unmet_needs()
            if self._candidate is not candidate:
                raise ParameterError(
                    f"{self.name!r} must keep its candidate while it is verified, got another; try again"
                )
            self._enabled, self.reason = True, why
            self._bind()

    def adopt(self, why: str) -> None:
        """Let the candidate answer without a proof here and now; for one that is proved elsewhere, as `why` says."""
        with _transition:
            self._refuse_unmet_needs()
            _ = self.candidate
            self._enabled, self.reason = True, why
            self._bind()

    def _refuse_unmet_needs(self) -> None:
        for need in self.needs:
            if not REGISTRY[need].enabled:
                raise ParameterError(f"{need!r} must be enabled before {self.name!r}, is not; enable it first")

    def disable(self, why: str) -> None:
        """Let the baseline answer, here and in everything that needs this; the next call is answered by it."""
        with _transition:
            for other in list(REGISTRY.values()):
                if self.name in other.needs and other.enabled:
                    other.disable(why=f"needs {self.name!r}: {why}")
            self._enabled, self.reason = False, why
            self._bind()

    def _bind(self) -> None:
        usual = self.candidate if self._enabled else self.baseline
        self._answer = self._look if self._forcing else usual

    def _look(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Answer with what this thread or task forces, if it does."""
        side = _forced.get().get(self.name, "candidate" if self._enabled else "baseline")
        return (self.candidate if side == "candidate" else self.baseline)(*args, **kwargs)

    def _cases(self) -> tuple[Case, ...]:
        if not self.inputs:
            raise ParameterError(f"{self.name!r} must have cases to be proved on, has none; give inputs=[case(...)]")
        return self.inputs

    def _verify(self, each: Case, edge_cases: bool | Collection[str]) -> list[Parity]:
        chosen = choose_edges(edge_cases)
        args, kwargs = each.inputs()
        plain = prove(self.baseline, self.candidate, args, kwargs, self.tolerance)
        parities = [dataclasses.replace(plain, case=each.name)]
        for name in chosen if parities[0].equal else ():
            args, kwargs = each.inputs()
            made = make_edge(name, args, kwargs)
            if made is None:
                break
            tolerance = tolerance_for(name, self.tolerance, made)
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # an empty slice warns; whether the answers agree is the question
                parity = prove(self.baseline, self.candidate, *made, tolerance, errors="match")
            parities.append(dataclasses.replace(parity, case=f"{each.name}, {name}"))
        return parities


def optimise(
    name: str,
    inputs: Sequence[Case] = (),
    tol: Tolerance = DEFAULT_TOLERANCE,
    tags: Collection[str] = (),
    *,
    pure: bool = True,
    needs: Sequence[str] = (),
) -> Callable[[Callable[P, R]], Optimisation[P, R]]:
    """Return a decorator that registers a plain function as the baseline of an `Optimisation`.

    Parameters
    ----------
    name : str
        Unique among all optimisations.
    inputs : sequence of Case
        What baseline and candidate are proved and compared on.
    tol : Tolerance, default ``Tolerance(rtol=1e-9)``
        How far floats may differ.
    tags : collection of str
        For choosing.
    pure : bool, default True
        Whether a call may be made twice: no I/O, no random state.
    needs : sequence of str
        Registered optimisations that must be enabled before this one.

    Raises
    ------
    ParameterError
        If the name belongs to another function, or `needs` holds an unknown name or leads back here.

    Examples
    --------
    >>> @optimise("docs.total", inputs=[case("three", lambda: np.array([1.0, 2.0, 3.0]))])
    ... def total(x):
    ...     return sum(x.tolist())
    >>> @total.optimised
    ... def total_fast(x):
    ...     return float(x.sum())
    >>> total.enable(edge_cases=False)
    >>> total(np.array([1.0, 2.0])), total.enabled
    (3.0, True)
    >>> REGISTRY.pop("docs.total").disable(why="the example ends")
    """
    if not isinstance(name, str) or not name:
        raise ParameterError(f"name must be a string that is not empty, got {name!r}")
    if isinstance(needs, str):
        raise ParameterError(f"needs must be a sequence of names, got {needs!r}; write ({needs!r},)")
    names = [each.name for each in inputs]
    if len(set(names)) != len(names):
        raise ParameterError(f"cases of {name!r} must have different names, got {names!r}")

    def register(baseline: Callable[P, R]) -> Optimisation[P, R]:
        with _transition:
            known = REGISTRY.get(name)
            if known is not None and _place(known.baseline) != _place(baseline):
                raise ParameterError(
                    f"optimisation {name!r} must belong to one function, belongs to {_place(known.baseline)!r} and got"
                    f" {_place(baseline)!r}; choose another name"
                )
            for need in needs:
                _refuse_cycle(name, need, (name,))
            if known is not None:
                known.disable(why="its code was defined again")
            made = Optimisation(name, baseline, inputs=inputs, tolerance=tol, tags=tags, pure=pure, needs=needs)
            made._forcing = 0 if known is None else known._forcing
            made._bind()
            REGISTRY[name] = made
        return made

    return register


def _refuse_cycle(name: str, need: str, path: tuple[str, ...]) -> None:
    if need == name:
        raise ParameterError(
            f"needs must not lead back to {name!r}, got {' -> '.join((*path, need))}; drop one of them"
        )
    for further in REGISTRY[need].needs:
        _refuse_cycle(name, further, (*path, need))


def _place(work: Callable[..., Any]) -> str:
    return f"{getattr(work, '__module__', '?')}:{getattr(work, '__qualname__', type(work).__qualname__)}"


@contextmanager
def force(name: str, side: AnySide) -> Iterator[None]:
    """Let one side answer within the block, in this thread or task alone, whatever is enabled.

    Parameters
    ----------
    name : str
        A registered optimisation.
    side : {"baseline", "candidate"}
        Who answers.

    Examples
    --------
    >>> @optimise("docs.half")
    ... def half(x):
    ...     return x / 2
    >>> with force("docs.half", "baseline"):
    ...     half(3)
    1.5
    >>> _ = REGISTRY.pop("docs.half")
    """
    if side not in get_args(AnySide):
        raise one_of("side", get_args(AnySide), side)
    REGISTRY[name]  # an unknown name is an error
    if side == "candidate":
        _ = REGISTRY[name].candidate
    token = _forced.set({**_forced.get(), name: side})
    _count_forcing(name, 1)
    try:
        yield
    finally:
        _forced.reset(token)
        _count_forcing(name, -1)


def _count_forcing(name: str, change: int) -> None:
    with _transition:
        if name in REGISTRY:
            REGISTRY[name]._forcing += change
            REGISTRY[name]._bind()
