"""Compiling ahead, forgetting what is old, and the doctor."""

import datetime as dt
import os
import subprocess
import sys

import pytest

import quantperf as qp
from quantperf.clock import ManualClock
from quantperf.config import child_environment
from quantperf.indicators import CATALOG
from quantperf.kernels import _jit
from quantperf.reports import doctor
from quantperf.reports.research import FIRST_CALLS
from quantperf.reports.warmup import cached_kernels, exercise, forget_idle, warm_up

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
FRESH = """\
import quantperf as qp
from quantperf.reports.research import FIRST_CALLS
from quantperf.reports.warmup import compiled_kernels, exercise, loaded_kernels
panel = qp.synthetic(3, 200)
for name, entry in qp.CATALOG.items():
    exercise(name)
    for nan in ("local", "skip", qp.ffill(2), qp.segment(2)):
        entry(panel, nan=nan)
for call in FIRST_CALLS.values():
    call()
print(compiled_kernels(), loaded_kernels())
"""


@pytest.mark.skipif(not _jit.JIT_ENABLED or _jit.cache_folder() is None, reason="needs a folder of compiled kernels")
def test_after_a_warmup_a_fresh_process_compiles_nothing():
    command = [sys.executable, "-W", "error", "-m", "quantperf", "warmup"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=child_environment())
    assert done.returncode == 0, done.stderr
    assert f"Kept in {_jit.cache_folder()}" in done.stdout
    done = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=True)
    compiled, loaded = map(int, done.stdout.split())
    assert compiled == 0
    assert loaded >= len({entry.family for entry in CATALOG.values()})


@pytest.mark.parametrize("jobs", [0, 1.5, True])
def test_the_number_of_processes_is_checked(jobs):
    with pytest.raises(qp.ParameterError, match=f"jobs must be a whole number of at least 1, got {jobs!r}"):
        next(warm_up(jobs=jobs))


def test_one_process_is_enough(monkeypatch):
    monkeypatch.setattr("quantperf.reports.warmup.CATALOG", {name: CATALOG[name] for name in ("sma", "ema")})
    monkeypatch.setattr("quantperf.reports.warmup.FIRST_CALLS", {"patterns.levels": FIRST_CALLS["patterns.levels"]})
    assert [name for name, _ in warm_up(jobs=1)] == ["sma", "ema", "patterns.levels"]


@pytest.mark.parametrize("name", ["macd", "cdl_doji"])
def test_an_indicator_can_be_called_in_every_way(name):
    exercise(name)


def test_folders_that_nothing_has_used_for_a_month_are_removed_and_nothing_else(tmp_path, monkeypatch):
    ages = {"a" * 16: 31, "b" * 16: 29, "c" * 16: 90, "not-a-stamp": 90}
    ages |= {f"{'c' * 16}/{'d' * 16}": 31, f"{'c' * 16}/{'e' * 16}": 1}
    for name, days in ages.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "kernel.nbc").touch()
        old = (NOW - dt.timedelta(days=days)).timestamp()
        for path in (tmp_path / name / "kernel.nbc", tmp_path / name):
            os.utime(path, (old, old))
    monkeypatch.setattr(_jit, "cache_folder", lambda: tmp_path / ("c" * 16))
    gone = forget_idle(ManualClock(NOW))
    assert sorted(path.name for path in gone) == ["a" * 16, "d" * 16]
    assert [path.name for path in (tmp_path / ("c" * 16)).iterdir() if path.is_dir()] == ["e" * 16]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b" * 16, "c" * 16, "not-a-stamp"]


def test_without_a_folder_there_is_nothing_to_forget(monkeypatch):
    monkeypatch.setattr(_jit, "cache_folder", lambda: None)
    assert forget_idle() == []


def test_a_kernel_counts_once_however_many_types_it_takes(tmp_path):
    for name in ("sma.nbi", "sma.1.nbc", "sma.2.nbc"):
        (tmp_path / name).touch()
    assert cached_kernels(tmp_path) == 1


def test_a_healthy_installation_needs_nothing():
    findings = {finding.what: finding for finding in doctor.examine()}
    assert all(finding.healthy for finding in findings.values()) is _jit.JIT_ENABLED
    assert "equals its plain version" in findings["check sma"].said
    assert findings["numba"].said


def test_each_problem_comes_with_a_remedy(monkeypatch):
    monkeypatch.setattr(_jit, "cache_folder", lambda: None)
    monkeypatch.setattr(CATALOG["sma"], "reference", lambda x: x + 1.0)
    monkeypatch.setattr(doctor, "_version", lambda package: None if package == "numba" else "1")
    problems = {finding.what: finding.remedy for finding in doctor.examine() if not finding.healthy}
    assert {"kernel folder", "check sma", "numba"} <= set(problems)
    assert "QUANTPERF_CACHE_DIR" in problems["kernel folder"]
