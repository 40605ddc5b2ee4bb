"""The one real settlement at hand: openctp's of 2023-02-15, as far as it tells."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from accounting_case import BUY, OPEN, SELL, TODAY, Fill, Terms, fill_of

from homalos.engine.ledger import Ledger
from homalos.model import SettlementPrice

if TYPE_CHECKING:
    from pathlib import Path


def test_a_settlement_of_openctp_has_the_same_margin(real_data: Path) -> None:
    """One line of silver gives 19 %, gold has 14 %; the larger side of silver is charged.

    Its file is not in the order of time: what is left says that the lots at 4942 were closed.
    """
    text = (real_data / "metadata" / "openctp" / "settlement_sample.json").read_text("utf-8")
    sample = json.loads(text)
    terms = {
        name: Terms(f"{name}.SHFE", tick, multiplier, margin)
        for name, tick, multiplier, margin in (
            ("ag2306", 1.0, 15, "0.19"),
            ("au2308", 0.02, 1000, "0.14"),
        )
    }
    ledger = Ledger(capital=Decimal(1_000_000))
    order = ["72736", "76886", "168930", "167995", "168738"]
    for number, each in enumerate(
        sorted(sample["Transactions"], key=lambda one: order.index(one["TradeID"]))
    ):
        position = ledger.position(terms[each["InstrumentID"]].instrument())
        step = Fill(
            BUY if each["Direction"] == "0" else SELL,
            OPEN if each["OffsetFlag"] == "0" else TODAY,
            each["Volume"],
            each["Price"],
        )
        ledger.post(fill_of(step, position.instrument.symbol, 20230215, number), position)
    prices = {
        f"{each['InstrumentID']}.SHFE": SettlementPrice(Decimal(str(each["SettlementPrice"])))
        for each in sample["PositionsDetail"]
    }
    statement = ledger.settle(20230215, prices)

    assert [
        (each.lots, float(each.open_price), float(each.margin)) for each in statement.holdings
    ] == [(each["Volume"], each["OpenPrice"], each["Margin"]) for each in sample["PositionsDetail"]]
    assert [float(each.margin) for each in statement.positions] == [
        each["UseMargin"] for each in sample["Positions"]
    ]
    assert sorted(float(each.turnover) for each in statement.trades) == sorted(
        each["Turnover"] for each in sample["Transactions"]
    )
    # (4946 - 4942) x 60 closed; 1 x 60 - 1 x 30 - 0.7 x 2,000 held.
    assert (statement.funds.realised, statement.funds.marked) == (Decimal(240), Decimal(-1370))
