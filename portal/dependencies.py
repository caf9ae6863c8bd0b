"""What routes are given: the store, and what they need of the settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from consultation.window import Margins
from runtime.settings import Settings
from schema.engine import Store
from schema.queries.audit import Actor


# Async, because FastAPI runs a plain function on a thread, which costs more than what these do.
async def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _margins(settings: Annotated[Settings, Depends(_settings)]) -> Margins:
    return Margins(
        before=timedelta(seconds=settings.opens_before_seconds), after=timedelta(seconds=settings.closes_after_seconds)
    )


async def _region(settings: Annotated[Settings, Depends(_settings)]) -> str:
    return settings.default_region


async def _hold(settings: Annotated[Settings, Depends(_settings)]) -> timedelta:
    return timedelta(seconds=settings.up_after_seconds)


async def _actor(request: Request) -> Actor:
    actor: Actor = request.scope["actor"]
    return actor


StoreGiven = Annotated[Store, Depends(_store)]
SettingsGiven = Annotated[Settings, Depends(_settings)]
MarginsGiven = Annotated[Margins, Depends(_margins)]
RegionGiven = Annotated[str, Depends(_region)]
HoldGiven = Annotated[timedelta, Depends(_hold)]
"""For how long every part must have been up for the line to count as up (F2)."""
ActorGiven = Annotated[Actor, Depends(_actor)]
"""Whose request it is."""
