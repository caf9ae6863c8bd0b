"""A connection to Asterisk's manager interface (AMI) as one of its users."""

from __future__ import annotations

import re
import socket

from pydantic import SecretStr

from ops.line import Line


class ManagerUser:
    """Logged in once made. `source` is the address of this end."""

    def __init__(self, line: Line, name: str, secret: SecretStr | None, *, source: str = "127.0.0.1") -> None:
        address = line.settings.ami_address
        assert secret is not None
        self._socket = socket.create_connection((address.host, address.port), 10, (source, 0))
        self._lines = self._socket.makefile("rb")
        self._lines.readline()
        self.welcome = self.ask("Login", Username=name, Secret=secret.get_secret_value(), Events="on")

    def ask(self, action: str, **fields: str) -> str:
        """The message that comes next."""
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in fields.items())]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        return self.next()

    def next(self) -> str:
        """One message."""
        message = []
        while line := self._lines.readline().decode().strip():
            message.append(line)
        return "\n".join(message)

    def rights(self) -> dict[str, str]:
        """Every action that this user may do, and the right that each takes."""
        said = self.ask("ListCommands")
        while "(Priv: " not in said:
            said = self.next()
        return dict(re.findall(r"^(\w+): .*\(Priv: ([^)]*)\)$", said, re.MULTILINE))

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()


def texter(line: Line) -> ManagerUser:
    """Logged in as the worker does."""
    user = ManagerUser(line, "texter", line.settings.ami_texter_secret)
    assert "Response: Success" in user.welcome
    return user


def listener(line: Line) -> ManagerUser:
    """Logged in as the listener does, beside it."""
    user = ManagerUser(line, "listener", line.settings.ami_secret)
    assert "Response: Success" in user.welcome
    return user
