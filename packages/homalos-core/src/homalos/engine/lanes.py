"""Where an order goes, and what it holds of the account on its way."""

from __future__ import annotations

from homalos.engine.accounts import Account
from homalos.engine.ledger import Position
from homalos.model import OrderData, OrderReport
from homalos.plugins.ports import Gateway

__all__ = ["Lane", "Working"]


class Lane:
    """Where an account's orders in one instrument go: looked up once, not per order.

    Attributes:
        account: The account.
        symbol: The instrument's symbol.
        instrument: The contract.
        position: What the account holds and works in it.
        gateway: The venue.
        gateway_name: Its name in the settings.
    """

    __slots__ = ("account", "gateway", "gateway_name", "instrument", "position", "symbol")

    def __init__(self, account: Account, position: Position, gateway: Gateway) -> None:
        self.account = account
        self.position = position
        self.instrument = position.instrument
        self.symbol = position.instrument.symbol
        self.gateway = gateway
        self.gateway_name = account.gateway


class Working:
    """An order that is not over yet, and what it holds of the account.

    Attributes:
        state: The order as last published.
        lane: Where it went.
        ending: The end the venue reported before all fills had come, else `None`.
        cancelling: True once a cancel is under way.
        opens: Lots left that open a position.
        closes: Lots left that close one; they fill first.
        frozen_per_lot: Margin held for each lot that opens, currency.
    """

    __slots__ = ("cancelling", "closes", "ending", "frozen_per_lot", "lane", "opens", "state")

    def __init__(self, state: OrderData, lane: Lane) -> None:
        self.state = state
        self.lane = lane
        self.cancelling = False
        self.ending: OrderReport | None = None
        self.opens = 0
        self.closes = 0
        self.frozen_per_lot = 0.0
