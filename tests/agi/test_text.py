"""Texts that come in over the trunk: `agi://…/text` (S4)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agi.server import Server
from schema.engine import Store
from schema.models import TextConsent
from tests.agi.asterisk_side import Call, serving
from tests.agi.wire import CALLER, environment

SENDER = f"<sip:{CALLER}@203.0.113.5:5060>"


def hear(server: Server, sender: str, text: str) -> dict[str, str]:
    with Call(server) as call:
        call.socket.sendall(environment("text", sender, text))
        return call.answer()


def opted_out(store: Store) -> list[str]:
    with store.transaction() as session:
        return [number.e164 for number in session.scalars(select(TextConsent.number))]


@pytest.mark.parametrize("sender", [SENDER, CALLER, f"sip:+19995550000@x<sip:{CALLER[1:]}@203.0.113.5>"])
def test_s4_a_stop_is_kept_for_the_number_it_came_from_before_the_dialplan_hears_so(
    store: Store, server: Server, sender: str
) -> None:
    assert hear(server, sender, "STOP") == {"LINE_TEXT": "kept"}
    assert opted_out(store) == [CALLER]


@pytest.mark.parametrize("sender", ["", "<sip:anonymous@anonymous.invalid>", "<sip:@x>", "<>"])
def test_a_text_from_nobody_changes_nothing(store: Store, server: Server, sender: str) -> None:
    assert hear(server, sender, "STOP") == {"LINE_TEXT": "kept"}
    assert opted_out(store) == []


def test_any_other_text_changes_nothing(store: Store, server: Server) -> None:
    assert hear(server, SENDER, "It did take place") == {"LINE_TEXT": "kept"}
    assert opted_out(store) == []


def test_without_a_database_the_dialplan_is_not_told_that_a_stop_is_kept() -> None:
    away = Store("postgresql://line@127.0.0.1:1/line")
    with serving(away) as server:
        assert hear(server, SENDER, "STOP") == {}
    away.close()
