"""Errors: one tree, told by its own module, and messages that help."""

from __future__ import annotations

import inspect

import pandas as pd
import pytest

from quantperf import errors
from quantperf.errors import (
    DataError,
    ParameterError,
    QuantperfError,
    QuantperfWarning,
    StateMismatch,
    UnknownIndicator,
    did_you_mean,
    not_bars,
    one_of,
    unknown_indicator,
)

CLASSES = [
    value
    for _, value in inspect.getmembers(errors, inspect.isclass)
    if value.__module__ == errors.__name__ and issubclass(value, BaseException)
]


@pytest.mark.parametrize("error", CLASSES)
def test_the_tree_is_the_docstring_of_the_module(error: type[BaseException]) -> None:
    assert error.__name__ in (errors.__doc__ or "")
    assert (error.__doc__ or "").strip()
    assert issubclass(error, QuantperfError | QuantperfWarning)


def test_errors_are_also_what_python_calls_them() -> None:
    assert issubclass(ParameterError, ValueError)
    assert issubclass(DataError, ValueError)
    assert issubclass(UnknownIndicator, KeyError)
    assert not issubclass(StateMismatch, ValueError)
    assert issubclass(QuantperfWarning, UserWarning)


def test_an_unknown_indicator_reads_as_a_sentence() -> None:
    assert str(unknown_indicator("rsl", ["rsi", "macd"])) == "unknown indicator 'rsl'; did you mean 'rsi'?"
    assert str(unknown_indicator("zzz", ["rsi"])) == "unknown indicator 'zzz'; see quantperf.CATALOG"
    assert str(UnknownIndicator()) == ""


def test_a_choice_names_what_may_be_and_what_was() -> None:
    assert str(one_of("nan", ("a", "b"), "c")) == "nan must be one of 'a', 'b', got 'c'"
    assert isinstance(one_of("nan", (), None), ParameterError)


def test_only_near_names_are_proposed() -> None:
    assert did_you_mean("windw", ["window", "slow"]) == "; did you mean 'window'?"
    assert did_you_mean("q", ["window", "slow"]) == ""
    assert did_you_mean("q", []) == ""


def test_a_frame_that_holds_no_bars_is_told_which_columns_it_lacks() -> None:
    wide = not_bars("prices", pd.DataFrame({"Open": [1.0], "close": [1.0]}))
    assert str(wide) == "prices must be a Panel or a frame of bars, got DataFrame, which lacks the columns high, low"
    assert str(not_bars("data", [1.0])) == "data must be a Panel or a frame of bars, got list"
