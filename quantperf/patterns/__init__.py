"""Patterns: sequences of signals, chart shapes, motifs, similar stretches and clusters of them.

Names are loaded when they are first used: stumpy and scikit-learn are imported by the functions that need them.

**Sequences** (`order`, `sequence_*`): windows of two to five signals of one symbol. Each type is turned circularly
along the bars, by the same share in all symbols: that keeps counts, clusters and dependence between symbols.
Sequences are tested because they occur, so Benjamini-Hochberg on their p values is not valid (it "found" something in
up to half of the data sets of pure chance); ``q`` is Westfall and Young's, by the greatest surprise of each draw.
Success is judged on prices after the sequence, and there the adjustment of Benjamini and Hochberg holds.

**Shapes** (`turns`, `definitions`, `chart`): pivots by a state machine, shapes as data over the last pivots, in
stages (formed, confirmed, failed, expired) that are rows of their own, so that nothing is rewritten. **Levels**
(`support`): pivots that lie together.

**Motifs, analogues, clusters** (`profile`, `nearest`, `groups`): the matrix profile of long series is stumpy's. Up to
20 000 windows, and where some are almost flat, windows are compared by the definition (`windows` has the figures:
stumpy compiles for half a minute in each process, and its running sums lose flat stretches). Significance is against
the same moves in another order; clusters are judged out of sample.
"""

from __future__ import annotations

from quantperf.loading import lazily

_HOMES = {
    "SHAPES": "quantperf.patterns.definitions",
    "analogues": "quantperf.patterns.nearest",
    "clusters": "quantperf.patterns.groups",
    "discords": "quantperf.patterns.profile",
    "dtw": "quantperf.patterns.distance",
    "dtw_matrix": "quantperf.patterns.distance",
    "explain_shape": "quantperf.patterns.explanation",
    "levels": "quantperf.patterns.support",
    "motifs": "quantperf.patterns.profile",
    "pivots": "quantperf.patterns.turns",
    "plot_shapes": "quantperf.patterns.drawing",
    "sequences": "quantperf.patterns.order",
    "shapes": "quantperf.patterns.chart",
    "similarity": "quantperf.patterns.sequence_likeness",
}

__all__ = [
    "SHAPES",
    "analogues",
    "clusters",
    "discords",
    "dtw",
    "dtw_matrix",
    "explain_shape",
    "levels",
    "motifs",
    "pivots",
    "plot_shapes",
    "sequences",
    "shapes",
    "similarity",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
