"""A carrier that says it is there: answers OPTIONS, and nothing else."""

from __future__ import annotations

import socket
import threading


class Carrier:
    """Answers at a UDP port until it is stopped; can begin again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Be there."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", self._port))
        self._socket.settimeout(0.1)
        self._thread = threading.Thread(target=self._answer, args=(self._socket,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Be gone: what is sent here reaches nobody."""
        if self._socket is not None and self._thread is not None:
            gone, self._socket = self._socket, None
            self._thread.join()
            gone.close()

    def _answer(self, mine: socket.socket) -> None:
        while self._socket is mine:
            try:
                request, sender = mine.recvfrom(65535)
            except TimeoutError:
                continue
            lines = request.decode(errors="replace").split("\r\n")
            if lines[0].startswith("OPTIONS "):
                kept = [line for line in lines[1:] if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
                tagged = [f"{line};tag=carrier" if line.startswith("To:") else line for line in kept]
                answer = ["SIP/2.0 200 OK", *tagged, "Content-Length: 0", "", ""]
                mine.sendto("\r\n".join(answer).encode(), sender)
