"""Whether this process is alive, for whatever restarts it."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["line"])


# Async: it answers even while every thread waits for the database, which no restart of ours would mend.
@router.get("/healthz", responses={200: {"content": {"application/json": {"example": {"status": "ok"}}}}})
async def alive() -> dict[str, str]:
    """200 while the process answers at all. `/v1/line` says how the line is."""
    return {"status": "ok"}
