"""What the tests of the transport share: a server on loopback, and no proxy between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixture_server import FixtureServer


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no proxy of the machine that runs the tests stand between them and the loopback server."""
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme.upper()}_PROXY", raising=False)


@pytest.fixture
def server() -> Iterator[FixtureServer]:
    """Serve until the test is over."""
    with FixtureServer() as running:
        yield running
