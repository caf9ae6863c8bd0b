"""Texts that a gateway passes on, and the number that texts go to (S4)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from schema.engine import Store
from schema.models import Provider, TextConsent
from tests.portal.conftest import ADA, BOB, LINE, Platform


def post(platform: Platform, sender: str, text: str, **others: Any) -> Any:
    answer = platform.client.post("/v1/texts", json={"from": sender, "text": text, **others})
    assert answer.status_code == 200, answer.text
    return answer.json()["kept"]


def opted_out(store: Store) -> set[str]:
    with store.transaction() as session:
        rows = session.scalars(select(TextConsent)).all()
        return {
            row.number.e164
            for row in rows
            if row.opted_out_at and (row.opted_in_at is None or row.opted_in_at < row.opted_out_at)
        }


def test_s4_stop_opts_the_number_out_and_start_in_again(platform: Platform, store: Store) -> None:
    assert post(platform, ADA, "Stop", to=LINE, anything={"else": 1}) == "opted_out"
    assert post(platform, "(415) 555-0101", "unsubscribe") == "opted_out"
    assert post(platform, BOB, "STOP") == "opted_out"
    assert opted_out(store) == {ADA, BOB}
    assert post(platform, ADA, "START") == "opted_in"
    assert opted_out(store) == {BOB}


def test_s4_any_other_text_is_let_go_of(platform: Platform, store: Store) -> None:
    assert post(platform, ADA, "Yes, it took place" + "!" * 50_000) is None
    assert opted_out(store) == set()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "STOP"}, "from"),
        ({"from": ADA}, "text"),
        ({"from": "Ada", "text": "STOP"}, "from"),
        ({"from": ADA, "text": 1}, "text"),
    ],
)
def test_a_text_that_is_none_is_refused_with_the_field(platform: Platform, body: dict[str, Any], field: str) -> None:
    answer = platform.client.post("/v1/texts", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_s4_reminders_go_to_the_number_on_the_profile_which_may_be_none(platform: Platform, store: Store) -> None:
    assert platform.provider("p-1", ADA, sms_number="415-555-0101").json()["sms_number"] == BOB
    with store.transaction() as session:
        assert session.scalars(select(Provider.sms_number)).one().e164 == BOB  # type: ignore[union-attr]
    assert platform.provider("p-1", ADA).json()["sms_number"] is None
    with store.transaction() as session:
        assert session.scalars(select(Provider.sms_number)).one() is None


def test_a_number_for_texts_that_is_none_is_refused_with_its_field(platform: Platform) -> None:
    answer = platform.provider("p-1", ADA, sms_number="my mobile")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "sms_number")


def test_a11_no_text_goes_to_a_number_that_costs(platform: Platform) -> None:
    answer = platform.provider("p-1", ADA, sms_number="+19005550100")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "sms_number")


def test_a3_texts_cannot_go_to_a_line_number(platform: Platform) -> None:
    platform.line_number(LINE)
    answer = platform.provider("p-1", ADA, sms_number=LINE)
    assert (answer.status_code, answer.json()["code"]) == (409, "number_taken")
