"""Metrics, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response

from portal.dependencies import HoldGiven, StoreGiven
from portal.metrics import MEDIA_TYPE, exposition

router = APIRouter(tags=["line"])


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"description": "Prometheus' text format", "content": {"text/plain": {"schema": {"type": "string"}}}}
    },
)
def metrics(store: StoreGiven, hold: HoldGiven) -> Response:
    """Counts of calls, consultations and showings, and how the line and its parts are. No number, no id of a person."""
    return Response(exposition(store, hold), media_type=MEDIA_TYPE)
