"""Settings: one frozen object, and the only place that reads environment variables.

==========================  =====================================================================================
``QUANTPERF_CACHE_DIR``     folder for compiled kernels; default: the user's cache folder
``QUANTPERF_CONTACT``       an address by which hosts that are asked for prices and news reach you; default: none
``QUANTPERF_FAST``          ``1`` makes reports and notebooks take few samples (for smoke runs, not for figures)
==========================  =====================================================================================
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import platformdirs

from quantperf.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment decides."""

    cache_dir: Path
    fast: bool = False
    contact: str = ""


@cache
def settings() -> Settings:
    """Return the settings of this process, read once from the environment."""
    folder = os.environ.get("QUANTPERF_CACHE_DIR")
    fast = os.environ.get("QUANTPERF_FAST", "0")
    if fast not in {"", "0", "1"}:
        raise ParameterError(f"QUANTPERF_FAST must be 0 or 1, got {fast!r}; unset it or set it to 1")
    return Settings(
        cache_dir=Path(folder) if folder else Path(platformdirs.user_cache_dir("quantperf", appauthor=False)),
        fast=fast == "1",
        contact=os.environ.get("QUANTPERF_CONTACT", "").strip(),
    )


def child_environment(**extra: str) -> dict[str, str]:
    """Return this process's environment for a child process, with `extra` variables set."""
    return {**os.environ, **extra}
