"""A running engine follows its settings: their files, and the word of a person."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import contextmanager
from typing import Any

from homalos.config import Loaded, Settings, SettingsSource
from homalos.config.watching import Watcher
from homalos.engine.engine import Engine
from homalos.engine.reload import Reloaded
from homalos.errors import ConfigError, EngineStateError, HomalosError

__all__ = ["Following"]

_PATIENCE_S = 30.0


class Following:
    """Hands changed settings to an engine, and tells what is wrong with them.

    Wrong settings change nothing: the old ones stand, and an alert names file, line and
    path of every problem.
    """

    def __init__(
        self,
        engine: Engine,
        source: SettingsSource,
        known: Loaded,
        adapt: Callable[[Settings], Settings],
    ) -> None:
        """Follow a source.

        Args:
            engine: Built from it.
            source: Where its settings are read.
            known: What was read for the engine.
            adapt: Makes of settings what this run makes of them: its number, its pace.
        """
        self._engine = engine
        self._known = known
        self._hidden = known.hidden  # what the secrets file gave last
        self._source = source
        self._adapt = adapt
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Follow the files meanwhile."""
        with Watcher(self._source, self._take, self._refuse, known=self._known.settings):
            yield

    def reload(self) -> Mapping[str, Any]:
        """Read the settings now; return what became of the changes. Any thread but the engine's.

        Raises:
            ConfigError: They are wrong; every problem with its file and line.
            EngineStateError: The engine does not answer.
        """
        return self._taken(self._source.read()).as_dict()

    def _take(self, loaded: Loaded) -> None:
        self._taken(loaded)

    def _taken(self, loaded: Loaded) -> Reloaded:
        with self._one_at_a_time:
            try:
                hidden, self._hidden = loaded.hidden | self._hidden, loaded.hidden
                done = self._engine.reload(self._adapt(loaded.settings), hidden=hidden)
                return done.result(_PATIENCE_S)
            except ConfigError as error:
                raise ConfigError([loaded.located(each) for each in error.problems]) from None
            except NoAnswer:
                msg = f"the engine has not taken up the settings within {_PATIENCE_S:.0f} s"
                raise EngineStateError(msg) from None
            except HomalosError as error:
                raise ConfigError([loaded.located(str(error))]) from error

    def _refuse(self, error: ConfigError) -> None:
        for problem in error.problems:
            self._engine.announce("error", "settings", f"the old ones stand: {problem}")
