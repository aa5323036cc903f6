"""Many symbols at once: order, isolation, limits, retries, cancelling, and results that equal those of one alone."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import json
import signal
import threading
from collections import Counter
from contextlib import aclosing
from functools import partial
from typing import Any

import pandas as pd
import pytest

import quantperf as qp
from quantperf.analysis.analyses import Analyses, Failure
from quantperf.analysis.comprehensive import comprehensive
from quantperf.analysis.many import analyse_async, analysing
from quantperf.clock import ManualClock
from quantperf.transport.backoff import Backoff
from tests.analysis.loops import run

PANEL = qp.synthetic(symbols=12, bars=400, seed=7, late=0.4, missing=0.02)
FRAMES = {symbol: PANEL.frame(symbol) for symbol in PANEL.symbols}
EXPECTED = {symbol: comprehensive(frame, symbol=symbol) for symbol, frame in FRAMES.items()}
SYMBOLS = list(PANEL.symbols)


async def awaited(symbol: str) -> pd.DataFrame:
    await asyncio.sleep(0.05)
    return FRAMES[symbol]


class Awaitable:
    async def __call__(self, symbol: str) -> pd.DataFrame:
        return FRAMES[symbol]


SOURCES: dict[str, Any] = {
    "panel": PANEL,
    "mapping": FRAMES,
    "function": FRAMES.__getitem__,
    "coroutine function": awaited,
    "part of one": partial(awaited),
    "object": Awaitable(),
    "function of an awaitable": lambda symbol: awaited(symbol),
}


@pytest.mark.parametrize("how", ["auto", "serial", "threads", "panel"])
@pytest.mark.parametrize("source", list(SOURCES))
def test_every_source_and_way_gives_the_results_of_each_symbol_alone(source: str, how: Any) -> None:
    found = run(analyse_async(SYMBOLS, SOURCES[source], how=how, batch_size=4))
    assert dict(found) == EXPECTED
    assert list(found) == SYMBOLS
    assert not found.errors
    assert found.plan.how == how or how == "auto"
    assert sum(found.plan.symbols.values()) == len(SYMBOLS)


def test_a_panel_or_a_mapping_stands_for_its_symbols_and_the_sample_for_nothing() -> None:
    assert list(qp.analyse(PANEL)) == SYMBOLS
    assert list(qp.analyse(FRAMES)) == SYMBOLS
    assert list(qp.analyse()) == list(qp.sample().symbols)
    assert list(qp.analyse("IBM")) == ["IBM"]
    assert list(qp.analyse(SYMBOLS[:2], PANEL)) == SYMBOLS[:2]
    nothing = qp.analyse([])
    assert (len(nothing), len(nothing.errors), nothing.plan.why) == (0, 0, "nothing was computed")
    assert nothing.frame.empty


def test_results_come_as_they_are_ready_and_are_kept_in_the_order_asked_for() -> None:
    async def slower_first(symbol: str) -> pd.DataFrame:
        await asyncio.sleep(5.0 - SYMBOLS.index(symbol))
        return FRAMES[symbol]

    async def both() -> tuple[list[str], list[str]]:
        came = [symbol async for symbol, _ in analysing(SYMBOLS[:5], slower_first)]
        return came, list(await analyse_async(SYMBOLS[:5], slower_first))

    came, kept = run(both())
    assert came == SYMBOLS[4::-1]
    assert kept == SYMBOLS[:5]


def test_a_symbol_that_is_asked_for_twice_is_fetched_once() -> None:
    asked: Counter[str] = Counter()

    def counting(symbol: str) -> pd.DataFrame:
        asked[symbol] += 1
        return FRAMES[symbol]

    found = qp.analyse([*SYMBOLS[:3], *SYMBOLS[2::-1]], counting)
    assert asked == dict.fromkeys(SYMBOLS[:3], 1)
    assert found.asked == tuple(found) == tuple(SYMBOLS[:3])


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_no_more_requests_are_in_flight_than_the_limit_and_no_fewer_while_there_is_work(limit: int) -> None:
    flying, most = 0, 0

    async def counting(symbol: str) -> pd.DataFrame:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(1.0)
        flying -= 1
        return FRAMES[symbol]

    run(analyse_async(SYMBOLS, counting, limit=limit))
    assert (most, flying) == (limit, 0)


def spoiled(symbol: str) -> Any:
    """One source in which every symbol but two goes wrong in its own way."""
    frame = FRAMES[symbol]
    match SYMBOLS.index(symbol):
        case 1:
            raise ValueError("the vendor has no such symbol")
        case 2:
            return None
        case 3:
            return frame.drop(columns="close")
        case 4:
            return frame.iloc[::-1]
        case 5:
            return frame.iloc[:0]
        case 6:
            raise qp.DataError("bars are damaged")
        case 7:
            return frame.astype(str)
        case _:
            return frame


@pytest.mark.parametrize("how", ["serial", "threads", "panel"])
def test_what_goes_wrong_with_one_symbol_is_its_error_and_the_others_complete(how: Any) -> None:
    found = qp.analyse(SYMBOLS[:9], spoiled, how=how)
    assert dict(found) == {symbol: EXPECTED[symbol] for symbol in (SYMBOLS[0], SYMBOLS[8])}
    errors = {SYMBOLS.index(symbol): (failure.type, failure.attempts) for symbol, failure in found.errors.items()}
    assert errors == {1: ("ValueError", 1), **dict.fromkeys(range(2, 8), ("DataError", 1))}
    assert found.errors[SYMBOLS[1]].message == "the vendor has no such symbol"
    assert "frame of open, high, low and close" in found.errors[SYMBOLS[2]].message
    assert "got none" in found.errors[SYMBOLS[5]].message
    with pytest.raises(KeyError, match=f"no analysis of {SYMBOLS[1]}: ValueError after 1 attempt"):
        found[SYMBOLS[1]]
    assert found.get(SYMBOLS[1]) is None
    assert SYMBOLS[1] not in found


@pytest.mark.parametrize("source", [PANEL, FRAMES])
def test_an_unknown_symbol_names_what_there_is(source: Any) -> None:
    found = qp.analyse(["S000", "S0001", "other"], source)
    assert list(found) == ["S000"]
    assert "did you mean 'S000'" in found.errors["S0001"].message or "did you mean" in found.errors["S0001"].message
    assert "the source holds S000, S001" in found.errors["other"].message


def test_a_symbol_that_spoils_a_pass_of_the_kernels_fails_alone() -> None:
    bad = FRAMES[SYMBOLS[1]].index[-1], float(FRAMES[SYMBOLS[1]]["close"].iloc[-1])

    def picky(bars: pd.DataFrame) -> pd.DataFrame:
        if (bars.index[-1], bars["close"].iloc[-1]) == bad:
            raise RuntimeError("rule cannot be evaluated")
        return pd.DataFrame({"triggered_at": bars.index[-1:], "signal_type": ["last"], "direction": [1]})

    found = qp.analyse(SYMBOLS[:4], PANEL, how="panel", signals=picky)
    assert list(found) == [SYMBOLS[0], *SYMBOLS[2:4]]
    assert found.errors[SYMBOLS[1]].type == "RuntimeError"
    assert found[SYMBOLS[0]].signals == {"last": {"direction": 1}}


class Flaky:
    """Fails so many times for a symbol before it answers, and notes what it was paused for."""

    def __init__(self, failures: dict[str, int], error: type[Exception] = ConnectionError) -> None:
        self.left = dict(failures)
        self.error = error
        self.pauses: list[float] = []

    async def __call__(self, symbol: str) -> pd.DataFrame:
        if self.left.get(symbol, 0):
            self.left[symbol] -= 1
            raise self.error("not now")
        return FRAMES[symbol]

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


def test_errors_that_may_pass_are_tried_again_after_growing_pauses() -> None:
    source = Flaky({"S000": 3, "S001": 4, "S002": 1})
    found = run(analyse_async(SYMBOLS[:4], source, pause=source.pause, backoff=Backoff(first=1.0, most=3.0)))
    assert dict(found) == {symbol: EXPECTED[symbol] for symbol in ("S000", "S002", "S003")}
    assert found.errors["S001"].attempts == 4
    assert found.timings.symbols["attempts"].to_dict() == {"S000": 4, "S001": 4, "S002": 2, "S003": 1}
    assert len(source.pauses) == 3 + 3 + 1
    assert all(0.0 <= pause < 3.0 for pause in source.pauses)


def test_errors_that_will_not_pass_are_not_tried_again() -> None:
    source = Flaky({"S000": 1}, error=qp.DataError)
    found = run(analyse_async(SYMBOLS[:2], source, pause=source.pause))
    assert found.errors["S000"].attempts == 1
    assert not source.pauses


def test_pauses_follow_from_the_seed() -> None:
    def pauses(seed: int) -> list[float]:
        source = Flaky(dict.fromkeys(SYMBOLS[:3], 2))
        run(analyse_async(SYMBOLS[:3], source, pause=source.pause, seed=seed))
        return sorted(source.pauses)

    assert pauses(1) == pauses(1)
    assert pauses(1) != pauses(2)
    assert len(set(pauses(1))) == 6  # of each symbol its own


def test_the_pauses_of_sleep_are_time_of_the_loop_and_block_nobody() -> None:
    async def timed() -> tuple[float, Analyses]:
        loop = asyncio.get_running_loop()
        start = loop.time()
        source = Flaky({"S000": 2})
        found = await analyse_async(SYMBOLS[:3], source, backoff=Backoff(first=1000.0, most=1000.0), seed=1)
        return loop.time() - start, found

    passed, found = run(timed())
    assert passed > 10.0
    assert dict(found) == {symbol: EXPECTED[symbol] for symbol in SYMBOLS[:3]}


def test_an_attempt_that_takes_too_long_is_cancelled_and_tried_again() -> None:
    cancelled: Counter[str] = Counter()

    async def hanging(symbol: str) -> pd.DataFrame:
        if symbol == "S001":
            try:
                await asyncio.Event().wait()
            finally:
                cancelled[symbol] += 1
        return FRAMES[symbol]

    found = run(analyse_async(SYMBOLS[:3], hanging, timeout=30.0, retries=2))
    assert list(found) == ["S000", "S002"]
    assert cancelled == {"S001": 3}
    assert str(found.errors["S001"]) == "S001: TimeoutError after 3 attempts: no answer within 30 s"


def test_a_function_that_does_not_come_back_holds_its_thread_and_nobody_else() -> None:
    release = threading.Event()

    def hanging(symbol: str) -> pd.DataFrame:
        if symbol == "S001":
            release.wait()
        return FRAMES[symbol]

    try:
        found = qp.analyse(SYMBOLS[:4], hanging, timeout=0.02, retries=1, backoff=Backoff(first=0.0))
        assert list(found) == ["S000", "S002", "S003"]
        assert found.errors["S001"].type == "TimeoutError"
    finally:
        release.set()


def test_a_source_that_cancels_itself_is_a_failure_of_that_symbol() -> None:
    async def torn(symbol: str) -> pd.DataFrame:
        if symbol == "S001":
            raise asyncio.CancelledError("the session was closed")
        return FRAMES[symbol]

    found = run(analyse_async(SYMBOLS[:3], torn))
    assert list(found) == ["S000", "S002"]
    assert found.errors["S001"].type == "CancelledError"


def test_cancelling_cancels_what_is_in_flight_and_leaves_nothing_behind() -> None:
    entered: list[str] = []
    left: list[str] = []
    full = asyncio.Event()

    async def endless(symbol: str) -> pd.DataFrame:
        entered.append(symbol)
        if len(entered) == 4:
            full.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.append(symbol)
        return FRAMES[symbol]

    async def cancelled() -> None:
        task = asyncio.create_task(analyse_async(SYMBOLS, endless, limit=4))
        await full.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}
        gc.collect()

    run(cancelled())
    assert entered == sorted(left) == SYMBOLS[:4]


def test_leaving_the_loop_early_cancels_the_rest() -> None:
    left: list[str] = []

    async def mostly_endless(symbol: str) -> pd.DataFrame:
        try:
            await asyncio.sleep(0.0 if symbol == "S002" else 1e9)
        except asyncio.CancelledError:
            left.append(symbol)
            raise
        return FRAMES[symbol]

    async def first() -> Any:
        async with aclosing(analysing(SYMBOLS[:5], mostly_endless)) as results:
            async for symbol, result in results:
                return symbol, result
        raise AssertionError("nothing came")

    assert run(first()) == ("S002", EXPECTED["S002"])
    assert sorted(left) == ["S000", "S001", "S003", "S004"]


def test_each_result_and_failure_is_told_and_an_awaitable_answer_is_awaited() -> None:
    told: dict[str, Any] = {}

    async def note(symbol: str, result: Any) -> None:
        await asyncio.sleep(0)
        told[symbol] = result

    found = run(analyse_async(SYMBOLS[:3], spoiled, on_result=note))
    assert told == {"S000": EXPECTED["S000"], **found.errors}
    assert isinstance(told["S001"], Failure)
    plain: list[str] = []
    qp.analyse(SYMBOLS[:3], PANEL, on_result=lambda symbol, _: plain.append(symbol))
    assert sorted(plain) == SYMBOLS[:3]


def test_what_on_result_raises_ends_the_whole() -> None:
    def stop(symbol: str, _: Any) -> None:
        raise RuntimeError(f"enough at {symbol}")

    with pytest.raises(RuntimeError, match="enough at S000"):
        run(analyse_async(SYMBOLS, PANEL, on_result=stop))


def test_the_plain_call_works_where_a_loop_runs_already() -> None:
    async def cell() -> Analyses:
        return qp.analyse(SYMBOLS[:3], awaited)

    found = asyncio.run(cell())
    assert dict(found) == {symbol: EXPECTED[symbol] for symbol in SYMBOLS[:3]}

    async def bad() -> Analyses:
        return qp.analyse(SYMBOLS, PANEL, on_result=lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(bad())


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signal can be sent to a thread here")
def test_an_interrupt_cancels_what_runs_beside_a_loop_before_it_goes_on_up() -> None:
    left: list[str] = []
    main = threading.get_ident()

    async def interrupted(symbol: str) -> pd.DataFrame:
        signal.pthread_kill(main, signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            left.append(symbol)
        return FRAMES[symbol]

    async def cell() -> None:
        with pytest.raises(KeyboardInterrupt):
            qp.analyse(["S000"], interrupted)

    # A shell starts what it runs in the background with this signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            task = runner.get_loop().create_task(cell())
            runner.get_loop().run_until_complete(task)
    finally:
        signal.signal(signal.SIGINT, before)
    assert left == ["S000"]
    assert "quantperf-analyse" not in [thread.name for thread in threading.enumerate()]


def test_the_loop_goes_on_while_symbols_are_computed() -> None:
    gate = threading.Event()

    def held(bars: pd.DataFrame) -> pd.DataFrame:
        assert gate.wait(timeout=30.0)
        return pd.DataFrame({"triggered_at": bars.index[:0], "signal_type": []})

    async def beside() -> Analyses:
        task = asyncio.create_task(analyse_async(SYMBOLS[:2], PANEL, signals=held))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.01, gate.set)
        return await task

    assert list(asyncio.run(beside())) == SYMBOLS[:2]


def test_one_call_tells_its_plan_its_timings_and_a_table() -> None:
    clock = ManualClock(dt.datetime(2026, 1, 5, tzinfo=dt.UTC))
    found = qp.analyse([*SYMBOLS[:3], "none"], PANEL, clock=clock)
    assert found.made_at == clock.now()
    frame = found.frame
    assert frame.index.tolist() == SYMBOLS[:3]
    assert frame.loc["S001", "rsi"] == EXPECTED["S001"].indicators["rsi"]["current"]
    assert frame["sentiment"].dtype == "Int64"
    assert frame["sma_300"].dtype == "float64"
    table = found.timings.symbols
    assert list(table) == ["fetch", "pause", "compute", "attempts"]
    assert table.index.tolist() == [*SYMBOLS[:3], "none"]
    assert found.timings.waiting == pytest.approx(table["fetch"].sum() + table["pause"].sum())
    assert found.timings.wall > 0.0
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert (told["requested_symbols"], told["analyzed_symbols"]) == (4, 3)
    assert told["errors"]["none"]["type"] == "DataError"
    assert told["results"]["S000"]["current_price"] == EXPECTED["S000"].current_price
    assert repr(found).startswith("Analyses(3 of 4 symbols, 1 failed, ")
    page = found._repr_html_()
    assert "S001" in page
    assert "unknown symbol &#x27;none&#x27;" in page


def test_a_period_cuts_what_is_read_and_long_averages_say_so() -> None:
    found = qp.analyse(["IBM"], period="6mo")["IBM"]
    assert found == comprehensive(qp.sample("IBM").loc["2012-09-02":], symbol="IBM")
    assert found.missing["indicators.moving_averages.sma_200"] == f"needs 200 bars, has {found.bars}"
    numbered = {"A": FRAMES["S000"].reset_index(drop=True)}
    assert "got numbers; leave period out" in qp.analyse(numbered, period="1y").errors["A"].message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number from 1 to 20"),
        ({"limit": 11}, "limit must be a whole number from 1 to 10"),
        ({"retries": -1}, "retries must be"),
        ({"timeout": 0}, "timeout must be a number of seconds above 0"),
        ({"how": "processes"}, "how must be one of 'auto', 'serial', 'threads', 'panel'"),
        ({"convention": "other"}, "convention must be one of"),
        ({"period": "7mo"}, "period must be one of '1d'"),
        ({"seed": -1}, "seed must be"),
        ({"signals": ["gold"]}, "rules must be names of qp.signals.RULES"),
        ({"source": 3}, "source must be a Panel"),
        ({"source": FRAMES.get, "symbols": None}, "symbols must be told"),
        ({"symbols": ["A", 3]}, "symbols must be str"),
        ({"symbols": PANEL, "source": FRAMES}, "symbols hold bars already"),
    ],
)
def test_mistakes_are_refused_before_any_request(options: dict[str, Any], message: str) -> None:
    with pytest.raises(qp.ParameterError, match=message):
        qp.analyse(**{"symbols": SYMBOLS, "source": PANEL, **options})
    with pytest.raises(qp.ParameterError, match=message):
        analysing(**{"symbols": SYMBOLS, "source": PANEL, **options})
    with pytest.raises(TypeError, match="unexpected keyword"):
        qp.analyse(SYMBOLS, PANEL, batchsize=3)  # type: ignore[call-arg]


def test_the_package_hands_out_what_it_lists() -> None:
    from quantperf import analysis

    assert list(analysis.__all__) == sorted(analysis.__all__) == dir(analysis)
    assert all(getattr(analysis, name).__doc__ for name in analysis.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'anything'"):
        analysis.anything  # noqa: B018 - the look-up is the test
