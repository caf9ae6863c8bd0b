"""`consultline explain`: the decision on a call that might be placed, by the code that decides calls (A12)."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from consultation.admission import Admit, Attempt, Candidate, Decision, Profile, Standing, decide, standings
from consultation.identification import AskPin, Entry, identify
from consultation.numbers import PhoneNumber, parse_caller
from consultation.window import Margins
from ops.database import url
from ops.errors import OperatorError
from ops.login import operator
from ops.number_key import keyring
from runtime.settings import Settings
from schema.engine import Store, Transaction
from schema.queries import audit
from schema.queries.admission import Situation, situation
from schema.queries.audit import Action, Subject

_WHY = {
    Standing.REACHED: "this one is reached",
    Standing.OUTRANKED: "open, but another open consultation on this line number goes first (W6)",
    Standing.OTHER_LINE_NUMBER: "open, but on another line number (A6)",
    Standing.NOT_OPEN_YET: "not open yet (W1)",
    Standing.CLOSED: "closed (W4)",
    Standing.NOT_REFERRED: "not referred by the platform (A5)",
    Standing.WITHDRAWN: "cancelled or rescheduled (A5)",
}


def explain(
    settings: Settings,
    out: Console,
    *,
    caller: str,
    line_number: str,
    at: datetime | None,
    verified: bool,
    as_json: bool,
) -> None:
    """Print which consultation the caller would reach at that instant, and how every candidate stands.

    `verified` is whether the caller number would pass verification (A8). Who asked that, and about whom, is written
    down before anything is printed (P2).

    Raises SettingsError, StoreUnavailableError, OperatorError for a line number that is none.
    """
    dialled = parse_caller(line_number, settings.default_region)
    if not isinstance(dialled, PhoneNumber):
        raise OperatorError("--line-number: not a phone number. Example: --line-number +14155550199")
    attempt = Attempt(
        parse_caller(caller, settings.default_region),
        dialled,
        verified=verified,
        denied=tuple(settings.deny_prefixes),
    )
    known = _known(settings, attempt, at)
    # A shared phone may be anyone's of the practice: what each of them would reach, once their PIN was entered.
    callers = known.owner.members if known.owner else [None]
    told = [(caller, *_judged(known, attempt, caller)) for caller in callers]
    asks_pin = isinstance(identify(known.owner, Entry(), verified=verified), AskPin)
    if as_json:
        answers = [_as_json(known, *entry, asks_pin=asks_pin) for entry in told]
        sys.stdout.write(json.dumps(answers, indent=2) + "\n")
    else:
        out.print(f"at         {known.now.isoformat(timespec='seconds')}")
        if asks_pin:
            out.print("asks for   the PIN (A9)")
        for entry in told:
            _print(out, *entry)


def _judged(
    known: Situation, attempt: Attempt, caller: Profile | None
) -> tuple[Decision, list[tuple[Candidate, Standing]]]:
    """What becomes of the call if this is who calls, and enters their PIN where they are asked for it."""
    entry = Entry(given="", matched=caller)
    if isinstance(identify(known.owner, entry, verified=attempt.verified), Profile):
        attempt = replace(attempt, proven_by_pin=True)
    candidates = known.candidates_of(caller)
    return decide(attempt, caller, candidates, known.now), standings(attempt, caller, candidates, known.now)


def _known(settings: Settings, attempt: Attempt, at: datetime | None) -> Situation:
    margins = Margins(
        timedelta(seconds=settings.opens_before_seconds), timedelta(seconds=settings.closes_after_seconds)
    )
    caller = attempt.caller if isinstance(attempt.caller, PhoneNumber) else None
    store = Store(url(settings), pool=1, keyring=keyring(settings))
    try:
        with store.transaction() as transaction:
            known = situation(transaction, caller, margins, at=at)
            _write_down(transaction, attempt, known, at)
            return known
    finally:
        store.close()


def _write_down(session: Transaction, attempt: Attempt, known: Situation, at: datetime | None) -> None:
    details = {
        "at": (at or known.now).astimezone(UTC).isoformat(),
        "line_number": str(attempt.line_number),
        "verified": attempt.verified,
    }
    audit.record(session, operator(), Action.CALL_EXPLAINED, Subject("caller", str(attempt.caller)), details)


def _as_json(
    known: Situation,
    profile: Profile | None,
    decision: Decision,
    judged: list[tuple[Candidate, Standing]],
    *,
    asks_pin: bool,
) -> dict[str, Any]:
    admitted = isinstance(decision, Admit)
    return {
        "at": known.now.isoformat(),
        "provider_id": profile.provider_id if profile else None,
        "asks_pin": asks_pin,
        "decision": "admitted" if admitted else "refused",
        "reason": None if isinstance(decision, Admit) else decision.reason,
        "opens_at": None if isinstance(decision, Admit) or not decision.opens_at else decision.opens_at.isoformat(),
        "candidates": [
            {
                "appointment_id": candidate.appointment_id,
                "consultation_id": str(candidate.consultation_id),
                "opens_at": candidate.window.opens_at.isoformat(),
                "closes_at": candidate.window.closes_at.isoformat(),
                "standing": standing,
            }
            for candidate, standing in judged
        ],
    }


def _print(out: Console, profile: Profile | None, decision: Decision, judged: list[tuple[Candidate, Standing]]) -> None:
    who = f"provider {profile.provider_id}" if profile else "on nobody's profile"
    out.print(f"caller is  {who}", markup=False)
    if isinstance(decision, Admit):
        out.print(
            f"decision   admitted, to the client of appointment {decision.candidate.appointment_id}", markup=False
        )
    else:
        opens = f", opens at {decision.opens_at.isoformat(timespec='seconds')}" if decision.opens_at else ""
        out.print(f"decision   refused: {decision.reason}{opens}", markup=False)
    table = Table("appointment", "opens at", "closes at", "stands")
    for candidate, standing in sorted(judged, key=lambda entry: entry[0].window.starts_at):
        window = candidate.window
        table.add_row(
            candidate.appointment_id,
            window.opens_at.isoformat(timespec="seconds"),
            window.closes_at.isoformat(timespec="seconds"),
            _WHY[standing],
        )
    if judged:
        out.print(table)
