"""What the core itself has `homalos doctor` look at: the machine it is to run on.

Each file judges values that are handed in, and fetches them from the real machine in
one function at its end, so that broken surroundings can be shown to it.
"""

from homalos.engine.surroundings.clocks import check_clock, check_time_zone
from homalos.engine.surroundings.disks import check_disk
from homalos.engine.surroundings.homes import check_home
from homalos.engine.surroundings.interpreter import check_libraries, check_python
from homalos.engine.surroundings.terminals import check_open_files, check_terminal

__all__ = [
    "check_clock",
    "check_disk",
    "check_home",
    "check_libraries",
    "check_open_files",
    "check_python",
    "check_terminal",
    "check_time_zone",
]
