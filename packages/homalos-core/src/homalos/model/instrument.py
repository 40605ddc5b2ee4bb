"""What can be traded, and the one place where a price is put on its grid."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor, isfinite

from attrs import field, frozen

from homalos.model.enums import CloseFirst, Delivery, MarginSide, OffsetRule

__all__ = ["Fee", "Instrument", "split_symbol"]


def split_symbol(symbol: str) -> tuple[str, str]:
    """Split `rb2510.SHFE` into (`rb2510`, `SHFE`).

    Raises:
        ValueError: The text has no dot, or nothing on one side of it.
    """
    code, dot, exchange = symbol.rpartition(".")
    if not dot or not code or not exchange:
        msg = f"{symbol!r} is not a symbol; write CODE.EXCHANGE, such as rb2510.SHFE"
        raise ValueError(msg)
    return code, exchange


@frozen
class Fee:
    """What one side of a trade costs: a share of its turnover plus an amount a lot.

    Attributes:
        rate: Fraction of the turnover, dimensionless, >= 0.
        per_lot: Amount a lot in the instrument's currency, >= 0.
    """

    rate: Decimal = Decimal(0)
    per_lot: Decimal = Decimal(0)


def _grid(tick_size: float) -> Fraction:
    # The decimal that was written, not the double nearest to it: 0.2 is 1/5.
    return Fraction(str(tick_size))


@frozen
class Instrument:
    """One tradable contract.

    Attributes:
        symbol: `CODE.EXCHANGE`, such as `rb2510.SHFE`.
        product: The product code, such as `rb`.
        tick_size: Smallest price step, in currency per unit, > 0.
        multiplier: Units a lot (合约乘数), > 0.
        currency: ISO 4217 code of prices and fees.
        margin_rate: Share of the turnover held as margin, 0 to 1; of a long position, where
            the two sides differ.
        fee_open: Fee of a trade that opens.
        fee_close: Fee of a trade that closes a position of an earlier trading day.
        fee_close_today: Fee of a trade that closes a position of the same trading day.
        max_limit_volume: Largest limit order in lots; 0 says unknown.
        max_market_volume: Largest market order in lots; 0 says none are taken or unknown.
        name: Display name, any language.
        margin_rate_short: The same of a short position; `None` says as of a long one.
        margin_per_lot: Held for each lot of either side beside the share, currency, >= 0.
        margin_side: Which lots margin is held for where both sides are held.
        margin_group: Contracts of one group count together under `MarginSide.GROUP`;
            empty says that the contract is alone.
        offsets: What the venue wants to hear about opening and closing.
        close_first: Which lots a plain close takes.
        closable_after: Trading days a lot must have been held before it may be closed: 0, or
            1 where what was bought today may be sold tomorrow (T+1).
        last_trading_day: yyyymmdd; 0 says unknown or none.
        delivery: What becomes of lots that are held at the end of the last trading day.
        fee_delivery: Fee of a lot that is delivered.
        limit_rate: How far a price may be from the settlement price before, as a share of
            it, 0 to 1; 0 says unknown or without a limit.
    """

    symbol: str
    product: str
    tick_size: float
    multiplier: int
    currency: str = "CNY"
    margin_rate: Decimal = Decimal("0.1")
    fee_open: Fee = Fee()
    fee_close: Fee = Fee()
    fee_close_today: Fee = Fee()
    max_limit_volume: int = 0
    max_market_volume: int = 0
    name: str = ""
    margin_rate_short: Decimal | None = None
    margin_per_lot: Decimal = Decimal(0)
    margin_side: MarginSide = MarginSide.BOTH
    margin_group: str = ""
    offsets: OffsetRule = OffsetRule.PLAIN
    close_first: CloseFirst = CloseFirst.OLDEST
    closable_after: int = 0
    last_trading_day: int = 0
    delivery: Delivery = Delivery.NONE
    fee_delivery: Fee = Fee()
    limit_rate: Decimal = Decimal(0)
    tick_value: Decimal = field(init=False, eq=False, repr=False)
    _num: int = field(init=False, eq=False, repr=False)
    _den: int = field(init=False, eq=False, repr=False)
    _per_unit: float = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Derive the grid as a whole fraction, so that snapping is exact."""
        split_symbol(self.symbol)
        if not (isfinite(self.tick_size) and self.tick_size > 0):
            msg = f"{self.symbol}: the tick size must be above 0, not {self.tick_size}"
            raise ValueError(msg)
        if self.multiplier <= 0:
            msg = f"{self.symbol}: the multiplier must be above 0, not {self.multiplier}"
            raise ValueError(msg)
        grid = _grid(self.tick_size)
        put = object.__setattr__
        put(self, "_num", grid.numerator)
        put(self, "_den", grid.denominator)
        put(self, "_per_unit", grid.denominator / grid.numerator)
        put(self, "tick_value", Decimal(grid.numerator) / grid.denominator * self.multiplier)

    @property
    def exchange(self) -> str:
        """Return the part of the symbol behind the last dot."""
        return split_symbol(self.symbol)[1]

    # The doubles nearest to a half, such as 0.145 at a tick of 0.01, lie on either side of
    # it; a millionth of a tick lets every half go up that is one as written in decimals.

    def to_ticks(self, price: float) -> int:
        """Count the ticks in a price, to the nearest; a half goes up.

        Raises:
            ValueError: The price is nan.
            OverflowError: The price is infinite.
        """
        return floor(price * self._per_unit + 0.500001)

    def from_ticks(self, ticks: int) -> float:
        """Return the double nearest to that many ticks, equal to the decimal as written."""
        return ticks * self._num / self._den

    def snap(self, price: float) -> float:
        """Put a price on the grid, so that `==`, dict keys and JSON are exact.

        Returns the nearest multiple of the tick size, a half going up; nan stays nan.

        Raises:
            OverflowError: The price is infinite, or beyond what its ticks can be counted in.
        """
        if price != price:  # noqa: PLR0124  nan, the missing price
            return price
        return floor(price * self._per_unit + 0.500001) * self._num / self._den

    def is_on_grid(self, price: float) -> bool:
        """Say whether a price is a multiple of the tick size, exactly."""
        try:
            return price == self.snap(price)
        except OverflowError:
            # Infinite, or CTP's largest double for a price that is missing.
            return False
