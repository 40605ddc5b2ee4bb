"""`python -m benchmarks`, which is what `python3 start.py bench` runs."""

from __future__ import annotations

import sys

from benchmarks.run import main

sys.exit(main())
