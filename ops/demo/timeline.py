"""The demo's call, told from what both phones saw on the wire and what the line wrote down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console

from ops.demo.sip import Message


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that is known of the call. `booked`, `call` and `appointment` are the API's own answers."""

    booked: dict[str, Any]
    call: dict[str, Any]
    appointment: dict[str, Any]
    provider: list[Message]
    client: list[Message]
    provider_heard: bool
    client_heard: bool
    caller_number: str
    client_number: str
    line_number: str

    @property
    def invite(self) -> Message | None:
        """What the client's phone received."""
        return next((message for message in self.client if message.received and message.method == "INVITE"), None)


def show(story: Story, out: Console) -> None:
    """Print the timeline."""
    contact = story.booked["contact"]
    out.print()
    out.print(f"Dr. Rivera's phone is {story.caller_number}, Sam's is {story.client_number}.")
    out.print(
        f"The consultation got the line number {contact['number']}, open from {_clock(contact['opens_at'])} "
        f"until {_clock(contact['closes_at'])} UTC."
    )
    out.print()
    entries = sorted(_entries(story), key=lambda entry: entry[0])
    for at, who, what in entries:
        seconds = (at - entries[0][0]).total_seconds()
        out.print(f"  {seconds:7.3f} s  {who:17} {what}", markup=False, soft_wrap=True)
    out.print()
    heard = f"client heard the provider: {_word(story.client_heard)}"
    out.print(f"  provider heard the client: {_word(story.provider_heard)}; {heard}")
    call, appointment = story.call, story.appointment
    out.print(f"  call: {call['disposition']}, {call['talk_seconds']:.1f} s of talk, ended by the {call['ended_by']}")
    out.print(f"  consultation: {appointment['status']}, said by the {appointment['status_by']} (S2); nobody is asked")
    out.print()


def problems(story: Story) -> list[str]:
    """What is not as it must be; empty if the demo shows what it should."""
    invite = story.invite
    shown = [invite.header("From") or "", invite.header("P-Asserted-Identity") or ""] if invite else []
    sent_to_provider = [message.text for message in story.provider if message.received]
    digits = story.client_number.lstrip("+")
    checks = {
        "the client's phone was not called": invite is not None,
        "the client's phone did not show the provider's number": bool(shown)
        and all(story.caller_number in header for header in shown),
        "the client's number was sent to the provider's phone": not any(digits in text for text in sent_to_provider),
        "the client was not heard by the provider": story.provider_heard,
        "the provider was not heard by the client": story.client_heard,
        f"the call's disposition is {story.call['disposition']}": story.call["disposition"] == "connected",
        f"the consultation is {story.appointment['status']}": story.appointment["status"] == "completed",
    }
    return [problem for problem, fine in checks.items() if not fine]


def _entries(story: Story) -> Iterator[tuple[datetime, str, str]]:
    call = story.call
    if story.provider:
        dialled = story.provider[0]
        yield dialled.at, "provider's phone", f"dialled {story.line_number} from {story.caller_number}"
    yield (
        _instant(call["arrived_at"]),
        "the line",
        f"{call['decision']}: {_WHY}",
    )
    if story.invite:
        for header in ("From", "P-Asserted-Identity", "Diversion"):
            yield story.invite.at, "client's phone", f"shows {header}: {_without_tag(story.invite.header(header))}"
    names = {
        "ringing_at": ("client's phone", "rings"),
        "answered_at": ("client's phone", "answered"),
        "connected_at": ("both phones", "connected: in one bridge, audio both ways (E1)"),
        "ended_at": ("the line", f"the {call['ended_by']} hung up (Q.850 cause {call['hangup_cause']})"),
    }
    for field, (who, what) in names.items():
        if call[field]:
            yield _instant(call[field]), who, what
    if story.appointment["status_at"]:
        yield _instant(story.appointment["status_at"]), "the line", f"consultation {story.appointment['status']} (S2)"


_WHY = "the number is on Dr. Rivera's profile (A4), its consultation has this line number (A6), the window is open (W1)"


def _without_tag(header: str | None) -> str:
    return header.split(";tag=")[0] if header else "(nothing)"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _clock(text: str) -> str:
    return _instant(text).strftime("%H:%M:%S")


def _word(yes: bool) -> str:  # noqa: FBT001 - one argument, and it is the question
    return "yes" if yes else "NO"
