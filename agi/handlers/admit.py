"""`agi://…/admit`: may this caller reach a client now, and whom? (A1-A7, A10, A12)"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from agi.handlers import Context
from agi.session import ProtocolError, Session
from consultation.admission import MOST_CALLS, Admit, Attempt, Decision, Profile, Reason, Refuse, decide
from consultation.announcement import announcement, spoken_language
from consultation.attestation import Attestation, Policy, acceptable, attestation, combined
from consultation.identification import AskPin, Entry, identify
from consultation.numbers import Caller, PhoneNumber, parse_caller
from consultation.passport import Signature, verification
from consultation.window import Margins
from runtime.settings import Settings
from schema.engine import ConflictError
from schema.pins import fits
from schema.queries.admission import Situation, record, situation

log = structlog.get_logger("agi.admit")

# What the carrier is told, so that the caller's phone shows something fitting. Never a 5xx for a decision: carriers
# try their next route on those.
SIP_STATUS = {
    Reason.CALLER_WITHHELD: 433,  # RFC 5079, Anonymity Disallowed
    Reason.CALLER_UNKNOWN: 403,
    Reason.CALLER_UNVERIFIED: 403,
    Reason.WRONG_LINE_NUMBER: 480,
    Reason.TOO_EARLY: 480,
    Reason.TOO_LATE: 480,
    Reason.NO_CONSULTATION: 480,
    Reason.LINE_UNAVAILABLE: 503,
    Reason.PIN_LOCKED: 403,
    Reason.PIN_MISSING: 403,
    Reason.PIN_WRONG: 403,
    Reason.TOO_MANY_CALLS: 486,
    Reason.DESTINATION_DENIED: 480,
}


def admit(session: Session, context: Context) -> None:
    """Decide on the call, keep the decision, then tell the dialplan; in that order (A12).

    Where the caller number does not say who calls, the dialplan is told to ask for the PIN, and asks us again with
    what was entered (A9). Raises StoreUnavailableError or AgiError; the dialplan then sees no decision, and refuses
    (A10).
    """
    attempt = _attempt(session, context.settings)
    verdict = _decided(session, context, attempt)
    session.set_variables(answer(verdict, attempt, context.settings))
    log.info(
        "call_decided",
        call_id=str(verdict.call_id),
        channel=session.channel,
        decision="admitted" if isinstance(verdict.decision, Admit) else "refused",
        reason=verdict.decision.reason if isinstance(verdict.decision, Refuse) else None,
        asks_pin=verdict.asks_pin is not None,
        attestation=attempt.attestation,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided and kept. While a PIN is asked for, the decision kept is a refusal, in case nobody answers."""

    call_id: UUID
    decision: Decision
    asks_pin: AskPin | None
    profile: Profile | None
    now: datetime


def _decided(session: Session, context: Context, attempt: Attempt) -> Verdict:
    """The verdict, looking again where another call took the place that we saw free (A11).

    Each time that happens a place is gone, so after as many times as there are places we see that none is left.
    """
    for _ in range(MOST_CALLS):
        with suppress(ConflictError):
            return _decide(session, context, attempt)
    return _decide(session, context, attempt)


def _decide(session: Session, context: Context, attempt: Attempt) -> Verdict:
    settings = context.settings
    margins = Margins(
        timedelta(seconds=settings.opens_before_seconds), timedelta(seconds=settings.closes_after_seconds)
    )
    caller = attempt.caller if isinstance(attempt.caller, PhoneNumber) else None
    with context.store.transaction() as transaction:
        known = situation(transaction, caller, margins, channel=session.channel, attestation=attempt.attestation)
        entry = _entry(session, known)
        identity = identify(known.owner, entry, verified=attempt.verified)
        decision: Decision
        profile = identity if isinstance(identity, Profile) else None
        attempt = replace(attempt, proven_by_pin=profile is not None and profile == entry.matched)
        if isinstance(identity, AskPin):
            decision = Refuse(Reason.PIN_WRONG if identity.again else Reason.PIN_MISSING)
        elif isinstance(identity, Refuse):
            decision = identity
        else:
            decision = decide(attempt, profile, known.candidates_of(profile), known.now)
        call_id = record(
            transaction,
            session.channel,
            attempt,
            known,
            decision,
            profile=profile,
            pins_asked=entry.asked + (entry.given is not None and profile is None),
            wrong_pins=entry.wrong + (bool(entry.given) and profile is None),
        )
        # The database may have taken its time. Asterisk has gone on by then, and perhaps asked another server, whose
        # word must stand.
        session.check_deadline()
    return Verdict(call_id, decision, identity if isinstance(identity, AskPin) else None, profile, known.now)


def _entry(session: Session, known: Situation) -> Entry:
    """The PIN that was entered, and whose it is. Every member is tried, so that time tells nothing."""
    given = session.argument(6) if session.argument(7) else None
    fitting = [member.profile for member in known.members if given and member.pin_hash and fits(given, member.pin_hash)]
    return Entry(given, fitting[0] if fitting else None, asked=known.asked, wrong=known.wrong, locked=known.locked)


def answer(verdict: Verdict, attempt: Attempt, settings: Settings) -> dict[str, str]:
    """The channel variables that tell the dialplan what to do. The decision itself comes last: it is the sentinel."""
    decision, language = verdict.decision, spoken_language(verdict.profile, settings.language)
    if verdict.asks_pin is not None:
        return {
            "LINE_LANGUAGE": language,
            "LINE_PROMPT": "enter-pin-again" if verdict.asks_pin.again else "enter-pin",
            "LINE_DECISION": "ask_pin",
        }
    if isinstance(decision, Refuse):
        spoken = announcement(decision, verdict.profile, verdict.now, language) if settings.announce != "off" else []
        return {
            "LINE_REASON": decision.reason,
            "LINE_LANGUAGE": language,
            "LINE_ANNOUNCEMENT": "&".join(spoken),
            "LINE_ANNOUNCE": settings.announce,
            "LINE_SIP_STATUS": str(SIP_STATUS[decision.reason]),
            "LINE_DECISION": "refuse",
        }
    presented, diverted = _caller_id(attempt, settings)
    return {
        "LINE_CLIENT": decision.candidate.client_number.e164,
        "LINE_PRESENTED": presented,
        "LINE_DIVERSION": diverted,
        "LINE_RING_SECONDS": str(settings.ring_seconds),
        "LINE_MAX_SECONDS": str(settings.max_call_seconds),
        "LINE_DECISION": "admit",
    }


def _caller_id(attempt: Attempt, settings: Settings) -> tuple[str, str]:
    """Which number the client sees, and which one stands in Diversion; empty for none (C1)."""
    if not isinstance(attempt.caller, PhoneNumber) or attempt.line_number is None:
        raise ValueError("only a caller with a number on a line number is ever admitted")
    caller, line_number = attempt.caller.e164, attempt.line_number.e164
    modes = {"diversion": (caller, line_number), "plain": (caller, ""), "line_number": (line_number, "")}
    return modes[settings.caller_id]


def _attempt(session: Session, settings: Settings) -> Attempt:
    """Who calls, and which number was dialled: from the dialplan's sanitised arguments, never from the environment."""
    dialled = parse_caller(session.argument(2), settings.default_region)
    line_number = dialled if isinstance(dialled, PhoneNumber) else None
    caller = parse_caller(
        session.argument(1),
        settings.default_region,
        presentation=session.argument(3),
        sender=session.argument(4),
    )
    level = _attested(session, settings, caller, line_number)
    return Attempt(
        caller=caller,
        line_number=line_number,
        attestation=level,
        verified=acceptable(level, Policy(settings.attestation)),
        trunk_full=_calls_up(session.argument(5)) > settings.trunk_max_calls,
        denied=tuple(settings.deny_prefixes),
    )


def _attested(session: Session, settings: Settings, caller: Caller, line_number: PhoneNumber | None) -> Attestation:
    """What the trunk says of the number (`verstat`) and, where Asterisk verifies, what it found: the worse counts."""
    by_trunk = attestation(session.argument(8))
    if settings.stir_shaken == "off":
        return by_trunk
    signature = Signature(session.argument(9), session.argument(10))
    return combined(by_trunk, verification(signature, caller, line_number))


def _calls_up(text: str) -> int:
    """How many calls are up on the Asterisk that asks; 0 if it does not say. Raises ProtocolError (A10)."""
    if not re.fullmatch(r"[0-9]{0,9}", text):
        raise ProtocolError("how many calls are up is no number")
    return int(text or 0)
