"""CEL rows that Asterisk never wrote, or that a full disk tore, against the reader of its files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

from ami_listener import files
from ami_listener.cel import MalformedRowError, is_torn, read_row
from tests.ami_listener.cel_rows import CALLS, told
from tests.fuzz.draws import chance, often
from tests.fuzz.octets import mutated

_ROWS = [row for call in CALLS for row in told(call)]
_VALUES = ["null", "true", "[]", "{}", "[[]]", "1", "-1", "1e999", "9" * 5000, '""', '"\\u0000"', '"\\ud800"', '"x"',
    "NaN", "[" * 3000, '{"a":' * 3000,
           '"{\\"dialstatus\\":[]}"', '"{\\"hangupcause\\":true,\\"dialstatus\\":{}}"', '"[]"', '"{"', '"9.9"',
           '"99999999999.999999"']  # fmt: skip
_FIELDS = ["eventtype", "eventtime", "uniqueid", "linkedid", "channame", "accountcode", "eventextra"]


def line(rng: Random) -> bytes:
    """One line of a file."""
    row = rng.choice(_ROWS)
    if often(rng, 0.4):
        field = rng.choice(_FIELDS)
        before, key, after = row.partition(f'"{field}":')
        _, comma, rest = after.partition(",")
        row = before + key + rng.choice(_VALUES) + comma + rest
    if often(rng, 0.2):
        row = rng.choice(_ROWS)[: rng.randrange(200)] + row
    data = row.encode("utf-8", "surrogateescape")
    return mutated(rng, data) if often(rng, 0.4) else data


class CelRows:
    """Each input is a line. Some of them also go through a file, as they are read from Asterisk's disk."""

    name = "cel"
    what = "the reader of Asterisk's CEL rows"
    batch = 2_000

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.understood = 0

    def play(self, first: int, count: int) -> list[str]:
        """Every line is facts or malformed, and every line of a file is read once, and to its end."""
        wrong = []
        lines = []
        for number in range(first, first + count):
            data = line(chance(self._seed, self.name, number))
            lines.append(data)
            try:
                for text in data.decode("utf-8", "replace").splitlines():
                    is_torn(text)
                    for seen in read_row(text):
                        self.understood += 1
                        _ = getattr(seen, "sequence", None)
            except MalformedRowError:
                continue
            except Exception as error:  # noqa: BLE001 - whatever else comes out of it is what is looked for
                wrong.append(f"input {number}: {type(error).__name__}: {error}"[:200])
        return wrong + self._from_a_file(lines)

    def close(self) -> None:
        """Nothing is held."""

    def _from_a_file(self, lines: list[bytes]) -> list[str]:
        with tempfile.TemporaryDirectory(prefix="consultline-fuzz-") as folder:
            data = b"{}\n" + b"\n".join(lines) + b"\n" + lines[0]
            Path(folder, files.NAME).write_bytes(data)
            (file,) = files.found(Path(folder))
            position = 0
            while position < file.size:
                chunk = files.read(file, position)
                if not chunk.lines or chunk.position <= position:
                    break
                position = chunk.position
        rest = len(data) - position
        return [f"{rest} octets of a file were never read"] if rest != len(data) - data.rfind(b"\n") - 1 else []
