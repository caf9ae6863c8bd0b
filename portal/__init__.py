"""The HTTP API of the line, for the platform."""
