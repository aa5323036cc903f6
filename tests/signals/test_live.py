"""Live signals are those of the batch, however the bars are cut, saved and restored."""

from __future__ import annotations

import pickle
import struct
import zlib
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.signals.live import SignalStream, stream

NAN = float("nan")
OWN = [
    qp.signals.Rule("held", "close > sma(5)", "own", 1, hold=3, value="sma(5)", levels="once"),
    qp.signals.Rule("level", "rsi(5) > 60", "own", -1, clear="rsi(5) < 50", cooldown=2),
    qp.signals.Rule("dip", "crosses_below(close, ema(4)) and volume_ratio(5) > 0.8", direction=1, strength="rsi(5)"),
    qp.signals.Rule("old", "prev(close, 3) < close or not close > bbands(5).middle", hold=2),
]


def panel(seed: int = 1, bars: int = 90, symbols: int = 4, *, ticks: bool = True, holes: float = 0.1) -> qp.Panel:
    """Prices on a grid, so that many tie, with bars that lack a column and bars that lack."""
    rng = np.random.default_rng(seed)
    close = 50.0 + np.cumsum(rng.integers(-2, 3, size=(bars, symbols)) * 0.5, axis=0)
    high, low = close + rng.integers(0, 3, size=close.shape) * 0.5, close - rng.integers(0, 3, size=close.shape) * 0.5
    blocks = {
        "open": close.copy(),
        "high": high,
        "low": low,
        "close": close if ticks else close + rng.random(close.shape),
    }
    blocks["volume"] = rng.integers(1, 9, size=close.shape) * 1000.0
    gone = rng.random(close.shape) < holes
    gone[: bars // 4, -1] = True
    for block in blocks.values():
        block[gone] = np.nan
    blocks["volume"][rng.random(close.shape) < holes / 2] = np.nan
    names = ["D", "B", "C", "A", "F", "E"][:symbols]
    return qp.Panel.from_blocks(**blocks, index=pd.date_range("2024-01-01", periods=bars, tz="UTC"), symbols=names)


def joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    some = [part for part in parts if len(part)]
    return pd.concat(some, ignore_index=True) if some else parts[0]


def row_of(data: qp.Panel, bar: int) -> pd.DataFrame:
    fields = ("open", "high", "low", "close", "volume")
    return pd.DataFrame({name: data.block(name)[bar] for name in fields}, index=list(data.symbols))


def cut_panel(data: qp.Panel, lo: int, hi: int) -> qp.Panel:
    blocks = {name: data.block(name)[lo:hi] for name in ("open", "high", "low", "close", "volume")}
    return qp.Panel.from_blocks(**blocks, index=data.index[lo:hi], symbols=data.symbols)


def fed(live: SignalStream, data: qp.Panel, cuts: list[int], saves: set[int]) -> tuple[SignalStream, pd.DataFrame]:
    """Take the bars in pieces, bar by bar where a piece is one bar, saved and restored at some cuts."""
    edges = sorted({0, len(data.index), *(cut % len(data.index) for cut in cuts)})
    parts = []
    for lo, hi in pairwise(edges):
        if hi - lo == 1:
            parts.append(live.update(row_of(data, lo), at=data.index[lo]))
        else:
            parts.append(live.update_many(cut_panel(data, lo, hi)))
        if lo in saves:
            live = SignalStream.from_bytes(live.to_bytes())
    return live, joined(parts)


@pytest.mark.parametrize("nan", ["local", "skip", qp.ffill(2), qp.ffill()])
@given(
    seed=st.integers(0, 99),
    cuts=st.lists(st.integers(0, 89), max_size=12),
    save=st.integers(0, 89),
)
def test_any_cutting_with_a_save_between_gives_the_records_of_the_batch(
    nan: Any, seed: int, cuts: list[int], save: int
) -> None:
    data = panel(seed)
    wanted = qp.signals(data, OWN, nan=nan)
    live, found = fed(stream(data.symbols, OWN, nan=nan), data, [*cuts, save, save + 1], {save, *cuts[::2]})
    pd.testing.assert_frame_equal(found, wanted)
    assert live.counts["fired"].to_dict() == wanted.attrs["fired"]
    assert live.counts["evaluated"].to_dict() == wanted.attrs["evaluated"]
    assert live.counts["unknown"].to_dict() == wanted.attrs["unknown"]
    assert live.bars == 90


@pytest.mark.parametrize("nan", ["local", "skip"])
def test_bar_by_bar_is_the_batch(nan: str) -> None:
    data = panel(7, symbols=3)
    live = stream(data.symbols, OWN, nan=nan)
    parts = [live.update(row_of(data, bar), at=stamp) for bar, stamp in enumerate(data.index)]
    wanted = qp.signals(data, OWN, nan=nan)
    assert len(wanted) > 20
    pd.testing.assert_frame_equal(joined(parts), wanted)


def test_all_default_rules_on_real_prices_are_those_of_the_batch() -> None:
    data = qp.sample()
    wanted = qp.signals(data)
    live, found = fed(stream(data.symbols), data, [1, 2, 700, 701, 702, 1500], {700, 1500})
    assert len(wanted) > 5000
    pd.testing.assert_frame_equal(found, wanted)
    assert live.counts["fired"].to_dict() == wanted.attrs["fired"]


def test_one_symbol_takes_rows_of_a_frame() -> None:
    bars = qp.sample("IBM").iloc[:400]
    live = stream("IBM", convention="tradingview")
    parts = [live.update_many(bars.iloc[:250])]
    parts += [live.update(row, at=stamp) for stamp, row in bars.iloc[250:].iterrows()]
    wanted = qp.signals(bars, symbol="IBM", convention="tradingview")
    pd.testing.assert_frame_equal(joined(parts), wanted)
    nameless = stream()
    pd.testing.assert_frame_equal(nameless.update_many(bars), qp.signals(bars))


@pytest.mark.parametrize(
    ("index", "told"),
    [
        (pd.RangeIndex(300), {}),
        (pd.date_range("2024-01-02 09:30", periods=300, freq="5min", tz="America/New_York"), {"bar": "5min"}),
        (pd.date_range("2024-01-02", periods=300, freq="D"), {"session": qp.Session("09:30", "16:00")}),
        (pd.date_range("2024-01-02 01:00", periods=300, freq="h"), {"stamps": "close", "bar": "1h"}),
    ],
)
def test_stamps_of_any_kind_close_as_in_batch(index: pd.Index, told: dict[str, Any]) -> None:
    bars = qp.sample("IBM").iloc[:300].set_index(index)
    wanted = qp.signals(bars, [*OWN, "RSI_oversold"], **told)
    live = stream(None, [*OWN, "RSI_oversold"], **told)
    parts = [live.update_many(bars.iloc[:100])]
    parts += [live.update(bars.iloc[at], at=index[at]) for at in range(100, 140)]
    live = pickle.loads(pickle.dumps(live))
    assert live.last == index[139]
    parts.append(live.update_many(bars.iloc[140:]))
    pd.testing.assert_frame_equal(joined(parts), wanted, check_index_type=False)


def test_a_peek_changes_nothing_and_says_what_update_will() -> None:
    data = panel(3)
    live = stream(data.symbols, OWN)
    live.update_many(cut_panel(data, 0, 60))
    for bar in range(60, 90):
        before = live.to_bytes()
        peeked = live.peek(row_of(data, bar), at=data.index[bar])
        assert live.to_bytes() == before
        pd.testing.assert_frame_equal(live.update(row_of(data, bar), at=data.index[bar]), peeked)


@pytest.mark.parametrize("nan", ["local", "skip"])
def test_a_bar_is_revised_until_it_is_right_also_after_a_restore(nan: str) -> None:
    data, wrong = panel(5), panel(6)
    live = stream(data.symbols, OWN, nan=nan)
    parts = []
    for bar, stamp in enumerate(data.index):
        live.update(row_of(wrong, bar), at=stamp)
        if bar % 7 == 0:
            live = live.copy()
        live.revise(row_of(wrong, (bar * 3) % 90))
        parts.append(live.revise(row_of(data, bar)))
    wanted = qp.signals(data, OWN, nan=nan)
    pd.testing.assert_frame_equal(joined(parts), wanted)
    assert live.counts["fired"].to_dict() == wanted.attrs["fired"]


def test_a_stream_forgets_and_forks() -> None:
    data = panel(2)
    live = stream(data.symbols, OWN)
    first = live.update_many(data)
    fork = live.copy()
    live.reset()
    assert (live.bars, live.last, int(live.counts.to_numpy().sum())) == (0, None, 0)
    pd.testing.assert_frame_equal(live.update_many(data), first)
    assert fork.bars == live.bars == 90
    fork.update(row_of(data, 0), at=data.index[-1] + pd.Timedelta(days=1))
    assert live.bars == 90
    assert "4 rules, 4 symbols, 90 bars" in repr(live)
    assert "one symbol" in repr(stream())


def test_inputs_are_not_changed_and_symbols_may_be_in_any_order() -> None:
    data = panel(4)
    row = row_of(data, 10)
    before = row.copy()
    one, other = stream(data.symbols, OWN), stream(data.symbols, OWN)
    pd.testing.assert_frame_equal(one.update(row, at=data.index[10]), other.update(row.iloc[::-1], at=data.index[10]))
    pd.testing.assert_frame_equal(row, before)
    reordered = data[list(reversed(data.symbols))]
    fresh = stream(data.symbols, OWN)
    assert fresh.update_many(reordered)["id"].tolist() == qp.signals(data, OWN)["id"].tolist()


def test_a_symbol_that_is_not_in_a_row_has_no_bar() -> None:
    data = panel(4, holes=0.0)
    lacking = {name: row_of(data, 0).loc[name].to_dict() for name in data.symbols[:2]}
    live = stream(data.symbols, OWN, nan="skip")
    live.update(lacking, at=data.index[0])
    assert live.counts.loc["held", "unknown"] == 4
    none = stream(data.symbols, OWN, nan="skip")
    assert len(none.update({"A": {"close": NAN, "volume": NAN}}, at=data.index[0])) == 0


def test_what_cannot_be_taken_moves_nothing() -> None:
    data = panel(1)
    live = stream(data.symbols, OWN, nan="raise")
    whole = row_of(panel(1, holes=0.0), 80)
    past = [data.index[0] - pd.Timedelta(days=1), data.index[0]]
    for stamp in past:
        live.update(whole, at=stamp)
    before = live.to_bytes()
    hole = whole.copy()
    hole.loc["B", "close"] = NAN
    cases: list[tuple[Any, Any, str]] = [
        (hole, data.index[1], "close of 'B' must hold no missing values under nan='raise'"),
        (whole, data.index[0], "must be after that of the last bar"),
        (whole, data.index[1].tz_localize(None), "of the kind of those before"),
        (whole, None, "at must be the stamp of the bar"),
        (whole.drop(columns="volume"), data.index[1], "but volume is not there"),
        (whole.rename(index={"B": "Z"}), data.index[1], "got 'Z'"),
    ]
    for row, at, message in cases:
        with pytest.raises(qp.DataError, match=message):
            live.update(row, at=at)
        assert live.to_bytes() == before
    with pytest.raises(qp.DataError, match="close of 'B'"):
        live.revise(hole)
    assert live.to_bytes() == before
    with pytest.raises(qp.DataError, match="and no others, but not so 'A'"):
        live.update_many(data[["B", "C", "D"]])
    with pytest.raises(qp.DataError, match="got a frame of bars"):
        live.update_many(qp.sample("IBM"))
    with pytest.raises(qp.DataError, match="got list"):
        live.update_many([1.0])  # type: ignore[arg-type]


def test_a_bar_is_revised_only_where_there_is_one() -> None:
    data = panel(1)
    live = stream(data.symbols, OWN)
    with pytest.raises(qp.StateMismatch, match="take one with update first"):
        live.revise(row_of(data, 0))
    live.update_many(data)
    with pytest.raises(qp.StateMismatch, match="take one with update first"):
        live.revise(row_of(data, 0))
    with pytest.raises(qp.StateMismatch, match="revisable=True"):
        stream(data.symbols, OWN, revisable=False).revise(row_of(data, 0))


def test_bytes_that_are_no_stream_of_this_version_are_refused() -> None:
    saved = stream(
        "IBM", ["golden_cross"], session=qp.Session("09:30", "16:00", early={"2024-07-03": "13:00"})
    ).to_bytes()
    again = SignalStream.from_bytes(saved)
    assert again.to_bytes() == saved
    with pytest.raises(qp.StateMismatch, match="not a saved stream of signals"):
        SignalStream.from_bytes(b"QPSTREAM" + saved[8:])
    with pytest.raises(qp.StateMismatch, match="checksum does not match"):
        SignalStream.from_bytes(saved[:-1] + bytes([saved[-1] ^ 1]))
    for old, new, message in (
        (b'"schema":1', b'"schema":9', "under schema 9"),
        (b'"stamp":"', b'"stamp":"z', "other kernels"),
    ):
        size = struct.unpack("<I", saved[12:16])[0]
        header = saved[16 : 16 + size].replace(old, new)
        content = struct.pack("<I", len(header)) + header + saved[16 + size :]
        with pytest.raises(qp.StateMismatch, match=message):
            SignalStream.from_bytes(saved[:8] + struct.pack("<I", zlib.crc32(content)) + content)


@pytest.mark.parametrize(
    ("symbols", "told", "error", "message"),
    [
        ([], {}, qp.DataError, "at least one symbol, got none"),
        (["A", "A"], {}, qp.DataError, "symbols must be unique, got 'A' twice"),
        ([1], {}, qp.DataError, "symbols must be strings, got 1"),
        (None, {"timeframe": ""}, qp.ParameterError, "timeframe must be a name"),
        (None, {"nan": "segment"}, qp.ParameterError, "nan of rules"),
        (None, {"rules": ["golden_crss"]}, qp.ParameterError, "did you mean 'golden_cross'"),
        (None, {"stamps": "open"}, qp.ParameterError, "since a stream sees one"),
    ],
)
def test_streams_that_cannot_be_are_refused(symbols: Any, told: dict[str, Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        stream(symbols, **told)
