"""First calls in fresh processes: import and call, with no kernel cache, with an empty one, and with a filled one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import count

from quantperf.indicators import CATALOG
from quantperf.performance import FirstCall, first_call
from quantperf.reports.comparison import Start

STOCK = "AAPL"
SEVERAL = 10


def planned(rounds: int) -> int:
    """Return how many processes `starts` runs."""
    return 1 + 3 * rounds


def starts(names: Sequence[str], rounds: int) -> Iterator[tuple[str, Start | None]]:
    """Yield a label before each process, and each finished start.

    Parameters
    ----------
    names : sequence of str
        Indicators; the first is looked at alone, and the first ten in one process.
    rounds : int
        Processes of each kind; the one with an empty kernel cache, which compiles, runs once.
    """
    entry = CATALOG[names[0]]
    several = list(names[:SEVERAL])
    columns = f"tuple(columns_of(frame, {entry.columns!r}).values())"
    frame = f"from quantperf.market.columns import columns_of\nframe = qp.sample({STOCK!r})\n"
    fast = f"import quantperf as qp\n{frame}columns = {columns}\nqp.{entry.name}(*columns)"
    plain = (
        f"import quantperf.reference.{entry.family} as plain\nimport quantperf as qp\n{frame}columns = {columns}\n"
        f"plain.{entry.reference.__name__}(*columns)"
    )
    many = f"import quantperf as qp\n{frame}results = [getattr(qp, name)(frame) for name in {several!r}]"

    with tempfile.TemporaryDirectory(prefix="quantperf-") as folder:
        own = {"QUANTPERF_CACHE_DIR": folder}
        yield from _rounds(f"{entry.name}, plain version", "needs none", plain, rounds, None)
        yield from _rounds(entry.name, "empty: compiles", fast, 1, own)
        yield from _rounds(entry.name, "filled", fast, rounds, own)
    yield from _rounds(f"{len(several)} indicators, one call each", "filled", many, rounds, None)


def _rounds(
    what: str, cache: str, code: str, rounds: int, environment: dict[str, str] | None
) -> Iterator[tuple[str, Start | None]]:
    found: list[FirstCall] = []
    for number in count(1):
        yield f"{what} ({cache}), {number} of {rounds}", None
        found.append(first_call(code, environment))
        if number == rounds:
            break
    yield (
        what,
        Start(
            what=what,
            cache=cache,
            import_seconds=tuple(each.import_seconds for each in found),
            call_seconds=tuple(each.call_seconds for each in found),
            peak_rss_bytes=tuple(each.peak_rss_bytes for each in found),
        ),
    )
