"""The outbox: any number of workers at once, each delivery by one, in order, until they are told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import structlog

from portal.outbox import backoff, reminders
from portal.outbox.post import SECONDS, Posted
from portal.outbox.reminders import Gateway
from portal.outbox.webhook import WebhookSender
from runtime.settings import Settings
from schema.delivery import Channel, Outcome
from schema.engine import StatementError, Store, StoreUnavailableError
from schema.queries import deliveries
from schema.queries.deliveries import Taken
from schema.queries.line import observe

log = structlog.get_logger("portal.outbox")

# Not LISTEN/NOTIFY: a NOTIFY makes every transaction that writes an effect queue up for one lock at its commit,
# those of the listener among them. This look costs one index, and delivery begins within a second all the same.
POLL_SECONDS = 0.5
AT_ONCE = {Channel.WEBHOOK: 16, Channel.TEXT: 4}
LEASE_SECONDS = 2 * SECONDS + 10  # longer than any delivery takes: a lease that ends is a worker that died
STOP_SECONDS = 8.0
_HOUSEKEEPING_SECONDS = 5.0
_DATABASE_AWAY_SECONDS = 1.0

T = TypeVar("T")


class Worker:
    """Delivers what is due until `stop`. `webhooks` and `texts` are None where nobody is to be told that way."""

    def __init__(self, store: Store, settings: Settings, webhooks: WebhookSender | None, texts: Gateway | None) -> None:
        self._store = store
        self._settings = settings
        self._webhooks = webhooks
        self._texts = texts
        self._stopping = asyncio.Event()
        self._database = ThreadPoolExecutor(4, thread_name_prefix="store")
        self._held: dict[asyncio.Task[None], Taken] = {}

    async def run(self) -> None:
        """Work. Returns once stopped, with everything that was begun finished or given back."""
        loops = [self._housekeeping()]
        if self._webhooks is not None:
            loops.append(self._serve(Channel.WEBHOOK, self._tell))
        if self._texts is not None:
            loops.append(self._serve(Channel.TEXT, self._remind))
        async with asyncio.TaskGroup() as group:
            for loop in loops:
                group.create_task(loop)
        await self._finish()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()

    async def _serve(self, channel: Channel, deliver: Callable[[Taken], Awaitable[None]]) -> None:
        """Take what is due as long as there is room. A channel has its own room: a slow one holds up no other."""
        begun: set[asyncio.Task[None]] = set()
        while not self._stopping.is_set():
            room = AT_ONCE[channel] - len(begun)
            taken: list[Taken] = []
            try:
                if room:
                    taken = await self._transaction(
                        lambda room=room: self._take(channel, room)  # type: ignore[misc]
                    )
            except (StoreUnavailableError, StatementError) as error:
                log.error("database_unavailable", error=str(error))
                await self._pause(_DATABASE_AWAY_SECONDS)
                continue
            for one in taken:
                task = asyncio.create_task(self._delivered(one, deliver))
                begun.add(task)
                self._held[task] = one
                task.add_done_callback(begun.discard)
                task.add_done_callback(lambda done: self._held.pop(done, None))
            if begun:
                # Once one is delivered, what waited behind it is due: look again at once.
                await asyncio.wait(begun, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            else:
                await self._pause(POLL_SECONDS)

    def _take(self, channel: Channel, most: int) -> list[Taken]:
        with self._store.transaction() as session:
            return deliveries.take(session, channel, most=most, seconds=LEASE_SECONDS)

    async def _delivered(self, taken: Taken, deliver: Callable[[Taken], Awaitable[None]]) -> None:
        """One delivery, whose failure is its own: the lease ends by itself, and then it is tried again."""
        try:
            await deliver(taken)
        except (StoreUnavailableError, StatementError) as error:
            log.error("database_unavailable", effect=taken.effect_id, error=str(error))
        except Exception as error:  # noqa: BLE001 - its text may hold anything, a number even
            log.error("delivery_failed", effect=taken.effect_id, error=type(error).__name__)

    async def _tell(self, taken: Taken) -> None:
        if self._webhooks is None:
            return
        attempt_id = await self._transaction(lambda: self._begin(taken))
        await self._keep(taken, attempt_id, await self._webhooks.send(taken))

    async def _remind(self, taken: Taken) -> None:
        if self._texts is None:
            return
        ready = await self._transaction(lambda: reminders.prepare(self._store, taken, self._settings))
        if ready is not None:
            posted = await self._texts.send(taken.message_id, ready.to, ready.text)
            await self._keep(taken, ready.attempt_id, posted)

    def _begin(self, taken: Taken) -> int:
        with self._store.transaction() as session:
            return deliveries.begin(session, taken)

    async def _keep(self, taken: Taken, attempt_id: int, posted: Posted) -> None:
        """Write down how it went, trying as long as the lease lasts: forgotten, it would be delivered once more."""
        deadline = asyncio.get_running_loop().time() + SECONDS
        while True:
            try:
                await self._transaction(lambda: self._write(taken, attempt_id, posted))
                break
            except StoreUnavailableError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(_DATABASE_AWAY_SECONDS)
        log.info(
            "delivered" if posted.error is None else "not_delivered",
            effect=taken.effect_id,
            type=taken.event_type,
            status=posted.status_code,
            error=posted.error,
            seconds=posted.took_seconds,
        )

    def _write(self, taken: Taken, attempt_id: int, posted: Posted) -> None:
        with self._store.transaction() as session:
            deliveries.finish(
                session,
                attempt_id,
                took_seconds=posted.took_seconds,
                status_code=posted.status_code,
                error=posted.error,
            )
            if posted.error is None:
                deliveries.close(session, taken, Outcome.DELIVERED)
            elif posted.again:
                deliveries.retry(session, taken, backoff.delay(taken.failures + 1), posted.error)
            else:
                deliveries.close(session, taken, Outcome.GIVEN_UP, posted.error)

    async def _housekeeping(self) -> None:
        """Write reminders that became due, give up what nobody serves, and show that we are here."""
        while not self._stopping.is_set():
            try:
                await self._transaction(self._keep_house)
            except (StoreUnavailableError, StatementError) as error:
                log.warning("database_unavailable", error=str(error))
            await self._pause(_HOUSEKEEPING_SECONDS)

    def _keep_house(self) -> None:
        if self._texts is not None:
            reminders.write_due(self._store)
        with self._store.transaction() as session:
            observe(session, {"worker": "up"})
            for channel, sender in ((Channel.WEBHOOK, self._webhooks), (Channel.TEXT, self._texts)):
                if sender is None:
                    deliveries.give_up_overdue(session, channel, "nobody_to_tell")

    async def _finish(self) -> None:
        """Let deliveries that began come to their end; give back those that take too long."""
        if self._held:
            await asyncio.wait(self._held, timeout=STOP_SECONDS)
        late = dict(self._held)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
            # A text may have gone out: its lease ends by itself, and whoever takes it then sees that we left off.
            webhooks = [taken for taken in late.values() if taken.channel is Channel.WEBHOOK]
            with suppress(StoreUnavailableError):
                await self._transaction(lambda: self._let_go(webhooks))
        self._database.shutdown()

    def _let_go(self, taken: list[Taken]) -> None:
        with self._store.transaction() as session:
            deliveries.let_go(session, taken)

    async def _transaction(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._database, work)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
