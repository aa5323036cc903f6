"""What is kept of news: one story a row, its past, and nothing in a reading that was seen later."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from quantperf.clock import ManualClock
from quantperf.errors import DataError, ParameterError
from quantperf.market.store import Store
from quantperf.news import Feed, archive, news_for
from quantperf.news.archive import Kept, keep
from quantperf.news.parsing import Item

START = dt.datetime(2025, 9, 26, 12, tzinfo=dt.UTC)
YAHOO = Feed("yahoo:AAPL", "https://feeds.example.org/AAPL", "yahoo", symbol="AAPL")
OTHER = Feed("yahoo:MSFT", "https://feeds.example.org/MSFT", "yahoo", symbol="MSFT")
WIRE = Feed("wire", "https://wire.example.org/rss", "wire")
LONG = "Apple reports record revenue in the fourth quarter"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[Store]:
    with Store(tmp_path / "store", clock=clock) as opened:
        yield opened


def told(store: Store, feed: Feed, *items: Item) -> Kept:
    """Write items as one answer, a minute after the last one."""
    clock = store.clock
    assert isinstance(clock, ManualClock)
    clock.advance(dt.timedelta(minutes=1))
    with store.database.commit("news", feed.name) as commit:
        return keep(commit, feed, items, clock.now(), known={"AAPL", "MSFT"})


def titles(store: Store) -> list[str]:
    return sorted(store.news()["title"])


def test_a_story_has_all_its_fields(store: Store) -> None:
    published = START - dt.timedelta(hours=1)
    item = Item(
        f"{LONG} (MSFT)", "https://example.org/a?utm_source=x", "Text", published, "g1", "<b>Text</b>", "Reuters"
    )
    assert told(store, YAHOO, item) == Kept(new=1)
    (row,) = store.news().to_dict("records")
    assert row["title"] == item.title
    assert (row["url"], row["source"], row["summary"], row["html"]) == (item.url, "yahoo", "Text", "<b>Text</b>")
    assert (row["symbol"], row["symbols"]) == ("MSFT", ("MSFT", "AAPL"))
    assert row["published_at"] == published
    assert row["seen_at"] == row["crawled_at"] == START + dt.timedelta(minutes=1)
    assert (row["source_id"], row["publisher"], row["sightings"], row["flags"]) == ("g1", "Reuters", 1, ())
    assert pd.isna(row["cluster_id"])
    assert len(row["content_hash"]) == len(row["id"]) == 16


def test_what_is_missing_is_missing(store: Store) -> None:
    told(store, WIRE, Item("Short title", flags=frozenset({"no_date", "no_link"})))
    (row,) = store.news().to_dict("records")
    assert pd.isna(row["published_at"])
    assert pd.isna(row["symbol"])
    assert pd.isna(row["source_id"])
    assert row["symbols"] == ()
    assert row["flags"] == ("no_date", "no_link")


def test_no_news_is_a_frame_of_the_same_columns(store: Store) -> None:
    empty = store.news()
    assert list(empty.columns) == list(archive.COLUMNS)
    told(store, YAHOO, Item(LONG, guid="1"))
    assert empty.dtypes.drop(["symbols", "flags"]).equals(store.news().dtypes.drop(["symbols", "flags"]))


@pytest.mark.parametrize(
    ("first", "second", "stories"),
    [
        pytest.param(Item("One title", guid="g"), Item("Another title", guid="g"), 1, id="guid"),
        pytest.param(
            Item("One title", "https://x.org/a-1234567"), Item("Another", "https://x.org/b-1234567"), 1, id="own number"
        ),
        pytest.param(
            Item("One title", "https://x.org/a?.tsrc=rss"),
            Item("Another", "http://X.org/a#top"),
            1,
            id="canonical address",
        ),
        pytest.param(
            Item(LONG, "https://x.org/a", guid="1"), Item(LONG.upper(), "https://x.org/b", guid="2"), 1, id="title"
        ),
        pytest.param(
            Item("Market wrap", "https://x.org/a"), Item("Market wrap", "https://x.org/b"), 2, id="short title"
        ),
        pytest.param(Item("Market wrap"), Item("Market wrap"), 1, id="short title alone"),
        pytest.param(Item("One", "https://x.org/a"), Item("Two", "https://x.org/b"), 2, id="nothing in common"),
        pytest.param(
            Item("One", "https://x.org/wrap-20250926"),
            Item("Two", "https://x.org/gold-20250926"),
            2,
            id="date in address",
        ),
    ],
)
def test_items_of_one_source_are_one_story_by_their_first_common_key(
    store: Store, first: Item, second: Item, stories: int
) -> None:
    told(store, YAHOO, first)
    told(store, YAHOO, second)
    assert len(store.news()) == stories


def by_title_alone(items: Sequence[Item]) -> int:
    """A defective way: stories by their title."""
    return len({item.title for item in items})


def never_a_duplicate(items: Sequence[Item]) -> int:
    """Another defective way: a check that always says no."""
    return len(items)


def test_duplicates_are_found_and_only_duplicates(store: Store) -> None:
    items = [
        Item("Market wrap", "https://x.org/monday-1234567", guid="1"),
        Item("Market wrap", "https://x.org/tuesday-1234568", guid="2"),
        Item("Market wrap: what moved", "https://x.org/monday-1234567", guid="1"),
    ]
    assert by_title_alone(items[:2]) == 1
    assert never_a_duplicate(items) == 3
    assert [told(store, YAHOO, item) for item in items] == [Kept(new=1), Kept(new=1), Kept(updated=1)]
    assert titles(store) == ["Market wrap", "Market wrap: what moved"]


def test_a_title_names_a_story_for_48_hours(store: Store, clock: ManualClock) -> None:
    told(store, YAHOO, Item(LONG, guid="1", published_at=START))
    told(store, YAHOO, Item(LONG, guid="2", published_at=START + dt.timedelta(hours=48)))
    assert len(store.news()) == 1
    told(store, YAHOO, Item(LONG, guid="3", published_at=START + dt.timedelta(hours=97)))
    assert len(store.news()) == 2


def test_one_story_in_two_feeds_is_one_row_with_two_sightings(store: Store) -> None:
    told(store, YAHOO, Item(LONG, "https://finance.yahoo.com/a.html", guid="g"))
    assert told(store, WIRE, Item(LONG, "https://wire.example.org/b")) == Kept(duplicate=1)
    assert told(store, OTHER, Item(LONG, "https://finance.yahoo.com/a.html", guid="g")) == Kept(duplicate=1)
    (row,) = store.news().to_dict("records")
    assert (row["sightings"], row["source"], row["symbols"]) == (3, "yahoo", ("AAPL", "MSFT"))
    assert row["seen_at"] == START + dt.timedelta(minutes=1)
    seen = archive.sightings(store.database, row["id"])
    assert seen["feed"].tolist() == ["yahoo:AAPL", "wire", "yahoo:MSFT"]
    assert seen["url"].tolist()[1] == "https://wire.example.org/b"


def test_a_short_title_of_two_sources_is_two_stories_of_one_cluster(store: Store) -> None:
    told(store, YAHOO, Item("Oil falls 2%", "https://x.org/a"))
    told(store, WIRE, Item("Oil falls 2% - Reuters", "https://wire.example.org/b"))
    told(store, WIRE, Item("Oil falls 3%", "https://wire.example.org/c"))
    found = store.news().set_index("title")
    assert len(found) == 3
    assert found.loc["Oil falls 2%", "cluster_id"] == found.loc["Oil falls 2% - Reuters", "cluster_id"]
    assert found.loc["Oil falls 2%", "cluster_id"] == found.loc["Oil falls 2%", "id"]
    assert pd.isna(found.loc["Oil falls 3%", "cluster_id"])


def test_alike_is_never_the_same(store: Store) -> None:
    told(store, YAHOO, Item("Apple shares rise after earnings beat expectations", guid="1"))
    told(store, OTHER, Item("Microsoft shares rise after earnings beat expectations", guid="2"))
    found = store.news()
    assert len(found) == 2
    assert found["cluster_id"].isna().all()


def test_an_update_keeps_the_old_text_and_the_time_it_was_first_seen(store: Store, clock: ManualClock) -> None:
    told(store, YAHOO, Item("Profit seen at 5", summary="old", guid="g"))
    before = clock.now()
    assert told(store, YAHOO, Item("Profit seen at 7", summary="new", guid="g")) == Kept(updated=1)
    now, then = store.news().iloc[0], store.as_of(before).news().iloc[0]
    assert (now["title"], now["summary"]) == ("Profit seen at 7", "new")
    assert (then["title"], then["summary"]) == ("Profit seen at 5", "old")
    assert now["id"] == then["id"]
    assert now["seen_at"] == then["seen_at"] == before
    assert now["crawled_at"] > then["crawled_at"]


def test_two_feeds_of_a_source_do_not_take_turns_in_updating(store: Store) -> None:
    short, long = Item(LONG, summary="short", guid="g"), Item(LONG, summary="a longer one", guid="g")
    told(store, YAHOO, short)
    counts = [told(store, feed, item).updated for _ in range(3) for feed, item in ((OTHER, long), (YAHOO, short))]
    assert sum(counts) == 1


def test_another_source_does_not_change_the_words_of_the_first(store: Store) -> None:
    told(store, YAHOO, Item(LONG, summary="first", guid="g"))
    assert told(store, WIRE, Item(LONG, summary="otherwise")) == Kept(duplicate=1)
    assert store.news()["summary"].tolist() == ["first"]


def test_an_item_that_was_cut_is_not_kept(store: Store) -> None:
    assert told(store, YAHOO, Item("Whole"), Item("Appl", flags=frozenset({"cut"}))) == Kept(new=1, incomplete=1)
    assert titles(store) == ["Whole"]


def test_two_items_of_one_answer_may_be_one_story(store: Store) -> None:
    assert told(store, YAHOO, Item(LONG, guid="g"), Item(LONG, guid="g")) == Kept(new=1, duplicate=1)


def test_as_of_a_moment_nothing_is_known_that_was_seen_later(store: Store, clock: ManualClock) -> None:
    moments = []
    for number in range(6):
        told(store, YAHOO, Item(f"Story {number} of the day so far", guid=str(number), published_at=START))
        if number == 2:
            told(store, WIRE, Item("Story 0 of the day so far ($TSLA)"), Item("Story 0 of the day so far - Reuters"))
        moments.append(clock.now())
    for number, moment in enumerate(moments):
        known = store.as_of(moment).news()
        assert (known["seen_at"] <= moment).all()
        assert sum(known["source"] == "yahoo") == number + 1
        first = known[known["title"] == "Story 0 of the day so far"].iloc[0]
        assert pd.isna(first["cluster_id"]) == (number < 2)
        assert first["sightings"] == 1
    assert store.as_of(START).news().empty


ITEMS = st.builds(
    Item,
    title=st.sampled_from([LONG, f"{LONG} - Reuters", "Oil falls 2%", "Oil falls 2% - Reuters", "Oil falls 3% ($XOM)"]),
    url=st.sampled_from(["", "https://x.org/a-1234567", "https://x.org/b-1234567", "https://x.org/c"]),
    summary=st.sampled_from(["", "one", "two"]),
    guid=st.sampled_from(["", "1", "2"]),
    published_at=st.sampled_from([None, START, START - dt.timedelta(days=5), START + dt.timedelta(days=1)]),
)


@given(st.lists(st.tuples(st.sampled_from([YAHOO, OTHER, WIRE]), st.lists(ITEMS, min_size=1, max_size=3)), max_size=8))
def test_a_reading_as_of_a_moment_is_what_was_read_then_and_counts_are_those_of_the_rows(
    answers: list[tuple[Feed, list[Item]]],
) -> None:
    clock = ManualClock(START)
    with tempfile.TemporaryDirectory() as folder, Store(folder, clock=clock) as store:
        recorded: list[tuple[dt.datetime, pd.DataFrame]] = [(START, store.news())]
        new = 0
        for feed, items in answers:
            kept = told(store, feed, *items)
            assert kept.new + kept.updated + kept.duplicate == len(items)
            new += kept.new
            recorded.append((clock.now(), store.news()))
            assert len(store.news()) == new
        for moment, frame in recorded:
            pd.testing.assert_frame_equal(store.as_of(moment).news(), frame)


def test_news_are_found_by_symbol_time_and_number(store: Store, clock: ManualClock) -> None:
    for number in range(5):
        told(store, YAHOO if number % 2 else OTHER, Item(f"Story {number} of some length", guid=str(number)))
    assert store.news("AAPL")["title"].tolist() == ["Story 3 of some length", "Story 1 of some length"]
    assert store.news(limit=2)["title"].tolist() == ["Story 4 of some length", "Story 3 of some length"]
    at = START + dt.timedelta(minutes=3)
    assert store.news(since=at, until=at)["title"].tolist() == ["Story 2 of some length"]
    assert store.news(since="2025-09-26 12:05")["title"].tolist() == ["Story 4 of some length"]
    assert store.news("XYZ").empty


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"limit": 0}, "limit must be"),
        ({"limit": True}, "limit must be"),
        ({"since": "never"}, "since must be a moment"),
        ({"until": float("nan")}, "until must be a moment"),
        ({"symbol": 7}, "symbol must be a str"),
    ],
)
def test_what_cannot_be_asked_is_told(store: Store, arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        store.news(**arguments)  # type: ignore[arg-type]


def by_published_at(closes: pd.DatetimeIndex, stories: pd.DataFrame) -> np.ndarray:
    """The defective way: a story belongs to the bar in which its feed says that it was published."""
    return np.searchsorted(closes.to_numpy(), stories["published_at"].to_numpy())


def test_news_join_prices_by_the_time_they_were_seen(store: Store) -> None:
    told(store, YAHOO, Item(LONG, guid="1", published_at=START - dt.timedelta(days=3)))
    stories = store.news()
    closes = pd.date_range(START - dt.timedelta(days=4), periods=8, freq="D")
    bar = news_for(closes, stories)["bar"].iloc[0]
    assert bar == closes[5]
    assert (stories["seen_at"] <= bar).all()
    assert closes[by_published_at(closes, stories)[0]] < stories["seen_at"].iloc[0]


def test_a_story_seen_at_the_close_belongs_to_that_bar_and_later_ones_to_none() -> None:
    closes = pd.date_range("2026-01-05 21:00", periods=2, freq="D", tz="America/New_York")
    stories = pd.DataFrame({"seen_at": pd.to_datetime(["2026-01-06 02:00", "2026-01-09 00:00", None], utc=True)})
    assert news_for(closes, stories)["bar"].isna().tolist() == [False, True, True]
    assert news_for(closes, stories)["bar"].iloc[0] == closes[0]


def test_joining_needs_zones_and_order() -> None:
    stories = pd.DataFrame({"seen_at": pd.to_datetime(["2026-01-06"], utc=True)})
    with pytest.raises(DataError, match="time zone"):
        news_for(pd.date_range("2026-01-05", periods=2), stories)
    with pytest.raises(DataError, match="ascending"):
        news_for(pd.date_range("2026-01-05", periods=2, tz="UTC")[::-1], stories)
    with pytest.raises(DataError, match="seen_at"):
        news_for(pd.date_range("2026-01-05", periods=2, tz="UTC"), pd.DataFrame())


def test_joining_no_news_gives_none(store: Store) -> None:
    assert news_for(pd.date_range("2026-01-05", periods=2, tz="UTC"), store.news()).empty
