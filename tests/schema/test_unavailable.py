"""An attempt that no server decided is kept once, with what each witness knows of it (A10, A12)."""

from itertools import permutations

import pytest

from consultation.numbers import PhoneNumber
from schema.engine import Store
from schema.queries.calls import record_unavailable
from tests.consultation.events import at
from tests.consultation.examples import LINE, PROVIDER, clock
from tests.schema.platform import STRANGER, admit, arrive, book
from tests.schema.witnesses import kept

Known = tuple[PhoneNumber | None, PhoneNumber | None]
NUMBERLESS: Known = (None, None)
NUMBERED: Known = (PROVIDER, LINE)


@pytest.mark.parametrize("told", list(permutations([NUMBERLESS, NUMBERED])))
def test_a12_numbers_that_one_witness_does_not_know_come_from_the_other(store: Store, told: tuple[Known, ...]) -> None:
    for caller, line_number in [*told, *told]:
        with store.transaction() as session:
            record_unavailable(session, "one", caller, line_number, at(1))
    with store.transaction() as session:
        call = kept(session)
        assert (call.decision, call.reason, call.disposition) == ("refused", "line_unavailable", "refused")
        assert (call.caller, call.line_number, call.arrived_at) == (PROVIDER, LINE, at(1))


def test_a12_numbers_that_are_known_are_not_overwritten(store: Store) -> None:
    with store.transaction() as session:
        record_unavailable(session, "one", PROVIDER, LINE, at(1))
        record_unavailable(session, "one", STRANGER, LINE, at(2))
        assert (kept(session).caller, kept(session).arrived_at) == (PROVIDER, at(1))


def test_a12_a_decision_that_was_kept_stays(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        admit(session, "one")
        arrive(session, "early", clock("8:00"))
        for channel in ("one", "early"):
            record_unavailable(session, channel, STRANGER, LINE, at(1))
        assert (kept(session).decision, kept(session).caller) == ("admitted", PROVIDER)
        assert (kept(session, "early").reason, kept(session, "early").caller) == ("too_early", PROVIDER)
