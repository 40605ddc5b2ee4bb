"""What can be set: where the database lies and how long to wait for it."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, min_len

__all__ = ["SqliteOptions"]


@frozen(kw_only=True)
class SqliteOptions:
    """Where orders, trades and bars are kept.

    Attributes:
        file: Name of the database under the home folder.
        timeout_s: Seconds to wait for another process that is writing, >= 0.
    """

    file: str = field(default="homalos.db", validator=min_len(1))
    timeout_s: float = field(default=5.0, validator=ge(0))
