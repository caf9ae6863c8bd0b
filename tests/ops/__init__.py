"""The `consultline` command, run as an operator runs it."""
