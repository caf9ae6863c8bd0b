"""Which Asterisk to run: the machine's own if it is new enough, else one from Debian unstable in a cache folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.asterisk import version
from ops.asterisk.version import Version
from ops.processes import die_with_parent

# Where a run's own folder appears inside the installed root.
MOUNT_POINT = Path("/srv/consultline")
# Whom to trust for HTTPS: signers' certificates are fetched by it (A8).
_PACKAGES = ("asterisk", "ca-certificates")
_MODULE_FOLDERS = ("usr/lib/*/asterisk/modules", "usr/lib/asterisk/modules", "usr/local/lib/asterisk/modules")

Progress = Callable[[str], None]


class NoAsteriskError(Exception):
    """There is no Asterisk to run; the message names the ways out."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An Asterisk. `root` is the root folder it lives in, None for the machine's own."""

    binary: Path
    version: Version
    modules: Path
    root: Path | None = None


def find_or_install(chosen: Path | None, cache: Path, progress: Progress) -> Installation:
    """The Asterisk to run. `chosen` is LINE_ASTERISK; `cache` keeps what is installed. Raises NoAsteriskError.

    Installing takes about a minute, 500 MB and root; `progress` is told what is going on.
    """
    own = _machines_own(chosen)
    return own if own is not None else _installed(cache.expanduser().resolve(), progress)


def _machines_own(chosen: Path | None) -> Installation | None:
    found = str(chosen) if chosen else shutil.which("asterisk")
    if found is None:
        return None
    its_version = _version([found, "-V"])
    if its_version is not None and its_version.new_enough:
        return Installation(Path(found), its_version, _modules(Path("/")))
    if chosen is not None:
        said = f"is version {its_version}" if its_version else "does not say its version"
        raise NoAsteriskError(
            f"LINE_ASTERISK: {chosen} {said}, and older ones than these have known security holes: {version.floors()}. "
            "Install a newer one, or leave LINE_ASTERISK out to have one installed."
        )
    return None


def _installed(cache: Path, progress: Progress) -> Installation:
    root = cache / "asterisk-unstable"
    if not root.exists():
        _check_can_install()
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(cache, progress):
            if not root.exists():
                _install(root, progress)
    its_version = _version(["chroot", str(root), "asterisk", "-V"]) if os.geteuid() == 0 else None
    if its_version is None:
        raise NoAsteriskError(
            f"The Asterisk in {root} cannot be run: be root, or remove that folder to have it installed again."
        )
    if not its_version.new_enough:
        raise NoAsteriskError(
            f"The Asterisk in {root} is version {its_version}, and older ones than these have known security holes: "
            f"{version.floors()}. Remove that folder to have today's installed."
        )
    modules = Path("/") / _modules(root).relative_to(root)
    return Installation(Path("/usr/sbin/asterisk"), its_version, modules, root)


def _check_can_install() -> None:
    missing = [
        why
        for why, is_so in {
            "this is not root": os.geteuid() != 0,
            "debootstrap is not installed": shutil.which("debootstrap") is None,
        }.items()
        if is_so
    ]
    if missing:
        raise NoAsteriskError(
            f"No Asterisk that is new enough on this machine, and none can be installed: {' and '.join(missing)}.\n"
            f"Either install one yourself, no older than {version.floors()}\n"
            "(and set LINE_ASTERISK to its binary if it is not on PATH),\n"
            "or run this as root after `apt-get install debootstrap`, which fetches one from Debian unstable."
        )


@contextmanager
def _alone(cache: Path, progress: Progress) -> Iterator[None]:
    """One installation at a time. The folder itself is the lock: nothing is left behind."""
    descriptor = os.open(cache, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another installation of Asterisk")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _install(root: Path, progress: Progress) -> None:
    """Debootstrap beside the place, and move there whole: a half-made root is never mistaken for one."""
    for leftover in root.parent.glob(f"{root.name}.partial-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{root.name}.partial-", dir=root.parent))
    partial.chmod(0o755)
    try:
        _debootstrap(partial, progress)
        shutil.rmtree(partial / "var/cache/apt/archives", ignore_errors=True)
        (partial / MOUNT_POINT.relative_to("/")).mkdir(parents=True)
        # Without this file every call stalls in DNS look-ups; each run mounts its own over it.
        (partial / "etc/hosts").touch()
        partial.rename(root)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _debootstrap(target: Path, progress: Progress) -> None:
    # In a mount namespace of its own: what debootstrap mounts goes when it goes, even if it is killed.
    command = ["unshare", "--mount", "--propagation=private", "debootstrap", "--variant=minbase"]
    command += [f"--include={','.join(_PACKAGES)}", "sid", str(target)]
    said: list[str] = []
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - started from the main thread, before any other exists
    )
    try:
        for line in process.stdout or ():
            said.append(line.strip())
            progress(f"installing Asterisk: {line.strip().removeprefix('I: ').lower()[:60]}")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 15)
        status = process.wait()
    if status != 0:
        words = "\n  ".join(said[-5:])
        raise NoAsteriskError(
            f"Installing Asterisk from Debian unstable failed (debootstrap, status {status}):\n  {words}"
        )


def _version(command: list[str]) -> Version | None:
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stdout
    except OSError:
        return None
    return version.parse(said)


def _modules(root: Path) -> Path:
    for pattern in _MODULE_FOLDERS:
        for folder in sorted(root.glob(pattern)):
            if (folder / "chan_pjsip.so").exists():
                return folder
    raise NoAsteriskError(f"Asterisk's modules are not under {root}: chan_pjsip.so was looked for in {_MODULE_FOLDERS}")
