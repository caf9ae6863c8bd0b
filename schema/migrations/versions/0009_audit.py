"""The audit: append-only and hash-chained (P2).

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# What is hashed: the hash of the row before, then the row, each part with its length in bytes, so that no two rows read
# alike. `schema/queries/audit_chain.py` computes the same without asking the database.
AUDIT_HASH = """
CREATE FUNCTION audit_hash(entry audit) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(string_agg(convert_to(octet_length(convert_to(part, 'UTF8')) || ':' || part, 'UTF8'),
                                    convert_to(',', 'UTF8') ORDER BY place)), 'hex')
    FROM unnest(ARRAY[
        entry.previous_hash,
        entry.id::text,
        to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        entry.actor_kind,
        entry.actor,
        entry.action,
        entry.subject_kind,
        entry.subject_id,
        entry.details::text
    ]) WITH ORDINALITY AS parts (part, place)
$$;
"""
# Whoever adds a row has the head's lock until the transaction ends: two rows cannot follow the same one. Which row it
# is, when it was and what it follows is not for the writer to say.
AUDIT_CHAIN = """
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head audit_head;
BEGIN
    SELECT * INTO head FROM audit_head FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'audit_head is empty' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_stays';
    END IF;
    NEW.id := head.id + 1;
    NEW.at := clock_timestamp();
    NEW.previous_hash := head.hash;
    NEW.hash := audit_hash(NEW);
    UPDATE audit_head SET id = NEW.id, hash = NEW.hash;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_chain BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain();
"""
AUDIT_STAYS = """
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('consultline.retention', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'audit is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_stays';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
"""
# Retention takes the oldest rows, and leaves no hole. What the rest follows is kept, so that it can still be verified.
AUDIT_CLEARED = """
CREATE FUNCTION audit_cleared() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT id, hash INTO last FROM gone ORDER BY id DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE audit_head SET cleared_id = last.id, cleared_hash = last.hash WHERE cleared_id < last.id;
    IF EXISTS (SELECT FROM audit WHERE id < last.id) THEN
        RAISE EXCEPTION 'only the oldest rows of audit can go'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_oldest_first';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_cleared AFTER DELETE ON audit REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION audit_cleared();
"""
# Only the triggers above move the head: a statement of somebody's own is at depth 1.
AUDIT_HEAD_STAYS = """
CREATE FUNCTION audit_head_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'audit_head moves with audit' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_head_stays';
END $$;
CREATE TRIGGER audit_head_stays BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_head_stays();
"""


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.CheckConstraint("actor_kind IN ('token', 'provider', 'operator', 'line')", name="actor_known"),
        # P1: what tells of a number tells its last two digits.
        sa.CheckConstraint(r"details::text !~ '\+[0-9]{7}'", name="no_number"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_subject", "audit", ["subject_kind", "subject_id", "id"])
    op.create_table(
        "audit_head",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("cleared_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cleared_hash", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_audit_head"),
        sa.CheckConstraint("one", name="only_one"),
    )
    op.execute("INSERT INTO audit_head DEFAULT VALUES")
    for statement in (AUDIT_HASH, AUDIT_CHAIN, AUDIT_STAYS, AUDIT_CLEARED, AUDIT_HEAD_STAYS):
        # As it stands: SQLAlchemy would take what follows a colon for a parameter.
        op.get_bind().exec_driver_sql(statement)
    # How often an expired or revoked token is written down is bounded, as the use of a good one is.
    op.add_column("api_tokens", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
