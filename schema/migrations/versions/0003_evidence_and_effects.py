"""Facts of two witnesses, versions of outcomes, where the CEL files were read to, and the outbox (E4, S2).

Revision ID: 0003
Revises: 0002
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# E4: what was said of a call before is kept, so that a later version can be held against it.
OUTCOMES_STAY = """
CREATE FUNCTION outcomes_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'call_outcomes is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'outcomes_stay';
END $$;
CREATE TRIGGER outcomes_stay BEFORE UPDATE ON call_outcomes FOR EACH ROW EXECUTE FUNCTION outcomes_stay();
"""


def _created(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def upgrade() -> None:
    _identify_facts()
    op.add_column("calls", sa.Column("talk_partial", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column(
        "calls", sa.Column("witnesses_disagree", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("calls", sa.Column("outcome_version", sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_calls_open", "calls", ["channel"], postgresql_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "call_outcomes",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("talk_seconds", sa.Double(), nullable=False),
        sa.Column("talk_partial", sa.Boolean(), nullable=False),
        sa.Column("hangup_cause", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        _created("recorded_at"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_call_outcomes_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "version", name="pk_call_outcomes"),
    )
    op.execute(OUTCOMES_STAY)
    op.create_table(
        "cel_files",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("begins_with", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        _created("updated_at"),
        sa.PrimaryKeyConstraint("node", "file", name="pk_cel_files"),
    )
    op.create_table(
        "asterisk_clocks",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("ahead_seconds", sa.Double(), nullable=False),
        _created("measured_at"),
        sa.PrimaryKeyConstraint("node", name="pk_asterisk_clocks"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        _created("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )


def _identify_facts() -> None:
    """A fact is what one witness on one node saw in one life of its Asterisk, of one leg, the how-manieth."""
    op.add_column("call_facts", sa.Column("node", sa.Text(), nullable=True))
    op.add_column("call_facts", sa.Column("asterisk_start", sa.Text(), nullable=True))
    op.add_column("call_facts", sa.Column("sequence", sa.BigInteger(), nullable=True))
    op.execute("ALTER TABLE call_facts DISABLE TRIGGER facts_stay")
    op.execute(
        "UPDATE call_facts SET node = split_part(channel, '-', 1), asterisk_start = '', "
        "sequence = (extract(epoch FROM occurred_at) * 1000000)::bigint"
    )
    op.execute("ALTER TABLE call_facts ENABLE TRIGGER facts_stay")
    for column in ("node", "asterisk_start", "sequence"):
        op.alter_column("call_facts", column, nullable=False)
    op.drop_constraint("uq_call_facts_witness_leg_channel_kind_occurred_at", "call_facts")
    op.create_unique_constraint(
        "uq_call_facts_fact",
        "call_facts",
        ["witness", "node", "asterisk_start", "leg_channel", "kind", "sequence"],
    )
