"""Rules written as expressions: read, checked, compiled to closures; never run as Python."""

from homalos_risk.expressions.facts import FACTS, Fact, Kind
from homalos_risk.expressions.faults import ExpressionError, Fault
from homalos_risk.expressions.frames import Frame
from homalos_risk.expressions.rules import Rule, bind_rule, read_expression

__all__ = [
    "FACTS",
    "ExpressionError",
    "Fact",
    "Fault",
    "Frame",
    "Kind",
    "Rule",
    "bind_rule",
    "read_expression",
]
