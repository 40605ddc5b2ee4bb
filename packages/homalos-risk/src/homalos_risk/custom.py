"""Rules that users write into their settings, each a safe expression under a name of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import Attribute, Factory, evolve, field, fields, frozen

from homalos.errors import ConfigError, did_you_mean
from homalos.model import split_symbol
from homalos.plugins import OTHER_KEYS, RiskRuleSpec
from homalos.plugins.ports import RiskContext, RiskRule
from homalos_risk.expressions.compiling import Test, compile_condition
from homalos_risk.expressions.facts import FACTS, Kind
from homalos_risk.expressions.faults import ExpressionError
from homalos_risk.expressions.frames import Frame
from homalos_risk.expressions.rules import Rule, bind_rule, read_expression
from homalos_risk.expressions.tree import Among, Constant, Every, FactRead

__all__ = [
    "CUSTOM",
    "AppliesTo",
    "CustomOptions",
    "CustomRule",
    "account_problems",
    "bind_custom",
]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_LONGEST_MESSAGE = 200

# Which fact is held against each list of `applies_to`.
_FACTS = {
    "products": "contract.product",
    "exchanges": "contract.exchange",
    "symbols": "order.symbol",
    "strategies": "order.strategy",
    "accounts": "order.account",
}


def _readable(_: object, __: Attribute[Any], text: str) -> None:
    try:
        read_expression(text)
    except ExpressionError as error:
        raise ConfigError([fault.shown(text) for fault in error.faults]) from None


def _one_line(_: object, attribute: Attribute[Any], text: str) -> None:
    if not text.isprintable() or len(text) > _LONGEST_MESSAGE:
        what = f"one line of at most {_LONGEST_MESSAGE} characters"
        raise ConfigError([f"{attribute.name} must be {what}"])


def _entries(_: object, attribute: Attribute[Any], values: tuple[str, ...]) -> None:
    # A name that no order can have: a rule that silently does not hold.
    if not all(value.strip() == value != "" for value in values):
        raise ConfigError([f"{attribute.name} must be names without blanks around them"])
    if attribute.name == "symbols":
        for symbol in values:
            split_symbol(symbol)


def _zone(_: object, attribute: Attribute[Any], name: str) -> None:
    if name == attribute.default:
        return  # a machine without zones may still have rules that ask for no time
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = f"{name!r} is no time zone that is known here; write one such as Asia/Shanghai"
        raise ConfigError([f"{attribute.name}: {what}"]) from None


def _named(_: object, __: Attribute[Any], rules: Mapping[str, object]) -> None:
    wrong = [name for name in rules if not _NAME.fullmatch(name)]
    if wrong:
        what = "a rule's name has letters, digits, _ and -, and begins with a letter"
        raise ConfigError([f"{what}; not {name!r:.80}" for name in wrong])


@frozen(kw_only=True)
class AppliesTo:
    """Of which orders a rule is; an empty list says of all.

    Products, exchanges and contracts may be written in small or capital letters.

    Attributes:
        products: Product codes, such as rb or SR.
        exchanges: Exchanges, such as SHFE.
        symbols: Contracts, such as rb2510.SHFE.
        strategies: Names of strategies; manual for a person's orders.
        accounts: Names of accounts.
    """

    products: tuple[str, ...] = field(default=(), validator=_entries)
    exchanges: tuple[str, ...] = field(default=(), validator=_entries)
    symbols: tuple[str, ...] = field(default=(), validator=_entries)
    strategies: tuple[str, ...] = field(default=(), validator=_entries)
    accounts: tuple[str, ...] = field(default=(), validator=_entries)


@frozen(kw_only=True)
class CustomRule:
    """A rule of the user's.

    Attributes:
        refuse_if: The condition under which an order is refused; `homalos risk facts`
            lists what it may look at.
        message: What the person is told before the values, one line.
        kind: A rule of `exposure` lets pass what can only make a position smaller; one of
            `validity` holds for every order.
        unknown: What becomes of an order where the condition cannot be reckoned: a price is
            not known yet, or a number is divided by 0.
        applies_to: Of which orders it is.
        timezone: IANA name of the zone of `time.of_day`, `time.weekday` and `time.date`.
    """

    refuse_if: str = field(validator=_readable)
    message: str = field(default="", validator=_one_line)
    kind: Literal["exposure", "validity"] = "exposure"
    unknown: Literal["refuse", "pass"] = "refuse"
    applies_to: AppliesTo = AppliesTo()
    timezone: str = field(default="Asia/Shanghai", validator=_zone)


@frozen(kw_only=True)
class CustomOptions:
    """The rules of the user's.

    Attributes:
        rules: A rule under a name of the user's choice; in a verdict it is `custom.NAME`.
    """

    rules: Mapping[str, CustomRule] = field(
        default=Factory(dict), validator=_named, metadata={OTHER_KEYS: True}
    )


def bind_custom(context: RiskContext, options: CustomOptions) -> dict[str, RiskRule]:
    """Return the user's rules by name, in the order of the settings.

    Whether a rule is one of exposure is its own to say, so the engine is to take all of
    them for rules of validity. The checks leave no trace. Engine thread.
    """
    # One for all: what belongs to an order is looked up once.
    frame = Frame(context)
    return {name: _bound(each, frame) for name, each in options.rules.items()}


def _bound(each: CustomRule, frame: Frame) -> RiskRule:
    zone = cache(partial(ZoneInfo, each.timezone))
    rule = Rule(
        text=each.refuse_if,
        message=each.message.strip(),
        lets_reduce=each.kind == "exposure",
        refuses_unknown=each.unknown == "refuse",
        applies=_applies(each.applies_to, zone),
        accounts=_watched(each.applies_to),
        zone=zone,
    )
    return bind_rule(rule, frame)


def _applies(to: AppliesTo, zone: Callable[[], ZoneInfo]) -> Test | None:
    """Return what tells whether a rule is of an order; `None` where it is of all."""
    tests = []
    for each in fields(AppliesTo):
        values: tuple[str, ...] = getattr(to, each.name)
        if values:
            written = _SPELLINGS.get(each.name, _as_it_is)
            choices = tuple(
                Constant(value=spelling, kind=Kind.TEXT)
                for value in values
                for spelling in written(value)
            )
            tests.append(Among(operand=FactRead(fact=FACTS[_FACTS[each.name]]), choices=choices))
    if not tests:
        return None
    node = tests[0] if len(tests) == 1 else Every(operands=tuple(tests))
    return compile_condition(node, zone, may_be=False)


def _as_it_is(name: str) -> tuple[str, ...]:
    return (name,)


def _either_case(code: str) -> tuple[str, ...]:
    """Return the ways exchanges write a code: shfe is written SHFE, RB is written rb."""
    return tuple(dict.fromkeys((code, code.lower(), code.upper())))


def _contract_spellings(symbol: str) -> tuple[str, ...]:
    codes, exchanges = map(_either_case, split_symbol(symbol))
    return tuple(f"{code}.{exchange}" for code in codes for exchange in exchanges)


_SPELLINGS: Mapping[str, Callable[[str], tuple[str, ...]]] = {
    "products": _either_case,
    "exchanges": _either_case,
    "symbols": _contract_spellings,
}


def _watched(to: AppliesTo) -> tuple[str, ...] | None:
    """Return the accounts of a rule that may be watched; `None` where it is of less than them."""
    return None if evolve(to, accounts=()) != AppliesTo() else to.accounts


def account_problems(options: object, accounts: Iterable[str]) -> Iterator[str]:
    """Yield which rules are of an account that there is not, and so would never hold.

    Args:
        options: What the settings have under `risk.custom`, not looked at yet; what is wrong
            in another way is told where it is read.
        accounts: The names of all accounts.
    """
    known = frozenset(accounts)
    for name, rule in _entries_of(options):
        to = dict(_entries_of(rule)).get("applies_to")
        named = dict(_entries_of(to)).get("accounts")
        for account in named if isinstance(named, list | tuple) else ():
            if isinstance(account, str) and account not in known:
                what = f"there is no account {account!r}{did_you_mean(account, known)}"
                yield f"{what} @ $.risk.custom.{name}.applies_to.accounts"


def _entries_of(given: object) -> Iterable[tuple[str, object]]:
    return given.items() if isinstance(given, Mapping) else ()


CUSTOM = RiskRuleSpec(
    name="custom",
    factory=bind_custom,
    config=CustomOptions,
    order=80,
    # Each of them says for itself whether it lets reducing orders pass.
    kind="validity",
    doc="Rules of your own, each an expression under a name.",
)
"""What the package offers: all the user's rules."""
