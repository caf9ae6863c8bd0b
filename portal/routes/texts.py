"""Text messages that come in: what the carrier or gateway passes on (S4)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from consultation.texting import Answer, meaning
from portal.dependencies import RegionGiven, StoreGiven
from portal.fields import NumberText, read_number
from schema.queries import texts

router = APIRouter(tags=["texts"])

_LOOKED_AT = 200


def _beginning(value: Any) -> Any:
    """A keyword stands at the beginning; the rest is nobody's business, and is let go of first of all."""
    return value[:_LOOKED_AT] if isinstance(value, str) else value


class TextBody(BaseModel):
    """A text from a provider's phone. Members that are not named here are not looked at."""

    model_config = ConfigDict(
        extra="ignore", strict=True, json_schema_extra={"examples": [{"from": "+14155550100", "text": "STOP"}]}
    )

    sender: NumberText = Field(alias="from")
    text: Annotated[str, BeforeValidator(_beginning)]


class TextKept(BaseModel):
    """What was kept: that the number wants no texts, or texts again; null for any other text."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kept": "opted_out"}]})

    kept: Answer | None


@router.post("/v1/texts")
def receive(body: TextBody, store: StoreGiven, region: RegionGiven) -> TextKept:
    """Take in a text: STOP and its like opt the number out, START and its like in again. May be repeated.

    The text itself is not kept, whatever it says. A confirmation is the carrier's or gateway's to send.
    """
    number = read_number(body.sender, region, "from")
    answer = meaning(body.text)
    if answer is not None:
        with store.transaction() as session:
            texts.keep_answer(session, number, answer)
    return TextKept(kept=answer)
