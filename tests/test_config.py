"""Settings: read once, frozen, and by one module alone."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

import quantperf
from quantperf import config
from quantperf.errors import ParameterError

SOURCES = sorted(Path(quantperf.__file__).parent.rglob("*.py"))


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Read the environment anew in each test."""
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QUANTPERF_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("QUANTPERF_FAST", "1")
    found = config.settings()
    assert found.cache_dir == tmp_path
    assert found.fast
    assert config.settings() is found
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.fast = False  # type: ignore[misc]


def test_the_contact_is_what_the_environment_says_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUANTPERF_CONTACT", raising=False)
    assert config.settings().contact == ""
    config.settings.cache_clear()
    monkeypatch.setenv("QUANTPERF_CONTACT", " me@example.org ")
    assert config.settings().contact == "me@example.org"


@pytest.mark.parametrize("value", ["", "0"])
def test_defaults_are_the_users_cache_and_full_length(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.delenv("QUANTPERF_CACHE_DIR", raising=False)
    monkeypatch.setenv("QUANTPERF_FAST", value)
    assert not config.settings().fast
    assert config.settings().cache_dir.name == "quantperf"


@pytest.mark.parametrize("value", ["yes", "2", "true"])
def test_a_setting_that_is_neither_0_nor_1_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("QUANTPERF_FAST", value)
    with pytest.raises(ParameterError, match=f"QUANTPERF_FAST must be 0 or 1, got '{value}'; unset it"):
        config.settings()


def test_a_child_inherits_the_environment_and_what_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTPERF_FAST", "0")
    found = config.child_environment(QUANTPERF_FAST="1", OTHER="x")
    assert found["QUANTPERF_FAST"] == "1"
    assert found["OTHER"] == "x"
    assert config.child_environment()["QUANTPERF_FAST"] == "0"


def reads_environment(tree: ast.AST) -> bool:
    names = {"environ", "getenv", "environb", "putenv"}
    return any(
        (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and names & {a.name for a in node.names})
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(SOURCES[0].parents[0])))
def test_only_the_configuration_reads_the_environment(source: Path) -> None:
    assert reads_environment(ast.parse(source.read_text(encoding="utf-8"))) == (source == Path(config.__file__))


def test_a_read_of_the_environment_would_be_found() -> None:
    assert reads_environment(ast.parse("import os\nos.environ['x']"))
    assert reads_environment(ast.parse("from os import getenv"))
    assert not reads_environment(ast.parse("import os\nos.cpu_count()"))
