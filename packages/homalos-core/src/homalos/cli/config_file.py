"""Which settings file the commands mean."""

from __future__ import annotations

from pathlib import Path

from homalos.errors import ConfigError

__all__ = ["CONFIG_FILE", "found_settings", "settings_file", "strategies_file"]

CONFIG_FILE = Path("config/system.yaml")
"""The settings file when none is named, from the working directory."""


def settings_file(given: Path | None) -> Path:
    """Return the settings file that is meant.

    Args:
        given: What `--config` says.

    Raises:
        ConfigError: It is not there.
    """
    path = given or CONFIG_FILE
    if path.is_dir():
        msg = f"{path} is a folder; name the file in it with --config"
        raise ConfigError([msg])
    if not path.exists():
        msg = (
            f"there is no settings file {path}; make a working folder with `homalos init`, "
            "or name a file with --config"
        )
        raise ConfigError([msg])
    return path


def found_settings(given: Path | None) -> Path | None:
    """Return the settings file that is meant, or `None` where none is named and none is there."""
    return given or (CONFIG_FILE if CONFIG_FILE.is_file() else None)


def strategies_file(config: Path) -> Path:
    """Return the file of the strategies beside a settings file."""
    return config.with_name("strategies.yaml")
