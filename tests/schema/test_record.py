"""Every attempt is kept with its decision and what it was decided on (A12)."""

from uuid import UUID

from sqlalchemy import select

from consultation.admission import Admit, Attempt, Reason, Refuse
from consultation.numbers import NoNumber
from schema.engine import Store
from schema.models import Call
from schema.queries import appointments, calls
from schema.queries.admission import record, situation
from tests.consultation.examples import LINE, OTHER_LINE, PROVIDER, clock
from tests.schema.platform import MARGINS, STRANGER, admit, arrive, book, occurrences

CHANNEL = "line1-1764000000.42"


def kept(store: Store) -> list[Call]:
    """Every attempt that is kept, the oldest first."""
    with store.transaction() as session:
        return list(session.scalars(select(Call).order_by(Call.arrived_at)))


def test_a12_an_admitted_call_is_kept_with_its_consultation(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        (booked,) = occurrences(session)
        arrive(session, CHANNEL, clock("9:05"))
    (call,) = kept(line)
    assert (call.channel, call.arrived_at, call.caller, call.line_number) == (CHANNEL, clock("9:05"), PROVIDER, LINE)
    assert (call.decision, call.reason, call.disposition) == ("admitted", None, None)
    assert (call.provider_id, call.consultation_id) == ("dr-lee", booked.id)


def test_a12_a_refused_call_is_kept_with_its_reason(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        arrive(session, CHANNEL, clock("8:00"))
    (call,) = kept(line)
    assert (call.decision, call.reason, call.disposition) == ("refused", Reason.TOO_EARLY, "refused")
    assert (call.provider_id, call.consultation_id) == ("dr-lee", None)


def test_a12_a_stranger_and_a_withheld_caller_are_kept_too(line: Store) -> None:
    with line.transaction() as session:
        arrive(session, "one", clock("9:00"), caller=STRANGER)
        nobody = situation(session, None, MARGINS, at=clock("9:01"))
        withheld = Attempt(NoNumber.WITHHELD, None)
        record(session, "other", withheld, nobody, Refuse(Reason.CALLER_WITHHELD))
    stranger, unnamed = kept(line)
    assert (stranger.reason, stranger.caller, stranger.provider_id) == ("caller_unknown", STRANGER, None)
    assert (unnamed.reason, unnamed.caller, unnamed.provider_id) == ("caller_withheld", None, None)


def test_a12_it_is_kept_how_every_candidate_stood_and_no_number(line: Store) -> None:
    with line.transaction() as session:
        book(session, "running")
        book(session, "later", clock("15:00"))
        book(session, "own", referred=False)
        book(session, "gone")
        appointments.cancel(session, "gone")
        arrive(session, CHANNEL, clock("9:05"))
        ids = {str(c.id): name for name in ("running", "later", "own", "gone") for c in occurrences(session, name)}
    (call,) = kept(line)
    stood = {ids[entry["id"]]: entry["standing"] for entry in call.decided_on["consultations"]}
    assert stood == {"running": "reached", "later": "not_open_yet", "own": "not_referred", "gone": "withdrawn"}
    assert {tuple(sorted(entry)) for entry in call.decided_on["consultations"]} == {
        ("closes_at", "id", "opens_at", "standing")
    }


def test_a12_of_two_decisions_on_one_call_the_newer_is_kept(line: Store) -> None:
    with line.transaction() as session:
        first, refusal = arrive(session, CHANNEL, clock("8:58"))
        book(session)
        second, admission = arrive(session, CHANNEL, clock("9:00"))
    assert (type(refusal), type(admission)) == (Refuse, Admit)
    (call,) = kept(line)
    assert call.id == first == second
    assert (call.decision, call.reason, call.disposition, call.arrived_at) == ("admitted", None, None, clock("9:00"))


def test_a12_a_newer_refusal_takes_the_admission_back(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        arrive(session, CHANNEL, clock("9:30:59"))
        arrive(session, CHANNEL, clock("9:31"))
    (call,) = kept(line)
    assert (call.decision, call.reason, call.consultation_id) == ("refused", Reason.TOO_LATE, None)
    assert call.disposition == "refused"


def test_a10_a_call_on_which_nobody_decided_is_kept_as_line_unavailable(line: Store) -> None:
    with line.transaction() as session:
        calls.record_unavailable(session, CHANNEL, PROVIDER, LINE, clock("9:00"))
    (call,) = kept(line)
    assert (call.decision, call.reason, call.disposition) == ("refused", Reason.LINE_UNAVAILABLE, "refused")


def test_a10_a_decision_that_was_kept_is_not_made_unavailable_later(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        admit(session, CHANNEL)
        calls.record_unavailable(session, CHANNEL, PROVIDER, LINE, clock("9:01"))
    assert [call.decision for call in kept(line)] == ["admitted"]


def test_a12_attempts_are_listed_newest_first_and_page_by_page(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        ids = [
            arrive(session, f"c{minute}", clock(f"9:{minute}"), line_number=OTHER_LINE)[0] for minute in (10, 20, 30)
        ]
        admit(session, "admitted", clock("9:15"))
    assert pages(line, decision="refused", size=2) == [ids[2], ids[1], ids[0]]
    assert len(pages(line, decision=None, size=1)) == 4


def pages(store: Store, *, decision: str | None, size: int) -> list[UUID]:
    """The ids of every page, one page after the other."""
    found: list[Call] = []
    with store.transaction() as session:
        while True:
            before = found[-1] if found else None
            page = calls.recent(session, decision=decision, since=clock("9:00"), before=before, limit=size)
            assert len(page) <= size
            if not page:
                return [call.id for call in found]
            found += page
