"""What a value is, as a key: by its content alone, never by its printed form or its address.

A key is a tuple of texts, numbers and digests. Equal keys mean equal content: type, dtype, shape, bytes, index, zone,
names, labels, categories; ``1``, ``1.0`` and ``True`` differ, and so do 0.0 and -0.0. The other way round is not
promised: content that is held otherwise (an index as a range, a dict in another order) may have another key and is then
computed once more. What cannot be known by its content raises `Unkeyable`.

Two digests. `QUICK` is CPython's SipHash with a secret of this process before the bytes: 64 bits, on which two
different contents agree by a chance of 1 in 1.8e19. It means nothing in another process. `LASTING` is SHA-256, for the
level on disk. Of 2 520 x 6 prices they take 28 and 68 us, BLAKE2b 130, on one core that has instructions for SHA
(`benchmarks/cache.py` measures keys and hits).
"""

from __future__ import annotations

from quantperf.memory.digests import LASTING, OTHERS, QUICK, Digest, content_key
from quantperf.memory.key_arrays import column_of_pandas
from quantperf.memory.key_functions import data_captured, function_key, importable, known_by_token, record_key, type_key
from quantperf.memory.key_values import enumerated, scalar_of_numpy

__all__ = ["LASTING", "QUICK", "Digest", "content_key", "data_captured", "function_key", "type_key"]

# In this order: an object that tells its content is believed before its class is looked at.
OTHERS[:] = [known_by_token, enumerated, record_key, scalar_of_numpy, column_of_pandas, importable]
