"""When the call auctions are: before a night, else before the day, and since 2023 before both."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from homalos.errors import MarketError
from homalos.plugins.ports import AuctionSource
from homalos_china.market import ChinaMarket

CN = timezone(timedelta(hours=8))


def _clocks(market: ChinaMarket, symbol: str, day: int) -> list[str]:
    found = market.auctions(symbol, day)
    assert {each.trading_day for each in found} <= {day}
    return [
        " ".join(
            f"{datetime.fromtimestamp(ns // 10**9, CN):%d-%H:%M}"
            for ns in (each.start_ns, each.match_ns, each.end_ns)
        )
        for each in found
    ]


NIGHT = "04-20:55 04-20:59 04-21:00"
MORNING = "05-08:55 05-08:59 05-09:00"


@pytest.mark.parametrize(
    ("symbol", "day", "expected"),
    [
        # Notices of SHFE 2023/25, INE 2023/11, DCE 2023/20: a second one since 2023-05-26.
        ("rb2510.SHFE", 20250805, [NIGHT, MORNING]),
        ("au2512.SHFE", 20250805, [NIGHT, MORNING]),
        ("sc2510.INE", 20250805, [NIGHT, MORNING]),
        ("m2509.DCE", 20250805, [NIGHT, MORNING]),
        # CZCE 2023/29 lets orders be taken back then, and has no auction.
        ("TA509.CZCE", 20250805, [NIGHT]),
        # No night: one, before the day.
        ("wr2510.SHFE", 20250805, [MORNING]),
        ("lc2509.GFEX", 20250805, [MORNING]),
        ("IF2509.CFFEX", 20250805, ["05-09:25 05-09:29 05-09:30"]),
        ("T2509.CFFEX", 20250805, ["05-09:25 05-09:29 05-09:30"]),
        # Before the index futures' hours were cut, they opened at 09:15.
        ("IF1409.CFFEX", 20140805, ["05-09:10 05-09:14 05-09:15"]),
        # Before the notices: the day after a night had none.
        ("rb2310.SHFE", 20230525, ["24-20:55 24-20:59 24-21:00"]),
        ("rb2310.SHFE", 20230526, ["25-20:55 25-20:59 25-21:00", "26-08:55 26-08:59 26-09:00"]),
        # After the May holiday of 2025 there was no night before 6 May.
        ("rb2510.SHFE", 20250506, ["06-08:55 06-08:59 06-09:00"]),
        # Monday's night is Friday's evening.
        ("rb2510.SHFE", 20250804, ["01-20:55 01-20:59 01-21:00", "04-08:55 04-08:59 04-09:00"]),
    ],
)
def test_auctions_are_where_the_exchanges_notices_put_them(
    market: ChinaMarket, symbol: str, day: int, expected: list[str]
) -> None:
    """By product, by day, with night and without."""
    assert _clocks(market, symbol, day) == expected


def test_an_auction_ends_where_a_session_begins(market: ChinaMarket) -> None:
    """Orders that wait in it go on into that session."""
    starts = {each.start_ns for each in market.sessions("rb2510.SHFE", 20250805)}
    assert {each.end_ns for each in market.auctions("rb2510.SHFE", 20250805)} <= starts


def test_the_market_says_that_it_has_auctions(market: ChinaMarket) -> None:
    """A venue asks only a market that has them."""
    assert isinstance(market, AuctionSource)


def test_a_day_without_trading_has_no_auctions_but_an_error(market: ChinaMarket) -> None:
    """The same as of its sessions."""
    with pytest.raises(MarketError):
        market.auctions("rb2510.SHFE", 20250802)
