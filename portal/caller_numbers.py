"""Numbers that are dialled from, as the platform writes them into a profile (A4)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from consultation.numbers import PhoneNumber
from portal.fields import Label, NumberText, invalid, read_number
from portal.problems import FieldError, InvalidError

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


CallerNumbers = Annotated[
    list[CallerNumber], AfterValidator(_not_too_many), Field(json_schema_extra={"maxItems": MOST_NUMBERS})
]


def labelled(entries: list[CallerNumber], region: str) -> dict[PhoneNumber, str]:
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


def shown(numbers: dict[PhoneNumber, str]) -> list[CallerNumber]:
    """The numbers as they are stored."""
    return [CallerNumber(number=number.e164, label=label) for number, label in numbers.items()]
