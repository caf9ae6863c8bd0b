"""The HTTP API, below HTTP libraries."""
