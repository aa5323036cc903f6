"""The one place that speaks to numba: its options, its disk cache, and the stamp of all kernel sources.

numba's own cache looks only at the file of the function it compiles, so a step that changed in another file would be
served stale. Here the cache folder is named by a hash of *all* kernel sources, of what compiles them and of the two
settings that numba's index forgets (``NUMBA_BOUNDSCHECK``, ``NUMBA_OPT``): an edit anywhere means another folder.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import llvmlite.binding
import numba
from numba.core import config, types
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic

from quantperf.config import settings

F = TypeVar("F", bound=Callable[..., Any])

# nogil: kernels run beside each other on threads. error_model="numpy": a Python-style division check stops
# vectorisation (EMA of a panel 1.16 instead of 0.27 ns a bar). Never fastmath (NaN would be undefined, and batch would
# no longer equal live to the bit), never parallel (the workqueue layer aborts the process under Dask's threads).
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}

NUMBA: Any = config  # numba sets its settings at run time, where no type checker sees them
JIT_ENABLED = not NUMBA.DISABLE_JIT
KERNELS: dict[str, Any] = {}
_lock = threading.Lock()


@cache
def source_stamp() -> str:
    """Return a hash of all kernel sources; a saved stream carries it."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def cache_folder() -> Path | None:
    """Return the folder of compiled kernels for these sources on this machine; None if it cannot be written."""
    compiled_by = "|".join(
        [
            source_stamp(),
            version("numba"),
            version("llvmlite"),
            version("numpy"),
            llvmlite.binding.get_host_cpu_name(),
            llvmlite.binding.get_host_cpu_features().flatten(),
            str(NUMBA.BOUNDSCHECK),
            str(NUMBA.OPT),
        ]
    )
    folder = settings().cache_dir / "kernels" / hashlib.sha256(compiled_by.encode()).hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
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
    folder = cache_folder()
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
