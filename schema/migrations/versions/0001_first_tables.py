"""The line's first tables.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# S1: a final status never changes, whoever asks. Raised as a check violation, so that it reaches the program as
# any other constraint does.
FINAL_STATUS_STAYS = """
CREATE FUNCTION final_status_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the status of consultation % is final', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'final_status_stays';
END $$;
CREATE TRIGGER final_status_stays BEFORE UPDATE ON consultations FOR EACH ROW
    WHEN (OLD.status <> 'pending'
          AND (NEW.status, NEW.status_by, NEW.status_at) IS DISTINCT FROM (OLD.status, OLD.status_by, OLD.status_at))
    EXECUTE FUNCTION final_status_stays();
"""

# E4: what a witness saw is never rewritten. Deleting stays possible, for retention (P2).
FACTS_STAY = """
CREATE FUNCTION facts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'call_facts is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'facts_stay';
END $$;
CREATE TRIGGER facts_stay BEFORE UPDATE ON call_facts FOR EACH ROW EXECUTE FUNCTION facts_stay();
"""


def upgrade() -> None:
    op.create_table(
        "call_facts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("leg_channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bridge", sa.Text(), nullable=True),
        sa.Column("dial_status", sa.Text(), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_call_facts"),
        sa.UniqueConstraint(
            "witness",
            "leg_channel",
            "kind",
            "occurred_at",
            name="uq_call_facts_witness_leg_channel_kind_occurred_at",
        ),
    )
    op.create_index("ix_call_facts_channel", "call_facts", ["channel"], unique=False)
    op.create_table(
        "clients",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_clients"),
    )
    op.create_table(
        "line_numbers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_line_numbers"),
        sa.UniqueConstraint("number", name="uq_line_numbers_number"),
    )
    op.create_table(
        "line_parts",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("part", name="pk_line_parts"),
    )
    op.create_table(
        "providers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_providers"),
    )
    op.create_table(
        "appointments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("referred", sa.Boolean(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_appointments_client_id"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_appointments_provider_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointments"),
    )
    op.create_index("ix_appointments_client_id", "appointments", ["client_id"], unique=False)
    op.create_index("ix_appointments_provider_id", "appointments", ["provider_id"], unique=False)
    op.create_table(
        "caller_numbers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_caller_numbers_provider_id"),
        sa.PrimaryKeyConstraint("id", name="pk_caller_numbers"),
        sa.UniqueConstraint("number", name="uq_caller_numbers_number"),
    )
    op.create_index("ix_caller_numbers_provider_id", "caller_numbers", ["provider_id"], unique=False)
    op.create_table(
        "consultations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line_number_id", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("status_by", sa.Text(), nullable=True),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("(status = 'pending') = (status_at IS NULL)", name="ck_consultations_status_dated"),
        sa.CheckConstraint(
            "status IN ('pending', 'completed', 'did_not_occur', 'unknown', 'not_needed')",
            name="ck_consultations_status_known",
        ),
        sa.CheckConstraint("starts_at < ends_at", name="ck_consultations_ends_after_start"),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name="fk_consultations_appointment_id"),
        sa.ForeignKeyConstraint(["line_number_id"], ["line_numbers.id"], name="fk_consultations_line_number_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consultations"),
        sa.UniqueConstraint("appointment_id", "occurrence", name="uq_consultations_appointment_id_occurrence"),
    )
    op.create_index("ix_consultations_ends_at", "consultations", ["ends_at"], unique=False)
    op.create_index(
        "uq_consultations_current",
        "consultations",
        ["appointment_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=True),
        sa.Column("line_number", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("consultation_id", sa.Uuid(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_on", postgresql.JSONB(), nullable=False),
        sa.Column("ringing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("talk_seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("disposition", sa.Text(), nullable=True),
        sa.Column("hangup_cause", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(decision = 'admitted') = (reason IS NULL)", name="ck_calls_refusal_has_reason"),
        sa.CheckConstraint(
            "decision = 'refused' OR consultation_id IS NOT NULL", name="ck_calls_admission_has_consultation"
        ),
        sa.CheckConstraint("decision IN ('admitted', 'refused')", name="ck_calls_decision_known"),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultations.id"], name="fk_calls_consultation_id"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_calls_provider_id"),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.UniqueConstraint("channel", name="uq_calls_channel"),
    )
    op.create_index("ix_calls_arrived_at", "calls", ["arrived_at", "id"], unique=False)
    op.create_index("ix_calls_consultation_id", "calls", ["consultation_id"], unique=False)
    op.create_index("ix_calls_provider_id", "calls", ["provider_id"], unique=False)
    op.execute(FINAL_STATUS_STAYS)
    op.execute(FACTS_STAY)
