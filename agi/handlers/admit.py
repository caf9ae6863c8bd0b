"""`agi://…/admit`: may this caller reach a client now, and whom? (A1-A7, A10, A12)"""

from __future__ import annotations

from datetime import timedelta

import structlog

from agi.handlers import Context
from agi.session import Session
from consultation.admission import Admit, Attempt, Decision, Reason, Refuse, decide
from consultation.announcement import announcement, spoken_language
from consultation.numbers import PhoneNumber, parse_caller
from consultation.window import Margins
from runtime.settings import Settings
from schema.queries.admission import Situation, record, situation

log = structlog.get_logger("agi.admit")

# What the carrier is told, so that the caller's phone shows something fitting. Never a 5xx for a decision: carriers
# try their next route on those.
SIP_STATUS = {
    Reason.CALLER_WITHHELD: 433,  # RFC 5079, Anonymity Disallowed
    Reason.CALLER_UNKNOWN: 403,
    Reason.WRONG_LINE_NUMBER: 480,
    Reason.TOO_EARLY: 480,
    Reason.TOO_LATE: 480,
    Reason.NO_CONSULTATION: 480,
    Reason.LINE_UNAVAILABLE: 503,
}


def admit(session: Session, context: Context) -> None:
    """Decide on the call, keep the decision, then tell the dialplan; in that order (A12).

    Raises StoreUnavailableError or AgiError; the dialplan then sees no decision, and refuses (A10).
    """
    settings = context.settings
    attempt = _attempt(session, settings)
    margins = Margins(
        timedelta(seconds=settings.opens_before_seconds), timedelta(seconds=settings.closes_after_seconds)
    )
    caller = attempt.caller if isinstance(attempt.caller, PhoneNumber) else None
    with context.store.transaction() as transaction:
        known = situation(transaction, caller, margins)
        decision = decide(attempt, known.profile, known.candidates, known.now)
        call_id = record(transaction, session.channel, attempt, known, decision)
        # The database may have taken its time. Asterisk has gone on by then, and perhaps asked another server, whose
        # word must stand.
        session.check_deadline()
    session.set_variables(answer(decision, attempt, known, settings))
    log.info(
        "call_decided",
        call_id=str(call_id),
        channel=session.channel,
        decision="admitted" if isinstance(decision, Admit) else "refused",
        reason=decision.reason if isinstance(decision, Refuse) else None,
    )


def answer(decision: Decision, attempt: Attempt, known: Situation, settings: Settings) -> dict[str, str]:
    """The channel variables that tell the dialplan what to do. The decision itself comes last: it is the sentinel."""
    if isinstance(decision, Refuse):
        language = spoken_language(known.profile, settings.language)
        spoken = announcement(decision, known.profile, known.now, language) if settings.announce != "off" else []
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
    return Attempt(
        caller=parse_caller(
            session.argument(1),
            settings.default_region,
            presentation=session.argument(3),
            sender=session.argument(4),
        ),
        line_number=dialled if isinstance(dialled, PhoneNumber) else None,
    )
