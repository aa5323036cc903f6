"""Data as optimisations: what is uncached, wide or row by row is the baseline."""

from __future__ import annotations

from quantperf.reports import frame_pair

__all__ = ["register"]


def register() -> None:
    """Register the pairs of data."""
    frame_pair.register()
