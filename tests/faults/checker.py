"""The phones' own truth against the record. Pure: truths and records in, violations out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from tests.faults.case import Case, Violation
from tests.faults.effects import check_effects
from tests.faults.records import CallRecord, ConsultationRecord
from tests.faults.schedule import Behaviour
from tests.faults.truth import CallTruth

TOLERANCE = timedelta(seconds=1)
_BY_STATUS = {486: "busy", 603: "rejected"}


def check(case: Case) -> list[Violation]:
    """Every promise that this schedule shows broken."""
    found: list[Violation] = []
    for truth in case.truths:
        records = case.records_of(truth)
        found += _one_row(truth, records)
        found += _only_admitted(truth, records)
        if unrecorded(truth, records) and not case.deaf:
            found.append(_because("every attempt is recorded", truth, f"refused with {truth.final_status}"))
        for record in records:
            found += _outcome(record)
            found += _versions(record, keeps=case.records.keeps_versions)
        admitted = [record for record in records if record.decision == "admitted"]
        found += _connection(truth, admitted)
        for record in admitted:
            found += _talk(truth, record, lossy=case.lossy)
            found += _disposition(truth, record, lossy=case.lossy)
    found += _not_closed_while_up(case)
    for consultation in case.records.consultations:
        found += _status(case, consultation)
    found += check_effects(case)
    return found


def unrecorded(truth: CallTruth, records: Sequence[CallRecord]) -> bool:
    """Whether the line refused this call and wrote nothing down of it (A12).

    Asterisk alone knows of a call that no server decided on. If its word is not heard, the call was at least never
    connected.
    """
    return (truth.final_status or 0) >= 400 and not records


def _one_row(truth: CallTruth, records: Sequence[CallRecord]) -> Iterator[Violation]:
    """E4: every INVITE that went on to a client has exactly one row; every refusal that was decided has one, too."""
    admitted = [record for record in records if record.decision == "admitted"]
    # A phone that heard nothing dials again by itself: an Asterisk that died may have sent its own INVITE already.
    most = truth.invites + (1 if truth.died else 0)
    if truth.invites and not admitted:
        yield _because("one row for each call", truth, "the client's phone was called, and no row says so")
    if len(admitted) > max(1, most):
        yield _because("one row for each call", truth, f"{len(admitted)} rows for {truth.invites} calls to the client")


def _only_admitted(truth: CallTruth, records: Sequence[CallRecord]) -> Iterator[Violation]:
    """A10: nobody is connected whom the rules refuse."""
    if truth.invites and not truth.plan.behaviour.admitted:
        yield _because("no call is connected that the rules refuse", truth, "the client's phone was called")
    if any(record.decision == "admitted" for record in records) and not truth.plan.behaviour.admitted:
        yield _because("no call is connected that the rules refuse", truth, "it is recorded as admitted")


def _outcome(record: CallRecord) -> Iterator[Violation]:
    """E4: exactly one outcome, once the line is healed."""
    if record.disposition is None:
        yield Violation("every call ends with an outcome", f"call {record.id} stays open")


def _versions(record: CallRecord, *, keeps: bool) -> Iterator[Violation]:
    """Every version of an outcome is kept, and the last one is what counts."""
    if not keeps or record.decision != "admitted" or record.disposition is None:
        return
    numbers = [version.version for version in record.versions]
    if numbers != list(range(1, len(numbers) + 1)) or not numbers:
        yield Violation("every version of an outcome is kept", f"call {record.id} has versions {numbers}")
        return
    last = record.versions[-1]
    # A reading of the clock by another witness, some milliseconds off, is not another outcome.
    if last.disposition != record.disposition or abs(last.talk_seconds - record.talk_seconds) > 0.5:
        yield Violation("every version of an outcome is kept", f"call {record.id} differs from its last version")


def _connection(truth: CallTruth, admitted: Sequence[CallRecord]) -> Iterator[Violation]:
    """E1: connected in the record if, and only if, the phones were."""
    if truth.unsure:
        return
    recorded = any(record.connected for record in admitted)
    marked = any(record.disposition == "interrupted" or record.talk_partial for record in admitted)
    if recorded and truth.connected is None:
        yield _because("no connection is invented", truth, "recorded as connected, and the phones never were")
    if truth.connected is not None and not recorded and not marked:
        said = ", ".join(str(record.disposition) for record in admitted) or "nothing"
        yield _because("no connection is lost", truth, f"the phones were connected; the record says {said}")


def _talk(truth: CallTruth, record: CallRecord, *, lossy: bool) -> Iterator[Violation]:
    """E2: the talk time is true to a second; where part of it was not seen, it is marked and never too long."""
    if record.disposition is None:
        return
    talk, true = timedelta(seconds=record.talk_seconds), truth.talk
    if talk > true + TOLERANCE:
        yield _because("talk time is never too long", truth, f"recorded {talk}, the phones talked {true}")
    if true > talk + TOLERANCE and not record.talk_partial:
        yield _because("talk time is true to a second", truth, f"recorded {talk}, the phones talked {true}")
    if record.talk_partial and not lossy:
        yield _because("nothing is lost that a witness saw", truth, f"the talk time of {true} is marked as partial")


def _disposition(truth: CallTruth, record: CallRecord, *, lossy: bool) -> Iterator[Violation]:
    """E5: the outcome is what the phones heard; `interrupted` only where nobody could see the end."""
    if record.disposition == "interrupted" and not truth.died and not lossy:
        yield _because("nothing is lost that a witness saw", truth, "interrupted, though Asterisk saw its end")
    if truth.died or lossy or record.disposition is None:
        return
    expected = _BY_STATUS.get(truth.client_status or 0)
    if truth.given_up and truth.client_status in (None, 487):
        expected = "caller_gave_up"
    if expected is not None and record.disposition != expected:
        yield _because("the outcome is what the phones heard", truth, f"{record.disposition} in place of {expected}")


def _not_closed_while_up(case: Case) -> Iterator[Violation]:
    """A call that is up is not closed."""
    for glimpse in case.glimpses:
        for truth in case.truths:
            up = truth.connected_at(glimpse.at) and truth.connected_at(glimpse.at + TOLERANCE)
            if truth.caller == glimpse.caller and glimpse.disposition is not None and up:
                yield _because("no call is closed while it is up", truth, f"closed as {glimpse.disposition} meanwhile")
                break


def _status(case: Case, consultation: ConsultationRecord) -> Iterator[Violation]:
    """S2: completed by the line if, and only if, a call of it connected and ended; with facts that show it."""
    calls = [call for call in case.records.calls if call.consultation == consultation.id]
    promise = "a consultation is completed by its calls, and by nothing else"
    connected = [call for call in calls if call.disposition == "connected"]
    if consultation.status == "completed":
        if not any(call.connected for call in calls):
            yield Violation(promise, f"{consultation.appointment} is completed without a connected call")
        elif not any(_shows_connection(call) for call in calls):
            yield Violation(promise, f"no fact shows why {consultation.appointment} is completed")
    elif connected:
        yield Violation(promise, f"{consultation.appointment} is {consultation.status}, and a call of it connected")


def _shows_connection(call: CallRecord) -> bool:
    """Whether both legs were seen in a bridge."""
    return len({leg for _, leg, kind in call.facts if kind in ("bridge_enter", "seen")}) >= 2


def _because(promise: str, truth: CallTruth, evidence: str) -> Violation:
    behaviour: Behaviour = truth.plan.behaviour
    return Violation(promise, f"call {truth.plan.number} ({behaviour}): {evidence}")
