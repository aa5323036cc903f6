"""What decides how the next symbols are computed; it is pure."""

from __future__ import annotations

import pytest

from quantperf.analysis.planner import LONG, TRIALS, Planner, Round
from quantperf.errors import ParameterError

COSTS = {"serial": 1.0, "panel": 0.3, "threads": 0.6}


def run(planner: Planner, costs: dict[str, float], symbols: int, ready: int = 100) -> list[Round]:
    rounds = []
    while symbols:
        step = planner.next(min(ready, symbols))
        assert 1 <= step.symbols <= min(ready, symbols)
        planner.done(step, costs[step.how] * step.symbols)
        rounds.append(step)
        symbols -= step.symbols
    return rounds


@pytest.mark.parametrize("quickest", list(COSTS))
def test_each_way_is_tried_and_the_quickest_is_kept(quickest: str) -> None:
    costs = dict.fromkeys(COSTS, 1.0) | {quickest: 0.5}
    planner = Planner("auto", symbols=200, batch_size=5, processors=2)
    rounds = run(planner, costs, 200)
    assert {step.how for step in rounds} == set(COSTS)
    assert {step.how for step in rounds[6:] if step.symbols > 1} == {quickest}
    assert max(step.symbols for step in rounds) == 5
    plan = planner.plan()
    assert plan.how == quickest
    assert plan.why.startswith(f"{quickest} was quickest: 500 ms a symbol")
    assert sum(plan.symbols.values()) == 200
    assert plan.seconds == costs


def test_what_beats_serial_by_noise_only_does_not_replace_it() -> None:
    planner = Planner("auto", symbols=100, processors=4)
    run(planner, {"serial": 1.0, "panel": 0.85, "threads": 0.9}, 100)
    assert planner.plan().how == "serial"


@pytest.mark.parametrize(("worse", "trials"), [(1.4, TRIALS), (4.0, 1)])
def test_trials_of_ways_that_do_not_pay_cost_a_bounded_number_of_symbols(worse: float, trials: int) -> None:
    planner = Planner("auto", symbols=1000, batch_size=5, processors=2)
    rounds = run(planner, {"serial": 1.0, "panel": worse, "threads": worse}, 1000)
    lost = sum(step.symbols for step in rounds if step.how != "serial")
    assert lost == trials * 5 + trials * 2
    assert planner.plan().how == "serial"


def test_a_first_trial_that_loads_its_kernels_is_not_held_against_a_way() -> None:
    planner = Planner("auto", symbols=100, batch_size=5)
    for how, seconds in (("serial", 9.0), ("serial", 1.0), ("panel", 1.4), ("panel", 0.4)):
        step = planner.next(10)
        assert step == Round(how, 5)  # type: ignore[arg-type]
        planner.done(step, 5 * seconds)
    assert planner.next(10).how == "panel"


def test_symbols_that_come_one_by_one_are_not_kept_waiting() -> None:
    planner = Planner("auto", symbols=6, processors=2)
    assert {step.how for step in run(planner, COSTS, 6, ready=1)} == {"serial"}
    assert "one by one" in planner.plan().why


def test_nothing_is_tried_where_what_is_left_is_too_little() -> None:
    cheap = {"serial": 1e-4, "panel": 5e-5, "threads": 1e-5}
    for symbols, ways in ((40, {"serial"}), (80, {"serial", "panel"})):
        planner = Planner("auto", symbols=symbols, batch_size=5, processors=2)
        assert {step.how for step in run(planner, cheap, symbols)} == ways
    three = Planner("auto", symbols=3, batch_size=5, processors=2)
    assert run(three, cheap, 3) == [Round("serial", 3)]


def test_long_series_are_tried_one_by_one_and_never_side_by_side() -> None:
    planner = Planner("auto", symbols=100, batch_size=5, processors=2)
    rounds = []
    for _ in range(5):
        rounds.append(planner.next(20, bars=LONG))
        planner.done(rounds[-1], COSTS[rounds[-1].how] * rounds[-1].symbols)
    trials = [Round("serial", 1)] * 2 + [Round("threads", 2)] * 2
    assert rounds == [*trials, Round("threads", 5)]
    alone = Planner("auto", symbols=400, batch_size=5, processors=1)
    assert "threads" not in {step.how for step in run(alone, COSTS, 400)}


@pytest.mark.parametrize("how", list(COSTS))
def test_a_way_that_is_asked_for_is_taken(how: str) -> None:
    planner = Planner(how, symbols=12, batch_size=5, processors=2)  # type: ignore[arg-type]
    rounds = run(planner, COSTS, 12)
    assert {step.how for step in rounds} == {how}
    assert max(step.symbols for step in rounds) == 5
    assert planner.plan().why == "asked for"
    assert Planner("auto", symbols=0).plan().why == "nothing was computed"


@pytest.mark.parametrize("batch_size", [0, 21, 5.0, True])
def test_a_batch_size_out_of_bounds_is_refused(batch_size: object) -> None:
    with pytest.raises(ParameterError, match="batch_size must be a whole number from 1 to 20"):
        Planner("auto", symbols=1, batch_size=batch_size)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="how must be one of"):
        Planner("fast", symbols=1)  # type: ignore[arg-type]
