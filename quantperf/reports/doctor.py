"""Looks at this installation: versions, processor, compiled kernels, and whether results are right; says what to do."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from quantperf import database
from quantperf.config import settings
from quantperf.errors import QuantperfError
from quantperf.indicators import CATALOG
from quantperf.kernels import _jit
from quantperf.market.history import Bars
from quantperf.market.sample import sample
from quantperf.market.store import Store
from quantperf.performance.environment import surroundings
from quantperf.reports.warmup import cached_kernels
from quantperf.reports.workloads import Size, Workloads

NEEDED = ("quantperf", "numpy", "pandas", "numba", "llvmlite")
OPTIONAL = {"TA-Lib": "peers in benchmarks", "polars": "polars columns", "pyarrow": "Arrow columns"}
FEATURES = {"fma": "FMA", "avx2": "AVX2", "avx512f": "AVX-512"}
CHECKED = ("sma", "rsi", "bbands", "atr", "cdl_doji")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` is empty where all is well."""

    what: str
    said: str
    remedy: str = ""

    @property
    def healthy(self) -> bool:
        """Whether nothing is to be done."""
        return not self.remedy


def examine_store(path: Path) -> Iterator[Finding]:
    """Yield what was found in somebody's store; it is read only, and never made."""
    if not (path / "store.db").is_file():
        yield Finding("store", f"{str(path)!r} is no store", "name the folder that was given to quantperf.Store")
        return
    with Store(path) as store:
        yield Finding("store", repr(store))
        wrong = store.check()
    for what in wrong:
        yield Finding("damage", what, "restore the store from a copy, or collect what is damaged anew")
    if not wrong:
        yield Finding("chunks", "all as they were written")


def examine() -> Iterator[Finding]:
    """Yield what was found, piece by piece."""
    around = surroundings()
    yield Finding("Python", f"{platform.python_version()}, {around['platform']}")
    yield from _versions()
    yield Finding("processor", f"{around.get('cpu', platform.machine())}, {around['cpus']} cores")
    yield Finding("features", _features())
    yield _jit_finding()
    yield from _cache()
    yield from _self_check()
    yield _store_check()
    for package, use in OPTIONAL.items():
        found = _version(package)
        yield Finding(package, found or f"not installed; optional: {use}")


def _versions() -> Iterator[Finding]:
    for package in NEEDED:
        found = _version(package)
        remedy = "" if found else f"install it: pip install {package}"
        yield Finding(package, found or "not installed as a package", "" if package == "quantperf" else remedy)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _features() -> str:
    known = _jit.processor_features()
    return ", ".join(f"{name} {'yes' if known.get(key) else 'no'}" for key, name in FEATURES.items())


def _jit_finding() -> Finding:
    if _jit.JIT_ENABLED:
        return Finding("compilation", "enabled")
    return Finding("compilation", "disabled: kernels run as plain Python", "unset NUMBA_DISABLE_JIT")


def _cache() -> Iterator[Finding]:
    yield Finding("kernel stamp", _jit.source_stamp())
    folder = _jit.cache_folder()
    if folder is None:
        yield Finding(
            "kernel folder",
            f"{settings().cache_dir} cannot be written: every process compiles anew",
            "point QUANTPERF_CACHE_DIR to a folder that you can write",
        )
        return
    yield Finding("kernel folder", f"{folder}, writable")
    count = cached_kernels(folder)
    yield Finding("compiled kernels", f"{count} of {len(_jit.KERNELS)}" + ("" if count else "; run quantperf warmup"))


def _self_check() -> Iterator[Finding]:
    """Prove a handful of indicators on the bundled prices."""
    workloads = Workloads(Size())
    for name in CHECKED:
        what = f"check {name}"
        remedy = "install the versions in pyproject.toml, then report this with the lines above"
        try:
            with np.errstate(all="ignore"):
                parity = workloads.series(CATALOG[name]).prove()
        except (QuantperfError, ArithmeticError, RuntimeError) as error:
            yield Finding(what, f"failed: {error}", remedy)
            continue
        if parity.equal:
            yield Finding(what, f"equals its plain version on {parity.compared:,} values of real prices")
        else:
            yield Finding(what, f"differs from its plain version: {parity.mismatch}", remedy)


def _store_check() -> Finding:
    """Write real prices to a store and read them back."""
    sqlite, affected = database.version()
    said = f"SQLite {sqlite}" + (" (its WAL-reset bug is avoided by the write lock)" if affected else "")
    remedy = "free space in the folder for temporary files, and check that it can be written"
    try:
        with TemporaryDirectory() as folder, Store(folder) as store:
            store.write({"IBM": Bars.from_frame(sample("IBM"))})
            same = store.bars("IBM").equals(sample("IBM")) and not store.check()
    except (QuantperfError, OSError) as error:
        return Finding("store", f"{said}; failed: {error}", remedy)
    return Finding("store", f"{said}; {'gives back what it was given' if same else 'differs'}", "" if same else remedy)
