"""Webhooks as the Standard Webhooks specification has them (https://www.standardwebhooks.com)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from portal.outbox.post import Posted, Poster
from runtime.settings import Settings, SettingsError
from schema.queries.deliveries import Taken


class WebhookSender:
    """Tells one receiver, signing with each of `secrets`: two while the secret is being changed."""

    def __init__(self, poster: Poster, secrets: Sequence[str]) -> None:
        self._poster = poster
        self._keys = [Webhook(secret) for secret in secrets]

    async def send(self, effect: Taken) -> Posted:
        """Deliver once."""
        body = json.dumps(
            {"type": effect.event_type, "timestamp": effect.created_at.isoformat(), "data": effect.payload},
            separators=(",", ":"),
            ensure_ascii=False,
        )
        return await self._poster.post(body.encode(), self._headers(f"msg_{effect.message_id.hex}", body))

    def close(self) -> None:
        """Let go of what it holds."""
        self._poster.close()

    def _headers(self, message_id: str, body: str) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(key.sign(message_id, now, body) for key in self._keys),
        }


def webhook_sender(settings: Settings) -> WebhookSender | None:
    """The sender of these settings; None where nobody is to be told. Raises SettingsError without a secret."""
    if settings.webhook_url is None:
        return None
    if settings.webhook_secret is None:
        raise SettingsError(
            "LINE_WEBHOOK_SECRET: needed with LINE_WEBHOOK_URL. "
            "Make one: echo whsec_$(head -c 24 /dev/urandom | base64)"
        )
    secrets = [key.strip() for key in settings.webhook_secret.get_secret_value().split(",")]
    return WebhookSender(Poster(settings.webhook_url, allow_private=settings.webhook_allow_private), secrets)
