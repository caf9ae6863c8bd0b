"""The line's numbers, which providers dial."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from portal.dependencies import ActorGiven, RegionGiven, StoreGiven
from portal.fields import read_number
from portal.problems import FieldError, InvalidError, documented
from schema.queries import people

router = APIRouter(tags=["line numbers"])

_E164 = re.compile(r"^\+[0-9]+$")


class LineNumber(BaseModel):
    """A number of the line's pool."""

    number: str = Field(examples=["+14155550199"])


@router.put(
    "/v1/line-numbers/{e164}",
    responses={
        201: {"model": LineNumber, "description": "Added"},
        **documented(http_409="A provider dials from it (`number_taken`)"),
    },
)
def put(
    e164: Annotated[str, Path(examples=["+14155550199"], json_schema_extra={"pattern": _E164.pattern})],
    response: Response,
    store: StoreGiven,
    region: RegionGiven,
    actor: ActorGiven,
) -> LineNumber:
    """Add a line number to the pool (W7). It must be written in E.164, beginning with `+`."""
    if not _E164.fullmatch(e164):
        raise InvalidError(FieldError("e164", "must be in E.164: a plus sign, then digits only"))
    number = read_number(e164, region, "e164")
    with store.transaction() as session:
        created = people.add_line_number(session, number, actor=actor)
    response.status_code = 201 if created else 200
    return LineNumber(number=number.e164)
