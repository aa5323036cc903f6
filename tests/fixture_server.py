"""A real HTTP server on the loopback interface that answers by a script, and counts what it was asked.

::

    with FixtureServer() as server:
        server.script("/feed", Step(429, headers={"Retry-After": "2"}), Step(200, "<rss/>", etag='"1"'))
        server.script("/chart", lambda hit: Step(200, f'"{hit.query["symbol"]}"'))
        ask(server.url("/feed"))
        assert server.hits("/feed") == 1 and server.most_in_flight() == 1

The steps of a path are taken one after the other, the last one again and again; a step may be a function of the hit.
What no script names is 404. Leaving the context ends delays and trickles, closes every connection and joins every
thread; an error inside the server is raised there.
"""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

HITS_KEPT = 10_000


@dataclass(frozen=True)
class Step:
    """One answer: what is sent, and how badly."""

    status: int = 200
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    gzip: bool = False  # the body is compressed, and says so
    broken_gzip: bool = False  # it says so, and its second half is noise
    delay: float = 0.0  # seconds before the first byte
    trickle: float = 0.0  # seconds between the pieces of the body
    piece: int = 1  # bytes of a piece
    slow_head: bool = False  # status and headers trickle too
    cut: int | None = None  # the connection closes after so many bytes of the body
    reset: bool = False  # it closes with a reset, before anything unless `cut` says when
    chunked: bool = False  # no Content-Length
    redirect: str | None = None  # a Location, with status 302 unless another is given
    etag: str | None = None  # 304 for the same If-None-Match
    last_modified: str | None = None  # 304 for an If-Modified-Since that is not earlier


@dataclass(frozen=True)
class Hit:
    """A request as it came: `number` counts those of its path from 1, `at` is in seconds of time.monotonic."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    number: int
    at: float


Scripted = Step | Callable[[Hit], Step]


class FixtureServer:
    """Serves scripts on 127.0.0.1, on a port of its own, until its context ends."""

    def __init__(self) -> None:
        self._scripts: dict[str, tuple[Scripted, ...]] = {}
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._flying: Counter[str] = Counter()  # "" stands for all paths
        self._most: Counter[str] = Counter()
        self.requests: deque[Hit] = deque(maxlen=HITS_KEPT)
        self.statuses: Counter[int] = Counter()
        self.abandoned = 0  # answers whose client went away before their end
        self.errors: list[BaseException] = []
        self.stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler, owner=self)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="fixture-server")

    def __enter__(self) -> FixtureServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()  # joins the threads of all connections
        if self.errors and error is None:
            raise self.errors[0]

    def url(self, path: str = "", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def script(self, path: str, *steps: Scripted) -> str:
        """Set, or replace, the answers of a path, counted from the next hit on; return its address."""
        with self._lock:
            self._scripts[path] = steps
            self._counts[path] = 0
        return self.url(path)

    def hits(self, path: str | None = None) -> int:
        """Return how often a path was asked for since its script was set; all requests, where none is named."""
        with self._lock:
            return sum(self._counts.values()) if path is None else self._counts[path]

    def most_in_flight(self, path: str = "") -> int:
        """Return the most requests that were under way at once, of a path or of all."""
        with self._lock:
            return self._most[path]

    def begun(self, path: str, query: dict[str, str], headers: dict[str, str]) -> tuple[Hit, Scripted]:
        with self._lock:
            self._counts[path] += 1
            hit = Hit(path, query, headers, self._counts[path], time.monotonic())
            self.requests.append(hit)
            for key in ("", path):
                self._flying[key] += 1
                self._most[key] = max(self._most[key], self._flying[key])
            steps = self._scripts.get(path, (Step(404, "no script for this path"),))
            return hit, steps[min(hit.number, len(steps)) - 1]

    def ended(self, path: str, status: int | None) -> None:
        with self._lock:
            self._flying.subtract(["", path])
            if status is not None:
                self.statuses[status] += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing joins them
    request_queue_size = 128

    def __init__(self, *args: Any, owner: FixtureServer) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        self.to_reset: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        if request in self.to_reset:
            self.to_reset.discard(request)
            request.close()  # with no farewell before: lingering for 0 seconds makes that a reset
        else:
            super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # its client, or its own thread, was quicker
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Errors are kept by the handler; nothing is printed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30.0  # of a connection nobody speaks on
    disable_nagle_algorithm = True  # or each answer's last byte waits 40 ms for the client's acknowledgement
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        owner = self.server.owner
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        hit, scripted = owner.begun(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers)
        over = False
        try:
            step = scripted if isinstance(scripted, Step) else scripted(hit)
            owner.stopping.wait(step.delay)
            status, (*early, last) = _answer(step, hit)
            for piece in early:
                self.wfile.write(piece)
                if step.trickle and owner.stopping.wait(step.trickle):
                    break
            # Over before its last byte leaves: a client that asks again at once finds it counted out.
            over = True
            owner.ended(hit.path, status)
            if step.reset:
                self.server.to_reset.add(self.connection)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.wfile.write(last)
            self.close_connection = step.cut is not None or step.reset or owner.stopping.is_set()
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            owner.abandoned += 1
        except BaseException as error:
            owner.errors.append(error)
            raise
        finally:
            if not over:
                owner.ended(hit.path, None)


def _answer(step: Step, hit: Hit) -> tuple[int, list[bytes]]:
    """Return the status and the bytes of an answer, in the pieces that are sent."""
    body = step.body.encode() if isinstance(step.body, str) else step.body
    headers = dict(step.headers)
    status = step.status if step.redirect is None or step.status != 200 else 302
    if step.redirect is not None:
        headers["Location"] = step.redirect
    if step.etag is not None:
        headers["ETag"] = step.etag
    if step.last_modified is not None:
        headers["Last-Modified"] = step.last_modified
    if _unchanged(step, hit):
        status, body = 304, b""
    elif step.gzip or step.broken_gzip:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, mtime=0)
        if step.broken_gzip:
            half = len(body) // 2
            body = body[:half] + b"\xff" * (len(body) - half)
    if step.chunked and status != 304:
        headers["Transfer-Encoding"] = "chunked"
    elif status != 304:
        headers.setdefault("Content-Length", str(len(body)))
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    if step.reset and step.cut is None:
        return status, [b""]
    size = step.piece if step.trickle else 1 << 16
    kept = body if step.cut is None else body[: step.cut]
    pieces = [kept[start : start + size] for start in range(0, len(kept), size)]
    if "Transfer-Encoding" in headers:
        pieces = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"] * (step.cut is None)
    heads = [head[start : start + size] for start in range(0, len(head), size)] if step.slow_head else [head]
    whole = [*heads, *pieces]
    return status, [*whole[:-1], whole[-1][:-1], whole[-1][-1:]]


def _unchanged(step: Step, hit: Hit) -> bool:
    if step.etag is not None and "if-none-match" in hit.headers:
        return hit.headers["if-none-match"] == step.etag
    since = hit.headers.get("if-modified-since")
    if step.last_modified is None or since is None:
        return False
    return parsedate_to_datetime(since) >= parsedate_to_datetime(step.last_modified)
