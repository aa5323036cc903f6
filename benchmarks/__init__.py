"""Benchmarks: the asv suite made from the catalogue, ratios to other libraries, what a call costs beyond its kernel.

asv finds this package without the folder it lies in; some benchmarks share the loopback server of the tests there.
"""

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:
    sys.path.append(ROOT)
