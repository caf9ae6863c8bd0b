"""How far each file of CEL rows was read; moved in the transaction that keeps what was read (E4)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from schema.models import CelFile


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: bytes from its beginning. `begins_with` tells the file from another with its inode."""

    begins_with: str
    position: int


def places(session: Session, node: str) -> dict[str, Place]:
    """Where reading goes on, by file."""
    rows = session.scalars(select(CelFile).where(CelFile.node == node))
    return {row.file: Place(row.begins_with, row.position) for row in rows}


def move(session: Session, node: str, file: str, place: Place) -> None:
    """Everything before this place of the file is kept."""
    values = {"begins_with": place.begins_with, "position": place.position, "updated_at": func.clock_timestamp()}
    session.execute(
        insert(CelFile)
        .values(node=node, file=file, **values)
        .on_conflict_do_update(index_elements=[CelFile.node, CelFile.file], set_=values)
    )


def forget(session: Session, node: str, files: Collection[str]) -> None:
    """These files are gone, or about to be."""
    session.execute(delete(CelFile).where(CelFile.node == node, CelFile.file.in_(files)))
