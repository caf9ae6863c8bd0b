"""What stays of rows that retention takes away (P2).

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "totals",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "what", name="pk_totals"),
    )
    # What is oldest is found without a look at all the rest.
    op.create_index("ix_appointments_created_at", "appointments", ["created_at", "id"])
    op.create_index("ix_clients_created_at", "clients", ["created_at", "id"])
    # Rows come in the order of their time, so this costs the listener next to nothing.
    op.create_index("ix_call_facts_recorded_at", "call_facts", ["recorded_at"], postgresql_using="brin")
