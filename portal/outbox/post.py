"""One HTTP POST to somebody whom we do not trust: checked, pinned, bounded in time and size, never redirected."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import httpx

from portal.outbox.addresses import is_public

SECONDS = 10.0
_ANSWER_BYTES = 65_536
_ANSWER_SECONDS = 1.0
_MOST_ADDRESSES = 3
_LONGEST_ERROR = 40


@dataclass(frozen=True, slots=True)
class Posted:
    """How it went. `error` is a word of ours, None where it went well. `again`: whether it may be tried again."""

    took_seconds: float
    status_code: int | None = None
    error: str | None = None
    again: bool = True


class _FailedError(Exception):
    """No connection was made, so nothing was sent; the message is the error's word."""


class Poster:
    """Posts to one address. At most `most` name look-ups wait at a time, and no other Poster's."""

    def __init__(self, url: str, *, allow_private: bool, most: int = 4, seconds: float = SECONDS) -> None:
        self._url = httpx.URL(url)
        self._allow_private = allow_private
        self._seconds = seconds
        self._tls: ssl.SSLContext = httpx.create_ssl_context()
        # A look-up cannot be called off: in a pool of its own it holds up nobody else.
        self._names = ThreadPoolExecutor(most, thread_name_prefix="names")

    async def post(self, content: bytes, headers: Mapping[str, str]) -> Posted:
        """Post once. Whatever goes wrong is in what is returned; raises only CancelledError."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._seconds):
                addresses = await self._addresses()
                for place, address in enumerate(addresses, 1):
                    try:
                        status = await self._post_to(address, content, headers)
                        break
                    except (httpx.ConnectError, httpx.ConnectTimeout):
                        if place == len(addresses):
                            raise
        except _FailedError as error:
            return Posted(_since(began), error=str(error))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return Posted(_since(began), error="tls_failed" if _is_tls(error) else "cannot_connect")
        except TimeoutError:
            return Posted(_since(began), error="timeout")
        except httpx.HTTPError as error:
            return Posted(_since(began), error=f"http_{type(error).__name__}"[:_LONGEST_ERROR])
        if 200 <= status < 300:
            return Posted(_since(began), status)
        # A redirect is never followed: it would lead around the check of the address.
        return Posted(_since(began), status, "redirected" if 300 <= status < 400 else "refused")

    def close(self) -> None:
        """Give up what is still being looked up."""
        self._names.shutdown(wait=False, cancel_futures=True)

    async def _addresses(self) -> list[str]:
        """The addresses that the name has now, in the order to try them. Raises _FailedError if any is not allowed."""
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        look_up = asyncio.get_running_loop().run_in_executor(
            self._names, lambda: socket.getaddrinfo(self._url.host, port, type=socket.SOCK_STREAM)
        )
        try:
            found = await look_up
        except OSError:
            raise _FailedError("name_not_found") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        # One name with a public and a private address is how such checks are got around.
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise _FailedError("address_not_allowed")
        return addresses[:_MOST_ADDRESSES]

    async def _post_to(self, address: str, content: bytes, headers: Mapping[str, str]) -> int:
        """Post to this address, and to no other that the name may have by now. Returns the status."""
        name = self._url.host
        extensions = {"sni_hostname": name} if self._url.scheme == "https" else {}
        async with (
            httpx.AsyncClient(verify=self._tls, trust_env=False, follow_redirects=False, timeout=self._seconds) as http,
            http.stream(
                "POST",
                self._url.copy_with(host=address),
                content=content,
                headers={**headers, "Host": self._url.netloc.decode("ascii"), "User-Agent": "consultline"},
                extensions=extensions,
            ) as answer,
        ):
            # What it says is of no interest; it is heard out a little, so that the other side can finish.
            with suppress(httpx.HTTPError, TimeoutError):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    read = 0
                    async for piece in answer.aiter_raw():
                        read += len(piece)
                        if read > _ANSWER_BYTES:
                            break
            return answer.status_code


def _is_tls(error: BaseException | None) -> bool:
    """Whether a connection failed over its certificate or encryption: httpx says so in the cause alone."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
