"""The one place that speaks to numba: its options, its disk cache, and the stamp of all kernel sources.

numba's own cache looks only at the file of the function it compiles, so a step that changed in another file would be
served stale. Here the cache folder is named by a hash of what compiles and of the two settings that numba's index
forgets (``NUMBA_BOUNDSCHECK``, ``NUMBA_OPT``), and in it each kernel has the folder of its sources: the file it is
written in, the files of the steps it is given, and all kernel files that those import. An edit anywhere below a kernel
means another folder; kernels that it cannot reach stay compiled, after an upgrade too.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import llvmlite.binding
import numba
import numpy as np
from numba.core import config, types
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic

from quantperf.config import settings

F = TypeVar("F", bound=Callable[..., Any])

# nogil: kernels run beside each other on threads. error_model="numpy": a Python-style division check stops
# vectorisation (EMA of a panel 1.16 instead of 0.27 ns a bar). Never fastmath (NaN would be undefined, and batch would
# no longer equal live to the bit), never parallel (the workqueue layer aborts the process under Dask's threads).
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}

# An index that cannot be negative. A signed one that numba cannot prove to be so is tested for Python's negative
# indices at every access (SMA of one series 1.54 -> 0.69 ns a bar). Mixed with a signed number it becomes a float: make
# that one natural too.
natural = np.uint64

NUMBA: Any = config  # numba sets its settings at run time, where no type checker sees them
JIT_ENABLED = not NUMBA.DISABLE_JIT
KERNELS: dict[str, Any] = {}
_lock = threading.Lock()


_HERE = Path(__file__).parent
_IMPORT = re.compile(r"^from quantperf\.kernels(?:\.(\w+))? import (\([^)]*\)|.*)$", re.MULTILINE)


@cache
def source_stamp() -> str:
    """Return a hash of all kernel sources; a saved stream carries it."""
    return _digest(frozenset(path.stem for path in _HERE.glob("*.py")))


def _digest(names: frozenset[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(f"{name}.py".encode())
        digest.update(_source(name))
    return digest.hexdigest()[:16]


@cache
def _source(name: str) -> bytes:
    return (_HERE / f"{name}.py").read_bytes()


@cache
def reached(name: str) -> frozenset[str]:
    """Return the kernel files that a kernel file can call: itself, and all that it imports.

    Examples
    --------
    >>> sorted(reached("layout"))
    ['_jit', 'layout']
    """
    found: set[str] = set()
    waiting = {name, "_jit"}
    while waiting:
        found |= waiting
        texts = [_source(module).decode() for module in waiting]
        imports = {one for text in texts for package in _IMPORT.finditer(text) for one in _modules(package)}
        waiting = imports - found
    return frozenset(found)


def _modules(statement: re.Match[str]) -> list[str]:
    """Return the kernel files of one import statement; they are imported from the package by name, or from."""
    if statement[1]:
        return [statement[1]]
    return re.findall(r"(\w+)(?: as \w+)?", statement[2])


def _sources(function: Callable[..., Any]) -> frozenset[str]:
    """Return the kernel files of a function: where it is written, where it belongs, and of the steps it is given."""
    code = function.__code__
    given: list[Any] = [function.__globals__.get(name) for name in code.co_names]
    homes = {Path(code.co_filename).stem, function.__module__.rpartition(".")[2]}
    homes |= {value.py_func.__module__.rpartition(".")[2] for value in given if hasattr(value, "py_func")}
    return frozenset[str]().union(*(reached(home) for home in homes if (_HERE / f"{home}.py").exists()))


@cache
def cache_folder() -> Path | None:
    """Return the folder of compiled kernels of this compiler on this machine; None if it cannot be written."""
    compiled_by = "|".join(
        [
            version("numba"),
            version("llvmlite"),
            version("numpy"),
            llvmlite.binding.get_host_cpu_name(),
            llvmlite.binding.get_host_cpu_features().flatten(),
            str(NUMBA.BOUNDSCHECK),
            str(NUMBA.OPT),
        ]
    )
    return _writable(settings().cache_dir / "kernels" / hashlib.sha256(compiled_by.encode()).hexdigest()[:16])


@cache
def folder_of(sources: frozenset[str]) -> Path | None:
    """Return the folder for the kernels of these sources; None if it cannot be written."""
    folder = cache_folder()
    return None if folder is None else _writable(folder / _digest(sources))


def _writable(folder: Path) -> Path | None:
    """Make a folder and note its use; None if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".writable").touch()
    except OSError:
        return None
    return folder


def processor_features() -> dict[str, bool]:
    """Return which instruction sets this processor has, by LLVM's names."""
    return dict(llvmlite.binding.get_host_cpu_features())


def step(function: F) -> F:
    """Compile a piece of arithmetic that kernels call; it is inlined into them."""
    compiled: F = numba.njit(**OPTIONS)(function)
    return compiled


def kernel(function: F) -> F:
    """Compile a kernel on its first call, and keep the result in the cache folder."""
    if not JIT_ENABLED:
        KERNELS[f"{function.__module__.rpartition('.')[2]}.{function.__name__}"] = function
        return function
    dispatcher = numba.njit(**OPTIONS)(function)
    folder = folder_of(_sources(function))
    if folder is not None:
        with _lock:  # numba reads the setting only while it makes the cache object, so it is put back at once
            before = NUMBA.CACHE_DIR
            NUMBA.CACHE_DIR = str(folder)
            try:
                dispatcher.enable_caching()
            finally:
                NUMBA.CACHE_DIR = before
    KERNELS[f"{function.__module__.rpartition('.')[2]}.{function.__name__}"] = dispatcher
    compiled: F = dispatcher
    return compiled


def _fused(a: float, b: float, c: float) -> float:
    """Return a * b + c, rounded once.

    One instruction where the processor has it (every x86-64 since 2013, every ARM64), else a slow call with the same
    bits. It shortens the chain of a recurrence: Wilder's mean 1.69 -> 1.43 ns a bar, EMA 2.5 -> 1.9. Without the JIT it
    is rounded twice, so the laws hold among themselves, but not to the bit with compiled runs.
    """
    return a * b + c


def _fused_instruction(_context: Any, _a: Any, _b: Any, _c: Any) -> Any:
    double = types.float64
    return double(double, double, double), lambda _ctx, builder, _signature, args: builder.fma(*args)


def _plain(block: Any) -> Any:
    """Return the array as one that is not read-only; it is still never written.

    To numba a read-only array is another type. Inputs are read-only and temporaries are not, so without this every step
    would be compiled twice.
    """
    return block


def _plain_type(_context: Any, block: Any) -> Any:
    def same(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return impl_ret_borrowed(context, builder, signature.return_type, args[0])  # one more owner of the memory

    return block.copy(readonly=False)(block), same


fused: Any = _fused
plain: Any = _plain
if JIT_ENABLED:
    fused = intrinsic(_fused_instruction)
    plain = intrinsic(_plain_type)
