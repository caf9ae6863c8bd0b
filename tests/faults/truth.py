"""What the phones themselves saw: who was connected to whom, from when until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.demo.sip import Message
from tests.faults.schedule import CallPlan

# Two messages of one exchange are at most this far apart on a machine that is busy.
_EXCHANGE = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class CallTruth:
    """One dialled call. None stands for what did not happen.

    `connected` is when both phones had the answer, `parted` when the first of them said or heard BYE, or Asterisk
    died. `died` is when Asterisk died under this call; `unsure` says that it died just while the two were connected,
    so that either word of the record is right.
    """

    plan: CallPlan
    caller: str
    client: str
    dialled: datetime
    answered_by_line: bool = False  # any response came back, if only 100
    invites: int = 0
    rang: datetime | None = None
    client_status: int | None = None
    final_status: int | None = None
    given_up: datetime | None = None
    connected: datetime | None = None
    parted: datetime | None = None
    over: datetime | None = None  # when the provider's phone knew that the call was over
    died: datetime | None = None
    unsure: bool = False

    @property
    def talk(self) -> timedelta:
        """How long the two were connected; nothing while they still are."""
        return self.parted - self.connected if self.connected and self.parted else timedelta(0)

    def connected_at(self, at: datetime) -> bool:
        """Whether the two were connected at this instant."""
        return self.connected is not None and self.connected <= at and (self.parted is None or at < self.parted)


def truth(
    plan: CallPlan,
    caller: str,
    client: str,
    provider: Sequence[Message],
    clients: Iterable[Message],
    deaths: Iterable[datetime],
) -> CallTruth | None:
    """What these phones say of one call; None if it was not dialled. `deaths` are the instants of Asterisk's."""
    dialled = next((message.at for message in provider if _sent(message, "INVITE")), None)
    if dialled is None:
        return None
    legs = {
        message.header("Call-ID")
        for message in clients
        if message.received and message.method == "INVITE" and caller in (message.header("From") or "")
    }
    leg = [message for message in clients if message.header("Call-ID") in legs]
    answered = next((message.at for message in leg if _says(message, 200, "INVITE") and not message.received), None)
    heard = next((message.at for message in provider if _says(message, 200, "INVITE") and message.received), None)
    byes = sorted(message.at for message in (*provider, *leg) if message.method == "BYE")
    final = _final(provider)
    ends = [*byes[:1], *([final.at] if final and final.status != 200 else [])]
    died = next((at for at in sorted(deaths) if at > dialled and not any(end < at for end in ends)), None)
    connected = max(answered, heard) if answered and heard else None
    if connected and died and died < connected:
        connected = None
    parted = min([*ends, *([died] if died else [])], default=None) if connected else None
    cuts = [*ends, *([died] if died else [])]
    unsure = answered is not None and any(abs(at - (connected or answered)) < _EXCHANGE for at in cuts)
    return CallTruth(
        plan,
        caller,
        client,
        dialled,
        answered_by_line=any(message.received for message in provider),
        invites=len(legs),
        rang=next((message.at for message in leg if _says(message, 180, "INVITE")), None),
        client_status=_final_status(leg),
        final_status=final.status if final else None,
        given_up=next((message.at for message in provider if _sent(message, "CANCEL")), None),
        connected=connected,
        parted=parted,
        over=min(ends, default=None),
        died=died,
        unsure=unsure,
    )


def _final(messages: Iterable[Message]) -> Message | None:
    for message in messages:
        if message.received and (message.status or 0) >= 200 and _of(message, "INVITE"):
            return message
    return None


def _final_status(leg: Iterable[Message]) -> int | None:
    """What the client's phone finally said."""
    said = [message.status for message in leg if not message.received and _of(message, "INVITE")]
    return next((status for status in said if status and status >= 200), None)


def _says(message: Message, status: int, method: str) -> bool:
    return message.status == status and _of(message, method)


def _of(message: Message, method: str) -> bool:
    return (message.header("CSeq") or "").endswith(method)


def _sent(message: Message, method: str) -> bool:
    return not message.received and message.method == method
