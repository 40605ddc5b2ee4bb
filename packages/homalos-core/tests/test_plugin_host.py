"""The plugin host: loading, faults that stay where they are, answers that are checked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from homalos.errors import PluginLoadError
from homalos.plugins import (
    FeedSpec,
    GatewaySpec,
    NoOptions,
    RiskRuleSpec,
    hookimpl,
)
from homalos.plugins.hookspecs import Hooks
from homalos.plugins.host import ANSWERS, OTHERS, PluginHost, PluginInfo

Install = Callable[..., None]


def unused(*_: Any) -> Any:
    """Stand where a spec wants a factory; building an engine is not tested here."""
    raise NotImplementedError


def rule(name: str) -> RiskRuleSpec:
    """Return a risk rule's spec."""
    return RiskRuleSpec(name=name, factory=unused)


def plugin(name: str, **hooks: Callable[..., object]) -> ModuleType:
    """Return a module with hook implementations, as a plugin's author writes them."""
    module = ModuleType(name)
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


def answering(*specs: object) -> Callable[[], object]:
    """Return a hook function that offers these specs."""

    def answer() -> object:
        return specs

    return answer


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return an installer of distributions with one plugin, found for this test only.

    Each has a folder of its own; the last one installed is the first one found.
    """

    def install(
        name: str, code: str, *, entry: str = "", version: str = "1.0", requires: str = ""
    ) -> None:
        module = name.replace("-", "_")
        info = tmp_path / name / f"{module}-{version}.dist-info"
        info.mkdir(parents=True)
        (tmp_path / name / f"{module}.py").write_text(code, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path / name)
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}", encoding="utf-8"
        )
        (info / "entry_points.txt").write_text(
            f"[homalos]\n{entry or module} = {module}\n", encoding="utf-8"
        )
        monkeypatch.delitem(sys.modules, module, raising=False)

    return install


RULE = """
from homalos.plugins import RiskRuleSpec, hookimpl

@hookimpl
def register_risk_rules():
    return (RiskRuleSpec(name="{name}", factory=lambda context, options: None),)
"""


def found(host: PluginHost, *names: str) -> list[PluginInfo]:
    """Return what is known of some plugins, whatever else is installed here."""
    return [info for info in host.infos if info.name in names]


def offered(host: PluginHost, hook: str) -> list[tuple[str, str]]:
    """Return (plugin, name of the spec) of every answer."""
    return [(name, spec.name) for name, spec in host.answers(hook)]


# -- finding ------------------------------------------------------------------


def test_an_installed_plugin_is_found_by_its_entry_point(install: Install) -> None:
    """Name, version and origin come from the distribution, the hooks from the module."""
    install("acme-rules", RULE.format(name="never"), entry="acme", version="2.3")
    host = PluginHost.discover(only={"acme"})
    assert found(host, "acme") == [
        PluginInfo(
            name="acme",
            version="2.3",
            origin="acme-rules",
            hooks=("register_risk_rules",),
            fault="",
            is_named=False,
        )
    ]
    assert ("acme", "never") in offered(host, "register_risk_rules")


def test_plugins_answer_in_name_order_whatever_the_order_of_installation(install: Install) -> None:
    """Entry points come in directory order, which differs between machines."""
    for name in ("zz", "aa", "mm"):
        install(name, RULE.format(name=f"rule_{name}"))
    host = PluginHost.discover(only={"aa", "mm", "zz"})
    assert [info.name for info in found(host, "aa", "mm", "zz")] == ["aa", "mm", "zz"]
    rules = [pair for pair in offered(host, "register_risk_rules") if pair[1].startswith("rule_")]
    assert rules == [("aa", "rule_aa"), ("mm", "rule_mm"), ("zz", "rule_zz")]


def test_only_the_named_plugins_are_loaded(install: Install) -> None:
    """`HOMALOS_PLUGINS` keeps the others from being imported at all."""
    install("wanted-one", RULE.format(name="a"), entry="wanted")
    install("other-one", "raise RuntimeError('imported')", entry="other")
    host = PluginHost.discover(only={"wanted"})
    assert [info.name for info in found(host, "wanted", "other")] == ["wanted"]
    assert "other_one" not in sys.modules


def test_a_plugin_that_cannot_be_imported_does_not_stop_the_others(install: Install) -> None:
    """Its fault says what was raised and where, and the next one answers."""
    install("bad-import", "import nothing_of_this_name", entry="bad")
    install("good-one", RULE.format(name="good"), entry="good")
    host = PluginHost.discover(only={"bad", "good"})
    bad, good = found(host, "bad", "good")
    assert bad.fault == (
        "ModuleNotFoundError: No module named 'nothing_of_this_name' (bad_import.py:1)"
    )
    assert good.fault == ""
    assert ("good", "good") in offered(host, "register_risk_rules")


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("x = 1\nraise ValueError('no')", "ValueError: no (odd_one.py:2)"),
        ("import sys\nsys.exit(3)", "SystemExit: 3 (odd_one.py:2)"),
        ("def f(:\n", "SyntaxError: "),
    ],
)
def test_whatever_a_plugin_raises_at_import_is_its_fault(
    install: Install, code: str, fault: str
) -> None:
    """Also an exit and broken syntax."""
    install("odd-one", code, entry="odd")
    (info,) = found(PluginHost.discover(only={"odd"}), "odd")
    assert info.fault.startswith(fault)
    assert info.hooks == ()


def test_the_second_plugin_of_a_name_is_at_fault(install: Install) -> None:
    """Two distributions under one entry-point name: the first by distribution stays."""
    install("aa-dist", RULE.format(name="a"), entry="twice")
    install("bb-dist", RULE.format(name="b"), entry="twice")
    host = PluginHost.discover(only={"twice"})
    assert [(info.origin, info.fault) for info in found(host, "twice")] == [
        ("aa-dist", ""),
        (
            "bb-dist",
            "aa-dist has a plugin of this name already; rename one of the two, or leave it out",
        ),
    ]
    assert ("twice", "b") not in offered(host, "register_risk_rules")


# -- files --------------------------------------------------------------------


def test_a_single_file_is_a_plugin(tmp_path: Path) -> None:
    """`--plugin my_rules.py` needs no packaging, and `only` does not shut it out."""
    path = tmp_path / "my_rules.py"
    path.write_text("__version__ = '0.4'\n" + RULE.format(name="mine"), encoding="utf-8")
    host = PluginHost.discover(files=[path], only=())
    assert found(host, "my_rules") == [
        PluginInfo(
            name="my_rules",
            version="0.4",
            origin=str(path),
            hooks=("register_risk_rules",),
            fault="",
            is_named=True,
        )
    ]
    assert ("my_rules", "mine") in offered(host, "register_risk_rules")
    host.refuse_named_faults()


def test_annotations_of_a_single_file_can_be_resolved(tmp_path: Path) -> None:
    """A class of options with annotations kept as text is read like any other."""
    path = tmp_path / "lazy_notes.py"
    path.write_text(
        "from __future__ import annotations\n"
        "import attrs\nfrom decimal import Decimal\n"
        "from homalos.plugins import RiskRuleSpec, hookimpl\n"
        "@attrs.frozen\nclass Options:\n    limit: Decimal\n"
        "@hookimpl\ndef register_risk_rules():\n"
        "    return (RiskRuleSpec(name='lazy', factory=print, config=Options),)\n",
        encoding="utf-8",
    )
    host = PluginHost.discover(files=[path], only=())
    specs = dict(offered_specs(host))
    from attrs import fields, resolve_types

    assert fields(resolve_types(specs["lazy"].config)).limit.type.__name__ == "Decimal"


def offered_specs(host: PluginHost) -> list[tuple[str, Any]]:
    """Return (name, spec) of every risk rule."""
    return [(spec.name, spec) for _, spec in host.answers("register_risk_rules")]


@pytest.mark.parametrize(
    ("name", "code", "fault"),
    [
        ("gone.py", None, "there is no file"),
        ("rules.txt", "x = 1", "is not a Python file; its name must end in .py"),
        ("broken.py", "x = 1\nx.y", "AttributeError: 'int' object has no attribute 'y'"),
    ],
)
def test_a_file_that_was_asked_for_and_fails_stops_the_start(
    tmp_path: Path, name: str, code: str | None, fault: str
) -> None:
    """Rules that somebody named must not be missing quietly."""
    path = tmp_path / name
    if code is not None:
        path.write_text(code, encoding="utf-8")
    host = PluginHost.discover(files=[path], only=())
    (info,) = found(host, path.stem)
    assert fault in info.fault
    with pytest.raises(PluginLoadError, match=path.stem):
        host.refuse_named_faults()


def test_a_file_that_failed_leaves_no_half_made_module(tmp_path: Path) -> None:
    """What did not finish its import cannot be imported by accident."""
    path = tmp_path / "half.py"
    path.write_text("raise ValueError", encoding="utf-8")
    PluginHost.discover(files=[path], only=())
    assert not [name for name in sys.modules if name.endswith("half")]


def test_an_installed_plugin_at_fault_does_not_stop_the_start(install: Install) -> None:
    """Nobody asked for it by name; the catalog tells when the settings need it."""
    install("bad-again", "import nothing_of_this_name", entry="bad")
    PluginHost.discover(only={"bad"}).refuse_named_faults()


# -- hooks --------------------------------------------------------------------


def test_every_hook_has_its_class_of_specs() -> None:
    """A hook added to the questions must be added to the answers as well."""
    hooks = {name for name in vars(Hooks) if not name.startswith("_")}
    assert {*ANSWERS, *OTHERS} == hooks


def test_an_unknown_hook_is_a_fault_that_names_hook_and_core(install: Install) -> None:
    """A plugin for a later core, or a slip of the pen: the message serves both."""
    code = "from homalos.plugins import hookimpl\n@hookimpl\ndef register_feedz():\n    return ()\n"
    install("too-new", code, entry="too_new", requires="homalos-core>=9.1")
    (info,) = found(PluginHost.discover(only={"too_new"}), "too_new")
    assert "no hook 'register_feedz'" in info.fault
    assert "it asks for homalos-core>=9.1" in info.fault
    assert info.fault.endswith("did you mean 'register_feeds'?")


def test_a_plugin_with_an_unknown_hook_answers_nothing() -> None:
    """Half a plugin might be half a set of risk rules."""
    host = PluginHost.of(
        plugin("p", register_routes=answering(), register_risk_rules=answering(rule("a")))
    )
    assert "a newer one may have it" in host.infos[0].fault
    assert host.answers("register_risk_rules") == ()


def test_wrong_arguments_of_a_hook_are_a_fault() -> None:
    """Pluggy's check of the signature is kept, and the plugin is out as a whole."""
    host = PluginHost.of(
        plugin(
            "wrong",
            register_feeds=lambda settings: settings,
            register_risk_rules=answering(rule("a")),
        ),
        plugin("right", register_risk_rules=answering(rule("b"))),
    )
    right, wrong = host.infos
    assert "register_feeds" in wrong.fault
    assert "settings" in wrong.fault
    assert (right.fault, wrong.hooks) == ("", ())
    assert offered(host, "register_risk_rules") == [("right", "b")]


def test_answers_come_plugin_by_plugin_in_name_order() -> None:
    """The order of registration plays no part, the order within a plugin stays."""
    host = PluginHost.of(
        plugin("b", register_risk_rules=answering(rule("2"), rule("1"))),
        plugin("a", register_risk_rules=answering(rule("3"))),
        plugin("c"),
    )
    assert offered(host, "register_risk_rules") == [("a", "3"), ("b", "2"), ("b", "1")]


def test_none_means_nothing_from_me() -> None:
    """A plugin may have a hook and nothing to offer today."""
    host = PluginHost.of(plugin("a", register_feeds=lambda: None))
    assert host.answers("register_feeds") == ()
    assert host.infos[0].fault == ""


def test_an_answer_may_be_any_iterable() -> None:
    """A list or a generator will do."""

    def generated() -> object:
        yield rule("b")

    host = PluginHost.of(
        plugin("a", register_risk_rules=lambda: [rule("a")]),
        plugin("b", register_risk_rules=generated),
    )
    assert offered(host, "register_risk_rules") == [("a", "a"), ("b", "b")]


def test_a_hook_that_raises_offers_nothing_and_is_told() -> None:
    """The plugin's other hooks and the other plugins answer as before."""

    def raising() -> object:
        msg = "no data folder"
        raise OSError(msg)

    bad = plugin("bad", register_feeds=raising, register_risk_rules=answering(rule("a")))
    host = PluginHost.of(
        bad, plugin("good", register_feeds=answering(FeedSpec(name="f", factory=unused)))
    )
    assert offered(host, "register_feeds") == [("good", "f")]
    assert offered(host, "register_risk_rules") == [("bad", "a")]
    assert host.infos[0].fault.startswith("register_feeds: OSError: no data folder (test_plugin_")
    with pytest.raises(PluginLoadError, match="no data folder"):
        host.refuse_named_faults()


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (5, "'int' object is not iterable"),
        (rule("a"), "the answer is a bare RiskRuleSpec; return a tuple of them"),
        ("text", "expected RiskRuleSpec, found str in the answer"),
        (
            (rule("a"), GatewaySpec(name="g", factory=unused)),
            "expected RiskRuleSpec, found GatewaySpec in the answer",
        ),
        ((rule(""),), "a RiskRuleSpec needs a name, found ''"),
        (
            (RiskRuleSpec(name="a", factory=unused, config=dict),),
            "config of RiskRuleSpec 'a' must be an attrs class, not <class 'dict'>",
        ),
    ],
)
def test_an_answer_that_is_no_tuple_of_the_right_specs_is_a_fault(
    answer: object, fault: str
) -> None:
    """Types of hooks are not checked by mypy, so the host does."""
    host = PluginHost.of(plugin("p", register_risk_rules=lambda: answer))
    assert host.answers("register_risk_rules") == ()
    assert fault in host.infos[0].fault


def test_a_hook_is_put_once_however_often_it_is_asked_for() -> None:
    """The answers are the same objects, and a fault is not counted twice."""
    calls = []

    def counting() -> object:
        calls.append(1)
        return (rule("a"),)

    host = PluginHost.of(plugin("p", register_risk_rules=counting))
    assert host.answers("register_risk_rules") is host.answers("register_risk_rules")
    assert calls == [1]


def test_a_hook_that_does_not_exist_cannot_be_put() -> None:
    """A misspelling in the core is a bug and shows as one."""
    with pytest.raises(KeyError):
        PluginHost.of().answers("register_feedz")


def test_tracing_tells_every_call_a_line_each() -> None:
    """`HOMALOS_TRACE_HOOKS` shows who was asked what, and what came of it."""
    lines: list[str] = []
    host = PluginHost.of(
        plugin("b", register_risk_rules=answering(rule("x"), rule("y"))),
        plugin("a", register_risk_rules=lambda: 5),
        trace=lines.append,
    )
    host.answers("register_risk_rules")
    assert lines[1:] == ["register_risk_rules -> b: 2 offered"]
    assert lines[0].startswith("register_risk_rules -> a: failed: register_risk_rules: TypeError")


def test_calls_can_be_monitored_through_pluggy() -> None:
    """The guard against hooks on the hot path counts calls this way."""
    host = PluginHost.of(plugin("a", register_risk_rules=answering(rule("x"))))
    seen: list[str] = []
    stop = host.manager.add_hookcall_monitoring(
        before=lambda hook_name, _methods, _kwargs: seen.append(hook_name),
        after=lambda _outcome, _hook_name, _methods, _kwargs: None,
    )
    host.answers("register_risk_rules")
    stop()
    assert seen == ["register_risk_rules"]


def test_two_hosts_know_nothing_of_each_other() -> None:
    """A host is a value: the same module may be in several."""
    module = plugin("a", register_risk_rules=answering(rule("x")))
    first, second = PluginHost.of(module), PluginHost.of(module)
    assert offered(first, "register_risk_rules") == offered(second, "register_risk_rules")
    assert PluginHost.of().infos == ()


def test_specs_without_options_have_none() -> None:
    """The default class of options is accepted as one."""
    host = PluginHost.of(plugin("a", register_risk_rules=answering(rule("x"))))
    assert [spec.config for _, spec in offered_specs(host)] == [NoOptions]


def test_importing_the_host_stays_cheap() -> None:
    """`homalos --help` must not wait for cattrs, the settings or a plugin's libraries."""
    code = (
        "import sys, homalos.plugins.host, homalos.plugins.catalog;"
        "heavy = ('cattrs', 'dynaconf', 'yaml', 'msgspec', 'numpy', 'homalos.config');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
