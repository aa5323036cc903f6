"""What a child process of the tests runs: one crawl, which says what came of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from quantperf.config import child_environment

CODE = """
import json, sys
from quantperf import news
print("ready", flush=True)
sys.stdin.readline()
done = news.crawl(sys.argv[1])
print(json.dumps({each.name: [each.status, each.kept.new, each.cause] for each in done.feeds}), flush=True)
"""


def start(folder: Path) -> subprocess.Popen[str]:
    """Start a process that crawls as soon as it reads a line."""
    command = [sys.executable, "-W", "error", "-c", CODE, str(folder)]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=child_environment(),
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def go(*children: subprocess.Popen[str]) -> None:
    """Let processes crawl, all at once."""
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
