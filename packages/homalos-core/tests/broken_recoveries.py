"""Venues that each get one thing wrong of what trades at once, and of silence."""

from __future__ import annotations

from small_venue import Venue

from homalos.model import (
    CancelRefused,
    CancelRequest,
    OrderRequest,
    OrdersReported,
    OrderType,
)

__all__ = ["BROKEN_RECOVERIES"]


class Lingering(Venue):
    """Lets the rest of an order to fill and kill stand."""

    def expire(self, name: str) -> None:
        """End it only where nothing was filled."""
        if self.left[name] == self.requests[name].volume:
            super().expire(name)


class Patient(Venue):
    """Waits for somebody to fill and kill with."""

    def expire(self, name: str) -> None:
        """End it only where something was filled, or everything was wanted."""
        asked = self.requests[name]
        if asked.type is OrderType.FOK or self.left[name] < asked.volume:
            super().expire(name)


class Halving(Venue):
    """Takes fill or kill for fill and kill."""

    def waits_for_all(self, request: OrderRequest) -> bool:
        """Say no."""
        return request.volume < 0


class Curt(Venue):
    """Refuses the cancel of a filled order without a word."""

    def cancel_order(self, request: CancelRequest) -> None:
        """Leave the reason out."""
        name = request.order_id
        if name in self.requests and self.requests[name].volume == 4 and name not in self.left:
            self.post(CancelRefused(name, "", self.now()))
        else:
            super().cancel_order(request)


class Absent(Venue):
    """Forgets, when it is asked, what it only acknowledged."""

    def report_orders(self, question: int) -> None:
        """Leave such orders out."""
        told = [event.order_id for event in self.book]
        for event in tuple(self.book):
            if told.count(event.order_id) > 1:
                self.post(event)
        self.post(OrdersReported(self.context.name, question, self.now()))


class Misnamed(Venue):
    """Marks the end of the answer by another name."""

    def report_orders(self, question: int) -> None:
        """Say it of `venue`."""
        for event in tuple(self.book):
            self.post(event)
        self.post(OrdersReported("venue", question, self.now()))


class Confused(Venue):
    """Counts questions for itself."""

    def report_orders(self, question: int) -> None:
        """Begin at 1."""
        super().report_orders(question % 7)


class Backwards(Venue):
    """Tells the day from its end."""

    def report_orders(self, question: int) -> None:
        """Begin with the newest."""
        for event in reversed(tuple(self.book)):
            self.post(event)
        self.post(OrdersReported(self.context.name, question, self.now()))


class Careless(Venue):
    """Leaves working what the lease was for."""

    def look(self) -> None:
        """Refuse new orders only."""
        if self.until and self.context.clock.now_ns() >= self.until:
            self.until, self.lapsed = 0, "the lease ran out"


class Strict(Venue):
    """Counts the lease from its beginning."""

    def renew_lease(self, valid_ns: int) -> None:
        """Not prolong it."""
        if not self.until or not valid_ns:
            super().renew_lease(valid_ns)


class Trusting(Venue):
    """Takes orders behind the lease."""

    def look(self) -> None:
        """Cancel only."""
        super().look()
        self.lapsed = ""


BROKEN_RECOVERIES: dict[type[Venue], set[str]] = {
    Lingering: {"a_fill_and_kill_order_takes_what_is_there_and_ends"},
    Patient: {"a_fill_and_kill_order_that_meets_nobody_ends_at_once"},
    Halving: {"a_fill_or_kill_order_is_filled_whole_or_not_at_all"},
    Curt: {"a_cancel_of_a_filled_order_is_refused_with_a_reason"},
    Absent: {"orders_are_reported_anew_as_they_were"},
    Misnamed: {"the_end_of_the_answer_is_said_under_its_own_name"},
    Confused: {"the_end_of_each_answer_has_the_number_of_its_question"},
    Backwards: {"reports_of_an_order_come_anew_in_their_order"},
    Careless: {"a_lease_that_runs_out_leaves_nothing_working"},
    Strict: {"a_lease_in_time_leaves_orders_alone"},
    Trusting: {"a_late_order_is_refused_until_the_lease_is_renewed"},
}
