"""Numbers only: one scalar step and one kernel per indicator, in the file of its family.

A kernel has the signature ``kernel(state, *inputs, *params, y)``: inputs ``(bars, lanes)``, state ``(slots, lanes)``,
outputs ``(bars, lanes)`` or ``(outputs, bars, lanes)``, all float64, C order, time-major. It takes any number of bars
and leaves in `state` what the next call continues from, so batch, panel and live are the same machine code and agree to
the last bit. With one lane it runs along time with its state in registers; with many, the inner loop runs over lanes
and vectorises.

Rules: no pandas, no I/O, no objects, no exceptions, no fastmath, no ``parallel=True``, no allocation per bar. Kernels
do not call kernels (but the loops over columns that `columns` makes of them do); what several share is a `step`, and
the rolling windows of `windows` are steps over blocks. Composite kernels (stochastic, money flow, bands) run them chunk
by chunk, so their temporaries stay in cache.
"""
