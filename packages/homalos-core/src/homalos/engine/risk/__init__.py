"""Risk in the engine: who is asked about an order, what they see, who watches and who acts.

The rules themselves are plugins. Here they are bound and asked (`manager`), shown the house
(`view`), watched between orders (`watch`), and obeyed (`switches`); `flatten` closes what is
held, `lease` lets the venue do so when nobody is there.
"""

from homalos.engine.risk.manager import BoundRule, RiskManager, RuleVerdict

__all__ = ["BoundRule", "RiskManager", "RuleVerdict"]
