"""Seeded daily bars that look like those of stocks, as many as a test or a benchmark asks for.

Returns have a common market factor, volatility that clusters (GARCH(1,1)) and fat tails (Student t); bars have
overnight gaps, now and then a jump, and highs and lows that a random walk between open and close would have. On demand
bars are missing, trading halts for days, and shares are split.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import ParameterError, one_of
from quantperf.market.bars import Panel, numbered_symbols
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import Action

__all__ = ["synthetic"]

# Daily, and of the order of large US stocks. Variances are shares of a symbol's long-run variance.
SHOCK_FREEDOM = 6.0  # the fourth moment of the returns stays finite at these GARCH weights
ARCH, GARCH = 0.07, 0.91
MARKET_VARIANCE = 0.30
OVERNIGHT_VARIANCE = 0.25
JUMP_CHANCE, JUMP_SCALE = 0.002, 5.0
# Log prices are pulled back to where they began, by 1/2520 a day: without it a long panel leaves the range of quotes.
PULL = 1.0 / 2520.0
CENT = 0.01
HALTED = ("absent", "flat")
LONGEST_HALT = 5  # days
DEAR, CHEAP = 60.0, 5.0  # dollars above which shares are split, and below which they are put together
FORWARD, FORWARD_ODDS = (1.5, 2.0, 3.0, 4.0), (0.1, 0.7, 0.1, 0.1)
REVERSE = 0.1
MORE_DRAWS = 1  # halts and splits draw from a stream of their own, so that they change no other draw


@overload
def synthetic(
    symbols: int = 500,
    bars: int = 2520,
    seed: int = 0,
    start: str = "2015-01-02",
    missing: float = 0.0,
    late: float = 0.0,
    *,
    halts: float = 0.0,
    halted: Literal["absent", "flat"] = "absent",
    splits: float = 0.0,
    actions: Literal[False] = False,
) -> Panel: ...
@overload
def synthetic(
    symbols: int = 500,
    bars: int = 2520,
    seed: int = 0,
    start: str = "2015-01-02",
    missing: float = 0.0,
    late: float = 0.0,
    *,
    halts: float = 0.0,
    halted: Literal["absent", "flat"] = "absent",
    splits: float = 0.0,
    actions: Literal[True],
) -> tuple[Panel, dict[str, tuple[Action, ...]]]: ...
def synthetic(
    symbols: int = 500,
    bars: int = 2520,
    seed: int = 0,
    start: str = "2015-01-02",
    missing: float = 0.0,
    late: float = 0.0,
    *,
    halts: float = 0.0,
    halted: Literal["absent", "flat"] = "absent",
    splits: float = 0.0,
    actions: bool = False,
) -> Panel | tuple[Panel, dict[str, tuple[Action, ...]]]:
    """Return a panel of made-up daily bars, the same for the same seed.

    Parameters
    ----------
    symbols : int, default 500
        Symbols, at least 1; they are called S000, S001 and so on.
    bars : int, default 2520
        Business days, at least 1.
    seed : int, default 0
        At least 0. `missing`, `late` and `halts` take bars away or flatten them, they change no other bar.
    start : str, default "2015-01-02"
        The first day, or a day before it if that is no business day.
    missing : float, default 0.0
        Chance of each bar to be absent (all five fields NaN), from 0 to below 1.
    late : float, default 0.0
        Share of the symbols that are listed after the first bar, from 0 to 1.
    halts : float, default 0.0
        Chance of each day to begin a halt of one to five days, from 0 to below 1; not on the first bar. The first bar
        after a halt opens where prices have gone meanwhile.
    halted : {"absent", "flat"}, default "absent"
        What a halted day is: no bar, or, as some sources tell it, the close before it four times with volume 0.
    splits : float, default 0.0
        Chance of each day to begin with a split, from 0 to below 1; not on the first bar. Shares above 60 are split
        1.5, 2, 3 or 4 for 1, those below 5 are put together 1 for 10, others are left alone. Bars are as traded: a
        split is a step in price and volume.
    actions : bool, default False
        Give the splits too.

    Returns
    -------
    Panel
        Prices in whole cents with low <= open, close <= high, volumes in whole shares.
    dict of str to tuple of Action
        With `actions`: the splits of each symbol, oldest first.

    Raises
    ------
    ParameterError
        If a parameter is out of bounds or of the wrong kind.

    Examples
    --------
    >>> panel = synthetic(symbols=3, bars=5)
    >>> panel
    Panel(3 symbols x 5 bars, 2015-01-02 .. 2015-01-08)
    >>> bool((panel.low <= panel.close).all(axis=None))
    True
    >>> _, told = synthetic(symbols=3, bars=2520, splits=0.02, actions=True)
    >>> [action.value for action in told["S002"]]
    [2.0, 2.0]
    """
    lanes = _whole("symbols", symbols, low=1)
    length = _whole("bars", bars, low=1)
    random = np.random.default_rng(_whole("seed", seed, low=0))
    index = _business_days(start, length)
    missing = _share("missing", missing, whole=False)
    late = _share("late", late, whole=True)
    halts = _share("halts", halts, whole=False)
    splits = _share("splits", splits, whole=False)
    if halted not in HALTED:
        raise one_of("halted", HALTED, halted)

    scale = 0.016 * np.exp(0.3 * random.standard_normal(lanes))
    returns = scale * _factor_returns(random, length, lanes)
    block = np.empty((len(FIELDS), length, lanes))
    jumped = _prices(random, returns, scale, block)
    _volumes(random, jumped, scale, block[4])

    absent = random.random((length, lanes)) < missing
    listed = np.zeros(lanes, dtype=np.intp)
    if length > 1:
        newcomers = random.permutation(lanes)[: round(late * lanes)]
        listed[newcomers] = random.integers(1, length, size=len(newcomers))
    absent |= np.arange(length)[:, None] < listed
    names = numbered_symbols(lanes)
    told: dict[str, tuple[Action, ...]] = dict.fromkeys(names, ())
    if halts or splits:
        more = np.random.default_rng([seed, MORE_DRAWS])
        ratios = _split(more, splits, block)
        still = _halts(more, halts, length, lanes)
        if halted == "flat":
            _flatten(block, still, ratios)
        else:
            absent |= still
        told = _actions(ratios, index, names)
    block[:, absent] = np.nan
    block.flags.writeable = False
    panel = Panel(block, index, names)
    return (panel, told) if actions else panel


def _factor_returns(random: np.random.Generator, bars: int, lanes: int) -> FloatArray:
    """Return log returns of variance 1: the market's share and each symbol's own, both with clustered volatility."""
    # Lane 0 is the market. Shocks have variance 1, so the variance factor has mean 1.
    shocks = random.standard_t(SHOCK_FREEDOM, size=(bars, lanes + 1)) * np.sqrt((SHOCK_FREEDOM - 2.0) / SHOCK_FREEDOM)
    growth = ARCH * shocks * shocks + GARCH
    variance = np.ones_like(shocks)
    for bar in range(1, bars):
        np.multiply(growth[bar - 1], variance[bar - 1], out=variance[bar])
        variance[bar] += 1.0 - ARCH - GARCH
    shocks *= np.sqrt(variance)
    own: FloatArray = shocks[:, 1:] * np.sqrt(1.0 - MARKET_VARIANCE)
    own += shocks[:, :1] * np.sqrt(MARKET_VARIANCE)
    return own


def _prices(random: np.random.Generator, returns: FloatArray, scale: FloatArray, block: FloatArray) -> FloatArray:
    """Fill open, high, low and close; return the log returns with the jumps in them."""
    shape = returns.shape
    # A return is cut in two like a random walk that is seen on its way: mean by its share, variance by both shares.
    gaps = OVERNIGHT_VARIANCE * returns
    spread = np.sqrt(OVERNIGHT_VARIANCE * (1.0 - OVERNIGHT_VARIANCE))
    gaps += spread * scale * random.standard_normal(shape)
    days = returns - gaps
    jumps = np.flatnonzero(random.random(shape) < JUMP_CHANCE)
    gaps.flat[jumps] += JUMP_SCALE * scale[jumps % shape[1]] * random.standard_normal(len(jumps))

    first = np.log(40.0) + 0.8 * random.standard_normal(shape[1])
    path = gaps + days
    for bar in range(1, shape[0]):
        path[bar] += (1.0 - PULL) * path[bar - 1]
    path += first
    # The highest point of a random walk with known ends has a distribution in closed form; so has the lowest.
    variance = (1.0 - OVERNIGHT_VARIANCE) * scale * scale
    for field, side in ((1, 1.0), (2, -1.0)):
        reach = np.sqrt(days * days + 2.0 * variance * random.standard_exponential(shape))
        block[field] = path - days + 0.5 * (days + side * reach)
    block[0] = path - days
    block[3] = path
    prices = block[:4]
    np.exp(prices, out=prices)
    # Rounding keeps order. The least price is a cent.
    np.rint(prices / CENT, out=prices)
    np.maximum(prices, 1.0, out=prices)
    prices /= 100.0
    # Before rounding, high and low may be off by a last bit where a bar hardly moves.
    np.maximum(block[1], np.maximum(block[0], block[3]), out=block[1])
    np.minimum(block[2], np.minimum(block[0], block[3]), out=block[2])
    return gaps + days


def _volumes(random: np.random.Generator, returns: FloatArray, scale: FloatArray, volume: FloatArray) -> None:
    """Fill log-normal volumes that grow with the absolute return."""
    usual = np.log(1e6) + random.standard_normal(returns.shape[1])
    np.log1p(np.abs(returns) / scale, out=volume)
    volume += usual + 0.35 * random.standard_normal(returns.shape)
    np.exp(volume, out=volume)
    np.rint(volume, out=volume)


def _split(random: np.random.Generator, chance: float, block: FloatArray) -> FloatArray:
    """Turn bars into those of shares that are split now and then; return new shares for an old one, by bar and symbol.

    Which shares are dear enough depends on the splits before, so bars are passed one by one.
    """
    _, bars, lanes = block.shape
    ratios = np.ones((bars, lanes))
    drawn = random.random(ratios.shape) < chance
    forward = random.choice(FORWARD, size=ratios.shape, p=FORWARD_ODDS)
    drawn[0] = False
    if not drawn.any():
        return ratios
    shares = np.ones(lanes)
    for bar in range(1, bars):
        before = block[3, bar - 1]  # as traded already
        ratios[bar] = np.where(drawn[bar] & (before > DEAR), forward[bar], ratios[bar])
        ratios[bar] = np.where(drawn[bar] & (before < CHEAP), REVERSE, ratios[bar])
        shares *= ratios[bar]
        prices = np.rint(block[:4, bar] / shares / CENT)
        block[:4, bar] = np.where(shares == 1.0, block[:4, bar], np.maximum(prices, 1.0) / 100.0)
        block[4, bar] = np.where(shares == 1.0, block[4, bar], np.maximum(np.rint(block[4, bar] * shares), 1.0))
    return ratios


def _halts(random: np.random.Generator, chance: float, bars: int, lanes: int) -> npt.NDArray[np.bool_]:
    """Return on which days trading is halted."""
    begins = random.random((bars, lanes)) < chance
    lengths = random.integers(1, LONGEST_HALT + 1, size=(bars, lanes))
    begins[0] = False
    ends = np.where(begins, np.arange(bars)[:, None] + lengths, 0)
    still: npt.NDArray[np.bool_] = np.arange(bars)[:, None] < np.maximum.accumulate(ends, axis=0)
    return still


def _flatten(block: FloatArray, still: npt.NDArray[np.bool_], ratios: FloatArray) -> None:
    """Make halted days the close before, with volume 0; a split in between moves that close."""
    for bar in np.flatnonzero(still.any(axis=1)):
        lanes = still[bar]
        close = np.maximum(np.rint(block[3, bar - 1, lanes] / ratios[bar, lanes] / CENT), 1.0) / 100.0
        block[:4, bar, lanes] = close
        block[4, bar, lanes] = 0.0


def _actions(ratios: FloatArray, index: pd.DatetimeIndex, names: Sequence[str]) -> dict[str, tuple[Action, ...]]:
    """Return the splits of each symbol."""
    days = index.to_numpy().astype("datetime64[D]").astype(np.int64)
    return {
        name: tuple(
            Action("split", int(days[bar]), float(ratios[bar, lane])) for bar in np.flatnonzero(ratios[:, lane] != 1.0)
        )
        for lane, name in enumerate(names)
    }


def _business_days(start: str, bars: int) -> pd.DatetimeIndex:
    """Return the first `bars` days from Monday to Friday on or after `start`."""
    try:
        first = pd.Timestamp(start)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"start must be a date such as '2015-01-02', got {start!r}") from error
    if pd.isna(first) or first.tz is not None:
        raise ParameterError(f"start must be a date without a zone such as '2015-01-02', got {start!r}")
    # numpy counts business days in one call; pandas steps through them one by one.
    days = np.busday_offset(first.to_datetime64().astype("datetime64[D]"), np.arange(bars), roll="forward")
    return pd.DatetimeIndex(days.astype("datetime64[us]"), name="date")


def _whole(name: str, value: Any, *, low: int) -> int:
    """Return a whole number of at least `low`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ParameterError(f"{name} must be a whole number, got {value!r}")
    if value < low:
        raise ParameterError(f"{name} must be at least {low}, got {value!r}")
    return int(value)


def _share(name: str, value: Any, *, whole: bool) -> float:
    """Return a number from 0 to 1; `whole` allows 1 itself."""
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not (0.0 <= value < 1.0 or (whole and value == 1.0)):
        raise ParameterError(f"{name} must be a share from 0 to {'1' if whole else 'below 1'}, got {value!r}")
    return float(value)
