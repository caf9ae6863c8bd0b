"""Text messages as SIP MESSAGE through the trunk (LINE_SMS=sip): Asterisk sends them, asked by its manager interface.

A client of its own, not panoramisk: that one asks again after a lost connection what it had no answer to, and a text
sent twice cannot be taken back. One connection a text, three actions, no event: nothing of panoramisk is missed.
"""

from __future__ import annotations

import asyncio
import base64
import time
from uuid import UUID

from consultation.numbers import PhoneNumber
from portal.outbox.post import Posted
from runtime.settings import Address

USERNAME = "texter"
SECONDS = 10.0
_LONGEST_LINE = 4096
_MOST_LINES = 50


class _NoManagerError(Exception):
    """Asterisk cannot be asked: nothing was sent. The message is the error's word."""


class SipGateway:
    """Hands texts to Asterisk.

    Asterisk answers as soon as it has the message in hand. What the carrier says to it, if anything, Asterisk tells
    nobody (22.10, seen: a 403 and silence are both a success). So a text is handed over once and never again.
    """

    def __init__(self, address: Address, secret: str, sender: PhoneNumber, domain: str) -> None:
        self._address = address
        self._secret = secret
        self._sender = sender
        self._domain = domain

    async def send(self, text_id: UUID, to: PhoneNumber, text: str) -> Posted:
        """Hand one text over. Tried again only where Asterisk certainly did not get it."""
        began = time.monotonic()
        asked = False
        writer = None
        try:
            async with asyncio.timeout(SECONDS):
                reader, writer = await asyncio.open_connection(
                    self._address.host, self._address.port, limit=_LONGEST_LINE
                )
                await reader.readline()  # Asterisk's greeting
                await _act(writer, Action="Login", Username=USERNAME, Secret=self._secret, Events="off")
                if (await _response(reader)).get("Response") != "Success":
                    raise _NoManagerError("manager_login_refused")
                asked = True
                await _act(
                    writer,
                    Action="MessageSend",
                    ActionID=text_id.hex,
                    # The number on the trunk's own contact: its address and transport.
                    To=f"pjsip:PJSIP/{to.e164}@trunk",
                    From=f"<sip:{self._sender.e164}@{self._domain}>",
                    Base64Body=base64.b64encode(text.encode()).decode(),
                )
                answer = await _response(reader)
                await _act(writer, Action="Logoff")
        except _NoManagerError as error:
            return Posted(_since(began), error=str(error))
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            word = "timeout" if isinstance(error, TimeoutError) else "manager_lost" if writer else "cannot_connect"
            return Posted(_since(began), error="maybe_sent" if asked else word, again=not asked)
        finally:
            if writer is not None:
                writer.close()
        error_word = None if answer.get("Response") == "Success" else "manager_refused"
        return Posted(_since(began), error=error_word)

    def close(self) -> None:
        """It holds nothing between texts."""


async def _act(writer: asyncio.StreamWriter, **fields: str) -> None:
    if any("\r" in value or "\n" in value for value in fields.values()):
        raise ValueError("a line break in an AMI field would begin another field")
    writer.write("".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n")
    await writer.drain()


async def _response(reader: asyncio.StreamReader) -> dict[str, str]:
    """The next message that answers an action. Raises ValueError for what is none, OSError at the end of it all."""
    for _ in range(_MOST_LINES):
        message: dict[str, str] = {}
        while line := (await reader.readuntil(b"\n")).decode(errors="replace").strip():
            name, _, value = line.partition(":")
            message[name] = value.strip()
            if len(message) > _MOST_LINES:
                raise ValueError("too long an answer")
        if "Response" in message:
            return message
    raise ValueError("no answer among many messages")


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
