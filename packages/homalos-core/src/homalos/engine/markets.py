"""Which market a symbol belongs to, and what that market says of it, remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from homalos.errors import DuplicateNameError, MarketError, UnknownInstrument
from homalos.model import Instrument, split_symbol
from homalos.plugins.ports import Market, Session

__all__ = ["Markets"]


class Markets:
    """All markets of an engine behind one door. Engine thread, or the build.

    Attributes:
        day: The trading day that contracts are of, yyyymmdd; `None` before the first one, and
            then they are as they are known today.
        instrument: Returns the contract of a symbol; raises `UnknownInstrument` when no
            market knows it. A look into a dict, because every order asks several times.
    """

    def __init__(self, markets: Mapping[str, Market]) -> None:
        """Take the markets by name.

        Raises:
            DuplicateNameError: Two of them claim the same exchange.
        """
        self._markets = dict(markets)
        self._by_exchange: dict[str, Market] = {}
        owner: dict[str, str] = {}
        for name, market in self._markets.items():
            for exchange in sorted(market.exchanges):
                if exchange in owner:
                    msg = f"markets {owner[exchange]!r} and {name!r} both claim {exchange}"
                    raise DuplicateNameError(msg)
                owner[exchange] = name
                self._by_exchange[exchange] = market
        self._contracts = _Contracts(self._today)
        self._before: dict[str, Instrument] = {}
        self.instrument: Callable[[str], Instrument] = self._contracts.__getitem__
        self._sessions: dict[tuple[str, int], tuple[Session, ...]] = {}
        self.day: int | None = None
        self._told: dict[str, Instrument] = {}

    def parse(self, text: str, exchange: str = "") -> str:
        """Return the symbol that a text means in the one market that knows it.

        Raises:
            UnknownInstrument: No market knows it; the message has each one's word.
        """
        reasons = []
        for market in self._markets.values():
            try:
                return market.parse_symbol(text, exchange=exchange)
            except UnknownInstrument as error:
                reasons.append(str(error))
        msg = "; ".join(reasons) or f"no market is installed that could know {text!r}"
        raise UnknownInstrument(msg)

    def of(self, symbol: str) -> Market:
        """Return the market of a symbol.

        Raises:
            UnknownInstrument: No market has the symbol's exchange.
        """
        exchange = split_symbol(symbol)[1]
        market = self._by_exchange.get(exchange)
        if market is None:
            known = ", ".join(sorted(self._by_exchange)) or "none"
            msg = f"no market has the exchange of {symbol!r}; there are {known}"
            raise UnknownInstrument(msg)
        return market

    def on_day(self, symbol: str, day: int | None) -> Instrument:
        """Return a contract as it stood on a trading day; what a venue told goes before.

        Raises:
            UnknownInstrument: No market knows the symbol.
        """
        if day == self.day:
            return self._contracts[symbol]
        return self._told.get(symbol) or self.of(symbol).resolve(symbol, on_day=day)

    def turn(self, day: int) -> None:
        """Have contracts be, from now on, what they are on a trading day, yyyymmdd.

        One whose terms are what they were stays the very same object.
        """
        self.day = day
        self._before.update(self._contracts)
        self._contracts.clear()

    def told(self, instrument: Instrument) -> None:
        """Take a venue's own word on a contract: it holds instead of the market's table."""
        self._told[instrument.symbol] = instrument
        self._contracts.pop(instrument.symbol, None)

    def sessions(self, symbol: str, trading_day: int) -> tuple[Session, ...]:
        """Return a contract's sessions of a trading day; none when it is outside the calendar."""
        key = (symbol, trading_day)
        found = self._sessions.get(key)
        if found is None:
            try:
                found = self.of(symbol).sessions(symbol, trading_day)
            except MarketError:
                found = ()
            self._sessions[key] = found
        return found

    def _today(self, symbol: str) -> Instrument:
        if (told := self._told.get(symbol)) is not None:
            return told
        found = self.of(symbol).resolve(symbol, on_day=self.day)
        before = self._before.get(symbol)
        if before is None or found is before:
            return found
        return before if found == before else found


class _Contracts(dict[str, Instrument]):
    """The contracts by symbol; one that is not there yet is asked of its market."""

    def __init__(self, of_today: Callable[[str], Instrument]) -> None:
        super().__init__()
        self._of_today = of_today

    def __missing__(self, symbol: str) -> Instrument:
        instrument = self[symbol] = self._of_today(symbol)
        return instrument
