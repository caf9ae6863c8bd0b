"""Links into the provider's pages, sessions there, and what providers report (P3, F4).

Revision ID: 0007
Revises: 0006
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _instant(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _created(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "portal_links",
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        _created("created_at"),
        _instant("expires_at"),
        _instant("used_at", nullable=True),
        sa.PrimaryKeyConstraint("secret_hash", name="pk_portal_links"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_portal_links_provider_id"),
    )
    op.create_index("ix_portal_links_provider_id", "portal_links", ["provider_id"])
    op.create_table(
        "portal_sessions",
        sa.Column("cookie_hash", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        _created("created_at"),
        _instant("idle_ends_at"),
        _instant("ends_at"),
        sa.PrimaryKeyConstraint("cookie_hash", name="pk_portal_sessions"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_portal_sessions_provider_id"),
    )
    op.create_index("ix_portal_sessions_provider_id", "portal_sessions", ["provider_id"])
    op.create_table(
        "issue_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consultation_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        _created("reported_at"),
        sa.PrimaryKeyConstraint("id", name="pk_issue_reports"),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultations.id"], name="fk_issue_reports_consultation_id"),
        sa.CheckConstraint("char_length(text) <= 500", name="ck_issue_reports_text_short"),
    )
    op.create_index("ix_issue_reports_consultation_id", "issue_reports", ["consultation_id"])
