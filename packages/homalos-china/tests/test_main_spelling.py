"""How the main contract of a product is written."""

from __future__ import annotations

import pytest

from homalos.errors import UnknownInstrument
from homalos_china.market import ChinaMarket


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> ChinaMarket:
    """Give the market without overrides."""
    return ChinaMarket.load(tmp_path_factory.mktemp("home") / "china.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rb.MAIN.SHFE", "rb.MAIN.SHFE"),
        ("rbMAIN.SHFE", "rb.MAIN.SHFE"),
        ("SHFE.RB.main", "rb.MAIN.SHFE"),
        ("rb.MAIN", "rb.MAIN.SHFE"),
        ("ta.main.CZCE", "TA.MAIN.CZCE"),
        ("rb.HOT", "rbHOT.SHFE"),
    ],
)
def test_a_main_contract_has_one_spelling(market: ChinaMarket, text: str, expected: str) -> None:
    """A series that somebody else has spliced keeps its own."""
    assert market.parse_symbol(text) == expected
    assert market.resolve(expected).product == expected.partition(".")[0].removesuffix("HOT")


def test_the_main_contract_of_an_unknown_product_is_told(market: ChinaMarket) -> None:
    """As any other symbol of it is."""
    with pytest.raises(UnknownInstrument, match="no product 'zz' on SHFE"):
        market.parse_symbol("zz.MAIN.SHFE")
