"""Settlement statements (结算单) in the text of CTP's counters: written and read."""

from homalos_china.statements.parser import parse_statement, read_statement
from homalos_china.statements.writer import write_statement

__all__ = ["parse_statement", "read_statement", "write_statement"]
