"""Doctor's checks carried out: each on a thread of its own, fenced, cut off when it hangs."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from attrs import frozen

from homalos.cli.bugs import told
from homalos.plugins.ports import DoctorContext, Finding
from homalos.plugins.specs import DoctorCheckSpec

__all__ = ["PATIENCE_S", "Examined", "examine"]

PATIENCE_S = 5.0
"""Seconds after which a check is given up."""

_LEVELS = frozenset({"ok", "warning", "error"})


@frozen(kw_only=True)
class Examined:
    """What one check found.

    Attributes:
        plugin: Whose check it is.
        check: Its name.
        findings: At least one.
    """

    plugin: str
    check: str
    findings: Sequence[Finding]


def examine(
    plugin: str, spec: DoctorCheckSpec, context: DoctorContext, patience_s: float = PATIENCE_S
) -> Examined:
    """Carry out a check; one that raises, hangs or answers nonsense is a finding of its own."""
    found: list[Finding] = []
    over = threading.Event()

    def look() -> None:
        found.extend(_looked(plugin, spec, context))
        over.set()

    threading.Thread(target=look, name=f"doctor-{plugin}-{spec.name}", daemon=True).start()
    if not over.wait(patience_s):
        what = f"the check {spec.name!r} of the plugin {plugin!r} took over {patience_s:g} s"
        remedy = "what it looks at does not answer: a dead disk or host; else tell its maker"
        found = [Finding(level="error", what=what, remedy=remedy)]
    return Examined(plugin=plugin, check=spec.name, findings=tuple(found))


def _looked(plugin: str, spec: DoctorCheckSpec, context: DoctorContext) -> list[Finding]:
    try:
        found = [_checked(each) for each in spec.check(context)]
    except (Exception, SystemExit) as error:  # noqa: BLE001  the fence around plugins: told
        what = f"the check {spec.name!r} of the plugin {plugin!r} failed: {told(error)}"
        return [Finding(level="error", what=what, remedy=f"update or remove {plugin!r}")]
    return found or [Finding(level="ok", what="nothing to say")]


def _checked(finding: object) -> Finding:
    if not isinstance(finding, Finding) or finding.level not in _LEVELS:
        msg = f"expected a Finding of the level ok, warning or error, found {finding!r}"
        raise TypeError(msg)
    return finding
