"""The dead-man lease: no sign of the engine, or of its operator, and the venue cancels."""

from __future__ import annotations

from collections.abc import Container, Mapping

from homalos.bus import STATE, Bus
from homalos.clock import EngineClock, Entry
from homalos.config import ControlSettings
from homalos.engine.orders import OrderManager
from homalos.engine.risk.switches import Switches
from homalos.errors import GatewayError
from homalos.model import Alert, ConnectionChanged, TradingState
from homalos.plugins.ports import Gateway, LeaseHolder

__all__ = ["OPERATOR", "Lease"]

OPERATOR = "operator"
"""Who holds the engine's switch once the operator has fallen silent."""

_NS = 1_000_000_000
_BEATS = 3  # signs in the time of a lease: two of them may get lost


class Lease:
    """Renews what venues hold for this engine, as long as its operator is there. Engine thread.

    An engine that hangs renews nothing: then the venue cancels by its own clock. One that is
    stopped in order cancels what works and lets the lease run out, which cancels whatever
    was not heard of any more. Where the operator falls silent no lease is renewed, what works
    at venues that hold none is cancelled, and the engine's switch is turned to close-only;
    after the next sign leases are renewed again, and the switch stays for a person to turn.

    Attributes:
        is_held: Whether leases are renewed.
        operator_ns: The last sign of the operator, nanoseconds UTC; 0 before the first.
    """

    def __init__(
        self,
        bus: Bus,
        clock: EngineClock,
        settings: ControlSettings,
        gateways: Mapping[str, Gateway],
        orders: OrderManager,
        switches: Switches,
    ) -> None:
        """Take what is to be held; `begin` begins."""
        self.is_held = False
        self.operator_ns = 0
        self.lease_ns = round(settings.lease_s * _NS)
        self.silence_ns = round(settings.operator_s * _NS)
        self._clock = clock
        self._orders = orders
        self._switches = switches
        self._say = bus.topic(Alert).publish
        self._holders: dict[str, LeaseHolder] = {}
        if self.lease_ns:
            self._holders = {
                name: each for name, each in gateways.items() if isinstance(each, LeaseHolder)
            }
            bus.subscribe(ConnectionChanged, self._on_connection, order=STATE, name="lease")
        self._unheld = tuple(name for name in gateways if name not in self._holders)
        self._timers: list[Entry] = []
        self._watch: Entry | None = None

    @property
    def holders(self) -> tuple[str, ...]:
        """Return the gateways that hold a lease for this engine."""
        return tuple(self._holders)

    def begin(self) -> None:
        """Renew for the first time, and again and again; the venues are being connected."""
        if self.lease_ns and self._unheld:
            names = ", ".join(self._unheld)
            what = f"{names} cannot hold a lease: what works there stays when this engine hangs"
            self._tell("warning", what)
        self.is_held = bool(self._holders)
        clock = self._clock
        if self._holders:
            if clock.now:
                self._renew()
            else:  # at the first event, where the time is the events' own
                self._timers.append(clock.call_after(0, self._renew))
            beat_ns = max(self.lease_ns // _BEATS, 1)
            self._timers.append(clock.call_every(beat_ns, self._renew))
        if self.silence_ns:
            self._timers.append(clock.call_after(0, self._begin_silence))

    def alive(self) -> None:
        """Take a sign of the operator; leases are renewed again at once where they were not."""
        self.operator_ns = self._clock.now
        if self.silence_ns:
            self._watch_silence()
        if self._holders and not self.is_held:
            self.is_held = True
            self._renew()

    def stop(self) -> None:
        """Give up in order: cancel what works, and renew nothing any more."""
        for timer in (*self._timers, *((self._watch,) if self._watch else ())):
            timer.cancel()
        was_held, self.is_held = self.is_held, False
        if was_held:
            self._cancel(self._holders)

    # -- inside ----------------------------------------------------------------

    def _renew(self) -> None:
        if self.is_held:
            for name, holder in self._holders.items():
                self._renew_at(name, holder)

    def _renew_at(self, name: str, holder: LeaseHolder) -> None:
        try:
            holder.renew_lease(self.lease_ns)
        except Exception as error:  # noqa: BLE001  the bus fence: a venue's fault, told
            self._tell("error", f"{name}: the lease could not be renewed: {error!r}")

    def _on_connection(self, event: ConnectionChanged) -> None:
        holder = self._holders.get(event.gateway)
        if event.is_up and self.is_held and holder is not None and self._clock.now:
            self._renew_at(event.gateway, holder)

    def _begin_silence(self) -> None:
        if not self.operator_ns:
            self.operator_ns = self._clock.now
            self._watch_silence()

    def _watch_silence(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._clock.call_after(self.silence_ns, self._fall_silent)

    def _fall_silent(self) -> None:
        self.is_held = False
        seconds = self.silence_ns / _NS
        why = f"no sign of the operator for {seconds:g} s"
        done = ["the engine only closes from now on"]
        if self._holders:
            done.append(f"{', '.join(self._holders)} will cancel what works when the lease is over")
        if self._unheld:
            done.append(f"what works at {', '.join(self._unheld)} is cancelled from here")
        self._tell("error", f"{why}: {'; '.join(done)}")
        self._switches.turn("engine", "", TradingState.CLOSE_ONLY, why, OPERATOR)
        self._cancel(self._unheld)

    def _cancel(self, gateways: Container[str]) -> None:
        for order in self._orders.working():
            if order.gateway in gateways:
                try:
                    self._orders.cancel(order.order_id)
                except GatewayError as error:
                    self._tell("error", f"{order.order_id} could not be cancelled: {error}")

    def _tell(self, level: str, what: str) -> None:
        self._say(Alert(level, "lease", what, self._clock.now))
