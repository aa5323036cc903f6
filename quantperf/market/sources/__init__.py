"""Where bars come from: each source says what to request, and reads the answers; neither needs a network.

**Two kinds** (`protocol`). A `Source` is reached by HTTP and has two pure halves, ``requests(query)`` and
``parse(query, answers)``: retries, rates, leases and recording belong to `quantperf.transport`, so an adapter is tested
on bytes alone, and what was recorded is read like what is live. A `LocalSource` has ``read(query)``. Both return
`quantperf.market.history.Parsed`: bars in the order of the source, neither checked nor filled, with what was cut on
the way counted. Whether a bar is fit for use is decided once, for all sources, by `quantperf.market.validation`.

**Names** (`registry`). ``register("mine", function)`` is all that a vendor's library needs; other packages offer
sources as entry points of the group ``quantperf.sources``. ``source_of("yaho")`` says what was meant.

**Yahoo chart** (`yahoo`): one GET a symbol, no cookie, no crumb, no disguise; the host is a parameter. Dates are those
of the exchange's zone, never of ``gmtoffset``, which is that of today. Prices are float32 widened to double: they are
rounded to the fewest decimals that give the very same float32 back, and left alone where none do.

**Files** (`files`, `delimited`) **and frames** (`frames`): nothing is guessed in silence. A column of dates that can
be read day first and month first is an error that names rows; so is an intraday time without an offset or a zone.

**The sample** (`bundled`) is the default in tests and notebooks: a live source has to be named. Its splits are known,
its dividends follow from the adjusted close to the cent. **Synthetic** bars (`synthetic`) have halts and splits.

Names are loaded when they are first used.
"""

from __future__ import annotations

from quantperf.loading import lazily

_HOMES = {
    "Bundled": "quantperf.market.sources.bundled",
    "Files": "quantperf.market.sources.files",
    "Frames": "quantperf.market.sources.frames",
    "FunctionSource": "quantperf.market.sources.registry",
    "Layout": "quantperf.market.sources.delimited",
    "LocalSource": "quantperf.market.sources.protocol",
    "Quote": "quantperf.market.sources.protocol",
    "QuoteSource": "quantperf.market.sources.protocol",
    "Source": "quantperf.market.sources.protocol",
    "Synthetic": "quantperf.market.sources.synthetic",
    "YahooChart": "quantperf.market.sources.yahoo",
    "register": "quantperf.market.sources.registry",
    "registered": "quantperf.market.sources.registry",
    "source_of": "quantperf.market.sources.registry",
    "unregister": "quantperf.market.sources.registry",
}

__all__ = [
    "Bundled",
    "Files",
    "Frames",
    "FunctionSource",
    "Layout",
    "LocalSource",
    "Quote",
    "QuoteSource",
    "Source",
    "Synthetic",
    "YahooChart",
    "register",
    "registered",
    "source_of",
    "unregister",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
