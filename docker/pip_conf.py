"""Writes one pip.conf that says how pip on this machine reaches its packages, for the pip inside a build.

Arguments: the file to write (not written if pip is told nothing here). Prints the local folders and files it names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from configparser import ConfigParser, RawConfigParser
from pathlib import Path

# What concerns the way to the packages. Nothing about where or how they are installed.
_KEYS = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "trusted-host",
    "cert",
    "client-cert",
    "proxy",
    "retries",
    "timeout",
    "default-timeout",
)


def _files() -> Iterator[Path]:
    """pip's configuration files, each of which overrides those before it."""
    yield Path("/etc/pip.conf")
    yield Path("~/.pip/pip.conf").expanduser()
    yield Path(os.environ.get("XDG_CONFIG_HOME", "~/.config"), "pip/pip.conf").expanduser()
    if chosen := os.environ.get("PIP_CONFIG_FILE"):
        yield Path(chosen)


def _settings() -> dict[str, str]:
    found: dict[str, str] = {}
    for file in _files():
        parser = RawConfigParser()
        parser.read(file)
        for section in ("global", "install"):
            if parser.has_section(section):
                found |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    # The environment overrides every file.
    found |= {name[4:].replace("_", "-").lower(): value for name, value in os.environ.items() if name[:4] == "PIP_"}
    return {key: found[key] for key in _KEYS if found.get(key)}


def _paths(settings: dict[str, str]) -> set[Path]:
    """What pip would read here. A folder `simple` is an index (PEP 503), whose links lead to files beside it."""
    words = {word.removeprefix("file://") for value in settings.values() for word in value.split()}
    named = (Path(word) for word in words if word.startswith("/") and Path(word).exists())
    return {path.parent if path.name == "simple" else path for path in named}


def _write(settings: dict[str, str], target: Path) -> None:
    parser = ConfigParser(interpolation=None)
    parser["global"] = settings
    with target.open("w") as file:
        parser.write(file)


if __name__ == "__main__":
    if told := _settings():
        _write(told, Path(sys.argv[1]))
        sys.stdout.writelines(f"{path}\n" for path in sorted(_paths(told)))
