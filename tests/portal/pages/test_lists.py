"""The first page, appointments, and clients with their own numbers (F3, P2)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from schema.engine import Store
from tests.portal.conftest import ADA, BEN, BOB, Platform
from tests.portal.pages.conftest import Browser, around_now, report
from tests.portal.pages.test_popup import links, reveals

SignIn = Callable[..., Browser]

pytestmark = pytest.mark.usefixtures("up")


def test_a_new_provider_finds_empty_pages_that_say_what_will_stand_there(platform: Platform, sign_in: SignIn) -> None:
    platform.provider("p-1", ADA)
    ada = sign_in()
    for path, text in (
        ("/p/", "Nothing is booked for today."),
        ("/p/appointments", "New ones appear here by themselves."),
        ("/p/clients", "No clients yet."),
        ("/p/tasks", "Nothing to answer."),
    ):
        assert text in ada.get(path).text


def test_f3_the_client_list_and_page_always_show_the_direct_number_and_each_showing_is_recorded(
    platform: Platform, sign_in: SignIn, store: Store
) -> None:
    platform.book(**around_now(timedelta(hours=50)))
    platform.client_("c-2", name="Carla", number=BOB)
    platform.appointment("a-2", client_id="c-2", **around_now(timedelta(hours=-50)))
    platform.client_("c-3", name="Nobody's", number="+14155550125")
    ada = sign_in()
    ada.get("/p/clients")
    assert links(ada) == [BEN, BOB]
    ada.get("/p/clients/c-1")
    assert links(ada) == [BEN]
    assert reveals(store) == [
        ("provider", "p-1", None, "c-1", "client_list"),
        ("provider", "p-1", None, "c-2", "client_list"),
        ("provider", "p-1", None, "c-1", "client_page"),
    ]


def test_p2_pages_that_show_no_number_of_a_client_record_none(
    platform: Platform, sign_in: SignIn, store: Store
) -> None:
    platform.book(**around_now(timedelta(hours=-5)))
    platform.appointment("a-2", **around_now(timedelta(hours=0)))
    ada = sign_in()
    for path in ("/p/", "/p/appointments", "/p/tasks", "/p/appointments/a-2", "/p/appointments/a-2/issue"):
        assert BEN not in ada.get(path).text
    assert reveals(store) == []


def test_the_client_page_lists_each_occurrence_with_what_became_of_it(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(hours=-100)))
    platform.appointment("a-2", **around_now(timedelta(hours=-30)))
    platform.client.post("/v1/appointments/a-2/status", json={"occurred": True})
    platform.appointment("a-3", **around_now(timedelta(hours=30)))
    platform.cancel("a-3")
    platform.appointment("a-4", **around_now(timedelta(hours=0)))
    page = sign_in().get("/p/clients/c-1").text
    listed = page[page.index('id="appointments-title"') :]
    assert re.findall(r'class="badge ([a-z_]+)"', listed) == ["cancelled", "open", "completed", "unknown"]


def test_what_is_open_now_stands_first(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(hours=0)))
    platform.appointment("a-2", **around_now(timedelta(hours=-30)))
    page = sign_in().get("/p/").text
    assert page.index("Open now") < page.index("Did the consultation take place?") < page.index("Coming up")


def test_f2_while_the_line_is_down_every_list_says_so(platform: Platform, sign_in: SignIn, store: Store) -> None:
    platform.book(**around_now(timedelta(hours=30)))
    platform.appointment("a-2", **around_now(timedelta(hours=-100)))
    ada = sign_in()
    report(store, listener="down")
    for path in ("/p/", "/p/appointments"):
        assert "The line is not working right now" in ada.get(path).text
    page = ada.get("/p/appointments").text
    assert page.count("Line not working") == 1  # what is long over does not say so


def test_past_appointments_are_paged(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(hours=-100)))
    for number in range(2, 31):
        platform.appointment(f"a-{number}", **around_now(timedelta(hours=-100 - number)))
    ada = sign_in()
    first = ada.get("/p/appointments").text
    earlier = re.search(r'href="(/p/appointments\?before=[^"]+)"', first)
    assert earlier
    second = ada.get(earlier[1]).text
    found = [re.findall(r'href="/p/appointments/(a-[0-9]+)"', page) for page in (first, second)]
    assert [len(page) for page in found] == [25, 5]
    assert len(set(found[0] + found[1])) == 30
    assert "before=" not in second.replace(earlier[1], "")


@pytest.mark.parametrize("before", ["x", "2026-01-01T00:00:00", "", "9999-99-99"])
def test_a_page_that_is_none_is_not_there(platform: Platform, sign_in: SignIn, before: str) -> None:
    platform.provider("p-1", ADA)
    assert sign_in().get(f"/p/appointments?before={before}").status_code == 404


def test_p3_what_a_name_holds_is_text_and_never_markup(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(hours=0)))
    platform.client_(name="<script>alert(1)</script>\"'&")
    ada = sign_in()
    for path in ("/p/", "/p/appointments/a-1", "/p/clients", "/p/clients/c-1", "/p/appointments/a-1/issue"):
        page = ada.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
