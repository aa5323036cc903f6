"""Cold starts: what importing and one first call cost in a fresh interpreter, where nothing is loaded or compiled.

Warm calls are measured by `quantperf.performance.measure`. The child reads the same clock as that stopwatch, by its
name: importing ours there would warm up what is timed.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from quantperf.config import child_environment
from quantperf.errors import MeasurementError, ParameterError
from quantperf.performance.measure import now

CHILD_SECONDS = 600.0  # longest wait for a child process


class FirstCall(NamedTuple):
    """A first call in a fresh interpreter: seconds of the imports, seconds of the call, and the process's peak size."""

    import_seconds: float
    call_seconds: float
    peak_rss_bytes: int | None


_FIRST_CALL = """\
import sys as _sys
from {clock.__module__} import {clock.__name__} as _now
_sys.path[:] = {path!r}
_marks = [_now()]
{imports}
_marks.append(_now())
{setup}
_marks.append(_now())
{call}
_marks.append(_now())
import json as _json
print()
print(_json.dumps({{"marks": _marks, "status": [line.split() for line in open("/proc/self/status", errors="replace")
      if line.startswith("VmHWM")] if _sys.platform == "linux" else []}}))
"""


def first_call(code: str, environment: Mapping[str, str] | None = None) -> FirstCall:
    """Return what importing and one first call cost in a fresh interpreter.

    Parameters
    ----------
    code : str
        Statements: imports first (timed), then any preparation (not timed), the call as the last one (timed).
    environment : mapping, optional
        Environment variables on top of this process's, such as a folder of compiled kernels that is empty.

    Returns
    -------
    FirstCall
        `import_seconds`, `call_seconds`, `peak_rss_bytes` (None where the system does not tell).

    Raises
    ------
    ParameterError
        If `code` is not Python, or has no statement after its imports.
    MeasurementError
        If the code fails in the child process.

    Examples
    --------
    >>> cold = first_call("import bisect; stamps = list(range(10)); bisect.bisect(stamps, 3)")
    >>> cold.import_seconds >= 0.0, cold.call_seconds >= 0.0
    (True, True)
    """
    try:
        body = ast.parse(code).body
    except SyntaxError as error:
        raise ParameterError(f"code must be Python statements, got {code!r}: {error}") from error
    imports = 0
    while imports < len(body) and isinstance(body[imports], (ast.Import, ast.ImportFrom)):
        imports += 1
    if imports == len(body):
        raise ParameterError(f"code must end with the call to time, got {code!r}; add it after the imports")
    parts = {
        "imports": "\n".join(map(ast.unparse, body[:imports])),
        "setup": "\n".join(map(ast.unparse, body[imports:-1])),
        "call": ast.unparse(body[-1]),
    }
    answer: Any = in_child(_FIRST_CALL.format(clock=now, path=sys.path, **parts), environment=environment)
    marks, status = answer["marks"], answer["status"]
    return FirstCall(
        import_seconds=(marks[1] - marks[0]) / 1e9,
        call_seconds=(marks[3] - marks[2]) / 1e9,
        peak_rss_bytes=int(status[0][1]) * 1024 if status else None,
    )


def in_child(script: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> object:
    """Run `script` in a fresh interpreter, `given` on its standard input; return the JSON of its last line."""
    command = [sys.executable, "-c", script]
    surrounding = child_environment(**(environment or {}))
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, env=surrounding, timeout=CHILD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MeasurementError(
            f"a child process must answer in {CHILD_SECONDS:.0f} s, did not; give less work"
        ) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise MeasurementError(
            f"a child process must end with 0, ended with {done.returncode}: {' | '.join(said[-3:])}"
        )
    return json.loads(done.stdout.decode().strip().rpartition("\n")[2])
