"""One row of a tick file as a record: the columns of CTP, some or all of them."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from homalos.errors import DataError
from homalos.model import Depth, TickData
from homalos_storage.readers.contracts import Contracts, Milliseconds
from homalos_storage.readers.files import places
from homalos_storage.readers.values import amount, lots

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from homalos.plugins.ports import ImportContext
    from homalos_storage.readers.contracts import Contract
    from homalos_storage.readers.values import Prices

__all__ = [
    "AMOUNTS",
    "DEPTH",
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
VALUES = (
    "last_price",
    "volume",
    "turnover",
    "open_interest",
    "bid_price_1",
    "bid_volume_1",
    "ask_price_1",
    "ask_volume_1",
    "limit_up",
    "limit_down",
    "open_price",
    "high_price",
    "low_price",
    "pre_close",
    "pre_settlement",
    "pre_open_interest",
    "settlement_price",
)
LOTS = ("volume", "bid_volume_1", "ask_volume_1")
AMOUNTS = ("turnover", "open_interest", "pre_open_interest")
SETTLEMENTS = ("pre_settlement", "settlement_price")
NO_LAST_PRICE = "no last price"
_LEVELS = range(2, 6)
DEPTH = tuple(
    f"{side}_{what}_{level}"
    for side in ("bid", "ask")
    for what in ("price", "volume")
    for level in _LEVELS
)
_DEEP = len(_LEVELS)
_Reader = Callable[[Any], Any]


def find_columns(names: Sequence[str]) -> dict[str, int]:
    """Return where the columns that a tick can use stand, by our names."""
    return places(names, _COLUMNS)


class TickRows:
    """Turns the rows of one file into ticks.

    Attributes:
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
        self._names = names
        at = self.places
        # A column that is absent reads the cell behind the last one, which is empty.
        self._pick_stamp = itemgetter(*(at.get(name, len(names)) for name in _STAMP))
        self._pick = itemgetter(*(at.get(name, len(names)) for name in VALUES))
        self._pick_depth = itemgetter(*(at.get(name, len(names)) for name in DEPTH))
        self._has_depth = any(name in at for name in DEPTH)
        self._flat: tuple[Any, ...] = ()
        self._milliseconds = Milliseconds()
        self._readers: dict[str, tuple[_Reader, ...]] = {}

    def record(self, cells: Sequence[Any]) -> TickData | None:
        """Return the tick of a row, `None` when it is of a symbol not asked for.

        Args:
            cells: The row and an empty cell behind it.

        Raises:
            ValueError: A cell cannot be used.
        """
        code, exchange, trading_day, action_day, time, millisecond = self._pick_stamp(cells)
        contract = self.contracts[code, exchange]
        if contract is None:
            return None
        readers = self._readers.get(contract.symbol) or self._bind(contract)
        values = [read(cell) for read, cell in zip(readers, self._pick(cells), strict=True)]
        if isnan(values[0]):
            raise ValueError(NO_LAST_PRICE)
        ts_ns, day = contract.stamp(trading_day, action_day, time, self._milliseconds[millisecond])
        depth = self._depth(contract, cells) if self._has_depth else None
        return TickData(contract.symbol, ts_ns, day, *values, depth)

    def reason(self, cells: Sequence[Any], error: ValueError) -> str:
        """Name the column in front of an error, where one cell is at fault."""
        for readers in self._readers.values():
            for read, name in zip(readers, VALUES, strict=True):
                place = self.places.get(name)
                if place is not None and _fault(read, cells[place]) == str(error):
                    return f"{self._names[place].strip()}: {error}"
        return str(error)

    def _bind(self, contract: Contract) -> tuple[_Reader, ...]:
        price, settlement = contract.prices.__getitem__, contract.settlements.__getitem__
        readers: dict[str, _Reader] = dict.fromkeys(VALUES, price)
        readers |= dict.fromkeys(LOTS, lots)
        readers |= dict.fromkeys(AMOUNTS, amount)
        readers |= dict.fromkeys(SETTLEMENTS, settlement)
        bound = self._readers[contract.symbol] = tuple(readers.values())
        return bound

    def _depth(self, contract: Contract, cells: Sequence[Any]) -> Depth | None:
        levels = self._pick_depth(cells)
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


def _fault(read: _Reader, cell: Any) -> str:
    try:
        read(cell)
    except ValueError as error:
        return str(error)
    return ""
