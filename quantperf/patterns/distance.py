"""Dynamic time warping: how far two stretches of bars are from each other, where either may run slower for a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError
from quantperf.indicators import rim
from quantperf.kernels.similarity import warped_distances
from quantperf.market.bars import Panel

__all__ = ["dtw", "dtw_matrix", "standardised"]

FloatArray = npt.NDArray[np.float64]
MOST_PAIRS = 25_000_000  # distances in one matrix: 200 MB


def dtw(a: Any, b: Any, *, window: int | None = None, normalise: bool = False) -> float:
    """Return the distance of two stretches by dynamic time warping.

    Parameters
    ----------
    a, b : array_like, Series or DataFrame
        The stretches, oldest first; lengths may differ. A table (bars, features) is one stretch of several features,
        which both must have; a frame of bars stands for its closes.
    window : int, optional
        Half the width of the band of Sakoe and Chiba: by how many bars the path may leave the diagonal, at least 0.
        Where the lengths differ the band is wider by their difference, so that there is a path. By default any path.
    normalise : bool, default False
        Whether each feature of each stretch is first brought to mean 0 and (population) deviation 1, so that only the
        shape counts; a constant one becomes 0.

    Returns
    -------
    float
        In the unit of the values, or of deviations; 0 for equal stretches. NaN, unknown, if a value is missing: which
        bar would stand for it cannot be told. Drop missing bars first to skip them.

    Raises
    ------
    ParameterError
        If `window` is no whole number of at least 0, or `normalise` no bool.
    DataError
        If a stretch holds no bars or is not numeric, or the two have not the same number of features.

    Notes
    -----
    The path goes from the two first bars to the two last, each step one bar on in either stretch or in both; its cost
    is the sum over its pairs of the squared distance, each counted once, and the result is the root of the least cost.
    So ``window=0`` of two stretches of one length is the Euclidean distance. Source: H. Sakoe and S. Chiba, *Dynamic
    programming algorithm optimization for spoken word recognition*, IEEE Trans. ASSP 26, 1978 (paths and band, without
    a slope constraint); the squared cost is that of E. Keogh and C. A. Ratanamahatana, *Exact indexing of dynamic time
    warping*, Knowl. Inf. Syst. 7, 2005. Infinite values are taken as missing, with a warning.

    Examples
    --------
    >>> dtw([0.0, 0.0, 1.0, 2.0], [0.0, 1.0, 2.0, 2.0])
    0.0
    >>> dtw([0.0, 0.0, 1.0, 2.0], [0.0, 1.0, 2.0, 2.0], window=0)
    1.4142135623730951
    >>> import quantperf as qp
    >>> close = qp.sample("IBM")["close"]
    >>> round(dtw(close[:60], close[60:130], window=10, normalise=True), 3)
    8.646
    """
    band = _band(window)
    _check_bool("normalise", normalise)
    first, second = _stretch(a, "a"), _stretch(b, "b")
    if first.shape[1] != second.shape[1]:
        raise DataError(f"a and b must have the same features, got {first.shape[1]} and {second.shape[1]}")
    return float(_distances([first], [second], band, normalise)[0, 0])


def dtw_matrix(data: Any, *, window: int | None = None, normalise: bool = False) -> pd.DataFrame:
    """Return the distance of each stretch to each other one by dynamic time warping.

    Parameters
    ----------
    data : Panel, DataFrame, mapping of str to stretch, or sequence of stretches
        A Panel stands for the closes of its symbols, a wide frame for its columns. The stretches of a mapping or
        sequence may differ in length, and be tables of the same features.
    window, normalise
        As for `dtw`.

    Returns
    -------
    DataFrame
        Square and symmetric, with 0 on the diagonal, labelled by symbol, column, key or number. NaN where one of the
        two holds a missing value, also on the diagonal.

    Raises
    ------
    ParameterError, DataError
        As for `dtw`; and if there are more than 5000 stretches.

    Examples
    --------
    >>> import quantperf as qp
    >>> month = qp.Panel.from_frames({name: qp.sample(name)[-21:] for name in ("AAPL", "IBM", "MSFT")})
    >>> dtw_matrix(month, window=3, normalise=True).round(2).loc["IBM"].to_dict()
    {'AAPL': 5.83, 'IBM': 0.0, 'MSFT': 4.53}
    """
    band = _band(window)
    _check_bool("normalise", normalise)
    labels, stretches = _stretches(data)
    if len(stretches) ** 2 > MOST_PAIRS:
        raise DataError(f"data must hold at most {int(MOST_PAIRS**0.5)} stretches, got {len(stretches)}; take some")
    features = {stretch.shape[1] for stretch in stretches}
    if len(features) > 1:
        raise DataError(f"stretches must have the same features, got {', '.join(map(str, sorted(features)))} of them")
    values = _distances(stretches, stretches, band, normalise) if stretches else np.empty((0, 0))
    return pd.DataFrame(values, index=labels, columns=labels.copy(), copy=False)


def standardised(stretch: FloatArray) -> FloatArray:
    """Return a stretch (bars, features) with mean 0 and deviation 1 of each feature; a constant one becomes 0.

    Examples
    --------
    >>> standardised(np.array([[1.0, 7.0], [3.0, 7.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    constant = stretch.max(axis=0) == stretch.min(axis=0)  # not by the deviation, which rounding may leave above 0
    moves = stretch - stretch[0]  # exact where a stretch is almost flat: its level does not eat its digits
    deviation = np.where(constant, 1.0, moves.std(axis=0))
    return np.where(constant, 0.0, (moves - moves.mean(axis=0)) / deviation)


def _distances(rows: list[FloatArray], columns: list[FloatArray], band: int | None, normalise: bool) -> FloatArray:
    """Return the distance of each of the rows to each of the columns."""
    values, ends = _packed(rows, normalise)
    others, other_ends = (values, ends) if rows is columns else _packed(columns, normalise)
    longest = max(int(np.diff(ends).max()), int(np.diff(other_ends).max()))
    y = np.empty((len(rows), len(columns)))
    warped_distances(values, ends, others, other_ends, longest if band is None else min(band, longest), y)
    return y


def _packed(stretches: list[FloatArray], normalise: bool) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Return the stretches one after the other, and where each ends."""
    made = [standardised(stretch) for stretch in stretches] if normalise else stretches
    values = np.ascontiguousarray(np.concatenate(made))
    values.flags.writeable = False
    return values, np.cumsum([0, *map(len, made)], dtype=np.int64)


def _stretches(data: Any) -> tuple[pd.Index[Any], list[FloatArray]]:
    if isinstance(data, Panel):
        return pd.Index(data.symbols), [
            _stretch(data.block("close")[:, [lane]], name) for lane, name in enumerate(data)
        ]
    if isinstance(data, pd.DataFrame):
        return data.columns, [_stretch(data.iloc[:, place], str(name)) for place, name in enumerate(data.columns)]
    if isinstance(data, Mapping):
        return pd.Index(list(data)), [_stretch(stretch, str(name)) for name, stretch in data.items()]
    if isinstance(data, Sequence) and not isinstance(data, str):
        return pd.RangeIndex(len(data)), [_stretch(item, f"stretch {number}") for number, item in enumerate(data)]
    raise DataError(
        f"data must be a Panel, a wide frame, or a mapping or sequence of stretches, got {type(data).__name__}"
    )


def _stretch(data: Any, name: str) -> FloatArray:
    """Return one stretch (bars, features), infinite values as missing."""
    if isinstance(data, Panel):
        raise DataError(f"{name} must be one stretch, got a Panel; take panel.frame(symbol)")
    blocks, _ = rim.take((name,), (data,), columns=("close",))
    block = blocks[0]
    if not block.size:
        raise DataError(f"{name} must hold at least one bar, got none")
    if np.isinf(block).any():
        rim.warn_of_infinities((name,), blocks)
        block = np.where(np.isinf(block), np.nan, block)
    return block


def _band(window: Any) -> int | None:
    if window is None:
        return None
    if isinstance(window, bool) or not isinstance(window, int | np.integer) or window < 0:
        raise ParameterError(f"window must be a whole number of at least 0, or None for any path, got {window!r}")
    return int(window)


def _check_bool(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise ParameterError(f"{name} must be True or False, got {value!r}")
