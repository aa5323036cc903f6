"""Figures for people."""

from quantperf.performance.figures import readable_bytes, readable_ns


def test_figures_are_shown_in_three_digits():
    assert [readable_ns(ns) for ns in (0.0, 999.0, 1e5, 1.5e12)] == ["0 ns", "999 ns", "100 us", "1500 s"]
    assert [readable_bytes(size) for size in (0, 1_000, 2**40)] == ["0 B", "0.977 KiB", "1 TiB"]
