"""The façade: light to import, lazy, and honest about what it holds."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import quantperf as qp
from quantperf.config import child_environment


def child(code: str) -> str:
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=child_environment(), check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_loads_neither_numba_nor_the_catalogue() -> None:
    code = """
import sys, pandas
import quantperf
heavy = ("numba", "llvmlite", "scipy", "matplotlib", "rich", "pyarrow.parquet", "polars", "talib", "sqlite3", "asyncio")
print([name for name in heavy if name in sys.modules], [name for name in sys.modules if name.startswith("quantperf.")])
"""
    heavy = child(code)
    loaded = heavy.split("] [")[1]
    assert "numba" not in heavy.split("] [")[0]
    for module in ("indicators", "kernels", "performance", "market", "talib"):
        assert f"quantperf.{module}" not in loaded


def test_importing_starts_no_thread_and_touches_no_filter() -> None:
    code = """
import threading, warnings, pandas
threads, filters = threading.active_count(), list(warnings.filters)
import quantperf
print(threading.active_count() - threads, warnings.filters == filters)
"""
    assert child(code).split() == ["0", "True"]


def test_pandas_knows_the_accessor_without_the_catalogue() -> None:
    code = """
import sys, pandas as pd
import quantperf
accessor = pd.Series([1.0, 2.0]).qp
print("numba" in sys.modules)
accessor.sma(2)
print("numba" in sys.modules)
"""
    assert child(code).split() == ["False", "True"]


def as_listed(name: str) -> tuple[int, str]:
    """The order of the linter: constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def test_every_public_name_is_there_sorted_and_documented() -> None:
    assert list(qp.__all__) == sorted(qp.__all__, key=as_listed)
    assert len(set(qp.__all__)) == len(qp.__all__)
    for name in qp.__all__:
        value = getattr(qp, name)
        assert name in dir(qp)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert (value.__doc__ or "").strip(), name


def test_public_names_and_the_list_of_them_agree() -> None:
    code = """
import quantperf as qp
public = {name for name in vars(qp) if not name.startswith("_")}
import types
public = {name for name in public if not isinstance(getattr(qp, name), types.ModuleType)}
print(sorted(public - set(qp.__all__) - {"annotations", "Any", "import_module"}))
"""
    assert child(code).strip() == "[]"


def test_every_indicator_is_an_attribute_and_listed() -> None:
    for name, entry in qp.CATALOG.items():
        assert getattr(qp, name) is entry
        assert name in dir(qp)
    assert qp.bbands is qp.CATALOG["BBANDS"]
    assert qp.talib.SMA.__name__ == "SMA"


def test_a_name_is_looked_up_once() -> None:
    assert "Panel" in qp.__all__
    assert qp.Panel is qp.Panel
    assert "Panel" in vars(qp)
    assert qp.rsi is vars(qp)["rsi"]


def test_an_unknown_attribute_names_the_nearest_indicator() -> None:
    with pytest.raises(AttributeError, match=r"module 'quantperf' has no attribute 'rsl'.*did you mean 'rsi'"):
        qp.rsl  # noqa: B018 - the look-up is the test
    with pytest.raises(AttributeError, match="has no attribute '_private'"):
        qp._private  # noqa: B018
    assert not hasattr(qp, "__wrapped__")
    with pytest.raises(ImportError):
        exec("from quantperf import no_such_name")


@pytest.mark.parametrize(
    "module",
    [
        "quantperf.indicators", "quantperf.reference", "quantperf.market.bars", "quantperf.market.columns",
        "quantperf.market.sample", "quantperf.market.stamps", "quantperf.market.synthetic", "quantperf.performance",
        "quantperf.reference.averages", "quantperf.reference.bands", "quantperf.reference.candles",
        "quantperf.reference.candles_many", "quantperf.reference.candles_one", "quantperf.reference.candles_three",
        "quantperf.reference.candles_two", "quantperf.reference.conditions",
        "quantperf.reference.momentum", "quantperf.reference.stochastics", "quantperf.reference.statistics",
        "quantperf.reference.trend",
        "quantperf.reference.volatility", "quantperf.reference.volume", "quantperf.verification",
    ],
)  # fmt: skip
def test_what_a_module_lists_is_sorted_and_there(module: str) -> None:
    from importlib import import_module

    found = import_module(module)
    assert list(found.__all__) == sorted(found.__all__, key=as_listed)
    for name in found.__all__:
        value = getattr(found, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert (value.__doc__ or "").strip(), name
