"""What can be set: the venue, the synthetic market, the tape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import Factory, field, frozen
from attrs.validators import and_, ge, gt, in_, le, min_len

from homalos_sim.faults.options import FaultOptions

__all__ = ["DelayOptions", "LatencyOptions", "SyntheticOptions", "TapeOptions", "VenueOptions"]


@frozen(kw_only=True)
class DelayOptions:
    """How long one kind of message takes.

    Attributes:
        kind: `fixed` is always the mean; `normal` (what is below 0 counts as 0), `lognormal`
            and `exponential` are drawn from the venue's seeded chance; `file` draws from
            what was measured.
        mean_us: Mean of the delay itself, microseconds, >= 0.
        deviation_us: Its standard deviation, microseconds, >= 0; `normal` and `lognormal`.
        file: A CSV file of measured delays; a relative path is under the working directory.
        column: The column of it that has them, microseconds; the first where empty.
    """

    kind: Literal["fixed", "normal", "lognormal", "exponential", "file"] = field(
        default="fixed", validator=in_(("fixed", "normal", "lognormal", "exponential", "file"))
    )
    mean_us: float = field(default=0.0, validator=ge(0))
    deviation_us: float = field(default=0.0, validator=ge(0))
    file: str = ""
    column: str = ""


@frozen(kw_only=True)
class LatencyOptions:
    """How long messages between the engine and the venue take; at once unless given.

    Attributes:
        send: From the engine until an order is at the venue.
        cancel: The same of a cancel.
        acknowledge: From the venue until any report of it is at the engine.
        market_data: How old the market is when the engine sees it. The engine sees each
            event at once, so this is added to the way of the order that answers it.
    """

    send: DelayOptions = Factory(DelayOptions)
    cancel: DelayOptions = Factory(DelayOptions)
    acknowledge: DelayOptions = Factory(DelayOptions)
    market_data: DelayOptions = Factory(DelayOptions)

    @property
    def is_none(self) -> bool:
        """Say whether everything comes at once."""
        nothing = DelayOptions()
        return (self.send, self.cancel, self.acknowledge, self.market_data) == (nothing,) * 4


@frozen(kw_only=True)
class VenueOptions:
    """How the venue fills.

    Attributes:
        bar_volume_share: Share of a bar's volume that each side may fill, above 0, at most 1.
        book_age_s: Seconds after which a new order no longer meets the last tick's book
            but waits for the next tick, so that nothing fills in a break; >= 0.
        fill_model: What decides what fills, of this package's or another plugin's.
        fill_options: The options of that model, by name.
        outside_session: What becomes of an order that comes outside its sessions: it waits
            for the next one, as a terminal's order that is entered before, or is refused, as
            an exchange does. Where it is refused, none is taken back there either. With `ignore`
            hours are not looked at, and orders live until they end: for a tape whose hours are
            not the market's.
        self_trade: What becomes of an order that would trade against a working one of its
            own account: it is refused, the working one is cancelled, or both stay.
        offsets: What orders of a netting account say: `any`, none at all, and the venue closes
            before it opens; `exchange`, which lots they close, as to a real counter.
        strict_types: Whether a market order is refused where the exchange takes none.
        check_funds: Whether an order is refused that the account cannot pay for, by the
            venue's own arithmetic; an account of which it knows no capital may do anything.
        latency: How long messages to the venue and from it take: `send`, `cancel`,
            `acknowledge` and `market_data`, each a mapping of `kind` (`fixed`, `normal`,
            `lognormal`, `exponential`, `file`), `mean_us`, `deviation_us`, `file`, `column`.
        faults: What goes wrong between engine and venue; left out, nothing stands between them.
    """

    bar_volume_share: float = field(default=1.0, validator=and_(gt(0), le(1)))
    book_age_s: float = field(default=60.0, validator=ge(0))
    fill_model: str = "l1"
    fill_options: Mapping[str, Any] = Factory(dict)
    outside_session: Literal["wait", "reject", "ignore"] = field(
        default="wait", validator=in_(("wait", "reject", "ignore"))
    )
    self_trade: Literal["refuse", "cancel_resting", "allow"] = field(
        default="refuse", validator=in_(("refuse", "cancel_resting", "allow"))
    )
    offsets: Literal["any", "exchange"] = field(default="any", validator=in_(("any", "exchange")))
    strict_types: bool = False
    check_funds: bool = False
    latency: LatencyOptions = Factory(LatencyOptions)
    faults: FaultOptions | None = None


@frozen(kw_only=True)
class SyntheticOptions:
    """Which market to make up.

    Attributes:
        symbols: What is traded, at least one.
        start_day: First trading day, yyyymmdd; the next one when it is none.
        days: Trading days, >= 1. Events begin with the first session of the first.
        tick_ms: Milliseconds between the snapshots of one instrument, 1 to 60,000.
        history_days: Trading days of one-minute bars before the first event, >= 0.
    """

    symbols: tuple[str, ...] = field(
        default=(
            "rb2510.SHFE",
            "au2512.SHFE",
            "IF2509.CFFEX",
            "m2509.DCE",
            "TA509.CZCE",
            "lc2509.GFEX",
        ),
        validator=min_len(1),
    )
    start_day: int = 20250805
    days: int = field(default=1, validator=ge(1))
    tick_ms: int = field(default=500, validator=and_(ge(1), le(60_000)))
    history_days: int = field(default=1, validator=ge(0))


@frozen(kw_only=True)
class TapeOptions:
    """Which files to replay.

    Attributes:
        files: Paths, at least one; relative ones are under the working directory.
        symbols: Only these, as `CODE.EXCHANGE`; everything when empty.
    """

    files: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
