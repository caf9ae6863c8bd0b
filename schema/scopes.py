"""What a token for the API is good for (P3)."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """`read`: what holds no phone number. `portal`: that, and letting providers in. `platform`: all.

    `texts`: handing in texts that providers sent, and nothing else.
    """

    PLATFORM = "platform"
    PORTAL = "portal"
    READ = "read"
    TEXTS = "texts"
