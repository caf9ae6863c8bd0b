"""Tokens: only a hash is kept, and compared in constant time (P3)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from schema.engine import Store
from schema.queries import calendars, portal_sessions, tokens
from schema.scopes import Scope
from tests.schema.platform import settle_in


def test_p3_what_is_kept_of_a_token_is_its_hash(store: Store) -> None:
    with store.transaction() as session:
        token = tokens.create(session, "n", [Scope.READ], None)
        secret = token.split("_", 2)[2]
        assert len(secret) == 43  # 256 bits in base64url
        assert session.scalar(text("SELECT secret_hash FROM api_tokens")) == hashlib.sha256(secret.encode()).hexdigest()
        assert secret not in str(session.execute(text("SELECT * FROM api_tokens, audit")).all())


def test_p3_secrets_are_compared_in_constant_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[Any, Any]] = []

    def watched(first: Any, second: Any) -> bool:
        compared.append((first, second))
        return bool(first == second)

    with store.transaction() as session:
        settle_in(session)
        token = tokens.create(session, "n", [Scope.READ], None)
        key = calendars.new_key(session, "dr-lee")
        assert key is not None
        monkeypatch.setattr(secrets, "compare_digest", watched)
        wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
        assert tokens.find(session, wrong) is None
        assert tokens.find(session, token) is not None
        assert calendars.owner(session, "dr-lee", key + "x") is None
        assert calendars.owner(session, "dr-lee", key) is not None
    # The whole hash each time, whatever was shown: nothing that was kept is compared with what was shown itself.
    assert [first == second for first, second in compared] == [False, True, False, True]
    assert {len(each) for pair in compared for each in pair} == {64}


def test_p3_links_and_cookies_are_found_by_their_hash(store: Store) -> None:
    with store.transaction() as session:
        settle_in(session)
        issued = portal_sessions.issue(session, "dr-lee", timedelta(minutes=10))
        assert issued is not None
        link = issued[0]
        longest = timedelta(hours=1)
        cookie = portal_sessions.redeem(session, link, idle=longest, longest=longest)
        assert cookie is not None
        session.flush()
        kept = str(session.execute(text("SELECT * FROM portal_links, portal_sessions")).all())
    for secret in (link, cookie):
        assert secret not in kept
        assert hashlib.sha256(secret.encode()).hexdigest() in kept
