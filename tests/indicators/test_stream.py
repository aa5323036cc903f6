"""Streams: what comes in and out of one bar, revisions, saving, and what is refused."""

from __future__ import annotations

import pickle
import struct
import zlib
from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.errors import DataError, ParameterError, QuantperfWarning, StateMismatch
from quantperf.kernels._jit import source_stamp

NAN = float("nan")


def test_one_symbol_takes_and_gives_numbers() -> None:
    live = qp.sma.stream(window=2)
    first, second = live.update(1.0), live.update(np.float32(3.0))
    assert np.isnan(first)
    assert type(second) is float
    assert second == 2.0
    assert live.update(np.int64(5)) == 4.0
    assert live.bars == 3


def test_a_pattern_gives_codes_and_a_named_tuple_its_lines() -> None:
    assert qp.cdl_doji.stream().update(1.0, 1.0, 1.0, 1.0) == qp.UNKNOWN
    lines = qp.macd.stream(fast=2, slow=3, signal=1, convention="legacy").update(5.0)
    assert lines._fields == ("macd", "signal", "histogram")
    assert lines == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "bar",
    [
        {"high": 2.0, "low": 1.0, "close": 1.5},
        {"Close": 1.5, "HIGH": 2.0, "Low": 1.0, "extra": "x"},
        pd.Series({"open": 1.0, "high": 2.0, "low": 1.0, "close": 1.5}),
        pd.DataFrame({"high": [2.0], "low": [1.0], "close": [1.5]}, index=["A"]),
    ],
    ids=["dict", "any case", "Series", "DataFrame"],
)
def test_a_bar_may_come_as_a_mapping(bar: Any) -> None:
    live, plain = qp.atr.stream(window=1), qp.atr.stream(window=1)
    for _ in range(2):
        found, wanted = live.update(bar), plain.update(2.0, 1.0, 1.5)
    assert found == wanted
    named = qp.atr.stream(window=1)
    for _ in range(2):
        found = named.update(high=2.0, low=1.0, close=1.5)
    assert found == wanted


def test_rows_over_symbols_come_back_over_symbols() -> None:
    live = qp.bbands.stream(symbols=["A", "B"], window=2)
    row = pd.Series([1.0, 2.0], index=["A", "B"])
    live.update(row)
    lines = live.update(row)
    assert isinstance(lines.upper, pd.Series)
    assert lines.upper.index.tolist() == ["A", "B"]
    assert lines.upper.name == "upper"
    assert qp.sma.stream(symbols=["A", "B"], window=1).update(row).tolist() == [1.0, 2.0]
    frame = pd.DataFrame({"high": [2.0, 4.0], "low": [1.0, 2.0], "close": [1.0, 3.0]}, index=["A", "B"])
    wide = qp.atr.stream(symbols=["A", "B"], window=1)
    wide.update(frame)
    assert wide.update(frame).tolist() == [1.0, 2.0]


def test_one_named_symbol_takes_a_row_over_its_symbol() -> None:
    # With one symbol the row was taken for a bar, and refused for having no column named close.
    live = qp.sma.stream(symbols=["A"], window=1)
    assert live.update(pd.Series([3.0], index=["A"])).tolist() == [3.0]
    assert live.update(pd.Series({"close": 4.0})).tolist() == [4.0]


def test_missing_values_of_every_kind_are_missing() -> None:
    live = qp.sma.stream(symbols=["A", "B"], window=1)
    row = pd.Series(pd.array([1.5, None], dtype="Float64"), index=["A", "B"])
    np.testing.assert_array_equal(live.update(row), [1.5, NAN])


def test_an_infinite_bar_is_missing_and_is_reported_as_in_batch() -> None:
    # update took it for missing without a word, update_many and the batch warned.
    live = qp.ema.stream(window=1)
    live.update(2.0)
    with pytest.warns(QuantperfWarning, match="close holds 1 infinite value"):
        assert np.isnan(live.update(np.inf))
    assert live.update(4.0) == 4.0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((), "a bar must hold close, got 0 of them"),
        ((1.0, 2.0), "a bar must hold close, got 2 of them"),
        ((np.array([1.0, 2.0, 3.0]),), "one number for each of 2 symbols, got shape"),
        ((np.array([[1.0, 2.0]]),), "one number for each of 2 symbols, got shape"),
        ((5.0,), "one number for each of 2 symbols, got shape"),
        ((["1", "2"],), "close must be a number for each symbol"),
        (([None, 1.0],), "close must be a number for each symbol"),
        ((np.array([1j, 2.0]),), "close must be a number for each symbol"),
        (({"open": [1.0, 2.0]},), "a bar must hold close, but close is not there"),
        ((pd.Series([1.0, 2.0], index=["B", "A"]),), "in the order of the stream's symbols; use reindex"),
        ((pd.Series(["x", "y"], index=["A", "B"]),), "close must be numeric, got str; convert"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_and_changes_nothing(row: tuple[Any, ...], message: str) -> None:
    live = qp.sma.stream(symbols=["A", "B"], window=1)
    live.update(np.array([1.0, 2.0]))
    before = live.to_bytes()
    for use in (live.update, live.peek, live.revise):
        with pytest.raises(DataError, match=message):
            use(*row)
    assert live.to_bytes() == before


def test_a_block_in_another_order_of_symbols_is_refused() -> None:
    # The columns B, A went to A, B without a word.
    live = qp.sma.stream(symbols=["A", "B"], window=1)
    block = pd.DataFrame({"B": [1.0, 2.0], "A": [3.0, 4.0]})
    with pytest.raises(DataError, match="in the order of the stream's symbols; use"):
        live.update_many(block)
    assert live.update_many(block[["A", "B"]])["A"].tolist() == [3.0, 4.0]


@pytest.mark.parametrize("width", [1, 3])
def test_a_block_of_another_width_is_refused(width: int) -> None:
    live = qp.sma.stream(symbols=["A", "B"], window=1)
    with pytest.raises(DataError, match=f"a block must have 2 symbols, got {width}"):
        live.update_many(np.ones((4, width)))


def test_a_panel_is_taken_by_its_symbols() -> None:
    panel = qp.synthetic(symbols=4, bars=30)
    live = qp.atr.stream(symbols=["S002", "S000"], window=5)
    block = live.update_many(panel)
    pd.testing.assert_frame_equal(block, qp.atr(panel, 5)[["S002", "S000"]], check_exact=True)
    frame = panel["S001"]
    alone = qp.atr.stream(window=5).update_many(frame)
    pd.testing.assert_series_equal(alone, qp.atr(frame, 5), check_exact=True)


def test_blocks_may_be_given_by_name() -> None:
    close, volume = np.array([1.0, 2.0]), np.array([5.0, 6.0])
    assert qp.obv.stream().update_many(volume=volume, close=close).tolist() == [5.0, 11.0]


@pytest.mark.parametrize(
    ("symbols", "message"),
    [([], "at least one symbol"), (["A", "A"], "unique, got 'A' twice"), (["A", 5], "strings, got 5")],
)
def test_symbols_must_be_unique_strings(symbols: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        qp.sma.stream(symbols=symbols)


def test_parameters_are_by_name_and_checked() -> None:
    live = qp.stoch.stream(fastk=5)
    assert live.params == {"fastk": 5, "slowk": 3, "slowd": 3, "slowk_matype": 0, "slowd_matype": 0}
    live.params["fastk"] = 7
    assert live.params["fastk"] == 5
    with pytest.raises(ParameterError, match="window must be a whole number"):
        qp.sma.stream(window=2.0)


# --------------------------------------------------------------------------------------------------------- revisions


def test_there_must_be_a_bar_to_revise() -> None:
    live = qp.sma.stream(window=1)
    with pytest.raises(StateMismatch, match="there is no bar to revise; take one with update first"):
        live.revise(1.0)
    live.update(1.0)
    live.revise(2.0)
    live.update_many([1.0, 2.0])
    with pytest.raises(StateMismatch, match="no bar to revise"):
        live.revise(1.0)
    live.update(1.0)
    live.reset()
    with pytest.raises(StateMismatch, match="no bar to revise"):
        live.revise(1.0)
    fixed = qp.sma.stream(window=1, revisable=False)
    fixed.update(1.0)
    with pytest.raises(StateMismatch, match="revisable=True"):
        fixed.revise(1.0)


def test_a_restored_stream_still_revises_its_last_bar() -> None:
    live = qp.ema.stream(window=3)
    for price in (1.0, 2.0, 3.0, 9.0):
        live.update(price)
    restored = pickle.loads(pickle.dumps(live))
    assert restored.revise(4.0) == live.revise(4.0)
    assert restored.to_bytes() == live.to_bytes()


def test_a_bar_that_was_refused_leaves_the_bar_before_to_be_revised() -> None:
    # A refused update had already moved the saved state on: the revision then added a bar.
    live, plain = (qp.ema.stream(window=2, nan="raise") for _ in range(2))
    for price in (1.0, 2.0, 3.0):
        live.update(price)
    with pytest.raises(DataError, match="close must hold no missing"):
        live.update(NAN)
    for price in (1.0, 2.0, 5.0):
        wanted = plain.update(price)
    assert live.revise(5.0) == wanted
    assert live.update(7.0) == plain.update(7.0)


def test_a_revision_that_was_refused_changes_nothing() -> None:
    # It had taken the last bar back before it looked at the new one.
    live, plain = (qp.ema.stream(window=2, nan="raise") for _ in range(2))
    for price in (1.0, 2.0, 3.0):
        live.update(price)
        plain.update(price)
    with pytest.raises(DataError, match="close must hold no missing"):
        live.revise(NAN)
    assert live.bars == 3
    assert live.update(7.0) == plain.update(7.0)


def test_a_block_that_was_refused_changes_nothing() -> None:
    live = qp.ema.stream(window=2, nan="raise")
    live.update_many([1.0, 2.0])
    before = live.to_bytes()
    with pytest.raises(DataError, match="close must hold no missing"):
        live.update_many([3.0, NAN])
    assert live.to_bytes() == before


def test_a_refused_bar_names_its_symbol() -> None:
    live = qp.sma.stream(symbols=["A", "B"], window=1, nan="raise")
    live.update_many(np.ones((2, 2)))
    with pytest.raises(DataError, match="close of 'B' must hold no missing"):
        live.update_many(np.array([[1.0, NAN]]))


# ------------------------------------------------------------------------------------------------- ready and settled


def test_ready_and_settled_are_told_by_bars() -> None:
    live = qp.ema.stream(window=3)
    ready, settled = [], []
    for t in range(80):
        live.update(float(t))
        ready.append(live.ready)
        settled.append(live.settled)
    assert ready.index(True) == qp.ema.lookback(window=3)
    assert settled.index(True) == qp.ema.settle(1e-9, window=3)
    total = qp.obv.stream()
    total.update(1.0, 1.0)
    assert total.ready
    assert not total.settled
    assert "ema(window=3), one symbol, 80 bars" in repr(live)
    assert "2 symbols" in repr(qp.sma.stream(symbols=["A", "B"]))


# ------------------------------------------------------------------------------------------------------------- saving


def saved() -> bytes:
    live = qp.rsi.stream(symbols=["A", "B"], window=3, nan=qp.ffill(2))
    live.update(np.array([1.0, 2.0]))
    return bytes(live.to_bytes())


def test_equal_streams_are_equal_bytes() -> None:
    assert saved() == saved()
    assert qp.Stream.from_bytes(saved()).to_bytes() == saved()
    assert qp.Stream.from_bytes(bytearray(saved())).to_bytes() == saved()


@pytest.mark.parametrize("damage", [b"", b"QPSTREAM", b"x" * 100, saved()[:40], saved()[:-1], saved() + b"x"])
def test_bytes_that_are_not_a_whole_stream_are_refused(damage: bytes) -> None:
    with pytest.raises(StateMismatch, match=r"not a saved stream|damaged"):
        qp.Stream.from_bytes(damage)


def test_every_flipped_byte_is_noticed() -> None:
    whole = saved()
    for place in range(0, len(whole), 37):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        with pytest.raises(StateMismatch):
            qp.Stream.from_bytes(bytes(damaged))


def rewritten(old: bytes, new: bytes, whole: bytes | None = None) -> bytes:
    """Return a saved stream with another header, and the checksum that goes with it."""
    whole = whole or saved()
    content = whole[12:]
    size = struct.unpack("<I", content[:4])[0]
    header = content[4 : 4 + size]
    assert old in header
    header = header.replace(old, new)
    content = struct.pack("<I", len(header)) + header + content[4 + size :]
    return whole[:8] + struct.pack("<I", zlib.crc32(content)) + content


def test_a_stream_of_other_kernels_is_refused_and_says_what_to_replay() -> None:
    need = qp.rsi.settle(window=3) + 1  # bars, of which the last one is settled
    with pytest.raises(StateMismatch, match=rf"saved by other kernels \(0{{16}}, now .*replay the last {need} bars"):
        qp.Stream.from_bytes(rewritten(source_stamp().encode(), b"0" * 16))


def test_a_stream_of_another_schema_is_refused() -> None:
    need = qp.rsi.settle(window=3) + 1
    with pytest.raises(StateMismatch, match=f"saved under schema 99, and this version reads 2; replay the last {need}"):
        qp.Stream.from_bytes(rewritten(b'"schema":2', b'"schema":99'))


def test_a_stream_of_another_schema_may_hold_an_indicator_that_is_unknown_here() -> None:
    header = b'"schema":2,"stamp":"' + source_stamp().encode() + b'","indicator":"rsi"'
    other = b'"schema":3,"stamp":"","indicator":"of the future"'
    with pytest.raises(StateMismatch, match="schema 3, and this version reads 2; replay its bars into a new one"):
        qp.Stream.from_bytes(rewritten(header, other))


def test_a_stream_that_never_settles_asks_for_all_bars() -> None:
    live = qp.obv.stream()
    text = rewritten(source_stamp().encode(), b"0" * 16, bytes(live.to_bytes()))
    with pytest.raises(StateMismatch, match="replay all bars into a new one"):
        qp.Stream.from_bytes(text)


def test_a_copy_goes_its_own_way() -> None:
    live = qp.sma.stream(window=2)
    live.update(1.0)
    twin = live.copy()
    twin.update(100.0)
    assert live.update(3.0) == 2.0
    assert twin.update(3.0) == 51.5


def test_a_row_that_was_given_may_be_written_again() -> None:
    live = qp.highest.stream(symbols=["A", "B"], window=3)
    row = np.array([1.0, 2.0])
    answers = []
    for factor in (5.0, 1.0, 1.0):
        answers.append(live.update(row * factor))
        row[:] = row
        assert row.flags.writeable
    assert answers[2].tolist() == [5.0, 10.0]
    answers[2][:] = -1.0
    assert live.update(row).tolist() == [1.0, 2.0]


def test_a_row_of_one_input_may_be_a_mapping_from_symbol_to_value():
    live = qp.sma.stream(["A", "B"], window=1)

    assert live.update({"B": 2.0, "A": 1.0}).tolist() == [1.0, 2.0]
    assert live.update({"close": [3.0, 4.0]}).tolist() == [3.0, 4.0]
    with pytest.raises(qp.DataError, match="close is not there"):
        live.update({"A": 1.0})
