"""Keys are content: what differs never shares one, what is equal does, and nothing is read from print or address."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import functools
import pathlib
import re
import subprocess
import sys
import types
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.config import child_environment
from quantperf.errors import Unkeyable
from quantperf.kernels import universal
from quantperf.memory.digests import LONG
from quantperf.memory.keys import LASTING, QUICK, Digest, content_key

DIGESTS = pytest.mark.parametrize("digest", [QUICK, LASTING], ids=["quick", "lasting"])
DAYS = pd.date_range("2020-01-01", periods=1000, freq="D")

NAIVE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)


class Side(enum.Enum):
    BUY = 1
    SELL = 2


class Other(enum.Enum):
    BUY = 1


@dataclass(frozen=True)
class Window:
    bars: int


@dataclass
class Mutable:
    bars: int


class Pair(NamedTuple):
    a: int
    b: int


def bars(rows: int = 1000) -> pd.DataFrame:
    values = np.arange(rows * 3, dtype=np.float64).reshape(rows, 3)
    return pd.DataFrame(values, columns=["open", "close", "volume"], index=DAYS[:rows])


def changed(edit: Callable[[pd.DataFrame], Any]) -> pd.DataFrame:
    frame = bars()
    answer = edit(frame)
    return frame if answer is None else answer


def set_cell(frame: pd.DataFrame) -> None:
    frame.iloc[500, 1] += 1e-9


def set_index_name(frame: pd.DataFrame) -> None:
    frame.index.name = "date"


def set_attrs(frame: pd.DataFrame) -> None:
    frame.attrs["source"] = "x"


def move_last(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index(frame.index[:-1].append(frame.index[-1:] + dt.timedelta(days=1)))


def swap_values(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.to_numpy()[:, [1, 0, 2]], columns=frame.columns, index=frame.index)


FRAMES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "one middle value": set_cell,
    "dtype": lambda frame: frame.astype("float32"),
    "dtype of one column": lambda frame: frame.astype({"volume": "int64"}),
    "nullable": lambda frame: frame.astype("Float64"),
    "object": lambda frame: frame.astype(object),
    "zone": lambda frame: frame.tz_localize("UTC"),
    "another zone": lambda frame: frame.tz_localize("UTC").tz_convert("Europe/Paris"),
    "name of the index": set_index_name,
    "label of a column": lambda frame: frame.rename(columns={"close": "Close"}),
    "columns in another order": lambda frame: frame[["close", "open", "volume"]],
    "values in another order": swap_values,
    "one stamp": move_last,
    "no stamps": lambda frame: frame.reset_index(drop=True),
    "resolution of the stamps": lambda frame: frame.set_index(frame.index.as_unit("ms")),
    "fewer rows": lambda frame: frame.iloc[:-1],
    "other rows": lambda frame: frame.iloc[1:],
    "attrs": set_attrs,
    "sign of zero": lambda frame: frame * np.where(np.arange(1000) == 0, -1.0, 1.0)[:, None],
}


@DIGESTS
@pytest.mark.parametrize("edit", FRAMES.values(), ids=FRAMES)
def test_frames_that_differ_in_one_thing_never_share_a_key(edit: Callable[[pd.DataFrame], Any], digest: Digest) -> None:
    assert content_key(changed(edit), digest) != content_key(bars(), digest)
    assert content_key(changed(edit), digest) == content_key(changed(edit), digest)


def test_trap_1_series_that_print_alike_share_no_key() -> None:
    one, two = pd.Series(np.arange(1000.0)), pd.Series(np.arange(1000.0))
    two.iloc[500] = -1.0

    def by_print(value: pd.Series) -> str:
        return str(value)

    assert by_print(one) == by_print(two)  # the defective way: the second gets the value of the first
    assert content_key(one) != content_key(two)


@DIGESTS
@pytest.mark.parametrize("rows", [3, 40, LONG // 24 + 1, 1000])
def test_equal_frames_share_a_key_wherever_they_lie(rows: int, digest: Digest) -> None:
    frame = bars(rows)
    by_column = pd.DataFrame({name: frame[name].to_numpy().copy() for name in frame}, index=DAYS[:rows])
    by_row = pd.DataFrame(np.ascontiguousarray(frame.to_numpy()), columns=list(frame), index=DAYS[:rows], copy=False)
    without_frequency = frame.set_index(pd.DatetimeIndex(frame.index.to_numpy()))
    keys = {content_key(each, digest) for each in (frame, by_column, by_row, without_frequency, frame.copy())}
    assert len(keys) == 1


def test_an_input_edited_in_place_has_another_key() -> None:
    values = np.zeros(5000)
    before = content_key(values)
    values[4321] = 1.0
    assert content_key(values) != before
    frame = bars()
    before = content_key(frame)
    frame.loc[frame.index[7], "close"] = 0.0
    assert content_key(frame) != before


UNEQUAL = [
    1, 1.0, True, 1 + 0j, "1", b"1", bytearray(b"1"), np.float64(1), np.float32(1), np.int64(1), decimal.Decimal(1),
    decimal.Decimal("1.0"), None, 0, 0.0, -0.0, False, "", b"", (), [], {}, set(), frozenset(), float("nan"), [None],
    (1, (2, 3)), ((1, 2), 3), [1, 2], [2, 1], {"a": 1, "b": 2}, {"b": 2, "a": 1}, {1, 2}, frozenset({1, 2}),
    range(3), slice(3), dt.date(2020, 1, 1), NAIVE, dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    dt.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC")), dt.time(1), dt.timedelta(1), pd.Timestamp("2020-01-01"),
    pd.Timestamp("2020-01-01", tz="UTC"), pd.Timedelta(1, "D"), pd.NaT, pd.NA, pd.Period("2020-01", "M"),
    pd.Interval(0, 1), pd.Interval(0, 1, closed="both"), Side.BUY, Side.SELL, Other.BUY, Window(1), Window(2),
    Pair(1, 2), (1, 2), np.array(1.0), np.array([1.0]), np.array([[1.0]]), np.array([1]), np.array(["1"]),
    np.array(["2020-01-01"], dtype="M8[D]"), np.array(["2020-01-01"], dtype="M8[s]"), np.array([1.0, None]),
    np.array(["a", "bc"], dtype=object), np.array(["ab", "c"], dtype=object), ["a", "bc"], ["ab", "c"],
    np.ma.array([1.0, 2.0], mask=[0, 1]), np.ma.array([1.0, 2.0], mask=[0, 0]), np.zeros(0), np.zeros((0, 2)),
    pd.Series([1.0]), pd.Series([1.0], name="a"), pd.Series([1.0]).to_frame(), pd.Index([1.0]), pd.Index([1]),
    pd.RangeIndex(1), pd.Series(["a"]), pd.Series(["a"], dtype=object), pd.Series(["a"], dtype="category"),
    pd.Series(["a"], dtype=pd.CategoricalDtype(["a", "b"])), pd.Series(["a"], dtype=pd.CategoricalDtype(["b", "a"])),
    pd.Series(["a"], dtype=pd.CategoricalDtype(["a"], ordered=True)), pd.Series([1], dtype="Int64"),
    pd.Series([None], dtype="Int64"), pd.Series([0], dtype="Int64"), pd.Series([True], dtype="boolean"),
    pd.Series(["a", None]), pd.Series([None, "a"]), pd.Series(["a", ""]), pd.MultiIndex.from_tuples([(1, "a")]),
    pd.MultiIndex.from_tuples([(1, "b")]), pd.MultiIndex.from_tuples([(1, "a")], names=["x", "y"]),
    pd.interval_range(0, 2), pd.arrays.SparseArray([0.0, 1.0]), pd.DataFrame({"a": [1.0], "b": [2.0]}),
    pd.DataFrame({"a": [1.0], "b": [2]}), pd.DataFrame({"a": [2**53], "b": [1.0]}),
    pd.DataFrame({"a": [2**53 + 1], "b": [1.0]}), pd.DataFrame({"a": ["x"], "b": [1.0]}), pd.DataFrame(),
    pd.DataFrame(index=[1]), pathlib.PurePosixPath("a"), "a", re.compile("a"), re.compile("a", re.IGNORECASE), Side,
    Window, np.sum, np.add, len, "a" * 100, "a" * 101, b"a" * 100, types.SimpleNamespace(a=1),
    np.dtype("f8"), np.dtype("f4"),
    pd.Int64Dtype(), pd.CategoricalDtype(["a"]), pd.CategoricalDtype(["b"]),
    pd.CategoricalDtype(), pd.DatetimeTZDtype(tz="UTC"), functools.partial(len, "a"),
    list(range(100)), list(range(1, 101)), tuple(range(100)),
]  # fmt: skip


@DIGESTS
def test_no_two_different_values_share_a_key(digest: Digest) -> None:
    keys = [content_key(each, digest) for each in UNEQUAL]
    shared = [(UNEQUAL[i], UNEQUAL[j]) for i in range(len(keys)) for j in range(i) if keys[i] == keys[j]]
    assert shared == []
    assert len({hash(key) for key in keys}) == len(keys)
    assert [content_key(each, digest) for each in UNEQUAL] == keys


@given(st.lists(st.text(max_size=5), max_size=6), st.lists(st.text(max_size=5), max_size=6))
def test_texts_side_by_side_are_told_apart_by_where_they_end(one: list[str], two: list[str]) -> None:
    for make in (list, lambda texts: np.array(texts, dtype=object), lambda texts: pd.Series(texts, dtype="str")):
        assert (content_key(make(one)) == content_key(make(two))) == (one == two)


@given(st.integers(0, 20_000), st.integers(0, 7), st.integers(0, 2**32 - 1))
def test_any_single_bit_of_a_long_array_counts(place: int, bit: int, seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 256, 20_001, dtype=np.uint8)
    before = content_key(values)
    values[place] ^= 1 << bit
    assert content_key(values) != before


def test_exchanged_blocks_and_flipped_signs_count() -> None:
    values = np.random.default_rng(0).normal(size=2520 * 6)
    keys = {content_key(values)}
    for edited in (np.roll(values, 256), np.roll(values, 1), -values, values[::-1].copy()):
        keys.add(content_key(edited))
    two_signs = values.copy()
    two_signs[[5, 9]] *= -1  # a sum of products with odd factors would not see this
    keys.add(content_key(two_signs))
    assert len(keys) == 6


def test_arrays_that_are_no_block_in_memory_have_the_key_of_their_elements() -> None:
    values = np.arange(40_000.0).reshape(200, 200)
    assert content_key(values.T) == content_key(np.ascontiguousarray(values.T))
    assert content_key(values[::2, ::3]) == content_key(values[::2, ::3].copy())
    shifted = np.frombuffer(b"x" + values.tobytes(), dtype=np.uint8)[1:].view(np.float64).reshape(200, 200)
    assert content_key(shifted) == content_key(values)
    values.flags.writeable = False
    assert content_key(values) == content_key(values.copy())


def test_a_mapped_file_has_the_key_of_its_elements(tmp_path: pathlib.Path) -> None:
    values = np.arange(1000.0)
    values.tofile(tmp_path / "close.f8")
    assert content_key(np.memmap(tmp_path / "close.f8", dtype="f8", mode="r")) == content_key(values)


class Loader:
    """Known by what it says."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol

    def cache_key(self) -> str:
        return self.symbol


class Loader2(Loader):
    pass


def test_an_object_is_known_by_its_class_and_what_it_says_never_by_its_address() -> None:
    assert content_key(Loader("A")) == content_key(Loader("A"))
    assert len({content_key(Loader("A")), content_key(Loader("B")), content_key(Loader2("A"))}) == 3
    panel = types.new_class("Mapped", (), {}, lambda body: body.update(cache_token=("store", 7)))()
    assert content_key(panel) == content_key(panel)


def endless() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    "value",
    [object(), Mutable(1), [object()], {"a": object()}, np.array([object()]), (each for each in "ab"), open,
     np.zeros(1, dtype=[("a", object)]), pd.Series([object()])],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_has_no_content_that_is_known_is_refused(value: object) -> None:
    if value is open:
        content_key(value)  # a builtin is known by its place
        return
    with pytest.raises(Unkeyable, match="a key is made of content"):
        content_key(value)


def make(width: int, captured: Any = None) -> Callable[[int], Any]:
    def stretch(x: int, factor: int = width) -> Any:
        return x * factor, captured

    return stretch


def test_functions_are_known_by_code_defaults_and_what_they_capture() -> None:
    assert content_key(make(1, "a")) == content_key(make(1, "a"))
    keys = {content_key(each) for each in (make(1, "a"), make(2, "a"), make(1, "b"), make(1, np.arange(3)))}
    assert len(keys) == 4
    assert content_key(lambda x: x + 1) != content_key(lambda x: x + 2)
    assert content_key(make(1, object())) != content_key(make(1, object()))  # cannot be compared: each is its own


def test_nested_code_counts_and_line_numbers_do_not() -> None:
    def compiled(text: str) -> Any:
        space: dict[str, Any] = {"__name__": "m"}
        exec(text, space)
        return space["f"]

    one = compiled("def f(x):\n    return [(lambda y: y + 1)(z) for z in x]")
    moved = compiled("\n\n\ndef f(x):\n    return [(lambda y: y + 1)(z) for z in x]")
    other = compiled("def f(x):\n    return [(lambda y: y + 2)(z) for z in x]")
    assert content_key(one, LASTING) == content_key(moved, LASTING) != content_key(other, LASTING)


def test_classes_made_by_a_function_are_told_apart_by_a_number_and_cannot_leave_the_process() -> None:
    def make_class() -> type:
        class Local:
            pass

        return Local

    one, two = make_class(), make_class()
    assert content_key(one) == content_key(one) != content_key(two)
    with pytest.raises(Unkeyable, match="another process cannot know it"):
        content_key(one, LASTING)


CHILD = """
import numpy as np, pandas as pd, sys
from quantperf.memory.keys import LASTING, content_key
from quantperf.memory.disk import place_of
frame = pd.DataFrame({"a": np.arange(3000.0), "b": ["x", None, "yy"] * 1000})
print(place_of(content_key((frame, {"z", "a", "b"}, {"w": 1.5}, np.mean), LASTING)).hex())
"""


def test_a_lasting_key_is_the_same_in_another_process() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", CHILD], capture_output=True, text=True, check=True,
            env=child_environment(PYTHONHASHSEED=seed),
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1


def test_the_sums_of_the_hash_are_those_of_the_definition() -> None:
    draw = np.random.default_rng(3)
    words = draw.integers(0, 2**32, 3 * universal.WORDS, dtype=np.uint32)
    secret = draw.integers(0, 2**32, universal.SECRETS, dtype=np.uint32)
    sums = np.zeros(6, dtype=np.uint64)
    with np.errstate(over="ignore"):
        universal.shorten(words, secret, sums)
    half, expected = universal.HALF, []
    for block in words.reshape(3, universal.WORDS).tolist():
        for numbers in secret.reshape(2, universal.WORDS).tolist():
            products = (
                (a + k) % 2**32 * ((b + m) % 2**32)
                for a, b, k, m in zip(block[:half], block[half:], numbers[:half], numbers[half:], strict=True)
            )
            expected.append(sum(products) % 2**64)
    assert sums.tolist() == expected


def test_without_a_compiler_keys_are_as_good() -> None:
    script = """
import numpy as np
from quantperf.memory.keys import content_key
a = np.arange(5000.0)
b = a.copy(); b[4000] += 1
print(content_key(a) == content_key(a.copy()), content_key(a) == content_key(b))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        env=child_environment(NUMBA_DISABLE_JIT="1"),
    )  # fmt: skip
    assert done.stdout.split() == ["True", "False"]


def test_a_panel_is_known_by_its_content() -> None:
    panel = qp.synthetic(symbols=3, bars=50, seed=1)
    assert content_key(panel) == content_key(qp.synthetic(symbols=3, bars=50, seed=1))
    assert content_key(panel) != content_key(qp.synthetic(symbols=3, bars=50, seed=2))
    assert content_key(panel) != content_key(panel[["S001", "S000", "S002"]])
