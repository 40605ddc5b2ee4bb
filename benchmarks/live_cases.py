"""The cases of the live path: what each measures, its targets and how they are judged.

A target that is a ratio to vnpy's is judged only where vnpy ran beside it: `PEERS_ROOT`
names its environment, see `benchmarks/peers.py`. A figure that nobody measured in this
run is not compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any

from benchmarks.peers import measured_by_vnpy

__all__ = ["grid", "loops", "order_path", "plugins", "risk_rules"]

Worker = Callable[..., dict[str, Any]]

_P50, _P99 = 0.6, 1.0  # x vnpy's
_LOOPS_BARE, _LOOPS_VNPY = 0.6, 2.0
_MICROS_AN_EVENT = 1.8
_FLAT = 1.3  # what ../shared/peers calls no difference
_IDLE = 1.03
_MICROS_OF_RULES = 10.0
_UNMEASURED = "vnpy: not installed or failed, so no ratio to it was measured"


def order_path(worker: Worker, count: int, passes: int) -> dict[str, Any]:
    """Measure orders at 2,000 ticks a second, a pass of ours and one of vnpy's in turn.

    Args:
        worker: Runs a measurement in a process of its own.
        count: Orders of all passes together.
        passes: How often.
    """
    ours, theirs = _in_turn(worker, "order-path", count, passes)
    wrong = [sentence for each in ours for sentence in each["wrong"]]
    if any("p50_us" not in each for each in ours):
        return {"case": "order-path", "measured": "nothing", "wrong": wrong}
    stalls = sum(each["stalls"] for each in ours)
    verdicts = [stalls == 0]
    measured = f"{stalls} above 5 ms"
    notes = _order_path_notes(ours)
    pairs = [(each, its["lat_us"]) for each, its in zip(ours, theirs, strict=True) if its]
    if pairs:
        p50 = median([each["p50_us"] / its["p50"] for each, its in pairs])
        p99 = median([each["p99_us"] / its["p99"] for each, its in pairs])
        verdicts += [p50 <= _P50, p99 <= _P99]
        measured = f"p50 {p50:.2f} x, p99 {p99:.2f} x vnpy's, {measured}"
        notes.append(_each("vnpy", (f"{its['p50']:.0f} / {its['p99']:.0f} us" for _, its in pairs)))
    else:
        notes.append(_UNMEASURED)
    return {
        "case": "order-path",
        "measured": measured,
        "target": f"p50 {_P50} x, p99 {_P99} x, none above 5 ms",
        "met": _met(verdicts, compared=bool(pairs)),
        "notes": notes,
        "passes": ours,
        "vnpy": theirs,
        "wrong": wrong,
    }


def loops(worker: Worker, count: int, passes: int) -> dict[str, Any]:
    """Measure closed loops, against a bare hand-over in turn with them, and against vnpy's.

    Args:
        worker: Runs a measurement in a process of its own.
        count: Loops of all passes together.
        passes: How often.
    """
    ours, theirs = _in_turn(worker, "loops", count, passes)
    mine = [seconds for each in ours for seconds in each["ours_s"]]
    bare = [seconds for each in ours for seconds in each["floor_s"]]
    ratios = [floor / loop for loop, floor in zip(mine, bare, strict=True)]
    verdicts = [median(ratios) >= _LOOPS_BARE]
    measured = f"{median(ratios):.2f} x bare"
    notes = [
        _each("loops/s", (f"ours {1 / median(mine):,.0f}", f"bare {1 / median(bare):,.0f}")),
        f"rounds against bare: {_spread(ratios)}",
    ]
    pairs = [
        (1 / median(each["ours_s"]), its["closed_loop_ops"])
        for each, its in zip(ours, theirs, strict=True)
        if its
    ]
    if pairs:
        times = median([loop / its for loop, its in pairs])
        verdicts.append(times >= _LOOPS_VNPY)
        measured = f"{measured}, {times:.2f} x vnpy's"
        notes.append(_each("vnpy", (f"{its:,.0f}" for _, its in pairs)))
    else:
        notes.append(_UNMEASURED)
    return {
        "case": "loops",
        "measured": measured,
        "target": f"{_LOOPS_BARE} x, {_LOOPS_VNPY} x",
        "met": _met(verdicts, compared=bool(pairs)),
        "notes": notes,
        "passes": ours,
        "vnpy": theirs,
        "wrong": [sentence for each in ours for sentence in each["wrong"]],
    }


def grid(worker: Worker, count: int, passes: int) -> dict[str, Any]:
    """Measure strategies on an instrument each: 1, 10 and 100 of them, and vnpy's 100."""
    found = worker("grid", count, passes)
    sizes = sorted(found["replay"], key=int)
    micros = {
        way: {size: median(found[way][size]) for size in sizes}
        for way in ("floor", "replay", "live")
    }
    few, many = sizes[0], sizes[-1]
    passes_of = found["replay"]
    pairs = zip(passes_of[few], passes_of[many], strict=True)
    growth = median([large / small for small, large in pairs])
    notes = [
        f"{name}: " + ", ".join(f"{size} x {size} {micros[way][size]:.2f} us" for size in sizes)
        for way, name in (
            ("replay", "replay"),
            ("live", "live, with the thread that posts"),
            ("floor", "bare loop"),
        )
    ]
    theirs = measured_by_vnpy("vnpy_E.py")
    if isinstance(theirs, dict):
        its = theirs["live_100x100"]["us_event"]
        notes.append(f"vnpy, live: {its:.1f} us; ours is {micros['live'][many] / its:.2f} x that")
    else:
        notes.append(f"vnpy: {theirs}, so no ratio to it was measured")
    return {
        "case": "grid",
        "measured": f"{micros['replay'][many]:.2f} us an event, {growth:.2f} x that of one",
        "target": f"{_MICROS_AN_EVENT} us, flat ({_FLAT} x)",
        "met": micros["replay"][many] <= _MICROS_AN_EVENT and growth <= _FLAT,
        "notes": notes,
        **found,
    }


def plugins(worker: Worker, count: int, passes: int) -> dict[str, Any]:
    """Measure ticks and orders with twenty idle plugins, against the same without."""
    found = worker("plugins", count, passes)
    pairs = zip(found["with_s"], found["without_s"], strict=True)
    ratios = [more / less for more, less in pairs]
    ratio = median(ratios)
    return {
        "case": "plugins",
        "measured": f"{ratio:.3f} x without",
        "target": f"{_IDLE} x",
        "met": ratio <= _IDLE,
        "notes": [f"start-up: {found['startup_ms']:.1f} ms more; ratios: {_spread(ratios)}"],
        **found,
    }


def risk_rules(worker: Worker, count: int, passes: int) -> dict[str, Any]:
    """Measure what twenty bound rules cost an order that they all let pass."""
    found = worker("risk-rules", count, passes)
    micros = median(found["us"])
    shown = _each("us an order, each pass", (f"{each:.2f}" for each in found["us"]))
    return {
        "case": "risk-rules",
        "measured": f"{micros:.2f} us an order",
        "target": f"{_MICROS_OF_RULES:g} us",
        "met": micros <= _MICROS_OF_RULES,
        "notes": [f"{found['own']} rules of the package, {found['users']} of a user; {shown}"],
        **found,
    }


def _in_turn(
    worker: Worker, case: str, count: int, passes: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the passes of ours and of vnpy's; those of vnpy's are empty where it is missing."""
    ours, theirs = [], []
    for _ in range(passes):
        ours.append(worker(case, count // passes, 1))
        figures = measured_by_vnpy("vnpy_D.py", "accept", "off")
        theirs.append(figures if isinstance(figures, dict) else {})
    return ours, theirs


def _order_path_notes(passes: Sequence[dict[str, Any]]) -> list[str]:
    notes = []
    for who, of in (("ours", ""), ("a bare queue at this pace", "bare_")):
        each = [f"{one[f'{of}p50_us']:.0f} / {one[f'{of}p99_us']:.0f} us" for one in passes]
        largest = max(one[f"{of}largest_us"] for one in passes) / 1_000
        stalls = sum(one[f"{of}stalls"] for one in passes)
        of_all = sum(one[f"{of}orders"] for one in passes)
        more = (f"largest of {of_all:,} {largest:.1f} ms", f"{stalls} above 5 ms")
        notes.append(_each(f"{who}, p50 / p99", (*each, *more)))
    return notes


def _met(verdicts: Sequence[bool], *, compared: bool) -> bool | None:
    """Say whether a target is met; `None` where the peer was missing and nothing else failed."""
    if all(verdicts):
        return True if compared else None
    return False


def _each(what: str, figures: Iterable[str]) -> str:
    return f"{what}: {', '.join(figures)}"


def _spread(ratios: Sequence[float]) -> str:
    ordered = sorted(ratios)
    last = len(ordered) - 1
    low, middle, high = (ordered[round(last * share)] for share in (0.1, 0.5, 0.9))
    return f"{low:.2f} to {high:.2f} in four of five, the middle {middle:.2f}"
