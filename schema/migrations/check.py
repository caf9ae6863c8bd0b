"""`python -m schema.migrations.check`: the migrations form one line, without forks and without duplicates."""

from __future__ import annotations

import sys

from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from schema.migrations import config


def main() -> int:
    """Print what is wrong and return 1, or return 0."""
    try:
        heads = ScriptDirectory.from_config(config()).get_heads()
    except CommandError as error:
        sys.stderr.write(f"migrations: {error}\n")
        return 1
    if len(heads) != 1:
        sys.stderr.write(f"migrations: {len(heads)} newest revisions ({', '.join(heads)}); give them one order\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
