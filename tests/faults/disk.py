"""A small disk of Asterisk's own that can be filled, seen by this process and its children alone."""

from __future__ import annotations

import ctypes
import errno
import subprocess
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_SIZE = "96m"
_JUNK = "junk"
_libc = ctypes.CDLL(None, use_errno=True)


def enter_own_namespace() -> None:
    """From here on, what is mounted is seen by this process and its children alone, and goes with them."""
    if _libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


class SmallDisk:
    """A disk mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)], check=True)

    def fill(self) -> None:
        """Leave no byte free."""
        with (self._folder / _JUNK).open("wb", buffering=0) as junk:
            for size in (1 << 20, 1 << 12, 1):
                block = b"\0" * size
                while True:
                    try:
                        junk.write(block)
                    except OSError as error:
                        if error.errno != errno.ENOSPC:
                            raise
                        break

    def free(self) -> None:
        """Make room again."""
        (self._folder / _JUNK).unlink(missing_ok=True)

    def release(self) -> None:
        """Unmount it. Does nothing harmful where something still looks at it."""
        subprocess.run(["umount", "--lazy", str(self._folder)], check=False)
