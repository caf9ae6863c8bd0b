"""Text messages through an HTTP gateway (LINE_SMS=http): docs/texts.md says what it must understand."""

from __future__ import annotations

import json
from uuid import UUID

from consultation.numbers import PhoneNumber
from portal.outbox.post import Posted, Poster


class HttpGateway:
    """Posts each text. The id is the same at each attempt, so that a gateway that saw it does not send it twice."""

    def __init__(self, poster: Poster, token: str | None, sender: PhoneNumber) -> None:
        self._poster = poster
        self._token = token
        self._sender = sender

    async def send(self, text_id: UUID, to: PhoneNumber, text: str) -> Posted:
        """Hand one text over."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(text_id)}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        body = {"from": self._sender.e164, "to": to.e164, "text": text, "id": str(text_id)}
        return await self._poster.post(json.dumps(body).encode(), headers)

    def close(self) -> None:
        """Let go of what it holds."""
        self._poster.close()
