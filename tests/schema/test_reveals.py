"""An audit row cannot be altered (P2)."""

import pytest
from sqlalchemy import func, select, text

from schema.engine import ConflictError, Store
from schema.models import Reveal
from schema.queries import reveals
from schema.queries.audit import Actor
from schema.queries.reveals import Reason


@pytest.fixture
def revealed(store: Store) -> Store:
    """A store in which one showing is recorded."""
    with store.transaction() as session:
        reveals.record(session, Actor("token", "x"), client_id="c", appointment_id="a", reason=Reason.LINE_DOWN)
    return store


@pytest.mark.parametrize(
    "statement", ["UPDATE reveals SET actor = 'nobody'", "DELETE FROM reveals", "TRUNCATE reveals"]
)
def test_p2_a_row_can_be_neither_changed_nor_taken_away(revealed: Store, statement: str) -> None:
    with pytest.raises(ConflictError, match="reveals_stay"), revealed.transaction() as session:
        session.execute(text(statement))
    with revealed.transaction() as session:
        assert session.scalars(select(Reveal.actor)).all() == ["x"]


def test_p2_only_a_transaction_that_says_it_is_the_retention_job_may_clear_away(revealed: Store) -> None:
    with revealed.transaction() as session:
        session.execute(text("SET LOCAL consultline.retention = 'on'"))
        session.execute(text("DELETE FROM reveals"))
    with revealed.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Reveal)) == 0
