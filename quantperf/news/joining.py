"""News beside prices: what could have been read by each moment, and no more.

::

    bar closes at          ---|-----------|-----------|-->
    story published           x
    story seen here                  x
    belongs to                                    ^ this bar: the first that closes at or after it was seen
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError

__all__ = ["news_for"]


def news_for(closes: Any, stories: pd.DataFrame) -> pd.DataFrame:
    """Return for each story the first bar that closes at or after the story was seen.

    Parameters
    ----------
    closes : DatetimeIndex or array_like of stamps
        When each bar closes, ascending, with a time zone: what is known at that moment may use the story. The stamps
        of bars tell when they open; add the length of a bar, or the end of the session.
    stories : DataFrame
        As `Store.news` gives them; only `seen_at` decides, never `published_at`.

    Returns
    -------
    DataFrame
        The stories with a column `bar` more: the stamp of that bar's close, missing for stories that were seen after
        the last one. Rows are in their order.

    Raises
    ------
    DataError
        If `closes` has no zone or is not ascending, or `stories` has no `seen_at`.

    Examples
    --------
    >>> closes = pd.date_range("2026-01-05 21:00", periods=2, freq="D", tz="UTC")
    >>> seen = pd.to_datetime(["2026-01-05 21:00", "2026-01-05 21:01", "2026-01-07 09:00"], utc=True)
    >>> news_for(closes, pd.DataFrame({"seen_at": seen}))["bar"].dt.day.tolist()
    [5.0, 6.0, nan]
    """
    if "seen_at" not in stories.columns:
        raise DataError("stories must have the column seen_at, as store.news() gives it")
    index = pd.DatetimeIndex(closes)
    if index.tz is None:
        raise DataError("closes must have a time zone, got stamps without; use index.tz_localize(...)")
    if index.hasnans or not index.is_monotonic_increasing:
        raise DataError("closes must be ascending and complete; sort them, and drop those that are missing")
    moments = index.tz_convert("UTC").tz_localize(None).as_unit("us").to_numpy()
    seen = pd.DatetimeIndex(stories["seen_at"])
    if seen.tz is None and len(seen):
        raise DataError("seen_at must have a time zone, as store.news() gives it")
    naive = seen.tz_convert("UTC").tz_localize(None) if seen.tz is not None else seen
    places = np.searchsorted(moments, naive.as_unit("us").to_numpy(), side="left")
    last = np.append(moments, np.datetime64("NaT", "us"))
    places[np.asarray(seen.isna())] = len(moments)
    return stories.assign(bar=pd.DatetimeIndex(last[places]).tz_localize("UTC"))
