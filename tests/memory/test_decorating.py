"""Decorators on functions, methods and coroutines, alone and stacked with others."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quantperf.errors import ParameterError, Unkeyable
from quantperf.memory import cache_result, cache_technical_analysis, caches
from quantperf.memory.cache import Cache
from quantperf.memory.keys import LASTING, content_key

WAIT = 20.0


@pytest.fixture
def cache() -> Cache:
    return Cache("test")


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    caches.clear()
    caches.reset_stats()


def bars() -> pd.DataFrame:
    return pd.DataFrame({"close": np.arange(100.0), "volume": 1.0}, index=pd.date_range("2024", periods=100))


def counted(function: Callable[..., Any]) -> tuple[Callable[..., Any], list[int]]:
    """Return a function that counts its calls, as a wrapper."""
    count = [0]

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        count[0] += 1
        return function(*args, **kwargs)

    return wrapper, count


def test_the_decorators_work_as_the_documentation_shows_them() -> None:
    seen = []

    @cache_result(cache_name="technical_analysis", ttl=600)
    def calculate_indicators(df: pd.DataFrame) -> pd.DataFrame:
        """Return indicators."""
        seen.append(1)
        return df.rolling(5).mean()

    @cache_technical_analysis
    def bare(df: pd.DataFrame) -> float:
        seen.append(2)
        return float(df["close"].iloc[-1])

    @cache_technical_analysis(ttl=300)
    def given(df: pd.DataFrame) -> float:
        seen.append(3)
        return float(df["close"].iloc[0])

    for _ in range(3):
        pd.testing.assert_frame_equal(calculate_indicators(bars()), bars().rolling(5).mean(), check_freq=False)
        assert (bare(bars()), given(bars())) == (99.0, 0.0)
    assert seen == [1, 2, 3]
    stats = caches.stats()["technical_analysis"]
    assert (stats.hits, stats.misses) == (6, 3)
    assert calculate_indicators.__name__ == "calculate_indicators"
    assert calculate_indicators.__doc__ == "Return indicators."
    assert list(inspect.signature(calculate_indicators).parameters) == ["df"]


def test_an_input_edited_in_place_is_computed_anew(cache: Cache) -> None:
    @cache_result(cache)
    def total(df: pd.DataFrame) -> float:
        return float(df["close"].sum())

    frame = bars()
    assert total(frame) == 4950.0
    frame.iloc[50, 0] = 0.0
    assert total(frame) == 4900.0


def test_arguments_by_place_name_and_default_are_one_key_and_types_are_not(cache: Cache) -> None:
    plain, count = counted(lambda x, window=14, *, width=2.0: (type(window).__name__, width))

    decorated = cache_result(cache)(plain)
    assert {decorated(1), decorated(1, 14), decorated(x=1, window=14), decorated(1, width=2.0)} == {("int", 2.0)}
    assert count == [1]
    assert decorated(1, 14.0) == ("float", 2.0)
    assert decorated(1, width=3.0) == ("int", 3.0)
    for wrong in (
        lambda: decorated(),
        lambda: decorated(1, x=1),
        lambda: decorated(1, 2, 3),
        lambda: decorated(1, y=2),
    ):
        with pytest.raises(TypeError):
            wrong()
    assert count == [3]


def test_open_argument_lists_are_part_of_the_key(cache: Cache) -> None:
    @cache_result(cache)
    def both(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    assert both(1, 2, a=3) == ((1, 2), {"a": 3}) == both(1, 2, a=3)
    assert both(1, a=3) != both(1, 2, a=3)
    assert both((1, 2)) == (((1, 2),), {})


def test_a_parameter_that_changes_nothing_can_be_ignored(cache: Cache) -> None:
    plain, count = counted(lambda x, progress=None: x)
    decorated = cache_result(cache, ignore=("progress",))(plain)
    assert [decorated(1, object()), decorated(1, progress=print), decorated(1)] == [1, 1, 1]
    assert count == [1]


# --------------------------------------------------------------------------------------------------- whose function


def test_trap_12_functions_of_one_name_and_of_other_code_have_entries_of_their_own(cache: Cache) -> None:
    class A:
        @staticmethod
        @cache_result(cache)
        def load(x: int) -> str:
            return "A"

    class B:
        @cache_result(cache)
        @staticmethod
        def load(x: int) -> str:
            return "B"

    def version(factor: int) -> Callable[[int], int]:
        @cache_result(cache)
        def scale(x: int) -> int:
            return x * factor

        return scale

    def by_name(function: Callable[..., Any]) -> str:
        return function.__name__

    assert by_name(A.load) == by_name(B.load)  # the defective key: the second gets the value of the first
    assert [A.load(1), B.load(1), A().load(1), B().load(1)] == ["A", "B", "A", "B"]
    assert [version(2)(10), version(3)(10), version(2)(10)] == [20, 30, 20]
    assert cache.stats().hits == 3


def test_what_a_function_captures_is_looked_at_when_it_is_called(cache: Cache) -> None:
    factor = 2

    @cache_result(cache)
    def scale(x: int) -> int:
        return x * factor

    assert scale(10) == 20
    factor = 3
    assert scale(10) == 30


def test_a_list_or_a_count_that_a_function_writes_to_is_none_of_its_inputs(cache: Cache) -> None:
    log, count = [], 0

    @cache_result(cache)
    def noted(x: int) -> int:
        nonlocal count
        count += 1
        log.append(x)
        return x

    assert [noted(1), noted(1), noted(2)] == [1, 1, 2]
    assert (log, count) == ([1, 2], 2)


def test_a_function_that_calls_itself_is_kept_at_every_step(cache: Cache) -> None:
    @cache_result(cache)
    def fibonacci(n: int) -> int:
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    assert fibonacci(25) == 75025
    assert cache.stats().misses == 26


def test_a_version_makes_new_entries(cache: Cache) -> None:
    def plain(x: int) -> int:
        return x

    assert [cache_result(cache, version=version)(plain)(5) for version in (1, 1, 2)] == [5, 5, 5]
    assert (cache.stats().misses, cache.stats().hits) == (2, 1)


# ---------------------------------------------------------------------------------------------------------- methods


class Prices:
    """Known by its symbol."""

    cache = Cache("prices")

    def __init__(self, symbol: str) -> None:
        self.symbol, self.count = symbol, 0

    def cache_key(self) -> str:
        return self.symbol

    @cache_result(cache)
    def load(self, days: int = 5) -> str:
        self.count += 1
        return f"{self.symbol} {days}"

    @classmethod
    @cache_result(cache)
    def known(cls) -> str:
        return cls.__name__

    @cache_result(cache)
    @classmethod
    def known_too(cls) -> str:
        return cls.__name__.lower()


class Futures(Prices):
    pass


class Anonymous:
    cache = Cache("anonymous")
    count = 0

    @cache_result(cache)
    def load(self) -> int:
        self.count += 1
        return self.count


@dataclass(frozen=True)
class Window:
    bars: int

    @cache_result(Prices.cache)
    def square(self) -> int:
        return self.bars**2


def test_trap_2_instances_that_say_what_they_are_share_and_those_that_do_not_are_computed() -> None:
    Prices.cache.clear()
    one, equal, other, future = Prices("A"), Prices("A"), Prices("B"), Futures("A")
    assert [each.load() for each in (one, equal, other, future, one)] == ["A 5", "A 5", "B 5", "A 5", "A 5"]
    assert [each.count for each in (one, equal, other, future)] == [1, 0, 1, 1]
    assert Prices.load.invalidate(equal, 5)
    assert one.load() == "A 5"
    assert one.count == 2

    assert repr(Anonymous()).split(" at ")[0] == repr(Anonymous()).split(" at ")[0]  # an address tells no content
    anonymous = Anonymous()
    assert [anonymous.load(), anonymous.load()] == [1, 2]
    stats = Anonymous.cache.stats()
    assert stats.bypassed == 2
    assert "cache_key" in next(iter(stats.reasons))


def test_class_methods_frozen_records_and_subclasses() -> None:
    assert [Prices.known(), Futures.known(), Prices.known()] == ["Prices", "Futures", "Prices"]
    assert [Prices.known_too(), Futures("x").known_too()] == ["prices", "futures"]
    assert [Window(3).square(), Window(4).square(), Window(3).square()] == [9, 16, 9]


# ------------------------------------------------------------------------------------------------------- coroutines


def test_coroutines_are_awaited_once_and_shared(cache: Cache) -> None:
    count = 0

    @cache_result(cache)
    async def fetch(symbol: str) -> list[str]:
        nonlocal count
        count += 1
        await asyncio.sleep(0.01)
        return [symbol]

    async def ask() -> list[Any]:
        return await asyncio.gather(*(fetch("A") for _ in range(50)), fetch("B"))

    assert inspect.iscoroutinefunction(fetch)
    answers = asyncio.run(ask())
    assert answers == [["A"]] * 50 + [["B"]]
    answers[0].append("edited")
    assert asyncio.run(fetch("A")) == ["A"]
    assert (count, cache.stats().coalesced, cache.stats().hits) == (2, 49, 1)
    assert fetch.invalidate("A")


def test_a_coroutine_whose_arguments_have_no_key_is_awaited_each_time(cache: Cache) -> None:
    @cache_result(cache)
    async def fetch(x: object) -> int:
        return 1

    assert [asyncio.run(fetch(object())) for _ in range(2)] == [1, 1]
    assert cache.stats().bypassed == 2

    @cache_result(cache, ttl=0)
    async def always() -> int:
        return 1

    assert asyncio.run(always()) == 1
    assert cache.stats().bypassed == 3


def test_fifty_threads_compute_once(cache: Cache) -> None:
    begun, go = threading.Event(), threading.Event()
    count = [0]

    @cache_result(cache, ignore=("how",))
    def slow(frame: pd.DataFrame, how: Any = None) -> float:
        count[0] += 1
        begun.set()
        assert go.wait(WAIT)
        return float(frame["close"].sum())

    with ThreadPoolExecutor(50) as pool:
        answers = [pool.submit(slow, bars(), begun) for _ in range(50)]
        assert begun.wait(WAIT)
        while sum(flight.callers for flight in list(cache._flights._flights.values())) < 50:
            threading.Event().wait(0.001)
        go.set()
        assert {answer.result(WAIT) for answer in answers} == {4950.0}
    assert count == [1]
    assert cache.stats().coalesced == 49


# ------------------------------------------------------------------------------------------------------------ stacks


class Tool:
    """What a decorator holds besides its options; it may say what it changes in a result."""

    def __init__(self, mode: str) -> None:
        self.cache_key = mode


def narrowing(mode: str, tool_of: Callable[[str], Any] = Tool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator with an option, as others of the stack are."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        tool = tool_of(mode)

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            assert tool is not None
            return function(*args, **kwargs), mode

        return wrapper

    return decorate


def stacked(cache: Cache, mode: str, width: int) -> Callable[..., Any]:
    @cache_result(cache)
    @narrowing(mode)
    @narrowing("outer")
    def compute(x: int) -> int:
        return x * width

    return compute


def test_decorators_below_are_part_of_the_function_with_their_options(cache: Cache) -> None:
    assert stacked(cache, "lossless", 2)(1) == ((2, "outer"), "lossless")
    assert stacked(cache, "compact", 2)(1) == ((2, "outer"), "compact")
    assert stacked(cache, "lossless", 3)(1) == ((3, "outer"), "lossless")
    assert stacked(cache, "lossless", 2)(1) == ((2, "outer"), "lossless")
    assert (cache.stats().misses, cache.stats().hits) == (3, 1)


def test_decorators_below_that_do_not_say_what_they_hold_are_each_their_own(cache: Cache) -> None:
    def plain(x: int) -> int:
        return x

    below = [narrowing("lossless", lambda _: object())(plain) for _ in range(2)]
    kept = [cache_result(cache)(function) for function in below]
    assert [function(1) for function in (*kept, *kept)] == [(1, "lossless")] * 4
    assert (cache.stats().misses, cache.stats().hits) == (2, 2)


def test_a_decorator_below_that_only_looks_on_says_so() -> None:
    def watched() -> Callable[..., Any]:
        work = narrowing("lossless", lambda _: object())(bars)
        work.cache_key = "watch"  # type: ignore[attr-defined]
        return work

    assert content_key(watched(), LASTING) == content_key(watched(), LASTING)
    with pytest.raises(Unkeyable):
        content_key(narrowing("lossless", lambda _: object())(watched()), LASTING)


def test_a_kept_function_can_be_wrapped_and_kept_again(cache: Cache) -> None:
    @cache_result(cache)
    @narrowing("lossless")
    @cache_result(cache, version=3)
    def inner(x: int) -> int:
        return x

    assert [inner(1), inner(1)] == [(1, "lossless")] * 2
    assert cache.stats().bypassed == 0
    content_key(inner, LASTING)


def test_a_wrapper_says_what_it_wraps_and_can_be_cleared(cache: Cache) -> None:
    @cache_result(cache, errors=(LookupError,), error_ttl=5, stale=5)
    def f(x: int) -> int:
        return x

    assert (f.uncached(1), f(1), f(1), f.cache is cache) == (1, 1, 1, True)
    assert f.stats().hits == 1
    assert (f.invalidate(1), f.invalidate(1), f.clear()) == (True, False, 0)


# ------------------------------------------------------------------------------------------------------------- misuse


def factory(name: str, ttl: int = 60) -> Callable[..., Any]:
    """Return a decorator for anything: the defective way."""

    def decorate(function: Any) -> Callable[..., Any]:
        return lambda *args: function(*args)

    return decorate


def generator() -> Iterator[int]:
    yield 1


async def agenerator() -> Any:
    yield 1


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda: cache_result(bars()), "takes the name of a cache and returns a decorator, got a value of type DataFr"),
        (lambda: cache_result(len), "got the function itself"),
        (lambda: cache_result("technical_analysis")(bars()), "a decorator takes a function, got a value of type DataF"),
        (lambda: cache_technical_analysis(bars()), "a decorator takes a function, got a value of type DataFrame"),
        (lambda: cache_technical_analysis(Prices), "a decorator takes a function, got a value of type type"),
        (lambda: cache_result("prices"), "unknown cache 'prices'"),
        (lambda: cache_result("news", ttl=-1), "ttl must be a number of seconds"),
        (lambda: cache_result("news", ttl="latest"), "ttl must be seconds or a kind of result that 'news' knows"),
        (lambda: cache_result("news", ignore="x")(lambda x: x), "ignore must name parameters"),
        (lambda: cache_result("news", ignore=("y",))(lambda x: x), "ignore must name parameters"),
        (lambda: cache_result("news")(generator), "must return them whole, generator yields"),
        (lambda: cache_result("news")(agenerator), "must return them whole, agenerator yields"),
    ],
)
def test_trap_4_a_decorator_that_is_given_the_data_says_so(misuse: Callable[[], Any], message: str) -> None:
    assert callable(factory(bars()))  # type: ignore[arg-type]  # nobody notices that this is no result
    with pytest.raises(ParameterError, match=message):
        misuse()


def test_an_argument_without_end_is_computed_and_counted(cache: Cache) -> None:
    endless: list[Any] = []
    endless.append(endless)

    @cache_result(cache)
    def length(x: list[Any]) -> int:
        return len(x)

    assert length(endless) == 1
    assert cache.stats().bypassed == 1


def test_kinds_of_results_have_their_times() -> None:
    @cache_result("price_data", ttl="latest")
    def latest(symbol: str) -> float:
        return 1.0

    latest("A")
    entry = next(iter(caches["price_data"]._shelf._held.values()))
    assert 57.0 <= entry.ends - caches["price_data"].clock.monotonic() <= 60.0
