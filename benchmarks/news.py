"""News: parsing a feed against feedparser, and crawls of two processes.

``python -m benchmarks.news`` parses 1,000 items, well-formed and malformed, with both, interleaved, and prints medians
and ranges of CPU seconds; then it lets two processes crawl one feed of a server on loopback at the same moment, round
by round, and counts the requests that came. The verdict on the target of 20 times is printed; it fails below `FLOOR`,
and where a feed was asked for twice.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import feedparser

from quantperf.config import child_environment
from quantperf.market.store import Store
from quantperf.news import Feed, enable, parse

ITEMS = 1_000
ROUNDS = 7
TARGET = 20.0
FLOOR = 5.0  # below it something broke: a busy machine halves a ratio, no more
AT = dt.datetime(2025, 9, 26, 12, tzinfo=dt.UTC)
TEXT = (
    "Made up: a paragraph of the length that feeds have, with figures such as 12.5 and names, told once and no more. "
)


def body(items: int = ITEMS, text: str = TEXT * 2) -> bytes:
    """Return a feed as the headlines of a symbol are: title, link, guid, date, description."""
    each = (
        f"<item><description>{text}</description><guid isPermaLink='false'>guid-{number}</guid>"
        f"<link>https://finance.example.org/news/story-{number}.html?.tsrc=rss</link>"
        f"<pubDate>Fri, 26 Sep 2025 10:17:15 +0000</pubDate><title>Story number {number} of some length</title></item>"
        for number in range(items)
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<rss version="2.0"><channel><title>Made up</title>'
    return f"{head}{''.join(each)}</channel></rss>".encode()


def site(items: int = ITEMS) -> bytes:
    """Return a feed as a site writes it: a publisher, a picture with its credit, keywords, no description."""
    each = (
        f"<item><title>Story number {number} of some length</title>"
        f"<link>https://finance.example.org/news/story-{number}.html</link><pubDate>2025-09-26T10:17:15Z</pubDate>"
        f'<source url="https://wire.example.org/">A wire</source><guid isPermaLink="false">story-{number}.html</guid>'
        f'<media:content height="86" url="https://images.example.org/{number}.jpg" width="130"/>'
        '<media:credit role="publishing company"/></item>'
        for number in range(items)
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:media="http://search.yahoo.com/mrss/">'
    return f"{head}<channel><title>Made up</title>{''.join(each)}</channel></rss>".encode()


def topic(items: int = ITEMS) -> bytes:
    """Return a feed as a topic is: no guid, no description, a date without a zone, an enclosure."""
    each = (
        f"<item><title>Story number {number} of some length</title>"
        f"<enclosure url='https://images.example.org/{number}.jpg' length='8192' type='image/jpeg'/>"
        "<pubDate>2025-09-26 10:17:15</pubDate><author>A wire</author>"
        f"<link>https://www.example.org/news/economy/story-{4_257_812 + number}</link></item>"
        for number in range(items)
    )
    return f'<?xml version="1.0"?><rss><channel><title>Made up</title>{"".join(each)}</channel></rss>'.encode()


BODIES: dict[str, Callable[[], bytes]] = {
    "headlines of a symbol": body,
    "a site's feed": site,
    "a topic": topic,
    "headlines with markup in them": lambda: body(
        text="&lt;p&gt;" + TEXT + "&lt;b&gt;bold&lt;/b&gt; &amp;amp; more&lt;/p&gt;" + TEXT
    ),
    "malformed (bare &, &nbsp;, cp1252)": lambda: body(text=TEXT * 2 + "R&D&nbsp;").replace(b"R&D", b"R&D \x93"),
}


def seconds(call: Callable[[], Any]) -> float:
    """Return the CPU seconds of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def against_feedparser(content: bytes, rounds: int = ROUNDS) -> tuple[list[float], list[float]]:
    """Return CPU seconds of feedparser and of ours, one after the other in each round."""
    found = len(parse(content, at=AT).items)
    assert found == len(feedparser.parse(content).entries) == ITEMS
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(seconds(lambda: feedparser.parse(content)))
        ours.append(seconds(lambda: parse(content, at=AT)))
    return theirs, ours


CHILD = """
import sys
from quantperf import news
print("ready", flush=True)
sys.stdin.readline()
print(sum(feed.status == "fetched" for feed in news.crawl(sys.argv[1]).feeds), flush=True)
"""


class Counting(BaseHTTPRequestHandler):
    """Serves one feed, slowly enough for two crawlers to meet."""

    asked = 0
    guard = threading.Lock()

    def do_GET(self) -> None:
        content = body(20) if self.path == "/feed" else b""
        if content:
            with self.guard:
                type(self).asked += 1
            time.sleep(0.2)
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


def crawls(rounds: int) -> list[int]:
    """Return how often a feed was asked for in each round of two processes that crawl it at once."""
    counts = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "store") as store:
                enable(store, Feed("made up", f"http://127.0.0.1:{server.server_port}/feed", "example"))
                Counting.asked = 0
                counts.append(Counting.asked + _two(store.path))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    return counts


def _two(folder: Path) -> int:
    """Let two processes crawl; return the requests that came, which must be as many as crawls that say so."""
    command = [sys.executable, "-c", CHILD, str(folder)]
    pipe = subprocess.PIPE
    children = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=child_environment()) for _ in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    said = 0
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        out, _ = child.communicate(timeout=60)
        said += int(out)
    assert said == Counting.asked, f"{said} crawls fetched, {Counting.asked} requests came"
    return Counting.asked


class Feeds:
    """Parsing of 1,000 items: feedparser over ours."""

    params = tuple(BODIES)
    param_names = ("feed",)
    unit = "times faster"
    timeout = 120

    def track_faster(self, feed: str) -> float:
        theirs, ours = against_feedparser(BODIES[feed]())
        return statistics.median(left / right for left, right in zip(theirs, ours, strict=True))


def main() -> int:
    """Print the table; return 1 if something broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of parsing (default {ROUNDS})")
    parser.add_argument("--crawls", type=int, default=3, help="rounds of two processes (default 3)")
    options = parser.parse_args()
    print(f"{ITEMS} items, CPU ms, median [least, most] of {options.rounds} interleaved rounds")
    print(f"{'':36s} {'feedparser':>22s} {'ours':>20s}  ratio (range), target {TARGET:g}: verdict")
    missed = []
    for name, make in BODIES.items():
        theirs, ours = against_feedparser(make(), options.rounds)
        ratios = [left / right for left, right in zip(theirs, ours, strict=True)]
        ratio = statistics.median(ratios)
        cells = [
            f"{1e3 * statistics.median(arm):.1f} [{1e3 * min(arm):.1f}, {1e3 * max(arm):.1f}]" for arm in (theirs, ours)
        ]
        print(
            f"{name:36s} {cells[0]:>22s} {cells[1]:>20s}  {ratio:.1f} ({min(ratios):.1f} to {max(ratios):.1f}):"
            f" {'met' if ratio >= TARGET else 'not met'}"
        )
        missed += [name] * (ratio < FLOOR)
    counts = crawls(options.crawls)
    print(f"requests of two processes that crawl one feed at once, by round: {counts}; target exactly 1")
    missed += ["crawls"] * (counts != [1] * len(counts))
    if missed:
        print(f"broken: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
