"""Runs the rows of a report in fresh child processes, one after the other, and passes on what they say as they go.

A child gets its order as one line of JSON on its standard input, and answers in lines of JSON: which row it begins,
then the row's parity and raw times. Whatever ends the parent's wait, an interrupt included, ends the child.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import IO, Any, TextIO

from quantperf.config import child_environment
from quantperf.errors import MeasurementError
from quantperf.performance import collect
from quantperf.reports.workloads import Size, Workloads

SILENCE_SECONDS = 300.0  # longest wait for a child's next line: a row, or one kernel's compilation
MOST_LINES = 1_000  # that wait to be read
GRACE_SECONDS = 5.0  # for a child that has been told to end
WEIGHTS = {"series": 0.6, "panel": 1.6, "live": 0.8}  # share of the budget: by how long the plain versions take

# What the child's libraries print goes to its error stream, so that the pipe carries messages alone.
CHILD = """\
import json, os, sys
channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
order = json.loads(sys.stdin.buffer.readline())
sys.path[:] = order["path"]
from quantperf.reports.runner import serve
serve(order, channel)
"""


@dataclass(frozen=True, slots=True)
class Order:
    """What one child runs: indicators, uses, seconds of timed runs, sizes, seed, and modules that hold indicators."""

    names: tuple[str, ...]
    uses: tuple[str, ...]
    budget: float
    size: Size
    seed: int = 0
    modules: tuple[str, ...] = ()

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Indicator and use of each row."""
        return [(name, use) for use in self.uses for name in self.names]

    def row_budget(self, use: str) -> float:
        """Return the seconds of a row's timed runs."""
        return self.budget * WEIGHTS[use] / (len(self.names) * sum(WEIGHTS[each] for each in self.uses))

    def to_json(self) -> str:
        """Return the order as a line, with the places where this process finds modules."""
        return json.dumps({**asdict(self), "path": sys.path})


def serve(order: Mapping[str, Any], channel: TextIO) -> None:
    """Run an order in this process, and write what was found to `channel`, a line of JSON a message."""

    def say(kind: str, **content: object) -> None:
        channel.write(json.dumps({"kind": kind, **content}) + "\n")
        channel.flush()

    for module in order["modules"]:
        import_module(module)
    mine = Order(tuple(order["names"]), tuple(order["uses"]), order["budget"], Size(**order["size"]), order["seed"], ())
    _warm(mine, say)
    workloads = Workloads(mine.size)
    for place, (name, use) in enumerate(mine.rows):
        say("begin", name=name, use=use)
        ready = workloads.build(name, use)
        parity = ready.prove()
        raw = None
        if parity.equal:
            raw = collect(ready.before, ready.after, budget=mine.row_budget(use), seed=mine.seed + place).to_dict()
        say(
            "row",
            name=name,
            use=use,
            work=asdict(ready.work),
            before_scale=ready.before_scale,
            parity=parity.to_dict(),
            raw=raw,
        )
    say("end")


def _warm(order: Order, say: Callable[..., None]) -> None:
    """Call every indicator once, so that no row compiles."""
    from quantperf.reports.warmup import compiled_kernels, exercise

    for name in order.names:
        say("begin", name=name, use="warm-up")
        before = compiled_kernels()
        exercise(name, conventions=False)
        say("warm", name=name, compiled=compiled_kernels() - before)


def run_child(order: Order, script: str = CHILD) -> Generator[dict[str, Any]]:
    """Yield the messages of one fresh child process, until it has ended.

    Parameters
    ----------
    order : Order
        What it runs.
    script : str
        What it is.

    Raises
    ------
    MeasurementError
        If the child dies, falls silent or says what is no message; it says in which row.
    """
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=child_environment(),
        )
        assert child.stdin is not None
        assert child.stdout is not None
        lines: queue.Queue[bytes] = queue.Queue(maxsize=MOST_LINES)
        pump = threading.Thread(target=_pump, args=(child.stdout, lines), daemon=True)
        pump.start()
        try:
            with contextlib.suppress(BrokenPipeError):  # it died at once; its silence says so
                child.stdin.write(order.to_json().encode() + b"\n")
                child.stdin.close()
            yield from _messages(child, lines, said)
        finally:
            _end(child)
            while pump.is_alive():  # it may wait for room
                with contextlib.suppress(queue.Empty):
                    lines.get(timeout=0.05)
            child.stdout.close()


def _messages(child: subprocess.Popen[bytes], lines: queue.Queue[bytes], said: IO[bytes]) -> Iterator[dict[str, Any]]:
    where = "its start"
    while True:
        try:
            line = lines.get(timeout=SILENCE_SECONDS)
        except queue.Empty:
            raise MeasurementError(
                f"a measuring process must answer within {SILENCE_SECONDS:.0f} s, fell silent in {where};"
                " leave that indicator out with --only, or measure it alone"
            ) from None
        if not line:
            raise _died(child, where, said)
        try:
            message: dict[str, Any] = json.loads(line)
        except ValueError:
            raise MeasurementError(
                f"a measuring process must say lines of JSON, said {line[:80]!r} in {where}; run it again, and report"
                " this if it happens again"
            ) from None
        if message["kind"] == "begin":
            where = f"row {message['name']} ({message['use']})"
        if message["kind"] == "end":
            return
        yield message


def _pump(stream: IO[bytes], lines: queue.Queue[bytes]) -> None:
    """Move lines from a pipe to a queue, whose reader can wait with a limit; an empty one is the end."""
    for line in stream:
        lines.put(line)
    lines.put(b"")


def _died(child: subprocess.Popen[bytes], where: str, said: IO[bytes]) -> MeasurementError:
    try:
        code: object = child.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        code = "no code"
    said.seek(0)
    last = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()][-3:]
    return MeasurementError(
        f"a measuring process must end with 0, ended with {code} in {where}: {' | '.join(last) or 'it said nothing'}"
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    """Leave no child behind: one that has said its last line ends by itself, any other is killed."""
    if sys.exc_info()[0] is not None:
        child.kill()
    if child.stdin is not None:
        with contextlib.suppress(OSError):
            child.stdin.close()
    try:
        child.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def modules_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return the modules outside of quantperf that a child must import to know these indicators."""
    from quantperf.indicators import CATALOG

    found = {CATALOG[name].__module__ for name in names}
    return tuple(sorted(module for module in found if module.partition(".")[0] != "quantperf"))
