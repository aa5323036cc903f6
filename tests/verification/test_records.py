"""verify on functions that give records: late, vanishing and changing ones are flagged, honest ones pass."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.errors import DataError
from quantperf.verification import Certificate

IBM = qp.sample("IBM")
CLOSE = IBM["close"]


def broken(certificate: Certificate) -> set[str]:
    return {finding.law for finding in certificate.findings}


def held(certificate: Certificate, law: str) -> str:
    return next(row.held for row in certificate.laws if row.name == law)


def crossings(bars: pd.DataFrame, known_after: int = 0, late: int = 0) -> pd.DataFrame:
    """Crossings of a 20-bar mean, which it takes `late` more bars to see, and is said to take `known_after`."""
    closes = bars["close"]
    over = (closes > closes.rolling(20).mean()).where(closes.rolling(20).mean().notna())
    found = (over.shift(1 + late) == 0.0) & (over.shift(late) == 1.0)
    places = np.flatnonzero(found) - late
    known = (places + known_after).clip(max=len(bars) - 1)
    stamps = pd.DatetimeIndex(bars.index)
    return pd.DataFrame(
        {
            "event_at": (stamps[places] + pd.Timedelta(days=1)).tz_localize("UTC"),
            "known_at": (stamps[known] + pd.Timedelta(days=1)).tz_localize("UTC"),
            "price": closes.to_numpy()[places],
        }
    )


def test_records_that_are_there_when_they_are_known_pass() -> None:
    certificate = qp.verify(crossings, IBM)
    assert certificate.passed, certificate
    assert held(certificate, "causality") == "exactly"
    assert sum(law.probes for law in certificate.laws if law.name == "causality") > 100
    assert held(certificate, "scale") == "reported"
    assert qp.verify(functools.partial(crossings, known_after=2, late=2), IBM, bars=300).passed


def test_records_that_it_takes_longer_to_know_are_flagged_with_their_lead() -> None:
    certificate = qp.verify(functools.partial(crossings, late=3), IBM)
    assert [(finding.law, finding.lead) for finding in certificate.findings] == [("causality", 3)]
    assert "it takes 3 bars more; say when it can be known" in str(certificate)


def test_records_that_vanish_or_change_are_flagged() -> None:
    def highest_so_far(bars: pd.DataFrame) -> pd.DataFrame:
        place = int(bars["high"].fillna(-1.0).to_numpy().argmax())  # of today's data: yesterday's is forgotten
        known = pd.DatetimeIndex(bars.index)[[place]].tz_localize("UTC") + pd.Timedelta(days=1)
        return pd.DataFrame({"known_at": known, "price": bars["high"].iloc[[place]].to_numpy()})

    def of_the_whole_column(bars: pd.DataFrame) -> pd.DataFrame:
        return crossings(bars).assign(score=lambda found: found["price"] / bars["close"].mean())

    assert "it is repainted" in str(qp.verify(highest_so_far, IBM))
    findings = qp.verify(of_the_whole_column, IBM).findings
    assert [(finding.law, finding.output) for finding in findings] == [("causality", "numbers")]


def test_a_bar_without_data_makes_no_record() -> None:
    def filled(bars: pd.DataFrame) -> pd.DataFrame:
        below = ~(bars["close"] > bars["close"].rolling(20).mean())  # what is unknown counts as below
        return pd.DataFrame({"known_at": pd.DatetimeIndex(bars.index)[below].tz_localize("UTC") + pd.Timedelta(days=1)})

    certificate = qp.verify(filled, IBM)
    assert broken(certificate) == {"missing values"}
    assert "a comparison with NaN is unknown" in str(certificate)


def test_records_without_times_or_with_times_that_contradict_are_flagged() -> None:
    with pytest.raises(DataError, match="known_at must be told for each record, 1 are missing"):
        qp.verify(lambda bars: crossings(bars).assign(known_at=lambda f: f["known_at"].where(f.index > 0)), IBM)
    swapped = qp.verify(
        lambda bars: crossings(bars).assign(event_at=lambda f: f["known_at"] + pd.Timedelta(days=9)), IBM
    )
    assert "before event_at" in str(swapped)
    assert "no record on" in str(qp.verify(lambda bars: crossings(bars).iloc[:0], IBM))


def test_records_of_numbered_bars_and_of_calls_that_write_are_tried_too() -> None:
    def of_array(close: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame({"known_at": np.flatnonzero(np.diff(close, prepend=np.nan) > 1.0)})

    def writes(close: np.ndarray) -> pd.DataFrame:
        found = of_array(close)
        close[0] = 0.0
        return found

    assert qp.verify(of_array, CLOSE.to_numpy()).passed
    assert "inputs unchanged" in broken(qp.verify(writes, CLOSE.to_numpy()))
