"""The pictures of the README: ``python benchmarks/pictures/draw.py``, with figures that were measured before.

``missing.svg``, ``gallery.svg`` and ``known.svg`` are made from the bundled prices. ``--peers FILE`` draws `peers.svg`
from what ``benchmarks/peers.py --json`` measured, ``--store FILE`` draws ``store.svg`` from ``benchmarks/store.py
--json``, and ``--report FOLDER`` takes ``report.png``, a screenshot of the page that ``quantperf report`` wrote (needs
chromium).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import matplotlib as mpl
import matplotlib.dates
import numpy as np

import quantperf as qp

mpl.use("svg")
import matplotlib.pyplot as plt  # the backend has to be chosen first

HERE = Path(__file__).parent
OURS, THEIRS, GREY = "#1f6feb", "#d9480f", "#8b949e"

SHOWN = [
    "bbands", "supertrend", "cdl_engulfing", "chandelier", "macd", "rsi", "adx", "squeeze", "mfi", "volume_profile",
    "yang_zhang", "heikin_ashi",
]  # fmt: skip


def plain(axes: plt.Axes) -> None:
    """Take away what does not inform."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0)


def missing() -> None:
    """One close is missing: what each library's RSI says afterwards."""
    import talib

    close = qp.sample("AAPL")["close"].iloc[-250:].copy()
    close.iloc[120] = np.nan
    full = qp.rsi(qp.sample("AAPL")["close"].iloc[-250:])
    theirs, ours = talib.RSI(close), qp.rsi(close)
    figure, axes = plt.subplots(figsize=(8.4, 2.9), layout="constrained")
    axes.axvline(close.index[120], color=GREY, linewidth=0.8, linestyle=":")
    axes.plot(full, color=GREY, linewidth=3.5, alpha=0.35, label="no bar missing")
    axes.plot(ours, color=OURS, linewidth=1.3, label="quantperf")
    axes.plot(theirs, color=THEIRS, linewidth=1.3, label="TA-Lib 0.8")
    axes.annotate(
        "one close is missing",
        (close.index[120], 92),
        (-6, 0),
        textcoords="offset points",
        fontsize=9,
        color=GREY,
        ha="right",
    )
    axes.annotate(
        f"TA-Lib: {theirs.iloc[-1]:.1f} on every later bar", (close.index[170], theirs.iloc[-1]), (0, 6),
        textcoords="offset points", fontsize=9, color=THEIRS,
    )  # fmt: skip
    axes.set_ylim(-4, 100)
    axes.set_ylabel("RSI 14, AAPL")
    axes.legend(frameon=False, loc="upper right", ncols=3, fontsize=9)
    plain(axes)
    figure.savefig(HERE / "missing.svg", metadata={"Date": None})
    plt.close(figure)


def gallery() -> None:
    """Draw a dozen indicators of every kind on real prices."""
    (HERE / "gallery.svg").write_text(qp.gallery(SHOWN).mosaic(columns=3), encoding="utf-8")


def known() -> None:
    """Chart shapes with the bars on which they were known, and what trading them before that would have shown."""
    panel = qp.sample()
    bottoms = qp.patterns.shapes(panel, ["double_bottom", "triple_bottom", "inverse_head_and_shoulders"])
    formed = bottoms[bottoms["stage"] == "formed"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.2), width_ratios=(3, 2), layout="constrained")
    bars = panel["IBM"].loc["2003-01":"2003-12"]
    left.plot(bars["close"], color=GREY, linewidth=1)
    here = formed[(formed["symbol"] == "IBM") & formed["triggered_at"].between(bars.index[0], bars.index[-1])]
    for row in here.itertuples():
        stamps, prices = zip(*row.points, strict=True)
        when = row.known_at.tz_localize(None) - np.timedelta64(1, "D")  # the bar whose close told it
        left.plot(stamps, prices, "o-", color=OURS, markersize=4, linewidth=1)
        left.plot([row.triggered_at, when], [prices[-1]] * 2, color=THEIRS, linewidth=2)
        left.plot(when, prices[-1], "|", color=THEIRS, markersize=12)
    left.set_title("bottoms of IBM; red: until it could be known", fontsize=10, loc="left")
    for label, times, colour in (
        ("bought at the low (looks ahead)", "event_at", THEIRS),
        ("bought once known", "known_at", OURS),
    ):
        trades = qp.backtest(
            formed.assign(signal_type=formed["shape"], known_at=formed[times]), panel, hold=20, costs=5.0
        )
        right.plot(100.0 * (trades.equity / trades.equity.iloc[0] - 1.0), color=colour, label=label, linewidth=1.3)
    right.set_title(f"{len(formed)} bottoms held for 20 bars, percent", fontsize=10, loc="left")
    right.legend(frameon=False, fontsize=9)
    for axes in (left, right):
        plain(axes)
        axes.xaxis.set_major_locator(mpl.dates.AutoDateLocator(maxticks=6))
    figure.savefig(HERE / "known.svg", metadata={"Date": None})
    plt.close(figure)


def peers(path: Path) -> None:
    """Time against TA-Lib, for one long series and for a panel, by indicator."""
    rows = json.loads(path.read_text())
    names = sorted({row["name"] for row in rows})
    uses = [("series", "one series, 1e6 bars"), ("time-major", "500 symbols x 2,520 bars, frame to frame")]
    figure, panes = plt.subplots(1, 2, figsize=(8.4, 5.2), sharey=True, layout="constrained")
    for axes, (use, title) in zip(panes, uses, strict=True):
        found = {row["name"]: row for row in rows if row["use"] == use}
        order = sorted(names, key=lambda name: -found[name]["ratio"])
        for y, name in enumerate(names):
            row = found[name]
            axes.plot([row["low"], row["high"]], [y, y], color=OURS, linewidth=2, alpha=0.5)
            axes.plot(row["ratio"], y, "o", color=OURS if row["ratio"] <= 1 else THEIRS, markersize=5)
        median = float(np.median([found[name]["ratio"] for name in order]))
        axes.axvline(1.0, color=GREY, linewidth=0.8)
        axes.axvline(median, color=OURS, linewidth=0.8, linestyle=":")
        axes.set_xscale("log")
        axes.set_xticks([0.1, 0.2, 0.5, 1.0, 1.5], ["0.1", "0.2", "0.5", "1", "1.5"])
        axes.minorticks_off()
        axes.set_title(f"{title}\nmedian {median:.2f}", fontsize=10, loc="left")
        axes.set_xlabel("time / TA-Lib's time (left is faster)", fontsize=9)
        plain(axes)
    panes[0].set_yticks(range(len(names)), names, fontsize=9)
    panes[0].invert_yaxis()
    figure.savefig(HERE / "peers.svg", metadata={"Date": None})
    plt.close(figure)


def report(folder: Path) -> None:
    """Take a screenshot of the head of a report."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("a screenshot needs chromium; install it, or leave --report out")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars", f"--user-data-dir={profile}", f"--screenshot={HERE / 'report.png'}",
                "--window-size=1200,1440", (folder / "report.html").resolve().as_uri(),
            ],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip


def store(path: Path) -> None:
    """Milliseconds of each question to 500 symbols of ten years, asked of three ways to keep them."""
    found = {name: arms for name, arms in json.loads(path.read_text(encoding="utf-8")).items() if arms["naive"]}
    ways = {
        "naive": ("a row an object, a query a symbol", GREY),
        "tuned": ("well kept rows", THEIRS),
        "ours": ("the store", OURS),
    }
    figure, axes = plt.subplots(figsize=(8.4, 3.6), layout="constrained")
    for place, (way, (label, colour)) in enumerate(ways.items()):
        times = np.array([arms[way] for arms in found.values()]) * 1e3
        rows = np.arange(len(found)) + (place - 1) * 0.24
        middle = np.median(times, axis=1)
        axes.barh(rows, middle, height=0.22, color=colour, label=label)
        axes.hlines(rows, times.min(axis=1), times.max(axis=1), color="black", linewidth=1.0)
        for row, value, end in zip(rows, middle, times.max(axis=1), strict=True):
            text = f"{value:,.3g} ms" if value < 1_000.0 else f"{value / 1e3:,.3g} s"
            axes.annotate(text, (end, row), (5, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_xscale("log")
    axes.set_yticks(np.arange(len(found)), list(found))
    axes.invert_yaxis()
    axes.set_xlim(right=axes.get_xlim()[1] * 4)
    axes.set_xlabel("milliseconds, logarithmic; lines: least and greatest of the rounds")
    figure.legend(frameon=False, fontsize=9, loc="outside upper center", ncols=3)
    plain(axes)
    figure.savefig(HERE / "store.svg", metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Make the pictures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="figures of benchmarks/peers.py --json")
    parser.add_argument("--store", type=Path, help="figures of benchmarks/store.py --json")
    parser.add_argument("--report", type=Path, help="folder that quantperf report wrote")
    options = parser.parse_args()
    plt.rcParams.update({"svg.hashsalt": "quantperf", "font.size": 10})
    missing()
    gallery()
    known()
    if options.peers:
        peers(options.peers)
    if options.store:
        store(options.store)
    if options.report:
        report(options.report)


if __name__ == "__main__":
    main()
