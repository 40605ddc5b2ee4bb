"""One row of a tick file as a record: the columns of CTP, some or all of them."""

from __future__ import annotations

from math import isnan
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from homalos.errors import DataError
from homalos.model import Depth, TickData
from homalos_storage.readers.contracts import Contracts, Milliseconds
from homalos_storage.readers.files import places
from homalos_storage.readers.values import MissingPrice, amount, blamed, lots

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from homalos.plugins.ports import ImportContext
    from homalos_storage.readers.contracts import Contract
    from homalos_storage.readers.values import Prices, Reader

__all__ = [
    "AMOUNTS",
    "DEPTH",
    "LAST_PRICE",
    "LOTS",
    "NEEDED",
    "SETTLEMENTS",
    "VALUES",
    "TickRows",
    "find_columns",
]

NEEDED = ("code", "last_price", "time")
# Ours by theirs, in the order of preference: the names of CTP's depth market data, and
# the few words other recorders use for the same.
_COLUMNS = {
    "instrumentid": "code",
    "symbol": "code",
    "exchangeid": "exchange",
    "exchange": "exchange",
    "tradingday": "trading_day",
    "actionday": "action_day",
    "date": "action_day",
    "updatetime": "time",
    "time": "time",
    "updatemillisec": "millisecond",
    "lastprice": "last_price",
    "volume": "volume",
    "turnover": "turnover",
    "openinterest": "open_interest",
    "bidprice1": "bid_price_1",
    "bidvolume1": "bid_volume_1",
    "askprice1": "ask_price_1",
    "askvolume1": "ask_volume_1",
    "upperlimitprice": "limit_up",
    "lowerlimitprice": "limit_down",
    "openprice": "open_price",
    "highestprice": "high_price",
    "lowestprice": "low_price",
    "precloseprice": "pre_close",
    "presettlementprice": "pre_settlement",
    "preopeninterest": "pre_open_interest",
    "settlementprice": "settlement_price",
} | {
    f"{side}{what}{level}": f"{side}_{what}_{level}"
    for side in ("bid", "ask")
    for what in ("price", "volume")
    for level in range(2, 6)
}
_STAMP = ("code", "exchange", "trading_day", "action_day", "time", "millisecond")
# As they stand in `TickData`, from `last_price` on.
LAST_PRICE = "last_price"
_NOW = (
    LAST_PRICE,
    "volume",
    "turnover",
    "open_interest",
    "bid_price_1",
    "bid_volume_1",
    "ask_price_1",
    "ask_volume_1",
    "limit_up",
    "limit_down",
)
_DAY = (
    "open_price",
    "high_price",
    "low_price",
    "pre_close",
    "pre_settlement",
    "pre_open_interest",
    "settlement_price",
)
VALUES = _NOW + _DAY
LOTS = ("volume", "bid_volume_1", "ask_volume_1")
AMOUNTS = ("turnover", "open_interest", "pre_open_interest")
SETTLEMENTS = ("pre_settlement", "settlement_price")
_NO_LAST_PRICE = "no last price"
_LEVELS = range(2, 6)
DEPTH = tuple(
    f"{side}_{what}_{level}"
    for side in ("bid", "ask")
    for what in ("price", "volume")
    for level in _LEVELS
)
_DEEP = len(_LEVELS)


def find_columns(names: Sequence[str]) -> dict[str, int]:
    """Return where the columns that a tick can use stand, by our names."""
    return places(names, _COLUMNS)


class TickRows:
    """Turns the rows of one file into ticks.

    Attributes:
        names: The header as written.
        places: Where the columns stand, by our names.
        contracts: The contracts met so far.
    """

    def __init__(self, path: Path, names: Sequence[str], context: ImportContext) -> None:
        """Bind the columns.

        Args:
            path: The file, for messages.
            names: The header as written.
            context: What the core lends.

        Raises:
            DataError: A column without which there is no tick is absent.
        """
        self.places = find_columns(names)
        if any(name not in self.places for name in NEEDED):
            msg = (
                f"{path}: the columns are {', '.join(names)}; ticks need InstrumentID, "
                "UpdateTime and LastPrice"
            )
            raise DataError(msg)
        self.contracts = Contracts(context)
        self.names = names
        at = self.places
        # A column that is absent reads the cell behind the last one, which is empty.
        self._stamp = itemgetter(*(at.get(name, len(names)) for name in _STAMP))
        self._now = itemgetter(*(at.get(name, len(names)) for name in _NOW))
        self._day = itemgetter(*(at.get(name, len(names)) for name in _DAY))
        self._levels = itemgetter(*(at.get(name, len(names)) for name in DEPTH))
        self._has_depth = any(name in at for name in DEPTH)
        self._flat: tuple[Any, ...] = ()
        self._milliseconds = Milliseconds()

    def record(self, cells: Sequence[Any]) -> TickData | None:
        """Return the tick of a row, `None` when it is of a symbol not asked for."""
        code, exchange, trading_day, action_day, time, millisecond = self._stamp(cells)
        contract = self.contracts[code, exchange]
        if contract is None:
            return None
        last, volume, turnover, interest, bid, bid_lots, ask, ask_lots, up, down = self._now(cells)
        opened, high, low, close, settlement, pre_interest, settled = self._day(cells)
        ts_ns, day = contract.stamp(trading_day, action_day, time, self._milliseconds[millisecond])
        if day != contract.day:
            contract.turn_to(day)
        price = contract.prices
        last_price = price[last]
        if last_price != last_price:  # noqa: PLR0124  nan, the missing price
            raise MissingPrice(_NO_LAST_PRICE)
        return TickData(
            contract.symbol,
            ts_ns,
            day,
            last_price,
            lots(volume),
            amount(turnover),
            amount(interest),
            price[bid],
            lots(bid_lots),
            price[ask],
            lots(ask_lots),
            price[up],
            price[down],
            price[opened],
            price[high],
            price[low],
            price[close],
            contract.settlements[settlement],
            amount(pre_interest),
            contract.settlements[settled],
            self._depth(contract, cells) if self._has_depth else None,
        )

    def reason(self, cells: Sequence[Any], error: ValueError) -> str:
        """Name the column in front of an error, where one cell is at fault."""
        contract = self.contracts.get(self._stamp(cells)[:2])
        if contract is None:  # the code itself is at fault
            return str(error)
        readers: dict[str, Reader] = dict.fromkeys(VALUES, contract.prices.__getitem__)
        readers |= dict.fromkeys(LOTS, lots) | dict.fromkeys(AMOUNTS, amount)
        readers |= dict.fromkeys(SETTLEMENTS, contract.settlements.__getitem__)
        held = [(self.places[name], read) for name, read in readers.items() if name in self.places]
        return blamed(error, ((self.names[at], read, cells[at]) for at, read in held))

    def _depth(self, contract: Contract, cells: Sequence[Any]) -> Depth | None:
        levels = self._levels(cells)
        if levels == self._flat:
            return None
        price, n = contract.prices, _DEEP
        bids = _side(price, levels[:n], levels[n : 2 * n])
        asks = _side(price, levels[2 * n : 3 * n], levels[3 * n :])
        if not (bids[0] or asks[0]):
            self._flat = levels  # the cells of a book of one level, likely the next row's too
            return None
        return Depth(*bids, *asks)


def _side(
    price: Prices, price_cells: Sequence[Any], lots_cells: Sequence[Any]
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return prices and lots of one side, up to the first level without a price."""
    prices: list[float] = []
    for cell in price_cells:
        value = price[cell]
        if isnan(value):
            break
        prices.append(value)
    return tuple(prices), tuple(lots(cell) for cell in lots_cells[: len(prices)])
