"""The words a strategy trades with."""

from __future__ import annotations

from math import isnan, nan
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from homalos.model import Direction, Offset, OrderData, OrderType, Terms, TimeInForce

if TYPE_CHECKING:
    from collections.abc import Callable

    from homalos.model import Rejection, Rolled
    from homalos.plugins.ports import Desk

__all__ = ["Bracket", "Trading"]

_LONG, _SHORT = Direction.LONG, Direction.SHORT
_OPEN, _CLOSE = Offset.OPEN, Offset.CLOSE
_LIMIT, _MARKET = OrderType.LIMIT, OrderType.MARKET
_STOP, _STOP_LIMIT = OrderType.STOP, OrderType.STOP_LIMIT
_TRAILING_STOP = OrderType.TRAILING_STOP
_WITHOUT_PRICE = frozenset({_MARKET, _STOP, _TRAILING_STOP})


class Bracket(NamedTuple):
    """An entry and the orders that will close what it fills.

    Attributes:
        entry: The order that opens.
        take_profit: The limit order that closes with a profit; `None` where none was asked.
        stop_loss: The stop that closes with a loss; likewise.
    """

    entry: OrderData
    take_profit: OrderData | None
    stop_loss: OrderData | None


class Trading:
    """Orders as a strategy sends, changes and cancels them; a part of `Strategy`."""

    _desk: Desk
    _send: Callable[..., OrderData | Rejection]
    _groups: int
    symbol: str

    # -- trading --------------------------------------------------------------

    def buy(
        self,
        price: float,
        volume: int,
        *,
        symbol: str | None = None,
        order_type: OrderType = _LIMIT,
        reference: str = "",
        terms: Terms | None = None,
    ) -> OrderData | Rejection:
        """Open a long position with a limit order, or with one of another type.

        Args:
            price: Highest price to pay, currency per unit; put on the grid for you.
            volume: Lots, > 0.
            symbol: One of `symbols`; the first when left out.
            order_type: `FAK` fills at once what it can, `FOK` all or nothing; a `MARKET`
                order has no price, whatever is given.
            reference: Free text that stays with the order.
            terms: What it asks of the engine besides: how long it works, a time-out, a group
                of orders of which one fill cancels the others.

        Returns:
            The order, or the `Rejection` that names the rule which kept it.
        """
        return self._send(
            symbol or self.symbol, _LONG, _OPEN, price, volume, order_type, reference, terms
        )

    def sell(
        self,
        price: float,
        volume: int,
        *,
        symbol: str | None = None,
        order_type: OrderType = _LIMIT,
        reference: str = "",
        terms: Terms | None = None,
    ) -> OrderData | Rejection:
        """Close a long position with a limit order; the arguments are those of `buy`.

        Where the venue wants to know which lots, of today or of earlier days, it may leave
        as two orders. What is returned is their sum, under the id of the first.
        """
        return self._send(
            symbol or self.symbol, _SHORT, _CLOSE, price, volume, order_type, reference, terms
        )

    def short(
        self,
        price: float,
        volume: int,
        *,
        symbol: str | None = None,
        order_type: OrderType = _LIMIT,
        reference: str = "",
        terms: Terms | None = None,
    ) -> OrderData | Rejection:
        """Open a short position with a limit order; the arguments are those of `buy`."""
        return self._send(
            symbol or self.symbol, _SHORT, _OPEN, price, volume, order_type, reference, terms
        )

    def cover(
        self,
        price: float,
        volume: int,
        *,
        symbol: str | None = None,
        order_type: OrderType = _LIMIT,
        reference: str = "",
        terms: Terms | None = None,
    ) -> OrderData | Rejection:
        """Close a short position with a limit order, as `sell` does a long one."""
        return self._send(
            symbol or self.symbol, _LONG, _CLOSE, price, volume, order_type, reference, terms
        )

    def send_order(
        self,
        direction: Direction,
        offset: Offset,
        price: float,
        volume: int,
        *,
        symbol: str | None = None,
        order_type: OrderType = _LIMIT,
        reference: str = "",
        terms: Terms | None = None,
    ) -> OrderData | Rejection:
        """Send any order; `price` is ignored for an order that leaves at the market.

        Returns:
            The order, or the `Rejection` that names the rule which kept it.
        """
        at = nan if order_type in _WITHOUT_PRICE else price
        return self._send(
            symbol or self.symbol, direction, offset, at, volume, order_type, reference, terms
        )

    def stop_order(
        self,
        direction: Direction,
        offset: Offset,
        trigger: float,
        volume: int,
        *,
        limit: float = nan,
        trail: float = nan,
        symbol: str | None = None,
        reference: str = "",
        terms: Terms | None = None,
    ) -> OrderData | Rejection:
        """Have an order wait in the engine until the last price reaches its trigger.

        One that buys is reached when the price is at its trigger or above, one that sells
        at or below; one that is reached already leaves at once. It leaves at the market, so
        that a gap fills where the market is, or with a limit. No venue knows of it before:
        it survives a lost connection, and is gone when the engine is. On bars, those count
        that begin after it was placed.

        Args:
            direction: Its side.
            offset: Whether it opens or closes.
            trigger: Currency per unit; put on the grid for you. Of a trailing stop the first
                one; nan begins `trail` behind the last price.
            volume: Lots, > 0.
            limit: Leaves with this limit instead of at the market; a trailing stop has none.
            trail: Follows the best price at this distance, currency per unit, > 0, and never
                goes back.
            symbol: One of `symbols`; the first when left out.
            reference: Free text that stays with the order.
            terms: What it asks besides; trigger and trail in it are those given here.

        Returns:
            The order, in phase `HELD` or on its way, or the `Rejection` that names the rule.
        """
        kind = _STOP if isnan(limit) else _STOP_LIMIT
        if not isnan(trail):
            kind, limit = _TRAILING_STOP, nan
        asked = replace(terms or Terms(), trigger=trigger, trail=trail)
        return self._send(
            symbol or self.symbol, direction, offset, limit, volume, kind, reference, asked
        )

    def bracket(
        self,
        direction: Direction,
        price: float,
        volume: int,
        *,
        take_profit: float = nan,
        stop_loss: float = nan,
        trail: float = nan,
        symbol: str | None = None,
        reference: str = "",
    ) -> Bracket | Rejection:
        """Open a position together with the orders that will close it.

        The exits wait in the engine until the entry fills, then take the lots that it has
        filled, also part by part, and work over days, as a position does. One exit's fill
        takes its lots off the other; when the stop is reached, the other one and what is left
        of the entry are taken back first. An entry that ends unfilled ends them. Where an
        exit is wrong (a stop above the entry of a long position, for one) the entry is
        cancelled again, and the refusal is what you get.

        Args:
            direction: Of the entry: `LONG` buys.
            price: Limit of the entry, currency per unit; nan enters at the market.
            volume: Lots, > 0.
            take_profit: Limit of the exit with a profit; nan for none.
            stop_loss: Trigger of the exit with a loss; nan for none, or with a `trail` to
                begin that far behind the last price.
            trail: Makes the stop follow the best price at this distance, currency per unit.
            symbol: One of `symbols`; the first when left out.
            reference: Free text that stays with all of the orders.
        """
        entry = self.send_order(
            direction, _OPEN, price, volume,
            symbol=symbol, order_type=_MARKET if isnan(price) else _LIMIT, reference=reference,
        )  # fmt: skip
        if not isinstance(entry, OrderData):
            return entry
        out = _SHORT if direction is _LONG else _LONG
        terms = Terms(parent=entry.order_id, time_in_force=TimeInForce.GTC)
        profit: OrderData | None = None
        loss: OrderData | None = None
        if not isnan(take_profit):
            made = self.send_order(
                out, _CLOSE, take_profit, volume,
                symbol=symbol, reference=reference, terms=terms,
            )  # fmt: skip
            if not isinstance(made, OrderData):
                self.cancel_order(entry)
                return made
            profit = made
        if not (isnan(stop_loss) and isnan(trail)):
            made = self.stop_order(
                out, _CLOSE, stop_loss, volume,
                trail=trail, symbol=symbol, reference=reference, terms=terms,
            )  # fmt: skip
            if not isinstance(made, OrderData):
                self.cancel_order(entry)
                return made
            loss = made
        return Bracket(entry, profit, loss)

    def oco(
        self,
        direction: Direction,
        volume: int,
        *,
        limit: float,
        stop: float,
        offset: Offset = _CLOSE,
        symbol: str | None = None,
        reference: str = "",
        time_in_force: TimeInForce = TimeInForce.DAY,
    ) -> tuple[OrderData, OrderData] | Rejection:
        """Send a limit order and a stop of which one cancels the other: the exits of a position.

        For other pairs, or more than two, give orders the same `Terms.group`.

        Args:
            direction: Of both: `SHORT` closes a long position.
            volume: Lots of each, > 0.
            limit: Price of the limit order, currency per unit.
            stop: Trigger of the stop, likewise.
            offset: Whether they close or open.
            symbol: One of `symbols`; the first when left out.
            reference: Free text that stays with both.
            time_in_force: How long both work.

        Returns:
            The limit order and the stop; or the `Rejection` of one, and then there is neither.
        """
        self._groups += 1
        group = f"oco-{self._desk.clock.now_ns()}-{self._groups}"
        terms = Terms(group=group, time_in_force=time_in_force)
        # The limit first: a stop that is reached at once finds what it has to take back.
        first = self.send_order(
            direction, offset, limit, volume, symbol=symbol, reference=reference, terms=terms
        )
        if not isinstance(first, OrderData):
            return first
        rest = self.stop_order(
            direction, offset, stop, volume, symbol=symbol, reference=reference, terms=terms
        )
        if not isinstance(rest, OrderData):
            self.cancel_order(first)
            return rest
        return first, rest

    def amend_order(
        self,
        order: OrderData | str,
        *,
        price: float | None = None,
        volume: int | None = None,
        trigger: float | None = None,
    ) -> OrderData | Rejection:
        """Change an order's limit, its lots or its trigger; what is left out stays.

        One that the engine holds is changed in place. One that is out is taken back, and
        another takes its place when that is sure: it is what you get, held until then, with
        an id of its own; go on with that one. It leaves with the new volume less what was
        filled by then, and is cancelled where that leaves nothing. Reference and terms stay.

        Args:
            order: What is to be changed, or its id.
            price: Its limit, currency per unit; put on the grid for you.
            volume: Its lots, those that are filled already among them.
            trigger: Of a stop that has not left: where it leaves.

        Returns:
            The order that stands for it from now on, or the `Rejection` that says why not:
            it is over, for one.
        """
        order_id = order if isinstance(order, str) else order.order_id
        return self._desk.amend(order_id, price, volume, trigger)

    def cancel_order(self, order: OrderData | Rejection | str) -> bool:
        """Ask for an order (or the order of an id) to be cancelled, with all of its parts.

        Returns False when it is not working any more. The outcome comes in `on_order`.
        """
        if isinstance(order, str):
            return self._desk.cancel(order)
        # What was refused never was an order, so that no desk knows its id.
        return order.is_active and self._desk.cancel(order.order_id)

    def cancel_all(self, symbol: str | None = None) -> int:
        """Ask for all of this strategy's orders, or those in one symbol; return how many."""
        return sum(self._desk.cancel(order.order_id) for order in self._desk.active_orders(symbol))

    def set_target_pos(self, target: int, *, symbol: str | None = None, price: float = nan) -> None:
        """Say what the net position shall be; the engine sends what is missing.

        Orders that stand in the way are cancelled first; stops and exits that the engine
        still holds are left alone. What is refused by risk or rejected by the venue is not
        tried again until the next call.

        Args:
            target: Net lots; negative is short.
            symbol: One of `symbols`; the first when left out.
            price: Limit for the orders; market orders when left out.
        """
        self._desk.set_target(symbol or self.symbol, target, price)

    def roll_over(self, roll: Rolled) -> None:
        """Move what is held of the old contract to the new one, with market orders.

        Working orders in the old contract are cancelled and its lots closed; as many are
        opened in the new one, beside those held of it already. The two legs are sent
        together and fill each by itself.

        Args:
            roll: What `on_roll` was given.
        """
        held = self._desk.position(roll.previous)
        self.set_target_pos(0, symbol=roll.previous)
        if held:
            self.set_target_pos(held + self._desk.position(roll.symbol), symbol=roll.symbol)
