"""Snapshots: one row a symbol, source and session, completed in place, never of a bar that came later."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.clock import ManualClock
from quantperf.database import stamp_of
from quantperf.errors import DataError, ParameterError
from quantperf.market.columns import FIELDS
from quantperf.market.history import DAY_MS, Bars, interval_of
from quantperf.market.snapshots import COLUMNS, WRITE_BATCH
from quantperf.market.store import Store

START = dt.datetime(2026, 1, 5, 21, tzinfo=dt.UTC)
TODAY = stamp_of(START) // DAY_MS


@pytest.fixture
def clock():
    return ManualClock(START)


@pytest.fixture
def store(tmp_path, clock):
    with Store(tmp_path / "store", clock=clock) as opened:
        yield opened


def bars_of(days, level=10.0, **fields):
    """Bars at days counted from today; fields replace those of the last one."""
    stamps = TODAY + np.asarray(days, np.int64)
    values = level + np.arange(len(stamps)) + np.arange(len(FIELDS))[:, None] / 8.0
    for name, value in fields.items():
        values[FIELDS.index(name), -1] = value
    return Bars(interval_of("1d"), stamps, values)


def commits(store, kind):
    with store.database.reading() as connection:
        return connection.execute("SELECT count(*) FROM ledger WHERE kind = ?", (kind,)).fetchone()[0]


def rows(store, where="1"):
    with store.database.reading() as connection:
        return connection.execute(f"SELECT count(*) FROM snapshot WHERE {where}").fetchone()[0]


def test_a_snapshot_holds_the_latest_bar_of_each_symbol(store):
    store.write({"A": bars_of([-2, -1]), "B": bars_of([-3], level=50.0)}, source="first")
    frame = store.snapshot().frame()
    assert tuple(frame.columns) == COLUMNS
    assert frame["symbol"].tolist() == ["A", "B"]
    assert frame["source"].tolist() == ["first", "first"]
    assert frame["close"].tolist() == [11.375, 50.375]
    assert frame["snapshot_at"].tolist() == [pd.Timestamp("2026-01-04", tz="UTC"), pd.Timestamp("2026-01-02", tz="UTC")]
    assert frame["created_at"].tolist() == [pd.Timestamp(START)] * 2
    assert store.snapshots().equals(frame)


def test_only_what_is_absent_or_corrected_is_written(store, clock):
    store.write({"A": bars_of([-2, -1]), "B": bars_of([-1])})
    assert store.snapshot().written == ("A", "B")
    again = store.snapshot()
    assert again.written == ()
    assert commits(store, "snapshot") == 1
    clock.advance(dt.timedelta(hours=1))
    store.write({"A": bars_of([-2, -1], close=99.0)})
    assert store.snapshot().written == ("A",)
    assert store.snapshot(["B"], if_needed=False).written == ("B",)
    assert rows(store, "until IS NULL") == 2
    assert rows(store) == 4


def test_a_row_is_completed_in_place_and_its_former_state_stays_known(store):
    """Close, high and low were three rows; the latest row had no close and the close alert fell silent."""

    def defective(bars):
        return [{name: bars.values[FIELDS.index(name), -1]} for name in ("close", "high", "low")]

    assert "close" not in defective(bars_of([-1]))[-1]
    store.write({"A": bars_of([-2, -1], high=np.nan, volume=np.nan)})
    first = store.snapshot()
    assert first.frame()[["high", "volume"]].isna().all(axis=None)
    assert first.frame()["close"].tolist() == [11.375]
    store.write({"A": bars_of([-2, -1])})
    second = store.snapshot()
    latest = store.snapshots().iloc[-1]
    assert latest[["close", "high", "low", "volume"]].tolist() == [11.375, 11.125, 11.25, 11.5]
    assert len(store.snapshots()) == 1
    was = store.as_of(seq=first.seq).snapshots()
    assert was["high"].isna().tolist() == [True]
    assert (first.written, second.written) == (("A",), ("A",))


def test_the_database_itself_refuses_a_second_row(store):
    store.write({"A": bars_of([-1])})
    store.snapshot()
    with pytest.raises(Exception, match="UNIQUE"), store.database.commit("snapshot") as commit:
        commit.connection.execute("INSERT INTO snapshot SELECT * FROM snapshot")


def test_each_source_has_its_row(store):
    store.write({"A": bars_of([-1])}, source="one")
    store.snapshot()
    store.write({"A": bars_of([-1], close=12.0)}, source="two")
    store.snapshot()
    assert store.snapshots()[["source", "close"]].to_numpy().tolist() == [["one", 10.375], ["two", 12.0]]
    assert store.snapshot().frame()["source"].tolist() == ["two"]


def test_the_same_commit_gives_the_same_id_and_bytes(store, tmp_path):
    store.write({"A": bars_of([-2, -1]), "B": bars_of([-1], volume=np.nan)})
    first = store.snapshot()
    assert (store.snapshot().id, store.as_of(seq=first.seq).snapshot().to_bytes()) == (first.id, first.to_bytes())
    with Store(store.path) as other:
        assert other.snapshot().to_bytes() == first.to_bytes()
    assert store.snapshot(["A"]).id != first.id
    store.write({"A": bars_of([-2, -1, 0])})
    assert store.snapshot().id != first.id
    assert store.as_of(seq=first.seq).snapshot().id == first.id


@given(writes=st.lists(st.tuples(st.sampled_from("AB"), st.integers(-9, 0), st.integers(1, 5)), max_size=8))
def test_what_was_known_then_holds_no_later_bar(tmp_path_factory, writes):
    clock, known = ManualClock(START), []
    with Store(tmp_path_factory.mktemp("store"), clock=clock) as store:
        truth = {}
        for symbol, day, level in writes:
            clock.advance(dt.timedelta(minutes=1))
            store.write({symbol: bars_of([day], level=float(level))})
            truth.setdefault(symbol, {})[day] = level + 0.375
            known.append((clock.now(), {name: bars[max(bars)] for name, bars in truth.items()}))
        for moment, latest in known:
            frame = store.as_of(moment).snapshot().frame()
            assert dict(zip(frame["symbol"], frame["close"], strict=True)) == latest
            assert (frame["created_at"] <= pd.Timestamp(moment)).all()


def test_symbols_are_written_ten_a_commit_and_none_twice(store):
    names = [f"S{place:02d}" for place in range(2 * WRITE_BATCH + 5)]
    store.write({name: bars_of([-1]) for name in names})
    assert store.snapshot().written == tuple(names)
    assert commits(store, "snapshot") == 3
    assert rows(store) == len(names)
    assert len(store.snapshot()) == len(names)


def test_the_summary_counts_a_price_of_zero_as_present(store):
    """The summary returned 0; and a price of 0.0 (a commodity, an expired right) was read as none."""

    def defective(close):
        return bool(close)

    assert not defective(0.0)
    store.write({"ZERO": bars_of([-2, -1], close=0.0), "ONE": bars_of([-1]), "GAP": bars_of([-2, -1], close=np.nan)})
    found = store.snapshot_summary()
    assert found["has_complete_data"].to_dict() == {"GAP": False, "ONE": False, "ZERO": True}
    assert found.loc["ZERO", ["latest_close", "previous_high", "previous_low"]].tolist() == [0.0, 10.125, 10.25]
    assert found.loc["ONE", ["previous_high", "previous_low"]].isna().all()
    assert found["latest_snapshot_date"].tolist() == [pd.Timestamp("2026-01-04", tz="UTC")] * 3
    assert store.snapshot_summary(["ONE"]).index.tolist() == ["ONE"]


def test_the_summary_of_then_knows_no_later_bar(store):
    store.write({"A": bars_of([-2])})
    store.write({"A": bars_of([-2, -1])})
    assert store.as_of(seq=1).snapshot_summary().loc["A", "latest_close"] == 10.375
    assert store.as_of(seq=0).snapshot_summary().empty
    assert len(store.as_of(seq=0).snapshot()) == 0


def test_a_suspended_symbol_keeps_its_session_before(store):
    store.write({"A": bars_of([-400, -1])})
    assert store.snapshot_summary().loc["A", "previous_high"] == 10.125


def test_retention_deletes_and_says_how_many(store, clock):
    """The clean-up only printed, or returned 0."""

    def defective(days=30):
        return 0

    for day in (-31, -30, -1):
        store.write({"A": bars_of([day], level=float(40 + day))})
        store.snapshot()
        store.write({"A": bars_of([day], level=float(40 + day), close=1.0)})
        store.snapshot()
    bars = store.bars("A")
    assert rows(store) == 6
    assert store.retain(days=30) == 2 != defective()
    assert (rows(store), store.retain(days=30), commits(store, "retain")) == (4, 0, 1)
    assert store.bars("A").equals(bars)
    clock.advance(dt.timedelta(days=25))
    assert store.retain() == 2
    assert store.retain(days=0) == 2
    assert store.snapshots().empty


def test_retention_touches_nothing_but_snapshots(store):
    """Records of highs, alerts and bars are never pruned by age: every other table stays as it is."""
    store.write({"A": bars_of([-2000, -1999])})
    store.snapshot()

    def counts():
        with store.database.reading() as connection:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
                for name in names
                if name not in ("snapshot", "ledger")
            }

    before = counts()
    assert store.retain(days=30) == 1
    assert counts() == before


@pytest.mark.parametrize("days", [-1, 1.5, True, None, "30"])
def test_days_that_are_none_are_refused(store, days):
    with pytest.raises(ParameterError, match="days must be a whole number of at least 0, got"):
        store.retain(days)


def test_an_unknown_symbol_writes_nothing(store):
    store.write({"AAPL": bars_of([-1])})
    for call in (store.snapshot, store.as_of(seq=1).snapshot, store.snapshots, store.snapshot_summary):
        with pytest.raises(DataError, match="unknown symbol 'AAPX'; did you mean 'AAPL'"):
            call(["AAPL", "AAPX"])
    assert rows(store) == 0


def test_recorded_sessions_are_listed_between_two_dates(store):
    for day in (-3, -2, -1):
        store.write({"A": bars_of([day])})
        store.snapshot()
    assert len(store.snapshots()) == 3
    assert len(store.snapshots("A", start="2026-01-03", end="2026-01-03")) == 1
    assert store.as_of(seq=2).snapshots()["snapshot_at"].tolist() == [pd.Timestamp("2026-01-02", tz="UTC")]


def test_an_empty_store_has_an_empty_snapshot(store):
    empty = store.snapshot()
    assert (len(empty), empty.written) == (0, ())
    assert tuple(empty.frame().columns) == COLUMNS
    assert store.snapshot_summary().empty
    assert store.snapshots().dtypes.equals(empty.frame().dtypes)
    assert "0 symbols" in repr(empty)
    assert "<table" in empty._repr_html_()
