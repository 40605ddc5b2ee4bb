"""A user's own file: what it changes, what it adds, and what is wrong with it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from homalos.errors import ConfigError
from homalos.model import CloseFirst, Delivery, Fee, MarginSide, OffsetRule
from homalos_china import ChinaMarket


def _market(folder: Path, text: str) -> ChinaMarket:
    path = folder / "china.toml"
    path.write_text(text, encoding="utf-8")
    return ChinaMarket.load(path)


def test_a_known_product_is_changed_where_the_file_says(tmp_path: Path) -> None:
    """Margin and fees of one's broker; everything else stays as the package knows it."""
    market = _market(
        tmp_path,
        """
        [products.rb]
        margin_rate = 0.13
        fee_open = "0.00010001+0.01/lot"
        fee_close_today = 2e-4
        max_limit_volume = 200
        """,
    )
    rebar = market.resolve("rb2510.SHFE", on_day=20200616)
    assert rebar.margin_rate == Decimal("0.13")
    assert rebar.fee_open == Fee(rate=Decimal("0.00010001"), per_lot=Decimal("0.01"))
    assert rebar.fee_close_today == Fee(rate=Decimal("0.0002"))
    assert (rebar.max_limit_volume, rebar.fee_close.rate) == (200, Decimal("0.0001"))
    assert (rebar.tick_size, rebar.name) == (1.0, "螺纹2510")


def test_terms_and_hours_can_be_changed(tmp_path: Path) -> None:
    """A night taken off, a grid made finer."""
    market = _market(
        tmp_path,
        """
        [products.rb]
        tick_size = 0.5
        multiplier = 20
        night = ""
        name = "rebar"
        """,
    )
    rebar = market.resolve("rb2510.SHFE")
    assert (rebar.tick_size, rebar.multiplier, rebar.name) == (0.5, 20, "rebar2510")
    assert len(market.sessions("rb2510.SHFE", 20251210)) == 3


def test_a_product_can_be_added(tmp_path: Path) -> None:
    """A listing newer than the package: spelled, resolved and timed like any other."""
    market = _market(
        tmp_path,
        """
        [products.zz]
        exchange = "GFEX"
        tick_size = 5
        multiplier = 30
        day = ["09:00-10:15", "10:30-11:30", "13:30-15:00"]
        night = "21:00-23:00"
        """,
    )
    symbol = market.parse_symbol("ZZ2612")
    assert symbol == "zz2612.GFEX"
    found = market.resolve(symbol)
    assert (found.tick_size, found.multiplier, found.name) == (5.0, 30, "zz2612")
    assert found.margin_rate == Decimal("0.1")
    assert [session.trading_day for session in market.sessions(symbol, 20260105)] == [20260105] * 3
    assert len(market.sessions(symbol, 20260106)) == 4


def test_a_code_added_on_a_second_exchange_needs_the_exchange(tmp_path: Path) -> None:
    """The bare code would be a guess, the symbol is not."""
    market = _market(
        tmp_path,
        """
        [products.rb]
        exchange = "GFEX"
        tick_size = 2
        multiplier = 1
        day = "commodity"
        """,
    )
    assert market.resolve("rb2510.GFEX").tick_size == 2.0
    assert market.resolve("rb2510.SHFE").tick_size == 1.0
    with pytest.raises(LookupError, match="traded on SHFE or GFEX; name the exchange"):
        market.parse_symbol("rb2510")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("tick_size = -1", "products.rb.tick_size: expected a number above 0, found -1"),
        ("tick_size = nan", "products.rb.tick_size: expected a number above 0"),
        ("tick_size = true", "products.rb.tick_size: expected a number above 0, found True"),
        ('tick_size = "1"', "products.rb.tick_size: expected a number above 0, found '1'"),
        ("multiplier = 0", "products.rb.multiplier: expected a whole number above 0, found 0"),
        ("multiplier = 1.5", "products.rb.multiplier: expected a whole number above 0"),
        ("margin_rate = 13", "products.rb.margin_rate: expected a share from 0 to 1, found 13"),
        ("max_limit_volume = -5", "products.rb.max_limit_volume: expected a whole number of lots"),
        ('fee_open = "3/kg"', "products.rb.fee_open: expected a fee"),
        ("fee_close = -1", "products.rb.fee_close: expected a fee"),
        ('day = "night"', "products.rb.day: expected commodity, index, early, bond"),
        ("day = []", "products.rb.day: expected commodity"),
        ('day = ["13:00-15:00", "09:00-10:00"]', "products.rb.day: expected commodity"),
        ('night = "21-23"', "products.rb.night: expected hours"),
        ("name = 5", "products.rb.name: expected a text, found 5"),
        ('exchange = "NYMEX"', "products.rb.exchange: expected one of SHFE, INE"),
        ("tick = 1", "products.rb.tick: unknown key; known are close_first, day, delivery"),
    ],
)
def test_a_wrong_value_is_told_with_file_and_key(tmp_path: Path, line: str, problem: str) -> None:
    """Nothing is coerced: what was expected and what was found stand beside the key."""
    with pytest.raises(ConfigError) as caught:
        _market(tmp_path, f"[products.rb]\n{line}\n")
    (told,) = caught.value.problems
    assert told.startswith(f"{tmp_path / 'china.toml'}: {problem}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[products.rb", "china.toml: "),
        ("[product.rb]\ntick_size = 1", "china.toml: product: unknown; expected [products.<code>]"),
        ("products = 1", "china.toml: products: expected tables"),
        ("products.rb = 1", "china.toml: products.rb: expected a table"),
        ("[products.zz]\nnight = ''", "products.zz: not a known product; to add it, give exchange"),
        ("[products.r1]\n", "products.r1: a product code has letters only"),
    ],
)
def test_a_file_of_the_wrong_form_is_told(tmp_path: Path, text: str, problem: str) -> None:
    """A misspelled table must not be passed over in silence."""
    with pytest.raises(ConfigError) as caught:
        _market(tmp_path, text)
    assert problem in str(caught.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Nobody should mend a file one error at a time."""
    with pytest.raises(ConfigError) as caught:
        _market(tmp_path, "[products.rb]\ntick_size = 0\nname = 1\n[products.m]\nmultiplier = 0\n")
    keys = [problem.split(": ")[1] for problem in caught.value.problems]
    assert keys == ["products.rb.tick_size", "products.rb.name", "products.m.multiplier"]


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are a problem of the file, not a crash."""
    path = tmp_path / "china.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"china\.toml"):
        ChinaMarket.load(path)


def test_how_it_counts_and_ends_can_be_set(tmp_path: Path) -> None:
    """What no source gives, or one's broker does otherwise; each is then the file's."""
    market = _market(
        tmp_path,
        """
        [products.m]
        offsets = "dated"
        close_first = "oldest"
        margin_side = "larger"
        delivery = "physical"
        last_day = "before:-1"
        fee_delivery = "1/lot"
        limit_rate = 0.06
        """,
    )
    meal = market.resolve("m2505.DCE", on_day=20250303)
    assert (meal.offsets, meal.close_first) == (OffsetRule.DATED, CloseFirst.OLDEST)
    assert (meal.margin_side, meal.delivery) == (MarginSide.LARGER, Delivery.PHYSICAL)
    assert meal.last_trading_day == 20250430
    assert (meal.fee_delivery, meal.limit_rate) == (Fee(per_lot=Decimal(1)), Decimal("0.06"))
    told = {fact.name: fact for fact in market.describe("m2505.DCE", on_day=20250303)}
    for name in (
        "offsets",
        "close_first",
        "margin_side",
        "delivery",
        "last_trading_day",
        "limit_rate",
    ):
        assert (told[name].sources, told[name].nearest) == ((str(tmp_path / "china.toml"),), 0)


def test_a_new_product_is_under_the_rules_of_its_exchange(tmp_path: Path) -> None:
    """SHFE asks every close for the lots it means; when it ends is not known."""
    market = _market(
        tmp_path,
        '[products.qq]\nexchange = "SHFE"\ntick_size = 1\nmultiplier = 5\nday = "commodity"\n',
    )
    added = market.resolve("qq2510.SHFE", on_day=20250303)
    assert (added.offsets, added.margin_group) == (OffsetRule.DATED, "qq.SHFE")
    assert added.last_trading_day == 0


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('offsets = "some"', "products.rb.offsets: expected one of none, plain, dated, found"),
        ('delivery = "later"', "products.rb.delivery: expected one of none, cash, physical, found"),
        ('last_day = "15"', "products.rb.last_day: expected a rule: day:15"),
        ("last_day = 15", "products.rb.last_day: expected a rule: day:15"),
    ],
)
def test_a_wrong_rule_is_told_with_its_choices(tmp_path: Path, line: str, problem: str) -> None:
    """As every other wrong value."""
    with pytest.raises(ConfigError) as caught:
        _market(tmp_path, f"[products.rb]\n{line}\n")
    (told,) = caught.value.problems
    assert told.startswith(f"{tmp_path / 'china.toml'}: {problem}")
