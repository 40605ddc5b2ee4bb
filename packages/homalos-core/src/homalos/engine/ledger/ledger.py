"""The ledger of one account: every fill, transfer and settlement goes through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from homalos.engine.ledger.amounts import EXACT, MICRO, amount, total_of
from homalos.engine.ledger.books import StrategyBooks
from homalos.engine.ledger.late import DayStart, entries, in_order, is_whole
from homalos.engine.ledger.margin import MarginGroup, group_of, margins
from homalos.engine.ledger.position import Position
from homalos.engine.ledger.posting import Part, Posting
from homalos.engine.ledger.settlement import DayLines, Ended, check_prices, settle_position
from homalos.engine.ledger.totals import DayTotals
from homalos.model import Instrument, Offset, SettlementPrice, Statement, TradeData, TransferLine

__all__ = ["Ledger"]

_OPEN, _NONE = Offset.OPEN, Offset.NONE
_ZERO = Decimal(0)


class Ledger:
    """The books of one account. Pure: no clock, no bus; engine thread.

    Today's lots are those of the trade's own trading day, whether or not the account is
    ever settled. What the day brought is kept fill by fill until `settle` makes a
    statement of it: in an account that is never settled it grows with every fill.

    Attributes:
        positions: By symbol.
        postings: Entries made so far: openings, closings and fees.
        cash: Realised profit by trade less fees plus transfers, currency, as a float for
            risk checks.
        margin: Margin held, currency, as a float for risk checks.
        day: What was booked since the last settlement, or the last change of terms, in order.
        settled_day: The last trading day settled, yyyymmdd; 0 before the first.
        transferred: Sum of all transfers, currency, exact.
    """

    def __init__(self, *, capital: Decimal, account: str = "main", currency: str = "CNY") -> None:
        self.capital = capital
        self.account = account
        self.currency = currency
        self.positions: dict[str, Position] = {}
        self.postings = 0
        self.cash = 0.0
        self.margin = 0.0
        self.day: list[Posting] = []
        self.settled_day = 0
        self.transferred = _ZERO
        self._groups: dict[str, MarginGroup] = {}
        self._books = StrategyBooks()
        self._lines = DayLines()
        self._starts: dict[str, DayStart] = {}  # of the positions in `day`
        self._told = 0  # postings of the day that the strategies' books have seen
        self._transfers: list[TransferLine] = []
        # As of the last settlement.
        self._balance = capital
        self._fees = _ZERO
        self._realised = _ZERO

    def position(self, instrument: Instrument) -> Position:
        """Return the position in an instrument, empty at first; the same object for ever.

        An instrument with other terms changes nothing here: see `change`.
        """
        position = self.positions.get(instrument.symbol)
        if position is None:
            position = self.positions[instrument.symbol] = Position(instrument)
            self._join(position)
        return position

    def post(self, trade: TradeData, position: Position) -> None:
        """Book one trade: close lots, open lots, pay fees.

        What it closes and is not held books nothing; it is counted in `overclosed`. A trade
        that was made before others that are booked is booked before them; see `late`.
        """
        start = self._starts.get(trade.symbol)
        if start is None:
            start = self._starts[trade.symbol] = DayStart(position)
        if trade.ts_ns >= start.latest_ns:
            start.latest_ns = trade.ts_ns
        elif self._post_late(trade, position):
            return
        self._enter(trade, position)

    def transfer(self, amount: Decimal, day: int, note: str = "") -> None:
        """Book money that came in or went out.

        Args:
            amount: Currency; > 0 comes in, < 0 goes out.
            day: The trading day that it belongs to, yyyymmdd, after the last one settled.
            note: For the statement's line.

        Raises:
            ValueError: The amount is 0 or not finite, or the day is settled already.
        """
        if not amount.is_finite() or not amount:
            msg = f"{self.account}: expected an amount above or below 0 to transfer, not {amount}"
            raise ValueError(msg)
        self._check_day(day, "transfer")
        self._transfers.append(TransferLine(day=day, amount=amount, note=note))
        self.transferred = EXACT.add(self.transferred, amount)
        self.cash += float(amount)

    def change(self, position: Position, instrument: Instrument) -> None:
        """Have other terms hold from now on: margin, fees, rules of closing.

        Fees charged stay charged, margin is reckoned anew.

        Raises:
            ValueError: Symbol, multiplier or currency are others.
        """
        if instrument == position.instrument:
            return
        self._write_lines()
        position.change(instrument)
        if position.group is not None:
            self.margin += position.group.reckon(instrument.symbol, 0.0, 0.0)
        self._join(position)
        self._follow(position)

    def begin(self, day: int) -> None:
        """Let a trading day begin: lots opened before it are of earlier days in every count.

        An account that is settled needs it not, nor does `post`; one that never is shows
        `Position.long_today` of the day before until the next fill without it.
        """
        for position in self.positions.values():
            if position.day < day:
                position.begin(day)
        self.books.begin(day)

    def settle(
        self, day: int, prices: Mapping[str, SettlementPrice], *, lines: bool = True
    ) -> Statement:
        """End a trading day: mark what is held, and make the day's statement.

        Today's lots become earlier ones, margin is held at the settlement prices, profits and
        fees go into the balance. A contract whose last trading day has come ends at its price.
        A symbol without a price is carried at its last settlement price, or else at the price
        of the newest lot held.

        Args:
            day: Trading day, yyyymmdd, after the last one settled.
            prices: By symbol; those of symbols that are not held are remembered.
            lines: Whether to tell trades, closings and holdings one by one: the slow part.

        Returns:
            The statement; a contract's `previous_settlement` is 0 where it was not known.

        Raises:
            ValueError: The day is settled already, a later one has begun, or a price is
                not finite; nothing has changed then.
        """
        self._check_settling(day, prices)
        self._write_lines(lines=lines)
        told = self._lines
        told.detailed = lines
        margin = self._mark(day, prices)
        told.add_positions(self.positions, margin)
        realised, fees = self.realised(), self.fees()
        totals = DayTotals(
            before=self._balance,
            transfers=tuple(self._transfers),
            realised=self.realised_marked(),
            realised_by_trade=EXACT.subtract(realised, self._realised),
            marked=told.marked,
            floating=told.floating,
            fees=EXACT.subtract(fees, self._fees),
            margin=total_of(margin.values()),
        )
        statement = told.statement(self.account, self.currency, day, totals)
        self._balance, self._realised, self._fees = totals.balance, realised, fees
        self._turn(day)
        return statement

    # -- exact readings --------------------------------------------------------

    @property
    def books(self) -> StrategyBooks:
        """Return the strategies' books, up to the last trade."""
        if self._told < len(self.day):
            post, positions = self._books.post, self.positions
            for posting in self.day[self._told :]:
                trade = posting[0]
                post(trade, positions[trade.symbol], posting)
            self._told = len(self.day)
        return self._books

    def balance(self) -> Decimal:
        """Return the balance of the last settlement and the transfers since, currency, exact."""
        total = _ZERO
        for line in self._transfers:
            total = EXACT.add(total, line.amount)
        return EXACT.add(self._balance, total)

    def realised(self) -> Decimal:
        """Return the profit of closed lots by trade since the beginning, currency, exact."""
        return total_of(
            amount(p.realised, p.instrument.multiplier) for p in self.positions.values()
        )

    def realised_marked(self) -> Decimal:
        """Return the profit of lots closed since the last settlement, marked, currency, exact."""
        return total_of(
            amount(p.realised_marked, p.instrument.multiplier) for p in self.positions.values()
        )

    def fees(self) -> Decimal:
        """Return the fees paid since the beginning, currency, exact, >= 0."""
        return total_of(p.fees() for p in self.positions.values())

    def fees_today(self) -> Decimal:
        """Return the fees paid since the last settlement, currency, exact, >= 0."""
        return EXACT.subtract(self.fees(), self._fees)

    def margin_held(self) -> Decimal:
        """Return the margin held, currency, exact."""
        return total_of(margins(self.positions.values()).values())

    def floating(self, prices: Mapping[str, float]) -> Decimal:
        """Return the profit of open lots by trade at the prices given, currency, exact.

        A symbol without a price counts at its last settlement price, or else at the
        opening price of its newest lot.
        """
        return total_of(
            amount(p.floating(p.priced(prices)), p.instrument.multiplier)
            for p in self.positions.values()
        )

    def floating_marked(self, prices: Mapping[str, float]) -> Decimal:
        """Return the profit of open lots since they were last marked, likewise."""
        return total_of(
            amount(p.floating_marked(p.priced(prices)), p.instrument.multiplier)
            for p in self.positions.values()
        )

    def equity(self, prices: Mapping[str, float]) -> Decimal:
        """Return what the account is worth at the prices given, currency, exact."""
        profit = EXACT.add(self.realised_marked(), self.floating_marked(prices))
        return EXACT.subtract(EXACT.add(self.balance(), profit), self.fees_today())

    # -- inside ----------------------------------------------------------------

    def _enter(self, trade: TradeData, position: Position) -> None:
        price = round(trade.price * MICRO)
        day = trade.trading_day
        if day > position.day:
            position.begin(day)
        offset = trade.offset
        left = trade.volume
        closed = today = earlier = marked = 0
        parts: tuple[Part, ...] = ()
        if offset is not _OPEN:
            closed, today, gain, marked, parts = position.close(trade, price, left, offset)
            left -= closed
            self.cash += gain * position.unit
            if today:
                self.cash -= position.fee_close_today.charge(price * today, today)
                self.postings += 2
            earlier = closed - today
            if earlier:
                self.cash -= position.fee_close.charge(price * earlier, earlier)
                self.postings += 2
            if offset is not _NONE:
                position.overclosed += left
                left = 0
        if left:
            position.open(trade, price, left)
            self.cash -= position.fee_open.charge(price * left, left)
            self.postings += 2
        elif not closed:
            return
        self.day.append((trade, price, left, today, earlier, marked, parts))
        if day < position.day:
            position.recount()
        self._follow(position)

    def _post_late(self, trade: TradeData, position: Position) -> bool:
        """Book a trade where it belongs, those behind it anew; False where that cannot be."""
        was = [posting for posting in self.day if posting[0].symbol == trade.symbol]
        if not all(map(is_whole, was)):
            return False
        books, overclosed = self.books, position.overclosed
        now = self._book_anew(in_order(was, trade), position)
        if position.overclosed > overclosed:
            # By the clock it closes what was not held: as it came, then.
            position.overclosed = overclosed
            now = self._book_anew([*(posting[0] for posting in was), trade], position)
        books.post_anew(position, was, now)
        self._told = len(self.day)
        return True

    def _book_anew(self, trades: Sequence[TradeData], position: Position) -> list[Posting]:
        symbol, today = position.instrument.symbol, position.day
        self.postings -= sum(entries(p) for p in self.day if p[0].symbol == symbol)
        self.day[:] = [posting for posting in self.day if posting[0].symbol != symbol]
        self.cash -= self._starts[symbol].restore(position)
        others = len(self.day)
        for each in trades:
            self._enter(each, position)
        if position.day < today:
            position.day = today
            position.recount()
        return self.day[others:]

    def _follow(self, position: Position) -> None:
        """Have the margin follow what a position holds now."""
        if position.larger:
            self._follow_larger(position)
            return
        held = (
            position.long_mark * position.margin_per_micro
            + position.short_mark * position.short_margin_per_micro
            + (position.long + position.short) * position.margin_per_lot
        )
        self.margin += held - position.held
        position.held = held

    def _follow_larger(self, position: Position) -> None:
        extra = position.margin_per_lot
        long = position.long_mark * position.margin_per_micro + position.long * extra
        short = position.short_mark * position.short_margin_per_micro + position.short * extra
        if position.group is not None:
            self.margin += position.group.reckon(position.instrument.symbol, long, short)
            return
        held = max(long, short)
        self.margin += held - position.held
        position.held = held

    def _join(self, position: Position) -> None:
        """Put a position into the group that its margin counts in, if there is one."""
        name = group_of(position.instrument)
        position.group = self._groups.setdefault(name, MarginGroup()) if name else None
        if name:
            self.margin -= position.held
            position.held = 0.0

    def _write_lines(self, *, lines: bool = True) -> None:
        """Make lines and the strategies' books of the day so far, under the terms that held."""
        _ = self.books
        if lines:
            self._lines.add_postings(self.day, self.positions)
        self.day.clear()
        self._starts.clear()
        self._told = 0

    def _mark(self, day: int, prices: Mapping[str, SettlementPrice]) -> dict[str, Decimal]:
        """Mark or end every position; return the margin of each."""
        for symbol in sorted(self.positions):
            position = self.positions[symbol]
            ended = settle_position(self._lines, position, day, prices.get(symbol))
            if ended is not None:
                self._end(position, ended)
            self._follow(position)
        return margins(self.positions.values())

    def _end(self, position: Position, ended: Ended) -> None:
        """Book that a contract was delivered."""
        for strategy, lots in ended.lots:
            self.cash -= position.fee_delivery.charge(ended.price * lots, lots)
            self._books.charge_delivery(strategy, position, ended.price, lots)
            self.postings += 2
        self.cash += ended.gain * position.unit
        self._books.finish(position.instrument.symbol, ended.price)

    def _turn(self, day: int) -> None:
        """Begin the next day."""
        self._transfers.clear()
        self._lines = DayLines()
        # Summed anew, so that what floats lost in a day's differences does not add up.
        self.margin = sum(p.held for p in self.positions.values())
        self.margin += sum(group.held for group in self._groups.values())
        self.settled_day = day
        for position in self.positions.values():
            position.realised_marked = 0
        self.begin(day + 1)

    def _check_settling(self, day: int, prices: Mapping[str, SettlementPrice]) -> None:
        self._check_day(day, "settle")
        latest = max([posting[0].trading_day for posting in self.day], default=day)
        for lines in (self._lines.trades, self._transfers):
            for line in lines:
                latest = max(latest, line.day)
        if latest > day:
            msg = f"{self.account}: cannot settle {day}, since {latest} is booked already"
            raise ValueError(msg)
        check_prices(prices)

    def _check_day(self, day: int, what: str) -> None:
        if day <= self.settled_day:
            settled = f"{self.settled_day} is settled" if self.settled_day else "days count from 1"
            msg = f"{self.account}: cannot {what} on {day}, since {settled}; give a later day"
            raise ValueError(msg)
