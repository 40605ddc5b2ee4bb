"""Accounting cases of six exchanges, worked out by hand: every figure is on paper beside it.

Sources of a case are told with it. "Table" says that fees and margin are those of
homalos-china's data, seen on 2020-06-16; "chosen" says that no source has the figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from accounting_case import (
    BUY,
    CLOSE,
    OPEN,
    SELL,
    TODAY,
    YESTERDAY,
    Case,
    Fill,
    Night,
    Terms,
    check_case,
)

from homalos.model import Delivery
from homalos_china.market import ChinaMarket

if TYPE_CHECKING:
    from pathlib import Path

_IF = Terms(
    "IF2009.CFFEX", 0.2, 300, "0.1", ("0.000023", "0"), ("0.000023", "0"), ("0.000023", "0")
)
_RB = Terms("rb2010.SHFE", 1.0, 10, "0.08", ("0.0001", "0"), ("0.0001", "0"), ("0.0001", "0"))
_NR = Terms("nr2009.INE", 5.0, 10, "0.09", ("0", "10"), ("0", "10"), ("0", "10"))

CASES = (
    Case(
        "CFFEX: add and close over night",
        "CFFEX's example of a day's profit, as ifeng printed it on 2010-01-02 "
        "(dali56.com/gzqh/special/gzqh2010/qzxy/20100102/1657029.shtml): 205 points, 61,500",
        "10000000",
        (Terms("IF2009.CFFEX", 0.2, 300, "0.1"),),
        (
            Fill(BUY, OPEN, 10, 1500.0),
            # 10 x 1500 x 300 x 10 %.
            Night(20100104, "1500", {"marked": "0", "margin": "450000"}),
            Fill(BUY, OPEN, 8, 1505.0),
            # (1510 - 1500) x 5 x 300: the close takes lots of the day before.
            Fill(SELL, CLOSE, 5, 1510.0, realised="15000"),
            # 15 x 5 x 300 + 10 x 8 x 300 = 22,500 + 24,000; with 15,000 it is 61,500.
            # 13 x 1515 x 300 x 10 % = 590,850.
            Night(
                20100105,
                "1515",
                {"marked": "46500", "realised": "15000", "balance": "10061500", "margin": "590850"},
            ),
        ),
    ),
    Case(
        "CFFEX: two days of real prices, half a cent up",
        "bars/CFFEX.IF.HOT_d: 2010-04-16 opens 3450, settles 3431.2; 04-19 closes 3197.4, "
        "settles 3201.2. Table: 0.23 per 10,000, 10 %",
        "1000000",
        (_IF,),
        (
            # 3450 x 300 x 0.000023 = 23.805.
            Fill(BUY, OPEN, 1, 3450.0, "23.81"),
            # -18.8 x 300 = -5,640; 1,000,000 - 5,640 - 23.805 = 994,336.195.
            Night(
                20100416,
                "3431.2",
                {
                    "marked": "-5640",
                    "fees": "23.81",
                    "balance": "994336.20",
                    "margin": "102936",
                    "available": "891400.20",
                    "risk_degree": "0.1035",
                },
            ),
            # -233.8 x 300; 3197.4 x 300 x 0.000023 = 22.06206.
            Fill(SELL, CLOSE, 1, 3197.4, "22.06", "-70140"),
            # By trade -252.6 x 300. 994,336.195 - 70,140 - 22.06206 = 924,174.13294.
            Night(
                20100419,
                "3201.2",
                {
                    "balance_before": "994336.20",
                    "realised": "-70140",
                    "realised_by_trade": "-75780",
                    "balance": "924174.13",
                    "margin": "0",
                },
            ),
        ),
    ),
    Case(
        "CFFEX: delivery in money",
        "Table: fees and margin; prices and the delivery fee of 1 per 10,000 are chosen",
        "1000000",
        (
            Terms(
                "IF2009.CFFEX",
                0.2,
                300,
                "0.1",
                last_day=20200918,
                delivery=Delivery.CASH,
                delivery_fee=("0.0001", "0"),
            ),
        ),
        (
            Fill(SELL, OPEN, 2, 3000.0),
            # -20 x 2 x 300 for the short; 2 x 3020 x 300 x 10 %.
            Night(20200917, "3020", {"marked": "-12000", "balance": "988000", "margin": "181200"}),
            # Marked 209.6 x 600 = 125,760, by trade 189.6 x 600 = 113,760.
            # 2810.4 x 600 x 0.0001 = 168.624; 988,000 + 125,760 - 168.624.
            Night(
                20200918,
                "2810.4",
                {
                    "realised": "125760",
                    "realised_by_trade": "113760",
                    "fees": "168.62",
                    "balance": "1113591.38",
                    "margin": "0",
                },
            ),
        ),
    ),
    Case(
        "DCE: close half on the day",
        "Exam question on DCE corn (itgle.com/qihuo/qtnRDZ2.html): 20 at 2220, 10 closed at "
        "2230, settled 2215, 5 %: 1,000, -500 and 11,075",
        "100000",
        (Terms("c2009.DCE", 1.0, 10, "0.05"),),
        (
            Fill(BUY, OPEN, 20, 2220.0),
            Fill(SELL, CLOSE, 10, 2230.0, realised="1000"),
            Night(
                20200605,
                "2215",
                {"realised": "1000", "marked": "-500", "margin": "11075", "balance": "100500"},
            ),
        ),
    ),
    Case(
        "DCE: add to a position over night",
        "Exam question on soybeans (qitaibangong.com/qiquan_381970): 100,000; 40 at 2000, 20 "
        "closed at 2050, settled 2040: 118,000; 28 lots settled at 2060 need 28,840. "
        "The price of the 8 lots added is chosen",
        "100000",
        (Terms("a2009.DCE", 1.0, 10, "0.05"),),
        (
            Fill(BUY, OPEN, 40, 2000.0),
            Fill(SELL, CLOSE, 20, 2050.0, realised="10000"),
            # 40 x 20 x 10 = 8,000; 20 x 2040 x 10 x 5 % = 20,400.
            Night(
                20200501,
                "2040",
                {"marked": "8000", "balance": "118000", "margin": "20400", "available": "97600"},
            ),
            Fill(BUY, OPEN, 8, 2030.0),
            # 20 x 20 x 10 + 30 x 8 x 10 = 6,400; by trade 60 x 200 + 30 x 80 = 14,400.
            Night(
                20200502,
                "2060",
                {"marked": "6400", "floating": "14400", "balance": "124400", "margin": "28840"},
            ),
        ),
    ),
    Case(
        "DCE: half the fee for a close of the day",
        "Table: j 0.6 per 10,000, 0.3 to close the same day, 8 %, settlement 1943.5; "
        "other prices are chosen",
        "50000",
        (
            Terms(
                "j2009.DCE", 0.5, 100, "0.08", ("0.00006", "0"), ("0.00006", "0"), ("0.00003", "0")
            ),
        ),
        (
            Fill(BUY, OPEN, 2, 1943.5, "23.32"),  # 388,700 x 0.00006 = 23.322
            Fill(SELL, CLOSE, 1, 1950.0, "5.85", "650"),
            # 23.322 + 5.85 = 29.172; 1943.5 x 100 x 8 %.
            Night(
                20200616,
                "1943.5",
                {"fees": "29.17", "marked": "0", "margin": "15548", "balance": "50620.83"},
            ),
            Fill(SELL, CLOSE, 1, 1940.0, "11.64", "-350"),
            # 50,620.828 - 350 - 11.64 = 50,259.188.
            Night(20200617, "1945", {"balance": "50259.19"}),
        ),
    ),
    Case(
        "SHFE: margin goes up before a holiday",
        "Table: rb 1 per 10,000, 8 %, settlement 3592; other prices and the 10 % before the "
        "holiday are chosen",
        "100000",
        (_RB,),
        (
            Fill(BUY, OPEN, 3, 3600.0, "10.8"),
            Night(20200616, "3592", {"marked": "-240", "margin": "8620.80", "balance": "99749.20"}),
            Terms("rb2010.SHFE", 1.0, 10, "0.1", _RB.open, _RB.close, _RB.today),
            # -12 x 30; 3 x 3580 x 10 x 10 %.
            Night(20200617, "3580", {"marked": "-360", "margin": "10740", "balance": "99389.20"}),
            Fill(SELL, YESTERDAY, 2, 3610.0, "7.22", "600"),
            # By trade 10 x 20 = 200; the lot left gains 25 x 10.
            Night(
                20200618,
                "3605",
                {
                    "realised": "600",
                    "realised_by_trade": "200",
                    "marked": "250",
                    "margin": "3605",
                    "balance": "100231.98",
                },
            ),
        ),
    ),
    Case(
        "SHFE: no fee for a close of the day",
        "Table: au 10 a lot, 0 to close the same day, 5 %, settlement 391.12; other prices "
        "are chosen",
        "100000",
        (Terms("au2012.SHFE", 0.02, 1000, "0.05", ("0", "10"), ("0", "10")),),
        (
            Fill(BUY, OPEN, 2, 391.12, "20"),
            Fill(SELL, TODAY, 1, 392.0, "0", "880"),
            Night(20200616, "391.12", {"fees": "20", "margin": "19556", "balance": "100860"}),
            Fill(SELL, CLOSE, 1, 390.0, "10", "-1120"),
            Night(20200617, "390.5", {"fees": "10", "balance": "99730", "margin": "0"}),
        ),
    ),
    Case(
        "INE: open and close with both fees",
        "coscoxh.com/?p=5576, example 1: bought at 530, sold at 540, 40 of fees: 9,960; "
        "table: 20 a lot for every offset",
        "1000000",
        (Terms("sc2009.INE", 0.1, 1000, "0.1", ("0", "20"), ("0", "20"), ("0", "20")),),
        (
            Fill(BUY, OPEN, 1, 530.0, "20"),
            Fill(SELL, TODAY, 1, 540.0, "20", "10000"),
            Night(20200616, "540", {"realised": "10000", "fees": "40", "balance": "1009960"}),
        ),
    ),
    Case(
        "INE: a limit day against a short position calls for margin",
        "Table: nr 10 a lot; prices, 9 % and 12 % are chosen: settled at the upper limit of 7 %",
        "20000",
        (_NR,),
        (
            Fill(SELL, OPEN, 2, 9000.0, "20"),
            Night(
                20200616,
                "9000",
                {"balance": "19980", "margin": "16200", "available": "3780", "margin_call": "0"},
            ),
            Terms("nr2009.INE", 5.0, 10, "0.12", _NR.open, _NR.close, _NR.today),
            # -630 x 20 = -12,600; 2 x 9630 x 10 x 12 % = 23,112; 23,112 / 7,380 = 3.1317.
            Night(
                20200617,
                "9630",
                {
                    "marked": "-12600",
                    "balance": "7380",
                    "margin": "23112",
                    "available": "-15732",
                    "margin_call": "15732",
                    "risk_degree": "3.1317",
                },
            ),
        ),
    ),
    Case(
        "CZCE: one close takes lots of two days",
        "Table: TA 3 a lot for every offset, 6 %, settlement 3680; other prices are chosen",
        "50000",
        (Terms("TA009.CZCE", 2.0, 5, "0.06", ("0", "3"), ("0", "3"), ("0", "3")),),
        (
            Fill(BUY, OPEN, 5, 3700.0, "15"),
            Night(20200616, "3680", {"marked": "-500", "margin": "5520", "balance": "49485"}),
            Fill(BUY, OPEN, 5, 3660.0, "15"),
            # -10 x 25 + 10 x 25.
            Night(20200617, "3670", {"marked": "0", "margin": "11010", "balance": "49470"}),
            Fill(SELL, CLOSE, 6, 3690.0, "18", "600"),
            # By trade (-10 x 5 + 30) x 5 = -100; 4 lots gain 20 x 20.
            Night(
                20200618,
                "3690",
                {
                    "realised": "600",
                    "realised_by_trade": "-100",
                    "marked": "400",
                    "margin": "4428",
                    "balance": "50452",
                },
            ),
        ),
    ),
    Case(
        "CZCE: close of the day without a fee, then delivery in goods",
        "Table: CF 4.3 a lot, 0 to close the same day, 5 %, settlement 11795; other prices "
        "and 4 a lot of delivery are chosen",
        "10000",
        (
            Terms(
                "CF009.CZCE",
                5.0,
                5,
                "0.05",
                ("0", "4.3"),
                ("0", "4.3"),
                last_day=20200617,
                delivery=Delivery.PHYSICAL,
                delivery_fee=("0", "4"),
            ),
        ),
        (
            Fill(BUY, OPEN, 2, 11800.0, "8.6"),
            Fill(SELL, CLOSE, 1, 11850.0, "0", "250"),
            Night(20200616, "11795", {"marked": "-25", "margin": "2948.75", "balance": "10216.40"}),
            Night(
                20200617,
                "11900",
                {
                    "realised": "525",
                    "realised_by_trade": "500",
                    "fees": "4",
                    "balance": "10737.40",
                    "margin": "0",
                },
            ),
        ),
    ),
    Case(
        "GFEX: over night and out",
        "Multiplier of the table (ctp-20251226); prices, 0.8 per 10,000 and 9 % are chosen",
        "100000",
        (Terms("lc2507.GFEX", 20.0, 1, "0.09", ("0.00008", "0"), ("0.00008", "0")),),
        (
            Fill(BUY, OPEN, 3, 98_500.0, "23.64"),
            Night(20250401, "98000", {"marked": "-1500", "margin": "26460", "balance": "98476.36"}),
            Fill(SELL, CLOSE, 3, 99_000.0, "23.76", "3000"),
            Night(20250402, "99000", {"realised_by_trade": "1500", "balance": "101452.60"}),
        ),
    ),
    Case(
        "GFEX: the larger side of two months",
        "Multiplier of the table (ctp-20251226); prices, 3 a lot and 9 % are chosen",
        "50000",
        (
            Terms("si2506.GFEX", 5.0, 5, "0.09", ("0", "3"), group="si"),
            Terms("si2507.GFEX", 5.0, 5, "0.09", ("0", "3"), group="si"),
        ),
        (
            Fill(SELL, OPEN, 4, 9000.0, "12", symbol="si2506.GFEX"),
            Fill(BUY, OPEN, 2, 9100.0, "6", symbol="si2507.GFEX"),
            # 50 x 20 - 20 x 10; short 4 x 8950 x 5 x 9 % = 16,110, long 8,172.
            Night(
                20250401,
                {"si2506.GFEX": "8950", "si2507.GFEX": "9080"},
                {"marked": "800", "fees": "18", "margin": "16110", "balance": "50782"},
            ),
        ),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_comes_out_as_on_paper(case: Case) -> None:
    """Fees and profits fill by fill, and the funds of every day."""
    check_case(case)


@pytest.mark.parametrize("exchange", ["SHFE", "INE", "DCE", "CZCE", "CFFEX", "GFEX"])
def test_every_exchange_has_two_cases(exchange: str) -> None:
    """One alone could be right by chance."""
    assert sum(case.terms[0].symbol.endswith(f".{exchange}") for case in CASES) >= 2


def test_the_cases_have_the_contracts_of_the_market(tmp_path: Path) -> None:
    """Ticks and multipliers are those that the tables give."""
    market = ChinaMarket.load(tmp_path / "none.toml")
    for terms in (each for case in CASES for each in case.terms):
        day = 20250401 if terms.symbol.endswith("GFEX") else 20200616
        found = market.resolve(terms.symbol, on_day=day)
        assert (terms.symbol, found.tick_size, found.multiplier) == (
            terms.symbol,
            terms.tick,
            terms.multiplier,
        )
