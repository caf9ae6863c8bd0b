"""Tasks told, later evidence, the line's states, what was shown to whom, tokens (S3, S8, F1, F2, P2, P3).

Revision ID: 0006
Revises: 0005
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


# F1: what the line was once said to be is never rewritten.
LINE_STATES_STAY = """
CREATE FUNCTION line_states_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'line_states is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'line_states_stay';
END $$;
CREATE TRIGGER line_states_stay BEFORE UPDATE ON line_states FOR EACH ROW EXECUTE FUNCTION line_states_stay();
"""

# P2: an audit row cannot be altered, nor taken away but by a transaction that says it is the retention job.
REVEALS_STAY = """
CREATE FUNCTION reveals_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('consultline.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'reveals is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'reveals_stay';
END $$;
CREATE TRIGGER reveals_stay BEFORE UPDATE OR DELETE ON reveals FOR EACH ROW EXECUTE FUNCTION reveals_stay();
CREATE TRIGGER reveals_stay_whole BEFORE TRUNCATE ON reveals FOR EACH STATEMENT EXECUTE FUNCTION reveals_stay();
"""


def upgrade() -> None:
    _followup()
    _line_states()
    _reveals()
    _tokens()


def _line_states() -> None:
    op.create_table(
        "line_states",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("follows", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("down_parts", postgresql.ARRAY(sa.Text()), nullable=False),
        _created("recorded_at"),
        sa.PrimaryKeyConstraint("id", name="pk_line_states"),
        sa.UniqueConstraint("follows", name="uq_line_states_follows"),
        sa.CheckConstraint("state IN ('up', 'down')", name="ck_line_states_state_known"),
    )
    op.execute(LINE_STATES_STAY)


def _reveals() -> None:
    op.create_table(
        "reveals",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Text(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _created("shown_at"),
        sa.PrimaryKeyConstraint("id", name="pk_reveals"),
        sa.CheckConstraint("actor_kind IN ('token', 'provider')", name="ck_reveals_actor_known"),
    )
    op.create_index("ix_reveals_client_id", "reveals", ["client_id", "id"])
    op.execute(REVEALS_STAY)


def _followup() -> None:
    op.add_column("consultations", sa.Column("task_told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("consultations", sa.Column("later_evidence_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_consultations_pending", "consultations", ["ends_at", "id"], postgresql_where=sa.text("status = 'pending'")
    )


def _tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        _created("created_at"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("name", name="uq_api_tokens_name"),
        sa.CheckConstraint("scopes <@ ARRAY['platform', 'portal', 'read', 'texts']", name="ck_api_tokens_scopes_known"),
    )
    op.create_table(
        "calendar_keys",
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        _created("created_at"),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name="fk_calendar_keys_provider_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("provider_id", name="pk_calendar_keys"),
    )


def _created(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)
