"""What the engine costs, against the least that the same work can cost in CPython.

`python3 start.py bench` runs every case; `benchmarks/README.md` says what they are.
"""
