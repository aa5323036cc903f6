"""Records kept in the store: each once, with its dtypes, in the order in which they were known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from quantperf import signals
from quantperf.clock import ManualClock
from quantperf.errors import DataError
from quantperf.market.sample import sample
from quantperf.market.saved import RECORDS_A_COMMIT, Saved
from quantperf.market.store import Store

START = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store", clock=ManualClock(START)) as opened:
        yield opened


def in_order(records):
    return records.sort_values(["known_at", "symbol", "id"], ignore_index=True)


@pytest.fixture(scope="module")
def found():
    return signals.generate(sample())


def test_signals_come_back_with_values_and_dtypes(store, found):
    assert store.save(found) == Saved(len(found), 0)
    pd.testing.assert_frame_equal(store.saved(), in_order(found), check_exact=True)
    assert store.database.last_seq() == -(-len(found) // RECORDS_A_COMMIT)


def test_saving_again_after_a_longer_run_adds_only_what_is_new(store, found):
    store.save(found.head(100))
    commits = store.database.last_seq()
    assert store.save(found.head(100)) == Saved(0, 100)
    assert store.database.last_seq() == commits
    assert store.save(found.head(130)) == Saved(30, 100)


def test_what_is_asked_for(store, found):
    store.save(found)
    some = store.saved(symbol="FB", since="2012-12-01", until="2013-01-31")
    wanted = in_order(found)
    wanted = wanted[
        (wanted["symbol"] == "FB")
        & (wanted["known_at"] >= pd.Timestamp("2012-12-01", tz="UTC"))
        & (wanted["known_at"] <= pd.Timestamp("2013-01-31", tz="UTC"))
    ]
    assert len(some) > 5
    pd.testing.assert_frame_equal(some, wanted.reset_index(drop=True), check_exact=True)
    assert store.saved("other kind").empty
    assert store.saved(symbol="NONE").empty


def test_as_of_does_not_hold_what_was_saved_later(store, found):
    store.save(found.head(10))
    store.clock.advance(dt.timedelta(hours=1))
    store.save(found.head(20))
    assert len(store.as_of(START).saved()) == 10


def test_frames_of_other_columns_share_a_kind(store, found):
    own = pd.DataFrame({
        "id": ["a", "b"], "symbol": ["X", "X"], "known_at": pd.to_datetime(["2001-01-01", "2020-01-01"], utc=True),
        "count": pd.array([1, None], dtype="Int64"), "seen": [True, False], "pause": pd.to_timedelta(["1h", None]),
        "local": pd.to_datetime(["2020-01-01", None]).tz_localize("America/New_York"),
    })  # fmt: skip
    store.save(own)
    pd.testing.assert_frame_equal(store.saved(), own)
    store.save(found.head(3))
    both = store.saved()
    # One of them was known in 2001, the others in 2000 and in 2020.
    assert both["id"].tolist() == [*in_order(found.head(3))["id"], "a", "b"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda frame: frame["id"], "frame of records"),
        (lambda frame: frame.drop(columns="known_at"), "must have the columns id, symbol, known_at"),
        (lambda frame: frame.assign(known_at=np.arange(len(frame))), "moments with a time zone"),
        (lambda frame: frame.assign(known_at=pd.NaT), "moments with a time zone"),
        (lambda frame: pd.concat([frame, frame]), "differ in each row"),
        (lambda frame: frame.assign(volume=np.inf), "infinite"),
        (lambda frame: frame.assign(extra=[[1]] * len(frame)), "must hold numbers, text, truth or stamps"),
    ],
)
def test_what_is_no_frame_of_records_is_refused_and_nothing_written(store, found, spoil, message):
    with pytest.raises(DataError, match=message):
        store.save(spoil(found.head(5)))
    assert store.database.last_seq() == 0
