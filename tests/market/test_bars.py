"""The panel holds what it was given, where its stamp belongs, and nobody can change it."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.errors import DataError
from quantperf.market.bars import Panel, numbered_symbols
from quantperf.market.columns import FIELDS

RIGHT = ["2024-01-02", "2024-01-03", "2024-01-04"]


def bars(stamps, seed=0, **changes):
    """An OHLCV frame of seeded values over the stamps."""
    index = stamps if isinstance(stamps, pd.Index) else pd.DatetimeIndex(stamps, name="date")
    values = np.random.default_rng(seed).integers(100, 200, size=(len(index), 5)) / 4
    return pd.DataFrame(values, index=index, columns=list(FIELDS)).assign(**changes)


def small_panel():
    return Panel.from_frames({"AAPL": bars(RIGHT), "MSFT": bars(RIGHT[1:], seed=1), "IBM": bars(RIGHT[:2], seed=2)})


def long_of(frames):
    """One row a bar and symbol, symbol after symbol."""
    return pd.concat([frame.assign(symbol=symbol).reset_index() for symbol, frame in frames.items()], ignore_index=True)


@st.composite
def ragged_frames(draw):
    """Frames of one to four symbols over any subset of the same days, with values missing here and there."""
    days = pd.date_range("2024-03-01", periods=8, name="date", unit="us")
    frames = {}
    for symbol in draw(st.lists(st.sampled_from(["A", "B", "CC", "D1", "Z"]), min_size=1, max_size=4, unique=True)):
        rows = sorted(draw(st.sets(st.integers(0, 7), min_size=1)))
        values = st.sampled_from([1.25, 2.5, 1e9, 0.0, np.inf, -np.inf, np.nan])
        block = draw(st.lists(st.tuples(*[values] * 5), min_size=len(rows), max_size=len(rows)))
        frames[symbol] = pd.DataFrame(block, index=days[rows], columns=list(FIELDS))
    return frames


class TestPanel:
    def test_a_field_is_a_wide_frame_over_the_memory_of_the_panel(self):
        panel = small_panel()
        for field in FIELDS:
            wide = getattr(panel, field)
            assert np.shares_memory(wide.to_numpy(), panel.block(field))
            assert wide.columns.tolist() == list(panel.symbols)
            assert wide.index.equals(panel.index)
            assert panel.block(field).flags.c_contiguous
            assert wide.to_numpy().flags.c_contiguous

    def test_nobody_can_write_to_a_panel(self):
        panel = small_panel()
        before = copy.deepcopy(panel)
        with pytest.raises(ValueError, match="read-only"):
            panel.block("close")[0, 0] = 1.0
        close = panel.close
        close.iloc[0, 0] = 1.0
        close["NEW"] = 2.0
        close.index.name = close.columns.name = "other"
        for frame in (panel["AAPL"], panel.frame("AAPL")):
            frame.iloc[:] = 3.0
        panel.index.name = "other"
        assert panel.equals(before)
        assert panel.close.shape == (3, 3)
        assert panel.index.name == panel.close.index.name == "date"

    def test_a_panel_knows_its_symbols_bars_and_shape(self):
        panel = small_panel()
        assert panel.symbols == tuple(panel) == ("AAPL", "MSFT", "IBM")
        assert panel.shape == (3, 3)
        assert len(panel) == 3
        assert "MSFT" in panel
        assert "FB" not in panel

    @pytest.mark.parametrize(
        ("index", "expected"),
        [
            (pd.DatetimeIndex(RIGHT), "Panel(1 symbol x 3 bars, 2024-01-02 .. 2024-01-04)"),
            (pd.DatetimeIndex(RIGHT[:1], tz="UTC"), "Panel(1 symbol x 1 bar, 2024-01-02 UTC .. 2024-01-02 UTC)"),
            (
                pd.DatetimeIndex(["2024-01-02 09:30", "2024-01-02 09:35"]),
                "Panel(1 symbol x 2 bars, 2024-01-02 09:30:00 .. 2024-01-02 09:35:00)",
            ),
            (pd.RangeIndex(2), "Panel(1 symbol x 2 bars, 0 .. 1)"),
            (pd.period_range("2024-01", periods=2, freq="M"), "Panel(1 symbol x 2 bars, 2024-01 .. 2024-02)"),
            (pd.DatetimeIndex([]), "Panel(1 symbol x 0 bars)"),
        ],
    )
    def test_the_repr_is_one_line(self, index, expected):
        assert repr(Panel.from_frames({"A": bars(index)})) == expected

    def test_a_symbol_is_a_frame_over_the_index_of_the_panel(self):
        panel = small_panel()
        frame = panel["MSFT"]
        assert frame.index.equals(panel.index)
        assert frame.columns.tolist() == list(FIELDS)
        assert frame.iloc[0].isna().all()
        pd.testing.assert_frame_equal(frame.iloc[1:], bars(RIGHT[1:], seed=1))

    def test_a_trimmed_frame_has_the_own_bars_of_the_symbol_and_keeps_its_holes(self):
        holed = bars([*RIGHT, "2024-01-05", "2024-01-08"])
        holed.iloc[[0, 2, 4]] = np.nan
        panel = Panel.from_frames({"A": holed})
        pd.testing.assert_frame_equal(panel.frame("A"), holed.iloc[1:4])
        pd.testing.assert_frame_equal(panel.frame("A", trim=False), panel["A"])

    def test_a_symbol_without_bars_trims_to_no_rows(self):
        panel = Panel.from_frames({"A": bars(RIGHT), "B": bars([])})
        assert panel.frame("B").shape == (0, 5)
        assert panel["B"].isna().all(axis=None)

    def test_several_symbols_are_a_panel_in_the_order_asked_for(self):
        panel = small_panel()
        chosen = panel[["IBM", "AAPL"]]
        assert chosen.symbols == ("IBM", "AAPL")
        pd.testing.assert_frame_equal(chosen.high, panel.high[["IBM", "AAPL"]])
        assert panel[[]].shape == (3, 0)

    def test_equals_tells_values_stamps_and_symbols(self):
        panel = small_panel()
        assert panel.equals(small_panel())
        assert not panel.equals(panel[["AAPL", "IBM", "MSFT"]])
        assert not panel.equals(panel["AAPL"])
        values = {field: panel.block(field) for field in FIELDS}
        assert panel.equals(Panel.from_blocks(**values, index=panel.index, symbols=panel))
        assert not panel.equals(Panel.from_blocks(**values, symbols=panel))
        values["low"] = values["low"] + 1
        assert not panel.equals(Panel.from_blocks(**values, index=panel.index, symbols=panel))

    @pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda panel: pickle.loads(pickle.dumps(panel))])
    def test_a_copied_panel_is_equal_and_still_read_only(self, again):
        copied = again(small_panel())
        assert copied.equals(small_panel())
        assert not copied.block("open").flags.writeable

    def test_a_memory_mapped_block_is_taken_as_it_is(self, tmp_path):
        np.save(tmp_path / "block.npy", np.ones((5, 4, 2)))
        block = np.load(tmp_path / "block.npy", mmap_mode="r")
        assert np.shares_memory(Panel(block, pd.RangeIndex(4), ["A", "B"]).close.to_numpy(), block)

    def test_a_mapped_block_with_room_for_more_bars_is_taken_as_it_is(self, tmp_path):
        np.save(tmp_path / "block.npy", np.arange(5 * 6 * 2.0).reshape(5, 6, 2))
        block = np.load(tmp_path / "block.npy", mmap_mode="r")[:, 1:5]
        panel = Panel(block, pd.RangeIndex(4), ["A", "B"])
        assert all(np.shares_memory(panel.block(field), block) for field in FIELDS)
        assert all(panel.block(field).flags.c_contiguous for field in FIELDS)
        assert panel.equals(Panel(block.copy(), pd.RangeIndex(4), ["A", "B"]))
        assert pickle.loads(pickle.dumps(panel)).equals(panel)

    def test_a_block_whose_fields_are_not_in_c_order_is_copied(self):
        block = np.ones((5, 4, 4))
        block.flags.writeable = False
        panel = Panel(block.transpose(0, 2, 1), pd.RangeIndex(4), ["A", "B", "C", "D"])
        assert not np.shares_memory(panel.blocks, block)

    def test_a_token_is_kept_by_copies_and_not_by_parts(self):
        panel = Panel(np.ones((5, 4, 2)), pd.RangeIndex(4), ["A", "B"], ("store", 1))
        assert pickle.loads(pickle.dumps(panel)).cache_token == copy.copy(panel).cache_token == ("store", 1)
        assert panel[["A"]].cache_token is None
        assert small_panel().cache_token is None

    def test_a_block_that_someone_can_write_to_is_copied(self):
        block = np.ones((5, 4, 2))
        seen = block.view()
        seen.flags.writeable = False
        panels = [Panel(given, pd.RangeIndex(4), ["A", "B"]) for given in (block, seen)]
        block[:] = 2.0
        assert all((panel.close == 1.0).all(axis=None) for panel in panels)

    @pytest.mark.parametrize(
        ("key", "message"),
        [
            ("APPL", "unknown symbol 'APPL'; did you mean 'AAPL'?"),
            ("zzz", "unknown symbol 'zzz'; see panel.symbols"),
            (["AAPL", "IBN"], "unknown symbol 'IBN'; did you mean 'IBM'?"),
            (["IBM", "IBM"], "symbols must be unique, got 'IBM' 2 times"),
            ([1], "symbols must be str, got 1"),
            (0, "takes a symbol or a list of symbols, got 0"),
            (slice(0, 2), "takes a symbol or a list of symbols, got slice"),
        ],
    )
    def test_a_wrong_key_is_refused(self, key, message):
        with pytest.raises(DataError) as caught:
            small_panel()[key]
        assert message in str(caught.value)

    def test_a_wrong_field_is_refused(self):
        with pytest.raises(DataError, match=r"field must be one of open, .* got 'closing'; did you mean 'close'"):
            small_panel().block("closing")

    @pytest.mark.parametrize(
        ("block", "index", "symbols", "message"),
        [
            (np.ones((4, 2, 1)), pd.RangeIndex(2), ["A"], r"shape \(5, 2, 1\), got float64 of shape \(4, 2, 1\)"),
            (np.ones((5, 2, 1), dtype=np.float32), pd.RangeIndex(2), ["A"], "float64 of shape .* got float32"),
            (np.ones((5, 2, 1)), pd.RangeIndex(2), ["A", "B"], r"shape \(5, 2, 2\)"),
            (np.ones((5, 2, 1)), pd.Index([2, 1]), ["A"], "index must be ascending, 1 in row 1 is not"),
            (np.ones((5, 2, 1)), pd.Index(["a", "b"]), ["A"], "index must be stamps or numbers, got str"),
        ],
    )
    def test_a_block_that_does_not_fit_is_refused(self, block, index, symbols, message):
        with pytest.raises(DataError, match=message):
            Panel(block, index, symbols)


class TestFromFrames:
    def test_symbols_may_start_late_end_early_and_have_holes(self):
        panel = Panel.from_frames({"A": bars(RIGHT[:1] + RIGHT[2:]), "B": bars(RIGHT[1:2], seed=1)})
        assert panel.index.equals(pd.DatetimeIndex(RIGHT))
        assert panel.close.isna().to_numpy().tolist() == [[False, True], [True, False], [False, True]]
        assert panel.index.name == "date"

    @given(frames=ragged_frames())
    def test_frames_come_back_as_they_went_in(self, frames):
        panel = Panel.from_frames(frames)
        for symbol, frame in frames.items():
            pd.testing.assert_frame_equal(panel[symbol].loc[frame.index], frame, check_freq=False)
            assert panel[symbol].drop(index=frame.index).isna().all(axis=None)
        assert panel.equals(Panel.from_frames({symbol: panel[symbol] for symbol in panel}))

    def test_columns_match_in_any_case_and_others_are_ignored(self):
        frame = bars(RIGHT)
        shuffled = frame.rename(columns=str.title)[["Volume", "Close", "Open", "Low", "High"]]
        shuffled["Adj Close"] = "text"
        pd.testing.assert_frame_equal(Panel.from_frames({"A": shuffled})["A"], frame)

    @pytest.mark.parametrize(
        "dtype", ["int64", "float32", "Int32", "Float64", "int64[pyarrow]", "double[pyarrow]", "bool", "uint8", ">f8"]
    )
    def test_numeric_types_widen_to_float64(self, dtype):
        volume = pd.Series([1, 0, 1], index=pd.DatetimeIndex(RIGHT)).astype(dtype)
        panel = Panel.from_frames({"A": bars(RIGHT, volume=volume)})
        assert panel.volume["A"].tolist() == [1.0, 0.0, 1.0]
        assert panel.volume["A"].dtype == np.float64

    @pytest.mark.parametrize("dtype", ["Int64", "Float32", "boolean", "int64[pyarrow]", "decimal128(10, 2)[pyarrow]"])
    def test_missing_values_of_any_kind_become_nan(self, dtype):
        pyarrow = pytest.importorskip("pyarrow")
        kind = pd.ArrowDtype(pyarrow.decimal128(10, 2)) if dtype.startswith("decimal") else dtype
        volume = pd.Series([True, None, True] if dtype == "boolean" else [1, None, 1], dtype=kind)
        panel = Panel.from_frames({"A": bars(RIGHT).assign(volume=volume.array)})
        np.testing.assert_array_equal(panel.volume["A"], [1.0, np.nan, 1.0])

    def test_infinite_values_stay(self):
        panel = Panel.from_frames({"A": bars(RIGHT, open=[np.inf, 1.0, -np.inf])})
        assert panel.open["A"].tolist() == [np.inf, 1.0, -np.inf]

    def test_rows_may_be_in_any_order(self):
        assert Panel.from_frames({"A": bars(RIGHT).iloc[::-1]}).equals(Panel.from_frames({"A": bars(RIGHT)}))

    def test_the_frames_are_neither_changed_nor_aliased(self):
        frame = bars(RIGHT)
        before = frame.copy()
        panel = Panel.from_frames({"A": frame})
        pd.testing.assert_frame_equal(frame, before)
        frame.iloc[:] = 0.0
        pd.testing.assert_frame_equal(panel["A"], before)

    def test_stamps_of_different_units_are_the_same_stamps(self):
        nanoseconds = bars(pd.DatetimeIndex(RIGHT).as_unit("ns"))
        panel = Panel.from_frames({"A": nanoseconds, "B": bars(pd.DatetimeIndex(RIGHT).as_unit("s"))})
        assert panel.shape == (3, 2)
        assert panel.close.notna().all(axis=None)

    def test_a_zone_is_kept(self):
        index = pd.DatetimeIndex(RIGHT, tz="America/New_York")
        assert str(Panel.from_frames({"A": bars(index), "B": bars(index[1:])}).index.tz) == "America/New_York"

    def test_arrow_stamps_are_stamps(self):
        arrow = pd.Index(pd.Series(pd.DatetimeIndex(RIGHT)).astype("timestamp[us][pyarrow]"))
        panel = Panel.from_frames({"A": bars(arrow), "B": bars(RIGHT[1:])})
        assert panel.index.equals(pd.DatetimeIndex(RIGHT))

    @pytest.mark.parametrize(
        ("frames", "message"),
        [
            ({}, "frames must hold at least one symbol, got none"),
            ({1: bars(RIGHT)}, "symbols must be str, got 1"),
            ({"A": [1, 2]}, "A: bars must be a pandas DataFrame, got list"),
            (
                {"A": bars(RIGHT).drop(columns="volume")},
                "volume is missing beside open, high, low, close; add it with df.assign(volume=np.nan)",
            ),
            ({"A": bars(RIGHT)[["volume"]]}, "open is missing beside volume; add it with df.rename"),
            ({"A": bars(RIGHT)[[]]}, "open is missing beside no columns"),
            (
                {"A": bars(RIGHT, close=["1", "2", "3"])},
                "A: close must be numeric, got str; convert with pd.to_numeric",
            ),
            ({"A": bars(RIGHT).astype(object)}, "A: open must be numeric, got object"),
            ({"A": bars(RIGHT).astype(complex)}, "A: open must be numeric, got complex128"),
            ({"A": bars(RIGHT).astype("category")}, "A: open must be numeric, got category"),
            (
                {"A": bars(RIGHT).drop(columns="close").assign(Close=1.0, CLOSE=2.0)},
                "close must be one column, got 'Close', 'CLOSE'; drop or rename",
            ),
            ({"A": pd.concat([bars(RIGHT), bars(RIGHT)], axis=1)}, "open must be one column, got open, high"),
            (
                {"A": pd.concat({"A": bars(RIGHT)}, axis=1).swaplevel(axis=1)},
                "columns must have one level, got 2; take one symbol with df.xs",
            ),
            (
                {"A": bars([*RIGHT, RIGHT[1], RIGHT[2]])},
                "A: index has 2 duplicate stamps, first 2024-01-03; drop them with df[~df.index.duplicated()]",
            ),
            ({"A": bars([*RIGHT, None])}, "A: index must have a stamp for each bar, 1 are missing"),
            ({"A": bars(pd.Index(RIGHT))}, "A: index must be stamps or numbers, got str; convert with pd.to_datetime"),
            ({"A": bars(pd.MultiIndex.from_product([[1], [2]]))}, "A: index must be stamps or numbers, got 2 levels"),
            (
                {"A": bars(RIGHT), "B": bars(pd.DatetimeIndex(RIGHT, tz="UTC"))},
                "got stamps without a zone (A) and stamps in UTC (B); convert with df.tz_localize or df.tz_convert",
            ),
            (
                {"A": bars(pd.DatetimeIndex(RIGHT, tz="Asia/Tokyo")), "B": bars(pd.DatetimeIndex(RIGHT, tz="UTC"))},
                "got stamps in Asia/Tokyo (A) and stamps in UTC (B)",
            ),
            ({"A": bars(RIGHT), "B": bars(pd.RangeIndex(3))}, "got stamps without a zone (A) and numbers (B)"),
        ],
    )
    def test_frames_that_cannot_be_used_are_refused(self, frames, message):
        with pytest.raises(DataError) as caught:
            Panel.from_frames(frames)
        assert message in str(caught.value)


class TestFromLong:
    @given(frames=ragged_frames(), seed=st.integers(0, 1000))
    def test_a_shuffled_long_frame_is_the_panel_of_its_frames(self, frames, seed):
        shuffled = long_of(frames).sample(frac=1.0, random_state=seed)
        assert Panel.from_long(shuffled).equals(Panel.from_frames(dict(sorted(frames.items()))))

    @pytest.mark.parametrize(
        ("layout", "options"),
        [
            (lambda long: long.set_index("date"), {}),
            (lambda long: long.set_index("date").rename_axis(None), {}),
            (lambda long: long.rename(columns={"date": "Timestamp", "symbol": "Symbol"}), {}),
            (lambda long: long.rename(columns={"date": "when"}), {"time": "when"}),
            (lambda long: long.rename(columns={"symbol": "Ticker"}), {"symbol": "ticker"}),
            (lambda long: long.set_index("symbol"), {}),
            (lambda long: long.set_index(["date", "symbol"]), {}),
            (lambda long: long.set_index(["symbol", "date"]), {}),
            (lambda long: long.set_index(["symbol", "date"]).rename_axis([None, None]), {}),
            (lambda long: long.set_index(["date", "symbol"]).rename_axis(["day", "name"]), {}),
            (lambda long: long.set_index(["symbol", "date"]), {"time": "date"}),
            (lambda long: long.assign(exchange="X").set_index(["exchange", "date"]), {}),
            (lambda long: long.assign(symbol=long["symbol"].astype("category")), {}),
            (lambda long: long.assign(symbol=long["symbol"].astype(object)), {}),
            (lambda long: long.assign(date=long["date"].astype("timestamp[us][pyarrow]")), {}),
        ],
    )
    def test_symbol_and_time_may_be_columns_or_levels(self, layout, options):
        frames = {"A": bars(RIGHT), "B": bars(RIGHT[1:], seed=1)}
        long = long_of(frames).sample(frac=1.0, random_state=3)
        before = layout(long)
        given_frame = before.copy()
        assert Panel.from_long(given_frame, **options).equals(Panel.from_frames(frames))
        pd.testing.assert_frame_equal(given_frame, before)

    def test_numbers_are_stamps_if_they_have_a_name(self):
        long = long_of({"A": bars(pd.Index([3, 5], name="bar"))}).set_index("bar")
        assert Panel.from_long(long).index.tolist() == [3, 5]

    def test_the_index_keeps_its_name_and_zone(self):
        long = long_of({"A": bars(pd.DatetimeIndex(RIGHT, tz="UTC", name="date"))})
        index = Panel.from_long(long).index
        assert index.name == "date"
        assert str(index.tz) == "UTC"

    def test_a_long_frame_without_rows_is_a_panel_without_bars(self):
        assert Panel.from_long(long_of({"A": bars(RIGHT)}).iloc[:0]).shape == (0, 0)

    @pytest.mark.parametrize(
        ("change", "options", "message"),
        [
            (
                lambda long: pd.concat([long, long.iloc[[4, 1]]]),
                {},
                "a symbol must have one bar a stamp, 2 rows repeat one, first 'A' at 2024-01-03; drop them",
            ),
            (lambda long: long.assign(symbol=None), {}, "every row must name its symbol, 5 do not"),
            (lambda long: long.assign(symbol=[1, 1, 1, 2, 2]), {}, "symbols must be str, got 1"),
            (lambda long: long.drop(columns="symbol"), {}, "got no 'symbol' in date, open, high"),
            (lambda long: long, {"symbol": "ticker"}, "got no 'ticker' in date"),
            (lambda long: long, {"time": "when"}, "got no 'when' and date, open"),
            (lambda long: long.drop(columns="date"), {}, "got an index that does not say which and open, high"),
            (lambda long: long.drop(columns="date").set_index("symbol"), {}, "does not say which"),
            (
                lambda long: long.set_index(["date", "open"]).rename_axis(["day", "open"]).assign(open=1.0),
                {},
                "does not say which",
            ),
            (lambda long: long.assign(date=pd.NaT), {}, "time must have a stamp for each bar, 5 are missing"),
            (lambda long: long.assign(date="2024-01-02"), {}, "time must be stamps or numbers, got str"),
            (lambda long: long.drop(columns="low"), {}, "low is missing beside date, open, high, close, volume"),
            (lambda long: long.assign(low="x"), {}, "low must be numeric, got str"),
            (lambda long: long.to_numpy(), {}, "bars must be a pandas DataFrame, got ndarray"),
        ],
    )
    def test_long_frames_that_cannot_be_used_are_refused(self, change, options, message):
        long = long_of({"A": bars(RIGHT), "B": bars(RIGHT[1:], seed=1)})
        with pytest.raises(DataError) as caught:
            Panel.from_long(change(long), **options)
        assert message in str(caught.value)


class TestFromBlocks:
    def test_arrays_get_positions_and_numbered_symbols(self):
        block = np.arange(30.0).reshape(5, 3, 2)
        panel = Panel.from_blocks(**dict(zip(FIELDS, block, strict=True)))
        assert panel.index.equals(pd.RangeIndex(3))
        assert panel.symbols == ("S000", "S001")
        np.testing.assert_array_equal(panel.low, block[2])

    def test_the_blocks_of_a_panel_give_it_back(self):
        panel = small_panel()
        assert Panel.from_blocks(**{field: getattr(panel, field) for field in FIELDS}).equals(panel)

    def test_frames_and_arrays_may_be_mixed(self):
        panel = small_panel()
        fields = {field: panel.block(field).tolist() for field in FIELDS} | {"close": panel.close.astype("Float64")}
        assert Panel.from_blocks(**fields).equals(panel)

    def test_blocks_are_neither_changed_nor_aliased(self):
        block = np.ones((3, 2), order="F")
        panel = Panel.from_blocks(**dict.fromkeys(FIELDS, block))
        block[:] = 2.0
        assert (panel.close == 1.0).all(axis=None)
        assert block.flags.writeable

    def test_numbered_symbols_sort_in_their_order(self):
        names = numbered_symbols(1001)
        assert names[0] == "S0000"
        assert sorted(names) == list(names)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"low": np.ones((2, 2))}, "blocks must have one shape, got {'open': (3, 2)"),
            ({"low": np.ones(3)}, "low must have the shape (bars, symbols), got (3,); one symbol is array[:, None]"),
            ({"low": np.full((3, 2), "1")}, "low must be numeric, got <U1; convert with array.astype(float)"),
            ({"low": np.full((3, 2), 1, dtype=object)}, "low must be numeric, got object"),
            ({"low": pd.DataFrame([["1", "2"]] * 3)}, "low must be numeric, got str"),
            (
                {"low": pd.DataFrame(np.ones((3, 2))), "high": pd.DataFrame(np.ones((3, 2)), index=[1, 2, 3])},
                "of low differ",
            ),
            ({"low": pd.DataFrame(np.ones((3, 2)), columns=["A", "B"]), "symbols": ["B", "A"]}, "those of low differ"),
            ({"index": [0, 0, 1]}, "index has 1 duplicate stamps, first 0"),
            ({"index": [0, 2, 1]}, "index must be ascending, 1 in row 2 is not; sort with df.sort_index()"),
            ({"index": [0, 1]}, "block must be float64 of shape (5, 2, 2)"),
            ({"symbols": ["A"]}, "block must be float64 of shape (5, 3, 1)"),
            ({"symbols": ["A", "A"]}, "symbols must be unique, got 'A' 2 times"),
        ],
    )
    def test_blocks_that_do_not_go_together_are_refused(self, changes, message):
        with pytest.raises(DataError) as caught:
            Panel.from_blocks(**(dict.fromkeys(FIELDS, np.ones((3, 2))) | changes))
        assert message in str(caught.value)
