"""A running Asterisk with our configuration, in a folder of its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from ops.asterisk import configuration, console, signers
from ops.asterisk.installation import MOUNT_POINT, Installation
from ops.processes import Part, PartFailedError
from runtime.settings import Settings

_USER = "asterisk"


class Asterisk:
    """One Asterisk. Everything it writes stays under `folder`; it runs as the user `asterisk` when we are root.

    `environment` is set for Asterisk itself, beside what it inherits.
    """

    def __init__(
        self,
        installation: Installation,
        folder: Path,
        settings: Settings,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._installation = installation
        self._folder = folder.resolve()
        self._settings = settings
        # Inside an installed root our folder is mounted; the machine's own Asterisk sees it where it is.
        self._home = MOUNT_POINT if installation.root else self._folder
        self._environment = [f"{name}={value}" for name, value in (environment or {}).items()]
        self.part = Part("Asterisk", self._command(), self._folder / "log" / "console")

    @property
    def log(self) -> Path:
        """Asterisk's own warnings and errors."""
        return self._folder / "log" / "messages"

    def start(self) -> None:
        """Write the configuration, start, and wait until every module is up. Raises PartFailedError."""
        for name in ("etc", "lib", "spool", "run", "log", "log/cel-custom"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        # In a chroot without this file every call stalls in a DNS look-up of the machine's own name.
        (self._folder / "hosts").write_text(f"127.0.0.1 localhost {socket.gethostname()}\n")
        self._check_user()
        self._check_https()
        configuration.write_sounds(self._settings, self._folder / "sounds")
        etc = self._folder / "etc"
        configuration.write(self._settings, etc, home=self._home, modules=self._installation.modules)
        self._give_to_user()
        for leftover in (self._folder / "run").iterdir():
            leftover.unlink()
        self.part.start()
        self.part.wait_until(self._has_console, 30)
        if "fully booted" not in self.command("core waitfullybooted").lower():
            raise PartFailedError(f"Asterisk did not boot. {self.part.last_words()}")

    def stop(self) -> None:
        """Stop at once; calls that are up end."""
        self.part.stop()

    def command(self, command: str) -> str:
        """What Asterisk's console says to a command."""
        return console.ask(self._folder, command)

    def _command(self) -> list[str]:
        binary = [str(self._installation.binary), "-f", "-C", str(self._home / "etc/asterisk.conf")]
        become = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", "--pdeathsig=TERM"]
        become += ["--no-new-privs"]
        if self._environment:
            binary = ["env", *self._environment, *binary]
        root = self._installation.root
        if root is None:
            return [*become, *binary] if os.geteuid() == 0 else binary
        # A mount namespace of its own: what is mounted here is seen by nobody else, and goes with the process.
        script = (
            'mount --bind "$1" "$3$4" && mount --bind "$2" "$3/etc/hosts" '
            '&& root=$3 && shift 4 && exec chroot "$root" "$@"'
        )
        paths = [str(self._folder), str(self._folder / "hosts"), str(root), str(MOUNT_POINT)]
        return ["unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh", *paths, *become, *binary]

    def _check_user(self) -> None:
        """Asterisk never runs as root: it is what the network speaks to."""
        root = self._installation.root or Path("/")
        if os.geteuid() == 0 and _uid(root) is None:
            raise PartFailedError(
                f"Asterisk would run as root: {root} has no user `{_USER}`. Make one (adduser --system --group "
                f"--no-create-home {_USER}), or run the line as a user that is not root."
            )

    def _check_https(self) -> None:
        """Signers' certificates come by HTTPS, which needs to know whom to trust. Older installed roots do not."""
        root = self._installation.root
        needed = self._settings.stir_shaken == "verify" and not signers.is_laboratory(self._settings)
        if needed and root is not None and not (root / "etc/ssl/certs/ca-certificates.crt").exists():
            raise PartFailedError(
                f"LINE_STIR_SHAKEN=verify: the Asterisk in {root} is without ca-certificates, so it could fetch no "
                "signer's certificate. Remove that folder to have it installed again."
            )

    def _give_to_user(self) -> None:
        uid = _uid(self._installation.root or Path("/"))
        if os.geteuid() == 0 and uid is not None:
            for path in (self._folder, *self._folder.rglob("*")):
                os.chown(path, uid, -1, follow_symlinks=False)

    def _has_console(self) -> bool:
        return all((self._folder / "run" / name).exists() for name in ("asterisk.ctl", "asterisk.pid"))


def _uid(root: Path) -> int | None:
    """The user's id inside a root folder."""
    for line in (root / "etc/passwd").read_text().splitlines():
        fields = line.split(":")
        if fields[0] == _USER:
            return int(fields[2])
    return None
