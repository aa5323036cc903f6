"""The only way to the network: requests as values, a policy that decides, and thin shells that send.

Names are loaded when they are first used; httpx is imported with the first request.

**Three parts.** `policy` is a state machine: (event, now, draw) -> command, over all hosts of a transport. It knows
rates, breakers and budgets, and no clock, socket or random number, so a test of an hour takes a millisecond. `reading`
says what an answer is; parsers of sources and feeds use it too. `shell` does what it is told, and is the only user of
httpx.

**One shell, not two.** Sync code runs the asynchronous shell on a loop and a thread of its own (`threaded`). A
blocking client has a time-out for each read and none for the whole: a head that trickles byte by byte keeps it for
ever. On a loop the deadline holds at every byte, an interrupt ends all waiting, and rates are shared by all threads.

**Delivered or raised.** What a parser understands is an answer: success, 304, and errors of 4xx, whose body may say
more. Raised are 429 and 5xx after all retries, challenges and consent pages (`Blocked`, never evaded: the User-Agent
is always ``quantperf/<version>``), and bodies that are broken or too long. Many requests give as many outcomes, in
order.

**Bodies** are decompressed here and not by httpx, which decompresses a piece before anyone sees its length: of a bomb
of 50 MB in 49 kB, 50 MB were built before its cap was noticed; `Body` stops at the cap
(`tests/transport/test_reading.py` compares the two). Only gzip is asked for.

**Polite by default**: one request a second and host after a burst of four, so ten symbols take six seconds of pauses.
Retries stay within a tenth of a minute's requests and three more, so that an outage is not amplified: with 200
requests to a host that is down, 226 are sent and not 800 (a test). After five requests that fail in a row a host is
left alone for a minute, after a challenge for an hour; a ``Retry-After`` holds for the whole host.

**Measured** (`benchmarks/fetching.py`: ten requests, loopback, each answered after 150 ms, rates off, medians of
five rounds on a shared 2-core machine): one after the other 1 555 ms, this transport 178 ms, 88.6 % less (88.2 to
88.7); httpx alone, all at once, 202 ms: it reads its certificates with each client, we once a process.
"""

from __future__ import annotations

from quantperf.loading import lazily

_HOMES = {
    "Answer": "quantperf.transport.messages",
    "AsyncTransport": "quantperf.transport.shell",
    "Backoff": "quantperf.transport.backoff",
    "Pace": "quantperf.transport.limits",
    "Policy": "quantperf.transport.limits",
    "Request": "quantperf.transport.messages",
    "Stats": "quantperf.transport.shell",
    "Tally": "quantperf.transport.hosts",
    "Transport": "quantperf.transport.threaded",
    "error_of": "quantperf.transport.reading",
    "json_of": "quantperf.transport.reading",
    "xml_of": "quantperf.transport.reading",
}

__all__ = [
    "Answer",
    "AsyncTransport",
    "Backoff",
    "Pace",
    "Policy",
    "Request",
    "Stats",
    "Tally",
    "Transport",
    "error_of",
    "json_of",
    "xml_of",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
