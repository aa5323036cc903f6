"""The only way to the network: requests as values, a policy that decides, and thin shells that send.

Names are loaded when they are first used; httpx is imported with the first request.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Answer": "quantperf.transport.messages",
    "AsyncTransport": "quantperf.transport.shell",
    "Backoff": "quantperf.transport.backoff",
    "Pace": "quantperf.transport.limits",
    "Policy": "quantperf.transport.limits",
    "Request": "quantperf.transport.messages",
    "Stats": "quantperf.transport.shell",
    "Tally": "quantperf.transport.policy",
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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'quantperf.transport' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
