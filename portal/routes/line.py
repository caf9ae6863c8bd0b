"""How the line is (F1)."""

from __future__ import annotations

import structlog
from fastapi import APIRouter

from portal.dependencies import HoldGiven, StoreGiven
from portal.line_state import WITHOUT_DATABASE, Line, current

log = structlog.get_logger("portal.line")

router = APIRouter(tags=["line"])


_SINCE = "2026-03-01T08:00:00Z"
_EXAMPLE = {
    "state": "down",
    "since": "2026-03-01T07:58:12Z",
    "parts": {
        name: {"state": "up", "since": _SINCE} for name in ("asterisk", "trunk", "admission", "database", "listener")
    },
    "holds_until": "2026-03-01T08:00:30Z",
}


@router.get("/v1/line", responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}})
def state(store: StoreGiven, hold: HoldGiven) -> Line:
    """The line and each of its parts, up or down, and since when (null where that is not known).

    It is down the moment that a part is, and up again once all have been up for LINE_UP_AFTER_SECONDS; `holds_until`
    says when that will be. Answers 200 also while the line is down: with the database down, every part counts as down.
    """
    try:
        with store.transaction() as session:
            return current(session, hold)
    except Exception as error:  # noqa: BLE001 - whatever it was, a database that cannot answer this is down
        log.error("line_state_unknown", error=type(error).__name__)
        return WITHOUT_DATABASE
