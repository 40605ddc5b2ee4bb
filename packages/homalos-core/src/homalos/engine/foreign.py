"""Trades that were made elsewhere: by hand, by another program, by the broker."""

from __future__ import annotations

from homalos.bus import Bus
from homalos.clock import EngineClock
from homalos.engine.accounts import AccountManager
from homalos.errors import UnknownInstrument
from homalos.model import Alert, TradeData, TradeReport

__all__ = ["UNASSIGNED", "ForeignTrades"]

UNASSIGNED = "unassigned"
"""Whose the trades are that were made elsewhere; no strategy may have this name."""


class ForeignTrades:
    """Makes trades of what a venue reports of orders that are not ours. Engine thread."""

    def __init__(self, bus: Bus, clock: EngineClock, accounts: AccountManager) -> None:
        self._clock = clock
        self._accounts = accounts
        self._say = bus.topic(Alert).publish
        self._told: set[str] = set()

    def take(self, report: TradeReport) -> TradeData | None:
        """Return the trade to be booked; `None` where nobody can say in which account.

        It is one of ours when the venue names an account that trades through it. Each
        order is told of once.
        """
        name, symbol = report.account, report.symbol
        books = self._accounts.accounts.get(name)
        if books is None or report.gateway not in ("", *books.gateways):
            return None
        what = f"order {report.order_id} in {symbol} was not sent by this engine"
        try:
            self._accounts.holding(name, symbol)
        except UnknownInstrument as error:
            self._tell(
                report, f"{what}, and a trade of it in account {name} is not booked: {error}"
            )
            return None
        self._tell(report, f"{what}; its trades are booked in account {name} as {UNASSIGNED!r}")
        return TradeData(
            report.trade_id, report.order_id, symbol, report.direction, report.offset,
            report.price, report.volume, report.ts_ns, report.trading_day,
            UNASSIGNED, name, report.gateway or books.gateway,
        )  # fmt: skip

    def _tell(self, report: TradeReport, what: str) -> None:
        if report.order_id not in self._told:
            self._told.add(report.order_id)
            self._say(Alert("warning", "orders", what, self._clock.now))
