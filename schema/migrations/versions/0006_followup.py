"""The task's announcement, and evidence that comes after a final status (S3, S8).

Revision ID: 0006
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _followup()


def _followup() -> None:
    op.add_column("consultations", sa.Column("task_told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("consultations", sa.Column("later_evidence_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_consultations_pending", "consultations", ["ends_at", "id"], postgresql_where=sa.text("status = 'pending'")
    )
