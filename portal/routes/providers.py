"""Providers and the numbers they dial from (A4)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from consultation.numbers import PhoneNumber
from portal.dependencies import RegionGiven, StoreGiven
from portal.fields import Id, Label, Language, Name, NumberText, TimeZone, invalid, read_number
from portal.problems import FieldError, InvalidError, documented
from schema.queries import people

router = APIRouter(tags=["providers"])

MOST_NUMBERS = 20


class CallerNumber(BaseModel):
    """A number that the provider dials from, and what they call it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    number: NumberText
    label: Label


def _not_too_many(numbers: list[CallerNumber]) -> list[CallerNumber]:
    if len(numbers) > MOST_NUMBERS:
        raise invalid(f"must have at most {MOST_NUMBERS} numbers")
    return numbers


class ProviderBody(BaseModel):
    """A provider as the platform keeps them. `caller_numbers` replaces all numbers of before."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "Dr. Ada Finch",
                    "time_zone": "America/New_York",
                    "language": "en",
                    "caller_numbers": [{"number": "+14155550100", "label": "mobile"}],
                }
            ]
        },
    )

    name: Name
    time_zone: TimeZone
    caller_numbers: Annotated[
        list[CallerNumber], AfterValidator(_not_too_many), Field(json_schema_extra={"maxItems": MOST_NUMBERS})
    ]
    language: Language = "en"


class Provider(BaseModel):
    """A provider as stored; numbers are E.164."""

    id: str
    name: str
    time_zone: str
    language: str
    caller_numbers: list[CallerNumber]


@router.put(
    "/v1/providers/{provider_id}",
    responses={
        201: {"model": Provider, "description": "Created"},
        **documented(http_409="A number is another provider's, or the line's own (`number_taken`)"),
    },
)
def put(provider_id: Id, body: ProviderBody, response: Response, store: StoreGiven, region: RegionGiven) -> Provider:
    """Create or replace a provider. Any of the caller numbers admits; each belongs to one provider (A4)."""
    numbers = _labelled(body.caller_numbers, region)
    with store.transaction() as session:
        created = people.put_provider(
            session,
            provider_id,
            name=body.name,
            time_zone=body.time_zone,
            language=body.language,
            numbers=numbers,
        )
    response.status_code = 201 if created else 200
    return Provider(
        id=provider_id,
        name=body.name,
        time_zone=body.time_zone,
        language=body.language,
        caller_numbers=[CallerNumber(number=number.e164, label=label) for number, label in numbers.items()],
    )


def _labelled(entries: list[CallerNumber], region: str) -> dict[PhoneNumber, str]:
    """The numbers with their labels. Raises InvalidError naming every one that is none or stands there twice."""
    places: dict[PhoneNumber, int] = {}
    errors: list[FieldError] = []
    for place, entry in enumerate(entries):
        field = f"caller_numbers[{place}].number"
        try:
            number = read_number(entry.number, region, field)
        except InvalidError as error:
            errors += error.errors
            continue
        if number in places:
            errors.append(FieldError(field, f"is the same number as caller_numbers[{places[number]}].number"))
        places.setdefault(number, place)
    if errors:
        raise InvalidError(*errors)
    return {number: entries[place].label for number, place in places.items()}
