"""Which problem each exception becomes. What the exceptions hold stays here; what goes out are sentences of ours."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consultation.followup import Unanswerable
from portal.invalid import field_errors
from portal.problems import Code, FieldError, InvalidError, problem
from schema.engine import ConflictError, StoreUnavailableError
from schema.queries.appointments import FixedError
from schema.queries.followup import UnanswerableError, UnknownAppointmentError
from schema.queries.people import NumberTakenError, PinError, UnknownError

log = structlog.get_logger("portal.failures")

RETRY_AFTER_SECONDS = 5

_UNACCEPTABLE = "Some fields cannot be accepted; errors names each, with the reason."
_TAKEN = "A phone number of this request is in use already, by somebody else or by the line itself."
_FIXED = {
    "provider_id": "An appointment keeps its provider. Cancel it, and book another one.",
    "client_id": "An appointment keeps its client. Cancel it, and book another one.",
}
_UNANSWERABLE = {
    Unanswerable.CANCELLED: "The appointment is cancelled: nobody is asked about it any more.",
    Unanswerable.RESCHEDULED: "The appointment was rescheduled since: this occurrence is not the current one.",
    Unanswerable.FINAL: "It was said before whether this consultation took place, and that is final.",
    Unanswerable.TOO_LATE: "It can be said for three days after the end whether a consultation took place. "
    "That time is over.",
    Unanswerable.TOO_EARLY: "The consultation has not begun: it can be said from its start on whether it took place.",
}
_UNKNOWN = {
    "provider_id": "is the id of no provider that the line was told of",
    "client_id": "is the id of no client that the line was told of",
    "practice_id": "is the id of no practice that the line was told of",
}


def unavailable(error: StoreUnavailableError) -> Response:
    """The answer where the database is away."""
    log.error("store_unavailable", reason=str(error))
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return problem(503, "The line's database does not answer; try again.", headers=headers)


def install(app: FastAPI) -> None:
    """Answer every foreseen failure with its problem. Unforeseen ones are RequestLog's."""

    # Async, so that Starlette does not start a thread for them; the failures themselves come from anywhere.
    @app.exception_handler(RequestValidationError)
    async def _malformed(_: Request, error: RequestValidationError) -> Response:
        return problem(422, _UNACCEPTABLE, errors=field_errors(error))

    @app.exception_handler(InvalidError)
    async def _invalid(_: Request, error: InvalidError) -> Response:
        return problem(422, _UNACCEPTABLE, errors=error.errors)

    @app.exception_handler(UnknownError)
    async def _unknown(_: Request, error: UnknownError) -> Response:
        return problem(422, _UNACCEPTABLE, errors=[FieldError(error.field, _UNKNOWN[error.field])])

    @app.exception_handler(PinError)
    async def _pin(_: Request, error: PinError) -> Response:
        return problem(422, _UNACCEPTABLE, errors=[FieldError("pin", str(error))])

    @app.exception_handler(FixedError)
    async def _fixed(_: Request, error: FixedError) -> Response:
        return problem(409, _FIXED[error.field], code=Code.FIXED)

    @app.exception_handler(UnanswerableError)
    async def _unanswerable(_: Request, error: UnanswerableError) -> Response:
        return problem(409, _UNANSWERABLE[error.why], code=Code(error.why))

    @app.exception_handler(UnknownAppointmentError)
    async def _no_appointment(_: Request, __: UnknownAppointmentError) -> Response:
        return problem(404, "There is no appointment with this id.")

    @app.exception_handler(NumberTakenError)
    async def _taken(_: Request, __: NumberTakenError) -> Response:
        return problem(409, _TAKEN, code=Code.NUMBER_TAKEN)

    @app.exception_handler(ConflictError)
    async def _conflict(_: Request, error: ConflictError) -> Response:
        log.warning("changed_meanwhile", constraint=error.constraint)
        return problem(409, "This was changed at the same time; try again.", code=Code.CHANGED_MEANWHILE)

    @app.exception_handler(StoreUnavailableError)
    async def _unavailable(_: Request, error: StoreUnavailableError) -> Response:
        return unavailable(error)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.BAD_REQUEST:
            # FastAPI's word for a body that is no text at all; the routes themselves never say 400.
            return problem(422, _UNACCEPTABLE, errors=[FieldError("body", "must be JSON")])
        # Where nobody gave a detail, Starlette repeats the status's phrase, which is the title already.
        detail = None if error.detail == HTTPStatus(error.status_code).phrase else error.detail
        return problem(error.status_code, detail, headers=error.headers)
