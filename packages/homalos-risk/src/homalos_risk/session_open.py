"""Whether the market takes orders now."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen, validators

from homalos.plugins.ports import Refusal
from homalos_risk.bounds import LIMIT

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import RiskCheck, RiskContext

__all__ = ["SessionOpenOptions", "bind_session_open"]


@frozen(kw_only=True)
class SessionOpenOptions:
    """When orders may leave.

    Attributes:
        when: `any` time; while the market is `open`, in a session or in a call auction
            that takes orders; or only in `continuous` trading, no auction.
    """

    when: Literal["any", "open", "continuous"] = field(
        default="any",
        validator=validators.in_(("any", "open", "continuous")),
        metadata=LIMIT,
    )


def bind_session_open(context: RiskContext, options: SessionOpenOptions) -> RiskCheck | None:
    """Return the check that an order leaves only while the market of its symbol takes it.

    A market whose hours are not known is open. On the Chinese exchanges that leaves out the
    morning break 10:15 to 10:30, noon, what lies between the day and the night session, and
    from the matching of a call auction to the opening. A rule of validity: it refuses
    closing orders too. Engine thread.
    """
    if options.when == "any":
        return None
    is_open, in_auction = context.is_open, context.in_auction
    takes_auctions = options.when == "open"

    def check(request: OrderRequest) -> Refusal | None:
        symbol = request.symbol
        if is_open(symbol):
            if takes_auctions or not in_auction(symbol):
                return None
            return Refusal(
                f"a call auction of {symbol} is on; orders are allowed in continuous trading",
                nan,
                nan,
            )
        return Refusal(
            f"the market of {symbol} is closed; orders are allowed while it is open", nan, nan
        )

    return check
