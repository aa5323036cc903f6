"""Child processes: what they say is passed on, and whatever happens to one is reported and leaves nothing behind."""

import contextlib
import json
import os
import subprocess
import sys
import time

import pytest

from quantperf.errors import MeasurementError
from quantperf.kernels._jit import JIT_ENABLED
from quantperf.performance import RawComparison
from quantperf.reports import runner
from quantperf.reports.comparison import read_parity
from quantperf.reports.runner import Order, run_child
from quantperf.reports.workloads import Size

ORDER = Order(("sma", "ema"), ("series", "live"), 0.2, Size(bars=300, symbols=3, panel_share=2, live_share=2))
BEGIN = (
    'import json, os, sys, time; sys.stdin.readline(); print(json.dumps({"kind": "begin", "name": "sma", "use": "live"'
)
BEGIN += ', "pid": os.getpid()}), flush=True); '


def gone(pid):
    """Whether a process has ended, waiting a little for it."""
    for _ in range(100):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            time.sleep(0.02)
            continue
        return True
    return False


def test_the_budget_is_shared_among_all_rows():
    assert ORDER.rows == [("sma", "series"), ("ema", "series"), ("sma", "live"), ("ema", "live")]
    assert sum(ORDER.row_budget(use) for _, use in ORDER.rows) == pytest.approx(0.2)


@pytest.mark.skipif(not JIT_ENABLED, reason="measures compiled kernels")
def test_a_child_proves_and_measures_every_row():
    messages = list(run_child(ORDER))
    rows = [message for message in messages if message["kind"] == "row"]
    assert [(row["name"], row["use"]) for row in rows] == ORDER.rows
    assert all(read_parity(row["parity"]).equal for row in rows)
    assert all(len(RawComparison.from_dict(row["raw"]).orders) >= 1 for row in rows)
    assert [message["name"] for message in messages if message["kind"] == "warm"] == ["sma", "ema"]


def test_what_a_library_prints_does_not_disturb_the_messages(tmp_path, monkeypatch):
    (tmp_path / "chatty.py").write_text("print('hello')\nimport os\nos.write(1, b'there')\nraise SystemExit(5)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    order = Order(("sma",), ("series",), 0.1, ORDER.size, modules=("chatty",))
    with pytest.raises(MeasurementError, match=r"ended with 5 in its start"):
        list(run_child(order))


def test_a_child_that_dies_is_reported_with_the_row_it_was_in_and_its_last_words():
    script = BEGIN + 'sys.stderr.write("out of luck\\n"); sys.stderr.flush(); os._exit(7)'
    with pytest.raises(MeasurementError, match=r"ended with 7 in row sma \(live\): out of luck"):
        list(run_child(ORDER, script))


def test_a_child_that_dies_at_once_is_reported():
    with pytest.raises(MeasurementError, match=r"ended with 3 in its start: it said nothing"):
        list(run_child(ORDER, "import os; os._exit(3)"))


def test_a_child_that_says_nonsense_is_reported_and_ended():
    script = BEGIN + 'print("nonsense", flush=True); time.sleep(60)'
    said = run_child(ORDER, script)
    pid = next(said)["pid"]
    with pytest.raises(MeasurementError, match=r"must say lines of JSON, said b'nonsense\\n' in row sma \(live\)"):
        next(said)
    assert gone(pid)


def test_a_silent_child_is_given_up_and_ended(monkeypatch):
    script = BEGIN + "time.sleep(60)"
    with contextlib.closing(run_child(ORDER, script)) as said:
        pid = next(said)["pid"]
        monkeypatch.setattr(runner, "SILENCE_SECONDS", 0.2)
        with pytest.raises(MeasurementError, match=r"fell silent in row sma \(live\); leave that indicator out"):
            next(said)
    assert gone(pid)


def test_a_child_ends_when_nobody_listens_any_more():
    script = BEGIN + "[print(json.dumps({'kind': 'warm'}), flush=True) for _ in range(10_000)]; time.sleep(60)"
    said = run_child(ORDER, script)
    pid = next(said)["pid"]
    said.close()
    assert gone(pid)


def test_a_child_ends_when_its_parent_was_killed():
    script = (
        "import json, sys; from quantperf.reports.runner import *; sys.stdout.reconfigure(line_buffering=True);"
        f"order = Order(('sma',), ('series',), 0.1, Size(300, 2, 2, 2)); child = {BEGIN!r} + '''"
        '[(time.sleep(0.05), print(json.dumps({"kind": "warm"}), flush=True)) for _ in range(2000)]\'\'\';'
        "[print(json.dumps(message)) for message in run_child(order, child)]"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    pid = json.loads(parent.stdout.readline())["pid"]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)
