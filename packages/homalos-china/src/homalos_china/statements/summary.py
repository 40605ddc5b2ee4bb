"""The account summary (资金状况) and the lines above it, as a reader meets them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from attrs import fields_dict

from homalos.model import Funds, TransferLine
from homalos.plugins.ports import StatementKind
from homalos_china.statements.cells import as_number
from homalos_china.statements.layout import CURRENCIES, FUNDS, FundsLine, folded

__all__ = ["Header", "funds_of", "summary_figures"]

_ZERO = Decimal(0)
_COLONS = re.compile(r"[:：]+")
_HAN = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff\s]*")
_ACCOUNT = re.compile(
    r"(?:客户号|资金账号|Client ID)[^:：]*[:：]+\s*(.*?)\s*(?:客户名|Client Name|币种|$)"
)
_DAY = re.compile(r"(?:日期|Date)[^:：]*[:：]+\s*(\d{4})[-/.年]?(\d{2})[-/.月]?(\d{2})")
_MADE = re.compile(r"制表|Creation")
_CURRENCY = re.compile(r"Currency\s*[:：]+\s*([A-Z]{3})")
_BY_TRADE = re.compile(r"逐笔|Trade-for-Trade", re.IGNORECASE)
_TITLE = re.compile(r"结算单|核算单|Settlement Statement", re.IGNORECASE)
_VALUE = re.compile(r"\s*[-+.\d]")
_LABELS: Mapping[str, FundsLine] = {
    folded(label): line
    for names in ("english", "label")  # the Chinese ones count most
    for line in FUNDS
    for label in (getattr(line, names), *line.also)
}


class Header:
    """Account, day, currency and kind, gathered from the lines above the first table.

    Attributes:
        account: The client's number; empty until a line says it.
        trading_day: yyyymmdd; 0 until a line says it.
        currency: ISO 4217; empty until a line says it.
        kind: Marked, unless the title says that it is by trade.
    """

    def __init__(self) -> None:
        self.account = ""
        self.trading_day = 0
        self.currency = ""
        self.kind = StatementKind.MARKED

    def take(self, line: str) -> None:
        """Read what one line says of the whole."""
        if _TITLE.search(line) and _BY_TRADE.search(line):
            self.kind = StatementKind.BY_TRADE
        if not self.account and (match := _ACCOUNT.search(line)):
            self.account = match[1]
        if not self.trading_day and not _MADE.search(line) and (match := _DAY.search(line)):
            self.trading_day = int(match[1] + match[2] + match[3])

    def take_currency(self, title: str) -> None:
        """Read the currency of the summary from its title.

        Raises:
            ValueError: There was a summary in another currency before.
        """
        match = _CURRENCY.search(title)
        names = {name: code for code, name in CURRENCIES.items()}
        found = match[1] if match else next((names[name] for name in names if name in title), "")
        if self.currency and found != self.currency:
            msg = (
                f"a second account summary in {found or 'no currency'}, after {self.currency}; "
                "expected one currency; reconcile each currency's part by itself"
            )
            raise ValueError(msg)
        self.currency = found


def summary_figures(line: str, kind: StatementKind) -> Iterator[tuple[str, Decimal]]:
    """Yield the figures of one line of the summary by their fields; unknown labels are passed.

    Raises:
        ValueError: A known label has something that is no number.
    """
    parts = _COLONS.split(line)
    label = parts[0]
    for index, part in enumerate(parts[1:], start=2):
        value, rest = [*part.split(None, 1), "", ""][:2]
        known = _known(label)
        if not value or (index < len(parts) and _is_label(part)):
            label = part  # nothing stands behind the label
            continue
        if known is not None:
            name = known.by_trade if kind is StatementKind.BY_TRADE else known.field
            if name:
                yield name, _figure(known, value)
        label = rest


def funds_of(
    figures: Mapping[str, Decimal], transfers: Sequence[TransferLine]
) -> tuple[Funds, frozenset[str]]:
    """Return the money of the day, and which of its fields were printed.

    A field that was not is 0. `net` stands for both `deposits` and `withdrawals` where only
    their difference was printed and no list of transfers explains it.
    """
    found = dict(figures)
    for name in ("fees", "realised", "realised_by_trade"):
        apart = found.pop(f"{name}_delivery", None)
        if apart is not None and name in found:
            found[name] += apart
    equity = found.pop("equity", None)
    if equity is not None:
        found.setdefault("balance", equity)
    net = found.pop("net", None)
    printed = set(found)
    if net is not None and not {"deposits", "withdrawals"} <= printed:
        found["deposits"] = sum((max(each.amount, _ZERO) for each in transfers), _ZERO)
        found["withdrawals"] = found["deposits"] - sum((each.amount for each in transfers), _ZERO)
        if transfers and found["deposits"] - found["withdrawals"] == net:
            printed |= {"deposits", "withdrawals"}
        else:
            found |= {"deposits": max(net, _ZERO), "withdrawals": max(-net, _ZERO)}
            printed.add("net")
    funds = Funds(**{name: found.get(name, _ZERO) for name in fields_dict(Funds)})
    return funds, frozenset(printed)


def _known(label: str) -> FundsLine | None:
    """Return the line of a label by its Chinese half, by its English one where it has no other."""
    han = _HAN.search(label)
    return _LABELS.get(folded(han[0] if han else label))


def _is_label(part: str) -> bool:
    if _VALUE.match(part):
        return False
    return _known(part) is not None or _HAN.match(part.strip()) is not None


def _figure(known: FundsLine, text: str) -> Decimal:
    try:
        number = as_number(text.removesuffix("%"))
    except ValueError as error:
        msg = f"{known.label} {known.english}: {error}"
        raise ValueError(msg) from error
    return number.scaleb(-2) if text.endswith("%") else number
