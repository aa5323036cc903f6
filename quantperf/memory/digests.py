"""Digests of content, and which function makes the key of a type."""

from __future__ import annotations

import functools
import hashlib
import marshal
import secrets
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from quantperf.errors import Unkeyable

__all__ = ["HANDLERS", "LASTING", "OTHERS", "QUICK", "Digest", "Handler", "content_key", "many", "packed"]

SHORT = 64  # characters of a text, or bytes, that stand in the key themselves
FEW = 16  # parts of a container that stand in the key themselves
MARSHAL_VERSION = 2  # later ones write whether two equal objects are one, which is no content

LONG = 4096  # bytes from which on they are shortened before they are hashed

_SECRET = secrets.token_bytes(16)


class Digest:
    """A digest of buffers.

    Attributes
    ----------
    lasting : bool
        Whether it means the same in another process.
    """

    __slots__ = ("lasting",)

    def __init__(self, *, lasting: bool) -> None:
        self.lasting = lasting

    def __call__(self, *parts: Any) -> Hashable:
        """Return the digest of contiguous buffers one after the other."""
        if self.lasting:
            found = hashlib.sha256()
            for part in parts:
                found.update(part)
            return found.digest()
        return hash(b"".join((_SECRET, *(_short(part) for part in parts))))


QUICK = Digest(lasting=False)
LASTING = Digest(lasting=True)


def _short(part: Any) -> Any:
    """Return what is hashed in place of a long array: the sums of its blocks, and the bytes of no whole block."""
    if type(part) is not np.ndarray or part.nbytes < LONG:
        return part
    shorten, secret, block_bytes = _shortening()
    flat = part.reshape(-1).view(np.uint8)
    blocks = part.nbytes // block_bytes
    words = flat[: blocks * block_bytes].view(np.uint32)
    if shorten is None:
        return part
    if not words.flags.aligned:
        words = words.copy()
    words.flags.writeable = False  # a read-only array is another type to numba: always the same one
    sums = np.empty(2 * blocks, dtype=np.uint64)
    shorten(words, secret, sums)
    return sums.tobytes() + flat[blocks * block_bytes :].tobytes()


@functools.cache
def _shortening() -> tuple[Callable[..., None] | None, npt.NDArray[np.uint32], int]:
    """Return the kernel, its secret and its bytes a block; no kernel where nothing is compiled."""
    from quantperf.kernels import universal  # numba is imported with the first long array
    from quantperf.kernels._jit import JIT_ENABLED

    secret = np.frombuffer(secrets.token_bytes(4 * universal.SECRETS), dtype=np.uint32)
    return universal.shorten if JIT_ENABLED else None, secret, 4 * universal.WORDS


Handler: TypeAlias = Callable[[Any, Digest], Hashable]
HANDLERS: dict[type, Handler] = {}
OTHERS: list[Handler] = []


def content_key(value: Any, digest: Digest = QUICK) -> Hashable:
    """Return a key that equals that of another value if, and practically only if, both have the same content.

    Parameters
    ----------
    value : object
        None, numbers, text, bytes, dates, enums, arrays, Series, frames, indexes, functions, classes; lists, tuples,
        sets, dicts and frozen dataclasses of these; an object with ``cache_token`` or ``cache_key``, an attribute or a
        method without arguments, is known by that and its class.
    digest : Digest
        `QUICK`, or `LASTING` for a key that means the same in another process.

    Returns
    -------
    hashable

    Raises
    ------
    Unkeyable
        If some part of the value cannot be known by its content.

    Examples
    --------
    >>> import numpy as np
    >>> content_key(np.arange(3)) == content_key(np.arange(3)), content_key(1) == content_key(1.0)
    (True, False)
    >>> content_key(object())
    Traceback (most recent call last):
    ...
    quantperf.errors.Unkeyable: a key is made of content, and that of an object of type object is not known; ...
    """
    handler = HANDLERS.get(type(value))
    if handler is not None:
        return handler(value, digest)
    for other in OTHERS:
        found = other(value, digest)
        if found is not None:
            return found
    raise Unkeyable(
        f"a key is made of content, and that of an object of type {type(value).__name__} is not known; give the class "
        "an attribute or a method cache_key that tells what its results depend on"
    )


def packed(key: Any) -> bytes:
    """Return a key as bytes, the same for equal keys."""
    return marshal.dumps(key, MARSHAL_VERSION)


def many(tag: str, keys: Iterable[Hashable], digest: Digest) -> Hashable:
    """Return the key of a container from those of its parts: short however many there are."""
    parts = tuple(keys)
    if len(parts) <= FEW:
        return (tag, *parts)
    return (tag, len(parts), digest(packed(parts)))
