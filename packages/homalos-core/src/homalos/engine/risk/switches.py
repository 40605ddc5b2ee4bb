"""The three-state switch of the engine, of each account and of each strategy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from math import nan

from attrs import frozen

from homalos.bus import Bus
from homalos.clock import EngineClock
from homalos.engine.risk.manager import BoundRule, RiskManager
from homalos.errors import OrderError, did_you_mean
from homalos.model import Alert, OrderRequest, TradingState, TradingStateChanged
from homalos.plugins.ports import Refusal

__all__ = ["PERSON", "SWITCH", "Switch", "Switches"]

SWITCH = "switch"
"""The name under which an order is refused that a switch keeps."""

PERSON = ""
"""Who holds a switch where no rule does: a person, or the settings."""

_NORMAL, _CLOSE_ONLY, _HALTED = TradingState
_STRICTER = {_NORMAL: 0, _CLOSE_ONLY: 1, _HALTED: 2}
_SCOPES = ("engine", "account", "strategy")
_Held = tuple[TradingState, str]


@frozen(kw_only=True)
class Switch:
    """A switch that is not at `normal`.

    Attributes:
        scope: `engine`, `account` or `strategy`.
        name: Whose; "" for the engine.
        state: What is in force.
        reason: Why.
        holder: The rule that holds it there; "" for a person.
    """

    scope: str
    name: str
    state: TradingState
    reason: str
    holder: str


class Switches:
    """Knows what every switch stands at, and keeps the orders that it forbids. Engine thread.

    A person and every rule may hold a switch, and the strictest state is in force. As long
    as all of them are at `normal`, no order is asked about them.
    """

    def __init__(
        self,
        bus: Bus,
        clock: EngineClock,
        risk: RiskManager,
        accounts: Collection[str],
        is_reducing: Callable[[OrderRequest], bool],
    ) -> None:
        """Leave everything at `normal`."""
        self._lets_pass = False
        self._clock = clock
        self._risk = risk
        self._accounts = accounts
        self._is_reducing = is_reducing
        self._say = bus.topic(TradingStateChanged).publish
        self._alert = bus.topic(Alert).publish
        self._held: dict[tuple[str, str], dict[str, _Held]] = {}
        self._in_force: dict[tuple[str, str], _Held] = {}
        self._rule = BoundRule(SWITCH, 0, self._check, kind="validity")

    def turn(
        self, scope: str, name: str, state: TradingState, reason: str, holder: str = PERSON
    ) -> None:
        """Hold a switch at a state; what a person sets takes the place of what rules hold.

        Raises:
            OrderError: There is no such switch; the message names those that there are.
        """
        held = self._held.get((scope, name))
        if held is None:
            if state is _NORMAL:
                self._find(scope, name)
                return
            self._find(scope, name)
            held = self._held[scope, name] = {}
        if holder == PERSON:
            held.clear()
        if state is _NORMAL:
            held.pop(holder, None)
        elif holder in held and held[holder][0] is state:
            return  # the reason stays that of the first time
        else:
            held[holder] = state, reason
        self._follow(scope, name, reason)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let every order pass: what closes positions that must not stay."""
        self._lets_pass = True
        try:
            yield
        finally:
            self._lets_pass = False

    def at(self, scope: str, name: str = "") -> TradingState:
        """Return what a switch stands at."""
        return self._in_force.get((scope, name), (_NORMAL, ""))[0]

    def turned(self) -> tuple[Switch, ...]:
        """Return every switch that is not at `normal`, those of the engine first."""
        found = []
        for scope, name in sorted(self._in_force, key=lambda key: (_SCOPES.index(key[0]), key[1])):
            held = self._held[scope, name]
            holder = max(held, key=lambda each: _STRICTER[held[each][0]])
            state, reason = held[holder]
            found.append(Switch(scope=scope, name=name, state=state, reason=reason, holder=holder))
        return tuple(found)

    # -- inside ----------------------------------------------------------------

    def _find(self, scope: str, name: str) -> None:
        if scope not in _SCOPES:
            msg = f"there is no switch of {scope!r}; there are {', '.join(_SCOPES)}"
            raise OrderError(msg)
        if scope == "engine" and name:
            msg = f"the engine's switch has no name, and {name!r} was given"
            raise OrderError(msg)
        if scope == "account" and name not in self._accounts:
            hint = did_you_mean(name, self._accounts)
            msg = f"no account is called {name!r}{hint}; there are {', '.join(self._accounts)}"
            raise OrderError(msg)
        if scope == "strategy" and not name:
            msg = "the switch of a strategy needs the strategy's name"
            raise OrderError(msg)

    def _follow(self, scope: str, name: str, reason: str) -> None:
        """Have the strictest state in force, and tell where that is another one."""
        key = scope, name
        held = self._held[key]
        before = self.at(scope, name)
        strictest = max(held.values(), key=lambda each: _STRICTER[each[0]], default=None)
        if strictest is None:
            del self._held[key]
            self._in_force.pop(key, None)
        else:
            self._in_force[key] = strictest
        self._risk.guard(self._rule if self._in_force else None)
        now = self.at(scope, name)
        if now is before:
            return
        self._say(TradingStateChanged(scope, name, now, reason, self._clock.now))
        whose = f"{scope} {name}".rstrip()
        level = "info" if _STRICTER[now] < _STRICTER[before] else "warning"
        what = f"{whose} is {now} from now on" + (f": {reason}" if reason else "")
        self._alert(Alert(level, "control", what, self._clock.now))

    def _check(self, request: OrderRequest) -> Refusal | None:
        """Refuse what a switch forbids; asked only while one is not at `normal`."""
        if self._lets_pass:
            return None
        in_force = self._in_force
        reducing: bool | None = None
        for scope, name in (
            ("engine", ""),
            ("account", request.account),
            ("strategy", request.strategy),
        ):
            held = in_force.get((scope, name))
            if held is None:
                continue
            if held[0] is _CLOSE_ONLY:
                if reducing is None:
                    reducing = self._is_reducing(request)
                if reducing:
                    continue
            return _refusal(f"{scope} {name}".rstrip(), held)
        return None


def _refusal(whose: str, held: _Held) -> Refusal:
    state, reason = held
    allowed = "no order passes" if state is _HALTED else "only what reduces a position passes"
    why = f" ({reason})" if reason else ""
    return Refusal(f"{whose} is {state}{why}: {allowed}", nan, nan)
