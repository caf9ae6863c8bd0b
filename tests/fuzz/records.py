"""What the line wrote down, held against what was sent and against what left the line (A10, A12, C1, E4)."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote_to_bytes

from sqlalchemy import func, select

from consultation.numbers import PhoneNumber
from schema.engine import Store
from schema.keyring import Keyring
from schema.models import Appointment, Call, CelFile, Client, Consultation
from tests.fuzz.attempts import Attempts
from tests.fuzz.sip.carrier import Outbound
from tests.fuzz.sip.world import LINE_NUMBER, Booked

_CHANNEL = re.compile(r"line1-\d+\.\d+")
# Another node's calls are forged (agi-clients).
_OURS = Call.channel.startswith("line1-")
# Within this time after another one, a call may be recorded that arrived before it.
_LATENESS = timedelta(minutes=1)
_SEPARATORS = re.compile(rb"[-.() ]")


class Records:
    """Every record of a call, looked at once. Tell it of each booking and of each INVITE that left the line."""

    def __init__(self, database_url: str, keyring: Keyring) -> None:
        self._store = Store(database_url, pool=1, statement_seconds=30, keyring=keyring)
        self.booked: list[Booked] = []
        self._seen: set[str] = set()
        self._admitted: Counter[str] = Counter()  # by client
        self._left: Counter[str] = Counter()
        self._outbound: set[str] = set()
        self._since = datetime.fromtimestamp(0, UTC)
        self.calls = 0

    def close(self) -> None:
        """Close the connection to the database."""
        self._store.close()

    def begin(self) -> None:
        """Pass over what is there already."""
        with self._store.transaction() as session:
            self._seen.update(session.scalars(select(Call.channel)))

    def open_calls(self) -> list[str]:
        """What is wrong as long as a call that is over has no end in the records (E4)."""
        with self._store.transaction() as session:
            count = session.scalar(select(func.count()).select_from(Call).where(Call.ended_at.is_(None), _OURS))
        return [f"{count} calls have no end"] if count else []

    def unrecorded(self, attempts: Attempts) -> list[str]:
        """What is wrong as long as a call that Asterisk refused by itself is not recorded (A10, A12)."""
        if attempts.unrecorded:
            with self._store.transaction() as session:
                attempts.unrecorded -= set(
                    session.scalars(select(Call.channel).where(Call.channel.in_(attempts.unrecorded)))
                )
        return (
            [f"{len(attempts.unrecorded)} calls that no server decided on are not recorded"]
            if attempts.unrecorded
            else []
        )

    def unread(self, rows: Path) -> list[str]:
        """What is wrong as long as the listener has not read all that Asterisk wrote into this file."""
        if not rows.exists():
            return []
        about = rows.stat()
        with self._store.transaction() as session:
            position = session.scalar(select(CelFile.position).where(CelFile.file == f"{about.st_dev}:{about.st_ino}"))
        left = about.st_size - (position or 0)
        return [f"the listener is {left} octets of CEL rows behind"] if left else []

    def left(self, invite: Outbound) -> list[str]:
        """The violations in one INVITE that left the line."""
        if invite.call_id in self._outbound:
            return [f"an INVITE left the line twice: {invite.call_id}"]
        self._outbound.add(invite.call_id)
        to = next((one for one in self.booked if one.client == invite.client), None)
        if to is None:
            return ["an INVITE left the line to a number that nobody booked"]
        self._left[invite.client] += 1
        if (invite.shown, invite.asserted, invite.diverted) != (to.caller, to.caller, LINE_NUMBER):
            return [
                f"an INVITE to a booked client shows another caller or diverter than the booked ones ({invite.call_id})"
            ]
        return []

    def look(self, sent: bytes) -> list[str]:
        """The violations in the new records, which `sent`, all that was sent since the last look, brought about."""
        digits = _digits(sent)
        wrong: list[str] = []
        with self._store.transaction() as session:
            rows = session.execute(
                select(Call, Client.number)
                .outerjoin(Consultation, Consultation.id == Call.consultation_id)
                .outerjoin(Appointment, Appointment.id == Consultation.appointment_id)
                .outerjoin(Client, Client.id == Appointment.client_id)
                .where(Call.arrived_at > self._since, _OURS)
            )
            new = 0
            for call, client in rows:
                if call.channel in self._seen:
                    continue
                self._seen.add(call.channel)
                self._since = max(self._since, call.arrived_at - _LATENESS)
                new += 1
                wrong += self._record(call, client, digits)
        self.calls += new
        if new > sent.count(b"INVITE"):
            wrong.append(f"{new} calls are recorded, and only {sent.count(b'INVITE')} INVITEs were sent")
        wrong += [
            f"{count} INVITEs left the line to a client, and {self._admitted[client]} calls were admitted to them"
            for client, count in self._left.items()
            if count > self._admitted[client]
        ]
        return wrong

    def _record(self, call: Call, client: PhoneNumber | None, digits: bytes) -> list[str]:
        wrong = []
        if not _CHANNEL.fullmatch(call.channel):
            wrong.append("a call is recorded under a channel that Asterisk does not make")
        # National digits: who is called from abroad does not exist among these numbers.
        wrong += [
            f"{call.channel}: a number is recorded that was never sent"
            for number in (call.caller, call.line_number)
            if number is not None and number.e164.lstrip("+").removeprefix("1").encode() not in digits
        ]
        if call.disposition is None or call.ended_at is None:
            wrong.append(f"{call.channel}: no end is recorded")
        if call.decision == "admitted":
            mine = next((one for one in self.booked if call.caller and one.caller == call.caller.e164), None)
            if (
                mine is None
                or client is None
                or client.e164 != mine.client
                or call.line_number != PhoneNumber(LINE_NUMBER)
            ):
                wrong.append(f"{call.channel}: admitted to a client whom this caller has no consultation with")
            elif client is not None:
                self._admitted[client.e164] += 1
        return wrong


def _digits(sent: bytes) -> bytes:
    """What was sent, as a number could be read out of it: percent-escapes decoded, separators left out."""
    return _SEPARATORS.sub(b"", unquote_to_bytes(sent))
