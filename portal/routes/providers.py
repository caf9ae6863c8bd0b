"""Providers and the numbers they dial from (A4)."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from consultation.numbers import PhoneNumber
from consultation.toll import may_be_called
from portal.caller_numbers import CallerNumber, CallerNumbers, labelled, shown
from portal.dependencies import ActorGiven, SettingsGiven, StoreGiven
from portal.fields import Id, Language, Name, NumberText, Pin, TimeZone, read_number
from portal.problems import FieldError, InvalidError, documented
from runtime.settings import Settings
from schema.queries import people

router = APIRouter(tags=["providers"])


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
    caller_numbers: CallerNumbers
    language: Language = "en"
    practice_id: Id | None = Field(default=None, description="The practice whose shared phones they may use (A9)")
    pin: Pin | None = Field(
        default=None, description="4 to 8 digits; without it the one of before stays. Never given back"
    )
    pin_always: bool = Field(default=False, description="Ask for the PIN on their own phones, too")
    pin_when_unverified: bool = Field(
        default=False,
        description="Where a caller number fails verification, ask for the PIN, and do not refuse (A8)",
    )
    sms_number: NumberText | None = Field(
        default=None, description="Where the one reminder of an unanswered consultation goes (S4); null: nowhere"
    )


class Provider(BaseModel):
    """A provider as stored; numbers are E.164."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "p-17",
                    "name": "Dr. Ada Finch",
                    "time_zone": "America/New_York",
                    "language": "en",
                    "caller_numbers": [{"number": "+14155550100", "label": "mobile"}],
                    "practice_id": None,
                    "pin_always": False,
                    "pin_when_unverified": False,
                    "sms_number": None,
                }
            ]
        }
    )

    id: str
    name: str
    time_zone: str
    language: str
    caller_numbers: list[CallerNumber]
    practice_id: str | None
    pin_always: bool
    pin_when_unverified: bool
    sms_number: str | None


@router.put(
    "/v1/providers/{provider_id}",
    responses={
        201: {"model": Provider, "description": "Created"},
        **documented(http_409="A number is another provider's, or the line's own (`number_taken`)"),
    },
)
def put(
    *,
    provider_id: Id,
    body: ProviderBody,
    response: Response,
    store: StoreGiven,
    settings: SettingsGiven,
    actor: ActorGiven,
) -> Provider:
    """Create or replace a provider. Any of the caller numbers admits; each belongs to one provider (A4)."""
    numbers = labelled(body.caller_numbers, settings.default_region)
    sms_number = _texted(body.sms_number, settings)
    with store.transaction() as session:
        created = people.put_provider(
            session,
            provider_id,
            name=body.name,
            time_zone=body.time_zone,
            language=body.language,
            numbers=numbers,
            practice_id=body.practice_id,
            pin=body.pin.get_secret_value() if body.pin else None,
            pin_always=body.pin_always,
            pin_when_unverified=body.pin_when_unverified,
            sms_number=sms_number,
            actor=actor,
        )
    response.status_code = 201 if created else 200
    return Provider(
        id=provider_id,
        name=body.name,
        time_zone=body.time_zone,
        language=body.language,
        caller_numbers=shown(numbers),
        practice_id=body.practice_id,
        pin_always=body.pin_always,
        pin_when_unverified=body.pin_when_unverified,
        sms_number=sms_number.e164 if sms_number else None,
    )


def _texted(number: str | None, settings: Settings) -> PhoneNumber | None:
    """The number for texts. Raises InvalidError for one that is none, or that costs (toll fraud texts as it calls)."""
    if number is None:
        return None
    read = read_number(number, settings.default_region, "sms_number")
    if not may_be_called(read, settings.deny_prefixes):
        raise InvalidError(FieldError("sms_number", "is one that is never texted: premium-rate, or a denied prefix"))
    return read
