"""What went wrong, for the operator: one message that says what broke and what to do."""

from __future__ import annotations

# By name, so that reporting an error does not import every part of the line.
_EXPECTED = {
    "ami_listener.connection.LoginRejectedError",
    "ops.asterisk.installation.NoAsteriskError",
    "ops.demo.phone.NoPhoneError",
    "ops.errors.OperatorError",
    "ops.line.DataInUseError",
    "ops.ports.PortTakenError",
    "ops.processes.PartFailedError",
    "runtime.settings.SettingsError",
    "schema.engine.NumberKeyError",
    "schema.rotation.OvertakenError",
}
_NEEDS_WORDS = {
    "schema.engine.StoreUnavailableError": "LINE_DATABASE_URL: the database does not answer",
    "schema.migrations.DatabaseUnavailableError": "LINE_DATABASE_URL: the database does not answer",
}


class OperatorError(Exception):
    """Something that the operator can mend; the message says how."""


def explained(error: Exception) -> str | None:
    """The message for an error that an operator can mend; None for one that only a developer can."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if name in _NEEDS_WORDS:
        return f"✗ {_NEEDS_WORDS[name]} ({error})"
    return f"✗ {error}" if name in _EXPECTED else None
