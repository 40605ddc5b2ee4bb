"""Settlement statements: kept as JSON, compared. Their text is a plugin's."""

from homalos.engine.statements.days import StatementDays
from homalos.engine.statements.formats import read_by_any
from homalos.engine.statements.reconcile import Difference, differences, unprinted

__all__ = ["Difference", "StatementDays", "differences", "read_by_any", "unprinted"]
