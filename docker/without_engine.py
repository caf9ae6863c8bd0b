"""One service of compose.yaml, run from its image without an engine.

What an engine would do is done by mount namespaces and setpriv, as compose.yaml says: a read-only root file system,
tmpfs, volumes, the image's user, no capabilities. Networks are the caller's.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ops.processes import Part

_VARIABLE = re.compile(r"\$\{(\w+)(?::(?:-([^}]*)|\?[^}]*))?\}")
_MOUNT_OPTIONS = "noexec,nosuid,nodev"  # what engines give a tmpfs


class Service:
    """A service as `spec` describes it. `folder` has, of each image, NAME/root and NAME/image.json; it takes the
    volumes and the log. `variables` are what compose would find in .env; `hosts` becomes /etc/hosts.
    """

    def __init__(
        self, name: str, spec: Mapping[str, Any], folder: Path, *, variables: Mapping[str, str], hosts: Path
    ) -> None:
        image = folder / _filled(spec["image"], variables).partition(":")[0]
        config: dict[str, Any] = json.loads((image / "image.json").read_text())["Docker"]["config"]
        check = spec.get("healthcheck", {}).get("test") or (config.get("Healthcheck") or {}).get("Test")
        self._check: list[str] | None = check[1:] if check else None
        self._environment = _environment(spec, config, variables)
        uid, _, gid = config["User"].partition(":")
        self._become = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs"]
        self._become += ["--bounding-set=-all", "--inh-caps=-all", "--pdeathsig=TERM"]
        log = folder / f"{name}.log"
        log.touch()
        os.chown(log, int(uid), int(gid))  # an engine, too, gives standard output to the container's user
        (image / "root/etc/hosts").touch()
        script = "\n".join(["set -e", *_mounts(spec, image / "root", folder, hosts), 'exec unshare "$@"'])
        command = [*(config.get("Entrypoint") or []), *(spec.get("command") or config["Cmd"])]
        inside = [f"--root={image / 'root'}", f"--wd={config.get('WorkingDir') or '/'}", *self._become, *command]
        start = ["unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh", *inside]
        self.part = Part(name, start, log, self._environment)

    @property
    def has_check(self) -> bool:
        """Whether it has a health check."""
        return self._check is not None

    def healthy(self) -> bool:
        """Whether its health check passes. Only while started."""
        enter = ["nsenter", f"--target={self.part.pid}", "--mount", "--root", "--wd", *self._become]
        return (
            subprocess.run(
                [*enter, *(self._check or [])], env=self._environment, capture_output=True, check=False, timeout=30
            ).returncode
            == 0
        )


def _filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with compose's variables replaced. KeyError: one that must be set is not."""
    return _VARIABLE.sub(lambda m: variables[m[1]] if m[2] is None else variables.get(m[1], m[2]), text)


def _environment(spec: Mapping[str, Any], config: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    own = {key: variables.get(key) if value is None else value for key, value in spec.get("environment", {}).items()}
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        **dict(word.split("=", 1) for word in config.get("Env") or []),
        **{key: _filled(value, variables) for key, value in own.items() if value is not None},
    }


def _mounts(spec: Mapping[str, Any], root: Path, folder: Path, hosts: Path) -> Iterator[str]:
    """Shell commands that make `root` what the container sees; the last one makes it read-only."""
    inside = shlex.quote(str(root))
    yield f"mount --bind {inside} {inside}"
    yield f"mount --bind {shlex.quote(str(hosts))} {inside}/etc/hosts"
    yield f"mount -t proc proc {inside}/proc"
    yield f"mount --bind /dev {inside}/dev"
    for place, _, options in (each.partition(":") for each in spec.get("tmpfs", [])):
        yield f"mount -t tmpfs -o {_MOUNT_OPTIONS},{options} tmpfs {inside}{place}"
    for volume, place, *mode in (each.split(":") for each in spec.get("volumes", [])):
        source = folder / "volumes" / volume
        if not source.exists():  # a new volume begins as what the image has there
            source.parent.mkdir(exist_ok=True)
            subprocess.run(["cp", "--archive", f"{root}{place}", source], check=True)  # noqa: S607 - found on PATH
        yield f"mount --bind {shlex.quote(str(source))} {inside}{place}"
        if mode == ["ro"]:
            yield f"mount -o remount,bind,ro {inside}{place}"
    if spec.get("read_only"):
        yield f"mount -o remount,bind,ro {inside}"
