"""What the dialplan can ask for: one verb, one file, one short function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agi.session import Session
from runtime.settings import Settings
from schema.engine import Store


@dataclass(frozen=True, slots=True)
class Context:
    """What every handler works with."""

    settings: Settings
    store: Store


Handler = Callable[[Session, Context], None]
