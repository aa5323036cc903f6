"""The command line: what it writes, what it says, and its exit codes."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from quantperf import cli
from quantperf.kernels._jit import JIT_ENABLED
from quantperf.market.history import Bars
from quantperf.market.sample import sample
from quantperf.market.store import Store
from quantperf.performance import check, judge
from quantperf.reports import Report, Row, Work, before_after
from quantperf.reports import runner as runner_module

COMMAND = [sys.executable, "-W", "error", "-m", "quantperf"]
compiled = pytest.mark.skipif(not JIT_ENABLED, reason="measures compiled kernels")


@compiled
def test_a_quick_report_of_two_indicators_is_written_whole(tmp_path):
    arguments = ["report", "--quick", "--only", "sma", "cdl_doji", "--budget", "1", "--out", "there"]
    done = subprocess.run([*COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    names = ["forest-live.svg", "forest-panel.svg", "forest-series.svg", "report.html", "report.json", "report.md"]
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == names
    record = json.loads((tmp_path / "there" / "report.json").read_text(encoding="utf-8"))
    assert record["equal"]
    assert record["quick"]
    assert record["schema"] == 1
    rows = [(row["name"], row["use"]) for row in record["rows"]]
    assert rows == [(name, use) for use in ("series", "panel", "live") for name in ("sma", "cdl_doji")]
    assert all(row["comparison"]["parity"]["compared"] > 0 for row in record["rows"])
    assert len(record["starts"]) == 4
    for said in ("quick: not for figures", "cdl_doji", "All 6 results equal their plain versions", "report.html"):
        assert said in done.stdout
    assert Report.from_dict(record).equal


def test_a_result_that_differs_ends_with_1_and_the_report_is_written(tmp_path, monkeypatch, capsys):
    wrong = judge([], parity=check(1.0, 2.0), labels=("plain", "sma"))
    report = Report((Row("sma", "series", "averages", Work("AAPL, real", 3270, 1, 1), wrong),))
    monkeypatch.setattr("quantperf.reports.before_after", lambda *_, **__: report)
    assert cli.main(["report", "--out", str(tmp_path)]) == cli.WRONG
    said = capsys.readouterr().out
    assert "different" in said
    assert "expected 1.0, got 2.0" in said
    assert (tmp_path / "report.html").exists()


def test_a_measuring_process_that_dies_ends_with_3_and_says_where(tmp_path, monkeypatch, capsys):
    script = (
        "import json, os, sys; sys.stdin.readline();"
        "print(json.dumps({'kind': 'begin', 'name': 'sma', 'use': 'panel'}), flush=True); os._exit(9)"
    )
    home = sys.modules[before_after.__module__]
    monkeypatch.setattr(home._jit, "JIT_ENABLED", True)
    monkeypatch.setattr(home, "run_child", partial(runner_module.run_child, script=script))
    assert cli.main(["report", "--only", "sma", "--out", str(tmp_path / "none")]) == cli.FAILED
    assert "ended with 9 in row sma (panel)" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "--only", "smaa"], "unknown indicator 'smaa'; did you mean 'sma'?"),
        (["report", "--budget", "-1"], "budget must be a finite number of seconds above 0"),
        (["report", "--processes", "0"], "processes must be an integer, at least 1, got 0"),
        (["gallery", "smaa"], "unknown indicator 'smaa'; did you mean 'sma'?"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_must_be(arguments, said, capsys):
    assert cli.main(arguments) == cli.USAGE
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", ["report", "gallery"])
def test_a_file_in_the_place_of_the_folder_is_refused_before_measuring(command, tmp_path, capsys):
    (tmp_path / "report").write_text("mine")
    assert cli.main([command, "--out", str(tmp_path / "report")]) == cli.USAGE
    assert "--out must be a folder" in capsys.readouterr().err


def test_the_gallery_of_some_is_written_as_a_page_and_a_table(tmp_path, capsys):
    out = tmp_path / "deep" / "there.d"
    assert cli.main(["gallery", "SMA", "cdl_doji", "--out", str(out)]) == cli.WELL
    assert sorted(path.name for path in out.iterdir()) == ["catalogue.md", "gallery.html"]
    assert (out / "gallery.html").read_text(encoding="utf-8").count("<article") == 2
    assert "| `cdl_doji` |" in (out / "catalogue.md").read_text(encoding="utf-8")
    said = capsys.readouterr().out
    for line in ("0/2 sma", "2/2", "2 indicators in 2 groups", "gallery.html", "catalogue.md"):
        assert line in said


@pytest.mark.parametrize("arguments", [[], ["none"], ["report", "--budget", "much"], ["warmup", "now"]])
def test_arguments_that_cannot_be_read_end_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == cli.USAGE
    assert "usage: quantperf" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["report"], ["gallery"], ["warmup"], ["doctor"]])
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([*command, "--help"])
    assert ended.value.code == 0
    assert "usage: quantperf" in capsys.readouterr().out


def test_the_doctor_ends_with_0_if_all_is_well(capsys):
    assert cli.main(["doctor"]) == (0 if JIT_ENABLED else 1)
    said = capsys.readouterr().out
    for line in ("numpy", "kernel stamp", "AVX2", "check sma"):
        assert line in said
    assert ("all well" in said) is JIT_ENABLED


def test_the_doctor_looks_at_a_store_and_finds_damage(tmp_path, capsys):
    assert cli.main(["doctor", "--store", str(tmp_path)]) == cli.WRONG
    assert "is no store" in capsys.readouterr().out
    with Store(tmp_path) as store:
        store.write({"FB": Bars.from_frame(sample("FB"))})
        assert cli.main(["doctor", "--store", str(tmp_path)]) == cli.WELL
        with store.database.writing() as connection:
            connection.execute("UPDATE chunk SET crc = crc + 1")
    assert cli.main(["doctor", "--store", str(tmp_path)]) == cli.WRONG
    assert "checksum" in capsys.readouterr().out


def test_the_doctor_ends_with_1_and_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr("quantperf.kernels._jit.cache_folder", lambda: None)
    assert cli.main(["doctor"]) == cli.WRONG
    said = capsys.readouterr().out
    assert "FAIL kernel folder" in said
    assert "kernel folder: point QUANTPERF_CACHE_DIR to a folder that you can write" in said


def test_without_compilation_there_is_nothing_to_warm_up(monkeypatch, capsys):
    monkeypatch.setattr("quantperf.kernels._jit.JIT_ENABLED", False)
    assert cli.main(["warmup"]) == cli.FAILED
    assert "NUMBA_DISABLE_JIT is set; unset it" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix" or not JIT_ENABLED, reason="interrupts as POSIX does")
def test_an_interrupt_leaves_no_process_behind(tmp_path):
    arguments = ["report", "--quick", "--only", "sma", "--out", "none"]
    running = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    running.stdout.readline()  # the first step: its child runs
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == cli.INTERRUPTED
    assert "interrupted; nothing was written" in said
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)
    assert not (tmp_path / "none").exists()
