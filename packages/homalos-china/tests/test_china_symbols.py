"""The spellings of contracts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.errors import UnknownInstrument
from homalos_china import ChinaMarket
from homalos_china.symbols import delivery_of


@pytest.mark.parametrize(
    ("text", "exchange", "expected"),
    [
        ("rb2510.SHFE", "", "rb2510.SHFE"),
        ("SHFE.rb2510", "", "rb2510.SHFE"),
        ("rb2510", "", "rb2510.SHFE"),
        ("RB2510", "", "rb2510.SHFE"),
        ("rb2510.shfe", "", "rb2510.SHFE"),
        (" rb2510 ", "SHFE", "rb2510.SHFE"),
        ("rb2510", "shfe", "rb2510.SHFE"),
        ("AP010", "", "AP010.CZCE"),
        ("AP2010", "", "AP010.CZCE"),  # four digits, as many vendors write them
        ("ta2205", "CZCE", "TA205.CZCE"),
        ("IF2101", "CFFEX", "IF2101.CFFEX"),
        ("sc2306", "", "sc2306.INE"),
        ("lc2407", "", "lc2407.GFEX"),
        ("SHFE.rb.HOT", "", "rbHOT.SHFE"),  # WonderTrader's name of the main contract
        ("CFFEX.IF.hot", "", "IFHOT.CFFEX"),
        ("rbHOT.SHFE", "", "rbHOT.SHFE"),
        ("rb888.SHFE", "", "rb888.SHFE"),
        ("TA000", "", "TA000.CZCE"),
    ],
)
def test_a_spelling_means_one_symbol(
    market: ChinaMarket, text: str, exchange: str, expected: str
) -> None:
    """Every usual way to write a contract comes out as its exchange spells it."""
    assert market.parse_symbol(text, exchange=exchange) == expected


@pytest.mark.parametrize(
    ("text", "exchange", "reason"),
    [
        ("m2009-C-2800", "", "is an option"),
        ("cu1912C51000", "", "is an option"),
        ("CF005P14000.CZCE", "", "is an option"),
        ("m2509-MS-C-2800", "DCE", "is an option"),
        ("SP a2501&a2505", "DCE", "is a combination"),
        ("zz2501", "", r"no product 'zz'.*\[products.zz\].*china.toml"),
        ("rb2510", "DCE", "no product 'rb' on DCE"),
        ("rb2510.NYMEX", "", "no exchange 'NYMEX'; this market has SHFE, INE"),
        ("rb2510", "NYMEX", "no exchange 'NYMEX'"),
        ("rb2510.SHFE", "DCE", "names SHFE, but its source says DCE"),
        ("rb2513", "", "no delivery month of SHFE, which writes rb2510"),
        ("rb2500", "", "no delivery month of SHFE"),
        ("rb510", "", "no delivery month of SHFE"),
        ("AP13", "", "no delivery month of CZCE, which writes AP510"),
        ("SR_Index", "", "is not a contract"),
        ("rb", "", "is not a contract"),
        ("", "", "is not a contract"),
    ],
)
def test_what_means_nothing_here_is_refused_with_advice(
    market: ChinaMarket, text: str, exchange: str, reason: str
) -> None:
    """The message says what was wrong, and how to add what is missing."""
    with pytest.raises(UnknownInstrument, match=reason):
        market.parse_symbol(text, exchange=exchange)


def test_no_two_products_differ_by_case_alone(market: ChinaMarket) -> None:
    """Otherwise a bare code in the wrong case would be a guess."""
    codes = [product.code.lower() for product in market.products.values()]
    assert len(codes) == len(set(codes))


@given(data=st.data())
def test_a_symbol_means_itself_in_every_spelling(market: ChinaMarket, data: st.DataObject) -> None:
    """Parsing is stable: a symbol, its swapped form and its upper case all give the symbol."""
    product = data.draw(st.sampled_from(sorted(market.products.values(), key=lambda p: p.key)))
    month = f"{data.draw(st.integers(3, 40)):02}{data.draw(st.integers(1, 12)):02}"
    code = product.code + month[-product.exchange.digits :]
    symbol = f"{code}.{product.exchange.code}"
    for text in (symbol, f"{product.exchange.code}.{code}", code, symbol.upper(), code.lower()):
        assert market.parse_symbol(text) == symbol


@pytest.mark.parametrize(
    ("symbol", "day", "expected"),
    [
        ("rb2510.SHFE", None, 202510),
        ("AP010.CZCE", 20200803, 202010),
        ("TA001.CZCE", 20191209, 202001),  # the next decade's first year
        ("TA912.CZCE", 20191209, 201912),
        ("TA911.CZCE", 20191209, 202911),  # past, so it can only be the next decade's
        ("AP010.CZCE", None, None),
        ("rbHOT.SHFE", 20200803, None),
        ("TA888.CZCE", 20200803, None),
    ],
)
def test_the_delivery_month_is_read_from_the_symbol(
    symbol: str, day: int | None, expected: int | None
) -> None:
    """One digit of the year is only read with a day at hand."""
    assert delivery_of(symbol, day) == expected
