"""The level on disk: shared by processes, bounded, safe against damage, kills, clocks and strangers."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quantperf.clock import ManualClock
from quantperf.config import child_environment
from quantperf.errors import ParameterError, StoreError
from quantperf.memory import cache_result
from quantperf.memory.cache import Cache
from quantperf.memory.disk import Disk, DiskEntry, place_of

A, B, C = (bytes([n]) * 32 for n in range(3))
WAIT = 30.0


def manual() -> ManualClock:
    return ManualClock(dt.datetime(2024, 1, 2, tzinfo=dt.UTC))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "cache"
    made.mkdir(mode=0o700)
    return made


def edit(folder: Path, statement: str, *values: Any) -> None:
    connection = sqlite3.connect(folder / "cache.db")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def test_what_one_writes_another_reads(folder: Path) -> None:
    one, two = Disk(folder), Disk(folder)
    frame = pd.DataFrame({"a": [1.0, np.nan], "s": ["x", None]}, index=pd.date_range("2024", periods=2, tz="UTC"))
    assert one.read(A) is None
    assert one.write(A, DiskEntry(frame, 2.5, 60.0))
    found = two.read(A)
    assert found is not None
    pd.testing.assert_frame_equal(found.value, frame)
    assert (found.cost, 0 < found.life <= 60) == (2.5, True)
    assert one.write(B, DiskEntry(None, 0.0, float("inf")))
    assert two.read(B) == DiskEntry(None, 0.0, float("inf"))
    assert two.stats()["entries"] == 2
    assert two.clear() == 2
    one.close()
    two.close()


@pytest.mark.parametrize("place", ["body", "digest"])
def test_a_damaged_entry_is_a_miss_and_is_counted(folder: Path, place: str) -> None:
    disk = Disk(folder)
    disk.write(A, DiskEntry("value", 0.0, 60.0))
    edit(folder, f"UPDATE entry SET {place} = zeroblob(length({place}))")
    assert disk.read(A) is None
    assert (disk.counts.damaged, disk.counts.misses) == (1, 1)
    assert disk.stats()["entries"] == 0
    disk.close()


def test_an_entry_of_a_class_that_is_gone_is_a_miss(folder: Path) -> None:
    import hashlib

    disk = Disk(folder)
    disk.write(A, DiskEntry("value", 0.0, 60.0))
    body = b"cno_such_module\nGone\n."
    edit(folder, "UPDATE entry SET body = ?, digest = ?", body, hashlib.blake2b(body, digest_size=16).digest())
    assert disk.read(A) is None
    assert disk.counts.damaged == 1
    disk.close()


def test_time_goes_on_though_a_clock_is_put_back_and_the_future_is_a_miss(folder: Path) -> None:
    clock = manual()
    disk = Disk(folder, clock=clock)
    disk.write(A, DiskEntry("value", 0.0, 60.0))
    clock.advance(dt.timedelta(seconds=59))
    found = disk.read(A)
    assert found is not None
    assert found.life == pytest.approx(1.0)
    clock.set(dt.datetime(2024, 1, 2, 0, 0, 5, tzinfo=dt.UTC))  # put back by 54 s
    found = disk.read(A)
    assert found is not None
    assert found.life == pytest.approx(1.0)
    clock.set(dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
    assert disk.read(A) is None
    clock.set(dt.datetime(2024, 1, 2, 0, 1, tzinfo=dt.UTC))
    assert disk.read(A) is None
    disk.close()


def test_bytes_are_bounded_and_those_used_longest_ago_go(folder: Path) -> None:
    clock = manual()
    disk = Disk(folder, bytes=25_000, clock=clock)
    for place in (A, B):
        disk.write(place, DiskEntry(bytes(10_000), 0.0, 9000.0))
        clock.advance(dt.timedelta(seconds=100))
    assert disk.read(A) is not None  # used after B
    clock.advance(dt.timedelta(seconds=100))
    disk.write(C, DiskEntry(bytes(10_000), 0.0, 9000.0))
    assert [disk.read(place) is not None for place in (A, B, C)] == [True, False, True]
    assert disk.counts.evicted == 1
    assert not disk.write(B, DiskEntry(bytes(30_000), 0.0, 9000.0))
    assert disk.counts.not_written == 1
    disk.close()


def test_what_cannot_be_pickled_stays_in_memory(folder: Path) -> None:
    cache = Cache("c", disk=folder)

    @cache_result(cache)
    def make() -> Any:
        return {"f": lambda: 1}

    assert make()["f"]() == make()["f"]() == 1
    assert cache.disk is not None
    assert cache.disk.counts.not_written == 1
    assert cache.stats().hits == 1
    cache.configure(disk=False)
    assert cache.disk is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs permissions of POSIX")
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o770)
    with pytest.raises(StoreError, match="must be writable by its owner alone"):
        Disk(folder)
    made = Disk(tmp_path / "own")
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700
    made.close()


def test_what_is_out_of_bounds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="bytes must be a whole number"):
        Disk(tmp_path, bytes=0)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be used for a cache"):
        Disk(tmp_path / "file")


def test_a_file_that_breaks_leaves_a_cache_that_computes(folder: Path) -> None:
    cache = Cache("c", disk=folder)
    edit(folder, "DROP TABLE entry")

    @cache_result(cache)
    def one() -> int:
        return 1

    assert one() == 1
    assert cache.disk is not None
    assert cache.disk.counts.failures == 2
    assert "no such table" in str(cache.disk.counts.last_error)
    cache.configure(disk=False)


def test_coroutines_read_and_write_too(folder: Path) -> None:
    count = [0]
    caches = [Cache(name, disk=folder) for name in "ab"]

    async def load(symbol: str) -> str:
        return symbol * 2

    for cache in (*caches, *caches):
        count[0] += 1
        assert asyncio.run(cache_result(cache)(load)("A")) == "AA"
    assert [cache.stats().disk_hits for cache in caches] == [0, 1]
    assert [cache.stats().misses for cache in caches] == [1, 0]
    for cache in caches:
        cache.configure(disk=False)


def test_places_depend_on_code_and_key() -> None:
    assert place_of(("a",)) == place_of(("a",)) != place_of(("b",))


MODULE = """
import os, sys, time
import numpy as np, pandas as pd
from quantperf.memory.cache import Cache
from quantperf.memory import cache_result

cache = Cache("c", disk=sys.argv[1])

@cache_result(cache)
def heavy(frame, factor=FACTOR):
    with open(sys.argv[2], "a") as log:
        log.write("computed\\n")
    time.sleep(SLEEP)
    return frame * factor

if __name__ == "__main__":
    print(heavy(pd.DataFrame({"a": np.arange(5.0)}))["a"].sum(), cache.stats().disk_hits, flush=True)
"""


def start(tmp_path: Path, folder: Path, factor: int = 2, sleep: float = 0.3) -> subprocess.Popen[str]:
    script = tmp_path / "script.py"
    script.write_text(MODULE.replace("FACTOR", str(factor)).replace("SLEEP", str(sleep)))
    return subprocess.Popen(
        [sys.executable, str(script), str(folder), str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(),
    )


def ended(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=WAIT)
    assert process.returncode == 0
    return out.strip()


def test_processes_that_ask_at_once_compute_once_and_other_code_computes_anew(tmp_path: Path, folder: Path) -> None:
    together = [start(tmp_path, folder) for _ in range(3)]
    assert sorted(ended(each) for each in together) == ["20.0 0", "20.0 1", "20.0 1"]
    assert (tmp_path / "log").read_text().splitlines() == ["computed"]
    assert ended(start(tmp_path, folder, factor=3)) == "30.0 0"
    assert ended(start(tmp_path, folder, factor=2)) == "20.0 1"
    assert (tmp_path / "log").read_text().splitlines() == ["computed"] * 2


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_process_killed_while_it_computes_leaves_its_turn_to_the_next(tmp_path: Path, folder: Path) -> None:
    victim = start(tmp_path, folder, sleep=60.0)
    log = tmp_path / "log"
    until = time.monotonic() + WAIT
    while not log.exists() and time.monotonic() < until:
        time.sleep(0.01)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert log.read_text() == "computed\n"
    assert ended(start(tmp_path, folder, sleep=0.0)) == "20.0 0"
    assert ended(start(tmp_path, folder, sleep=0.0)) == "20.0 1"
