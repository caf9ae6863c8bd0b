"""Clients: who is reached through the line."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from consultation.toll import may_be_called
from portal.dependencies import ActorGiven, SettingsGiven, StoreGiven
from portal.fields import Id, Name, NumberText, read_number
from portal.problems import FieldError, InvalidError
from schema.queries import people

router = APIRouter(tags=["clients"])


class ClientBody(BaseModel):
    """A client as the platform keeps them."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"name": "Ben Ode", "number": "+14155550123"}]}
    )

    name: Name
    number: NumberText


class Client(BaseModel):
    """A client as stored; the number is E.164."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "c-4", "name": "Ben Ode", "number": "+14155550123"}]}
    )

    id: str
    name: str
    number: str


@router.put("/v1/clients/{client_id}", responses={201: {"model": Client, "description": "Created"}})
def put(
    *,
    client_id: Id,
    body: ClientBody,
    response: Response,
    store: StoreGiven,
    settings: SettingsGiven,
    actor: ActorGiven,
) -> Client:
    """Create or replace a client. A new number serves from the next call on."""
    number = read_number(body.number, settings.default_region, "number")
    if not may_be_called(number, settings.deny_prefixes):
        raise InvalidError(FieldError("number", "is one that the line never calls: premium-rate, or a denied prefix"))
    with store.transaction() as session:
        created = people.put_client(session, client_id, name=body.name, number=number, actor=actor)
    response.status_code = 201 if created else 200
    return Client(id=client_id, name=body.name, number=number.e164)
