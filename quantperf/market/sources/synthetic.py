"""Seeded made-up bars as a source: as many symbols as a test or a benchmark asks for, with halts and splits."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from quantperf.errors import NotFound, ParameterError, did_you_mean
from quantperf.market.bars import Panel
from quantperf.market.history import Action, Bars, Parsed, Query
from quantperf.market.sources.frames import refuse_other_length
from quantperf.market.sources.protocol import Basis, actions_inside, inside
from quantperf.market.synthetic import synthetic

__all__ = ["Synthetic"]


class Synthetic:
    """The panel of `quantperf.synthetic`, symbol by symbol; any span of it has the same bars.

    Parameters
    ----------
    symbols : int, default 500
        S000, S001 and so on.
    bars : int, default 2520
        Business days.
    seed : int, default 0
        At least 0.
    splits : float, default 0.0005
        Chance of each day to begin with a split, of shares that are dear or cheap.
    halts : float, default 0.0005
        Chance of each day to begin a halt.
    **others
        As `quantperf.synthetic` takes them: start, missing, late, halted.

    Examples
    --------
    >>> source = Synthetic(symbols=3, bars=5)
    >>> source.symbols
    ('S000', 'S001', 'S002')
    """

    name = "synthetic"
    caps = frozenset({"history", "actions"})
    basis: Basis = "raw"
    decimals = 2

    def __init__(
        self,
        symbols: int = 500,
        bars: int = 2520,
        seed: int = 0,
        *,
        splits: float = 0.0005,
        halts: float = 0.0005,
        **others: Any,
    ) -> None:
        strange = sorted(others.keys() - {"start", "missing", "late", "halted"})
        if strange:
            raise ParameterError(f"options must be start, missing, late or halted, got {', '.join(strange)}")
        self._options = {"symbols": symbols, "bars": bars, "seed": seed, "splits": splits, "halts": halts, **others}

    def __repr__(self) -> str:
        return f"Synthetic({', '.join(f'{name}={value!r}' for name, value in self._options.items())})"

    @cached_property
    def _made(self) -> tuple[Panel, dict[str, tuple[Action, ...]]]:
        """The panel and its splits, made when they are first asked for."""
        options: dict[str, Any] = self._options
        return synthetic(**options, actions=True)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the symbols."""
        return tuple(self._made[0].symbols)

    def read(self, query: Query) -> Parsed:
        """Return the bars and splits of a query.

        Raises
        ------
        NotFound
            If there is no such symbol.
        SourceError
            If other than daily bars are asked for.
        """
        panel, actions = self._made
        if query.symbol not in panel:
            hint = did_you_mean(query.symbol, panel.symbols)
            raise NotFound(f"synthetic bars have {panel.symbols[0]} to {panel.symbols[-1]}, got {query.symbol!r}{hint}")
        refuse_other_length("the synthetic source", "1d", query)
        frame = panel.frame(query.symbol)
        # What the panel has no bar of is no bar.
        bars, outside = inside(Bars.from_frame(frame[frame["close"].notna()]), query)
        meta = {"currency": "USD", "zone": "America/New_York", "category": "stock", "open": False}
        repairs = {"outside_query": outside} if outside else {}
        return Parsed(bars, self.basis, self.decimals, actions_inside(actions[query.symbol], query), meta, repairs)
