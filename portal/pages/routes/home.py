"""The first page: questions, today, and what comes next."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from portal.pages.cards import cards, questions
from portal.pages.line import look
from portal.pages.phones import phones
from portal.pages.visit import VisitGiven
from schema.queries import diary

router = APIRouter()

MOST_ENTRIES = 50
MOST_NEXT = 5


@router.get("/")
def home(visit: VisitGiven) -> Response:
    """What the provider needs now."""
    with visit.store.transaction() as session:
        now, line_is_down = look(session, visit)
        zone = visit.words.zone
        today = now.astimezone(zone).date()
        midnight = datetime.combine(today, time(), zone)
        tomorrow = datetime.combine(today + timedelta(days=1), time(), zone)
        entries = diary.upcoming(session, visit.provider_id, since=midnight, limit=MOST_ENTRIES)
        asked = questions(session, visit, now)
        own_phones = phones(session, visit)
    listed = cards(visit, entries, now, line_is_down=line_is_down)
    open_now = [card for card in listed if card.is_on]
    rest = [card for card in listed if not card.is_on]
    return visit.page(
        "home.html",
        tab="home",
        date=visit.words.date(now),
        line_is_down=line_is_down,
        tasks=asked,
        task_count=len(asked),
        open=open_now,
        today=[card for card in rest if card.starts_at < tomorrow],
        next=[card for card in rest if card.starts_at >= tomorrow][:MOST_NEXT],
        phones=own_phones,
    )
