"""What `homalos doctor` looks at: whether every order passes the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from homalos.plugins.ports import DoctorContext, Finding

__all__ = ["judge_rules"]


def judge_rules(names: Sequence[str], context: DoctorContext) -> Iterator[Finding]:
    """Say which rules are in force.

    Args:
        names: The rules that there are.
        context: Has the options of those in force.
    """
    missing = [name for name in names if f"risk rule {name}" not in context.options]
    if len(missing) == len(names):
        what = "no risk rule is in force: all are switched off, or the settings cannot be read"
        remedy = "take `false` out of `risk:` before real money is at stake"
        yield Finding(level="warning", what=what, remedy=remedy)
        return
    for name in missing:
        what = f"the risk rule {name!r} is not in force: switched off, or its options are wrong"
        remedy = f"take `{name}: false` out of `risk:`, unless it is meant"
        yield Finding(level="warning", what=what, remedy=remedy)
    if not missing:
        yield Finding(level="ok", what=f"in force: {', '.join(names)}")
