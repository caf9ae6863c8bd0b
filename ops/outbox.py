"""`consultline outbox`: what is to be told, what was not, and sending it again."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime

from rich.console import Console
from rich.table import Table

from ops.database import url
from ops.errors import OperatorError
from runtime.settings import Settings
from schema.delivery import OPEN_OR_LOST, State
from schema.engine import Store
from schema.queries import effects
from schema.queries.effects import NeverAgainError, NoSuchEffectError, Standing


def show(settings: Settings, out: Console, *, states: Sequence[State], most: int, as_json: bool) -> None:
    """Print the effects in these states, oldest first; without states, those that nobody was told of yet.

    Raises SettingsError, StoreUnavailableError.
    """
    with closing(Store(url(settings), pool=1)) as store, store.transaction() as session:
        listed = effects.standings(session, states or OPEN_OR_LOST, most=most)
        counts = effects.counts(session)
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in listed], indent=2, default=_text) + "\n")
        return
    if listed:
        out.print(_table(listed))
    out.print(
        ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items()) or "the outbox is empty"
    )
    if settings.webhook_url is None and any(one.channel == "webhook" and one.due_at for one in listed):
        out.print("LINE_WEBHOOK_URL is not set: webhooks wait, each for three days, and are then given up")
    if counts.get(State.GIVEN_UP) or counts.get(State.FAILING):
        out.print("consultline outbox resend ID (or --all-failed) sends them on their way again")


def resend(settings: Settings, out: Console, *, effect_id: int | None, all_failed: bool) -> None:
    """Send one effect, or all that failed, on their way again.

    Raises OperatorError, SettingsError, StoreUnavailableError.
    """
    if (effect_id is None) != all_failed:
        raise OperatorError("say which: an id that `consultline outbox` shows, or --all-failed")
    with closing(Store(url(settings), pool=1)) as store, store.transaction() as session:
        if effect_id is None:
            out.print(f"{effects.resend_failed(session)} on their way again")
            return
        try:
            effects.resend(session, effect_id)
        except NoSuchEffectError:
            raise OperatorError(f"no {effect_id} in the outbox: `consultline outbox` shows what there is") from None
        except NeverAgainError:
            raise OperatorError(
                f"{effect_id} is a text message that went out, may have gone out, or is too late: "
                "a consultation gets one at most"
            ) from None
        out.print(f"{effect_id} is on its way again")


def _table(listed: Sequence[Standing]) -> Table:
    table = Table("id", "what", "appointment", "stands", "age", "attempts", "last attempt", "next")
    for one in listed:
        last = one.last_error or ("" if one.last_attempt_at is None else "delivered")
        if one.last_status_code is not None:
            last = f"{last} ({one.last_status_code})"
        stands = one.state.replace("_", " ") + (f": {one.reason}" if one.reason else "")
        due_at = one.due_at.isoformat(timespec="seconds") if one.due_at else ""
        table.add_row(
            str(one.id),
            one.event_type,
            one.appointment_id or "",
            stands,
            _age(one.age_seconds),
            str(one.attempts),
            last,
            due_at,
        )
    return table


def _age(seconds: float) -> str:
    """3 s, 12 min, 5 h, 2 d."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
