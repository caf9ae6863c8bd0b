"""Providers who may prove by their PIN that a number which fails verification is theirs (A8).

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "providers", sa.Column("pin_when_unverified", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
