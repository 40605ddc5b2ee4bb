"""What this package offers the core: the market `china`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from homalos.plugins import MarketSpec, hookimpl

if TYPE_CHECKING:
    from homalos.plugins.ports import Market, MarketContext

__all__ = ["ChinaOptions", "register_markets"]


@frozen
class ChinaOptions:
    """The options of the market.

    Attributes:
        overrides: File with what a user knows better, or products of their own;
            TOML, its path taken from the home folder. It need not exist.
    """

    overrides: str = "china.toml"


def _make(context: MarketContext, options: ChinaOptions) -> Market:
    from homalos_china.market import ChinaMarket

    return ChinaMarket.load(context.home / options.overrides)


@hookimpl
def register_markets() -> tuple[MarketSpec, ...]:
    """Offer the six Chinese futures exchanges as one market."""
    return (
        MarketSpec(
            name="china",
            factory=_make,
            config=ChinaOptions,
            doc="Chinese futures: SHFE, INE, DCE, CZCE, CFFEX and GFEX, as dated data.",
        ),
    )
