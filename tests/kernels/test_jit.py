"""The one place that speaks to numba: the stamp, the cache, and what the compiled kernels are made of."""

from __future__ import annotations

import ast
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import llvmlite.binding
import numpy as np
import pytest

import quantperf as qp
from quantperf.config import child_environment
from quantperf.indicators import CATALOG
from quantperf.kernels import _jit
from quantperf.kernels._jit import JIT_ENABLED

PACKAGE = Path(qp.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_numba_is_spoken_to_in_one_place(source: Path) -> None:
    names = imported(ast.parse(source.read_text(encoding="utf-8")))
    assert ("numba" in names) == (source == Path(_jit.__file__)), names
    if source.parent.name == "kernels":
        assert not names & {"pandas", "os", "json", "logging", "threading"} or source == Path(_jit.__file__)
    if source.parent.name == "reference":
        text = source.read_text(encoding="utf-8")
        assert "quantperf.kernels" not in text
        assert "quantperf.indicators" not in text


@pytest.mark.parametrize("source", sorted((PACKAGE / "kernels").glob("*.py")), ids=lambda path: path.name)
def test_kernels_have_no_exceptions_and_no_fast_arithmetic(source: Path) -> None:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    if source != Path(_jit.__file__):
        assert not any(isinstance(node, ast.Raise | ast.Try | ast.Assert | ast.ClassDef) for node in ast.walk(tree))
    keywords = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    assert not keywords & {"fastmath", "parallel"}


def test_options_are_those_that_keep_batch_and_live_equal() -> None:
    assert _jit.OPTIONS == {"nogil": True, "error_model": "numpy"}


def test_every_indicator_runs_a_registered_kernel() -> None:
    kernels = set(map(id, _jit.KERNELS.values()))
    for name in CATALOG:
        for convention in CATALOG[name].conventions:
            plan = CATALOG[name].resolve(named={"convention": convention}).plan
            plans = [stage.plan for stage in plan.kernel.stages] if plan.chained else [plan]
            assert all(id(each.kernel) in kernels for each in plans)


@pytest.mark.parametrize("name", sorted(_jit.KERNELS))
def test_every_kernel_is_described_with_its_state_if_it_has_one(name: str) -> None:
    compiled = _jit.KERNELS[name]
    doc = compiled.__doc__ or ""
    assert doc.strip()
    code = getattr(compiled, "py_func", compiled).__code__
    if "state" in code.co_varnames[: code.co_argcount]:
        assert re.search(r"state \(.*L\)", doc), name


# ---------------------------------------------------------------------------------------------------- stamp and cache


def run(package: Path, cache: Path, code: str, **extra: str) -> str:
    """Run code in a process of its own, with the package and the cache of compiled kernels from these folders."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=package,
        env=child_environment(
            PYTHONPATH=str(package), QUANTPERF_CACHE_DIR=str(cache), PYTHONDONTWRITEBYTECODE="1", **extra
        ),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


COMPUTE = """
import numpy as np, quantperf as qp
from quantperf.kernels._jit import source_stamp, cache_folder
assert qp.__file__.startswith({package!r}), qp.__file__
print(source_stamp(), cache_folder() is not None, qp.wma(np.array([1.0, 2.0, 4.0]), 2)[-1], qp.sma(np.ones(4), 2)[-1])
"""


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    """Return a folder with a copy of the package."""
    folder = tmp_path / "twin"
    shutil.copytree(PACKAGE, folder / "quantperf", ignore=shutil.ignore_patterns("__pycache__", "*.npz"))
    return folder


@pytest.mark.usefixtures("needs_jit")
def test_an_edit_of_a_step_in_another_file_is_never_served_stale(twin: Path, tmp_path: Path) -> None:
    # numba's own cache looks at the file of the kernel alone: it went on with the old step.
    cache, code = tmp_path / "cache", COMPUTE.format(package=str(twin))
    before = run(twin, cache, code).split()
    assert before[1] == "True"
    assert float(before[2]) == pytest.approx(10.0 / 3.0, rel=1e-15)
    assert run(twin, cache, code).split() == before
    windows = twin / "quantperf" / "kernels" / "windows.py"
    text = windows.read_text(encoding="utf-8")
    changed = text.replace("out[j] = weighted[j] * scale", "out[j] = weighted[j] * scale + 1000.0").replace(
        "+ tail[j]) * scale", "+ tail[j]) * scale + 1000.0"
    )
    assert changed != text
    windows.write_text(changed, encoding="utf-8")
    after = run(twin, cache, code).split()
    assert after[0] != before[0]
    assert float(after[2]) > 1000.0
    windows.write_text(text, encoding="utf-8")
    assert run(twin, cache, code).split() == before


def test_the_stamp_is_of_every_kernel_source(twin: Path, tmp_path: Path) -> None:
    code = "from quantperf.kernels._jit import source_stamp; print(source_stamp())"
    stamps = {run(twin, tmp_path / "cache", code, NUMBA_DISABLE_JIT="1")}
    assert stamps == {_jit.source_stamp()}
    for source in ("trend.py", "_jit.py", "layout.py"):
        path = twin / "quantperf" / "kernels" / source
        path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
        stamps.add(run(twin, tmp_path / "cache", code, NUMBA_DISABLE_JIT="1"))
    assert len(stamps) == 4


def test_what_a_kernel_file_reaches_is_what_it_imports() -> None:
    folder = PACKAGE / "kernels"

    def imported(name: str) -> set[str]:
        found = {name, "_jit"}
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("quantperf.kernels"):
                below = (node.module or "").removeprefix("quantperf.kernels").strip(".")
                for one in [below] if below else [alias.name for alias in node.names]:
                    found |= imported(one)
        return found

    for path in folder.glob("*.py"):
        assert _jit.reached(path.stem) == imported(path.stem), path.stem


@pytest.mark.usefixtures("needs_jit")
def test_an_edit_leaves_kernels_that_cannot_call_it_compiled(twin: Path, tmp_path: Path) -> None:
    code = """
import numpy as np, quantperf as qp
from quantperf.kernels import _jit
x = np.arange(1.0, 40.0)
qp.sma(x), qp.ceil(x), qp.cdl_doji(x, x, x, x)
print(*(sum(_jit.KERNELS[name].stats.cache_misses.values()) for name in NAMES))
""".replace("NAMES", repr(["averages.sma", "transforms.ceil", "candles_one.candles_one"]))
    assert run(twin, tmp_path / "cache", code) == "1 1 1"
    for source, compiled in (
        ("transforms", "0 1 0"),
        ("candle_parts", "0 0 1"),
        ("candles_one", "0 0 1"),
        ("candles_two", "0 0 0"),
        ("layout", "0 0 0"),
        ("moments", "0 0 0"),
    ):
        path = twin / "quantperf" / "kernels" / f"{source}.py"
        path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
        assert run(twin, tmp_path / "cache", code) == compiled, source


@pytest.mark.usefixtures("needs_jit")
def test_another_check_of_bounds_has_another_folder(tmp_path: Path) -> None:
    code = "from quantperf.kernels._jit import cache_folder; print(cache_folder())"
    folders = {
        run(PACKAGE.parent, tmp_path, code, **extra) for extra in ({}, {"NUMBA_BOUNDSCHECK": "1"}, {"NUMBA_OPT": "1"})
    }
    assert len(folders) == 3
    assert all(Path(folder).is_relative_to(tmp_path) for folder in folders)


@pytest.mark.usefixtures("needs_jit")
def test_without_a_folder_to_write_to_kernels_compile_in_memory(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file where the folder would be")
    code = COMPUTE.format(package=str(PACKAGE.parent))
    _, cached, weighted, mean = run(PACKAGE.parent, taken, code).split()
    assert (cached, float(mean)) == ("False", 1.0)
    assert float(weighted) == pytest.approx(10.0 / 3.0, rel=1e-15)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
@pytest.mark.usefixtures("needs_jit")
def test_a_read_only_folder_does_not_matter(tmp_path: Path) -> None:
    folder = tmp_path / "fixed"
    folder.mkdir(mode=0o500)
    assert "False" in run(PACKAGE.parent, folder, COMPUTE.format(package=str(PACKAGE.parent)))


@pytest.mark.usefixtures("needs_jit")
def test_a_kernel_is_compiled_once_for_all_that_comes_in() -> None:
    # A read-only array is another type to numba: users' writeable arrays and pandas' read-only ones cost two.
    x = np.arange(1.0, 60.0)
    fixed = x.copy()
    fixed.setflags(write=False)
    for data in (x, fixed, x[::-1], x.astype(np.float32), x.tolist(), np.stack([x, x], axis=1), np.asfortranarray([x])):
        qp.wma(data, 3)
        qp.wma(data, 3, nan="skip")
    live = qp.wma.stream(window=3)
    live.update(1.0)
    live.update_many(x)
    assert len(_jit.KERNELS["averages.wma"].signatures) == 1


# ------------------------------------------------------------------------------------------------- machine code

# Recurrences, whose loop over lanes is in the kernel itself; windows vectorise in their steps, which are inlined.
LANES = ("averages.ema", "averages.sma", "averages.wma", "momentum.rsi", "momentum.macd", "volatility.atr", "trend.adx")
PACKED = re.compile(r"\bv(?:add|sub|mul|div|fmadd\w*|fnmadd\w*|max|min)pd\s+[^\n]*%[yz]mm")


LISTING = """
import json, numpy as np
from quantperf.indicators import CATALOG
from quantperf.kernels import _jit
block = np.random.default_rng(1).random((40, 16)) + 1.0
found = {}
for name in NAMES:
    entry = CATALOG[name.partition(".")[2]]
    entry(*[block] * len(entry.inputs))
    found[name] = "".join(_jit.KERNELS[name].inspect_asm().values())
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def listings() -> dict[str, str]:
    """Return the machine code of kernels, from a process without a cache, as cached kernels have no listing."""
    if not JIT_ENABLED:
        pytest.skip("NUMBA_DISABLE_JIT is set: there is nothing compiled to look at")
    code = LISTING.replace("NAMES", repr(LANES))
    found: dict[str, str] = json.loads(run(PACKAGE.parent, Path(os.devnull), code))
    return found


@pytest.mark.usefixtures("needs_jit")
@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="looks for registers of x86")
@pytest.mark.skipif(not llvmlite.binding.get_host_cpu_features().get("avx"), reason="this processor has no AVX")
@pytest.mark.parametrize("name", LANES)
def test_the_loop_over_symbols_is_vectorised(name: str, listings: dict[str, str]) -> None:
    assert PACKED.search(listings[name])


@pytest.mark.usefixtures("needs_jit")
def test_what_is_given_to_a_kernel_as_plain_is_not_copied() -> None:
    import numba

    @numba.njit
    def first(block):  # type: ignore[no-untyped-def]
        view = _jit.plain(block)
        return view[0, 0]

    block = np.full((200, 200), 7.0)
    block.setflags(write=False)
    assert first(block) == 7.0
    assert not block.flags.writeable


@pytest.mark.usefixtures("needs_jit")
def test_a_fused_step_is_rounded_once() -> None:
    import numba

    fused = _jit.fused

    @numba.njit
    def both(a, b, c):  # type: ignore[no-untyped-def]
        return fused(a, b, c), a * b + c

    once, twice = both(1.0 + 2.0**-52, 1.0 - 2.0**-52, -1.0)
    assert once == -(2.0**-104)
    assert twice == 0.0
    assert _jit._fused(2.0, 3.0, 4.0) == 10.0
