"""What the package answers the core with."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy
import pytest

from homalos.model import BarData, TickData
from homalos.plugins.hookspecs import PROJECT, Hooks
from homalos.plugins.ports import StoreContext
from homalos_storage import plugin
from homalos_storage.options import SqliteOptions

MakeReading = Callable[..., Any]
Write = Callable[[str, str], Path]


def _specs(hook: str) -> dict[str, Any]:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    manager.register(plugin)
    manager.check_pending()
    return {spec.name: spec for specs in getattr(manager.hook, hook)() for spec in specs}


def test_the_store_is_made_under_the_home_folder(tmp_path: Path) -> None:
    """The file of the options lies in the context's home."""
    spec = _specs("register_stores")["sqlite"]
    store = spec.factory(StoreContext(home=tmp_path), spec.config(file="other.db"))
    assert (tmp_path / "other.db").is_file()
    store.write([BarData("rb1901.SHFE", "1m", 1, 2, 20181008, 1.0, 1.0, 1.0, 1.0)])
    assert len(store.load_bars("rb1901.SHFE", "1m", start_ns=0, end_ns=2)) == 1
    store.close()


def test_options_that_make_no_sense_are_refused() -> None:
    """A name is needed, and time does not run backwards."""
    assert SqliteOptions().file == "homalos.db"
    with pytest.raises(ValueError, match="file"):
        SqliteOptions(file="")
    with pytest.raises(ValueError, match="timeout_s"):
        SqliteOptions(timeout_s=-1.0)


def test_each_importer_takes_its_own_files(write: Write, reading: MakeReading) -> None:
    """A tick file is read as ticks and a bar file as bars, whichever is asked first."""
    importers = _specs("register_importers")
    tick_file = write(
        "ticks.csv",
        "InstrumentID,TradingDay,UpdateTime,LastPrice\nrb1901,20181008,09:00:00,3888\n",
    )
    bar_file = write("bars.csv", "date,open,high,low,close\n20181008,1,2,1,1\n20181009,1,2,1,1\n")
    assert sorted(importers) == ["bars", "ctp_ticks"]
    found = {
        name: [spec.matches(path) for path in (tick_file, bar_file)]
        for name, spec in importers.items()
    }
    assert found == {"bars": [False, True], "ctp_ticks": [True, False]}
    (tick,) = importers["ctp_ticks"].read(tick_file, reading().context)
    assert isinstance(tick, TickData)
    bars = list(importers["bars"].read(bar_file, reading(symbol="rb1901.SHFE").context))
    assert [bar.interval for bar in bars] == ["d", "d"]


def test_answering_loads_no_heavy_library() -> None:
    """`homalos --help` asks every plugin, so they load when they are used."""
    code = (
        "import sys; import homalos_storage.plugin as plugin; "
        "plugin.register_stores(); plugin.register_importers(); "
        "print([name for name in ('peewee', 'pyarrow', 'numpy') if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"
