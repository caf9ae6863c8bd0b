"""Which operator runs this command, for the audit (P2)."""

from __future__ import annotations

import os
import pwd

from schema.queries.audit import Actor


def operator() -> Actor:
    """The login of whoever runs this: the operating system's word, and not the environment's.

    But for root: who became root by `sudo` is named, because that says more. Root could claim to be anybody either way.
    """
    user = os.getuid()
    try:
        login = pwd.getpwuid(user).pw_name
    except KeyError:  # a container's user needs no name
        login = f"uid {user}"
    before = os.environ.get("SUDO_USER", "")
    return Actor("operator", f"{before} as {login}" if user == 0 and before not in ("", login) else login)
