"""What can be set: the venue, the synthetic market, the tape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, field, frozen
from attrs.validators import and_, ge, gt, le, min_len

from homalos_sim.faults.options import FaultOptions

__all__ = ["SyntheticOptions", "TapeOptions", "VenueOptions"]


@frozen(kw_only=True)
class VenueOptions:
    """How the venue fills.

    Attributes:
        bar_volume_share: Share of a bar's volume that each side may fill, above 0, at most 1.
        book_age_s: Seconds after which a new order no longer meets the last tick's book
            but waits for the next tick, so that nothing fills in a break; >= 0.
        fill_model: What decides what fills, of this package's or another plugin's.
        fill_options: The options of that model, by name.
        faults: What goes wrong between engine and venue; left out, nothing stands between them.
    """

    bar_volume_share: float = field(default=1.0, validator=and_(gt(0), le(1)))
    book_age_s: float = field(default=60.0, validator=ge(0))
    fill_model: str = "l1"
    fill_options: Mapping[str, Any] = Factory(dict)
    faults: FaultOptions | None = None


@frozen(kw_only=True)
class SyntheticOptions:
    """Which market to make up.

    Attributes:
        symbols: What is traded, at least one.
        start_day: First trading day, yyyymmdd; the next one when it is none.
        days: Trading days, >= 1. Events begin with the first session of the first.
        tick_ms: Milliseconds between the snapshots of one instrument, 1 to 60,000.
        history_days: Trading days of one-minute bars before the first event, >= 0.
    """

    symbols: tuple[str, ...] = field(
        default=(
            "rb2510.SHFE",
            "au2512.SHFE",
            "IF2509.CFFEX",
            "m2509.DCE",
            "TA509.CZCE",
            "lc2509.GFEX",
        ),
        validator=min_len(1),
    )
    start_day: int = 20250805
    days: int = field(default=1, validator=ge(1))
    tick_ms: int = field(default=500, validator=and_(ge(1), le(60_000)))
    history_days: int = field(default=1, validator=ge(0))


@frozen(kw_only=True)
class TapeOptions:
    """Which files to replay.

    Attributes:
        files: Paths, at least one; relative ones are under the working directory.
        symbols: Only these, as `CODE.EXCHANGE`; everything when empty.
    """

    files: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
