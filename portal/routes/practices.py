"""Practices and the phones that their providers share (A9)."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from portal.caller_numbers import CallerNumber, CallerNumbers, labelled, shown
from portal.dependencies import ActorGiven, RegionGiven, StoreGiven
from portal.fields import Id, Name
from portal.problems import documented
from schema.queries import people

router = APIRouter(tags=["practices"])


class PracticeBody(BaseModel):
    """A practice as the platform keeps it. `caller_numbers` are its shared phones, and replace those of before."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"name": "Elm Street", "caller_numbers": [{"number": "+14155550110", "label": "desk"}]}]
        },
    )

    name: Name
    caller_numbers: CallerNumbers = []


class Practice(BaseModel):
    """A practice as stored; numbers are E.164."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": "elm", "name": "Elm Street", "caller_numbers": [{"number": "+14155550110", "label": "desk"}]}
            ]
        }
    )

    id: str
    name: str
    caller_numbers: list[CallerNumber]


@router.put(
    "/v1/practices/{practice_id}",
    responses={
        201: {"model": Practice, "description": "Created"},
        **documented(http_409="A number is somebody else's, or the line's own (`number_taken`)"),
    },
)
def put(
    *,
    practice_id: Id,
    body: PracticeBody,
    response: Response,
    store: StoreGiven,
    region: RegionGiven,
    actor: ActorGiven,
) -> Practice:
    """Create or replace a practice. Whoever calls from one of its numbers is asked for their PIN (A9)."""
    numbers = labelled(body.caller_numbers, region)
    with store.transaction() as session:
        created = people.put_practice(session, practice_id, name=body.name, numbers=numbers, actor=actor)
    response.status_code = 201 if created else 200
    return Practice(id=practice_id, name=body.name, caller_numbers=shown(numbers))
