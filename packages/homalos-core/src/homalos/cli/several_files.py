"""`--data FILE...`: an option that takes every word up to the next one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import rich_click as click

__all__ = ["DATA", "SeveralFiles"]

DATA = "--data"


class SeveralFiles(click.RichCommand):
    """A command whose `--data` takes every word up to the next option, as a shell expands `*`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write the flag out for each file, as click knows it."""
        return super().parse_args(ctx, list(_one_by_one(args)))


def _one_by_one(arguments: Sequence[str]) -> Iterator[str]:
    """Yield arguments with `--data` in front of each of the words that follow one."""
    rest = deque(arguments)
    while rest:
        argument = rest.popleft()
        if argument == "--":
            yield argument
            yield from rest
            return
        flag, equals, first = argument.partition("=")
        if flag != DATA:
            yield argument
            continue
        words = [first] if equals else []
        while rest and not rest[0].startswith("-"):
            words.append(rest.popleft())
        if not words:
            msg = f"Option {DATA!r} needs at least one file."
            raise click.UsageError(msg)
        for word in words:
            yield from (DATA, word)
