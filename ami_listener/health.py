"""What the listener sees of the line's parts: it stands where Asterisk stands, and asks what it would ask (F1)."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import structlog

from ami_listener.clock import ClockWatch
from ami_listener.connection import Connection, NotConnectedError
from runtime.settings import Address, Settings
from schema.engine import Store, StoreUnavailableError
from schema.queries import line

log = structlog.get_logger("ami_listener.health")

EVERY_SECONDS = 2.0
_ASK_SECONDS = 2.0
_TRUNK = "PJSIP/trunk"
# Device states that mean calls can go out; any other means the carrier does not answer (qualify).
_USABLE = {"NOT_INUSE", "INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"}


async def watch(connection: Connection, settings: Settings, store: Store) -> None:
    """Write down every two seconds how the parts are, until cancelled. Their absence says that the listener is down."""
    clock = ClockWatch(store, settings)
    while True:
        states = await _states(connection, settings)
        try:
            await asyncio.to_thread(_observe, store, states)
            with suppress(NotConnectedError):
                if measured := await clock.measure(connection):
                    await asyncio.to_thread(clock.keep, *measured)
        except StoreUnavailableError as error:
            log.warning("database_unavailable", error=str(error))
        await asyncio.sleep(EVERY_SECONDS)


async def _states(connection: Connection, settings: Settings) -> dict[str, str]:
    # All at once: where everything hangs, a round takes 2 s and not 2 s for each.
    trunk, *admit = await asyncio.gather(
        _trunk_usable(connection), *[asyncio.to_thread(admits, address) for address in settings.agi_addresses]
    )
    return {
        "listener": "up",
        "asterisk": _word(connection.up),
        "trunk": _word(trunk),
        "admission": _word(any(admit)),
    }


async def _trunk_usable(connection: Connection) -> bool:
    try:
        answer = await connection.ask("DeviceStateList", _ASK_SECONDS)
    except NotConnectedError:
        return False
    return any(message.get("Device") == _TRUNK and message.get("State") in _USABLE for message in answer)


def admits(address: Address, seconds: float = _ASK_SECONDS) -> bool:
    """Whether the FastAGI server there could decide on a call now: asked as Asterisk asks."""
    try:
        with socket.create_connection((address.host, address.port), timeout=seconds) as connection:
            connection.sendall(b"agi_network_script: health\nagi_uniqueid: health\n\n")
            said = connection.makefile("rb").readline(200)
            connection.sendall(b"200 result=1\n")
    except OSError:
        return False
    return b'"ARRAY(LINE_HEALTH)" "up"' in said


def _observe(store: Store, states: dict[str, str]) -> None:
    with store.transaction() as transaction:
        line.observe(transaction, states)


def _word(up: bool) -> str:  # noqa: FBT001 - one argument, and it is the question
    return "up" if up else "down"
