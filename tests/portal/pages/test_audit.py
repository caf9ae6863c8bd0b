"""What a provider does on their pages, in the audit (P2)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from schema.engine import Store
from schema.queries import audit, audit_chain
from tests.portal.conftest import BEN, BOB, Platform, digits_of
from tests.portal.pages.conftest import Browser, around_now

pytestmark = pytest.mark.usefixtures("up")


def test_p2_coming_in_and_every_number_that_a_page_shows_leave_rows_with_the_provider(
    platform: Platform, sign_in: Callable[..., Browser], store: Store
) -> None:
    platform.book(**around_now(timedelta(hours=50)))
    platform.client_("c-2", name="Carla", number=BOB)
    platform.appointment("a-2", client_id="c-2", **around_now(timedelta(hours=-50)))
    ada = sign_in()
    ada.get("/p/")
    ada.get("/p/clients")
    ada.get("/p/clients/c-1")
    with store.transaction() as session:
        rows = [row for row in audit.listed(session) if row.actor_kind == "provider"]
        kept = session.scalar(text("SELECT string_agg(audit::text, ' ') FROM audit"))
    assert {row.actor for row in rows} == {"p-1"}
    assert [(row.action, row.subject_id, row.details) for row in rows] == [
        ("portal_session.opened", "p-1", {}),
        ("number.shown", "c-1", {"reason": "client_list"}),
        ("number.shown", "c-2", {"reason": "client_list"}),
        ("number.shown", "c-1", {"reason": "client_page"}),
    ]
    assert not [digits for digits in digits_of(BEN, BOB) if digits in kept]
    with store.transaction() as session:
        assert audit_chain.verify(session).broken is None
