"""Reporting an issue (F4): kept, told to the platform without its text, and in no log (P1)."""

import io
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from schema.engine import Store
from schema.models import Effect
from tests.portal.conftest import Platform
from tests.portal.pages.conftest import Browser, around_now

SignIn = Callable[..., Browser]

pytestmark = pytest.mark.usefixtures("up")
WORDS = "Ben-of-Elm-Street has a cough"


@pytest.fixture(autouse=True)
def booked(platform: Platform) -> None:
    platform.book(**around_now(timedelta(minutes=10)))


def form(**changes: str) -> dict[str, str]:
    """What the form sends."""
    return {"issue": str(uuid4()), "reason": "other", "text": WORDS} | changes


@pytest.mark.parametrize("part", [False, True])
def test_f4_a_report_before_the_start_is_kept_and_told_without_its_words(
    platform: Platform, sign_in: SignIn, store: Store, logged: io.StringIO, part: bool
) -> None:
    ada = sign_in()
    answer = ada.post("/p/appointments/a-1/issue", form(), {"HX-Request": "true"} if part else {})
    assert "Thank you, it is reported" in answer.text
    [issue] = platform.get("appointments/a-1/issues")
    assert (issue["reason"], issue["text"]) == ("other", WORDS)
    with store.transaction() as session:
        [effect] = session.scalars(select(Effect).where(Effect.event_type == "consultation.issue_reported")).all()
    assert effect.appointment_id == "a-1"
    assert set(effect.payload) == {"issue_id", "appointment_id", "occurrence", "reason", "reported_at"}
    assert effect.payload["issue_id"] == issue["id"]
    assert "Elm" not in str(effect.payload)
    assert "Elm" not in logged.getvalue()


def test_f4_a_form_that_is_sent_twice_is_one_report(platform: Platform, sign_in: SignIn) -> None:
    ada = sign_in()
    twice = form()
    for _ in range(2):
        ada.get("/p/")
        assert ada.post("/p/appointments/a-1/issue", twice).status_code == 200
    assert len(platform.get("appointments/a-1/issues")) == 1
    ada.get("/p/")
    ada.post("/p/appointments/a-1/issue", form(text=""))
    assert [issue["text"] for issue in platform.get("appointments/a-1/issues")] == [WORDS, None]


def test_without_a_reason_the_form_comes_back_with_what_was_written(platform: Platform, sign_in: SignIn) -> None:
    ada = sign_in()
    answer = ada.post("/p/appointments/a-1/issue", form(reason="else"))
    assert answer.status_code == 422
    assert "Choose what is wrong." in answer.text
    assert WORDS in answer.text
    assert platform.get("appointments/a-1/issues") == []


def test_500_characters_are_kept_and_501_come_back(platform: Platform, sign_in: SignIn) -> None:
    ada = sign_in()
    answer = ada.post("/p/appointments/a-1/issue", form(text="ä" * 501))
    assert answer.status_code == 422
    assert "there are 501" in answer.text
    # A browser counts a line break as one, and sends two.
    ada.post("/p/appointments/a-1/issue", form(text="ä" * 250 + "\r\n" + "ä" * 249))
    assert [len(issue["text"]) for issue in platform.get("appointments/a-1/issues")] == [500]


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "\r\r", "\u202e"])
def test_any_text_is_kept_as_far_as_it_can_be(platform: Platform, sign_in: SignIn, text: str) -> None:
    ada = sign_in()
    assert ada.post("/p/appointments/a-1/issue", form(text=text)).status_code == 200
    assert len(platform.get("appointments/a-1/issues")) == 1


def test_a_form_that_is_none_of_ours_is_refused(platform: Platform, sign_in: SignIn) -> None:
    assert sign_in().post("/p/appointments/a-1/issue", form(issue="x")).status_code == 400
    assert platform.get("appointments/a-1/issues") == []


def test_the_platform_asks_for_the_reports_of_an_appointment_that_is_there(platform: Platform) -> None:
    assert platform.client.get("/v1/appointments/a-9/issues").status_code == 404
