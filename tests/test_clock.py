"""The clock: aware, in UTC, and moved by hand in tests."""

from __future__ import annotations

import ast
import datetime as dt
from pathlib import Path

import pytest

import quantperf
from quantperf.clock import SYSTEM, Clock, ManualClock

START = dt.datetime(2024, 1, 2, 9, 30, tzinfo=dt.UTC)


def test_the_system_clock_is_aware_and_in_utc() -> None:
    before = dt.datetime.now(dt.UTC)
    found = SYSTEM.now()
    assert before <= found <= dt.datetime.now(dt.UTC)
    assert found.tzinfo is dt.UTC


def test_a_manual_clock_moves_only_when_told_to() -> None:
    clock: Clock = ManualClock(START)
    assert clock.now() == clock.now() == START
    clock.advance(dt.timedelta(minutes=5))
    assert clock.now() == START + dt.timedelta(minutes=5)


SOURCES = sorted(Path(quantperf.__file__).parent.rglob("*.py"))
WALL = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("time", "time"), ("time", "time_ns")}


def asks_the_time(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and (getattr(node.value, "attr", getattr(node.value, "id", None)), node.attr) in WALL
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(SOURCES[0].parents[0])))
def test_only_the_clock_asks_the_time(source: Path) -> None:
    if source.name != "clock.py":
        assert not asks_the_time(ast.parse(source.read_text(encoding="utf-8")))
    else:
        assert asks_the_time(ast.parse(source.read_text(encoding="utf-8")))
