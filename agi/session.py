"""One FastAGI conversation. The only importer of pyst2, and what pyst2 0.5.1 needs mending for.

Mended here, each with its test: a constructor that installs a signal handler and prints the caller number, text
written to a binary file, quoting that lets a newline through as a second command, a hangup read as a reply, an
end of file that loops for ever, and reads without an end in time.
"""

from __future__ import annotations

import io
import re
import socket
import time
from collections.abc import Mapping
from typing import TextIO, cast

from asterisk.agi import AGI

_LONGEST_LINE = 8192
_MOST_LINES = 100
_REPLY = re.compile(r"(?P<code>[0-9]{3})(?P<more>-?)(?: ?)(?P<text>.*)")
_RESULT = re.compile(r"result=(?P<value>\S*)(?: \((?P<data>.*)\))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNIQUEID = re.compile(r"[A-Za-z0-9._-]{1,80}")
_LISTABLE = re.compile(r"[A-Za-z0-9+_.:/&-]*")


class AgiError(Exception):
    """The conversation cannot go on. The dialplan sees no decision and refuses (A10)."""


class CallerGoneError(AgiError):
    """The caller hung up, or Asterisk closed the connection."""


class DeadlineError(AgiError):
    """The conversation took longer than its deadline allows."""


class ProtocolError(AgiError):
    """The other side sent what AGI does not allow."""


class CommandError(AgiError):
    """Asterisk does not know the command, or not with these arguments."""


class _DeadlineSocket(io.RawIOBase):
    """A socket as a raw stream, every read and write of which ends by one common deadline."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self._limit()
        return self._connection.recv_into(buffer)

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        self._limit()
        return self._connection.send(data)

    def _limit(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)


class _Silence(io.TextIOBase):
    """Where pyst2's diagnostics go: they repeat every line, phone numbers included (P1)."""

    def write(self, text: str) -> int:
        return len(text)


class Session(AGI):  # type: ignore[misc]  # pyst2 has no types
    """One conversation, from the environment that Asterisk sends to the variables we set.

    `deadline` is an instant of `time.monotonic()` that bounds all reads and writes together. Every method raises
    AgiError, and nothing else, when the conversation cannot go on.
    """

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        # Not AGI.__init__: it installs a signal handler, which fails outside the main thread.
        self._deadline = deadline
        raw = _DeadlineSocket(connection, deadline)
        self.stdin = io.TextIOWrapper(io.BufferedReader(raw), encoding="utf-8", errors="replace", newline="\n")
        self.stdout = io.TextIOWrapper(io.BufferedWriter(cast(io.RawIOBase, raw)), encoding="utf-8", newline="\n")
        self.stderr: TextIO = _Silence()  # type: ignore[assignment]
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()

    @property
    def script(self) -> str:
        """What the dialplan asks for: the path of the `agi://` address."""
        return self.env.get("agi_network_script", "")

    @property
    def channel(self) -> str:
        """The uniqueid of the channel that asks. Asterisk's own; nobody outside can influence it."""
        channel = self.env.get("agi_uniqueid", "")
        if not _UNIQUEID.fullmatch(channel):
            raise ProtocolError("no agi_uniqueid in the environment")
        return channel

    def argument(self, place: int) -> str:
        """The argument at `place`, counted from 1, that the dialplan gave; empty if it gave none."""
        return self.env.get(f"agi_arg_{place}", "")

    def check_deadline(self) -> None:
        """Raise DeadlineError if the deadline is over, so that nobody would hear what is decided now."""
        if time.monotonic() >= self._deadline:
            raise DeadlineError("decided too late")

    def set_variables(self, values: Mapping[str, str]) -> None:
        """Set channel variables, all in one round trip and in this order.

        Raises ValueError for a value that would not survive Asterisk's list syntax.
        """
        for value in values.values():
            if not _LISTABLE.fullmatch(value):
                raise ValueError("a value for a channel variable holds more than letters, digits and + _ . : / & -")
        self.execute("SET VARIABLE", self._quote(f"ARRAY({','.join(values)})"), self._quote(",".join(values.values())))

    def execute(self, command: str, *arguments: str) -> dict[str, tuple[str, str]]:
        """Send one command and read its reply. Quote arguments that are not words."""
        try:
            self.send_command(command, *arguments)
            return self.get_result()
        except TimeoutError:
            raise DeadlineError(f"no reply to {command} in time") from None
        except OSError as error:
            raise CallerGoneError(f"connection lost: {type(error).__name__}") from None

    def get_result(self, stdin: object = None) -> dict[str, tuple[str, str]]:  # noqa: ARG002 - pyst2's signature
        """Read replies until one is final (https://docs.asterisk.org, AGI commands)."""
        in_usage = False
        for _ in range(_MOST_LINES):
            line = self._read_line()
            if line == "HANGUP":
                raise CallerGoneError("hung up")
            # The usage text of a 520 is free text, up to a line that begins with 520 and a space.
            if in_usage and not line.startswith("520 "):
                continue
            reply = _REPLY.fullmatch(line)
            if reply is None:
                raise ProtocolError("a reply without a status code")
            code, text = reply["code"], reply["text"]
            in_usage = code == "520" and bool(reply["more"])
            if code == "100" or in_usage:
                continue
            if code == "200":
                return self._parsed(text)
            if code == "511":
                raise CallerGoneError("the channel is gone")
            if code in ("510", "520"):
                raise CommandError(f"Asterisk refused the command with {code}")
            raise ProtocolError(f"a reply with the unknown status code {code}")
        raise ProtocolError("too many lines in one reply")

    def _parsed(self, text: str) -> dict[str, tuple[str, str]]:
        result = _RESULT.match(text)
        if result is None:
            raise ProtocolError("a 200 without a result")
        if result["data"] == "hangup":
            raise CallerGoneError("hung up")
        if result["value"] == "-1":
            raise CallerGoneError("the channel is gone, or the command failed on it")
        return {"result": (result["value"], result["data"] or "")}

    def _get_agi_env(self) -> None:
        """Read the environment. A key that comes twice could shadow one that the dialplan sanitised: refused."""
        try:
            for _ in range(_MOST_LINES):
                line = self._read_line()
                if line == "":
                    return
                key, colon, value = line.partition(":")
                if not colon or not key.startswith("agi_"):
                    raise ProtocolError("an environment line that is not agi_key: value")
                if key in self.env:
                    raise ProtocolError(f"the environment has {key[:40]} twice")
                self.env[key] = value.strip()
        except TimeoutError:
            raise DeadlineError("no whole environment in time") from None
        except OSError as error:
            raise CallerGoneError(f"connection lost: {type(error).__name__}") from None
        raise ProtocolError("too many environment lines")

    def _read_line(self) -> str:
        line: str = self.stdin.readline(_LONGEST_LINE)
        if line == "":
            raise CallerGoneError("Asterisk closed the connection")
        if not line.endswith("\n"):
            raise ProtocolError("a line that is cut off or too long")
        return line.rstrip("\r\n")

    def _quote(self, string: object) -> str:
        """One argument of a command. A control character would end the line and begin another command: refused."""
        text = str(string)
        if _CONTROL.search(text):
            raise ValueError("a control character in an AGI argument")
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
