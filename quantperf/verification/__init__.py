"""Verification: the laws that the catalogue keeps, as a certificate for any function.

`subject` takes data apart and puts it together again, `laws` and `uses` run the probes of a `trial`, `differences`
decide what a difference means, and `certificate` is what comes out.
"""

from quantperf.verification.certificate import Certificate, Finding, Law
from quantperf.verification.verify import LAWS, verify

__all__ = ["LAWS", "Certificate", "Finding", "Law", "verify"]
