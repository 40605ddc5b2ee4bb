"""What the contract cannot ask of every venue: lost connections, and a kiosk that is slow."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from homalos.model import (
    CancelRefused,
    CancelRequest,
    ConnectionChanged,
    OrderReport,
    Status,
    TradeReport,
)
from homalos.plugins.ports import GatewayContext, VenueEvent
from homalos.testing import DAY, INSTRUMENTS, START_NS, SYMBOL, FakeClock, order_request
from kiosk_gateway import Kiosk
from kiosk_gateway.gateway import KioskGateway
from kiosk_gateway.plugin import KioskOptions

LIMIT_S = 10.0


class Customer:
    """A gateway, and everything it has posted."""

    def __init__(self, port: int, *, queue: int = 1_000) -> None:
        """Make it; nothing is connected yet."""
        self.said: list[VenueEvent] = []
        self._change = threading.Condition()
        context = GatewayContext(
            name="kiosk",
            clock=FakeClock(),
            random=random.Random(1),
            instrument=INSTRUMENTS.__getitem__,
            last_tick=lambda _symbol: None,
            post=self._post,
            post_at=lambda _due_ns, event: self._post(event),
            fill_model=lambda _name: pytest.fail("this venue is outside the engine"),
        )
        self.gateway = KioskGateway(context, KioskOptions(port=port, queue=queue, retry_s=0.01))

    def _post(self, event: VenueEvent) -> None:
        with self._change:
            self.said.append(event)
            self._change.notify_all()

    def wait_for(self, is_there: Callable[[VenueEvent], bool]) -> VenueEvent:
        """Wait for a report and return it; those before it are taken out of `said`."""
        with self._change:
            assert self._change.wait_for(lambda: any(map(is_there, self.said)), LIMIT_S), self.said
            at = next(at for at, event in enumerate(self.said) if is_there(event))
            found = self.said[at]
            del self.said[: at + 1]
            return found

    def wait_until(self, *, is_up: bool) -> None:
        """Wait until the gateway says that it is up, or down."""
        self.wait_for(lambda e: isinstance(e, ConnectionChanged) and e.is_up is is_up)


@pytest.fixture
def kiosk() -> Iterator[Kiosk]:
    """Give a kiosk that trades the contract of the tests."""
    clock = count(START_NS)
    with Kiosk({SYMBOL: 1.0}, trading_day=DAY, now_ns=lambda: next(clock)) as kiosk:
        yield kiosk


@pytest.fixture
def customer(kiosk: Kiosk) -> Iterator[Customer]:
    """Give a gateway that is connected to the kiosk."""
    customer = Customer(kiosk.port)
    customer.gateway.connect()
    customer.wait_until(is_up=True)
    yield customer
    customer.gateway.close()


def wish(order_id: str) -> CancelRequest:
    """Make the wish to take an order back."""
    return CancelRequest(order_id, SYMBOL, "test", "main", "kiosk", START_NS)


def test_what_happened_meanwhile_is_reported_after_a_new_connection(
    kiosk: Kiosk, customer: Customer
) -> None:
    """A fill while the line was down is not lost, and comes before the news that it is up."""
    request = order_request(volume=2)
    customer.gateway.send_order(request)
    customer.gateway.settle()
    kiosk.drop()
    kiosk.quote(SYMBOL, request.price - 1, request.price, 2)
    customer.wait_until(is_up=False)
    customer.wait_for(lambda e: isinstance(e, TradeReport) and e.volume == 2)
    customer.wait_until(is_up=True)

    assert customer.gateway.working_orders() == frozenset()


def test_an_order_without_a_connection_is_rejected(kiosk: Kiosk) -> None:
    """Nobody keeps it for later: by then the market is somewhere else."""
    customer = Customer(kiosk.port)
    customer.gateway.send_order(order_request())
    found = customer.wait_for(lambda e: isinstance(e, OrderReport))
    customer.gateway.close()

    assert isinstance(found, OrderReport)
    assert (found.status, found.reason) == (
        Status.REJECTED,
        "there is no connection to the kiosk",
    )


def test_a_kiosk_that_is_closed_is_told_once_and_tried_again() -> None:
    """The trader sees why, and not a line a second."""
    clock = count(START_NS)
    with Kiosk({SYMBOL: 1.0}, trading_day=DAY, now_ns=lambda: next(clock)) as first:
        port = first.port
    customer = Customer(port)
    customer.gateway.connect()
    customer.wait_until(is_up=False)
    with Kiosk({SYMBOL: 1.0}, trading_day=DAY, now_ns=lambda: next(clock), port=port):
        customer.wait_until(is_up=True)
        customer.gateway.close()

    assert customer.said == []


def test_a_cancel_of_a_filled_order_is_refused(kiosk: Kiosk, customer: Customer) -> None:
    """The fill was faster: the order ends with its trade, the cancel with a refusal."""
    request = order_request()
    customer.gateway.send_order(request)
    kiosk.quote(SYMBOL, request.price - 1, request.price, 5)
    customer.gateway.settle()
    customer.gateway.cancel_order(wish(request.order_id))
    found = customer.wait_for(lambda e: isinstance(e, CancelRefused))

    assert isinstance(found, CancelRefused)
    assert found.order_id == request.order_id


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """Give a port on which nobody reads before the test does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LIMIT_S)
        yield server


def test_a_kiosk_that_does_not_read_never_blocks_the_engine(deaf: socket.socket) -> None:
    """Once the queue is full an order is refused, in the same thread and at once."""
    customer = Customer(deaf.getsockname()[1], queue=5)
    customer.gateway.connect()
    connection, _ = deaf.accept()
    with connection:
        connection.sendall(b'{"say": "welcome", "ref": 0}\n')
        customer.wait_until(is_up=True)
        for number in range(100_000):  # what the operating system takes in comes first
            customer.gateway.send_order(order_request(order_id=f"1-{number}"))
            if customer.said:
                break
        found = customer.wait_for(lambda e: isinstance(e, OrderReport))
        customer.gateway.close()

    assert isinstance(found, OrderReport)
    assert (found.status, found.reason) == (
        Status.REJECTED,
        "5 lines wait for the kiosk already",
    )


def test_a_line_that_is_none_of_a_kiosks_costs_the_connection(deaf: socket.socket) -> None:
    """What nobody understands is told with its text, and the connection is made anew."""
    customer = Customer(deaf.getsockname()[1])
    customer.gateway.connect()
    for greeting in (b"GET / HTTP/1.1\n", b'["no", "object"]\n'):
        connection, _ = deaf.accept()
        with connection:
            connection.sendall(b'{"say": "welcome", "ref": 0}\n' + greeting)
            customer.wait_until(is_up=True)
            found = customer.wait_for(lambda e: isinstance(e, ConnectionChanged))
            assert isinstance(found, ConnectionChanged)
            assert "is no line of a kiosk" in found.reason
    customer.gateway.close()


def test_what_was_on_its_way_when_the_line_was_cut_is_given_back(deaf: socket.socket) -> None:
    """An order that never arrived is rejected, a cancel refused: the engine waits for neither."""
    customer = Customer(deaf.getsockname()[1])
    customer.gateway.connect()
    connection, _ = deaf.accept()
    with connection:
        connection.sendall(b'{"say": "welcome", "ref": 0}\n')
        customer.wait_until(is_up=True)
        request = order_request()
        customer.gateway.send_order(request)
        customer.gateway.cancel_order(wish(request.order_id))
    customer.wait_for(lambda e: isinstance(e, CancelRefused) and e.order_id == request.order_id)
    customer.wait_until(is_up=False)
    assert customer.gateway.working_orders() == {request.order_id}
    connection, _ = deaf.accept()
    with connection:
        connection.sendall(b'{"say": "welcome", "ref": 0}\n')
        customer.wait_for(lambda e: isinstance(e, OrderReport) and e.status is Status.REJECTED)
        customer.wait_until(is_up=True)
        customer.gateway.close()

    assert customer.gateway.working_orders() == frozenset()
