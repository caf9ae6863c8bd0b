"""Every error answer of the API: RFC 9457 problems, in which no phone number and no other input stands (P1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


class Code(StrEnum):
    """What tells two problems of the same HTTP status apart."""

    NUMBER_TAKEN = "number_taken"
    FIXED = "fixed"
    CHANGED_MEANWHILE = "changed_meanwhile"
    SCOPE_MISSING = "scope_missing"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    ALREADY_FINAL = "already_final"
    PAST_DEADLINE = "past_deadline"
    NOT_STARTED = "not_started"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that cannot be accepted, and why, for whoever wrote the request."""

    field: str
    reason: str


class InvalidError(Exception):
    """The request holds fields that cannot be accepted; `errors` says which and why. Answered with a 422."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(", ".join(error.field for error in errors))
        self.errors = errors


def problem(
    status: int,
    detail: str | None = None,
    *,
    code: Code | None = None,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An `application/problem+json` answer (RFC 9457).

    Its type is `about:blank`, so its title is the status's own phrase; `code` is an extension member. `detail` is
    a constant sentence of ours, never built from the request.
    """
    content: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail is not None:
        content["detail"] = detail
    if code is not None:
        content["code"] = code
    if errors:
        content["errors"] = [asdict(error) for error in errors]
    return JSONResponse(content, status_code=status, headers=headers, media_type=MEDIA_TYPE)


_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "enum": list(Code), "description": "Where one status has several causes"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}


def documented(**descriptions: str) -> dict[int | str, dict[str, Any]]:
    """Error answers for OpenAPI, as FastAPI's `responses`: `documented(http_404="no such appointment")`."""
    return {
        int(name.removeprefix("http_")): {"description": text, "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
        for name, text in descriptions.items()
    }
