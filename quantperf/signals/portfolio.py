"""The value of a backtest: its trades, its equity and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import ParameterError, one_of
from quantperf.market.columns import FloatArray
from quantperf.signals.resampling import whole
from quantperf.signals.significance import wilson

__all__ = ["Backtest", "drawdowns", "profit_factor"]

CELLS = 2_000_000  # drawn trades that are held at a time


def profit_factor(gains: Any) -> float:
    """Return the sum of what was won over the sum of what was lost; infinite without a loss, NaN without either.

    Examples
    --------
    >>> profit_factor([3.0, -1.0, -1.0]), profit_factor([1.0]), profit_factor([])
    (1.5, inf, nan)
    """
    values = np.asarray(gains, dtype=np.float64)
    won, lost = values[values > 0.0].sum(), -values[values < 0.0].sum()
    if lost > 0.0:
        return float(won / lost)
    return float("inf") if won > 0.0 else float("nan")


def drawdowns(equity: npt.NDArray[Any]) -> FloatArray:
    """Return how far below its highest so far equity is, in percent.

    Examples
    --------
    >>> drawdowns(np.array([100.0, 120.0, 90.0])).tolist()
    [0.0, 0.0, -25.0]
    """
    peak = np.maximum.accumulate(equity, axis=0)
    return np.asarray(100.0 * (equity - peak) / peak)


@dataclass(frozen=True, repr=False, eq=False)
class Backtest:
    """What trading signals would have given; made by `quantperf.backtest`.

    Attributes
    ----------
    trades : DataFrame
        A row a trade, in the order of entries: signal_id (the id of the record, or its index), symbol, signal_type,
        direction, known_at, entry_at (opening of its bar), entry_price, exit_at (close of its bar), exit_price, reason
        ("time", "stop", "take", "end of data"), gross (return of the price in the direction, percent), net (after
        costs, percent of the money laid out), notional, costs and profit (money), bars, mfe and mae (percent; of the
        bar of a stop or target only its open and the exit).
    equity, cash, invested : Series
        At the close of each bar: cash and what open positions are worth; cash alone; market value of the positions.
    closes : DataFrame
        Closes of the symbols that were traded.
    skipped : dict of str to int
        Signals that were not traded, by reason.
    settings : dict
        The parameters, and "bars_per_year", by which ratios are annualised.
    """

    trades: pd.DataFrame
    equity: pd.Series[float]
    cash: pd.Series[float]
    invested: pd.Series[float]
    closes: pd.DataFrame
    skipped: Mapping[str, int]
    settings: Mapping[str, Any]

    def __repr__(self) -> str:
        return (
            f"Backtest({len(self.trades)} trades, {sum(self.skipped.values())} signals skipped, "
            f"{self.settings['capital']:.0f} -> {self._end:.0f})"
        )

    @property
    def _end(self) -> float:
        return float(self.equity.iloc[-1]) if len(self.equity) else float(self.settings["capital"])

    @cached_property
    def summary(self) -> pd.Series[Any]:
        """Figures of the whole.

        ``signals``, ``trades``, ``win_rate`` with Wilson's interval ``win_low``, ``win_high``; ``average``, ``median``
        of net returns in percent, ``profit_factor``, ``expectancy`` (money a trade), ``total_return``,
        ``max_drawdown``, ``exposure`` (mean of positions over equity) in percent, ``drawdown_bars`` (longest time below
        a high), ``turnover`` (value traded over mean equity), ``costs``, ``sharpe``, ``sortino`` (of returns bar by
        bar, interest 0, annualised with the root of ``bars_per_year``), ``buy_and_hold`` (percent, equal weights in the
        symbols traded, cash before their first close, over the same bars, without costs), ``lowest_cash``,
        ``end_capital``.
        """
        trades, equity = self.trades, self.equity.to_numpy()
        fallen = drawdowns(equity)
        capital = float(self.settings["capital"])
        value_traded = float((trades["notional"] * (1.0 + trades["exit_price"] / trades["entry_price"])).sum())
        figures: dict[str, Any] = {"signals": self.settings["signals"], **_of_trades(trades)}
        sharpe, sortino = _ratios(equity, self.settings["bars_per_year"])
        figures |= {
            "end_capital": self._end,
            "total_return": 100.0 * (self._end - capital) / capital,
            "buy_and_hold": self._buy_and_hold(),
            "max_drawdown": float(fallen.min(initial=0.0)),
            "drawdown_bars": _longest(fallen < 0.0),
            "sharpe": sharpe,
            "sortino": sortino,
            "bars_per_year": self.settings["bars_per_year"],
            "exposure": 100.0 * float((self.invested / self.equity).mean()) if len(equity) else 0.0,
            "turnover": value_traded / float(equity.mean()) if len(equity) else 0.0,
            "costs": float(trades["costs"].sum()),
            "lowest_cash": float(self.cash.min()) if len(equity) else capital,
        }
        return pd.Series(figures, name="backtest", dtype=object)

    @cached_property
    def by_type(self) -> pd.DataFrame:
        """The figures of trades for each type of signals, by profit."""
        rows = {kind: _of_trades(group) for kind, group in self.trades.groupby("signal_type", sort=True)}
        columns = list(_of_trades(self.trades.iloc[:0]))
        table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("signal_type")
        return table.sort_values("profit", ascending=False, kind="stable")

    @cached_property
    def correlation(self) -> pd.DataFrame:
        """Correlation of the bar returns of the symbols that were traded."""
        return self._returns().corr()

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Weights of the symbols that were traded.

        ``used`` (share of all money laid out), ``equal``, ``inverse_volatility`` (of returns bar by bar; as if they
        were not correlated, each then adds the same risk); NaN where the volatility is not known, or 0.
        """
        symbols = self.closes.columns
        used = self.trades.groupby("symbol")["notional"].sum().reindex(symbols)
        calm = 1.0 / self._returns().std().where(lambda deviation: deviation > 0.0)
        table = {
            "used": used / used.sum(),
            "equal": 1.0 / max(len(symbols), 1),
            "inverse_volatility": calm / calm.sum(),
        }
        return pd.DataFrame(table, index=symbols)

    def _returns(self) -> pd.DataFrame:
        return self.closes.pct_change(fill_method=None)

    def _buy_and_hold(self) -> float:
        """Return the mean return of the symbols traded, each from its first close to its last, in percent."""
        if not self.closes.size:
            return float("nan")
        return float((100.0 * (self.closes.ffill().iloc[-1] / self.closes.bfill().iloc[0] - 1.0)).mean())

    def monte_carlo(
        self, draws: int = 1000, seed: int = 0, how: Literal["bootstrap", "shuffle"] = "bootstrap"
    ) -> pd.DataFrame:
        """Return end capital and deepest drawdown of the trades in other orders, one after the other.

        Parameters
        ----------
        draws : int, default 1000
            At least 1.
        seed : int, default 0
            Of the draws.
        how : {"bootstrap", "shuffle"}
            Trades drawn with replacement; or the same trades in another order, whose end is always the same.

        Returns
        -------
        DataFrame
            Columns end_capital (money) and max_drawdown (percent), a row a draw. Each trade has `share` of the capital,
            and none overlap: what trades at the same time do to each other is not in it. A capital that is lost stays
            lost.
        """
        if how not in ("bootstrap", "shuffle"):
            raise one_of("how", ("bootstrap", "shuffle"), how)
        number, random = whole("draws", draws, low=1), np.random.default_rng(whole("seed", seed, low=0))
        factors = np.maximum(1.0 + self.settings["share"] * self.trades["net"].to_numpy() / 100.0, 0.0)
        if not len(factors):
            raise ParameterError("trades must be at least one to be drawn from, got none")
        capital = self.settings["capital"]
        ends, deepest = np.empty(number), np.empty(number)
        step = max(CELLS // len(factors), 1)
        for lo in range(0, number, step):
            size = min(step, number - lo)
            if how == "bootstrap":
                drawn = factors[random.integers(len(factors), size=(len(factors), size))]
            else:
                drawn = random.permuted(np.repeat(factors[:, None], size, axis=1), axis=0)
            paths = capital * np.vstack([np.ones(size), drawn.cumprod(axis=0)])
            ends[lo : lo + size], deepest[lo : lo + size] = paths[-1], drawdowns(paths).min(axis=0)
        return pd.DataFrame({"end_capital": ends, "max_drawdown": deepest})

    def plot(self) -> Any:
        """Return a figure of the equity beside holding the same symbols, and of its drawdown (needs matplotlib)."""
        import matplotlib.pyplot as plt

        figure, (above, below) = plt.subplots(
            2, sharex=True, figsize=(9, 5), height_ratios=(3, 1), layout="constrained"
        )
        above.plot(self.equity.index, self.equity, label="signals")
        if self.closes.size:
            grown = (self.closes.ffill() / self.closes.bfill().iloc[0]).fillna(1.0).mean(axis=1) * self.settings[
                "capital"
            ]
            above.plot(grown.index, grown, label="buy and hold", color="0.6")
        above.set_ylabel("equity")
        above.legend(frameon=False)
        below.fill_between(self.equity.index, drawdowns(self.equity.to_numpy()), 0.0, alpha=0.4)
        below.set_ylabel("drawdown, %")
        return figure

    def _repr_html_(self) -> str:
        shown = self.summary.map(lambda value: f"{value:,.2f}" if isinstance(value, float) else str(value))
        return f"<b>{self!r}</b>{shown.to_frame('value').T.to_html(border=0)}{self.by_type.round(2).to_html(border=0)}"


def _of_trades(trades: pd.DataFrame) -> dict[str, Any]:
    """Return the figures of some trades."""
    net, number = trades["net"], len(trades)
    won = int((net > 0.0).sum())
    low, high = wilson(won, number)
    return {
        "trades": number,
        "win_rate": won / number if number else float("nan"),
        "win_low": low,
        "win_high": high,
        "average": float(net.mean()),
        "median": float(net.median()),
        "profit_factor": profit_factor(trades["profit"]),
        "expectancy": float(trades["profit"].mean()),
        "profit": float(trades["profit"].sum()),
        "mean_bars": float(trades["bars"].mean()),
    }


def _ratios(equity: npt.NDArray[Any], bars_a_year: float) -> tuple[float, float]:
    """Return the ratios of Sharpe and Sortino, annualised; NaN without returns, or without a risk."""
    if len(equity) < 3 or not (equity > 0.0).all():
        return float("nan"), float("nan")
    returns = equity[1:] / equity[:-1] - 1.0
    deviation, downside = float(returns.std(ddof=1)), float(np.sqrt((np.minimum(returns, 0.0) ** 2).mean()))
    scaled = float(returns.mean()) * bars_a_year**0.5
    return (
        scaled / deviation if deviation > 0.0 else float("nan"),
        scaled / downside if downside > 0.0 else float("nan"),
    )


def _longest(under: Any) -> int:
    """Return the length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.r_[False, under, False].astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))
