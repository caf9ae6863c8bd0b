"""Requests that no HTTP library would make, by number: heads, bodies and encodings that lie."""

from __future__ import annotations

import gzip
import json
from random import Random

from tests.fuzz.draws import often
from tests.fuzz.octets import mutated

# Numbers that no caller of the SIP fuzzer has.
_NUMBER = "+14152170042"
_IDS = ["f1", "%0d%0aX-Injected:%201", "%00", "..%2f..%2fetc%2fpasswd", "%ff", "%ed%a0%80", "a" * 9000, "%", "%zz",
    "f%20f", "'; DROP TABLE calls;--",
        "%f0%9f%93%9e", ".", "..", "", "f;x=y", "f?x=y", "f#x", "*", "\\", "{id}", "nan", "null",
        "%E2%80%AE"]  # fmt: skip
_BODIES: dict[str, dict[str, object]] = {
    "providers": {"name": "Dr. F", "time_zone": "UTC", "caller_numbers": [{"number": _NUMBER, "label": "x"}]},
    "clients": {"name": "Sam", "number": _NUMBER},
    "appointments": {"provider_id": "f1", "client_id": "f1", "starts_at": "2026-03-01T17:00:00Z",
    "ends_at": "2026-03-01T17:30:00Z", "referred": True},
    "practices": {"name": "Elm", "caller_numbers": []},
}  # fmt: skip
_VALUES = ["null", "true", "-0", "1e999", "-1e999", "NaN", "Infinity", "9" * 5000, "0." + "0" * 3000 + "1",
    '"\\ud800"', '"\\u0000"', '"\\udfff\\ud800"', "[]",
           "{}", "[" * 5000, "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, '""', '" "',
           '"' + "x" * 70_000 + '"', "'x'", "0x10", "01", ".5", "+1",
           '"2026-13-45T99:99:99Z"', '"0000-01-01T00:00:00Z"', '"9999-12-31T23:59:59+23:59"',
           '"10000-01-01T00:00:00Z"', '"\\r\\nX: y"', "1 2", "tru", "",
           '"America/../../etc/passwd"', '"/etc/localtime"', '"UTC\\u0000"', '"\xff"']  # fmt: skip
_TYPES = ["application/json", "application/json", "application/json; charset=utf-16",
    "application/json; charset=nobody", "text/plain", "", "a/b/c", "*/*",
          "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json\t;",
          "application/problem+json"]  # fmt: skip
_HEADERS = ["X:", ": x", "X", "X : y", " X: y", "X: " + "v" * 60_000, "X" * 3000 + ": y", "Host: a", "Host:",
    "Content-Length: 5", "Content-Length: -1",
            "Content-Length: 99999999999999999999999", "Content-Length: 1e3", "Transfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: x",
            "Expect: 100-continue", "Upgrade: websocket", "Connection: upgrade", "Connection: close, keep-alive",
            "X: \x00", "X: \x7f\x80", "Range: bytes=0-", "Cookie: a=b",
            "Authorization: Bearer", "Authorization: Bearer x", "Authorization: Basic eDp5",
            "X-Forwarded-For: ::1%0a", "Content-Encoding: gzip", "Accept: " + "a," * 500]  # fmt: skip
_METHODS = ["PUT", "PUT", "PUT", "GET", "POST", "DELETE", "PATCH", "put", "TRACE", "X" * 300, ""]
_VERSIONS = ["HTTP/1.1"] * 8 + ["HTTP/1.0", "HTTP/2.0", "HTTP/9", ""]
_QUERIED = ["-1", "9" * 400, "%00", "%ff", "2026", "refused", "[]", "a" * 5000, "%ed%a0%80"]


def make(rng: Random, token: str) -> bytes:
    """One request, or what begins like one."""
    kind = rng.choice([*_BODIES, "line-numbers", "calls"])
    path = f"/v1/{kind}/{rng.choice(_IDS) if often(rng, 0.5) else 'f1'}"
    if kind == "calls" or often(rng, 0.1):
        query = rng.choice(["limit", "since", "before", "decision", "x", "%00"])
        path = f"/v1/calls?{query}={rng.choice(_QUERIED)}"
    if kind == "line-numbers":
        path = f"/v1/line-numbers/{rng.choice(_IDS)}"
    body = _body(rng, _BODIES.get(kind, {}))
    encoded = rng.choice(
        [body] * 6 + [gzip.compress(body), body.decode("utf-8", "replace").encode("utf-16"), b"\xef\xbb\xbf" + body]
    )
    lines = [
        f"{rng.choice(_METHODS)} {path} {rng.choice(_VERSIONS)}",
        "Host: 127.0.0.1",
        f"Content-Type: {rng.choice(_TYPES)}",
    ]
    if often(rng, 0.9):
        lines.append(f"Authorization: Bearer {token}")
    lines += [rng.choice(_HEADERS) for _ in range(rng.choice([0, 0, 0, 1, 3]))]
    if often(rng, 0.25):
        lines.append("Transfer-Encoding: chunked")
        sizes = [f"{len(encoded):x}", "0", "-1", "fffffffffffffffff", "1;x=y", "x", f"{len(encoded) + 9:x}", "00000001"]
        encoded = (
            rng.choice(sizes).encode()
            + rng.choice([b"\r\n", b"\n", b"\r"])
            + encoded
            + rng.choice([b"\r\n0\r\n\r\n", b"", b"\r\n0\r\nX: y\r\n\r\n"])
        )
    elif often(rng, 0.9):
        lines.append(f"Content-Length: {len(encoded) + rng.choice([0, 0, 0, 0, 0, -1, 1, 100])}")
    data = (
        rng.choice(["\r\n", "\r\n", "\r\n", "\r\n", "\n"]).join([*lines, "", ""]).encode("latin-1", "replace") + encoded
    )
    return mutated(rng, data, most=2) if often(rng, 0.2) else data


def _body(rng: Random, good: dict[str, object]) -> bytes:
    """A body of that kind, with a value that is wrong, a key that comes twice, or nothing right about it."""
    fields = [
        f"{json.dumps(key)}: {rng.choice(_VALUES) if often(rng, 0.3) else json.dumps(value)}"
        for key, value in good.items()
    ]
    if fields and often(rng, 0.3):
        fields.append(rng.choice(fields))
    if often(rng, 0.2):
        fields.append(f"{rng.choice(_VALUES) or 'x'}: {rng.choice(_VALUES)}")
    whole = "{" + ", ".join(fields) + "}"
    return rng.choice([whole] * 5 + [rng.choice(_VALUES), f"[{whole}]", whole + whole, ""]).encode("latin-1", "replace")
