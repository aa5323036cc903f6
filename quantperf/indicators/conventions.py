"""What a convention says, as data: how many values seed a mean. Kernels are the same under every convention.

``talib`` does as TA-Lib. ``tradingview`` restates the code that TradingView publishes in the reference manual of Pine
Script, and in the scripts of its built-in indicators. ``pandas`` is what users of pandas write: ``ewm`` with
``adjust=False``, deviations of a sample, and 0/0 is NaN. ``legacy`` is the service that quantperf replaced.
"""

from __future__ import annotations


def ema_seed(window: int, convention: str) -> int:
    """Return how many values seed an exponential mean over `window` bars.

    The manual of Pine Script writes `ta.ema` with ``na(sum[1]) ? src``: the first value is the seed, as in pandas.

    Examples
    --------
    >>> ema_seed(20, "talib"), ema_seed(20, "pandas")
    (20, 1)
    """
    return window if convention == "talib" else 1


def wilder_seed(window: int, convention: str) -> int:
    """Return how many values seed Wilder's mean over `window` bars.

    The manual of Pine Script writes `ta.rma` with ``na(sum[1]) ? ta.sma(src, length)``, as Wilder did.

    Examples
    --------
    >>> wilder_seed(14, "tradingview"), wilder_seed(14, "pandas")
    (14, 1)
    """
    return 1 if convention == "pandas" else window


def ddof(convention: str) -> float:
    """Return what is taken off the number of bars in a deviation: 1 for that of a sample.

    Examples
    --------
    >>> ddof("talib"), ddof("pandas")
    (0.0, 1.0)
    """
    return 0.0 if convention in {"talib", "tradingview"} else 1.0


def flat(convention: str, talib: float = 0.0) -> float:
    """Return what is said where nothing moved: TA-Lib has an answer, the others have 0/0.

    Examples
    --------
    >>> flat("talib"), flat("pandas")
    (0.0, nan)
    """
    return talib if convention == "talib" else float("nan")
