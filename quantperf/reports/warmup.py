"""Fills the folder of compiled kernels, and empties the folders that nothing has used for a month."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from quantperf.clock import SYSTEM, Clock
from quantperf.errors import ParameterError
from quantperf.indicators import CATALOG
from quantperf.kernels import _jit
from quantperf.market.sample import sample
from quantperf.reports.research import FIRST_CALLS

BARS = 120  # enough for the lookback of every default
IDLE_DAYS = 30


def exercise(name: str, *, conventions: bool = True) -> None:
    """Call one indicator on a series, a table of either order, a frame, a panel, and live, so that all of it compiles.

    Parameters
    ----------
    name : str
        In the catalogue.
    conventions : bool, default True
        Whether under each of its conventions, or the default one alone.
    """
    entry = CATALOG[name]
    panel = sample()
    symbols = panel.symbols[:2]
    few = panel[symbols]
    blocks = [few.block(field)[-BARS:] for field in entry.columns]
    for convention in entry.conventions if conventions else entry.conventions[:1]:
        entry(*(np.ascontiguousarray(block[:, 0]) for block in blocks), convention=convention)
        entry(*blocks, convention=convention)
        entry(*(np.asfortranarray(block) for block in blocks), convention=convention)
        entry(few, convention=convention)
        entry(sample(symbols[0]).iloc[-BARS:], convention=convention)
        live = entry.stream(symbols=symbols, convention=convention)
        live.update_many(*blocks)
        live.update(*(block[-1].copy() for block in blocks))
        entry.stream(convention=convention).update(*(float(block[-1, 0]) for block in blocks))


def compiled_kernels() -> int:
    """Return how many kernels this process has compiled rather than loaded.

    Examples
    --------
    >>> compiled_kernels() >= 0
    True
    """
    return sum(sum(_stats(kernel).cache_misses.values()) for kernel in _jit.KERNELS.values() if _stats(kernel))


def loaded_kernels() -> int:
    """Return how many kernels this process has loaded from the folder."""
    return sum(sum(_stats(kernel).cache_hits.values()) for kernel in _jit.KERNELS.values() if _stats(kernel))


def _stats(kernel: Any) -> Any:
    return getattr(kernel, "stats", None)


def warm_up(*, force: bool = False, jobs: int | None = None) -> Iterator[tuple[str, int]]:
    """Compile, or load, every kernel; yield each indicator, then signals and patterns, and what they compiled.

    Parameters
    ----------
    force : bool, default False
        Whether to drop what is compiled for these sources first. In a process that has used an indicator before, that
        one stays as it is.
    jobs : int, optional
        Processes that compile, a family of indicators at a time; default: as many as there are processors. With 1 it
        is this process, which then has the kernels loaded.

    Yields
    ------
    name, compiled : str, int
        An indicator, or another use, that is ready, and the kernels that had to be compiled for it.

    Raises
    ------
    ParameterError
        If `jobs` is not a whole number of at least 1.
    """
    jobs = os.cpu_count() or 1 if jobs is None else jobs
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        raise ParameterError(f"jobs must be a whole number of at least 1, got {jobs!r}")
    folder = _jit.cache_folder()
    if force and folder is not None:
        for file in folder.rglob("*.nb[ic]"):
            with contextlib.suppress(OSError):  # another process may have been faster
                file.unlink()
    if jobs == 1 or folder is None:  # what other processes compile could not be kept
        yield from map(_ready, [*CATALOG, *FIRST_CALLS])
        return
    families: dict[str, list[str]] = {}
    for name, entry in CATALOG.items():
        families.setdefault(entry.family, []).append(name)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        largest_first = sorted(families.values(), key=len, reverse=True)
        for done in as_completed([pool.submit(_all_ready, names) for names in largest_first]):
            yield from done.result()
        yield from pool.submit(_all_ready, list(FIRST_CALLS)).result()  # they stand on indicators


def _ready(name: str) -> tuple[str, int]:
    """Exercise an indicator, or another use; return it and what it compiled."""
    before = compiled_kernels()
    if name in FIRST_CALLS:
        FIRST_CALLS[name]()
    else:
        exercise(name)
    return name, compiled_kernels() - before


def _all_ready(names: Sequence[str]) -> list[tuple[str, int]]:
    return [_ready(name) for name in names]


def forget_idle(clock: Clock = SYSTEM, days: int = IDLE_DAYS) -> list[Path]:
    """Remove the folders of kernels that nothing has used for `days`; return which."""
    own = _jit.cache_folder()
    if own is None:
        return []
    oldest = clock.now().timestamp() - days * 86_400.0
    gone = []
    of_other_compilers = [folder for folder in own.parent.iterdir() if folder != own]
    of_sources = own.iterdir() if own.exists() else []  # every process notes the use of those it needs
    for folder in sorted([*of_other_compilers, *of_sources]):
        if not folder.is_dir() or not _is_ours(folder) or _last_used(folder) > oldest:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        gone.append(folder)
    return gone


def _is_ours(folder: Path) -> bool:
    """Return whether a folder is named like a stamp; nothing else is ever removed."""
    return len(folder.name) == 16 and all(letter in "0123456789abcdef" for letter in folder.name)


def _last_used(folder: Path) -> float:
    """Return when something in a folder was last written, or its use noted: every process touches ``.writable``."""
    stamps = [folder.stat().st_mtime]
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            stamps.append(file.stat().st_mtime)
    return max(stamps)


def cached_kernels(folder: Path) -> int:
    """Return how many kernels a folder holds in compiled form; one may be there for several types of arguments."""
    return sum(1 for _ in folder.rglob("*.nbi"))
