"""Reminders to providers as text messages (S4): written when due, judged again in the moment they go out."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

import structlog

from consultation.numbers import PhoneNumber
from consultation.reminder import Drop, Reason, Wait, daytime, judge
from consultation.texting import reminder
from portal.outbox.post import Posted, Poster
from portal.outbox.sms_http import HttpGateway
from portal.outbox.sms_sip import SipGateway
from runtime.settings import Settings, SettingsError
from schema.delivery import Outcome
from schema.engine import Store
from schema.queries import deliveries, texts
from schema.queries.deliveries import Taken

log = structlog.get_logger("portal.outbox.reminders")

MAYBE_SENT = "maybe_sent"


class Gateway(Protocol):
    """Whoever carries texts."""

    async def send(self, text_id: UUID, to: PhoneNumber, text: str) -> Posted:
        """Hand one text over."""

    def close(self) -> None:
        """Let go of what it holds."""


class Ready:
    """A text to send now."""

    def __init__(self, attempt_id: int, to: PhoneNumber, text: str) -> None:
        self.attempt_id = attempt_id
        self.to = to
        self.text = text


def write_due(store: Store) -> int:
    """Write the reminders that became due, each to go out in its provider's daytime. Returns how many."""
    with store.transaction() as session:
        now, unasked = texts.unasked(session)
        written = [texts.enqueue_reminder(session, one, daytime(now, one.time_zone)) for one in unasked]
    return sum(written)


def prepare(store: Store, taken: Taken, settings: Settings) -> Ready | None:
    """What to send, by what is true now; or nothing, with the reminder postponed or withdrawn in this transaction."""
    with store.transaction() as session:
        if taken.resumed and settings.sms == "sip":
            # The worker before us may have handed it over, and nobody can tell.
            deliveries.close(session, taken, Outcome.GIVEN_UP, MAYBE_SENT)
            return None
        now, known = texts.recipient(session, UUID(taken.payload["consultation_id"]))
        verdict = judge(known.facts, now) if known else Drop(Reason.WITHDRAWN)
        if isinstance(verdict, Wait):
            deliveries.postpone(session, taken, verdict.until)
            return None
        if isinstance(verdict, Drop) or known is None or known.number is None:
            reason = verdict.reason if isinstance(verdict, Drop) else Reason.NO_NUMBER
            late = reason is Reason.TOO_LATE
            deliveries.close(session, taken, Outcome.GIVEN_UP if late else Outcome.WITHDRAWN, reason)
            log.info("reminder_not_sent", effect=taken.effect_id, reason=reason)
            return None
        text = reminder(known.language, _questions(settings), settings.language)
        return Ready(deliveries.begin(session, taken), known.number, text)


def gateway(settings: Settings) -> Gateway | None:
    """Who carries texts, by these settings; None where none are sent. Raises SettingsError naming what is missing."""
    if settings.sms == "off":
        return None
    if settings.sms_from is None:
        raise SettingsError(f"LINE_SMS_FROM: needed with LINE_SMS={settings.sms}. Example: LINE_SMS_FROM=+14155550199")
    sender = PhoneNumber(settings.sms_from)
    if settings.sms == "sip":
        if settings.ami_texter_secret is None:
            raise SettingsError("LINE_AMI_TEXTER_SECRET: needed with LINE_SMS=sip. Example: a long random word")
        secret = settings.ami_texter_secret.get_secret_value()
        return SipGateway(settings.ami_address, secret, sender, settings.sip_domain())
    if settings.sms_url is None:
        raise SettingsError("LINE_SMS_URL: needed with LINE_SMS=http. Example: LINE_SMS_URL=https://sms.example/texts")
    poster = Poster(settings.sms_url, allow_private=settings.sms_allow_private)
    return HttpGateway(poster, settings.sms_token.get_secret_value() if settings.sms_token else None, sender)


def _questions(settings: Settings) -> str | None:
    """Where the provider's open questions are, if anybody said where the pages are."""
    return f"{settings.portal_url}/p/" if settings.portal_url else None
