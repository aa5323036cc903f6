"""What narrowing did to each column, and the recipe for the next piece of the same data."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, TypeVar

import pandas as pd

from quantperf.errors import DataError
from quantperf.memory.narrowing import Column, Mode, apply_way, widen

__all__ = ["Data", "NarrowReport", "narrowed"]

Data: TypeAlias = "pd.DataFrame | pd.Series[Any]"
D = TypeVar("D", pd.DataFrame, "pd.Series[Any]")
MB = 1e6
Step: TypeAlias = Callable[["pd.Series[Any]"], tuple["pd.Series[Any]", Column]]


@dataclass(frozen=True, slots=True, repr=False)
class NarrowReport:
    """What `optimize_memory` did, column by column; `restore_memory` needs it to give the dtypes back.

    Attributes
    ----------
    mode : str
        What was allowed.
    columns : tuple of Column
        What was done to each, in order.
    rows : int
        Of the data.
    index_bytes : int
        What the index holds; it is never changed.
    series : bool
        Whether a Series was given.

    Examples
    --------
    >>> from quantperf.memory import optimize_memory
    >>> frame = pd.DataFrame({"volume": [100, 250, 75], "close": [10.25, 10.31, 10.28]})
    >>> _, report = optimize_memory(frame)
    >>> report.table()[["before", "after", "exact", "reason"]].loc["close", "reason"]
    'float32 would not hold every value exactly'
    """

    mode: Mode
    columns: tuple[Column, ...]
    rows: int
    index_bytes: int
    series: bool = False

    @property
    def bytes_before(self) -> int:
        """What all columns and the index held."""
        return self.index_bytes + sum(each.bytes_before for each in self.columns)

    @property
    def bytes_after(self) -> int:
        """What they hold now."""
        return self.index_bytes + sum(each.bytes_after for each in self.columns)

    @property
    def saved(self) -> float:
        """The share of bytes that was saved; NaN where there were none."""
        return 1.0 - self.bytes_after / self.bytes_before if self.bytes_before else float("nan")

    @property
    def exact(self) -> bool:
        """Whether every value comes back bit for bit."""
        return all(each.exact for each in self.columns)

    def table(self) -> pd.DataFrame:
        """Return one row a column: dtypes, bytes, way, largest error, exact or not, and why it was left alone."""
        rows = [
            {
                "before": str(each.before), "after": str(each.after), "way": each.way,
                "bytes_before": each.bytes_before, "bytes_after": each.bytes_after,
                "largest_error": each.largest_error, "exact": each.exact, "reason": each.reason,
            }
            for each in self.columns
        ]  # fmt: skip
        names = ["before", "after", "way", "bytes_before", "bytes_after", "largest_error", "exact", "reason"]
        labels = pd.Index([each.label for each in self.columns], name="column", tupleize_cols=False)
        return pd.DataFrame(rows, index=labels, columns=names)

    def apply(self, chunk: D, *, strict: bool = False) -> tuple[D, NarrowReport]:
        """Return the next piece of the same data, narrowed in the ways that were found for the first, and its report.

        Parameters
        ----------
        chunk : DataFrame or Series
            With the same columns and dtypes. Categories are those of the first piece, in its order, then new ones.
        strict : bool, default False
            Raise where a column cannot go the same way. Otherwise it keeps its dtype, or gets more categories, and the
            report says why.

        Raises
        ------
        DataError
            If `chunk` has other columns or dtypes, or with `strict` a value that does not fit.

        Examples
        --------
        >>> from quantperf.memory import optimize_memory
        >>> first, report = optimize_memory(pd.Series([1, 2, 3], name="volume"))
        >>> report.apply(pd.Series([4, 5], name="volume"))[0].dtype
        dtype('int32')
        >>> report.apply(pd.Series([4, 2**40], name="volume"))[1].columns[0].reason
        'a value lies beyond 1073741823: twice that would not fit into int32'
        """
        self._refuse_others(chunk, [each.before for each in self.columns], "a piece")
        steps: list[Step] = [partial(apply_way, column=each) for each in self.columns]
        result, report = narrowed(chunk, self.mode, steps)
        if strict:
            for planned, done in zip(self.columns, report.columns, strict=True):
                if planned.after != done.after:
                    raise DataError(
                        f"column {planned.label!r} must go the same way ({planned.way}), cannot: {done.reason}; leave "
                        "out strict= to keep it wider"
                    )
        return result, report

    def restore(self, data: D) -> D:
        """Return narrowed data, or some rows of it, in the dtypes it had; see `restore_memory`."""
        self._refuse_others(data, [each.after for each in self.columns], "narrowed data")
        pairs = zip(_columns(data), self.columns, strict=True)
        return _rebuilt(data, [widen(values, column) for values, column in pairs])

    def _refuse_others(self, data: Any, dtypes: Sequence[Any], what: str) -> None:
        if isinstance(data, pd.Series) is not self.series or not isinstance(data, pd.DataFrame | pd.Series):
            wanted = "Series" if self.series else "DataFrame"
            raise DataError(f"{what} of this report must be a {wanted}, got {type(data).__name__}")
        columns = _columns(data)
        labels, wanted_labels = [each.name for each in columns], [each.label for each in self.columns]
        if labels != wanted_labels and not self.series:
            raise DataError(f"{what} must have the columns of the report, {wanted_labels!r}, got {labels!r}")
        for values, label, dtype in zip(columns, wanted_labels, dtypes, strict=True):
            # Rows that are left may lack categories, and a piece may have had more.
            if values.dtype != dtype and not (values.dtype == "category" and dtype == "category"):
                raise DataError(
                    f"column {label!r} of {what} must be {dtype}, got {values.dtype}; give what belongs to this report"
                )

    def __repr__(self) -> str:
        changed = sum(each.way != "kept" for each in self.columns)
        how = "exact" if self.exact else f"largest error {max(each.largest_error for each in self.columns):.3g}"
        return (
            f"NarrowReport({self.mode}: {self.bytes_before / MB:.2f} -> {self.bytes_after / MB:.2f} MB, saved"
            f" {self.saved:.1%}, {changed} of {len(self.columns)} columns narrowed, {how})"
        )

    def _repr_html_(self) -> str:
        # A label is text, whatever it holds.
        return f"<p>{html.escape(repr(self))}</p>{self.table().to_html()}"


def narrowed(data: D, mode: Mode, steps: Sequence[Step]) -> tuple[D, NarrowReport]:
    """Return data with a step taken on each column, and the report."""
    done = [step(values) for step, values in zip(steps, _columns(data), strict=True)]
    columns = tuple(column for _, column in done)
    index_bytes = int(data.index.memory_usage(deep=True))
    report = NarrowReport(mode, columns, len(data), index_bytes, isinstance(data, pd.Series))
    if all(each.way == "kept" for each in columns):
        return data.copy(deep=False), report
    return _rebuilt(data, [values for values, _ in done]), report


def _columns(data: Data) -> list[pd.Series[Any]]:
    """Return the columns by position, since labels may repeat."""
    if isinstance(data, pd.Series):
        return [data]
    return [data.iloc[:, place] for place in range(data.shape[1])]


def _rebuilt(data: D, columns: Sequence[pd.Series[Any]]) -> D:
    """Return columns as data of the kind, index, labels and attributes of another, in a block a dtype.

    A column that was left alone is copied: a view of it would keep the block of its wide neighbours alive.
    """
    if isinstance(data, pd.Series):
        made: Any = columns[0].copy(deep=columns[0] is data)
        made.name = data.name
    else:
        # By position, as labels may repeat; Series keep object dtype where arrays would become strings.
        made = pd.DataFrame(dict(enumerate(columns)), index=data.index, copy=True)
        made.columns = data.columns
        made = made.set_flags(allows_duplicate_labels=data.flags.allows_duplicate_labels)
    made.attrs = dict(data.attrs)
    return made  # type: ignore[no-any-return]
