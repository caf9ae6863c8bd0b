"""What can be said of an effect on its way to whoever is to be told."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """How somebody is told."""

    WEBHOOK = "webhook"
    TEXT = "text"


class Outcome(StrEnum):
    """What became of an effect. `withdrawn`: there was no longer a reason to tell."""

    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"


class State(StrEnum):
    """How an effect stands, for people."""

    WAITING = "waiting"
    FAILING = "failing"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"
    DELIVERED = "delivered"


OPEN_OR_LOST = (State.WAITING, State.FAILING, State.GIVEN_UP)
