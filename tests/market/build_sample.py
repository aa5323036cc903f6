"""Build the bundled sample from bokeh_sampledata 2026.1: ``python tests/market/build_sample.py``.

The prices are Quandl WIKI Prices, declared public domain by their publisher. They are exact multiples of 1e-4, so
they are stored as int32 steps of 1e-4: the open from the previous close, the others from the open of their bar.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from importlib.resources import files
from pathlib import Path

import numpy as np

SOURCE = files("bokeh_sampledata") / "_data" / "stocks.csv.gz"
SHA256 = "e73fe05d106b7da1abe8f947264c514afd02cef5c9db4864b9437c84d6bd6069"
TARGET = Path(__file__).parents[2] / "quantperf" / "market" / "sample.npz"


def source_rows(packed: bytes) -> list[dict[str, str]]:
    """Return the rows of the source file, after a check that it is the very file that was audited."""
    raw = gzip.decompress(packed)
    found = hashlib.sha256(raw).hexdigest()
    if found != SHA256:
        raise SystemExit(f"stocks.csv must have the SHA-256 {SHA256}, got {found}; install bokeh_sampledata==2026.1")
    return list(csv.DictReader(io.StringIO(raw.decode())))


def arrays(rows: list[dict[str, str]]) -> dict[str, np.ndarray]:
    """Return what the npz holds; symbols one after the other, bars oldest first."""
    symbols, counts = np.unique([row["Ticker"] for row in rows], return_counts=True)
    if [row["Ticker"] for row in rows] != np.repeat(symbols, counts).tolist():
        raise SystemExit("stocks.csv must be sorted by ticker")
    days = np.array([row["Date"] for row in rows], dtype="datetime64[D]").astype(np.int32)
    prices = np.array([[float(row[name]) for name in ("Open", "High", "Low", "Close")] for row in rows])
    units = np.rint(prices * 1e4).astype(np.int32)
    if not np.array_equal(units / 1e4, prices):
        raise SystemExit("prices must be exact multiples of 1e-4")
    opens, highs, lows, closes = units.T
    before = np.concatenate([[np.int32(0)], closes[:-1]])
    return {
        "symbols": symbols,
        "counts": counts,
        "days": np.diff(days, prepend=np.int32(0)),
        "prices": np.stack([opens - before, highs - opens, lows - opens, closes - opens]),
        "volume": np.array([int(row["Volume"]) for row in rows]),
        "adjusted": np.array([float(row["Adj Close"]) for row in rows]),
    }


def build(target: Path = TARGET) -> None:
    """Write the npz; members carry no time, so the same source gives the same bytes."""
    np.savez_compressed(target, **arrays(source_rows(SOURCE.read_bytes())))


if __name__ == "__main__":
    build()
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")
