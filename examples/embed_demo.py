"""Embed an engine in a program of your own: four lines, on a market made up from a seed.

.venv/bin/python examples/embed_demo.py
"""

from __future__ import annotations

import json

from homalos import Engine

engine = Engine.demo()
engine.add_strategy("double_ma", symbol="rb2510.SHFE", fast=10, slow=20)
engine.run()

print(json.dumps(engine.summary().as_dict(), indent=2))
