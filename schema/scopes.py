"""What a token for the API is good for (P3)."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """`read`: what holds no phone number. `portal`: that, and letting providers in. `platform`: all."""

    PLATFORM = "platform"
    PORTAL = "portal"
    READ = "read"
