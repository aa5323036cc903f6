"""``python -m quantperf`` is the command ``quantperf``."""

import sys

from quantperf.cli import main

if __name__ == "__main__":
    sys.exit(main())
