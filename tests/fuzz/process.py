"""What a process holds, as the kernel counts it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holding:
    """Threads, open files and resident memory of one process."""

    pid: int
    started: int  # clock ticks since boot: a pid may come again, with another start
    threads: int
    files: int
    megabytes: float


def holding(pid: int) -> Holding:
    """What this process holds now. Raises FileNotFoundError or ProcessLookupError if it is gone."""
    process = Path("/proc", str(pid))
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
    started = int((process / "stat").read_text().rpartition(")")[2].split()[19])
    files = len(list((process / "fd").iterdir()))
    return Holding(pid, started, int(status["Threads"]), files, int(status["VmRSS"].split()[0]) / 1024)


def tcp_connections(*ports: int) -> int:
    """How many TCP connections there are that one of these local ports is an end of, in any state but TIME_WAIT."""
    wanted = {f"{port:04X}" for port in ports}
    time_wait, listening = "06", "0A"
    count = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_ = line.split()
        count += local.rpartition(":")[2] in wanted and state not in (time_wait, listening)
    return count
