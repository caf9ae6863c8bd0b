"""The tables. What each is for stands with it; how they came about stands in `schema/migrations/`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    FetchedValue,
    ForeignKey,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from consultation.numbers import PhoneNumber
from schema.columns import Instant, Number


class Base(DeclarativeBase):
    """Common to all tables: constraint names that migrations can rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, datetime: Instant, PhoneNumber: Number, dict[str, Any]: JSONB}  # noqa: RUF012


def _created() -> Mapped[datetime]:
    return mapped_column(server_default=func.clock_timestamp())


class LineNumber(Base):
    """A number of the line that providers dial."""

    __tablename__ = "line_numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[PhoneNumber] = mapped_column(unique=True)
    created_at: Mapped[datetime] = _created()


class Practice(Base):
    """Several providers who may share a phone, under the platform's own id."""

    __tablename__ = "practices"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = _created()


class Provider(Base):
    """A practitioner, solo or of a practice, under the platform's own id."""

    __tablename__ = "providers"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    language: Mapped[str]
    practice_id: Mapped[str | None] = mapped_column(ForeignKey("practices.id"), index=True)
    pin_hash: Mapped[str | None]  # argon2 (A9)
    pin_always: Mapped[bool] = mapped_column(server_default=text("false"))
    pin_when_unverified: Mapped[bool] = mapped_column(server_default=text("false"))  # A8
    sms_number: Mapped[PhoneNumber | None]  # where reminders go (S4); none: no texts
    created_at: Mapped[datetime] = _created()


class CallerNumber(Base):
    """A number that is dialled from. It belongs to one provider, or to one practice (A4)."""

    __tablename__ = "caller_numbers"
    __table_args__ = (CheckConstraint("num_nonnulls(provider_id, practice_id) = 1", name="one_owner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[PhoneNumber] = mapped_column(unique=True)
    provider_id: Mapped[str | None] = mapped_column(ForeignKey("providers.id"), index=True)
    practice_id: Mapped[str | None] = mapped_column(ForeignKey("practices.id"), index=True)
    label: Mapped[str]
    created_at: Mapped[datetime] = _created()


class Client(Base):
    """The person the platform referred, under the platform's own id."""

    __tablename__ = "clients"
    __table_args__ = (Index("ix_clients_created_at", "created_at", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    number: Mapped[PhoneNumber]
    created_at: Mapped[datetime] = _created()


class Appointment(Base):
    """The platform's record, under the platform's own id."""

    __tablename__ = "appointments"
    __table_args__ = (Index("ix_appointments_created_at", "created_at", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(ForeignKey("providers.id"), index=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), index=True)
    referred: Mapped[bool]
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = _created()


class Consultation(Base):
    """One occurrence of an appointment. A reschedule supersedes it and makes the next (S6)."""

    __tablename__ = "consultations"
    __table_args__ = (
        UniqueConstraint("appointment_id", "occurrence"),
        Index(
            "uq_consultations_current",
            "appointment_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("ix_consultations_pending", "ends_at", "id", postgresql_where=text("status = 'pending'")),
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        CheckConstraint(
            "status IN ('pending', 'completed', 'did_not_occur', 'unknown', 'not_needed')",
            name="status_known",
        ),
        CheckConstraint("(status = 'pending') = (status_at IS NULL)", name="status_dated"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointments.id"))
    occurrence: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    line_number_id: Mapped[int | None] = mapped_column(ForeignKey("line_numbers.id"))
    superseded_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(server_default="pending")
    status_by: Mapped[str | None]
    status_at: Mapped[datetime | None]
    task_told_at: Mapped[datetime | None]  # when the platform was told that the task is open: once (S3)
    later_evidence_at: Mapped[datetime | None]  # when a connection was seen that the final status knows nothing of (S8)
    created_at: Mapped[datetime] = _created()


class Call(Base):
    """One attempt to use the line: its decision (A12) and what became of it (E3). Kept for every attempt."""

    __tablename__ = "calls"
    __table_args__ = (
        CheckConstraint("decision IN ('admitted', 'refused')", name="decision_known"),
        CheckConstraint("(decision = 'admitted') = (reason IS NULL)", name="refusal_has_reason"),
        CheckConstraint("decision = 'refused' OR consultation_id IS NOT NULL", name="admission_has_consultation"),
        Index("ix_calls_arrived_at", "arrived_at", "id"),
        # A11: the database itself holds how many calls of one consultation can be up.
        Index(
            "uq_calls_slot",
            "consultation_id",
            "slot",
            unique=True,
            postgresql_where=text("decision = 'admitted' AND disposition IS NULL"),
        ),
        Index("ix_calls_open", "channel", postgresql_where=text("ended_at IS NULL")),
        Index("ix_calls_wrong_pins", "caller", "arrived_at", postgresql_where=text("wrong_pins > 0")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    channel: Mapped[str] = mapped_column(unique=True)  # the inbound leg's uniqueid, Asterisk's Linkedid
    caller: Mapped[PhoneNumber | None]
    line_number: Mapped[PhoneNumber | None]
    provider_id: Mapped[str | None] = mapped_column(ForeignKey("providers.id"), index=True)
    consultation_id: Mapped[UUID | None] = mapped_column(ForeignKey("consultations.id"), index=True)
    arrived_at: Mapped[datetime]
    decision: Mapped[str]
    reason: Mapped[str | None]
    decided_on: Mapped[dict[str, Any]]  # the candidates and how each stood; ids and instants, no number
    slot: Mapped[int | None]  # which of the calls that may be up at a time (A11)
    pins_asked: Mapped[int] = mapped_column(server_default="0")  # how often the PIN was asked for and not given (A9)
    wrong_pins: Mapped[int] = mapped_column(server_default="0")
    ringing_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    talk_seconds: Mapped[float] = mapped_column(server_default="0")
    disposition: Mapped[str | None]
    talk_partial: Mapped[bool] = mapped_column(server_default=text("false"))  # talk time is what is known, not all (E4)
    witnesses_disagree: Mapped[bool] = mapped_column(server_default=text("false"))
    outcome_version: Mapped[int] = mapped_column(server_default="0")  # of call_outcomes; 0 while the call goes on
    hangup_cause: Mapped[int | None]
    ended_by: Mapped[str | None]


class CallOutcome(Base):
    """What was said of a call's end, each time that a late fact changed it. Append-only; the last one holds (E4)."""

    __tablename__ = "call_outcomes"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    disposition: Mapped[str]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    talk_seconds: Mapped[float]
    talk_partial: Mapped[bool]
    hangup_cause: Mapped[int | None]
    ended_by: Mapped[str | None]
    recorded_at: Mapped[datetime] = _created()


class CallFact(Base):
    """One thing a witness saw. Append-only; the same fact twice is one row (E4)."""

    __tablename__ = "call_facts"
    __table_args__ = (
        UniqueConstraint(
            "witness", "node", "asterisk_start", "leg_channel", "kind", "sequence", name="uq_call_facts_fact"
        ),
        Index("ix_call_facts_recorded_at", "recorded_at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    witness: Mapped[str]
    node: Mapped[str]  # which Asterisk
    asterisk_start: Mapped[str]  # which life of it
    sequence: Mapped[int] = mapped_column(BigInteger)  # which of its kind on its leg: Asterisk's clock in microseconds
    channel: Mapped[str] = mapped_column(index=True)  # which call: its Linkedid
    leg_channel: Mapped[str]  # which leg: its own uniqueid
    kind: Mapped[str]
    occurred_at: Mapped[datetime]  # by Asterisk's clock
    bridge: Mapped[str | None]
    dial_status: Mapped[str | None]
    cause: Mapped[int | None]
    recorded_at: Mapped[datetime] = _created()


class CelFile(Base):
    """How far a node's file of CEL rows was read; committed with the facts of the rows before that place (E4)."""

    __tablename__ = "cel_files"

    node: Mapped[str] = mapped_column(primary_key=True)
    file: Mapped[str] = mapped_column(primary_key=True)  # device and inode: what stays when a file is renamed
    begins_with: Mapped[str]  # hash of its first row: an inode is given to another file once the first is gone
    position: Mapped[int] = mapped_column(BigInteger)  # bytes
    updated_at: Mapped[datetime] = _created()


class AsteriskClock(Base):
    """How far a node's Asterisk's clock is ahead of a clock that nobody can set; it moves only if somebody sets it."""

    __tablename__ = "asterisk_clocks"

    node: Mapped[str] = mapped_column(primary_key=True)
    boot: Mapped[str]  # of the listener's machine: its steady clock begins anew with it
    ahead_seconds: Mapped[float]
    measured_at: Mapped[datetime] = _created()


class NumberKeyState(Base):
    """A key that numbers are or were under, by its id; the key itself is in no database (P1).

    New numbers are stored under the active one. Some may still be under a retiring one, none under a retired one.
    """

    __tablename__ = "number_keys"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'retiring', 'retired')", name="state_known"),
        Index("uq_number_keys_active", "state", unique=True, postgresql_where=text("state = 'active'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    created_at: Mapped[datetime] = _created()


class Effect(Base):
    """One thing that somebody outside is to be told. Written in the transaction that made it true (E4).

    Open as long as it has no outcome: `waiting` until `due_at`, then with the worker that holds the lease.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("channel IN ('webhook', 'text')", name="channel_known"),
        CheckConstraint("outcome IN ('delivered', 'given_up', 'withdrawn')", name="outcome_known"),
        CheckConstraint("(outcome IS NULL) = (outcome_at IS NULL)", name="outcome_dated"),
        Index("ix_outbox_due", "channel", "due_at", postgresql_where=text("outcome IS NULL")),
        Index("ix_outbox_queue", "queue", "id", postgresql_where=text("outcome IS NULL")),
        Index("ix_outbox_given_up", "id", postgresql_where=text("outcome = 'given_up'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # the same effect twice is one
    event_type: Mapped[str]
    appointment_id: Mapped[str | None]  # effects of one appointment are told in order
    payload: Mapped[dict[str, Any]]  # ids and instants, never a number (P1)
    created_at: Mapped[datetime] = _created()
    channel: Mapped[str] = mapped_column(server_default="webhook")
    # What is delivered one after the other: an appointment's webhooks, those of a family such as line.*, one text.
    queue: Mapped[str] = mapped_column(
        Computed(
            "CASE WHEN channel = 'text' THEN key WHEN appointment_id IS NOT NULL THEN 'appointment:' || appointment_id"
            " ELSE 'family:' || split_part(event_type, '.', 1) END",
            persisted=True,
        )
    )
    message_id: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())  # the receiver's idempotency key
    due_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    give_up_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp() + interval '3 days'"))
    failures: Mapped[int] = mapped_column(server_default="0")  # since it was written, or sent on its way again
    lease: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    outcome: Mapped[str | None]
    outcome_at: Mapped[datetime | None]
    reason: Mapped[str | None]  # why it was given up or withdrawn


class DeliveryAttempt(Base):
    """One attempt to deliver an effect. Neither what was sent nor what was answered, and no number (P1)."""

    __tablename__ = "outbox_attempts"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    effect_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = _created()
    took_seconds: Mapped[float | None]  # null while it goes on, and where the worker died over it
    status_code: Mapped[int | None]  # HTTP
    error: Mapped[str | None]  # what went wrong, by a word of ours; null where nothing did


class TextConsent(Base):
    """What the owner of a number last asked for: no text messages, or texts again (S4). Belongs to the number."""

    __tablename__ = "text_consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[PhoneNumber] = mapped_column(unique=True)
    opted_out_at: Mapped[datetime | None]
    opted_in_at: Mapped[datetime | None]


class LinePart(Base):
    """The state of one part of the line, as its observer last saw it (F1)."""

    __tablename__ = "line_parts"

    part: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]


class LineState(Base):
    """The line went up or down. Append-only; each names the one before it, so that two cannot follow the same (F1)."""

    __tablename__ = "line_states"
    __table_args__ = (CheckConstraint("state IN ('up', 'down')", name="state_known"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    follows: Mapped[int] = mapped_column(BigInteger, unique=True)  # 0 for the first
    state: Mapped[str]
    since: Mapped[datetime]
    down_parts: Mapped[list[str]] = mapped_column(ARRAY(Text))  # why
    recorded_at: Mapped[datetime] = _created()


class Reveal(Base):
    """A client's number was shown to somebody, and why. Append-only, and without the number (F2, P2)."""

    __tablename__ = "reveals"
    __table_args__ = (
        CheckConstraint("actor_kind IN ('token', 'provider')", name="actor_known"),
        Index("ix_reveals_client_id", "client_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    actor_kind: Mapped[str]
    actor: Mapped[str]  # a token's name, or a provider's id
    # No foreign keys: the row outlives whom it names.
    appointment_id: Mapped[str | None]
    client_id: Mapped[str]
    reason: Mapped[str]
    shown_at: Mapped[datetime] = _created()


class AuditEntry(Base):
    """Who did what that is to be answered for. Append-only; each row's hash covers the row before it (P2).

    What has no value here is given by the database, whatever a writer says.
    """

    __tablename__ = "audit"
    __table_args__ = (
        CheckConstraint("actor_kind IN ('token', 'provider', 'operator', 'line')", name="actor_known"),
        CheckConstraint(r"details::text !~ '\+[0-9]{7}'", name="no_number"),
        Index("ix_audit_at", "at"),
        Index("ix_audit_subject", "subject_kind", "subject_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, FetchedValue(), primary_key=True, autoincrement=False)  # without gaps
    at: Mapped[datetime] = mapped_column(FetchedValue())
    actor_kind: Mapped[str]
    actor: Mapped[str]  # a token's name, a provider's id, an operator's login
    action: Mapped[str]
    # No foreign keys: the row outlives whom it names.
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    details: Mapped[dict[str, Any]]  # ids, names of fields, last two digits; never a number, a name or a secret
    previous_hash: Mapped[str] = mapped_column(FetchedValue())
    hash: Mapped[str] = mapped_column(FetchedValue())  # SHA-256, hexadecimal


class AuditHead(Base):
    """The one row that says where the audit ends, and after which row what is left of it begins (P2)."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("one", name="only_one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    hash: Mapped[str] = mapped_column(server_default="")
    cleared_id: Mapped[int] = mapped_column(BigInteger, server_default="0")  # the last row that retention took
    cleared_hash: Mapped[str] = mapped_column(server_default="")


class ApiToken(Base):
    """Who may use the API, and for what; of its secret only the hash (P3)."""

    __tablename__ = "api_tokens"
    __table_args__ = (CheckConstraint("scopes <@ ARRAY['platform', 'portal', 'read', 'texts']", name="scopes_known"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    secret_hash: Mapped[str]  # SHA-256, hexadecimal
    created_at: Mapped[datetime] = _created()
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]  # to the minute
    refused_at: Mapped[datetime | None]  # when it was last shown although expired or revoked: to the hour


class CalendarKey(Base):
    """The key of a provider's calendar; another one takes its place. Only its hash is kept (P3)."""

    __tablename__ = "calendar_keys"

    provider_id: Mapped[str] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), primary_key=True)
    key_hash: Mapped[str]  # SHA-256, hexadecimal
    created_at: Mapped[datetime] = _created()


class PortalLink(Base):
    """A provider's way into their pages, to be used once (P3). Of the link's secret, only its hash."""

    __tablename__ = "portal_links"

    secret_hash: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(ForeignKey("providers.id"), index=True)
    created_at: Mapped[datetime] = _created()
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PortalSession(Base):
    """A provider who is signed in. Of the cookie, only its hash. Ends at the earlier of its two ends (P3)."""

    __tablename__ = "portal_sessions"

    cookie_hash: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(ForeignKey("providers.id"), index=True)
    created_at: Mapped[datetime] = _created()
    idle_ends_at: Mapped[datetime]  # moves on with what the provider does
    ends_at: Mapped[datetime]


class IssueReport(Base):
    """What a provider reported about a consultation, before it or during it (F4)."""

    __tablename__ = "issue_reports"
    __table_args__ = (CheckConstraint("char_length(text) <= 500", name="text_short"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)  # the form's own: sent twice, it is one report
    consultation_id: Mapped[UUID] = mapped_column(ForeignKey("consultations.id"), index=True)
    reason: Mapped[str]
    text: Mapped[str | None]  # the provider's words: for support, never for a log
    reported_at: Mapped[datetime] = _created()


class Total(Base):
    """How many rows of a day retention took, and how long they lasted: counts and durations, of nobody (P2)."""

    __tablename__ = "totals"

    day: Mapped[date] = mapped_column(primary_key=True)  # UTC
    kind: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)  # a decision, a reason, a disposition, a status
    count: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float]
