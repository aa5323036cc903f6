"""Bars of many symbols: the panel that holds them, the bundled real prices, and seeded synthetic ones.

`quantperf.market.bars` has `Panel`, `quantperf.market.columns` has `columns_of`, `quantperf.market.sample` the real
prices, and `quantperf.market.synthetic` as many bars as a test or a benchmark asks for. `quantperf.market.sessions`
tells which session a bar belongs to, and `quantperf.market.timeframes` makes coarser bars. Nothing is imported here, so
that reading one frame does not pay for the rest.
"""
