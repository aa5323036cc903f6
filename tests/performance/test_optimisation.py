"""Optimisations: proved before they are let in, one name for one thing, taken back with the next call."""

import asyncio
import contextvars
import threading
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from quantperf.errors import ParameterError, ParityError
from quantperf.performance import EDGE_CASES, REGISTRY, case, force, optimise, tol


@pytest.fixture(autouse=True)
def _registry():
    known = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(known)


def prices(size=50, seed=1):
    return np.random.default_rng(seed).normal(100.0, 1.0, size)


FIFTY = (case("fifty", prices, size=50),)


def make(name="change", candidate=None, inputs=FIFTY, **options):
    """Return an optimisation of the change from bar to bar."""

    @optimise(name, inputs=inputs, **options)
    def change(values):
        """Return the change."""
        return np.array([float(right) - float(left) for left, right in pairwise(values)])

    change.optimised(candidate or (lambda values: np.diff(np.asarray(values, dtype=np.float64))))
    return change


def test_the_baseline_answers_until_the_candidate_is_proved():
    calls = []
    change = make(candidate=lambda values: calls.append(1) or np.diff(values.astype(np.float64)))
    change(prices())
    assert not calls
    assert not change.enabled
    change.enable()
    before = len(calls)
    change(prices())
    assert len(calls) == before + 1
    change.disable(why="by hand")
    change(prices())
    assert len(calls) == before + 1
    assert change.reason == "by hand"


def test_verify_proves_every_case_and_every_edge():
    found = make(inputs=[case("a", prices, seed=1), case("b", prices, seed=2)]).verify()
    assert [parity.case for parity in found] == [
        name for each in "ab" for name in (each, *(f"{each}, {edge}" for edge in EDGE_CASES))
    ]
    assert all(found)


@pytest.mark.parametrize(
    ("candidate", "edge"),
    [
        (lambda values: np.nan_to_num(np.diff(values)), "NaN first"),
        (lambda values: np.diff(np.where(np.isinf(values), 0.0, values)), "infinity in the middle"),
        (lambda values: np.diff(values) if len(values) else np.zeros(1), "empty"),
        (lambda values: np.diff(values) if len(values) != 1 else np.full(1, np.nan), "one bar"),
        (lambda values: np.diff(np.frombuffer(values.data)) if values.flags.c_contiguous else values[1:], "strided"),
        (lambda values: np.diff(np.require(values, requirements="W")) * _writeable(values), "read-only"),
        (lambda values: np.diff(values) if values.dtype == np.float64 else values[1:], "float32"),
    ],
)
def test_a_candidate_that_fails_on_an_edge_alone_is_found_there(candidate, edge):
    change = make(candidate=candidate)
    assert change.verify(edge_cases=False)[0].equal
    failing = [parity.case for parity in change.verify() if not parity.equal]
    assert f"fifty, {edge}" in failing
    assert change.verify(edge_cases=[edge])[1].equal is False
    assert change.compare(budget=0.01)[0].verdict == "different"


def _writeable(values):
    return 1.0 if values.flags.writeable else 2.0


def test_where_the_baseline_raises_the_candidate_must_raise_too():
    @optimise("first", inputs=[case("fifty", prices)])
    def first(values):
        return float(values[0])

    first.optimised(lambda values: float(values[0]) if len(values) else 0.0)
    failing = [parity for parity in first.verify() if not parity.equal]
    assert [parity.case for parity in failing] == ["fifty, empty"]
    assert failing[0].mismatch.reason == "before raised, after did not"


@pytest.mark.parametrize("kind", [pd.Series, lambda values: pd.DataFrame({"a": values, "b": values})])
def test_series_and_frames_have_edges_too(kind):
    @optimise("twice", inputs=[case("fifty", lambda: (kind(prices()), np.arange(50), 2))])
    def twice(frame, volume, factor):
        assert len(frame) == len(volume)
        return frame * factor

    twice.optimised(lambda frame, volume, factor: frame + frame)
    found = twice.verify()
    assert len(found) == 1 + len(EDGE_CASES)
    assert all(found)


def test_inputs_without_floats_have_no_edges():
    @optimise("length", inputs=[case("three", lambda: ([1, 2, 3],))])
    def length(values):
        return len(values)

    length.optimised(lambda values: sum(1 for _ in values))
    assert [parity.case for parity in length.verify()] == ["three"]


def test_enabling_what_differs_names_case_place_and_both_values():
    change = make(candidate=lambda values: np.diff(values) + 1e-3)
    with pytest.raises(ParityError, match=r"differs in case 'fifty' at result\[0\]: values differ: expected .*, got "):
        change.enable()
    assert not change.enabled
    assert "fifty" in change.reason


def test_the_declared_tolerance_is_used():
    assert make(candidate=lambda values: np.diff(values) + 1e-7, tol=tol(rtol=0.0, atol=1e-6)).verify(edge_cases=False)[
        0
    ]


def test_a_candidate_that_changes_its_input_is_not_let_in():
    def shifts(values):
        answer = np.diff(values)
        values += 1.0
        return answer

    with pytest.raises(ParityError, match=r"args\[0\]: after changed its input"):
        make(candidate=shifts).enable()


def test_compare_gives_a_comparison_for_each_case():
    change = make(inputs=[case("small", prices, size=50), case("large", prices, size=5_000)])
    found = change.compare(budget=0.02, memory=False)
    assert [comparison.case for comparison in found] == ["small", "large"]
    assert all(comparison.parity.equal and comparison.ratio is not None for comparison in found)
    assert found[0].labels == ("change baseline", "change candidate")


def test_a_case_hands_over_a_tuple_a_dict_or_one_value():
    assert case("a", lambda: (1, 2)).inputs() == ((1, 2), {})
    assert case("a", lambda: {"x": 1}).inputs() == ((), {"x": 1})
    assert case("a", lambda size, seed: size + seed, size=1, seed=0).inputs() == ((1,), {})


def test_one_name_belongs_to_one_function():
    make("taken")
    with pytest.raises(ParameterError, match="optimisation 'taken' must belong to one function"):
        optimise("taken")(prices)


def test_defining_the_same_function_again_replaces_it_and_starts_off():
    make("again").enable()
    assert not make("again").enabled
    assert not REGISTRY["again"].enabled


def test_another_candidate_needs_another_name():
    with pytest.raises(ParameterError, match="must have one candidate"):
        make().optimised(prices)


@pytest.mark.parametrize(
    ("name", "said"), [("chang", "did you mean 'change'"), ("zzz", "registered: "), (3, "registered: ")]
)
def test_an_unknown_name_is_answered_with_the_nearest(name, said):
    make()
    with pytest.raises(ParameterError, match=said):
        REGISTRY[name]
    assert name not in REGISTRY


def test_needs_must_be_known_and_must_not_lead_back():
    with pytest.raises(ParameterError, match="must be a registered name, got 'kernel'"):
        make("cache", needs=["kernel"])
    make("kernel")
    make("cache", needs=["kernel"])
    with pytest.raises(ParameterError, match="kernel -> cache -> kernel"):
        make("kernel", needs=["cache"])
    with pytest.raises(ParameterError, match="write \\('kernel',\\)"):
        make("other", needs="kernel")


def test_nothing_is_enabled_above_its_needs_nor_stays_there():
    kernel = make("kernel")
    cache = make("cache", needs=["kernel"])
    with pytest.raises(ParameterError, match="'kernel' must be enabled before 'cache'"):
        cache.enable()
    kernel.enable()
    cache.enable()
    kernel.disable(why="slower")
    assert not cache.enabled
    assert cache.reason == "needs 'kernel': slower"


@pytest.mark.parametrize("work", [lambda one: one.enable(), lambda one: one.verify(), lambda one: one.compare()])
def test_nothing_is_proved_without_cases_or_a_candidate(work):
    @optimise("bare", inputs=[case("fifty", prices)])
    def bare(values):
        return values

    with pytest.raises(ParameterError, match="must have a candidate"):
        work(bare)
    with pytest.raises(ParameterError, match="must have cases"):
        work(make("caseless", inputs=()))


def test_options_out_of_bounds_are_refused():
    with pytest.raises(ParameterError, match="name must be"):
        optimise("")
    with pytest.raises(ParameterError, match="different names"):
        optimise("x", inputs=[case("a", prices), case("a", prices)])
    with pytest.raises(ParameterError, match="edge_cases must be one of"):
        make().verify(edge_cases=["nan"])
    with pytest.raises(ParameterError, match="side must be one of"), force(make().name, "fast"):
        pass


def who(name="who"):
    @optimise(name)
    def who(_=None):
        return "baseline"

    who.optimised(lambda _=None: "candidate")
    return who


def test_force_holds_within_its_block_alone():
    asked = who()
    with force("who", "candidate"):
        assert asked() == "candidate"
        with force("who", "baseline"):
            assert asked() == "baseline"
        assert asked() == "candidate"
    assert asked() == "baseline"
    with pytest.raises(ZeroDivisionError), force("who", "candidate"):
        _ = 1 / 0
    assert asked() == "baseline"
    assert asked._answer is asked.baseline


def test_force_in_one_thread_is_not_seen_by_another():
    asked = who()
    answers = []
    with force("who", "candidate"):
        plain = threading.Thread(target=lambda: answers.append(asked()))
        copied = contextvars.copy_context()
        inherited = threading.Thread(target=lambda: answers.append(copied.run(asked)))
        for thread in (plain, inherited):
            thread.start()
            thread.join(10)
    assert answers == ["baseline", "candidate"]


def test_force_in_one_task_is_not_seen_by_another():
    asked = who()

    async def forced(inside, leave):
        with force("who", "candidate"):
            inside.set()
            await leave.wait()
            return asked()

    async def both():
        inside, leave = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(forced(inside, leave))
        await inside.wait()
        seen = asked()
        leave.set()
        return seen, await task

    assert asyncio.run(both()) == ("baseline", "candidate")


def test_an_optimisation_looks_like_its_function():
    change = make()
    assert (change.__name__, change.__doc__) == ("change", "Return the change.")
    assert change.__wrapped__ is change.baseline
    assert repr(change) == "Optimisation('change', baseline answers: not enabled yet)"
