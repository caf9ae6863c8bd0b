"""How effects are delivered, attempt by attempt, and text messages with their opt-outs (S4).

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

QUEUE = (
    "CASE WHEN channel = 'text' THEN key WHEN appointment_id IS NOT NULL THEN 'appointment:' || appointment_id"
    " ELSE 'family:' || split_part(event_type, '.', 1) END"
)
NOW = sa.text("clock_timestamp()")
IN_THREE_DAYS = sa.text("clock_timestamp() + interval '3 days'")


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    for column in (
        sa.Column("channel", sa.Text(), server_default="webhook", nullable=False),
        sa.Column("queue", sa.Text(), sa.Computed(QUEUE, persisted=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("due_at", instant, server_default=NOW, nullable=False),
        sa.Column("give_up_at", instant, server_default=IN_THREE_DAYS, nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("leased_until", instant, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("outcome_at", instant, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
    ):
        op.add_column("outbox", column)
    op.create_check_constraint("ck_outbox_channel_known", "outbox", "channel IN ('webhook', 'text')")
    op.create_check_constraint("ck_outbox_outcome_known", "outbox", "outcome IN ('delivered', 'given_up', 'withdrawn')")
    op.create_check_constraint("ck_outbox_outcome_dated", "outbox", "(outcome IS NULL) = (outcome_at IS NULL)")
    still_open = sa.text("outcome IS NULL")
    op.create_index("ix_outbox_due", "outbox", ["channel", "due_at"], postgresql_where=still_open)
    op.create_index("ix_outbox_queue", "outbox", ["queue", "id"], postgresql_where=still_open)
    op.create_index("ix_outbox_given_up", "outbox", ["id"], postgresql_where=sa.text("outcome = 'given_up'"))
    op.create_table(
        "outbox_attempts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("effect_id", sa.BigInteger(), nullable=False),
        sa.Column("at", instant, server_default=NOW, nullable=False),
        sa.Column("took_seconds", sa.Double(), nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["effect_id"], ["outbox.id"], name="fk_outbox_attempts_effect_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_attempts"),
    )
    op.create_index("ix_outbox_attempts_effect_id", "outbox_attempts", ["effect_id"])
    op.create_table(
        "text_consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("opted_out_at", instant, nullable=True),
        sa.Column("opted_in_at", instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_text_consents"),
        sa.UniqueConstraint("number", name="uq_text_consents_number"),
    )
    op.add_column("providers", sa.Column("sms_number", sa.Text(), nullable=True))
