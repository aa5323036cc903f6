"""First calls in fresh interpreters: what they answer, and what they refuse. No test expects a certain time."""

import pytest

from quantperf.errors import MeasurementError, ParameterError
from quantperf.performance.cold import first_call, in_child


def test_a_first_call_is_timed_in_a_fresh_interpreter():
    found = first_call(
        "import os\nimport json\nnoise = print('noise on stdout')\nassert os.environ['COLD'] == '1'\njson.dumps([1])",
        environment={"COLD": "1"},
    )
    assert found.import_seconds > 0
    assert 0 < found.call_seconds < 60
    assert found.peak_rss_bytes is None or found.peak_rss_bytes > 1_000_000


@pytest.mark.parametrize("code", ["import os", "", "1 +"])
def test_a_first_call_needs_a_call(code):
    with pytest.raises(ParameterError, match="code must"):
        first_call(code)


def test_a_child_that_fails_says_why():
    with pytest.raises(MeasurementError, match="ZeroDivisionError"):
        first_call("1 / 0")


def test_a_child_gets_its_input_and_answers_with_its_last_line():
    assert in_child("import sys; print('noise'); print(len(sys.stdin.buffer.read()))", b"12345") == 5
