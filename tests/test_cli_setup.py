"""Tests of the way in with everything installed: `init`, then `check`, `up` and `strategy`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from homalos.cli import main
from homalos.config import Settings, load_settings, structure
from homalos.config.documentation import described_fields
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost
from homalos.plugins.specs import FillModelSpec

KINDS = (
    *("markets", "gateways", "feeds", "stores", "risk_rules", "strategies"),
    *("fill_models", "alert_channels"),
)
OPTIONS = [
    pytest.param(spec, id=f"{kind} {spec.name}")
    for catalog in [Catalog.gather(PluginHost.discover())]
    for kind in KINDS
    for spec in getattr(catalog, kind).values()
]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a fresh folder that `homalos init` has written."""
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["init", "x"]) == 0
    monkeypatch.chdir(tmp_path / "x")


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> Mapping[str, Any]:
    """Run a command that ends well; return what it tells a program."""
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    found: Mapping[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_new_folder_has_settings_without_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    """Both files are read."""
    found = ran(capsys, "config", "check")
    files = [str(Path("config") / name) for name in ("system.yaml", "strategies.yaml")]
    assert found == {"files": files, "problems": []}


def test_a_new_folder_runs_and_trades(capsys: pytest.CaptureFixture[str]) -> None:
    """The next step that `init` tells, without the wait: twenty seconds at the usual speed."""
    found = ran(capsys, "up", "--for", "20s", "--speed", "max")
    assert found["strategies"] == {"ma-rb": "stopped"}
    assert min(found["ticks"], found["bars"], found["trades"]) > 0
    assert (found["faults"], found["dropped"], found["identity_holds"]) == (0, 0, True)
    assert found["home"] == str(Path.cwd() / "config" / ".homalos")


def test_the_strategy_of_ones_own_runs_beside_the_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As its own docstring tells to put it to work; it buys and leaves within the hour."""
    ran(capsys, "strategy", "add", "breakout", "--symbol", "rb2510.SHFE", "-p", "bars=5")
    ran(capsys, "strategy", "remove", "ma-rb")
    found = ran(capsys, "up", "--for", "60s", "--speed", "max")
    assert found["strategies"] == {"breakout-rb2510.SHFE": "stopped"}
    assert found["trades"] >= 2
    assert found["faults"] == 0


def test_a_strategy_of_a_plugin_is_added_on_a_symbol_as_the_exchange_writes_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The file gets it as the house does, and the engine runs it."""
    params = ("-p", "fast=3", "-p", "slow=9")
    found = ran(capsys, "strategy", "add", "double_ma", "--symbol", "SHFE.rb2510", *params)
    assert found["added"]["symbol"] == "rb2510.SHFE"
    assert ran(capsys, "config", "check")["problems"] == []
    names = [each["name"] for each in ran(capsys, "strategy", "list")["strategies"]]
    assert names == ["ma-rb", "double_ma-rb2510.SHFE"]


def test_the_example_means_the_defaults_with_everything_installed() -> None:
    """Taken for the settings as it is, it changes nothing."""
    path = Path("config/system.yaml.example")
    alone = Path("alone.yaml")
    alone.write_text(path.read_text("utf-8"), encoding="utf-8")
    assert load_settings(alone, environment={}, overrides={}) == Settings()


@pytest.mark.parametrize("spec", OPTIONS)
def test_every_option_of_every_part_is_in_the_example(spec: Any) -> None:
    """With its meaning and a default that its class takes."""
    text = Path("config/system.yaml.example").read_text("utf-8")
    plain = " ".join(text.replace("#", " ").split())
    assert spec.name in plain
    fields = described_fields(spec.config)
    for each in fields:
        # What can only be explained: a key there would be an entry, a model is only named.
        mark = "# " if each.is_any_key or isinstance(spec, FillModelSpec) else "#"
        assert re.search(rf"^ *{mark}{each.name}:", text, re.MULTILINE), each.name
        assert each.meaning
        assert each.meaning in plain
    if all(each.default is not None and not each.is_any_key for each in fields):
        made = attrs.asdict(spec.config())
        assert attrs.asdict(structure(made, spec.config)) == made


def test_the_files_written_pass_the_checks_of_the_house() -> None:
    """The strategy is code that others will read and copy: whole sentences, no long line."""
    for path in Path().rglob("*"):
        if path.is_file() and path.suffix in {".py", ".yaml", ".example"}:
            lines = path.read_text("utf-8").splitlines()
            assert max(map(len, lines)) <= 100, path
            assert not [line for line in lines if line != line.rstrip()], path
