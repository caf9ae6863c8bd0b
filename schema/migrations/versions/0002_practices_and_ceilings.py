"""Practices whose providers share a phone (A9), and a ceiling on calls that are up (A11).

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "practices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="pk_practices"),
    )
    op.add_column("providers", sa.Column("practice_id", sa.Text(), nullable=True))
    op.add_column("providers", sa.Column("pin_hash", sa.Text(), nullable=True))
    op.add_column("providers", sa.Column("pin_always", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_foreign_key("fk_providers_practice_id", "providers", "practices", ["practice_id"], ["id"])
    op.create_index("ix_providers_practice_id", "providers", ["practice_id"])

    op.add_column("caller_numbers", sa.Column("practice_id", sa.Text(), nullable=True))
    op.alter_column("caller_numbers", "provider_id", nullable=True)
    op.create_foreign_key("fk_caller_numbers_practice_id", "caller_numbers", "practices", ["practice_id"], ["id"])
    op.create_index("ix_caller_numbers_practice_id", "caller_numbers", ["practice_id"])
    op.create_check_constraint(
        "ck_caller_numbers_one_owner", "caller_numbers", "num_nonnulls(provider_id, practice_id) = 1"
    )

    op.add_column("calls", sa.Column("slot", sa.Integer(), nullable=True))
    op.add_column("calls", sa.Column("pins_asked", sa.Integer(), server_default="0", nullable=False))
    op.add_column("calls", sa.Column("wrong_pins", sa.Integer(), server_default="0", nullable=False))
    op.create_index(
        "uq_calls_slot",
        "calls",
        ["consultation_id", "slot"],
        unique=True,
        postgresql_where=sa.text("decision = 'admitted' AND disposition IS NULL"),
    )
    op.create_index(
        "ix_calls_wrong_pins", "calls", ["caller", "arrived_at"], postgresql_where=sa.text("wrong_pins > 0")
    )
