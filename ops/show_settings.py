"""`consultline settings`: what is in force, and where it comes from."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from runtime.settings import Settings, variable


@dataclass(frozen=True, slots=True)
class Row:
    """One setting."""

    name: str
    value: str
    source: str
    meaning: str


def show(settings: Settings, out: Console, *, as_json: bool) -> None:
    """Print every setting."""
    listed = list_settings(settings)
    if as_json:
        sys.stdout.write(json.dumps([asdict(row) for row in listed], indent=2) + "\n")
        return
    table = Table("setting", "value", "from", "meaning")
    for row in listed:
        table.add_row(row.name, row.value, row.source, row.meaning)
    out.print(table)


def list_settings(settings: Settings) -> list[Row]:
    """Every setting, secrets hidden."""
    from_file = {name.upper() for name, value in dotenv_values(Path(".env")).items() if value}
    rows = []
    for field, info in Settings.model_fields.items():
        name = variable(field)
        in_environment = any(key.upper() == name and value for key, value in os.environ.items())
        source = "environment" if in_environment else ".env" if name in from_file else "default"
        rows.append(Row(name, _shown(settings, field), source, str(info.description)))
    return rows


def _shown(settings: Settings, field: str) -> str:
    value: Any = getattr(settings, field)
    return "(hidden)" if isinstance(value, SecretStr) else settings.text(field) or "(unset)"
