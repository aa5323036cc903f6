"""An entry of the catalogue: what is known of one indicator, and its call for series, tables, frames and panels."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from quantperf.errors import ParameterError, did_you_mean, one_of
from quantperf.indicators import docs, fast, policies, rim, run
from quantperf.indicators.parameters import Bounds, Parameter
from quantperf.indicators.plan import FloatArray, Plan
from quantperf.kernels import layout
from quantperf.kernels._jit import source_stamp
from quantperf.kernels.candles import UNKNOWN
from quantperf.market.bars import Panel

if TYPE_CHECKING:
    from quantperf.indicators.stream import Stream

SETTLED = 1e-9  # what `attrs["settled_from"]` of a result means by settled


@dataclass(frozen=True, slots=True)
class TaLib:
    """A TA-Lib function that this indicator answers.

    Attributes
    ----------
    name : str
        TA-Lib's name of it.
    params : dict
        TA-Lib's names of parameters, each with ours and TA-Lib's default.
    outputs : tuple of str, optional
        Which of our outputs it gives; all by default.
    inputs : tuple of str, optional
        TA-Lib's names of the inputs; by default ours, and "real" for the close alone.
    names : tuple of str, optional
        TA-Lib's names of the outputs; by default ours, and "real" or "integer" for one alone.
    group : str, optional
        TA-Lib's group, where it is not that of the family.
    whole : bool or tuple of str, default False
        Whether it gives whole numbers where we give floats, or for which of our outputs it does.
    ignores : tuple of str, optional
        Parameters that it takes and does not read.
    """

    name: str
    params: Mapping[str, tuple[str | None, float | int]] = field(default_factory=dict)
    outputs: tuple[str, ...] | None = None
    inputs: tuple[str, ...] | None = None
    group: str | None = None
    whole: bool | tuple[str, ...] = False
    names: tuple[str, ...] | None = None
    ignores: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One use of an indicator with its parameters checked: what batch, panel and live all run."""

    params: dict[str, float | int]
    convention: str
    policy: policies.Policy
    plan: Plan
    lookbacks: tuple[int, ...]
    column: FloatArray
    masked: float | None = None  # what counts as settled, where unsettled values are to be unknown
    unsettled: int = 0  # bars of each symbol before its first settled one, where `masked`

    def start(self, lanes: int) -> FloatArray:
        """Return the state before the first bar."""
        return self.column.copy() if lanes == 1 else np.repeat(self.column, lanes, axis=1)


class Indicator:
    """An indicator of the catalogue: callable on series, tables, frames and panels, and streamable.

    Attributes
    ----------
    name, family : str
        Its name in `quantperf`, and the module of its family.
    inputs, outputs : tuple of str
        What it reads, and what it gives.
    columns : tuple of str
        The columns of bars that a Panel or a frame of bars gives for the inputs; mostly named as they are.
    params : dict of str to Parameter
        Parameters with defaults and bounds.
    conventions : tuple of str
        Conventions that it has; the first is the default.
    reference : callable
        The plain version, which the laws and the report compare with.
    span : callable
        Number of bars whose value one missing bar makes unknown, under ``nan="local"``. 1: only itself, and to all
        other bars it is as if it had not been.
    talib : tuple of TaLib
        TA-Lib's functions that it answers.
    degree : tuple of int, or None
        Power with which the outputs follow the unit of prices, and that of volumes; None if they do not so.
    domain : tuple of float, or None
        Between which numbers inputs must lie for an answer, if not all will do.
    tells : bool
        Whether its kernel takes infinite values for missing by itself, and shows them as unknown in its last output;
        true of all that read several columns.
    """

    def __init__(
        self,
        function: Callable[..., Plan],
        *,
        inputs: Sequence[str],
        returns: type | None,
        bounds: Mapping[str, Bounds],
        conventions: Sequence[str],
        reference: Callable[..., Any],
        lookback: Callable[..., int | tuple[int, ...]],
        settle: Callable[..., float] | None,
        span: Callable[..., int],
        dtype: type,
        degree: tuple[int, int] | None,
        talib: Sequence[TaLib],
        columns: Sequence[str] | None,
        domain: tuple[float, float] | None,
    ) -> None:
        self.name = function.__name__
        self.family = function.__module__.rpartition(".")[2]
        self.inputs = tuple(inputs)
        self.columns = tuple(columns or inputs)
        self.returns = returns
        self.outputs: tuple[str, ...] = returns._fields if returns is not None else (self.name,)  # type: ignore[attr-defined]
        given = inspect.signature(function).parameters
        self.params: dict[str, Parameter] = {
            name: limits.named(name, given[name].default) for name, limits in bounds.items()
        }
        self.conventions = tuple(conventions)
        self.reference = reference
        self.span = span
        self.dtype = np.dtype(dtype)
        self.degree = degree
        self.domain = domain
        self.talib = tuple(talib)
        self.tells = len(self.inputs) > 1
        self.nothing: float | int = int(UNKNOWN) if self.dtype == np.int8 else np.nan
        self._plan = function
        self._lookback = lookback
        self._settle = settle
        self._calls: dict[Any, Call] = {}
        self._keywords = frozenset({*self.params, "convention", "nan", "mask_unsettled"})
        self.__doc__ = docs.complete(
            function.__doc__ or "", self.inputs, self.columns, self.params, self.dtype == np.int8
        )
        self.__name__ = self.__qualname__ = self.name
        self.__module__ = function.__module__
        self.__signature__ = self._signature()

    @property
    def doc(self) -> str:
        """The docstring."""
        return self.__doc__ or ""

    def __repr__(self) -> str:
        return f"<indicator {self.name}{self.__signature__}>"

    def __reduce__(self) -> str:
        return self.name  # as a global of the module that declares it

    def _signature(self) -> inspect.Signature:
        kind = inspect.Parameter
        parameters = [kind(name, kind.POSITIONAL_OR_KEYWORD) for name in self.inputs]
        if len(self.inputs) > 1:  # a panel or a frame of bars may stand for all inputs
            parameters = [parameters[0], *(p.replace(default=None) for p in parameters[1:])]
        parameters += [
            kind(name, kind.POSITIONAL_OR_KEYWORD, default=parameter.default) for name, parameter in self.params.items()
        ]
        parameters += [
            kind("nan", kind.KEYWORD_ONLY, default="local"),
            kind("convention", kind.KEYWORD_ONLY, default=self.conventions[0]),
            kind("mask_unsettled", kind.KEYWORD_ONLY, default=False),
            kind("mode", kind.KEYWORD_ONLY, default="exact"),
            kind("out", kind.KEYWORD_ONLY, default=None),
        ]
        return inspect.Signature(parameters)

    # ------------------------------------------------------------------------------------------------ parameters

    def resolve(self, values: Sequence[Any] = (), named: Mapping[str, Any] | None = None) -> Call:
        """Return the checked call for positional and named parameters; remembered, so a repeated call pays little."""
        named = named or {}
        key = (*values, *named.items(), *map(type, values), *map(type, named.values()))
        try:
            known = self._calls.get(key)
        except TypeError:  # an unhashable value will be refused by its check
            known = None
        if known is not None:
            return known
        call = self._check(values, dict(named))
        if len(self._calls) > 256:
            self._calls.clear()
        self._calls[key] = call
        return call

    def _check(self, values: Sequence[Any], named: dict[str, Any]) -> Call:
        for name in named:
            if name not in self._keywords:
                hint = did_you_mean(name, self._keywords) or f"; it is {self.name}{self.__signature__}"
                raise ParameterError(f"{self.name} has no parameter {name!r}{hint}")
        if len(values) > len(self.params):
            raise ParameterError(f"{self.name} takes at most {len(self.params)} parameters by place, got {len(values)}")
        policy = policies.policy(named.pop("nan", "local"))
        convention = named.pop("convention", self.conventions[0])
        if convention not in self.conventions:
            raise one_of(f"convention of {self.name}", self.conventions, convention)
        masked = _masked(named.pop("mask_unsettled", False))
        given = dict(zip(self.params, values, strict=False))
        for name in named:
            if name in given:
                raise ParameterError(f"{self.name} got {name} twice, by place and by name")
        given.update(named)
        params = {name: p.check(given.get(name, p.default)) for name, p in self.params.items()}
        plan = self._plan(**params, convention=convention)
        lookbacks = self.lookbacks(convention=convention, **params)
        unsettled = 0 if masked is None else self._finite_settle(masked, convention, params)
        return Call(params, convention, policy, plan, lookbacks, plan.column(), masked, unsettled)

    def _finite_settle(self, eps: float, convention: str, params: Mapping[str, Any]) -> int:
        settle = self.settle(eps, convention=convention, **params)
        if not math.isfinite(settle):
            raise ParameterError(
                f"{self.name} never settles, so mask_unsettled would leave no value: it remembers its first bar, "
                "however many follow; leave mask_unsettled out"
            )
        return math.ceil(settle)

    def lookbacks(self, *, convention: str | None = None, **params: Any) -> tuple[int, ...]:
        """Return, for each output, the bar of its first value (counted from 0)."""
        found = self._lookback(convention=self._convention(convention), **self._with_defaults(params))
        return found if isinstance(found, tuple) else (found,) * len(self.outputs)

    def lookback(self, *, convention: str | None = None, **params: Any) -> int:
        """Return the first bar (counted from 0) on which every output has a value.

        Examples
        --------
        >>> import quantperf as qp
        >>> qp.rsi.lookback(window=14), qp.macd.lookback()
        (14, 33)
        """
        return max(self.lookbacks(convention=convention, **params))

    def settle(self, eps: float = SETTLED, *, convention: str | None = None, **params: Any) -> float:
        """Return the bar from which on the choice of seed weighs less than `eps`; infinite if there is none.

        Running totals never forget their seed; stops forget it when they are hit, which no number of bars promises.

        Examples
        --------
        >>> import quantperf as qp
        >>> qp.sma.settle(1e-9, window=20), qp.ema.settle(1e-9, window=20)
        (19, 227)
        """
        if not 0.0 < eps < 1.0:
            raise ParameterError(f"eps must lie between 0 and 1, got {eps!r}")
        convention = self._convention(convention)
        checked = self._with_defaults(params)
        if self._settle is None:
            return self.lookback(convention=convention, **checked)
        return self._settle(eps=eps, convention=convention, **checked)

    def _convention(self, convention: str | None) -> str:
        if convention is not None and convention not in self.conventions:
            raise one_of(f"convention of {self.name}", self.conventions, convention)
        return convention or self.conventions[0]

    def _with_defaults(self, params: Mapping[str, Any]) -> dict[str, float | int]:
        for name in params:
            if name not in self.params:
                raise ParameterError(f"{self.name} has no parameter {name!r}{did_you_mean(name, self.params)}")
        return {name: p.check(params.get(name, p.default)) for name, p in self.params.items()}

    # ------------------------------------------------------------------------------------------------------ call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute; see the signature and the docstring of the indicator.

        Keywords of all: `nan`, what a missing bar means; `convention`; `mask_unsettled`, by which values are unknown
        until a symbol has had the whole bars after which its seed weighs less than that share (True: 1e-9); `out`.

        ``mode="fast"`` takes a recurrence over one very long series several times faster, equal within about 1e-13 and
        not to the bit; ``attrs["exact"]`` of a pandas result says whether it did.
        """
        out, mode = kwargs.pop("out", None), kwargs.pop("mode", "exact")
        data, values, named = self._split(args, kwargs)
        call = self.resolve(values, named)
        blocks, source = rim.take(self.inputs, data, self.columns)
        target = self._target(out, blocks, source)
        quick = fast.compute(self, call, blocks, target) if fast.wanted(self, call, mode) else None
        y, missing, infinite = quick or self.compute(call, blocks, target)
        if infinite:
            rim.warn_of_infinities(self.inputs, blocks)
        if out is not None:
            return self._filled(out, y, y is not target)
        if source is rim.LINE:
            return y[:, 0] if self.returns is None else self.returns(*y[:, :, 0])
        attrs = self._attrs(call, missing, y, quick is None) if source.kind in {"series", "frame"} else None
        if self.returns is None:
            return rim.wrap(y, source, self.name, attrs)
        wide = rim.Source(source.kind, source.index, source.columns, None, source.dtype)
        return self.returns(*(rim.wrap(y[i], wide, name, attrs) for i, name in enumerate(self.outputs)))

    def _split(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...], dict[str, Any]]:
        """Part what was given into data, parameters by place, and parameters by name."""
        count = len(self.inputs)
        if args and (isinstance(args[0], Panel) or (count > 1 and rim.is_bars(args[0]))):
            return args[:1], args[1:], kwargs
        if len(args) >= count:
            return args[:count], args[count:], kwargs
        missing = [name for name in self.inputs[len(args) :] if name not in kwargs]
        if missing:
            wanted = ", ".join(self.inputs)
            raise ParameterError(
                f"{self.name} needs {wanted} (or a Panel, or a frame of bars), but {', '.join(missing)} was not given"
            )
        named = dict(kwargs)
        return (*args, *(named.pop(name) for name in self.inputs[len(args) :])), (), named

    def compute(
        self, call: Call, blocks: Sequence[FloatArray], target: npt.NDArray[Any] | None = None
    ) -> tuple[npt.NDArray[Any], int, int]:
        """Return the outputs of blocks (bars, lanes) under the policy, and how many values were missing and infinite.

        The outputs are (bars, lanes) or (outputs, bars, lanes).
        """
        shape, lanes = blocks[0].shape, blocks[0].shape[1]
        if call.policy.kind == "local":
            if shape[0] <= min(call.lookbacks):  # too short for any value: no state, however wide the window
                return self.empty(shape, target, fill=True), *run.counts(blocks)
            y = self.empty(shape, target, symbol_major=run.symbol_major(call.plan, blocks, len(self.outputs)))
            told_after = call.lookbacks[-1] * lanes if self.tells else None
            found = run.over(call.plan, call.start(lanes), blocks, y, told_after)
            self._hide_unsettled(call, blocks, y)
            return y, *found
        found = run.counts(blocks)
        return self._under(call, [run.finite(run.time_major(block)) for block in blocks]), *found

    def _under(self, call: Call, blocks: Sequence[FloatArray]) -> npt.NDArray[Any]:
        """Return the outputs of finite blocks under any policy; most change blocks before, or results after."""

        def plainly(blocks: Sequence[FloatArray]) -> npt.NDArray[Any]:
            shape = blocks[0].shape
            if shape[0] <= min(call.lookbacks):
                return self.empty(shape, fill=True)
            y = self.advance(call, call.start(shape[1]), blocks)
            self._hide_unsettled(call, blocks, y)
            return y

        if call.policy.kind == "local":
            return plainly(blocks)
        if call.policy.kind == "raise":
            policies.refuse_missing(blocks, self.inputs, None)
            return plainly(blocks)
        if call.policy.kind == "ffill":
            return plainly([policies.filled(block, call.policy.bars) for block in blocks])
        if call.policy.kind == "skip":
            return policies.over_valid_bars(blocks, plainly, self.nothing)
        return policies.over_segments(blocks, call.policy.bars or 0, plainly, self.nothing)

    def _hide_unsettled(self, call: Call, blocks: Sequence[FloatArray], y: npt.NDArray[Any]) -> None:
        if call.masked is not None:
            policies.hide_unsettled(y, blocks, np.zeros(y.shape[-1], dtype=np.int64), call.unsettled, self.nothing)

    def into(self, call: Call, blocks: Sequence[FloatArray], y: npt.NDArray[np.float64]) -> None:
        """Compute finite C-ordered blocks under the policy into `y`, float64, C order; codes become numbers."""
        if call.policy.kind == "local" and self.dtype == np.float64 and y.shape[-2] > min(call.lookbacks):
            call.plan.kernel(call.start(y.shape[-1]), *blocks, *call.plan.params, y)
            self._hide_unsettled(call, blocks, y)
            return
        found = self._under(call, blocks)
        y[...] = found if found.dtype == np.float64 else np.where(found == self.nothing, np.nan, found)

    def advance(self, call: Call, state: FloatArray, blocks: Sequence[FloatArray]) -> npt.NDArray[Any]:
        """Run the kernel over finite C-ordered blocks from a state, which moves on; for live bars and policies."""
        y = self.empty(blocks[0].shape)
        call.plan.kernel(state, *map(run.read_only, blocks), *call.plan.params, y)
        return y

    def empty(
        self,
        shape: tuple[int, ...],
        target: npt.NDArray[Any] | None = None,
        fill: bool = False,
        symbol_major: bool = False,
    ) -> npt.NDArray[Any]:
        """Return room for the outputs of a block of this shape: `target` if there is one, else new."""
        if target is None:
            outputs = () if self.returns is None else (len(self.outputs),)
            if symbol_major:
                return np.empty((*outputs, *shape[::-1]), dtype=self.dtype).swapaxes(-1, -2)
            target = np.empty((*outputs, *shape), dtype=self.dtype)
        if fill:
            target[...] = self.nothing
        return target

    # ------------------------------------------------------------------------------------------------------- out

    def _target(self, out: Any, blocks: Sequence[FloatArray], source: rim.Source) -> npt.NDArray[Any] | None:
        """Check `out`, and return it as a block if the kernel can write straight into it."""
        if out is None:
            return None
        shape = blocks[0].shape
        outs = (out,) if self.returns is None else out
        if self.returns is not None and (not isinstance(out, tuple | list) or len(out) != len(self.outputs)):
            raise ParameterError(f"out must be {len(self.outputs)} arrays, one each for {', '.join(self.outputs)}")
        wanted = shape[:1] if source.kind not in {"table", "frame"} else shape
        for array in outs:
            if not isinstance(array, np.ndarray) or array.dtype != self.dtype or array.shape != wanted:
                what = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
                raise ParameterError(f"out must be an array of {self.dtype} and shape {wanted}, got {what}")
            if not array.flags.writeable:
                raise ParameterError("out must be writeable, got a read-only array")
        # A kernel reads bars again that it has already answered, so it must not write over its inputs.
        if self.returns is None and out.flags.c_contiguous and not any(np.may_share_memory(out, b) for b in blocks):
            block: npt.NDArray[Any] = out.reshape(shape)
            return block
        return None

    def _filled(self, out: Any, y: npt.NDArray[Any], copy: bool) -> Any:
        if copy and self.returns is None:
            out[...] = y.reshape(out.shape)
        elif copy:
            for array, values in zip(out, y, strict=True):
                array[...] = values.reshape(array.shape)
        return out

    def _attrs(self, call: Call, missing: int, y: npt.NDArray[Any], exact: bool) -> dict[str, Any]:
        """Return what a pandas result tells of itself; plain values, so that pandas can compare them."""
        settled = self.settle(SETTLED, convention=call.convention, **call.params)
        last = y if self.returns is None else y[int(np.argmax(call.lookbacks))]
        return {
            "indicator": self.name,
            "params": str(call.params),
            "convention": call.convention,
            "exact": exact,
            "nan": str(call.policy),
            "n_nan_in": int(missing),
            "first_valid": int(layout.first_known(last)) if self.dtype != np.int8 else self._first_code(last),
            "settled_from": settled if math.isfinite(settled) else None,
            "stamp": source_stamp(),
        }

    @staticmethod
    def _first_code(y: npt.NDArray[Any]) -> int:
        known = (y != UNKNOWN).any(axis=1)
        return int(known.argmax()) if known.any() else len(y)

    # ---------------------------------------------------------------------------------------------------- stream

    def stream(self, symbols: Sequence[str] | None = None, *, revisable: bool = True, **params: Any) -> Stream:
        """Return the live form: one symbol, or one state for many symbols that moves in one kernel call.

        Parameters
        ----------
        symbols : sequence of str, optional
            Symbols in the order of the rows that will come; without, the stream has one symbol and takes numbers.
        revisable : bool, default True
            Whether the last bar can be revised; it costs a copy of the bar, and of the state every few bars.
        **params
            Parameters of the indicator, `nan`, `convention` and `mask_unsettled`.

        Examples
        --------
        >>> import quantperf as qp
        >>> live = qp.sma.stream(window=2)
        >>> live.update(1.0), live.update(3.0), live.peek(9.0), live.update(5.0)
        (nan, 2.0, 6.0, 4.0)
        """
        from quantperf.indicators.stream import Stream

        if "mode" in params:
            raise ParameterError("mode must be left out of a stream: a live bar follows on the one before it, exactly")
        return Stream(self, symbols, revisable=revisable, **params)


def _masked(value: Any) -> float | None:
    """Return what `mask_unsettled` takes for settled; None where nothing is masked."""
    if isinstance(value, bool | np.bool_):
        return SETTLED if value else None
    if isinstance(value, numbers.Real) and 0.0 < float(value) < 1.0:
        return float(value)
    raise ParameterError(
        f"mask_unsettled must be True ({SETTLED:g}), False, or the share of the seed between 0 and 1, got {value!r}"
    )
