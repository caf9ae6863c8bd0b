"""Phone numbers encrypted (P1).

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from consultation.numbers import PhoneNumber
from schema.migrations import keyring_in
from schema.number_columns import number_tables, reseal_all

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Of a number under each key that a program has, the form under the key in use. STABLE: it sees what the statement
# around it sees. Both functions refuse a program that lacks a key in use: it would store what others cannot find, or
# not find what others stored (A10).
NUMBER_TO_STORE = """
CREATE FUNCTION number_to_store(forms text[]) RETURNS text LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    in_use text := (SELECT id FROM number_keys WHERE state = 'active');
    form text;
BEGIN
    FOREACH form IN ARRAY forms LOOP
        IF split_part(form, '.', 1) = in_use THEN
            RETURN form;
        END IF;
    END LOOP;
    RAISE EXCEPTION '%', coalesce(in_use, '')
        USING ERRCODE = 'object_not_in_prerequisite_state', CONSTRAINT = 'number_key_missing';
END $$
"""
NUMBER_SOUGHT = """
CREATE FUNCTION number_sought(forms text[]) RETURNS text[] LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    missing text;
BEGIN
    IF forms = '{}' THEN
        RETURN forms;
    END IF;
    SELECT id INTO missing FROM number_keys
        WHERE state <> 'retired' AND NOT EXISTS (SELECT FROM unnest(forms) form WHERE split_part(form, '.', 1) = id);
    IF FOUND OR NOT EXISTS (SELECT FROM number_keys WHERE state = 'active') THEN
        RAISE EXCEPTION '%', coalesce(missing, '')
            USING ERRCODE = 'object_not_in_prerequisite_state', CONSTRAINT = 'number_key_missing';
    END IF;
    RETURN forms;
END $$
"""


def upgrade() -> None:
    keyring = keyring_in(op.get_context())
    op.create_table(
        "number_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="pk_number_keys"),
        sa.CheckConstraint("state IN ('active', 'retiring', 'retired')", name="ck_number_keys_state_known"),
    )
    op.create_index(
        "uq_number_keys_active", "number_keys", ["state"], unique=True, postgresql_where=sa.text("state = 'active'")
    )
    op.execute(NUMBER_TO_STORE)
    op.execute(NUMBER_SOUGHT)
    key = keyring.newest
    connection = op.get_bind()
    connection.execute(sa.text("INSERT INTO number_keys (id, state) VALUES (:id, 'active')"), {"id": key.id})
    # All in the one transaction of the upgrade: interrupted, it never happened, and is begun anew.
    for table in number_tables(existing_in=connection):
        reseal_all(connection, table, key.id, lambda clear: key.seal(PhoneNumber(clear)))
