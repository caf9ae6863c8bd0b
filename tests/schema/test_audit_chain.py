"""What was done to the audit by force is found and named (P2)."""

from __future__ import annotations

import pytest

from schema.engine import Store
from tests.schema.audit_rows import ROWS, add, by_force, verified

ADD = (
    "INSERT INTO audit SELECT {}, at, actor_kind, 'bob', action, subject_kind, subject_id, details, {}, ''"
    " FROM audit WHERE id = 7"
)
HASH = "UPDATE audit a SET hash = audit_hash(a) WHERE id = 4"
FORGERIES = [
    (["UPDATE audit SET actor = 'bob' WHERE id = 4"], 4, "was altered"),
    (["UPDATE audit SET at = at - interval '1 day' WHERE id = 4"], 4, "was altered"),
    (["UPDATE audit SET details = '{}' WHERE id = 4"], 4, "was altered"),
    # Where one part ends and the next begins is hashed, too.
    (["UPDATE audit SET actor = 'adatoken', action = '.revoked' WHERE id = 4"], 4, "was altered"),
    (["UPDATE audit SET actor = 'bob' WHERE id = 4", HASH], 5, "does not follow"),
    (["DELETE FROM audit WHERE id = 4"], 4, "is missing"),
    (["DELETE FROM audit WHERE id = 4", "UPDATE audit SET id = id - 1 WHERE id = 5"], 4, "was altered"),
    (["DELETE FROM audit WHERE id = 1"], 1, "is missing"),
    (["DELETE FROM audit WHERE id >= 6"], 6, "is missing, and so is every row after it"),
    (["TRUNCATE audit"], 1, "is missing, and so is every row after it"),
    ([ADD.format(8, "hash")], 8, "was added"),
    ([ADD.format(0, "''")], 0, "was added"),
    (["UPDATE audit_head SET hash = 'x'"], ROWS, "is not the row that the table audit_head says"),
    (["DELETE FROM audit_head"], 0, "is lost"),
]


@pytest.mark.parametrize(("statements", "row", "problem"), FORGERIES)
def test_p2_what_somebody_did_to_the_audit_with_every_trigger_off_is_found_and_named(
    kept_audit: Store, statements: list[str], row: int, problem: str
) -> None:
    by_force(kept_audit, *statements)
    broken = verified(kept_audit).broken
    assert broken is not None
    assert broken.id == row
    assert problem in broken.problem


def test_p2_a_database_function_that_was_replaced_vouches_for_nothing(kept_audit: Store) -> None:
    by_force(
        kept_audit,
        "CREATE OR REPLACE FUNCTION audit_hash(entry audit) RETURNS text LANGUAGE sql AS 'SELECT entry.hash'",
        "UPDATE audit SET actor = 'bob' WHERE id = 4",
    )
    broken = verified(kept_audit).broken
    assert broken is not None
    assert broken.id == 4


def forge_all_after(store: Store, row: int) -> None:
    """Alter a row, and hash it and every row after it anew: in itself, that audit is whole."""
    anew = (
        "UPDATE audit a SET previous_hash = (SELECT hash FROM audit b WHERE b.id = a.id - 1) WHERE id = {0};"
        "UPDATE audit a SET hash = audit_hash(a) WHERE id = {0}"
    )
    by_force(
        store,
        f"UPDATE audit SET actor = 'bob' WHERE id = {row}",
        *(anew.format(place) for place in range(row, ROWS + 1)),
        f"UPDATE audit_head SET hash = (SELECT hash FROM audit WHERE id = {ROWS})",
    )


def test_p2_a_head_that_was_noted_finds_an_audit_that_was_written_anew_from_some_row_on(kept_audit: Store) -> None:
    noted = verified(kept_audit).head
    forge_all_after(kept_audit, 5)
    assert verified(kept_audit).broken is None
    broken = verified(kept_audit, noted).broken
    assert broken is not None
    assert (broken.id, "rewritten" in broken.problem) == (ROWS, True)


def test_p2_a_head_that_was_noted_finds_an_end_that_was_cut_off(kept_audit: Store) -> None:
    noted = verified(kept_audit).head
    by_force(
        kept_audit,
        "DELETE FROM audit WHERE id > 5",
        "UPDATE audit_head SET id = 5, hash = (SELECT hash FROM audit WHERE id = 5)",
    )
    assert verified(kept_audit).broken is None
    broken = verified(kept_audit, noted).broken
    assert broken is not None
    assert (broken.id, "cut off" in broken.problem) == (ROWS, True)


def test_p2_a_head_that_was_noted_stays_good_while_the_audit_grows(kept_audit: Store) -> None:
    noted = verified(kept_audit).head
    for _ in range(3):
        with kept_audit.transaction() as session:
            add(session)
    found = verified(kept_audit, noted)
    assert (found.broken, found.rows, found.head.id) == (None, ROWS + 3, ROWS + 3)
