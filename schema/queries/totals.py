"""What stays of rows that retention took: how many there were on a day, and how long they lasted. Nobody's (P2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from schema.models import Total


@dataclass(frozen=True, slots=True)
class Sum:
    """Over all days."""

    count: int
    seconds: float


def add(session: Session, rows: Select[Any]) -> None:
    """Add what this selects: day, kind, what, count, seconds. In the transaction that takes the rows away."""
    statement = insert(Total).from_select(["day", "kind", "what", "count", "seconds"], rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Total.day, Total.kind, Total.what],
            set_={
                "count": Total.count + statement.excluded.count,
                "seconds": Total.seconds + statement.excluded.seconds,
            },
        )
    )


def sums(session: Session, kind: str) -> Mapping[str, Sum]:
    """What was taken of this kind, by what it was."""
    rows = session.execute(
        select(Total.what, func.sum(Total.count).label("rows"), func.sum(Total.seconds).label("seconds"))
        .where(Total.kind == kind)
        .group_by(Total.what)
    )
    return {row.what: Sum(int(row.rows), row.seconds) for row in rows}
