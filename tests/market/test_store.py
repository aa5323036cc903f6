"""The store's core: what is written is read, what was known stays known, what is wrong is refused."""

from __future__ import annotations

import datetime as dt
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.clock import ManualClock
from quantperf.errors import CorruptChunk, DataError, ParameterError, StoreError
from quantperf.market.columns import FIELDS
from quantperf.market.history import Bars, interval_of
from quantperf.market.sample import sample
from quantperf.market.store import Store
from quantperf.market.synthetic import synthetic
from quantperf.market.writing import SYMBOLS_A_COMMIT

START = dt.datetime(2026, 1, 5, 21, tzinfo=dt.UTC)
INTERVALS = ("1d", "1h")


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store", clock=ManualClock(START)) as opened:
        yield opened


def bars_at(stamps, interval="1d", level=10.0):
    stamps = np.asarray(stamps, np.int64)
    values = level + np.arange(len(stamps)) + np.arange(len(FIELDS))[:, None] / 8.0
    return Bars(interval_of(interval), stamps, values)


def same(bars, other):
    return bars.stamps.tolist() == other.stamps.tolist() and np.array_equal(bars.values, other.values, equal_nan=True)


def test_the_sample_comes_back_bit_for_bit(store):
    panel = sample()
    written = store.write({symbol: Bars.from_frame(panel.frame(symbol)) for symbol in panel.symbols})
    assert written.seqs == (1,)
    assert store.symbols == tuple(sorted(panel.symbols))
    for symbol in panel.symbols:
        assert store.bars(symbol).equals(sample(symbol))
    assert store.check() == []


def test_a_span_of_dates_includes_both_ends(store):
    store.write({"IBM": Bars.from_frame(sample("IBM"))})
    assert store.bars("IBM", "2005-12-30", "2006-01-04").equals(sample("IBM").loc["2005-12-30":"2006-01-04"])
    assert store.bars("IBM", end="1999-01-01").empty
    assert store.bars("IBM", "2030-01-01").empty


def test_the_same_bars_again_make_no_commit(store):
    bars = {"IBM": Bars.from_frame(sample("IBM"))}
    store.write(bars)
    again = store.write(bars)
    assert (again.seqs, again.changed, again.unchanged) == ((), (), ("IBM",))
    assert store.write({"IBM": bars["IBM"].rows(slice(100, 200))}).seqs == ()
    assert store.database.last_seq() == 1


def test_a_bar_written_again_with_equal_values_keeps_its_commit(store):
    store.write({"A": bars_at([10, 11, 12])})
    corrected = bars_at([10, 11, 12])
    corrected.values[3, 1] = 99.0
    store.write({"A": corrected})
    assert [len(store.as_of(seq=seq).read("A")) for seq in (0, 1, 2)] == [0, 3, 3]
    assert store.as_of(seq=1).read("A").values[3, 1] == bars_at([10, 11, 12]).values[3, 1]
    assert store.read("A").values[3, 1] == 99.0


def test_unknown_values_are_no_change(store):
    bars = bars_at([10, 11])
    bars.values[4, 0] = np.nan
    store.write({"A": bars})
    assert store.write({"A": bars}).seqs == ()
    assert np.isnan(store.read("A").values[4, 0])


@st.composite
def histories(draw):
    """Draw what is written, one write after the other: stamps, a level, and whether they replace the history."""
    spans = st.lists(st.integers(0, 1500), min_size=1, max_size=12, unique=True).map(sorted)
    return draw(st.lists(st.tuples(spans, st.integers(1, 4), st.booleans()), min_size=1, max_size=8))


@pytest.mark.parametrize("interval", INTERVALS)
@given(writes=histories())
def test_as_of_every_commit_is_what_was_stored_then(tmp_path_factory, interval, writes):
    step = 1 if interval == "1d" else 3_600_000
    truth: dict[int, np.ndarray] = {}
    recorded = {}
    with Store(tmp_path_factory.mktemp("store")) as store:
        for days, level, replace in writes:
            bars = bars_at(np.array(days) * step, interval, float(level))
            if replace:
                truth = {}
            truth |= dict(zip(bars.stamps.tolist(), bars.values.T, strict=True))
            store.write({"A": bars}, replace=replace)
            recorded[store.database.last_seq()] = dict(truth)
        for seq, known in recorded.items():
            was = store.as_of(seq=seq).read("A", interval)
            assert was.stamps.tolist() == sorted(known)
            assert all(
                np.array_equal(column, known[stamp]) for stamp, column in zip(was.stamps, was.values.T, strict=True)
            )
            latest = store.as_of(seq=seq).latest(interval=interval)
            assert latest["close"].tolist() == [known[max(known)][3]]
        assert same(store.read("A", interval), store.as_of(seq=store.database.last_seq()).read("A", interval))
        assert store.latest(interval=interval)["close"].tolist() == [truth[max(truth)][3]]
        assert store.check() == []


def test_what_was_known_at_a_moment(store):
    store.write({"A": bars_at([1, 2])})
    store.clock.advance(dt.timedelta(hours=1))
    store.write({"A": bars_at([1, 2, 3])})
    assert len(store.as_of(START).read("A")) == 2
    assert len(store.as_of(START + dt.timedelta(hours=1)).read("A")) == 3
    assert store.as_of(START - dt.timedelta(seconds=1)).symbols == ()
    assert store.as_of(START).known_at == START


def test_a_clock_that_goes_back_does_not_reorder_what_was_known(store):
    store.write({"A": bars_at([1])})
    store.clock.set(START - dt.timedelta(days=1))
    store.write({"A": bars_at([1, 2])})
    assert len(store.as_of(START).read("A")) == 2
    assert store.as_of(START - dt.timedelta(hours=1)).symbols == ()


def test_the_latest_bar_has_the_close_before_it(store):
    store.write({"A": bars_at([1, 2, 3]), "B": bars_at([5])})
    latest = store.latest()
    assert latest.loc["A", ["close", "previous_close"]].tolist() == [12.375, 11.375]
    assert np.isnan(latest.loc["B", "previous_close"])
    assert latest["final"].all()
    assert store.latest(["B"]).index.tolist() == ["B"]


def test_many_symbols_are_whole_batches(store):
    panel = synthetic(symbols=SYMBOLS_A_COMMIT + 3, bars=2)
    written = store.write({symbol: Bars.from_frame(panel.frame(symbol)) for symbol in panel.symbols})
    assert written.seqs == (1, 2)
    assert len(written.changed) == SYMBOLS_A_COMMIT + 3


def test_a_damaged_chunk_is_an_error_and_never_a_value(store):
    store.write({"A": bars_at([1, 2, 3])})
    with store.database.writing() as connection:
        connection.execute("UPDATE chunk SET b = zeroblob(length(b)) WHERE k >> 40 & 65535 = 4")
    with pytest.raises(CorruptChunk, match="checksum"):
        store.bars("A")
    assert len(store.check()) == 1


@pytest.mark.parametrize(
    ("bars", "message"),
    [
        ({"A": bars_at([2, 1])}, "strictly ascending"),
        ({"A": bars_at([1, 1])}, "strictly ascending"),
        ({"": bars_at([1])}, "printable str"),
        ({"A\n": bars_at([1])}, "printable str"),
        ({"A": sample("FB")}, "must be Bars, got DataFrame"),
        ({"A": bars_at([1], level=np.inf)}, "infinite"),
        ({"A": bars_at([1], level=np.nan)}, "all missing"),
    ],
)
def test_bars_that_cannot_be_stored_are_refused_before_anything_is_written(store, bars, message):
    with pytest.raises(DataError, match=message):
        store.write({"GOOD": bars_at([1]), **bars})
    assert store.symbols == ()


def test_one_basis_a_symbol(store):
    store.write({"A": bars_at([1])}, basis="splits")
    with pytest.raises(DataError, match="stored on basis 'splits'"):
        store.write({"A": bars_at([2])})
    with pytest.raises(ParameterError, match="basis must be one of"):
        store.write({"A": bars_at([2])}, basis="adjusted")


def test_an_unknown_symbol_names_the_nearest(store):
    with pytest.raises(DataError, match="the store is empty"):
        store.bars("AAPL")
    store.write({"AAPL": bars_at([1])})
    with pytest.raises(DataError, match="did you mean 'AAPL'"):
        store.bars("AAPPL")


@pytest.mark.parametrize("arguments", [{}, {"moment": "2026-01-01", "seq": 1}, {"moment": "soon"}, {"seq": -1}])
def test_as_of_needs_one_moment(store, arguments):
    with pytest.raises(ParameterError):
        store.as_of(**arguments)


def test_a_file_is_no_store_and_a_foreign_file_is_not_touched(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="is a file"):
        Store(tmp_path / "file")
    (tmp_path / "folder").mkdir()
    foreign = tmp_path / "folder" / "store.db"
    foreign.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="no store of quantperf"):
        Store(tmp_path / "folder")
    assert foreign.read_bytes() == b"not a database at all" * 100


def test_a_store_pickles_as_its_path_and_opens_again_after_closing(store):
    store.write({"A": bars_at([1])})
    copy = pickle.loads(pickle.dumps(store))
    assert copy.symbols == ("A",)
    assert copy.id == store.id
    copy.close()
    store.close()
    assert store.symbols == ("A",)


def test_the_listing_tells_spans_and_facts(store):
    store.write({"A": bars_at([1, 2])}, facts={"A": {"currency": "USD", "zone": "America/New_York", "category": None}})
    store.write({"A": bars_at(np.array([5, 6]) * 3_600_000, "1h")})
    listing = store.listing()
    assert listing["interval"].tolist() == ["1d", "1h"]
    assert listing["last"].astype(str).tolist() == ["1970-01-03 00:00:00+00:00", "1970-01-01 06:00:00+00:00"]
    assert listing["currency"].tolist() == ["USD", "USD"]
