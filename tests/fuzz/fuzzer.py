"""What every fuzzer is to those that run it."""

from __future__ import annotations

from typing import Protocol


class Fuzzer(Protocol):
    """One kind of input. Inputs are numbered from 0, and the same seed and number make the same input."""

    name: str
    what: str  # what it is thrown at, in a few words
    batch: int  # inputs between two looks at the line

    def play(self, first: int, count: int) -> list[str]:
        """Throw these inputs; returns the violations that it saw by itself, each with its input's number."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...
