"""Exchanges in a folder: recorded without what is secret, and replayed without a socket.

Each is a JSON file. Keys, tokens and crumbs in the query are replaced by a word, in the address and wherever the answer
repeats them; of the headers only those are kept that a parser can need, so no cookie is. The same request asked again
is the next exchange of its kind, and the last one repeats. Errors are exchanges too.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import quantperf.errors as errors
from quantperf.errors import Malformed, ParameterError, RateLimited, SourceError, Upstream
from quantperf.transport.messages import Answer, Request, host_of, named, pairs_of

__all__ = ["Player", "Recorder"]

VERSION = 1
SCRUBBED = "scrubbed"
# A parameter or header with one of these within its name, in any case, or with one of these names, is secret.
SECRET_WORDS = ("apikey", "api_key", "api-key", "token", "crumb", "secret", "passw", "signature", "session", "cookie")
SECRET_NAMES = frozenset({"key", "sig", "auth", "authorization"})
SCHEMES = frozenset({"bearer", "digest"})  # words of a header that are long enough to be keys, and are none
SHORTEST_SECRET = 6  # characters; below it is no key, as in token=BTC or session=pre, which are to stay different
ASKED = frozenset({"accept", "accept-language", "if-modified-since", "if-none-match"})
ANSWERED = frozenset(
    {
        "age", "cache-control", "content-language", "content-type", "date", "etag", "expires", "last-modified",
        "retry-after",
    }
)  # fmt: skip


class _Folder:
    """What recording and replaying share: where the exchanges of a request are."""

    def __init__(self, folder: str | Path, secrets: Iterable[str] = ()) -> None:
        self._folder = Path(folder)
        if isinstance(secrets, str):
            raise ParameterError(f"secrets must be names of parameters, got {secrets!r}; such as [{secrets!r}]")
        self._secrets = frozenset(name.lower() for name in secrets)
        self._counts: Counter[str] = Counter()

    def _is_secret(self, name: str, value: str) -> bool:
        name = name.lower()
        if name in self._secrets:
            return True
        alike = name in SECRET_NAMES or any(word in name for word in SECRET_WORDS)
        return alike and len(value) >= SHORTEST_SECRET

    def _public(self, request: Request) -> dict[str, Any]:
        """Return what may be seen of a request, in one form for all orders of its parts."""
        parts = urlsplit(request.url)
        hide = self._hider(request)
        params = [[name, SCRUBBED if self._is_secret(name, value) else value] for name, value in pairs_of(request)]
        headers = {name.lower(): value for name, value in request.headers.items()}
        return {
            "url": hide(f"{parts.scheme.lower()}://{host_of(request.url)}{parts.path}"),
            "params": sorted(params),
            "headers": {name: headers[name] for name in sorted(ASKED & headers.keys())},
        }

    def _hider(self, request: Request) -> Callable[[str], str]:
        """Return a function that replaces the request's secrets in a text."""
        parts = urlsplit(request.url)
        told = [*pairs_of(request), *request.headers.items()]
        values = [value for name, value in told if self._is_secret(name, value)]
        values += [parts.password or "", parts.username or ""]
        # What follows "Bearer" is secret by itself, so is a cookie without its name, and a value may be repeated as it
        # stood in the query.
        words = {word for value in values for word in (value, quote(value, safe=""), *re.split(r"[\s;=]+", value))}
        found = [word for word in words if len(word) >= SHORTEST_SECRET and word.lower() not in SCHEMES]
        found.sort(key=len, reverse=True)
        if not found:
            return str
        pattern = re.compile("|".join(map(re.escape, found)))
        return lambda text: pattern.sub(SCRUBBED, text)

    def _name(self, public: Mapping[str, Any]) -> str:
        """Return the stem of a request's files: the host, for the eye, and a digest of all that may be seen."""
        digest = hashlib.sha256(json.dumps(public, sort_keys=True).encode()).hexdigest()[:24]
        host = re.sub(r"[^a-z0-9.]+", "_", host_of(public["url"]))
        return f"{host}-{digest}"


class Recorder(_Folder):
    """Writes exchanges into a folder.

    Parameters
    ----------
    folder : str or path
        Made where it does not exist.
    secrets : iterable of str
        Names of parameters and headers that are secret too.

    Notes
    -----
    What a former run recorded of a request is replaced when this run asks it for the first time.
    """

    def __init__(self, folder: str | Path, secrets: Iterable[str] = ()) -> None:
        super().__init__(folder, secrets)
        self._folder.mkdir(parents=True, exist_ok=True)

    def keep(self, request: Request, outcome: Answer | SourceError) -> Path:
        """Write what a request led to, and return the file."""
        public, hide = self._public(request), self._hider(request)
        name = self._name(public)
        if not self._counts[name]:
            for former in self._folder.glob(f"{name}-*.json"):
                former.unlink()
        self._counts[name] += 1
        path = self._folder / f"{name}-{self._counts[name]:04d}.json"
        kept = _answer_kept(outcome, hide) if isinstance(outcome, Answer) else _error_kept(outcome, hide)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(
            json.dumps({"version": VERSION, "request": public, **kept}, indent=1, ensure_ascii=False), encoding="utf-8"
        )
        unfinished.replace(path)
        return path


class Player(_Folder):
    """Answers requests from a folder of recorded exchanges.

    Parameters
    ----------
    folder : str or path
        Written by a `Recorder`.
    secrets : iterable of str
        The same as were given to it.

    Raises
    ------
    ParameterError
        If there is no such folder.
    """

    def __init__(self, folder: str | Path, secrets: Iterable[str] = ()) -> None:
        super().__init__(folder, secrets)
        if not self._folder.is_dir():
            raise ParameterError(
                f"replay must be a folder of recorded exchanges, got {str(folder)!r}; record one first"
            )

    def outcome(self, request: Request) -> Answer | SourceError:
        """Return what a request led to when it was recorded; `Upstream` where it never was."""
        name = self._name(self._public(request))
        paths = sorted(self._folder.glob(f"{name}-*.json"))
        if not paths:
            asked = "&".join(f"{key}={value}" for key, value in self._public(request)["params"])
            return Upstream(
                f"no exchange for {named(request.url)} with the query {asked!r} is recorded in {str(self._folder)!r}; "
                "record it with Transport(record=...)"
            )
        path = paths[min(self._counts[name], len(paths) - 1)]
        self._counts[name] += 1
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["version"] != VERSION:
                return Malformed(f"{str(path)!r} is of version {kept['version']!r}, not {VERSION}; record it anew")
            return _error_of(kept["error"]) if "error" in kept else _answer_of(request, kept["answer"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Malformed(f"{str(path)!r} is no recorded exchange ({error!r}); record it anew")


def _answer_kept(answer: Answer, hide: Callable[[str], str]) -> dict[str, Any]:
    try:
        body = {"text": hide(answer.body.decode("utf-8"))}
    except UnicodeDecodeError:  # a secret within would be of Latin-1 too, which maps each byte to one character
        body = {"base64": base64.b64encode(hide(answer.body.decode("latin-1")).encode("latin-1")).decode("ascii")}
    return {
        "answer": {
            "status": answer.status,
            "headers": {name: hide(value) for name, value in answer.headers.items() if name in ANSWERED},
            "at": answer.at.isoformat(),
            **body,
        }
    }


def _answer_of(request: Request, kept: Mapping[str, Any]) -> Answer:
    body = kept["text"].encode("utf-8") if "text" in kept else base64.b64decode(kept["base64"], validate=True)
    return Answer(request, int(kept["status"]), dict(kept["headers"]), body, dt.datetime.fromisoformat(kept["at"]))


def _error_kept(error: SourceError, hide: Callable[[str], str]) -> dict[str, Any]:
    until = error.retry_at if isinstance(error, RateLimited) else None
    kind = {"kind": type(error).__name__, "message": hide(str(error))}
    return {"error": kind | ({"retry_at": until.isoformat()} if until else {})}


def _error_of(kept: Mapping[str, Any]) -> SourceError:
    kind: type[SourceError] = getattr(errors, kept["kind"])
    if not issubclass(kind, SourceError):
        raise TypeError(f"{kept['kind']} is no error of a source")
    if issubclass(kind, RateLimited):
        until = kept.get("retry_at")
        return kind(kept["message"], dt.datetime.fromisoformat(until) if until else None)
    return kind(kept["message"])
