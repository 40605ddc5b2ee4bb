"""Settlement statements (结算单): written, read, kept, compared."""

from homalos.engine.statements.days import StatementDays
from homalos.engine.statements.parser import Reading, parse_statement, read_statement
from homalos.engine.statements.reconcile import Difference, differences, unprinted
from homalos.engine.statements.writer import write_statement

__all__ = [
    "Difference",
    "Reading",
    "StatementDays",
    "differences",
    "parse_statement",
    "read_statement",
    "unprinted",
    "write_statement",
]
