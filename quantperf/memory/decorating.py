"""Decorators that keep the results of functions, methods and coroutines."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Collection, Hashable
from typing import Any, Protocol, TypeVar, cast, overload

from quantperf.errors import ParameterError, Unkeyable
from quantperf.memory.cache import Cache
from quantperf.memory.disk import place_of
from quantperf.memory.keys import LASTING, QUICK, Digest, content_key, data_captured
from quantperf.memory.named import caches, seconds_of
from quantperf.memory.statistics import CacheStats

__all__ = ["Cached", "cache_result", "cache_technical_analysis"]

F = TypeVar("F", bound=Callable[..., Any])


class Cached(Protocol):
    """What a decorated function has besides being one."""

    cache: Cache
    uncached: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what is kept for these arguments, or compute it."""

    def invalidate(self, *args: Any, **kwargs: Any) -> bool:
        """Forget the result for these arguments; return whether there was one."""

    def clear(self) -> int:
        """Forget everything in the cache, results of other functions too; return how many entries that were."""

    def stats(self) -> CacheStats:
        """Return what the cache holds and has done."""


def cache_result(
    cache_name: str | Cache,
    ttl: float | str | None = None,
    *,
    stale: float | None = None,
    errors: tuple[type[Exception], ...] | None = None,
    error_ttl: float | None = None,
    ignore: Collection[str] = (),
    version: Hashable = None,
) -> Callable[[F], F]:
    """Return a decorator that keeps what a function returns, by the content of its arguments.

    Equal calls that come while one is computed wait for it. What callers get is theirs: arrays cannot be written to, an
    edit of a frame or a list stays with the one who made it. None is kept, errors are not.

    Parameters
    ----------
    cache_name : str or Cache
        One of `caches`, such as ``"technical_analysis"``, or a cache of your own.
    ttl : float or str, optional
        Seconds that a result lives, or a kind of result that the cache knows, such as ``"latest"`` of ``"price_data"``;
        by default the time of the cache. 0 keeps nothing.
    stale : float, optional
        Seconds after `ttl` in which the old result is given while one computation renews it.
    errors : tuple of exception types, optional
        Errors to keep, for `error_ttl` seconds.
    ignore : collection of str
        Parameters that change nothing in the result, such as a progress bar.
    version : hashable
        Something that changes when results must be computed anew: what the function reads besides its arguments (global
        names, files, other functions) is not seen.

    Returns
    -------
    callable
        A decorator for functions, methods, class methods, static methods and coroutine functions. The wrapper has
        ``cache``, ``invalidate(*args)``, ``clear()``, ``stats()`` and ``uncached``, the plain function. Of a method,
        give the object first: ``Prices.load.invalidate(prices, "AAPL")``.

    Raises
    ------
    ParameterError
        If it is used in another way, or a parameter is out of bounds.

    Notes
    -----
    The key is the function (module, qualified name, code, defaults, what it captures) and the content of all arguments,
    defaults included; see `quantperf.memory.keys.content_key`. Captured numbers, texts, arrays and frames are looked at
    in each call, captured lists, dicts and objects in the first alone: functions write to those.

    Arguments that cannot be known by their content are computed each time and counted as bypassed, with the reason. An
    object whose method is decorated is known by an attribute or a method ``cache_key`` of its class; it must name all
    that its results depend on.

    Examples
    --------
    >>> import pandas as pd
    >>> @cache_result(cache_name="technical_analysis", ttl=600)
    ... def mean_close(df):
    ...     print("computing")
    ...     return float(df["close"].mean())
    >>> bars = pd.DataFrame({"close": [1.0, 2.0, 3.0]})
    >>> mean_close(bars), mean_close(bars.copy())
    computing
    (2.0, 2.0)
    >>> mean_close.invalidate(bars)
    True
    """
    if not isinstance(cache_name, (str, Cache)):
        given = "the function itself" if callable(cache_name) else f"a value of type {type(cache_name).__name__}"
        raise ParameterError(
            f"cache_result takes the name of a cache and returns a decorator, got {given}; write "
            '@cache_result(cache_name="technical_analysis") above the function'
        )
    cache = cache_name if isinstance(cache_name, Cache) else caches[cache_name]
    options = {"ttl": seconds_of(cache.name, ttl), "stale": stale, "errors": errors, "error_ttl": error_ttl}
    cache.policy_with(**options)  # type: ignore[arg-type]
    content_key(version)

    def decorate(function: F) -> F:
        if isinstance(function, (classmethod, staticmethod)):
            return type(function)(decorate(function.__func__))
        _refuse_what_has_no_result(function)
        return cast("F", _wrapped(function, cache, options, ignore, version))

    return decorate


@overload
def cache_technical_analysis(function: F, /) -> F: ...
@overload
def cache_technical_analysis(function: None = None, /, **options: Any) -> Callable[[F], F]: ...
def cache_technical_analysis(function: Any = None, /, **options: Any) -> Any:
    """Keep what a function returns in the cache ``"technical_analysis"``; with or without arguments.

    Parameters
    ----------
    function : callable, optional
        Where it stands without arguments.
    **options
        Those of `cache_result`, such as ``ttl=300``.

    Examples
    --------
    >>> @cache_technical_analysis
    ... def double(x):
    ...     return 2 * x
    >>> @cache_technical_analysis(ttl=300)
    ... def triple(x):
    ...     return 3 * x
    >>> double(2), triple(2), double.cache.name
    (4, 6, 'technical_analysis')
    """
    decorate = cache_result("technical_analysis", **options)
    return decorate if function is None else decorate(function)


def _refuse_what_has_no_result(function: Any) -> None:
    if not callable(function) or isinstance(function, type):
        raise ParameterError(
            f"a decorator takes a function, got a value of type {type(function).__name__}; put it above the def, and "
            "call what it is above"
        )
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ParameterError(
            f"a function whose results are kept must return them whole, {function.__qualname__} yields; return a list"
        )


class _Arguments:
    """How arguments become a key."""

    def __init__(self, function: Callable[..., Any], ignore: Collection[str], version: Hashable) -> None:
        self._function = function
        self._signature = inspect.signature(function)
        parameters = list(self._signature.parameters.values())
        unknown = set(ignore) - {each.name for each in parameters}
        if isinstance(ignore, str) or unknown:
            raise ParameterError(f"ignore must name parameters of the function, got {ignore!r}")
        self._ignored = frozenset(ignore)
        simple = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        self._simple = all(each.kind in simple for each in parameters)
        self._positional = [each.name for each in parameters if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
        self._names = [each.name for each in parameters]
        self._kept = [name for name in self._names if name not in self._ignored]
        self._defaults = {each.name: each.default for each in parameters if each.default is not each.empty}
        self._version = version
        self._identities: dict[bool, Hashable] = {}
        inner = inspect.unwrap(function)
        self._inner = inner if isinstance(inner, types.FunctionType) and inner.__closure__ else None

    def cache_key(self) -> Hashable:
        """Return what tells these arguments from others of the same function, for who wraps the wrapper."""
        return (tuple(sorted(self._ignored)), self._version)

    def key(self, args: tuple[Any, ...], kwargs: dict[str, Any], digest: Digest) -> Hashable:
        """Return the key of a call.

        Raises
        ------
        Unkeyable
            If an argument cannot be known by its content.
        TypeError
            If the function cannot be called like this.
        """
        values = self._bound(args, kwargs)
        try:
            return (
                self._identity(digest),
                None if self._inner is None else self._captured(self._inner, digest),
                *[content_key(values[name], digest) for name in self._kept if name in values],
            )
        except RecursionError:
            raise Unkeyable("a key is made of content, and an argument that holds itself has no end") from None

    def _captured(self, inner: types.FunctionType, digest: Digest) -> Hashable:
        return tuple(content_key(cell.cell_contents, digest) for cell in data_captured(inner))

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        # inspect.Signature.bind takes 4 us for two arguments; this 0.6.
        if self._simple and len(args) <= len(self._positional):
            values = {**self._defaults, **dict(zip(self._positional, args, strict=False)), **kwargs}
            twice = any(name in kwargs for name in self._positional[: len(args)])
            if not twice and len(values) == len(self._names) and all(name in values for name in self._names):
                return values
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.arguments

    def _identity(self, digest: Digest) -> Hashable:
        found = self._identities.get(digest.lasting)
        if found is None:
            made = (content_key(self._function, digest), content_key(self._version, digest))
            found = self._identities.setdefault(digest.lasting, made)  # of threads that come at once, the first's
        return found


def _wrapped(
    function: Callable[..., Any], cache: Cache, options: dict[str, Any], ignore: Collection[str], version: Hashable
) -> Any:
    arguments = _Arguments(function, ignore, version)

    def place(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes | None:
        try:
            return place_of(arguments.key(args, kwargs, LASTING))
        except Unkeyable:
            return None  # such as a class made in a function: known in this process alone

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def answer_async(*args: Any, **kwargs: Any) -> Any:
            began = cache.clock.monotonic()
            try:
                key = arguments.key(args, kwargs, QUICK)
            except Unkeyable as error:
                cache.count_bypass(str(error))
                return await function(*args, **kwargs)
            return await cache.answer_async(
                key,
                lambda: function(*args, **kwargs),
                cache.policy_with(**options),
                began,
                lambda: place(args, kwargs),
            )

        wrapper: Any = answer_async
    else:

        @functools.wraps(function)
        def answer(*args: Any, **kwargs: Any) -> Any:
            began = cache.clock.monotonic()
            try:
                key = arguments.key(args, kwargs, QUICK)
            except Unkeyable as error:
                cache.count_bypass(str(error))
                return function(*args, **kwargs)
            return cache.answer(
                key,
                lambda: function(*args, **kwargs),
                cache.policy_with(**options),
                began,
                lambda: place(args, kwargs),
            )

        wrapper = answer

    def invalidate(*args: Any, **kwargs: Any) -> bool:
        return cache.remove(arguments.key(args, kwargs, QUICK))

    wrapper.cache, wrapper.uncached = cache, function
    wrapper.invalidate, wrapper.clear, wrapper.stats = invalidate, cache.clear, cache.stats
    return wrapper
