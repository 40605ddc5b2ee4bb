"""A text into words, numbers, times, texts in quotes and signs. ASCII outside of quotes."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, auto

from attrs import frozen

from homalos_risk.expressions.faults import ExpressionError, Fault

__all__ = ["LONGEST", "Token", "TokenKind", "tokens_of"]

LONGEST = 2_000
"""Characters that an expression may have."""

_LARGEST = 1e15
_DIGITS = 40
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
    |(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![0-9A-Za-z_.:]))
    |(?P<number>(?:[0-9]+(?:_[0-9]+)*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z_.:]))
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    |(?P<text>"[^"\\\n]*"|'[^'\\\n]*')
    |(?P<sign><=|>=|==|!=|\*(?!\*)|/(?!/)|<(?!>)|[-+%>(),])""",
    re.VERBOSE | re.ASCII,
)
_NUMBERLIKE = re.compile(r"[0-9.][0-9A-Za-z_.:]*", re.ASCII)

# What people write who know another language, the longest first, and what to write here.
_FOREIGN = (
    ("**", "there are no powers; multiply instead"),
    ("//", "there is no whole division; divide with /"),
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("<>", "write !="),
    ("=<", "write <="),
    ("=>", "write >="),
    ("=", "nothing can be assigned; two values are compared with =="),
    ("!", "write `not`, or != to compare"),
    ("&", "write `and`"),
    ("|", "write `or`"),
    ("[", "there are no look-ups by [ ]; only the named facts can be read"),
    ("]", "there are no look-ups by [ ]; only the named facts can be read"),
    ("{", "there are no { }; only the named facts can be read"),
    ("}", "there are no { }; only the named facts can be read"),
    (".", "a fact is written as group.name, such as order.volume"),
    ("\\", "there are no escapes"),
    (";", "one rule is one expression"),
    (":", "only a time of day has a colon, such as 14:55"),
)
# By their code points, since a look-alike in the source is what nobody can tell apart.
_ALIKE = {"\u00d7": "*", "\u00f7": "/", "\u2264": "<=", "\u2265": ">=", "\u2260": "!="}
_ALIKE |= dict.fromkeys("\u2212\u2010\u2013", "-")
_ALIKE |= dict.fromkeys("\u201c\u201d\u201e\u2018\u2019\u201a", '"')


class TokenKind(Enum):
    """What a piece of the text is."""

    NUMBER = auto()
    TIME = auto()
    TEXT = auto()
    WORD = auto()
    SIGN = auto()
    END = auto()


@frozen
class Token:
    """A piece of the text.

    Attributes:
        text: As written; of a text in quotes, what is between them.
        value: Of a number its value, of a time seconds since midnight, else 0.
        start: Where it begins, characters from 0.
        end: The first character after it.
    """

    kind: TokenKind
    text: str
    start: int
    end: int
    value: float = 0


def tokens_of(text: str) -> list[Token]:
    """Return the pieces of a text, with an `END` behind the last.

    Raises:
        ExpressionError: It is too long, or has something that no expression has.
    """
    if len(text) > LONGEST:
        what = f"the expression has {len(text):,} characters; at most {LONGEST:,} are allowed"
        raise ExpressionError([Fault(what, 0, 1)])
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ExpressionError([_foreign(text, place)])
        place = match.end()
        if match.lastgroup != "blank":
            found.append(_made(match))
    found.append(Token(TokenKind.END, "", len(text), len(text)))
    return found


def _made(match: re.Match[str]) -> Token:
    text, start, end = match[0], match.start(), match.end()
    kind = TokenKind[str(match.lastgroup).upper()]
    value: float = 0
    if kind is TokenKind.NUMBER:
        value = _number(text, start, end)
    elif kind is TokenKind.TIME:
        value = _seconds(text, start, end)
    elif kind is TokenKind.TEXT:
        text = text[1:-1]
        for place, char in enumerate(text, start + 1):
            if not char.isprintable():
                what = f"{_called(char)} cannot stand in a text"
                raise ExpressionError([Fault(what, place, place + 1)])
    return Token(kind, text, start, end, value)


def _number(text: str, start: int, end: int) -> float:
    # The length first: what is converted then is short, whatever somebody wrote.
    value = float(text) if len(text) <= _DIGITS else _LARGEST * 2
    if value > _LARGEST:
        what = f"the number is too large; at most {_LARGEST:.0e} is allowed"
        raise ExpressionError([Fault(what, start, end)])
    return int(text) if text.replace("_", "").isdigit() else value


def _seconds(text: str, start: int, end: int) -> int:
    hours, minutes, seconds = (*map(int, text.split(":")), 0)[:3]
    if hours > 23 or minutes > 59 or seconds > 59:
        what = f"{text} is no time of day; write 00:00 to 23:59:59"
        raise ExpressionError([Fault(what, start, end)])
    return hours * 3600 + minutes * 60 + seconds


def _foreign(text: str, place: int) -> Fault:
    """Return what to say of a place where nothing begins that an expression has."""
    char = text[place]
    if char in "\"'":
        return Fault("the text has no end: its closing quote is missing", place, place + 1)
    if char in "0123456789" and (found := _NUMBERLIKE.match(text, place)):
        what = f"{found[0][:_DIGITS]} is no number; write 12, 0.5, 1e6 or a time such as 14:55"
        return Fault(what, place, found.end())
    for sign, advice in _FOREIGN:
        if text.startswith(sign, place):
            return Fault(f"{sign} means nothing here: {advice}", place, place + len(sign))
    if char.isascii():
        return Fault(f"{_called(char)} means nothing here", place, place + 1)
    alike = _ALIKE.get(char) or unicodedata.normalize("NFKC", char)
    advice = f"; write {alike}" if alike.isascii() and alike.isprintable() else ""
    return Fault(f"{_called(char)} cannot stand outside of quotes{advice}", place, place + 1)


def _called(char: str) -> str:
    name = unicodedata.name(char, "a control character")
    shown = f"{char} " if char.isprintable() else ""
    return f"{shown}(U+{ord(char):04X}, {name.lower()})"
