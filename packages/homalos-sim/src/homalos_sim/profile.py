"""What a made-up market of a product looks like: round figures that look natural.

The figures are chosen by hand to be of the order seen on the Chinese exchanges in
2025; they claim nothing about any real day. Nothing but the synthetic market uses them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

if TYPE_CHECKING:
    from homalos.model import Instrument

__all__ = ["Profile", "profile_of"]


@frozen
class Profile:
    """The character of one product.

    Attributes:
        price: Where the first day begins, currency per unit, > 0.
        restless: Size of a typical move in one minute, in ticks, > 0.
        lots: Traded in a quiet minute, > 0.
        depth: Lots at a typical touch, >= 1.
        open_interest: Lots at the beginning.
        band: Price limits as a share of the settlement before, 0 to 1.
        pace: Chance that a snapshot is due to change, above 0 to 1.
    """

    price: float
    restless: float = 3.0
    lots: int = 500
    depth: int = 60
    open_interest: int = 200_000
    band: float = 0.08
    pace: float = 0.6


_STRANGER_TICKS = 3_000
_STRANGER = Profile(price=1.0)

_PROFILES = {
    "rb": Profile(3_200.0, 2.5, 2_500, 350, 1_600_000, 0.07, 0.8),
    "hc": Profile(3_400.0, 2.5, 1_000, 200, 1_300_000, 0.07, 0.7),
    "i": Profile(790.0, 2.0, 1_000, 120, 450_000, 0.10, 0.7),
    "jm": Profile(1_150.0, 3.0, 2_500, 150, 500_000, 0.10, 0.8),
    "au": Profile(780.0, 8.0, 300, 12, 200_000, 0.10, 0.8),
    "ag": Profile(9_200.0, 5.0, 900, 25, 350_000, 0.10, 0.8),
    "cu": Profile(78_500.0, 4.0, 120, 10, 170_000, 0.08, 0.6),
    "ru": Profile(14_500.0, 3.0, 600, 30, 150_000, 0.08, 0.6),
    "sc": Profile(510.0, 4.0, 250, 8, 35_000, 0.10, 0.6),
    "m": Profile(3_020.0, 1.5, 2_000, 500, 1_500_000, 0.07, 0.7),
    "y": Profile(8_300.0, 3.0, 800, 80, 550_000, 0.07, 0.6),
    "p": Profile(8_900.0, 4.0, 1_500, 90, 450_000, 0.08, 0.7),
    "TA": Profile(4_700.0, 2.5, 1_500, 300, 850_000, 0.07, 0.7),
    "MA": Profile(2_390.0, 2.0, 1_500, 350, 600_000, 0.08, 0.7),
    "SA": Profile(1_280.0, 2.5, 2_500, 250, 900_000, 0.09, 0.7),
    "lc": Profile(69_000.0, 5.0, 1_500, 25, 250_000, 0.09, 0.7),
    "si": Profile(8_500.0, 3.0, 1_000, 60, 200_000, 0.09, 0.6),
    "IF": Profile(4_060.0, 4.0, 300, 5, 160_000, 0.10, 0.9),
    "IH": Profile(2_760.0, 3.0, 150, 4, 60_000, 0.10, 0.8),
    "IC": Profile(6_200.0, 6.0, 250, 4, 110_000, 0.10, 0.9),
    "IM": Profile(6_600.0, 6.0, 450, 4, 180_000, 0.10, 0.9),
    "T": Profile(108.5, 2.0, 200, 60, 190_000, 0.02, 0.6),
}


def profile_of(instrument: Instrument) -> Profile:
    """Return a product's profile; one that is not listed starts at 3,000 ticks."""
    known = _PROFILES.get(instrument.product)
    if known is not None:
        return known
    return evolve(_STRANGER, price=instrument.from_ticks(_STRANGER_TICKS))
