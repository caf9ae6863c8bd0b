"""The audit: nothing in it can be altered (P2)."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from schema.engine import ConflictError, StatementError, Store
from schema.models import AuditEntry
from schema.queries import audit, audit_chain, people
from schema.queries.audit import Action, Actor, Subject
from schema.queries.audit_chain import Place
from tests.consultation.examples import CLIENT
from tests.schema.audit_rows import ADA, ROWS, add, by_force, clear_away, verified
from tests.schema.platform import STRANGER
from tests.schema.waiting import wait_for_lock


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'bob'", "DELETE FROM audit", "TRUNCATE audit", "DELETE FROM audit WHERE id = 7"],
)
def test_p2_a_row_of_the_audit_can_be_neither_changed_nor_taken_away(kept_audit: Store, statement: str) -> None:
    with pytest.raises(ConflictError, match="audit_stays"), kept_audit.transaction() as session:
        session.execute(text(statement))
    found = verified(kept_audit)
    assert (found.rows, found.broken) == (ROWS, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_head SET id = 3",
        "UPDATE audit_head SET cleared_id = 3",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "INSERT INTO audit_head (one) VALUES (true)",
    ],
)
@pytest.mark.parametrize("retention", ["on", "off"])
def test_p2_where_the_audit_ends_is_nothing_that_anybody_can_write(
    kept_audit: Store, statement: str, retention: str
) -> None:
    with pytest.raises(ConflictError, match="audit_head_stays"), kept_audit.transaction() as session:
        session.execute(text(f"SET LOCAL consultline.retention = '{retention}'; {statement}"))


def test_p2_which_row_it_is_when_it_was_and_what_it_follows_is_not_for_the_writer_to_say(kept_audit: Store) -> None:
    with kept_audit.transaction() as session:
        session.execute(
            text("INSERT INTO audit VALUES (3, '2001-01-01', 'line', 'x', 'y', 'token', 'z', '{}', 'previous', 'hash')")
        )
    with kept_audit.transaction() as session:
        row = session.get_one(AuditEntry, ROWS + 1)
        assert row.actor == "x"
        assert session.scalar(text("SELECT clock_timestamp() - :at < interval '1 min'"), {"at": row.at})
    assert verified(kept_audit).broken is None


def test_p1_a_whole_number_cannot_get_into_the_audit(kept_audit: Store) -> None:
    with pytest.raises(ConflictError, match="no_number"), kept_audit.transaction() as session:
        audit.record(session, ADA, Action.CLIENT_CHANGED, Subject("client", "c"), {"numbers_added": [CLIENT.e164]})


def put_client(session: Session, actor: Actor) -> None:
    assert people.put_client(session, "c", name="C", number=STRANGER, actor=actor), "it is there from before"


def put_client_in_vain(session: Session) -> None:
    put_client(session, ADA)
    session.execute(text("SELECT 1 / 0"))


def test_p2_a_deed_that_is_undone_leaves_no_row(store: Store) -> None:
    with pytest.raises(StatementError), store.transaction() as session:
        put_client_in_vain(session)
    with store.transaction() as session:
        assert audit.listed(session) == []


def test_p2_a_deed_whose_row_cannot_be_written_is_undone(store: Store) -> None:
    with pytest.raises(ConflictError, match="actor_known"), store.transaction() as session:
        put_client(session, Actor("nobody", "x"))  # type: ignore[arg-type]
    with store.transaction() as session:
        put_client(session, ADA)


def test_p2_retention_takes_the_oldest_rows_and_the_rest_can_still_be_verified(kept_audit: Store) -> None:
    noted = verified(kept_audit).head
    clear_away(kept_audit, "id <= 3")
    found = verified(kept_audit, noted)
    assert (found.broken, found.rows, found.cleared.id) == (None, ROWS - 3, 3)
    assert verified(kept_audit, found.cleared).broken is None
    forged = verified(kept_audit, Place(3, "f" * 64)).broken
    older = verified(kept_audit, Place(2, "f" * 64)).broken
    assert forged is not None
    assert older is not None
    assert ("rewritten" in forged.problem, "note a newer head" in older.problem) == (True, True)
    clear_away(kept_audit, "true")
    with kept_audit.transaction() as session:
        add(session)
    found = verified(kept_audit, noted)
    assert (found.broken, found.rows, found.head.id) == (None, 1, ROWS + 1)
    assert found.cleared == noted


@pytest.mark.parametrize("hole", ["id = 3", "id > 5", "id IN (1, 3)"])
def test_p2_not_even_retention_makes_a_hole(kept_audit: Store, hole: str) -> None:
    with pytest.raises(ConflictError, match="audit_oldest_first"):
        clear_away(kept_audit, hole)
    assert verified(kept_audit).rows == ROWS


def test_p2_rows_taken_away_without_retentions_own_way_are_missing(kept_audit: Store) -> None:
    by_force(kept_audit, "DELETE FROM audit WHERE id <= 3")
    broken = verified(kept_audit).broken
    assert broken is not None
    assert (broken.id, broken.problem) == (1, "is missing")


def test_p2_many_who_write_at_once_make_one_chain(kept_audit: Store) -> None:
    failed: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for place in range(20):
                with kept_audit.transaction() as session:
                    add(session, f"{name}-{place}")
                    add(session, f"{name}-{place}")
        except BaseException as error:  # noqa: BLE001 (whatever it raises fails the test)
            failed.append(error)

    threads = [threading.Thread(target=write, args=(f"writer-{place}",)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    found = verified(kept_audit)
    assert (found.broken, found.rows) == (None, ROWS + 160)
    with kept_audit.transaction() as session:
        for_each = [row.subject_id for row in session.scalars(select(AuditEntry).order_by(AuditEntry.id))][ROWS:]
    assert for_each[::2] == for_each[1::2], "the rows of one transaction stand together"


def test_p2_one_who_waits_for_the_end_of_the_chain_follows_whoever_had_it(kept_audit: Store) -> None:
    def write() -> None:
        with kept_audit.transaction() as session:
            add(session, "second")

    with kept_audit.transaction() as session:
        add(session, "first")
        audit._write(session)
        second = threading.Thread(target=write)
        second.start()
        wait_for_lock(session, second)
        add(session, "third")
    second.join(30)
    with kept_audit.transaction() as session:
        assert [row.subject_id for row in audit.listed(session)][ROWS:] == ["first", "third", "second"]
    assert verified(kept_audit).broken is None


def test_p2_the_end_of_the_chain_is_held_only_while_a_transaction_ends(kept_audit: Store) -> None:
    """Whoever has written down their deed and goes on keeps nobody from ending theirs."""
    with kept_audit.transaction() as session:
        add(session, "slow")
        session.execute(select(1))
        with kept_audit.transaction() as other:
            other.execute(text("SET LOCAL lock_timeout = 100"))
            add(other, "quick")
    with kept_audit.transaction() as session:
        assert [row.subject_id for row in audit.listed(session)][ROWS:] == ["quick", "slow"]


def test_p2_rows_that_come_and_go_while_the_audit_is_verified_do_not_matter(kept_audit: Store) -> None:
    seen: list[int] = []

    def meanwhile(rows: int) -> None:
        seen.append(rows)
        with kept_audit.transaction() as session:
            add(session)
        clear_away(kept_audit, f"id <= {rows}")

    with kept_audit.transaction() as session:
        found = audit_chain.verify(session, progress=meanwhile)
    assert (found.broken, found.rows, seen) == (None, ROWS, [2, 4, 6])
