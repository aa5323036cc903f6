"""Prices: bars as panels, where they come from, where they are kept, and who watches them.

**Bars.** `bars` has `Panel`, `columns` has `columns_of`, `sample` the bundled real prices, `synthetic` as many bars as
a test or a benchmark asks for. `sessions` tells which session a bar belongs to, `timeframes` makes coarser bars,
`moments` says when a bar was over. `history` has what the modules below hand to each other.

**Getting them.** A source (`sources`) says what to request and reads the answer; `validation` marks each bar that
cannot be right; `reconcile` decides what an answer means beside the bars that are stored; `collect` and `intake` do it
for many symbols, batch by batch; what contradicts goes to `quarantine`.

**Keeping them.** `store` is the door. The truth is one SQLite file: columns of a symbol and year as blobs (`chunks`),
open sessions as rows (`hot`), `actions` applied when reading, every commit with a number and a time, so that a `Reader`
(`reading`) can tell what was known then. `panels` are memory maps derived from it, which kernels read without a copy.
`latest`, `highs` and `snapshots` are kept beside it, in the same commit.

**Watching them.** `alarms` decides (`alarm_policy` says by which rules, `alarm_replay` what they would have done);
`monitor` is the thin shell around it, `alerts` what it committed.

Nothing is imported here, so that reading one frame does not pay for the rest.
"""
