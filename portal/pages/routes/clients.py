"""Clients, each with their own number, always (F3). Every number that is shown is recorded (P2)."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from portal.fields import Id
from portal.pages.cards import cards, questions
from portal.pages.line import look
from portal.pages.reveal import Shown, reveal
from portal.pages.visit import VisitGiven
from schema.queries import diary
from schema.queries.line import clock
from schema.queries.reveals import Reason

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Person:
    """A client with their own number."""

    id: str
    name: str
    number: Shown


@router.get("/clients")
def listed(visit: VisitGiven) -> Response:
    """Everybody with whom the provider has or had an appointment."""
    with visit.store.transaction() as session:
        clients = diary.clients(session, visit.provider_id)
        people = [
            Person(client.id, client.name, reveal(session, visit, client, Reason.CLIENT_LIST)) for client in clients
        ]
        asked = questions(session, visit, clock(session))
    return visit.page("clients.html", tab="clients", task_count=len(asked), clients=people)


@router.get("/clients/{client_id}")
def one(client_id: Id, visit: VisitGiven) -> Response:
    """One client, with all appointments."""
    with visit.store.transaction() as session:
        now, line_is_down = look(session, visit)
        entries = diary.with_client(session, visit.provider_id, client_id)
        if not entries:
            raise HTTPException(404)
        client = entries[0].client
        person = Person(client.id, client.name, reveal(session, visit, client, Reason.CLIENT_PAGE))
        asked = questions(session, visit, now)
    return visit.page(
        "client.html",
        tab="clients",
        task_count=len(asked),
        client=person,
        entries=cards(visit, entries, now, line_is_down=line_is_down),
        messaging_url=visit.messaging_url(client_id=client.id),
    )
